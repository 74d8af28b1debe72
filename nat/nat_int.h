/* What the files of this folder share: the compiled rules, their indexes, and the live tables of a worker. */
#ifndef VOXGATE_NAT_INT_H
#define VOXGATE_NAT_INT_H

#include "nat/nat_rt.h"
#include "nat/xlate.h"
#include "platform/base/log_limit.h"

/* ---- addresses as numbers ---- */
static inline unsigned __int128 addr_num(const struct addr *a)
{
        unsigned __int128 n = 0;

        if (addr_is_v4(a))
                return a->v4;
        for (unsigned i = 0; i < sizeof a->v6; i++)
                n = n << 8 | a->v6[i];
        return n;
}

static inline struct addr addr_of_num(uint32_t fam, unsigned __int128 n)
{
        struct addr a = { .fam = fam };

        if (fam == ADDR_V4)
                return addr_v4((uint32_t)n);
        for (unsigned i = sizeof a.v6; i-- > 0; n >>= 8)
                a.v6[i] = (uint8_t)n;
        return a;
}

/* ---- an index from (address, interface, service) to rules, first match ---- */

/* One prefix of a rule; compared and hashed as bytes. proto and port are 0 unless the rule is for one service. */
struct nat_key {
        uint32_t w[4]; /* struct addr.w of the prefix; zero with fam 0 */
        uint8_t fam;   /* 0: the interface's own address, whatever it is at the time of the lookup */
        uint8_t len;
        uint8_t proto, zero;
        uint16_t port;
        uint16_t iface; /* IFACE_NONE: any */
};
_Static_assert(sizeof(struct nat_key) == 24, "nat_key must have no padding");

struct nat_slot {
        struct nat_key key;
        uint32_t head, tail; /* number of an entry + 1; head 0: a free slot */
};

struct nat_entry {
        uint32_t rule; /* position in evaluation order */
        uint32_t next; /* entry + 1, in evaluation order */
};

/* A prefix length in use, and the first rule that uses it: what comes later than a match at hand needs no look. */
struct nat_len {
        uint8_t fam, len;
        uint32_t first_rule;
};
#define NAT_LENS_MAX (1 + 33 + 129)

struct nat_index {
        struct nat_slot *slot; /* open addressing, at most half full */
        struct nat_entry *entry;
        uint32_t mask, nentries, max;
        unsigned nlens;
        struct nat_len len[NAT_LENS_MAX];
};

struct nat_rt {
        unsigned n, nstatic;
        struct nat_rule_rt *rule; /* in evaluation order */
        struct nat_index source;  /* by real address and real interface */
        struct nat_index dest;    /* by mapped address and mapped interface; static rules and PAT addresses */
        struct nat_index arp;     /* by mapped address and mapped interface: those we answer ARP for */
};

struct nat_query {
        struct addr a;  /* fam NONE: the interface's own address */
        uint16_t iface; /* the one the index is keyed by */
        uint16_t mapped_if;
        uint8_t proto;
        uint16_t port;
        const struct endpoint *peer;   /* NULL: not known */
        bool peer_is_real;             /* it is compared with what it is, not with how the real side calls it */
        bool service;                  /* only rules of a service count, whoever their peer is */
        const struct iface_rt *arp_if; /* ARP: identity rules do not count for this interface's own subnet */
};

/* How many prefixes a range is made of. */
unsigned range_prefixes(const struct addr_range *r);
/* max: of prefixes that will be added. -1 when out of memory. */
int nat_index_init(struct nat_index *ix, struct arena *a, uint32_t max);
/* Rules must be added in evaluation order. range fam NONE: the interface's own address. */
void nat_index_add(struct nat_index *ix, const struct nat_rt *n, uint32_t rule, const struct addr_range *range,
                   uint16_t iface, uint8_t proto, uint16_t port);
/* The first rule in evaluation order that covers the query, NULL when none does. */
const struct nat_rule_rt *nat_index_find(const struct nat_index *ix, const struct nat_rt *n,
                                         const struct nat_query *q);

/* A line of twice NAT: the addresses of its four words. */
struct nat_set {
        struct addr_range *r; /* in order, apart from each other */
        unsigned n;
};
struct nat_service {
        uint8_t proto; /* 0: any port */
        uint16_t real, mapped;
};
struct twice {
        const struct twice_nat_conf *conf;
        struct nat_set real, mapped, there_real, there_mapped; /* empty: an interface, or not said */
        struct nat_service svc, there_svc;
};
/* 1: it can be translated; 0: not, with *why. -1: memory ran out. */
int twice_resolve(struct twice *t, const struct twice_nat_conf *c, const struct policy_conf *objs, const char **why,
                  struct err *e);
void twice_fini(struct twice *t);
/* Is an address of the interface called `nameif` on a mapped side that is not what the real side is? */
bool twice_takes_own(const struct twice *t, const char *nameif, const struct addr *own);
/* How many rules it is at most, and what puts them behind those there are. */
unsigned twice_count(const struct twice *t);
int twice_compile(struct nat_rt *n, struct arena *a, const struct twice *t, uint8_t section, uint32_t line,
                  const struct net_rt *net, struct err *e);
