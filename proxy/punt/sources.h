/*
 * What single addresses hold of a proxy worker, so that none of them can hold all of it: an eighth of what there is
 * stays with the others, and of the clients in their handshakes, which anybody can be, three quarters. Another such
 * table counts by certificate, for one address may be a whole office, and one client may have several connections.
 */
#ifndef VOXGATE_PROXY_PUNT_SOURCES_H
#define VOXGATE_PROXY_PUNT_SOURCES_H

#include <stdbool.h>
#include <string.h>

#include "platform/base/addr.h"
#include "platform/base/attr.h"

enum source_of { SOURCE_HANDSHAKES, SOURCE_STREAMS, SOURCE_SESSIONS, SOURCE_MEDIA, SOURCE_ENDPOINT_MEDIA, SOURCE_TFTP, SOURCE_KINDS };

struct sources;
struct sources *sources_new(void) MUST_USE;
void sources_free(struct sources *t);
/* One more of a kind. false: it has `most` already, or nothing can be noted of it. */
bool source_take(struct sources *t, const struct addr *a, enum source_of kind, uint32_t most);
void source_give(struct sources *t, const struct addr *a, enum source_of kind); /* what was taken */
uint32_t source_has(const struct sources *t, const struct addr *a, enum source_of kind);

/* A verified certificate in the place of an address: the beginning of its SHA-256. Zeros: nobody's. */
static inline struct addr source_of_client(const uint8_t sha256[32])
{
        struct addr a = { .fam = ADDR_V6 };
        static const uint8_t nobody[32];

        if (!memcmp(sha256, nobody, sizeof nobody))
                return (struct addr){ 0 };
        memcpy(a.v6, sha256, sizeof a.v6);
        return a;
}

/* How much of n one address may have. Of a few it may have all: there is nothing to share out. */
#define SOURCE_SHARED_MIN 16u
static inline uint32_t source_share(uint32_t n)
{
        return n < SOURCE_SHARED_MIN ? UINT32_MAX : n - n / 8;
}

#endif
