/* TLS over memory legs: who is believed, which ciphers, how data and ends travel, with room for one byte or many. */
#include <mbedtls/ssl.h>

#include "tests/support/pki.h"

#include "pki/x509_write.h"
#include "proxy/tls_profile.h"

#define ROOMY 65536u

static struct clock_virtual at;
static struct clock clk;
static struct cert *root, *intermediate, *server_cert, *other_root, *pinned, *pinned_twin;
static struct keypair *key;
static struct identity_rt server_id, self_id, twin_id;

static struct cert *make_self_signed(void)
{
        struct trustpoint_conf tp = { .o.name = (char *)"SELF" };
        struct enroll_params ep = { .hostname = "cuma", .domain = "example.com" };
        struct x509_plan plan;
        struct err e = { 0 };
        struct cert *c;

        assert_int_equal(x509_plan(&plan, &tp, &ep, &e), 0);
        c = self_signed_make(&plan, key, PKI_NOW, &rng_system, &e);
        assert_non_null(c);
        return c;
}

static int up(void **state)
{
        (void)state;
        at.wall = (int64_t)PKI_NOW * 1000000000;
        clk = clock_of_virtual(&at);
        root = pki_cert("root.pem");
        intermediate = pki_cert("int.pem");
        server_cert = pki_cert("server.pem");
        other_root = pki_cert("other.pem");
        key = pki_key("server.key");
        pinned = make_self_signed();
        pinned_twin = make_self_signed();
        server_id = (struct identity_rt){ "CUMA", server_cert, key, 1, { intermediate }, false };
        self_id = (struct identity_rt){ "SELF", pinned, key, 0, { NULL }, false };
        twin_id = (struct identity_rt){ "TWIN", pinned_twin, key, 0, { NULL }, false };
        return 0;
}

static int down(void **state)
{
        (void)state;
        cert_put(root);
        cert_put(intermediate);
        cert_put(server_cert);
        cert_put(other_root);
        cert_put(pinned);
        cert_put(pinned_twin);
        keypair_put(key);
        return 0;
}

static struct trust_set *trust_of(struct cert *c)
{
        struct trust_anchor a = { .trustpoint = "CA", .cert = c };
        struct trust_set *t = trust_set_new(&a, 1);

        assert_non_null(t);
        return t;
}

/* ---- a pair of legs ---- */

struct side {
        const struct identity_rt *id;
        struct cert *trust; /* NULL: the peer is not asked (server only) */
        const char *suite;  /* NULL: the default list */
        int min, max;
};

static struct tls_profile *profile_of(enum tls_role role, const struct side *s, struct err *e)
{
        char names[1][SSL_SUITE_NAME_MAX + 1];
        struct tls_profile_params p = { .role = role,
                                        .identity = s->id,
                                        .trust = s->trust ? trust_of(s->trust) : NULL,
                                        .nsuites = s->suite != NULL,
                                        .suites = (const char(*)[SSL_SUITE_NAME_MAX + 1]) names,
                                        .min_version = s->min,
                                        .max_version = s->max,
                                        .readable_ok = true,
                                        .rng = &rng_system,
                                        .clk = &clk };
        struct tls_profile *t;

        snprintf(names[0], sizeof names[0], "%s", s->suite ? s->suite : "");
        t = tls_profile_new(&p, e);
        if (p.trust)
                trust_set_put(p.trust);
        return t;
}

struct pair {
        struct leg *client, *server;
        int client_rc, server_rc; /* of the last leg_start() */
        struct tls_info ci, si;
};

static struct leg *leg_of(enum tls_role role, const struct side *s, struct leg *lower)
{
        struct err e = { 0 };
        struct tls_profile *p = profile_of(role, s, &e);
        struct leg *l;

        if (!p)
                fail_msg("%s", e.text);
        l = leg_tls_new(p, lower, NULL, &e);
        assert_non_null(l);
        tls_profile_put(p); /* the leg has its own reference */
        return l;
}

static void pair_open(struct pair *p, const struct side *client, const struct side *server, size_t cap)
{
        struct leg *a, *b;

        *p = (struct pair){ 0 };
        assert_int_equal(leg_mem_pair(&a, &b, cap), 0);
        p->client = leg_of(TLS_CLIENT, client, a);
        p->server = leg_of(TLS_SERVER, server, b);
}

