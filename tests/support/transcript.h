/* What a transcript, or any text, must and must not hold; a failure shows all of it. */
#ifndef VOXGATE_TEST_TRANSCRIPT_H
#define VOXGATE_TEST_TRANSCRIPT_H

#include <string.h>

#include "tests/support/test.h"

static inline void has(const char *text, const char *part)
{
        if (!strstr(text, part))
                fail_msg("\"%s\" is not in:\n%s", part, text);
}

static inline void has_not(const char *text, const char *part)
{
        if (strstr(text, part))
                fail_msg("\"%s\" is in:\n%s", part, text);
}

#endif
