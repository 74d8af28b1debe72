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
                { "crypto isakmp key Xs address 192.0.2.7 netmask 255.255.255.0",
                  "crypto isakmp key ***** address 192.0.2.7 netmask 255.255.255.0" },
                { "crypto isakmp key address address 192.0.2.7", "crypto isakmp key ***** address 192.0.2.7" },
                { "crypto isakmp key 1 address 192.0.2.7", "crypto isakmp key ***** address 192.0.2.7" },
                { "crypto isakmp key 8 Xs address 192.0.2.7", "crypto isakmp key ***** address 192.0.2.7" },
                { "crypto isakmp key ***** address 192.0.2.7", "crypto isakmp key ***** address 192.0.2.7" },
                { "vpdn username bob password Xs store-local", "vpdn username bob password ***** store-local" },
                { " key Xs timeout 5 password Ys", " key ***** timeout 5 password *****" },
                { " key Xs timeout 5 a http://u:Ys@h", " key ***** timeout 5 a http://u:*****@h" },
                { " key Xs Ys address 192.0.2.7", " key *****" },
                { " key \"Xs address Ys\" address 192.0.2.7", " key *****" },
                { " key Xs addr 192.0.2.7", " key *****" },
                { " radius-common-pw Xs", " radius-common-pw *****" },
                { " some-new-password Xs", " some-new-password *****" },
                { " some-new-PASSPHRASE Xs", " some-new-PASSPHRASE *****" },
                { " authentication-key timeout 5", " authentication-key timeout 5" },
                { " -key Xs", " -key Xs" },
                { " ikev1 pre-shared-key", " ikev1 pre-shared-key" },
                { " password-management password-expire-in-days 5",
                  " password-management password-expire-in-days 5" },
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

static void a_text_without_its_secrets_is_known(void **state)
{
        static const char *const masked[] = { "key *****", " key * address 192.0.2.7", "a http://u:*****@h/x" };
        static const char *const plain[] = { "key a*", "", "a http://u:X@h/*****", "a http://*****@h/", "u:*****@h" };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(masked); i++)
                assert_true(mask_is_masked(masked[i]));
        for (size_t i = 0; i < ARRAY_LEN(plain); i++)
                assert_false(mask_is_masked(plain[i]));
}

static bool sets_anew(const char *x, const char *y)
{
        return mask_sets_anew(x, y, mask_sets(y));
}

static void a_secret_is_set_anew_by_what_says_the_same_of_it(void **state)
{
        (void)state;
        assert_true(sets_anew("failover key a", "failover key b"));
        assert_true(sets_anew(" key 8 a", " key b"));
        assert_true(sets_anew("failover key hex 00", "failover key b"));
        assert_true(sets_anew("vpdn username a password x", "vpdn username a password y store-local"));
        assert_true(sets_anew("isakmp key a address 192.0.2.7", "isakmp key b address 192.0.2.7"));
        assert_false(sets_anew("isakmp key a address 192.0.2.7", "isakmp key b address 192.0.2.8"));
        assert_false(sets_anew("vpdn username a password x", "vpdn username b password x"));
        assert_false(sets_anew("failover key a", "failover key *****"));
        assert_false(sets_anew(" key a timeout 5 password b", " key c timeout 5 password b"));
        assert_false(sets_anew("ntp md5 a", "ntp md5 b"));
        assert_false(sets_anew("description a", "description b"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(passwords_of_urls_are_masked),
                cmocka_unit_test(a_kept_text_hides_what_its_words_announce),
                cmocka_unit_test(a_text_without_its_secrets_is_known),
                cmocka_unit_test(a_secret_is_set_anew_by_what_says_the_same_of_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
