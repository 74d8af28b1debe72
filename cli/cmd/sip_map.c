/* policy-map type inspect sip. */
#include <string.h>

#include "cli/cmd/default_map.h"
#include "cli/cmd/sip_match.h"

#define M struct sip_map_conf
#define R struct sip_rule_conf

static void init_map(struct conf_ctx *c, void *obj)
{
        (void)c;
        sip_map_conf_init(obj, sizeof(struct inert_conf));
}

/* ---- parameters ---- */
#define ACT(f, k, v)                                                                                                 \
        {                                                                                                            \
                .name = k, FIELD_(M, f.what), .val = (v), .flags = BIND_KEYWORD                                      \
        }
#define CHECKED(f)                                                                                                   \
        static const struct cmd_bind f##_bind[] = { ACT(f, "drop", SIP_ACT_DROP),                                    \
                                                    ACT(f, "drop-connection", SIP_ACT_DROP_CONN),                    \
                                                    ACT(f, "reset", SIP_ACT_RESET),                                  \
                                                    ACT(f, "mask", SIP_ACT_MASK),                                    \
                                                    ACT(f, "logonly", SIP_ACT_LOG),                                  \
                                                    BIND_FLAG("log", M, f.log),                                      \
                                                    { 0 } }
CHECKED(max_forwards);
CHECKED(software_version);
CHECKED(state_checking);
CHECKED(strict_header);
CHECKED(uri_non_sip);
#define DROPS " action {drop [log]|drop-connection [log]|reset [log]|log@logonly}"
#define MASKS " action {mask [log]|log@logonly}"

static const struct cmd_bind bind[] = {
        BIND("TEXT", M, description),
        BIND_FLAG("parameters", M, parameters),
        BIND_FLAG("im", M, no_im),
        BIND_FLAG("ip-address-privacy", M, ip_address_privacy),
        BIND_FLAG("traffic-non-sip", M, no_traffic_non_sip),
        BIND_FLAG("rtp-conformance", M, rtp_conformance),
        BIND_FLAG("enforce-payloadtype", M, enforce_payloadtype),
        { 0 },
};

#define LEAF INSPECT_LEAF
#define TVS "a trust verification server is not asked"
static const struct cmd_row parameter_rows[] = {
        LEAF("im", bind, "Instant messages are allowed", .flags = ROW_INVERSE | ROW_ALL),
        LEAF("ip-address-privacy", bind, "Hide addresses", .flags = ROW_ALL),
        LEAF("traffic-non-sip", bind, "Other traffic on the SIP port is allowed", .flags = ROW_INVERSE | ROW_ALL),
        LEAF("rtp-conformance [enforce-payloadtype]", bind, "Check media", .flags = ROW_ALL),
        LEAF("max-forwards-validation" DROPS, max_forwards_bind, "Check Max-Forwards"),
        LEAF("software-version" MASKS, software_version_bind, "Hide software versions"),
        LEAF("state-checking" DROPS, state_checking_bind, "Check the order of messages"),
        LEAF("strict-header-validation" DROPS, strict_header_bind, "Check headers"),
        LEAF("uri-non-sip" MASKS, uri_non_sip_bind, "Look for other URIs"),
        { ROW_INERT, "trust-verification-server {ip A:addr|port P:u32(1-65535)}", "Trust verification server",
          .list = offsetof(M, lines), .inert = TVS },
        END,
};
static const struct cmd_mode parameter_mode = { "config-pmap-p",
                                                "MPF policy-map parameter configuration commands:", parameter_rows };

/* ---- rules ---- */
static const struct cmd_bind rule_bind[] = { SIP_MATCH_BIND(R, m.), BIND("CLASS", R, cls), { 0 } };
static const struct cmd_bind act_bind[] = {
        BIND_KEY("drop", R, act.what, SIP_ACT_DROP),
        BIND_KEY("drop-connection", R, act.what, SIP_ACT_DROP_CONN),
        BIND_KEY("reset", R, act.what, SIP_ACT_RESET),
        BIND_KEY("mask", R, act.what, SIP_ACT_MASK),
        BIND_TAGGED("RATE", R, act.rate, act.what, SIP_ACT_RATE),
        BIND_KEY("logonly", R, act.what, SIP_ACT_LOG),
        BIND_FLAG("log", R, act.log),
        { 0 },
};
static const struct cmd_row act_rows[] = {
        LEAF("{drop [log]|drop-connection [log]|reset [log]|mask [log]|rate-limit RATE:u32(1-4294967295) [log]|"
             "log@logonly}",
             act_bind, "What is done with such a message"),
        END,
};
static const struct cmd_mode act_mode = { "config-pmap-c", "MPF policy-map class configuration commands:", act_rows };

static const struct cmd_row map_rows[] = {
        INSPECT_MAP_HEAD(bind, &parameter_mode),
        { ROW_MODE, "{" SIP_MATCH "|class CLASS:ref(sip-class)}", "Messages that something is done with", rule_bind,
          DIRTY_INSPECT, offsetof(M, rules), &act_mode, .key = key_words },
        END,
};
static const struct cmd_mode map_mode = { "config-pmap", "MPF policy-map configuration commands:", map_rows };

/* ---- the map that is in force where none is named ---- */
static void write_default(struct running *r, const struct cmd_row *row, const void *obj)
{
        static const struct default_map_line lines[] = {
                { 0, "policy-map type inspect sip _default_sip_map" },
                { 1, "description Default SIP policymap" },
                { 1, "parameters" },
                { 2, "im" },
                { 2, "no ip-address-privacy" },
                { 2, "traffic-non-sip" },
                { 2, "no rtp-conformance" },
        };

        (void)obj;
        default_map_write(r, row, lines, ARRAY_LEN(lines));
}

static int call_default(struct conf_ctx *c UNUSED, const struct args *a UNUSED, bool no_form UNUSED, struct err *e)
{
        return default_map_refuse("_default_sip_map", e);
}

const struct cmd_row rows_sip_map[] = {
        { ROW_CALL, "policy-map type inspect sip _default_sip_map", "The SIP map in force where none is named",
          .call = call_default, .write = write_default },
        { ROW_MODE, "policy-map type inspect sip NAME:newname(40)", "Parameters of SIP inspection", NULL,
          DIRTY_INSPECT | DIRTY_POLICY, STORE(inspection.sip_maps), &map_mode, .kind_name = "sip-map",
          .init = init_map },
        END,
};
