/* Local dynamic certificates: what the other library reads in them, which originals and issuers are refused. */
#include "pki/issuer.h"

#include "pki/der.h"
#include "pki/x509_write.h"
#include "platform/base/str.h"
#include "tests/support/pki_mint.h"

static struct keypair *ca_pair, *phone_pair, *weak_pair;
static struct cert *issuer;

static struct cert *self_enrolled(struct keypair *key, bool ldc_issuer, time_t now)
{
        struct trustpoint_conf tp = { .o.name = (char *)(uintptr_t) "ldc_server", .proxy_ldc_issuer = ldc_issuer };
        struct enroll_params ep = { .hostname = "ciscoasa", .domain = "example.com" };
        struct x509_plan plan;
        struct err e = { 0 };
        struct cert *c;

        strcpy(tp.subject, "cn=FW_LDC_SIGNER_192_0_2_1");
        strcpy(tp.fqdn, "ldc-ca.example.com");
        assert_int_equal(x509_plan(&plan, &tp, &ep, &e), 0);
        c = self_signed_make(&plan, key, now, &rng_system, &e);
        assert_non_null(c);
        return c;
}

static int up(void **state)
{
        (void)state;
        ca_pair = mint_keypair(MINT_RSA_1024);
        phone_pair = mint_keypair(MINT_RSA_1024_B);
        weak_pair = mint_keypair(MINT_RSA_768);
        issuer = self_enrolled(ca_pair, true, PKI_NOW - 86400);
        return 0;
}

static int down(void **state)
{
        (void)state;
        keypair_put(ca_pair);
        keypair_put(phone_pair);
        keypair_put(weak_pair);
        cert_put(issuer);
        return 0;
}

static struct cert *ldc_of(const struct cert *original, struct err *e)
{
        return issuer_sign_ldc(cert_x509(original), issuer, ca_pair, phone_pair, PKI_NOW, &rng_system, e);
}

static struct cert *ldc_for_cn(const char *cn)
{
        struct cert *o = mint(&(struct mint){ .cn = cn, .key = MINT_RSA_1024 }), *c;
        struct err e = { 0 };

        c = ldc_of(o, &e);
        if (!c)
                fail_msg("%s", e.text);
        cert_put(o);
        return c;
}

/* ---- what is in it ---- */

static int extension_count(const X509 *x, int nid, bool *critical)
{
        int at = X509_get_ext_by_NID(x, nid, -1);

        *critical = at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(x, at));
        return at < 0 ? 0 : X509_get_ext_by_NID(x, nid, at) < 0 ? 1 : 2;
}

static void openssl_reads_what_was_meant(void **state)
{
        struct cert *c = ldc_for_cn("CP-7962G-SEP001122334455");
        X509 *x = mint_openssl(c), *ca = mint_openssl(issuer);
        const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
        char subject[128];
        bool critical;

        (void)state;
        assert_int_equal(X509_get_version(x), 2);
        assert_int_equal(serial->length, 16);
        assert_int_equal(X509_get_signature_nid(x), NID_sha256WithRSAEncryption);
        X509_NAME_oneline(X509_get_subject_name(x), subject, sizeof subject);
        assert_string_equal(subject, "/O=Example Phones/CN=CP-7962G-SEP001122334455");
        assert_int_equal(X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(ca)), 0);
        assert_int_equal(X509_check_ca(x), 0);
        assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT);
        assert_int_equal(X509_get_extended_key_usage(x), XKU_SSL_SERVER | XKU_SSL_CLIENT);
        assert_int_equal(extension_count(x, NID_basic_constraints, &critical), 1);
        assert_true(critical);
        assert_int_equal(extension_count(x, NID_key_usage, &critical), 1);
        assert_true(critical);
        assert_int_equal(extension_count(x, NID_ext_key_usage, &critical), 1);
        assert_false(critical);
        assert_int_equal(X509_get_ext_count(x), 5);
        assert_int_equal(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(x), X509_get0_subject_key_id(ca)), 0);
        assert_int_equal(X509_get0_subject_key_id(x)->length, 20);
        assert_true(EVP_PKEY_eq(X509_get0_pubkey(x), mint_key(MINT_RSA_1024_B)));
        assert_int_equal(X509_verify(x, X509_get0_pubkey(ca)), 1);
        X509_free(x);
        X509_free(ca);
        cert_put(c);
}

