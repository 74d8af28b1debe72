/* Which configuration lines a rule id stands for. */
#ifndef VOXGATE_CLI_EXEC_RULE_TEXT_H
#define VOXGATE_CLI_EXEC_RULE_TEXT_H

#include "cli/exec/util.h"

/* Lines of the rule that a trace phase refers to, appended to out; nothing for a rule that is gone. */
void rule_text(struct box *b, enum trace_ref ref, uint32_t id, struct text *out);
/* What stands behind `static` or `dynamic` in a NAT line; false: no such line any more. */
bool nat_target_text(struct box *b, uint32_t id, char *out, size_t cap);
/* A line of twice NAT as it is now; false: none has this id. */
bool nat_twice_of(struct box *b, uint32_t id, struct twice_nat_conf *out);

#endif
