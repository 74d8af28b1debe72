#include "cli/term/pager.h"

#include <string.h>

static const char more[] = "<--- More --->";

void pager_begin(struct pager *p, struct term *t, unsigned lines)
{
        *p = (struct pager){ .t = t, .lines = term_is_tty(t) ? lines : 0 };
        p->left = p->lines;
}

/* Rows of the screen a line takes. */
static unsigned rows_of(struct term *t, const char *line)
{
        unsigned cols, rows;
        size_t n = strlen(line);

        term_size(t, &cols, &rows);
        return n ? (unsigned)((n - 1) / cols) + 1 : 1;
}

static void ask(struct pager *p)
{
        term_puts(p->t, more);
        for (;;) {
                int k = term_key(p->t);

                if (k == ' ')
                        p->left = p->lines;
                else if (k == '\n')
                        p->left = 1;
                else if (k == 'q' || k == 'Q' || k == 3 || k < 0)
                        p->quit = true;
                else
                        continue;
                break;
        }
        term_printf(p->t, "\r%*s\r", (int)sizeof more - 1, "");
}

bool pager_line(struct pager *p, const char *line)
{
        unsigned rows = p->lines ? rows_of(p->t, line) : 0;

        if (p->quit)
                return false;
        if (p->lines && !p->left) {
                ask(p);
                if (p->quit)
                        return false;
        }
        p->left -= rows < p->left ? rows : p->left;
        term_puts(p->t, line);
        term_puts(p->t, "\n");
        return true;
}
