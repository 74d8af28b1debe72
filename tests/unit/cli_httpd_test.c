/* The HTTPS server on a clock that moves when told: its time-outs, its bounds, the name in its certificate. */
#include "cli/http/httpd_int.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "tests/support/door_fixture.h"
#include "tests/support/https_client.h"
#include "tests/support/test.h"

static struct door_fixture f;
static struct httpd *d;

static const char config[] = "configure terminal\n"
                             "hostname fw\n"
                             "domain-name example.com\n"
                             "interface GigabitEthernet0/0\n"
                             "nameif inside\n"
                             "exit\n"
                             "username admin password letmein-1 privilege 15\n"
                             "username u1 password letmein-1\n"
                             "username u2 password letmein-1\n"
                             "username u3 password letmein-1\n"
                             "username u4 password letmein-1\n"
                             "aaa authentication http console LOCAL\n"
                             "http server enable\n"
                             "http 0.0.0.0 0.0.0.0 inside\n";

static bool is_open(void *arg UNUSED)
{
        return httpd_port(d) == 443;
}

static bool is_closed(void *arg UNUSED)
{
        return !httpd_port(d);
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

static void configure(const char *lines)
{
        char script[512];

        snprintf(script, sizeof script, "configure terminal\n%s", lines);
        assert_null(strstr(cf_priv(&f.cf, script), "ERROR"));
}

static void pass(uint64_t ms)
{
        df_pass(&f, d->door, ms);
}

static void dial(struct https *h, const char *from)
{
        https_open(h, df_dial(&f, from));
}

static int get(struct https *h, const char *user)
{
        https_ask(h, "GET", "/", user, "letmein-1", "");
        return https_answer(h);
}

/* One who is logged in. */
static void enter(struct https *h)
{
        dial(h, "10.0.0.5");
        assert_int_equal(get(h, "admin"), 200);
}

/* It ends with the time that passes now, not before. */
static void ends_after(struct https *h, uint64_t ms)
{
        pass(ms - 1);
        assert_true(df_quiet(h->fd));
        pass(1);
        assert_true(https_ended(h));
}

static void gone(struct https *h)
{
        https_close(h);
        df_await(d->door, 0);
}

static void is_told_it_is_late(struct https *h)
{
        assert_int_equal(https_answer(h), 408);
        assert_string_equal(https_body(h), "ERROR: the request did not come in time\n");
        assert_non_null(strstr(h->text, "\r\nConnection: close\r\n"));
        assert_true(https_ended(h));
}

/* ---- who has not logged in ---- */

static void a_handshake_that_does_not_come(void **state UNUSED)
{
        struct httpd_counts before, after;
        int far = df_dial(&f, "10.0.0.5");

        httpd_counts(d, &before);
        df_await(d->door, 1);
        pass(HTTPD_GRACE_MS - 1);
        assert_true(df_quiet(far));
        pass(1);
        assert_true(df_ended(far));
        df_await(d->door, 0);
        httpd_counts(d, &after);
        assert_int_equal(after.tls_failed - before.tls_failed, 1);
        close(far);
}

static void who_says_nothing_in_tls_ends(void **state UNUSED)
{
        struct https h;

        dial(&h, "10.0.0.5");
        ends_after(&h, HTTPD_GRACE_MS);
        gone(&h);
}

static void requests_without_a_login_win_no_time(void **state UNUSED)
{
        struct https h;

        dial(&h, "10.0.0.5");
        pass(20000);
        assert_int_equal(get(&h, NULL), 401);
        ends_after(&h, HTTPD_GRACE_MS - 20000);
        gone(&h);
}

static void a_slow_header_before_the_login(void **state UNUSED)
{
        struct https h;

        dial(&h, "10.0.0.5");
        pass(20000);
        https_send(&h, "GET / HT");
        pass(HTTPD_GRACE_MS - 20000 - 1);
        assert_true(df_quiet(h.fd));
        pass(1);
        is_told_it_is_late(&h);
        gone(&h);
}

/* ---- who has ---- */

static void a_slow_header(void **state UNUSED)
{
        static const char head[] = "GET / HTTP/1.1\r\nHost: x\r\n";
        struct https h;

        enter(&h);
        pass(100000); /* nothing has begun yet */
        for (unsigned i = 0; i < 10; i++) {
                https_send(&h, (char[]){ head[i], 0 });
                pass(i < 9 ? HTTPD_REQUEST_MS / 10 : HTTPD_REQUEST_MS / 10 - 1);
                assert_true(df_quiet(h.fd));
        }
        pass(1);
        is_told_it_is_late(&h);
        gone(&h);
}

static void a_slow_body(void **state UNUSED)
{
        struct https h;

        enter(&h);
        https_ask(&h, "POST", "/admin/exec", "admin", "letmein-1", "Content-Length: 20\r\n");
        https_send(&h, "show ");
        pass(HTTPD_REQUEST_MS - 1);
        https_send(&h, "clock");
        df_settle(d->door);
        assert_true(df_quiet(h.fd));
        pass(1);
        is_told_it_is_late(&h);
        gone(&h);
}

static void a_body_that_comes_in_time(void **state UNUSED)
{
        struct https h;

        enter(&h);
        https_ask(&h, "POST", "/admin/exec", "admin", "letmein-1", "Content-Length: 12\r\n");
        https_send(&h, "show ");
        pass(HTTPD_REQUEST_MS - 1);
        https_send(&h, "curpriv");
        assert_int_equal(https_answer(&h), 200);
        assert_non_null(strstr(https_body(&h), "level : 15"));
        gone(&h);
}

static void a_quiet_connection_ends_as_configured(void **state UNUSED)
{
        struct https h;

        enter(&h);
        pass(19 * 60000);
        assert_int_equal(get(&h, "admin"), 200);
        ends_after(&h, HTTP_IDLE_MIN * 60000);
        gone(&h);
        configure("http server idle-timeout 1\n");
        enter(&h);
        ends_after(&h, 60000);
        gone(&h);
        configure("no http server idle-timeout 1\n");
}

static void any_connection_ends_as_configured(void **state UNUSED)
{
        struct https h;

        configure("http server session-timeout 3\n");
        enter(&h);
        for (unsigned i = 0; i < 2; i++) {
                pass(60000);
                assert_int_equal(get(&h, "admin"), 200);
        }
        ends_after(&h, 60000);
        gone(&h);
        configure("no http server session-timeout 3\n");
}

/* The kernel's buffers are full then, and nobody's work is in the way of time any more. */
static bool has_begun(void *h)
{
        return !df_quiet(((const struct https *)h)->fd);
}

static bool has_ended(void *arg UNUSED)
{
        pass(1000);
        return df_guests(d->door) == 0;
}

static void who_does_not_take_his_answer_ends(void **state UNUSED)
{
        char path[600] = "/admin/exec";
        uint64_t before, took;
        struct https h;

        for (unsigned i = 0; i < 10; i++)
                strcat(path, "/show%20running-config%20all");
        enter(&h);
        before = atomic_load(&f.now_ns);
        https_ask(&h, "GET", path, "admin", "letmein-1", "");
        df_until(has_begun, &h, "the beginning of an answer");
        df_until(has_ended, NULL, "the end of an answer nobody takes");
        took = (atomic_load(&f.now_ns) - before) / 1000000;
        assert_true(took >= HTTPD_STALL_MS);
        assert_true(took < HTTPD_ANSWER_MS);
        https_close(&h);
}

/* ---- bounds ---- */

static void sessions_are_bounded_and_places_come_back(void **state UNUSED)
{
        static const char *const user[] = { "u1", "u2", "u3", "u4" };
        static struct https in[HTTPD_SESSIONS_MAX], more;

        for (unsigned i = 0; i < HTTPD_SESSIONS_MAX; i++) {
                dial(&in[i], i % 2 ? "10.0.0.5" : "10.0.0.6");
                assert_int_equal(get(&in[i], user[i / HTTPD_SESSIONS_USER]), 200);
        }
        assert_int_equal(httpd_sessions(d), 32);
        dial(&more, "10.0.0.7");
        assert_int_equal(get(&more, "admin"), 503);
        assert_string_equal(https_body(&more), "ERROR: all HTTPS sessions are in use: see \"show http sessions\"\n");
        assert_non_null(strstr(more.text, "\r\nRetry-After: 10\r\n"));
        assert_true(https_ended(&more));
        https_close(&more);
        https_close(&in[9]);
        df_await(d->door, 31);
        dial(&more, "10.0.0.7");
        assert_int_equal(get(&more, "u1"), 503);
        assert_string_equal(https_body(&more),
                            "ERROR: this user has as many HTTPS sessions as one may have: see \"show http "
                            "sessions\"\n");
        assert_true(https_ended(&more));
        https_close(&more);
        dial(&more, "10.0.0.7");
        assert_int_equal(get(&more, "admin"), 200);
        assert_int_equal(get(&in[0], "u1"), 200); /* who is in stays in */
        https_close(&more);
        for (unsigned i = 0; i < HTTPD_SESSIONS_MAX; i++)
                if (i != 9)
                        https_close(&in[i]);
        df_await(d->door, 0);
        assert_int_equal(httpd_sessions(d), 0);
}

static void another_user_on_a_connection_takes_his_place(void **state UNUSED)
{
        struct httpd_info i;
        struct https h;

        enter(&h);
        assert_int_equal(get(&h, "u1"), 200);
        assert_int_equal(httpd_sessions(d), 1);
        assert_int_equal(httpd_list(d, &i, 1), 1);
        assert_string_equal(i.at.user, "u1");
        assert_int_equal(i.requests, 2);
        https_ask(&h, "GET", "/", "u1", "wrong", "");
        assert_int_equal(httpd_sessions(d) <= 1, true);
        df_settle(d->door);
        assert_true(df_quiet(h.fd));
        pass(10000); /* the delay of a wrong password */
        assert_int_equal(https_answer(&h), 401);
        assert_int_equal(httpd_sessions(d), 0);
        gone(&h);
}

static void an_old_password_opens_nothing(void **state UNUSED)
{
        struct https h;

        configure("password-policy lifetime 1\n");
        pass(2 * 86400000ull);
        dial(&h, "10.0.0.5");
        assert_int_equal(get(&h, "admin"), 403);
        assert_string_equal(https_body(&h), "ERROR: the password has expired: log in on a console to change it\n");
        assert_int_equal(httpd_sessions(d), 0);
        gone(&h);
        configure("no password-policy lifetime 1\n");
        dial(&h, "10.0.0.5");
        assert_int_equal(get(&h, "admin"), 200);
        gone(&h);
}

/* He hears of the end at once, and not when the server has waited for him. */
static void the_end_follows_the_last_answer(void **state UNUSED)
{
        struct https h;

        dial(&h, "10.0.0.5");
        https_ask(&h, "GET", "/", "admin", "letmein-1", "Connection: close\r\n");
        assert_int_equal(https_answer(&h), 200);
        assert_true(df_ended(h.fd));
        gone(&h);
}

/* ---- who goes while a command runs ---- */

/* Not only when the connection is gone altogether: who sends no more waits for nothing. */
static void a_client_that_has_ended_is_not_waited_for(void **state UNUSED)
{
        struct httpd_conn *c = mem_alloc(MEM_CLI, sizeof *c);
        int client[2], command[2];

        assert_non_null(c);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, client), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, command), 0);
        c->guest.door = d->door;
        c->guest.fd = client[0];
        c->guest.wake = -1;
        c->answer_until = UINT64_MAX;
        assert_int_equal(write(command[1], "x", 1), 1);
        assert_int_equal(httpd_watch(c, command[0], POLLIN), 0);
        assert_int_equal(read(command[0], (char[1]){ 0 }, 1), 1);
        shutdown(client[1], SHUT_WR);
        alarm(60); /* without an end of its own it would wait on */
        assert_int_equal(httpd_watch(c, command[0], POLLIN), -1);
        alarm(0);
        for (unsigned i = 0; i < 2; i++) {
                close(client[i]);
                close(command[i]);
        }
        mem_free(c);
}

