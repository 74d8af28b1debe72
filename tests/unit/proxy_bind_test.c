/* What of the configuration a session works with: client certificates, phone proxies, names that are gone. */
#include "tests/support/rig_test.h"

static struct proxy_counts all_counts(struct rig *r)
{
        struct proxy_counts c;

        proxy_counts(r->p, 0, &c);
        return c;
}

static struct psession *session(struct rig *r, const struct rig_flow *f)
{
        struct psession *s = psession_find(r->p, 0, f->id, f->gen);

        CHECK(s != NULL);
        return s;
}

static void close_flow(struct rig *r, struct rig_flow *f)
{
        if (!f->free)
                rig_end(r, f);
        RIG_UNTIL(r, f->free);
        rig_hang_up(f, true);
}

/* The client's handshake fails; no server ever hears of it. */
static void refused_client(struct rig *r, uint8_t gen)
{
        uint64_t failed = all_counts(r).failed_client;
        struct rig_flow f;

        rig_flow(r, &f, 3, gen);
        rig_serve(r, &f);
        rig_dial(r, &f);
        RIG_UNTIL(r, f.free);
        CHECK(f.drop == DROP_FLOW_TLS_CLIENT && all_counts(r).failed_client == failed + 1);
        CHECK(!f.server && !all_counts(r).active && !all_counts(r).failed_server);
        rig_hang_up(&f, true);
}

/* A flow that ends before anybody is called, with these words in the log. */
static void refused_flow(struct rig *r, struct rig_flow *f, const char *why)
{
        RIG_UNTIL(r, f->free);
        CHECK(f->ends == 1 && !f->server && !f->connected);
        CHECK(rig_logged(r, why));
        rig_hang_up(f, true);
}

static void refused(struct rig *r, uint32_t id, const char *why)
{
        struct rig_flow f;

        rig_flow(r, &f, id, 1);
        refused_flow(r, &f, why);
}

/* ---- server authenticate-client ---- */

SESSION_TEST(a_client_without_a_certificate_is_refused)
{
        r->tp->no_authenticate_client = false;
        rig_commit(r);
        refused_client(r, 1);
        CHECK(rig_logged(r, "725004"));
}

SESSION_TEST(a_client_with_a_certificate_of_nobody_is_refused)
{
        r->tp->no_authenticate_client = false;
        rig_commit(r);
        r->client_as = r->unknown_client_profile;
        refused_client(r, 1);
        CHECK(rig_logged(r, "780002"));
        r->client_as = r->known_client_profile;
        { /* the next one is served */
                struct rig_flow f;

                rig_open(r, &f, 4, 1);
                CHECK(all_counts(r).active == 1);
                close_flow(r, &f);
        }
}

SESSION_TEST(a_client_with_a_trusted_certificate_is_served)
{
        struct rig_flow f;

        r->tp->no_authenticate_client = false;
        rig_commit(r);
        r->client_as = r->known_client_profile;
        rig_open(r, &f, 3, 1);
        exchange(r, &f);
        CHECK(row_of(r).tls[0].verified && row_of(r).tls[0].peer_cert);
        CHECK(!strcmp(row_of(r).tls[0].trustpoint, "CA"));
        CHECK(strstr(row_of(r).tls[0].peer_subject, "server.example.com"));
        close_flow(r, &f);
}

SESSION_TEST(a_client_that_is_not_asked_shows_none)
{
        struct rig_flow f;

        r->client_as = r->known_client_profile;
        rig_open(r, &f, 3, 1);
        CHECK(!row_of(r).tls[0].verified && !row_of(r).tls[0].peer_cert);
        CHECK(!rig_logged(r, "725004"));
        close_flow(r, &f);
}

/* ---- phone proxies ---- */

