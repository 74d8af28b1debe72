/* Phones take a TLS session up again: cheaply, by their session's id, and judged by the rules of now. */
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>

#include "tests/support/pki.h"

#include "pki/x509_write.h"
#include "proxy/tls/tls_int.h"

static struct clock_virtual at;
static struct clock clk;
static struct keypair *key;
static struct cert *phone; /* self-signed, and pasted: it needs nothing beside it */
static struct cert *chained, *intermediate, *root;

static int up(void **state UNUSED)
{
        struct trustpoint_conf tp = { .o.name = (char *)"SELF" };
        struct enroll_params ep = { .hostname = "SEP001122334455", .domain = "example.com" };
        struct x509_plan plan;
        struct err e = { 0 };

        at.wall = (int64_t)PKI_NOW * 1000000000;
        clk = clock_of_virtual(&at);
        key = pki_key("server.key");
        chained = pki_cert("server.pem");
        intermediate = pki_cert("int.pem");
        root = pki_cert("root.pem");
        assert_int_equal(x509_plan(&plan, &tp, &ep, &e), 0);
        phone = self_signed_make(&plan, key, PKI_NOW, &rng_system, &e);
        assert_non_null(phone);
        return 0;
}

static int down(void **state UNUSED)
{
        keypair_put(key);
        cert_put(phone);
        cert_put(chained);
        cert_put(intermediate);
        cert_put(root);
        return 0;
}

static struct tls_profile *server_of(struct cert *trusted, bool is_phone)
{
        struct trust_anchor a = { .trustpoint = "MIC", .cert = trusted };
        struct trust_set *t = trust_set_new(&a, 1);
        struct identity_rt id = { "PP", phone, key, 0, { NULL }, false };
        struct tls_profile_params p = {
                .role = TLS_SERVER, .identity = &id, .trust = t, .phone = is_phone, .rng = &rng_system, .clk = &clk
        };
        struct err e = { 0 };
        struct tls_profile *made = tls_profile_new(&p, &e);

        if (!made)
                fail_msg("%s", e.text);
        trust_set_put(t);
        return made;
}

/* ---- a client of the library's own, which may bring a session ---- */

struct client {
        mbedtls_ssl_config conf;
        mbedtls_ssl_context ssl;
        mbedtls_x509_crt own;
};

static int client_random(void *ctx UNUSED, unsigned char *out, size_t n)
{
        return rng_fill(&rng_system, out, n);
}

