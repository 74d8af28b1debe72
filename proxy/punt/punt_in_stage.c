/* Private kernel -> wire: the pseudo pair names flow, leg and generation; the conn's keys give the headers. */
#include "nat/rewrite.h"
#include "platform/net/route.h"
#include "proxy/punt/punt_int.h"

static struct conn *flow_of(struct worker *w, const struct pkt *pk, unsigned *leg)
{
        uint32_t dst = pk->key.dst[0];
        struct punt_flow *f;
        struct conn *c;

        if (pk->key.fam != ADDR_V4 || pk->key.src[0] != PSEUDO_KERNEL || pseudo_worker(dst) != w->id ||
            (pk->key.proto != IPPROTO_TCP_ && pk->key.proto != IPPROTO_UDP_))
                return NULL;
        if (pk->key.dport < PSEUDO_PORT_BASE || pk->key.dport > PSEUDO_PORT_BASE + 255)
                return NULL;
        f = punt_flow_find(w->punt, pseudo_flow(dst), (uint8_t)(pk->key.dport - PSEUDO_PORT_BASE));
        c = f ? punt_flow_conn(w->punt, f) : NULL;
        *leg = pseudo_leg(dst);
        return c && c->proto == pk->key.proto ? c : NULL;
}

/* The server leg's local port is the kernel's choice: the first packet tells. Later ones must agree. */
static bool kernel_port_agrees(struct conn *c, unsigned leg, const struct pkt *pk)
{
        if (!c->kernel_port[leg])
                c->kernel_port[leg] = pk->key.sport;
        return c->kernel_port[leg] == pk->key.sport;
}

static void mss_towards_wire(const struct worker *w, struct pkt *pk, uint16_t iface)
{
        const struct iface_rt *ifc = iface_by_idx(net_rt(w->snap), iface);

        if (ifc && pk->key.proto == IPPROTO_TCP_ && (pk->tcp_flags & TCP_SYN))
                rewrite_mss(pk, (uint16_t)(ifc->mtu - 40));
}

static enum pkt_verdict to_wire(struct worker *w, struct pkt *pk)
{
        enum drop_reason why;
        struct flow_key k;
        unsigned leg;
        struct conn *c = w->punt && w->snap ? flow_of(w, pk, &leg) : NULL;

        if (!c || !kernel_port_agrees(c, leg, pk)) {
                if (w->punt)
                        w->punt->stat.stale++;
                return dp_drop(pk, DROP_PUNT_STALE);
        }
        why = conn_track_packet(w, c, leg, false, pk);
        if (why)
                return dp_drop(pk, why);
        k = flow_reverse(&c->side[leg].key, 0);
        pk->conn = c;
        pk->side = (uint8_t)!leg;
        pk->from_box = true;
        mss_towards_wire(w, pk, c->side[leg].key.iface);
        rewrite_packet(pk, &k);
        if (pk->dscp != c->side[!leg].dscp && c->action == CONN_PUNT)
                rewrite_dscp(pk, c->side[!leg].dscp);
        pk->out_iface = c->side[leg].key.iface;
        pk->next_hop = *conn_next_hop(w, c, leg);
        if (punt_check_closed(w, c))
                pk->conn = NULL;
        return PKT_NEXT;
}

void punt_in_stage(struct worker *w, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++)
                to_wire(w, b->pk[i]);
}