/* As a call manager that has the issuer in its trust list does it, in the strictest mode there is. */
static void openssl_verifies_it_strictly(void **state)
{
        static const int purposes[] = { X509_PURPOSE_SSL_CLIENT, X509_PURPOSE_SSL_SERVER };
        struct cert *c = ldc_for_cn("SEP001122334455");
        X509 *x = mint_openssl(c), *ca = mint_openssl(issuer);
        X509_STORE *store = X509_STORE_new();

        (void)state;
        X509_STORE_add_cert(store, ca);
        for (size_t i = 0; i < ARRAY_LEN(purposes); i++) {
                X509_STORE_CTX *ctx = X509_STORE_CTX_new();

                assert_true(X509_STORE_CTX_init(ctx, store, x, NULL));
                X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), PKI_NOW);
                X509_STORE_CTX_set_purpose(ctx, purposes[i]);
                X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
                if (X509_verify_cert(ctx) != 1)
                        fail_msg("%s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
                X509_STORE_CTX_free(ctx);
        }
        X509_STORE_free(store);
        X509_free(x);
        X509_free(ca);
        cert_put(c);
}

/* Re-encoding by another library gives the same bytes: it was DER. */
static void it_is_der(void **state)
{
        struct cert *c = ldc_for_cn("SEP001122334455");
        X509 *x = mint_openssl(c);
        unsigned char *again = NULL;
        size_t n;
        const uint8_t *der = cert_der(c, &n);
        int m;

        (void)state;
        X509_up_ref(x);
        m = i2d_re_X509_tbs(x, &again);
        assert_true(m > 0 && (size_t)m < n);
        assert_memory_equal(again, der + 4, (size_t)m); /* behind the outer header */
        OPENSSL_free(again);
        X509_free(x);
        X509_free(x);
        cert_put(c);
}

static void each_has_a_serial_of_its_own(void **state)
{
        struct cert *a = ldc_for_cn("SEP001122334455"), *b = ldc_for_cn("SEP001122334455");
        char sa[80], sb[80];

        (void)state;
        cert_serial_text(a, sa, sizeof sa);
        cert_serial_text(b, sb, sizeof sb);
        assert_int_equal(strlen(sa), 32);
        assert_string_not_equal(sa, sb);
        cert_put(a);
        cert_put(b);
}

/* ---- dates ---- */

static time_t begins(const struct cert *c)
{
        struct tm tm = { 0 };
        X509 *x = mint_openssl(c);

        assert_true(ASN1_TIME_to_tm(X509_get0_notBefore(x), &tm));
        X509_free(x);
        return timegm(&tm);
}

static void validity_ends_with_the_first(void **state)
{
        static const struct {
                long original_days; /* from now */
                time_t want;        /* from now */
        } rows[] = {
                { 5000, 365L * 86400 }, /* ours */
                { 100, 100L * 86400 },  /* the phone's */
                { -400, 365L * 86400 }, /* expired and let through: not a reason to end yesterday */
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct cert *o = mint(&(struct mint){ .cn = "SEP001122334455",
                                                      .key = MINT_RSA_1024,
                                                      .from_days = -1000,
                                                      .to_days = rows[i].original_days });
                struct err e = { 0 };
                struct cert *c = ldc_of(o, &e);

                assert_non_null(c);
                assert_int_equal(cert_end(cert_x509(c)), PKI_NOW + rows[i].want);
                assert_int_equal(begins(c), PKI_NOW - 3600);
                cert_put(c);
                cert_put(o);
        }
}

static void validity_ends_with_the_issuer(void **state)
{
        time_t now = PKI_NOW - 86400 + (time_t)(SELF_SIGNED_DAYS - 10) * 86400;
        struct cert *o = mint(&(struct mint){ .cn = "SEP001122334455", .key = MINT_RSA_1024, .to_days = 10000 }), *c;
        struct err e = { 0 };

        (void)state;
        c = issuer_sign_ldc(cert_x509(o), issuer, ca_pair, phone_pair, now, &rng_system, &e);
        assert_non_null(c);
        assert_int_equal(cert_end(cert_x509(c)), cert_end(cert_x509(issuer)));
        assert_int_equal(cert_end(cert_x509(c)), now + 10L * 86400);
        cert_put(c);
        cert_put(o);
}

