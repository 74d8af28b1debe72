/* A pair of TLS legs over memory, and certificates for both. */
#ifndef VOXGATE_TLS_RIG_H
#define VOXGATE_TLS_RIG_H

#include <mbedtls/ssl.h>

#include "pki/x509_write.h"
#include "proxy/tls/tls_profile.h"
#include "tests/support/pki.h"

#define ROOMY 65536u

static struct clock_virtual at;
static struct clock clk;
static struct cert *root, *intermediate, *server_cert, *other_root, *pinned, *pinned_twin;
static struct keypair *key;
static struct identity_rt server_id, self_id, twin_id;

static inline struct cert *make_self_signed(void)
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

static inline int up(void **state)
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

static inline int down(void **state)
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

static inline struct trust_set *trust_of(struct cert *c)
{
        struct trust_anchor a = { .trustpoint = "CA", .cert = c };
        struct trust_set *t = trust_set_new(&a, 1);

        assert_non_null(t);
        return t;
}

struct side {
        const struct identity_rt *id;
        struct cert *trust; /* NULL: the peer is not asked (server only) */
        const char *suite;  /* NULL: the default list */
        int min, max;
};

static inline struct tls_profile *profile_of(enum tls_role role, const struct side *s, struct err *e)
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

static inline struct leg *leg_of(enum tls_role role, const struct side *s, struct leg *lower)
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

static inline void pair_open(struct pair *p, const struct side *client, const struct side *server, size_t cap)
{
        struct leg *a, *b;

        *p = (struct pair){ 0 };
        assert_int_equal(leg_mem_pair(&a, &b, cap), 0);
        p->client = leg_of(TLS_CLIENT, client, a);
        p->server = leg_of(TLS_SERVER, server, b);
}

/* Both sides in turn until neither has anything more to do. */
static inline void handshake(struct pair *p)
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

static inline void pair_close(struct pair *p)
{
        leg_close(p->client, false);
        leg_close(p->server, false);
}

static inline const struct side *usual_client(void)
{
        static struct side s;

        s = (struct side){ .trust = root };
        return &s;
}

static inline const struct side *usual_server(void)
{
        static struct side s;

        s = (struct side){ .id = &server_id };
        return &s;
}

static inline void pair_ready(struct pair *p, size_t cap)
{
        pair_open(p, usual_client(), usual_server(), cap);
        handshake(p);
        if (p->client_rc != 1 || p->server_rc != 1)
                fail_msg("client %d %s, server %d %s", p->client_rc, p->client->why, p->server_rc, p->server->why);
}

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

static inline uint8_t octet_at(size_t i)
{
        return (uint8_t)(i * 7 + (i >> 8));
}

/* A message of n bytes, read in two pieces: nothing that waits to be read is lost with the buffer. */
static inline void message_of(struct leg *from, struct leg *to, size_t n)
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

#endif
