#include "pki/enroll.h"

#include <mbedtls/oid.h>

#include "pki/chain.h"
#include "pki/libcrypto.h"
#include "pki/pkcs12.h"
#include "pki/x509_util.h"
#include "tests/support/pki_odd.h"
#include "tests/support/pki_store.h"

/* ---- FQDN ---- */

static void the_fqdn_has_a_default(void **state)
{
        static const struct {
                const char *fqdn, *host, *domain, *want;
        } row[] = {
                { "", "ciscoasa", "example.com", "ciscoasa.example.com" },
                { "", "ciscoasa", "", "ciscoasa" },
                { "", "ciscoasa", NULL, "ciscoasa" },
                { "", NULL, "example.com", "" },
                { "none", "ciscoasa", "example.com", "" },
                { "ldc.example.com", "x", "y", "ldc.example.com" },
        };
        struct pki_store *s = *state;

        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                char out[256];

                strcpy(s->tp.fqdn, row[i].fqdn);
                s->params = (struct enroll_params){ .hostname = row[i].host, .domain = row[i].domain };
                pki_fqdn(&s->tp, &s->params, out, sizeof out);
                assert_string_equal(out, row[i].want);
        }
}

/* ---- enrollment self ---- */

static struct cert *enrolled(struct pki_store *s)
{
        struct tp_assets a;
        struct cert *c;

        if (pki_enroll_self(s->k, &s->tp, &s->params, &s->e) < 0)
                fail_msg("%s", s->e.text);
        keystore_tp_get(s->k, "tp", &a);
        assert_int_equal(a.nca, 0);
        c = cert_get(a.id);
        tp_assets_put(&a);
        return c;
}

static void give_key(struct pki_store *s, const char *label)
{
        struct keypair *k = pki_key("server.key");

        assert_int_equal(keystore_key_put(s->k, label, k, NULL), 0);
        keypair_put(k);
}

/* What the other library reads. */
static X509 *openssl_of(const struct cert *c)
{
        size_t n;
        const uint8_t *der = cert_der(c, &n);

        return d2i_X509(NULL, &der, (long)n);
}

static void a_self_signed_identity_is_what_was_configured(void **state)
{
        struct pki_store *s = *state;
        struct chain_policy p = { .now = PKI_NOW, .rsa_min_bits = 1024 };
        struct trust_anchor anchor = { .trustpoint = "peer" };
        struct trust_set *t;
        struct cert *c;
        char line[256];
        struct chain_answer answer;
        X509 *x;

        give_key(s, DEFAULT_RSA_KEY);
        strcpy(s->tp.subject, "cn=EXAMPLE-CCM-Proxy, o=Y");
        strcpy(s->tp.fqdn, "ccm.example.com");
        strcpy(s->tp.ip_address, "192.0.2.1");
        strcpy(s->tp.email, "a@example.com");
        s->params.serial_number = "JMX1234";
        c = enrolled(s);
        cert_subject_line(c, line, sizeof line);
        assert_string_equal(line,
                            "cn=EXAMPLE-CCM-Proxy,o=Y,ea=a@example.com,serialNumber=JMX1234,ipaddress=192.0.2.1,"
                            "hostname=ccm.example.com");
        cert_issuer_line(c, line, sizeof line);
        assert_non_null(strstr(line, "cn=EXAMPLE-CCM-Proxy,o=Y"));
        assert_true(cert_is_self_signed(c));
        assert_false(cert_is_ca(c));
        assert_int_equal(cert_x509(c)->version, 3);
        assert_int_equal(cert_x509(c)->sig_md, MBEDTLS_MD_SHA256);
        assert_int_equal(cert_x509(c)->valid_from.year, 2030);
        assert_int_equal(cert_x509(c)->valid_to.year, 2040);
        assert_true(cert_names_host(cert_x509(c), "ccm.example.com"));

        x = openssl_of(c);
        assert_non_null(x);
        assert_int_equal(X509_self_signed(x, 1), 1);
        assert_int_equal(X509_check_host(x, "ccm.example.com", 0, 0, NULL), 1);
        assert_int_equal(X509_check_ip_asc(x, "192.0.2.1", 0), 1);
        assert_int_equal(X509_check_email(x, "a@example.com", 0, 0), 1);
        assert_int_equal(X509_check_ca(x), 0);
        assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT);
        assert_non_null(X509_get0_subject_key_id(x));
        assert_non_null(X509_get0_authority_key_id(x));
        X509_free(x);

        /* another appliance that pasted it trusts exactly it */
        anchor.cert = c;
        t = trust_set_new(&anchor, 1);
        assert_int_equal(chain_verify(t, cert_x509(c), &p, NULL, &answer), CHAIN_OK);
        trust_set_put(t);
        cert_put(c);
}

