/* Reassembly: every order, every rule, every limit, time, and what the whole looks like on its way out. */
#include "platform/net/frag.h"

#include <stdlib.h>

#include "platform/net/csum.h"
#include "platform/net/decode.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"
#include "tests/support/worker_fixture.h"

#define SRC "10.1.1.9"
#define DST "192.0.2.9"

static struct worker_fixture fx;
static uint8_t whole[70000], out[70000], pay[66000];
static size_t nwhole;

static struct iface_conf *conf_of(const char *hwname)
{
        return conf_list_find(&fx.conf.ifaces, hwname);
}

static void start(void)
{
        wf_init(&fx);
        wf_start(&fx);
        wf_neighbour(&fx, WF_INSIDE, SRC, pb_mac(9));
        wf_neighbour(&fx, WF_OUTSIDE, DST, pb_mac(99));
        wf_neighbour(&fx, WF_OUTSIDE, "192.0.2.254", pb_mac(254));
        for (size_t i = 0; i < sizeof pay; i++)
                pay[i] = (uint8_t)(i * 7 + i / 256);
}

/* Nothing may be left: no buffer, no charge. */
static void stop(void)
{
        struct frag_stat st;

        for (uint16_t i = 0; i < IFACES_MAX; i++) {
                frag_stat_of(fx.w->frags, i, &st);
                assert_int_equal(st.queued, 0);
        }
        wf_clear(&fx);
        assert_int_equal(pkt_pool_used(fx.w->pkts), 0);
        wf_stop(&fx);
}

static struct frag_stat stat_of(uint16_t iface)
{
        struct frag_stat st;

        frag_stat_of(fx.w->frags, iface, &st);
        return st;
}

static struct pb datagram(size_t n)
{
        struct pb p = pb_of(SRC, 1000, DST, 2000, IPPROTO_UDP_);

        p.dmac = pb_mac(3);
        p.id = 77;
        p.pay = pay;
        p.npay = n;
        return p;
}

static void build(const struct pb *p)
{
        nwhole = pb_build(whole, sizeof whole, p);
        assert_true(nwhole != 0);
}

static void piece(size_t from, size_t to, bool more)
{
        static uint8_t f[70000];
        size_t n = pb_fragment(f, sizeof f, whole, nwhole, from, to, more);

        assert_true(n != 0);
        wf_send(&fx, 1, f, n);
}

/* The datagram, in fragments of n bytes. */
static void in_pieces(size_t n)
{
        size_t end = nwhole - 34;

        for (size_t at = 0; at < end; at += n)
                piece(at, MIN_OF(at + n, end), at + n < end);
}

/* What left by the outside is the datagram, with one hop less, in one piece. */
static void expect_whole(void)
{
        size_t n = wf_take(&fx, 0, out, sizeof out);
        struct pb_view v;

        assert_int_equal(n, nwhole);
        assert_true(pb_parse(out, n, false, &v) && v.ip_ok && (v.l4_ok || v.proto == 47));
        assert_int_equal(v.ttl, 63);
        assert_int_equal(v.frag, whole[20] << 8 | whole[21]);
        assert_int_equal(v.id, 77);
        assert_memory_equal(out + 26, whole + 26, n - 26);
}

/* ---- orders ---- */

#define PIECES 5
static unsigned orders;

static void send_order(const unsigned order[PIECES], bool twice)
{
        static const size_t at[PIECES + 1] = { 0, 8, 24, 32, 48, 61 };

        for (unsigned i = 0; i < PIECES; i++) {
                unsigned k = order[i];

                assert_int_equal(wf_take(&fx, 0, out, sizeof out), 0);
                piece(at[k], at[k + 1], k + 1 < PIECES);
                if (twice && i + 1 < PIECES)
                        piece(at[k], at[k + 1], k + 1 < PIECES);
        }
        expect_whole();
        orders++;
}

static void permute(unsigned order[PIECES], unsigned n, bool twice)
{
        if (n == PIECES) {
                send_order(order, twice);
                return;
        }
        for (unsigned i = n; i < PIECES; i++) {
                unsigned x = order[n];

                order[n] = order[i];
                order[i] = x;
                permute(order, n + 1, twice);
                x = order[n];
                order[n] = order[i];
                order[i] = x;
        }
}

