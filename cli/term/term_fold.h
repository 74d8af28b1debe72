/*
 * A line of any length on a terminal of so many columns. libedit draws on one endless row; here its text goes out as
 * it is, since the terminal wraps by itself, and its moves become moves between the rows that the line takes there.
 */
#ifndef VOXGATE_CLI_TERM_TERM_FOLD_H
#define VOXGATE_CLI_TERM_TERM_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct term_fold {
        unsigned (*cols)(void *ctx); /* of the terminal now; 0: not known, everything goes out as it is */
        void (*put)(void *ctx, const char *p, size_t n);
        void *ctx;
        unsigned width; /* of the write under way */
        unsigned at;    /* where libedit is, columns from the start of the line */
        unsigned shown; /* where the terminal's cursor is */
        unsigned len;   /* of what stands there */
        bool edge;      /* the cursor waits at the end of a full row: the next character wraps */
        char seq[16];   /* an escape sequence or a character of several bytes, as far as it has come */
        unsigned nseq;
        char buf[256];
        unsigned nbuf;
};

void term_fold_write(struct term_fold *f, const char *p, size_t n);
/* Behind the last character of the line, for who writes there himself. */
void term_fold_end(struct term_fold *f);
/* The cursor is at the start of a fresh row. */
void term_fold_reset(struct term_fold *f);

#endif
