/*
 * What the packet path needs, compiled and immutable: a generation and one part per module, each with its own arena
 * and reference count, so that a commit rebuilds only dirty parts. Parts name each other by id, never by pointer.
 */
#ifndef VOXGATE_NET_SNAPSHOT_H
#define VOXGATE_NET_SNAPSHOT_H

#include <stdatomic.h>
#include <stdint.h>

#include "platform/base/arena.h"
#include "platform/base/err.h"
#include "platform/base/qsbr.h"

enum snap_part_id { SNAP_NET, SNAP_ACL, SNAP_NAT, SNAP_POLICY, SNAP_INSPECT, SNAP_PKI, SNAP_PROXY, SNAP_PARTS };

struct snap_part {
        _Atomic uint32_t refs;
        struct arena *arena;
        const void *root;               /* struct net_rt, acl_rt, nat_rt, policy_rt, inspect_rt, pki_rt, proxy_rt */
        void (*fini)(const void *root); /* drops references to things outside the arena; may be NULL */
};

struct snapshot {
        uint64_t gen;
        _Atomic uint32_t refs; /* cold readers; the hub itself holds one */
        struct snapshot *next_retired;
        struct qsbr_mark mark;
        struct snap_part *part[SNAP_PARTS]; /* never NULL in a published snapshot */
};

/* A part with an empty arena and one reference, to be filled by a module's compile function. NULL when out of memory.
 */
struct snap_part *snap_part_new(void) MUST_USE;
struct snap_part *snap_part_get(struct snap_part *p);
void snap_part_put(struct snap_part *p); /* NULL is legal */

struct snap_hub;
struct snap_hub *snap_hub_new(void) MUST_USE;
void snap_hub_free(struct snap_hub *h); /* workers must have left */
struct qsbr *snap_hub_qsbr(struct snap_hub *h);
/* Takes over one reference of every part (also on failure), makes them current; the old snapshot is retired. */
int snap_publish(struct snap_hub *h, struct snap_part *const part[SNAP_PARTS], struct err *e);
/* Frees retired snapshots whose grace period passed; returns how many still wait. Called by the control thread. */
unsigned snap_reclaim(struct snap_hub *h);
/* Worker: once per loop, after qsbr_quiescent(). NULL before the first publish. */
const struct snapshot *snap_current(const struct snap_hub *h);
/* Cold threads. */
const struct snapshot *snapshot_get(struct snap_hub *h);
void snapshot_put(struct snap_hub *h, const struct snapshot *s);

#endif