static void every_order_gives_the_datagram(void **state UNUSED)
{
        unsigned order[PIECES] = { 0, 1, 2, 3, 4 };
        struct pb p = datagram(53);

        start();
        build(&p);
        orders = 0;
        permute(order, 0, false);
        assert_int_equal(orders, 120);
        assert_int_equal(stat_of(WF_INSIDE).assembled, 120);
        assert_int_equal(wf_drops(&fx, DROP_FRAG_DUPLICATE), 0);
        stop();
}

static void duplicates_change_nothing(void **state UNUSED)
{
        unsigned order[PIECES] = { 0, 1, 2, 3, 4 };
        struct pb p = datagram(53);

        start();
        build(&p);
        orders = 0;
        permute(order, 0, true);
        assert_int_equal(wf_drops(&fx, DROP_FRAG_DUPLICATE), orders * (PIECES - 1));
        assert_int_equal(stat_of(WF_INSIDE).failed, 0);
        stop();
}

/* ---- rules ---- */

struct cut {
        size_t from, to;
        unsigned flags;
};
struct rule {
        const char *what;
        uint8_t proto;
        struct cut cut[6];
        enum drop_reason why;
        unsigned times;  /* that reason */
        unsigned others; /* of the same datagram, refused with it */
        bool arrives;
};

#define UDP IPPROTO_UDP_
#define TCP IPPROTO_TCP_
#define ICMP IPPROTO_ICMP_
enum { M = 1, SPOILT = 2 }; /* more fragments; a byte of it is another one */

static const struct rule rules[] = {
        { "two halves", UDP, { { 0, 32, M }, { 32, 108, 0 } }, DROP_NONE, 0, 0, true },
        { "two halves, the wrong way round", UDP, { { 32, 108, 0 }, { 0, 32, M } }, DROP_NONE, 0, 0, true },
        { "UDP header alone", UDP, { { 0, 8, M }, { 8, 108, 0 } }, DROP_NONE, 0, 0, true },
        { "TCP header alone", TCP, { { 0, 24, M }, { 24, 120, 0 } }, DROP_NONE, 0, 0, true },
        { "ICMP header alone", ICMP, { { 0, 8, M }, { 8, 108, 0 } }, DROP_NONE, 0, 0, true },
        { "no ports to hide", 47, { { 0, 8, M }, { 8, 96, 0 } }, DROP_NONE, 0, 0, true },
        { "TCP header cut", TCP, { { 0, 16, M } }, DROP_FRAG_TINY, 1, 0, false },
        { "TCP options cut", TCP, { { 0, 24, M } }, DROP_FRAG_TINY, 1, 0, false },
        { "later one inside the TCP header", TCP, { { 16, 40, M } }, DROP_FRAG_TINY, 1, 0, false },
        { "first one whole, later one inside it", TCP, { { 0, 40, M }, { 8, 40, M } }, DROP_FRAG_TINY, 1, 0, false },
        { "nothing in it", UDP, { { 32, 32, M } }, DROP_FRAG_INVALID, 1, 0, false },
        { "nothing in the last", UDP, { { 0, 32, M }, { 32, 32, 0 } }, DROP_FRAG_INVALID, 1, 0, false },
        { "no multiple of eight", UDP, { { 0, 33, M } }, DROP_FRAG_INVALID, 1, 0, false },
        { "overlap by eight", UDP, { { 0, 40, M }, { 32, 108, 0 } }, DROP_FRAG_OVERLAP, 1, 1, false },
        { "overlap from behind", UDP, { { 32, 108, 0 }, { 0, 40, M } }, DROP_FRAG_OVERLAP, 1, 1, false },
        { "one inside another", UDP, { { 0, 64, M }, { 16, 32, M } }, DROP_FRAG_OVERLAP, 1, 1, false },
        { "one around another", UDP, { { 16, 32, M }, { 8, 64, M } }, DROP_FRAG_OVERLAP, 1, 1, false },
        { "same place, other length", UDP, { { 0, 32, M }, { 0, 40, M } }, DROP_FRAG_OVERLAP, 1, 1, false },
        { "same place, other bytes", UDP, { { 0, 32, M }, { 0, 32, M | SPOILT } }, DROP_FRAG_OVERLAP, 1, 1, false },
        { "same bytes, now the last", UDP, { { 32, 64, M }, { 32, 64, 0 } }, DROP_FRAG_OVERLAP, 1, 1, false },
        { "twice the same", UDP, { { 0, 32, M }, { 0, 32, M }, { 32, 108, 0 } }, DROP_FRAG_DUPLICATE, 1, 0, true },
        { "two ends", UDP, { { 64, 72, 0 }, { 100 - 4, 108, 0 } }, DROP_FRAG_INVALID, 1, 1, false },
        { "behind the end", UDP, { { 64, 72, 0 }, { 72, 80, M } }, DROP_FRAG_INVALID, 1, 1, false },
        { "the end before the rest", UDP, { { 64, 72, M }, { 32, 40, 0 } }, DROP_FRAG_INVALID, 1, 1, false },
        { "an overlap spoils what follows",
          UDP,
          { { 0, 40, M }, { 32, 72, M }, { 40, 72, M }, { 72, 108, 0 } },
          DROP_FRAG_OVERLAP,
          1,
          3,
          false },
        { "an overlap spoils it for whoever starts anew",
          UDP,
          { { 0, 40, M }, { 32, 72, M }, { 0, 40, M }, { 40, 108, 0 } },
          DROP_FRAG_OVERLAP,
          1,
          3,
          false },
};

