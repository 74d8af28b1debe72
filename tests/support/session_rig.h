/* A session on a console without a dataplane, for tests of what it prints. */
#ifndef VOXGATE_SESSION_RIG_H
#define VOXGATE_SESSION_RIG_H

#include "tests/support/test.h"
#include "tests/support/transcript.h"

#include "cli/conf/store.h"
#include "tests/support/console_fixture.h"

static struct console_fixture f;

static inline int setup(void **state UNUSED)
{
        cf_open(&f);
        return 0;
}

static inline int teardown(void **state UNUSED)
{
        cf_close(&f);
        return 0;
}

#endif
