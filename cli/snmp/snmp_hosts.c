#include "cli/snmp/snmp_hosts.h"

#include <stdio.h>
#include <string.h>

#include "platform/base/str.h"

#define WORDS_MAX 24u

struct words {
        unsigned n, at;
        char text[512];
        char *w[WORDS_MAX];
};

static void split(struct words *x, const char *line)
{
        char *save = NULL;

        *x = (struct words){ .n = 0 };
        str_copy(x->text, sizeof x->text, line);
        for (char *p = strtok_r(x->text, " ", &save); p && x->n < WORDS_MAX; p = strtok_r(NULL, " ", &save))
                x->w[x->n++] = p;
}

static bool is(const struct words *x, const char *word)
{
        return x->at < x->n && !strcmp(x->w[x->at], word);
}

static bool next_is(struct words *x, const char *word)
{
        bool yes = is(x, word);

        x->at += yes;
        return yes;
}

static const char *next(struct words *x)
{
        return x->at < x->n ? x->w[x->at++] : "";
}

static bool at_keyword(const struct words *x)
{
        return x->at == x->n || is(x, "version") || is(x, "community") || is(x, "udp-port");
}

static void read_version(struct words *x, struct snmp_host *out)
{
        str_copy(out->version, sizeof out->version, next(x));
        if (!at_keyword(x))
                next(x); /* the user */
}

/* "0" and "8" say how the community is written, when one follows. */
static void skip_community(struct words *x)
{
        bool marked = is(x, "0") || is(x, "8");

        next(x);
        if (marked && !at_keyword(x))
                next(x);
}

bool snmp_host_read(const char *line, struct snmp_host *out)
{
        struct words x;
        uint32_t port;

        split(&x, line);
        *out = (struct snmp_host){ .port = SNMP_TRAP_PORT };
        if (!next_is(&x, "snmp-server") || !next_is(&x, "host") || x.n < 4)
                return false;
        str_copy(out->nameif, sizeof out->nameif, next(&x));
        str_copy(out->address, sizeof out->address, next(&x));
        out->trap = next_is(&x, "trap");
        out->poll = !out->trap && next_is(&x, "poll");
        if (!out->trap && !out->poll)
                out->trap = out->poll = true;
        while (x.at < x.n) {
                if (next_is(&x, "version"))
                        read_version(&x, out);
                else if (next_is(&x, "community"))
                        skip_community(&x);
                else if (next_is(&x, "udp-port") && str_u32(next(&x), 1, 65535, &port))
                        out->port = (uint16_t)port;
                else
                        next(&x);
        }
        return true;
}