static void spoil(size_t at)
{
        whole[34 + at] ^= 0x55;
}

static void run_rule(const struct rule *r)
{
        static const uint8_t options[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
        struct pb p = datagram(100);
        uint64_t arrived = stat_of(WF_INSIDE).assembled;

        p.proto = r->proto;
        p.icmp_type = 8;
        p.opt = options;
        p.nopt = strstr(r->what, "options") ? 8 : 0;
        p.npay = r->proto == 47 ? 96 : 100;
        build(&p);
        for (unsigned i = 0; i < ARRAY_LEN(r->cut) && (r->cut[i].from || r->cut[i].to); i++) {
                const struct cut *c = &r->cut[i];

                if (c->flags & SPOILT)
                        spoil(c->from + 20);
                piece(c->from, c->to, c->flags & M);
                if (c->flags & SPOILT)
                        spoil(c->from + 20);
        }
        if (stat_of(WF_INSIDE).assembled - arrived != r->arrives || wf_drops(&fx, DROP_FRAGMENT) != r->others ||
            (r->why && wf_drops(&fx, r->why) != r->times))
                fail_msg("%s: assembled %d, refused %u and %u", r->what,
                         (int)(stat_of(WF_INSIDE).assembled - arrived), (unsigned)wf_drops(&fx, r->why),
                         (unsigned)wf_drops(&fx, DROP_FRAGMENT));
        if (r->arrives)
                expect_whole();
        assert_int_equal(wf_take(&fx, 0, out, sizeof out), 0);
        assert_int_equal(stat_of(WF_INSIDE).failed, !r->arrives);
}

static void every_rule(void **state UNUSED)
{
        for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
                start();
                run_rule(&rules[i]);
                wf_advance(&fx, 5100);
                stop();
        }
}

/* Lengths that no frame of the builder has: the header says more than 65535 bytes in all. */
static void longer_than_a_datagram_can_be(void **state UNUSED)
{
        static const uint8_t nops[8] = { 1, 1, 1, 1, 1, 1, 1, 0 };
        struct pb p = datagram(1400);

        start();
        build(&p);
        whole[20] = 0;
        piece(0, 1400, true);
        for (unsigned i = 0; i < 2; i++) {
                uint8_t f[2000];
                size_t n = pb_fragment(f, sizeof f, whole, nwhole, 0, i ? 48 : 1000, false);
                uint16_t sum;

                f[20] = 0x1F; /* begins at 65472 */
                f[21] = 0xF8;
                f[24] = f[25] = 0;
                sum = pb_csum(f + 14, 20);
                f[24] = (uint8_t)(sum >> 8);
                f[25] = (uint8_t)sum;
                wf_send(&fx, 1, f, n);
        }
        assert_int_equal(wf_drops(&fx, DROP_FRAG_SIZE), 2);
        wf_advance(&fx, 5100);
        /* 65512 bytes of payload fit, but not behind eight bytes of options. */
        conf_of("GigabitEthernet0/1")->frag.chain = 100;
        wf_commit(&fx);
        p = datagram(65504);
        build(&p);
        in_pieces(1480);
        assert_int_equal(stat_of(WF_INSIDE).assembled, 1);
        wf_clear(&fx);
        p = datagram(40);
        p.ipopt = nops;
        p.nipopt = 8;
        build(&p);
        piece(0, 48, true); /* header of 28 */
        p = datagram(65504);
        build(&p);
        for (size_t at = 48; at < 65512; at += 1480)
                piece(at, MIN_OF(at + 1480, (size_t)65512), at + 1480 < 65512);
        assert_int_equal(stat_of(WF_INSIDE).assembled, 1);
        assert_true(wf_drops(&fx, DROP_FRAG_SIZE) > 2);
        stop();
}

