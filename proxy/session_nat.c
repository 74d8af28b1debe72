/* Addresses in payloads: how an endpoint that one side wrote looks to the other. Static rules and the flow's own
 * pair. */
#include "nat/nat_rt.h"
#include "nat/xlate.h"
#include "proxy/worker_int.h"

static bool same(const struct endpoint *a, const struct endpoint *b)
{
        return a->port == b->port && addr_eq(&a->a, &b->a);
}

/*
 * The two ends of the flow itself: what a side calls itself and the other, and the counterparts. Address and port:
 * behind a shared address another port is another translation, or none.
 */
static bool own_ends(const struct punt_flow_info *i, enum inspect_dir from, const struct endpoint *in,
                     struct endpoint *out)
{
        const struct endpoint *self = from == DIR_C2S ? &i->client_real : &i->server_real;
        const struct endpoint *self_seen = from == DIR_C2S ? &i->client_mapped : &i->server_mapped;
        const struct endpoint *peer_seen = from == DIR_C2S ? &i->server_mapped : &i->client_mapped;
        const struct endpoint *peer = from == DIR_C2S ? &i->server_real : &i->client_real;

        if (same(in, self))
                *out = *self_seen;
        else if (same(in, peer_seen))
                *out = *peer;
        else
                return false;
        return true;
}

static bool to_real(const struct psession *s, unsigned side, uint8_t proto, const struct endpoint *in,
                    struct endpoint *out)
{
        const struct snapshot *snap = s->w->snap;

        *out = *in;
        return nat_match_dest(nat_rt(snap), net_rt(snap), s->info.iface[side], proto, &in->a, in->port, &out->a,
                              &out->port) != NULL;
}

/* 1 translated, 0 no rule, -1 a rule that gives no lasting answer. */
static int to_mapped(const struct psession *s, unsigned side, uint8_t proto, const struct endpoint *in,
                     struct endpoint *out)
{
        const struct snapshot *snap = s->w->snap;
        uint16_t real_if = s->info.iface[side], mapped_if = s->info.iface[!side];
        const struct nat_rule_rt *r = nat_match_source(nat_rt(snap), real_if, mapped_if, proto, &in->a, in->port);

        if (!r)
                return 0;
        *out = *in;
        if (!r->dynamic &&
            nat_static_mapped(r, net_rt(snap), &in->a, in->port, proto, mapped_if, &out->a, &out->port))
                return 1;
        return -1;
}

bool ctx_translate(struct inspect_ctx *c, enum inspect_dir from, uint8_t proto, const struct endpoint *in,
                   struct endpoint *out)
{
        struct psession *s = c->host;
        unsigned side = from == DIR_C2S ? 0 : 1;
        struct endpoint r;
        int rc;

        if (own_ends(&s->info, from, in, &r)) {
                *out = r;
                return true;
        }
        r = *in;
        if (!s->w->snap)
                return false;
        if (to_real(s, side, proto, in, &r)) {
                *out = r;
                return true;
        }
        rc = to_mapped(s, side, proto, in, &r);
        if (rc >= 0)
                *out = rc ? r : *in;
        return rc >= 0;
}

struct announcement {
        uint16_t real_if, mapped_if;
        uint8_t proto;
        const struct endpoint *in;
        struct endpoint *out;
        bool make, ok;
};

static void announce_in_worker(struct worker *dp, void *arg)
{
        struct announcement *a = arg;

        a->ok = xlate_announce(dp, a->real_if, a->mapped_if, a->proto, a->in, a->make, a->out);
}

/* Ports of a shared address belong to the dataplane, which never waits for us: asking it takes one of its loops. */
static bool announce(struct inspect_ctx *c, enum inspect_dir from, uint8_t proto, const struct endpoint *in,
                     bool make, struct endpoint *out)
{
        struct psession *s = c->host;
        unsigned side = from == DIR_C2S ? 0 : 1;
        const struct punt_link *to = s->w->env.link[s->nlink];
        struct announcement a = { s->info.iface[side], s->info.iface[!side], proto, in, out, make, false };

        if (ctx_translate(c, from, proto, in, out))
                return true;
        if (c->dry || !to)
                return false;
        worker_call(to->dp, announce_in_worker, &a);
        return a.ok;
}

bool ctx_announce(struct inspect_ctx *c, enum inspect_dir from, uint8_t proto, const struct endpoint *in,
                  struct endpoint *out)
{
        return announce(c, from, proto, in, true, out);
}

/* A hole as the engine describes it (real addresses) -> as its first packet will arrive and go on. */
struct pinhole_spec hole_of(struct psession *s, const struct pinhole_req *r)
{
        const struct punt_flow_info *i = &s->info;
        unsigned in = r->from == DIR_C2S ? 0 : 1;
        enum inspect_dir other = in ? DIR_C2S : DIR_S2C;
        struct endpoint dst = r->dst, src = r->src;
        struct pinhole_spec p = { .proto = r->proto,
                                  .in_iface = i->iface[in],
                                  .out_iface = i->iface[!in],
                                  .src = r->src.a,
                                  .sport = r->src.port,
                                  .dst_real = r->dst.a,
                                  .dst_real_port = r->dst.port,
                                  .timeout_s = r->timeout_s,
                                  .engine = r->engine,
                                  .action = r->engine ? (r->proto == IPPROTO_UDP_ ? CONN_INSPECT : CONN_PUNT)
                                                      : CONN_FORWARD,
                                  .owner = i->conn_id,
                                  .once = true };

        /* What the opening side calls the other end, and what that end calls the opening side. */
        if (r->engine)
                ctx_translate(&s->ctx, other, r->proto, &r->dst, &dst);
        else
                announce(&s->ctx, other, r->proto, &r->dst, r->timeout_s != 0, &dst);
        p.dst = dst.a;
        p.dport = dst.port;
        if (addr_eq(&src.a, in ? &i->server_real.a : &i->client_real.a))
                src = in ? i->server_mapped : i->client_mapped;
        else if (src.a.fam)
                ctx_translate(&s->ctx, r->from, r->proto, &r->src, &src);
        p.src_mapped = src.a;
        return p;
}
