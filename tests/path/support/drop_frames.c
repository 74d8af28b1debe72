/* Why a frame ends at once: its octets, and fragments that never make a whole. */
#include "tests/path/support/path_drop.h"

static size_t good_frame(uint8_t proto, uint8_t *out, size_t cap)
{
        struct pb p = px_pb(&drop_fx, 0, CLIENT, 1024, SERVER, 80, proto);

        p.flags = PB_SYN;
        p.icmp_type = 8;
        p.pay = "abcd";
        p.npay = 4;
        return pb_build(out, cap, &p);
}

void drop_send_edited(const struct drop_edit *e)
{
        uint8_t f[256];
        size_t n = good_frame(e->proto, f, sizeof f);
        uint16_t sum;

        if (e->at >= 0)
                memcpy(f + e->at, e->val, e->n);
        if (e->fix_sum) {
                f[24] = f[25] = 0;
                sum = pb_csum(f + 14, 20);
                f[24] = (uint8_t)(sum >> 8);
                f[25] = (uint8_t)sum;
        }
        px_send(&drop_fx, 0, f, e->cut ? e->cut : n);
}

static void bad_vlan(void)
{
        struct pb p = px_pb(&drop_fx, 0, CLIENT, 1, SERVER, 53, IPPROTO_UDP_);

        p.tagged = true;
        p.tci = 99;
        px_send_pb(&drop_fx, 0, p);
}

static void ip_option(void)
{
        static const uint8_t source_route[4] = { 131, 3, 4, 0 };
        struct pb p = px_pb(&drop_fx, 0, CLIENT, 1, SERVER, 53, IPPROTO_UDP_);

        p.ipopt = source_route;
        p.nipopt = 4;
        px_send_pb(&drop_fx, 0, p);
}

static void ttl(void)
{
        struct pb p = px_pb(&drop_fx, 0, CLIENT, 1, SERVER, 53, IPPROTO_UDP_);
        struct pb_view v;

        p.ttl = 1;
        px_send_pb(&drop_fx, 0, p);
        assert_true(px_take(&drop_fx, 0, &v) && v.icmp_type == 11);
}

static void bad_l4_csum(void)
{
        uint8_t f[128];
        size_t n = pb_echo(f, sizeof f, CLIENT, "192.0.2.1", false, 1, 1);

        memcpy(f, drop_fx.port[0]->mac.b, 6);
        f[n - 1] ^= 1;
        px_send(&drop_fx, 0, f, n);
}

static void bad_arp(void)
{
        uint8_t f[64];
        size_t n = pb_arp(f, sizeof f, 1, pb_mac(9), "172.16.0.1", pb_mac(0), "192.0.2.1");

        px_send(&drop_fx, 0, f, n);
}

/* ---- fragments ---- */

/* Bytes [from, to) of a datagram of 992 bytes. */
static void fragment(uint8_t host, uint16_t id, size_t from, size_t to)
{
        static uint8_t pay[992];
        uint8_t whole[1100], f[1100];
        struct pb p = px_pb(&drop_fx, 0, CLIENT, 1, SERVER, 53, IPPROTO_UDP_);
        size_t n;

        p.src = addr_v4(0xC0000200u | host);
        p.id = id;
        p.pay = pay;
        p.npay = sizeof pay;
        n = pb_build(whole, sizeof whole, &p);
        px_send(&drop_fx, 0, f, pb_fragment(f, sizeof f, whole, n, from, to, to < 1000));
}

static void frag_overlap(void)
{
        fragment(10, 7, 0, 40);
        fragment(10, 7, 32, 1000);
}

static void frag_duplicate(void)
{
        fragment(10, 7, 0, 40);
        fragment(10, 7, 0, 40);
}

static void frag_chain(void)
{
        for (size_t i = 0; i < 25; i++)
                fragment(10, 7, i * 40, i * 40 + 40);
        assert_true(px_logged(&drop_fx, "%ASA-4-209005: Discard IP fragment set with more than 24 elements:  src = "
                                        "192.0.2.10, dest = 10.0.0.9, proto = 17, id = 7"));
}

