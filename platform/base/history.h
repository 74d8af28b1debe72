/*
 * What counters grew by in the last seconds and minutes: readings five seconds apart, for five minutes. Counters only
 * grow; one that is smaller than before counts as new. Not thread-safe.
 */
#ifndef VOXGATE_BASE_HISTORY_H
#define VOXGATE_BASE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/base/attr.h"

#define HISTORY_STEP_MS 5000
#define HISTORY_SPAN_S 300 /* longest question */

struct history;

/* series: how many counters. NULL when out of memory. */
struct history *history_new(unsigned series) MUST_USE;
void history_free(struct history *h); /* NULL is legal */
/* Is it time for the next reading? Always before the first. */
bool history_due(const struct history *h, uint64_t now_ms);
/* values: as many as there are series. */
void history_add(struct history *h, uint64_t now_ms, const uint64_t *values);
/* Forgets a counter's past: somebody else's values come next. */
void history_forget(struct history *h, unsigned series);
/* Growth a second over the last `seconds`, or since the first reading when that is later, in thousandths. */
uint64_t history_rate_milli(const struct history *h, unsigned series, unsigned seconds);

#endif
