/* The syslog sender: what is sent, to whom, and what happens when it cannot be. */
#include "tests/support/syslog_rig.h"

static void test_line_and_priority(void **state)
{
        struct bench *b = *state;
        struct syslog_host h[2] = { host("inside", "10.1.1.9", 0), host("outside", "192.0.2.9", 1514) };
        struct syslog_stat st[SYSLOG_HOSTS_MAX];

        say(b); /* nobody listens */
        syslog_send_hosts(b->send, h, 2);
        say(b);
        assert_string_equal(heard(b, 0), "<142>" LINE);
        assert_string_equal(heard(b, 1), "<142>" LINE);
        assert_string_equal(heard(b, 1), "");
        assert_int_equal(syslog_send_stat(b->send, st), 2);
        assert_true(st[0].sent == 1 && st[0].errors == 0 && st[0].up && st[0].host.port == 514);
        assert_int_equal(st[1].host.port, 1514);
}

static void test_unreachable_is_counted_and_tried_again(void **state)
{
        struct bench *b = *state;
        struct syslog_host h = host("", "10.1.1.9", 0);
        struct syslog_stat st[SYSLOG_HOSTS_MAX];

        b->broken = true;
        syslog_send_hosts(b->send, &h, 1);
        say(b);
        say(b);
        assert_int_equal(b->opens, 1);
        syslog_send_stat(b->send, st);
        assert_true(st[0].errors == 2 && !st[0].up);
        assert_string_equal(st[0].cause, "no route to 10.1.1.9");
        b->broken = false;
        b->opens = 0;
        clock_advance_ms(&b->time, 5000);
        say(b);
        assert_string_equal(heard(b, 0), "<142>" LINE);
        syslog_send_stat(b->send, st);
        assert_true(st[0].sent == 1 && st[0].errors == 2 && st[0].up);
}

static void test_dead_flow_is_opened_anew(void **state)
{
        struct bench *b = *state;
        struct syslog_host h = host("inside", "10.1.1.9", 0);

        syslog_send_hosts(b->send, &h, 1);
        say(b);
        b->dead = true;
        say(b); /* not asked again so soon */
        assert_int_equal(b->opens, 1);
        clock_advance_ms(&b->time, 1000);
        say(b);
        assert_int_equal(b->opens, 2);
        assert_int_equal(b->closes, 1);
        assert_string_equal(heard(b, 0), "<142>" LINE);
}

static void test_full_socket_never_blocks(void **state)
{
        struct bench *b = *state;
        struct syslog_host h = host("inside", "10.1.1.9", 0);
        struct syslog_stat st[SYSLOG_HOSTS_MAX];

        syslog_send_hosts(b->send, &h, 1);
        for (unsigned i = 0; i < 5000; i++)
                say(b);
        syslog_send_stat(b->send, st);
        assert_int_equal(st[0].sent + st[0].errors, 5000);
        assert_true(st[0].errors > 0 && st[0].up);
}

static void test_hosts_are_replaced(void **state)
{
        struct bench *b = *state;
        struct syslog_host h[2] = { host("inside", "10.1.1.9", 0), host("inside", "10.1.1.10", 0) };
        struct syslog_stat st[SYSLOG_HOSTS_MAX];

        syslog_send_hosts(b->send, h, 2);
        say(b);
        syslog_send_hosts(b->send, &h[1], 1);
        assert_int_equal(b->closes, 1);
        say(b);
        assert_int_equal(syslog_send_stat(b->send, st), 1);
        assert_true(addr_eq(&st[0].host.addr, &h[1].addr));
        assert_int_equal(st[0].sent, 2);
        syslog_send_hosts(b->send, NULL, 0);
        assert_int_equal(b->closes, 2);
        assert_int_equal(syslog_send_stat(b->send, st), 0);
}

static void test_too_many_hosts(void **state)
{
        struct bench *b = *state;
        struct syslog_host h[SYSLOG_HOSTS_MAX + 4];
        struct syslog_stat st[SYSLOG_HOSTS_MAX];

        for (unsigned i = 0; i < SYSLOG_HOSTS_MAX + 4; i++)
                h[i] = host("inside", "10.1.1.9", (uint16_t)(1000 + i));
        syslog_send_hosts(b->send, h, SYSLOG_HOSTS_MAX + 4);
        assert_int_equal(syslog_send_stat(b->send, st), SYSLOG_HOSTS_MAX);
}

static void test_without_memory(void **state)
{
        struct bench *b = *state;
        struct syslog_host h = host("inside", "10.1.1.9", 0);
        struct syslog_stat st[SYSLOG_HOSTS_MAX];
        uint64_t live = mem_live_blocks();

        mem_fail_nth(1, true);
        assert_null(
                syslog_send_new(b->log, &b->clk, &(struct syslog_way){ b, way_open, way_alive, way_close, NULL }));
        syslog_send_hosts(b->send, &h, 1);
        mem_fail_nth(0, false);
        assert_int_equal(syslog_send_stat(b->send, st), 0);
        assert_int_equal(mem_live_blocks(), live);
}

/* ---- TCP ---- */

static void test_tcp_lines_end_with_a_newline(void **state)
{
        struct bench *b = *state;
        struct syslog_host h = tcp_host();
        struct syslog_stat st[SYSLOG_HOSTS_MAX];

        syslog_send_hosts(b->send, &h, 1);
        syslog_send_step(b->send);
        say(b);
        say(b);
        assert_string_equal(heard(b, 0), "<142>" LINE "\n<142>" LINE "\n");
        assert_int_equal(syslog_send_stat(b->send, st), 1);
        assert_true(st[0].up && st[0].sent == 2 && st[0].errors == 0 && st[0].host.port == 1470);
}

