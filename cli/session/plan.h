/*
 * What the box does by itself at a time that was set: a reload, and taking back a configuration that nobody
 * confirmed; all terminals are told before and when it happens. All under box->conf_lock except plan_poll(), which
 * takes it.
 */
#ifndef VOXGATE_CLI_SESSION_PLAN_H
#define VOXGATE_CLI_SESSION_PLAN_H

#include "cli/box/box.h"

struct store;

/* at: wall clock, ns; in_ms not 0: after that time, however the clock is set meanwhile. Replaces an earlier plan. */
void plan_reload(struct box *b, int64_t at, uint64_t in_ms, const char *reason);
/* 199006: it begins now; user: who wanted it. */
void plan_log_reload(struct box *b, const char *user, const char *reason);
/* When that will be by the clock of now. */
int64_t plan_reload_at(const struct box *b);
/* false: none was planned. */
bool plan_reload_cancel(struct box *b);
/* The configuration of now comes back in `minutes` unless plan_confirm() comes first. An earlier plan stays: what
 * comes back is what was there before the first change. -1: out of memory. */
int plan_revert(struct box *b, unsigned minutes, struct err *e);
/* What plan_revert() was called for did not happen; before: b->plan.revert_at_ms of then, 0 when nothing waited. */
void plan_revert_undo(struct box *b, uint64_t before);
/* false: nothing was waiting. */
bool plan_confirm(struct box *b);
/* Now instead of later; false: nothing was waiting. */
bool plan_revert_now(struct box *b);
/* From the control thread, often. */
void plan_poll(struct box *b);
void plan_fini(struct box *b);

#endif
