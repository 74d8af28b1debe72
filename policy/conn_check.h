/* Self check of the connection table, for `show checkheaps`: what must hold of every connection at any time. */
#ifndef VOXGATE_POLICY_CONN_CHECK_H
#define VOXGATE_POLICY_CONN_CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct worker;

struct conn_faults {
        uint64_t seen;
        uint64_t lost;    /* a live one that its own packets would not find */
        uint64_t strange; /* belongs to another worker, or has no number */
        uint64_t counts;  /* more are counted than there are */
};

/* In the worker's thread, a bounded number of slots per call; *cursor 0 at first, *end behind the last. */
void conn_check(const struct worker *w, uint32_t *cursor, struct conn_faults *f, bool *end);

#endif
