/*
 * Timer wheel driven by an explicit "now" in milliseconds. Owned by one thread. Add, cancel and fire are O(1);
 * resolution 10 ms; the longest timer is about 49 days (longer ones are clamped).
 */
#ifndef VOXGATE_BASE_TMR_H
#define VOXGATE_BASE_TMR_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/base/attr.h"
#include "platform/base/list.h"

/* Embedded in the object it serves. A zeroed timer is idle. */
struct tmr {
        struct list link; /* link.next == NULL: idle */
        uint64_t due_ms;
        void (*fn)(struct tmr *t, uint64_t now_ms);
};

struct tmr_wheel;

struct tmr_wheel *tmr_wheel_new(uint64_t now_ms) MUST_USE;
void tmr_wheel_free(struct tmr_wheel *w); /* pending timers are forgotten, not fired */
/*
 * (Re)arms t to fire `after_ms` from the wheel's now, never early, at most 10 ms late; fn must be set.
 * 0 fires at the next tmr_run(), which is not the one that may be running.
 */
void tmr_set(struct tmr_wheel *w, struct tmr *t, uint64_t after_ms);
void tmr_cancel(struct tmr_wheel *w, struct tmr *t); /* idle is legal */
static inline bool tmr_pending(const struct tmr *t)
{
        return t->link.next != NULL;
}
/* Moves time on and fires at most `budget` due timers (0 = all); returns how many fired. The rest fire at the next
 * call. */
unsigned tmr_run(struct tmr_wheel *w, uint64_t now_ms, unsigned budget);
/* Moves time on without firing: what became due fires at the next tmr_run(). So timers set next count from now_ms. */
void tmr_advance(struct tmr_wheel *w, uint64_t now_ms);
/* Milliseconds until something may be due, at most `cap`. */
uint64_t tmr_next_ms(const struct tmr_wheel *w, uint64_t cap);
uint64_t tmr_now(const struct tmr_wheel *w);

#endif
