#include "pki/pkcs12.h"

#include "tests/support/pki.h"

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

static void bad_files_say_why(void **state)
{
        static const struct {
                const char *file, *pass, *why;
        } row[] = {
                { "new.p12", "wrong", "the passphrase is wrong" },
                { "old.p12", "wrong", "the passphrase is wrong" },
                { "new.p12", "", "the passphrase is wrong" },
                { "nokey.p12", PKI_PASS, "the file holds no private key" },
                { "nocert.p12", PKI_PASS, "the file holds no certificate" },
                { "nomac.p12", PKI_PASS, "the file has no integrity check by passphrase" },
                { "iterations.p12", PKI_PASS, "the file demands more than 1000000 iterations" },
                { "ec.p12", PKI_PASS, "the private key is not an RSA key" },
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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good_files_load),
                cmocka_unit_test(bad_files_say_why),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
