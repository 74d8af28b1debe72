#include "platform/svc/syslog_target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "proxy/tls/tls_profile.h"

#define RETRY_MS 5000u
#define CHECK_MS 1000u    /* a flow may die under a busy sender: asked at most this often */
#define CONNECT_MS 10000u /* a server that says nothing at all */
#define WAIT_MAX 65536u   /* bytes that wait for a server by TCP */

struct syslog_target *syslog_target_new(const struct syslog_host *h, unsigned slot)
{
        struct syslog_target *t = mem_alloc(MEM_SVC, sizeof *t);

        if (!t)
                return NULL;
        *t = (struct syslog_target){ .host = *h, .slot = slot, .fd = -1 };
        if (!h->tcp)
                return t;
        t->wait = mem_alloc(MEM_SVC, WAIT_MAX);
        if (t->wait)
                return t;
        mem_free(t);
        return NULL;
}

static void note_error(struct syslog_target *t, const char *why)
{
        t->errors++;
        str_escape(t->cause, sizeof t->cause, why, strlen(why));
}

/* Takes n bytes from the front of what waits. */
static void take_waiting(struct syslog_target *t, size_t n)
{
        memmove(t->wait, t->wait + n, t->waiting - n);
        t->waiting -= n;
}

/* The next connection begins with a whole line: the rest of one that was cut in two is of no use to it. */
static void forget_cut(struct syslog_target *t)
{
        const char *nl = t->cut ? memchr(t->wait, '\n', t->waiting) : NULL;

        if (nl) {
                take_waiting(t, (size_t)(nl + 1 - t->wait));
                t->dropped++;
        }
        t->cut = false;
}

/* ---- messages of a TLS client ---- */

struct ends {
        struct addr local;
        uint16_t local_port;
};

static struct ends ends_of(const struct syslog_target *t, const struct syslog_env *env)
{
        struct ends x = { .local = addr_v4(0) };

        if (env->way.local)
                env->way.local(env->way.ctx, t->slot, &x.local, &x.local_port);
        return x;
}

#define PEER(t) LS((t)->host.nameif), LA(&(t)->host.addr), LU((t)->host.port)
#define LOCAL(x) LA(&(x).local), LU((x).local_port)

static void tell_start(const struct syslog_target *t, const struct syslog_env *env)
{
        struct ends x = ends_of(t, env);

        if (t->host.tls)
                log_msg(env->src, LOG_725001, LS("server"), PEER(t), LOCAL(x), LS(tls_profile_version(env->tls)));
}

static void tell_done(const struct syslog_target *t, const struct syslog_env *env)
{
        struct ends x = ends_of(t, env);
        struct tls_info info;

        if (!t->host.tls)
                return;
        leg_tls_info(t->leg, &info);
        log_msg(env->src, LOG_725013, PEER(t), LOCAL(x), LS(info.cipher));
        log_msg(env->src, LOG_725002, LS("server"), PEER(t), LOCAL(x), LS(info.version));
}

static void tell_failed(const struct syslog_target *t, const struct syslog_env *env, const char *why)
{
        struct ends x = ends_of(t, env);

        if (!t->host.tls)
                return;
        log_msg(env->src, LOG_725014, LS("ssl_client_handshake"), LS(why));
        log_msg(env->src, LOG_725006, LS("server"), PEER(t), LOCAL(x));
}

static void tell_end(const struct syslog_target *t, const struct syslog_env *env)
{
        struct ends x = ends_of(t, env);

        if (t->host.tls && t->up)
                log_msg(env->src, LOG_725007, LS("server"), PEER(t), LOCAL(x));
}

/* ---- opening and closing ---- */

static bool is_open(const struct syslog_target *t)
{
        return t->fd >= 0 || t->leg;
}

static void target_close(struct syslog_target *t, const struct syslog_env *env)
{
        if (!is_open(t))
                return;
        tell_end(t, env);
        leg_close(t->leg, false);
        t->leg = NULL;
        if (t->fd >= 0)
                close(t->fd);
        t->fd = -1;
        env->way.close(env->way.ctx, t->slot);
        if (t->host.tcp && t->up)
                t->flaps++;
        t->up = false;
        forget_cut(t);
}

void syslog_target_free(struct syslog_target *t, const struct syslog_env *env)
{
        target_close(t, env);
        mem_free(t->wait);
        mem_free(t);
}

static void fail(struct syslog_target *t, const struct syslog_env *env, uint64_t now, const char *why)
{
        note_error(t, why);
        target_close(t, env);
        t->retry_ms = now + RETRY_MS;
}

/* A conn that ended for want of packets is made anew at once. */
static void check_alive(struct syslog_target *t, const struct syslog_env *env, uint64_t now)
{
        if (!is_open(t) || now < t->check_ms)
                return;
        t->check_ms = now + CHECK_MS;
        if (!env->way.alive(env->way.ctx, t->slot))
                target_close(t, env);
}

/* The layers over the socket. */
static struct leg *leg_over(const struct syslog_target *t, const struct syslog_env *env, int fd, struct err *e)
{
        struct leg *l = leg_socket_new(fd, true);

