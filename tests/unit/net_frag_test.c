/* Fragments: orders and rules. */
#include "tests/support/frag_rig.h"

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
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
