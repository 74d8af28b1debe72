/* The TLS layer of a byte leg: mbedTLS over whatever is below. */
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <stdio.h>
#include <string.h>

#include "platform/base/cur.h"
#include "platform/base/mem.h"
#include "proxy/leg/leg_tls_int.h"
#include "proxy/tls/tls_buffers.h"

#define HELLO_PEEK_MAX 512u
#define FLIGHT_MAX 4096u
#define INBOX_MAX 4096u

/* Messages of a handshake that belong together leave together: a segment each would cost more than their contents. */
struct tls_flight {
        size_t off, len;
        uint8_t buf[FLIGHT_MAX];
};

/*
 * The library asks for the head of a record and then for the rest. What comes with the head is read along with it and
 * waits here, further records too; without anything waiting there is no inbox.
 */
struct tls_inbox {
        size_t off, len;
        uint8_t buf[INBOX_MAX];
};

static struct leg_tls *self(struct leg *l)
{
        return container_of(l, struct leg_tls, leg);
}

/* ---- below ---- */

static void keep_hello(struct leg_tls *t, const uint8_t *p, size_t n)
{
        if (!t->hello)
                return;
        n = MIN_OF(n, HELLO_PEEK_MAX - t->hello_len);
        memcpy(t->hello + t->hello_len, p, n);
        t->hello_len += n;
}

static ssize_t inbox_take(struct tls_inbox *i, uint8_t *p, size_t n)
{
        n = MIN_OF(n, i->len - i->off);
        memcpy(p, i->buf + i->off, n);
        i->off += n;
        return (ssize_t)n;
}

static bool inbox_holds(const struct leg_tls *t)
{
        return t->inbox && t->inbox->off < t->inbox->len;
}

static void inbox_release(struct leg_tls *t)
{
        if (inbox_holds(t))
                return;
        mem_free(t->inbox);
        t->inbox = NULL;
}

/* A rest that no inbox could hold goes straight to its place; so does everything where there is no memory. */
static ssize_t read_below(struct leg_tls *t, uint8_t *p, size_t n)
{
        ssize_t r;

        if (inbox_holds(t))
                return inbox_take(t->inbox, p, n);
        if (n >= INBOX_MAX)
                return leg_read(t->leg.next, p, n);
        if (!t->inbox)
                t->inbox = mem_alloc(MEM_TLS, sizeof *t->inbox);
        if (!t->inbox)
                return leg_read(t->leg.next, p, n);
        r = leg_read(t->leg.next, t->inbox->buf, INBOX_MAX);
        t->inbox->off = 0;
        t->inbox->len = r > 0 ? (size_t)r : 0;
        return r > 0 ? inbox_take(t->inbox, p, n) : r;
}

static int bio_recv(void *ctx, unsigned char *buf, size_t n)
{
        struct leg_tls *t = ctx;
        ssize_t r = read_below(t, buf, n);

        if (r > 0)
                keep_hello(t, buf, (size_t)r);
        if (r >= 0)
                return (int)r;
        return r == LEG_AGAIN ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_NET_CONN_RESET;
}

static ssize_t write_below(struct leg_tls *t, const uint8_t *p, size_t n)
{
        ssize_t r = leg_write(t->leg.next, p, n);

        t->want_write = r == LEG_AGAIN;
        return r;
}

/* 0 when nothing is left, LEG_AGAIN, or what went wrong below. */
static int flight_send(struct leg_tls *t)
{
        struct tls_flight *f = t->flight;

        while (f && f->off < f->len) {
                ssize_t r = write_below(t, f->buf + f->off, f->len - f->off);

                if (r < 0)
                        return (int)r;
                f->off += (size_t)r;
        }
        if (f)
                f->off = f->len = 0;
        return 0;
}

static ssize_t flight_add(struct leg_tls *t, const uint8_t *p, size_t n)
{
        struct tls_flight *f = t->flight;
        int rc = n > FLIGHT_MAX - f->len ? flight_send(t) : 0;

        if (rc)
                return rc;
        if (n > FLIGHT_MAX - f->len)
                return write_below(t, p, n);
        memcpy(f->buf + f->len, p, n);
        f->len += n;
        return (ssize_t)n;
}

static int bio_send(void *ctx, const unsigned char *buf, size_t n)
{
        struct leg_tls *t = ctx;
        ssize_t r = t->flight ? flight_add(t, buf, n) : write_below(t, buf, n);

        if (r >= 0)
                return (int)r;
        return r == LEG_AGAIN ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_NET_CONN_RESET;
}

/*
 * The library takes a handshake message only if one record holds it. The one that is ever too long for that is a
 * chain, and nobody vouches for a chain that was not read.
 */
static bool chain_too_long(struct leg_tls *t)
{
        const mbedtls_ssl_context *ssl = &t->ssl;

        if (t->info.done || ssl->in_msgtype != MBEDTLS_SSL_MSG_HANDSHAKE || ssl->in_msglen >= ssl->in_hslen ||
            !ssl->in_msg || ssl->in_msg[0] != MBEDTLS_SSL_HS_CERTIFICATE)
                return false;
        snprintf(t->info.verify_reason, sizeof t->info.verify_reason,
                 "Certificate chain of %zu bytes is longer than a record; the limit is %u bytes and %u certificates",
                 ssl->in_hslen, (unsigned)MBEDTLS_SSL_IN_CONTENT_LEN, CHAIN_CERTS_MAX);
        return true;
}

