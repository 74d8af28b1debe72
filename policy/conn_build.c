#include "platform/net/route.h"
#include "policy/conn_int.h"
#include "policy/pinhole.h"
#include "policy/policy_rt.h"

int conn_level(const struct net_rt *n, uint16_t iface)
{
        const struct iface_rt *i = iface_by_idx(n, iface);

        if (iface == IFACE_BOX)
                return 101;
        return i ? i->level : 0;
}

/* What the responder's packets carry when they arrive. */
static struct flow_key responder_key(const struct flow_plan *p)
{
        struct flow_key k = { .iface = p->out_iface,
                              .proto = p->in.proto,
                              .fam = p->in.fam,
                              .sport = p->server_port ? p->server_port : p->dst_real_port,
                              .dport = p->src_mapped_port };

        memcpy(k.src, p->dst_real.w, sizeof k.src);
        memcpy(k.dst, p->src_mapped.w, sizeof k.dst);
        return k;
}

static uint32_t ms_of(uint32_t own_s, uint32_t global_s)
{
        uint32_t s = own_s ? own_s : global_s;

        return s > UINT32_MAX / 1000 ? UINT32_MAX : s * 1000;
}

static void set_times(struct worker *w, struct conn *c, const struct conn_settings *set)
{
        const struct timeout_conf *t = policy_timeouts(policy_rt(w->snap));

        c->embryonic_ms = ms_of(set->embryonic_s, 30);
        c->half_closed_ms = ms_of(set->half_closed_s, t->half_closed);
        if (c->proto == IPPROTO_ICMP_)
                c->idle_ms = ms_of(0, t->icmp);
        else if (c->engine == INSPECT_SIP && c->proto == IPPROTO_TCP_)
                c->idle_ms = ms_of(set->idle_s, t->sip);
        else if (c->proto == IPPROTO_TCP_)
                c->idle_ms = ms_of(set->idle_s, t->conn);
        else
                c->idle_ms = ms_of(set->idle_s, t->udp);
        if (c->engine == INSPECT_SIP && c->proto == IPPROTO_UDP_) /* nobody holds it long by asking alone */
                c->answered_idle_ms = ms_of(set->idle_s, t->sip);
        c->reset_idle = set->reset_idle;
        c->born_ms = c->last_ms = w->now_ms;
}

static void set_rules(struct conn *c, const struct flow_plan *p)
{
        c->proto = p->in.proto;
        c->action = (uint8_t)p->action;
        c->engine = (uint8_t)p->engine;
        c->opener = (uint8_t)p->opener;
        c->accept_first = p->accept_first;
        c->client_waits = p->action == CONN_PUNT && !p->accept_first;
        c->ace_id = p->ace_id;
        c->class_id = p->class_id;
        c->inspect_line = p->inspect_id;
        c->map_id = p->map_id;
        c->tls_proxy_id = p->tls_proxy_id;
        c->phone_proxy_id = p->phone_proxy_id;
        c->nat_rule = p->nat_rule;
        c->untrans_rule = p->untrans_rule;
        c->xlate = p->xlate;
        c->dst_real_port = p->dst_real_port;
        c->parent = p->pinhole_owner;
}

static void add_side(struct conn_table *t, struct conn *c, unsigned no, const struct flow_key *k, uint64_t hash)
{
        c->side[no].no = (uint8_t)no;
        c->side[no].key = *k;
        hash_add(&t->keys, &c->side[no].node, hash);
}

/* A datagram flow that began before signalling gave its source another translation gives way to the announced one. */
static bool gives_way(const struct conn *c, const struct flow_plan *plan)
{
        return plan->pinhole && c->proto == IPPROTO_UDP_ && c->action == CONN_FORWARD;
}

/* Two flows that look the same to their peers cannot both be told apart later: the newcomer is refused. */
static bool keys_free(struct worker *w, const struct flow_plan *plan, const struct flow_key key[2], uint64_t hash[2])
{
        struct conn_table *t = w->conns;
        unsigned side;

        for (unsigned i = 0; i < 2; i++) {
                struct conn *c;

                hash[i] = conn_key_hash(t, &key[i]);
                c = conn_find_hashed(t, &key[i], hash[i], &side);
                if (c && !gives_way(c, plan))
                        return false;
                if (c)
                        conn_end(w, c, CONN_END_XLATE_CLEAR);
        }
        return memcmp(&key[0], &key[1], sizeof key[0]) != 0;
}

static void resolve_sides(struct worker *w, struct conn *c, const struct flow_plan *plan)
{
        c->side[1].next_hop = plan->next_hop;
        c->side[1].snap_gen = (uint32_t)w->snap->gen;
        c->side[0].snap_gen = (uint32_t)w->snap->gen - 1; /* when the first answer comes */
}

struct conn *conn_build(struct worker *w, const struct pkt *pk, const struct flow_plan *plan, enum drop_reason *why)
{
        struct conn_table *t = w->conns;
        struct flow_key key[2] = { plan->in, responder_key(plan) };
        const struct net_rt *n = net_rt(w->snap);
        uint64_t hash[2];
        struct conn *c;

        *why = DROP_NAT_XLATE;
        if (!keys_free(w, plan, key, hash))
                return NULL;
        *why = DROP_CONN_TABLE;
        c = pool_get(t->pool);
        if (!c) {
                if (log_full_tell(&t->full, w->now_ms))
                        log_msg(w->log, LOG_321001, LS("conns"), LU(pool_max(t->pool)));
                return NULL;
        }
        c->w = w;
        c->id = t->next_id++;
        set_rules(c, plan);
        add_side(t, c, 0, &key[0], hash[0]);
        add_side(t, c, 1, &key[1], hash[1]);
        t->built_tcp += key[0].proto == 6;
        t->built_udp += key[0].proto == 17;
        if (++t->live > t->most)
                t->most = t->live;
        c->inbound = conn_level(n, plan->in_iface) < conn_level(n, plan->out_iface);
        c->side[0].dscp = pk ? pk->dscp : 0;
        resolve_sides(w, c, plan);
        set_times(w, c, &plan->set);
        policy_limit_take(w, c, &plan->set);
        if (plan->pinhole_ref)
                pinhole_use(w, plan->pinhole_ref);
        conn_arm(c);
        conn_log_built(c);
        return c;
}

const struct addr *conn_next_hop(struct worker *w, struct conn *c, unsigned side)
{
        struct conn_side *s = &c->side[side];
        struct addr peer;
        const struct route_entry *r;

        if (likely(s->snap_gen == (uint32_t)w->snap->gen))
                return &s->next_hop;
        peer = flow_src(&s->key);
        r = route_lookup_iface(net_rt(w->snap), &peer, s->key.iface);
        s->snap_gen = (uint32_t)w->snap->gen;
        if (r)
                s->next_hop = r->connected ? peer : r->gw;
        else
                s->next_hop = (struct addr){ 0 };
        return &s->next_hop;
}
