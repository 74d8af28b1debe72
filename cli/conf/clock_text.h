/* Moments as the operator reads them. */
#ifndef VOXGATE_CLI_CONF_CLOCK_TEXT_H
#define VOXGATE_CLI_CONF_CLOCK_TEXT_H

#include <stdint.h>
#include <time.h>

#include "platform/base/tz.h"

/* "16:26:07 UTC Oct 30 2023", as certificates show it; out holds 48 bytes. */
char *tz_stamp(const struct tz *z, time_t t, char *out);
/* "18:56:48.410 UTC Wed Apr 5 2017", as clocks show it; out holds 64 bytes. */
char *tz_clock(const struct tz *z, int64_t wall_ns, char *out);

#endif