SESSION_TEST(a_nonsecure_phone_proxy_speaks_tcp_to_its_server)
{
        const struct psession *s;
        struct rig_flow f;

        rig_phone_proxy(r);
        rig_commit(r);
        rig_flow(r, &f, 3, 1);
        f.clear[1] = true;
        rig_serve(r, &f);
        rig_dial(r, &f);
        RIG_UNTIL(r, f.client_rc == 1 && f.server_rc == 1);
        exchange(r, &f);
        CHECK(row_of(r).tls[0].verified && !row_of(r).tls[1].version[0]);
        s = session(r, &f);
        CHECK(s->ctx.phone && !strcmp(s->ctx.phone->name, "phones") && !s->ctx.phone->mixed && s->ctx.anchor);
        CHECK(s->ctx.via[0] == VIA_TLS && s->ctx.via[1] == VIA_TCP);
        CHECK(s->phone_timeout_ms == 300000);
        close_flow(r, &f);
}

SESSION_TEST(a_certificate_without_a_device_is_refused_unless_any_may_come)
{
        struct rig_flow f;

        rig_phone_proxy(r);
        r->pp->any_endpoint = false;
        rig_commit(r);
        rig_flow(r, &f, 3, 1);
        f.clear[1] = true;
        rig_serve(r, &f);
        rig_dial(r, &f);
        RIG_UNTIL(r, f.free);
        CHECK(!f.server && rig_logged(r, "its certificate names no device"));
        rig_hang_up(&f, true);
}

SESSION_TEST(a_mixed_phone_proxy_speaks_tls_to_its_server)
{
        const struct psession *s;
        struct rig_flow f;

        rig_phone_proxy(r);
        r->pp->mixed = true;
        r->pp->any_endpoint = true;
        rig_commit(r);
        rig_open(r, &f, 3, 1);
        exchange(r, &f);
        s = session(r, &f);
        CHECK(s->ctx.phone->mixed && s->ctx.phone->any_endpoint && row_of(r).tls[1].version[0]);
        CHECK(s->ctx.via[0] == VIA_TLS && s->ctx.via[1] == VIA_TLS);
        /* What it began with stays, whatever is typed. */
        r->pp->any_endpoint = false;
        rig_commit(r);
        rig_step(r);
        CHECK(session(r, &f)->ctx.phone->any_endpoint);
        close_flow(r, &f);
}

/* To the engine of such a phone the cluster is a nonsecure one; the next phone's is what it was. */
SESSION_TEST(a_phone_without_security_in_a_mixed_cluster_speaks_tcp_to_its_server)
{
        const struct psession *s;
        struct rig_flow f, g;

        rig_phone_proxy(r);
        r->pp->mixed = true;
        rig_commit(r);
        r->shifted = true;
        rig_flow(r, &f, 3, 1);
        r->shifted = false;
        f.clear[1] = true;
        rig_serve(r, &f);
        rig_dial(r, &f);
        RIG_UNTIL(r, f.client_rc == 1 && f.server_rc == 1);
        exchange(r, &f);
        s = session(r, &f);
        CHECK(row_of(r).tls[0].verified && !row_of(r).tls[1].version[0] && !s->ctx.phone->mixed);
        close_flow(r, &f);
        rig_open(r, &g, 4, 1);
        CHECK(session(r, &g)->ctx.phone->mixed && row_of(r).tls[1].version[0]);
        close_flow(r, &g);
}

/* The engine is told what the session is before its first byte. */
SESSION_TEST(an_engine_knows_its_legs_when_it_opens)
{
        struct rig_flow f;

        rig_phone_proxy(r);
        rig_commit(r);
        rig_flow(r, &f, 3, 1);
        CHECK(session(r, &f)->ctx.via[0] == VIA_TLS && session(r, &f)->ctx.phone);
        close_flow(r, &f);
}

SESSION_TEST(phones_must_show_a_certificate)
{
        rig_phone_proxy(r);
        r->tp->no_authenticate_client = true;
        rig_commit(r);
        refused(r, 3, "a phone-proxy needs a tls-proxy that authenticates its clients");
        r->tp->no_authenticate_client = false;
        rig_commit(r);
        r->client_as = NULL;
        refused_client(r, 2);
        r->client_as = r->unknown_client_profile;
        refused_client(r, 3);
}

