/* Groups of what ends together, and the whole. */
#include "proxy/punt/pat_int.h"

#include "platform/base/mem.h"

#define SLOT_BITS 16u
_Static_assert(PAT_GROUPS_MAX == 1u << SLOT_BITS, "a slot fits its bits");

struct pat *pat_new(unsigned id, struct punt_link *const *links, unsigned nlinks, const struct rng *rng)
{
        struct pat *p = mem_alloc(MEM_FLOW, sizeof *p);

        if (!p)
                return NULL;
        p->id = id;
        p->links = links;
        p->nlinks = nlinks;
        p->maps = pool_new(sizeof(struct pat_mapping), PAT_MAPS_MAX, POOL_FIFO);
        p->group = mem_reserve(PAT_GROUPS_MAX * sizeof *p->group);
        if (p->maps && p->group && !hash_init(&p->by_real, PAT_MAPS_MAX) && !hash_init(&p->by_mapped, PAT_MAPS_MAX) &&
            !rng_fill(rng, &p->seed, sizeof p->seed))
                return p;
        pat_free(p);
        return NULL;
}

void pat_free(struct pat *p)
{
        if (!p)
                return;
        pool_free(p->maps);
        mem_unreserve(p->group, PAT_GROUPS_MAX * sizeof *p->group);
        hash_fini(&p->by_real);
        hash_fini(&p->by_mapped);
        mem_free(p);
}

/* ---- groups ---- */

static uint32_t name_of(const struct pat *p, const struct pat_group *g)
{
        return g->gen << SLOT_BITS | (uint32_t)(g - p->group);
}

static struct pat_group *group_find(struct pat *p, uint32_t group)
{
        struct pat_group *g = &p->group[group & (PAT_GROUPS_MAX - 1)];

        return group && g->live && !g->closing && name_of(p, g) == group ? g : NULL;
}

uint32_t pat_group_open(struct pat *p, unsigned link)
{
        for (unsigned i = 0; i < PAT_GROUPS_MAX && p->ngroups < PAT_GROUPS_MAX; i++) {
                struct pat_group *g = &p->group[p->next_group++ % PAT_GROUPS_MAX];

                if (g->live)
                        continue;
                *g = (struct pat_group){ .gen = (g->gen + 1) & (UINT32_MAX >> SLOT_BITS), .live = true };
                g->gen += !g->gen;
                g->link = (uint8_t)link;
                p->ngroups++;
                return name_of(p, g);
        }
        return 0;
}

static uint64_t wide_name(const struct pat *p, const struct pat_group *g)
{
        return (uint64_t)(p->id + 1) << 32 | name_of(p, g);
}

uint64_t pat_group_holes(struct pat *p, uint32_t group)
{
        struct pat_group *g = group_find(p, group);

        if (!g)
                return 0;
        g->holes = true;
        return wide_name(p, g);
}

/* Its name is used again only when the dataplane has been told. */
static bool group_end(struct pat *p, struct pat_group *g)
{
        struct punt_msg m = { .kind = PUNT_GROUP_CLOSE, .group = wide_name(p, g) };

        if (g->holes && !pat_push(p, g->link, &m))
                return false;
        g->live = false;
        p->ngroups--;
        return true;
}

void pat_group_close(struct pat *p, uint32_t group)
{
        struct pat_group *g = group_find(p, group);

        if (!g)
                return;
        for (unsigned i = 0; i < g->nmaps; i++)
                pat_mapping_release(p, pool_at(p->maps, g->map[i]));
        g->nmaps = 0;
        if (group_end(p, g))
                return;
        g->closing = true;
        p->owed++;
}

static bool group_has(const struct pat *p, const struct pat_group *g, const struct pat_mapping *m)
{
        for (unsigned i = 0; m && i < g->nmaps; i++)
                if (pool_at(p->maps, g->map[i]) == m)
                        return true;
        return false;
}

/* A full group still answers for what it has. */
bool pat_map(struct pat *p, const struct pat_place *at, uint32_t group, const struct endpoint *real, bool pair,
             struct endpoint *out)
{
        struct pat_group *g = group_find(p, group);
        bool has = g && group_has(p, g, pat_mapping_known(p, at, real, pair));
        struct pat_mapping *m = NULL;

        if (g && real->port && (has || g->nmaps < PAT_GROUP_MAPS))
                m = pat_mapping_for(p, at, real, pair, out);
        p->refused += !m;
        if (m && !has) {
                g->map[g->nmaps++] = (uint16_t)pool_index(p->maps, m);
                pat_mapping_hold(m);
        }
        return m != NULL;
}

/* ---- the dataplane ---- */

void pat_msg(struct pat *p, unsigned link, const struct punt_msg *m)
{
        if (m->kind == PUNT_LEASE)
                pat_leased(p, link, &m->lease);
        else
                pat_mapping_gone(p, link, &m->map);
}

void pat_pay(struct pat *p)
{
        if (!p->owed)
                return;
        pat_mapping_pay(p);
        for (unsigned i = 0; p->owed && i < PAT_GROUPS_MAX; i++)
                if (p->group[i].live && p->group[i].closing && group_end(p, &p->group[i])) {
                        p->group[i].closing = false;
                        p->owed--;
                }
}

void pat_stat(const struct pat *p, struct pat_stat *out)
{
        *out = (struct pat_stat){ .blocks = p->nblocks,
                                  .maps = pool_used(p->maps),
                                  .maps_most = pool_most_used(p->maps),
                                  .groups = p->ngroups,
                                  .refused = p->refused };
        for (unsigned i = 0; i < PAT_ADDRS_MAX; i++)
                out->ports_free += p->addr[i].live ? p->addr[i].free * 2 : 0;
}
