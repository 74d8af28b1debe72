/* Addresses in payloads: how an endpoint that one side wrote looks to the other. Static rules, the flow's own pair,
 * and ports leased for it (pat.h). */
#include "nat/nat_rt.h"
#include "nat/xlate.h"
#include "proxy/worker/worker_int.h"

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

/* What a side calls itself, and the other end. Who else a payload speaks of is taken to be where that one is. */
static const struct endpoint *self_of(const struct punt_flow_info *i, unsigned side)
{
        return side ? &i->server_real : &i->client_real;
}

static const struct endpoint *peer_of(const struct punt_flow_info *i, unsigned side)
{
        return side ? &i->client_mapped : &i->server_mapped;
}

static bool to_real(const struct psession *s, unsigned side, uint8_t proto, const struct endpoint *in,
                    struct endpoint *out)
{
        const struct snapshot *snap = s->w->snap;

        *out = *in;
        return nat_match_dest(nat_rt(snap), net_rt(snap), s->info.iface[side], proto, &in->a, in->port,
                              self_of(&s->info, side), &out->a, &out->port) != NULL;
}

/* 1 translated, 0 no rule, -1 a rule that gives no lasting answer. */
static int to_mapped(const struct psession *s, unsigned side, uint8_t proto, const struct endpoint *in,
                     struct endpoint *out)
{
        const struct snapshot *snap = s->w->snap;
        uint16_t real_if = s->info.iface[side], mapped_if = s->info.iface[!side];
        const struct nat_rule_rt *r = nat_match_source(nat_rt(snap), real_if, mapped_if, proto, &in->a, in->port,
                                                       peer_of(&s->info, side));

        if (!r)
                return 0;
        *out = *in;
        if (!r->dynamic &&
            nat_static_mapped(r, net_rt(snap), &in->a, in->port, proto, mapped_if, &out->a, &out->port))
                return 1;
        return -1;
}

static struct pat_place place(const struct psession *s, unsigned side, uint8_t proto)
{
        return (struct pat_place){
                .link = s->nlink, .real_if = s->info.iface[side], .mapped_if = s->info.iface[!side], .proto = proto
        };
}

/* Answers of the leased ports this worker knows: of the writer's own, or of what the other side calls somebody here.
 */
static bool leased(struct psession *s, unsigned side, uint8_t proto, const struct endpoint *in, struct endpoint *out)
{
        struct pat_place p = place(s, side, proto);

        for (unsigned nth = 0; nat_shared_addr(s->w->snap, p.real_if, p.mapped_if, proto, in,
                                               peer_of(&s->info, side), nth, &p.mapped);
             nth++)
                if (pat_find(s->w->pat, &p, in, out))
                        return true;
        return false;
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
        if (to_real(s, side, proto, in, &r) ||
            pat_find_real(s->w->pat, s->nlink, s->info.iface[side], proto, in, &r) ||
            leased(s, side, proto, in, &r)) {
                *out = r;
                return true;
        }
        rc = to_mapped(s, side, proto, in, &r);
        if (rc >= 0)
                *out = rc ? r : *in;
        return rc >= 0;
}

/* None is leased at present, or the group or the tables are full. */
static void tell_no_ports(struct proxy_worker *w)
{
        if (log_full_tell(&w->pat_full, clock_mono_ms(w->env.clk)))
                log_msg(w->log, LOG_321001, LS("announced ports"), LU(PAT_MAPS_LIMIT));
}

/* Leased before; taking one never waits for anybody. */
bool ctx_announce(struct inspect_ctx *c, const struct announce_req *r, struct endpoint *out)
{
        struct psession *s = c->host;
        unsigned side = r->from == DIR_C2S ? 0 : 1;
        struct pat_place p = place(s, side, r->proto);
        const struct nat_rule_rt *rule = NULL;

        if (own_ends(&s->info, r->from, &r->at, out))
                return true;
        for (unsigned nth = 0; s->w->snap && !c->dry; nth++) {
                const struct nat_rule_rt *next =
                        nat_shared_addr(s->w->snap, p.real_if, p.mapped_if, r->proto, &r->at,
                                        peer_of(&s->info, side), nth, &p.mapped);

                if (!next)
                        break;
                rule = next;
                p.rule = rule->id;
                if (pat_map(s->w->pat, &p, r->group, &r->at, r->pair, out))
                        return true;
                if (c->may_wait && r->group && pat_awaits(s->w->pat, &p)) {
                        c->waits = true;
                        return false;
                }
        }
        if (rule)
                tell_no_ports(s->w);
        return !rule && ctx_translate(c, r->from, r->proto, &r->at, out);
}

/* What the opening side calls the other end; made known where it is not yet, unless it is to end. */
static bool far_end(struct psession *s, const struct pinhole_req *r, struct endpoint *out)
{
        struct announce_req a = { .group = r->group,
                                  .from = r->from == DIR_C2S ? DIR_S2C : DIR_C2S,
                                  .proto = r->proto,
                                  .pair = !r->engine,
                                  .at = r->dst };

        return r->timeout_s ? ctx_announce(&s->ctx, &a, out) : ctx_translate(&s->ctx, a.from, a.proto, &a.at, out);
}

/* A flow's own translation lasts as long as the flow; what is open to it may not last longer. */
static bool endpoint_is_end(const struct punt_flow_info *i, unsigned in, const struct endpoint *e)
{
        return same(e, in ? &i->client_real : &i->server_real);
}

bool hole_of(struct psession *s, const struct pinhole_req *r, struct pinhole_spec *out)
{
        const struct punt_flow_info *i = &s->info;
        unsigned in = r->from == DIR_C2S ? 0 : 1;
        struct endpoint dst, src = r->src;

        if (!far_end(s, r, &dst))
                return false;
        if (addr_eq(&src.a, in ? &i->server_real.a : &i->client_real.a))
                src = in ? i->server_mapped : i->client_mapped;
        else if (src.a.fam)
                ctx_translate(&s->ctx, r->from, r->proto, &r->src, &src);
        *out = (struct pinhole_spec){
                .proto = r->proto,
                .in_iface = i->iface[in],
                .out_iface = i->iface[!in],
                .src = r->src.a,
                .sport = r->src.port,
                .dst = dst.a,
                .dport = dst.port,
                .src_mapped = src.a,
                .dst_real = r->dst.a,
                .dst_real_port = r->dst.port,
                .timeout_s = r->timeout_s,
                .engine = r->engine,
                .opener = s->engine->id,
                .action = !r->engine                 ? CONN_FORWARD
                          : r->proto == IPPROTO_UDP_ ? CONN_INSPECT
                                                     : CONN_PUNT,
                .owner = r->lasting && !endpoint_is_end(i, in, &r->dst) ? 0 : i->conn_id,
                .once = !r->lasting,
                .rtp = r->rtp,
        };
        return true;
}