/* UTCTime ends with 2049. */
static void dates_on_both_sides_of_2050(void **state)
{
        static const struct {
                time_t now;
                int type;
        } rows[] = { { 2493072000 - 86400, V_ASN1_UTCTIME },
                     { 2524607999, V_ASN1_UTCTIME },
                     { 2524608000, V_ASN1_GENERALIZEDTIME } };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                /* the end of the original decides */
                time_t now = rows[i].now - 86400;
                struct cert *ca = self_enrolled(ca_pair, true, now), *c, *o;
                struct err e = { 0 };
                X509 *x;
                X509 *odd = mint_x509(&(struct mint){ .cn = "SEP001122334455", .key = MINT_RSA_1024 });

                X509_time_adj_ex(X509_getm_notAfter(odd), 1, 0, &now);
                X509_sign(odd, mint_key(MINT_RSA_1024), EVP_sha256());
                o = mint_cert_of(odd);
                c = issuer_sign_ldc(cert_x509(o), ca, ca_pair, phone_pair, now, &rng_system, &e);
                assert_non_null(c);
                x = mint_openssl(c);
                assert_int_equal(X509_get0_notAfter(x)->type, rows[i].type);
                assert_int_equal(cert_end(cert_x509(c)), rows[i].now);
                X509_free(x);
                X509_free(odd);
                cert_put(c);
                cert_put(o);
                cert_put(ca);
        }
}

/* ---- originals ---- */

/* SEQUENCE { SET { SEQUENCE { CN, value } } } around n value bytes of that tag. */
static size_t name_of(uint8_t *buf, size_t cap, uint8_t tag, const void *value, size_t n)
{
        struct der d = der_of(buf, cap);
        size_t len;
        const uint8_t *p;

        der_tlv(&d, tag, value, n);
        der_tlv(&d, DER_OID, "\x55\x04\x03", 3);
        der_wrap(&d, DER_SEQUENCE, cap);
        der_wrap(&d, DER_SET, cap);
        der_wrap(&d, DER_SEQUENCE, cap);
        assert_false(d.full);
        p = der_bytes(&d, &len);
        memmove(buf, p, len);
        return len;
}

#define STR(x) x, sizeof(x) - 1
static const struct subject_row {
        uint8_t tag;
        const char *value;
        size_t n;
        bool good;
} subject_rows[] = {
        { 0x13, STR("SEP001122334455"), true },
        { 0x0c, STR("SEP001122334455"), true },
        { 0x0c, STR("T\xc3\xa9l\xc3\xa9phone"), true },
        { 0x14, STR("\xa0\xff weird"), true },
        { 0x16, STR("a@example.com"), true },
        { 0x1e, STR("\0S\0E\0P"), true },
        { 0x1c, STR("\0\0\0S"), true },
        { 0x13, STR("x,CN=SEP999999999999\n\x1b[2J"), true }, /* ugly, but it is what the CA signed */
        { 0x0c, STR("SEP\0evil"), false },
        { 0x1e, STR("\0S\0"), false },
        { 0x1e, STR("\0S\0\0"), false },
        { 0x1c, STR("\0\0S"), false },
        { 0x0c, STR(""), false },
        { 0x02, STR("1"), false },  /* INTEGER */
        { 0x30, STR(""), false },   /* SEQUENCE */
        { 0x24, STR("ab"), false }, /* constructed */
};

static void subjects_are_judged(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(subject_rows); i++) {
                const struct subject_row *r = &subject_rows[i];
                uint8_t name[256];
                size_t n = name_of(name, sizeof name, r->tag, r->value, r->n);
                struct err e = { 0 };

                if ((ldc_subject_check(name, n, &e) == 0) != r->good)
                        fail_msg("row %zu: %s", i, e.text);
                /* no prefix of a name is a name */
                for (size_t cut = 0; cut < n; cut++)
                        assert_int_equal(ldc_subject_check(name, cut, NULL), -1);
        }
}

