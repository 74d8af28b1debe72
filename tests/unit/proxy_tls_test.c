/* TLS over memory legs: who is believed, which ciphers and versions, and what a want of memory or randomness does. */
#include "tests/support/tls_rig.h"

/* ---- handshakes ---- */

static void a_chain_to_a_trusted_root_is_believed(void **state)
{
        struct pair p;

        (void)state;
        pair_ready(&p, ROOMY);
        assert_true(p.ci.done && p.si.done);
        assert_true(p.ci.peer_cert);
        assert_false(p.si.peer_cert);
        assert_string_equal(p.ci.version, "TLSv1.2");
        assert_string_equal(p.ci.cipher, p.si.cipher);
        assert_string_equal(p.ci.cipher, "ECDHE-RSA-AES128-GCM-SHA256");
        assert_string_equal(p.ci.trustpoint, "CA");
        assert_string_equal(p.ci.verify_reason, "");
        assert_non_null(strstr(p.ci.peer_subject, "cn=server.example.com,ou=Voice"));
        assert_true(p.si.noffered >= 8);
        assert_int_equal(leg_start(p.client), 1);
        assert_int_equal(leg_socket_fd(p.client), -1);
        pair_close(&p);
}

struct refusal {
        const char *what;
        const struct identity_rt *shown;
        struct cert **trusted;
        time_t now;
        const char *alert;
};

static const struct refusal refusals[] = {
        { "another root of the same name", &server_id, &other_root, PKI_NOW, "unknown_ca" },
        { "the leaf's issuer missing from the trust", &server_id, &pinned, PKI_NOW, "unknown_ca" },
        { "a self-signed certificate that was not pasted", &self_id, &root, PKI_NOW, "unknown_ca" },
        { "the twin of a pasted self-signed certificate", &twin_id, &pinned, PKI_NOW, "unknown_ca" },
        { "expired", &server_id, &root, (time_t)5000000000, "certificate_expired" },
        { "not valid yet", &server_id, &root, (time_t)1000000000, "certificate_expired" },
};

/* No data, no session, a reason in words, and the other side is told. */
static void an_unverified_server_is_refused(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
                const struct refusal *r = &refusals[i];
                struct side client = { .trust = *r->trusted }, server = { .id = r->shown };
                struct pair p;
                char buf[8];

                at.wall = (int64_t)r->now * 1000000000;
                pair_open(&p, &client, &server, ROOMY);
                handshake(&p);
                at.wall = (int64_t)PKI_NOW * 1000000000;
                if (p.client_rc != LEG_FAIL || p.ci.done || !p.ci.verify_reason[0] || p.ci.trustpoint[0])
                        fail_msg("%s: %d, %s", r->what, p.client_rc, p.ci.verify_reason);
                assert_int_equal(p.server_rc, LEG_FAIL);
                if (!strstr(p.server->why, "alert") || !strstr(p.server->why, r->alert))
                        fail_msg("%s: the server heard: %s", r->what, p.server->why);
                assert_false(p.si.done);
                assert_true(leg_start(p.client) < 0);
                assert_true(leg_write(p.client, "x", 1) < 0);
                assert_true(leg_read(p.client, buf, sizeof buf) < 0);
                pair_close(&p);
        }
}

static void a_pasted_self_signed_certificate_is_believed(void **state)
{
        struct side client = { .trust = pinned }, server = { .id = &self_id };
        struct pair p;

        (void)state;
        pair_open(&p, &client, &server, ROOMY);
        handshake(&p);
        assert_int_equal(p.client_rc, 1);
        assert_int_equal(p.server_rc, 1);
        assert_string_equal(p.ci.trustpoint, "CA");
        pair_close(&p);
}

static void a_client_is_asked_only_when_it_must_be(void **state)
{
        struct side asks = { .id = &server_id, .trust = root },
                    asks_other = { .id = &server_id, .trust = other_root },
                    shows = { .id = &server_id, .trust = root }, shows_not = { .trust = root };
        struct pair p;

        (void)state;
        pair_open(&p, &shows, &asks, ROOMY);
        handshake(&p);
        assert_int_equal(p.client_rc, 1);
        assert_int_equal(p.server_rc, 1);
        assert_true(p.si.peer_cert);
        assert_string_equal(p.si.trustpoint, "CA");
        pair_close(&p);

        pair_open(&p, &shows_not, &asks, ROOMY);
        handshake(&p);
        assert_int_equal(p.server_rc, LEG_FAIL);
        assert_false(p.si.done);
        assert_true(p.server->why[0]);
        pair_close(&p);

        pair_open(&p, &shows, &asks_other, ROOMY);
        handshake(&p);
        assert_int_equal(p.server_rc, LEG_FAIL);
        assert_true(p.si.verify_reason[0]);
        pair_close(&p);

        pair_open(&p, &shows, usual_server(), ROOMY);
        handshake(&p);
        assert_int_equal(p.server_rc, 1);
        assert_false(p.si.peer_cert);
        pair_close(&p);
}

