/* One HTTPS connection, from its first byte to its last, in a thread of its own. */
#include "cli/http/httpd_int.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "cli/conf/store.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/base/wake.h"
#include "proxy/tls/tls_profile.h"

/* For the peer to read what was sent before the end: as long as he still sends, but not for ever. */
#define LINGER_MS 3000u
#define LINGER_ALL_MS 30000u

uint64_t httpd_now(const struct httpd_conn *c)
{
        return door_now(&c->guest);
}

/* ---- TLS ---- */

#define PEER(c)                                                                                                      \
        LS((c)->guest.peer.nameif), LA(&(c)->guest.peer.addr), LU((c)->guest.peer.port), LA(&(c)->guest.peer.local), \
                LU((c)->guest.peer.local_port)

static void tell_start(struct httpd_conn *c)
{
        struct box *b = c->d->box;

        pthread_mutex_lock(&b->conf_lock);
        log_msg(b->log_src, LOG_725001, LS("client"), PEER(c), LS("TLSv1.2"));
        pthread_mutex_unlock(&b->conf_lock);
}

static void tell_handshake(struct httpd_conn *c, bool ok)
{
        struct box *b = c->d->box;

        pthread_mutex_lock(&b->conf_lock);
        if (ok)
                log_msg(b->log_src, LOG_725002, LS("client"), PEER(c), LS(mbedtls_ssl_get_version(&c->tls.ssl)));
        else
                log_msg(b->log_src, LOG_725006, LS("client"), PEER(c));
        pthread_mutex_unlock(&b->conf_lock);
}

static void tell_end(struct httpd_conn *c)
{
        struct box *b = c->d->box;

        pthread_mutex_lock(&b->conf_lock);
        log_msg(b->log_src, LOG_725007, LS("client"), PEER(c));
        pthread_mutex_unlock(&b->conf_lock);
}

static void note_handshake(struct httpd_conn *c, bool ok)
{
        const mbedtls_ssl_session *x = ok ? mbedtls_ssl_get_session_pointer(&c->tls.ssl) : NULL;

        door_lock(c->d->door);
        if (ok) {
                c->d->counts.tls_ok++;
                c->guest.place.info.phase = PLACE_LOGIN;
                str_copy(c->info.version, sizeof c->info.version, mbedtls_ssl_get_version(&c->tls.ssl));
                str_copy(c->info.cipher, sizeof c->info.cipher,
                         x ? tls_suite_openssl_name(x->ciphersuite) : mbedtls_ssl_get_ciphersuite(&c->tls.ssl));
        } else {
                c->d->counts.tls_failed++;
        }
        door_unlock(c->d->door);
        tell_handshake(c, ok);
}

/* ---- time ---- */

static uint64_t minutes(uint32_t min)
{
        return (uint64_t)min * 60000;
}

/* How long it may be quiet. Who has not logged in has little time in all. */
static uint64_t quiet_until(struct httpd_conn *c)
{
        struct box *b = c->d->box;
        struct http_conf h;
        uint64_t until;

        if (!c->in)
                return door_grace(&c->guest);
        pthread_mutex_lock(&b->conf_lock);
        h = b->store->sys.http;
        pthread_mutex_unlock(&b->conf_lock);
        until = httpd_now(c) + minutes(h.idle_min);
        return h.session_min ? MIN_OF(until, c->guest.place.info.since_ms + minutes(h.session_min)) : until;
}

/* A request that has begun is sent quickly. */
static uint64_t request_until(struct httpd_conn *c)
{
        uint64_t until = httpd_now(c) + HTTPD_REQUEST_MS;

        return c->in ? until : MIN_OF(until, door_grace(&c->guest));
}

/* ---- a request ---- */

static void begin_answer(struct httpd_conn *c)
{
        uint64_t now = httpd_now(c);

        c->answer_until = now + HTTPD_ANSWER_MS;
        c->deadline = now + HTTPD_STALL_MS;
}

/* One that cannot be read: nothing behind it can be, either. */
static void refuse(struct httpd_conn *c, unsigned status, const char *why)
{
        char line[128] = "ERROR: ";

        memset(&c->req, 0, sizeof c->req);
        c->req.v11 = true;
        c->close = true;
        begin_answer(c);
        str_copy(line + 7, sizeof line - 7, why);
        httpd_line(c, status, "", line);
}

static void too_late(struct httpd_conn *c)
{
        refuse(c, 408, "the request did not come in time");
}

static bool more_octets(struct httpd_conn *c)
{
        size_t n = httpd_read(c, c->buf + c->n, sizeof c->buf - c->n);

        if (n && !c->n)
                c->deadline = request_until(c);
        c->n += n;
        return n != 0;
}

static void forget(struct httpd_conn *c, size_t n)
{
        c->n -= n;
        memmove(c->buf, c->buf + n, c->n);
        mem_wipe(c->buf + c->n, sizeof c->buf - c->n);
}

