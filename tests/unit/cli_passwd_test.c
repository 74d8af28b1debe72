#include "cli/passwd.h"
#include "tests/support/test.h"

/* Check values of reference/asa-cli.md 2.4. */
static void known_hashes(void **state)
{
        static const struct {
                const char *password, *user, *hash;
        } rows[] = {
                { "", "", "8Ry2YjIyt7RRXU24" },
                { "cisco", "", "2KFQnbNIdI.2KYOU" },
                { "admin", "admin", "eY/fQXw7Ure8Qrz7" },
        };
        char out[PASSWD_HASH_LEN + 1];

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                passwd_hash(rows[i].password, rows[i].user, out);
                assert_string_equal(out, rows[i].hash);
                assert_true(passwd_check(out, rows[i].user, rows[i].password));
                assert_false(passwd_check(out, rows[i].user, "other"));
                assert_true(passwd_hash_valid(out));
        }
}

/* What does not fit into the hashed block does not count; the user's name counts up to 27 characters of password. */
static void lengths(void **state)
{
        char p[200], a[PASSWD_HASH_LEN + 1], b[PASSWD_HASH_LEN + 1];

        (void)state;
        for (size_t n = 0; n < sizeof p; n++) {
                memset(p, 'x', n);
                p[n] = 0;
                passwd_hash(p, "alice", a);
                passwd_hash(p, "bob", b);
                assert_int_equal(strcmp(a, b) != 0, n < 28);
                assert_true(passwd_check(a, "alice", p));
        }
}

static void pbkdf2(void **state)
{
        /* PBKDF2-HMAC-SHA-512, "password", "salt", 1 round (RFC 6070's inputs with SHA-512), first 16 bytes */
        static const char hash[] = "$sha512$1$c2FsdA==$hn9wzxreAs/zdSWZo6U9xA==";

        (void)state;
        assert_true(passwd_hash_valid(hash));
        assert_true(passwd_check(hash, "anybody", "password"));
        assert_false(passwd_check(hash, "anybody", "passwore"));
}

static void refused_forms(void **state)
{
        static const char *const bad[] = { "",
                                           "short",
                                           "8Ry2YjIyt7RRXU2!",
                                           "8Ry2YjIyt7RRXU245",
                                           "$sha512$",
                                           "$sha512$0$c2FsdA==$aaaa",
                                           "$sha512$5000$c2FsdA==",
                                           "$sha512$99999999$c2FsdA==$aaaa",
                                           "$sha512$1$c2FsdA==$aaaa$x" };

        (void)state;
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                assert_false(passwd_hash_valid(bad[i]));
                assert_false(passwd_check(bad[i], "", ""));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(known_hashes),
                cmocka_unit_test(lengths),
                cmocka_unit_test(pbkdf2),
                cmocka_unit_test(refused_forms),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
