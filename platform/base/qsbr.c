#include "platform/base/qsbr.h"

#include <stddef.h>

struct qsbr_slot *qsbr_join(struct qsbr *q)
{
        for (unsigned i = 0; i < QSBR_WORKERS_MAX; i++) {
                struct qsbr_slot *s = &q->slot[i];
                bool free_slot = false;

                if (!atomic_compare_exchange_strong(&s->used, &free_slot, true))
                        continue;
                qsbr_online(s);
                return s;
        }
        return NULL;
}

void qsbr_leave(struct qsbr_slot *s)
{
        qsbr_offline(s);
        atomic_store_explicit(&s->used, false, memory_order_release);
}

void qsbr_offline(struct qsbr_slot *s)
{
        atomic_store_explicit(&s->online, false, memory_order_release);
}

/*
 * A read-modify-write, and so is the reclaimer's look in qsbr_mark(): of two such on one word one comes first. Either
 * the reclaimer sees us online, or we see all it wrote before, the new snapshot included. A plain store would allow
 * neither.
 */
void qsbr_online(struct qsbr_slot *s)
{
        atomic_exchange_explicit(&s->online, true, memory_order_acq_rel);
}

void qsbr_mark(struct qsbr *q, struct qsbr_mark *m)
{
        for (unsigned i = 0; i < QSBR_WORKERS_MAX; i++) {
                struct qsbr_slot *s = &q->slot[i];
                bool online = atomic_load_explicit(&s->online, memory_order_relaxed);

                /* writes back what it found: changes nothing, but takes its place in the order */
                while (!atomic_compare_exchange_weak_explicit(&s->online, &online, online, memory_order_acq_rel,
                                                              memory_order_relaxed))
                        ;
                m->online[i] = online;
                m->count[i] = atomic_fetch_add_explicit(&s->count, 0, memory_order_acq_rel);
        }
}

bool qsbr_passed(const struct qsbr *q, const struct qsbr_mark *m)
{
        for (unsigned i = 0; i < QSBR_WORKERS_MAX; i++) {
                const struct qsbr_slot *s = &q->slot[i];

                if (!m->online[i] || !atomic_load_explicit(&s->online, memory_order_acquire))
                        continue;
                if (atomic_load_explicit(&s->count, memory_order_acquire) - m->count[i] < 2)
                        return false;
        }
        return true;
}
