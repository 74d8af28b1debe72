/*
 * Drives an inspection engine the way the proxy does: keeps what was not used, offers it again with what follows,
 * collects what goes on. Input and output blocks have exactly the promised size, so that a sanitizer sees a byte too
 * many. Anything against the contract aborts.
 */
#ifndef VOXGATE_ENGINE_FEED_H
#define VOXGATE_ENGINE_FEED_H

#include <stdlib.h>

#include "inspect/engine.h"

struct feed_side {
        uint8_t *wait, *out; /* unused input; everything that went on */
        size_t nwait, nout, nin;
};

#define FEED_HOLES_MAX 64u
#define FEED_COUNTERS_MAX 64u

struct feed {
        const struct inspect_engine *engine;
        struct inspect_ctx c;
        struct feed_side side[2]; /* by enum inspect_dir */
        bool closed;
        unsigned ncounters, nholes;
        bool holes_full;
        struct pinhole_req hole[FEED_HOLES_MAX];
        const char *silent;  /* of end_session() */
        uint8_t answer[256]; /* what the engine said of itself, to either side */
        size_t nanswer;
        enum inspect_dir answered;
        unsigned nended;
        struct pinhole_req ended[FEED_HOLES_MAX];
        struct {
                const char *name;
                uint64_t n;
        } counter[FEED_COUNTERS_MAX];
};

static inline void feed_require(bool ok)
{
        if (!ok)
                abort();
}

static inline void *feed_grow(void *p, size_t n)
{
        p = realloc(p, n ? n : 1);
        feed_require(p != NULL);
        return p;
}

/* One name, one address: the proxy tells counters apart by address. */
static inline void feed_on_count(struct inspect_ctx *c, const char *name, uint64_t n)
{
        struct feed *f = c->host;

        for (unsigned i = 0; i < f->ncounters; i++) {
                if (f->counter[i].name == name) {
                        f->counter[i].n += n;
                        return;
                }
                feed_require(strcmp(f->counter[i].name, name) != 0);
        }
        feed_require(f->ncounters < FEED_COUNTERS_MAX);
        f->counter[f->ncounters].name = name;
        f->counter[f->ncounters++].n = n;
}

static inline uint64_t feed_count(const struct feed *f, const char *name)
{
        for (unsigned i = 0; i < f->ncounters; i++)
                if (!strcmp(f->counter[i].name, name))
                        return f->counter[i].n;
        return 0;
}

static inline int feed_on_pinhole(struct inspect_ctx *c, const struct pinhole_req *r)
{
        struct feed *f = c->host;

        if (f->holes_full)
                return -1;
        feed_require(f->nholes < FEED_HOLES_MAX);
        f->hole[f->nholes++] = *r;
        return 0;
}

static inline void feed_on_pinhole_end(struct inspect_ctx *c, const struct pinhole_req *r)
{
        struct feed *f = c->host;

        feed_require(f->nended < FEED_HOLES_MAX);
        f->ended[f->nended++] = *r;
}

static inline void feed_on_silent(void *host, const char *why)
{
        struct feed *f = host;

        f->silent = why;
}

static inline bool feed_on_answer(struct inspect_ctx *c, enum inspect_dir dir, const void *p, size_t n)
{
        struct feed *f = c->host;

        if (n > sizeof f->answer - f->nanswer)
                return false;
        memcpy(f->answer + f->nanswer, p, n);
        f->nanswer += n;
        f->answered = dir;
        return true;
}

static const struct inspect_host feed_ops = { .open_pinhole = feed_on_pinhole, .count = feed_on_count };

/*
 * Client 1.1.1.1/2000 outside, server 2.2.2.2/port inside. set() may change the context before the engine opens the
 * session; NULL: nothing to change.
 */
static inline void feed_open_as(struct feed *f, const struct inspect_engine *e, const void *params,
                                void (*set)(struct inspect_ctx *c, void *arg), void *arg)
{
        *f = (struct feed){ .engine = e };
        f->c = (struct inspect_ctx){ .client_if = "outside",
                                     .server_if = "inside",
                                     .client = { addr_v4(0x01010101), 2000 },
                                     .server = { addr_v4(0x02020202), e->default_port },
                                     .params = params,
                                     .host = f,
                                     .ops = &feed_ops };
        f->c.state = calloc(1, e->state_size);
        feed_require(f->c.state != NULL);
        if (set)
                set(&f->c, arg);
        feed_require(!e->open || e->open(&f->c) == 0);
}

static inline void feed_open(struct feed *f, const struct inspect_engine *e, const void *params)
{
        feed_open_as(f, e, params, NULL, NULL);
}

static inline void feed_close(struct feed *f)
{
        if (f->engine->close)
                f->engine->close(&f->c);
        free(f->c.state);
        for (unsigned i = 0; i < 2; i++) {
                free(f->side[i].wait);
                free(f->side[i].out);
        }
}

static inline void feed_keep(struct feed_side *s, const uint8_t *in, size_t n, const struct wbuf *out)
{
        s->out = feed_grow(s->out, s->nout + out->len);
        if (out->len)
                memcpy(s->out + s->nout, out->buf, out->len);
        s->nout += out->len;
        s->wait = feed_grow(s->wait, n);
        if (n)
                memcpy(s->wait, in, n);
        s->nwait = n;
}

/* One call of the engine with all that waits. */
static inline enum engine_verdict feed_call(struct feed *f, enum inspect_dir dir, const uint8_t *in, size_t total,
                                            bool fin)
{
        struct feed_side *s = &f->side[dir];
        size_t room = total + f->engine->growth_max, used = 0;
        uint8_t *exact = feed_grow(NULL, total), *space = feed_grow(NULL, room);
        struct wbuf out = wbuf_of(space, room);
        enum engine_verdict v;

        if (total)
                memcpy(exact, in, total);
        f->c.out = &out;
        f->c.reason[0] = 0;
        v = f->engine->data(&f->c, dir, cur_of(exact, total), fin, &used);
        f->closed = v == ENGINE_CLOSE && f->engine->stream;
        feed_require(v != ENGINE_CLOSE || f->c.reason[0]);
        if (v != ENGINE_CLOSE) {
                feed_require(!out.full && used <= total && total - used <= f->engine->buffer_max);
                feed_require(v == ENGINE_MORE || v == ENGINE_ROOM || v == ENGINE_WAIT || used == total);
                feed_require(v != ENGINE_ROOM || out.len);
                feed_require(v != ENGINE_WAIT || f->c.may_wait);
                feed_keep(s, exact + used, total - used, &out);
        }
        free(exact);
        free(space);
        return v;
}

/* The next bytes of a direction; fin: they are the last. */
static inline enum engine_verdict feed_fin(struct feed *f, enum inspect_dir dir, const void *p, size_t n, bool fin)
{
        struct feed_side *s = &f->side[dir];
        size_t total = s->nwait + n;
        uint8_t *in = feed_grow(NULL, total);
        enum engine_verdict v;

        feed_require(!f->closed);
        if (s->nwait)
                memcpy(in, s->wait, s->nwait);
        if (n)
                memcpy(in + s->nwait, p, n);
        s->nin += n;
        v = feed_call(f, dir, in, total, fin);
        free(in);
        while (v == ENGINE_ROOM) {
                in = feed_grow(NULL, s->nwait);
                memcpy(in, s->wait, s->nwait);
                v = feed_call(f, dir, in, s->nwait, fin);
                free(in);
        }
        return v;
}

static inline enum engine_verdict feed(struct feed *f, enum inspect_dir dir, const void *p, size_t n)
{
        return feed_fin(f, dir, p, n, false);
}

#endif
