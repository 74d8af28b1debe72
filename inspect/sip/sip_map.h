/*
 * A compiled `policy-map type inspect sip`: ctx->params of the SIP engine; NULL means the defaults of `_default_sip_map`.
 * Immutable, part of the snapshot; the engine takes a copy of what it
 * needs per message, never keeps the pointer.
 */
#ifndef VOXGATE_INSPECT_SIP_MAP_H
#define VOXGATE_INSPECT_SIP_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/base/regex.h"

enum sip_action { SIP_ACT_NONE, SIP_ACT_DROP, SIP_ACT_DROP_CONN, SIP_ACT_RESET, SIP_ACT_MASK, SIP_ACT_RATE, SIP_ACT_LOG };
struct sip_act {
        uint8_t what; /* enum sip_action */
        bool log;
        uint32_t rate; /* messages per second, RATE */
};

enum sip_match_kind {
        SIP_MATCH_CALLED_PARTY,   /* regex over To */
        SIP_MATCH_CALLING_PARTY,  /* regex over From */
        SIP_MATCH_CONTENT_LENGTH, /* gt n */
        SIP_MATCH_CONTENT_SDP,
        SIP_MATCH_CONTENT_TYPE, /* regex */
        SIP_MATCH_IM_SUBSCRIBER,
        SIP_MATCH_MESSAGE_PATH, /* regex over Via */
        SIP_MATCH_METHOD,
        SIP_MATCH_THIRD_PARTY, /* regex over From of a REGISTER whose From differs from To */
        SIP_MATCH_URI_SIP_LENGTH,
        SIP_MATCH_URI_TEL_LENGTH,
};
struct sip_match {
        uint8_t kind;
        bool negate;
        uint8_t method; /* enum sip_method */
        uint32_t gt;
        unsigned nregex; /* regex class: any of them (match-any) or all */
        bool regex_all;
        const struct regex *const *regex;
};
struct sip_rule { /* a match or a class of matches with its action, in the order typed */
        uint32_t id; /* for counters and rate limits */
        const char *name; /* of the class, or "match ..." text, for 607002/607003 */
        bool all;    /* match-all */
        unsigned nmatch;
        const struct sip_match *match;
        struct sip_act act;
};

struct sip_map {
        char name[41];
        bool no_im, ip_address_privacy, no_traffic_non_sip;
        bool rtp_conformance, enforce_payloadtype;
        struct sip_act max_forwards, software_version, state_checking, strict_header, uri_non_sip;
        unsigned nrules;
        const struct sip_rule *rule;
        /* From the global `timeout` line, seconds; 0 never. */
        uint32_t t_sip, t_media, t_invite, t_disconnect, t_provisional;
};

#endif
