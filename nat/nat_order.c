#include <stdlib.h>

#include "nat/nat_int.h"

static int cmp_num(unsigned __int128 a, unsigned __int128 b)
{
        return a < b ? -1 : a > b;
}

/* Sections 1 and 3: as they stand. */
static int cmp_line(const struct nat_rule_rt *a, const struct nat_rule_rt *b)
{
        int d = cmp_num(a->line, b->line);

        return d ? d : cmp_num(a->part, b->part);
}

/* Section 2: static before dynamic, fewer real addresses first, the lower address, the name. */
static int cmp_rule(const void *pa, const void *pb)
{
        const struct nat_rule_rt *a = pa, *b = pb;
        int d = (int)a->section - (int)b->section;

        if (!d && a->section != 2)
                return cmp_line(a, b);
        if (!d)
                d = (int)a->dynamic - (int)b->dynamic;
        if (!d)
                d = cmp_num(addr_num(&a->real.hi) - addr_num(&a->real.lo),
                            addr_num(&b->real.hi) - addr_num(&b->real.lo));
        if (!d)
                d = addr_cmp(&a->real.lo, &b->real.lo);
        return d ? d : strcmp(a->object, b->object);
}

void nat_order(struct nat_rule_rt *rule, unsigned n)
{
        if (n)
                qsort(rule, n, sizeof *rule, cmp_rule);
}
