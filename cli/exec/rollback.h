/* What going back to a saved configuration and committing one made aside have in common. */
#ifndef VOXGATE_CLI_EXEC_ROLLBACK_H
#define VOXGATE_CLI_EXEC_ROLLBACK_H

#include "cli/conf/conf_replace.h"
#include "cli/conf/dialog.h"

/* The difference as text without secrets, from `was` to `now`. */
int diff_stores(const struct store *was, const struct store *now, struct text *out, struct err *e);
void say_replaced(struct dialog *d, enum replace_how how);
void say_revertable(struct dialog *d, unsigned minutes);

#endif