/* A sum left to do, or a super-frame, is a whole datagram's. */
static void offloads_are_no_fragments(void **state UNUSED)
{
        struct pkt_csum part = { .partial = true, .csum_start = 34, .csum_offset = 6 };
        struct pkt_csum gso = { .gso_type = 3, .gso_size = 1000 };
        struct pb p = datagram(100);
        uint8_t f[200];
        size_t n;

        start();
        build(&p);
        n = pb_fragment(f, sizeof f, whole, nwhole, 0, 64, true);
        wf_send_csum(&fx, 1, f, n, &part);
        wf_send_csum(&fx, 1, f, n, &gso);
        assert_int_equal(wf_drops(&fx, DROP_FRAG_INVALID), 2);
        stop();
}

/* Fragments differ in one part of what makes them one datagram: they never meet. */
static void strangers_do_not_meet(void **state UNUSED)
{
        static const struct {
                size_t at;
                uint8_t val;
        } other[] = { { 19, 78 }, { 23, 47 }, { 29, 8 }, { 33, 10 } };
        struct pb p = datagram(100);

        for (unsigned i = 0; i < ARRAY_LEN(other); i++) {
                uint8_t was;

                start();
                build(&p);
                piece(0, 32, true);
                was = whole[other[i].at];
                whole[other[i].at] = other[i].val;
                piece(32, 108, false);
                whole[other[i].at] = was;
                assert_int_equal(stat_of(WF_INSIDE).queued, 2);
                piece(32, 108, false);
                expect_whole();
                wf_advance(&fx, 5100);
                stop();
        }
}

static void interfaces_do_not_meet(void **state UNUSED)
{
        struct pb p = datagram(100);
        uint8_t f[200];
        size_t n;

        start();
        build(&p);
        piece(0, 32, true);
        n = pb_fragment(f, sizeof f, whole, nwhole, 32, 108, false);
        memcpy(f, pb_mac(2).b, 6);
        wf_send(&fx, 0, f, n);
        assert_int_equal(stat_of(WF_INSIDE).queued, 1);
        assert_int_equal(stat_of(WF_OUTSIDE).queued, 1);
        wf_advance(&fx, 5100);
        stop();
}

/* ---- time ---- */

static void time_is_up_for_all_at_once(void **state UNUSED)
{
        struct pb p = datagram(100);

        start();
        build(&p);
        piece(0, 32, true);
        wf_advance(&fx, 4000);
        piece(32, 64, true); /* does not put it off */
        wf_advance(&fx, 990);
        assert_int_equal(stat_of(WF_INSIDE).queued, 2);
        wf_advance(&fx, 30);
        assert_int_equal(stat_of(WF_INSIDE).queued, 0);
        assert_int_equal(wf_drops(&fx, DROP_FRAG_TIMEOUT), 2);
        assert_int_equal(stat_of(WF_INSIDE).failed, 1);
        assert_int_equal(wf_take(&fx, 1, out, sizeof out), 0); /* not ours: nothing is said */
        piece(64, 108, false);
        assert_int_equal(stat_of(WF_INSIDE).queued, 1);
        wf_advance(&fx, 5100);
        stop();
}

static void timeout_is_the_interfaces(void **state UNUSED)
{
        struct pb p = datagram(100);

        start();
        conf_of("GigabitEthernet0/1")->frag.timeout_s = 30;
        wf_commit(&fx);
        build(&p);
        piece(0, 32, true);
        wf_advance(&fx, 29900);
        assert_int_equal(stat_of(WF_INSIDE).queued, 1);
        wf_advance(&fx, 200);
        assert_int_equal(stat_of(WF_INSIDE).queued, 0);
        stop();
}

/* What is refused stays refused for as long as the rest may be on its way, then the id is free again. */
static void refused_until_its_time_is_up(void **state UNUSED)
{
        struct pb p = datagram(100);

        start();
        build(&p);
        piece(0, 40, true);
        piece(32, 108, false);
        wf_advance(&fx, 4900);
        piece(0, 32, true);
        piece(32, 108, false);
        assert_int_equal(stat_of(WF_INSIDE).assembled, 0);
        wf_advance(&fx, 200);
        piece(0, 32, true);
        piece(32, 108, false);
        expect_whole();
        assert_int_equal(stat_of(WF_INSIDE).failed, 1);
        stop();
}