/* The phone proxy looks for itself, whatever the TLS layer was told to ask for. */
SESSION_TEST(a_phone_that_was_not_asked_is_not_admitted)
{
        struct psession *s;
        struct rig_flow f;

        rig_phone_proxy(r);
        rig_commit(r);
        rig_flow(r, &f, 3, 1);
        s = session(r, &f);
        tls_profile_put(s->server_profile);
        s->server_profile = tls_profile_get(r->server_profile); /* it believes nobody and asks nobody */
        rig_serve(r, &f);
        rig_dial(r, &f);
        refused_flow(r, &f, "client: a phone must show a certificate");
        CHECK(f.reason == CONN_END_INSPECT);
}

SESSION_TEST(phones_must_use_tls)
{
        struct rig_flow f;

        rig_phone_proxy(r);
        rig_commit(r);
        rig_flow_clear(r, &f, 3, 1, false);
        refused_flow(r, &f, "phones of a phone-proxy must use TLS");
        r->phone_proxy_id = 0;
        rig_flow_udp(r, &f, 4, 1);
        CHECK(!f.ends);
        close_flow(r, &f);
        r->phone_proxy_id = r->pp->o.id;
        rig_flow_udp(r, &f, 5, 1);
        refused_flow(r, &f, "phones of a phone-proxy must use TLS");
}

SESSION_TEST(what_cannot_work_says_why)
{
        rig_phone_proxy(r);
        r->pp->media_termination[0] = 0;
        rig_commit(r);
        refused(r, 3, "phone-proxy phones has no media-termination");
        snprintf(r->pp->media_termination, sizeof r->pp->media_termination, "media");
        r->mta->addr = addr_v4(0xC0000201); /* the interface's own */
        rig_commit(r);
        refused(r, 4, "media-termination media has no usable address on two interfaces");
}

/* Ids of a flow that was classified by a configuration that is no more. */
SESSION_TEST(names_that_are_gone_refuse_their_flows)
{
        rig_phone_proxy(r);
        rig_commit(r);
        r->phone_proxy_id = 4711;
        refused(r, 3, "its phone-proxy no longer exists");
        r->phone_proxy_id = 0;
        r->tls_proxy_id = 4711;
        refused(r, 4, "its tls-proxy no longer exists");
        CHECK(!all_counts(r).active && !all_counts(r).total);
}

/* ---- a certificate per phone ---- */

static struct cert *ldc_issuer(void)
{
        struct trustpoint_conf tp = { .o.name = (char *)(uintptr_t) "LDC", .proxy_ldc_issuer = true };
        struct enroll_params ep = { .hostname = "cuma", .domain = "example.com" };
        struct x509_plan plan;
        struct err e = { 0 };
        struct cert *c = NULL;

        if (x509_plan(&plan, &tp, &ep, &e) == 0)
                c = self_signed_make(&plan, assets.key, PKI_NOW, &rng_system, &e);
        CHECK(c != NULL);
        return c;
}

/* A server that asks for a certificate and believes this issuer only. */
static struct tls_profile *asking_server(struct rig *r, struct cert *issuer)
{
        struct trust_anchor a = { .trustpoint = "LDC", .cert = issuer };
        struct trust_set *t = trust_set_new(&a, 1);
        struct tls_profile_params p = {
                .role = TLS_SERVER, .identity = &r->id, .trust = t, .rng = &rng_system, .clk = &r->wf.clk
        };
        struct err e = { 0 };
        struct tls_profile *profile = tls_profile_new(&p, &e);

        CHECK(profile != NULL);
        trust_set_put(t);
        return profile;
}

