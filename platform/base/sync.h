/* What a module exports for failover replication. The driver (platform/ha) walks the classes; modules know no wire.
 */
#ifndef VOXGATE_BASE_SYNC_H
#define VOXGATE_BASE_SYNC_H

#include <stdint.h>

#include "platform/base/cur.h"
#include "platform/base/wbuf.h"

struct sync_class {
        const char *name;
        uint16_t version;
        /* Writes one object; full in w means "does not fit". */
        int (*pack)(const void *obj, struct wbuf *w);
        /* Installs one object received from the peer (hostile input): 0 or -1. */
        int (*unpack)(void *module, struct cur *c);
};

#endif
