/* Phones at the TLS door: who is let in, by what certificate, and what is shown to them. */
#include "tests/support/ldc_rig.h"

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
        };

        return cmocka_run_group_tests(tests, up, down);
}
