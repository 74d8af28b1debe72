/* Who a phone is: registrations, keepalives, and the addresses it gives of itself and its servers. */
#include "inspect/sccp/sccp_int.h"

#include <stdio.h>
#include <strings.h>

/* ---- its own address ---- */

/* Behind a NAT of its own a phone writes an address that nobody knows; the server sees its connection. */
static bool is_terminated(const struct inspect_ctx *c)
{
        return c->via[0] == VIA_TLS || c->phone;
}

static enum sccp_fate write_own(struct sccp_work *x, unsigned i)
{
        const struct sccp_ip *ip = &x->v.ip[i];
        struct endpoint in = { ip->a, 0 }, out = in;
        static const struct addr none;

        if (!ip->a.fam)
                return SCCP_FORWARD;
        if (is_terminated(x->c) || addr_eq(&ip->a, &x->c->client.a))
                out.a = *sccp_own_seen(x);
        else if (!sccp_translate(x, 6, 0, &in, &out))
                out.a = *sccp_own_seen(x);
        if (sccp_put_ip(&x->out, ip, &out.a) || sccp_put_ip(&x->out, ip, &none))
                return SCCP_FORWARD;
        return sccp_drop(x, "an address does not fit its field");
}

static enum sccp_fate write_all(struct sccp_work *x)
{
        for (unsigned i = 0; i < x->v.nips; i++)
                if (write_own(x, i) != SCCP_FORWARD)
                        return SCCP_DROP;
        return SCCP_FORWARD;
}

enum sccp_fate sccp_alarm(struct sccp_work *x)
{
        /* What parm2 is, is known of phones only: their address. */
        if (!is_terminated(x->c) && !addr_eq(&x->v.ip[0].a, &x->c->client.a))
                return SCCP_FORWARD;
        return write_all(x);
}

/* ---- its name ---- */

static bool is_name(const char *s)
{
        for (; *s; s++)
                if (*s < 0x21 || *s > 0x7e)
                        return false;
        return true;
}

/* For the operator who asks why a phone does not come up; why NULL: it does. */
static void tell_boot(struct sccp_work *x, const char *why)
{
        struct inspect_ctx *c = x->c;
        const char *name = c->device[0] ? c->device : x->phone->device;

        if (c->phone && !c->dry && c->ops && c->ops->phone_boot && name[0])
                c->ops->phone_boot(c, name, why);
}

static enum sccp_fate mismatch(struct sccp_work *x, const char *why)
{
        char text[96];

        snprintf(text, sizeof text, "calls itself %s: %s", x->v.name, why);
        tell_boot(x, text);
        sccp_log_mismatch(x, x->v.name);
        sccp_count(x->c, SCCP_N_DEVICE);
        debug_line(x->c->log, DBG_PP_SIGNALING_ERRORS, "PP: %s refused: %s", x->v.name, why);
        x->why = why;
        return SCCP_CLOSE;
}

/* A phone of a phone proxy is who its certificate says. */
static enum sccp_fate check_name(struct sccp_work *x)
{
        const struct inspect_ctx *c = x->c;

        if (!x->v.name[0] || !is_name(x->v.name)) {
                sccp_count(x->c, SCCP_N_MALFORMED);
                return sccp_drop(x, "no device name");
        }
        if (!c->phone || (c->phone->any_endpoint && !c->device[0]))
                return SCCP_FORWARD;
        if (strcasecmp(x->v.name, c->device) != 0)
                return mismatch(x, "device name is not the certificate's");
        return SCCP_FORWARD;
}

enum sccp_fate sccp_register(struct sccp_work *x)
{
        struct sccp_phone *p = x->phone;
        enum sccp_fate f = check_name(x);

        if (f != SCCP_FORWARD)
                return f;
        if (x->f->row->handler == SCCP_H_REGISTER) {
                p->asked = true;
                p->asked_version = x->v.has_version ? x->v.version : 0;
                snprintf(p->device, sizeof p->device, "%s", x->v.name);
        }
        return write_all(x);
}

/* ---- the answer ---- */

/* The table of secure phones: entered with a registration, refreshed by what proves that the phone is there. */
static enum sccp_fate seen(struct sccp_work *x, uint32_t expires_s)
{
        const struct inspect_ctx *c = x->c;
        const char *name = c->device[0] ? c->device : x->phone->device;

        if (!c->phone || c->dry || !c->ops || !c->ops->phone_seen || !name[0])
                return SCCP_FORWARD;
        if (c->ops->phone_seen(x->c, name, expires_s) == 0)
                return SCCP_FORWARD;
        x->why = "phone refused";
        return SCCP_CLOSE;
}

static uint32_t stay_s(const struct sccp_phone *p)
{
        return p->keepalive_s ? p->keepalive_s : 1;
}