/* Both sides in turn until neither has anything more to do. */
static void handshake(struct pair *p)
{
        p->client_rc = p->server_rc = LEG_AGAIN;
        for (unsigned i = 0; i < 100000; i++) {
                if (p->client_rc == LEG_AGAIN)
                        p->client_rc = leg_start(p->client);
                if (p->server_rc == LEG_AGAIN)
                        p->server_rc = leg_start(p->server);
                if (p->client_rc != LEG_AGAIN && p->server_rc != LEG_AGAIN)
                        break;
                if (p->client_rc < 0 && p->client_rc != LEG_AGAIN && !leg_pending(p->server))
                        break;
                if (p->server_rc < 0 && p->server_rc != LEG_AGAIN && !leg_pending(p->client))
                        break;
        }
        leg_tls_info(p->client, &p->ci);
        leg_tls_info(p->server, &p->si);
}

static void pair_close(struct pair *p)
{
        leg_close(p->client, false);
        leg_close(p->server, false);
}

static const struct side *usual_client(void)
{
        static struct side s;

        s = (struct side){ .trust = root };
        return &s;
}

static const struct side *usual_server(void)
{
        static struct side s;

        s = (struct side){ .id = &server_id };
        return &s;
}

static void pair_ready(struct pair *p, size_t cap)
{
        pair_open(p, usual_client(), usual_server(), cap);
        handshake(p);
        if (p->client_rc != 1 || p->server_rc != 1)
                fail_msg("client %d %s, server %d %s", p->client_rc, p->client->why, p->server_rc, p->server->why);
}

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

/* ---- ciphers and versions ---- */

static const struct {
        const char *asa, *openssl;
} ciphers[] = {
        { "ecdhe-aes128-gcm-sha256", "ECDHE-RSA-AES128-GCM-SHA256" },
        { "ecdhe-aes256-gcm-sha384", "ECDHE-RSA-AES256-GCM-SHA384" },
        { "dhe-aes128-sha1", "DHE-RSA-AES128-SHA" },
        { "dhe-aes256-sha1", "DHE-RSA-AES256-SHA" },
        { "aes128-gcm-sha256", "AES128-GCM-SHA256" },
        { "aes256-gcm-sha384", "AES256-GCM-SHA384" },
        { "aes128-sha256", "AES128-SHA256" },
        { "aes256-sha256", "AES256-SHA256" },
        { "aes128-sha1", "AES128-SHA" },
        { "AES256-SHA1", "AES256-SHA" },
        { "3des-sha1", "DES-CBC3-SHA" },
        { "des-sha1", "DES-CBC-SHA" },
        { "rc4-sha1", "RC4-SHA" },
        { "rc4-md5", "RC4-MD5" },
        { "null-sha1", "NULL-SHA" },
};

static void message_of(struct leg *from, struct leg *to, size_t n);

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

/* ---- data ---- */

static uint8_t octet_at(size_t i)
{
        return (uint8_t)(i * 7 + (i >> 8));
}

struct stream { /* bytes of octet_at() from one leg to the other */
        struct leg *from, *to;
        size_t total, written, read;
        uint8_t offer[20000];
        unsigned again;
};

static void stream_step(struct stream *s, size_t chunk, size_t piece)
{
        uint8_t buf[5000];
        ssize_t n;

        if (s->written < s->total) {
                size_t want = MIN_OF(chunk, s->total - s->written);

                for (size_t i = 0; i < want; i++)
                        s->offer[i] = octet_at(s->written + i);
                n = leg_write(s->from, s->offer, want);
                s->again += n == LEG_AGAIN;
                if (n != LEG_AGAIN) {
                        assert_true(n > 0 && (size_t)n <= want);
                        s->written += (size_t)n;
                }
        }
        n = leg_read(s->to, buf, MIN_OF(piece, sizeof buf));
        if (n == LEG_AGAIN)
                return;
        assert_true(n > 0);
        for (ssize_t i = 0; i < n; i++)
                assert_int_equal(buf[i], octet_at(s->read + (size_t)i));
        s->read += (size_t)n;
}

