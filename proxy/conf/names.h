/*
 * Addresses of host names, for a thread that must not wait: it asks, does something else, and asks again. The answers
 * come from platform/svc/dns.h; the service is handed down at start.
 */
#ifndef VOXGATE_PROXY_CONF_NAMES_H
#define VOXGATE_PROXY_CONF_NAMES_H

#include "platform/base/addr.h"

#define NAME_ADDRS_MAX 8u

enum name_state {
        NAME_KNOWN,   /* addresses */
        NAME_ASKED,   /* not yet: a server is being asked */
        NAME_UNKNOWN, /* why */
};

struct name_answer {
        unsigned n;
        struct addr at[NAME_ADDRS_MAX]; /* hosts' addresses, IPv4 */
        char why[200];                  /* one line: the reason and the servers that were asked */
};

struct name_service {
        void *ctx;
        /* Any thread; never waits. Asks a server when the answer is not at hand. */
        enum name_state (*ask)(void *ctx, const char *name, struct name_answer *out);
        /* A number that is another one after each answer that has come: asking again before it changes is vain. */
        unsigned (*news)(void *ctx);
};

#endif
