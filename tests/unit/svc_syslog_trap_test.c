/* Syslog messages as notifications: what is in one, how many go, and about what there is none. */
#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "platform/svc/syslog_trap.h"

static struct clock_virtual now;
static struct clock clk;
static struct log *lg;
static struct log_src *src;
static struct syslog_trap *traps;
static struct mib_table vars;
static bool asked;

static bool wanted(void *ctx)
{
        assert_ptr_equal(ctx, &asked);
        return asked;
}

static int set_up(void **state UNUSED)
{
        struct log_conf c;
        struct syslog_trap_env env = { .clk = &clk, .start_ms = 1000, .ctx = &asked, .wanted = wanted };

        now = (struct clock_virtual){ .mono = 5000ull * 1000000 };
        clk = clock_of_virtual(&now);
        lg = log_new(&clk, 256);
        src = lg ? log_src_new(lg, "test") : NULL;
        env.log = lg;
        traps = src ? syslog_trap_new(&env) : NULL;
        asked = true;
        log_conf_init(&c);
        c.enable = true;
        c.dest[LOG_TO_HISTORY].level = LOG_L_INFO;
        return traps ? log_configure(lg, &c, NULL) : -1;
}

static int tear_down(void **state UNUSED)
{
        syslog_trap_free(traps);
        mib_fini(&vars);
        vars = (struct mib_table){ 0 };
        log_free(lg);
        return mem_live_blocks() ? -1 : 0;
}

static void say(const char *user)
{
        log_msg(src, LOG_611101, LS("10.0.0.1"), LS(user));
        log_step(lg);
}

static const struct mib_var *var(const char *name)
{
        struct oid o = { 0 };

        assert_true(oid_parse(name, &o));
        for (size_t i = 0; i < vars.n; i++)
                if (!oid_cmp(mib_name_of(&vars, &vars.var[i]), vars.var[i].nname, o.id, o.n))
                        return &vars.var[i];
        fail_msg("no %s", name);
        return NULL;
}

#define ENTRY "1.3.6.1.4.1.9.9.41.1.2.3.1."

static void text_is(const char *name, const char *want)
{
        const struct mib_var *v = var(name);

        assert_int_equal(v->type, MIB_OCTETS);
        assert_int_equal(v->ntext, strlen(want));
        assert_memory_equal(mib_text_of(&vars, v), want, v->ntext);
}

static void a_message_is_told(void **state UNUSED)
{
        struct oid o = { 0 };

        assert_false(syslog_trap_next(traps, &vars));
        say("ann");
        clock_advance_ms(&now, 700); /* the time is that of the message */
        assert_true(syslog_trap_next(traps, &vars));
        assert_int_equal(vars.n, 6);
        assert_true(oid_parse("1.3.6.1.4.1.9.9.41.2.0.1", &o));
        assert_ptr_equal(var("1.3.6.1.6.3.1.1.4.1.0"), &vars.var[0]);
        assert_int_equal(vars.var[0].ntext, o.n);
        assert_memory_equal(mib_oid_of(&vars, &vars.var[0]), o.id, o.n * sizeof o.id[0]);
        text_is(ENTRY "2.1", "ASA");
        assert_int_equal(var(ENTRY "3.1")->type, MIB_INTEGER);
        assert_int_equal(var(ENTRY "3.1")->num, 7); /* info */
        text_is(ENTRY "4.1", "611101");
        text_is(ENTRY "5.1", "%ASA-6-611101: User authentication succeeded: IP address: 10.0.0.1, Uname: ann");
        assert_int_equal(var(ENTRY "6.1")->type, MIB_TICKS);
        assert_int_equal(var(ENTRY "6.1")->num, 400);
        assert_false(syslog_trap_next(traps, &vars));
        say("ann");
        assert_true(syslog_trap_next(traps, &vars));
        text_is(ENTRY "4.2", "611101");
}

static void a_long_text_is_cut(void **state UNUSED)
{
        char user[400];

        memset(user, 'x', sizeof user - 1);
        user[sizeof user - 1] = 0;
        say(user);
        assert_true(syslog_trap_next(traps, &vars));
        assert_int_equal(var(ENTRY "5.1")->ntext, SYSLOG_TRAP_TEXT);
}

static unsigned told_now(void)
{
        unsigned n = 0;

        while (syslog_trap_next(traps, &vars))
                n++;
        return n;
}

static void so_many_a_second(void **state UNUSED)
{
        for (unsigned i = 0; i < SYSLOG_TRAPS_WAIT + 5; i++)
                say("ann");
        assert_int_equal(syslog_trap_dropped(traps), 5);
        assert_int_equal(told_now(), SYSLOG_TRAPS_SECOND);
        clock_advance_ms(&now, 999);
        assert_int_equal(told_now(), 0);
        clock_advance_ms(&now, 1);
        assert_int_equal(told_now(), SYSLOG_TRAPS_SECOND);
        for (unsigned left = SYSLOG_TRAPS_WAIT - 2 * SYSLOG_TRAPS_SECOND; left; left -= told_now())
                clock_advance_ms(&now, 1000);
        clock_advance_ms(&now, 1000);
        assert_int_equal(told_now(), 0);
        assert_int_equal(syslog_trap_dropped(traps), 5);
}

static void who_did_not_ask_is_not_told(void **state UNUSED)
{
        say("ann");
        asked = false;
        say("bob");
        asked = true;
        assert_int_equal(told_now(), 0);
        say("eve");
        assert_true(syslog_trap_next(traps, &vars));
        text_is(ENTRY "5.1", "%ASA-6-611101: User authentication succeeded: IP address: 10.0.0.1, Uname: eve");
}

static void nothing_behind_the_end(void **state UNUSED)
{
        syslog_trap_free(traps);
        traps = NULL;
        say("ann");
}

#define TRAP_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TRAP_TEST(a_message_is_told),
                TRAP_TEST(a_long_text_is_cut),
                TRAP_TEST(so_many_a_second),
                TRAP_TEST(nothing_behind_the_end),
                TRAP_TEST(who_did_not_ask_is_not_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