/* Bytes arrive as sent, whatever the room below: a write that found none is offered again, with more behind it. */
static void data_through_pipes_of_any_size(void **state)
{
        static const struct {
                size_t cap, chunk, piece, total;
        } row[] = { { 1, 300, 100, 3000 },
                    { 7, 1000, 999, 20000 },
                    { 100, 20000, 5000, 60000 },
                    { 5000, 20000, 1, 9000 },
                    { ROOMY, 20000, 5000, 300000 } };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                static struct stream up_stream, down_stream;
                struct pair p;

                pair_ready(&p, row[i].cap);
                up_stream = (struct stream){ .from = p.client, .to = p.server, .total = row[i].total };
                down_stream = (struct stream){ .from = p.server, .to = p.client, .total = row[i].total };
                for (size_t k = 0; k < 1000000 && (up_stream.read < row[i].total || down_stream.read < row[i].total);
                     k++) {
                        /* the offer grows while it waits, as a session's buffer does */
                        stream_step(&up_stream, MIN_OF(row[i].chunk + k, sizeof up_stream.offer), row[i].piece);
                        stream_step(&down_stream, row[i].chunk, row[i].piece);
                }
                assert_int_equal(up_stream.read, row[i].total);
                assert_int_equal(down_stream.read, row[i].total);
                if (row[i].cap < 1000)
                        assert_true(up_stream.again > 0);
                pair_close(&p);
        }
}

static void bytes_inside_are_pending(void **state)
{
        struct pair p;
        char buf[100];

        (void)state;
        pair_ready(&p, ROOMY);
        assert_false(leg_pending(p.server));
        assert_int_equal(leg_write(p.client, "hello world", 11), 11);
        assert_true(leg_pending(p.server));
        assert_int_equal(leg_read(p.server, buf, 5), 5);
        assert_true(leg_pending(p.server)); /* decrypted, not read: no descriptor will tell */
        assert_int_equal(leg_read(p.server, buf, 100), 6);
        assert_false(leg_pending(p.server));
        assert_int_equal(leg_read(p.server, buf, 100), LEG_AGAIN);
        pair_close(&p);
}

/* ---- buffers ---- */

/* A message of n bytes, read in two pieces: nothing that waits to be read is lost with the buffer. */
static void message_of(struct leg *from, struct leg *to, size_t n)
{
        static uint8_t text[MBEDTLS_SSL_OUT_CONTENT_LEN], got[sizeof text];
        size_t sent = 0, seen = 0;

        for (size_t i = 0; i < n; i++)
                text[i] = octet_at(i + n);
        memset(got, 0, sizeof got);
        while (seen < n) {
                size_t piece = seen < n / 2 ? n / 2 - seen : n - seen;
                ssize_t r = sent < n ? leg_write(from, text + sent, n - sent) : 0;

                assert_true(r >= 0);
                sent += (size_t)r;
                r = leg_read(to, got + seen, piece);
                assert_true(r > 0);
                seen += (size_t)r;
        }
        assert_memory_equal(got, text, n);
        assert_int_equal(leg_read(to, got, sizeof got), LEG_AGAIN);
}

/* Every suite and version, so every head, IV, MAC and padding. The system's library does not tell what it holds. */
static void buffers_are_as_large_as_messages(void **state)
{
        static const size_t sizes[] = { 1, 100, 511, 512, 513, 1500, 1536, 1537, 4000, 16383, 16384, 2 };
        size_t unopened;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(ciphers) * 3; i++) {
                int v = MBEDTLS_SSL_MINOR_VERSION_1 + (int)(i % 3);
                struct side client = { .trust = root, .suite = ciphers[i / 3].asa, .min = v, .max = v },
                            server = { .id = &server_id, .suite = client.suite };
                bool have;
                struct pair p;

                tls_suite_known(client.suite, &have);
                if (!have)
                        continue;
                pair_open(&p, &client, &server, ROOMY);
                unopened = leg_tls_buffers(p.server);
                handshake(&p);
                for (size_t k = 0; p.client_rc == 1 && k < ARRAY_LEN(sizes); k++) {
                        if (!k && unopened) {
                                assert_in_range(leg_tls_buffers(p.server), 1, unopened / 16);
                                assert_in_range(leg_tls_buffers(p.client), 1, unopened / 16);
                        }
                        message_of(p.client, p.server, sizes[k]);
                        message_of(p.server, p.client, sizes[k]);
                        if (unopened) {
                                assert_in_range(leg_tls_buffers(p.server), 1, unopened / 8);
                                assert_in_range(leg_tls_buffers(p.client), 1, unopened / 8);
                        }
                }
                pair_close(&p);
        }
}