static void frag_queue(void)
{
        px_config(&drop_fx, "fragment size 2 outside\n");
        for (uint8_t i = 10; i < 13; i++)
                fragment(i, 7, 0, 40);
        assert_true(px_logged(&drop_fx,
                              "%ASA-4-209003: Fragment database limit of 2 exceeded:  src = 192.0.2.12, dest = "
                              "10.0.0.9, proto = 17, id = 7"));
}

static void frag_source(void)
{
        for (uint16_t i = 0; i < 51; i++)
                fragment(10, i, 0, 40);
}

static void frag_timeout(void)
{
        fragment(10, 7, 0, 40);
        px_advance(&drop_fx, 5100);
}

/* ---- rows ---- */

#define EDIT(PROTO, AT, N, ...) .edit = { .proto = PROTO, .at = AT, .n = N, .val = { __VA_ARGS__ } }
#define EDIT_FIX(PROTO, AT, N, ...)                                                                                  \
        .edit = { .proto = PROTO, .at = AT, .n = N, .fix_sum = true, .val = { __VA_ARGS__ } }
#define TCP IPPROTO_TCP_
#define UDP IPPROTO_UDP_
#define ICMP IPPROTO_ICMP_

const struct drop_row drop_frames[] = {
        { DROP_L2_SHORT, .edit = { .proto = UDP, .at = -1, .cut = 13 } },
        { DROP_L2_DST, EDIT(UDP, 5, 1, 0x77) },
        { DROP_UNKNOWN_ETHERTYPE, EDIT(UDP, 12, 2, 0x88, 0xCC) },
        { DROP_BAD_VLAN, .make = bad_vlan },
        { DROP_BAD_IP_VERSION, EDIT_FIX(UDP, 14, 1, 0x55) },
        { DROP_BAD_IP_HEADER, EDIT_FIX(UDP, 14, 1, 0x44) },
        { DROP_BAD_IP_LENGTH, EDIT_FIX(UDP, 16, 2, 0x05, 0) },
        { DROP_BAD_IP_CSUM, EDIT(UDP, 24, 1, 0x5A) },
        { DROP_BAD_IP_ADDR, EDIT_FIX(UDP, 26, 4, 127, 0, 0, 1) },
        { DROP_IP_OPTION, .make = ip_option },
        { DROP_TTL, .make = ttl },
        { DROP_FRAGMENT, .make = frag_overlap },
        { DROP_FRAG_INVALID, EDIT_FIX(UDP, 20, 2, 0x20, 0) }, /* 12 bytes, and more to come */
        { DROP_FRAG_TINY, EDIT_FIX(TCP, 20, 2, 0, 1) },
        { DROP_FRAG_SIZE, EDIT_FIX(UDP, 20, 2, 0x1F, 0xFF) },
        { DROP_FRAG_OVERLAP, .make = frag_overlap },
        { DROP_FRAG_DUPLICATE, .make = frag_duplicate },
        { DROP_FRAG_CHAIN, .make = frag_chain },
        { DROP_FRAG_QUEUE, .make = frag_queue },
        { DROP_FRAG_SOURCE, .make = frag_source },
        { DROP_FRAG_TIMEOUT, .make = frag_timeout },
        { DROP_BAD_TCP_HEADER, EDIT(TCP, 46, 1, 0x40) },
        { DROP_BAD_UDP_LENGTH, EDIT(UDP, 38, 2, 0, 99) },
        { DROP_BAD_ICMP, EDIT_FIX(ICMP, 16, 2, 0, 27) },
        { DROP_BAD_L4_CSUM, .make = bad_l4_csum },
        { DROP_BAD_ARP, .make = bad_arp },
        { DROP_NO_IPV6, EDIT(UDP, 12, 2, 0x86, 0xDD) },
        { 0 },
};
