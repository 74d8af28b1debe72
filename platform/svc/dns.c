#include "platform/svc/dns.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/base/wake.h"
#include "platform/svc/dns_int.h"

#define IDLE_MS 1000u

/* ---- names ---- */

static bool label_ok(const char *s, size_t n)
{
        if (!n || n > DNS_LABEL_MAX || s[0] == '-' || s[n - 1] == '-')
                return false;
        for (size_t i = 0; i < n; i++)
                if (!isalnum((unsigned char)s[i]) && s[i] != '-' && s[i] != '_')
                        return false;
        return true;
}

static bool labels_ok(const char *s)
{
        for (;;) {
                size_t n = strcspn(s, ".");

                if (!label_ok(s, n))
                        return false;
                if (!s[n])
                        return true;
                s += n + 1;
        }
}

int dns_canon(const char *name, const char *domain, char out[DNS_NAME_MAX + 1], struct err *e)
{
        size_t n = strlen(name);
        bool whole = n && name[n - 1] == '.', add = !whole && !strchr(name, '.') && *domain;
        int len;

        len = snprintf(out, DNS_NAME_MAX + 1, "%.*s%s%s", (int)MIN_OF(n - whole, 1000u), name, add ? "." : "",
                       add ? domain : "");
        if (len > (int)DNS_NAME_MAX || !labels_ok(out))
                return err_set(e, ERR_SYNTAX,
                               "not a host name: labels of letters, digits, - and _ are at most %u characters, "
                               "a name %u",
                               DNS_LABEL_MAX, DNS_NAME_MAX);
        for (char *p = out; *p; p++)
                *p = (char)tolower((unsigned char)*p);
        return 0;
}

/* ---- the cache (under the lock) ---- */

static uint64_t now_ms(const struct dns *d)
{
        return clock_mono_ms(d->clk);
}

static bool busy(const struct dns_entry *x)
{
        return x->state == DNS_WANTED || x->state == DNS_ASKING;
}

static struct dns_entry *find(struct dns *d, const char *name)
{
        for (unsigned i = 0; i < DNS_CACHE_MAX; i++)
                if (d->cache[i].state != DNS_FREE && !strcmp(d->cache[i].name, name))
                        return &d->cache[i];
        return NULL;
}

/* A place for a name: a free one, else that of the name that nobody has asked for longest. */
static struct dns_entry *place(struct dns *d, const char *name)
{
        struct dns_entry *best = NULL;

        for (unsigned i = 0; i < DNS_CACHE_MAX; i++) {
                struct dns_entry *x = &d->cache[i];

                if (x->state == DNS_FREE) {
                        best = x;
                        break;
                }
                if (!busy(x) && (!best || x->used_ms < best->used_ms))
                        best = x;
        }
        if (!best)
                return NULL;
        *best = (struct dns_entry){ .state = DNS_NONE };
        str_copy(best->name, sizeof best->name, name);
        return best;
}

/* One that is about to be asked for is, by what is configured now. */
static void forget(struct dns_entry *x)
{
        x->forget = x->state == DNS_ASKING;
        x->a.n = 0;
        if (!busy(x))
                x->state = DNS_FREE;
}

static void forget_all(struct dns *d)
{
        for (unsigned i = 0; i < DNS_CACHE_MAX; i++)
                if (d->cache[i].state != DNS_FREE)
                        forget(&d->cache[i]);
}

/* ---- asking ---- */

static enum name_state unknown(struct name_answer *out, const char *why)
{
        *out = (struct name_answer){ .n = 0 };
        str_copy(out->why, sizeof out->why, why);
        return NAME_UNKNOWN;
}

/* Why nobody can be asked; NULL: somebody can. */
static const char *lacks(const struct dns_conf *c, char *out, size_t cap)
{
        if (!c->nifaces)
                return "DNS lookup is not enabled: dns domain-lookup INTERFACE";
        if (c->nservers)
                return NULL;
        snprintf(out, cap, "dns server-group %s has no name-server", c->group);
        return out;
}

static enum name_state ask_cache(struct dns *d, const char *name, struct name_answer *out)
{
        struct dns_entry *x = find(d, name);
        uint64_t now = now_ms(d);

        if (!x)
                x = place(d, name);
        if (!x) {
                d->c.full++;
                return unknown(out, "too many names are being asked for");
        }
        x->used_ms = now;
        if (busy(x))
                return NAME_ASKED;
        if (now < x->fresh_ms) {
                d->c.hits++;
                *out = x->a;
                return x->state == DNS_KNOWN ? NAME_KNOWN : NAME_UNKNOWN;
        }
        x->state = DNS_WANTED;
        wake_kick(d->wake_fd);
        return NAME_ASKED;
}

enum name_state dns_ask(struct dns *d, const char *name, struct name_answer *out)
{
        char canon[DNS_NAME_MAX + 1], room[120];
        enum name_state got;
        const char *lack;
        struct err e;

