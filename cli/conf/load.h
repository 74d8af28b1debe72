/* Loading configuration text: startup-config, check, copy. Nobody can answer: a missing confirmation is acceptance.
 */
#ifndef VOXGATE_CLI_CONF_LOAD_H
#define VOXGATE_CLI_CONF_LOAD_H

#include "cli/conf/parse.h"

struct load_report {
        unsigned lines;    /* of the text */
        unsigned accepted; /* commands */
        unsigned errors, warnings;
        unsigned inert; /* accepted lines that are not in force */
        unsigned stopped_at; /* the last line that was read, when c->rest wanted no more; else 0 */
        /* One line of words each: "line 12: ERROR: ...", with the offending line where it helps. May be NULL. */
        void (*fn)(void *ctx, unsigned line_no, const char *words);
        void *ctx;
};

/* Feeds the text to c, which keeps its options; ends in global configuration. With c->replace a saved configuration
 * ("ASA Version ..." in front) is complete: the store is emptied first. 0 when every line was accepted, else
 * -1. */
int conf_load(struct conf_ctx *c, const char *text, size_t n, struct load_report *rep);
#endif