static void a_proxy_ldc_issuer_is_a_ca(void **state)
{
        struct pki_store *s = *state;
        struct cert *c;
        X509 *x;

        give_key(s, "ldc_signer_key");
        strcpy(s->tp.keypair, "ldc_signer_key");
        strcpy(s->tp.subject, "cn=FW_LDC_SIGNER_192_0_2_1");
        s->tp.proxy_ldc_issuer = true;
        c = enrolled(s);
        x = openssl_of(c);
        assert_true(cert_is_ca(c));
        assert_int_equal(X509_check_ca(x), 1);
        assert_int_equal(X509_get_pathlen(x), 0);
        assert_int_equal(X509_get_key_usage(x),
                         KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_CERT_SIGN | KU_CRL_SIGN);
        X509_free(x);
        cert_put(c);
}

static void a_missing_key_pair_is_made_and_kept(void **state)
{
        struct pki_store *s = *state;
        struct keypair *k;
        struct cert *c, *again;

        c = enrolled(s);
        k = keystore_key_get(s->k, DEFAULT_RSA_KEY);
        assert_int_equal(keypair_bits(k), 2048);
        assert_int_equal(keypair_created(k), PKI_NOW);
        assert_true(cert_matches_key(c, k));
        again = enrolled(s); /* takes the key that is there */
        assert_true(cert_matches_key(again, k));
        assert_false(cert_same(c, again));
        keypair_put(k);
        cert_put(c);
        cert_put(again);
}

static void a_certificate_always_has_a_name(void **state)
{
        struct pki_store *s = *state;
        struct cert *c;
        char line[128];

        give_key(s, DEFAULT_RSA_KEY);
        c = enrolled(s);
        cert_subject_line(c, line, sizeof line);
        assert_string_equal(line, "cn=ciscoasa.example.com,hostname=ciscoasa.example.com");
        cert_put(c);
        strcpy(s->tp.fqdn, "none");
        c = enrolled(s);
        cert_subject_line(c, line, sizeof line);
        assert_string_equal(line, "cn=ciscoasa");
        assert_false(cert_x509(c)->ext_types & MBEDTLS_X509_EXT_SUBJECT_ALT_NAME);
        cert_put(c);
}

static void what_cannot_be_in_a_certificate_changes_nothing(void **state)
{
        static const struct {
                const char *subject, *fqdn, *ip, *why;
        } row[] = {
                { "nonsense", "", "", "\"nonsense\" in the subject name is not an attribute" },
                { "cn=x", "a b.example.com", "",
                  "the FQDN \"a b.example.com\" holds a character that is not allowed" },
                { "cn=x", "", "10.1.1.256", "ip-address 10.1.1.256 is not an address" },
                { "cn=x,ou=1,ou=2,ou=3,ou=4,ou=5,ou=6,ou=7,ou=8,ou=9,ou=10,ou=11,ou=12,ou=13,ou=14,ou=15", "", "",
                  "the subject name has more than 16 attributes" },
        };
        struct pki_store *s = *state;
        uint64_t g = keystore_generation(s->k);
        char text[256], line[512];
        struct wbuf w = wbuf_of(text, sizeof text);

        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                strcpy(s->tp.subject, row[i].subject);
                strcpy(s->tp.fqdn, row[i].fqdn);
                strcpy(s->tp.ip_address, row[i].ip);
                assert_int_equal(pki_enroll_self(s->k, &s->tp, &s->params, &s->e), -1);
                if (strncmp(s->e.text, row[i].why, strlen(row[i].why)))
                        fail_msg("%s", s->e.text);
                assert_int_equal(pki_enroll_csr(s->k, &s->tp, &s->params, &w, &s->e), -1);
                assert_true(keystore_generation(s->k) == g);
                assert_null(keystore_key_get(s->k, DEFAULT_RSA_KEY));
                snprintf(line, sizeof line,
                         "%%ASA-3-717002: Certificate enrollment failed for trustpoint tp. Reason: %s.\n", s->e.text);
                assert_string_equal(pki_store_lines(s) + strlen(line), line);
                assert_memory_equal(s->lines, line, strlen(line));
        }
}

