#include "cli/box/baseline.h"

#include <pthread.h>
#include <string.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"

struct entry {
        uint64_t id;
        uint64_t v[BASELINE_VALUES];
};

/* Entries of one kind, sorted by id. Ids are handed out in ascending order, so most additions are at the end. */
struct shelf {
        struct entry *e;
        size_t n, cap;
        int64_t when;
        char who[65];
};

struct baselines {
        pthread_mutex_t lock;
        struct shelf shelf[BASE_KINDS];
};

struct baselines *baselines_new(void)
{
        struct baselines *b = mem_alloc(MEM_CLI, sizeof *b);

        if (b)
                pthread_mutex_init(&b->lock, NULL);
        return b;
}

void baselines_free(struct baselines *b)
{
        if (!b)
                return;
        for (unsigned i = 0; i < BASE_KINDS; i++)
                mem_free(b->shelf[i].e);
        pthread_mutex_destroy(&b->lock);
        mem_free(b);
}

/* The first place whose id is not smaller. */
static size_t place(const struct shelf *s, uint64_t id)
{
        size_t lo = 0, hi = s->n;

        if (s->n && s->e[s->n - 1].id < id)
                return s->n;
        while (lo < hi) {
                size_t mid = (lo + hi) / 2;

                if (s->e[mid].id < id)
                        lo = mid + 1;
                else
                        hi = mid;
        }
        return lo;
}

static struct entry *insert(struct shelf *s, size_t at, uint64_t id)
{
        if (s->n == s->cap) {
                size_t cap = s->cap ? s->cap * 2 : 64;
                struct entry *e = mem_realloc(MEM_CLI, s->e, cap * sizeof *e);

                if (!e)
                        return NULL;
                s->e = e;
                s->cap = cap;
        }
        memmove(s->e + at + 1, s->e + at, (s->n - at) * sizeof *s->e);
        s->n++;
        s->e[at] = (struct entry){ .id = id };
        return &s->e[at];
}

int baseline_set(struct baselines *b, enum baseline_kind kind, uint64_t id, const uint64_t v[BASELINE_VALUES])
{
        struct shelf *s;
        struct entry *e;
        size_t at;

        if (!b)
                return 0;
        pthread_mutex_lock(&b->lock);
        s = &b->shelf[kind];
        at = place(s, id);
        e = at < s->n && s->e[at].id == id ? &s->e[at] : insert(s, at, id);
        if (e)
                memcpy(e->v, v, sizeof e->v);
        pthread_mutex_unlock(&b->lock);
        return e ? 0 : -1;
}

uint64_t baseline_sub(struct baselines *b, enum baseline_kind kind, uint64_t id, unsigned which, uint64_t value)
{
        const struct shelf *s;
        size_t at;

        if (!b)
                return value;
        pthread_mutex_lock(&b->lock);
        s = &b->shelf[kind];
        at = place(s, id);
        if (at < s->n && s->e[at].id == id)
                value = value > s->e[at].v[which] ? value - s->e[at].v[which] : 0;
        pthread_mutex_unlock(&b->lock);
        return value;
}

void baseline_mark(struct baselines *b, enum baseline_kind kind, int64_t wall_ns, const char *who)
{
        if (!b)
                return;
        pthread_mutex_lock(&b->lock);
        b->shelf[kind].when = wall_ns;
        str_copy(b->shelf[kind].who, sizeof b->shelf[kind].who, who);
        pthread_mutex_unlock(&b->lock);
}

int64_t baseline_when(struct baselines *b, enum baseline_kind kind, char who[65])
{
        int64_t when = 0;

        who[0] = 0;
        if (!b)
                return 0;
        pthread_mutex_lock(&b->lock);
        when = b->shelf[kind].when;
        memcpy(who, b->shelf[kind].who, 65);
        pthread_mutex_unlock(&b->lock);
        return when;
}
