/* Phones at the TLS door, and the certificates we make for them: the whole way from a phone's handshake to a call
 * manager's. */
#include "proxy/ldc.h"

#include <mbedtls/net_sockets.h>

#include "pki/x509_write.h"
#include "platform/base/str.h"
#include "tests/support/pki_mint.h"

#define ROOMY 65536u
#define TLS10 MBEDTLS_SSL_MINOR_VERSION_1
#define TLS12 MBEDTLS_SSL_MINOR_VERSION_3

static struct clock_virtual at;
static struct clock clk;
static struct log *logs;
static struct log_src *src;
static struct keypair *server_key, *signer_key, *phone_key, *weak_key;
static struct cert *server_cert, *issuer, *other_issuer, *plain_self;
static X509 *mic_ca, *lsc_ca, *old_ca, *mid_ca;
static struct identity_rt ids[5];
static struct key_rt keys[2];
static struct pki_rt pki;

/* ---- the box ---- */

static struct cert *self_enrolled(const char *subject, struct keypair *key, bool ldc_issuer)
{
        struct trustpoint_conf tp = { .o.name = (char *)(uintptr_t) "tp", .proxy_ldc_issuer = ldc_issuer };
        struct enroll_params ep = { .hostname = "ciscoasa", .domain = "example.com" };
        struct x509_plan plan;
        struct err e = { 0 };
        struct cert *c;

        str_copy(tp.subject, sizeof tp.subject, subject);
        assert_int_equal(x509_plan(&plan, &tp, &ep, &e), 0);
        c = self_signed_make(&plan, key, PKI_NOW, &rng_system, &e);
        assert_non_null(c);
        return c;
}

static X509 *ca_of(const char *cn, enum mint_key key, long to_days, X509 *above, enum mint_key above_key)
{
        return mint_x509(&(struct mint){ .cn = cn,
                                         .key = key,
                                         .is_ca = true,
                                         .md = EVP_sha1(),
                                         .from_days = -4000,
                                         .to_days = to_days,
                                         .ca = above,
                                         .ca_key = above_key,
                                         .usage = "keyCertSign,cRLSign" });
}

static struct identity_rt identity(const char *name, struct cert *c, struct keypair *k, bool ldc_issuer)
{
        struct identity_rt id = { .cert = c, .key = k, .ldc_issuer = ldc_issuer };

        str_copy(id.trustpoint, sizeof id.trustpoint, name);
        return id;
}

static void open_log(void)
{
        struct log_conf conf;

        logs = log_new(&clk, 256);
        src = log_src_new(logs, "test");
        log_conf_init(&conf);
        conf.enable = true;
        conf.buffer_size = 65536;
        conf.dest[LOG_TO_BUFFER].level = LOG_L_DEBUG;
        assert_int_equal(log_configure(logs, &conf, NULL), 0);
}

static int up(void **state)
{
        (void)state;
        at.wall = (int64_t)PKI_NOW * 1000000000;
        clk = clock_of_virtual(&at);
        open_log();
        server_key = pki_key("server.key");
        signer_key = mint_keypair(MINT_RSA_1024);
        phone_key = mint_keypair(MINT_RSA_1024_B);
        weak_key = mint_keypair(MINT_RSA_768);
        server_cert = pki_cert("server.pem");
        issuer = self_enrolled("cn=LDC", signer_key, true);
        other_issuer = self_enrolled("cn=LDC2", signer_key, true);
        plain_self = self_enrolled("cn=plain", signer_key, false);
        mic_ca = ca_of("Cisco Manufacturing CA", MINT_RSA_2048, 4000, NULL, 0);
        lsc_ca = ca_of("CAPF-1", MINT_RSA_1024, 4000, NULL, 0);
        old_ca = ca_of("CAP-RTP-001", MINT_RSA_2048, -10, NULL, 0);
        mid_ca = ca_of("Middle CA", MINT_RSA_1024_B, 4000, mic_ca, MINT_RSA_2048);
        /* sorted by name, as compiled */
        ids[0] = identity("ccm_proxy", server_cert, server_key, false);
        ids[1] = identity("empty", NULL, NULL, true);
        ids[2] = identity("ldc2", other_issuer, signer_key, true);
        ids[3] = identity("ldc_server", issuer, signer_key, true);
        ids[4] = identity("plain", plain_self, signer_key, false);
        keys[0] = (struct key_rt){ "phone_common", phone_key };
        keys[1] = (struct key_rt){ "weak", weak_key };
        pki = (struct pki_rt){ .n = 5, .id = ids, .all = trust_set_new(NULL, 0), .nkeys = 2, .keys = keys };
        return 0;
}

static int down(void **state)
{
        (void)state;
        trust_set_put(pki.all);
        keypair_put(server_key);
        keypair_put(signer_key);
        keypair_put(phone_key);
        keypair_put(weak_key);
        cert_put(server_cert);
        cert_put(issuer);
        cert_put(other_issuer);
        cert_put(plain_self);
        X509_free(mic_ca);
        X509_free(lsc_ca);
        X509_free(old_ca);
        X509_free(mid_ca);
        log_free(logs);
        return 0;
}

static void collect(void *ctx, const char *line)
{
        char *text = ctx;

        snprintf(text + strlen(text), 16384 - strlen(text), "%s\n", line);
}

static const char *lines(void)
{
        static char text[16384];

        *text = 0;
        log_step(logs);
        log_buffer_walk(logs, collect, text);
        log_buffer_clear(logs);
        return text;
}

/* MIC and LSC issuers at once; `expired`: with accept-expired-phone-certificate. */
static struct trust_set *phone_cas(bool expired)
{
        X509 *const ca[] = { mic_ca, lsc_ca, old_ca };
        static const char *const name[] = { "cisco_mfg_ca", "capf", "cap_rtp_001" };
        struct trust_anchor a[3];
        struct trust_set *t;