/* ---- what comes with a record is read along with it ---- */

/* Below the server: gives no more than so many bytes, then nothing until there are more. */
static struct {
        const struct leg_ops *below;
        struct leg_ops ops;
        size_t left;
        unsigned reads; /* that gave bytes or the end */
} gate;

static ssize_t gated_read(struct leg *l, void *buf, size_t n)
{
        ssize_t r = gate.left ? gate.below->read(l, buf, MIN_OF(n, gate.left)) : LEG_AGAIN;

        gate.reads += r >= 0;
        gate.left -= r > 0 ? (size_t)r : 0;
        return r;
}

static bool gated_pending(const struct leg *l)
{
        return gate.left && gate.below->pending(l);
}

static void gated_ready(struct pair *p, size_t left)
{
        pair_ready(p, ROOMY);
        gate.below = p->server->next->ops;
        gate.ops = *gate.below;
        gate.ops.read = gated_read;
        gate.ops.pending = gated_pending;
        gate.left = left;
        gate.reads = 0;
        p->server->next->ops = &gate.ops;
}

static void records_in_one_read(void **state)
{
        struct pair p;
        char buf[16];

        (void)state;
        gated_ready(&p, ROOMY);
        assert_int_equal(leg_write(p.client, "first", 5), 5);
        assert_int_equal(leg_write(p.client, "second", 6), 6);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), 5);
        assert_memory_equal(buf, "first", 5);
        assert_false(leg_pending(p.server->next));
        assert_true(leg_pending(p.server)); /* no descriptor will tell of it */
        assert_int_equal(leg_read(p.server, buf, sizeof buf), 6);
        assert_memory_equal(buf, "second", 6);
        assert_int_equal(gate.reads, 1);
        assert_false(leg_pending(p.server));
        assert_int_equal(leg_read(p.server, buf, sizeof buf), LEG_AGAIN);
        pair_close(&p);
}

/* Three records, the first reading of them ends after `first` bytes; how many bytes there were. */
static size_t split_behind(size_t first)
{
        static const char all[] = "INVITE sip:BYE";
        char got[sizeof all] = "";
        struct pair p;
        size_t n = 0;
        ssize_t r;

        gated_ready(&p, first);
        assert_int_equal(leg_write(p.client, all, 7), 7);
        assert_int_equal(leg_write(p.client, all + 7, 4), 4);
        assert_int_equal(leg_write(p.client, all + 11, 3), 3);
        while ((r = leg_read(p.server, got + n, sizeof got - n)) > 0)
                n += (size_t)r;
        assert_int_equal(r, LEG_AGAIN);
        assert_int_equal(gate.left, 0);
        assert_false(leg_pending(p.server)); /* a piece of a record is nothing to come back for */
        gate.left = ROOMY;
        while ((r = leg_read(p.server, got + n, sizeof got - n)) > 0)
                n += (size_t)r;
        assert_int_equal(r, LEG_AGAIN);
        assert_string_equal(got, all);
        first += ROOMY - gate.left;
        pair_close(&p);
        return first;
}

static void records_split_at_any_byte(void **state)
{
        size_t whole = split_behind(1);

        (void)state;
        assert_in_range(whole, 3 * 16 + 14, 400);
        for (size_t first = 2; first < whole; first++)
                assert_int_equal(split_behind(first), whole);
}

/* One record as long as records get, and the next one right behind it. */
static void a_long_record_is_read_twice(void **state)
{
        static uint8_t text[MBEDTLS_SSL_OUT_CONTENT_LEN], got[sizeof text];
        struct pair p;
        size_t n = 0;

        (void)state;
        gated_ready(&p, ROOMY);
        for (size_t i = 0; i < sizeof text; i++)
                text[i] = octet_at(i);
        assert_int_equal(leg_write(p.client, text, sizeof text), sizeof text);
        assert_int_equal(leg_write(p.client, "next", 4), 4);
        while (n < sizeof got) {
                ssize_t r = leg_read(p.server, got + n, sizeof got - n);

                assert_true(r > 0);
                n += (size_t)r;
        }
        assert_memory_equal(got, text, sizeof text);
        assert_int_equal(gate.reads, 2);
        assert_int_equal(leg_read(p.server, got, sizeof got), 4);
        assert_int_equal(gate.reads, 3);
        pair_close(&p);
}

