/* Log messages by mail: who gets what in which mail, when, and what becomes of it when no server takes it. */
#include "tests/support/test.h"

#include <pthread.h>

#include "platform/base/mem.h"
#include "platform/svc/mail_send.h"

static struct clock_virtual now;
static struct clock clk;
static struct log *lg;
static struct log_src *src;
static struct mail_send *mail;
static struct mail_conf conf;

/* ---- the servers ---- */

static char heard[16384]; /* "SERVER TO\n" for each mail */
static char text[65536];  /* of the last */
static unsigned down;     /* bit per last number of an address */
static const char *refused;

static int take(void *ctx, const struct addr *server, const struct mail *m, struct err *e)
{
        size_t n = strlen(heard);

        assert_ptr_equal(ctx, &conf);
        assert_string_equal(m->host, "fw.example.com");
        assert_string_equal(m->from, "fw@example.com");
        assert_false(m->stop(m->ctx));
        snprintf(heard + n, sizeof heard - n, "%u %s\n", server->v4 & 0xff, m->to);
        if (down >> (server->v4 & 0xff) & 1)
                return err_set(e, ERR_IO, "No connection to the server");
        if (refused && !strcmp(m->to, refused))
                return err_set(e, ERR_IO, "nobody of that name");
        assert_true(m->len < sizeof text);
        memcpy(text, m->text, m->len);
        text[m->len] = 0;
        return 0;
}

/* ---- the bench ---- */

static void configure(void)
{
        mail_send_configure(mail, &conf);
}

static int set_up(void **state UNUSED)
{
        struct mail_env env = { .clk = &clk, .ctx = &conf, .send = take };
        struct log_conf c;

        now = (struct clock_virtual){ .mono = 1000000000u, .wall = 1489055104ll * 1000000000 };
        clk = clock_of_virtual(&now);
        env.log = lg = log_new(&clk, 1024);
        src = lg ? log_src_new(lg, "test") : NULL;
        mail = src ? mail_send_new(&env) : NULL;
        down = 0;
        refused = NULL;
        heard[0] = text[0] = 0;
        conf = (struct mail_conf){ .host = "fw.example.com",
                                   .from = "fw@example.com",
                                   .nto = 1,
                                   .to = { { "ann@example.com", LOG_L_NONE } },
                                   .nservers = 2,
                                   .server = { addr_v4(0x0a000001), addr_v4(0x0a000002) } };
        log_conf_init(&c);
        c.enable = true;
        c.dest[LOG_TO_MAIL].level = LOG_L_DEBUG;
        if (!mail || log_configure(lg, &c, NULL) < 0)
                return -1;
        configure();
        return 0;
}

static int tear_down(void **state UNUSED)
{
        mail_send_free(mail);
        log_free(lg);
        return mem_live_blocks() ? -1 : 0;
}

static void say(const char *user)
{
        log_msg(src, LOG_611101, LS("10.0.0.1"), LS(user)); /* 6 */
        log_step(lg);
}

static void after_ms(uint64_t ms)
{
        clock_advance_ms(&now, ms);
        mail_send_step(mail);
}

static const char *took(void)
{
        static char was[sizeof heard];

        memcpy(was, heard, sizeof heard);
        heard[0] = 0;
        return was;
}

static struct mail_status status(void)
{
        struct mail_status s;

        mail_send_status(mail, &s);
        return s;
}

#define LINE(user) "%ASA-6-611101: User authentication succeeded: IP address: 10.0.0.1, Uname: " user "\r\n"

/* ---- tests ---- */

static void what_comes_together_goes_together(void **state UNUSED)
{
        assert_int_equal(mail_send_step(mail), -1);
        say("ann");
        assert_int_equal(mail_send_step(mail), MAIL_COLLECT_MS);
        clock_advance_ms(&now, 400);
        say("bob");
        after_ms(MAIL_COLLECT_MS - 401);
        assert_string_equal(took(), "");
        after_ms(1);
        assert_string_equal(took(), "1 ann@example.com\n");
        assert_string_equal(text, "From: <fw@example.com>\r\n"
                                  "To: <ann@example.com>\r\n"
                                  "Date: Thu, 09 Mar 2017 10:25:05 +0000\r\n"
                                  "Message-ID: <1489055105000000000.1@fw.example.com>\r\n"
                                  "Subject: fw.example.com: 2 log messages, informational\r\n"
                                  "MIME-Version: 1.0\r\n"
                                  "Content-Type: text/plain; charset=utf-8\r\n"
                                  "Content-Transfer-Encoding: 8bit\r\n"
                                  "\r\n" LINE("ann") LINE("bob"));
        assert_int_equal(mail_send_step(mail), -1);
        assert_int_equal(status().sent, 1);
        assert_int_equal(status().waiting, 0);
}

