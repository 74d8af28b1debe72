/* What the files that write metrics share. */
#ifndef VOXGATE_CLI_HTTP_METRICS_INT_H
#define VOXGATE_CLI_HTTP_METRICS_INT_H

#include "cli/http/metrics.h"

enum metric_kind { GAUGE, COUNTER };

/* The head of a family; its samples follow. Names are without the voxgate_ that all have. */
void metric_head(struct text *t, enum metric_kind k, const char *name, const char *help);
/* label NULL: none. Values of labels are escaped. */
void metric_u64(struct text *t, const char *name, const char *label, const char *value, uint64_t v);
void metric_two(struct text *t, const char *name, const char *label, const char *value, const char *label2,
                const char *value2, uint64_t v);
/* v / 1000: seconds of milliseconds. */
void metric_milli(struct text *t, const char *name, const char *label, const char *value, uint64_t v);
/* Head and only sample. */
void metric_one(struct text *t, enum metric_kind k, const char *name, const char *help, uint64_t v);

void metrics_system(struct box *b, struct text *t);  /* metrics_system.c: process, memory, logs, logins */
void metrics_traffic(struct box *b, struct text *t); /* metrics_traffic.c: interfaces, flows, drops, inspection */
void metrics_proxy(struct box *b, struct text *t);   /* metrics_proxy.c: TLS, phones, media, certificates, consoles */

#endif
