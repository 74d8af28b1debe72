#include "nat/nat_int.h"
#include "platform/base/pool.h"

/* The cursor: rules of the snapshot (conns when clearing) first, then slots of the pool. */
#define CURSOR_DYNAMIC 0x80000000u
#define SLOTS_PER_CALL 1024u
#define ENDS_PER_CALL 128u
#define CONNS_PER_CALL 64u

static uint8_t range_len(const struct addr_range *r)
{
        unsigned __int128 span = addr_num(&r->hi) - addr_num(&r->lo);
        uint8_t len = addr_is_v4(&r->lo) ? 32 : 128;

        if (range_prefixes(r) != 1)
                return len;
        for (; span; span >>= 1)
                len--;
        return len;
}

static void static_row(const struct worker *w, const struct nat_rule_rt *r, struct xlate_row *row)
{
        const struct iface_rt *ifc = iface_by_idx(net_rt(w->snap), r->mapped_if);
        uint64_t last = nat_hit_last_ms(w->xlates->hits, r->id);

        *row = (struct xlate_row){
                .portmap = r->svc_proto != 0,
                .identity = nat_rule_is_identity(r),
                .twice = r->section != 2,
                .proto = r->svc_proto,
                .real_if = r->real_if,
                .mapped_if = r->mapped_if,
                .real = r->real.lo,
                .mapped = r->mapped.lo,
                .mapped_hi = r->mapped.hi,
                .len = range_len(&r->real),
                .rport = r->svc_real,
                .mport = r->svc_mapped,
                .idle_ms = last ? w->now_ms - last : 0,
                .rule = r->id,
        };
        if (r->to_interface && ifc)
                row->mapped = row->mapped_hi = ifc->ip;
}

static void dynamic_row(const struct worker *w, const struct xlate *x, struct xlate_row *row)
{
        *row = (struct xlate_row){
                .dynamic = true,
                .portmap = true,
                .proto = x->key.proto,
                .real_if = x->key.real_if,
                .mapped_if = x->key.mapped_if,
                .real = { .fam = x->key.fam },
                .mapped = { .fam = x->key.fam },
                .len = x->key.fam == ADDR_V4 ? 32 : 128,
                .rport = x->key.rport,
                .mport = x->mport,
                .idle_ms = w->now_ms - x->used_ms,
                .timeout_ms = xlate_timeout_ms(w),
                .rule = x->rule,
        };
        memcpy(row->real.w, x->key.real, sizeof row->real.w);
        memcpy(row->mapped.w, x->key.mapped, sizeof row->mapped.w);
        row->mapped_hi = row->mapped;
}

static unsigned static_rows(const struct worker *w, uint32_t *cursor, struct xlate_row *rows, unsigned max)
{
        const struct nat_rt *n = nat_rt(w->snap);
        unsigned got = 0;

        for (; got < max && *cursor < n->n; ++*cursor) {
                if (!n->rule[*cursor].dynamic)
                        static_row(w, &n->rule[*cursor], &rows[got++]);
        }
        if (*cursor >= n->n)
                *cursor = CURSOR_DYNAMIC;
        return got;
}

static unsigned dynamic_rows(const struct worker *w, uint32_t *cursor, struct xlate_row *rows, unsigned max,
                             bool *end)
{
        const struct pool *pool = w->xlates->pool;
        uint32_t i = *cursor & ~CURSOR_DYNAMIC, stop = MIN_OF(pool_high(pool), i + SLOTS_PER_CALL);
        unsigned got = 0;

        for (; got < max && i < stop; i++) {
                if (pool_live(pool, i))
                        dynamic_row(w, pool_at(pool, i), &rows[got++]);
        }
        *cursor = CURSOR_DYNAMIC | i;
        *end = i >= pool_high(pool);
        return got;
}

unsigned xlate_walk(const struct worker *w, uint32_t *cursor, struct xlate_row *rows, unsigned max, bool *end)
{
        unsigned got = 0;

        *end = !w->snap;
        if (w->snap && !(*cursor & CURSOR_DYNAMIC))
                got = static_rows(w, cursor, rows, max);
        if (w->snap && *cursor & CURSOR_DYNAMIC)
                got += dynamic_rows(w, cursor, rows + got, max - got, end);
        return got;
}

/* The conn a row shows. Its initiator's packets carry real source and mapped destination. */
static struct conn *conn_of_row(const struct worker *w, const struct conn_row *r)
{
        struct flow_key k = { .iface = r->iface[0],
                              .proto = r->proto,
                              .fam = (uint8_t)r->real[0].fam,
                              .sport = r->real_port[0],
                              .dport = r->mapped_port[1] };
        unsigned side;

        memcpy(k.src, r->real[0].w, sizeof k.src);
        memcpy(k.dst, r->mapped[1].w, sizeof k.dst);
        return conn_find(w->conns, &k, &side);
}

static bool is_translated(const struct conn_row *r)
{
        for (unsigned i = 0; i < 2; i++)
                if (!addr_eq(&r->real[i], &r->mapped[i]) || r->real_port[i] != r->mapped_port[i])
                        return true;
        return false;
}

static void end_conns(struct worker *w, uint32_t *cursor)
{
        static const struct conn_filter all;
        struct conn_row rows[CONNS_PER_CALL];
        bool end = false;
        unsigned n = conn_walk(w, cursor, &all, rows, ARRAY_LEN(rows), &end);

        for (unsigned i = 0; i < n; i++) {
                struct conn *c = conn_of_row(w, &rows[i]);

                if (c && (c->xlate || is_translated(&rows[i])))
                        conn_end(w, c, CONN_END_XLATE_CLEAR);
        }
        if (end)
                *cursor = CURSOR_DYNAMIC;
}

static unsigned end_unused(struct worker *w, uint32_t *cursor, bool *end)
{
        const struct pool *pool = w->xlates->pool;
        uint32_t i = *cursor & ~CURSOR_DYNAMIC, stop = MIN_OF(pool_high(pool), i + SLOTS_PER_CALL);
        unsigned n = 0;

        for (; i < stop && n < ENDS_PER_CALL; i++) {
                struct xlate *x = pool_at(pool, i);

                if (!pool_live(pool, i) || x->refs)
                        continue;
                xlate_end(w, x);
                n++;
        }
        *cursor = CURSOR_DYNAMIC | i;
        *end = i >= pool_high(pool);
        return n;
}

/* First the conns that are translated, statically too, then the translations nobody holds. */
unsigned xlate_clear(struct worker *w, uint32_t *cursor, bool *end)
{
        *end = false;
        if (*cursor & CURSOR_DYNAMIC)
                return end_unused(w, cursor, end);
        end_conns(w, cursor);
        return 0;
}

uint32_t xlate_count(const struct worker *w)
{
        return pool_used(w->xlates->pool) + (w->snap ? nat_rt(w->snap)->nstatic : 0);
}

uint32_t xlate_most(const struct worker *w)
{
        return MAX_OF(w->xlates->most, xlate_count(w));
}

uint64_t xlate_built(const struct worker *w)
{
        return w->xlates->built;
}

void xlate_use(const struct worker *w, struct table_use out[XLATE_USES])
{
        const struct xlate_table *t = w->xlates;
        uint32_t ports, most;

        portpool_total(t->ports, &ports, &most);
        out[0] = (struct table_use){ "Xlates", xlate_count(w), xlate_most(w), XLATES_MAX, t->full.refused };
        out[1] = (struct table_use){ "PAT ports", ports, most, 0, t->refused };
}

void xlate_note_most(struct worker *w)
{
        w->xlates->most = xlate_most(w);
}
