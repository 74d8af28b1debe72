/* logging class: a severity per class of messages and destination. */
#ifndef VOXGATE_CLI_CMD_LOGGING_CLASS_H
#define VOXGATE_CLI_CMD_LOGGING_CLASS_H

#include "cli/cmd/rows.h"

#define CLASS_PAIRS                                                                                                  \
        "D1:logdest L1:level [D2:logdest L2:level [D3:logdest L3:level [D4:logdest L4:level "                        \
        "[D5:logdest L5:level [D6:logdest L6:level [D7:logdest L7:level]]]]]]"

/* CALL rows: CLASS and the pairs above; CLASS and at most D1, for their `no` forms. */
int class_call(struct conf_ctx *c, const struct args *a, bool no_form, struct err *e);
void class_write(struct running *r, const struct cmd_row *row, const void *obj);

#endif