/* RFC 5246 7.2: what the peer has against us. */
static const char *alert_name(uint8_t alert)
{
        static const struct {
                uint8_t alert;
                const char *name;
        } names[] = { { 10, "unexpected_message" },      { 20, "bad_record_mac" },
                      { 40, "handshake_failure" },       { 42, "bad_certificate" },
                      { 43, "unsupported_certificate" }, { 44, "certificate_revoked" },
                      { 45, "certificate_expired" },     { 46, "certificate_unknown" },
                      { 47, "illegal_parameter" },       { 48, "unknown_ca" },
                      { 49, "access_denied" },           { 50, "decode_error" },
                      { 51, "decrypt_error" },           { 70, "protocol_version" },
                      { 71, "insufficient_security" },   { 80, "internal_error" } };

        for (size_t i = 0; i < ARRAY_LEN(names); i++)
                if (names[i].alert == alert)
                        return names[i].name;
        return "of another kind";
}

/* Library result -> leg result. */
static int outcome(struct leg_tls *t, int rc)
{
        if (rc == MBEDTLS_ERR_SSL_WANT_READ || rc == MBEDTLS_ERR_SSL_WANT_WRITE)
                return LEG_AGAIN;
        t->failed = true;
        if (rc == MBEDTLS_ERR_NET_CONN_RESET) {
                snprintf(t->leg.why, sizeof t->leg.why, "%s",
                         t->leg.next->why[0] ? t->leg.next->why : "connection reset");
                return LEG_RESET;
        }
        if (rc == MBEDTLS_ERR_SSL_CONN_EOF)
                snprintf(t->leg.why, sizeof t->leg.why, "connection closed without close_notify");
        else if (rc == MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE && chain_too_long(t))
                snprintf(t->leg.why, sizeof t->leg.why, "%.120s", t->info.verify_reason);
        else if (rc == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE && t->ssl.in_msg)
                snprintf(t->leg.why, sizeof t->leg.why, "fatal alert %s received from the peer",
                         alert_name(t->ssl.in_msg[1]));
        else
                mbedtls_strerror(rc, t->leg.why, sizeof t->leg.why);
        return LEG_FAIL;
}

/* ---- handshake ---- */

/* RFC 5246 7.4.1.2, in one record: the suites that the client proposed. None when they cannot be told. */
static void note_suites(struct tls_info *i, const uint8_t *p, size_t n)
{
        struct cur c = cur_of(p, n);

        cur_take(&c, 5 + 4 + 2 + 32);
        cur_take(&c, cur_u8(&c));
        n = cur_be16(&c) / 2u;
        for (size_t k = 0; k < n && k < TLS_OFFERED_KEPT; k++)
                i->offered[k] = cur_be16(&c);
        i->noffered = c.bad ? 0 : (unsigned)n;
}

static void handshake_done(struct leg_tls *t)
{
        struct tls_info *i = &t->info;
        int suite;

        i->done = true;
        leg_tls_judge_resumed(t);
        leg_tls_note_identity(t);
        i->own_cert_asked = t->profile->role == TLS_CLIENT && t->ssl.client_auth;
        snprintf(i->version, sizeof i->version, "%s", mbedtls_ssl_get_version(&t->ssl));
        suite = mbedtls_ssl_get_ciphersuite_id(mbedtls_ssl_get_ciphersuite(&t->ssl));
        snprintf(i->cipher, sizeof i->cipher, "%s", tls_suite_openssl_name(suite));
        i->readable = !tls_suite_encrypts(suite);
        if (t->hello)
                note_suites(i, t->hello, t->hello_len);
        mem_free(t->hello);
        mem_free(t->flight);
        t->hello = NULL;
        t->flight = NULL;
        tls_buffers_open(&t->ssl);
}