        for (unsigned i = 0; i < 3; i++) {
                a[i] = (struct trust_anchor){ .accept_expired_phone = expired, .cert = mint_cert_of(ca[i]) };
                str_copy(a[i].trustpoint, sizeof a[i].trustpoint, name[i]);
        }
        t = trust_set_new(a, 3);
        for (unsigned i = 0; i < 3; i++)
                cert_put(a[i].cert);
        return t;
}

static struct leg *door(struct trust_set *trust, bool phone, struct leg *lower)
{
        static const char suites[][SSL_SUITE_NAME_MAX + 1] = { "aes128-sha1", "ecdhe-aes128-gcm-sha256" };
        struct tls_profile_params p = { .role = TLS_SERVER,
                                        .identity = &ids[0],
                                        .trust = trust,
                                        .nsuites = 2,
                                        .suites = suites,
                                        .phone = phone,
                                        .rng = &rng_system,
                                        .clk = &clk };
        struct err e = { 0 };
        struct tls_profile *t = tls_profile_new(&p, &e);
        struct leg *l;

        if (!t)
                fail_msg("%s", e.text);
        l = leg_tls_new(t, lower, src, &e);
        assert_non_null(l);
        tls_profile_put(t);
        return l;
}

/* ---- a phone: a client of its own over a memory leg ---- */

struct phone {
        mbedtls_ssl_context ssl;
        mbedtls_ssl_config conf;
        mbedtls_x509_crt own;
        mbedtls_pk_context key;
        struct leg *lower;
        int rc;
};

static int phone_send(void *ctx, const unsigned char *buf, size_t n)
{
        ssize_t r = leg_write(((struct phone *)ctx)->lower, buf, n);

        return r >= 0 ? (int)r : r == LEG_AGAIN ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_NET_CONN_RESET;
}

static int phone_recv(void *ctx, unsigned char *buf, size_t n)
{
        ssize_t r = leg_read(((struct phone *)ctx)->lower, buf, n);

        return r >= 0 ? (int)r : r == LEG_AGAIN ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_NET_CONN_RESET;
}

static void phone_cert(struct phone *p, X509 *x)
{
        unsigned char *der = NULL;
        int n = i2d_X509(x, &der);

        assert_int_equal(mbedtls_x509_crt_parse_der(&p->own, der, (size_t)n), 0);
        OPENSSL_free(der);
}

/* x NULL: has no certificate. key: that it signs with, perhaps not its own. */
static struct phone *phone_new(X509 *x, X509 *above, enum mint_key key, int version, struct leg *lower)
{
        struct phone *p = mem_alloc(MEM_MISC, sizeof *p);
        unsigned char *der = NULL;
        int n = i2d_PrivateKey(mint_key(key), &der);

        p->lower = lower;
        p->rc = MBEDTLS_ERR_SSL_WANT_READ;
        mbedtls_ssl_init(&p->ssl);
        mbedtls_ssl_config_init(&p->conf);
        mbedtls_x509_crt_init(&p->own);
        mbedtls_pk_init(&p->key);
        assert_int_equal(mbedtls_ssl_config_defaults(&p->conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                                     MBEDTLS_SSL_PRESET_DEFAULT),
                         0);
        mbedtls_ssl_conf_rng(&p->conf, rng_mbedtls, (void *)(uintptr_t)&rng_system);
        mbedtls_ssl_conf_authmode(&p->conf, MBEDTLS_SSL_VERIFY_NONE);
        mbedtls_ssl_conf_min_version(&p->conf, MBEDTLS_SSL_MAJOR_VERSION_3, version);
        mbedtls_ssl_conf_max_version(&p->conf, MBEDTLS_SSL_MAJOR_VERSION_3, version);
        assert_int_equal(mbedtls_pk_parse_key(&p->key, der, (size_t)n, NULL, 0), 0);
        OPENSSL_free(der);
        if (x) {
                phone_cert(p, x);
                if (above)
                        phone_cert(p, above);
                assert_int_equal(mbedtls_ssl_conf_own_cert(&p->conf, &p->own, &p->key), 0);
        }
        assert_int_equal(mbedtls_ssl_setup(&p->ssl, &p->conf), 0);
        mbedtls_ssl_set_bio(&p->ssl, p, phone_send, phone_recv, NULL);
        return p;
}

static void phone_free(struct phone *p)
{
        mbedtls_ssl_free(&p->ssl);
        mbedtls_ssl_config_free(&p->conf);
        mbedtls_x509_crt_free(&p->own);
        mbedtls_pk_free(&p->key);
        leg_close(p->lower, false);
        mem_free(p);
}

struct call {
        struct phone *phone;
        struct leg *door;
        int rc; /* of the door */
        struct tls_info info;
};

static void call_shake(struct call *c)
{
        c->rc = LEG_AGAIN;
        for (unsigned i = 0; i < 1000 && c->rc == LEG_AGAIN; i++) {
                if (c->phone->rc == MBEDTLS_ERR_SSL_WANT_READ || c->phone->rc == MBEDTLS_ERR_SSL_WANT_WRITE)
                        c->phone->rc = mbedtls_ssl_handshake(&c->phone->ssl);
                c->rc = leg_start(c->door);
        }
        c->phone->rc = mbedtls_ssl_handshake(&c->phone->ssl);
        leg_tls_info(c->door, &c->info);
}

static void call_with(struct call *c, X509 *x, X509 *above, enum mint_key key, int version, bool profile,
                      bool expired)
{
        struct trust_set *t = phone_cas(expired);
        struct leg *a, *b;

        assert_int_equal(leg_mem_pair(&a, &b, ROOMY), 0);
        c->phone = phone_new(x, above, key, version, a);
        c->door = door(t, profile, b);
        trust_set_put(t);
        call_shake(c);
}

static void call_end(struct call *c)
{
        phone_free(c->phone);
        leg_close(c->door, false);
}

/* ---- who is let in ---- */

