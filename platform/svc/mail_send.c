#include "platform/svc/mail_send.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/base/wbuf.h"

#define HEAD_MAX 1024u

struct line {
        int level;
        char text[MAIL_LINE_MAX + 1];
};

struct mail_send {
        struct mail_env env;
        atomic_bool stop;
        pthread_mutex_t lock;
        pthread_cond_t changed;
        struct mail_conf conf;
        struct mail_status shown;
        uint64_t due_ms, last_ms; /* the next mail; the last one */
        bool any;                 /* there was one */
        unsigned tries;           /* of those that wait */
        uint64_t serial;          /* of the thread, as the rest */
        unsigned first, n;
        struct line ring[MAIL_WAIT]; /* taken out by the thread alone */
};

bool mail_address_ok(const char *s)
{
        for (const char *p = s; *p; p++)
                if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f || *p == '<' || *p == '>')
                        return false;
        return *s && strlen(s) <= MAIL_ADDRESS_MAX;
}

/* ---- the log thread ---- */

static const char *missing(const struct mail_conf *c)
{
        if (!*c->from)
                return "no mail is sent: logging from-address is missing";
        if (!c->nto)
                return "no mail is sent: logging recipient-address is missing";
        return c->nservers ? NULL : "no mail is sent: smtp-server is missing";
}

static void schedule(struct mail_send *m)
{
        uint64_t now = clock_mono_ms(m->env.clk);

        m->due_ms = now + MAIL_COLLECT_MS;
        if (m->any)
                m->due_ms = MAX_OF(m->due_ms, m->last_ms + MAIL_GAP_MS);
        m->tries = 0;
        pthread_cond_signal(&m->changed);
}

static void on_line(void *ctx, enum log_dest dest UNUSED, int level, uint32_t id UNUSED, const char *line)
{
        struct mail_send *m = ctx;

        pthread_mutex_lock(&m->lock);
        if (missing(&m->conf) || m->n == MAIL_WAIT) {
                m->shown.dropped++;
        } else {
                struct line *l = &m->ring[(m->first + m->n) % MAIL_WAIT];

                l->level = level;
                snprintf(l->text, sizeof l->text, "%.*s", (int)MAIL_LINE_MAX, line);
                if (!m->n++)
                        schedule(m);
        }
        pthread_mutex_unlock(&m->lock);
}

/* ---- life ---- */

struct mail_send *mail_send_new(const struct mail_env *env)
{
        struct mail_send *m = mem_alloc(MEM_SVC, sizeof *m);
        pthread_condattr_t a;

        if (!m)
                return NULL;
        m->env = *env;
        pthread_mutex_init(&m->lock, NULL);
        pthread_condattr_init(&a);
        pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
        pthread_cond_init(&m->changed, &a);
        pthread_condattr_destroy(&a);
        log_set_sink(env->log, LOG_TO_MAIL, on_line, m);
        return m;
}

void mail_send_free(struct mail_send *m)
{
        if (!m)
                return;
        log_set_sink(m->env.log, LOG_TO_MAIL, NULL, NULL); /* no line is under way behind this */
        pthread_cond_destroy(&m->changed);
        pthread_mutex_destroy(&m->lock);
        mem_free(m);
}

static void forget(struct mail_send *m, unsigned n, bool sent)
{
        m->first = (m->first + n) % MAIL_WAIT;
        m->n -= n;
        m->shown.dropped += sent ? 0 : n;
}

void mail_send_configure(struct mail_send *m, const struct mail_conf *c)
{
        pthread_mutex_lock(&m->lock);
        if (memcmp(&m->conf, c, sizeof *c) != 0)
                m->shown.why[0] = 0;
        m->conf = *c;
        pthread_mutex_unlock(&m->lock);
}

/* ---- one mail ---- */

static void put_head(struct mail_send *m, struct wbuf *w, const struct mail_conf *c, const char *to, unsigned n,
                     int worst)
{
        int64_t wall = m->env.clk->wall_ns(m->env.clk->ctx);
        time_t now = (time_t)(wall / 1000000000);
        struct tm tm = { 0 };
        char date[64];

        gmtime_r(&now, &tm);
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm);
        wbuf_printf(w, "From: <%s>\r\nTo: <%s>\r\nDate: %s\r\n", c->from, to, date);
        wbuf_printf(w, "Message-ID: <%lld.%llu@%s>\r\n", (long long)wall, (unsigned long long)++m->serial, c->host);
        wbuf_printf(w, "Subject: %s: %u log message%s, %s\r\n", c->host, n, n == 1 ? "" : "s", log_level_name(worst));
        wbuf_str(w, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                    "Content-Transfer-Encoding: 8bit\r\n\r\n");
}

static bool is_for(const struct mail_to *to, const struct line *l)
{
        return to->level == LOG_L_NONE || l->level <= to->level;
}

/* Of the first n that wait what is for him; 0: nothing. The caller holds the lock. */
static size_t write_mail(struct mail_send *m, const struct mail_conf *c, const struct mail_to *to, unsigned n,
                         struct wbuf *w)
{
        unsigned his = 0;
        int worst = LOG_L_DEBUG;