/* RFC 1122, 3.3.2: the appliance itself was meant, and the first fragment is there. */
static void source_is_told_about_ours(void **state UNUSED)
{
        struct pb p = datagram(100);
        struct pb_view v;
        size_t n;

        start();
        p.dst = pb_addr("10.1.1.1");
        build(&p);
        piece(32, 64, true);
        wf_advance(&fx, 5100);
        assert_int_equal(wf_take(&fx, 1, out, sizeof out), 0);
        piece(0, 32, true);
        wf_advance(&fx, 5100);
        n = wf_take(&fx, 1, out, sizeof out);
        assert_true(n && pb_parse(out, n, false, &v) && v.ip_ok && v.l4_ok);
        assert_int_equal(v.icmp_type, 11);
        assert_int_equal(v.icmp_code, 1);
        assert_true(addr_eq(&v.dst, &p.src));
        assert_int_equal(v.npay, 20 + 32);
        assert_memory_equal(v.pay + 12, whole + 26, 8 + 32); /* addresses, ports, payload */
        stop();
}

/* ---- limits ---- */

static void many(unsigned n, uint16_t first_id, uint32_t src)
{
        struct pb p = datagram(100);

        p.src = addr_v4(src);
        for (unsigned i = 0; i < n; i++) {
                p.id = (uint16_t)(first_id + i);
                build(&p);
                piece(0, 32, true);
        }
}

/* One may hold a quarter of the queue, and 24 of the longest datagram. */
static void one_source_has_its_share(void **state UNUSED)
{
        struct pb p;

        start();
        many(60, 1000, 0x0A010114);
        assert_int_equal(stat_of(WF_INSIDE).queued, 50);
        assert_int_equal(wf_drops(&fx, DROP_FRAG_SOURCE), 10);
        assert_int_equal(stat_of(WF_INSIDE).overflow, 10);
        p = datagram(100); /* another is served */
        build(&p);
        in_pieces(32);
        expect_whole();
        wf_advance(&fx, 5100);
        many(1, 3000, 0x0A010114);
        assert_int_equal(stat_of(WF_INSIDE).queued, 1);
        wf_advance(&fx, 5100);
        stop();
}

static void last_third_is_for_those_who_began(void **state UNUSED)
{
        struct pb p = datagram(100);

        start();
        build(&p);
        piece(0, 32, true);
        for (unsigned i = 0; i < 5; i++)
                many(40, (uint16_t)(1000 + i * 100), 0x0A010114 + i);
        assert_int_equal(stat_of(WF_INSIDE).queued, 133);
        assert_int_equal(wf_drops(&fx, DROP_FRAG_QUEUE), 201 - 133);
        build(&p);
        piece(32, 64, true);
        piece(64, 108, false);
        expect_whole();
        wf_advance(&fx, 5100);
        stop();
}

/* A full queue ends the datagram that needs more of it, and is said once a second. */
static void full_is_full(void **state UNUSED)
{
        struct pb p = datagram(100);

        start();
        conf_of("GigabitEthernet0/1")->frag.size = 3;
        wf_commit(&fx);
        build(&p);
        piece(0, 32, true);
        piece(32, 64, true);
        piece(64, 72, true);
        piece(72, 80, true);
        assert_int_equal(wf_drops(&fx, DROP_FRAG_QUEUE), 1);
        assert_int_equal(wf_drops(&fx, DROP_FRAGMENT), 3);
        assert_int_equal(stat_of(WF_INSIDE).queued, 1);
        wf_advance(&fx, 5100);
        stop();
}

static void chain_has_a_length(void **state UNUSED)
{
        struct pb p = datagram(8 * 24);

        start();
        build(&p);
        in_pieces(8); /* 25 */
        assert_int_equal(wf_drops(&fx, DROP_FRAG_CHAIN), 1);
        assert_int_equal(wf_drops(&fx, DROP_FRAGMENT), 24);
        wf_advance(&fx, 5100);
        p = datagram(8 * 23);
        build(&p);
        in_pieces(8); /* 24 */
        expect_whole();
        stop();
}