enum { MIC, LSC, OLD, MID }; /* CAs */
#define CLIENT_EKU "clientAuth"
#define USE "digitalSignature,keyEncipherment"

static const struct phone_row {
        const char *what;
        enum mint_key key;
        int ca;
        bool sha1;
        const char *usage, *eku;
        long to_days;
        bool profile, option;
        const char *reason; /* NULL: let in */
} phone_rows[] = {
        /* factory and locally significant certificates, on the phones' door and on any other */
        { "MIC of 2048 bits", MINT_RSA_2048, MIC, false, USE, CLIENT_EKU, 100, true, false, NULL },
        { "MIC of 2048 bits, other door", MINT_RSA_2048, MIC, false, USE, CLIENT_EKU, 100, false, false, NULL },
        { "SHA-1", MINT_RSA_2048, MIC, true, USE, CLIENT_EKU, 100, true, false, NULL },
        { "SHA-1, other door", MINT_RSA_2048, MIC, true, USE, CLIENT_EKU, 100, false, false,
          "Signature algorithm SHA1 is not allowed" },
        { "1024 bits", MINT_RSA_1024, MIC, false, USE, CLIENT_EKU, 100, true, false, NULL },
        { "1024 bits, other door", MINT_RSA_1024, MIC, false, USE, CLIENT_EKU, 100, false, false,
          "Key of 1024 bits is smaller than 2048" },
        { "1024 bits and SHA-1", MINT_RSA_1024, LSC, true, USE, CLIENT_EKU, 100, true, false, NULL },
        { "768 bits", MINT_RSA_768, MIC, true, USE, CLIENT_EKU, 100, true, false,
          "Key of 768 bits is smaller than 1024" },
        /* what factories wrote into the key usage */
        { "no usage at all", MINT_RSA_1024, MIC, true, NULL, NULL, 100, true, false, NULL },
        { "server only", MINT_RSA_1024, MIC, true, USE, "serverAuth", 100, true, false, NULL },
        { "server only, other door", MINT_RSA_2048, MIC, false, USE, "serverAuth", 100, false, false,
          "Extended key usage does not allow client authentication" },
        { "IPsec end system", MINT_RSA_1024, MIC, true, USE, "ipsecEndSystem", 100, true, false, NULL },
        { "code signer", MINT_RSA_1024, MIC, true, USE, "codeSigning", 100, true, false,
          "Extended key usage does not allow client authentication" },
        { "decrypts only", MINT_RSA_1024, MIC, true, "keyEncipherment", CLIENT_EKU, 100, true, false, NULL },
        { "decrypts only, other door", MINT_RSA_2048, MIC, false, "keyEncipherment", CLIENT_EKU, 100, false, false,
          "Key usage does not allow client authentication" },
        { "signs certificates", MINT_RSA_1024, MIC, true, "keyCertSign", CLIENT_EKU, 100, true, false,
          "Key usage does not allow client authentication" },
        /* time */
        { "expired", MINT_RSA_1024, MIC, true, USE, CLIENT_EKU, -30, true, false,
          "Certificate date is out-of-range: cn=SEP001122334455,o=Example Phones expired 2030-02-15 17:46:40 UTC; "
          "see "
          "accept-expired-phone-certificate of trustpoint cisco_mfg_ca" },
        { "expired, with the option", MINT_RSA_1024, MIC, true, USE, CLIENT_EKU, -30, true, true, NULL },
        { "expired, with the option, other door", MINT_RSA_2048, MIC, false, USE, CLIENT_EKU, -30, false, true,
          "Certificate date is out-of-range: expired 2030-02-15" },
        { "its CA expired", MINT_RSA_1024, OLD, true, USE, CLIENT_EKU, 100, true, false,
          "Certificate date is out-of-range: cn=CAP-RTP-001,o=Example Phones expired 2030-03-07 17:46:40 UTC; see "
          "accept-expired-phone-certificate of trustpoint cap_rtp_001" },
        { "its CA expired, with the option", MINT_RSA_1024, OLD, true, USE, CLIENT_EKU, 100, true, true, NULL },
        { "both expired, with the option", MINT_RSA_1024, OLD, true, USE, CLIENT_EKU, -30, true, true, NULL },
        { "expired and too small, with the option", MINT_RSA_768, MIC, true, USE, CLIENT_EKU, -30, true, true,
          "Key of 768 bits is smaller than 1024" },
        { "expired and a code signer, with the option", MINT_RSA_1024, MIC, true, USE, "codeSigning", -30, true, true,
          "Extended key usage" },
        /* issued by a CA below the trustpoint's */
        { "a CA in between", MINT_RSA_1024, MID, true, USE, CLIENT_EKU, 100, true, false, NULL },
        { "a CA in between, expired, with the option", MINT_RSA_1024, MID, true, USE, CLIENT_EKU, -30, true, true,
          NULL },
        /* elliptic curves */
        { "P-256", MINT_P256, MIC, false, "digitalSignature", CLIENT_EKU, 100, true, false, NULL },
        { "P-384", MINT_P384, MIC, false, "digitalSignature", CLIENT_EKU, 100, true, false, NULL },
        { "P-256, other door", MINT_P256, MIC, false, "digitalSignature", CLIENT_EKU, 100, false, false, NULL },
        { "P-521", MINT_P521, MIC, false, "digitalSignature", CLIENT_EKU, 100, true, false,
          "Key of 521 bits is on a curve that is not allowed" },
};

static X509 *phone_x509(const struct phone_row *r, const char *cn)
{
        X509 *const ca[] = { mic_ca, lsc_ca, old_ca, mid_ca };
        static const enum mint_key key[] = { MINT_RSA_2048, MINT_RSA_1024, MINT_RSA_2048, MINT_RSA_1024_B };

        return mint_x509(&(struct mint){ .cn = cn,
                                         .key = r->key,
                                         .ca = ca[r->ca],
                                         .ca_key = key[r->ca],
                                         .md = r->sha1 ? EVP_sha1() : EVP_sha256(),
                                         .from_days = -3000,
                                         .to_days = r->to_days,
                                         .usage = r->usage,
                                         .eku = r->eku });
}

