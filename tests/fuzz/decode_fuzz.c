/* Ethernet to L4, quoted packets included. What decode accepts must hold what its offsets say. */
#include "platform/net/decode.h"

#include <stdlib.h>

#include "platform/net/csum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x)                                                                                                     \
        do {                                                                                                         \
                if (!(x))                                                                                            \
                        abort();                                                                                     \
        } while (0)

static void check_quote(const struct pkt *pk)
{
        struct icmp_quote q;

        if (!decode_icmp_quote(pk, &q))
                return;
        CHECK(icmp_is_error(pk));
        CHECK(q.l3 >= pk->pay && q.l3 + 20 <= q.l4 && q.l4 + 8 <= q.end && q.end <= pk->end);
}

static void check_packet(struct pkt *pk)
{
        CHECK(pk->off <= pk->l3 && pk->l3 + 20 <= pk->l4 && pk->l4 <= pk->pay && pk->pay <= pk->end);
        CHECK(pk->end <= pk->off + pk->len && pk->end <= pk->cap);
        CHECK(pk->tot_pay == pk->end - pk->pay);
        CHECK(pk->ttl > 0 && pk->key.fam == ADDR_V4);
        if (pk->is_frag) { /* frag_fuzz goes on from here */
                CHECK(pk->pay == pk->l4 && !pk->key.sport && !pk->key.dport && !icmp_is_error(pk));
                return;
        }
        CHECK(!pk->csum.partial || pk->csum.csum_start == pk->l4);
        check_quote(pk);
        csum_l4_full(pk);
        CHECK(pk->csum.partial || csum_l4_ok(pk));
}

/* The header's sum would stop most mutations at the door. */
static void fix_header_sum(struct pkt *pk, uint32_t l3)
{
        uint32_t hlen = pk->cap > l3 ? (pk->buf[l3] & 15) * 4u : 0;
        uint16_t sum = 0;

        if (hlen < 20 || pk->cap - l3 < hlen)
                return;
        memcpy(pk->buf + l3 + 10, &sum, 2);
        sum = csum_ip_header(pk->buf + l3, hlen);
        memcpy(pk->buf + l3 + 10, &sum, 2);
}

/*
 * Byte 0: bit 0 a bare datagram, bit 1 partial checksum at bytes 1-4 (start, offset), bit 2 a super-frame, bit 3 the IP
 * header's sum is put right. Then the frame.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct pkt pk = { .iface = 1 };
        bool l3;

        if (size < 5 || size > 65000)
                return 0;
        l3 = data[0] & 1;
        pk.csum.partial = data[0] & 2;
        pk.csum.csum_start = (uint16_t)(data[1] << 8 | data[2]);
        pk.csum.csum_offset = (uint16_t)(data[3] << 8 | data[4]);
        pk.csum.gso_type = data[0] & 4 ? 1 : 0;
        pk.cap = pk.len = (uint32_t)(size - 5);
        pk.buf = malloc(pk.cap ? pk.cap : 1);
        if (!pk.buf)
                return 0;
        memcpy(pk.buf, data + 5, pk.cap);
        if (data[0] & 8)
                fix_header_sum(&pk, l3 ? 0 : 14);
        if ((l3 ? decode_l3(&pk) : decode_frame(&pk)) == DROP_NONE && (l3 || pk.ethertype == 0x0800))
                check_packet(&pk);
        free(pk.buf);
        return 0;
}