/* ---- the certificate ---- */

/* What a client is shown: names in the subject; its key and fingerprint. */
static void shown(char subject[256], char key[1024], char print[HTTPD_PRINT_TEXT])
{
        char tp[TRUSTPOINT_NAME_MAX + 1];
        const mbedtls_x509_crt *c;
        struct https h;

        dial(&h, "10.0.0.5");
        c = mbedtls_ssl_get_peer_cert(&h.ssl);
        assert_non_null(c);
        assert_true(mbedtls_x509_dn_gets(subject, 256, &c->subject) > 0);
        memset(key, 0, 1024);
        memcpy(key, c->pk_raw.p, c->pk_raw.len);
        assert_true(httpd_certificate(&f.cf.box, "inside", tp, sizeof tp, print));
        gone(&h);
}

static bool has_name(void *name)
{
        return httpd_certificate_fits(&f.cf.box, name);
}

static void the_certificate_follows_the_name(void **state UNUSED)
{
        char was[256], is[256], key[1024], key2[1024], print[HTTPD_PRINT_TEXT], print2[HTTPD_PRINT_TEXT];

        shown(was, key, print);
        assert_non_null(strstr(was, "fw.example.com"));
        configure("hostname border\n");
        df_until(has_name, (void *)(uintptr_t) "border.example.com", "a certificate with the new name");
        shown(is, key2, print2);
        assert_non_null(strstr(is, "border.example.com"));
        assert_null(strstr(is, "fw.example.com"));
        assert_memory_equal(key, key2, sizeof key);
        assert_string_not_equal(print, print2);
        configure("domain-name example.net\n");
        df_until(has_name, (void *)(uintptr_t) "border.example.net", "a certificate with the new domain");
        configure("no domain-name\nhostname fw\n");
        df_until(has_name, (void *)(uintptr_t) "fw", "a certificate with the name alone");
        configure("domain-name example.com\n");
        df_until(has_name, (void *)(uintptr_t) "fw.example.com", "a certificate with the old name");
}

