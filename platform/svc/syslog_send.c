#include "platform/svc/syslog_target.h"

#include <pthread.h>
#include <string.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/base/wbuf.h"
#include "proxy/tls/tls_profile.h"

#define DATAGRAM_MAX 2600u

struct syslog_send {
        struct log *log;
        struct syslog_env env; /* messages about the servers are pushed by the log thread only */
        const struct clock *clk;
        pthread_mutex_t lock; /* the sink runs in the log thread, the rest elsewhere */
        unsigned facility;
        const char *version; /* "1 " in front of a time as in RFC 5424 */
        bool held, tell_permitted;
        bool wanted, permit;                          /* trap logging goes on; logging permit-hostdown */
        struct syslog_target *slot[SYSLOG_HOSTS_MAX]; /* NULL: free */
};

/* ---- servers that are down ---- */

/* Fails closed: until every server by TCP is connected what it would have to hear of does not begin. */
static void set_hold(struct syslog_send *s)
{
        bool down = false;

        for (unsigned i = 0; i < SYSLOG_HOSTS_MAX; i++)
                down = down || (s->slot[i] && s->slot[i]->host.tcp && !s->slot[i]->up);
        s->held = down && s->wanted && !s->permit;
        log_set_hold(s->log, s->held);
}

static void tell_change(struct syslog_send *s, struct syslog_target *t)
{
        const struct syslog_host *h = &t->host;
        bool down = h->tcp && !t->leg && !t->up && t->errors;

        if (down && !t->told_down)
                log_msg(s->env.src, LOG_414003, LS(h->nameif), LA(&h->addr), LU(h->port),
                        LS(s->permit ? "permitted" : "denied"));
        else if (t->up && t->told_down)
                log_msg(s->env.src, LOG_414004, LS(h->nameif), LA(&h->addr), LU(h->port));
        t->told_down = down || (t->told_down && !t->up);
}

/* Said by the log thread, whose source it is. */
static void tell_permitted(struct syslog_send *s)
{
        if (s->tell_permitted)
                log_msg(s->env.src, LOG_414008, LU(0));
        s->tell_permitted = false;
}

void syslog_send_step(struct syslog_send *s)
{
        uint64_t now = clock_mono_ms(s->clk);

        pthread_mutex_lock(&s->lock);
        tell_permitted(s);
        for (unsigned i = 0; i < SYSLOG_HOSTS_MAX; i++) {
                if (!s->slot[i] || !s->slot[i]->host.tcp)
                        continue;
                syslog_target_step(s->slot[i], &s->env, now);
                tell_change(s, s->slot[i]);
        }
        set_hold(s);
        pthread_mutex_unlock(&s->lock);
}

/* One line to those who take it in this format. */
static void send_line(struct syslog_send *s, bool emblem, int level, const char *line)
{
        char text[DATAGRAM_MAX];
        struct wbuf w = wbuf_of(text, sizeof text);

        pthread_mutex_lock(&s->lock);
        wbuf_printf(&w, "<%u>%s", s->facility * 8 + (unsigned)level, emblem ? "" : s->version);
        wbuf_put(&w, line, MIN_OF(strlen(line), sizeof text - w.len));
        for (unsigned i = 0; i < SYSLOG_HOSTS_MAX; i++) {
                if (s->slot[i] && s->slot[i]->host.emblem == emblem)
                        syslog_target_line(s->slot[i], &s->env, clock_mono_ms(s->clk), text, w.len);
        }
        pthread_mutex_unlock(&s->lock);
}

static void on_line(void *ctx, enum log_dest dest UNUSED, int level, uint32_t id UNUSED, const char *line)
{
        send_line(ctx, false, level, line);
}

static void on_emblem(void *ctx, enum log_dest dest UNUSED, int level, uint32_t id UNUSED, const char *line)
{
        send_line(ctx, true, level, line);
}

/* ---- the set ---- */

struct syslog_send *syslog_send_new(struct log *log, const struct clock *clk, const struct syslog_way *way)
{
        struct syslog_send *s = mem_alloc(MEM_SVC, sizeof *s);

        if (!s)
                return NULL;
        s->log = log;
        s->clk = clk;
        s->env.way = *way;
        s->facility = 20;
        s->version = "";
        s->env.src = log_src_new(log, "syslog");
        pthread_mutex_init(&s->lock, NULL);
        syslog_send_hosts(s, NULL, 0);
        log_set_sink(log, LOG_TO_TRAP, on_line, s);
        return s;
}

static void target_free(struct syslog_send *s, unsigned i)
{
        syslog_target_free(s->slot[i], &s->env);
        s->slot[i] = NULL;
}

void syslog_send_free(struct syslog_send *s)
{
        if (!s)
                return;
        log_set_sink(s->log, LOG_TO_TRAP, NULL, NULL); /* no line is under way behind this */
        log_set_emblem_sink(s->log, NULL, NULL);
        for (unsigned i = 0; i < SYSLOG_HOSTS_MAX; i++) {
                if (s->slot[i])
                        target_free(s, i);
        }
        tls_profile_put(s->env.tls);
        pthread_mutex_destroy(&s->lock);
        mem_free(s);
}

