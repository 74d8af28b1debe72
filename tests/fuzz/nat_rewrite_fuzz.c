/* Any frame that decodes, given new addresses and ports: its checksums stay right, and it decodes to what was asked
 * for. */
#include <stdlib.h>

#include "nat/rewrite.h"
#include "platform/base/cur.h"
#include "platform/net/csum.h"
#include "platform/net/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
        if (!ok)
                abort();
}

/* Unicast addresses, which a second decoding does not refuse. */
static uint32_t unicast(uint32_t v, uint32_t net)
{
        return net | (v & 0xFFFFFF);
}

static struct flow_key wanted(struct cur *c, const struct pkt *pk)
{
        struct flow_key k = pk->key;

        k.src[0] = unicast(cur_be32(c), 0x0B000000);
        k.dst[0] = unicast(cur_be32(c), 0x62000000);
        k.sport = cur_be16(c);
        k.dport = cur_be16(c);
        if (pk->key.proto == IPPROTO_ICMP_) {
                k.sport = pk->icmp_type == 8 ? k.sport : 0;
                k.dport = pk->icmp_type == 0 ? k.dport : 0;
        } else if (pk->key.proto != IPPROTO_TCP_ && pk->key.proto != IPPROTO_UDP_) {
                k.sport = k.dport = 0;
        }
        return k;
}

static void check_again(struct pkt *pk, bool l4_was_ok)
{
        struct flow_key k = pk->key;

        require(!l4_was_ok || csum_l4_ok(pk));
        pk->csum = (struct pkt_csum){ 0 };
        require(decode_frame(pk) == DROP_NONE);
        require(memcmp(&pk->key, &k, sizeof k) == 0);
}

static void rewrite(struct pkt *pk, struct cur c)
{
        struct flow_key k = wanted(&c, pk), quoted = k;
        struct addr src = flow_src(&k), dst = flow_dst(&k);
        uint16_t mss = cur_be16(&c);
        uint8_t dscp = cur_u8(&c);
        struct icmp_quote q;

        if (icmp_is_error(pk)) {
                if (decode_icmp_quote(pk, &q)) {
                        quoted = q.key;
                        quoted.src[0] = k.dst[0];
                        quoted.dst[0] ^= 0xFF;
                        quoted.sport ^= k.sport;
                }
                rewrite_icmp_error(pk, &src, &dst, &quoted);
        } else {
                rewrite_packet(pk, &k);
                rewrite_mss(pk, mss);
                rewrite_dscp(pk, dscp);
        }
}

#define PARAM_BYTES 16u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct pkt_pool *pool;
        struct pkt *pk;
        bool ok;

        if (size < PARAM_BYTES || size > PARAM_BYTES + PKT_SMALL_FRAME)
                return 0;
        pool = pkt_pool_new(1, 1);
        pk = pool ? pkt_get(pool, (uint32_t)(size - PARAM_BYTES)) : NULL;
        if (pk) {
                memcpy(pkt_frame(pk), data + PARAM_BYTES, size - PARAM_BYTES);
                pk->len = (uint32_t)(size - PARAM_BYTES);
                pk->iface = 1;
                pk->has_l2 = true;
                pk->csum.partial = data[15] & 1;
                if (decode_frame(pk) == DROP_NONE && pk->ethertype == 0x0800) {
                        if (csum_l4_offset(pk->key.proto) < 0 || pk->key.proto == IPPROTO_ICMP_)
                                pk->csum.partial = false;
                        pk->csum.csum_start = (uint16_t)pk->l4;
                        ok = csum_l4_ok(pk);
                        rewrite(pk, cur_of(data, PARAM_BYTES));
                        check_again(pk, ok);
                }
                pkt_put(pk);
        }
        pkt_pool_free(pool);
        return 0;
}
