/*
 * Figures of the box as Prometheus reads them: text format 0.0.4. Counters end in _total and never go back while the
 * process lives (what an operator clears is cleared for `show` only), units are seconds and bytes, and no label has a
 * value per call, phone or address.
 */
#ifndef VOXGATE_CLI_HTTP_METRICS_H
#define VOXGATE_CLI_HTTP_METRICS_H

#include "cli/box/box.h"
#include "cli/lang/text.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Any thread that holds no lock. -1: out of memory, the text is incomplete. */
int metrics_write(struct box *b, struct text *t);

#endif
