/*
 * After a commit: conns on an interface that went away, was shut down, lost its name or got another address end; one
 * name may replace another. The table is swept a piece per tick; conns built after the commit are left alone.
 */
#include "policy/conn_int.h"

static struct conn_iface_seen look(const struct net_rt *n, uint16_t idx)
{
        const struct iface_rt *i = iface_by_idx(n, idx);

        if (!i || !i->up)
                return (struct conn_iface_seen){ .up = false };
        return (struct conn_iface_seen){
                .up = true, .mask_len = i->mask_len, .ip = i->ip, .naming = i->naming
        };
}

static bool same(const struct conn_iface_seen *a, const struct conn_iface_seen *b)
{
        return a->up == b->up && a->mask_len == b->mask_len && addr_eq(&a->ip, &b->ip) && a->naming == b->naming;
}

static bool lost(const struct conn_table *t, const struct conn *c)
{
        for (unsigned i = 0; i < 2; i++) {
                uint16_t idx = c->side[i].key.iface;

                if (idx < IFACES_MAX && c->id < t->below[idx])
                        return true;
        }
        return false;
}

static void on_tick(struct tmr *m, uint64_t now)
{
        struct conn_table *t = container_of(m, struct conn_table, sweep);
        uint32_t stop = MIN_OF(t->sweep_at + CONN_SWEEP_SLOTS, pool_high(t->pool));
        unsigned ended = 0;

        (void)now;
        for (; t->sweep_at < stop && ended < CONN_SWEEP_MOST; t->sweep_at++) {
                struct conn *c = pool_live(t->pool, t->sweep_at) ? pool_at(t->pool, t->sweep_at) : NULL;

                if (!c || c->dead || !lost(t, c))
                        continue;
                conn_end(t->w, c, CONN_END_IFACE);
                ended++;
        }
        if (t->sweep_at < pool_high(t->pool))
                tmr_set(t->w->tmr, &t->sweep, CONN_SWEEP_MS);
        else
                memset(t->below, 0, sizeof t->below);
}

void conn_snapshot_hook(struct worker *w)
{
        struct conn_table *t = w->conns;
        bool changed = false;

        for (uint16_t i = 1; i < IFACES_MAX; i++) {
                struct conn_iface_seen now = look(net_rt(w->snap), i);

                if (same(&now, &t->seen[i]))
                        continue;
                if (t->seen[i].up) {
                        t->below[i] = t->next_id;
                        changed = true;
                }
                t->seen[i] = now;
        }
        if (!changed)
                return;
        t->sweep_at = 0;
        t->sweep.fn = on_tick;
        tmr_set(w->tmr, &t->sweep, 0);
}
