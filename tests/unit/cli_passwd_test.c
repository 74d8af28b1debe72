#include "cli/conf/passwd.h"
#include "tests/support/test.h"

/* Published check values; the last two are the examples of hashcat for its modes 2400 and 2410. */
static void md5_hashes(void **state)
{
        static const struct {
                const char *password, *user, *hash;
        } rows[] = {
                { "", "", "8Ry2YjIyt7RRXU24" },
                { "cisco", "", "2KFQnbNIdI.2KYOU" },
                { "admin", "admin", "eY/fQXw7Ure8Qrz7" },
                { "hashcat", "", "dRRVnUmUHXOTt9nk" },
                { "hashcat", "36", "02dMBMYkTdC5Ziyp" },
        };
        char out[PASSWD_HASH_LEN + 1];

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                passwd_hash(rows[i].password, rows[i].user, out);
                assert_string_equal(out, rows[i].hash);
                assert_true(passwd_check(out, rows[i].user, rows[i].password));
                assert_false(passwd_check(out, rows[i].user, "other"));
                assert_int_equal(passwd_form_of(out), PASSWD_ENCRYPTED);
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
        /* PBKDF2-HMAC-SHA-512, "password", "salt", 1 round (RFC 6070's inputs with SHA-512), first 16 bytes; and the
         * example of hashcat for its mode 12100, written as an ASA writes it. */
        static const char *const rows[][2] = {
                { "$sha512$1$c2FsdA==$hn9wzxreAs/zdSWZo6U9xA==", "password" },
                { "$sha512$1000$ODQyMDEwNjQyODY=$MKaHNWXUsuJB3IEwBHbm3w==", "hashcat" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                assert_int_equal(passwd_form_of(rows[i][0]), PASSWD_PBKDF2);
                assert_true(passwd_check(rows[i][0], "anybody", rows[i][1]));
                assert_false(passwd_check(rows[i][0], "anybody", "passwore"));
        }
        assert_int_equal(passwd_rounds(rows[1][0]), 1000);
        assert_int_equal(passwd_rounds("8Ry2YjIyt7RRXU24"), 0);
}

/* The NT hash of "test", as the vendor's examples of L2TP print it. */
static void nt(void **state)
{
        static const char hash[] = "DLaUiAX3l78qgoB5c7iVNw==";
        char out[PASSWD_TEXT_MAX];

        (void)state;
        assert_true(passwd_nt("test", out));
        assert_string_equal(out, hash);
        assert_int_equal(passwd_form_of(hash), PASSWD_NT);
        assert_true(passwd_check(hash, "whoever", "test"));
        assert_false(passwd_check(hash, "whoever", "Test"));
        assert_false(passwd_nt("\xff\xfe", out)); /* is no text */
        assert_true(passwd_nt("p\xc3\xa4ss", out));
}

static void new_hashes(void **state)
{
        struct rng_fixed f = { .state = 1 };
        struct rng rng = rng_of_fixed(&f);
        char a[PASSWD_TEXT_MAX], b[PASSWD_TEXT_MAX];
        struct err e = { 0 };

        (void)state;
        assert_int_equal(passwd_new(&rng, 100, "secret", a, &e), 0);
        assert_int_equal(passwd_new(&rng, 100, "secret", b, &e), 0);
        assert_string_not_equal(a, b); /* two salts */
        assert_int_equal(passwd_form_of(a), PASSWD_PBKDF2);
        assert_int_equal(passwd_rounds(a), 100);
        assert_true(passwd_check(a, "", "secret") && passwd_check(b, "", "secret"));
        assert_false(passwd_check(a, "", "secreT"));
        /* Spending more rounds changes no answer. */
        assert_true(passwd_check_level(a, "", "secret", 1000));
        assert_false(passwd_check_level(a, "", "secreT", 1000));
        assert_false(passwd_check_level("", "nobody", "", 1000));
}

static int no_random(void *ctx, void *out, size_t n)
{
        (void)ctx;
        (void)out;
        (void)n;
        return -1;
}

static void without_random(void **state)
{
        const struct rng none = { .fill = no_random };
        char out[PASSWD_TEXT_MAX];
        struct err e = { 0 };

        (void)state;
        assert_int_equal(passwd_new(&none, 1, "secret", out, &e), -1);
        assert_int_equal(e.code, ERR_CRYPTO);
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
                                           "$sha512$1$c2FsdA==$aaaa$x",
                                           "DLaUiAX3l78qgoB5c7iVN!==",
                                           "DLaUiAX3l78qgoB5c7iVNwAA" };

        (void)state;
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                assert_int_equal(passwd_form_of(bad[i]), PASSWD_CLEAR);
                assert_false(passwd_check(bad[i], "", ""));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(md5_hashes), cmocka_unit_test(lengths),        cmocka_unit_test(pbkdf2),
                cmocka_unit_test(nt),         cmocka_unit_test(new_hashes),     cmocka_unit_test(without_random),
                cmocka_unit_test(refused_forms),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
