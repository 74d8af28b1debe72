/* Hardware names of interfaces: "g0/0", "GigabitEthernet0/0", "gi0/1.20" are one canonical name each. */
#ifndef VOXGATE_CLI_LANG_HWNAME_H
#define VOXGATE_CLI_LANG_HWNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/net/conf.h"

bool hwname_canon(const char *s, size_t n, char out[HWNAME_MAX + 1]);
/* How much of s can begin a hardware name; less than n unless it is one. */
size_t hwname_common(const char *s, size_t n);
/* The order interfaces are listed in: by kind, then by number; < 0, 0, > 0. Both canonical. */
int hwname_order(const char *x, const char *y);
/* "GigabitEthernet0/1.20" -> 20; 0: a physical port. */
uint32_t hwname_sub(const char *canonical);

#endif
