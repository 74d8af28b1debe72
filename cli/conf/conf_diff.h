/*
 * What changes from one configuration to another: lines and blocks that are gone, lines and blocks that are new, in
 * the order they stand in. Within a block that both have only what differs in it is told. What merely stands
 * elsewhere is gone there and new here. O(n log n).
 */
#ifndef VOXGATE_CLI_CONF_CONF_DIFF_H
#define VOXGATE_CLI_CONF_CONF_DIFF_H

#include "cli/conf/conf_lines.h"
#include "cli/conf/parse.h"

struct diff_edit {
        bool added;                  /* else removed */
        const struct conf_lines *of; /* the new configuration, else the old one */
        unsigned first, end;         /* a line with its block */
        unsigned npath;
        unsigned path[CONF_DEPTH_MAX]; /* the lines of `of` that it stands under, the outermost first */
};
typedef void (*diff_fn)(void *ctx, const struct diff_edit *e);

/* -1: out of memory; what was told until then is right. */
int conf_diff(const struct conf_lines *was, const struct conf_lines *now, diff_fn fn, void *ctx, struct err *e);
/* The same as text: "-" and "+" in front of lines, a blank in front of the lines they stand under;
 * of lines with a secret what may be shown of them. */
int conf_diff_text(const struct conf_lines *was, const struct conf_lines *now, struct text *out, struct err *e);

#endif
