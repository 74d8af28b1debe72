#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "proxy/media/media.h"
#include "tests/support/pktbuild.h"

struct fixture {
        struct clock_virtual time;
        struct clock clk;
        struct rng_fixed seed;
        struct rng rng;
        struct addr a, b;
};

static struct fixture start(void)
{
        struct fixture f = { .a = pb_addr("192.0.2.50"), .b = pb_addr("10.1.1.50") };

        f.time.mono = 1000000000;
        f.seed.state = 3;
        return f;
}

static struct media_ports *ports(struct fixture *f, unsigned id, unsigned n)
{
        struct media_ports *p;

        f->clk = clock_of_virtual(&f->time);
        f->rng = rng_of_fixed(&f->seed);
        p = media_ports_new(id, n, &f->rng, &f->clk);
        assert_non_null(p);
        return p;
}

static void test_every_pair_once_then_none(void **state UNUSED)
{
        struct fixture f = start();
        struct media_ports *p = ports(&f, 0, 1);
        static bool seen[65536];

        memset(seen, 0, sizeof seen);
        for (unsigned i = 0; i < 100; i++) {
                uint16_t port = media_port_take(p, &f.a, 20000, 20199);

                assert_true(port >= 20000 && port <= 20198 && port % 2 == 0 && !seen[port]);
                seen[port] = true;
        }
        assert_int_equal(media_ports_used(p, &f.a), 100);
        assert_int_equal(media_ports_refused(p), 0);
        assert_int_equal(media_port_take(p, &f.a, 20000, 20199), 0);
        assert_int_equal(media_ports_refused(p), 1);
        assert_true(media_port_take(p, &f.b, 20000, 20199)); /* another address has its own */
        media_ports_free(p);
}

/* A pair lies in the range with both ports. */
static void test_edges_of_a_range(void **state UNUSED)
{
        static const struct {
                uint16_t lo, hi, want;
        } row[] = { { 20000, 20001, 20000 }, { 20001, 20003, 20002 }, { 20000, 20000, 0 }, { 20001, 20002, 0 },
                    { 65534, 65535, 65534 }, { 20003, 20001, 0 },     { 0, 1, 0 },         { 1, 3, 2 } };

        for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
                struct fixture f = start();
                struct media_ports *p = ports(&f, 0, 1);

                assert_int_equal(media_port_take(p, &f.a, row[i].lo, row[i].hi), row[i].want);
                media_ports_free(p);
        }
}

static void test_a_pair_rests(void **state UNUSED)
{
        struct fixture f = start();
        struct media_ports *p = ports(&f, 0, 1);
        uint16_t port = media_port_take(p, &f.a, 20000, 20001);

        media_port_give(p, &f.a, port);
        assert_int_equal(media_ports_used(p, &f.a), 0);
        assert_int_equal(media_port_take(p, &f.a, 20000, 20001), 0);
        clock_advance_ms(&f.time, 4999);
        assert_int_equal(media_port_take(p, &f.a, 20000, 20001), 0);
        clock_advance_ms(&f.time, 1);
        assert_int_equal(media_port_take(p, &f.a, 20000, 20001), port);
        media_ports_free(p);
}

/* What was never taken, or is another worker's, cannot be given. */
static void test_wrong_gifts(void **state UNUSED)
{
        struct fixture f = start();
        struct media_ports *p = ports(&f, 0, 2);
        uint16_t port = media_port_take(p, &f.a, 20000, 20999);
        struct addr at;

        media_port_give(p, &f.a, (uint16_t)(port + 1));
        media_port_give(p, &f.a, (uint16_t)(port + 2));
        media_port_give(p, &f.a, (uint16_t)(port + 4));
        media_port_give(p, &f.b, port);
        assert_int_equal(media_ports_used(p, &f.a), 1);
        assert_int_equal(media_ports_used(p, &f.b), 0);
        assert_true(media_ports_at(p, 0, &at) && addr_eq(&at, &f.a));
        media_port_give(p, &f.a, port);
        assert_false(media_ports_at(p, 0, &at) || media_ports_at(p, MEDIA_ADDRS_MAX, &at));
        media_ports_free(p);
}

