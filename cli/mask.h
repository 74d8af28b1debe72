/* A line as it may be logged: what its row binds as secret is *****. */
#ifndef VOXGATE_CLI_MASK_H
#define VOXGATE_CLI_MASK_H

#include "cli/text.h"
#include "cli/tree.h"

/* Appends the line to out when something in it is secret, else nothing. */
void mask_secrets(const struct lexed *lx, const struct captured *cap, unsigned n, struct text *out);

#endif
