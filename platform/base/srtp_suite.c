#include "platform/base/srtp_suite.h"

#include <string.h>
#include <strings.h>

#include "platform/base/attr.h"

static const struct srtp_suite_info info[SRTP_SUITES] = {
#define SRTP_SUITE(id, name, key, salt, tag, ctag) [SRTP_##id] = { name, key, salt, tag, ctag },
#include "platform/base/srtp_suite.def"
#undef SRTP_SUITE
};

/* Spellings of early drafts, seen in the field: read, never written. */
static const struct {
        const char *name;
        enum srtp_suite suite;
} alias[] = {
        { "AES_CM_256_HMAC_SHA1_80", SRTP_AES_256_CM_80 },
        { "AES_CM_256_HMAC_SHA1_32", SRTP_AES_256_CM_32 },
};

const struct srtp_suite_info *srtp_suite_info(enum srtp_suite s)
{
        return s > SRTP_SUITE_NONE && s < SRTP_SUITES ? &info[s] : NULL;
}

/* b comes from the wire and may hold a zero. */
static bool same(const char *a, const char *b, size_t len)
{
        return strlen(a) == len && strncasecmp(a, b, len) == 0;
}

enum srtp_suite srtp_suite_find(const char *name, size_t len)
{
        for (int i = SRTP_SUITE_NONE + 1; i < SRTP_SUITES; i++)
                if (same(info[i].name, name, len))
                        return (enum srtp_suite)i;
        for (size_t i = 0; i < ARRAY_LEN(alias); i++)
                if (same(alias[i].name, name, len))
                        return alias[i].suite;
        return SRTP_SUITE_NONE;
}