/* IFACE_NONE for "any"; false for a name no interface has. */
bool nat_resolve_iface(const struct net_rt *net, const char *name, uint16_t *idx);
/* Sorts rules into evaluation order. */
void nat_order(struct nat_rule_rt *rule, unsigned n);
/* Static and the same address on both sides. */
bool nat_rule_is_identity(const struct nat_rule_rt *r);
/* As nat_match_dest(), but says so too when the address is one that only PAT uses (a dynamic rule). */
const struct nat_rule_rt *nat_find_dest(const struct nat_rt *n, const struct net_rt *net, uint16_t in_if,
                                        uint8_t proto, const struct addr *mapped, uint16_t mport,
                                        const struct endpoint *peer);
/* Does a static service rule own this port of a mapped address? */
bool nat_port_is_static(const struct nat_rt *n, const struct net_rt *net, uint16_t mapped_if, uint8_t proto,
                        const struct addr *mapped, uint16_t mport);

/* ---- live state ---- */
struct nat_hit_table;
struct static_xlate;
struct nat_hit_table *nat_hit_table_new(void) MUST_USE;
void nat_hit_table_free(struct nat_hit_table *t);
/* false: seen before, or the table is full. */
bool nat_hit_first_seen(struct nat_hit_table *t, uint32_t rule_id, uint64_t now_ms);
void nat_hit_translate(struct worker *w, uint32_t rule_id);
void nat_hit_untranslate(struct worker *w, uint32_t rule_id);
/* When a rule was last used (first seen, if never); 0 when unknown. */
uint64_t nat_hit_last_ms(const struct nat_hit_table *t, uint32_t rule_id);

struct portpool_table;
struct portpool_table *portpool_table_new(const struct rng *rng) MUST_USE;
void portpool_table_free(struct portpool_table *t);
/* Ports that are taken of all addresses, and the most there were. */
void portpool_total(const struct portpool_table *t, uint32_t *now, uint32_t *most);

/* What makes two flows share a translation; compared and hashed as bytes. */
struct xlate_key {
        uint32_t real[4], mapped[4];
        uint8_t fam, proto;
        uint16_t rport;
        uint16_t real_if, mapped_if;
};
_Static_assert(sizeof(struct xlate_key) == 40, "xlate_key must have no padding");

struct xlate {
        struct hash_node node;
        struct xlate_key key;
        struct worker *w;
        struct tmr tmr;            /* runs while nobody holds it */
        uint64_t born_ms, used_ms; /* used: a connection began or ended */
        uint32_t refs;
        uint32_t rule; /* conf id */
        uint16_t mport;
        bool proven;   /* a connection used it */
        bool leased;   /* its port is not of the pool: whoever leased it is told of the end */
        bool kept;     /* by its lessee */
        bool replaced; /* new flows of the source have another one */
};

struct xlate_table {
        struct pool *pool;
        struct hash_table by_source;
        uint64_t seed;
        uint16_t *generation; /* by pool index: tells a handle from its slot's earlier users */
        uint32_t most;
        uint64_t built;         /* ever */
        struct log_full full;   /* no slot, and no place for another address' ports */
        struct log_limit empty; /* no port was free: told */
        uint64_t refused;       /* flows without a port */
        struct portpool_table *ports;
        struct nat_hit_table *hits;
        struct static_xlate *statics; /* that were told of, in order of their rules */
        uint32_t nstatics;
        void (*lease_end)(struct worker *w, const struct xlate_lease *l);
};

/* The translation a new flow of this source would share, NULL when there is none. */
struct xlate *xlate_find(const struct xlate_table *t, const struct xlate_key *k);
struct xlate_key xlate_key_of(uint16_t real_if, uint16_t mapped_if, uint8_t proto, const struct addr *real,
                              uint16_t rport, const struct addr *mapped);
/* NULL: the table is full; the port stays the caller's. */
struct xlate *xlate_make(struct worker *w, const struct xlate_key *k, uint32_t rule, uint16_t mport);
uint32_t xlate_handle(const struct xlate_table *t, const struct xlate *x);
struct xlate *xlate_at(const struct xlate_table *t, uint32_t handle);
/* Without a holder it ends after its time, or at once when no connection ever used it. */
void xlate_idle(struct worker *w, struct xlate *x);
/* How long an unused one lives: timeout pat-xlate. */
uint64_t xlate_timeout_ms(const struct worker *w);
/* Tears it down now, whoever holds it. */
void xlate_end(struct worker *w, struct xlate *x);
void xlate_note_most(struct worker *w);

const char *nat_proto_name(uint8_t proto);       /* "tcp" */
const char *nat_proto_name_upper(uint8_t proto); /* "TCP" */

#endif
