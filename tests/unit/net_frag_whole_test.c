/* Fragments: the whole on its way, and what is seen from outside. */
#include "tests/support/frag_rig.h"

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
