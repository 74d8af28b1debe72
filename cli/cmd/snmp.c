/* snmp-server ...: what the agent tells and sends is in force here; who may ask and who is told is up to the host's
 * snmpd, which those lines say (docs/snmp.md). */
#include "cli/cmd/rows.h"

#define SNMPD "the host's snmpd decides it: \"show snmp-server snmpd\" has the lines for its file"
#define KEPT_AS(g, hlp, why, ...)                                                                                    \
        {                                                                                                            \
                ROW_INERT, g, hlp, .dirty = DIRTY_SYS, .list = STORE(sys.inert), .inert = why, __VA_ARGS__           \
        }
#define KEPT_BECAUSE(g, hlp, why) KEPT_AS(g, hlp, why, .flags = 0)
#define KEPT(g, hlp) KEPT_BECAUSE(g, hlp, SNMPD)
#define KEPT_KEYED(g, hlp, by) KEPT_AS(g, hlp, SNMPD, .key = by)
#define S struct store

static const struct cmd_bind enable_bind[] = { BIND_FLAG("enable", S, sys.snmp.off), { 0 } };
static const struct cmd_bind location_bind[] = { BIND("TEXT", S, sys.snmp.location), { 0 } };
static const struct cmd_bind contact_bind[] = { BIND("TEXT", S, sys.snmp.contact), { 0 } };
static const struct cmd_bind traps_bind[] = {
        BIND_FLAG("authentication", S, sys.snmp.authentication),
        BIND_FLAG("linkup", S, sys.snmp.linkup),
        BIND_FLAG("linkdown", S, sys.snmp.linkdown),
        BIND_FLAG("coldstart", S, sys.snmp.coldstart),
        BIND_FLAG("warmstart", S, sys.snmp.warmstart),
        { 0 },
};

static const struct cmd_bind syslog_bind[] = { BIND_FLAG("syslog", S, sys.snmp.syslog), { 0 } };

static const char *inert_traps(const struct store *s, const void *obj)
{
        const struct snmp_conf *c = &s->sys.snmp;

        (void)obj;
        if (c->authentication)
                return "authentication is sent by the host's snmpd (authtrapenable 1 in its file), warmstart by "
                       "nobody; the others are in force";
        return c->warmstart ? "no start here is a warm one; the others are in force" : NULL;
}

/* What stands in front of it says which messages. */
static const char *inert_syslog(const struct store *s, const void *obj)
{
        (void)obj;
        return log_conf_uses(&s->log, LOG_TO_HISTORY) ? NULL : "no message goes there: see logging history";
}

/* ---- what tells a line from others: its secret need not be known ---- */

static void key_host(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out)
{
        (void)c;
        (void)elem;
        if (arg_has(a, "IFC") && arg_has(a, "A"))
                text_printf(out, "snmp-server host %s %s", arg_str(a, "IFC"), arg_str(a, "A"));
}

static void key_community(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out)
{
        (void)c;
        (void)elem;
        if (a->n > 1)
                text_add(out, "snmp-server community");
}

/* A group of hosts is known by interface and name, a list of users by its name: its users are lines of their own. */
static void key_group(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out)
{
        (void)c;
        (void)elem;
        if (arg_has(a, "IFC") && arg_has(a, "NAME"))
                text_printf(out, "snmp-server host-group %s %s", arg_str(a, "IFC"), arg_str(a, "NAME"));
}

static void key_list(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out)
{
        (void)c;
        (void)elem;
        if (arg_has(a, "NAME") && arg_has(a, "USER"))
                text_printf(out, "snmp-server user-list %s username %s", arg_str(a, "NAME"), arg_str(a, "USER"));
}

static void key_user(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out)
{
        (void)c;
        (void)elem;
        if (arg_has(a, "user") && arg_has(a, "NAME"))
                text_printf(out, "snmp-server user %s", arg_str(a, "NAME"));
}

/* One of them at least, in the ASA's order. */
#define TRAPS                                                                                                        \
        "{authentication [linkup] [linkdown] [coldstart] [warmstart]|linkup [linkdown] [coldstart] [warmstart]|"     \
        "linkdown [coldstart] [warmstart]|coldstart [warmstart]|warmstart}"

const struct cmd_row rows_snmp[] = {
        KEPT_KEYED("snmp-server host IFC:nameif A:word(64) [{trap|poll}] [version {1|2c|3} [USER:secret(64)]] "
                   "[community [{0|8}] COMMUNITY:secret(127)] [version {1|2c|3} [USER:secret(64)]] "
                   "[udp-port PORT:u32(1-65535)]",
                   "Who gets traps, and who may ask", key_host),
        KEPT_KEYED("snmp-server host IFC:nameif A:word(64) WHAT:secretline(200)", "Who gets traps, and who may ask",
                   key_host),
        { ROW_LEAF, "snmp-server location TEXT:line(200)", "Where the appliance is", location_bind, DIRTY_SYS,
          .flags = ROW_DEFAULT },
        { ROW_LEAF, "snmp-server contact TEXT:line(200)", "Who looks after the appliance", contact_bind, DIRTY_SYS,
          .flags = ROW_DEFAULT },
        KEPT_AS("snmp-server community COMMUNITY:secretline(200)", "Who knows it may ask", SNMPD,
                .key = key_community, .flags = ROW_SINGLE),
        KEPT_KEYED("snmp-server host-group IFC:nameif NAME:word(64) WHAT:secretline(200)",
                   "Who of a network object gets traps, and may ask", key_group),
        KEPT_KEYED("snmp-server user-list NAME:word(64) username USER:word(64)", "Users of a host group", key_list),
        KEPT_KEYED("snmp-server user NAME:word(64) WHAT:secretline(200)", "Who may ask", key_user),
        KEPT_BECAUSE("snmp {cpu|interface} WHAT:line(200)", "Thresholds of notifications",
                     "there are no such notifications"),
        { ROW_LEAF, "snmp-server enable", "Enable the SNMP agent", enable_bind, DIRTY_SYS, .flags = ROW_INVERSE },
        { ROW_LEAF, "snmp-server enable traps snmp " TRAPS, "Notifications of the standard", traps_bind, DIRTY_SYS,
          .flags = ROW_MERGE, .inert_if = inert_traps },
        { ROW_LEAF, "snmp-server enable traps syslog", "Log messages: logging history", syslog_bind, DIRTY_SYS,
          .inert_if = inert_syslog },
        KEPT_BECAUSE("snmp-server enable traps WHAT:line(200)", "Notifications to those who are told",
                     "there are no such notifications"),
        KEPT("snmp-server {group|listen-port} WHAT:line(200)", "Who may ask, and where"),
        END,
};
