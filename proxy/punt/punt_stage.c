/* Wire -> private kernel or engine: packets of conns that somebody in the process terminates leave the path here. */
#include "nat/rewrite.h"
#include "platform/net/decode.h"
#include "policy/policy_rt.h"
#include "proxy/punt/punt_int.h"

/* How the private kernel sees the peer of leg `leg`: pseudo pair in, its own socket out. */
static struct flow_key kernel_key(const struct worker *w, const struct conn *c, unsigned leg)
{
        struct flow_key k = {
                .proto = c->proto, .fam = ADDR_V4, .sport = pseudo_port(c->generation), .dport = c->kernel_port[leg]
        };

        k.src[0] = pseudo_addr(leg, w->id, c->flow);
        k.dst[0] = PSEUDO_KERNEL;
        return k;
}

static void mss_towards_kernel(const struct worker *w, struct pkt *pk)
{
        if (pk->key.proto == IPPROTO_TCP_ && (pk->tcp_flags & TCP_SYN))
                rewrite_mss(pk, (uint16_t)(w->tun->mtu - 40));
}

bool punt_wire_key(const struct worker *w, const struct pkt *pk, struct flow_key *out)
{
        const struct conn *c = pk->conn;

        if (!c)
                return false;
        if (pk->from_box && c->action != CONN_FORWARD && c->action != CONN_INSPECT) {
                struct flow_key in = kernel_key(w, c, !pk->side);

                *out = flow_reverse(&in, 0);
        } else {
                *out = c->side[pk->side].key;
        }
        return true;
}

/* An ICMP error about a packet the kernel sent: it must find its own words in the quote. */
static void icmp_to_kernel(struct worker *w, struct pkt *pk, struct conn *c)
{
        struct flow_key in = kernel_key(w, c, pk->side);
        struct flow_key quoted = flow_reverse(&in, 0);
        struct addr src = flow_src(&in), dst = flow_dst(&in);

        rewrite_icmp_error(pk, &src, &dst, &quoted);
}

enum pkt_verdict punt_to_kernel(struct worker *w, struct pkt *pk)
{
        struct conn *c = pk->conn;
        struct flow_key k;

        if (!w->tun)
                return dp_consume(pk, inspect_name(c->engine));
        if (!c->kernel_port[pk->side]) /* nothing of ours has spoken on this leg yet */
                return dp_drop(pk, DROP_PUNT_STALE);
        if (icmp_is_error(pk)) {
                icmp_to_kernel(w, pk, c);
        } else {
                k = kernel_key(w, c, pk->side);
                mss_towards_kernel(w, pk);
                rewrite_packet(pk, &k);
        }
        if (pk->has_l2)
                pkt_pull(pk, pk->l3 - pk->off), pk->has_l2 = false;
        pk->len = pk->end - pk->off; /* Ethernet padding stays outside */
        dp_to_tun(w, pk);
        return dp_taken(pk);
}

static enum pkt_verdict to_engine(struct worker *w, struct pkt *pk)
{
        struct punt *p = w->punt;
        struct conn *c = pk->conn;
        struct punt_flow *f = punt_flow_find(p, c->flow, c->generation);
        struct punt_msg m = { .kind = PUNT_DGRAM, .flow = c->flow, .gen = c->generation, .pk = pk };
        struct punt_link *l;

        if (icmp_is_error(pk))
                return PKT_NEXT; /* engines see data only; the error is forwarded like any other */
        if (!f || f->state != FLOW_LIVE)
                return dp_drop(pk, DROP_PUNT_STALE);
        l = p->links[f->link];
        m.dir = pk->side ? DIR_S2C : DIR_C2S;
        if (ring_space(l->to_proxy) <= ring_slots(l->to_proxy) / 4 || !ring_push(l->to_proxy, &m))
                return dp_drop(pk, DROP_INSPECT_RING);
        if (l->wake_proxy)
                l->wake_proxy(l->wake_ctx);
        return dp_taken(pk);
}

static void count_inspected(struct worker *w, const struct conn *c)
{
        struct inspect_count *n = c->inspect_line ? policy_inspect_count(w->policy, c->inspect_line) : NULL;

        if (n)
                atomic_fetch_add_explicit(&n->packets, 1, memory_order_relaxed);
}

void punt_stage(struct worker *w, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++) {
                struct pkt *pk = b->pk[i];
                struct conn *c = pk->conn;

                if (likely(c->action == CONN_FORWARD))
                        continue;
                if (!c->flow || !w->punt) {
                        dp_drop(pk, DROP_PUNT_STALE);
                        continue;
                }
                count_inspected(w, c);
                if (c->action == CONN_INSPECT) {
                        to_engine(w, pk);
                } else if (unlikely(c->client_waits) && !pk->side && w->tun) { /* replay: nobody would answer */
                        punt_hold(w->punt, pk);
                } else {
                        punt_to_kernel(w, pk);
                        punt_check_closed(w, c); /* the copy in the TUN queue needs no conn */
                }
        }
}
