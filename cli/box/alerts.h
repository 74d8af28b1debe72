/*
 * What the operator must hear of without asking: certificates that end soon or have ended, a processor or a memory
 * that is as good as used up.
 */
#ifndef VOXGATE_CLI_BOX_ALERTS_H
#define VOXGATE_CLI_BOX_ALERTS_H

#include "cli/box/box.h"

#define ALERT_BEGIN_DAYS 60u
#define ALERT_REPEAT_DAYS 7u
#define ALERT_USED_PERCENT 95u

/* From the control thread, often: looks every ten seconds at the machine, once a day (and at first) at certificates.
 */
void alerts_poll(struct box *b);

/* ---- the parts, for tests ---- */
/* Is a certificate that ends in `days` (negative: has ended) told today? first: the first look since the start. */
bool alert_due(int64_t days, unsigned begin, unsigned repeat, bool first);
/* At `percent` of the limit, once until it is clearly below again. *high: kept by the caller. */
bool alert_rises(bool *high, unsigned percent);

#endif
