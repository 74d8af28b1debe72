/*
 * Grace periods for the snapshot: each worker owns a counter on its own
 * cache line and bumps it once per loop; a retired object may go when every online worker's counter advanced by two.
 */
#ifndef VOXGATE_BASE_QSBR_H
#define VOXGATE_BASE_QSBR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "platform/base/attr.h"

#define QSBR_WORKERS_MAX 16

struct qsbr_slot {
        _Atomic uint64_t count; /* of loops; never reset, so that a slot can change hands during a grace period */
        atomic_bool online, used;
} CACHE_ALIGNED;

struct qsbr {
        struct qsbr_slot slot[QSBR_WORKERS_MAX];
};

struct qsbr_mark {
        uint64_t count[QSBR_WORKERS_MAX];
        bool online[QSBR_WORKERS_MAX];
};

/* A worker's slot, online; NULL when all are taken. */
struct qsbr_slot *qsbr_join(struct qsbr *q);
void qsbr_leave(struct qsbr_slot *s);
/* Worker: I hold nothing from before this point. */
static inline void qsbr_quiescent(struct qsbr_slot *s)
{
        atomic_fetch_add_explicit(&s->count, 1, memory_order_acq_rel);
}
/* Worker: before blocking / after waking (load the snapshot afresh afterwards). */
void qsbr_offline(struct qsbr_slot *s);
void qsbr_online(struct qsbr_slot *s);
/* Reclaimer: note the counters, later ask whether all have advanced by two (or are offline). */
void qsbr_mark(struct qsbr *q, struct qsbr_mark *m);
bool qsbr_passed(const struct qsbr *q, const struct qsbr_mark *m);

#endif
