/* The door of a service: guests in threads of their own, bounds, time, and the ways all of it ends. */
#include "cli/door/door.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/base/wake.h"
#include "tests/support/door_fixture.h"
#include "tests/support/test.h"

#define GRACE_MS 30000u
#define SESSIONS 3u

static struct door_fixture f;
static struct door *d;
static atomic_uint wanted; /* the port */
static atomic_uint told;   /* how often the service heard of a change */

/*
 * A service that does what octets say: a and b log that user in, l logs out, n sleeps for ten seconds, q ends. It
 * answers each with an octet, and says why it ends.
 */
static char obey(struct guest *g, char what)
{
        static const char answer[] = { [PLACES_OK] = 'y', [PLACES_USER_FULL] = 'u', [PLACES_FULL] = 'f' };

        switch (what) {
        case 'a':
        case 'b':
                return answer[door_admit(g, (char[]){ what, 0 }, SESSIONS)];
        case 'l':
                door_leave(g);
                return 'l';
        case 'n':
                return door_nap(g, 10000) ? 'n' : 'w';
        default:
                return what;
        }
}

static void say(struct guest *g, char what)
{
        if (send(g->fd, &what, 1, MSG_NOSIGNAL) < 0)
                return; /* he has gone */
}

static bool in_time(struct guest *g)
{
        return g->place.info.phase == PLACE_IN || door_now(g) < door_grace(g);
}

static void serve(struct guest *g)
{
        static const char why[] = {
                [PLACE_STAY] = 't', [PLACE_STOPPED] = 'S', [PLACE_OPERATOR] = 'O', [PLACE_CROWDED] = 'C'
        };
        char what = 0;

        door_phase(g, PLACE_LOGIN);
        while (what != 'q' && in_time(g) && !door_must_go(g)) {
                struct pollfd p[2] = { { .fd = g->fd, .events = POLLIN }, { .fd = g->wake, .events = POLLIN } };

                poll(p, 2, -1);
                if (p[1].revents)
                        wake_drain(g->wake);
                if (!p[0].revents)
                        continue;
                if (recv(g->fd, &what, 1, 0) != 1)
                        return;
                say(g, obey(g, what));
        }
        if (what != 'q')
                say(g, why[door_why(g)]);
}

static unsigned on_port(void *owner, bool news)
{
        assert_ptr_equal(owner, &f);
        atomic_fetch_add(&told, news);
        return atomic_load(&wanted);
}

static struct door_service service = {
        .name = "test",
        .use = BOX_SSH,
        .box_port = 99,
        .bounds = { .all = 8, .starting = 5, .source = 4, .user = 2 },
        .grace_ms = GRACE_MS,
        .guest_size = sizeof(struct guest),
        .port = on_port,
        .serve = serve,
};

static bool is_open(void *arg)
{
        return door_port(d) == *(const unsigned *)arg;
}

static void await_port(unsigned port)
{
        df_until(is_open, &port, "the port of the door");
}

static int up_with(unsigned port, bool always)
{
        struct err e;

        df_open(&f);
        service.always = always;
        atomic_store(&wanted, port);
        atomic_store(&told, 0);
        d = door_open(&f.cf.box, &service, &f, &e);
        return d ? 0 : -1;
}

static int set_up(void **state UNUSED)
{
        if (up_with(22, false) < 0)
                return -1;
        await_port(22);
        return 0;
}

static bool was_told(void *arg)
{
        return atomic_load(&told) >= *(const unsigned *)arg;
}

static int set_up_closed(void **state UNUSED)
{
        int rc = up_with(0, false);

        df_until(was_told, &(unsigned){ 1 }, "the first look");
        return rc;
}

static int set_up_always(void **state UNUSED)
{
        return up_with(22, true);
}

static int tear_down(void **state UNUSED)
{
        door_close(d);
        d = NULL;
        df_close(&f);
        return 0;
}

static char heard(int far)
{
        char c = 0;

        return recv(far, &c, 1, 0) == 1 ? c : 0;
}

