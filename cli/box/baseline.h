/*
 * `clear ... counters` moves a baseline on the reading side: the counters themselves belong to the workers and only
 * grow. One table for the process, shared by all consoles.
 */
#ifndef VOXGATE_CLI_BOX_BASELINE_H
#define VOXGATE_CLI_BOX_BASELINE_H

#include <stdint.h>

#include "platform/base/attr.h"

enum baseline_kind { BASE_ACE, BASE_ELEM, BASE_NAT, BASE_DROP, BASE_INSPECT, BASE_ENGINE, BASE_IFACE, BASE_KINDS };
#define BASELINE_VALUES 3

struct baselines;
struct baselines *baselines_new(void) MUST_USE;
void baselines_free(struct baselines *b); /* NULL is legal */
/* Later readings of (kind, id) are shown from here on. -1: out of memory, nothing changed. b NULL: nothing happens.
 */
int baseline_set(struct baselines *b, enum baseline_kind kind, uint64_t id, const uint64_t v[BASELINE_VALUES]);
/* value minus baseline; value as it is when it was never cleared. */
uint64_t baseline_sub(struct baselines *b, enum baseline_kind kind, uint64_t id, unsigned which, uint64_t value);
/* When a kind was cleared as a whole, and by whom. 0: never. */
void baseline_mark(struct baselines *b, enum baseline_kind kind, int64_t wall_ns, const char *who);
int64_t baseline_when(struct baselines *b, enum baseline_kind kind, char who[65]);

#endif
