#include "platform/svc/mib_table.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "platform/base/mem.h"

/* ---- names ---- */

bool oid_parse(const char *s, struct oid *out)
{
        char *end;

        out->n = 0;
        while (out->n < OID_MAX) {
                unsigned long v = isdigit((unsigned char)*s) ? strtoul(s, &end, 10) : ULONG_MAX;

                if (v > UINT32_MAX)
                        return false;
                out->id[out->n++] = (uint32_t)v;
                if (!*end)
                        return true;
                if (*end != '.')
                        return false;
                s = end + 1;
        }
        return false;
}

int oid_cmp(const uint32_t *a, unsigned na, const uint32_t *b, unsigned nb)
{
        for (unsigned i = 0; i < na && i < nb; i++)
                if (a[i] != b[i])
                        return a[i] < b[i] ? -1 : 1;
        return na < nb ? -1 : na > nb;
}

/* ---- memory ---- */

/* Room for `more` elements behind n of them; NULL: there is none, and the table is bad. */
static void *room(struct mib_table *t, void *p, size_t *cap, size_t n, size_t more, size_t size)
{
        size_t want = *cap ? *cap : 64;
        void *got;

        if (n + more <= *cap)
                return p;
        while (want < n + more)
                want *= 2;
        got = mem_realloc(MEM_SVC, p, want * size);
        if (!got) {
                t->bad = true;
                return NULL;
        }
        *cap = want;
        return got;
}

void mib_clear(struct mib_table *t)
{
        t->n = t->nids = t->noctets = 0;
        t->bad = false;
        t->base.n = 0;
}

void mib_fini(struct mib_table *t)
{
        mem_free(t->var);
        mem_free(t->ids);
        mem_free(t->octets);
        memset(t, 0, sizeof *t);
}

/* ---- filling ---- */

void mib_base(struct mib_table *t, const char *base)
{
        t->bad |= !oid_parse(base, &t->base);
}

/* Where the numbers are from now on. */
static size_t add_ids(struct mib_table *t, const uint32_t *id, unsigned n)
{
        size_t at = t->nids;
        uint32_t *p = room(t, t->ids, &t->ids_cap, t->nids, n, sizeof *p);

        if (!p)
                return 0;
        t->ids = p;
        if (n)
                memcpy(p + at, id, n * sizeof *p);
        t->nids += n;
        return at;
}

static struct mib_var *add_var(struct mib_table *t, enum mib_type type, const uint32_t *rest, unsigned n)
{
        struct mib_var *p = room(t, t->var, &t->cap, t->n, 1, sizeof *p);
        size_t at;

        if (!p || t->base.n + n > OID_MAX) {
                t->bad = true;
                return NULL;
        }
        t->var = p;
        at = add_ids(t, t->base.id, t->base.n);
        add_ids(t, rest, n);
        if (t->bad)
                return NULL;
        p += t->n++;
        *p = (struct mib_var){ .type = type, .nname = t->base.n + n, .name = at };
        return p;
}

void mib_put(struct mib_table *t, enum mib_type type, uint64_t v, const uint32_t *rest, unsigned n)
{
        struct mib_var *p = add_var(t, type, rest, n);

        if (p)
                p->num = type == MIB_COUNTER64 ? v : type == MIB_GAUGE32 && v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

void mib_put_octets(struct mib_table *t, const void *octets, size_t len, const uint32_t *rest, unsigned n)
{
        struct mib_var *p = add_var(t, MIB_OCTETS, rest, n);
        uint8_t *to = p ? room(t, t->octets, &t->octets_cap, t->noctets, len, 1) : NULL;

        if (!to)
                return;
        t->octets = to;
        if (len)
                memcpy(to + t->noctets, octets, len);
        p->text = t->noctets;
        p->ntext = (unsigned)len;
        t->noctets += len;
}

void mib_put_oid(struct mib_table *t, const char *value, const uint32_t *rest, unsigned n)
{
        struct mib_var *p = add_var(t, MIB_OID, rest, n);
        struct oid o;

        if (!p)
                return;
        t->bad |= !oid_parse(value, &o);
        p->text = add_ids(t, o.id, o.n);
        p->ntext = o.n;
}

/* ---- looking up ---- */

const uint32_t *mib_name_of(const struct mib_table *t, const struct mib_var *v)
{
        return t->ids + v->name;
}

const uint8_t *mib_text_of(const struct mib_table *t, const struct mib_var *v)
{
        return t->octets + v->text;
}

const uint32_t *mib_oid_of(const struct mib_table *t, const struct mib_var *v)
{
        return t->ids + v->text;
}

static int by_name(const void *a, const void *b, void *table)
{
        const struct mib_table *t = table;
        const struct mib_var *x = a, *y = b;

        return oid_cmp(mib_name_of(t, x), x->nname, mib_name_of(t, y), y->nname);
}

void mib_sort(struct mib_table *t)
{
        if (t->n)
                qsort_r(t->var, t->n, sizeof *t->var, by_name, t);
}

/* The first that is not before name. */
static size_t lower(const struct mib_table *t, const struct oid *name)
{
        size_t lo = 0, hi = t->n;

        while (lo < hi) {
                size_t mid = lo + (hi - lo) / 2;
                const struct mib_var *v = &t->var[mid];

                if (oid_cmp(mib_name_of(t, v), v->nname, name->id, name->n) < 0)
                        lo = mid + 1;
                else
                        hi = mid;
        }
        return lo;
}

static bool is_at(const struct mib_table *t, size_t i, const struct oid *name)
{
        return i < t->n && !oid_cmp(mib_name_of(t, &t->var[i]), t->var[i].nname, name->id, name->n);
}

const struct mib_var *mib_find(const struct mib_table *t, const struct oid *name)
{
        size_t i = lower(t, name);

        return is_at(t, i, name) ? &t->var[i] : NULL;
}

const struct mib_var *mib_next(const struct mib_table *t, const struct oid *name, bool include)
{
        size_t i = lower(t, name);

        while (!include && is_at(t, i, name))
                i++;
        return i < t->n ? &t->var[i] : NULL;
}
