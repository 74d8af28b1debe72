/*
 * A box without dataplane and a session on it that is fed a script; what it prints comes back as one transcript.
 * Virtual time.
 */
#ifndef VOXGATE_TEST_CONSOLE_FIXTURE_H
#define VOXGATE_TEST_CONSOLE_FIXTURE_H

#include "cli/box/box.h"
#include "cli/session/console.h"
#include "cli/session/session.h"

struct console_fixture {
        struct box box;
        struct clock_virtual time;
        struct clock clk;
        struct rng_fixed random;
        struct rng rng;
        struct iface_bindings bind;
        char dir[64]; /* flash, made fresh */
        unsigned stops;
        enum box_stop stop_how;
        char *out; /* of the last script */
};

/* Dies when something is refused. */
void cf_open(struct console_fixture *f);
void cf_close(struct console_fixture *f); /* removes the flash directory */
/* Runs a whole session over the script (greeting included) and returns its transcript, the fixture's until the next.
 */
const char *cf_run(struct console_fixture *f, const char *script);
/* The same, privileged from the start and without the greeting; the final prompt is cut off. */
const char *cf_priv(struct console_fixture *f, const char *script);
/* The transcript of sessions on any box until the script ends; the caller frees it. */
char *console_script(struct box *b, const struct session_opts *o, const char *script);
/* A file on flash, or NULL; the caller frees it. */
char *cf_file(const struct console_fixture *f, const char *name);

#endif
