/* What is logged of a command holds no secret. */
#include "cli/conf/mask.h"
#include "tests/support/test.h"

static void passwords_of_urls_are_masked(void **state)
{
        static const char *const rows[][2] = {
                { "copy run disk0:x", "copy run disk0:x" },
                { "copy ftp://user:PASS@10.0.0.1/f disk0:x", "copy ftp://user:*****@10.0.0.1/f disk0:x" },
                { "copy ftp://user:P/A@S@10.0.0.1/f disk0:x", "copy ftp://user:*****@10.0.0.1/f disk0:x" },
                { "copy ftp://user@10.0.0.1/f disk0:x", "copy ftp://user@10.0.0.1/f disk0:x" },
                { "copy tftp://10.0.0.1:69/f https://a:b@c", "copy tftp://10.0.0.1:69/f https://a:*****@c" },
                { "enrollment url http://10.0.0.1:80/", "enrollment url http://10.0.0.1:80/" },
                { "x ://", "x ://" },
                { "://:@", "://:*****@" },
                { "", "" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct text t = { 0 };

                mask_urls(rows[i][0], &t);
                assert_string_equal(text_str(&t), rows[i][1]);
                text_fini(&t);
        }
}

/* Of lines that are kept as text the words alone say where a secret is. */
static void a_kept_text_hides_what_its_words_announce(void **state)
{
        static const char *const rows[][2] = {
                { " policy-server-secret Xs", " policy-server-secret *****" },
                { "crypto map M 10 set session-key inbound esp 300 cipher Xs authenticator Xs",
                  "crypto map M 10 set session-key *****" },
                { " destination address http https://u:Xs@h/x", " destination address http https://u:*****@h/x" },
                { "a http://u:Xs@h/x key Xs", "a http://u:*****@h/x key *****" },
                { "a http://u@h key k:l@m", "a http://u@h key *****" },
                { " radius-common-pw Xs", " radius-common-pw *****" },
                { " some-new-password Xs", " some-new-password *****" },
                { " some-new-PASSPHRASE Xs", " some-new-PASSPHRASE *****" },
                { " authentication-key timeout 5", " authentication-key timeout 5" },
                { " -key Xs", " -key Xs" },
                { " ikev1 pre-shared-key", " ikev1 pre-shared-key" },
                { " password-management password-expire-in-days 5", " password-management password-expire-in-days 5" },
                { " isakmp keepalive threshold 30", " isakmp keepalive threshold 30" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct text t = { 0 };

                mask_text(rows[i][0], &t);
                assert_string_equal(text_str(&t), rows[i][1]);
                text_fini(&t);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(passwords_of_urls_are_masked),
                cmocka_unit_test(a_kept_text_hides_what_its_words_announce),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
