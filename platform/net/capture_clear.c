/* Decrypted bytes of a proxied session, dressed as the TCP segments they would have been. */
#include "platform/base/wbuf.h"
#include "platform/net/capture_int.h"
#include "platform/net/csum.h"

#define SEGMENT_MAX 1460u
enum { TCP_HDR = 20, IP4_HDR = 20, IP6_HDR = 40, ETH_HDR = 14 };

static void put_sum(uint8_t *at, uint64_t sum)
{
        uint16_t c = (uint16_t)~csum_fold(sum);

        memcpy(at, &c, 2);
}

static void put_addr(struct wbuf *w, const struct addr *a)
{
        if (a->fam == ADDR_V6)
                wbuf_put(w, a->v6, 16);
        else
                wbuf_be32(w, a->v4);
}

static void put_ip(struct wbuf *w, const struct flow_key *k, uint32_t l4_len)
{
        struct addr src = flow_src(k), dst = flow_dst(k);
        uint8_t *h = w->buf + w->len;

        if (k->fam == ADDR_V6) {
                wbuf_be32(w, 0x60000000);
                wbuf_be32(w, l4_len << 16 | IPPROTO_TCP_ << 8 | 64);
        } else {
                wbuf_be32(w, 0x45000000 | (IP4_HDR + l4_len));
                wbuf_be32(w, 0x4000); /* DF */
                wbuf_be32(w, 64 << 24 | IPPROTO_TCP_ << 16);
        }
        put_addr(w, &src);
        put_addr(w, &dst);
        if (k->fam != ADDR_V6)
                put_sum(h + 10, csum_add(0, h, IP4_HDR));
}

static void put_tcp(struct wbuf *w, const struct flow_key *k, uint32_t seq, uint32_t ack, const void *data,
                    uint32_t n)
{
        uint32_t addrs = k->fam == ADDR_V6 ? 32 : 8;
        uint8_t *h = w->buf + w->len,
                pseudo[4] = { 0, IPPROTO_TCP_, (uint8_t)((TCP_HDR + n) >> 8), (uint8_t)(TCP_HDR + n) };

        wbuf_be16(w, k->sport);
        wbuf_be16(w, k->dport);
        wbuf_be32(w, seq);
        wbuf_be32(w, ack);
        wbuf_be32(w, 0x50180000 | 65535); /* PSH, ACK */
        wbuf_be32(w, 0);
        wbuf_put(w, data, n);
        put_sum(h + 16, csum_add(csum_add(csum_add(0, pseudo, 4), h - addrs, addrs), h, TCP_HDR + n));
}

static void store_segment(struct capture_set *s, const struct net_rt *net, const struct flow_key *k, uint32_t seq,
                          uint32_t ack, const void *data, uint32_t n, uint64_t wall_ns)
{
        static const uint8_t no_macs[12];
        struct wbuf w = wbuf_of(s->scratch, sizeof s->scratch);
        struct capture_shot sh;

        wbuf_put(&w, no_macs, sizeof no_macs);
        wbuf_be16(&w, k->fam == ADDR_V6 ? 0x86dd : 0x0800);
        put_ip(&w, k, TCP_HDR + n);
        put_tcp(&w, k, seq, ack, data, n);
        sh.rec = (struct capture_rec){ .wall_ns = wall_ns, .caplen = (uint32_t)w.len, .len = (uint32_t)w.len };
        capture_tuple_of(s->scratch, w.len, false, &sh.tuple);
        capture_store(s, CAPTURE_TLS_PROXY, net, k->iface, &sh);
}

void capture_cleartext(struct capture_set *s, const struct net_rt *n, const struct flow_key *k, uint32_t *seq,
                       uint32_t ack, const void *data, size_t len, uint64_t wall_ns)
{
        const uint8_t *p = data;

        if (likely(!s || !s->by_type[CAPTURE_TLS_PROXY])) {
                *seq += (uint32_t)len;
                return;
        }
        while (len) {
                uint32_t k1 = (uint32_t)MIN_OF(len, SEGMENT_MAX);

                store_segment(s, n, k, *seq, ack, p, k1, wall_ns);
                *seq += k1;
                p += k1;
                len -= k1;
        }
}
