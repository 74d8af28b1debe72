/* Rates of an interface, as `show interface` and `show traffic` print them. */
#ifndef VOXGATE_CLI_EXEC_SHOW_USAGE_H
#define VOXGATE_CLI_EXEC_SHOW_USAGE_H

#include <stdint.h>

struct session;

/* minutes: 1 or 5. */
void show_rates(struct session *s, uint16_t idx, unsigned minutes);

#endif