static void phones_are_let_in_or_told_why(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(phone_rows); i++) {
                const struct phone_row *r = &phone_rows[i];
                X509 *x = phone_x509(r, "SEP001122334455");
                bool in = !r->reason, expired = r->to_days < 0 || r->ca == OLD;
                struct call c;
                const char *log;

                call_with(&c, x, r->ca == MID ? mid_ca : NULL, r->key, TLS12, r->profile, r->option);
                log = lines();
                if ((c.rc == 1) != in || c.info.done != in || c.info.verified != in)
                        fail_msg("%s: %d %s (%s)", r->what, c.rc, c.info.verify_reason, c.door->why);
                if (r->reason && strncmp(c.info.verify_reason, r->reason, strlen(r->reason)))
                        fail_msg("%s: %s", r->what, c.info.verify_reason);
                assert_string_equal(c.info.device, in ? "SEP001122334455" : "");
                assert_int_equal(c.info.expired_accepted, in && expired);
                assert_int_equal(strstr(log, "780020") != NULL, in && expired);
                assert_int_equal(leg_tls_verified_peer(c.door) != NULL, in);
                assert_int_equal(c.phone->rc == 0, in);
                call_end(&c);
                X509_free(x);
        }
}

/* Every use is logged, with who, when and which trustpoint. */
static void each_use_of_the_option_is_logged(void **state)
{
        static const struct phone_row row = { "", MINT_RSA_1024, LSC, true, USE, CLIENT_EKU, -30, true, true, NULL };
        X509 *x = phone_x509(&row, "SEP001122334455");

        (void)state;
        for (unsigned i = 0; i < 3; i++) {
                struct call c;

                call_with(&c, x, NULL, row.key, TLS12, true, true);
                assert_int_equal(c.rc, 1);
                assert_string_equal(c.info.trustpoint, "capf");
                call_end(&c);
                assert_non_null(strstr(lines(),
                                       "%ASA-4-780020: Phone certificate accepted although expired: subject name: "
                                       "cn=SEP001122334455,o=Example Phones, end date: 2030-02-15 17:46:40 UTC, "
                                       "trustpoint capf (accept-expired-phone-certificate)"));
        }
        X509_free(x);
}

static void phones_of_every_age_find_a_version(void **state)
{
        static const struct phone_row row = { "", MINT_RSA_1024, MIC, true, USE, CLIENT_EKU, 100, true, false, NULL };
        static const char *const name[] = { "TLSv1.0", "TLSv1.1", "TLSv1.2" };
        X509 *x = phone_x509(&row, "CP-7962G-SEP00AABBCCDDEE");

        (void)state;
        for (int v = TLS10; v <= TLS12; v++) {
                struct call c;

                call_with(&c, x, NULL, row.key, v, true, false);
                if (c.rc != 1)
                        fail_msg("%s: %s", name[v - TLS10], c.door->why);
                assert_string_equal(c.info.version, name[v - TLS10]);
                assert_string_equal(c.info.device, "SEP00AABBCCDDEE");
                assert_string_equal(c.info.trustpoint, "cisco_mfg_ca");
                call_end(&c);
        }
        X509_free(x);
}

/* A certificate is public: who shows it must have its key. */
static void a_stolen_certificate_is_worth_nothing(void **state)
{
        static const struct phone_row row = { "", MINT_RSA_1024, MIC, true, USE, CLIENT_EKU, 100, true, false, NULL };
        X509 *x = phone_x509(&row, "SEP001122334455");

        (void)state;
        for (int v = TLS10; v <= TLS12; v++) {
                struct call c;

                call_with(&c, x, NULL, MINT_RSA_1024_B, v, true, false);
                assert_int_not_equal(c.rc, 1);
                assert_false(c.info.done || c.info.verified);
                assert_string_equal(c.info.device, "");
                assert_null(leg_tls_verified_peer(c.door));
                call_end(&c);
        }
        X509_free(x);
}

/* T4: who came once is asked again. Neither a session id nor a ticket spares a phone its certificate. */
static void sessions_are_never_resumed(void **state)
{
        static const struct phone_row row = { "", MINT_RSA_1024, MIC, true, USE, CLIENT_EKU, 100, true, false, NULL };
        X509 *x = phone_x509(&row, "SEP001122334455");
        struct trust_set *t = phone_cas(false), *nobody = trust_set_new(NULL, 0);
        mbedtls_ssl_session had;
        struct leg *a, *b;
        struct call c;

        (void)state;
        mbedtls_ssl_session_init(&had);
        call_with(&c, x, NULL, row.key, TLS12, true, false);
        assert_int_equal(c.rc, 1);
        assert_int_equal(mbedtls_ssl_get_session(&c.phone->ssl, &had), 0);
        assert_true(had.ticket_len == 0);
        call_end(&c);
        for (unsigned i = 0; i < 2; i++) { /* the second time its issuer is no longer trusted */
                assert_int_equal(leg_mem_pair(&a, &b, ROOMY), 0);
                c.phone = phone_new(x, NULL, row.key, TLS12, a);
                assert_int_equal(mbedtls_ssl_set_session(&c.phone->ssl, &had), 0);
                c.door = door(i ? nobody : t, true, b);
                call_shake(&c);
                assert_int_equal(c.rc == 1, i == 0);
                assert_true(c.info.peer_cert && !c.info.resumed);
                call_end(&c);
        }
        mbedtls_ssl_session_free(&had);
        trust_set_put(t);
        trust_set_put(nobody);
        X509_free(x);
}

static void a_phone_without_a_certificate_stays_outside(void **state)
{
        struct call c;

        (void)state;
        call_with(&c, NULL, NULL, MINT_RSA_1024, TLS12, true, true);
        assert_int_equal(c.rc, LEG_FAIL);
        assert_false(c.info.verified);
        assert_null(leg_tls_verified_peer(c.door));
        call_end(&c);
}

