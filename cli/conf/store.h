/*
 * What the operator typed: a value, there can be several (running, startup, candidate). Not thread-safe: the running
 * one is used under box->conf_lock.
 */
#ifndef VOXGATE_CLI_CONF_STORE_H
#define VOXGATE_CLI_CONF_STORE_H

#include "cli/lang/cmd.h"
#include "cli/conf/sysconf.h"
#include "nat/conf.h"
#include "pki/conf.h"
#include "platform/base/log.h"
#include "platform/net/conf.h"
#include "platform/net/snapshot.h"
#include "policy/conf.h"
#include "proxy/conf/conf.h"
#include "proxy/conf/inspect_conf.h"

struct cli_tree;
struct iface_bindings;
struct refs;

/* What a commit has to rebuild: snapshot parts, and what is configured outside of snapshots. */
#define DIRTY_PART(p) (1u << (p))
#define DIRTY_NET DIRTY_PART(SNAP_NET)
#define DIRTY_ACL DIRTY_PART(SNAP_ACL)
#define DIRTY_NAT DIRTY_PART(SNAP_NAT)
#define DIRTY_POLICY DIRTY_PART(SNAP_POLICY)
#define DIRTY_INSPECT DIRTY_PART(SNAP_INSPECT)
#define DIRTY_PKI DIRTY_PART(SNAP_PKI)
#define DIRTY_PROXY DIRTY_PART(SNAP_PROXY)
#define DIRTY_LOG (1u << 16)
#define DIRTY_SYS (1u << 17) /* read from the store when needed: nothing to rebuild */
#define DIRTY_ALL 0x3ffffu

struct store {
        const struct cli_tree *tree; /* compiled rows, borrowed */
        struct net_conf net;
        struct policy_conf policy;
        struct nat_conf nat;
        struct pki_conf pki;
        struct proxy_conf proxy;
        struct inspection_conf inspection;
        struct log_conf log;
        struct sys_conf sys;
        uint32_t dirty;    /* DIRTY_*, cleared by commit */
        uint64_t edits;    /* accepted changes since it was made */
        struct refs *refs; /* of store_refs_hold(), or NULL */
};

/* The factory configuration of an ASA 9.3: inspection_default in global_policy applied everywhere. NULL: out of
 * memory. */
struct store *store_new(const struct cli_tree *tree) MUST_USE;
/* Defaults only, without the factory's policy: what a complete saved configuration is loaded into. */
struct store *store_new_empty(const struct cli_tree *tree) MUST_USE;
void store_free(struct store *s); /* NULL is legal */
/* Back to store_new() or store_new_empty(); physical interfaces stay, with nothing configured; with b those alone
 * that are ports of the program. */
int store_reset(struct store *s, const struct iface_bindings *b, struct err *e);
int store_clear(struct store *s, struct err *e);
/* A second store with the same content, made by parsing the plain text of the first. */
struct store *store_copy(const struct store *s, struct err *e) MUST_USE;
/* Interfaces the program was started with are always there, as on the hardware. */
int store_add_ports(struct store *s, const struct iface_bindings *b, struct err *e);

/* Kinds of objects that lines refer to by name: ref(KIND) in grammars. */
struct conf_kind {
        const char *name; /* in grammars */
        uint32_t list;    /* offset of the conf_list in the store; 0: looked up by find */
        unsigned name_max;
        const char *before, *after;      /* refusal of an unknown name: before NAME after */
        bool (*fits)(const void *obj);   /* kinds that share a list; NULL: every object */
        bool (*usable)(const void *obj); /* what exists but can not be referred to yet; NULL: every object can */
        const char *unusable;            /* then, instead of `after`; NULL: the same */
        const char *always;              /* a name that is there without an object */
        const char *foreseen;            /* names that begin so are there, or will be made */
        const char *also;                /* a kind whose objects these references name as well */
};
const struct conf_kind *conf_kind_find(const char *name);
/* Why the name is of no use; -1. */
int conf_kind_refuse(const struct conf_kind *k, const struct store *s, const char *name, struct err *e);
/* Do objects of the two kinds have one list, so that a name means the same object? */
bool conf_kind_shares(const char *x, const char *y);
/* Is the name taken by an object of another kind in the same list? */
bool conf_kind_other(const struct conf_kind *k, const struct store *s, const char *name);
/* Self check of the lists: do all their objects stand where their names lead? Kinds by number; false behind the last.
 */
bool conf_kind_check(unsigned idx, const struct store *s, unsigned *objects, unsigned *faults);
bool conf_kind_has(const struct conf_kind *k, const struct store *s, const char *name);
void conf_kind_each(const struct conf_kind *k, const struct store *s, void (*fn)(void *ctx, const char *name),
                    void *ctx);
/* Does a line of the configuration refer to this object? Its line in where (may be NULL), for the refusal. */
bool store_in_use(const struct store *s, const char *kind, const char *name, char *where, size_t cap);
/*
 * Who refers to whom is collected once, for who removes many objects: until store_refs_drop() the answers are those
 * of now, so what only removed lines refer to counts as used. Without memory each question is answered by itself.
 */
void store_refs_hold(struct store *s);
void store_refs_drop(struct store *s);

/* Where an interface of this hardware name goes; NULL: to the end. */
struct conf_obj *store_iface_place(const struct conf_list *ifaces, const char *hwname);
/* The interface that carries this nameif, or NULL. */
struct iface_conf *store_iface(const struct store *s, const char *nameif);

/* The zone of the lines `clock timezone` and `clock summer-time`. */
void store_tz(const struct store *s, struct tz *out);

/* Every accepted line that is not in force. block: the line it stands under, "" at the top. */
typedef void (*inert_fn)(void *ctx, const char *block, const char *line, const char *reason);
void store_inert_walk(const struct store *s, inert_fn fn, void *ctx);

#endif
