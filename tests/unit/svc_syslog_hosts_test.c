/* The syslog sender: which servers there are, who is down, who is told of it. */
#include "tests/support/syslog_rig.h"
#include "tests/support/tls_rig.h"

static unsigned said_in(const char *text, const char *what)
{
        unsigned n = 0;

        for (; (text = strstr(text, what)); text += strlen(what))
                n++;
        return n;
}

/* A try that is under way is no news, and one that never was up has not gone. */
static void test_tcp_without_an_answer(void **state)
{
        struct bench *b = *state;
        struct syslog_host h[2] = { tcp_host(), host("inside", "10.1.1.8", 0) };
        struct syslog_stat st[SYSLOG_HOSTS_MAX];
        char all[8192] = "";

        b->pending = true;
        syslog_send_hosts(b->send, h, 1);
        syslog_send_step(b->send);
        b->pending = false;
        syslog_send_hosts(b->send, h, 2); /* the other one hears what is said of the first */
        b->pending = true;
        for (unsigned ms = 0; ms < 60000; ms += 1000) {
                syslog_send_step(b->send);
                syslog_send_stat(b->send, st);
                if (ms < 10000)
                        assert_int_equal(st[0].errors, 0);
                b->pending = false;
                log_step(b->log);
                b->pending = true;
                strcat(all, heard(b, 1));
                clock_advance_ms(&b->time, 1000);
        }
        assert_true(st[0].errors >= 3 && st[0].flaps == 0 && !st[0].up);
        assert_string_equal(st[0].cause, "no answer");
        assert_int_equal(said_in(all, "414003"), 1);
        assert_int_equal(said_in(all, "414004"), 0);
}

/* Only what is by TCP can be known to be down; that new connections are let through again is said when they were not.
 */
static void test_who_holds_and_who_is_told(void **state)
{
        struct bench *b = *state;
        static struct log_conf c;
        struct syslog_host h[2] = { host("inside", "10.1.1.8", 0), tcp_host() };

        b->broken = true;
        syslog_send_hosts(b->send, h, 1);
        say(b);
        assert_false(log_held(b->src));
        b->broken = false;
        b->opens = 0;
        clock_advance_ms(&b->time, 5000);
        say(b);
        heard(b, 0);
        log_get_conf(b->log, &c);
        for (unsigned i = 0; i < 4; i++) { /* nobody is down; one is; it was permitted already; it is not */
                if (i == 1) {
                        b->broken = true;
                        c.permit_hostdown = false;
                        assert_int_equal(log_configure(b->log, &c, NULL), 0);
                        syslog_send_hosts(b->send, h, 2);
                        syslog_send_step(b->send);
                        b->broken = false;
                        b->opens--;
                        assert_true(log_held(b->src));
                        log_step(b->log);
                        heard(b, 0);
                }
                c.permit_hostdown = i < 3;
                assert_int_equal(log_configure(b->log, &c, NULL), 0);
                syslog_send_hosts(b->send, h, i ? 2 : 1);
                syslog_send_step(b->send);
                log_step(b->log);
                assert_int_equal(said_in(heard(b, 0), "414008"), i == 1);
        }
}

/* Each in its own format; the time of RFC 5424 brings its version along, where there is one. */
static void test_formats(void **state)
{
        struct bench *b = *state;
        static struct log_conf c;
        struct syslog_host h[2] = { host("inside", "10.1.1.8", 0), host("inside", "10.1.1.9", 0) };

        h[1].emblem = true;
        syslog_send_hosts(b->send, h, 2);
        log_get_conf(b->log, &c);
        c.rfc5424 = true;
        for (unsigned i = 0; i < 2; i++) {
                c.timestamp = i;
                assert_int_equal(log_configure(b->log, &c, NULL), 0);
                syslog_send_hosts(b->send, h, 2);
                say(b);
                assert_memory_equal(heard(b, 0), i ? "<142>1 2" : "<142>%ASA-6-1", 8);
                assert_string_equal(heard(b, 0), "");
                assert_memory_equal(heard(b, 1), "<142>:", 6);
                assert_string_equal(heard(b, 1), "");
        }
        syslog_send_hosts(b->send, h, 1); /* the last that takes it is gone */
        say(b);
        assert_string_not_equal(heard(b, 0), "");
        assert_string_equal(heard(b, 0), "");
}

