/* The SSH server on a clock that moves when told: how long it waits for those who do not log in, and its bound. */
#include "cli/ssh/sshd_int.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/door_fixture.h"
#include "tests/support/test.h"

static struct door_fixture f;
static struct sshd *d;

static const char config[] = "configure terminal\n"
                             "hostname fw\n"
                             "interface GigabitEthernet0/0\n"
                             "nameif inside\n"
                             "exit\n"
                             "username admin password letmein-1 privilege 15\n"
                             "aaa authentication ssh console LOCAL\n"
                             "logging enable\n"
                             "logging buffered debugging\n"
                             "ssh 0.0.0.0 0.0.0.0 inside\n";

static bool has_key(void *arg UNUSED)
{
        return sshd_key_exists(f.cf.box.keys);
}

static int up(void **state UNUSED)
{
        struct err e;

        signal(SIGPIPE, SIG_IGN); /* as the appliance */
        df_open(&f);
        assert_null(strstr(cf_priv(&f.cf, config), "ERROR"));
        d = sshd_start(&f.cf.box, &e);
        assert_non_null(d);
        df_until(has_key, NULL, "a host key");
        return 0;
}

static int down(void **state UNUSED)
{
        sshd_stop(d);
        df_close(&f);
        return 0;
}

static void pass(uint64_t ms)
{
        df_pass(&f, d->door, ms);
}

static bool was_logged(void *text)
{
        log_step(f.cf.box.log);
        return strstr(cf_priv(&f.cf, "show logging\n"), text) != NULL;
}

static void is_logged(const char *text)
{
        df_until(was_logged, (void *)(uintptr_t)text, text);
        cf_priv(&f.cf, "clear logging buffer\n");
}

/* The server's greeting has come. */
static void greeted(int far)
{
        char c = 0, text[256];
        size_t n = 0;

        while (c != '\n' && n + 1 < sizeof text && recv(far, &c, 1, 0) == 1)
                text[n++] = c;
        text[n] = 0;
        assert_non_null(strstr(text, "SSH-2.0-"));
}

/* Nothing more is on its way to him. */
static bool is_open(int far)
{
        struct pollfd p = { .fd = far, .events = POLLIN };
        char sink[4096];

        while (poll(&p, 1, 0) > 0)
                if (recv(far, sink, sizeof sink, 0) <= 0)
                        return false;
        return true;
}

static void over(int far)
{
        assert_true(df_ended(far));
        close(far);
        df_await(d->door, 0);
        is_logged("SSH session from 10.0.0.5 on interface inside for user \"\" disconnected by SSH server, "
                  "reason: \"Time-out activated\"");
}

/* ---- who does not log in ---- */

static void who_says_nothing_ends(void **state UNUSED)
{
        int far = df_dial(&f, "10.0.0.5");

        greeted(far);
        pass(SSHD_GRACE_MS - 1);
        assert_true(is_open(far));
        pass(1);
        over(far);
}

static void who_greets_slowly_wins_no_time(void **state UNUSED)
{
        static const char hello[] = "SSH-2.0-x";
        int far = df_dial(&f, "10.0.0.5");

        greeted(far);
        for (unsigned i = 0; i < 9; i++) {
                assert_int_equal(send(far, &hello[i], 1, MSG_NOSIGNAL), 1);
                pass(3000);
                assert_true(is_open(far));
        }
        pass(SSHD_GRACE_MS - 27000 - 1);
        assert_true(is_open(far));
        pass(1);
        over(far);
}

/* A client that has agreed on keys; NULL: it was refused. */
static ssh_session client(void)
{
        ssh_session s = ssh_new();
        int fd = df_dial(&f, "10.0.0.5");

        assert_non_null(s);
        ssh_options_set(s, SSH_OPTIONS_PROCESS_CONFIG, &(bool){ false });
        ssh_options_set(s, SSH_OPTIONS_HOST, "10.0.0.1");
        ssh_options_set(s, SSH_OPTIONS_USER, "admin");
        ssh_options_set(s, SSH_OPTIONS_FD, &fd);
        assert_int_equal(ssh_connect(s), SSH_OK);
        return s;
}

static void hang_up(ssh_session s)
{
        int fd = ssh_get_fd(s);

        ssh_disconnect(s);
        ssh_free(s);
        close(fd); /* which the library leaves to us */
}

static void log_in(ssh_session s)
{
        assert_int_equal(ssh_userauth_password(s, NULL, "letmein-1"), SSH_AUTH_SUCCESS);
}

/* A session: a connection without one ends before long. */
static ssh_channel shell(ssh_session s)
{
        ssh_channel c = ssh_channel_new(s);

        assert_non_null(c);
        assert_int_equal(ssh_channel_open_session(c), SSH_OK);
        assert_int_equal(ssh_channel_request_shell(c), SSH_OK);
        return c;
}

static void who_does_not_log_in_ends(void **state UNUSED)
{
        ssh_session s = client();
        int far = ssh_get_fd(s);

        pass(SSHD_GRACE_MS - 1);
        assert_true(is_open(far));
        assert_int_equal(sshd_sessions(d), 0);
        pass(1);
        assert_true(df_ended(far));
        df_await(d->door, 0);
        is_logged("Time-out activated");
        hang_up(s);
}

static void who_logs_in_and_opens_nothing_ends(void **state UNUSED)
{
        ssh_session s = client();
        int far = ssh_get_fd(s);

        log_in(s);
        assert_int_equal(sshd_sessions(d), 1);
        pass(SSHD_GRACE_MS - 1);
        assert_true(is_open(far));
        pass(1);
        assert_true(df_ended(far));
        df_await(d->door, 0);
        assert_int_equal(sshd_sessions(d), 0);
        is_logged("for user \"admin\" disconnected by SSH server, reason: \"Time-out activated\"");
        hang_up(s);
}

