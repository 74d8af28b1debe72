/*
 * Does a packet keep to the rate of its class? A packet is classified as it goes, so the answers of a flow are
 * another class's business when they match another one. What is to or from the appliance itself is not policed.
 */
#include "policy/classify_int.h"
#include "policy/conn.h"
#include "policy/police_int.h"

enum { ECHO_REQUEST = 8 };

static bool in_force(const struct worker *w)
{
        return w->snap && w->policy && policy_rt(w->snap)->police;
}

/* ---- one packet ---- */

/* A super-frame counts as what it will be on a wire. */
static void size_of(const struct pkt *pk, uint32_t *pkts, uint32_t *bytes)
{
        bool super = pk->csum.gso_type && pk->csum.gso_size;

        *pkts = super ? MAX_OF((pk->tot_pay + pk->csum.gso_size - 1) / pk->csum.gso_size, 1u) : 1;
        *bytes = pk->end - pk->l3 + (*pkts - 1) * (pk->pay - pk->l3);
}

static bool passes(const struct worker *w, const struct pkt *pk, struct policer *p)
{
        enum police_result r;
        uint32_t pkts, bytes;

        size_of(pk, &pkts, &bytes);
        r = police_bucket_take(&p->bucket, w->now_ns, bytes) ? POLICE_CONFORMED : POLICE_EXCEEDED;
        policer_count(p, w->now_ms, r, pkts, bytes);
        return p->act[r] == POLICE_TRANSMIT;
}

static struct policer *policer_of(struct worker *w, const struct acl_key *k, uint16_t iface, enum police_dir dir)
{
        const struct class_rt *c = policy_policing(policy_rt(w->snap), k, iface, dir);
        struct police_key key = { .iface = iface, .dir = (uint16_t)dir };

        if (!c)
                return NULL;
        key.class_id = c->id;
        return policer_get(w, &key, &c->police[dir]);
}

/* ---- a flow's first ---- */

static bool would_pass(const struct worker *w, const struct pkt *pk, const struct policer *p)
{
        struct policer copy = *p;

        return passes(w, pk, &copy);
}

static bool ask_first(struct worker *w, struct pkt *pk, struct policer *p)
{
        struct trace_phase *ph;
        bool ok;

        if (!p)
                return true;
        ok = pk->dry ? would_pass(w, pk, p) : passes(w, pk, p);
        ph = trace_add(pk, "QOS", "", ok);
        if (!ph)
                return ok;
        ph->ref = TRACE_REF_CLASS;
        ph->ref_id = p->key.class_id;
        trace_info(ph, "police %s %u %u", p->key.dir == POLICE_INPUT ? "input" : "output", p->bucket.rate,
                   p->bucket.burst);
        return ok;
}

enum pkt_verdict police_new_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        struct acl_key k = { .src = flow_src(&plan->in),
                             .dst = plan->dst_real,
                             .proto = plan->in.proto,
                             .sport = plan->in.sport,
                             .dport = plan->dst_real_port };
        bool ok;

        if (!in_force(w) || plan->action == CONN_BOX)
                return PKT_NEXT;
        if (k.proto == IPPROTO_ICMP_)
                icmp_acl_ports(&k, pk);
        ok = ask_first(w, pk, policer_of(w, &k, plan->in_iface, POLICE_INPUT));
        if (ok && plan->action == CONN_FORWARD) /* others leave by another list, when they do */
                ok = ask_first(w, pk, policer_of(w, &k, plan->out_iface, POLICE_OUTPUT));
        pk->policed = true;
        return ok ? PKT_NEXT : dp_drop(pk, DROP_RATE_EXCEEDED);
}

/* ---- of a conn ---- */

static struct acl_key key_from(const struct conn *c, unsigned side)
{
        struct acl_key k = { .src = flow_src(&c->side[side].key),
                             .dst = flow_src(&c->side[!side].key),
                             .proto = c->proto,
                             .sport = side ? c->dst_real_port : c->side[0].key.sport,
                             .dport = side ? c->side[0].key.sport : c->dst_real_port };

        if (c->proto == IPPROTO_ICMP_) {
                k.sport = 0;
                k.dport = side ? 0 : ECHO_REQUEST;
        }
        return k;
}

static uint16_t handle(const struct worker *w, const struct policer *p)
{
        return p ? (uint16_t)(pool_index(w->policy->policer_pool, p) + 1) : 0;
}

static void resolve(struct worker *w, struct conn *c)
{
        for (unsigned side = 0; side < 2; side++) {
                struct acl_key k = key_from(c, side);

                c->police[side][POLICE_INPUT] = handle(w, policer_of(w, &k, c->side[side].key.iface, POLICE_INPUT));
                c->police[side][POLICE_OUTPUT] =
                        handle(w, policer_of(w, &k, c->side[!side].key.iface, POLICE_OUTPUT));
        }
        c->police_gen = (uint32_t)w->snap->gen;
}

static bool within(struct worker *w, struct pkt *pk, enum police_dir dir)
{
        struct conn *c = pk->conn;
        uint16_t h;

        if (unlikely(c->police_gen != (uint32_t)w->snap->gen))
                resolve(w, c);
        h = c->police[pk->side & 1][dir];
        return !h || passes(w, pk, pool_at(w->policy->policer_pool, h - 1u));
}

static bool policed_flow(const struct pkt *pk)
{
        return pk->conn && pk->conn->action != CONN_BOX;
}

void police_stage(struct worker *w, struct burst *b)
{
        if (likely(!in_force(w)))
                return;
        for (unsigned i = 0; i < b->n; i++) {
                struct pkt *pk = b->pk[i];

                if (pk->policed || !policed_flow(pk))
                        continue;
                if (!within(w, pk, POLICE_INPUT) ||
                    (pk->conn->action == CONN_FORWARD && !within(w, pk, POLICE_OUTPUT)))
                        dp_drop(pk, DROP_RATE_EXCEEDED);
        }
}

void police_out_stage(struct worker *w, struct burst *b)
{
        if (likely(!in_force(w)))
                return;
        for (unsigned i = 0; i < b->n; i++)
                if (policed_flow(b->pk[i]) && !within(w, b->pk[i], POLICE_OUTPUT))
                        dp_drop(b->pk[i], DROP_RATE_EXCEEDED);
}