/* ---- enrollment terminal ---- */

static void a_request_is_signed_by_the_key_pair(void **state)
{
        struct pki_store *s = *state;
        static char text[8192];
        struct wbuf w = wbuf_of(text, sizeof text);
        STACK_OF(X509_EXTENSION) * ext;
        const uint8_t *p;
        EVP_PKEY *key;
        X509_REQ *req;
        uint8_t *der;
        size_t n;
        char dn[256];

        give_key(s, "public_key_for_ca");
        strcpy(s->tp.keypair, "public_key_for_ca");
        strcpy(s->tp.subject, "cn=imp.example.com, o=Example, c=US");
        strcpy(s->tp.fqdn, "imp.example.com");
        assert_int_equal(pki_enroll_csr(s->k, &s->tp, &s->params, &w, &s->e), 0);
        assert_int_equal(paste_decode(text, w.len, "CERTIFICATE REQUEST", 8192, &der, &n, &s->e), 0);
        p = der;
        req = d2i_X509_REQ(NULL, &p, (long)n);
        assert_non_null(req);
        key = X509_REQ_get0_pubkey(req);
        assert_int_equal(X509_REQ_verify(req, key), 1);
        X509_NAME_oneline(X509_REQ_get_subject_name(req), dn, sizeof dn);
        assert_string_equal(dn, "/unstructuredName=imp.example.com/C=US/O=Example/CN=imp.example.com");
        ext = X509_REQ_get_extensions(req);
        assert_int_equal(sk_X509_EXTENSION_num(ext), 2);
        sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
        X509_REQ_free(req);
        mem_free_secret(der);
        struct wbuf tiny = wbuf_of(text, 100);

        assert_int_equal(pki_enroll_csr(s->k, &s->tp, &s->params, &tiny, &s->e), -1);
        assert_int_equal(s->e.code, ERR_LIMIT);
}

static void authenticate(struct pki_store *s, const char *file)
{
        size_t n;
        uint8_t *text = pki_file(file, &n);
        struct cert *c = pki_authenticate_parse((char *)text, n, &s->e);

        mem_free_secret(text);
        if (!c || pki_authenticate_accept(s->k, &s->tp, c, &s->e) < 0)
                fail_msg("%s", s->e.text);
        cert_put(c);
}

static int import(struct pki_store *s, const char *file)
{
        size_t n;
        uint8_t *text = pki_file(file, &n);
        int ret = pki_import_certificate(s->k, &s->tp, (char *)text, n, &s->e);

        mem_free_secret(text);
        return ret;
}