        *out = (struct name_answer){ .n = 0 };
        if (addr_parse(name, &out->at[0]) && addr_is_v4(&out->at[0])) {
                out->n = 1;
                return NAME_KNOWN;
        }
        pthread_mutex_lock(&d->lock);
        lack = lacks(&d->conf, room, sizeof room);
        if (dns_canon(name, d->conf.domain, canon, &e) < 0)
                got = unknown(out, e.text);
        else
                got = lack ? unknown(out, lack) : ask_cache(d, canon, out);
        pthread_mutex_unlock(&d->lock);
        return got;
}

static enum name_state service_ask(void *ctx, const char *name, struct name_answer *out)
{
        return dns_ask(ctx, name, out);
}

static unsigned service_news(void *ctx)
{
        struct dns *d = ctx;

        return atomic_load(&d->news);
}

struct name_service dns_service(struct dns *d)
{
        return (struct name_service){ .ctx = d, .ask = service_ask, .news = service_news };
}

/* ---- questions begin and end (its thread) ---- */

static struct dns_query *free_query(struct dns *d)
{
        for (unsigned i = 0; i < DNS_ACTIVE_MAX; i++)
                if (!d->query[i].d)
                        return &d->query[i];
        return NULL;
}

/* Silence does not make an answer wrong at once that was right before. */
static bool may_stand(const struct dns_entry *x, const struct dns_query *q, uint64_t now)
{
        return q->end == DNS_END_SILENT && x->a.n && now < x->keep_ms;
}

static void keep(struct dns *d, struct dns_entry *x, const struct dns_query *q)
{
        uint64_t now = now_ms(d);

        x->stale = may_stand(x, q, now);
        if (x->stale) {
                x->state = DNS_KNOWN;
                x->fresh_ms = now + DNS_NEGATIVE_S * 1000u;
                str_copy(x->a.why, sizeof x->a.why, q->a.why);
                return;
        }
        x->a = q->a;
        x->state = q->end == DNS_END_KNOWN ? DNS_KNOWN : DNS_NONE;
        x->fresh_ms = now + 1000u * (uint64_t)(q->end == DNS_END_KNOWN  ? q->ttl_s
                                               : q->end == DNS_END_NONE ? DNS_NEGATIVE_S
                                                                        : DNS_SILENT_S);
        x->keep_ms = x->fresh_ms + q->conf.expire_min * 60000u;
}

static void tell(struct dns *d, const struct dns_query *q, const char *name)
{
        char a[ADDR_TEXT_MAX];

        if (!d->log || !debug_on(d->log, DBG_DNS))
                return;
        if (q->end == DNS_END_KNOWN)
                debug_line(d->log, DBG_DNS, "DNS: %s is %s, TTL %u, %u address(es)", name, addr_print(&q->a.at[0], a),
                           q->ttl_s, q->a.n);
        else
                debug_line(d->log, DBG_DNS, "DNS: %s: %s", name, q->a.why);
}

static void finish(struct dns *d, struct dns_query *q)
{
        struct dns_entry *x = &d->cache[q->entry];

        tell(d, q, x->name); /* nobody else names an entry while it is asked for */
        pthread_mutex_lock(&d->lock);
        d->c.known += q->end == DNS_END_KNOWN;
        d->c.none += q->end == DNS_END_NONE;
        d->c.silent += q->end == DNS_END_SILENT;
        if (x->forget)
                x->state = DNS_FREE;
        else
                keep(d, x, q);
        pthread_mutex_unlock(&d->lock);
        dns_query_free(q);
        atomic_fetch_add(&d->news, 1);
}

/* Takes one wanted name; false: there is none. */
static bool take_wanted(struct dns *d, struct dns_query *q, char name[DNS_NAME_MAX + 1])
{
        bool found = false;

        pthread_mutex_lock(&d->lock);
        for (unsigned i = 0; i < DNS_CACHE_MAX && !found; i++) {
                struct dns_entry *x = &d->cache[i];

                if (x->state != DNS_WANTED)
                        continue;
                found = true;
                x->state = DNS_ASKING;
                q->entry = i;
                q->conf = d->conf;
                memcpy(name, x->name, sizeof x->name);
                d->c.asked++;
        }
        pthread_mutex_unlock(&d->lock);
        return found;
}

static void begin_wanted(struct dns *d)
{
        char name[DNS_NAME_MAX + 1];
        struct dns_query *q;

        while ((q = free_query(d)) && take_wanted(d, q, name)) {
                if (d->log)
                        debug_line(d->log, DBG_DNS, "DNS: get global group %s: asking for %s", q->conf.group, name);
                if (dns_query_start(d, q, name) < 0)
                        finish(d, q);
        }
}

