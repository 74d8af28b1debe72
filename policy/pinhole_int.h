/* Private to policy/pinhole*.c. */
#ifndef VOXGATE_POLICY_PINHOLE_INT_H
#define VOXGATE_POLICY_PINHOLE_INT_H

#include "platform/base/list.h"
#include "platform/base/log_limit.h"
#include "platform/base/pool.h"
#include "policy/pinhole.h"

enum { PIN_SRC = 1, PIN_DPORT = 2, PIN_SHAPES = 4 };

/*
 * Pinholes of one owner, or of one group: the first is in the table, the others are linked to it. However many there
 * are, entering and leaving costs the same.
 */
struct pinhole_kin {
        struct hash_node node; /* of the one that leads */
        struct list link;
        uint64_t id;
        bool leads;
};

struct pinhole {
        struct hash_node node;
        struct pinhole_kin by_owner, by_group;
        struct tmr tmr;
        struct pinhole_table *t;
        struct flow_key key; /* only what the shape knows */
        struct pinhole_spec spec;
        uint8_t shape;
};
struct pinhole_table {
        struct worker *w;
        struct pool *pool;
        struct hash_table keys, owners, groups;
        uint32_t shapes[PIN_SHAPES]; /* how many of each are open */
        uint64_t seed;
        uint32_t most;
        struct log_full full;
};

/* The narrowest pinhole for a packet that arrives with this key, or NULL. */
struct pinhole *pinhole_find(const struct pinhole_table *t, const struct flow_key *wire);
/* Its number for pinhole_use(); never 0. */
uint32_t pinhole_ref(const struct pinhole_table *t, const struct pinhole *p);

#endif
