/* `<--- More --->`: stops after a page of output. Keys: space a page, Enter a line, q stops. Only on terminals. */
#ifndef VOXGATE_CLI_TERM_PAGER_H
#define VOXGATE_CLI_TERM_PAGER_H

#include "cli/term/term.h"

struct pager {
        struct term *t;
        unsigned lines; /* of a page; 0: never stops */
        unsigned left;
        bool quit; /* the operator pressed q (or is gone) */
};

void pager_begin(struct pager *p, struct term *t, unsigned lines);
/* Shows one line; false when the operator has seen enough. */
bool pager_line(struct pager *p, const char *line);

#endif
