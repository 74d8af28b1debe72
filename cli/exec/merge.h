/* Lines from elsewhere on top of the configuration in force, as if they were typed. */
#ifndef VOXGATE_CLI_EXEC_MERGE_H
#define VOXGATE_CLI_EXEC_MERGE_H

#include "cli/exec/copy_url.h"
#include "cli/lang/exec.h"

/* Reads in pieces, between which others have the configuration; ^C ends it. -1 with e: it was stopped, and what was
 * read before stays. What is said about the lines goes to say. */
int merge_text(struct session *s, const struct copy_plan *p, const struct text *t, struct text *say, struct err *e);

#endif
