#include "policy/conn_check.h"

#include "policy/conn_int.h"

static bool is_found(const struct conn_table *t, const struct conn *c, unsigned no)
{
        unsigned side;

        return conn_find(t, &c->side[no].key, &side) == c && side == no;
}

static void check(const struct worker *w, const struct conn *c, struct conn_faults *f)
{
        f->seen++;
        f->lost += !is_found(w->conns, c, 0) || !is_found(w->conns, c, 1);
        f->strange += c->w != w || !c->id || c->side[0].no != 0 || c->side[1].no != 1;
}

void conn_check(const struct worker *w, uint32_t *cursor, struct conn_faults *f, bool *end)
{
        const struct conn_table *t = w->conns;
        uint32_t high = pool_high(t->pool);

        for (unsigned n = 0; n < CONN_WALK_SLOTS && *cursor < high; n++, (*cursor)++) {
                const struct conn *c = pool_at(t->pool, *cursor);

                if (pool_live(t->pool, *cursor) && !c->dead)
                        check(w, c, f);
        }
        *end = *cursor >= high;
        if (*end)
                f->counts += t->live > pool_used(t->pool) || pool_used(t->pool) > pool_max(t->pool);
}
