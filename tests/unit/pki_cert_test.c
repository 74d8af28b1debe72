#include "pki/cert.h"

#include "pki/chain.h"
#include "pki/x509_util.h"
#include "tests/support/pki.h"

static void fields_are_shown(void **state)
{
        struct cert *c = pki_cert("server.pem");
        static const char *const subject[] = { "cn=server.example.com", "ou=Voice", "o=Example, Inc", "c=US" };
        char out[256];
        const uint8_t *der;
        size_t n;

        (void)state;
        for (unsigned i = 0; i < ARRAY_LEN(subject); i++) {
                assert_true(cert_subject_attr(c, i, out, sizeof out));
                assert_string_equal(out, subject[i]);
        }
        assert_false(cert_subject_attr(c, 4, out, sizeof out));
        cert_subject_line(c, out, sizeof out);
        assert_string_equal(out, "cn=server.example.com,ou=Voice,o=Example\\, Inc,c=US");
        cert_issuer_line(c, out, sizeof out);
        assert_string_equal(out, "cn=Example Issuing,o=Example");
        assert_true(cert_issuer_attr(c, 0, out, sizeof out));
        assert_string_equal(out, "cn=Example Issuing");
        der = cert_der(c, &n);
        assert_true(n > 500 && der[0] == 0x30);
        assert_false(cert_is_ca(c));
        assert_false(cert_is_self_signed(c));
        cert_put(c);
}

/* A certificate that never changes, so that its texts can be compared with openssl's. */
static const char fixed[] = "MIIBMDCB26ADAgECAhQAqgECAwQFBgcICQoLDA0ODxAREjANBgkqhkiG9w0BAQsFADAM"
                            "MQowCAYDVQQDDAF4";

static void short_input_is_no_certificate(void **state)
{
        struct err e = { 0 };

        (void)state;
        assert_null(cert_from_text(fixed, sizeof fixed - 1, &e));
        assert_string_equal(e.text, "Failed to parse or verify imported certificate");
        assert_null(cert_from_der(NULL, 0, &e));
        assert_null(cert_from_text("nonsense!", 9, &e));
        assert_string_equal(e.text, "character '!' in line 1 is not base64");
}

/* L4: checking its signatures would take a second each. */
static void expensive_exponents_are_refused(void **state)
{
        struct err e = { 0 };
        size_t n;
        uint8_t *text = pki_file("exponent.pem", &n);

        (void)state;
        assert_null(cert_from_text((char *)text, n, &e));
        assert_int_equal(e.code, ERR_LIMIT);
        mem_free_secret(text);
}

/* T5: an extension that must be understood and is not. */
static void unknown_critical_extensions_are_refused(void **state)
{
        struct err e = { 0 };
        size_t n;
        uint8_t *text = pki_file("critical.pem", &n);

        (void)state;
        assert_null(cert_from_text((char *)text, n, &e));
        assert_string_equal(e.text, "Failed to parse or verify imported certificate");
        mem_free_secret(text);
}

static void every_prefix_is_refused(void **state)
{
        struct cert *c = pki_cert("server.pem");
        size_t n;
        const uint8_t *der = cert_der(c, &n);

        (void)state;
        for (size_t cut = 0; cut < n; cut++) {
                uint8_t *part = mem_dup(MEM_MISC, der, cut);
                struct err e = { 0 };

                assert_null(cert_from_der(part, cut, &e));
                assert_int_equal(e.code, ERR_SYNTAX);
                mem_free(part);
        }
        uint8_t *more = mem_alloc(MEM_MISC, n + 1);

        memcpy(more, der, n);
        assert_null(cert_from_der(more, n + 1, NULL));
        mem_free(more);
        cert_put(c);
}

static void large_certificates_are_refused_unread(void **state)
{
        uint8_t *big = mem_alloc(MEM_MISC, CERT_DER_MAX + 1);
        struct err e = { 0 };

        (void)state;
        assert_null(cert_from_der(big, CERT_DER_MAX + 1, &e));
        assert_int_equal(e.code, ERR_LIMIT);
        mem_free(big);
}

static void ca_and_self_signed_are_told_apart(void **state)
{
        static const struct {
                const char *file;
                bool ca, self;
        } row[] = { { "root.pem", true, true },   { "int.pem", true, false },          { "self.pem", false, true },
                    { "selfca.pem", true, true }, { "selfuse.pem", true, true },       { "client.pem", false, false },
                    { "ec.pem", true, true },     { "selfca-child.pem", false, false } };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct cert *c = pki_cert(row[i].file);

                if (cert_is_ca(c) != row[i].ca || cert_is_self_signed(c) != row[i].self)
                        fail_msg("%s", row[i].file);
                cert_put(c);
        }
}

