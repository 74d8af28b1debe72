#include "cli/snmp/snmp_hosts.h"

#include <string.h>

#include "cli/snmp/snmp_words.h"
#include "platform/base/str.h"

static bool at_keyword(const struct snmp_words *x)
{
        return x->at == x->n || words_at(x, "version") || words_at(x, "community") || words_at(x, "udp-port");
}

static void read_version(struct snmp_words *x, struct snmp_host *out)
{
        str_copy(out->version, sizeof out->version, words_next(x));
        if (!at_keyword(x))
                words_next(x); /* the user */
}

/* "0" and "8" say how the community is written, when one follows. */
static void skip_community(struct snmp_words *x)
{
        bool marked = words_at(x, "0") || words_at(x, "8");

        words_next(x);
        if (marked && !at_keyword(x))
                words_next(x);
}

bool snmp_host_read(const char *line, struct snmp_host *out)
{
        struct snmp_words x;
        uint32_t port;

        words_split(&x, line);
        *out = (struct snmp_host){ .port = SNMP_TRAP_PORT };
        if (!words_skip(&x, "snmp-server") || !words_skip(&x, "host") || x.n < 4)
                return false;
        str_copy(out->nameif, sizeof out->nameif, words_next(&x));
        str_copy(out->address, sizeof out->address, words_next(&x));
        out->trap = words_skip(&x, "trap");
        out->poll = !out->trap && words_skip(&x, "poll");
        if (!out->trap && !out->poll)
                out->trap = out->poll = true;
        while (x.at < x.n) {
                if (words_skip(&x, "version"))
                        read_version(&x, out);
                else if (words_skip(&x, "community"))
                        skip_community(&x);
                else if (words_skip(&x, "udp-port") && str_u32(words_next(&x), 1, 65535, &port))
                        out->port = (uint16_t)port;
                else
                        words_next(&x);
        }
        return true;
}