static void subjects_that_are_no_der(void **state)
{
        static const struct {
                const char *p;
                size_t n;
        } rows[] = {
                { STR("") },
                { STR("\x30\x00") },         /* empty */
                { STR("\x30\x80\x00\x00") }, /* indefinite */
                { STR("\x30\x81\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x13\x03"
                      "abc") }, /* long form of a short length */
                { STR("\x30\x82\x00\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x13\x03"
                      "abc") },
                { STR("\x30\x83\x00\x00\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x13\x03"
                      "abc") },
                { STR("\x30\x02\x31\x00") }, /* a SET of nothing */
                { STR("\x30\x0e\x30\x0c\x30\x0a\x06\x03\x55\x04\x03\x13\x03"
                      "abc") }, /* SEQUENCE for SET */
                { STR("\x30\x0b\x31\x09\x30\x07\x06\x00\x13\x03"
                      "abc") }, /* no OID */
                { STR("\x30\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x83\x13\x03"
                      "abc") }, /* an OID without end */
                { STR("\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x13\x03"
                      "abc\x05") }, /* a byte behind the value */
                { STR("\x30\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x13\x03"
                      "abcd") }, /* a byte behind the name */
        };
        static const char good[] = "\x30\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x13\x03"
                                   "abc";

        (void)state;
        assert_int_equal(ldc_subject_check((const uint8_t *)good, sizeof good - 1, NULL), 0);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                if (ldc_subject_check((const uint8_t *)rows[i].p, rows[i].n, NULL) == 0)
                        fail_msg("row %zu", i);
}

/* The longest name that is copied, and one byte more. */
static void subjects_are_capped(void **state)
{
        uint8_t value[LDC_SUBJECT_MAX], name[LDC_SUBJECT_MAX + 64];
        struct err e = { 0 };

        (void)state;
        memset(value, 'x', sizeof value);
        for (size_t n = LDC_SUBJECT_MAX - 40; n < LDC_SUBJECT_MAX; n++) {
                size_t len = name_of(name, sizeof name, 0x0c, value, n);
                struct cert *o = mint(&(struct mint){ .subject = name, .subject_len = len, .key = MINT_RSA_1024 }),
                            *c;

                c = ldc_of(o, &e);
                assert_int_equal(c != NULL, len <= LDC_SUBJECT_MAX);
                if (c) {
                        assert_int_equal(cert_x509(c)->subject_raw.len, len);
                        assert_memory_equal(cert_x509(c)->subject_raw.p, name, len);
                } else {
                        assert_int_equal(e.code, ERR_LIMIT);
                        assert_non_null(strstr(e.text, "longer than 1024"));
                }
                cert_put(c);
                cert_put(o);
        }
}

/* Whatever may be copied arrives byte for byte, in the encoding and order that the phone's CA chose. */
static void odd_subjects_are_copied_as_they_are(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(subject_rows); i++) {
                const struct subject_row *r = &subject_rows[i];
                uint8_t name[256];
                size_t n = name_of(name, sizeof name, r->tag, r->value, r->n);
                struct err e = { 0 };
                struct cert *o, *c;
                mbedtls_x509_crt x = *cert_x509(issuer); /* libcrypto would refuse to sign some of these */

                x.subject_raw = (mbedtls_x509_buf){ .p = name, .len = n };
                c = issuer_sign_ldc(&x, issuer, ca_pair, phone_pair, PKI_NOW, &rng_system, &e);
                assert_int_equal(c != NULL, r->good);
                if (!c)
                        continue;
                assert_int_equal(cert_x509(c)->subject_raw.len, n);
                assert_memory_equal(cert_x509(c)->subject_raw.p, name, n);
                o = c;
                cert_put(o);
        }
}

/* ---- issuers and keys ---- */

