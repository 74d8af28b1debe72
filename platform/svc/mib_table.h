/*
 * What an SNMP agent can be asked for at one moment: names (object identifiers) and values, filled in any order, then
 * sorted, then looked up. The names and texts of a table are in two blocks of its own, so that it can be filled anew
 * every second without a block per value.
 */
#ifndef VOXGATE_SVC_MIB_TABLE_H
#define VOXGATE_SVC_MIB_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/base/attr.h"

#define OID_MAX 128u
struct oid {
        unsigned n;
        uint32_t id[OID_MAX];
};
/* "1.3.6.1.2.1"; false: this is no name, or one of more than OID_MAX numbers. */
bool oid_parse(const char *s, struct oid *out);
/* <0, 0, >0: the order in which GetNext goes. */
int oid_cmp(const uint32_t *a, unsigned na, const uint32_t *b, unsigned nb);

/* As on the wire (RFC 2741 5.4). */
enum mib_type {
        MIB_INTEGER = 2,
        MIB_OCTETS = 4,
        MIB_NULL = 5,
        MIB_OID = 6,
        MIB_ADDRESS = 64, /* of IPv4 */
        MIB_COUNTER32 = 65,
        MIB_GAUGE32 = 66,
        MIB_TICKS = 67, /* hundredths of a second */
        MIB_COUNTER64 = 70,
        MIB_NO_OBJECT = 128,
        MIB_NO_INSTANCE = 129,
        MIB_END = 130,
};

struct mib_var {
        enum mib_type type;
        unsigned nname, ntext; /* numbers of the name; octets, of an OID numbers */
        size_t name, text;     /* where they begin in the blocks of the table */
        uint64_t num;          /* of all but OCTETS and OID */
};

struct mib_table {
        bool bad; /* out of memory: some of it is missing */
        struct mib_var *var;
        size_t n, cap;
        uint32_t *ids;
        size_t nids, ids_cap;
        uint8_t *octets;
        size_t noctets, octets_cap;
        struct oid base;
};

/* A zeroed one is empty. */
void mib_clear(struct mib_table *t); /* keeps the memory */
void mib_fini(struct mib_table *t);

/* The names of what is put next begin so: "1.3.6.1.2.1.2.2.1". */
void mib_base(struct mib_table *t, const char *base);
/* The name is the base and the n numbers of `rest`. A counter of 32 bits wraps, a gauge stays at its end. */
void mib_put(struct mib_table *t, enum mib_type type, uint64_t v, const uint32_t *rest, unsigned n);
void mib_put_octets(struct mib_table *t, const void *octets, size_t len, const uint32_t *rest, unsigned n);
/* The value is a name: "1.3.6.1.6.3.1.1.5.3". */
void mib_put_oid(struct mib_table *t, const char *value, const uint32_t *rest, unsigned n);
#define MIB_REST_(...) (const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t)
#define MIB_PUT(t, type, v, ...) mib_put(t, type, v, MIB_REST_(__VA_ARGS__))
#define MIB_TEXT(t, s, ...) mib_put_octets(t, s, strlen(s), MIB_REST_(__VA_ARGS__))
#define MIB_NAME(t, s, ...) mib_put_oid(t, s, MIB_REST_(__VA_ARGS__))

/* Once, when all is in it. */
void mib_sort(struct mib_table *t);
/* NULL: there is none of this name. */
const struct mib_var *mib_find(const struct mib_table *t, const struct oid *name);
/* The first behind name (or name itself, with `include`); NULL: none. */
const struct mib_var *mib_next(const struct mib_table *t, const struct oid *name, bool include);
const uint32_t *mib_name_of(const struct mib_table *t, const struct mib_var *v);
const uint8_t *mib_text_of(const struct mib_table *t, const struct mib_var *v); /* OCTETS */
const uint32_t *mib_oid_of(const struct mib_table *t, const struct mib_var *v); /* OID */

#endif
