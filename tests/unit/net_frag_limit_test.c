/* Fragments: time and limits. */
#include "tests/support/frag_rig.h"

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

int main(void)
{
        const struct CMUnitTest tests[] = {
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
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
