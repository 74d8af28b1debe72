/* Leased ports on the proxy worker's side. The test is the dataplane: it hears what is asked and says what there is.
 */
#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "proxy/punt/pat_int.h"
#include "tests/support/pktbuild.h"

#define UDP IPPROTO_UDP_
#define TCP IPPROTO_TCP_
#define INSIDE 2u
#define OUTSIDE 1u
#define FIRST 30016u

static struct punt_link link_[2], *const links[2] = { &link_[0], &link_[1] };
static struct pat *pat;
static uint64_t blocks;
static struct endpoint out;

static int up(void **state UNUSED)
{
        struct err e = { 0 };

        blocks = mem_live_blocks();
        for (unsigned i = 0; i < 2; i++)
                assert_int_equal(punt_link_init(&link_[i], NULL, &e), 0);
        pat = pat_new(3, links, 2, &rng_system);
        assert_non_null(pat);
        return 0;
}

static int down(void **state UNUSED)
{
        pat_free(pat);
        for (unsigned i = 0; i < 2; i++)
                punt_link_fini(&link_[i]);
        assert_int_equal(mem_live_blocks(), blocks);
        return 0;
}

/* ---- what is said ---- */

static struct punt_msg heard(unsigned link, enum punt_kind kind)
{
        struct punt_msg m;

        if (!ring_pop(link_[link].to_dp, &m))
                fail_msg("nothing was said instead of %u", kind);
        if (m.kind != kind)
                fail_msg("message %u instead of %u", m.kind, kind);
        return m;
}

static void silent(void)
{
        struct punt_msg m;

        for (unsigned i = 0; i < 2; i++)
                if (ring_pop(link_[i].to_dp, &m))
                        fail_msg("unexpected message %u", m.kind);
}

static struct pat_place place(unsigned link, uint8_t proto)
{
        return (struct pat_place){ .link = link,
                                   .real_if = INSIDE,
                                   .mapped_if = OUTSIDE,
                                   .proto = proto,
                                   .mapped = pb_addr("192.0.2.9"),
                                   .rule = 7 };
}

static void grant(unsigned link, uint8_t proto, uint16_t first, uint8_t n)
{
        struct punt_msg m = {
                .kind = PUNT_LEASE,
                .lease = { .iface = OUTSIDE, .proto = proto, .n = n, .first = first, .addr = pb_addr("192.0.2.9") }
        };

        pat_msg(pat, link, &m);
}

static void gone(unsigned link, const struct punt_msg *map)
{
        struct punt_msg m = { .kind = PUNT_MAP_GONE, .map = map->map };

        pat_msg(pat, link, &m);
}

/* The port that stands for 10.1.1.5:port, 0 refused. */
static uint16_t map_at(unsigned link, uint8_t proto, uint32_t group, uint16_t port, bool pair)
{
        struct pat_place at = place(link, proto);
        struct endpoint real = { pb_addr("10.1.1.5"), port };

        if (!pat_map(pat, &at, group, &real, pair, &out))
                return 0;
        assert_true(addr_eq(&out.a, &at.mapped));
        return out.port;
}

static uint16_t media(uint32_t group, uint16_t port)
{
        return map_at(0, UDP, group, port, true);
}

static uint16_t known(uint16_t port)
{
        struct pat_place at = place(0, UDP);
        struct endpoint real = { pb_addr("10.1.1.5"), port };

        return pat_find(pat, &at, &real, &out) ? out.port : 0;
}

static uint16_t known_back(uint16_t port)
{
        struct endpoint seen = { pb_addr("192.0.2.9"), port };

        return pat_find_real(pat, 0, OUTSIDE, UDP, &seen, &out) ? out.port : 0;
}

static struct pat_stat stat_of(void)
{
        struct pat_stat s;

        pat_stat(pat, &s);
        return s;
}

static unsigned fill_ring(void)
{
        struct punt_msg junk = { .kind = 99 };
        unsigned n = 0;

        while (ring_push(link_[0].to_dp, &junk))
                n++;
        return n;
}

static void drain(unsigned n)
{
        while (n--)
                heard(0, 99);
}

/* ---- leases ---- */