/* What is said otherwise of a server makes it another one. */
static void test_another_line_is_another_server(void **state)
{
        struct bench *b = *state;
        struct syslog_host h = tcp_host();
        struct syslog_stat st[SYSLOG_HOSTS_MAX];

        for (unsigned i = 0; i < 5; i++) {
                if (i == 1)
                        strcpy(h.nameif, "outside");
                if (i == 2)
                        h.emblem = true;
                if (i == 3)
                        h.tls = true;
                if (i == 4)
                        h.identity.n = 1;
                syslog_send_hosts(b->send, &h, 1);
                syslog_send_step(b->send);
                assert_int_equal(syslog_send_stat(b->send, st), 1);
                assert_int_equal(b->opens, i < 3 ? i + 1 : 3); /* by TLS nobody is trusted yet */
                assert_int_equal(b->closes, i < 3 ? i : 3);
                assert_int_equal(st[0].errors, 0);
                assert_int_equal(st[0].host.identity.n, i == 4);
        }
        assert_false(st[0].up);
}

/* To the last octet. */
static void test_what_waits_has_a_bound(void **state)
{
        struct bench *b = *state;
        struct syslog_host h[2] = { tcp_host(), host("inside", "10.1.1.8", 0) };
        struct syslog_stat st[SYSLOG_HOSTS_MAX];
        char why[128] = "";
        size_t line, base, left = 65536;

        b->pending = true;
        syslog_send_hosts(b->send, h, 1);
        syslog_send_step(b->send);
        b->pending = false;
        syslog_send_hosts(b->send, h, 2);
        say(b);
        line = strlen(heard(b, 1)) + 1;
        log_msg(b->src, LOG_780032, LS(""));
        log_step(b->log);
        base = strlen(heard(b, 1)) + 1;
        for (left -= line + base; left >= base + 20 + line; left -= line) {
                say(b);
                heard(b, 1);
        }
        for (unsigned over = 2; over; over--) { /* one that is too long by an octet, one that fits */
                size_t n = left - base + over - 1;

                memset(why, 'x', n);
                why[n] = 0;
                log_msg(b->src, LOG_780032, LS(why));
                log_step(b->log);
                assert_int_equal(strlen(heard(b, 1)) + 1, left + over - 1);
                syslog_send_stat(b->send, st);
                assert_int_equal(st[0].dropped, 1);
        }
}

/* Whom nobody vouched for, somebody may vouch for now. */
static void test_other_trust_is_tried_at_once(void **state)
{
        struct bench *b = *state;
        struct syslog_host h = tcp_host();
        struct tls_profile *p;
        struct err e;

        up(NULL);
        p = profile_of(TLS_CLIENT, &(struct side){ .trust = root }, &e);
        assert_non_null(p);
        h.tls = b->broken = true;
        syslog_send_hosts(b->send, &h, 1);
        syslog_send_tls(b->send, p);
        for (unsigned i = 0; i < 3; i++)
                syslog_send_step(b->send);
        assert_int_equal(b->opens, 1);
        syslog_send_tls(b->send, p);
        syslog_send_step(b->send);
        assert_int_equal(b->opens, 2);
        b->opens = 0; /* none of them came to anything */
        tls_profile_put(p);
        down(NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(test_tcp_without_an_answer),
                T(test_who_holds_and_who_is_told),
                T(test_formats),
                T(test_another_line_is_another_server),
                T(test_what_waits_has_a_bound),
                T(test_other_trust_is_tried_at_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