void dns_step(struct dns *d, unsigned wait_ms)
{
        unsigned at[DNS_ACTIVE_MAX + 1] = { 0 }, n = 1;

        begin_wanted(d);
        for (unsigned i = 0; i < DNS_ACTIVE_MAX; i++) {
                at[i] = n;
                if (d->query[i].d)
                        n += dns_query_poll(&d->query[i], d->poll + n, &wait_ms);
                at[i + 1] = n;
        }
        d->poll[0] = (struct pollfd){ .fd = d->wake_fd, .events = POLLIN };
        if (poll(d->poll, n, (int)wait_ms) < 0)
                return;
        if (d->poll[0].revents & POLLIN)
                wake_drain(d->wake_fd);
        for (unsigned i = 0; i < DNS_ACTIVE_MAX; i++) {
                struct dns_query *q = &d->query[i];

                if (q->d)
                        dns_query_serve(q, d->poll + at[i], at[i + 1] - at[i]);
                if (q->d && q->done)
                        finish(d, q);
        }
        begin_wanted(d);
}

static void end_all(struct dns *d)
{
        for (unsigned i = 0; i < DNS_ACTIVE_MAX; i++)
                if (d->query[i].d)
                        finish(d, &d->query[i]);
}

void dns_run(struct dns *d)
{
        while (!atomic_load(&d->stop))
                dns_step(d, IDLE_MS);
        end_all(d); /* their flows go while the dataplane still runs */
}

void dns_stop(struct dns *d)
{
        atomic_store(&d->stop, true);
        wake_kick(d->wake_fd);
}

/* ---- the whole ---- */

struct dns *dns_new(const struct clock *clk, const struct dns_way *way, struct err *e)
{
        struct dns *d = mem_alloc(MEM_SVC, sizeof *d);

        if (!d) {
                err_nomem(e, "starting the DNS client");
                return NULL;
        }
        d->clk = clk;
        d->way = *way;
        pthread_mutex_init(&d->lock, NULL);
        d->wake_fd = wake_open();
        if (d->wake_fd >= 0)
                return d;
        err_set(e, ERR_IO, "DNS client: %s", strerror(errno));
        dns_free(d);
        return NULL;
}

void dns_set_log(struct dns *d, struct log_src *log)
{
        d->log = log;
}

void dns_free(struct dns *d)
{
        if (!d)
                return;
        end_all(d);
        if (d->wake_fd >= 0)
                close(d->wake_fd);
        pthread_mutex_destroy(&d->lock);
        mem_free(d);
}

static bool same_servers(const struct dns_conf *a, const struct dns_conf *b)
{
        bool same = a->nservers == b->nservers && a->nifaces == b->nifaces && !strcmp(a->domain, b->domain);

        for (unsigned i = 0; same && i < a->nservers; i++)
                same = addr_eq(&a->server[i], &b->server[i]);
        for (unsigned i = 0; same && i < a->nifaces; i++)
                same = !strcmp(a->nameif[i], b->nameif[i]);
        return same;
}

void dns_configure(struct dns *d, const struct dns_conf *c)
{
        bool same;

        pthread_mutex_lock(&d->lock);
        same = same_servers(&d->conf, c);
        d->conf = *c;
        if (!same)
                forget_all(d);
        pthread_mutex_unlock(&d->lock);
        if (!same)
                atomic_fetch_add(&d->news, 1);
}

/* ---- views ---- */

static void row_of(const struct dns *d, const struct dns_entry *x, struct dns_row *r)
{
        uint64_t now = now_ms(d);

        *r = (struct dns_row){ .stale = x->stale, .a = x->a };
        str_copy(r->name, sizeof r->name, x->name);
        r->state = busy(x) ? NAME_ASKED : x->state == DNS_KNOWN ? NAME_KNOWN : NAME_UNKNOWN;
        r->left_s = x->fresh_ms > now ? (uint32_t)((x->fresh_ms - now + 999) / 1000) : 0;
        r->idle_s = (uint32_t)((now - x->used_ms) / 1000);
}

unsigned dns_walk(struct dns *d, uint32_t *cursor, struct dns_row *rows, unsigned max, bool *end)
{
        unsigned n = 0;

        pthread_mutex_lock(&d->lock);
        for (; *cursor < DNS_CACHE_MAX && n < max; (*cursor)++)
                if (d->cache[*cursor].state != DNS_FREE)
                        row_of(d, &d->cache[*cursor], &rows[n++]);
        *end = *cursor == DNS_CACHE_MAX;
        pthread_mutex_unlock(&d->lock);
        return n;
}

void dns_clear(struct dns *d, const char *name)
{
        char canon[DNS_NAME_MAX + 1];
        struct dns_entry *x;
        struct err e;

        pthread_mutex_lock(&d->lock);
        if (!name) {
                forget_all(d);
        } else if (dns_canon(name, d->conf.domain, canon, &e) == 0) {
                x = find(d, canon);
                if (x)
                        forget(x);
        }
        pthread_mutex_unlock(&d->lock);
        atomic_fetch_add(&d->news, 1);
}

void dns_get_conf(struct dns *d, struct dns_conf *out)
{
        pthread_mutex_lock(&d->lock);
        *out = d->conf;
        pthread_mutex_unlock(&d->lock);
}

void dns_counts(struct dns *d, struct dns_counts *out)
{
        pthread_mutex_lock(&d->lock);
        *out = d->c;
        pthread_mutex_unlock(&d->lock);
}