/* ---- who does ---- */

static void who_works_stays(void **state UNUSED)
{
        ssh_session s = client();

        log_in(s);
        shell(s);
        pass(5 * SSHD_GRACE_MS);
        assert_int_equal(sshd_sessions(d), 1);
        assert_true(ssh_is_connected(s));
        hang_up(s);
        df_await(d->door, 0);
}

/* The commands have run, and wait to be heard: more than a window, which the client would have to open by reading. */
static void told_much(ssh_session s)
{
        static char lines[4096];
        ssh_channel c = ssh_channel_new(s);

        assert_non_null(c);
        lines[0] = 0;
        for (unsigned i = 0; i < 70; i++)
                strcat(lines, "show version\n");
        strcat(lines, "show curpriv\n");
        assert_int_equal(ssh_channel_open_session(c), SSH_OK);
        assert_int_equal(ssh_channel_request_exec(c, lines), SSH_OK);
        is_logged("executed cmd: show curpriv");
}

static bool nobody_is_there(void *arg UNUSED)
{
        pass(1000);
        return df_guests(d->door) == 0;
}

#define TIMEOUT_MS (2 * 60000u)

static void who_reads_nothing_ends(void **state UNUSED)
{
        ssh_session s;
        uint64_t before;

        assert_null(strstr(cf_priv(&f.cf, "configure terminal\nssh timeout 2\n"), "ERROR"));
        s = client();
        log_in(s);
        told_much(s);
        before = atomic_load(&f.now_ns);
        df_until(nobody_is_there, NULL, "the end of one who reads nothing");
        assert_true(atomic_load(&f.now_ns) - before >= TIMEOUT_MS * 1000000ull);
        assert_int_equal(sshd_sessions(d), 0);
        is_logged("for user \"admin\" disconnected by SSH server, reason: \"Time-out activated\"");
        hang_up(s);
}

/* More than is on its way to him while he reads nothing, and twice that is less than a window. */
#define PIECE 30000u

/* Below the library, which would read more than it is asked for. */
static void takes_a_piece(int far)
{
        char sink[1024];
        ssize_t got;

        for (size_t n = 0; n < PIECE; n += (size_t)got) {
                got = recv(far, sink, MIN_OF(sizeof sink, PIECE - n), 0);
                assert_true(got > 0);
        }
}

static void who_reads_slowly_stays(void **state UNUSED)
{
        ssh_session s = client();
        int far = ssh_get_fd(s);

        log_in(s);
        told_much(s);
        for (unsigned i = 0; i < 2; i++) {
                takes_a_piece(far);
                pass(TIMEOUT_MS - 30000);
        }
        hang_up(s);
        df_await(d->door, 0);
        log_step(f.cf.box.log);
        assert_null(strstr(cf_priv(&f.cf, "show logging\n"), "Time-out activated"));
        cf_priv(&f.cf, "configure terminal\nno ssh timeout\n");
}

/* Whoever hears the end late, and answers it, does not find the connection reset. */
static void a_client_has_time_to_close(void **state UNUSED)
{
        ssh_session s = client();
        ssh_channel c;
        char text[256];

        log_in(s);
        c = ssh_channel_new(s);
        assert_int_equal(ssh_channel_open_session(c), SSH_OK);
        assert_int_equal(ssh_channel_request_exec(c, "show curpriv"), SSH_OK);
        while (ssh_channel_read(c, text, sizeof text, 0) > 0)
                continue;
        assert_int_equal(ssh_channel_get_exit_status(c), 0);
        pass(SSHD_LAST_WORDS_MS - 1);
        assert_int_equal(df_guests(d->door), 1);
        pass(1);
        df_await(d->door, 0);
        assert_in_range(SSHD_LAST_WORDS_MS, 10000, 30000);
        hang_up(s);
}

static void sessions_are_bounded_and_places_come_back(void **state UNUSED)
{
        ssh_session in[SSHD_SESSIONS_DEFAULT], more;
        char *words;

        for (unsigned i = 0; i < SSHD_SESSIONS_DEFAULT; i++) {
                in[i] = client();
                log_in(in[i]);
                shell(in[i]);
        }
        assert_int_equal(sshd_sessions(d), 5);
        more = client();
        assert_int_not_equal(ssh_userauth_password(more, NULL, "letmein-1"), SSH_AUTH_SUCCESS);
        words = ssh_get_issue_banner(more);
        assert_non_null(words);
        assert_non_null(strstr(words, "ERROR: all SSH sessions are in use."));
        ssh_string_free_char(words);
        hang_up(more);
        hang_up(in[2]);
        df_await(d->door, 4);
        in[2] = client();
        log_in(in[2]);
        for (unsigned i = 0; i < SSHD_SESSIONS_DEFAULT; i++)
                hang_up(in[i]);
        df_await(d->door, 0);
        assert_int_equal(sshd_sessions(d), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(who_says_nothing_ends),
                cmocka_unit_test(who_greets_slowly_wins_no_time),
                cmocka_unit_test(who_does_not_log_in_ends),
                cmocka_unit_test(who_logs_in_and_opens_nothing_ends),
                cmocka_unit_test(who_works_stays),
                cmocka_unit_test(a_client_has_time_to_close),
                cmocka_unit_test(who_reads_nothing_ends),
                cmocka_unit_test(who_reads_slowly_stays),
                cmocka_unit_test(sessions_are_bounded_and_places_come_back),
        };

        return cmocka_run_group_tests(tests, up, down);
}
