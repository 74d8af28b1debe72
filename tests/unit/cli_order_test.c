/* One configuration takes the order of another, as far as both have the same. */
#include <stdlib.h>

#include "cli/conf/conf_order.h"
#include "tests/support/conf_fixture.h"
#include "tests/support/test.h"

#define GROUP "object-group network g\n"
#define ALL "logging enable\n"

static const struct {
        const char *have, *want, *then; /* then NULL: as it is wanted */
} rows[] = {
        /* lists, and lists inside of what both have */
        { GROUP "network-object host 10.0.0.1\nnetwork-object host 10.0.0.2\n",
          GROUP "network-object host 10.0.0.2\nnetwork-object host 10.0.0.1\n", NULL },
        { "object network a\nobject network b\n", "object network b\nobject network a\n", NULL },
        { "object network a\nobject network b\nobject network c\n",
          "object network d\nobject network c\nobject network a\n",
          "object network c\nobject network a\nobject network b\n" },
        /* what is kept only */
        { "url-cache dst 1\nurl-cache src 2\n", "url-cache src 2\nurl-cache dst 1\n", NULL },
        { "webvpn\n enable a\n enable b\n", "webvpn\n enable b\n enable a\n", NULL },
        /* what is in arrays */
        { ALL "logging list l level errors\nlogging list m level errors\n",
          ALL "logging list m level errors\nlogging list l level errors\n", NULL },
        { ALL "logging list l message 725001-725002\nlogging list l message 725001-725009\n",
          ALL "logging list l message 725001-725009\nlogging list l message 725001-725002\n", NULL },
        { ALL "no logging message 302013\nno logging message 302014\nno logging message 302015\n",
          ALL "no logging message 302015\nno logging message 106015\nno logging message 302014\n",
          ALL "no logging message 302015\nno logging message 302014\nno logging message 302013\n" },
        { ALL "logging rate-limit 1 1 level 3\nlogging rate-limit 1 1 level 4\n",
          ALL "logging rate-limit 1 1 level 4\nlogging rate-limit 1 1 level 3\n", NULL },
        { ALL "logging rate-limit 1 1 message 302013\nlogging rate-limit 1 1 level 4\n",
          ALL "logging rate-limit 1 1 level 4\nlogging rate-limit 1 1 message 302013\n", NULL },
};

static char *printed(struct conf_fixture *f)
{
        return strdup(conf_running(f, NULL, true));
}

static void lines_move_to_their_places(void **state UNUSED)
{
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct conf_fixture have, want, then;
                char *is, *should;
                uint64_t edits;

                conf_fixture_init(&have);
                conf_fixture_init(&want);
                conf_fixture_init(&then);
                conf_accept(&have, rows[i].have);
                conf_accept(&want, rows[i].want);
                conf_accept(&then, rows[i].then ? rows[i].then : rows[i].want);
                edits = have.s->edits;
                assert_true(conf_order(have.s, want.s));
                assert_int_equal(have.s->edits - edits, 1);
                is = printed(&have);
                should = printed(&then);
                assert_string_equal(is, should);
                assert_false(conf_order(have.s, want.s)); /* they are there */
                assert_int_equal(have.s->edits - edits, 1);
                free(is);
                free(should);
                conf_fixture_fini(&have);
                conf_fixture_fini(&want);
                conf_fixture_fini(&then);
        }
}

/* The part that is compiled from them is compiled anew. */
static void what_moved_is_compiled(void **state UNUSED)
{
        struct conf_fixture have, want;

        conf_fixture_init(&have);
        conf_fixture_init(&want);
        conf_accept(&have, GROUP "network-object host 10.0.0.1\nnetwork-object host 10.0.0.2\n");
        conf_accept(&want, GROUP "network-object host 10.0.0.2\nnetwork-object host 10.0.0.1\n");
        have.s->dirty = 0;
        assert_true(conf_order(have.s, want.s));
        assert_int_not_equal(have.s->dirty, 0);
        conf_fixture_fini(&have);
        conf_fixture_fini(&want);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(lines_move_to_their_places),
                cmocka_unit_test(what_moved_is_compiled),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