        for (unsigned i = 0; i < n; i++) {
                const struct line *l = &m->ring[(m->first + i) % MAIL_WAIT];

                his += is_for(to, l);
                worst = is_for(to, l) ? MIN_OF(worst, l->level) : worst;
        }
        if (!his)
                return 0;
        put_head(m, w, c, to->address, his, worst);
        for (unsigned i = 0; i < n; i++) {
                const struct line *l = &m->ring[(m->first + i) % MAIL_WAIT];

                if (is_for(to, l))
                        wbuf_printf(w, "%s\r\n", l->text);
        }
        return w->full ? 0 : w->len;
}

static bool stopped(void *ctx)
{
        return atomic_load(&((struct mail_send *)ctx)->stop);
}

/* By the first server that takes it. */
static bool deliver(struct mail_send *m, const struct mail_conf *c, const struct mail *mail)
{
        struct err e = { 0 };
        bool sent = false;

        for (unsigned i = 0; i < c->nservers && !sent && !stopped(m); i++)
                sent = m->env.send(m->env.ctx, &c->server[i], mail, &e) == 0;
        pthread_mutex_lock(&m->lock);
        m->shown.sent += sent;
        m->shown.failed += !sent;
        snprintf(m->shown.why, sizeof m->shown.why, "%.*s", (int)sizeof m->shown.why - 1, sent ? "" : e.text);
        pthread_mutex_unlock(&m->lock);
        return sent;
}

struct round {
        struct mail_conf conf;
        unsigned n;            /* messages */
        unsigned sent, failed; /* mails */
        size_t cap;
        char *text;
};

static void one_recipient(struct mail_send *m, struct round *r, const struct mail_to *to)
{
        struct wbuf w = wbuf_of(r->text, r->cap);
        struct mail mail = { .host = r->conf.host,
                             .from = r->conf.from,
                             .to = to->address,
                             .text = r->text,
                             .ctx = m,
                             .stop = stopped };

        pthread_mutex_lock(&m->lock);
        mail.len = write_mail(m, &r->conf, to, r->n, &w);
        pthread_mutex_unlock(&m->lock);
        if (!mail.len)
                return;
        if (deliver(m, &r->conf, &mail))
                r->sent++;
        else
                r->failed++;
}

/* What nobody took is tried again, as a whole and not for ever. */
static void finish(struct mail_send *m, const struct round *r)
{
        uint64_t now = clock_mono_ms(m->env.clk);

        pthread_mutex_lock(&m->lock);
        m->last_ms = now;
        m->any = true;
        if (r->failed && !r->sent && ++m->tries < MAIL_TRIES) {
                m->due_ms = now + MAIL_RETRY_MS;
        } else {
                forget(m, r->n, r->sent || !r->failed);
                if (m->n)
                        schedule(m);
        }
        pthread_mutex_unlock(&m->lock);
}

/* ---- the thread ---- */

/* What is to be sent now, if anything. */
static bool begin(struct mail_send *m, struct round *r)
{
        bool due;

        pthread_mutex_lock(&m->lock);
        r->conf = m->conf;
        if (m->n && missing(&m->conf)) /* taken away meanwhile */
                forget(m, m->n, false);
        r->n = m->n;
        due = m->n && clock_mono_ms(m->env.clk) >= m->due_ms;
        pthread_mutex_unlock(&m->lock);
        return due;
}

static int wait_ms(struct mail_send *m)
{
        uint64_t now = clock_mono_ms(m->env.clk);
        int ms = -1;

        pthread_mutex_lock(&m->lock);
        if (m->n)
                ms = m->due_ms > now ? (int)(m->due_ms - now) : 0;
        pthread_mutex_unlock(&m->lock);
        return ms;
}

int mail_send_step(struct mail_send *m)
{
        struct round r = { .n = 0 };

        if (!begin(m, &r))
                return wait_ms(m);
        r.cap = HEAD_MAX + (size_t)r.n * (MAIL_LINE_MAX + 2);
        r.text = mem_alloc(MEM_SVC, r.cap);
        for (unsigned i = 0; r.text && i < r.conf.nto; i++)
                one_recipient(m, &r, &r.conf.to[i]);
        if (!r.text)
                r.failed++;
        mem_free(r.text);
        finish(m, &r);
        return wait_ms(m);
}

static void nap(struct mail_send *m, int ms)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        t.tv_sec += ms / 1000;
        t.tv_nsec += (long)(ms % 1000) * 1000000;
        if (t.tv_nsec >= 1000000000) {
                t.tv_sec++;
                t.tv_nsec -= 1000000000;
        }
        pthread_mutex_lock(&m->lock);
        if (!stopped(m) && ms < 0 && !m->n)
                pthread_cond_wait(&m->changed, &m->lock);
        else if (!stopped(m) && ms > 0)
                pthread_cond_timedwait(&m->changed, &m->lock, &t);
        pthread_mutex_unlock(&m->lock);
}

void mail_send_run(struct mail_send *m)
{
        while (!stopped(m))
                nap(m, mail_send_step(m));
}

void mail_send_stop(struct mail_send *m)
{
        atomic_store(&m->stop, true);
        pthread_mutex_lock(&m->lock);
        pthread_cond_signal(&m->changed);
        pthread_mutex_unlock(&m->lock);
}

void mail_send_status(struct mail_send *m, struct mail_status *out)
{
        const char *lacks;

        pthread_mutex_lock(&m->lock);
        *out = m->shown;
        out->waiting = m->n;
        lacks = missing(&m->conf);
        if (lacks)
                str_copy(out->why, sizeof out->why, lacks);
        pthread_mutex_unlock(&m->lock);
}
