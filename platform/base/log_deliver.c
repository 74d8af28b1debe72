/* The consuming side of the log: records become lines, and these go to whom they are for. */
#include "platform/base/log.h"

#include <stdio.h>

#include "platform/base/log_int.h"

static void count_dest(struct log *l, unsigned dest)
{
        atomic_fetch_add_explicit(&l->dest_count[dest], 1, memory_order_relaxed);
}

/* A message as its destinations get it. */
struct lines {
        char plain[LOG_LINE_MAX], emblem[LOG_LINE_MAX]; /* "": nobody wants that form */
        int level;
        bool emblem_local; /* that form also for those who are no syslog server */
};

typedef void (*format_fn)(struct wbuf *w, const struct log_conf *c, const struct log_def *d, int level,
                          const struct log_rec *r);

static void form(const struct log *l, format_fn format, enum log_msg id, const struct log_rec *r, char *out)
{
        struct wbuf w = wbuf_of(out, LOG_LINE_MAX);

        format(&w, &l->conf, log_def_of(id), l->level[id], r);
        wbuf_text(&w);
}

static const char *local_line(const struct lines *n)
{
        return n->emblem_local ? n->emblem : n->plain;
}

/* Is it for somebody, and within its rate? That others were kept back is said whatever the rate. */
static uint8_t dests_of(struct log *l, enum log_msg id)
{
        uint8_t dests = atomic_load_explicit(&l->dests[id], memory_order_relaxed);

        if (!dests || id == LOG_780012 || log_rates_take(&l->rates, &l->conf, id, clock_mono_ms(l->clk)))
                return dests;
        return 0;
}

static void keep_line(struct log *l, enum log_dest dest, struct log_buf *b, const struct lines *n)
{
        log_buf_add(b, local_line(n));
        count_dest(l, dest);
}

/* Fills the lines, and keeps one when a buffer wants it. Returns the destinations. */
static uint8_t take_message(struct log *l, enum log_msg id, const struct log_rec *r, struct lines *n)
{
        uint8_t dests;

        n->plain[0] = n->emblem[0] = 0;
        pthread_mutex_lock(&l->lock);
        dests = dests_of(l, id);
        n->level = l->level[id];
        n->emblem_local = l->conf.emblem;
        if (dests)
                form(l, log_format_line, id, r, n->plain);
        if (dests && (n->emblem_local || atomic_load_explicit(&l->want_emblem, memory_order_relaxed)))
                form(l, log_format_emblem, id, r, n->emblem);
        if (dests & 1u << LOG_TO_BUFFER)
                keep_line(l, LOG_TO_BUFFER, &l->buf, n);
        if (dests & 1u << LOG_TO_ASDM)
                keep_line(l, LOG_TO_ASDM, &l->asdm, n);
        pthread_mutex_unlock(&l->lock);
        return dests;
}

static void deliver_to(struct log *l, unsigned dest, const struct lines *n, uint32_t id)
{
        const struct sink *s = &l->sink[dest];

        if (s->fn) {
                s->fn(s->ctx, dest, n->level, id, dest == LOG_TO_TRAP ? n->plain : local_line(n));
                count_dest(l, dest);
        }
        if (dest == LOG_TO_TRAP && l->emblem.fn && n->emblem[0])
                l->emblem.fn(l->emblem.ctx, dest, n->level, id, n->emblem);
}

/* Of whom it came from nobody has to wait for it any more. NULL: from the log itself. */
static void kept(struct log_src *from)
{
        if (from)
                atomic_fetch_add_explicit(&from->kept, 1, memory_order_release);
}

static void handle_message(struct log *l, struct log_src *from, enum log_msg id, const struct log_rec *r)
{
        struct lines n;
        uint8_t dests = take_message(l, id, r, &n);

        kept(from);
        pthread_mutex_lock(&l->deliver);
        for (unsigned i = 0; i < LOG_DESTS; i++)
                if (i != LOG_TO_BUFFER && i != LOG_TO_ASDM && (dests & 1u << i))
                        deliver_to(l, i, &n, log_def_of(id)->id);
        pthread_mutex_unlock(&l->deliver);
}

/* How many a rate limit kept back is told when its interval is over. false: there is none to tell of. */
static bool tell_held(struct log *l)
{
        struct log_rec r = { .wall_ns = l->clk->wall_ns(l->clk->ctx) };
        char what[64];
        uint64_t n = 0;
        int i;

        pthread_mutex_lock(&l->lock);
        i = log_rates_held(&l->rates, &l->conf, clock_mono_ms(l->clk), &n);
        if (i >= 0 && l->conf.rates[i].id)
                snprintf(what, sizeof what, "logging rate-limit of message %u", l->conf.rates[i].id);
        else if (i >= 0)
                snprintf(what, sizeof what, "logging rate-limit of level %s", log_level_name(l->conf.rates[i].level));
        pthread_mutex_unlock(&l->lock);
        if (i < 0)
                return false;
        log_pack(&r, (const struct log_arg[]){ LS(what), LU(n) }, 2);
        handle_message(l, NULL, LOG_780012, &r);
        return true;
}

static void handle_debug(struct log *l, struct log_src *from, enum debug_family f, const struct log_rec *r)
{
        char text[LOG_LINE_MAX];
        struct wbuf line = wbuf_of(text, sizeof text);
        bool trace;

        pthread_mutex_lock(&l->lock);
        trace = l->conf.debug_trace;
        pthread_mutex_unlock(&l->lock);
        if (trace) {
                handle_message(l, from, LOG_711001, r);
                return;
        }
        kept(from);
        log_format_text(&line, "%s", r);
        wbuf_text(&line);
        pthread_mutex_lock(&l->deliver);
        if (l->debug_fn)
                l->debug_fn(l->debug_ctx, f, text);
        pthread_mutex_unlock(&l->deliver);
}

/* At most one ring's worth: a busy source must not keep the others waiting. */
static unsigned drain(struct log *l, struct log_src *s)
{
        struct log_rec r;
        unsigned n;

        for (n = 0; n < ring_slots(s->ring) && ring_pop(s->ring, &r); n++) {
                atomic_fetch_add_explicit(&s->taken, 1, memory_order_relaxed);
                if (r.id < LOG_MSGS)
                        handle_message(l, s, r.id, &r);
                else
                        handle_debug(l, s, r.id - LOG_MSGS, &r);
        }
        return n;
}

unsigned log_step(struct log *l)
{
        unsigned nsrcs, handled = 0;

        pthread_mutex_lock(&l->lock);
        nsrcs = l->nsrcs;
        pthread_mutex_unlock(&l->lock);
        for (unsigned i = 0; i < nsrcs; i++)
                handled += drain(l, l->src[i]);
        while (tell_held(l))
                handled++;
        return handled;
}
