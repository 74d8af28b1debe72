/* Static translations exist while their rule is in force, used or not: their beginning and end are told. */
#include <stdlib.h>
#include <string.h>

#include "nat/nat_int.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

struct static_xlate {
        uint32_t rule, part; /* conf id, and which rule of its line */
        uint16_t real_if, mapped_if;
        struct addr real, mapped;
        uint64_t born_ms;
        char real_name[NAMEIF_MAX + 1], mapped_name[NAMEIF_MAX + 1]; /* as they were called last */
};

static const char *name_of(const struct net_rt *net, uint16_t iface)
{
        return iface ? iface_name(net, iface) : "any";
}

static struct static_xlate static_of(const struct worker *w, const struct nat_rule_rt *r)
{
        const struct net_rt *net = net_rt(w->snap);
        const struct iface_rt *ifc = iface_by_idx(net, r->mapped_if);
        struct static_xlate x = { .rule = r->id,
                                  .part = r->part,
                                  .real_if = r->real_if,
                                  .mapped_if = r->mapped_if,
                                  .real = r->real.lo,
                                  .mapped = r->to_interface && ifc ? ifc->ip : r->mapped.lo,
                                  .born_ms = w->now_ms };

        str_copy(x.real_name, sizeof x.real_name, name_of(net, r->real_if));
        str_copy(x.mapped_name, sizeof x.mapped_name, name_of(net, r->mapped_if));
        return x;
}

static int by_rule(const void *a, const void *b)
{
        const struct static_xlate *x = a, *y = b;

        if (x->rule != y->rule)
                return x->rule < y->rule ? -1 : 1;
        return x->part < y->part ? -1 : x->part > y->part;
}

static bool is_same(const struct static_xlate *x, const struct static_xlate *y)
{
        return x->real_if == y->real_if && x->mapped_if == y->mapped_if && addr_eq(&x->real, &y->real) &&
               addr_eq(&x->mapped, &y->mapped);
}

static void log_built(struct worker *w, const struct static_xlate *x)
{
        log_msg(w->log, LOG_305009, LS("static"), LS(x->real_name), LA(&x->real), LS(x->mapped_name), LA(&x->mapped));
}

static void log_gone(struct worker *w, const struct static_xlate *x)
{
        log_msg(w->log, LOG_305010, LS("static"), LS(x->real_name), LA(&x->real), LS(x->mapped_name), LA(&x->mapped),
                LD(w->now_ms - x->born_ms));
}

/* Both lists are in order of their rules. What stays keeps its birth. */
static void tell_changes(struct worker *w, const struct static_xlate *old, uint32_t nold, struct static_xlate *now,
                         uint32_t n)
{
        uint32_t o = 0;

        for (uint32_t i = 0; i < n; i++) {
                for (; o < nold && by_rule(&old[o], &now[i]) < 0; o++)
                        log_gone(w, &old[o]);
                if (o < nold && by_rule(&old[o], &now[i]) == 0) {
                        if (is_same(&old[o++], &now[i])) {
                                now[i].born_ms = old[o - 1].born_ms;
                                continue;
                        }
                        log_gone(w, &old[o - 1]);
                }
                log_built(w, &now[i]);
        }
        for (; o < nold; o++)
                log_gone(w, &old[o]);
}

void nat_snapshot_hook(struct worker *w)
{
        const struct nat_rt *rt = nat_rt(w->snap);
        struct xlate_table *t = w->xlates;
        struct static_xlate *now = mem_alloc(MEM_XLATE, (rt->nstatic + 1) * sizeof *now);
        uint32_t n = 0;

        for (unsigned i = 0; now && i < rt->n; i++) {
                if (rt->rule[i].dynamic)
                        continue;
                nat_hit_first_seen(t->hits, rt->rule[i].id, w->now_ms);
                if (n < rt->nstatic)
                        now[n++] = static_of(w, &rt->rule[i]);
        }
        if (now) { /* without memory the next change tells */
                qsort(now, n, sizeof *now, by_rule);
                tell_changes(w, t->statics, t->nstatics, now, n);
                mem_free(t->statics);
                t->statics = now;
                t->nstatics = n;
        }
        xlate_note_most(w);
}
