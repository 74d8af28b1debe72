/* Which level a command needs, while `aaa authorization command LOCAL` asks. */
#ifndef VOXGATE_CLI_LANG_PRIVILEGE_H
#define VOXGATE_CLI_LANG_PRIVILEGE_H

#include "cli/lang/cmd.h"
#include "cli/lang/exec.h"
#include "cli/conf/sysconf.h"

/*
 * The `privilege` line that names most of the row's words decides: `show`, `clear` and `cmd` (all others) are forms
 * of EXEC rows, `configure` of configuration rows; a line without a form is for all of them.
 */
unsigned privilege_of_exec(const struct sys_conf *s, const struct exec_row *row);
/* row: of global configuration. What stands in its mode goes with it. */
unsigned privilege_of_conf(const struct sys_conf *s, const struct cmd_row *row);

#endif
