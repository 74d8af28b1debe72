/* The command reference as a manual page (roff, man macros), from the rows that read the commands. */
#ifndef VOXGATE_CLI_LANG_MANUAL_H
#define VOXGATE_CLI_LANG_MANUAL_H

#include "cli/lang/text.h"
#include "cli/lang/tree.h"

/* release: what stands in the page's footer. Out of memory: out->bad. */
void cli_manual(const struct cli_tree *t, const char *release, struct text *out);

#endif
