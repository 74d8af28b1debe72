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

#endif