static void nothing_at_hand_is_asked_for_once(void **state UNUSED)
{
        uint32_t g = pat_group_open(pat, 0);
        struct pat_place at = place(0, UDP), tcp = place(0, TCP);
        struct punt_msg m;

        assert_false(pat_awaits(pat, &at));
        assert_int_equal(media(g, 4000), 0);
        m = heard(0, PUNT_LEASE_ASK);
        assert_int_equal(m.lease.n, LEASE_PORTS);
        assert_int_equal(m.lease.iface, OUTSIDE);
        assert_int_equal(m.lease.proto, UDP);
        assert_true(addr_eq(&m.lease.addr, &at.mapped));
        assert_true(pat_awaits(pat, &at));
        assert_false(pat_awaits(pat, &tcp));
        assert_int_equal(media(g, 4000), 0);
        silent();
        assert_int_equal(stat_of().refused, 2);
        grant(0, UDP, FIRST, LEASE_PORTS);
        assert_false(pat_awaits(pat, &at));
        assert_int_equal(media(g, 4000), FIRST);
        assert_int_equal(stat_of().maps, 1);
        assert_int_equal(stat_of().ports_free, LEASE_PORTS - 2);
}

/* No more is asked for before the tick, or whoever makes calls had the dataplane look for ports all the time. */
static void an_address_without_ports_is_left_alone_for_a_while(void **state UNUSED)
{
        uint32_t g = pat_group_open(pat, 0);
        struct pat_place at = place(0, UDP);

        assert_int_equal(media(g, 4000), 0);
        heard(0, PUNT_LEASE_ASK);
        grant(0, UDP, 0, 0);
        assert_false(pat_awaits(pat, &at));
        assert_int_equal(media(g, 4000), 0);
        silent();
        pat_tick(pat, 1000, false);
        heard(0, PUNT_LEASE_ASK);
        grant(0, UDP, FIRST, 2);
        assert_int_equal(media(g, 4000), FIRST);
}

static void an_answer_that_was_lost_is_asked_for_again(void **state UNUSED)
{
        uint32_t g = pat_group_open(pat, 0);

        assert_int_equal(media(g, 4000), 0);
        heard(0, PUNT_LEASE_ASK);
        for (unsigned i = 1; i < 3; i++)
                pat_tick(pat, 1000 * i, false);
        silent();
        pat_tick(pat, 3000, false);
        heard(0, PUNT_LEASE_ASK);
        grant(0, UDP, FIRST, LEASE_PORTS);
        grant(0, UDP, FIRST + 64, LEASE_PORTS); /* both came after all */
        assert_int_equal(stat_of().blocks, 2);
        assert_int_equal(media(g, 4000), FIRST);
}

static void more_are_asked_for_before_the_last_is_taken(void **state UNUSED)
{
        uint32_t g = 0;
        unsigned taken = 0;
        struct punt_msg m;

        grant(0, UDP, FIRST, LEASE_PORTS);
        for (; taken < LEASE_PORTS / 2; taken++) {
                if (taken % PAT_GROUP_MAPS == 0)
                        g = pat_group_open(pat, 0);
                assert_int_equal(media(g, (uint16_t)(4000 + 2 * taken)), FIRST + 2 * taken);
                while (ring_pop(link_[0].to_dp, &m))
                        if (m.kind == PUNT_LEASE_ASK)
                                assert_int_equal(taken, LEASE_PORTS / 2 - PAT_LOW);
        }
        assert_int_equal(stat_of().ports_free, 0);
        g = pat_group_open(pat, 0);
        assert_int_equal(media(g, 5000), 0);
        grant(0, UDP, FIRST + 64, 8);
        assert_int_equal(media(g, 5000), FIRST + 64);
        heard(0, PUNT_LEASE_ASK); /* three pairs are few */
}

static void blocks_go_back(void **state UNUSED)
{
        uint32_t g = pat_group_open(pat, 0);
        struct punt_msg map[5], back;

        for (unsigned i = 0; i < 3; i++)
                grant(0, UDP, (uint16_t)(FIRST + 64 * i), LEASE_PORTS);
        for (unsigned i = 0; i < 5; i++) {
                assert_int_equal(media(g, (uint16_t)(4000 + 2 * i)), FIRST + 2 * i);
                map[i] = heard(0, PUNT_MAP);
        }
        pat_tick(pat, 1000, false);
        back = heard(0, PUNT_LEASE_GIVE); /* one too many; the other is the reserve */
        assert_int_equal(back.lease.first, FIRST + 64);
        assert_int_equal(back.lease.n, LEASE_PORTS);
        silent();
        pat_tick(pat, 2000, true);
        assert_int_equal(heard(0, PUNT_LEASE_GIVE).lease.first, FIRST + 128);
        silent(); /* what stands for somebody stays, even now */
        pat_group_close(pat, g);
        for (unsigned i = 0; i < 5; i++)
                heard(0, PUNT_UNMAP);
        for (unsigned i = 0; i < 5; i++) {
                pat_tick(pat, 3000, true);
                silent(); /* nor before the dataplane has let go of all */
                gone(0, &map[i]);
        }
        pat_tick(pat, 4000, true);
        assert_int_equal(heard(0, PUNT_LEASE_GIVE).lease.first, FIRST);
        assert_int_equal(stat_of().blocks, 0);
}