/* The same CA in two trustpoints: the option of one is enough, and it is that one that is named. */
static void the_option_of_any_trustpoint_of_that_ca_counts(void **state)
{
        static const struct phone_row row = { "", MINT_RSA_1024, MIC, true, USE, CLIENT_EKU, -30, true, true, NULL };
        X509 *x = phone_x509(&row, "SEP001122334455");
        struct cert *leaf = mint_cert_of(x), *ca = mint_cert_of(mic_ca), *lsc = mint_cert_of(lsc_ca);
        struct chain_policy p = { .purpose = CHAIN_PHONE, .now = PKI_NOW, .rsa_min_bits = 1024, .allow_sha1 = true };
        struct trust_anchor a[] = { { "one", false, ca }, { "lsc", true, lsc }, { "two", true, ca } };
        struct chain_answer out;
        struct trust_set *t;

        (void)state;
        t = trust_set_new(a, 2); /* of another CA only */
        assert_int_equal(chain_verify(t, cert_x509(leaf), &p, NULL, &out), CHAIN_REFUSED);
        assert_false(out.expired_accepted);
        trust_set_put(t);
        t = trust_set_new(a, 3);
        assert_int_equal(chain_verify(t, cert_x509(leaf), &p, NULL, &out), CHAIN_OK);
        assert_true(out.expired_accepted);
        assert_string_equal(out.trustpoint, "two");
        p.now = PKI_NOW - 40L * 86400; /* while it was in time nobody needed the option */
        assert_int_equal(chain_verify(t, cert_x509(leaf), &p, NULL, &out), CHAIN_OK);
        assert_false(out.expired_accepted);
        assert_string_equal(out.trustpoint, "one");
        p.now = PKI_NOW - 3100L * 86400; /* not yet valid is never forgiven */
        assert_int_equal(chain_verify(t, cert_x509(leaf), &p, NULL, &out), CHAIN_REFUSED);
        trust_set_put(t);
        cert_put(leaf);
        cert_put(ca);
        cert_put(lsc);
        X509_free(x);
}

/* The option is about phones and the CA that issued them; what stands in between must be in time. */
static void an_expired_ca_in_between_is_never_forgiven(void **state)
{
        X509 *mid = ca_of("Expired Middle", MINT_RSA_1024_B, -5, mic_ca, MINT_RSA_2048);
        X509 *x = mint_x509(&(struct mint){ .cn = "SEP001122334455",
                                            .key = MINT_RSA_1024,
                                            .ca = mid,
                                            .ca_key = MINT_RSA_1024_B,
                                            .md = EVP_sha1(),
                                            .to_days = 100 });
        struct call c;

        (void)state;
        call_with(&c, x, mid, MINT_RSA_1024, TLS12, true, true);
        assert_int_equal(c.rc, LEG_FAIL);
        assert_string_equal(c.info.verify_reason,
                            "Certificate date is out-of-range: cn=Expired Middle,o=Example Phones expired "
                            "2030-03-12 17:46:40 UTC");
        assert_null(strstr(lines(), "780020"));
        call_end(&c);
        X509_free(x);
        X509_free(mid);
}

/* A phone's own certificate, pasted: it is trusted for itself, expired only by the option. */
static void a_pasted_phone_certificate_expires_too(void **state)
{
        struct cert *c = mint(&(struct mint){ .cn = "SEP001122334455",
                                              .key = MINT_RSA_1024,
                                              .from_days = -900,
                                              .to_days = -30,
                                              .usage = USE,
                                              .eku = CLIENT_EKU });
        struct chain_policy p = { .purpose = CHAIN_PHONE, .now = PKI_NOW, .rsa_min_bits = 1024, .allow_sha1 = true };

        (void)state;
        for (unsigned option = 0; option < 2; option++) {
                struct trust_anchor a = { "softphone", option, c };
                struct trust_set *t = trust_set_new(&a, 1);
                struct chain_answer out;

                assert_int_equal(chain_verify(t, cert_x509(c), &p, NULL, &out), option ? CHAIN_OK : CHAIN_REFUSED);
                assert_int_equal(out.expired_accepted, option);
                assert_int_equal(strstr(out.reason, "accept-expired-phone-certificate of trustpoint softphone") !=
                                         NULL,
                                 !option);
                trust_set_put(t);
        }
        cert_put(c);
}

/* ---- elliptic curves of servers and of ours ---- */

/* Our certificate on a curve, shown to a client that trusts it: ECDHE-ECDSA, from the default list and by name. */
static void identities_on_curves_are_shown(void **state)
{
        static const enum mint_key kinds[] = { MINT_P256, MINT_P384 };
        static const char ecdsa[][SSL_SUITE_NAME_MAX + 1] = { "ecdhe-ecdsa-aes256-gcm-sha384" };

        (void)state;
        for (unsigned i = 0; i < 4; i++) {
                enum mint_key kind = kinds[i & 1];
                struct keypair *key = mint_keypair(kind);
                struct cert *c =
                        mint(&(struct mint){ .cn = "ec.example.com", .key = kind, .usage = "digitalSignature" });
                struct identity_rt id = identity("ec", c, key, false);
                struct trust_anchor a = { .trustpoint = "pasted", .cert = c };
                struct trust_set *t = trust_set_new(&a, 1);
                struct tls_profile_params sp = {
                        .role = TLS_SERVER, .identity = &id, .rng = &rng_system, .clk = &clk
                };
                struct tls_profile_params cp = { .role = TLS_CLIENT, .trust = t, .rng = &rng_system, .clk = &clk };
                struct leg *x, *y, *us, *peer;
                struct tls_profile *s, *p;
                struct tls_info info;
                struct err e = { 0 };
                int mine = LEG_AGAIN, theirs = LEG_AGAIN;

                sp.nsuites = i >= 2;
                sp.suites = ecdsa;
                s = tls_profile_new(&sp, &e);
                p = tls_profile_new(&cp, &e);
                assert_true(s && p);
                assert_int_equal(leg_mem_pair(&x, &y, ROOMY), 0);
                us = leg_tls_new(s, x, NULL, &e);
                peer = leg_tls_new(p, y, NULL, &e);
                for (unsigned k = 0; k < 1000 && (mine == LEG_AGAIN || theirs == LEG_AGAIN); k++) {
                        theirs = leg_start(peer);
                        mine = leg_start(us);
                }
                if (mine != 1 || theirs != 1)
                        fail_msg("%s / %s", us->why, peer->why);
                leg_tls_info(peer, &info);
                assert_true(info.verified);
                assert_string_equal(info.cipher,
                                    i >= 2 ? "ECDHE-ECDSA-AES256-GCM-SHA384" : "ECDHE-ECDSA-AES128-GCM-SHA256");
                leg_close(us, false);
                leg_close(peer, false);
                tls_profile_put(s);
                tls_profile_put(p);
                trust_set_put(t);
                cert_put(c);
                keypair_put(key);
        }
}

