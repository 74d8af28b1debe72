/*
 * Access lists compiled for lookups whose cost does not grow linearly with the ACEs (ranges, overlaps and port
 * operators included), with first-match semantics and per-worker hit counters by rule id.
 */
#ifndef VOXGATE_POLICY_ACL_H
#define VOXGATE_POLICY_ACL_H

#include "policy/conf.h"
#include "platform/net/dp.h"

struct acl_rt; /* part root: all lists, access-groups by interface */
struct acl_list_rt;
struct ace_elem;

struct acl_key { /* real addresses (8.3 and later) */
        struct addr src, dst;
        uint8_t proto;
        uint16_t sport, dport; /* ICMP: code and type */
};
struct acl_hit {
        uint32_t ace_id; /* 0: no ACE matched (implicit deny) */
        uint32_t index;  /* expanded element within the ACE, for its own counter */
        uint32_t hash;   /* of the ACE; 0: none matched */
        uint32_t elem;   /* of the list */
        bool permit, log, log_disable, grouped;
        int8_t log_level;
        uint16_t log_interval;
};

static inline const struct acl_rt *acl_rt(const struct snapshot *s)
{
        return s->part[SNAP_ACL]->root;
}
const struct acl_list_rt *acl_list(const struct acl_rt *a, const char *name);
/* The list bound in on an interface, NULL: none (security levels decide). */
const struct acl_list_rt *acl_in(const struct acl_rt *a, uint16_t iface);
const struct acl_list_rt *acl_out(const struct acl_rt *a, uint16_t iface);
const char *acl_list_name(const struct acl_list_rt *l);
uint32_t acl_list_id(const struct acl_list_rt *l); /* conf id */
/* The list of `access-group NAME global` (behind the interface's own), of a control-plane access-group; NULL: none.
 */
const struct acl_list_rt *acl_global(const struct acl_rt *a);
const struct acl_list_rt *acl_control(const struct acl_rt *a, uint16_t iface);
bool acl_held(const struct acl_rt *a); /* no through traffic, whatever the lists say */
/* First match. Never allocates. */
struct acl_hit acl_match(const struct acl_list_rt *l, const struct acl_key *k);
/* The 0x... of show access-list and 106023/106100: of a list's name, of what an ACE of it says, of one element of an ACE
 * that stands for several (0: it does not). */
uint32_t acl_name_hash(const char *name);
uint32_t ace_hash(const char *list, const struct ace_conf *a);
uint32_t ace_elem_hash(uint32_t ace, const struct ace_elem *el);
uint32_t acl_hit_elem_hash(const struct acl_list_rt *l, const struct acl_hit *h);
bool ace_is_grouped(const struct ace_conf *a); /* does it name objects or groups? */

/* One list into an arena, for whoever matches with a list of his own (class maps). NULL on failure, *e set. */
const struct acl_list_rt *acl_list_compile(struct arena *a, const struct policy_conf *conf, const struct net_rt *net,
                                           const struct acl_conf *list, struct err *e);
int acl_compile(struct snap_part *part, const struct policy_conf *conf, const struct net_rt *net, struct err *e);

/* Expanded elements of one ACE in order, for show access-list; texts by the CLI from these values. */
struct ace_elem {
        uint8_t proto;
        bool any_proto;
        struct addr_range src, dst; /* fam NONE: any */
        struct port_range sport, dport;
};
uint32_t acl_ace_count(const struct acl_list_rt *l, uint32_t ace_id);
/* A page of them: from the element `from` on, at most max. Returns how many were copied; 0 behind the last. */
uint32_t acl_ace_page(const struct acl_list_rt *l, uint32_t ace_id, uint32_t from, struct ace_elem *out, uint32_t max);
uint32_t acl_elem_count(const struct acl_list_rt *l); /* of all ACEs */

/*
 * Hit counters: per worker, by ACE id (or any other conf id), live outside the snapshot. Elements of one ACE have
 * counters of their own, by their index in the expansion.
 */
struct hit_table;
struct hit_table *hit_table_new(void) MUST_USE;
void hit_table_free(struct hit_table *t);
void hit_count(struct hit_table *t, uint32_t id);
void hit_count_elem(struct hit_table *t, uint32_t id, uint32_t index);
/* Any thread, relaxed. */
uint64_t hit_get(const struct hit_table *t, uint32_t id);
uint64_t hit_get_elem(const struct hit_table *t, uint32_t id, uint32_t index);

#endif
