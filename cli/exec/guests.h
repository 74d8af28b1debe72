/* What the services of the box that people connect to (ssh, http) show in the same way. */
#ifndef VOXGATE_CLI_EXEC_GUESTS_H
#define VOXGATE_CLI_EXEC_GUESTS_H

#include "cli/lang/exec.h"
#include "cli/door/places.h"
#include "cli/conf/store.h"

/* A copy of what is configured, since output may wait for the pager; NULL with e set. store_free() it. */
struct store *configuration_copy(struct box *b, struct err *e);
/* The lines that say who may come. */
void show_allowed(struct session *s, const struct store *st, enum box_use use);
/* in: what being logged in is called there. */
const char *guest_state(const struct place_info *i, const char *in);
/* "SERVICE disconnect SESSION" found none. */
int no_such_session(const char *service, const char *command, uint32_t id, struct err *e);

#endif
