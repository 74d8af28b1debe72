#include "proxy/worker/calls.h"

#include <stdio.h>

#include "platform/base/hash.h"
#include "platform/base/list.h"
#include "platform/base/mem.h"
#include "platform/base/pool.h"

struct record {
        struct hash_node node;
        struct list link; /* in ended, the longest ended first; or self-linked */
        struct call_head head;
        struct call_event ev[CALL_EVENTS];
};

struct call_table {
        struct pool *records;
        struct hash_table by_id;
        struct list ended;
        uint32_t last;
        uint64_t untold;
};

struct call_table *call_table_new(uint32_t max)
{
        struct call_table *t = mem_alloc(MEM_CALL, sizeof *t);

        if (!t)
                return NULL;
        list_init(&t->ended);
        t->records = pool_new(sizeof(struct record), max, POOL_LIFO);
        if (!t->records || hash_init(&t->by_id, max) < 0) {
                call_table_free(t);
                return NULL;
        }
        return t;
}

void call_table_free(struct call_table *t)
{
        if (!t)
                return;
        hash_fini(&t->by_id);
        pool_free(t->records);
        mem_free(t);
}

static struct record *find(const struct call_table *t, uint32_t id)
{
        hash_each_match(n, &t->by_id, id) {
                struct record *r = container_of(n, struct record, node);

                if (r->head.id == id)
                        return r;
        }
        return NULL;
}

static void forget(struct call_table *t, struct record *r)
{
        list_del(&r->link);
        hash_del(&t->by_id, &r->node);
        pool_put(t->records, r);
}

uint32_t call_table_open(struct call_table *t, const struct call_head *head)
{
        struct record *r = pool_get(t->records), *oldest = list_first(&t->ended, struct record, link);

        if (!r && oldest) {
                forget(t, oldest);
                r = pool_get(t->records);
        }
        if (!r) {
                t->untold++;
                return 0;
        }
        t->last += t->last == UINT32_MAX ? 2 : 1;
        r->head = *head;
        r->head.id = t->last;
        list_init(&r->link);
        hash_add(&t->by_id, &r->node, t->last);
        return t->last;
}

void call_table_event(struct call_table *t, uint32_t id, const struct call_event *e)
{
        struct record *r = find(t, id);

        if (!r)
                return;
        r->ev[r->head.nevents++ % CALL_EVENTS] = *e;
        if (e->nstreams)
                r->head.media[e->dir] = e->stream[0].said;
}

void call_table_state(struct call_table *t, uint32_t id, enum call_state st, uint64_t now_ms)
{
        struct record *r = find(t, id);

        if (!r || r->head.state == CALL_ENDED)
                return;
        r->head.state = (uint8_t)st;
        if (st == CALL_ACTIVE && !r->head.active_ms)
                r->head.active_ms = now_ms;
        if (st != CALL_ENDED)
                return;
        r->head.ended_ms = now_ms;
        list_add_tail(&t->ended, &r->link);
}

void call_table_parties(struct call_table *t, uint32_t id, const char *from, const char *to)
{
        struct record *r = find(t, id);

        if (!r)
                return;
        if (from[0])
                snprintf(r->head.about.from, sizeof r->head.about.from, "%s", from);
        if (to[0])
                snprintf(r->head.about.to, sizeof r->head.about.to, "%s", to);
}

void call_table_tick(struct call_table *t, uint64_t now_ms)
{
        struct record *r;

        while ((r = list_first(&t->ended, struct record, link)) && now_ms >= r->head.ended_ms + CALL_ENDED_MS)
                forget(t, r);
}

/* ---- views ---- */

unsigned call_table_walk(const struct call_table *t, uint32_t *cursor, uint64_t now_ms, struct call_head *rows,
                         unsigned max, bool *end)
{
        uint32_t high = pool_high(t->records);
        unsigned n = 0;

        for (; *cursor < high && n < max; (*cursor)++) {
                if (!pool_live(t->records, *cursor))
                        continue;
                rows[n] = ((const struct record *)pool_at(t->records, *cursor))->head;
                rows[n++].now_ms = now_ms;
        }
        *end = *cursor >= high;
        return n;
}

bool call_table_get(const struct call_table *t, uint32_t id, uint64_t now_ms, struct call_head *head,
                    struct call_event *ev, unsigned *n)
{
        const struct record *r = find(t, id);
        uint32_t first;

        if (!r)
                return false;
        *head = r->head;
        head->now_ms = now_ms;
        *n = MIN_OF(r->head.nevents, CALL_EVENTS);
        first = r->head.nevents - *n;
        for (unsigned i = 0; i < *n; i++)
                ev[i] = r->ev[(first + i) % CALL_EVENTS];
        return true;
}

const struct call_head *call_table_head(const struct call_table *t, uint32_t id)
{
        const struct record *r = find(t, id);

        return r ? &r->head : NULL;
}

uint64_t call_table_untold(const struct call_table *t)
{
        return t->untold;
}
