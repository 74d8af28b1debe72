/* The end of an HTTPS connection that the box closes: what it has said is heard by who still has something to say. */
#include "cli/http/httpd_int.h"

#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/door_fixture.h"
#include "tests/support/https_client.h"
#include "tests/support/test.h"

static struct door_fixture f;
static struct httpd *d;

static const char config[] = "configure terminal\n"
                             "interface GigabitEthernet0/0\n"
                             "nameif inside\n"
                             "exit\n"
                             "username admin password letmein-1 privilege 15\n"
                             "aaa authentication http console LOCAL\n"
                             "http server enable\n"
                             "http 0.0.0.0 0.0.0.0 inside\n";

static bool is_open(void *arg UNUSED)
{
        return httpd_port(d) == 443;
}

static int up(void **state UNUSED)
{
        struct err e;

        df_open(&f);
        assert_null(strstr(cf_priv(&f.cf, config), "ERROR"));
        d = httpd_start(&f.cf.box, &e);
        assert_non_null(d);
        df_until(is_open, NULL, "the HTTPS server");
        return 0;
}

static int down(void **state UNUSED)
{
        httpd_stop(d);
        df_close(&f);
        return 0;
}

static void pass(uint64_t ms)
{
        df_pass(&f, d->door, ms);
}

/* Its body is too long; the box closes its side. */
static void is_refused(struct https *h)
{
        https_open(h, df_dial(&f, "10.0.0.5"));
        https_ask(h, "POST", "/admin/config", "admin", "letmein-1", "Content-Length: 300000\r\n");
        assert_int_equal(https_answer(h), 413);
}

static void sends_on(int far, const char *text)
{
        assert_int_equal(send(far, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* A reset would take the answer away from who has more to say: he is listened to while he does. */
static void what_is_sent_behind_the_answer_is_taken(void **state UNUSED)
{
        struct https h;

        is_refused(&h);
        assert_true(https_ended(&h));
        for (unsigned i = 0; i < 5; i++) {
                sends_on(h.fd, "more of it");
                pass(2000);
                assert_int_equal(df_guests(d->door), 1);
        }
        pass(3000);
        df_await(d->door, 0);
        assert_int_equal(send(h.fd, "x", 1, MSG_NOSIGNAL), -1);
        https_close(&h);
}

static void who_never_stops_is_not_listened_to_for_ever(void **state UNUSED)
{
        struct https h;

        is_refused(&h);
        for (unsigned seconds = 1; seconds < 30; seconds++) {
                sends_on(h.fd, "more of it");
                pass(1000);
                assert_int_equal(df_guests(d->door), 1);
        }
        sends_on(h.fd, "more of it");
        pass(1000);
        df_await(d->door, 0);
        https_close(&h);
}

/* TLS 1.0 at most. */
static const uint8_t old_hello[] = { 22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1, [43] = 0, 0, 2, 0, 0x2f, 1, 0 };

/* An alert, and then the end. */
static void whose_handshake_fails_hears_why(void **state UNUSED)
{
        int far = df_dial(&f, "10.0.0.5");
        uint8_t alert[64];

        assert_int_equal(send(far, old_hello, sizeof old_hello, MSG_NOSIGNAL), sizeof old_hello);
        assert_int_equal(recv(far, alert, sizeof alert, 0), 7);
        assert_int_equal(alert[0], 21);
        assert_int_equal(alert[6], 70); /* protocol_version */
        assert_true(df_ended(far));
        sends_on(far, "more of it");
        pass(2999);
        assert_int_equal(df_guests(d->door), 1);
        pass(1);
        df_await(d->door, 0);
        close(far);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_sent_behind_the_answer_is_taken),
                cmocka_unit_test(who_never_stops_is_not_listened_to_for_ever),
                cmocka_unit_test(whose_handshake_fails_hears_why),
        };

        return cmocka_run_group_tests(tests, up, down);
}
