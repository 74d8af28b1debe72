/*
 * Captures as one thing: raw and asp-drop captures live in the dataplane workers, tls-proxy captures in the proxy
 * workers; a definition is put into all workers of its side and read back from them one after the other.
 */
#ifndef VOXGATE_CLI_EXEC_CAP_LIVE_H
#define VOXGATE_CLI_EXEC_CAP_LIVE_H

#include "cli/exec/util.h"
#include "platform/net/capture.h"

/* Definitions with their sums over the workers; returns how many. */
unsigned cap_list(struct box *b, struct capture_stat out[CAPTURES_MAX]);
bool cap_find(struct box *b, const char *name, struct capture_stat *out);
int cap_put(struct box *b, const struct capture_def *d, struct err *e);
int cap_del(struct box *b, const char *name, struct err *e);
int cap_clear(struct box *b, const char *name, struct err *e); /* NULL: all */

/* One record; false ends the walk. */
typedef bool (*cap_fn)(void *ctx, const struct capture_rec *r, const uint8_t *data);
/* Every record that was there when the walk began, oldest first within a worker. -1: no such capture, no memory. */
int cap_each(struct box *b, const char *name, cap_fn fn, void *ctx, struct err *e);

#endif
