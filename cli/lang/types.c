#include "cli/lang/types.h"

#include <string.h>

#include "cli/lang/types_int.h"
#include "platform/base/log.h"
#include "policy/conf.h"

size_t type_common(const char *name, const char *s, size_t n)
{
        size_t i = 0;

        while (i < n && name[i] && (name[i] | 0x20) == (s[i] | 0x20))
                i++;
        return i;
}

static const struct cmd_bind addrspec_bind[] = {
        BIND_KEY("any", struct addr_spec, kind, AS_ANY),
        BIND_KEY("any4", struct addr_spec, kind, AS_ANY4),
        BIND_KEY("any6", struct addr_spec, kind, AS_ANY6),
        BIND_TAGGED("HOST", struct addr_spec, a, kind, AS_HOST),
        BIND_TAGGED("NET", struct addr_spec, a, kind, AS_SUBNET),
        BIND_TAGGED("MASK", struct addr_spec, len, kind, AS_SUBNET),
        BIND_TAGGED("OBJECT", struct addr_spec, name, kind, AS_OBJECT),
        BIND_TAGGED("GROUP", struct addr_spec, name, kind, AS_GROUP),
        BIND_TAGGED("IFC", struct addr_spec, name, kind, AS_IFACE),
        { 0 },
};

static const struct cmd_bind who_bind[] = {
        BIND_TAGGED("USER", struct ace_who, name, kind, WHO_USER),
        BIND_TAGGED("USERS", struct ace_who, name, kind, WHO_USERS),
        BIND_TAGGED("USERLIST", struct ace_who, name, kind, WHO_USER_LIST),
        BIND_TAGGED("TAGNAME", struct ace_who, name, kind, WHO_TAG_NAME),
        BIND_TAGGED("TAG", struct ace_who, name, kind, WHO_TAG),
        BIND_TAGGED("TAGLIST", struct ace_who, name, kind, WHO_TAG_LIST),
        { 0 },
};
#define WHO "{user USER:word(64)|user-group USERS:word(64)|object-group-user USERLIST:word(64)}"
#define TAGGED "{security-group {name TAGNAME:word(64)|tag TAG:word(64)}|object-group-security TAGLIST:word(64)}"

/* What a rule that is not about interfaces may name: a plain subset of addrspec. */
#define ADDRSPEC                                                                                                     \
        "{any|any4|any6|host HOST:addr|object OBJECT:ref(object)|object-group GROUP:ref(network-group)|"             \
        "interface IFC:nameif|NET:net MASK:netmask}"

static const struct cmd_bind ports_bind[] = {
        BIND_TAGGED("EQ", struct port_spec, lo, op, PORT_EQ),
        BIND_TAGGED("NEQ", struct port_spec, lo, op, PORT_NEQ),
        BIND_TAGGED("LT", struct port_spec, lo, op, PORT_LT),
        BIND_TAGGED("GT", struct port_spec, lo, op, PORT_GT),
        BIND_TAGGED("FROM", struct port_spec, lo, op, PORT_RANGE),
        BIND_TAGGED("TO", struct port_spec, hi, op, PORT_RANGE),
        BIND_TAGGED("SERVICES", struct port_spec, name, op, PORT_GROUP),
        { 0 },
};
#define PORTS(t) "{eq EQ:" t "|neq NEQ:" t "|lt LT:" t "|gt GT:" t "|range FROM:" t " TO:" t "}"
#define PORTS_OR_GROUP(t)                                                                                            \
        "{eq EQ:" t "|neq NEQ:" t "|lt LT:" t "|gt GT:" t "|range FROM:" t " TO:" t "|"                              \
        "object-group SERVICES:ref(port-group)}"

static const struct cmd_bind proto_bind[] = {
        BIND_KEY("ip", struct proto_spec, num, PROTO_IP),
        BIND_TAGGED("NUM", struct proto_spec, num, kind, PS_NUM),
        BIND_TAGGED("OBJECT", struct proto_spec, name, kind, PS_OBJECT),
        BIND_TAGGED("GROUP", struct proto_spec, name, kind, PS_GROUP),
        { 0 },
};
#define PROTO "{ip|NUM:protocol|object OBJECT:ref(service-object)|object-group GROUP:ref(rule-group)}"