enum sccp_fate sccp_registered(struct sccp_work *x)
{
        struct sccp_phone *p = x->phone;

        if (!p->asked) {
                sccp_count(x->c, SCCP_N_WRONG_WAY);
                return sccp_drop(x, "nobody asked to register");
        }
        p->registered = true;
        p->version = x->v.has_version ? MIN_OF(x->v.version, p->asked_version) : 0;
        p->keepalive_s = x->v.keepalive_s;
        sccp_count(x->c, SCCP_N_REGISTERED);
        debug_line(x->c->log, DBG_PP_SIGNALING_EVENTS, "PP: %s registered, version %u, keepalive %u s", p->device,
                   p->version, p->keepalive_s);
        tell_boot(x, NULL);
        return seen(x, stay_s(p));
}

#define REJECT_TEXT 33u

/* What it says to the phone's user, as far as it can be printed. */
static void reject_text(const struct sccp_frame *f, char out[REJECT_TEXT + 1])
{
        struct cur c = cur_of(f->p, f->n);
        unsigned n = 0;

        cur_take(&c, SCCP_HEAD);
        for (uint8_t b = cur_u8(&c); !c.bad && b && n < REJECT_TEXT; b = cur_u8(&c))
                out[n++] = b >= 0x20 && b <= 0x7e ? (char)b : '?';
        out[n] = 0;
}

static void tell_rejected(struct sccp_work *x)
{
        char said[REJECT_TEXT + 1], text[REJECT_TEXT + 64];

        reject_text(x->f, said);
        snprintf(text, sizeof text, "rejected by the call manager%s%s", said[0] ? ": " : ", without a word", said);
        debug_line(x->c->log, DBG_PP_SIGNALING_ERRORS, "PP: %s: %s", x->phone->device, text);
        tell_boot(x, text);
}

enum sccp_fate sccp_rejected(struct sccp_work *x)
{
        if (x->phone->asked)
                tell_rejected(x);
        sccp_count(x->c, SCCP_N_REJECTED);
        x->phone->asked = x->phone->registered = false;
        return SCCP_FORWARD;
}

/* Unless it was refused: a phone in a call stays. */
enum sccp_fate sccp_unregistered(struct sccp_work *x)
{
        enum sccp_fate f = SCCP_FORWARD;

        if (x->v.status)
                return f;
        if (x->phone->registered)
                f = seen(x, 0);
        x->phone->asked = x->phone->registered = false;
        sccp_streams_end(x->phone);
        return f;
}

enum sccp_fate sccp_keepalive(struct sccp_work *x)
{
        return x->phone->registered ? seen(x, stay_s(x->phone)) : SCCP_FORWARD;
}

/* ---- servers ---- */

/* On a phone's secure leg servers answer at their secure ports. */
static uint32_t server_port(const struct inspect_ctx *c, uint32_t port)
{
        if (!port || c->via[0] != VIA_TLS || c->via[1] == VIA_TLS)
                return port;
        return port + SCCP_SECURE_SHIFT <= UINT16_MAX ? port + SCCP_SECURE_SHIFT : 0;
}

/* Does something stand for exactly this? */
static bool is_mapped(struct sccp_work *x, const struct endpoint *in, struct endpoint *out)
{
        return sccp_translate(x, 6, 0, in, out) && !sccp_same(in, out);
}

/*
 * Where the phone reaches it. Servers that share an address are told apart by their ports, so the port that phones
 * dial is looked for first: behind TLS that is the secure one.
 */
static struct endpoint server_seen(struct sccp_work *x, const struct endpoint *in)
{
        const struct inspect_ctx *c = x->c;
        struct endpoint dialled = { in->a, (uint16_t)server_port(c, in->port) }, out;

        if (sccp_same(in, &c->server))
                return c->server_mapped; /* as it was reached */
        if (is_mapped(x, &dialled, &out))
                return out;
        if (is_mapped(x, in, &out))
                return (struct endpoint){ out.a, (uint16_t)server_port(c, out.port) };
        if (addr_eq(&in->a, &c->server.a))
                return (struct endpoint){ c->server_mapped.a, dialled.port };
        if (!sccp_translate(x, 6, 0, in, &out))
                return (struct endpoint){ 0 }; /* a server that cannot be reached from there */
        return dialled;
}

static enum sccp_fate write_server(struct sccp_work *x, unsigned i)
{
        struct endpoint in = sccp_endpoint(x, i, i), out;

        if (!in.a.fam)
                return SCCP_FORWARD;
        out = server_seen(x, &in);
        return sccp_write_endpoint(x, i, i, &out);
}

enum sccp_fate sccp_servers(struct sccp_work *x)
{
        for (unsigned i = 0; i < x->v.nips; i++)
                if (write_server(x, i) != SCCP_FORWARD)
                        return SCCP_DROP;
        return SCCP_FORWARD;
}
