/* Sources, the draining side, and what `show logging` reads. */
#include "platform/base/log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "platform/base/log_int.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

static void set_queue(struct log *l, uint32_t n)
{
        atomic_store_explicit(&l->queue, n && n < l->slots ? n : l->slots, memory_order_relaxed);
}

struct log *log_new(const struct clock *clk, uint32_t slots)
{
        struct log *l = mem_alloc(MEM_LOG, sizeof *l);

        if (!l)
                return NULL;
        l->clk = clk;
        l->slots = slots;
        pthread_mutex_init(&l->lock, NULL);
        pthread_mutex_init(&l->deliver, NULL);
        log_conf_init(&l->conf);
        set_queue(l, l->conf.queue);
        if (log_buf_resize(&l->buf, l->conf.buffer_size, 0) < 0) {
                log_free(l);
                return NULL;
        }
        return l;
}

static void src_free(struct log_src *s)
{
        if (s)
                ring_free(s->ring);
        mem_free(s);
}

void log_free(struct log *l)
{
        if (!l)
                return;
        for (unsigned i = 0; i < l->nsrcs; i++)
                src_free(l->src[i]);
        log_buf_fini(&l->buf);
        log_buf_fini(&l->asdm);
        pthread_mutex_destroy(&l->lock);
        pthread_mutex_destroy(&l->deliver);
        mem_free(l);
}

struct log_src *log_src_new(struct log *l, const char *name)
{
        struct log_src *s = mem_alloc(MEM_LOG, sizeof *s);
        bool room;

        if (!s)
                return NULL;
        s->log = l;
        snprintf(s->name, sizeof s->name, "%s", name);
        s->ring = ring_new(sizeof(struct log_rec), l->slots);
        pthread_mutex_lock(&l->lock);
        room = s->ring && l->nsrcs < LOG_SRCS_MAX;
        if (room)
                l->src[l->nsrcs++] = s;
        pthread_mutex_unlock(&l->lock);
        if (room)
                return s;
        src_free(s);
        return NULL;
}

/* ---- producing side ---- */

bool log_wanted(const struct log_src *s, enum log_msg id)
{
        assert((unsigned)id < LOG_MSGS); /* 302013 instead of LOG_302013 compiles */
        return s && (unsigned)id < LOG_MSGS && atomic_load_explicit(&s->log->dests[id], memory_order_relaxed);
}

/* Has the source as many waiting as `logging queue` allows? The ring itself may have room for more. */
static bool queue_full(struct log_src *s)
{
        uint64_t taken = atomic_load_explicit(&s->taken, memory_order_relaxed);
        uint64_t queued = atomic_load_explicit(&s->queued, memory_order_relaxed);

        return queued >= taken + atomic_load_explicit(&s->log->queue, memory_order_relaxed);
}

