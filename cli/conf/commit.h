/*
 * From the store to the snapshot: dirty parts are compiled, clean ones are shared with the snapshot before. A failed
 * commit leaves the old snapshot in force and is tried again with the next one. All calls are made under
 * box->conf_lock, except commit_now(), which takes it.
 */
#ifndef VOXGATE_CLI_CONF_COMMIT_H
#define VOXGATE_CLI_CONF_COMMIT_H

#include "cli/box/box.h"
#include "platform/base/err.h"

struct commit;

struct commit *commit_new(struct box *b) MUST_USE;
void commit_free(struct commit *c); /* NULL is legal */
/* Lines were accepted. more: further input is queued at this source, so compiling may wait (max(50 ms, 4 x last
 * time)). */
void commit_note(struct commit *c, bool more);
/* Milliseconds until commit_poll() wants to run; -1: nothing to do. */
int commit_wait_ms(const struct commit *c);
/* Compiles when it is time. 0, or -1 with e (the old snapshot stays). */
int commit_poll(struct commit *c, struct err *e);
/* Compiles whatever is dirty. */
int commit_run(struct commit *c, struct err *e);
/* The same under the lock, for EXEC commands that look at live state. Publishes nothing when nothing is dirty. */
int commit_now(struct box *b, struct err *e);
/* Puts a configuration in force that forwards nothing; what is typed stays to be compiled. For a start that fails. */
int commit_nothing(struct commit *c, struct err *e);

/*
 * While a configuration is read in pieces nothing is compiled: what is half read is in force at no time, and what others
 * type meanwhile comes into force with it. Not nested (box->conf_whole).
 */
void commit_hold(struct commit *c, bool on);

/* Puts only lines about logging in force, which is cheap: what follows in a paste is logged by them. */
int commit_logging(struct commit *c, struct err *e);

struct commit_stats {
        uint64_t commits, failed;
        uint64_t last_us, longest_us; /* compile and publish */
        uint32_t dirty;               /* waiting now */
};
void commit_stats(const struct commit *c, struct commit_stats *out);

#endif
