/* Where to cut a set of rules in two so that both sides are small and few rules are in both. */
#include "policy/acl_tree_int.h"

#include <string.h>

#include "platform/base/attr.h"

#define SAMPLE_ENDS 48u   /* rules whose end points are candidates */
#define SAMPLE_COUNT 192u /* rules a candidate is tried on */
#define CANDIDATES 3u

struct sample {
        const struct acl_rule *rules;
        const uint32_t *idx;
        uint32_t n;
};

static const struct acl_box *sample_at(const struct sample *s, uint32_t i, uint32_t of)
{
        return &s->rules[s->idx[(uint64_t)i * s->n / of]].box;
}

static void insert_sorted(uint32_t *v, unsigned *n, uint32_t x)
{
        unsigned i = *n;

        while (i && v[i - 1] > x)
                i--;
        if (i && v[i - 1] == x)
                return;
        memmove(&v[i + 1], &v[i], (*n - i) * sizeof *v);
        v[i] = x;
        (*n)++;
}

/* Coordinates after which a rule ends or before which one begins, strictly inside the box. */
static unsigned candidates(const struct sample *s, unsigned dim, const struct acl_box *box, uint32_t *v)
{
        uint32_t of = MIN_OF(s->n, SAMPLE_ENDS);
        unsigned n = 0;

        for (uint32_t i = 0; i < of; i++) {
                const struct acl_box *r = sample_at(s, i, of);

                if (r->hi[dim] < box->hi[dim])
                        insert_sorted(v, &n, r->hi[dim]);
                if (r->lo[dim] > box->lo[dim])
                        insert_sorted(v, &n, r->lo[dim] - 1);
        }
        return n;
}

/* Smaller is better; UINT32_MAX when one side would be as large as the whole. */
static uint32_t score(const struct sample *s, unsigned dim, uint32_t at)
{
        uint32_t of = MIN_OF(s->n, SAMPLE_COUNT), left = 0, right = 0;

        for (uint32_t i = 0; i < of; i++) {
                const struct acl_box *r = sample_at(s, i, of);

                left += r->lo[dim] <= at;
                right += r->hi[dim] > at;
        }
        if (MAX_OF(left, right) >= of)
                return UINT32_MAX;
        return left + right + MAX_OF(left, right);
}

bool acl_cut_choose(const struct acl_rule *rules, const uint32_t *idx, uint32_t n, const struct acl_box *box,
                    unsigned *dim, uint32_t *at)
{
        const struct sample s = { rules, idx, n };
        uint32_t best = UINT32_MAX, v[2 * SAMPLE_ENDS + 1];

        for (unsigned d = 0; d < ACL_DIMS; d++) {
                unsigned nv = candidates(&s, d, box, v);

                for (unsigned q = 1; nv && q <= CANDIDATES; q++) {
                        uint32_t x = v[(uint64_t)nv * q / (CANDIDATES + 1)], sc = score(&s, d, x);

                        if (sc >= best)
                                continue;
                        best = sc;
                        *dim = d;
                        *at = x;
                }
        }
        return best != UINT32_MAX;
}
