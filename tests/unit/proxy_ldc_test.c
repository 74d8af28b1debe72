/* Certificates that we make for phones: from a phone's handshake to a call manager's. */
#include "tests/support/ldc_rig.h"

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
