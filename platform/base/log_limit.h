/* Messages that strangers can cause at will: so many a second are told, the others are counted. */
#ifndef VOXGATE_BASE_LOG_LIMIT_H
#define VOXGATE_BASE_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_LIMIT_PER_SECOND 10u

struct log_limit { /* zeroed: nothing told yet */
        uint64_t since_ms;
        uint32_t told, held;
};

/* May one more be told now? *held: how many were not, in the second that is over; to be told in front of this one. */
static inline bool log_limit_take(struct log_limit *l, uint64_t now_ms, uint32_t *held)
{
        *held = 0;
        if (now_ms - l->since_ms >= 1000) {
                *held = l->held;
                *l = (struct log_limit){ .since_ms = now_ms };
        }
        if (l->told == LOG_LIMIT_PER_SECOND) {
                l->held++;
                return false;
        }
        l->told++;
        return true;
}

/* A table without room for a newcomer: each one is counted, and that it is full is told now and then. */
#define LOG_FULL_MS 10000u

struct log_full { /* zeroed: never full so far */
        uint64_t refused, next_ms;
};

/* One more was refused; is it time to say so? */
static inline bool log_full_tell(struct log_full *f, uint64_t now_ms)
{
        f->refused++;
        if (now_ms < f->next_ms)
                return false;
        f->next_ms = now_ms + LOG_FULL_MS;
        return true;
}

#endif
