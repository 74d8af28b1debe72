#include "pki/pkcs12.h"

#include "tests/support/pki.h"
#include "tests/support/pki_odd.h"
#include "tests/support/secret_watch.h"

static int read_file(const char *name, const char *pass, struct pkcs12 *p, struct err *e)
{
        size_t n;
        uint8_t *der = pki_file(name, &n);
        int ret = pkcs12_read(der, n, pass, PKI_NOW, p, e);

        mem_free_secret(der);
        return ret;
}

/* New AES, old RC2-40/3DES, one MAC iteration, an empty passphrase, with and without a chain. */
static void good_files_load(void **state)
{
        static const struct {
                const char *file, *pass;
                unsigned nca;
        } row[] = {
                { "new.p12", PKI_PASS, 0 },   { "old.p12", PKI_PASS, 0 }, { "mac.p12", PKI_PASS, 0 },
                { "chain.p12", PKI_PASS, 2 }, { "empty.p12", "", 0 },
        };
        struct cert *want = pki_cert("server.pem"), *issuer = pki_cert("int.pem");

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct err e = { 0 };
                struct pkcs12 p;

                if (read_file(row[i].file, row[i].pass, &p, &e) < 0)
                        fail_msg("%s: %s", row[i].file, e.text);
                assert_true(cert_same(p.certs.id, want));
                assert_true(cert_matches_key(p.certs.id, p.key));
                assert_int_equal(keypair_bits(p.key), 2048);
                assert_int_equal(keypair_created(p.key), PKI_NOW);
                assert_int_equal(p.certs.nca, row[i].nca);
                if (p.certs.nca)
                        assert_true(cert_same(p.certs.ca[0], issuer));
                pkcs12_put(&p);
        }
        cert_put(want);
        cert_put(issuer);
}

/* A key on a curve goes in, out and in again with its certificate. */
static void elliptic_curves_are_taken_and_given(void **state)
{
        struct pkcs12 p, q;
        uint8_t *der;
        size_t n;

        (void)state;
        assert_int_equal(read_file("ec.p12", PKI_PASS, &p, NULL), 0);
        assert_false(keypair_is_rsa(p.key));
        assert_int_equal(keypair_bits(p.key), 256);
        assert_true(cert_matches_key(p.certs.id, p.key));
        assert_int_equal(pkcs12_write(&p, "x", "other", &der, &n, NULL), 0);
        assert_int_equal(pkcs12_read(der, n, "other", PKI_NOW, &q, NULL), 0);
        assert_true(cert_matches_key(p.certs.id, q.key) && cert_same(p.certs.id, q.certs.id));
        mem_free_secret(der);
        pkcs12_put(&p);
        pkcs12_put(&q);
}

