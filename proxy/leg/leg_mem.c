/* Two byte legs joined back to back: what one writes the other reads. For engines and TLS without sockets. */
#include "proxy/leg/leg.h"

#include <stdio.h>
#include <string.h>

#include "platform/base/mem.h"

struct pipe_dir {
        uint8_t *buf;
        size_t cap, len;
        bool fin, reset;
};

struct mem_pair {
        struct pipe_dir dir[2];
        unsigned users;
};

struct leg_mem {
        struct leg leg;
        struct mem_pair *pair;
        unsigned end; /* writes dir[end], reads dir[!end] */
        bool blocked;
};

static struct leg_mem *self(struct leg *l)
{
        return container_of(l, struct leg_mem, leg);
}

static int was_reset(struct leg_mem *m)
{
        snprintf(m->leg.why, sizeof m->leg.why, "reset by peer");
        return LEG_RESET;
}

static ssize_t mem_leg_read(struct leg *l, void *buf, size_t n)
{
        struct leg_mem *m = self(l);
        struct pipe_dir *d = &m->pair->dir[!m->end];

        if (d->reset)
                return was_reset(m);
        if (!d->len)
                return d->fin ? 0 : LEG_AGAIN;
        n = MIN_OF(n, d->len);
        memcpy(buf, d->buf, n);
        d->len -= n;
        memmove(d->buf, d->buf + n, d->len);
        return (ssize_t)n;
}

static ssize_t mem_leg_write(struct leg *l, const void *buf, size_t n)
{
        struct leg_mem *m = self(l);
        struct pipe_dir *d = &m->pair->dir[m->end];

        if (m->pair->dir[!m->end].reset)
                return was_reset(m);
        n = MIN_OF(n, d->cap - d->len);
        m->blocked = n == 0;
        if (!n)
                return LEG_AGAIN;
        memcpy(d->buf + d->len, buf, n);
        d->len += n;
        return (ssize_t)n;
}

static int mem_leg_start(struct leg *l UNUSED)
{
        return 1;
}

static int mem_leg_finish(struct leg *l)
{
        struct leg_mem *m = self(l);

        m->pair->dir[m->end].fin = true;
        return 0;
}

static unsigned mem_leg_want(const struct leg *l)
{
        return LEG_WANT_READ | (self((struct leg *)l)->blocked ? LEG_WANT_WRITE : 0u);
}

static bool mem_leg_pending(const struct leg *l)
{
        const struct leg_mem *m = self((struct leg *)l);

        return m->pair->dir[!m->end].len > 0;
}

static void pair_put(struct mem_pair *p)
{
        if (--p->users)
                return;
        mem_free(p->dir[0].buf);
        mem_free(p->dir[1].buf);
        mem_free(p);
}

static void mem_leg_close(struct leg *l, bool abort_it)
{
        struct leg_mem *m = self(l);
        struct pipe_dir *d = &m->pair->dir[m->end];

        d->fin = true;
        d->reset |= abort_it;
        pair_put(m->pair);
        mem_free(m);
}

static const struct leg_ops mem_ops = {
        .name = "memory",
        .read = mem_leg_read,
        .write = mem_leg_write,
        .start = mem_leg_start,
        .finish = mem_leg_finish,
        .want = mem_leg_want,
        .pending = mem_leg_pending,
        .close = mem_leg_close,
};

static struct leg_mem *end_new(struct mem_pair *p, unsigned end)
{
        struct leg_mem *m = mem_alloc(MEM_LEG, sizeof *m);

        if (!m)
                return NULL;
        m->leg.ops = &mem_ops;
        m->pair = p;
        m->end = end;
        p->users++;
        return m;
}

int leg_mem_pair(struct leg **a, struct leg **b, size_t cap)
{
        struct mem_pair *p = mem_alloc(MEM_LEG, sizeof *p);
        struct leg_mem *x = NULL, *y = NULL;

        if (!p)
                return -1;
        p->users = 1;
        for (unsigned i = 0; i < 2; i++) {
                p->dir[i].cap = cap;
                p->dir[i].buf = mem_alloc(MEM_LEG, cap);
        }
        if (p->dir[0].buf && p->dir[1].buf && (x = end_new(p, 0)) && (y = end_new(p, 1))) {
                pair_put(p);
                *a = &x->leg;
                *b = &y->leg;
                return 0;
        }
        if (x)
                mem_leg_close(&x->leg, true);
        pair_put(p);
        return -1;
}
