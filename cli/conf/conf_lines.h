/* A store as a list of its lines, in the order of the running configuration: what comparing and replacing work on. */
#ifndef VOXGATE_CLI_CONF_CONF_LINES_H
#define VOXGATE_CLI_CONF_CONF_LINES_H

#include "cli/conf/running.h"

struct conf_text_line {
        const struct cmd_row *row;
        const char *text;
        const char *shown; /* what may be seen of it; NULL: its text */
        unsigned depth; /* blanks in front */
        bool raw;       /* goes on with the line before (bytes of a certificate) */
        unsigned end;   /* index of the first line behind its block */
};
struct conf_lines {
        struct conf_text_line *line; /* the texts are the list's */
        unsigned n, cap;
        bool bad; /* memory ran out */
};

/* plain: secrets readable. -1: out of memory. The caller frees with conf_lines_fini(), also after a failure. */
int conf_lines_of(const struct store *s, bool plain, struct conf_lines *out, struct err *e);
/* The lines of a store as others may see them, to its plain lines `l`. -1: out of memory. */
int conf_lines_mask(const struct store *s, struct conf_lines *l, struct err *e);
void conf_lines_fini(struct conf_lines *l);

#endif
