/* What kept lines `snmp-server user ...` and `snmp-server group ...` say, without what is secret in them. */
#ifndef VOXGATE_CLI_SNMP_USERS_H
#define VOXGATE_CLI_SNMP_USERS_H

#include <stdbool.h>

struct snmp_user {
        char name[65], group[65]; /* "": not in a line as it should be */
        char auth[8], priv[12];   /* "SHA", "AES128"; "": without */
};
struct snmp_group {
        char name[65];
        char model[4];  /* "v3" */
        char level[12]; /* "priv"; "": not said */
};
/* false: the line is another one. */
bool snmp_user_read(const char *line, struct snmp_user *out);
bool snmp_group_read(const char *line, struct snmp_group *out);

#endif