/* X.509 has 64 characters for a common name: the alternative name holds the whole. */
static void a_long_name_is_whole_where_there_is_room(void **state UNUSED)
{
        static const char host[] = "h23456789-123456789-123456789-123456789-123456789-123456789-123";
        char subject[256], key[1024], print[HTTPD_PRINT_TEXT], line[100], name[100];
        struct err e;

        snprintf(line, sizeof line, "hostname %s\n", host);
        snprintf(name, sizeof name, "%s.example.com", host);
        configure(line);
        df_until(has_name, name, "a certificate with the long name");
        shown(subject, key, print);
        assert_non_null(strstr(subject, host));
        configure("hostname fw\n");
        df_until(has_name, (void *)(uintptr_t) "fw.example.com", "a certificate with the old name");
        configure("domain-name ex$ample\n");
        assert_int_equal(httpd_certificate_check(&f.cf.box, &e), -1);
        assert_non_null(strstr(e.text, "holds a character that is not allowed"));
        configure("domain-name example.com\n");
        assert_int_equal(httpd_certificate_check(&f.cf.box, &e), 0);
}

static void looking_again_makes_no_other_certificate(void **state UNUSED)
{
        char name[256], key[1024], print[HTTPD_PRINT_TEXT], print2[HTTPD_PRINT_TEXT];

        shown(name, key, print);
        configure("no http server enable\n");
        df_until(is_closed, NULL, "the end of the HTTPS server");
        configure("http server enable\n");
        df_until(is_open, NULL, "the HTTPS server");
        shown(name, key, print2);
        assert_string_equal(print, print2);
}

