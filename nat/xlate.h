/*
 * Live dynamic translations and PAT ports of one dataplane worker. Reserved to the hard maximum at start. A conn
 * keeps a handle; the xlate lives while conns use it and then `timeout pat-xlate` (PAT) longer.
 */
#ifndef VOXGATE_NAT_XLATE_H
#define VOXGATE_NAT_XLATE_H

#include "nat/nat_rt.h"
#include "platform/base/media_spec.h"
#include "policy/conn.h"

#define XLATES_MAX 262144u

struct xlate_table;
/* The conn table comes first: it is told whom to ask when a plan is refused. */
struct xlate_table *xlate_table_new(struct worker *w) MUST_USE;
void xlate_table_free(struct xlate_table *t);

/*
 * A PAT translation for a source: same port if it is free in its range (1-511, 512-1023, 1024-65535 as the ASA
 * preserves), else another free one; a live translation of the same source is shared. Handle, held once for the
 * caller (a plan hands it to its conn), or 0 with *why when the pool is exhausted. Logs 305011.
 */
uint32_t xlate_pat_new(struct worker *w, const struct nat_rule_rt *rule, uint16_t real_if, uint16_t mapped_if,
                       uint8_t proto, const struct addr *real, uint16_t rport, const struct addr *mapped,
                       uint16_t *mport, enum drop_reason *why);
/*
 * Translations with ports that somebody leased beforehand, for payloads that speak of connections before they exist.
 * The port stays the lessee's when the translation ends: it is told.
 */
struct xlate_lease {
        uint16_t real_if, mapped_if;
        uint8_t proto;
        uint32_t rule;
        struct endpoint real, mapped;
};
/* Kept until xlate_unkeep(), then as any other one; one that was never used goes at once. false: no room. */
bool xlate_keep(struct worker *w, const struct xlate_lease *l);
void xlate_unkeep(struct worker *w, const struct xlate_lease *l);
/* fn hears of the end of each of them, whatever the cause. */
void xlate_on_lease_end(struct worker *w, void (*fn)(struct worker *w, const struct xlate_lease *l));
/* A flow to an announced place: its translation, held for the plan's conn; 0 none. */
uint32_t xlate_hold_announced(struct worker *w, const struct flow_plan *plan);
/* A conn starts / stops using it. */
void xlate_hold(struct worker *w, uint32_t handle);
void xlate_release(struct worker *w, uint32_t handle);
void xlate_conn_end(struct worker *w, struct conn *c); /* conn_end callback */
/* A plan that does not become a conn: its hold is given back; a translation no conn ever used goes at once. */
void xlate_plan_refused(struct worker *w, const struct flow_plan *plan);
/* Hook for a new snapshot: static translations exist from now on (305009), whether or not they are used, or are gone
 * (305010). */
void nat_snapshot_hook(struct worker *w);

struct xlate_row {
        bool dynamic, portmap, identity, twice;
        uint8_t proto;
        uint16_t real_if, mapped_if;
        struct addr real, mapped, mapped_hi; /* static subnets: prefix length in len */
        uint8_t len;
        uint16_t rport, mport;
        uint64_t idle_ms, timeout_ms;
        uint32_t rule;
};
/* Static ones come from the snapshot, dynamic ones from the table. Resumable as conn_walk(). */
unsigned xlate_walk(const struct worker *w, uint32_t *cursor, struct xlate_row *rows, unsigned max, bool *end);
/* Ends dynamic xlates and the conns on them (CONN_END_XLATE_CLEAR), bounded per call. */
unsigned xlate_clear(struct worker *w, uint32_t *cursor, bool *end);
uint32_t xlate_count(const struct worker *w); /* static + dynamic in use */
uint32_t xlate_most(const struct worker *w);
uint64_t xlate_built(const struct worker *w); /* dynamic ones, ever */
#define XLATE_USES 2u /* dynamic translations, ports of shared addresses */
void xlate_use(const struct worker *w, struct table_use out[XLATE_USES]);

/* Hit counters of rules by conf id: translate / untranslate. Any thread may read. */
void nat_hits(const struct worker *w, uint32_t rule_id, uint64_t *translate, uint64_t *untranslate);
/* Endpoint translation for engines without making an xlate: static rules only. false: none. */

#endif
