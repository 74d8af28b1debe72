/* Configuration typed in a session: pastes, the clock, plans. */
#include "tests/support/session_rig.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/conf/clock_file.h"
#include "cli/conf/commit.h"
#include "cli/session/plan.h"
#include "platform/base/file.h"

/* ---- configuration ---- */

static void exec_commands_work_in_every_mode(void **state UNUSED)
{
        has(cf_priv(&f, "configure terminal\ninterface g0/0\nshow clock\nend\n"),
            "ciscoasa(config-if)# show clock\n22:13:20.000 UTC Tue Nov 14 2023\nciscoasa(config-if)# ");
}

/* What the kernel says of its clock differs from host to host; that it is the host's does not. */
static void the_clock_is_the_hosts(void **state UNUSED)
{
        const char *t = cf_priv(&f, "show clock detail\nshow ntp status\n");

        has(t, "UTC Tue Nov 14 2023\nTime source is the host's clock, which ");
        has(t, " the host's clock");
        has(cf_priv(&f, "show ntp associations\n"),
            "No associations: there is no ntp server, the clock is the host's\n");
        has(cf_priv(&f, "clock set 1:00:00 1 jan 2024\n"), "ERROR: there is no clock here that could be set\n");
}

static void own_clock(struct clock_own *own, struct clock *clk)
{
        clock_own_init(own, &f.clk);
        *clk = clock_of_own(own);
        f.box.own = own;
        f.box.clk = clk;
}

static void hosts_clock(struct clock_own *own)
{
        clock_own_fini(own);
        f.box.own = NULL;
        f.box.clk = &f.clk;
}

/* The zone has summer time; the clock is kept on flash, and goes back to the host's. */
static void the_clock_can_be_set(void **state UNUSED)
{
        struct clock_own own, next;
        struct clock clk;
        struct err e;
        const char *t;

        own_clock(&own, &clk);
        cf_priv(&f, "configure terminal\nclock timezone EST -5\nclock summer-time EDT recurring\nend\n");
        t = cf_priv(&f, "clock set 12:30:15 jul 4 2024\nshow clock detail\n");
        has(t, "12:30:15.000 EDT Thu Jul 4 2024\nTime source is user configuration\nThe clock is 20110615.000000 ");
        has(t, "seconds ahead of the host's clock\nSummer time starts 02:00:00 EST Sun Mar 10 2024\n"
               "Summer time ends 02:00:00 EDT Sun Nov 3 2024\n");
        clock_own_init(&next, &f.clk); /* after a reload */
        assert_int_equal(clock_file_load(f.dir, &next, &e), 0);
        assert_int_equal(clock_own_offset(&next), clock_own_offset(&own));
        assert_int_equal(clock_own_source(&next), CLOCK_USER);
        clock_own_fini(&next);
        has(cf_priv(&f, "clock set 23:59:59 1 jan 2024\nshow clock\n"), "23:59:59.000 EST Mon Jan 1 2024\n");
        has(cf_priv(&f, "clock set 1:00:00 30 feb 2024\n"), "ERROR: there is no day 30 in that month of 2024\n");
        has(cf_priv(&f, "clock set host\nshow clock detail\n"),
            "17:13:20.000 EST Tue Nov 14 2023\nTime source is the host's");
        clock_own_init(&next, &f.clk);
        assert_int_equal(clock_file_load(f.dir, &next, &e), 0);
        assert_int_equal(clock_own_source(&next), CLOCK_HOST);
        clock_own_fini(&next);
        hosts_clock(&own);
        cf_priv(&f, "configure terminal\nno clock summer-time\nno clock timezone\nend\n");
}

/* A file that was cut short, or is another's, sets nothing. */
static void a_damaged_clock_file_is_told(void **state UNUSED)
{
        static const char *const texts[] = {
                "", "ns 5", "ns \n", "ns 5x\n", "ns -\n", "5\n", "ns 99999999999999999999999\n"
        };
        struct clock_own own;
        char path[600];
        struct err e;

        clock_own_init(&own, &f.clk);
        snprintf(path, sizeof path, "%s/" CLOCK_FILE, f.dir);
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
                assert_int_equal(file_write_atomic(path, texts[i], strlen(texts[i]), 0600, false, &e), 0);
                assert_int_equal(clock_file_load(f.dir, &own, &e), -1);
                assert_string_equal(e.text, "clock-offset on flash is damaged: set the clock again: clock set");
                assert_int_equal(clock_own_steps(&own), 0);
        }
        unlink(path);
        clock_own_fini(&own);
}