static void what_has_no_place_goes_back(void **state UNUSED)
{
        for (unsigned i = 0; i < LEASES_MAX; i++)
                grant(0, UDP, (uint16_t)(1024 + 32 * i), LEASE_PORTS);
        silent();
        grant(0, UDP, 60000, LEASE_PORTS);
        assert_int_equal(heard(0, PUNT_LEASE_GIVE).lease.first, 60000);
        assert_int_equal(stat_of().blocks, LEASES_MAX);
}

/* ---- mappings ---- */

static void media_takes_a_pair_and_keeps_its_parity(void **state UNUSED)
{
        uint32_t g = pat_group_open(pat, 0);
        struct punt_msg m;

        grant(0, UDP, FIRST, LEASE_PORTS);
        assert_int_equal(media(g, 4000), FIRST);
        m = heard(0, PUNT_MAP);
        assert_true(m.map.pair);
        assert_int_equal(m.map.x.real.port, 4000);
        assert_int_equal(m.map.x.mapped.port, FIRST);
        assert_int_equal(m.map.x.real_if, INSIDE);
        assert_int_equal(m.map.x.mapped_if, OUTSIDE);
        assert_int_equal(m.map.x.proto, UDP);
        assert_int_equal(m.map.x.rule, 7);
        assert_int_equal(media(g, 4001), FIRST + 1); /* RTCP: the same pair */
        silent();
        assert_int_equal(media(g, 4003), FIRST + 3); /* odd RTP stays odd, its pair begins below */
        m = heard(0, PUNT_MAP);
        assert_int_equal(m.map.x.real.port, 4002);
        assert_int_equal(m.map.x.mapped.port, FIRST + 2);
        assert_int_equal(known(4000), FIRST);
        assert_int_equal(known(4001), FIRST + 1);
        assert_int_equal(known(4004), 0);
        assert_int_equal(known_back(FIRST + 1), 4001);
        assert_int_equal(known_back(FIRST + 4), 0);
}

static void a_contact_takes_one_port(void **state UNUSED)
{
        uint32_t g = pat_group_open(pat, 0);
        struct punt_msg m;

        grant(0, UDP, FIRST, LEASE_PORTS);
        assert_int_equal(map_at(0, UDP, g, 5061, false), FIRST + 1);
        m = heard(0, PUNT_MAP);
        assert_false(m.map.pair);
        assert_int_equal(m.map.x.real.port, 5061);
        assert_int_equal(m.map.x.mapped.port, FIRST + 1);
        assert_int_equal(known_back(FIRST + 1), 5061);
        assert_int_equal(known_back(FIRST), 0); /* its neighbour stands for nobody */
        assert_int_equal(known(5060), 0);
        assert_int_equal(map_at(0, UDP, g, 5063, false), FIRST + 3); /* and is given to nobody */
}

static void it_stays_while_somebody_asked_for_it(void **state UNUSED)
{
        uint32_t a = pat_group_open(pat, 0), b = pat_group_open(pat, 0);
        struct punt_msg first, again;

        grant(0, UDP, FIRST, LEASE_PORTS);
        assert_int_equal(media(a, 4000), FIRST);
        assert_int_equal(media(b, 4000), FIRST);
        first = heard(0, PUNT_MAP);
        pat_group_close(pat, a);
        pat_group_close(pat, a); /* once is enough */
        silent();
        assert_int_equal(known(4000), FIRST);
        pat_group_close(pat, b);
        assert_int_equal(heard(0, PUNT_UNMAP).map.x.mapped.port, FIRST);
        assert_int_equal(known(4000), 0);
        assert_int_equal(known_back(FIRST), 0);
        a = pat_group_open(pat, 0);
        assert_int_equal(media(a, 4000), FIRST); /* the dataplane still has it */
        again = heard(0, PUNT_MAP);
        assert_int_not_equal(again.map.gen, first.map.gen);
        gone(0, &first); /* of its former life */
        assert_int_equal(known(4000), FIRST);
        pat_group_close(pat, a);
        heard(0, PUNT_UNMAP);
        assert_int_equal(stat_of().maps, 1);
        gone(1, &again); /* of another dataplane worker */
        assert_int_equal(stat_of().maps, 1);
        gone(0, &again);
        assert_int_equal(stat_of().maps, 0);
        assert_int_equal(stat_of().ports_free, LEASE_PORTS);
}