static char ask(int far, char what)
{
        assert_int_equal(send(far, &what, 1, MSG_NOSIGNAL), 1);
        return heard(far);
}

/* One who is inside by now. */
static int enter(const char *from)
{
        int far = df_dial(&f, from);

        assert_int_equal(ask(far, '.'), '.');
        return far;
}

static void leave(int far)
{
        unsigned n = df_guests(d);

        assert_int_equal(ask(far, 'q'), 'q');
        assert_true(df_ended(far));
        df_await(d, n - 1);
        close(far);
}

/* ---- who comes ---- */

static void copy_info(void *to, const struct guest *g)
{
        *(struct place_info *)to = g->place.info;
}

static void guests_are_listed_by_number(void **state UNUSED)
{
        struct place_info i[4];
        int a = enter("10.0.0.5"), b = enter("10.0.0.6"), c = enter("10.0.0.7");

        leave(a);
        df_pass(&f, d, 1000);
        a = enter("10.0.0.8");
        assert_int_equal(ask(a, 'a'), 'y');
        assert_int_equal(door_list(d, i, sizeof i[0], 4, copy_info), 3);
        assert_int_equal(i[0].id, 0);
        assert_true(addr_eq(&i[0].from, &(struct addr){ 0 }) == false);
        assert_string_equal(i[0].user, "a");
        assert_string_equal(i[0].nameif, "inside");
        assert_int_equal(i[0].phase, PLACE_IN);
        assert_int_equal(i[0].since_ms - i[1].since_ms, 1000);
        assert_int_equal(i[1].id, 1);
        assert_int_equal(i[1].phase, PLACE_LOGIN);
        assert_int_equal(i[1].port, 40001);
        assert_int_equal(i[2].id, 2);
        assert_int_equal(door_list(d, i, sizeof i[0], 2, copy_info), 2);
        assert_int_equal(door_sessions(d), 1);
        close(a);
        close(b);
        close(c);
        df_await(d, 0); /* who hangs up is forgotten */
        assert_int_equal(door_sessions(d), 0);
}

static void too_many_of_an_address_are_turned_away(void **state UNUSED)
{
        int in[4], out, other;

        for (unsigned i = 0; i < 4; i++)
                in[i] = enter("10.0.0.5");
        out = df_dial(&f, "10.0.0.5");
        assert_true(df_ended(out));
        assert_int_equal(door_refused(d), 1);
        other = enter("10.0.0.6");
        leave(in[2]);
        in[2] = enter("10.0.0.5");
        assert_int_equal(door_refused(d), 1);
        for (unsigned i = 0; i < 4; i++)
                close(in[i]);
        close(out);
        close(other);
}

static void the_oldest_that_says_nothing_gives_way(void **state UNUSED)
{
        static const char *const from[] = { "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5" };
        int in[5], more;

        for (unsigned i = 0; i < 5; i++)
                in[i] = enter(from[i]);
        assert_int_equal(ask(in[0], 'a'), 'y'); /* the oldest of all has logged in */
        more = enter("10.0.0.6");
        assert_true(df_quiet(in[1]));
        close(more);
        df_await(d, 5);
        more = enter("10.0.0.7");
        close(enter("10.0.0.8"));
        assert_int_equal(heard(in[1]), 'C');
        assert_true(df_ended(in[1]));
        assert_int_equal(ask(in[0], '.'), '.');
        assert_int_equal(door_refused(d), 0);
        for (unsigned i = 0; i < 5; i++)
                close(in[i]);
        close(more);
}

static void places_come_back(void **state UNUSED)
{
        int a = enter("10.0.0.1"), b = enter("10.0.0.2"), c = enter("10.0.0.3"), e = enter("10.0.0.4");

        assert_int_equal(ask(a, 'a'), 'y');
        assert_int_equal(ask(b, 'a'), 'y');
        assert_int_equal(ask(c, 'a'), 'u');
        assert_int_equal(ask(c, 'b'), 'y');
        assert_int_equal(ask(e, 'b'), 'f');
        assert_int_equal(door_sessions(d), SESSIONS);
        assert_int_equal(ask(b, 'l'), 'l');
        assert_int_equal(ask(e, 'b'), 'y');
        leave(a); /* without a word */
        assert_int_equal(ask(b, 'a'), 'y');
        close(b);
        close(c);
        close(e);
}