/* ---- certificates for them ---- */

/* A call manager that believes the issuer of local dynamic certificates. */
static struct leg *call_manager(struct cert *believed, struct leg *lower)
{
        struct trust_anchor a = { .trustpoint = "CallManager-trust", .cert = believed };
        struct trust_set *t = trust_set_new(&a, 1);
        struct tls_profile_params p = {
                .role = TLS_SERVER, .identity = &ids[0], .trust = t, .phone = true, .rng = &rng_system, .clk = &clk
        };
        struct err e = { 0 };
        struct tls_profile *profile = tls_profile_new(&p, &e);
        struct leg *l;

        assert_non_null(profile);
        l = leg_tls_new(profile, lower, NULL, &e);
        assert_non_null(l);
        tls_profile_put(profile);
        trust_set_put(t);
        return l;
}

static struct tls_profile_params server_leg(struct trust_set *t)
{
        static const char suites[][SSL_SUITE_NAME_MAX + 1] = { "aes128-sha1", "aes256-sha1" };

        return (struct tls_profile_params){
                .role = TLS_CLIENT, .trust = t, .nsuites = 2, .suites = suites, .rng = &rng_system, .clk = &clk
        };
}

static struct trust_set *managers(void)
{
        struct trust_anchor a = { .trustpoint = "cucm", .cert = server_cert };

        return trust_set_new(&a, 1);
}

static struct ldc_rt *rt_of(const char *name)
{
        struct trust_set *t = managers();
        struct tls_profile_params leg = server_leg(t);
        struct err e = { 0 };
        struct ldc_rt *r = ldc_rt_new(&pki, name, "phone_common", &leg, &e);

        if (!r)
                fail_msg("%s", e.text);
        trust_set_put(t);
        return r;
}

static void a_phone_calls(struct call *c, const char *cn)
{
        static const struct phone_row row = {
                "", MINT_RSA_1024, MIC, true, USE, CLIENT_EKU, 2000, true, false, NULL
        };
        X509 *x = phone_x509(&row, cn);

        call_with(c, x, NULL, row.key, TLS12, true, false);
        assert_int_equal(c->rc, 1);
        X509_free(x);
}

static struct tls_profile *ldc(struct ldc_cache *cache, struct ldc_rt *r, const struct call *c, bool *generated)
{
        struct err e = { 0 };
        struct tls_profile *p = ldc_profile(cache, r, c->door, generated, &e);

        if (!p)
                fail_msg("%s", e.text);
        return p;
}

/* What the call manager sees: the phone's name byte for byte, under our issuer. */
static void the_call_manager_sees_the_phone(void **state)
{
        struct ldc_cache *cache = ldc_cache_new(0);
        struct ldc_rt *r = rt_of("ldc_server");
        struct leg *a, *b, *us, *cm;
        const mbedtls_x509_crt *phone, *shown;
        struct tls_profile *p;
        struct tls_info info;
        struct err e = { 0 };
        int mine = LEG_AGAIN, theirs = LEG_AGAIN;
        bool generated;
        struct call c;

        (void)state;
        a_phone_calls(&c, "CP-7962G-SEP001122334455");
        p = ldc(cache, r, &c, &generated);
        assert_true(generated);
        assert_string_equal(ldc_rt_issuer(r), "ldc_server");
        assert_string_equal(ldc_rt_key(r), "phone_common");
        assert_int_equal(leg_mem_pair(&a, &b, ROOMY), 0);
        us = leg_tls_new(p, a, NULL, &e);
        cm = call_manager(issuer, b);
        tls_profile_put(p);
        for (unsigned i = 0; i < 1000 && (mine == LEG_AGAIN || theirs == LEG_AGAIN); i++) {
                mine = leg_start(us);
                theirs = leg_start(cm);
        }
        if (mine != 1 || theirs != 1)
                fail_msg("%s / %s", us->why, cm->why);
        leg_tls_info(cm, &info);
        assert_true(info.verified);
        assert_string_equal(info.device, "SEP001122334455");
        leg_tls_info(us, &info);
        assert_true(info.verified && info.own_cert_asked);
        assert_string_equal(info.cipher, "AES128-SHA");
        phone = leg_tls_verified_peer(c.door);
        shown = leg_tls_verified_peer(cm);
        assert_int_equal(shown->subject_raw.len, phone->subject_raw.len);
        assert_memory_equal(shown->subject_raw.p, phone->subject_raw.p, phone->subject_raw.len);
        assert_true(keypair_bits(phone_key) == mbedtls_pk_get_bitlen(&shown->pk));
        leg_close(us, false);
        leg_close(cm, false);
        call_end(&c);
        ldc_rt_put(r);
        ldc_cache_free(cache);
}

