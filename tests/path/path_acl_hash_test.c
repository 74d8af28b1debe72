/* One number for one rule: in log lines, in show access-list, after edits and after a start with the same lines. */
#include <stdlib.h>
#include <string.h>

#include "tests/path/support/path_fixture.h"
#include "tests/support/test.h"

static const char lists[] =
        "object-group network servers\n network-object host 10.0.0.9\n network-object host 10.0.0.8\n"
        "access-list outside_in extended permit tcp any object-group servers eq 80 log\n"
        "access-list outside_in extended deny udp any host 10.0.0.9 eq 53\n"
        "access-group outside_in in interface outside\n";

static struct path_fixture fx;

/* What stands behind the mark on the first line that holds it: "0x" and 8 digits. */
static void number(const char *text, const char *line, const char *mark, char out[11])
{
        const char *l = strstr(text, line), *at = l ? strstr(l, mark) : NULL;

        if (!at || strlen(at + strlen(mark)) < 10)
                fail_msg("no %s / %s in\n%s", line, mark, text);
        memcpy(out, at + strlen(mark), 10);
        out[10] = 0;
}

struct numbers {
        char group[11], elem[11], deny[11];
};

static struct numbers shown(void)
{
        struct numbers n;
        const char *t = px_show(&fx, "show access-list outside_in");

        number(t, "object-group servers eq www log", ") ", n.group);
        number(t, "permit tcp any host 10.0.0.8 eq www", ") ", n.elem);
        number(t, "deny udp any host 10.0.0.9 eq domain", ") ", n.deny);
        return n;
}

static void log_lines_name_what_is_shown(void **state UNUSED)
{
        struct numbers n;
        char want[64];

        px_start(&fx, px_base, false);
        px_config(&fx, lists);
        n = shown();
        assert_string_not_equal(n.group, n.elem);
        assert_string_not_equal(n.group, n.deny);
        px_udp(&fx, 0, "192.0.2.10", 1000, "10.0.0.9", 53, "x");
        snprintf(want, sizeof want, "[%s, 0x0", n.deny);
        assert_true(px_logged(&fx, want));
        px_tcp(&fx, 0, "192.0.2.10", 1000, "10.0.0.8", 80, PB_SYN, 1, 0);
        snprintf(want, sizeof want, "[%s, %s]", n.group, n.elem);
        assert_true(px_logged(&fx, want));
        snprintf(want, sizeof want, "%s %s 00000001\n", n.group + 2, n.elem + 2);
        assert_non_null(strstr(px_show(&fx, "show access-list outside_in brief"), want));
        snprintf(want, sizeof want, "%s 00000000 00000001\n", n.deny + 2);
        assert_non_null(strstr(px_show(&fx, "show access-list outside_in brief"), want));
        px_stop(&fx);
}

static void edits_and_starts_keep_them(void **state UNUSED)
{
        struct numbers a, b;

        px_start(&fx, px_base, false);
        px_config(&fx, lists);
        a = shown();
        px_config(&fx, "access-list outside_in line 1 extended permit icmp any any\n"
                       "object-group network servers\n network-object host 10.0.0.7\n"
                       "no network-object host 10.0.0.9\n");
        b = shown();
        assert_memory_equal(&a, &b, sizeof a);
        px_stop(&fx);
        px_start(&fx, px_base, false);
        px_config(&fx, "object network other\n host 1.1.1.1\naccess-list before extended permit ip any any\n");
        px_config(&fx, lists);
        b = shown();
        assert_memory_equal(&a, &b, sizeof a);
        px_stop(&fx);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(log_lines_name_what_is_shown),
                cmocka_unit_test(edits_and_starts_keep_them),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
