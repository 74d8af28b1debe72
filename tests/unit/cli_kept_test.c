/* Blocks of what is not here: their lines are text, and still have a place, a head they belong to, and an opposite.
 */
#include "tests/support/conf_fixture.h"
#include "tests/support/test.h"

static struct conf_fixture f;

static int setup(void **state UNUSED)
{
        conf_fixture_init(&f);
        return 0;
}

static int teardown(void **state UNUSED)
{
        conf_fixture_fini(&f);
        return 0;
}

static void prints(const char *lines)
{
        const char *all = conf_running(&f, NULL, true);

        if (!strstr(all, lines))
                fail_msg("no \"%s\" in:\n%s", lines, all);
}

static void lacks(const char *words)
{
        const char *all = conf_running(&f, NULL, true);

        if (strstr(all, words))
                fail_msg("\"%s\" in:\n%s", words, all);
}

/* What begins alike has another name. */
static void a_name_is_a_whole_word(void **state UNUSED)
{
        conf_accept(&f, "group-policy P internal\ngroup-policy P attributes\n banner value x\nexit\n"
                        "group-policy PX internal\n");
        conf_accept(&f, "no group-policy P\n");
        prints("\ngroup-policy PX internal\n");
        lacks("group-policy P ");
        assert_int_equal(conf_type(&f, "no group-policy P"), CLI_ERROR);
        conf_accept(&f, "webvpn\n enable outside\n enable outside2\n no enable outside\n");
        prints("\nwebvpn\n enable outside2\n");
}

/* How often the configuration was changed by this line. */
static uint64_t edits_by(const char *line)
{
        uint64_t before = f.s->edits;

        conf_accept(&f, line);
        return f.s->edits - before;
}

static void only_a_change_is_one(void **state UNUSED)
{
        assert_int_equal(edits_by("group-policy P attributes"), 1);
        assert_int_equal(edits_by(" vpn-idle-timeout 5"), 1);
        assert_int_equal(edits_by(" vpn-idle-timeout 5"), 0);
        assert_int_equal(edits_by(" no vpn-idle-timeout 5"), 1);
        assert_int_equal(edits_by(" no vpn-idle-timeout 5"), 1); /* there is none: a line of its own */
        assert_int_equal(edits_by(" no vpn-idle-timeout 5"), 0);
        assert_int_equal(edits_by("exit"), 0);
        assert_int_equal(edits_by("no group-policy P"), 1);
}

static void a_line_takes_the_place_of_its_opposite(void **state UNUSED)
{
        conf_accept(&f, "webvpn\n no anyconnect-essentials\n enable outside\n anyconnect-essentials\n");
        prints("\nwebvpn\n anyconnect-essentials\n enable outside\n");
}

/* Also when another line has come behind them. */
static void a_line_stands_behind_those_it_belongs_to(void **state UNUSED)
{
        conf_accept(&f, "call-home\n profile A\n  active\n profile B\n  active\n");
        conf_accept(&f, "call-home\n profile A\n  destination x\n");
        prints("\n profile A\n  active\n  destination x\n profile B\n  active\n");
        conf_accept(&f, " no profile A\n");
        prints("\ncall-home\n profile B\n  active\n");
}

static void a_secret_takes_the_place_of_the_one_before(void **state UNUSED)
{
        conf_accept(&f, "tunnel-group T ipsec-attributes\n ikev1 pre-shared-key a\n peer-id-validate nocheck\n"
                        " ikev2 local-authentication pre-shared-key b\n ikev1 pre-shared-key c\n");
        prints("\n ikev1 pre-shared-key c\n peer-id-validate nocheck\n ikev2 local-authentication pre-shared-key "
               "b\n");
        lacks("pre-shared-key a");
        conf_accept(&f, "aaa-server R (inside) host 10.0.0.7\n key a\naaa-server R (inside) host 10.0.0.8\n key b\n"
                        " key 8 c\n radius-common-pw d\n radius-common-pw e\n");
        prints("\n key a\naaa-server R (inside) host 10.0.0.8\n key 8 c\n radius-common-pw e\n");
        conf_accept(&f, "router bgp 1\n neighbor 10.0.0.1 password a\n neighbor 10.0.0.2 password b\n"
                        " neighbor 10.0.0.1 password c\n area 1 virtual-link 10.0.0.9 message-digest-key 1 md5 a\n"
                        " area 1 virtual-link 10.0.0.9 message-digest-key 2 md5 b\n");
        prints("\n neighbor 10.0.0.1 password c\n neighbor 10.0.0.2 password b\n area 1 virtual-link 10.0.0.9 "
               "message-digest-key 1 md5 a\n area 1 virtual-link 10.0.0.9 message-digest-key 2 md5 b\n");
        conf_accept(&f, "router bgp 1\n neighbor 10.0.0.1 password *****\n"); /* is none */
        prints("\n neighbor 10.0.0.1 password c\n");
}

static void blanks_have_a_bound(void **state UNUSED)
{
        conf_accept(&f, "webvpn\n                    enable outside\n");
        prints("\nwebvpn\n         enable outside\n");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(a_name_is_a_whole_word),
                T(only_a_change_is_one),
                T(a_line_takes_the_place_of_its_opposite),
                T(a_line_stands_behind_those_it_belongs_to),
                T(a_secret_takes_the_place_of_the_one_before),
                T(blanks_have_a_bound),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