/* `clear xlate`: what is still wanted is told once more, with the port that the payload has named. */
static void a_mapping_that_was_cleared_comes_back(void **state UNUSED)
{
        uint32_t g = pat_group_open(pat, 0);
        struct punt_msg m;

        grant(0, UDP, FIRST, LEASE_PORTS);
        media(g, 4000);
        media(g, 4002);
        m = heard(0, PUNT_MAP);
        gone(0, &m);
        m = heard(0, PUNT_MAP);
        gone(0, &m);
        assert_int_equal(stat_of().ports_free, LEASE_PORTS - 4);
        assert_int_equal(media(g, 4000), FIRST);
        assert_int_equal(heard(0, PUNT_MAP).map.x.mapped.port, FIRST);
        pat_group_close(pat, g);
        assert_int_equal(heard(0, PUNT_UNMAP).map.x.mapped.port, FIRST);
        silent(); /* the other one is not there to be let go of */
        assert_int_equal(stat_of().maps, 1);
}

static void two_dataplane_workers_have_ports_of_their_own(void **state UNUSED)
{
        uint32_t a = pat_group_open(pat, 0), b = pat_group_open(pat, 1);

        grant(0, UDP, FIRST, LEASE_PORTS);
        assert_int_equal(map_at(1, UDP, b, 4000, true), 0);
        heard(1, PUNT_LEASE_ASK);
        grant(1, UDP, FIRST + 64, LEASE_PORTS);
        assert_int_equal(map_at(0, UDP, a, 4000, true), FIRST);
        assert_int_equal(map_at(1, UDP, b, 4000, true), FIRST + 64);
        heard(0, PUNT_MAP);
        heard(1, PUNT_MAP);
        assert_int_equal(known(4000), FIRST);
        assert_int_equal(known_back(FIRST + 64), 0);
        pat_group_close(pat, b);
        heard(1, PUNT_UNMAP);
        silent();
}

static void a_full_group_still_answers_for_what_it_has(void **state UNUSED)
{
        uint32_t g = pat_group_open(pat, 0);

        grant(0, UDP, FIRST, LEASE_PORTS);
        for (unsigned i = 0; i < PAT_GROUP_MAPS; i++)
                assert_int_equal(media(g, (uint16_t)(4000 + 2 * i)), FIRST + 2 * i);
        assert_int_equal(media(g, 5000), 0);
        assert_int_equal(stat_of().maps, PAT_GROUP_MAPS);
        for (unsigned i = 0; i < PAT_GROUP_MAPS; i++)
                assert_int_equal(media(g, (uint16_t)(4000 + 2 * i)), FIRST + 2 * i);
        pat_group_close(pat, g);
        for (unsigned i = 0; i < PAT_GROUP_MAPS; i++)
                heard(0, PUNT_MAP);
        for (unsigned i = 0; i < PAT_GROUP_MAPS; i++)
                heard(0, PUNT_UNMAP);
        silent();
}

static void nobody_and_nowhere_are_refused(void **state UNUSED)
{
        uint32_t g = pat_group_open(pat, 0);

        grant(0, UDP, FIRST, LEASE_PORTS);
        assert_int_equal(media(0, 4000), 0);
        assert_int_equal(media(g + 1, 4000), 0);
        assert_int_equal(media(g, 0), 0);
        pat_group_close(pat, 0);
        pat_group_close(pat, g);
        assert_int_equal(media(g, 4000), 0);
        assert_int_equal(pat_group_holes(pat, g), 0);
        silent();
        assert_int_equal(stat_of().ports_free, LEASE_PORTS);
}

/* ---- the ring is full ---- */