#define PORTS_EQ(t) "{eq EQ:" t "|range FROM:" t " TO:" t "}"
#define HOSTSPEC "{host HOST:addr|object OBJECT:ref(object)|NET:net MASK:netmask}"

static const struct cmd_bind logfilter_bind[] = {
        BIND_DFLT("LEVEL", struct log_filter, level, LOG_L_NONE),
        BIND("LIST", struct log_filter, list),
        { 0 },
};

#define TEXTS .store = text_store, .set = text_set, .clear = text_clear
#define NUMBERS .set = num_set, .clear = num_clear
#define NAMED(t)                                                                                                     \
        .match = t##_match, .store = t##_store, .write = t##_write, .complete = t##_each, .set = num_set,            \
        .clear = num_clear

const struct cmd_type cmd_types[] = {
        { "word", "WORD", "A word", .match = word_match, .write = word_write, TEXTS },
        { "line", "LINE", "Text up to the end of the line", TYPE_LINE, .match = line_match, .write = line_write,
          TEXTS },
        { "section", "LINE", "Of a section of the configuration", TYPE_LINE, .match = line_match, .write = line_write,
          .complete = section_each, TEXTS },
        { "secret", "WORD", "A word that is kept secret", TYPE_SECRET, .match = word_match, .write = word_write,
          TEXTS },
        { "secretline", "LINE", "Text that is kept secret", TYPE_LINE | TYPE_SECRET, .match = line_match,
          .write = line_write, TEXTS },
        { "url", "http[s]://...", "A file on a web server", .match = url_match, .write = word_write, TEXTS },
        { "keptline", "LINE", "Text that is kept as it is", TYPE_LINE | TYPE_KEPT, .match = line_match,
          .write = line_write, TEXTS },
        { "hex", "WORD", "Hexadecimal digits", .match = hex_match, .write = word_write, TEXTS },
        { "newname", "WORD", "A name", .match = newname_match, .write = word_write, TEXTS },
        { "nameif", "Current available interface(s)", "Name of an interface", .match = nameif_match,
          .store = nameif_store, .write = word_write, .set = text_set, .clear = text_clear, .complete = nameif_each },
        { "ref", "WORD", "Name of a configured object", .match = ref_match, .store = ref_store, .write = word_write,
          .set = text_set, .clear = text_clear, .complete = ref_each },
        { "hwname", "WORD", "Hardware name of an interface", .match = hwname_match, .store = hwname_store,
          .write = word_write, .set = text_set, .clear = text_clear, .complete = hwname_each },
        { "ifpair", "(IFC,IFC)", "Real and mapped interface, or any", .match = ifpair_match, .complete = ifpair_each,
          .store = ifpair_store, .write = ifpair_write, .set = ifpair_set, .clear = text_clear },
        { "oneif", "(IFC)", "An interface", .match = oneif_match, .write = word_write, TEXTS },
        { "u32", "<number>", "A number", .match = u32_match, .store = u32_store, .write = u32_write, NUMBERS },
        { "duration", "<h:mm:ss>", "Hours, minutes and seconds", .match = duration_match, .store = duration_store,
          .write = duration_write, NUMBERS },
        { "idrange", "<ID>[-<ID>]", "Message number or range of numbers", .match = idrange_match,
          .store = idrange_store, .write = idrange_write, NUMBERS },
        { "logport", "{udp|tcp}[/<1025-65535>]", "Protocol and port of the server", .match = logport_match,
          .store = logport_store, .write = logport_write, NUMBERS },
        { "logclass", "CLASS", "Class of messages: auth, ca, config, ip, rm, session, ssl, sys, ...",
          NAMED(logclass) },
        { "logdest", "DESTINATION", "buffered, console, monitor, trap, asdm, mail or history", NAMED(logdest) },
        { "level", "<0-7>", "Severity level or its name", NAMED(level) },
        { "tcpport", "<1-65535>", "Port number or name", NAMED(tcpport) },
        { "udpport", "<1-65535>", "Port number or name", NAMED(udpport) },
        { "icmptype", "<0-255>", "ICMP type number or name", NAMED(icmptype) },
        { "protocol", "<0-255>", "IP protocol number or name", NAMED(protocol) },
        { "addr", "A.B.C.D", "IP address", TYPE_ALIAS | TYPE_NAMED, .match = addr_match, .store = addr_store,
          .write = addr_write, .set = addr_set, .clear = addr_clear, .complete = alias_each },
        { "host", "Hostname or A.B.C.D", "Name or address of a host", TYPE_ALIAS, .match = host_match,
          .write = word_write, TEXTS, .complete = alias_each },
        { "net", "A.B.C.D", "Network address", TYPE_ALIAS | TYPE_NAMED, .match = net_match, .store = net_store,
          .write = addr_write, .set = addr_set, .clear = addr_clear, .complete = alias_each },
        { "mask", "A.B.C.D", "Network mask", .match = mask_match, .store = mask_store, .write = mask_write,
          .set = mask_set, .clear = num_clear },
        { "netmask", "A.B.C.D", "Network mask", .match = netmask_match, .store = mask_store, .write = mask_write,
          .set = mask_set, .clear = num_clear },
        { "mac", "H.H.H", "MAC address", .match = mac_match, .store = mac_store, .write = mac_write, .set = mac_set,
          .clear = mac_clear },
        { "suites", "SUITE", "Cipher suites in order of preference", TYPE_MANY, .match = suite_match,
          .store = suite_store, .write = suite_write, .set = text_set, .clear = text_clear, .complete = suite_each },
        { "hours", "<-12-14>", "Hours from UTC", .match = hours_match, .store = hours_store, .write = hours_write,
          NUMBERS },
        { "month", "MONTH", "Name of a month", .match = month_match, .store = month_store, .write = month_write,
          NUMBERS },
        { "weekday", "WEEKDAY", "Name of a day of the week", .match = weekday_match, .store = weekday_store,
          .write = weekday_write, NUMBERS },
        { "week", "<1-4>", "Week of the month, or first or last", .match = week_match, .store = week_store,
          .write = week_write, NUMBERS },
        { "hhmm", "<hh:mm>", "Hours and minutes", .match = hhmm_match, .store = hhmm_store, .write = hhmm_write,
          NUMBERS },
        { "hhmmss", "<hh:mm:ss>", "Hours, minutes and seconds", .match = hhmmss_match, .store = hhmmss_store,
          .write = hhmmss_write, NUMBERS },
        { "hwkind", "WORD", "Kind of interface", .match = hwkind_match, .write = word_write, TEXTS },
        { "hwslot", "<slot>/<port>", "Slot and port", .match = hwslot_match, .write = word_write, TEXTS },
        { "promptparts", "PART", "Parts of the prompt in order", TYPE_MANY, .match = promptpart_match,
          .store = promptpart_store, .write = promptpart_write, .set = promptpart_set, .clear = text_clear,
          .complete = promptpart_each },
        { "logfilter", "", "", .grammar = "{LEVEL:level|LIST:newname(64)}", .bind = logfilter_bind },
        { "hostspec", "", "", .grammar = HOSTSPEC, .bind = addrspec_bind },
        { "stdaddr", "", "", .grammar = "{any|any4|host HOST:addr|NET:net MASK:netmask}", .bind = addrspec_bind },
        { "tcpeq", "", "", .grammar = PORTS_EQ("tcpport"), .bind = ports_bind },
        { "udpeq", "", "", .grammar = PORTS_EQ("udpport"), .bind = ports_bind },
        { "addrspec", "", "", .grammar = ADDRSPEC, .bind = addrspec_bind },
        { "who", "", "", .grammar = WHO, .bind = who_bind },
        { "tagged", "", "", .grammar = TAGGED, .bind = who_bind },
        { "tcpports", "", "", .grammar = PORTS_OR_GROUP("tcpport"), .bind = ports_bind },
        { "udpports", "", "", .grammar = PORTS_OR_GROUP("udpport"), .bind = ports_bind },
        { "tcprange", "", "", .grammar = PORTS("tcpport"), .bind = ports_bind },
        { "udprange", "", "", .grammar = PORTS("udpport"), .bind = ports_bind },
        { "proto", "", "", .grammar = PROTO, .bind = proto_bind },
        { 0 },
};

const struct cmd_type *type_find(const char *name, size_t n)
{
        for (const struct cmd_type *t = cmd_types; t->name; t++)
                if (strlen(t->name) == n && !memcmp(t->name, name, n))
                        return t;
        return NULL;
}