/* `reload in` means so many minutes, `reload at` what the clock shows. */
static void a_planned_reload_and_a_clock_that_is_set(void **state UNUSED)
{
        struct clock_own own;
        struct clock clk;
        unsigned before = f.stops;

        own_clock(&own, &clk);
        cf_priv(&f, "reload in 30 noconfirm\nclock set 12:00:00 jul 4 2030\n");
        plan_poll(&f.box);
        assert_int_equal(f.stops, before);
        has(cf_priv(&f, "show reload\n"), "Reload scheduled for 12:30:00.000 UTC Thu Jul 4 2030 (in 0:30:00)");
        cf_priv(&f, "reload cancel\nreload at 13:00 noconfirm\n");
        has(cf_priv(&f, "show reload\n"), "Reload scheduled for 13:00:00.000 UTC Thu Jul 4 2030");
        cf_priv(&f, "clock set 13:00:01 jul 4 2030\n");
        plan_poll(&f.box);
        assert_int_equal(f.stops, before + 1);
        cf_priv(&f, "clock set host\n");
        hosts_clock(&own);
}

/* Time stands still here, so only the end of the paste can compile. */
static void a_paste_compiles_once(void **state UNUSED)
{
        size_t n = 0, lines = 3000, cap = lines * 80 + 200;
        char *script = calloc(1, cap);
        struct commit_stats before, after;
        const char *t;

        n += (size_t)snprintf(script, cap, "configure terminal\n");
        for (size_t i = 0; i < lines; i++)
                n += (size_t)snprintf(script + n, cap - n,
                                      "access-list big extended permit tcp any host 10.%zu.%zu.1 eq 80\n", i / 250,
                                      i % 250);
        snprintf(script + n, cap - n, "show access-list big | include elements\n");
        commit_stats(f.box.commit, &before);
        t = cf_priv(&f, script);
        commit_stats(f.box.commit, &after);
        has(t, "access-list big; 3000 elements; name hash: 0x");
        has(cf_priv(&f, "configure terminal\naccess-list std standard permit any\nshow access-list std\n"),
            "access-list std; 0 elements; name hash: 0x");
        assert_in_range(after.commits - before.commits, 1, 2);
        free(script);
}

/* More elements than any buffer holds: all are shown, with the last one right. */
static void a_rule_of_many_elements_is_shown(void **state UNUSED)
{
        struct text t = { 0 };

        text_add(&t, "configure terminal\n");
        for (unsigned g = 1; g <= 2; g++) {
                text_printf(&t, "object-group network g%u\n", g);
                for (unsigned i = 0; i < 300; i++)
                        text_printf(&t, "network-object host 10.%u.%u.%u\n", g, i / 250, i % 250);
        }
        text_add(&t, "access-list big extended permit ip object-group g1 object-group g2\n"
                     "show access-list big | include elements|host 10.1.1.49 host 10.2.1.49 |host 10.1.0.0 host "
                     "10.2.0.0 \n");
        has(cf_priv(&f, text_str(&t)), "access-list big; 90000 elements; name hash: 0x");
        has(f.out, "  access-list big line 1 extended permit ip host 10.1.0.0 host 10.2.0.0 (hitcnt=0) 0x");
        has(f.out, "  access-list big line 1 extended permit ip host 10.1.1.49 host 10.2.1.49 (hitcnt=0) 0x");
        text_fini(&t);
}

static void a_cut_paste_changes_nothing(void **state UNUSED)
{
        const char *t = cf_priv(&f, "configure terminal\ncrypto ca trustpoint tp\nenrollment terminal\nexit\n"
                                    "crypto ca authenticate tp\nMIIB\n");

        has(t, "crypto ca authenticate tp\n");
        has(cf_priv(&f, "show crypto ca trustpoints\n"), "Trustpoint tp:\n    Not authenticated.\n");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(exec_commands_work_in_every_mode),
                T(the_clock_is_the_hosts),
                T(the_clock_can_be_set),
                T(a_damaged_clock_file_is_told),
                T(a_planned_reload_and_a_clock_that_is_set),
                T(a_paste_compiles_once),
                T(a_rule_of_many_elements_is_shown),
                T(a_cut_paste_changes_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