static void one_certificate_a_phone(void **state)
{
        struct ldc_cache *cache = ldc_cache_new(0);
        struct ldc_rt *r = rt_of("ldc_server");
        struct tls_profile *p[3];
        struct ldc_stats st;
        struct call one, two;
        bool g[3];

        (void)state;
        a_phone_calls(&one, "SEP000000000001");
        a_phone_calls(&two, "SEP000000000002");
        p[0] = ldc(cache, r, &one, &g[0]);
        p[1] = ldc(cache, r, &two, &g[1]);
        p[2] = ldc(cache, r, &one, &g[2]);
        assert_true(g[0] && g[1] && !g[2]);
        assert_ptr_equal(p[0], p[2]);
        assert_ptr_not_equal(p[0], p[1]);
        ldc_cache_stats(cache, &st);
        assert_true(st.held == 2 && st.signed_ == 2 && st.hits == 1 && st.evicted == 0);
        for (unsigned i = 0; i < 3; i++)
                tls_profile_put(p[i]);
        call_end(&one);
        call_end(&two);
        ldc_rt_put(r);
        ldc_cache_free(cache);
}

/* Two certificates of one phone (it got a new LSC) are two: the whole certificate is the key. */
static void the_whole_certificate_is_the_key(void **state)
{
        struct ldc_cache *cache = ldc_cache_new(0);
        struct ldc_rt *r = rt_of("ldc_server");
        struct call a, b;
        bool g;

        (void)state;
        a_phone_calls(&a, "SEP000000000001");
        a_phone_calls(&b, "SEP000000000001"); /* same name and key, another serial number */
        tls_profile_put(ldc(cache, r, &a, &g));
        tls_profile_put(ldc(cache, r, &b, &g));
        assert_true(g);
        call_end(&a);
        call_end(&b);
        ldc_rt_put(r);
        ldc_cache_free(cache);
}

static void the_least_used_goes_first(void **state)
{
        struct ldc_cache *cache = ldc_cache_new(2);
        struct ldc_rt *r = rt_of("ldc_server");
        struct ldc_stats st;
        struct call c[3];
        bool g;

        (void)state;
        for (unsigned i = 0; i < 3; i++) {
                char cn[32];

                snprintf(cn, sizeof cn, "SEP00000000000%u", i);
                a_phone_calls(&c[i], cn);
        }
        tls_profile_put(ldc(cache, r, &c[0], &g));
        tls_profile_put(ldc(cache, r, &c[1], &g));
        tls_profile_put(ldc(cache, r, &c[0], &g)); /* now 1 is the oldest */
        tls_profile_put(ldc(cache, r, &c[2], &g));
        tls_profile_put(ldc(cache, r, &c[0], &g));
        assert_false(g);
        tls_profile_put(ldc(cache, r, &c[1], &g));
        assert_true(g);
        ldc_cache_stats(cache, &st);
        assert_true(st.held == 2 && st.evicted == 2);
        for (unsigned i = 0; i < 3; i++)
                call_end(&c[i]);
        ldc_rt_put(r);
        ldc_cache_free(cache);
}

/* The clock runs: a certificate is made anew before it ends, and when the clock was set back behind its start. */
static void certificates_are_renewed_in_time(void **state)
{
        static const struct {
                long s; /* from the first */
                bool generated;
        } rows[] = { { 0, true },
                     { 86400, false },
                     { 365L * 86400 - LDC_RENEW_S - 1, false },
                     { 365L * 86400 - LDC_RENEW_S, true },
                     { 0, true },
                     { 60, false } };
        struct ldc_cache *cache = ldc_cache_new(0);
        struct ldc_rt *r = rt_of("ldc_server");
        struct call c;
        bool g;

        (void)state;
        a_phone_calls(&c, "SEP000000000001");
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                at.wall = ((int64_t)PKI_NOW + rows[i].s) * 1000000000;
                tls_profile_put(ldc(cache, r, &c, &g));
                if (g != rows[i].generated)
                        fail_msg("row %zu", i);
        }
        at.wall = (int64_t)PKI_NOW * 1000000000;
        call_end(&c);
        ldc_rt_put(r);
        ldc_cache_free(cache);
}

/* A commit makes a new ldc_rt: what it says of the leg counts at once; the certificate stays while its signer does.
 */
static void a_changed_configuration_makes_a_new_profile(void **state)
{
        struct ldc_cache *cache = ldc_cache_new(0);
        struct ldc_rt *r[3] = { rt_of("ldc_server"), rt_of("ldc_server"), rt_of("ldc2") };
        struct tls_profile *p[3];
        struct call c;
        bool g[3];

        (void)state;
        a_phone_calls(&c, "SEP000000000001");
        for (unsigned i = 0; i < 3; i++)
                p[i] = ldc(cache, r[i], &c, &g[i]);
        assert_true(g[0] && !g[1] && g[2]);
        assert_ptr_not_equal(p[0], p[1]);
        assert_ptr_not_equal(p[1], p[2]);
        for (unsigned i = 0; i < 3; i++) {
                tls_profile_put(p[i]);
                ldc_rt_put(r[i]);
        }
        call_end(&c);
        ldc_cache_free(cache); /* holds what it needs of the old ones */
}