/* The end came along with the last record, once said and once not, in the middle of a record too. */
static void an_end_behind_records(void **state)
{
        struct pair p;
        char buf[16];

        (void)state;
        for (unsigned how = 0; how < 3; how++) {
                gated_ready(&p, ROOMY);
                assert_int_equal(leg_write(p.client, "last", 4), 4);
                if (how == 0)
                        assert_int_equal(leg_finish(p.client), 0);
                else
                        leg_finish(p.client->next);
                if (how == 2) { /* a head that promises more */
                        assert_int_equal(leg_write(p.client->next, "\x17\x03\x03\x00\x40half", 9), 9);
                        leg_finish(p.client->next);
                }
                assert_int_equal(leg_read(p.server, buf, sizeof buf), 4);
                assert_int_equal(leg_pending(p.server), how != 1);
                assert_int_equal(leg_read(p.server, buf, sizeof buf), 0);
                assert_int_equal(leg_read(p.server, buf, sizeof buf), 0);
                assert_int_equal(gate.reads, how ? 3 : 2); /* with one for each time the end was asked for */
                pair_close(&p);
        }
}

/* Also what came along with the end of a handshake. */
static void bytes_behind_a_handshake(void **state)
{
        struct pair p;
        char buf[16];

        (void)state;
        pair_open(&p, usual_client(), usual_server(), ROOMY);
        for (p.server_rc = LEG_AGAIN; p.server_rc == LEG_AGAIN;) {
                leg_start(p.client);
                p.server_rc = leg_start(p.server);
        }
        assert_int_equal(p.server_rc, 1);
        assert_int_equal(leg_write(p.server, "welcome", 7), 7); /* behind its Finished */
        assert_int_equal(leg_start(p.client), 1);
        assert_true(leg_pending(p.client));
        assert_int_equal(leg_read(p.client, buf, sizeof buf), 7);
        assert_memory_equal(buf, "welcome", 7);
        pair_close(&p);
}

static void without_memory_records_are_read_piecemeal(void **state)
{
        struct pair p;
        char buf[16];

        (void)state;
        gated_ready(&p, ROOMY);
        assert_int_equal(leg_write(p.client, "first", 5), 5);
        mem_fail_nth(1, true);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), 5);
        mem_fail_nth(0, false);
        assert_memory_equal(buf, "first", 5);
        assert_int_equal(gate.reads, 2);
        pair_close(&p);
}

/* ---- ends ---- */

static void close_notify_ends_one_direction(void **state)
{
        struct pair p;
        char buf[8];

        (void)state;
        pair_ready(&p, ROOMY);
        assert_int_equal(leg_write(p.client, "bye", 3), 3);
        assert_int_equal(leg_finish(p.client), 0);
        assert_int_equal(leg_finish(p.client), 0);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), 3);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), 0);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), 0);
        assert_int_equal(leg_write(p.server, "later", 5), 5);
        assert_int_equal(leg_read(p.client, buf, sizeof buf), 5);
        assert_int_equal(leg_finish(p.server), 0);
        assert_int_equal(leg_read(p.client, buf, sizeof buf), 0);
        pair_close(&p);
}

static void close_notify_waits_for_room(void **state)
{
        struct pair p;
        char buf[8];
        int rc = LEG_AGAIN;
        unsigned tries = 0;

        (void)state;
        pair_ready(&p, 5);
        while ((rc = leg_finish(p.client)) == LEG_AGAIN && tries++ < 1000) {
                assert_true(leg_want(p.client) & LEG_WANT_WRITE);
                assert_int_equal(leg_read(p.server, buf, sizeof buf), LEG_AGAIN);
        }
        assert_int_equal(rc, 0);
        assert_true(tries > 0);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), 0);
        pair_close(&p);
}

/* Many stacks never send close_notify. */
static void an_end_without_close_notify_is_an_end(void **state)
{
        struct pair p;
        char buf[8];

        (void)state;
        pair_ready(&p, ROOMY);
        leg_finish(p.client->next);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), 0);
        pair_close(&p);
}