/* Nothing new may begin that this server would not hear of; what was said meanwhile it is told when it is back. */
static void test_tcp_server_down_holds_new_connections(void **state)
{
        struct bench *b = *state;
        struct syslog_host h = tcp_host();
        struct syslog_stat st[SYSLOG_HOSTS_MAX];

        b->broken = true;
        assert_false(log_held(b->src));
        syslog_send_hosts(b->send, &h, 1);
        assert_true(log_held(b->src));
        syslog_send_step(b->send);
        say(b);
        syslog_send_step(b->send);
        assert_true(log_held(b->src));
        assert_int_equal(b->opens, 1);
        b->broken = false;
        b->opens = 0;
        syslog_send_step(b->send);
        assert_int_equal(b->opens, 0); /* not so soon */
        clock_advance_ms(&b->time, 5000);
        syslog_send_step(b->send);
        assert_false(log_held(b->src));
        log_step(b->log);
        assert_string_equal(heard(b, 0),
                            "<142>" LINE "\n<139>%ASA-3-414003: TCP Syslog Server inside: 10.1.1.9/1470 not "
                            "responding. New connections are denied based on logging permit-hostdown "
                            "policy\n<142>%ASA-6-414004: TCP Syslog Server inside: 10.1.1.9/1470 - "
                            "Connection restored\n");
        syslog_send_stat(b->send, st);
        assert_true(st[0].up && st[0].errors == 1 && st[0].sent == 3);
        syslog_send_hosts(b->send, NULL, 0);
        assert_false(log_held(b->src));
}

static void test_tcp_permit_hostdown_never_holds(void **state)
{
        struct bench *b = *state;
        static struct log_conf c;
        struct syslog_host h = tcp_host();

        log_get_conf(b->log, &c);
        c.permit_hostdown = true;
        assert_int_equal(log_configure(b->log, &c, NULL), 0);
        b->broken = true;
        syslog_send_hosts(b->send, &h, 1);
        syslog_send_step(b->send);
        assert_false(log_held(b->src));
        c.permit_hostdown = false;
        c.dest[LOG_TO_TRAP].level = LOG_L_NONE; /* nor while nothing is sent to servers */
        assert_int_equal(log_configure(b->log, &c, NULL), 0);
        syslog_send_hosts(b->send, &h, 1);
        assert_false(log_held(b->src));
        b->opens = 0; /* the one that failed */
}

static void test_tcp_server_that_leaves_is_noticed_without_a_line(void **state)
{
        struct bench *b = *state;
        struct syslog_host h = tcp_host();
        struct syslog_stat st[SYSLOG_HOSTS_MAX];

        syslog_send_hosts(b->send, &h, 1);
        syslog_send_step(b->send);
        assert_false(log_held(b->src));
        shutdown(b->peer[0], SHUT_RDWR);
        syslog_send_step(b->send);
        assert_true(log_held(b->src));
        syslog_send_stat(b->send, st);
        assert_true(!st[0].up && st[0].flaps == 1 && st[0].errors == 1);
        syslog_send_clear(b->send);
        syslog_send_stat(b->send, st);
        assert_true(st[0].flaps == 0 && st[0].errors == 0);
        assert_string_equal(st[0].cause, "closed by the server");
}

/* A line that was cut in two by the end of a connection is not continued on the next. */
static void test_tcp_reconnect_begins_with_a_whole_line(void **state)
{
        struct bench *b = *state;
        struct syslog_host h = tcp_host();
        struct syslog_stat st[SYSLOG_HOSTS_MAX];
        const char *text;
        uint64_t dropped;

        syslog_send_hosts(b->send, &h, 1);
        for (unsigned i = 0; i < 9000; i++)
                say(b);
        syslog_send_stat(b->send, st);
        assert_true(st[0].dropped > 0 && st[0].up);
        while (*heard(b, 0)) /* there is room again: as much of what waits goes as fits */
                ;
        syslog_send_step(b->send);
        text = heard(b, 0);
        assert_true(*text && text[strlen(text) - 1] != '\n');
        syslog_send_stat(b->send, st);
        dropped = st[0].dropped;
        shutdown(b->peer[0], SHUT_RDWR);
        syslog_send_step(b->send);
        syslog_send_stat(b->send, st);
        assert_int_equal(st[0].dropped, dropped + 1); /* the one that was cut */
        clock_advance_ms(&b->time, 5000);
        syslog_send_step(b->send);
        assert_memory_equal(heard(b, 0), "<142>%ASA-6-199002", 18);
        log_step(b->log);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(test_line_and_priority),
                T(test_unreachable_is_counted_and_tried_again),
                T(test_dead_flow_is_opened_anew),
                T(test_full_socket_never_blocks),
                T(test_hosts_are_replaced),
                T(test_too_many_hosts),
                T(test_without_memory),
                T(test_tcp_lines_end_with_a_newline),
                T(test_tcp_server_down_holds_new_connections),
                T(test_tcp_permit_hostdown_never_holds),
                T(test_tcp_server_that_leaves_is_noticed_without_a_line),
                T(test_tcp_reconnect_begins_with_a_whole_line),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