static void chain_of_one_is_none(void **state UNUSED)
{
        struct pb p = datagram(100);

        start();
        conf_of("GigabitEthernet0/1")->frag.chain = 1;
        wf_commit(&fx);
        build(&p);
        in_pieces(64);
        assert_int_equal(wf_drops(&fx, DROP_FRAG_CHAIN), 2);
        assert_int_equal(stat_of(WF_INSIDE).queued, 0);
        stop();
}

/* Whatever is configured: a quarter of all buffers, and of the few large ones. */
static void pool_is_not_used_up(void **state UNUSED)
{
        struct pb p = datagram(6000);
        uint32_t max;

        start();
        max = pkt_pool_max(fx.w->pkts) / 4;
        conf_of("GigabitEthernet0/1")->frag.size = 30000;
        wf_commit(&fx);
        for (unsigned i = 0; i < 60; i++)
                many(10, (uint16_t)(i * 10), 0x0A010114 + i % 50);
        assert_int_equal(stat_of(WF_INSIDE).queued, max * 2 / 3);
        assert_int_equal(pkt_pool_used(fx.w->pkts), max * 2 / 3);
        wf_advance(&fx, 5100);
        build(&p);
        piece(0, 2048, true);
        p.id++;
        build(&p);
        piece(0, 2048, true);
        assert_int_equal(pkt_pool_used(fx.w->pkts), 2); /* of eight large ones */
        p.id++;
        build(&p);
        piece(0, 2048, true);
        assert_int_equal(wf_drops(&fx, DROP_NO_BUFFER), 1);
        wf_advance(&fx, 5100);
        stop();
}

static void no_buffer_for_the_whole(void **state UNUSED)
{
        struct pb p = datagram(4000);
        struct pkt *big[16];
        unsigned n = 0;

        start();
        while ((big[n] = pkt_get(fx.w->pkts, 4000)))
                n++;
        build(&p);
        in_pieces(1480);
        assert_int_equal(wf_drops(&fx, DROP_NO_BUFFER), 3);
        assert_int_equal(stat_of(WF_INSIDE).overflow, 1);
        while (n)
                pkt_put(big[--n]);
        in_pieces(1480);
        assert_int_equal(stat_of(WF_INSIDE).assembled, 1);
        stop();
}

/* ---- the whole on its way ---- */

struct way {
        size_t n, cut;
        uint32_t mtu;
        bool df;
        size_t longest; /* fragment that leaves; 0: none does, the source is told the MTU */
        bool df_out;
};

static size_t longest_out(bool *df)
{
        size_t longest = 0, total = 0, n;
        struct pb_view v;

        *df = true;
        while ((n = wf_take(&fx, 0, out, sizeof out))) {
                assert_true(pb_parse(out, n, false, &v) && v.ip_ok);
                longest = MAX_OF(longest, v.ip_len);
                total += v.ip_len - 20;
                *df &= v.frag >> 14 & 1;
        }
        if (longest)
                assert_int_equal(total, nwhole - 34);
        return longest;
}

static void fragments_keep_their_size_and_df(void **state UNUSED)
{
        static const struct way ways[] = {
                { 4000, 1480, 1500, false, 1500, false },  { 4000, 1480, 1500, true, 1500, true },
                { 4000, 1000, 1500, false, 1020, false },  { 4000, 1000, 1500, true, 1020, true },
                { 4000, 1480, 1000, false, 996, false },   { 4000, 1480, 1400, true, 0, false },
                { 4000, 1000, 1020, true, 1020, true },    { 1200, 600, 1500, false, 620, false },
                { 700, 80, 1500, false, 572, false },      { 60, 40, 1500, true, 88, true },
                { 30000, 1480, 9000, false, 1500, false },
        };

        for (unsigned i = 0; i < ARRAY_LEN(ways); i++) {
                const struct way *y = &ways[i];
                struct pb p = datagram(y->n);
                struct pb_view v;
                size_t longest, n;
                bool df;

                start();
                conf_of("GigabitEthernet0/0")->mtu = y->mtu;
                wf_commit(&fx);
                p.frag = y->df ? 0x4000 : 0;
                build(&p);
                in_pieces(y->cut);
                longest = longest_out(&df);
                if (longest != y->longest || (longest && df != y->df_out))
                        fail_msg("way %u: longest %zu, DF %d", i, longest, df);
                n = wf_take(&fx, 1, out, sizeof out);
                assert_int_equal(n != 0, y->longest == 0);
                if (n)
                        assert_true(pb_parse(out, n, false, &v) && v.icmp_type == 3 && v.icmp_code == 4 &&
                                    (v.icmp_rest & 0xFFFF) == y->mtu);
                stop();
        }
}

