/*
 * An endpoint as the other side must see it. The two ends of the session come first: they are known without asking,
 * and the same answer holds for a dialog's life. Everything else is the host's translation.
 */
#include "inspect/sip/sip_int.h"

struct ends { /* of the writer and of the reader, as either calls them */
        const struct endpoint *self, *self_seen, *peer_seen, *peer;
};

static struct ends ends_of(const struct sip_work *x)
{
        const struct inspect_ctx *c = x->c;

        if (x->dir == DIR_C2S)
                return (struct ends){ &c->client, &c->client_mapped, &c->server_mapped, &c->server };
        return (struct ends){ &c->server, &c->server_mapped, &c->client_mapped, &c->client };
}

bool sip_is_terminated(const struct inspect_ctx *c)
{
        return c->via[0] == VIA_TLS || c->phone;
}

static bool translate(const struct sip_work *x, const struct endpoint *in, struct endpoint *out)
{
        const struct inspect_host *ops = x->c->ops;

        *out = *in;
        return !ops || !ops->translate || ops->translate(x->c, x->dir, x->c->via[0] == VIA_UDP ? 17 : 6, in, out);
}

/* A contact that nothing stands for yet: the message that makes it known has a port taken for it. */
static bool makes_known(const struct sip_work *x, enum sip_role role, const struct endpoint *in, struct endpoint *out)
{
        uint32_t group =
                role == SIP_R_CONTACT && !sip_is_terminated(x->c) && !x->c->anchor ? sip_contact_group(x, in) : 0;
        int rc = group ? sip_announce(x, group, x->c->via[0] == VIA_UDP ? 17 : 6, false, in, out) : 0;

        if (rc < 0 && !x->c->waits)
                sip_count(x->c, SIP_N_NO_PORT);
        return rc > 0;
}

static bool is_address_of_flow(enum sip_role role)
{
        return role == SIP_R_CONTACT || role == SIP_R_VIA;
}

static uint16_t reader_default(const struct sip_work *x)
{
        return via_to(x) == VIA_TLS ? 5061 : 5060;
}

/* The writer itself, by the port of this flow or by another of its ports. */
static void of_self(const struct sip_work *x, const struct ends *e, enum sip_role role, uint16_t port,
                    const struct endpoint *in, struct sip_mapped *out)
{
        struct endpoint whole = { in->a, port };

        out->own = true;
        out->ep = *e->self_seen;
        if (!in->port && !is_address_of_flow(role)) {
                out->ep.port = 0;
                return;
        }
        if (port == e->self->port || (x->dir == DIR_C2S && is_address_of_flow(role) && sip_is_terminated(x->c))) {
                if (!in->port && out->ep.port == reader_default(x))
                        out->ep.port = 0;
                return;
        }
        if (makes_known(x, role, &whole, &out->ep))
                return;
        /* a writer whose flow is translated is not reached by its own address whatever its port */
        if (translate(x, &whole, &out->ep) &&
            (!addr_eq(&out->ep.a, &in->a) || addr_eq(&e->self->a, &e->self_seen->a))) {
                if (!in->port && out->ep.port == port)
                        out->ep.port = 0;
                return;
        }
        out->ep = *e->self_seen;
        if (!is_address_of_flow(role))
                out->ep.port = in->port;
}

/* The reader, as the writer knows it. */
static void of_peer(const struct sip_work *x, const struct ends *e, const struct endpoint *in, struct sip_mapped *out)
{
        out->own = true;
        out->ep = *e->peer;
        if (!in->port)
                out->ep.port = 0;
        else if (in->port == e->peer_seen->port)
                return;
        else if (translate(x, in, &out->ep) && !addr_eq(&out->ep.a, &in->a))
                return;
        else if (x->dir == DIR_C2S || addr_eq(&e->peer->a, &e->peer_seen->a))
                out->ep = (struct endpoint){ e->peer->a, in->port };
        else
                *out = (struct sip_mapped){ .ep = *in };
}

static bool hides(const struct sip_work *x, enum sip_role role, bool untranslated)
{
        const struct sip_map *m = x->c->params;

        if (role == SIP_R_URI)
                return false;
        return (m && m->ip_address_privacy) || (untranslated && x->c->anchor);
}

static void of_other(const struct sip_work *x, const struct ends *e, enum sip_role role, uint16_t port,
                     const struct endpoint *in, struct sip_mapped *out)
{
        struct endpoint whole = { in->a, port };
        bool ok = makes_known(x, role, &whole, &out->ep) || translate(x, &whole, &out->ep);
        bool same = endpoint_eq(&whole, &out->ep);

        if ((!ok || same) && hides(x, role, !ok)) {
                out->ep = *e->self_seen;
                out->own = out->hidden = true;
                if (role == SIP_R_IDENTITY)
                        out->ep.port = 0;
        } else if (!ok || same) {
                out->ep = *in;
        } else if (!in->port && out->ep.port == port) {
                out->ep.port = 0;
        }
}

/* A phone behind a NAT of its own writes an address that nobody can reach; its connection is what counts. */
static bool is_phone(const struct sip_work *x, enum sip_role role)
{
        return x->dir == DIR_C2S && sip_is_terminated(x->c) &&
               (role == SIP_R_CONTACT || (role == SIP_R_VIA && x->m->request));
}

void sip_map_endpoint(const struct sip_work *x, enum sip_role role, uint16_t default_port, const struct endpoint *in,
                      struct sip_mapped *out)
{
        struct ends e = ends_of(x);
        uint16_t port = in->port ? in->port : default_port;

        *out = (struct sip_mapped){ .ep = *in };
        if (addr_eq(&in->a, &e.self->a))
                of_self(x, &e, role, port, in, out);
        else if (addr_eq(&in->a, &e.peer_seen->a))
                of_peer(x, &e, in, out);
        else if (is_phone(x, role))
                of_self(x, &e, role, port, in, out);
        else
                of_other(x, &e, role, port, in, out);
}