/* Either the library has it and it works, alone on both sides, or the profile says that it does not. */
static void every_cipher_works_or_is_refused_by_name(void **state)
{
        unsigned worked = 0;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(ciphers); i++) {
                struct side client = { .trust = root, .suite = ciphers[i].asa },
                            server = { .id = &server_id, .suite = ciphers[i].asa };
                struct err e = { 0 };
                struct pair p;
                bool have;

                assert_true(tls_suite_known(ciphers[i].asa, &have));
                if (!have) {
                        assert_null(profile_of(TLS_SERVER, &server, &e));
                        assert_int_equal(e.code, ERR_SUPPORT);
                        assert_non_null(strstr(e.text, ciphers[i].asa));
                        continue;
                }
                worked++;
                pair_open(&p, &client, &server, ROOMY);
                handshake(&p);
                if (p.client_rc != 1 || strcmp(p.ci.cipher, ciphers[i].openssl) != 0)
                        fail_msg("%s: %d %s %s", ciphers[i].asa, p.client_rc, p.ci.cipher, p.client->why);
                assert_true(p.si.noffered == 1 || p.si.noffered == 2); /* SCSV of renegotiation */
                pair_close(&p);
        }
        assert_true(worked >= 8);
}

static unsigned writes;
static ssize_t (*uncounted_write)(struct leg *l, const void *buf, size_t n);

static ssize_t counted_write(struct leg *l, const void *buf, size_t n)
{
        writes++;
        return uncounted_write(l, buf, n);
}

/* Hello; hello to done; key exchange to finished; finished. */
static void a_flight_is_one_write(void **state)
{
        struct leg_ops counting;
        struct pair p;

        (void)state;
        pair_open(&p, usual_client(), usual_server(), ROOMY);
        writes = 0;
        counting = *p.client->next->ops;
        uncounted_write = counting.write;
        counting.write = counted_write;
        p.client->next->ops = p.server->next->ops = &counting;
        handshake(&p);
        assert_int_equal(p.client_rc, 1);
        assert_int_equal(p.server_rc, 1);
        assert_int_equal(writes, 4);
        pair_close(&p);
}

/* Nobody is given less than the best he has, whatever the order typed; what does not encrypt only where it is meant.
 */
static void the_best_first(void **state)
{
        static const char *const worst_first[] = { "null-sha1", "rc4-sha1", "3des-sha1", "aes256-sha1",
                                                   "aes128-sha1" };
        static const char *const wanted[] = { "AES256-SHA", "AES128-SHA", "RC4-SHA", "DES-CBC3-SHA", "NULL-SHA" };
        char names[ARRAY_LEN(worst_first)][SSL_SUITE_NAME_MAX + 1];
        const char *got[ARRAY_LEN(worst_first)];
        struct tls_profile_params params = {
                .role = TLS_SERVER, .identity = &server_id, .rng = &rng_system, .clk = &clk
        };
        struct err e = { 0 };
        bool have;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(worst_first); i++) {
                assert_true(tls_suite_known(worst_first[i], &have));
                if (have)
                        snprintf(names[params.nsuites++], sizeof names[0], "%s", worst_first[i]);
        }
        params.suites = (const char(*)[SSL_SUITE_NAME_MAX + 1]) names;
        for (unsigned meant = 0; meant < 2; meant++) {
                struct tls_profile *p;
                unsigned n;

                params.readable_ok = meant != 0;
                p = tls_profile_new(&params, &e);
                assert_non_null(p);
                n = tls_profile_suites(p, got, ARRAY_LEN(got));
                assert_int_equal(n, params.nsuites == ARRAY_LEN(worst_first) ? 4 + meant : 2);
                for (unsigned i = 0; i < n; i++)
                        assert_string_equal(got[i], wanted[i]);
                tls_profile_put(p);
        }
        if (params.nsuites < ARRAY_LEN(worst_first))
                return;
        params.nsuites = 1;
        params.readable_ok = false;
        assert_null(tls_profile_new(&params, &e));
        assert_non_null(strstr(e.text, "for softphones"));
}

