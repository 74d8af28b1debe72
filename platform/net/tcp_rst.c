#include <string.h>

#include "platform/base/wbuf.h"
#include "platform/net/csum.h"
#include "platform/net/egress_int.h"

enum { TCP_HLEN = 20, FLAG_FIN = 1, FLAG_SYN = 2, FLAG_RST = 4, FLAG_ACK = 16 };

/* RFC 9293, 3.10.7.1: a reset takes its sequence number from the ACK, or acknowledges what came. */
static void put_tcp(struct pkt *r, const struct pkt *pk, const struct flow_key *k)
{
        struct wbuf wb = wbuf_of(r->buf + r->l4, TCP_HLEN);
        bool ack = pk->tcp_flags & FLAG_ACK;
        uint32_t len = pk->tot_pay + !!(pk->tcp_flags & FLAG_SYN) + !!(pk->tcp_flags & FLAG_FIN);

        wbuf_be16(&wb, k->dport);
        wbuf_be16(&wb, k->sport);
        wbuf_be32(&wb, ack ? pk->tcp_ack : 0);
        wbuf_be32(&wb, ack ? 0 : pk->tcp_seq + len);
        wbuf_u8(&wb, TCP_HLEN / 4 << 4);
        wbuf_u8(&wb, ack ? FLAG_RST : FLAG_RST | FLAG_ACK);
}

void tcp_send_rst(struct worker *w, const struct pkt *pk)
{
        struct flow_key k = wire_key(w, pk);
        struct addr src = flow_dst(&k), dst = flow_src(&k);
        struct pkt *r;

        if (pk->from_box && !is_kernel_key(&k))
                return;
        if (k.proto != IPPROTO_TCP_ || (pk->tcp_flags & FLAG_RST) || pk->dry || pk->l2_bcast)
                return;
        r = box_packet(w, &src, &dst, IPPROTO_TCP_, TCP_HLEN);
        if (!r)
                return;
        put_tcp(r, pk, &k);
        csum_l4_full(r);
        box_answer(w, &k, r);
}