static void pem_goes_round(void **state)
{
        struct cert *c = pki_cert("server.pem"), *again;
        char text[4096];
        struct wbuf w = wbuf_of(text, sizeof text);

        (void)state;
        cert_pem(c, &w);
        assert_false(w.full);
        assert_non_null(strstr(wbuf_text(&w), "-----BEGIN CERTIFICATE-----\nMII"));
        again = cert_from_text(text, w.len, NULL);
        assert_true(cert_same(c, again));
        cert_put(again);
        again = pki_cert("int.pem");
        assert_false(cert_same(c, again));
        cert_put(again);
        cert_put(c);
}

/* server.txt: what the openssl command says. */
static void fingerprints_and_serials(void **state)
{
        struct cert *c = pki_cert("server.pem");
        char got[4][100], want[4][100], cut[6];
        size_t n;
        uint8_t *text = pki_file("server.txt", &n);

        (void)state;
        assert_int_equal(
                sscanf((char *)text, "%99[^\n]\n%99[^\n]\n%99[^\n]\n%99[^\n]", want[0], want[1], want[2], want[3]),
                4);
        cert_serial_text(c, got[0], sizeof got[0]);
        cert_fingerprint_text(c, CERT_MD5, got[1], sizeof got[1]);
        cert_fingerprint_text(c, CERT_SHA1, got[2], sizeof got[2]);
        cert_fingerprint_text(c, CERT_SHA256, got[3], sizeof got[3]);
        for (int i = 0; i < 4; i++)
                assert_string_equal(got[i], want[i]);
        cert_serial_text(c, cut, sizeof cut); /* cut at a whole byte */
        assert_int_equal(strlen(cut), 4);
        mem_free_secret(text);
        cert_put(c);
}

static void keys_belong_to_their_certificates(void **state)
{
        struct keypair *k = pki_key("server.key");
        struct cert *server = pki_cert("server.pem"), *root = pki_cert("root.pem"), *ec = pki_cert("ec.pem");

        (void)state;
        assert_true(cert_matches_key(server, k));
        assert_false(cert_matches_key(root, k));
        assert_false(cert_matches_key(ec, k));
        keypair_put(k);
        cert_put(server);
        cert_put(root);
        cert_put(ec);
}

static void hosts_and_addresses(void **state)
{
        static const struct {
                const char *file, *host;
                bool yes;
        } row[] = {
                { "server.pem", "server.example.com", true },
                { "server.pem", "SERVER.example.COM", true },
                { "server.pem", "server.example.com.", true },
                { "server.pem", "server.example.co", false },
                { "server.pem", "a.wild.example.com", true },
                { "server.pem", "a.b.wild.example.com", false },
                { "server.pem", "wild.example.com", false },
                { "server.pem", ".wild.example.com", false },
                { "server.pem", "", false },
                { "client.pem", "SEP001122334455", true },
                { "client.pem", "SEP001122334456", false },
                { "self.pem", "cuma.example.com", true },
                { "self.pem", "a.test", false },
                { "server.pem", "*.wild.example.com", true }, /* the literal name itself */
        };
        struct cert *c = pki_cert("server.pem");
        struct addr a = addr_v4(0x0a010102), b = addr_v4(0x0a010103), v6, none = { 0 };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct cert *x = pki_cert(row[i].file);

                if (cert_names_host(cert_x509(x), row[i].host) != row[i].yes)
                        fail_msg("%s %s", row[i].file, row[i].host);
                cert_put(x);
        }
        assert_true(addr_parse("2001:db8::2", &v6));
        assert_true(cert_names_address(cert_x509(c), &a));
        assert_true(cert_names_address(cert_x509(c), &v6));
        assert_false(cert_names_address(cert_x509(c), &b));
        assert_false(cert_names_address(cert_x509(c), &none));
        cert_put(c);
}

static void dates_are_seconds(void **state)
{
        static const struct {
                mbedtls_x509_time t;
                time_t want;
        } row[] = {
                { { 1970, 1, 1, 0, 0, 0 }, 0 },
                { { 2000, 2, 29, 23, 59, 59 }, 951868799 },
                { { 2038, 1, 19, 3, 14, 8 }, 2147483648 },
                { { 9999, 12, 31, 23, 59, 59 }, 253402300799 },
                { { 1950, 1, 1, 0, 0, 0 }, -631152000 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++)
                assert_int_equal(x509_time(&row[i].t), row[i].want);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(fields_are_shown),
                cmocka_unit_test(short_input_is_no_certificate),
                cmocka_unit_test(expensive_exponents_are_refused),
                cmocka_unit_test(unknown_critical_extensions_are_refused),
                cmocka_unit_test(every_prefix_is_refused),
                cmocka_unit_test(large_certificates_are_refused_unread),
                cmocka_unit_test(ca_and_self_signed_are_told_apart),
                cmocka_unit_test(pem_goes_round),
                cmocka_unit_test(fingerprints_and_serials),
                cmocka_unit_test(keys_belong_to_their_certificates),
                cmocka_unit_test(hosts_and_addresses),
                cmocka_unit_test(dates_are_seconds),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
