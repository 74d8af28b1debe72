/* What rows about users and rows about aaa share. */
#ifndef VOXGATE_CLI_CMD_AAA_ROWS_H
#define VOXGATE_CLI_CMD_AAA_ROWS_H

#include "cli/cmd/rows.h"

/* Does the clear password obey `password-policy`? */
int password_policy_check(struct conf_ctx *c, const char *user, const char *password, struct err *e);
/* Says so when the serial console asks for users and none of them could mend anything. */
void warn_no_way_in(struct conf_ctx *c);

#endif