static void a_reset_below_is_a_reset(void **state)
{
        struct pair p;
        char buf[8];

        (void)state;
        pair_ready(&p, ROOMY);
        leg_close(p.client, true);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), LEG_RESET);
        assert_string_equal(p.server->why, "reset by peer");
        leg_close(p.server, false);
}

static void a_reset_during_the_handshake(void **state)
{
        struct pair p;

        (void)state;
        pair_open(&p, usual_client(), usual_server(), ROOMY);
        assert_int_equal(leg_start(p.client), LEG_AGAIN);
        assert_int_equal(leg_start(p.server), LEG_AGAIN);
        leg_close(p.client, true);
        assert_int_equal(leg_start(p.server), LEG_RESET);
        assert_true(p.server->why[0]);
        leg_close(p.server, true);
}

static void garbage_is_refused_in_words(void **state)
{
        static const char http[] = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";
        struct leg *a, *b, *s;

        (void)state;
        assert_int_equal(leg_mem_pair(&a, &b, ROOMY), 0);
        s = leg_of(TLS_SERVER, usual_server(), b);
        leg_write(a, http, sizeof http - 1);
        assert_int_equal(leg_start(s), LEG_FAIL);
        assert_true(s->why[0]);
        leg_close(s, false);
        leg_close(a, false);
}

/* A record changed on its way is never data. */
static void a_forged_record_is_refused(void **state)
{
        uint8_t rec[200];
        struct leg *a, *b, *x, *y;
        struct pair p = { 0 };
        char buf[20];
        ssize_t n;

        (void)state;
        /* client - a b - [here] - x y - server */
        assert_int_equal(leg_mem_pair(&a, &b, ROOMY), 0);
        assert_int_equal(leg_mem_pair(&x, &y, ROOMY), 0);
        p.client = leg_of(TLS_CLIENT, usual_client(), a);
        p.server = leg_of(TLS_SERVER, usual_server(), y);
        p.client_rc = p.server_rc = LEG_AGAIN;
        for (unsigned i = 0; i < 100 && (p.client_rc != 1 || p.server_rc != 1); i++) {
                while ((n = leg_read(b, rec, sizeof rec)) > 0)
                        assert_int_equal(leg_write(x, rec, (size_t)n), n);
                while ((n = leg_read(x, rec, sizeof rec)) > 0)
                        assert_int_equal(leg_write(b, rec, (size_t)n), n);
                p.client_rc = leg_start(p.client);
                p.server_rc = leg_start(p.server);
        }
        assert_int_equal(leg_write(p.client, "money", 5), 5);
        n = leg_read(b, rec, sizeof rec);
        assert_true(n > 5 && n < (ssize_t)sizeof rec);
        rec[n - 1] ^= 1;
        leg_write(x, rec, (size_t)n);
        assert_int_equal(leg_read(p.server, buf, sizeof buf), LEG_FAIL);
        pair_close(&p);
        leg_close(b, false);
        leg_close(x, false);
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
                cmocka_unit_test(data_through_pipes_of_any_size),
                cmocka_unit_test(bytes_inside_are_pending),
                cmocka_unit_test(buffers_are_as_large_as_messages),
                cmocka_unit_test(records_in_one_read),
                cmocka_unit_test(records_split_at_any_byte),
                cmocka_unit_test(a_long_record_is_read_twice),
                cmocka_unit_test(an_end_behind_records),
                cmocka_unit_test(bytes_behind_a_handshake),
                cmocka_unit_test(without_memory_records_are_read_piecemeal),
                cmocka_unit_test(close_notify_ends_one_direction),
                cmocka_unit_test(close_notify_waits_for_room),
                cmocka_unit_test(an_end_without_close_notify_is_an_end),
                cmocka_unit_test(a_reset_below_is_a_reset),
                cmocka_unit_test(a_reset_during_the_handshake),
                cmocka_unit_test(garbage_is_refused_in_words),
                cmocka_unit_test(a_forged_record_is_refused),
                cmocka_unit_test(without_memory_nobody_is_believed),
                cmocka_unit_test(a_profile_without_memory),
                cmocka_unit_test(without_randomness_there_is_no_handshake),
                cmocka_unit_test(a_thousand_sessions_leave_nothing),
        };

        return cmocka_run_group_tests(tests, up, down);
}