static void what_cannot_be_told_is_not_in_force(void **state UNUSED)
{
        uint32_t g = pat_group_open(pat, 0);
        unsigned n;

        grant(0, UDP, FIRST, LEASE_PORTS);
        n = fill_ring();
        assert_int_equal(media(g, 4000), 0);
        assert_int_equal(stat_of().maps, 0);
        assert_int_equal(stat_of().ports_free, LEASE_PORTS);
        drain(n);
        assert_int_equal(media(g, 4000), FIRST);
}

/* Its former life may end at that moment: the port must come free all the same. */
static void a_mapping_that_could_not_be_told_again_ends(void **state UNUSED)
{
        uint32_t g = pat_group_open(pat, 0);
        struct punt_msg m;
        unsigned n;

        grant(0, UDP, FIRST, LEASE_PORTS);
        media(g, 4000);
        m = heard(0, PUNT_MAP);
        pat_group_close(pat, g);
        heard(0, PUNT_UNMAP);
        g = pat_group_open(pat, 0);
        n = fill_ring();
        assert_int_equal(media(g, 4000), 0);
        gone(0, &m);
        assert_int_equal(stat_of().maps, 0);
        assert_int_equal(stat_of().ports_free, LEASE_PORTS);
        drain(n);
}

static void ends_that_do_not_fit_are_paid(void **state UNUSED)
{
        uint32_t g = pat_group_open(pat, 0), other;
        uint64_t name = pat_group_holes(pat, g);
        unsigned n;

        grant(0, UDP, FIRST, LEASE_PORTS);
        media(g, 4000);
        heard(0, PUNT_MAP);
        assert_int_equal(name >> 32, 4); /* the proxy worker's, never 0 */
        n = fill_ring();
        pat_group_close(pat, g);
        pat_pay(pat);
        assert_int_equal(media(g, 4000), 0);
        other = pat_group_open(pat, 0);
        assert_int_not_equal(other, g); /* the name is not free before the dataplane knows */
        assert_int_equal(stat_of().groups, 2);
        drain(n);
        pat_pay(pat);
        assert_int_equal(heard(0, PUNT_UNMAP).map.x.mapped.port, FIRST);
        assert_int_equal(heard(0, PUNT_GROUP_CLOSE).group, name);
        pat_pay(pat);
        silent();
        assert_int_equal(stat_of().groups, 1);
}

/* Between the lost UNMAP and its payment the source came back: nothing is let go of. */
static void an_owed_end_is_forgotten_when_it_is_wanted_again(void **state UNUSED)
{
        uint32_t g = pat_group_open(pat, 0);
        unsigned n;

        grant(0, UDP, FIRST, LEASE_PORTS);
        media(g, 4000);
        heard(0, PUNT_MAP);
        n = fill_ring();
        pat_group_close(pat, g);
        drain(n);
        g = pat_group_open(pat, 0);
        assert_int_equal(media(g, 4000), FIRST);
        heard(0, PUNT_MAP);
        pat_pay(pat);
        silent();
        assert_int_equal(known(4000), FIRST);
}

static void groups_run_out(void **state UNUSED)
{
        uint32_t last = 0, g;

        for (unsigned i = 0; i < PAT_GROUPS_MAX; i++) {
                g = pat_group_open(pat, 0);
                assert_true(g && g != last);
                last = g;
        }
        assert_int_equal(pat_group_open(pat, 0), 0);
        pat_group_close(pat, last);
        g = pat_group_open(pat, 0);
        assert_true(g && g != last);
        silent(); /* a group without pinholes is nothing to the dataplane */
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, up, down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(nothing_at_hand_is_asked_for_once),
                T(an_address_without_ports_is_left_alone_for_a_while),
                T(an_answer_that_was_lost_is_asked_for_again),
                T(more_are_asked_for_before_the_last_is_taken),
                T(blocks_go_back),
                T(what_has_no_place_goes_back),
                T(media_takes_a_pair_and_keeps_its_parity),
                T(a_contact_takes_one_port),
                T(it_stays_while_somebody_asked_for_it),
                T(a_mapping_that_was_cleared_comes_back),
                T(two_dataplane_workers_have_ports_of_their_own),
                T(a_full_group_still_answers_for_what_it_has),
                T(nobody_and_nowhere_are_refused),
                T(what_cannot_be_told_is_not_in_force),
                T(a_mapping_that_could_not_be_told_again_ends),
                T(ends_that_do_not_fit_are_paid),
                T(an_owed_end_is_forgotten_when_it_is_wanted_again),
                T(groups_run_out),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