/* T3: nobody gets a certificate for a name that was not proved. */
static void only_verified_phones_get_one(void **state)
{
        static const struct phone_row row = {
                "", MINT_RSA_1024, MIC, true, USE, CLIENT_EKU, 2000, true, false, NULL
        };
        struct ldc_cache *cache = ldc_cache_new(0);
        struct ldc_rt *r = rt_of("ldc_server");
        X509 *x = phone_x509(&row, "SEP000000000001");
        struct trust_set *t = phone_cas(false);
        struct ldc_stats st;
        struct err e = { 0 };
        struct leg *a, *b;
        struct call c;
        bool g;

        (void)state;
        /* a cleartext leg */
        assert_int_equal(leg_mem_pair(&a, &b, ROOMY), 0);
        assert_null(ldc_profile(cache, r, b, &g, &e));
        assert_int_equal(e.code, ERR_STATE);
        leg_close(b, false);
        leg_close(a, false);
        /* before and during the handshake */
        assert_int_equal(leg_mem_pair(&a, &b, ROOMY), 0);
        c.phone = phone_new(x, NULL, row.key, TLS12, a);
        c.door = door(t, true, b);
        for (unsigned i = 0; i < 50; i++) {
                c.phone->rc = mbedtls_ssl_handshake(&c.phone->ssl);
                if (!leg_tls_verified_peer(c.door))
                        assert_null(ldc_profile(cache, r, c.door, &g, &e));
                if (leg_start(c.door) == 1)
                        break;
        }
        assert_non_null(leg_tls_verified_peer(c.door));
        call_end(&c);
        /* not asked for a certificate */
        assert_int_equal(leg_mem_pair(&a, &b, ROOMY), 0);
        c.phone = phone_new(x, NULL, row.key, TLS12, a);
        c.door = door(NULL, true, b);
        call_shake(&c);
        assert_int_equal(c.rc, 1);
        assert_null(ldc_profile(cache, r, c.door, &g, &e));
        assert_false(g);
        call_end(&c);
        ldc_cache_stats(cache, &st);
        assert_true(st.signed_ == 0 && st.held == 0);
        X509_free(x);
        trust_set_put(t);
        ldc_rt_put(r);
        ldc_cache_free(cache);
}

static void what_a_tls_proxy_may_name(void **state)
{
        static const struct {
                const char *issuer, *key, *why;
        } rows[] = {
                { "nobody", "phone_common", "Trustpoint nobody not found" },
                { "empty", "phone_common", "Trustpoint empty has not been enrolled" },
                { "plain", "phone_common", "Trustpoint plain is not configured with proxy-ldc-issuer" },
                { "ldc_server", "nothing", "Key pair nothing not found" },
                { "ldc_server", "weak", "Key pair weak of 768 bits is not an RSA key of at least 1024" },
        };
        static const char unknown[][SSL_SUITE_NAME_MAX + 1] = { "no-such-suite" };
        struct trust_set *t = managers();
        struct tls_profile_params leg = server_leg(t);

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct err e = { 0 };

                assert_null(ldc_rt_new(&pki, rows[i].issuer, rows[i].key, &leg, &e));
                assert_string_equal(e.text, rows[i].why);
        }
        for (unsigned i = 0; i < 3; i++) {
                struct err e = { 0 };

                leg = server_leg(i == 0 ? NULL : t);
                if (i == 1) {
                        leg.suites = unknown;
                        leg.nsuites = 1;
                }
                at.wall = (i == 2 ? (int64_t)3000000000 : (int64_t)PKI_NOW) * 1000000000;
                assert_null(ldc_rt_new(&pki, "ldc_server", "phone_common", &leg, &e));
                assert_non_null(strstr(e.text, i == 0 ? "no trusted" : i == 1 ? "no-such-suite" : "has expired"));
        }
        at.wall = (int64_t)PKI_NOW * 1000000000;
        trust_set_put(t);
        ldc_rt_put(NULL);
        ldc_cache_free(NULL);
}

/* With the nth allocation of ours failing there is no profile, and no half-made entry is ever served. */
static void without_memory_there_is_no_certificate(void **state)
{
        uint64_t live;
        struct call c;
        bool done = false;

        (void)state;
        a_phone_calls(&c, "SEP000000000001");
        live = mem_live_blocks();
        for (uint64_t n = 1; !done; n++) {
                struct trust_set *t = managers();
                struct tls_profile_params leg = server_leg(t);
                struct ldc_cache *cache;
                struct ldc_rt *r = NULL;
                struct tls_profile *p = NULL;
                struct err e = { 0 };
                bool g;

                assert_true(n < 400);
                mem_fail_nth(n, false);
                cache = ldc_cache_new(0);
                if (cache)
                        r = ldc_rt_new(&pki, "ldc_server", "phone_common", &leg, &e);
                if (r)
                        p = ldc_profile(cache, r, c.door, &g, &e);
                done = mem_fail_count() < n;
                mem_fail_nth(0, false);
                assert_true(!done || p);
                if (r && !p) { /* and now it works */
                        p = ldc_profile(cache, r, c.door, &g, &e);
                        assert_true(p && g);
                }
                tls_profile_put(p);
                ldc_rt_put(r);
                ldc_cache_free(cache);
                trust_set_put(t);
                assert_int_equal(mem_live_blocks(), live);
        }
        call_end(&c);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(phones_are_let_in_or_told_why),
                cmocka_unit_test(each_use_of_the_option_is_logged),
                cmocka_unit_test(phones_of_every_age_find_a_version),
                cmocka_unit_test(a_stolen_certificate_is_worth_nothing),
                cmocka_unit_test(sessions_are_never_resumed),
                cmocka_unit_test(a_phone_without_a_certificate_stays_outside),
                cmocka_unit_test(the_option_of_any_trustpoint_of_that_ca_counts),
                cmocka_unit_test(an_expired_ca_in_between_is_never_forgiven),
                cmocka_unit_test(a_pasted_phone_certificate_expires_too),
                cmocka_unit_test(identities_on_curves_are_shown),
                cmocka_unit_test(the_call_manager_sees_the_phone),
                cmocka_unit_test(one_certificate_a_phone),
                cmocka_unit_test(the_whole_certificate_is_the_key),
                cmocka_unit_test(the_least_used_goes_first),
                cmocka_unit_test(certificates_are_renewed_in_time),
                cmocka_unit_test(a_changed_configuration_makes_a_new_profile),
                cmocka_unit_test(only_verified_phones_get_one),
                cmocka_unit_test(what_a_tls_proxy_may_name),
                cmocka_unit_test(without_memory_there_is_no_certificate),
        };

        return cmocka_run_group_tests(tests, up, down);
}