/* false: the connection is at its end. */
static bool take_head(struct httpd_conn *c)
{
        struct http_refusal no;
        enum parse got;
        size_t used;

        c->late = false;
        c->deadline = c->n ? request_until(c) : quiet_until(c);
        while ((got = http_parse(c->buf, c->n, &c->req, &used, &no)) == PARSE_MORE) {
                if (more_octets(c))
                        continue;
                if (c->late && c->n)
                        too_late(c);
                return false;
        }
        if (got == PARSE_BAD) {
                refuse(c, no.status, no.why);
                return false;
        }
        forget(c, used);
        return true;
}

static bool take_body(struct httpd_conn *c)
{
        size_t want = c->req.body, n = MIN_OF(want, c->n);

        if (!want)
                return true;
        c->body = mem_alloc(MEM_CLI, want + 1);
        if (!c->body) {
                refuse(c, 503, "out of memory");
                return false;
        }
        memcpy(c->body, c->buf, n);
        forget(c, n);
        c->deadline = request_until(c);
        if (c->req.expect_continue && n < want && !httpd_write(c, "HTTP/1.1 100 Continue\r\n\r\n", 25))
                return false;
        while (n < want) {
                size_t k = httpd_read(c, c->body + n, want - n);

                if (!k && c->late)
                        too_late(c);
                if (!k)
                        return false;
                n += k;
        }
        return true;
}

static void note_request(struct httpd_conn *c)
{
        door_lock(c->d->door);
        c->info.requests++;
        c->info.last_ms = httpd_now(c);
        door_unlock(c->d->door);
}

/* What a browser does for a page of somebody else is not its user's will (he is logged in everywhere). */
static bool foreign(const struct http_req *r)
{
        const char *host = strstr(r->origin, "://");

        if (*r->fetch_site && strcmp(r->fetch_site, "same-origin") != 0 && strcmp(r->fetch_site, "none") != 0)
                return true;
        return *r->origin && (!host || strcasecmp(host + 3, r->host) != 0);
}

/* false: no more requests on this connection. */
static bool serve(struct httpd_conn *c)
{
        if (!take_head(c))
                return false;
        note_request(c);
        begin_answer(c);
        c->close = c->req.body != 0; /* what is refused is not read first */
        if (foreign(&c->req)) {
                httpd_line(c, 403, "", "ERROR: a page of another site may not ask");
                return !c->close && !c->broken;
        }
        if (!httpd_authenticate(c))
                return !c->close && !c->broken;
        c->close = false;
        if (!take_body(c))
                return false;
        begin_answer(c);
        httpd_answer(c);
        mem_free_secret(c->body);
        c->body = NULL;
        return !c->close && !c->broken;
}

/* ---- its life ---- */

/* false: he sends no more. */
static bool take_rest(struct httpd_conn *c, uint64_t *until)
{
        char sink[4096];
        ssize_t n = recv(c->guest.fd, sink, sizeof sink, 0);

        mem_wipe(sink, sizeof sink);
        if (n > 0)
                *until = httpd_now(c) + LINGER_MS;
        return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/*
 * The peer reads the answer, or why there was no handshake, before it hears of the end: what it still sends is taken,
 * else the kernel would answer it by a reset, which takes away what was said before.
 */
static void say_goodbye(struct httpd_conn *c)
{
        uint64_t now = httpd_now(c), until = now + LINGER_MS, last = now + LINGER_ALL_MS;

        if (c->broken || door_why(&c->guest) == PLACE_STOPPED)
                return;
        if (c->tls.up)
                mbedtls_ssl_close_notify(&c->tls.ssl);
        shutdown(c->guest.fd, SHUT_WR);
        for (; now < MIN_OF(until, last) && !door_must_go(&c->guest); now = httpd_now(c)) {
                struct pollfd p[2] = { { .fd = c->guest.fd, .events = POLLIN },
                                       { .fd = c->guest.wake, .events = POLLIN } };

                if (poll(p, 2, (int)(MIN_OF(until, last) - now)) < 0 && errno != EINTR)
                        return;
                if (p[1].revents)
                        wake_drain(c->guest.wake);
                if (p[0].revents && !take_rest(c, &until))
                        return;
        }
}

static void converse(struct httpd_conn *c)
{
        bool ok;

        tell_start(c);
        c->deadline = door_grace(&c->guest);
        ok = httpd_handshake(c);
        note_handshake(c, ok);
        if (!ok) {
                if (!c->late)
                        say_goodbye(c);
                return;
        }
        while (!door_must_go(&c->guest) && serve(c))
                ;
        httpd_logout(c);
        say_goodbye(c);
        tell_end(c);
}

void httpd_serve(struct guest *g)
{
        struct httpd_conn *c = container_of(g, struct httpd_conn, guest);
        struct err e;

        c->d = door_owner(g->door);
        if (httpd_tls_open(c, &e) == 0)
                converse(c);
        door_phase(g, PLACE_OVER);
        mem_free_secret(c->body);
        httpd_tls_close(c);
}