static void authenticate_then_import(void **state)
{
        struct pki_store *s = *state;
        struct cert *server = pki_cert("server.pem"), *issuer = pki_cert("int.pem"), *root = pki_cert("root.pem");
        struct tp_assets a;

        assert_int_equal(import(s, "server.pem"), -1);
        assert_string_equal(s->e.text, "trustpoint tp has no key pair <Default-RSA-Key>");
        give_key(s, DEFAULT_RSA_KEY);
        assert_int_equal(import(s, "client.pem"), -1);
        assert_string_equal(s->e.text,
                            "the certificate does not match the key pair <Default-RSA-Key> of trustpoint tp");
        authenticate(s, "root.pem");
        assert_int_equal(import(s, "server.pem"), -1);
        assert_string_equal(s->e.text, "the certificate was not issued by the CA of trustpoint tp");
        assert_string_equal(
                pki_store_lines(s),
                "%ASA-3-717020: Failed to install device certificate for trustpoint tp. Reason: trustpoint tp "
                "has no key pair <Default-RSA-Key>.\n"
                "%ASA-3-717020: Failed to install device certificate for trustpoint tp. Reason: the "
                "certificate does not match the key pair <Default-RSA-Key> of trustpoint tp.\n"
                "%ASA-6-717003: Certificate received from Certificate Authority for trustpoint tp.\n"
                "%ASA-3-717020: Failed to install device certificate for trustpoint tp. Reason: the "
                "certificate was not issued by the CA of trustpoint tp.\n");
        authenticate(s, "int.pem");
        assert_int_equal(import(s, "server.pem"), 0);
        keystore_tp_get(s->k, "tp", &a);
        assert_true(cert_same(a.id, server));
        assert_int_equal(a.nca, 1);
        assert_true(cert_same(a.ca[0], issuer));
        tp_assets_put(&a);
        authenticate(s, "root.pem"); /* replaces the CA, keeps the identity */
        keystore_tp_get(s->k, "tp", &a);
        assert_true(cert_same(a.id, server));
        assert_int_equal(a.nca, 1);
        assert_true(cert_same(a.ca[0], root));
        tp_assets_put(&a);
        cert_put(server);
        cert_put(issuer);
        cert_put(root);
}

static void pastes_that_are_no_certificate(void **state)
{
        struct pki_store *s = *state;
        size_t n;
        uint8_t *key = pki_file("server.key", &n);

        assert_null(pki_authenticate_parse((char *)key, n, &s->e));
        assert_string_equal(s->e.text, "the pasted text is a PRIVATE KEY, not a CERTIFICATE");
        assert_null(pki_authenticate_parse("AAAA", 4, &s->e));
        assert_string_equal(s->e.text, "Failed to parse or verify imported certificate");
        mem_free_secret(key);
}

/* ---- PKCS#12 ---- */

static void a_bundle_becomes_a_trustpoint(void **state)
{
        struct pki_store *s = *state;
        struct cert *server = pki_cert("server.pem"), *self = pki_cert("self.pem");
        struct tp_assets a;
        struct keypair *k;

        assert_int_equal(pki_store_pkcs12(s, "cuma_proxy", "chain.p12", PKI_PASS), 0);
        k = keystore_key_get(s->k, "cuma_proxy");
        keystore_tp_get(s->k, "cuma_proxy", &a);
        assert_true(cert_same(a.id, server) && cert_matches_key(a.id, k));
        assert_int_equal(a.nca, 2);
        tp_assets_put(&a);
        assert_string_equal(pki_store_lines(s),
                            "%ASA-6-717007: PKCS #12 import succeeded for trustpoint cuma_proxy.\n");
        /* a new import takes its place; who still holds the old key can go on using it */
        assert_int_equal(pki_store_pkcs12(s, "cuma_proxy", "self.p12", PKI_PASS), 0);
        keystore_tp_get(s->k, "cuma_proxy", &a);
        assert_true(cert_same(a.id, self));
        assert_int_equal(a.nca, 0);
        tp_assets_put(&a);
        assert_true(cert_matches_key(server, k));
        keypair_put(k);
        cert_put(server);
        cert_put(self);
}

static void raw_bytes_are_taken_too(void **state)
{
        struct pki_store *s = *state;
        size_t n;
        uint8_t *der = pki_file("old.p12", &n);

        assert_int_equal(pki_import_pkcs12(s->k, "x", (char *)der, n, PKI_PASS, &s->e), 0);
        mem_free_secret(der);
}