static void a_trustpoint_stays_whatever_the_name(void **state UNUSED)
{
        char was[256], is[256], key[1024], key2[1024], print[HTTPD_PRINT_TEXT], print2[HTTPD_PRINT_TEXT];

        configure("crypto ca trustpoint web\n"
                  "enrollment self\n"
                  "subject-name CN=chosen\n"
                  "exit\n"
                  "crypto ca enroll web noconfirm\n"
                  "ssl trust-point web inside\n");
        shown(was, key, print);
        assert_non_null(strstr(was, "CN=chosen"));
        configure("hostname border\n");
        df_until(has_name, (void *)(uintptr_t) "border.example.com", "a certificate with the new name");
        shown(is, key2, print2);
        assert_string_equal(was, is);
        assert_string_equal(print, print2);
        configure("no ssl trust-point web inside\n");
        shown(is, key2, print2);
        assert_non_null(strstr(is, "border.example.com"));
        configure("hostname fw\n");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_handshake_that_does_not_come),
                cmocka_unit_test(who_says_nothing_in_tls_ends),
                cmocka_unit_test(requests_without_a_login_win_no_time),
                cmocka_unit_test(a_slow_header_before_the_login),
                cmocka_unit_test(a_slow_header),
                cmocka_unit_test(a_slow_body),
                cmocka_unit_test(a_client_that_has_ended_is_not_waited_for),
                cmocka_unit_test(a_body_that_comes_in_time),
                cmocka_unit_test(a_quiet_connection_ends_as_configured),
                cmocka_unit_test(any_connection_ends_as_configured),
                cmocka_unit_test(who_does_not_take_his_answer_ends),
                cmocka_unit_test(sessions_are_bounded_and_places_come_back),
                cmocka_unit_test(another_user_on_a_connection_takes_his_place),
                cmocka_unit_test(an_old_password_opens_nothing),
                cmocka_unit_test(the_end_follows_the_last_answer),
                cmocka_unit_test(the_certificate_follows_the_name),
                cmocka_unit_test(a_long_name_is_whole_where_there_is_room),
                cmocka_unit_test(looking_again_makes_no_other_certificate),
                cmocka_unit_test(a_trustpoint_stays_whatever_the_name),
        };

        return cmocka_run_group_tests(tests, up, down);
}