/* One step; an alert leaves with the flight too. 0 when it is over and all of it is sent. */
static int handshake_step(struct leg_tls *t)
{
        int rc = mbedtls_ssl_handshake(&t->ssl), sent = flight_send(t);

        inbox_release(t);
        if (rc && rc != MBEDTLS_ERR_SSL_WANT_READ && rc != MBEDTLS_ERR_SSL_WANT_WRITE)
                return rc;
        if (sent && sent != LEG_AGAIN)
                return MBEDTLS_ERR_NET_CONN_RESET;
        return rc || !sent ? rc : MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int tls_start(struct leg *l)
{
        struct leg_tls *t = self(l);
        int rc;

        if (t->info.done)
                return 1;
        rc = leg_start(l->next);
        if (rc != 1) {
                snprintf(l->why, sizeof l->why, "%s", l->next->why);
                return rc;
        }
        rc = handshake_step(t);
        if (rc)
                return outcome(t, rc);
        handshake_done(t);
        /* A peer that had to show a certificate and was not verified never gets here; believe nobody all the same. */
        if (t->profile->trust && !t->info.verified) {
                t->info.done = false;
                snprintf(l->why, sizeof l->why, "peer certificate was not verified");
                return LEG_FAIL;
        }
        return 1;
}

/* ---- data ---- */

static ssize_t tls_read(struct leg *l, void *buf, size_t n)
{
        struct leg_tls *t = self(l);
        int rc = mbedtls_ssl_read(&t->ssl, buf, n);

        if (rc == MBEDTLS_ERR_SSL_BAD_INPUT_DATA && tls_buffers_fit_in(&t->ssl))
                rc = mbedtls_ssl_read(&t->ssl, buf, n);
        tls_buffers_rest(&t->ssl);
        inbox_release(t);
        if (rc >= 0)
                return rc;
        if (rc == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
                return 0;
        if (rc ==
            MBEDTLS_ERR_SSL_CONN_EOF) /* many stacks never send close_notify; framing above notices a cut message */
                return 0;
        return outcome(t, rc);
}

static ssize_t tls_write(struct leg *l, const void *buf, size_t n)
{
        struct leg_tls *t = self(l);
        int rc;

        if (t->retry)
                n = t->retry;
        n = tls_buffers_fit_out(&t->ssl, MIN_OF(n, (size_t)MBEDTLS_SSL_OUT_CONTENT_LEN));
        rc = mbedtls_ssl_write(&t->ssl, buf, n);
        tls_buffers_rest(&t->ssl);
        t->retry = rc == MBEDTLS_ERR_SSL_WANT_WRITE || rc == MBEDTLS_ERR_SSL_WANT_READ ? n : 0;
        return rc >= 0 ? rc : outcome(t, rc);
}

static int tls_finish(struct leg *l)
{
        struct leg_tls *t = self(l);

        if (!t->closed && t->info.done && !t->failed) {
                int rc = mbedtls_ssl_close_notify(&t->ssl);

                if (rc == MBEDTLS_ERR_SSL_WANT_WRITE || rc == MBEDTLS_ERR_SSL_WANT_READ)
                        return LEG_AGAIN;
        }
        t->closed = true;
        return leg_finish(l->next);
}

static unsigned tls_want(const struct leg *l)
{
        const struct leg_tls *t = self((struct leg *)l);

        return leg_want(l->next) | (t->want_write ? LEG_WANT_WRITE : 0u);
}

static bool tls_pending(const struct leg *l)
{
        const struct leg_tls *t = self((struct leg *)l);

        return mbedtls_ssl_check_pending(&t->ssl) || inbox_holds(t) || leg_pending(l->next);
}

static void tls_close(struct leg *l, bool abort_it)
{
        struct leg_tls *t = self(l);

        if (!abort_it && !t->closed && t->info.done && !t->failed)
                mbedtls_ssl_close_notify(&t->ssl);
        leg_close(l->next, abort_it);
        mbedtls_ssl_free(&t->ssl);
        tls_profile_put(t->profile);
        mem_free(t->hello);
        mem_free(t->flight);
        mem_free(t->inbox);
        mem_free_secret(t);
}

static const struct leg_ops tls_ops = {
        .name = "tls",
        .read = tls_read,
        .write = tls_write,
        .start = tls_start,
        .finish = tls_finish,
        .want = tls_want,
        .pending = tls_pending,
        .close = tls_close,
};

struct leg *leg_tls_new(struct tls_profile *p, struct leg *lower, struct log_src *log, struct err *e)
{
        struct leg_tls *t = mem_alloc(MEM_TLS, sizeof *t);

        if (!t) {
                leg_close(lower, true);
                err_nomem(e, "making a TLS session");
                return NULL;
        }
        t->leg.ops = &tls_ops;
        t->leg.next = lower;
        t->profile = tls_profile_get(p);
        t->log = log;
        mbedtls_ssl_init(&t->ssl);
        t->flight = mem_alloc(MEM_TLS, sizeof *t->flight);
        if (p->role == TLS_SERVER)
                t->hello = mem_alloc(MEM_TLS, HELLO_PEEK_MAX);
        if (mbedtls_ssl_setup(&t->ssl, &p->conf) != 0) {
                err_nomem(e, "making a TLS session");
                tls_close(&t->leg, true);
                return NULL;
        }
        mbedtls_ssl_set_bio(&t->ssl, t, bio_send, bio_recv, NULL);
        mbedtls_ssl_set_verify(&t->ssl, leg_tls_on_verify, t);
        return &t->leg;
}

void leg_tls_info(const struct leg *l, struct tls_info *out)
{
        if (l->ops == &tls_ops)
                *out = self((struct leg *)l)->info;
        else
                memset(out, 0, sizeof *out);
}

size_t leg_tls_buffers(const struct leg *l)
{
        return l->ops == &tls_ops ? tls_buffers_size(&self((struct leg *)l)->ssl) : 0;
}

const mbedtls_x509_crt *leg_tls_verified_peer(const struct leg *l)
{
        const struct leg_tls *t = l->ops == &tls_ops ? self((struct leg *)l) : NULL;

        return t && t->info.done && t->info.verified ? mbedtls_ssl_get_peer_cert(&t->ssl) : NULL;
}
