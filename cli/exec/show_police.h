/* What `police` lines of a class action let through, interface by interface. */
#ifndef VOXGATE_CLI_EXEC_SHOW_POLICE_H
#define VOXGATE_CLI_EXEC_SHOW_POLICE_H

#include "cli/session/session.h"
#include "policy/conf.h"

struct police_view {
        const char *nameif; /* NULL: a global policy acts on every interface */
        uint32_t class_id;
        const struct police_conf *line; /* [POLICE_DIRS] */
};
void show_police(struct session *s, const struct police_view *v);
/* Count from now on. */
void clear_police(struct session *s, const struct police_view *v);

#endif