/* Also when mail itself is what is logged: there is no storm. */
static void one_mail_in_a_while(void **state UNUSED)
{
        say("ann");
        after_ms(MAIL_COLLECT_MS);
        took();
        say("bob");
        assert_int_equal(mail_send_step(mail), MAIL_GAP_MS);
        after_ms(MAIL_GAP_MS - 1);
        assert_string_equal(took(), "");
        after_ms(1);
        assert_string_equal(took(), "1 ann@example.com\n");
        assert_non_null(strstr(text, ": 1 log message, "));
        clock_advance_ms(&now, 3 * MAIL_GAP_MS);
        say("eve");
        after_ms(MAIL_COLLECT_MS);
        assert_string_equal(took(), "1 ann@example.com\n");
}

static void each_gets_what_is_urgent_enough_for_him(void **state UNUSED)
{
        conf.nto = 3;
        conf.to[1] = (struct mail_to){ "bob@example.com", LOG_L_INFO };
        conf.to[2] = (struct mail_to){ "eve@example.com", LOG_L_WARNING };
        configure();
        say("ann");
        after_ms(MAIL_COLLECT_MS);
        assert_string_equal(took(), "1 ann@example.com\n1 bob@example.com\n");
        say("ann");
        log_msg(src, LOG_106001); /* 2 */
        log_step(lg);
        after_ms(MAIL_GAP_MS);
        assert_string_equal(took(), "1 ann@example.com\n1 bob@example.com\n1 eve@example.com\n");
        assert_non_null(strstr(text, "Subject: fw.example.com: 1 log message, critical\r\n"));
        assert_null(strstr(text, "611101"));
}

static void the_second_server_stands_in(void **state UNUSED)
{
        down = 1 << 1;
        say("ann");
        after_ms(MAIL_COLLECT_MS);
        assert_string_equal(took(), "1 ann@example.com\n2 ann@example.com\n");
        assert_int_equal(status().sent, 1);
        assert_string_equal(status().why, "");
}

static void what_nobody_takes_is_tried_again_and_not_for_ever(void **state UNUSED)
{
        down = 1 << 1 | 1 << 2;
        say("ann");
        after_ms(MAIL_COLLECT_MS);
        for (unsigned i = 1; i < MAIL_TRIES; i++) {
                assert_string_equal(took(), "1 ann@example.com\n2 ann@example.com\n");
                assert_string_equal(status().why, "No connection to the server");
                assert_int_equal(status().waiting, 1);
                assert_int_equal(mail_send_step(mail), MAIL_RETRY_MS);
                after_ms(MAIL_RETRY_MS - 1);
                assert_string_equal(took(), "");
                after_ms(1);
        }
        assert_int_equal(status().failed, MAIL_TRIES);
        assert_int_equal(status().waiting, 0);
        assert_int_equal(status().dropped, 1);
        took();
        down = 0;
        say("bob"); /* has all its tries */
        after_ms(MAIL_GAP_MS);
        assert_string_equal(took(), "1 ann@example.com\n");
        assert_null(strstr(text, "Uname: ann"));
}

static void one_who_is_refused_does_not_hold_up_the_others(void **state UNUSED)
{
        refused = "ann@example.com";
        conf.nto = 2;
        conf.to[1] = (struct mail_to){ "bob@example.com", LOG_L_NONE };
        configure();
        say("ann");
        after_ms(MAIL_COLLECT_MS);
        assert_string_equal(took(), "1 ann@example.com\n2 ann@example.com\n1 bob@example.com\n");
        assert_int_equal(status().waiting, 0);
        assert_int_equal(status().failed, 1);
        assert_int_equal(status().sent, 1);
        after_ms(MAIL_RETRY_MS);
        assert_string_equal(took(), "");
}

