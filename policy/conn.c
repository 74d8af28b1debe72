#include "policy/conn.h"

#include "platform/base/mem.h"
#include "policy/conn_int.h"

_Static_assert(sizeof(struct hash_node) + sizeof(struct flow_key) <= 64, "a lookup touches one line of a conn");

const char *conn_end_text(enum conn_end_reason r)
{
        static const char *const text[CONN_END_REASONS] = {
                [CONN_END_NONE] = "Unknown",
                [CONN_END_FINS] = "TCP FINs",
                [CONN_END_RESET_I] = "TCP Reset-I",
                [CONN_END_RESET_O] = "TCP Reset-O",
                [CONN_END_SYN_TIMEOUT] = "SYN Timeout",
                [CONN_END_IDLE] = "Conn-timeout",
                [CONN_END_INSPECT] = "Flow closed by inspection",
                [CONN_END_CLEARED] = "Connection cleared by operator",
                [CONN_END_XLATE_CLEAR] = "Xlate Clear",
                [CONN_END_IFACE] = "Interface down",
                [CONN_END_PROXY] = "Flow closed by proxy",
                [CONN_END_PROXY_FULL] = "Proxy cannot take more flows",
                [CONN_END_HALF_CLOSED] = "FIN Timeout",
                [CONN_END_PARENT] = "Parent flow is closed",
        };

        return r < CONN_END_REASONS && text[r] ? text[r] : text[CONN_END_NONE];
}

uint32_t conns_max_for(uint64_t memory)
{
        uint64_t n = memory / 8 / sizeof(struct conn);

        return (uint32_t)MAX_OF(MIN_OF(n, CONNS_MOST_MAX), CONNS_LEAST_MAX);
}

struct conn_table *conn_table_new(struct worker *w, uint32_t max)
{
        struct conn_table *t = mem_alloc(MEM_CONN, sizeof *t);

        if (!t)
                return NULL;
        t->w = w;
        t->next_id = 1;
        t->pool = pool_new(sizeof(struct conn), max, POOL_LIFO);
        if (t->pool && !hash_init(&t->keys, max * 2) && !rng_fill(w->env.rng, &t->seed, sizeof t->seed))
                return t;
        conn_table_free(t);
        return NULL;
}

void conn_table_free(struct conn_table *t)
{
        if (!t)
                return;
        if (tmr_pending(&t->sweep))
                tmr_cancel(t->w->tmr, &t->sweep);
        for (uint32_t i = 0; t->pool && i < pool_high(t->pool); i++)
                if (pool_live(t->pool, i))
                        tmr_cancel(t->w->tmr, &((struct conn *)pool_at(t->pool, i))->tmr);
        hash_fini(&t->keys);
        pool_free(t->pool);
        mem_free(t);
}

void conn_on_refused(struct conn_table *t, plan_refused_fn fn)
{
        t->refused = fn;
}

void conn_plan_refused(struct worker *w, const struct flow_plan *plan)
{
        if (w->conns->refused && !plan->built)
                w->conns->refused(w, plan);
}

/* ---- lookup ---- */

struct conn *conn_find_hashed(const struct conn_table *t, const struct flow_key *k, uint64_t hash, unsigned *side)
{
        hash_each_match(n, &t->keys, hash) {
                struct conn_side *s = container_of(n, struct conn_side, node);

                if (memcmp(&s->key, k, sizeof *k) != 0)
                        continue;
                *side = s->no;
                return container_of(s - s->no, struct conn, side[0]);
        }
        return NULL;
}

struct conn *conn_find(const struct conn_table *t, const struct flow_key *k, unsigned *side)
{
        return conn_find_hashed(t, k, conn_key_hash(t, k), side);
}

struct conn *conn_at(const struct conn_table *t, uint32_t slot, uint64_t id)
{
        struct conn *c;

        if (slot >= pool_max(t->pool) || !pool_live(t->pool, slot))
                return NULL;
        c = pool_at(t->pool, slot);
        return c->id == id && !c->dead ? c : NULL;
}

uint32_t conn_slot(const struct conn_table *t, const struct conn *c)
{
        return pool_index(t->pool, c);
}

uint32_t conn_count(const struct conn_table *t)
{
        return t->live;
}

uint32_t conn_most(const struct conn_table *t)
{
        return t->most;
}

uint64_t conn_built(const struct conn_table *t, uint8_t proto)
{
        return proto == 6 ? t->built_tcp : proto == 17 ? t->built_udp : t->next_id - 1;
}

void conn_table_use(const struct conn_table *t, struct table_use *out)
{
        *out = (struct table_use){ "Conns", t->live, t->most, pool_max(t->pool), t->full.refused };
}

/* ---- end ---- */

void conn_end(struct worker *w, struct conn *c, enum conn_end_reason why)
{
        struct conn_table *t = w->conns;

        if (c->dead)
                return;
        c->dead = true;
        c->end_reason = (uint8_t)why;
        hash_del(&t->keys, &c->side[0].node);
        hash_del(&t->keys, &c->side[1].node);
        t->live--;
        conn_log_teardown(c, why);
        for (void (*const *fn)(struct worker *, struct conn *) = w->env.path->conn_end; fn && *fn; fn++)
                (*fn)(w, c);
        conn_bury(c);
}
