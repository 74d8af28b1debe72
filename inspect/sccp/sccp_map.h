/*
 * A compiled `policy-map type inspect skinny`: ctx->params of the SCCP engine; NULL means the defaults. Immutable,
 * part of the snapshot; the engine never keeps the pointer.
 */
#ifndef VOXGATE_INSPECT_SCCP_MAP_H
#define VOXGATE_INSPECT_SCCP_MAP_H

#include <stdbool.h>
#include <stdint.h>

#define SCCP_ID_MAX_DEFAULT 0x181u
#define SCCP_ID_MAX_TEXT "0x181"
#define SCCP_PREFIX_MIN_DEFAULT 4u
#define SCCP_T_MEDIA 300u
#define SCCP_T_SIGNALING 3600u

struct sccp_match { /* match [not] message-id ... drop [log] */
        bool negate, log;
        uint32_t lo, hi;
};

struct sccp_map {
        bool enforce_registration, rtp_conformance, enforce_payloadtype;
        uint32_t id_max, prefix_min, prefix_max; /* of L; prefix_max 0: none */
        uint32_t t_media, t_signaling;           /* seconds; 0 never */
        unsigned nmatches;
        const struct sccp_match *match;
};

static inline struct sccp_map sccp_map_default(void)
{
        return (struct sccp_map){ .id_max = SCCP_ID_MAX_DEFAULT,
                                  .prefix_min = SCCP_PREFIX_MIN_DEFAULT,
                                  .t_media = SCCP_T_MEDIA,
                                  .t_signaling = SCCP_T_SIGNALING };
}

#endif
