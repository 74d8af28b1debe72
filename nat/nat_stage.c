#include "nat/nat_int.h"

#include "nat/rewrite.h"
#include "platform/net/decode.h"
#include "policy/policy_rt.h"

static bool hops_are_shown(struct worker *w, const struct pkt *pk, const struct addr *hop, const struct conn_side *out)
{
        struct acl_key k = { .src = *hop, .dst = flow_src(&out->key), .proto = pk->key.proto };
        struct inspect_count *n;
        uint32_t line;

        icmp_acl_ports(&k, pk);
        line = policy_icmp_error(policy_rt(w->snap), &k, pk->iface, out->key.iface);
        n = line ? policy_inspect_count(w->policy, line) : NULL;
        if (n)
                atomic_fetch_add_explicit(&n->packets, 1, memory_order_relaxed);
        return line != 0;
}

/* As the rules say for what this router itself would send; its own address where none speaks of it. */
static struct addr hop_mapped(struct worker *w, const struct pkt *pk, const struct addr *hop, uint16_t out)
{
        const struct endpoint to = { flow_dst(&pk->key), 0 };
        const struct nat_rule_rt *r =
                nat_match_source(nat_rt(w->snap), pk->iface, out, IPPROTO_ICMP_, hop, 0, &to);
        const struct iface_rt *egress = iface_by_idx(net_rt(w->snap), out);
        struct addr mapped = *hop;
        uint16_t port = 0;

        if (!r)
                return *hop;
        if (r->dynamic)
                return r->to_interface && egress ? egress->ip : r->mapped.lo;
        nat_static_mapped(r, net_rt(w->snap), hop, 0, IPPROTO_ICMP_, out, &mapped, &port);
        return mapped;
}

/*
 * Who complains. The far end is known by its mapped address. A router on its way hides behind that address too, where
 * there is one; `inspect icmp error` shows it, translated for itself.
 */
static struct addr complainer(struct worker *w, const struct pkt *pk, const struct conn_side *in,
                              const struct conn_side *out)
{
        struct addr src = flow_src(&pk->key), peer = flow_src(&in->key), known = flow_dst(&out->key);

        if (!addr_eq(&src, &peer) && hops_are_shown(w, pk, &src, out))
                return hop_mapped(w, pk, &src, out->key.iface);
        return addr_eq(&peer, &known) ? src : known;
}

/*
 * An error about what was sent out on side `in`: it goes to the other side's peer, and must quote the packet as that
 * peer sent it.
 */
static void rewrite_error(struct worker *w, struct pkt *pk, const struct conn_side *in, const struct conn_side *out)
{
        struct addr src = complainer(w, pk, in, out), to = flow_src(&out->key);

        rewrite_icmp_error(pk, &src, &to, &out->key);
}

static bool same_header(const struct flow_key *a, const struct flow_key *b)
{
        return a->sport == b->sport && a->dport == b->dport && memcmp(a->src, b->src, sizeof a->src) == 0 &&
               memcmp(a->dst, b->dst, sizeof a->dst) == 0;
}

static void translate(struct worker *w, struct pkt *pk)
{
        unsigned there = !(pk->side & 1);
        const struct conn_side *in = &pk->conn->side[!there], *out = &pk->conn->side[there];
        struct flow_key to = flow_reverse(&out->key, IFACE_NONE);

        if (icmp_is_error(pk))
                rewrite_error(w, pk, in, out);
        else if (!same_header(&pk->key, &to))
                rewrite_packet(pk, &to);
        pk->out_iface = out->key.iface;
        pk->next_hop = *conn_next_hop(w, pk->conn, there);
        if (unlikely(pk->next_hop.fam == ADDR_NONE))
                dp_drop(pk, DROP_NO_ROUTE);
}

/* A packet of a conn leaves with the reverse of what arrives on the other side, whatever it came in with. */
void nat_stage(struct worker *w, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++) {
                if (b->pk[i]->conn)
                        translate(w, b->pk[i]);
        }
}