static void push(struct log_src *s, const struct log_rec *r)
{
        _Atomic uint64_t *count = !queue_full(s) && ring_push(s->ring, r) ? &s->queued : &s->lost;

        atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

static void emit(struct log_src *s, unsigned id, const struct log_arg *args, unsigned nargs)
{
        struct log_rec r;

        r.wall_ns = s->log->clk->wall_ns(s->log->clk->ctx);
        r.id = (uint16_t)id;
        log_pack(&r, args, nargs);
        memset(r.data + r.len, 0, sizeof r.data - r.len);
        push(s, &r);
}

void log_emit(struct log_src *s, enum log_msg id, const struct log_arg *args, unsigned nargs)
{
        if (s && (unsigned)id < LOG_MSGS)
                emit(s, id, args, nargs);
}

bool debug_on(const struct log_src *s, enum debug_family f)
{
        return s && debug_is_set(s->log, f);
}

void debug_line(struct log_src *s, enum debug_family f, const char *fmt, ...)
{
        char text[LOG_REC_DATA];
        struct log_arg arg = LS(text);
        va_list ap;

        if (!debug_on(s, f))
                return;
        va_start(ap, fmt);
        vsnprintf(text, sizeof text, fmt, ap);
        va_end(ap);
        emit(s, LOG_MSGS + f, &arg, 1);
}

void debug_set(struct log *l, enum debug_family f, bool on)
{
        if (on)
                atomic_fetch_or_explicit(&l->debug, 1u << f, memory_order_relaxed);
        else
                atomic_fetch_and_explicit(&l->debug, ~(1u << f), memory_order_relaxed);
}

bool debug_is_set(const struct log *l, enum debug_family f)
{
        return atomic_load_explicit(&l->debug, memory_order_relaxed) >> f & 1;
}

const char *debug_family_name(enum debug_family f)
{
        static const char *const name[DBG_FAMILIES] = {
                [DBG_MMP] = "mmp",
                [DBG_TLSP_EVENTS] = "inspect tls-proxy events",
                [DBG_TLSP_ERRORS] = "inspect tls-proxy errors",
                [DBG_TLSP_PACKETS] = "inspect tls-proxy packets",
                [DBG_ICMP_TRACE] = "icmp trace",
                [DBG_CRYPTO_CA] = "crypto ca",
                [DBG_TFTP] = "tftp",
                [DBG_SIP] = "sip",
                [DBG_SKINNY] = "skinny",
                [DBG_PP_MEDIA_EVENTS] = "phone-proxy media events",
                [DBG_PP_MEDIA_ERRORS] = "phone-proxy media errors",
                [DBG_PP_SIGNALING_EVENTS] = "phone-proxy signaling events",
                [DBG_PP_SIGNALING_ERRORS] = "phone-proxy signaling errors",
                [DBG_PP_TFTP_EVENTS] = "phone-proxy tftp events",
                [DBG_PP_TFTP_ERRORS] = "phone-proxy tftp errors",
                [DBG_DNS] = "dns",
        };

        return (unsigned)f < DBG_FAMILIES && name[f] ? name[f] : "unknown";
}

/* ---- configuration ---- */

static void take_conf(struct log *l, const struct log_conf *c)
{
        set_queue(l, c->queue);
        for (unsigned i = 0; i < LOG_MSGS; i++) {
                const struct log_def *d = log_def_of(i);

                l->level[i] = (int8_t)log_conf_level(c, d);
                atomic_store_explicit(&l->dests[i], log_conf_dests(c, d, l->level[i]), memory_order_relaxed);
        }
        log_rates_set(&l->rates, &l->conf, c, l->level);
        l->conf = *c;
}

/* Lines are seldom longer on an average. */
#define ASDM_LINE 512u

static int size_buffers(struct log *l, const struct log_conf *c)
{
        bool asdm = log_conf_uses(c, LOG_TO_ASDM);

        if (log_buf_resize(&l->asdm, asdm ? c->asdm_size * ASDM_LINE : 0, c->asdm_size) < 0)
                return -1;
        return log_buf_resize(&l->buf, c->buffer_size, 0);
}

int log_configure(struct log *l, const struct log_conf *c, struct err *e)
{
        int ret;

        if (log_conf_check(c, e) < 0)
                return -1;
        pthread_mutex_lock(&l->lock);
        ret = size_buffers(l, c);
        if (!ret)
                take_conf(l, c);
        pthread_mutex_unlock(&l->lock);
        return ret ? err_nomem(e, "resizing the logging buffers") : 0;
}

uint32_t log_queue_limit(struct log *l)
{
        return atomic_load_explicit(&l->queue, memory_order_relaxed);
}

void log_set_hold(struct log *l, bool hold)
{
        atomic_store_explicit(&l->hold, hold, memory_order_relaxed);
}

bool log_held(const struct log_src *s)
{
        return s && atomic_load_explicit(&s->log->hold, memory_order_relaxed);
}

void log_get_conf(struct log *l, struct log_conf *out)
{
        pthread_mutex_lock(&l->lock);
        *out = l->conf;
        pthread_mutex_unlock(&l->lock);
}

void log_set_sink(struct log *l, enum log_dest dest, log_sink_fn fn, void *ctx)
{
        pthread_mutex_lock(&l->deliver);
        l->sink[dest] = (struct sink){ .fn = fn, .ctx = ctx };
        pthread_mutex_unlock(&l->deliver);
}

void log_set_emblem_sink(struct log *l, log_sink_fn fn, void *ctx)
{
        pthread_mutex_lock(&l->deliver);
        l->emblem = (struct sink){ .fn = fn, .ctx = ctx };
        atomic_store_explicit(&l->want_emblem, fn != NULL, memory_order_relaxed);
        pthread_mutex_unlock(&l->deliver);
}

void log_set_debug_sink(struct log *l, debug_sink_fn fn, void *ctx)
{
        pthread_mutex_lock(&l->deliver);
        l->debug_fn = fn;
        l->debug_ctx = ctx;
        pthread_mutex_unlock(&l->deliver);
}

/* ---- how far the log thread is ---- */

void log_mark(struct log *l, struct log_mark *m)
{
        pthread_mutex_lock(&l->lock);
        m->n = l->nsrcs;
        for (unsigned i = 0; i < m->n; i++)
                m->said[i] = atomic_load_explicit(&l->src[i]->queued, memory_order_acquire);
        pthread_mutex_unlock(&l->lock);
}

bool log_reached(struct log *l, const struct log_mark *m)
{
        bool all = true;

        pthread_mutex_lock(&l->lock);
        for (unsigned i = 0; i < m->n; i++)
                all = all && atomic_load_explicit(&l->src[i]->kept, memory_order_acquire) >= m->said[i];
        pthread_mutex_unlock(&l->lock);
        return all;
}

/* ---- show logging ---- */

static struct log_src_stats stats_of(struct log_src *s)
{
        uint64_t taken = atomic_load_explicit(&s->taken, memory_order_relaxed);
        uint64_t queued = atomic_load_explicit(&s->queued, memory_order_relaxed);

        return (struct log_src_stats){
                .name = s->name,
                .queued = queued > taken ? queued - taken : 0, /* the two are not read at one instant */
                .lost = atomic_load_explicit(&s->lost, memory_order_relaxed),
        };
}

bool log_src_stats(struct log *l, unsigned i, struct log_src_stats *out)
{
        bool found;

        pthread_mutex_lock(&l->lock);
        found = i < l->nsrcs;
        if (found)
                *out = stats_of(l->src[i]);
        pthread_mutex_unlock(&l->lock);
        return found;
}

void log_stats(struct log *l, struct log_stats *out)
{
        struct log_src_stats s;

        *out = (struct log_stats){ 0 };
        for (unsigned i = 0; i < LOG_DESTS; i++)
                out->dest_count[i] = atomic_load_explicit(&l->dest_count[i], memory_order_relaxed);
        for (unsigned i = 0; log_src_stats(l, i, &s); i++) {
                out->lost += s.lost;
                out->queued += s.queued;
        }
}

void log_clear_counters(struct log *l)
{
        for (unsigned i = 0; i < LOG_DESTS; i++)
                atomic_store_explicit(&l->dest_count[i], 0, memory_order_relaxed);
        pthread_mutex_lock(&l->lock);
        for (unsigned i = 0; i < l->nsrcs; i++)
                atomic_store_explicit(&l->src[i]->lost, 0, memory_order_relaxed);
        for (unsigned i = 0; i < LOG_RATES_MAX; i++)
                l->rates.state[i].suppressed = 0;
        pthread_mutex_unlock(&l->lock);
}

uint64_t log_rate_suppressed(struct log *l, unsigned i)
{
        uint64_t n;

        pthread_mutex_lock(&l->lock);
        n = i < LOG_RATES_MAX ? l->rates.state[i].suppressed : 0;
        pthread_mutex_unlock(&l->lock);
        return n;
}

/* A NUL-ended copy of a buffer, or NULL. */
static char *buffer_copy(struct log *l, const struct log_buf *b)
{
        char *copy;

        pthread_mutex_lock(&l->lock);
        copy = mem_alloc(MEM_LOG, (size_t)b->used + 1);
        if (copy)
                log_buf_copy(b, copy);
        pthread_mutex_unlock(&l->lock);
        return copy;
}

static int buffer_walk(struct log *l, const struct log_buf *b, void (*fn)(void *ctx, const char *line), void *ctx)
{
        char *copy = buffer_copy(l, b), *line = copy, *end;

        if (!copy)
                return -1;
        for (; (end = strchr(line, '\n')); line = end + 1) {
                *end = 0;
                fn(ctx, line);
        }
        mem_free(copy);
        return 0;
}

static void buffer_clear(struct log *l, struct log_buf *b)
{
        pthread_mutex_lock(&l->lock);
        log_buf_clear(b);
        pthread_mutex_unlock(&l->lock);
}

int log_buffer_walk(struct log *l, void (*fn)(void *ctx, const char *line), void *ctx)
{
        return buffer_walk(l, &l->buf, fn, ctx);
}

int log_asdm_walk(struct log *l, void (*fn)(void *ctx, const char *line), void *ctx)
{
        return buffer_walk(l, &l->asdm, fn, ctx);
}

void log_buffer_clear(struct log *l)
{
        buffer_clear(l, &l->buf);
}

void log_asdm_clear(struct log *l)
{
        buffer_clear(l, &l->asdm);
}
