/* How full a table of fixed size is, for `show resource usage`. */
#ifndef VOXGATE_BASE_TABLE_USE_H
#define VOXGATE_BASE_TABLE_USE_H

#include <stdint.h>

struct table_use {
        const char *name;              /* static */
        uint64_t current, peak, limit; /* limit 0: none of its own */
        uint64_t denied;               /* newcomers for whom there was no room */
};

#endif
