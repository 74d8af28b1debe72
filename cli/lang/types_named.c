/* Numbers the operator knows by name. A name is printed where the ASA prints one. */
#include "cli/lang/types_int.h"

#include <string.h>

#include "cli/lang/grammar.h"
#include "platform/base/str.h"

struct named {
        const char *name;
        uint16_t num;
};

static const struct named tcp_ports[] = {
        { "aol", 5190 },
        { "bgp", 179 },
        { "chargen", 19 },
        { "cifs", 3020 },
        { "citrix-ica", 1494 },
        { "cmd", 514 },
        { "ctiqbe", 2748 },
        { "daytime", 13 },
        { "discard", 9 },
        { "domain", 53 },
        { "echo", 7 },
        { "exec", 512 },
        { "finger", 79 },
        { "ftp", 21 },
        { "ftp-data", 20 },
        { "gopher", 70 },
        { "h323", 1720 },
        { "hostname", 101 },
        { "https", 443 },
        { "ident", 113 },
        { "imap4", 143 },
        { "irc", 194 },
        { "kerberos", 88 },
        { "klogin", 543 },
        { "kshell", 544 },
        { "ldap", 389 },
        { "ldaps", 636 },
        { "login", 513 },
        { "lotusnotes", 1352 },
        { "lpd", 515 },
        { "netbios-ssn", 139 },
        { "nfs", 2049 },
        { "nntp", 119 },
        { "pcanywhere-data", 5631 },
        { "pim-auto-rp", 496 },
        { "pop2", 109 },
        { "pop3", 110 },
        { "pptp", 1723 },
        { "rtsp", 554 },
        { "sip", 5060 },
        { "smtp", 25 },
        { "sqlnet", 1522 },
        { "ssh", 22 },
        { "sunrpc", 111 },
        { "tacacs", 49 },
        { "talk", 517 },
        { "telnet", 23 },
        { "uucp", 540 },
        { "whois", 43 },
        { "www", 80 },
        { 0 },
};
static const struct named udp_ports[] = {
        { "biff", 512 },
        { "bootpc", 68 },
        { "bootps", 67 },
        { "cifs", 3020 },
        { "discard", 9 },
        { "dnsix", 195 },
        { "domain", 53 },
        { "echo", 7 },
        { "isakmp", 500 },
        { "kerberos", 88 },
        { "mobile-ip", 434 },
        { "nameserver", 42 },
        { "netbios-dgm", 138 },
        { "netbios-ns", 137 },
        { "nfs", 2049 },
        { "ntp", 123 },
        { "pcanywhere-status", 5632 },
        { "pim-auto-rp", 496 },
        { "radius", 1645 },
        { "radius-acct", 1646 },
        { "rip", 520 },
        { "secureid-udp", 5510 },
        { "sip", 5060 },
        { "snmp", 161 },
        { "snmptrap", 162 },
        { "sunrpc", 111 },
        { "syslog", 514 },
        { "tacacs", 49 },
        { "talk", 517 },
        { "tftp", 69 },
        { "time", 37 },
        { "vxlan", 4789 },
        { "who", 513 },
        { "www", 80 },
        { "xdmcp", 177 },
        { 0 },
};
static const struct named icmp_types[] = {
        { "alternate-address", 6 },
        { "conversion-error", 31 },
        { "echo", 8 },
        { "echo-reply", 0 },
        { "information-reply", 16 },
        { "information-request", 15 },
        { "mask-reply", 18 },
        { "mask-request", 17 },
        { "mobile-redirect", 32 },
        { "parameter-problem", 12 },
        { "redirect", 5 },
        { "router-advertisement", 9 },
        { "router-solicitation", 10 },
        { "source-quench", 4 },
        { "time-exceeded", 11 },
        { "timestamp-reply", 14 },
        { "timestamp-request", 13 },
        { "traceroute", 30 },
        { "unreachable", 3 },
        { 0 },
};
/* tcp, udp, icmp and ip are keywords of the lines, since other words follow them. */
static const struct named protocols[] = {
        { "ah", 51 },   { "eigrp", 88 }, { "esp", 50 },   { "gre", 47 },  { "icmp6", 58 },
        { "igmp", 2 },  { "igrp", 9 },   { "ipinip", 4 }, { "nos", 94 },  { "ospf", 89 },
        { "pcp", 108 }, { "pim", 103 },  { "sctp", 132 }, { "snp", 109 }, { 0 },
};

static const struct named *by_name(const struct named *t, const char *s)
{
        for (; t->name; t++)
                if (str_prefix_ci(t->name, s) && strlen(t->name) == strlen(s))
                        return t;
        return NULL;
}

/* A name in full, or a unique beginning of one, or a number. */
static size_t named_match(const struct named *t, uint32_t lo, uint32_t hi, const char *s, size_t n)
{
        const struct type_arg num = { .lo = lo, .hi = hi };
        size_t best, hits = 0;

        if (!n)
                return 0;
        best = u32_match(NULL, &num, s, n);
        if (best == n)
                return n;
        for (; t->name; t++) {
                size_t c = type_common(t->name, s, n);

                if (c == n && !t->name[n])
                        return n;
                hits += c == n;
                best = MAX_OF(best, c);
        }
        return hits == 1 ? n : best == n ? n - 1 : best;
}

static int named_store(const struct named *t, uint32_t lo, uint32_t hi, const char *s, void *field, size_t size,
                       struct err *e)
{
        const struct named *hit = by_name(t, s);
        uint32_t v;

        for (const struct named *p = t; !hit && p->name; p++)
                if (str_prefix_ci(p->name, s))
                        hit = p;
        if (!hit && !str_u32(s, lo, hi, &v))
                return err_set(e, ERR_RANGE, "%s is not a known name or a number from %u to %u", s, lo, hi);
        field_put(field, size, hit ? hit->num : v);
        return 0;
}

static void named_write(const struct named *t, const void *field, size_t size, struct text *out)
{
        for (; t->name; t++)
                if (field_is(field, size, t->num)) {
                        text_add(out, t->name);
                        return;
                }
        text_printf(out, "%llu", (unsigned long long)field_get(field, size));
}

/* The four functions of a type over one table. */
#define NAMED_TYPE(type, table, lo, hi)                                                                              \
        TYPE_MATCH(type##_match)                                                                                     \
        {                                                                                                            \
                (void)env;                                                                                           \
                (void)ta;                                                                                            \
                return named_match(table, lo, hi, s, n);                                                             \
        }                                                                                                            \
        TYPE_STORE(type##_store)                                                                                     \
        {                                                                                                            \
                (void)env;                                                                                           \
                (void)ta;                                                                                            \
                return named_store(table, lo, hi, s, field, size, e);                                                \
        }                                                                                                            \
        TYPE_WRITE(type##_write)                                                                                     \
        {                                                                                                            \
                (void)ta;                                                                                            \
                named_write(table, field, size, out);                                                                \
        }                                                                                                            \
        TYPE_EACH(type##_each)                                                                                       \
        {                                                                                                            \
                (void)env;                                                                                           \
                (void)ta;                                                                                            \
                for (const struct named *t = table; t->name; t++)                                                    \
                        fn(ctx, t->name);                                                                            \
        }

NAMED_TYPE(tcpport, tcp_ports, 1, 65535)
NAMED_TYPE(udpport, udp_ports, 1, 65535)
NAMED_TYPE(icmptype, icmp_types, 0, 255)
NAMED_TYPE(protocol, protocols, 0, 255)
