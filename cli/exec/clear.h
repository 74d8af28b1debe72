/* What counts from now on with `clear counters`; each is also the row of its own family. */
#ifndef VOXGATE_CLI_EXEC_CLEAR_H
#define VOXGATE_CLI_EXEC_CLEAR_H

#include "cli/lang/exec.h"

int clear_hits(struct session *s, const struct args *a, struct err *e); /* of the list NAME, else of all lists */
int clear_nat(struct session *s, const struct args *a, struct err *e);
int clear_asp_drop(struct session *s, const struct args *a, struct err *e);
int clear_service_policy(struct session *s, const struct args *a, struct err *e);
int clear_engines(struct session *s, const struct args *a, struct err *e); /* those of `show counters` */

#endif
