#include "cli/conf/conf_diff.h"

#include <stdlib.h>
#include <string.h>

#include "platform/base/mem.h"

#define NONE UINT32_MAX

/* One side's lines of one block. */
struct side {
        const struct conf_lines *l;
        unsigned *at;   /* their indices */
        unsigned *mate; /* position on the other side, or NONE */
        unsigned n;
};

struct diffing {
        diff_fn fn;
        void *ctx;
        unsigned npath, was_path[CONF_DEPTH_MAX], now_path[CONF_DEPTH_MAX];
        struct err *e;
};

/* ---- which lines are the same ---- */
static bool has_raw(const struct conf_lines *l, unsigned i)
{
        return i + 1 < l->line[i].end && l->line[i + 1].raw;
}

/* Lines with the same words; bytes that follow belong to the line. */
static int line_order(const struct conf_lines *x, unsigned i, const struct conf_lines *y, unsigned k)
{
        int c = strcmp(x->line[i].text, y->line[k].text);
        unsigned xe = has_raw(x, i) ? x->line[i].end : i + 1, ye = has_raw(y, k) ? y->line[k].end : k + 1;

        for (i++, k++; !c && (i < xe || k < ye); i++, k++)
                c = i == xe ? -1 : k == ye ? 1 : strcmp(x->line[i].text, y->line[k].text);
        return c;
}

struct sorted {
        const struct side *s;
        unsigned pos;
};

static int by_text(const void *x, const void *y)
{
        const struct sorted *a = x, *b = y;
        int c = line_order(a->s->l, a->s->at[a->pos], b->s->l, b->s->at[b->pos]);

        return c ? c : a->pos < b->pos ? -1 : 1;
}

/* Equal lines become mates, the first with the first: both lists in order of their text are merged. */
static void find_mates(struct side *x, struct side *y, struct sorted *xs, struct sorted *ys)
{
        unsigned i = 0, k = 0;

        for (unsigned n = 0; n < x->n; n++)
                xs[n] = (struct sorted){ x, n };
        for (unsigned n = 0; n < y->n; n++)
                ys[n] = (struct sorted){ y, n };
        qsort(xs, x->n, sizeof *xs, by_text);
        qsort(ys, y->n, sizeof *ys, by_text);
        while (i < x->n && k < y->n) {
                int c = line_order(x->l, x->at[xs[i].pos], y->l, y->at[ys[k].pos]);

                if (!c) {
                        x->mate[xs[i].pos] = ys[k].pos;
                        y->mate[ys[k].pos] = xs[i].pos;
                }
                i += c <= 0;
                k += c >= 0;
        }
}

/*
 * Mates that cross others are parted again: what stays is a longest increasing run of the mates' positions. tail[n]:
 * where the best run of n + 1 ends; back: the one before.
 */
static void part_crossed(struct side *x, struct side *y, unsigned *tail, unsigned *back)
{
        unsigned len = 0, at;

        for (unsigned i = 0; i < x->n; i++) {
                unsigned lo = 0, hi = len;

                if (x->mate[i] == NONE)
                        continue;
                while (lo < hi) {
                        unsigned mid = (lo + hi) / 2;

                        if (x->mate[tail[mid]] < x->mate[i])
                                lo = mid + 1;
                        else
                                hi = mid;
                }
                back[i] = lo ? tail[lo - 1] : NONE;
                tail[lo] = i;
                len += lo == len;
        }
        at = len ? tail[len - 1] : NONE;
        for (unsigned i = x->n; i-- > 0;) {
                if (i == at) {
                        at = back[i];
                } else if (x->mate[i] != NONE) {
                        y->mate[x->mate[i]] = NONE;
                        x->mate[i] = NONE;
                }
        }
}

/* ---- telling ---- */
static void tell(const struct diffing *d, const struct side *s, unsigned pos, bool added)
{
        const unsigned *path = added ? d->now_path : d->was_path;
        struct diff_edit e = { .added = added, .of = s->l, .first = s->at[pos], .npath = d->npath };

        e.end = s->l->line[e.first].end;
        memcpy(e.path, path, d->npath * sizeof *path);
        d->fn(d->ctx, &e);
}

static int diff_blocks(struct diffing *d, const struct conf_lines *was, unsigned w, unsigned wend,
                       const struct conf_lines *now, unsigned n, unsigned nend);