/* RFC 3168, 5.3 */
static void congestion_is_passed_on(void **state UNUSED)
{
        static const struct {
                uint8_t first, second;
                int out; /* -1: refused */
        } ecn[] = { { 0, 0, 0 }, { 2, 2, 2 }, { 1, 1, 1 },  { 2, 3, 3 },
                    { 3, 2, 3 }, { 3, 3, 3 }, { 0, 3, -1 }, { 3, 0, -1 } };

        for (unsigned i = 0; i < ARRAY_LEN(ecn); i++) {
                struct pb p = datagram(100);
                struct pb_view v;
                size_t n;

                start();
                p.tos = (uint8_t)(0xB8 | ecn[i].first);
                build(&p);
                piece(0, 64, true);
                whole[15] = (uint8_t)(0xB8 | ecn[i].second);
                piece(64, 108, false);
                n = wf_take(&fx, 0, out, sizeof out);
                assert_int_equal(n != 0, ecn[i].out >= 0);
                if (n)
                        assert_true(pb_parse(out, n, false, &v) && v.ip_ok && v.tos == (0xB8 | ecn[i].out));
                else
                        assert_int_equal(wf_drops(&fx, DROP_FRAG_INVALID), 2);
                stop();
        }
}

/* The whole is judged like any other: what each fragment could hide is seen now. */
static void the_whole_is_decoded(void **state UNUSED)
{
        static const uint8_t alert[4] = { 148, 4, 0, 0 }, route[4] = { 131, 3, 4, 0 };
        struct pb p = datagram(100);
        struct pb_view v;
        size_t n;

        start();
        build(&p);
        whole[34 + 5] ^= 1; /* the UDP length lies */
        in_pieces(64);
        assert_int_equal(wf_drops(&fx, DROP_BAD_UDP_LENGTH), 1);
        p.ipopt = route;
        p.nipopt = 4;
        build(&p);
        piece(0, 64, true);
        assert_int_equal(wf_drops(&fx, DROP_IP_OPTION), 1);
        p.ipopt = alert;
        build(&p);
        piece(0, 64, true);
        piece(64, 108, false);
        n = wf_take(&fx, 0, out, sizeof out);
        assert_true(n && pb_parse(out, n, false, &v) && v.ip_ok && v.l4_ok);
        assert_int_equal(v.l4 - v.ip, 24);
        stop();
}

static void ours_is_verified_and_answered(void **state UNUSED)
{
        struct pb p = datagram(4000);
        size_t total = 0, n;
        struct pb_view v;

        start();
        p.proto = IPPROTO_ICMP_;
        p.icmp_type = 8;
        p.icmp_rest = 0x00050001;
        p.dst = pb_addr("10.1.1.1");
        build(&p);
        spoil(3000);
        in_pieces(1480);
        assert_int_equal(wf_drops(&fx, DROP_BAD_L4_CSUM), 1);
        spoil(3000);
        in_pieces(1480);
        while ((n = wf_take(&fx, 1, out, sizeof out))) {
                assert_true(pb_parse(out, n, false, &v) && v.ip_ok && v.ip_len <= 1500);
                total += v.ip_len - 20;
        }
        assert_int_equal(total, 4008);
        stop();
}

static void a_tag_stays_on_the_whole(void **state UNUSED)
{
        struct iface_conf *c;
        struct pb p = datagram(100);
        uint8_t f[200];

        start();
        c = wf_iface(&fx, "GigabitEthernet0/1.20", "voice", 50, "10.20.1.1", 24);
        c->vlan = 20;
        wf_commit(&fx);
        p.src = pb_addr("10.20.1.9");
        build(&p);
        for (unsigned i = 0; i < 2; i++) {
                size_t n = pb_fragment(f, sizeof f, whole, nwhole, i ? 64 : 0, i ? 108 : 64, !i);

                memmove(f + 16, f + 12, n - 12);
                memcpy(f + 12, "\x81\0\0\x14", 4);
                wf_send(&fx, 1, f, n + 4);
        }
        expect_whole();
        assert_int_equal(stat_of(3).assembled, 1);
        stop();
}

/* ---- seen from outside ---- */

static unsigned ends[4];

