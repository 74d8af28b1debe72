/* Endpoints in messages as their reader must see them. Fields keep their size. */
#include "inspect/sccp/sccp_int.h"

struct endpoint sccp_endpoint(const struct sccp_work *x, unsigned ip, unsigned port)
{
        struct endpoint e = { 0 };

        if (ip < x->v.nips)
                e.a = x->v.ip[ip].a;
        if (port < x->v.nports)
                e.port = (uint16_t)x->v.port[port].value;
        return e;
}

enum sccp_fate sccp_write_endpoint(struct sccp_work *x, unsigned ip, unsigned port, const struct endpoint *e)
{
        if (ip < x->v.nips && !sccp_put_ip(&x->out, &x->v.ip[ip], &e->a))
                return sccp_drop(x, "an address does not fit its field");
        if (port < x->v.nports)
                sccp_put_u32(&x->out, x->v.port[port].at, e->port);
        return SCCP_FORWARD;
}

const struct addr *sccp_own_seen(const struct sccp_work *x)
{
        return x->dir == DIR_C2S ? &x->c->client_mapped.a : &x->c->server_mapped.a;
}

bool sccp_translate(struct sccp_work *x, uint8_t proto, uint32_t group, const struct endpoint *in,
                    struct endpoint *out)
{
        const struct inspect_host *ops = x->c->ops;
        const struct announce_req r = { .group = group, .from = x->dir, .proto = proto, .pair = true, .at = *in };

        *out = *in;
        if (!ops || x->c->dry)
                return true;
        if (group && ops->announce)
                return ops->announce(x->c, &r, out);
        return !ops->translate || ops->translate(x->c, x->dir, proto, in, out);
}

/* Where nothing stands for it, the writer's own address does: an address of the inside goes nowhere else. */
enum sccp_fate sccp_translate_field(struct sccp_work *x, uint32_t group, unsigned ip, unsigned port)
{
        struct endpoint in = sccp_endpoint(x, ip, port), out;

        if (!in.a.fam)
                return SCCP_FORWARD;
        if (!sccp_translate(x, 17, group, &in, &out)) {
                if (x->c->waits && x->c->may_wait)
                        return SCCP_WAIT;
                sccp_count(x->c, SCCP_N_NO_PORT);
                out = (struct endpoint){ *sccp_own_seen(x), in.port };
        }
        return sccp_write_endpoint(x, ip, port, &out);
}
