/* policy-map type inspect skinny. */
#include <stdio.h>

#include "cli/cmd/default_map.h"

#define M struct skinny_map_conf
#define R struct skinny_rule_conf

static void init_map(struct conf_ctx *c, void *obj)
{
        (void)c;
        skinny_map_conf_init(obj);
}

/* ---- message ids are typed and printed in hexadecimal ---- */

static int check_id(char text[SCCP_ID_TEXT_MAX + 1], struct err *e)
{
        uint32_t id;

        if (!skinny_id(text, &id))
                return err_set(e, ERR_SYNTAX, "%s is not a message id: 0x0 to 0xffff", text);
        snprintf(text, SCCP_ID_TEXT_MAX + 1, "0x%x", id);
        return 0;
}

static int check_map(struct conf_ctx *c, void *obj, struct err *e)
{
        M *m = obj;

        (void)c;
        if (m->prefix_max && m->prefix_max < m->prefix_min)
                return err_set(e, ERR_RANGE, "sccp-prefix-len: the maximum is below the minimum");
        if (!*m->id_max) /* the `no` form */
                strcpy(m->id_max, SCCP_ID_MAX_TEXT);
        return check_id(m->id_max, e);
}

static int check_rule(struct conf_ctx *c, void *obj, struct err *e)
{
        R *r = obj;
        uint32_t lo, hi;

        (void)c;
        if (check_id(r->lo, e) < 0 || (*r->hi && check_id(r->hi, e) < 0))
                return -1;
        if (*r->hi && skinny_id(r->lo, &lo) && skinny_id(r->hi, &hi) && hi < lo)
                return err_set(e, ERR_RANGE, "the range ends below its beginning");
        return 0;
}

/* ---- parameters ---- */

static const struct cmd_bind bind[] = {
        BIND("TEXT", M, description),
        BIND_FLAG("parameters", M, parameters),
        BIND_FLAG("enforce-registration", M, enforce_registration),
        BIND_FLAG("rtp-conformance", M, rtp_conformance),
        BIND_FLAG("enforce-payloadtype", M, enforce_payloadtype),
        BIND("IDMAX", M, id_max),
        BIND("PREFIXMAX", M, prefix_max),
        BIND_DFLT("PREFIXMIN", M, prefix_min, SCCP_PREFIX_MIN_DEFAULT),
        BIND_DFLT("TMEDIA", M, t_media, SCCP_T_MEDIA),
        BIND_DFLT("TSIGNALING", M, t_signaling, SCCP_T_SIGNALING),
        { 0 },
};

#define LEAF INSPECT_LEAF
static const struct cmd_row parameter_rows[] = {
        LEAF("enforce-registration", bind, "Calls need a registration", .flags = ROW_ALL),
        LEAF("message-id max IDMAX:word(6)", bind, "Highest message id", .check = check_map),
        LEAF("rtp-conformance [enforce-payloadtype]", bind, "Check media", .flags = ROW_ALL),
        LEAF("sccp-prefix-len max PREFIXMAX:u32(4-4294967295)", bind, "Greatest length", .check = check_map),
        LEAF("sccp-prefix-len min PREFIXMIN:u32(4-4294967295)", bind, "Least length", .check = check_map),
        LEAF("timeout media TMEDIA:duration", bind, "Idle time of media"),
        LEAF("timeout signaling TSIGNALING:duration", bind, "Idle time of signalling"),
        END,
};
static const struct cmd_mode parameter_mode = { "config-pmap-p",
                                                "MPF policy-map parameter configuration commands:", parameter_rows };

/* ---- rules ---- */

static const struct cmd_bind rule_bind[] = {
        BIND_FLAG("not", R, negate), BIND("ID", R, lo), BIND("LO", R, lo), BIND("HI", R, hi), { 0 }
};
static const struct cmd_bind act_bind[] = { BIND_FLAG("drop", R, drop), BIND_FLAG("log", R, log), { 0 } };
static const struct cmd_row act_rows[] = {
        LEAF("drop [log]", act_bind, "Such messages are left out"),
        END,
};
static const struct cmd_mode act_mode = { "config-pmap-c", "MPF policy-map class configuration commands:", act_rows };

static const struct cmd_row map_rows[] = {
        INSPECT_MAP_HEAD(bind, &parameter_mode),
        { ROW_MODE, "match [not] message-id {range LO:word(6) HI:word(6)|ID:word(6)}",
          "Kinds of messages that something is done with", rule_bind, DIRTY_INSPECT, offsetof(M, rules), &act_mode,
          .key = key_words, .check = check_rule },
        END,
};
static const struct cmd_mode map_mode = { "config-pmap", "MPF policy-map configuration commands:", map_rows };

/* ---- the map that is in force where none is named ---- */

static void write_default(struct running *r, const struct cmd_row *row, const void *obj)
{
        static const struct default_map_line lines[] = {
                { 0, "policy-map type inspect skinny _default_skinny_map" },
                { 1, "description Default SKINNY policymap" },
                { 1, "parameters" },
                { 2, "no enforce-registration" },
                { 2, "message-id max " SCCP_ID_MAX_TEXT },
                { 2, "no rtp-conformance" },
                { 2, "sccp-prefix-len min 4" },
                { 2, "timeout media 0:05:00" },
                { 2, "timeout signaling 1:00:00" },
        };

        (void)obj;
        default_map_write(r, row, lines, ARRAY_LEN(lines));
}

static int call_default(struct conf_ctx *c UNUSED, const struct args *a UNUSED, bool no_form UNUSED, struct err *e)
{
        return default_map_refuse("_default_skinny_map", e);
}

const struct cmd_row rows_skinny_map[] = {
        { ROW_CALL, "policy-map type inspect skinny _default_skinny_map", "The SCCP map in force where none is named",
          .call = call_default, .write = write_default },
        { ROW_MODE, "policy-map type inspect skinny NAME:newname(40)", "Parameters of SCCP inspection", NULL,
          DIRTY_INSPECT | DIRTY_POLICY, STORE(inspection.skinny_maps), &map_mode, .kind_name = "skinny-map",
          .init = init_map },
        END,
};