static void on_end(void *ctx UNUSED, const struct pkt *pk, enum pkt_verdict v)
{
        ends[v]++;
        if (v == PKT_TAKEN)
                assert_string_equal(pk->consumed, "fragment");
}

/* replay: each fragment has one end: all but the latest went into the datagram, whose end is that of the latest. */
static void each_fragment_has_one_end(void **state UNUSED)
{
        struct pb p = datagram(100);

        start();
        fx.w->verdict = on_end;
        memset(ends, 0, sizeof ends);
        build(&p);
        piece(0, 32, true);
        piece(32, 64, true);
        assert_int_equal(ends[PKT_TAKEN] + ends[PKT_NEXT] + ends[PKT_DROP], 0);
        piece(64, 108, false);
        assert_int_equal(ends[PKT_TAKEN], 2);
        assert_int_equal(ends[PKT_NEXT], 1);
        piece(0, 32, true);
        piece(16, 108, false);
        assert_int_equal(ends[PKT_DROP], 2);
        piece(0, 32, true);
        assert_int_equal(ends[PKT_DROP], 3);
        p.id = 5;
        build(&p);
        piece(0, 32, true);
        wf_advance(&fx, 5100);
        assert_int_equal(ends[PKT_DROP], 4);
        assert_int_equal(ends[PKT_TAKEN], 2);
        fx.w->verdict = NULL;
        stop();
}

static void operator_clears(void **state UNUSED)
{
        start();
        many(3, 1, 0x0A010114);
        frag_clear_queue(fx.w->frags, WF_OUTSIDE);
        assert_int_equal(stat_of(WF_INSIDE).queued, 3);
        frag_clear_queue(fx.w->frags, WF_INSIDE);
        assert_int_equal(stat_of(WF_INSIDE).queued, 0);
        assert_int_equal(pkt_pool_used(fx.w->pkts), 0);
        many(3, 1, 0x0A010114);
        wf_advance(&fx, 5100);
        many(1, 1, 0x0A010114);
        assert_int_equal(stat_of(WF_INSIDE).failed, 3);
        frag_clear_stat(fx.w->frags, WF_OUTSIDE);
        assert_int_equal(stat_of(WF_INSIDE).failed, 3);
        frag_clear_stat(fx.w->frags, FRAG_IFACE_ALL);
        assert_int_equal(stat_of(WF_INSIDE).failed, 0);
        assert_int_equal(stat_of(WF_INSIDE).queued, 1);
        frag_clear_queue(fx.w->frags, FRAG_IFACE_ALL);
        stop();
}

/* A worker that cannot reassemble lets nothing through half judged. */
static void without_a_table_fragments_die(void **state UNUSED)
{
        struct frag_table *t;
        struct pb p = datagram(100);

        start();
        t = fx.w->frags;
        fx.w->frags = NULL;
        build(&p);
        in_pieces(64);
        assert_int_equal(wf_drops(&fx, DROP_FRAGMENT), 2);
        fx.w->frags = t;
        stop();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_order_gives_the_datagram),
                cmocka_unit_test(duplicates_change_nothing),
                cmocka_unit_test(every_rule),
                cmocka_unit_test(longer_than_a_datagram_can_be),
                cmocka_unit_test(offloads_are_no_fragments),
                cmocka_unit_test(strangers_do_not_meet),
                cmocka_unit_test(interfaces_do_not_meet),
                cmocka_unit_test(time_is_up_for_all_at_once),
                cmocka_unit_test(timeout_is_the_interfaces),
                cmocka_unit_test(refused_until_its_time_is_up),
                cmocka_unit_test(source_is_told_about_ours),
                cmocka_unit_test(one_source_has_its_share),
                cmocka_unit_test(last_third_is_for_those_who_began),
                cmocka_unit_test(full_is_full),
                cmocka_unit_test(chain_has_a_length),
                cmocka_unit_test(chain_of_one_is_none),
                cmocka_unit_test(pool_is_not_used_up),
                cmocka_unit_test(no_buffer_for_the_whole),
                cmocka_unit_test(fragments_keep_their_size_and_df),
                cmocka_unit_test(congestion_is_passed_on),
                cmocka_unit_test(the_whole_is_decoded),
                cmocka_unit_test(ours_is_verified_and_answered),
                cmocka_unit_test(a_tag_stays_on_the_whole),
                cmocka_unit_test(each_fragment_has_one_end),
                cmocka_unit_test(operator_clears),
                cmocka_unit_test(without_a_table_fragments_die),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
