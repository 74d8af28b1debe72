/* What rows with passwords share. */
#ifndef VOXGATE_CLI_CMD_PASSWD_ROWS_H
#define VOXGATE_CLI_CMD_PASSWD_ROWS_H

#include <string.h>

#include "cli/cmd/rows.h"
#include "cli/conf/passwd.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

/* field holds what was typed: a password, which becomes its hash, or a hash that is called one. */
int passwd_settle(struct conf_ctx *c, char *field, size_t size, uint8_t *form, const char *user, struct err *e);

/* clang-format off */
#define HASHED(nm, st, f, more) { .name = nm, FIELD_(st, f), .flags = BIND_HASHED | (more) }
#define BIND_FORM(nm, st, f, v) { .name = nm, FIELD_(st, f), .val = (v), .flags = BIND_KEYWORD | BIND_ATTR }
/* clang-format on */

#endif