static void no_memory_for_a_guest(void **state UNUSED)
{
        int out, in;

        mem_fail_nth(1, false);
        out = df_dial(&f, "10.0.0.5");
        assert_true(df_ended(out));
        mem_fail_nth(0, false);
        assert_int_equal(door_refused(d), 1);
        assert_int_equal(df_guests(d), 0);
        in = enter("10.0.0.5");
        close(in);
        close(out);
}

/* ---- time ---- */

static void who_does_not_log_in_has_little_time(void **state UNUSED)
{
        int quiet = enter("10.0.0.5"), in = enter("10.0.0.6");

        assert_int_equal(ask(in, 'a'), 'y');
        df_pass(&f, d, GRACE_MS - 1);
        assert_true(df_quiet(quiet));
        assert_int_equal(ask(quiet, '.'), '.');
        df_pass(&f, d, 1);
        assert_int_equal(heard(quiet), 't');
        assert_true(df_ended(quiet));
        assert_int_equal(ask(in, '.'), '.');
        close(quiet);
        close(in);
}

static bool it_said(void *arg)
{
        df_pass(&f, d, 1000);
        return !df_quiet(*(const int *)arg);
}

static void a_nap_ends_in_time(void **state UNUSED)
{
        int far = enter("10.0.0.5");
        uint64_t before = atomic_load(&f.now_ns);

        assert_int_equal(ask(far, 'a'), 'y');
        assert_int_equal(send(far, "n", 1, 0), 1);
        df_until(it_said, &far, "the end of a nap");
        assert_int_equal(heard(far), 'n');
        assert_true(atomic_load(&f.now_ns) - before >= 10000000000u);
        close(far);
}

/* ---- ends ---- */

static void an_operator_sends_one_away(void **state UNUSED)
{
        int a = enter("10.0.0.5"), b = enter("10.0.0.6");

        assert_false(door_disconnect(d, 2));
        assert_false(door_disconnect(d, 4000000000u));
        assert_true(door_disconnect(d, 1));
        assert_int_equal(heard(b), 'O');
        assert_true(df_ended(b));
        df_await(d, 1);
        assert_false(door_disconnect(d, 1));
        assert_int_equal(ask(a, '.'), '.');
        assert_int_equal(send(a, "n", 1, 0), 1); /* also one who sleeps */
        df_settle(d);
        assert_true(door_disconnect(d, 0));
        assert_int_equal(heard(a), 'w');
        assert_int_equal(heard(a), 'O');
        close(a);
        close(b);
}

static void another_port_sends_all_away(void **state UNUSED)
{
        int a = enter("10.0.0.5"), b;

        atomic_store(&wanted, 8022);
        door_look(d);
        await_port(8022);
        assert_int_equal(f.port, 8022);
        assert_int_equal(heard(a), 'S');
        assert_true(df_ended(a));
        b = enter("10.0.0.5");
        atomic_store(&wanted, 0);
        door_look(d);
        assert_int_equal(heard(b), 'S');
        await_port(0);
        assert_int_equal(f.port, 0);
        df_await(d, 0);
        close(a);
        close(b);
}

static void what_nobody_told_of_is_seen_as_well(void **state UNUSED)
{
        atomic_store(&wanted, 8022);
        await_port(8022);
        assert_int_equal(atomic_load(&told), 1); /* at its start */
        door_look(d);
        atomic_store(&wanted, 8023);
        await_port(8023);
        assert_int_equal(atomic_load(&told), 2);
        assert_int_equal(f.opened, 3);
}

static bool was_tried(void *arg UNUSED)
{
        return atomic_load(&f.refused) > 0;
}