static void who_reads_along_is_known(void **state)
{
        struct side client = { .trust = root, .suite = "null-sha1" },
                    server = { .id = &server_id, .suite = "null-sha1" };
        struct pair p;
        bool have;

        (void)state;
        pair_ready(&p, ROOMY);
        assert_true(!p.ci.readable && !p.si.readable);
        pair_close(&p);
        tls_suite_known("null-sha1", &have);
        if (!have)
                return;
        pair_open(&p, &client, &server, ROOMY);
        handshake(&p);
        assert_int_equal(p.client_rc, 1);
        assert_true(p.ci.readable && p.si.readable);
        message_of(p.client, p.server, 100);
        pair_close(&p);
}

static void names_that_do_not_exist(void **state)
{
        struct side server = { .id = &server_id, .suite = "aes512-sha1" };
        struct err e = { 0 };
        bool have = true;

        (void)state;
        assert_false(tls_suite_known("aes512-sha1", &have));
        assert_false(have);
        assert_null(profile_of(TLS_SERVER, &server, &e));
        assert_int_equal(e.code, ERR_REF);
        assert_string_equal(tls_suite_openssl_name(0x002F), "AES128-SHA");
        assert_string_equal(tls_suite_openssl_name(0x1301), tls_suite_openssl_name(0x1301));
        assert_non_null(tls_suite_openssl_name(0xFFFE));
}

static void no_cipher_in_common(void **state)
{
        struct side client = { .trust = root, .suite = "aes128-sha1" },
                    server = { .id = &server_id, .suite = "aes256-sha1" };
        struct pair p;

        (void)state;
        pair_open(&p, &client, &server, ROOMY);
        handshake(&p);
        assert_int_equal(p.server_rc, LEG_FAIL);
        assert_int_equal(p.client_rc, LEG_FAIL);
        assert_true(p.server->why[0] && p.client->why[0]);
        pair_close(&p);
}

static void versions_are_what_was_set(void **state)
{
        static const char *const name[] = { "", "TLSv1.0", "TLSv1.1", "TLSv1.2" };

        (void)state;
        for (int v = MBEDTLS_SSL_MINOR_VERSION_1; v <= MBEDTLS_SSL_MINOR_VERSION_3; v++) {
                struct side client = { .trust = root, .min = v, .max = v, .suite = "aes128-sha1" },
                            server = { .id = &server_id };
                struct pair p;

                pair_open(&p, &client, &server, ROOMY);
                handshake(&p);
                assert_int_equal(p.client_rc, 1);
                assert_string_equal(p.ci.version, name[v]);
                pair_close(&p);

                server.min = v + 1;
                if (v == MBEDTLS_SSL_MINOR_VERSION_3)
                        continue;
                pair_open(&p, &client, &server, ROOMY);
                handshake(&p);
                assert_int_equal(p.server_rc, LEG_FAIL);
                pair_close(&p);
        }
}

static void profiles_need_what_their_role_needs(void **state)
{
        struct identity_rt no_key = server_id, no_cert = server_id;
        struct side nobody = { 0 }, keyless = { .id = &no_key }, certless = { .id = &no_cert };
        struct err e = { 0 };

        (void)state;
        no_key.key = NULL;
        no_cert.cert = NULL;
        assert_null(profile_of(TLS_SERVER, &nobody, &e));
        assert_null(profile_of(TLS_SERVER, &certless, &e));
        assert_null(profile_of(TLS_SERVER, &keyless, &e));
        assert_non_null(strstr(e.text, "CUMA has no key pair"));
        assert_null(profile_of(TLS_CLIENT, &nobody, &e)); /* a server is never believed unseen */
        assert_int_equal(e.code, ERR_REF);
        tls_profile_put(NULL);
        assert_null(tls_profile_get(NULL));
}

/* ---- faults ---- */

