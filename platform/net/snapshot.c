#include "platform/net/snapshot.h"

#include <pthread.h>
#include <string.h>

#include "platform/base/mem.h"

struct snap_hub {
        _Atomic(struct snapshot *) cur;
        struct qsbr qsbr;
        pthread_mutex_t lock; /* cur against cold readers, and the retired list */
        struct snapshot *retired;
        uint64_t gen;
};

struct snap_part *snap_part_new(void)
{
        struct snap_part *p = mem_alloc(MEM_SNAPSHOT, sizeof *p);

        if (!p)
                return NULL;
        p->arena = arena_new(0);
        if (!p->arena) {
                mem_free(p);
                return NULL;
        }
        atomic_init(&p->refs, 1);
        return p;
}

struct snap_part *snap_part_get(struct snap_part *p)
{
        atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
        return p;
}

void snap_part_put(struct snap_part *p)
{
        if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
                return;
        if (p->fini && p->root)
                p->fini(p->root);
        arena_free(p->arena);
        mem_free(p);
}

struct snap_hub *snap_hub_new(void)
{
        struct snap_hub *h = mem_reserve(sizeof *h); /* the workers' counters want cache lines, which the heap gives not */

        if (h)
                pthread_mutex_init(&h->lock, NULL);
        return h;
}

static void snapshot_free(struct snapshot *s)
{
        for (unsigned i = 0; i < SNAP_PARTS; i++)
                snap_part_put(s->part[i]);
        mem_free(s);
}

void snap_hub_free(struct snap_hub *h)
{
        struct snapshot *s;

        if (!h)
                return;
        s = atomic_load(&h->cur);
        if (s)
                snapshot_free(s);
        while ((s = h->retired)) {
                h->retired = s->next_retired;
                snapshot_free(s);
        }
        pthread_mutex_destroy(&h->lock);
        mem_unreserve(h, sizeof *h);
}

struct qsbr *snap_hub_qsbr(struct snap_hub *h)
{
        return &h->qsbr;
}

/* NULL when a part is missing or memory is; the parts belong to the result or are put. */
static struct snapshot *snapshot_new(struct snap_part *const part[SNAP_PARTS], struct err *e)
{
        struct snapshot *s = mem_alloc(MEM_SNAPSHOT, sizeof *s);
        bool whole = true;

        for (unsigned i = 0; i < SNAP_PARTS; i++)
                whole = whole && part[i];
        if (s && whole) {
                atomic_init(&s->refs, 1);
                memcpy(s->part, part, sizeof s->part);
                return s;
        }
        if (s)
                err_set(e, ERR_STATE, "snapshot: a part is missing");
        else
                err_nomem(e, "publishing a snapshot");
        for (unsigned i = 0; i < SNAP_PARTS; i++)
                snap_part_put(part[i]);
        mem_free(s);
        return NULL;
}

int snap_publish(struct snap_hub *h, struct snap_part *const part[SNAP_PARTS], struct err *e)
{
        struct snapshot *s = snapshot_new(part, e), *old;

        if (!s)
                return -1;
        pthread_mutex_lock(&h->lock);
        s->gen = ++h->gen;
        old = atomic_exchange(&h->cur, s);
        if (old) {
                /* After the exchange: a counter that moves on twice from here cannot belong to a reader of the old.
                 */
                qsbr_mark(&h->qsbr, &old->mark);
                old->next_retired = h->retired;
                h->retired = old;
        }
        pthread_mutex_unlock(&h->lock);
        return 0;
}

/* No worker holds it (grace period) and no cold reader does: new references only come from h->cur. */
static bool is_free(const struct snap_hub *h, const struct snapshot *s)
{
        return atomic_load_explicit(&s->refs, memory_order_acquire) == 1 && qsbr_passed(&h->qsbr, &s->mark);
}

unsigned snap_reclaim(struct snap_hub *h)
{
        struct snapshot *gone = NULL, *s;
        unsigned waiting = 0;

        pthread_mutex_lock(&h->lock);
        for (struct snapshot **p = &h->retired; (s = *p);) {
                if (!is_free(h, s)) {
                        waiting++;
                        p = &s->next_retired;
                        continue;
                }
                *p = s->next_retired;
                s->next_retired = gone;
                gone = s;
        }
        pthread_mutex_unlock(&h->lock);
        while ((s = gone)) {
                gone = s->next_retired;
                snapshot_free(s);
        }
        return waiting;
}

const struct snapshot *snap_current(const struct snap_hub *h)
{
        return atomic_load_explicit(&h->cur, memory_order_acquire);
}

const struct snapshot *snapshot_get(struct snap_hub *h)
{
        struct snapshot *s;

        pthread_mutex_lock(&h->lock);
        s = atomic_load(&h->cur);
        if (s)
                atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
        pthread_mutex_unlock(&h->lock);
        return s;
}

void snapshot_put(struct snap_hub *h, const struct snapshot *s)
{
        (void)h;
        if (s)
                atomic_fetch_sub_explicit(&((struct snapshot *)(uintptr_t)s)->refs, 1, memory_order_release);
}