static void a_door_that_cannot_be_opened_is_tried_again(void **state UNUSED)
{
        atomic_store(&f.refuses, true);
        atomic_store(&wanted, 22);
        door_look(d);
        df_until(was_tried, NULL, "a try");
        assert_int_equal(door_port(d), 0);
        atomic_store(&f.refuses, false);
        await_port(22);
        close(enter("10.0.0.5"));
}

static void the_end_waits_for_all(void **state UNUSED)
{
        int far[3] = { enter("10.0.0.5"), enter("10.0.0.6"), enter("10.0.0.7") };

        assert_int_equal(ask(far[1], 'a'), 'y');
        assert_int_equal(send(far[2], "n", 1, 0), 1);
        df_settle(d);
        door_close(d);
        d = NULL;
        for (unsigned i = 0; i < 3; i++) {
                if (i == 2)
                        assert_int_equal(heard(far[i]), 'w');
                assert_int_equal(heard(far[i]), 'S');
                assert_true(df_ended(far[i]));
                close(far[i]);
        }
        assert_int_equal(f.port, 0);
}

/* ---- a door that is always open ---- */

static void it_is_open_at_once(void **state UNUSED)
{
        assert_int_equal(door_port(d), 22);
        assert_true(f.service.by_lines); /* nobody gets to it whom no line lets in */
        assert_int_equal(f.service.use, BOX_SSH);
        assert_int_equal(f.service.box_port, 99);
        df_until(was_told, &(unsigned){ 1 }, "the first look");
        door_look(d);
        df_until(was_told, &(unsigned){ 2 }, "a look");
        assert_int_equal(f.opened, 1);
        close(enter("10.0.0.5"));
}

static void what_cannot_be_opened_is_said(void **state UNUSED)
{
        struct err e = { 0 };

        door_close(d);
        atomic_store(&f.refuses, true);
        d = door_open(&f.cf.box, &service, &f, &e);
        assert_null(d);
        assert_string_equal(e.text, "no listener here");
        mem_fail_nth(1, false);
        assert_null(door_open(&f.cf.box, &service, &f, &e));
        mem_fail_nth(0, false);
        assert_non_null(strstr(e.text, "opening a door"));
}

static void no_door_is_closed_and_empty(void **state UNUSED)
{
        struct place_info i;

        door_close(NULL);
        door_look(NULL);
        assert_int_equal(door_port(NULL), 0);
        assert_int_equal(door_refused(NULL), 0);
        assert_int_equal(door_sessions(NULL), 0);
        assert_int_equal(door_list(NULL, &i, sizeof i, 1, copy_info), 0);
        assert_false(door_disconnect(NULL, 0));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(guests_are_listed_by_number, set_up, tear_down),
                cmocka_unit_test_setup_teardown(too_many_of_an_address_are_turned_away, set_up, tear_down),
                cmocka_unit_test_setup_teardown(the_oldest_that_says_nothing_gives_way, set_up, tear_down),
                cmocka_unit_test_setup_teardown(places_come_back, set_up, tear_down),
                cmocka_unit_test_setup_teardown(no_memory_for_a_guest, set_up, tear_down),
                cmocka_unit_test_setup_teardown(who_does_not_log_in_has_little_time, set_up, tear_down),
                cmocka_unit_test_setup_teardown(a_nap_ends_in_time, set_up, tear_down),
                cmocka_unit_test_setup_teardown(an_operator_sends_one_away, set_up, tear_down),
                cmocka_unit_test_setup_teardown(another_port_sends_all_away, set_up, tear_down),
                cmocka_unit_test_setup_teardown(what_nobody_told_of_is_seen_as_well, set_up, tear_down),
                cmocka_unit_test_setup_teardown(a_door_that_cannot_be_opened_is_tried_again, set_up_closed,
                                                tear_down),
                cmocka_unit_test_setup_teardown(the_end_waits_for_all, set_up, tear_down),
                cmocka_unit_test_setup_teardown(it_is_open_at_once, set_up_always, tear_down),
                cmocka_unit_test_setup_teardown(what_cannot_be_opened_is_said, set_up_always, tear_down),
                cmocka_unit_test(no_door_is_closed_and_empty),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
