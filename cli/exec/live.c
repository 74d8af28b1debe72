#include "cli/exec/live.h"

#include "nat/xlate.h"
#include "policy/acl.h"
#include "policy/policy_rt.h"

/* ---- ACEs ---- */

static uint64_t raw_ace(const struct box *b, uint32_t id)
{
        uint64_t n = 0;

        for (unsigned i = 0; i < b->nworkers; i++)
                if (b->worker[i] && b->worker[i]->acl_hits)
                        n += hit_get(b->worker[i]->acl_hits, id);
        return n;
}

uint64_t live_ace_hits(const struct box *b, uint32_t id)
{
        return baseline_sub(b->baselines, BASE_ACE, id, 0, raw_ace(b, id));
}

/* Elements of an ACE share its place in the table of baselines: id above, index + 1 below. */
static uint64_t elem_key(uint32_t id, uint32_t index)
{
        return (uint64_t)id << 32 | (index + 1);
}

static uint64_t raw_elem(const struct box *b, uint32_t id, uint32_t index)
{
        uint64_t n = 0;

        for (unsigned i = 0; i < b->nworkers; i++)
                if (b->worker[i] && b->worker[i]->acl_hits)
                        n += hit_get_elem(b->worker[i]->acl_hits, id, index);
        return n;
}

uint64_t live_elem_hits(const struct box *b, uint32_t id, uint32_t index)
{
        return baseline_sub(b->baselines, BASE_ELEM, elem_key(id, index), 0, raw_elem(b, id, index));
}

int live_ace_clear(const struct box *b, uint32_t id, unsigned elems)
{
        uint64_t v[BASELINE_VALUES] = { raw_ace(b, id) };
        int rc = baseline_set(b->baselines, BASE_ACE, id, v);

        for (unsigned i = 0; i < elems; i++) {
                v[0] = raw_elem(b, id, i);
                rc |= v[0] ? baseline_set(b->baselines, BASE_ELEM, elem_key(id, i), v) : 0;
        }
        return rc;
}

/* ---- NAT rules ---- */

static void raw_nat(const struct box *b, uint32_t rule, uint64_t v[BASELINE_VALUES])
{
        for (unsigned i = 0; i < b->nworkers; i++) {
                uint64_t t = 0, u = 0;

                if (b->worker[i])
                        nat_hits(b->worker[i], rule, &t, &u);
                v[0] += t;
                v[1] += u;
        }
}

void live_nat_hits(const struct box *b, uint32_t rule, uint64_t *translate, uint64_t *untranslate)
{
        uint64_t v[BASELINE_VALUES] = { 0 };

        raw_nat(b, rule, v);
        *translate = baseline_sub(b->baselines, BASE_NAT, rule, 0, v[0]);
        *untranslate = baseline_sub(b->baselines, BASE_NAT, rule, 1, v[1]);
}

int live_nat_clear(const struct box *b, uint32_t rule)
{
        uint64_t v[BASELINE_VALUES] = { 0 };

        raw_nat(b, rule, v);
        return baseline_set(b->baselines, BASE_NAT, rule, v);
}

/* ---- drops ---- */

static uint64_t raw_drops(const struct box *b, unsigned reason)
{
        uint64_t n = 0;

        for (unsigned i = 0; i < b->nworkers; i++)
                if (b->worker[i])
                        n += atomic_load_explicit(&b->worker[i]->drops[reason], memory_order_relaxed);
        return n;
}

uint64_t live_drops(const struct box *b, unsigned reason)
{
        return baseline_sub(b->baselines, BASE_DROP, reason, 0, raw_drops(b, reason));
}

int live_drops_clear(const struct box *b, const char *who)
{
        int rc = 0;

        for (unsigned i = 0; i < DROP_REASONS; i++) {
                const uint64_t v[BASELINE_VALUES] = { raw_drops(b, i) };

                rc |= baseline_set(b->baselines, BASE_DROP, i, v);
        }
        baseline_mark(b->baselines, BASE_DROP, b->clk->wall_ns(b->clk->ctx), who);
        return rc;
}

/* ---- inspect lines ---- */

static void raw_inspect(const struct box *b, uint32_t id, uint64_t v[BASELINE_VALUES])
{
        for (unsigned i = 0; i < b->nworkers; i++) {
                uint64_t p = 0, d = 0, r = 0;

                if (b->worker[i] && b->worker[i]->policy)
                        policy_inspect_read(b->worker[i]->policy, id, &p, &d, &r);
                v[0] += p;
                v[1] += d;
                v[2] += r;
        }
}

struct inspect_sum live_inspect(const struct box *b, uint32_t id)
{
        uint64_t v[BASELINE_VALUES] = { 0 };

        raw_inspect(b, id, v);
        for (unsigned i = 0; i < BASELINE_VALUES; i++)
                v[i] = baseline_sub(b->baselines, BASE_INSPECT, id, i, v[i]);
        return (struct inspect_sum){ v[0], v[1], v[2] };
}

int live_inspect_clear(const struct box *b, uint32_t id)
{
        uint64_t v[BASELINE_VALUES] = { 0 };

        raw_inspect(b, id, v);
        return baseline_set(b->baselines, BASE_INSPECT, id, v);
}
