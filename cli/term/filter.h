/* `show ... | {include|exclude|begin|grep [-v]} REGEXP`: which lines of an output are shown; `| json`: the table of
 * the command as a document. */
#ifndef VOXGATE_CLI_TERM_FILTER_H
#define VOXGATE_CLI_TERM_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "platform/base/regex.h"

#define FILTER_PATTERN_MAX 255u /* bytes of a regular expression */

struct filter {
        enum { FILTER_OFF, FILTER_INCLUDE, FILTER_EXCLUDE, FILTER_BEGIN, FILTER_JSON } kind;
        bool begun;
        struct regex *re;
};

/*
 * Splits a command line at its filter: *cmd_len is the length of the command in front of the bar (the whole line
 * without one) and *spec the text behind it, or NULL. Only `show`, `more`, `dir`, `who`, `packet-tracer` and `write
 * terminal` have filters; a bar inside quotes is none.
 */
bool filter_applies(const char *line);
void filter_split(const char *line, size_t *cmd_len, const char **spec);
/* What may stand behind the bar, in the order of the alphabet: word and explanation, NULL behind the last. json: the
 * command has a table. */
const char *filter_word(unsigned i, bool json, const char **help);
/* spec: "include REGEXP" and so on, keywords abbreviated. POSIX extended expressions without back references. */
int filter_init(struct filter *f, const char *spec, struct err *e);
void filter_fini(struct filter *f); /* a zeroed one is legal */
/* Is this line (without newline) shown? */
bool filter_pass(struct filter *f, const char *line);

#endif