static void test_it_goes_round(void **state UNUSED)
{
        struct fixture f = start();
        struct media_ports *p = ports(&f, 0, 1);
        uint16_t first = media_port_take(p, &f.a, 16384, 32767), next;

        media_port_give(p, &f.a, first);
        clock_advance_ms(&f.time, 60000);
        next = media_port_take(p, &f.a, 16384, 32767);
        assert_int_equal(next, first + 2 > 32766 ? 16384 : first + 2);
        media_ports_free(p);
}

static void test_the_start_differs(void **state UNUSED)
{
        struct fixture f = start();
        struct media_ports *p = ports(&f, 0, 1), *q;
        uint16_t x = media_port_take(p, &f.a, 16384, 32767);

        f.seed.state = 4;
        q = ports(&f, 0, 1);
        assert_int_not_equal(x, media_port_take(q, &f.a, 16384, 32767));
        media_ports_free(p);
        media_ports_free(q);
}

static void test_workers_never_meet(void **state UNUSED)
{
        for (unsigned n = 1; n <= 8; n++) {
                static bool seen[65536];
                struct fixture f = start();
                unsigned total = 0;

                memset(seen, 0, sizeof seen);
                for (unsigned id = 0; id < n; id++) {
                        struct media_ports *p = ports(&f, id, n);
                        uint16_t port;

                        while ((port = media_port_take(p, &f.a, 1024, 65535))) {
                                assert_false(seen[port]);
                                seen[port] = true;
                                total++;
                        }
                        media_ports_free(p);
                }
                assert_int_equal(total, (65536 - 1024) / 2);
        }
}

static void test_more_addresses_than_there_may_be(void **state UNUSED)
{
        struct fixture f = start();
        struct media_ports *p = ports(&f, 0, 1);

        for (unsigned i = 0; i < MEDIA_ADDRS_MAX; i++) {
                struct addr a = addr_v4(0x0A000001u + i);

                assert_true(media_port_take(p, &a, 20000, 20199));
        }
        assert_int_equal(media_port_take(p, &f.a, 20000, 20199), 0);
        media_ports_free(p);
}

/* Addresses come and go with configurations: one without ports makes room. */
static void test_an_unused_address_makes_room(void **state UNUSED)
{
        struct fixture f = start();
        struct media_ports *p = ports(&f, 0, 1);

        for (unsigned i = 0; i < 3 * MEDIA_ADDRS_MAX; i++) {
                struct addr a = addr_v4(0x0A000001u + i);
                uint16_t port = media_port_take(p, &a, 20000, 20199);

                assert_true(port);
                media_port_give(p, &a, port);
                clock_advance_ms(&f.time, 5000);
        }
        media_ports_free(p);
}

static void test_memory(void **state UNUSED)
{
        struct fixture f = start();
        uint64_t before = mem_live_blocks();

        mem_fail_nth(1, false);
        f.clk = clock_of_virtual(&f.time);
        f.rng = rng_of_fixed(&f.seed);
        assert_null(media_ports_new(0, 1, &f.rng, &f.clk));
        mem_fail_nth(0, false);
        media_ports_free(NULL);
        assert_int_equal(mem_live_blocks(), before);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_pair_once_then_none),
                cmocka_unit_test(test_edges_of_a_range),
                cmocka_unit_test(test_a_pair_rests),
                cmocka_unit_test(test_wrong_gifts),
                cmocka_unit_test(test_it_goes_round),
                cmocka_unit_test(test_the_start_differs),
                cmocka_unit_test(test_workers_never_meet),
                cmocka_unit_test(test_more_addresses_than_there_may_be),
                cmocka_unit_test(test_an_unused_address_makes_room),
                cmocka_unit_test(test_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