        if (l && t->host.tls)
                l = leg_tls_new(env->tls, l, env->src, e);
        if (!l && e->code == ERR_NONE)
                err_nomem(e, "a connection to a syslog server");
        return l;
}

static int open_now(struct syslog_target *t, const struct syslog_env *env, struct err *e)
{
        int fd = env->way.open(env->way.ctx, t->slot, &t->host, e);

        if (fd < 0)
                return -1;
        if (!t->host.tcp) {
                t->fd = fd;
                return 0;
        }
        t->leg = leg_over(t, env, fd, e);
        if (t->leg) {
                tell_start(t, env);
                return 0;
        }
        env->way.close(env->way.ctx, t->slot);
        return -1;
}

static bool target_open(struct syslog_target *t, const struct syslog_env *env, uint64_t now)
{
        struct err e = { 0 };

        check_alive(t, env, now);
        if (is_open(t))
                return true;
        if (now < t->retry_ms) {
                t->errors += !t->host.tcp; /* a line that was meant for it */
                return false;
        }
        if (t->host.tls && !env->tls) /* before the first commit */
                return false;
        if (open_now(t, env, &e) < 0) {
                fail(t, env, now, e.text);
                return false;
        }
        t->check_ms = now + CHECK_MS;
        t->opened_ms = now;
        t->up = !t->host.tcp;
        return true;
}

/* ---- TCP ---- */

/* Is it the server that is meant? NULL: yes; else why not. */
static const char *stranger(const struct syslog_target *t, char *why, size_t cap)
{
        struct tls_info info;

        if (!t->host.tls)
                return NULL;
        leg_tls_info(t->leg, &info);
        if (!info.verified)
                return "its certificate was not verified";
        if (!t->host.identity.n || cert_has_identity(leg_tls_verified_peer(t->leg), &t->host.identity))
                return NULL;
        snprintf(why, cap, "none of the names of the reference-identity in the certificate of %s", info.peer_subject);
        return why;
}

/* Why a connection did not come up, as exactly as is known. */
static const char *failure(const struct syslog_target *t, char *why, size_t cap)
{
        struct tls_info info = { .verify_reason = "" };

        if (t->host.tls)
                leg_tls_info(t->leg, &info);
        snprintf(why, cap, "%s", info.verify_reason[0] ? info.verify_reason : t->leg->why);
        return why;
}

static void finish_connect(struct syslog_target *t, const struct syslog_env *env, uint64_t now)
{
        int rc = leg_start(t->leg);
        char text[400];
        const char *why = rc > 0                             ? stranger(t, text, sizeof text)
                          : rc != LEG_AGAIN                  ? failure(t, text, sizeof text)
                          : now - t->opened_ms >= CONNECT_MS ? "no answer"
                                                             : NULL;

        t->up = rc > 0 && !why;
        if (t->up)
                tell_done(t, env);
        if (!why)
                return;
        tell_failed(t, env, why);
        fail(t, env, now, why);
}

/* Servers say nothing; what counts is that they have not gone. */
static bool peer_left(struct syslog_target *t, const char **why)
{
        char junk[512];
        ssize_t n;

        do
                n = leg_read(t->leg, junk, sizeof junk);
        while (n > 0);
        if (n == LEG_AGAIN)
                return false;
        *why = n == 0 ? "closed by the server" : t->leg->why;
        return true;
}

static unsigned count_lines(const char *p, size_t n)
{
        unsigned lines = 0;

        for (size_t i = 0; i < n; i++)
                lines += p[i] == '\n';
        return lines;
}

static void flush(struct syslog_target *t, const struct syslog_env *env, uint64_t now)
{
        ssize_t n = t->waiting ? leg_write(t->leg, t->wait, t->waiting) : LEG_AGAIN;

        if (n < 0 && n != LEG_AGAIN) {
                fail(t, env, now, t->leg->why);
        } else if (n > 0) {
                t->sent += count_lines(t->wait, (size_t)n);
                t->cut = t->wait[n - 1] != '\n';
                take_waiting(t, (size_t)n);
        }
}

void syslog_target_step(struct syslog_target *t, const struct syslog_env *env, uint64_t now)
{
        const char *why;

        if (!t->host.tcp || !target_open(t, env, now))
                return;
        if (!t->up)
                finish_connect(t, env, now);
        else if (peer_left(t, &why))
                fail(t, env, now, why);
        if (t->up)
                flush(t, env, now);
}

static void queue_line(struct syslog_target *t, const char *p, size_t n)
{
        if (n + 1 > WAIT_MAX - t->waiting) {
                t->dropped++;
                return;
        }
        memcpy(t->wait + t->waiting, p, n);
        t->wait[t->waiting + n] = '\n';
        t->waiting += n + 1;
}

/* ---- both ---- */

void syslog_target_line(struct syslog_target *t, const struct syslog_env *env, uint64_t now, const char *p, size_t n)
{
        if (t->host.tcp) {
                queue_line(t, p, n);
                syslog_target_step(t, env, now);
                return;
        }
        if (!target_open(t, env, now))
                t->dropped++;
        else if (send(t->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n)
                t->sent++;
        else
                note_error(t, strerror(errno));
}
