/* Lines of access lists as configured, copied out of the store so that they can be shown without its lock. */
#ifndef VOXGATE_CLI_EXEC_ACL_LINES_H
#define VOXGATE_CLI_EXEC_ACL_LINES_H

#include "cli/exec/util.h"
#include "policy/conf.h"

struct acl_line {
        struct acl_line *next;
        uint32_t id;     /* of the ACE */
        uint32_t hash;   /* of what it says */
        unsigned number; /* from 1 */
        char *text;      /* "access-list NAME extended ..." */
        bool remark, inactive, permit;
        bool standard; /* nothing uses such lists */
        bool grouped;  /* stands for several elements */
};
struct acl_lines {
        struct acl_lines *next;
        char name[ACL_NAME_MAX + 1];
        uint32_t id;
        struct acl_line *first, **last;
};

/* One list, or all with name NULL; `numbers`: no address by its name. -1: no such list, or out of memory. Takes
 * conf_lock. */
int acl_lines_get(struct box *b, const char *name, bool numbers, struct acl_lines **out, struct err *e);
void acl_lines_free(struct acl_lines *l);

#endif
