/* Inspection policy maps and what they match by, as typed. */
#ifndef VOXGATE_PROXY_CONF_INSPECT_CONF_H
#define VOXGATE_PROXY_CONF_INSPECT_CONF_H

#include "inspect/sccp/sccp_map.h"
#include "inspect/sip/sip_map.h"
#include "policy/conf.h"

#define REGEX_PATTERN_MAX 100

struct regex_conf { /* regex NAME PATTERN */
        struct conf_obj o;
        char pattern[REGEX_PATTERN_MAX + 1];
};

struct regex_class_conf { /* class-map type regex match-any NAME */
        struct conf_obj o;
        char description[DESCRIPTION_MAX + 1];
        struct conf_list regexes; /* struct conf_obj, name: the regex */
};

struct sip_match_conf { /* name: its canonical text */
        struct conf_obj o;
        uint8_t kind; /* enum sip_match_kind */
        bool negate;
        uint8_t method; /* enum sip_method */
        uint32_t gt;
        char regex[MAP_NAME_MAX + 1], regex_class[MAP_NAME_MAX + 1]; /* one of them */
};

struct sip_class_conf { /* class-map type inspect sip {match-all|match-any} NAME */
        struct conf_obj o;
        enum { SIP_CLASS_UNSAID, SIP_CLASS_ALL, SIP_CLASS_ANY } how;
        char description[DESCRIPTION_MAX + 1];
        struct conf_list matches; /* struct sip_match_conf */
};

struct sip_rule_conf {           /* a `match` or `class` line of a map with what is done; in the order typed */
        struct sip_match_conf m; /* first: its o is the rule's; looked at when cls is "" */
        char cls[MAP_NAME_MAX + 1];
        struct sip_act act;
};

struct sip_map_conf { /* policy-map type inspect sip NAME */
        struct conf_obj o;
        char description[DESCRIPTION_MAX + 1];
        bool parameters; /* the line was typed */
        bool no_im, ip_address_privacy, no_traffic_non_sip, rtp_conformance, enforce_payloadtype;
        struct sip_act max_forwards, software_version, state_checking, strict_header, uri_non_sip;
        struct conf_list rules; /* struct sip_rule_conf */
        struct conf_list lines; /* lines of `parameters` that are kept only */
};

#define SCCP_ID_TEXT_MAX 6 /* 0xffff */

struct skinny_rule_conf { /* match message-id; name: its canonical text */
        struct conf_obj o;
        bool negate, drop, log;
        char lo[SCCP_ID_TEXT_MAX + 1], hi[SCCP_ID_TEXT_MAX + 1]; /* hexadecimal; hi "": one id */
};

struct skinny_map_conf { /* policy-map type inspect skinny NAME */
        struct conf_obj o;
        char description[DESCRIPTION_MAX + 1];
        bool parameters; /* the line was typed */
        bool enforce_registration, rtp_conformance, enforce_payloadtype;
        char id_max[SCCP_ID_TEXT_MAX + 1];
        uint32_t prefix_min, prefix_max, t_media, t_signaling;
        struct conf_list rules; /* struct skinny_rule_conf */
};

struct inspection_conf {
        struct conf_list regexes;       /* struct regex_conf */
        struct conf_list regex_classes; /* struct regex_class_conf */
        struct conf_list sip_classes;   /* struct sip_class_conf */
        struct conf_list sip_maps;      /* struct sip_map_conf */
        struct conf_list skinny_maps;   /* struct skinny_map_conf */
};

void regex_class_conf_init(struct regex_class_conf *c);
void regex_class_conf_fini(struct conf_obj *o);
void sip_class_conf_init(struct sip_class_conf *c);
void sip_class_conf_fini(struct conf_obj *o);
/* lines: fini of what is in map->lines, by who keeps them. */
void sip_map_conf_init(struct sip_map_conf *m, size_t line_size);
void sip_map_conf_fini(struct conf_obj *o);
void skinny_map_conf_init(struct skinny_map_conf *m);
void skinny_map_conf_fini(struct conf_obj *o);
/* A message id as typed: hexadecimal, with or without 0x. */
bool skinny_id(const char *text, uint32_t *id);

#endif
