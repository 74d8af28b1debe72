/* The history of calls: bounded in calls and events, the longest ended give way first. */
#include "tests/support/test.h"

#include "proxy/worker/calls.h"

static struct call_table *t;
static struct call_head h;
static struct call_event ev[CALL_EVENTS];
static unsigned n;

static int setup(void **st UNUSED)
{
        t = call_table_new(3);
        return t ? 0 : -1;
}

static int teardown(void **st UNUSED)
{
        call_table_free(t);
        return 0;
}

static uint32_t begin(void)
{
        const struct call_head head = { .began_ms = 100 };

        return call_table_open(t, &head);
}

static void say(uint32_t id, unsigned i)
{
        struct call_event e = { .at_ms = i };

        snprintf(e.label, sizeof e.label, "m%u", i);
        call_table_event(t, id, &e);
}

static void the_last_events_stay(void **st UNUSED)
{
        uint32_t id = begin();

        for (unsigned i = 0; i < CALL_EVENTS + 5; i++)
                say(id, i);
        assert_true(call_table_get(t, id, 500, &h, ev, &n));
        assert_int_equal(n, CALL_EVENTS);
        assert_int_equal(h.nevents, CALL_EVENTS + 5);
        assert_int_equal(h.now_ms, 500);
        assert_string_equal(ev[0].label, "m5");
        assert_int_equal(ev[CALL_EVENTS - 1].at_ms, CALL_EVENTS + 4);
}

static void a_newcomer_takes_the_place_of_the_longest_ended(void **st UNUSED)
{
        uint32_t a = begin(), b = begin(), c = begin(), d;

        assert_int_equal(a, 1);
        assert_int_equal(begin(), 0);
        assert_int_equal(call_table_untold(t), 1);
        call_table_state(t, b, CALL_ENDED, 1000);
        call_table_state(t, a, CALL_ENDED, 2000);
        d = begin();
        assert_int_not_equal(d, 0);
        assert_false(call_table_get(t, b, 0, &h, ev, &n));
        assert_true(call_table_get(t, a, 0, &h, ev, &n));
        assert_true(call_table_get(t, c, 0, &h, ev, &n));
        say(b, 1); /* of one that was forgotten: nothing */
        call_table_state(t, b, CALL_ACTIVE, 1);
        call_table_event(t, 0, &ev[0]);
}

static void an_ended_call_stays_so_and_goes_of_age(void **st UNUSED)
{
        uint32_t id = begin();

        call_table_state(t, id, CALL_ACTIVE, 400);
        call_table_state(t, id, CALL_ENDED, 1000);
        call_table_state(t, id, CALL_ACTIVE, 2000);
        say(id, 7); /* the answer to its end */
        assert_true(call_table_get(t, id, 0, &h, ev, &n));
        assert_int_equal(h.state, CALL_ENDED);
        assert_int_equal(h.active_ms, 400);
        assert_int_equal(n, 1);
        call_table_tick(t, 1000 + CALL_ENDED_MS - 1);
        assert_non_null(call_table_head(t, id));
        call_table_tick(t, 1000 + CALL_ENDED_MS);
        assert_null(call_table_head(t, id));
}

static void a_walk_sees_each_once(void **st UNUSED)
{
        struct call_head rows[2];
        uint32_t cursor = 0, seen = 0;
        bool end = false;

        for (unsigned i = 0; i < 3; i++)
                begin();
        while (!end) {
                n = call_table_walk(t, &cursor, 9, rows, 2, &end);
                for (unsigned i = 0; i < n; i++)
                        seen |= 1u << rows[i].id;
        }
        assert_int_equal(seen, 0xe);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(the_last_events_stay, setup, teardown),
                cmocka_unit_test_setup_teardown(a_newcomer_takes_the_place_of_the_longest_ended, setup, teardown),
                cmocka_unit_test_setup_teardown(an_ended_call_stays_so_and_goes_of_age, setup, teardown),
                cmocka_unit_test_setup_teardown(a_walk_sees_each_once, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
