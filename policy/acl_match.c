#include <string.h>

#include "policy/acl_int.h"

uint32_t acl_rank(const struct addr *bound, uint32_t n, const struct addr *a)
{
        uint32_t lo = 0, hi = n;

        while (lo < hi) {
                uint32_t mid = lo + (hi - lo) / 2;

                if (addr_cmp(&bound[mid], a) <= 0)
                        lo = mid + 1;
                else
                        hi = mid;
        }
        return lo;
}

static uint32_t find_v4(const struct acl_list_rt *l, const struct acl_key *k)
{
        const struct acl_point p = { { k->src.v4, k->dst.v4, k->sport, k->dport, k->proto } };

        return l->v4 ? acl_tree_find(l->v4, &p) : ACL_NO_RULE;
}

static uint32_t find_v6(const struct acl_list_rt *l, const struct acl_key *k)
{
        const struct acl_point p = { { acl_rank(l->bound, l->nbounds, &k->src),
                                       acl_rank(l->bound, l->nbounds, &k->dst), k->sport, k->dport, k->proto } };

        return l->v6 ? acl_tree_find(l->v6, &p) : ACL_NO_RULE;
}

struct acl_hit acl_match(const struct acl_list_rt *l, const struct acl_key *k)
{
        uint32_t elem = k->src.fam == ADDR_V4 ? find_v4(l, k) : find_v6(l, k);
        const struct acl_ace_rt *a;

        if (elem == ACL_NO_RULE)
                return (struct acl_hit){ .permit = false };
        a = &l->ace[l->ace_of[elem]];
        return (struct acl_hit){ .ace_id = a->id,
                                 .index = elem - a->first,
                                 .hash = a->hash,
                                 .elem = elem,
                                 .grouped = a->grouped,
                                 .permit = a->permit,
                                 .log = a->log,
                                 .log_disable = a->log_disable,
                                 .log_level = a->log_level,
                                 .log_interval = a->log_interval };
}

const struct acl_list_rt *acl_list(const struct acl_rt *a, const char *name)
{
        uint32_t lo = 0, hi = a->nlists;

        while (lo < hi) {
                uint32_t mid = lo + (hi - lo) / 2;
                int c = strcmp(a->list[mid]->name, name);

                if (!c)
                        return a->list[mid];
                if (c < 0)
                        lo = mid + 1;
                else
                        hi = mid;
        }
        return NULL;
}

const struct acl_list_rt *acl_in(const struct acl_rt *a, uint16_t iface)
{
        return iface < IFACES_MAX ? a->in[iface] : NULL;
}

const struct acl_list_rt *acl_out(const struct acl_rt *a, uint16_t iface)
{
        return iface < IFACES_MAX ? a->out[iface] : NULL;
}

const struct acl_list_rt *acl_control(const struct acl_rt *a, uint16_t iface)
{
        return iface < IFACES_MAX ? a->control[iface] : NULL;
}

const struct acl_list_rt *acl_global(const struct acl_rt *a)
{
        return a->global;
}

bool acl_held(const struct acl_rt *a)
{
        return a->hold;
}

const char *acl_list_name(const struct acl_list_rt *l)
{
        return l->name;
}

uint32_t acl_list_id(const struct acl_list_rt *l)
{
        return l->id;
}

uint32_t acl_elem_count(const struct acl_list_rt *l)
{
        return l->nelems;
}

static const struct acl_ace_rt *find_ace(const struct acl_list_rt *l, uint32_t id)
{
        for (uint32_t i = 0; i < l->naces; i++)
                if (l->ace[i].id == id)
                        return &l->ace[i];
        return NULL;
}

uint32_t acl_ace_count(const struct acl_list_rt *l, uint32_t ace_id)
{
        const struct acl_ace_rt *a = find_ace(l, ace_id);

        return a ? a->n : 0;
}

uint32_t acl_ace_page(const struct acl_list_rt *l, uint32_t ace_id, uint32_t from, struct ace_elem *out, uint32_t max)
{
        const struct acl_ace_rt *a = find_ace(l, ace_id);
        uint32_t n = a && from < a->n ? MIN_OF(a->n - from, max) : 0;

        if (n)
                memcpy(out, &l->elem[a->first + from], n * sizeof *out);
        return n;
}
