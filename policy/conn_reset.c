/* `set connection timeout idle T reset`: both ends learn that the connection is gone. */
#include "platform/base/wbuf.h"
#include "platform/net/egress.h"
#include "policy/conn_int.h"

#define TCP_HEADER 20

/* Exactly where the peer stands: the last acknowledgement it sent is what it expects next (RFC 5961). */
static void reset_peer(struct worker *w, struct conn *c, unsigned side)
{
        const struct tcp_conn_state *t = c->action == CONN_PUNT ? &c->tcp[side] : &c->tcp[0];
        const struct flow_key *k = &c->side[side].key;
        struct addr us = flow_dst(k), peer = flow_src(k);
        uint8_t seg[TCP_HEADER];
        struct wbuf b = wbuf_of(seg, sizeof seg);

        if (k->iface == IFACE_BOX || !t->side[side].syn)
                return;
        wbuf_be16(&b, k->dport);
        wbuf_be16(&b, k->sport);
        wbuf_be32(&b, t->side[side].ack);
        wbuf_be32(&b, t->side[side].end);
        wbuf_be16(&b, TCP_HEADER / 4 << 12 | TCP_RST | TCP_ACK);
        wbuf_be16(&b, 0);
        wbuf_be32(&b, 0); /* checksum and urgent pointer */
        box_send_ip(w, k->iface, &us, &peer, IPPROTO_TCP_, seg, sizeof seg);
}

void conn_send_resets(struct worker *w, struct conn *c)
{
        if (c->proto != IPPROTO_TCP_ || !w->snap)
                return;
        reset_peer(w, c, 0);
        reset_peer(w, c, 1);
}
