/* Which debug lines are about whom is followed. */
#include "tests/support/test.h"

#include "platform/base/attr.h"

#include "cli/session/follow.h"

static struct follow f;

static int setup(void **st UNUSED)
{
        f = (struct follow){ .what = "address 10.0.0.1" };
        assert_true(follow_add(&f, "10.0.0.1"));
        return 0;
}

static void words_are_whole(void **st UNUSED)
{
        assert_true(follow_line(&f, "SIP:: inside:10.0.0.1/5060 -> outside:1.1.1.1/1, INVITE, call-id a"));
        assert_true(follow_line(&f, "10.0.0.1"));
        assert_true(follow_line(&f, "gone to 10.0.0.1."));
        assert_true(follow_line(&f, "not 10.0.0.10 but 10.0.0.1"));
        assert_false(follow_line(&f, "inside:10.0.0.10/5060"));
        assert_false(follow_line(&f, "inside:110.0.0.1/5060"));
        assert_false(follow_line(&f, "inside:10.0.0.1.5/5060"));
        assert_false(follow_line(&f, ""));
}

static void numbers_of_tls_sessions_are_learned(void **st UNUSED)
{
        char line[64];

        assert_false(follow_line(&f, "TLSP 0a1b2c3d: Waiting for SSL handshake"));
        assert_true(
                follow_line(&f, "TLSP 0a1b2c3d: Set up proxy for Client outside:10.0.0.1/5 <-> Server a:2.2.2.2/6"));
        assert_true(follow_line(&f, "TLSP 0a1b2c3d: Waiting for SSL handshake"));
        assert_false(follow_line(&f, "TLSP 0a1b2c3e: Waiting for SSL handshake"));
        for (unsigned i = 0; i < FOLLOW_FLOWS; i++) {
                snprintf(line, sizeof line, "TLSP 0000000%u: 10.0.0.1", i);
                assert_true(follow_line(&f, line));
                assert_true(follow_line(&f, line));
        }
        assert_false(follow_line(&f, "TLSP 0a1b2c3d: Waiting for SSL handshake"));
        assert_true(follow_line(&f, "TLSP 00000000: x"));
}

static void of_nobody_in_particular(void **st UNUSED)
{
        char longest[FOLLOW_WORD_MAX + 1];

        memset(longest, 'a', sizeof longest);
        longest[FOLLOW_WORD_MAX] = 0;
        assert_false(follow_add(&f, longest));
        assert_false(follow_add(&f, ""));
        while (f.n < FOLLOW_WORDS)
                assert_true(follow_add(&f, "b"));
        assert_false(follow_add(&f, "c"));
        f = (struct follow){ 0 };
        assert_true(follow_line(&f, "anything"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(words_are_whole, setup),
                cmocka_unit_test_setup(numbers_of_tls_sessions_are_learned, setup),
                cmocka_unit_test_setup(of_nobody_in_particular, setup),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
