#include <string.h>

#include "platform/net/arp.h"
#include "platform/net/csum.h"
#include "platform/net/egress_int.h"

enum { ICMP_UNREACHABLE = 3, ICMP_FRAG_NEEDED = 4, ICMP_TIME_EXCEEDED = 11 };
enum { IP_DF = 0x4000, IP_MF = 0x2000, PIECE_MIN = 576 };

static void put16(uint8_t *p, uint16_t v)
{
        p[0] = (uint8_t)(v >> 8);
        p[1] = (uint8_t)v;
}

/* One less, and the header checksum with it: TTL and protocol share a word. */
static void decrement_ttl(struct pkt *pk)
{
        uint8_t *ip = pk->buf + pk->l3;
        uint16_t sum, old, new;

        memcpy(&old, ip + 8, 2);
        ip[8]--;
        memcpy(&new, ip + 8, 2);
        memcpy(&sum, ip + 10, 2);
        sum = csum_update16(sum, old, new);
        memcpy(ip + 10, &sum, 2);
        pk->ttl--;
}

/* A copy of the header with bytes [from, from + n) of the payload behind it. from counts from the L4 header on. */
static struct pkt *fragment(struct worker *w, const struct pkt *pk, uint32_t from, uint32_t n, bool more)
{
        uint32_t hlen = pk->l4 - pk->l3;
        struct pkt *f = pkt_get(w->pkts, hlen + n);
        uint16_t sum = 0;
        uint8_t *ip;

        if (!f)
                return NULL;
        ip = pkt_frame(f);
        memcpy(ip, pk->buf + pk->l3, hlen);
        memcpy(ip + hlen, pk->buf + pk->l4 + from, n);
        put16(ip + 2, (uint16_t)(hlen + n));
        put16(ip + 4, pk->ip_id);
        put16(ip + 6, (uint16_t)(from / 8 | (more ? IP_MF : 0) | (pk->df ? IP_DF : 0)));
        memcpy(ip + 10, &sum, 2);
        sum = csum_ip_header(ip, hlen);
        memcpy(ip + 10, &sum, 2);
        f->len = hlen + n;
        f->l3 = f->off;
        f->l4 = f->pay = f->l3 + hlen;
        f->end = f->l3 + f->len;
        f->key = pk->key;
        f->ethertype = pk->ethertype;
        f->out_iface = pk->out_iface;
        f->next_hop = pk->next_hop;
        f->rx_ns = pk->rx_ns;
        f->is_frag = true;
        f->from_box = true; /* the whole has its end told once */
        return f;
}

/* The sum covers the whole datagram, so it is completed before the cut. All pieces or none: half a datagram helps
 * nobody. */
static enum drop_reason send_fragments(struct worker *w, struct pkt *pk, uint32_t mtu)
{
        uint32_t all = pk->end - pk->l4, piece = (mtu - (pk->l4 - pk->l3)) & ~7u;
        struct pkt_queue q = { .n = 0 };
        struct pkt *f;

        if (pk->csum.partial)
                csum_l4_full(pk);
        if (!pk->ip_id)
                pk->ip_id = ++w->ip_id;
        for (uint32_t from = 0; from < all; from += piece) {
                uint32_t n = MIN_OF(piece, all - from);

                f = fragment(w, pk, from, n, from + n < all);
                if (!f)
                        break;
                pkt_enqueue(&q, f);
        }
        if (q.n * piece < all) {
                while ((f = pkt_dequeue(&q)))
                        pkt_put(f);
                return DROP_NO_BUFFER;
        }
        while ((f = pkt_dequeue(&q)))
                arp_output(w, f);
        return DROP_NONE;
}

/* A super-frame counts with the datagrams it will become. */
static uint32_t longest_datagram(const struct pkt *pk)
{
        return pk->csum.gso_type ? pk->pay - pk->l3 + pk->csum.gso_size : pk->end - pk->l3;
}

/*
 * What came in fragments leaves in fragments no larger: its sender may know of a narrow link further on. Crumbs are
 * not made again.
 */
static uint32_t longest_piece(const struct pkt *pk, uint32_t mtu)
{
        return pk->frag_max ? MIN_OF(mtu, MAX_OF((uint32_t)pk->frag_max, (uint32_t)PIECE_MIN)) : mtu;
}

/* DF of a reassembled datagram spoke about its fragments. */
static bool may_cut(const struct pkt *pk, uint32_t mtu)
{
        return !pk->csum.gso_type && (!pk->df || (pk->frag_max && pk->frag_max <= mtu));
}

static void too_long(struct worker *w, struct pkt *pk, uint32_t mtu)
{
        enum drop_reason why;

        if (!may_cut(pk, mtu)) {
                icmp_send_error(w, pk, ICMP_UNREACHABLE, ICMP_FRAG_NEEDED, (uint16_t)MIN_OF(mtu, 65535u));
                dp_discard(w, pk, DROP_MTU);
                return;
        }
        why = send_fragments(w, pk, longest_piece(pk, mtu));
        if (why)
                dp_discard(w, pk, why);
        else
                dp_sent(w, pk);
}

void egress_send(struct worker *w, struct pkt *pk)
{
        const struct iface_rt *ifc = w->snap ? iface_by_idx(net_rt(w->snap), pk->out_iface) : NULL;

        if (!ifc || !ifc->up) {
                dp_discard(w, pk, DROP_IFACE_DOWN);
                return;
        }
        /* Nobody may make us shout into a whole subnet (RFC 2644). */
        if (iface_is_broadcast(ifc, &pk->next_hop)) {
                dp_discard(w, pk, DROP_BAD_IP_ADDR);
                return;
        }
        if (unlikely(longest_datagram(pk) > longest_piece(pk, ifc->mtu)))
                too_long(w, pk, ifc->mtu);
        else
                arp_output(w, pk);
}

/* packet-tracer's packet has arrived where a real one would leave. */
static void end_of_trace(struct worker *w, struct pkt *pk)
{
        if (pk->trace) {
                pk->trace->allow = true;
                pk->trace->out_iface = pk->out_iface;
        }
        dp_sent(w, pk);
}

static void egress_one(struct worker *w, struct pkt *pk)
{
        if (unlikely(pk->dry)) {
                end_of_trace(w, pk);
                return;
        }
        if (!pk->from_box) {
                if (pk->ttl <= 1) {
                        icmp_send_error(w, pk, ICMP_TIME_EXCEEDED, 0, 0);
                        dp_discard(w, pk, DROP_TTL);
                        return;
                }
                decrement_ttl(pk);
        }
        egress_send(w, pk);
}

void egress_stage(struct worker *w, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++) {
                egress_one(w, b->pk[i]);
                dp_taken(b->pk[i]);
        }
}
