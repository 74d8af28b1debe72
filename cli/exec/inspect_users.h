/* Who uses a proxy: the inspect lines that name it, of applied and unapplied policies. */
#ifndef VOXGATE_CLI_EXEC_INSPECT_USERS_H
#define VOXGATE_CLI_EXEC_INSPECT_USERS_H

#include "cli/box/box.h"
#include "policy/conf.h"

struct inspect_user {
        uint32_t id; /* conf id of the inspect line */
        char cls[MAP_NAME_MAX + 1];
        enum inspect_id engine;
};
#define INSPECT_USERS_MAX 32u

enum inspect_names { NAMES_TLS_PROXY, NAMES_PHONE_PROXY };
unsigned inspect_users(struct box *b, enum inspect_names what, const char *name,
                       struct inspect_user out[INSPECT_USERS_MAX]);

#endif