static void so_many_wait(void **state UNUSED)
{
        for (unsigned i = 0; i < MAIL_WAIT + 3; i++)
                say(i < MAIL_WAIT ? "ann" : "bob");
        assert_int_equal(status().waiting, MAIL_WAIT);
        assert_int_equal(status().dropped, 3);
        after_ms(MAIL_COLLECT_MS);
        assert_non_null(strstr(text, ": 128 log messages, "));
        assert_null(strstr(text, "Uname: bob"));
        assert_int_equal(status().waiting, 0);
}

static void nothing_is_kept_while_something_is_missing(void **state UNUSED)
{
        static const char *const why[] = { "no mail is sent: logging from-address is missing",
                                           "no mail is sent: logging recipient-address is missing",
                                           "no mail is sent: smtp-server is missing" };
        const struct mail_conf whole = conf;

        for (unsigned i = 0; i < 3; i++) {
                conf = whole;
                conf.from[0] = i == 0 ? 0 : conf.from[0];
                conf.nto = i != 1;
                conf.nservers = i != 2;
                configure();
                say("ann");
                assert_int_equal(status().waiting, 0);
                assert_int_equal(status().dropped, i + 1);
                assert_string_equal(status().why, why[i]);
        }
        conf = whole;
        configure();
        say("ann");
        conf.nservers = 0; /* while one waits */
        configure();
        after_ms(MAIL_COLLECT_MS);
        assert_string_equal(took(), "");
        assert_int_equal(status().waiting, 0);
        assert_int_equal(status().dropped, 4);
}

static void a_long_line_is_cut(void **state UNUSED)
{
        char user[480];
        size_t n;

        memset(user, '\t', sizeof user - 1); /* written as four */
        user[sizeof user - 1] = 0;
        say(user);
        after_ms(MAIL_COLLECT_MS);
        n = strlen(strstr(text, "%ASA"));
        assert_int_equal(n, MAIL_LINE_MAX + 2);
        assert_string_equal(strstr(text, "%ASA") + MAIL_LINE_MAX, "\r\n");
}

static void addresses(void **state UNUSED)
{
        static const char *const good[] = { "ann", "ann@example.com", "a.b+c@[10.0.0.1]" };
        static const char *const bad[] = { "",     "a b",   "<ann@example.com>", "a>b",
                                           "a\rb", "a\nb@", "ann@ex\xc3\xa4mple" };
        char *long_one = mem_alloc(MEM_MISC, MAIL_ADDRESS_MAX + 2);

        for (unsigned i = 0; i < ARRAY_LEN(good); i++)
                assert_true(mail_address_ok(good[i]));
        for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
                assert_false(mail_address_ok(bad[i]));
        memset(long_one, 'a', MAIL_ADDRESS_MAX);
        assert_true(mail_address_ok(long_one));
        long_one[MAIL_ADDRESS_MAX] = 'a';
        assert_false(mail_address_ok(long_one));
        mem_free(long_one);
}

/* It is ended while it sleeps, or before it does. */
static void *run(void *m)
{
        mail_send_run(m);
        return NULL;
}

static void its_thread_ends(void **state UNUSED)
{
        pthread_t t;

        assert_int_equal(pthread_create(&t, NULL, run, mail), 0);
        mail_send_stop(mail);
        pthread_join(t, NULL);
}

#define MAIL_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                MAIL_TEST(what_comes_together_goes_together),
                MAIL_TEST(one_mail_in_a_while),
                MAIL_TEST(each_gets_what_is_urgent_enough_for_him),
                MAIL_TEST(the_second_server_stands_in),
                MAIL_TEST(what_nobody_takes_is_tried_again_and_not_for_ever),
                MAIL_TEST(one_who_is_refused_does_not_hold_up_the_others),
                MAIL_TEST(so_many_wait),
                MAIL_TEST(nothing_is_kept_while_something_is_missing),
                MAIL_TEST(a_long_line_is_cut),
                MAIL_TEST(addresses),
                MAIL_TEST(its_thread_ends),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
