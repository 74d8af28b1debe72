#include "platform/svc/syslog_send.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/base/wbuf.h"

#define RETRY_MS 5000u
#define CHECK_MS 1000u /* a flow may die under a busy sender: asked at most this often */
#define DATAGRAM_MAX 2600u

struct target {
        struct syslog_host host;
        int fd; /* -1: none */
        uint64_t retry_ms, check_ms;
        uint64_t sent, errors;
        char cause[80];
};

struct syslog_send {
        struct log *log;
        const struct clock *clk;
        struct syslog_way way;
        pthread_mutex_t lock; /* the sink runs in the log thread, the rest elsewhere */
        unsigned facility;
        struct target *slot[SYSLOG_HOSTS_MAX]; /* NULL: free */
};

/* ---- one host ---- */

static void target_close(struct syslog_send *s, unsigned i)
{
        struct target *t = s->slot[i];

        if (t->fd < 0)
                return;
        close(t->fd);
        t->fd = -1;
        s->way.close(s->way.ctx, i);
}

static void note_error(struct target *t, const char *why)
{
        t->errors++;
        str_escape(t->cause, sizeof t->cause, why, strlen(why));
}

static bool target_open(struct syslog_send *s, unsigned i, uint64_t now)
{
        struct target *t = s->slot[i];
        struct err e = { 0 };

        if (t->fd >= 0 && now >= t->check_ms) {
                t->check_ms = now + CHECK_MS;
                if (!s->way.alive(s->way.ctx, i))
                        target_close(s, i);
        }
        if (t->fd >= 0)
                return true;
        if (now < t->retry_ms) {
                t->errors++;
                return false;
        }
        t->fd = s->way.open(s->way.ctx, i, &t->host, &e);
        t->check_ms = now + CHECK_MS;
        if (t->fd >= 0)
                return true;
        t->retry_ms = now + RETRY_MS;
        note_error(t, e.text);
        return false;
}

static void target_send(struct syslog_send *s, unsigned i, const char *p, size_t n)
{
        struct target *t = s->slot[i];

        if (!target_open(s, i, clock_mono_ms(s->clk)))
                return;
        if (send(t->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n)
                t->sent++;
        else
                note_error(t, strerror(errno));
}

static void on_line(void *ctx, enum log_dest dest, int level, uint32_t id, const char *line)
{
        struct syslog_send *s = ctx;
        char text[DATAGRAM_MAX];
        struct wbuf w = wbuf_of(text, sizeof text);

        (void)dest, (void)id;
        pthread_mutex_lock(&s->lock);
        wbuf_printf(&w, "<%u>", s->facility * 8 + (unsigned)level);
        wbuf_put(&w, line, MIN_OF(strlen(line), sizeof text - w.len));
        for (unsigned i = 0; i < SYSLOG_HOSTS_MAX; i++) {
                if (s->slot[i])
                        target_send(s, i, text, w.len);
        }
        pthread_mutex_unlock(&s->lock);
}

/* ---- the set ---- */

struct syslog_send *syslog_send_new(struct log *log, const struct clock *clk, const struct syslog_way *way)
{
        struct syslog_send *s = mem_alloc(MEM_SVC, sizeof *s);

        if (!s)
                return NULL;
        s->log = log;
        s->clk = clk;
        s->way = *way;
        pthread_mutex_init(&s->lock, NULL);
        syslog_send_hosts(s, NULL, 0);
        log_set_sink(log, LOG_TO_TRAP, on_line, s);
        return s;
}

static void target_free(struct syslog_send *s, unsigned i)
{
        target_close(s, i);
        mem_free(s->slot[i]);
        s->slot[i] = NULL;
}

void syslog_send_free(struct syslog_send *s)
{
        if (!s)
                return;
        log_set_sink(s->log, LOG_TO_TRAP, NULL, NULL); /* no line is under way behind this */
        for (unsigned i = 0; i < SYSLOG_HOSTS_MAX; i++) {
                if (s->slot[i])
                        target_free(s, i);
        }
        pthread_mutex_destroy(&s->lock);
        mem_free(s);
}

static uint16_t port_of(const struct syslog_host *h)
{
        return h->port ? h->port : SYSLOG_PORT;
}

static bool same_host(const struct syslog_host *a, const struct syslog_host *b)
{
        return addr_eq(&a->addr, &b->addr) && port_of(a) == port_of(b) && strcmp(a->nameif, b->nameif) == 0;
}

static bool listed(const struct syslog_host *h, const struct syslog_host *hosts, unsigned n)
{
        for (unsigned i = 0; i < n; i++) {
                if (same_host(h, &hosts[i]))
                        return true;
        }
        return false;
}

static void target_add(struct syslog_send *s, const struct syslog_host *h)
{
        unsigned i = 0, free_slot = SYSLOG_HOSTS_MAX;
        struct target *t;

        for (; i < SYSLOG_HOSTS_MAX; i++) {
                if (s->slot[i] && same_host(&s->slot[i]->host, h))
                        return;
                if (!s->slot[i] && free_slot == SYSLOG_HOSTS_MAX)
                        free_slot = i;
        }
        t = free_slot < SYSLOG_HOSTS_MAX ? mem_alloc(MEM_SVC, sizeof *t) : NULL;
        if (!t)
                return;
        *t = (struct target){ .host = *h, .fd = -1 };
        t->host.port = port_of(h);
        s->slot[free_slot] = t;
}

void syslog_send_hosts(struct syslog_send *s, const struct syslog_host *hosts, unsigned n)
{
        struct log_conf *c = mem_alloc(MEM_SVC, sizeof *c); /* too large for a stack */
        unsigned facility = 20;

        if (c) {
                log_get_conf(s->log, c);
                facility = c->facility;
        }
        mem_free(c);
        pthread_mutex_lock(&s->lock);
        s->facility = facility;
        for (unsigned i = 0; i < SYSLOG_HOSTS_MAX; i++) {
                if (s->slot[i] && !listed(&s->slot[i]->host, hosts, n))
                        target_free(s, i);
        }
        for (unsigned i = 0; i < n; i++)
                target_add(s, &hosts[i]);
        pthread_mutex_unlock(&s->lock);
}

unsigned syslog_send_stat(struct syslog_send *s, struct syslog_stat out[SYSLOG_HOSTS_MAX])
{
        unsigned n = 0;

        pthread_mutex_lock(&s->lock);
        for (unsigned i = 0; i < SYSLOG_HOSTS_MAX; i++) {
                const struct target *t = s->slot[i];

                if (!t)
                        continue;
                out[n] = (struct syslog_stat){
                        .host = t->host, .sent = t->sent, .errors = t->errors, .up = t->fd >= 0
                };
                str_copy(out[n++].cause, sizeof out->cause, t->cause);
        }
        pthread_mutex_unlock(&s->lock);
        return n;
}

/* ---- through the dataplane ---- */

static int way_open(void *ctx, unsigned slot, const struct syslog_host *h, struct err *e)
{
        struct box_syslog *b = ctx;

        return box_udp(b->net, h->nameif, &h->addr, h->port, &b->slot[slot], e);
}

static bool way_alive(void *ctx, unsigned slot)
{
        struct box_syslog *b = ctx;

        return box_alive(b->net, &b->slot[slot]);
}

static void way_close(void *ctx, unsigned slot)
{
        struct box_syslog *b = ctx;

        box_close(b->net, &b->slot[slot]);
}

struct syslog_way box_syslog_way(struct box_syslog *b, const struct box_net *net)
{
        *b = (struct box_syslog){ .net = net };
        return (struct syslog_way){ .ctx = b, .open = way_open, .alive = way_alive, .close = way_close };
}