static void with_ldc(struct rig *r, struct cert *issuer, struct identity_rt *ids, struct key_rt *key)
{
        ids[0] = (struct identity_rt){ "LDC", issuer, assets.key, 0, { NULL }, true };
        ids[1] = r->id;
        *key = (struct key_rt){ "phones", assets.key };
        r->pki.n = 2;
        r->pki.id = ids;
        r->pki.nkeys = 1;
        r->pki.keys = key;
        snprintf(r->tp->ldc_issuer, sizeof r->tp->ldc_issuer, "LDC");
        snprintf(r->tp->ldc_key, sizeof r->tp->ldc_key, "phones");
        tls_profile_put(r->server_profile);
        r->server_profile = asking_server(r, issuer);
}

SESSION_TEST(the_server_sees_a_certificate_for_the_client)
{
        struct cert *issuer = ldc_issuer();
        struct identity_rt ids[2];
        struct tls_info seen;
        struct key_rt key;
        struct rig_flow f;

        rig_phone_proxy(r);
        r->pp->mixed = true;
        with_ldc(r, issuer, ids, &key);
        rig_commit(r);
        rig_open(r, &f, 3, 1);
        leg_tls_info(f.server, &seen);
        CHECK(seen.verified && !strcmp(seen.trustpoint, "LDC"));
        CHECK(!strcmp(seen.peer_subject, row_of(r).tls[0].peer_subject));
        CHECK(row_of(r).tls[1].own_cert_asked && rig_logged(r, "725005"));
        exchange(r, &f);
        close_flow(r, &f);
        rig_open(r, &f, 4, 1); /* the same once more, from the cache */
        close_flow(r, &f);
        r->pp->mixed = false; /* a nonsecure cluster sees none: its leg is TCP */
        rig_commit(r);
        rig_flow(r, &f, 5, 1);
        f.clear[1] = true;
        rig_serve(r, &f);
        rig_dial(r, &f);
        RIG_UNTIL(r, f.client_rc == 1 && f.server_rc == 1);
        exchange(r, &f);
        close_flow(r, &f);
        cert_put(issuer);
}

/* Each allocation in turn fails: the session ends cleanly, or is whole. */
SESSION_TEST(without_memory_a_phone_is_refused_cleanly)
{
        struct cert *issuer = ldc_issuer();
        struct identity_rt ids[2];
        uint64_t live = 0;
        unsigned opened = 0;
        struct key_rt key;

        rig_phone_proxy(r);
        r->pp->mixed = true;
        with_ldc(r, issuer, ids, &key);
        rig_commit(r);
        for (unsigned n = 0; n < 300 && opened < 3; n++) {
                struct rig_flow f;

                r->fail_nth = n;
                r->failed = false;
                rig_flow(r, &f, 3, (uint8_t)(n + 1));
                if (!f.free) {
                        rig_serve(r, &f);
                        rig_dial(r, &f);
                }
                RIG_UNTIL(r, f.free || (f.client_rc == 1 && f.server_rc == 1));
                for (unsigned i = 0; i < 20 && !f.free; i++)
                        rig_step(r);
                opened += !f.free && !r->failed;
                r->fail_nth = 0;
                close_flow(r, &f);
                rig_step(r);
                if (n == 0)
                        live = mem_live_blocks();
                CHECK(mem_live_blocks() == live);
        }
        CHECK(opened == 3);
        cert_put(issuer);
}

/* ---- ssl trust-point ---- */

static void trust_point(struct rig *r, const char *nameif, const char *tp)
{
        struct ssl_tp_conf *t = conf_list_find(&r->pki_conf.ssl.trust_points, nameif);

        if (!t)
                t = conf_list_add(&r->pki_conf.ssl.trust_points, nameif);
        assert_non_null(t);
        snprintf(t->trustpoint, sizeof t->trustpoint, "%s", tp);
        rig_commit(r);
}

static void refused_for(struct rig *r, uint32_t id, const char *why)
{
        log_buffer_clear(r->wf.log);
        refused(r, id, why);
}