/* With the nth allocation of ours failing nothing is granted, nothing is lost. */
static void without_memory_nobody_is_believed(void **state)
{
        struct side client = { .trust = root }, server = { .id = &server_id };
        uint64_t live = mem_live_blocks();
        bool done = false;

        (void)state;
        for (uint64_t n = 1; !done; n++) {
                struct err e = { 0 };
                struct tls_profile *c, *s;
                struct leg *a = NULL, *b = NULL;
                struct pair p = { 0 };

                assert_true(n < 200);
                mem_fail_nth(0, false);
                c = profile_of(TLS_CLIENT, &client, &e);
                s = profile_of(TLS_SERVER, &server, &e);
                assert_int_equal(leg_mem_pair(&a, &b, ROOMY), 0);
                mem_fail_nth(n, true);
                p.client = leg_tls_new(c, a, NULL, &e);
                p.server = leg_tls_new(s, b, NULL, &e);
                if (p.client && p.server) {
                        handshake(&p);
                        done = mem_fail_count() < n;
                        assert_int_equal(p.client_rc == 1, p.ci.done);
                        assert_true(!done || p.ci.done);
                } else {
                        assert_int_equal(e.code, ERR_NOMEM);
                }
                mem_fail_nth(0, false);
                pair_close(&p);
                tls_profile_put(c);
                tls_profile_put(s);
                assert_int_equal(mem_live_blocks(), live);
        }
}

static void a_profile_without_memory(void **state)
{
        struct side server = { .id = &server_id, .trust = root };
        uint64_t live = mem_live_blocks();
        struct trust_set *t = trust_of(root);
        struct tls_profile_params p = {
                .role = TLS_SERVER, .identity = server.id, .trust = t, .rng = &rng_system, .clk = &clk
        };
        struct tls_profile *made = NULL;

        (void)state;
        for (uint64_t n = 1; !made; n++) {
                struct err e = { 0 };

                assert_true(n < 50);
                mem_fail_nth(n, false);
                made = tls_profile_new(&p, &e);
                assert_true(made || e.code == ERR_NOMEM);
        }
        mem_fail_nth(0, false);
        tls_profile_put(made);
        trust_set_put(t);
        assert_int_equal(mem_live_blocks(), live);
}

static int no_randomness(void *ctx, void *out, size_t n)
{
        (void)ctx;
        (void)out;
        (void)n;
        return -1;
}

static void without_randomness_there_is_no_handshake(void **state)
{
        static const struct rng dry = { .fill = no_randomness };
        struct tls_profile_params params = { .role = TLS_SERVER, .identity = &server_id, .rng = &dry, .clk = &clk };
        struct err e = { 0 };
        struct tls_profile *s = tls_profile_new(&params, &e);
        struct leg *a, *b;
        struct pair p = { 0 };

        (void)state;
        assert_non_null(s);
        assert_int_equal(leg_mem_pair(&a, &b, ROOMY), 0);
        p.client = leg_of(TLS_CLIENT, usual_client(), a);
        p.server = leg_tls_new(s, b, NULL, &e);
        tls_profile_put(s);
        handshake(&p);
        assert_int_equal(p.server_rc, LEG_FAIL);
        assert_true(p.client_rc != 1);
        pair_close(&p);
}

static void a_thousand_sessions_leave_nothing(void **state)
{
        uint64_t live = mem_live_blocks();
        struct side client = { .trust = root, .suite = "aes128-sha1" }, server = { .id = &server_id };

        (void)state;
        for (unsigned i = 0; i < 1000; i++) {
                struct pair p;

                pair_open(&p, &client, &server, ROOMY);
                for (unsigned k = 0; k < i % 5; k++) { /* given up at every stage */
                        leg_start(p.client);
                        leg_start(p.server);
                }
                leg_close(p.client, i & 1);
                leg_close(p.server, i & 2);
                assert_int_equal(mem_live_blocks(), live);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_chain_to_a_trusted_root_is_believed),
                cmocka_unit_test(an_unverified_server_is_refused),
                cmocka_unit_test(a_pasted_self_signed_certificate_is_believed),
                cmocka_unit_test(a_client_is_asked_only_when_it_must_be),
                cmocka_unit_test(every_cipher_works_or_is_refused_by_name),
                cmocka_unit_test(a_flight_is_one_write),
                cmocka_unit_test(the_best_first),
                cmocka_unit_test(who_reads_along_is_known),
                cmocka_unit_test(names_that_do_not_exist),
                cmocka_unit_test(no_cipher_in_common),
                cmocka_unit_test(versions_are_what_was_set),
                cmocka_unit_test(profiles_need_what_their_role_needs),
                cmocka_unit_test(without_memory_nobody_is_believed),
                cmocka_unit_test(a_profile_without_memory),
                cmocka_unit_test(without_randomness_there_is_no_handshake),
                cmocka_unit_test(a_thousand_sessions_leave_nothing),
        };

        return cmocka_run_group_tests(tests, up, down);
}