static int client_send(void *leg, const unsigned char *p, size_t n)
{
        ssize_t r = leg_write(leg, p, n);

        return r >= 0 ? (int)r : MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int client_receive(void *leg, unsigned char *p, size_t n)
{
        ssize_t r = leg_read(leg, p, n);

        return r > 0 ? (int)r : r == LEG_AGAIN ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_NET_CONN_RESET;
}

static void parse(mbedtls_x509_crt *to, const struct cert *c)
{
        size_t n;
        const uint8_t *der = cert_der(c, &n);

        assert_int_equal(mbedtls_x509_crt_parse_der(to, der, n), 0);
}

static void client_begin(struct client *c, struct leg *below, bool with_chain, const mbedtls_ssl_session *again)
{
        static const int suites[] = { 0x002F, 0 };

        mbedtls_ssl_config_init(&c->conf);
        mbedtls_ssl_init(&c->ssl);
        mbedtls_x509_crt_init(&c->own);
        mbedtls_ssl_config_defaults(&c->conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, 0);
        mbedtls_ssl_conf_ciphersuites(&c->conf, suites);
        mbedtls_ssl_conf_authmode(&c->conf, MBEDTLS_SSL_VERIFY_NONE);
        mbedtls_ssl_conf_rng(&c->conf, client_random, NULL);
        parse(&c->own, with_chain ? chained : phone);
        if (with_chain)
                parse(&c->own, intermediate);
        assert_int_equal(mbedtls_ssl_conf_own_cert(&c->conf, &c->own, keypair_pk(key)), 0);
        assert_int_equal(mbedtls_ssl_setup(&c->ssl, &c->conf), 0);
        mbedtls_ssl_set_bio(&c->ssl, below, client_send, client_receive, NULL);
        if (again)
                assert_int_equal(mbedtls_ssl_set_session(&c->ssl, again), 0);
}

/* One handshake; its session is in *s, where that is wanted. What the server knows of it. */
static struct tls_info connect_to(struct tls_profile *p, bool with_chain, const mbedtls_ssl_session *again,
                                  mbedtls_ssl_session *s)
{
        int server = LEG_AGAIN, client = MBEDTLS_ERR_SSL_WANT_READ;
        struct leg *near, *far, *l;
        struct tls_info info;
        struct err e = { 0 };
        struct client c;

        assert_int_equal(leg_mem_pair(&near, &far, 65536), 0);
        l = leg_tls_new(p, far, NULL, &e);
        assert_non_null(l);
        client_begin(&c, near, with_chain, again);
        for (unsigned i = 0; i < 100 && (server == LEG_AGAIN || client == MBEDTLS_ERR_SSL_WANT_READ); i++) {
                if (client)
                        client = mbedtls_ssl_handshake(&c.ssl);
                if (server == LEG_AGAIN)
                        server = leg_start(l);
        }
        leg_tls_info(l, &info);
        assert_int_equal(server == 1, info.done && info.verified);
        if (s)
                assert_int_equal(mbedtls_ssl_get_session(&c.ssl, s), 0);
        if (server == 1)
                assert_ptr_equal(leg_tls_verified_peer(l) != NULL, true);
        leg_close(l, true);
        leg_close(near, true);
        mbedtls_ssl_free(&c.ssl);
        mbedtls_ssl_config_free(&c.conf);
        mbedtls_x509_crt_free(&c.own);
        return info;
}

static void a_session_is_taken_up_again(void **state UNUSED)
{
        struct tls_profile *p = server_of(phone, true);
        struct tls_info first, again;
        mbedtls_ssl_session s;

        mbedtls_ssl_session_init(&s);
        first = connect_to(p, false, NULL, &s);
        assert_true(first.verified && !first.resumed);
        assert_int_equal(tls_resume_count(p->resume), 1);
        for (unsigned i = 0; i < 2; i++) {
                again = connect_to(p, false, &s, NULL);
                assert_true(again.verified && again.resumed);
                assert_string_equal(again.peer_subject, first.peer_subject);
                assert_string_equal(again.trustpoint, "MIC");
                assert_string_equal(again.device, first.device);
                assert_string_equal(again.cipher, first.cipher);
        }
        assert_int_equal(tls_resume_count(p->resume), 1);
        mbedtls_ssl_session_free(&s);
        tls_profile_put(p);
}

/* An hour later, with a certificate out of date, under other trust: a whole handshake, judged as it is. */
static void what_ends_a_session(void **state UNUSED)
{
        struct tls_profile *p = server_of(phone, true), *other = server_of(root, true),
                           *same = server_of(phone, true);
        int64_t wall = at.wall;
        struct tls_info i;
        mbedtls_ssl_session s;

        mbedtls_ssl_session_init(&s);
        connect_to(p, false, NULL, &s);
        i = connect_to(other, false, &s, NULL);
        assert_true(!i.verified && !i.resumed);
        i = connect_to(same, false, &s, NULL); /* a commit made another profile */
        assert_true(i.verified && !i.resumed);

        clock_advance_ms(&at, TLS_RESUME_MS - 1);
        assert_true(connect_to(p, false, &s, NULL).resumed);
        clock_advance_ms(&at, 1);
        assert_false(connect_to(p, false, &s, NULL).resumed);

        mbedtls_ssl_session_free(&s);
        mbedtls_ssl_session_init(&s);
        connect_to(p, false, NULL, &s);
        at.wall = (int64_t)5000000000 * 1000000000;
        i = connect_to(p, false, &s, NULL);
        assert_true(i.resumed && !i.verified && i.verify_reason[0]);
        i = connect_to(p, false, &s, NULL); /* forgotten: what comes now is a whole one */
        assert_true(!i.resumed && !i.verified);
        at.wall = wall;
        mbedtls_ssl_session_free(&s);
        tls_profile_put(p);
        tls_profile_put(other);
        tls_profile_put(same);
}

/* Of a chain only the leaf would be kept; and nobody but phones. */
static void who_is_not_kept(void **state UNUSED)
{
        struct tls_profile *p = server_of(root, true), *no_phone = server_of(phone, false);

        assert_true(connect_to(p, true, NULL, NULL).verified);
        assert_int_equal(tls_resume_count(p->resume), 0);
        assert_null(no_phone->resume);
        tls_profile_put(p);
        tls_profile_put(no_phone);
}

/* ---- the store ---- */

static void made_up(mbedtls_ssl_session *s, unsigned n)
{
        memset(s->id, 0, sizeof s->id);
        memcpy(s->id, &n, sizeof n);
        s->id_len = 32;
}

static void the_oldest_makes_room(void **state UNUSED)
{
        struct tls_resume *r = tls_resume_new(&clk, &rng_system);
        mbedtls_x509_crt crt;
        mbedtls_ssl_session s, out;

        mbedtls_ssl_session_init(&s);
        mbedtls_x509_crt_init(&crt);
        parse(&crt, phone);
        s.peer_cert = &crt;
        for (unsigned i = 0; i < TLS_RESUME_MAX + 10; i++) {
                made_up(&s, i);
                assert_int_equal(tls_resume_set(r, &s), 0);
        }
        assert_int_equal(tls_resume_count(r), TLS_RESUME_MAX);
        for (unsigned i = 0; i < 20; i++) {
                mbedtls_ssl_session_init(&out);
                made_up(&out, i);
                assert_int_equal(tls_resume_get(r, &out) == 0, i >= 10);
                mbedtls_ssl_session_free(&out);
        }
        clock_advance_ms(&at, TLS_RESUME_MS);
        made_up(&s, 1);
        assert_int_equal(tls_resume_set(r, &s), 0); /* all the others are too old */
        assert_int_equal(tls_resume_count(r), 1);
        s.verify_result = 1;
        assert_int_not_equal(tls_resume_set(r, &s), 0);
        tls_resume_forget(r, &s);
        assert_int_equal(tls_resume_count(r), 0);
        s.peer_cert = NULL;
        mbedtls_x509_crt_free(&crt);
        tls_resume_free(r);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_session_is_taken_up_again),
                cmocka_unit_test(what_ends_a_session),
                cmocka_unit_test(who_is_not_kept),
                cmocka_unit_test(the_oldest_makes_room),
        };

        return cmocka_run_group_tests(tests, up, down);
}
