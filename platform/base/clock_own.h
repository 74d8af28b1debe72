/*
 * The appliance's own wall clock: the host's, and by how much it is to differ. The host's clock is never touched. The
 * difference is set at once (a step) or grows slowly until it is there (a slew); a slew never makes the clock go
 * back. The monotonic side is the host's alone. Reading takes no lock and is safe in a signal handler.
 */
#ifndef VOXGATE_BASE_CLOCK_OWN_H
#define VOXGATE_BASE_CLOCK_OWN_H

#include <pthread.h>
#include <stdatomic.h>

#include "platform/base/clock.h"

#define CLOCK_SLEW_PER 2000 /* a slew moves the clock by a 2000th of the time that passes: 0.5 ms a second */

/* Who made the clock differ last. */
enum clock_source { CLOCK_HOST, CLOCK_USER, CLOCK_NTP };

struct clock_own {
        const struct clock *host;
        pthread_mutex_t lock;     /* writers */
        atomic_uint seq;          /* odd while one writes */
        _Atomic int64_t from, to; /* ns to add: `from` at that moment, on its way to `to` */
        _Atomic uint64_t since;   /* monotonic */
        atomic_uint steps;
        atomic_int source; /* enum clock_source */
};

/* host is borrowed. */
void clock_own_init(struct clock_own *o, const struct clock *host);
void clock_own_fini(struct clock_own *o);
/* To be read like any other; o is borrowed. */
struct clock clock_of_own(struct clock_own *o);

/* ns to add to the host's time, now. */
int64_t clock_own_offset(const struct clock_own *o);
/* How much of a slew is still to come. */
int64_t clock_own_rest(const struct clock_own *o);
void clock_own_step(struct clock_own *o, int64_t offset_ns, enum clock_source s);
/* From what is added now on its way to that; a slew under way is forgotten. */
void clock_own_slew(struct clock_own *o, int64_t offset_ns, enum clock_source s);
/* How often it was stepped: a difference of two readings means nothing when this has changed. */
unsigned clock_own_steps(const struct clock_own *o);
enum clock_source clock_own_source(const struct clock_own *o);

#endif