static uint16_t port_of(const struct syslog_host *h)
{
        return h->port ? h->port : h->tcp ? SYSLOG_TCP_PORT : SYSLOG_PORT;
}

static bool same_host(const struct syslog_host *a, const struct syslog_host *b)
{
        return a->tcp == b->tcp && a->tls == b->tls && a->emblem == b->emblem &&
               ref_identity_same(&a->identity, &b->identity) && addr_eq(&a->addr, &b->addr) &&
               port_of(a) == port_of(b) && strcmp(a->nameif, b->nameif) == 0;
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
        struct syslog_host known = *h;

        known.port = port_of(h);
        for (; i < SYSLOG_HOSTS_MAX; i++) {
                if (s->slot[i] && same_host(&s->slot[i]->host, h))
                        return;
                if (!s->slot[i] && free_slot == SYSLOG_HOSTS_MAX)
                        free_slot = i;
        }
        if (free_slot < SYSLOG_HOSTS_MAX)
                s->slot[free_slot] = syslog_target_new(&known, free_slot);
}

static void take_conf(struct syslog_send *s, const struct log_conf *c)
{
        const struct log_filter *trap = &c->dest[LOG_TO_TRAP];

        s->facility = c->facility;
        s->version = c->timestamp && c->rfc5424 ? "1 " : "";
        s->wanted = c->enable && (*trap->list || trap->level != LOG_L_NONE);
        s->tell_permitted = c->permit_hostdown && !s->permit && s->held;
        s->permit = c->permit_hostdown;
}

static bool any_emblem(const struct syslog_host *hosts, unsigned n)
{
        for (unsigned i = 0; i < n; i++)
                if (hosts[i].emblem)
                        return true;
        return false;
}

void syslog_send_hosts(struct syslog_send *s, const struct syslog_host *hosts, unsigned n)
{
        struct log_conf *c = mem_alloc(MEM_SVC, sizeof *c); /* too large for a stack */

        if (!c)
                return;
        log_get_conf(s->log, c);
        pthread_mutex_lock(&s->lock);
        take_conf(s, c);
        mem_free(c);
        for (unsigned i = 0; i < SYSLOG_HOSTS_MAX; i++) {
                if (s->slot[i] && !listed(&s->slot[i]->host, hosts, n))
                        target_free(s, i);
        }
        for (unsigned i = 0; i < n; i++)
                target_add(s, &hosts[i]);
        set_hold(s);
        pthread_mutex_unlock(&s->lock);
        log_set_emblem_sink(s->log, any_emblem(hosts, n) ? on_emblem : NULL, s);
}

/* Who was refused may be trusted now: those that are down are tried at once. */
void syslog_send_tls(struct syslog_send *s, struct tls_profile *p)
{
        struct tls_profile *old;

        pthread_mutex_lock(&s->lock);
        old = s->env.tls;
        s->env.tls = tls_profile_get(p);
        for (unsigned i = 0; i < SYSLOG_HOSTS_MAX; i++) {
                if (s->slot[i] && s->slot[i]->host.tls)
                        s->slot[i]->retry_ms = 0;
        }
        pthread_mutex_unlock(&s->lock);
        tls_profile_put(old);
}

void syslog_send_clear(struct syslog_send *s)
{
        pthread_mutex_lock(&s->lock);
        for (unsigned i = 0; i < SYSLOG_HOSTS_MAX; i++) {
                struct syslog_target *t = s->slot[i];

                if (t)
                        t->sent = t->errors = t->dropped = t->flaps = 0;
        }
        pthread_mutex_unlock(&s->lock);
}

unsigned syslog_send_stat(struct syslog_send *s, struct syslog_stat out[SYSLOG_HOSTS_MAX])
{
        unsigned n = 0;

        pthread_mutex_lock(&s->lock);
        for (unsigned i = 0; i < SYSLOG_HOSTS_MAX; i++) {
                const struct syslog_target *t = s->slot[i];

                if (!t)
                        continue;
                out[n] = (struct syslog_stat){
                        .host = t->host,
                        .sent = t->sent,
                        .errors = t->errors,
                        .dropped = t->dropped,
                        .flaps = t->flaps,
                        .up = t->up,
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

        return (h->tcp ? box_tcp : box_udp)(b->net, h->nameif, &h->addr, h->port, &b->slot[slot], e);
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

static void way_local(void *ctx, unsigned slot, struct addr *a, uint16_t *port)
{
        const struct box_syslog *b = ctx;

        *a = b->slot[slot].local;
        *port = b->slot[slot].local_port;
}

struct syslog_way box_syslog_way(struct box_syslog *b, const struct box_net *net)
{
        *b = (struct box_syslog){ .net = net };
        return (struct syslog_way){
                .ctx = b, .open = way_open, .alive = way_alive, .close = way_close, .local = way_local
        };
}
