/* What tests of SIP share: slices, saved messages in blocks of exact size, a small random source. */
#ifndef VOXGATE_TEST_SIP_TEXT_H
#define VOXGATE_TEST_SIP_TEXT_H

#include <dirent.h>
#include <stdlib.h>

#include "inspect/sip/edit.h"
#include "tests/support/test.h"

static inline struct str text_of(const char *s)
{
        return (struct str){ s, strlen(s) };
}

static inline bool text_is(struct str s, const char *want)
{
        return s.n == strlen(want) && !memcmp(s.p, want, s.n);
}

#define assert_text(s, want)                                                                                         \
        do {                                                                                                         \
                struct str s_ = (s);                                                                                 \
                if (!text_is(s_, want))                                                                              \
                        fail_msg("\"%.*s\", not \"%s\"", (int)s_.n, s_.p, want);                                     \
        } while (0)

/* A copy whose end the sanitizer watches; the caller frees it. */
static inline uint8_t *exact_copy(const void *p, size_t n)
{
        uint8_t *out = malloc(n ? n : 1);

        assert_non_null(out);
        if (n)
                memcpy(out, p, n);
        return out;
}

/* tests/data/sip/<name>.sip; freed by the caller. */
static inline uint8_t *saved_message(const char *name, size_t *n)
{
        static uint8_t buf[1 << 17];
        char path[512];
        FILE *f;

        snprintf(path, sizeof path, "%s/sip/%s.sip", TEST_DATA, name);
        f = fopen(path, "rb");
        if (!f)
                fail_msg("no %s", path);
        *n = fread(buf, 1, sizeof buf, f);
        fclose(f);
        return exact_copy(buf, *n);
}

struct lcg {
        uint64_t x;
};

static inline uint32_t lcg_below(struct lcg *r, uint32_t n)
{
        r->x = r->x * 6364136223846793005u + 1442695040888963407u;
        return (uint32_t)((r->x >> 33) % n);
}

#endif
