/* Private to policy/police*.c. */
#ifndef VOXGATE_POLICY_POLICE_INT_H
#define VOXGATE_POLICY_POLICE_INT_H

#include "policy/live_int.h"

/* Of the worker's snapshot, with what its line says now; NULL when the table is full of such. */
struct policer *policer_get(struct worker *w, const struct police_key *k, const struct police_conf *c);
void policer_count(struct policer *p, uint64_t now_ms, enum police_result r, uint32_t pkts, uint32_t bytes);

#endif