/* A tls-proxy that names no certificate shows that of the interface, else that of all of them. */
SESSION_TEST(a_tls_proxy_without_a_trustpoint_shows_that_of_the_interface)
{
        struct rig_flow f;

        conf_list_init(&r->pki_conf.ssl.trust_points, sizeof(struct ssl_tp_conf), NULL);
        r->tp->server_tp[0] = 0;
        rig_commit(r);
        refused_for(r, 3, "has no server trust-point");
        trust_point(r, "", "NONE");
        refused_for(r, 4, "Trustpoint NONE has not been enrolled");
        trust_point(r, "", "TP");
        rig_open(r, &f, 5, 1);
        CHECK(!strcmp(session(r, &f)->server_tp, "TP"));
        close_flow(r, &f);
        trust_point(r, "outside", "NONE"); /* of the client's interface */
        refused_for(r, 6, "has not been enrolled");
        trust_point(r, "outside", "TP");
        trust_point(r, "", "NONE");
        rig_open(r, &f, 7, 1);
        close_flow(r, &f);
        conf_list_fini(&r->pki_conf.ssl.trust_points);
        conf_list_init(&r->pki_conf.ssl.trust_points, sizeof(struct ssl_tp_conf), NULL);
        trust_point(r, "inside", "TP");
        refused_for(r, 8, "neither its tls-proxy nor the client's interface has a trustpoint");
        conf_list_fini(&r->pki_conf.ssl.trust_points);
}

/* ---- what is told of a handshake ---- */

SESSION_TEST(versions_and_suites_are_those_that_can_be)
{
        struct rig_flow f;

        rig_open(r, &f, 3, 1);
        CHECK(rig_logged(r, "for TLSv1.2 session") && rig_logged(r, "ECDHE-RSA-AES128-GCM-SHA256"));
        CHECK(rig_logged(r, "Device supports the following 8 cipher(s)"));
        close_flow(r, &f);
        snprintf(r->pki_conf.ssl.server_version, sizeof r->pki_conf.ssl.server_version, "tlsv1-only");
        snprintf(r->pki_conf.ssl.client_version, sizeof r->pki_conf.ssl.client_version, "tlsv1-only");
        rig_commit(r);
        log_buffer_clear(r->wf.log);
        rig_open(r, &f, 4, 1);
        CHECK(rig_logged(r, "725001") && rig_logged(r, "for TLSv1 session") && !rig_logged(r, "TLSv1.2"));
        CHECK(rig_logged(r, "725011") && rig_logged(r, "AES128-SHA") && !rig_logged(r, "GCM"));
        CHECK(rig_logged(r, "Device supports the following 2 cipher(s)"));
        CHECK(rig_logged(r, "Device proposes the following 2 cipher(s)"));
        close_flow(r, &f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_client_without_a_certificate_is_refused),
                cmocka_unit_test(a_client_with_a_certificate_of_nobody_is_refused),
                cmocka_unit_test(a_client_with_a_trusted_certificate_is_served),
                cmocka_unit_test(a_client_that_is_not_asked_shows_none),
                cmocka_unit_test(a_nonsecure_phone_proxy_speaks_tcp_to_its_server),
                cmocka_unit_test(a_certificate_without_a_device_is_refused_unless_any_may_come),
                cmocka_unit_test(a_mixed_phone_proxy_speaks_tls_to_its_server),
                cmocka_unit_test(a_phone_without_security_in_a_mixed_cluster_speaks_tcp_to_its_server),
                cmocka_unit_test(an_engine_knows_its_legs_when_it_opens),
                cmocka_unit_test(phones_must_show_a_certificate),
                cmocka_unit_test(a_phone_that_was_not_asked_is_not_admitted),
                cmocka_unit_test(phones_must_use_tls),
                cmocka_unit_test(what_cannot_work_says_why),
                cmocka_unit_test(names_that_are_gone_refuse_their_flows),
                cmocka_unit_test(the_server_sees_a_certificate_for_the_client),
                cmocka_unit_test(without_memory_a_phone_is_refused_cleanly),
                cmocka_unit_test(a_tls_proxy_without_a_trustpoint_shows_that_of_the_interface),
                cmocka_unit_test(versions_and_suites_are_those_that_can_be),
        };

        return cmocka_run_group_tests(tests, load, unload);
}