static void wrong_issuers_are_refused(void **state)
{
        struct cert *o = mint(&(struct mint){ .cn = "SEP001122334455", .key = MINT_RSA_1024 });
        struct cert *no_ca = self_enrolled(ca_pair, false, PKI_NOW), *weak = self_enrolled(weak_pair, true, PKI_NOW);
        struct cert *future_end = issuer;
        const struct {
                struct cert *ca;
                struct keypair *ca_key, *key;
                time_t now;
                const char *why;
        } rows[] = {
                { NULL, ca_pair, phone_pair, PKI_NOW, "has not been enrolled" },
                { issuer, NULL, phone_pair, PKI_NOW, "has not been enrolled" },
                { no_ca, ca_pair, phone_pair, PKI_NOW, "is no CA certificate" },
                { issuer, phone_pair, phone_pair, PKI_NOW, "does not belong to its certificate" },
                { weak, weak_pair, phone_pair, PKI_NOW, "key of 768 bits is smaller than 1024" },
                { issuer, ca_pair, weak_pair, PKI_NOW, "key pair of 768 bits is not an RSA key of at least 1024" },
                { future_end, ca_pair, phone_pair, (time_t)3000000000, "has expired" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct err e = { 0 };

                assert_null(issuer_sign_ldc(cert_x509(o), rows[i].ca, rows[i].ca_key, rows[i].key, rows[i].now,
                                            &rng_system, &e));
                if (!strstr(e.text, rows[i].why))
                        fail_msg("row %zu: %s", i, e.text);
        }
        cert_put(o);
        cert_put(no_ca);
        cert_put(weak);
}

static int no_randomness(void *ctx, void *out, size_t n)
{
        (void)ctx;
        (void)out;
        (void)n;
        return -1;
}

static void without_randomness_nothing_is_signed(void **state)
{
        static const struct rng dry = { .fill = no_randomness };
        struct cert *o = mint(&(struct mint){ .cn = "SEP001122334455", .key = MINT_RSA_1024 });
        struct err e = { 0 };

        (void)state;
        assert_null(issuer_sign_ldc(cert_x509(o), issuer, ca_pair, phone_pair, PKI_NOW, &dry, &e));
        assert_int_equal(e.code, ERR_CRYPTO);
        cert_put(o);
}

static void without_memory_nothing_is_signed(void **state)
{
        struct cert *o = mint(&(struct mint){ .cn = "SEP001122334455", .key = MINT_RSA_1024 }), *c = NULL;
        uint64_t live = mem_live_blocks();

        (void)state;
        for (uint64_t n = 1; !c; n++) {
                struct err e = { 0 };

                assert_true(n < 200);
                mem_fail_nth(n, false);
                c = ldc_of(o, &e);
                assert_true(c || e.code != ERR_NONE);
        }
        mem_fail_nth(0, false);
        cert_put(c);
        assert_int_equal(mem_live_blocks(), live);
        cert_put(o);
}

/* ---- devices ---- */

static void devices_are_found(void **state)
{
        static const struct {
                const char *cn;
                const char *device; /* NULL: none */
                unsigned found;
        } rows[] = {
                { "SEP001122334455", "SEP001122334455", 1 },
                { "CP-7962G-SEP00aabbccddee", "SEP00AABBCCDDEE", 1 },
                { "sep00AABBCCDDEE", "SEP00AABBCCDDEE", 1 },
                { "SEP001122334455-SEP001122334455", "SEP001122334455", 1 },
                { "SEP001122334455 SEP001122334456", NULL, 2 },
                { "SEP00112233445", NULL, 0 },
                { "SEP0011223344556", NULL, 0 }, /* thirteen digits are no hardware address */
                { "SEP00112233445G", NULL, 0 },
                { "SEP001122334455G", NULL, 0 },
                { "XSEP001122334455", NULL, 0 },
                { "SEPSEP001122334455", NULL, 0 },
                { "SEP SEP001122334455", "SEP001122334455", 1 },
                { "SEP:00:11:22:33:44:55", NULL, 0 },
                { "", NULL, 0 },
                { "CSFalice", NULL, 0 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                char device[PHONE_DEVICE_MAX + 1] = "";
                unsigned found = phone_device_in((const uint8_t *)rows[i].cn, strlen(rows[i].cn), device);

                if (found != rows[i].found || (rows[i].device && strcmp(device, rows[i].device)))
                        fail_msg("%s: %u %s", rows[i].cn, found, device);
                for (size_t n = 0; n + 1 < strlen(rows[i].cn) && n < 15; n++) { /* a cut device is none */
                        device[0] = 0;
                        assert_int_equal(phone_device_in((const uint8_t *)rows[i].cn, n, device) > 1, false);
                }
        }
}

static void devices_of_certificates(void **state)
{
        static const struct {
                uint8_t tag;
                const char *value;
                size_t n;
                const char *device;
        } rows[] = {
                { 0x13, STR("CP-7962G-SEP001122334455"), "SEP001122334455" },
                { 0x1e,
                  STR("\0S\0E\0P\0"
                      "0\0"
                      "0\0"
                      "1\0"
                      "1\0"
                      "2\0"
                      "2\0"
                      "3\0"
                      "3\0"
                      "4\0"
                      "4\0"
                      "5\0"
                      "5"),
                  "" },
                { 0x13, STR("SEP001122334455 SEP665544332211"), "" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                uint8_t name[256];
                size_t n = name_of(name, sizeof name, rows[i].tag, rows[i].value, rows[i].n);
                struct cert *c = mint(&(struct mint){ .subject = name, .subject_len = n, .key = MINT_RSA_1024 });
                char device[PHONE_DEVICE_MAX + 1] = "x";

                assert_int_equal(cert_phone_device(cert_x509(c), device), rows[i].device[0] != 0);
                assert_string_equal(device, rows[i].device);
                cert_put(c);
        }
}

/* Two names in one certificate may not be played against each other; other attributes are no device. */
static void devices_in_several_attributes(void **state)
{
        static const struct {
                const char *key[2], *value[2], *device;
        } rows[] = {
                { { "CN", "CN" }, { "SEP001122334455", "SEP001122334455" }, "SEP001122334455" },
                { { "CN", "CN" }, { "SEP001122334455", "SEP001122334456" }, "" },
                { { "CN", "OU" }, { "SEP001122334455", "SEP001122334456" }, "SEP001122334455" },
                { { "OU", "serialNumber" }, { "SEP001122334455", "PID:CP-7962G SN:SEP001122334455" }, "" },
                { { "CN", "CN" }, { "alice", "SEP001122334455" }, "SEP001122334455" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                X509_NAME *name = X509_NAME_new();
                char device[PHONE_DEVICE_MAX + 1];
                unsigned char *der = NULL;
                struct cert *c;
                int n;

                for (unsigned k = 0; k < 2; k++)
                        X509_NAME_add_entry_by_txt(name, rows[i].key[k], MBSTRING_ASC,
                                                   (const uint8_t *)rows[i].value[k], -1, -1, 0);
                n = i2d_X509_NAME(name, &der);
                c = mint(&(struct mint){ .subject = der, .subject_len = (size_t)n, .key = MINT_RSA_1024 });
                cert_phone_device(cert_x509(c), device);
                assert_string_equal(device, rows[i].device);
                cert_put(c);
                OPENSSL_free(der);
                X509_NAME_free(name);
        }
}

/* ---- the writer ---- */

static void lengths_are_written_in_their_shortest_form(void **state)
{
        static const size_t sizes[] = { 0, 1, 127, 128, 255, 256, 1000, 65535 };
        static uint8_t in[65536], room[65536 + 8];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
                struct der d = der_of(room, sizeof room);
                struct cur c, v;
                uint8_t tag;
                size_t n;
                const uint8_t *p;

                der_tlv(&d, DER_OCTET_STRING, in, sizes[i]);
                assert_false(d.full);
                p = der_bytes(&d, &n);
                c = cur_of(p, n);
                v = der_next(&c, &tag);
                assert_false(c.bad || v.bad);
                assert_int_equal(tag, DER_OCTET_STRING);
                assert_int_equal(v.left, sizes[i]);
                assert_int_equal(c.left, 0);
                for (size_t cap = 0; cap < MIN_OF(n, 300); cap++) { /* too little room is noticed */
                        d = der_of(room, cap);
                        der_tlv(&d, DER_OCTET_STRING, in, sizes[i]);
                        assert_true(d.full);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(openssl_reads_what_was_meant),
                cmocka_unit_test(openssl_verifies_it_strictly),
                cmocka_unit_test(it_is_der),
                cmocka_unit_test(each_has_a_serial_of_its_own),
                cmocka_unit_test(validity_ends_with_the_first),
                cmocka_unit_test(validity_ends_with_the_issuer),
                cmocka_unit_test(dates_on_both_sides_of_2050),
                cmocka_unit_test(subjects_are_judged),
                cmocka_unit_test(subjects_that_are_no_der),
                cmocka_unit_test(subjects_are_capped),
                cmocka_unit_test(odd_subjects_are_copied_as_they_are),
                cmocka_unit_test(wrong_issuers_are_refused),
                cmocka_unit_test(without_randomness_nothing_is_signed),
                cmocka_unit_test(without_memory_nothing_is_signed),
                cmocka_unit_test(devices_are_found),
                cmocka_unit_test(devices_of_certificates),
                cmocka_unit_test(devices_in_several_attributes),
                cmocka_unit_test(lengths_are_written_in_their_shortest_form),
        };

        return cmocka_run_group_tests(tests, up, down);
}