static void bad_files_say_why(void **state)
{
        static const struct {
                const char *file, *pass, *why;
        } row[] = {
                { "new.p12", "wrong", "the passphrase is wrong" },
                { "old.p12", "wrong", "the passphrase is wrong" },
                { "new.p12", "", "the passphrase is wrong" },
                { "empty.p12", "x", "the passphrase is wrong" },
                { "nokey.p12", PKI_PASS, "the file holds no private key" },
                { "nocert.p12", PKI_PASS, "the file holds no certificate" },
                { "nomac.p12", PKI_PASS, "the file has no integrity check by passphrase" },
                { "iterations.p12", PKI_PASS, "the file demands more than 1000000 iterations" },
                { "server.pem", PKI_PASS, "the data is not a PKCS12 file" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct err e = { 0 };
                struct pkcs12 p;

                assert_int_equal(read_file(row[i].file, row[i].pass, &p, &e), -1);
                assert_string_equal(e.text, row[i].why);
                assert_null(p.key);
                assert_null(p.certs.id);
        }
}

/* Whatever is cut off, nobody is told that the passphrase is wrong. */
static void every_prefix_is_called_truncated(void **state)
{
        struct pkcs12 p;
        size_t n;
        uint8_t *der = pki_file("new.p12", &n);

        (void)state;
        for (size_t cut = 0; cut < n; cut++) {
                uint8_t *part = mem_dup(MEM_MISC, der, cut); /* exact size: a read past the end shows */
                struct err e = { 0 };

                assert_int_equal(pkcs12_read(part, cut, PKI_PASS, PKI_NOW, &p, &e), -1);
                if (cut < 2)
                        assert_string_equal(e.text, "the data is not a PKCS12 file");
                else
                        assert_non_null(strstr(e.text, "truncated"));
                mem_free(part);
        }
        mem_free_secret(der);
}

static void trailing_bytes_are_refused(void **state)
{
        struct err e = { 0 };
        struct pkcs12 p;
        size_t n;
        uint8_t *der = pki_file("new.p12", &n), *more = mem_alloc(MEM_MISC, n + 1);

        (void)state;
        memcpy(more, der, n);
        assert_int_equal(pkcs12_read(more, n + 1, PKI_PASS, PKI_NOW, &p, &e), -1);
        assert_string_equal(e.text, "the file is truncated or damaged");
        mem_free_secret(more);
        mem_free_secret(der);
}

static void a_changed_byte_never_passes(void **state)
{
        struct pkcs12 p;
        size_t n;
        uint8_t *der = pki_file("new.p12", &n);

        (void)state;
        for (size_t at = 0; at < n; at += 61) {
                struct err e = { 0 };

                der[at] ^= 0x10;
                if (pkcs12_read(der, n, PKI_PASS, PKI_NOW, &p, &e) == 0)
                        fail_msg("byte %zu does not matter", at);
                assert_true(e.text[0] != 0);
                der[at] ^= 0x10;
        }
        mem_free_secret(der);
}

static void oversized_files_are_refused_unread(void **state)
{
        uint8_t *big = mem_alloc(MEM_MISC, PKCS12_BYTES_MAX + 1);
        struct err e = { 0 };
        struct pkcs12 p;

        (void)state;
        big[0] = 0x30;
        assert_int_equal(pkcs12_read(big, PKCS12_BYTES_MAX + 1, "", PKI_NOW, &p, &e), -1);
        assert_int_equal(e.code, ERR_LIMIT);
        mem_free(big);
}

/* ---- contents ---- */

static void contents_are_judged(void **state)
{
        static const struct {
                struct pki_odd odd;
                const char *why; /* NULL: loads */
        } row[] = {
                { { "server.pem", 1, 1, 1 }, NULL },
                { { "server.pem", 64, 1, 1 }, NULL }, /* copies are one certificate */
                { { "server.pem", 65, 1, 1 }, "the file holds more than 64 certificates" },
                { { "root.pem", 1, 1, 1 }, "the private key does not match the certificate" },
                { { "server.pem", 1, 2, 1 }, "the file holds more than one private key" },
                { { "server.pem", 1, 1, 1000001 }, "the file demands more than 1000000 iterations" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                size_t n;
                uint8_t *der = pki_odd_pkcs12(&row[i].odd, &n);
                struct err e = { 0 };
                struct pkcs12 p;
                int ret = pkcs12_read(der, n, PKI_PASS, PKI_NOW, &p, &e);

                assert_int_equal(ret, row[i].why ? -1 : 0);
                assert_string_equal(e.text, row[i].why ? row[i].why : "");
                if (ret == 0)
                        assert_int_equal(p.certs.nca, 0);
                pkcs12_put(&p);
                mem_free(der);
        }
}

/* ---- writing ---- */

static void what_is_written_reads_back(void **state)
{
        struct err e = { 0 };
        struct pkcs12 a, b;
        uint8_t *der;
        size_t n;

        (void)state;
        assert_int_equal(read_file("chain.p12", PKI_PASS, &a, &e), 0);
        assert_int_equal(pkcs12_write(&a, "cuma_proxy", "other pass", &der, &n, &e), 0);
        assert_int_equal(pkcs12_read(der, n, "other pass", 1, &b, &e), 0);
        assert_true(cert_same(a.certs.id, b.certs.id));
        assert_int_equal(b.certs.nca, 2);
        assert_true(cert_same(a.certs.ca[0], b.certs.ca[0]));
        assert_true(cert_same(a.certs.ca[1], b.certs.ca[1]));
        pkcs12_put(&b);
        assert_int_equal(pkcs12_read(der, n, PKI_PASS, 1, &b, &e), -1);
        mem_free_secret(der);
        pkcs12_put(&a);
}

/* ---- secrets ---- */

static void watch_key_and_passphrase(void)
{
        struct keypair *k = pki_key("server.key");
        uint8_t bmp[2 * sizeof PKI_PASS] = { 0 }, *der;
        size_t n;

        for (size_t i = 0; i < sizeof PKI_PASS - 1; i++)
                bmp[2 * i + 1] = (uint8_t)PKI_PASS[i];
        assert_int_equal(keypair_export(k, &der, &n, NULL), 0);
        assert_true(secret_watch_start());
        secret_watch_add(PKI_PASS, sizeof PKI_PASS - 1);
        secret_watch_add(bmp, 2 * (sizeof PKI_PASS - 1));
        for (size_t at = n / 4; at + 24 < n; at += n / 8) /* d, p, q and their companions */
                secret_watch_add(der + at, 24);
        mem_free_secret(der);
        keypair_put(k);
}

/* A key on a curve has one number: 02 01 01 04 20, then it. */
static void a_curve_key_is_wiped(void **state)
{
        uint8_t *der, *at;
        struct pkcs12 p;
        char pass[] = PKI_PASS;
        size_t n;

        (void)state;
        assert_int_equal(read_file("ec.p12", pass, &p, NULL), 0);
        assert_int_equal(keypair_export(p.key, &der, &n, NULL), 0);
        pkcs12_put(&p);
        at = memmem(der, n, "\x02\x01\x01\x04\x20", 5);
        assert_non_null(at);
        assert_true(secret_watch_start());
        secret_watch_add(at + 5 + 4, 24);
        mem_free_secret(der);
        assert_int_equal(read_file("ec.p12", pass, &p, NULL), 0);
        assert_int_equal(pkcs12_write(&p, "x", pass, &der, &n, NULL), 0);
        mem_free_secret(der);
        pkcs12_put(&p);
        assert_int_equal(secret_watch_stop(), 0);
}

static void secrets_are_wiped_on_every_way_out(void **state)
{
        static const char *const file[] = { "new.p12", "old.p12", "chain.p12" };
        char pass[] = PKI_PASS;
        struct pkcs12 p;
        uint8_t *der;
        size_t n;

        (void)state;
        watch_key_and_passphrase();
        for (size_t i = 0; i < ARRAY_LEN(file); i++) {
                assert_int_equal(read_file(file[i], pass, &p, NULL), 0);
                pkcs12_put(&p);
        }
        assert_int_equal(read_file("new.p12", PKI_PASS "x", &p, NULL), -1);
        assert_int_equal(read_file("ec.p12", pass, &p, NULL), 0);
        pkcs12_put(&p);
        assert_int_equal(read_file("nocert.p12", pass, &p, NULL), -1);
        assert_int_equal(read_file("new.p12", pass, &p, NULL), 0);
        assert_int_equal(pkcs12_write(&p, "x", pass, &der, &n, NULL), 0);
        mem_free_secret(der);
        pkcs12_put(&p);
        assert_int_equal(secret_watch_stop(), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good_files_load),
                cmocka_unit_test(elliptic_curves_are_taken_and_given),
                cmocka_unit_test(bad_files_say_why),
                cmocka_unit_test(every_prefix_is_called_truncated),
                cmocka_unit_test(trailing_bytes_are_refused),
                cmocka_unit_test(a_changed_byte_never_passes),
                cmocka_unit_test(oversized_files_are_refused_unread),
                cmocka_unit_test(contents_are_judged),
                cmocka_unit_test(what_is_written_reads_back),
                cmocka_unit_test(secrets_are_wiped_on_every_way_out),
                cmocka_unit_test(a_curve_key_is_wiped),
        };

        libcrypto_wipe_freed(); /* as main() does */
        return cmocka_run_group_tests(tests, NULL, NULL);
}