static int inside(struct diffing *d, const struct conf_lines *was, unsigned w, const struct conf_lines *now,
                  unsigned n)
{
        int rc;

        if (has_raw(was, w) || d->npath == CONF_DEPTH_MAX)
                return 0;
        d->was_path[d->npath] = w;
        d->now_path[d->npath++] = n;
        rc = diff_blocks(d, was, w + 1, was->line[w].end, now, n + 1, now->line[n].end);
        d->npath--;
        return rc;
}

static int tell_all(struct diffing *d, const struct side *x, const struct side *y)
{
        unsigned i = 0, k = 0;

        while (i < x->n || k < y->n) {
                if (i < x->n && x->mate[i] == NONE)
                        tell(d, x, i++, false);
                else if (k < y->n && y->mate[k] == NONE)
                        tell(d, y, k++, true);
                else if (inside(d, x->l, x->at[i++], y->l, y->at[k++]) < 0)
                        return -1;
        }
        return 0;
}

/* ---- a block ---- */
static unsigned count(const struct conf_lines *l, unsigned i, unsigned end)
{
        unsigned n = 0;

        for (; i < end; i = l->line[i].end)
                n++;
        return n;
}

static void fill(struct side *s, const struct conf_lines *l, unsigned i, unsigned end, unsigned *room)
{
        *s = (struct side){ .l = l, .at = room, .n = 0 };
        for (; i < end; i = l->line[i].end)
                s->at[s->n++] = i;
        s->mate = room + s->n;
        for (unsigned k = 0; k < s->n; k++)
                s->mate[k] = NONE;
}

static int diff_blocks(struct diffing *d, const struct conf_lines *was, unsigned w, unsigned wend,
                       const struct conf_lines *now, unsigned n, unsigned nend)
{
        unsigned nx = count(was, w, wend), ny = count(now, n, nend);
        struct side x, y;
        unsigned *room;
        struct sorted *sorted;
        int rc;

        if (!nx && !ny)
                return 0;
        room = mem_alloc(MEM_CLI, (4u * nx + 2u * ny) * sizeof *room);
        sorted = mem_alloc(MEM_CLI, (nx + ny) * sizeof *sorted);
        if (!room || !sorted) {
                mem_free(room);
                mem_free(sorted);
                return err_nomem(d->e, "comparing configurations");
        }
        fill(&x, was, w, wend, room);
        fill(&y, now, n, nend, room + 2u * nx);
        find_mates(&x, &y, sorted, sorted + nx);
        mem_free(sorted);
        part_crossed(&x, &y, room + 2u * (nx + ny), room + 3u * nx + 2u * ny);
        rc = tell_all(d, &x, &y);
        mem_free(room);
        return rc;
}

int conf_diff(const struct conf_lines *was, const struct conf_lines *now, diff_fn fn, void *ctx, struct err *e)
{
        struct diffing d = { .fn = fn, .ctx = ctx, .e = e };

        return diff_blocks(&d, was, 0, was->n, now, 0, now->n);
}

/* ---- as text ---- */
struct writing {
        struct text *out;
        const char *under[CONF_DEPTH_MAX]; /* the lines that were written last as context */
        unsigned nunder;
};

static void put_line(struct text *out, char mark, const struct conf_text_line *l)
{
        text_printf(out, "%c%*s%s\n", mark, (int)l->depth, "", l->shown ? l->shown : l->text);
}

static void put_edit(void *ctx, const struct diff_edit *e)
{
        struct writing *w = ctx;
        unsigned same = 0;

        while (same < e->npath && same < w->nunder && !strcmp(w->under[same], e->of->line[e->path[same]].text))
                same++;
        for (unsigned i = same; i < e->npath; i++) {
                w->under[i] = e->of->line[e->path[i]].text;
                put_line(w->out, ' ', &e->of->line[e->path[i]]);
        }
        w->nunder = e->npath;
        for (unsigned i = e->first; i < e->end; i++)
                put_line(w->out, e->added ? '+' : '-', &e->of->line[i]);
}

int conf_diff_text(const struct conf_lines *was, const struct conf_lines *now, struct text *out, struct err *e)
{
        struct writing w = { .out = out };

        return conf_diff(was, now, put_edit, &w, e);
}