static void three_failures_three_messages_no_change(void **state)
{
        struct pki_store *s = *state;
        struct cert *server = pki_cert("server.pem");
        char *text = mem_alloc(MEM_MISC, 8192);
        struct wbuf w = wbuf_of(text, 8192);
        struct tp_assets a;
        uint64_t g;
        size_t n;
        uint8_t *der = pki_file("self.p12", &n);

        assert_int_equal(pki_store_pkcs12(s, "cuma_proxy", "new.p12", PKI_PASS), 0);
        pki_store_lines(s);
        g = keystore_generation(s->k);

        assert_int_equal(pki_store_pkcs12(s, "cuma_proxy", "self.p12", "wrong"), -1);
        assert_string_equal(s->e.text, "Import PKCS12 operation failed: the passphrase is wrong");
        base64_write(der, n, &w);
        assert_int_equal(pki_import_pkcs12(s->k, "cuma_proxy", text, w.len / 2 / 65 * 65, PKI_PASS, &s->e), -1);
        assert_non_null(strstr(s->e.text, "Import PKCS12 operation failed: the file is truncated: "));
        mem_free_secret(der);
        der = pki_odd_pkcs12(&(struct pki_odd){ "self.pem", 1, 1, 1 }, &n);
        assert_int_equal(pki_import_pkcs12(s->k, "cuma_proxy", (char *)der, n, PKI_PASS, &s->e), -1);
        assert_string_equal(s->e.text,
                            "Import PKCS12 operation failed: the private key does not match the certificate");
        assert_int_equal(pki_store_pkcs12(s, "fresh", "self.p12", "wrong"), -1);

        assert_string_equal(pki_store_lines(s), "%ASA-6-717006: PKCS #12 import failed for trustpoint cuma_proxy.\n"
                                                "%ASA-6-717006: PKCS #12 import failed for trustpoint cuma_proxy.\n"
                                                "%ASA-6-717006: PKCS #12 import failed for trustpoint cuma_proxy.\n"
                                                "%ASA-6-717006: PKCS #12 import failed for trustpoint fresh.\n");
        assert_true(keystore_generation(s->k) == g);
        assert_null(keystore_key_get(s->k, "fresh"));
        keystore_tp_get(s->k, "cuma_proxy", &a);
        assert_true(cert_same(a.id, server));
        tp_assets_put(&a);
        mem_free(text);
        mem_free_secret(der);
        cert_put(server);
}

static void an_export_imports_again(void **state)
{
        struct pki_store *s = *state;
        char *text = mem_alloc(MEM_MISC, 16384);
        struct wbuf w = wbuf_of(text, 16384), tiny = wbuf_of(text, 10);
        struct tp_assets a;

        assert_int_equal(pki_export_pkcs12(s->k, &s->tp, "p", &w, &s->e), -1);
        assert_string_equal(s->e.text, "trustpoint tp has no identity certificate with a key pair");
        assert_int_equal(pki_store_pkcs12(s, "tp", "chain.p12", PKI_PASS), 0);
        strcpy(s->tp.keypair, "tp");
        assert_int_equal(pki_export_pkcs12(s->k, &s->tp, "other", &tiny, &s->e), -1);
        assert_int_equal(pki_export_pkcs12(s->k, &s->tp, "other", &w, &s->e), 0);
        assert_string_equal(pki_store_lines(s), "%ASA-6-717004: PKCS #12 export failed for trustpoint tp.\n"
                                                "%ASA-6-717007: PKCS #12 import succeeded for trustpoint tp.\n"
                                                "%ASA-6-717004: PKCS #12 export failed for trustpoint tp.\n"
                                                "%ASA-6-717005: PKCS #12 export succeeded for trustpoint tp.\n");
        assert_int_equal(pki_import_pkcs12(s->k, "copy", text, w.len, "other", &s->e), 0);
        keystore_tp_get(s->k, "copy", &a);
        assert_int_equal(a.nca, 2);
        tp_assets_put(&a);
        mem_free_secret(text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                STORE_TEST(the_fqdn_has_a_default),
                STORE_TEST(a_self_signed_identity_is_what_was_configured),
                STORE_TEST(a_proxy_ldc_issuer_is_a_ca),
                STORE_TEST(a_missing_key_pair_is_made_and_kept),
                STORE_TEST(a_certificate_always_has_a_name),
                STORE_TEST(what_cannot_be_in_a_certificate_changes_nothing),
                STORE_TEST(a_request_is_signed_by_the_key_pair),
                STORE_TEST(authenticate_then_import),
                STORE_TEST(pastes_that_are_no_certificate),
                STORE_TEST(a_bundle_becomes_a_trustpoint),
                STORE_TEST(raw_bytes_are_taken_too),
                STORE_TEST(three_failures_three_messages_no_change),
                STORE_TEST(an_export_imports_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
