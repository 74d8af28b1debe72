/* Memory of the machine. */
#ifndef VOXGATE_CLI_BOX_MEMINFO_H
#define VOXGATE_CLI_BOX_MEMINFO_H

#include <stdint.h>

/* A line of /proc/meminfo ("MemTotal"), in bytes; 0: unknown. */
uint64_t meminfo(const char *key);

#endif
