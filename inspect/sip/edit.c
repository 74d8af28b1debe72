/* Writing a message or a body once more, with other text in some places. */
#include "inspect/sip/edit.h"

#include <stdio.h>

#include "inspect/sip/lex.h"

void sip_edits_reset(struct sip_edits *e)
{
        e->n = 0;
        e->full = e->stream = false;
        e->used = 0;
        memset(e->gone, 0, sizeof e->gone);
}

static struct sip_edit *add(struct sip_edits *e, struct str where, size_t len)
{
        struct sip_edit *x = &e->e[e->n];

        if (e->full || e->n == SIP_EDITS_MAX) {
                e->full = true;
                return NULL;
        }
        *x = (struct sip_edit){ .where = where, .off = (uint32_t)e->used, .len = (uint32_t)len };
        e->used += len;
        e->n++;
        return x;
}

void sip_edit_replace_str(struct sip_edits *e, struct str where, struct str with)
{
        if (with.n > SIP_EDIT_TEXT_MAX - e->used) {
                e->full = true;
                return;
        }
        if (add(e, where, with.n) && with.n)
                memcpy(e->text + e->used - with.n, with.p, with.n);
}

void sip_edit_replace(struct sip_edits *e, struct str where, const char *fmt, ...)
{
        size_t room = SIP_EDIT_TEXT_MAX - e->used;
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vsnprintf(e->text + e->used, room, fmt, ap);
        va_end(ap);
        if (n < 0 || (size_t)n >= room)
                e->full = true;
        else
                add(e, where, (size_t)n);
}

void sip_edit_hostport(struct sip_edits *e, struct str where, const struct endpoint *ep)
{
        char host[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX + 16];
        struct wbuf w = wbuf_of(text, sizeof text);

        addr_print(&ep->a, host);
        wbuf_printf(&w, ep->a.fam == ADDR_V6 ? "[%s]" : "%s", host);
        if (ep->port)
                wbuf_printf(&w, ":%u", ep->port);
        sip_edit_replace_str(e, where, (struct str){ text, w.len });
}

/* ---- headers taken out ---- */

static void forget_line(struct sip_edits *e, unsigned line)
{
        unsigned kept = 0;

        for (unsigned i = 0; i < e->n; i++)
                if (e->e[i].line != line)
                        e->e[kept++] = e->e[i];
        e->n = kept;
}

static void cut(struct sip_edits *e, unsigned line, const char *from, const char *to)
{
        struct sip_edit *x = add(e, lex_span(from, to), 0);

        if (x)
                x->line = (uint16_t)line;
}

/* What is taken out of the line of values first..last: the line, or each value with the comma in front of it. */
static void cut_values(struct sip_edits *e, const struct sip_msg *m, unsigned first, unsigned last)
{
        unsigned keep = first;

        while (keep <= last && e->gone[keep])
                keep++;
        if (keep > last) {
                cut(e, first + 1, m->h[first].line.p, lex_end(m->h[first].line));
                return;
        }
        if (keep > first)
                cut(e, first + 1, m->h[first].value.p, m->h[keep].value.p);
        for (unsigned i = keep + 1; i <= last; i++)
                if (e->gone[i])
                        cut(e, first + 1, lex_end(m->h[i - 1].value), lex_end(m->h[i].value));
}

void sip_edit_remove_header(struct sip_edits *e, const struct sip_msg *m, const struct sip_header *h)
{
        unsigned at = (unsigned)(h - m->h), first = at, last = at;

        while (first && m->h[first].joined)
                first--;
        while (last + 1 < m->nheaders && m->h[last + 1].joined)
                last++;
        e->gone[at] = true;
        forget_line(e, first + 1);
        cut_values(e, m, first, last);
}

/* ---- writing ---- */

struct piece {
        struct str where, with;
};

/* The edits in the order of the original; an insertion goes before what is replaced at the same place. */
struct plan {
        unsigned n;
        struct piece p[SIP_EDITS_MAX + 3];
};

static void plan_add(struct plan *pl, struct str where, struct str with)
{
        unsigned i = pl->n++;

        for (; i && (pl->p[i - 1].where.p > where.p ||
                     (pl->p[i - 1].where.p == where.p && pl->p[i - 1].where.n && !where.n));
             i--)
                pl->p[i] = pl->p[i - 1];
        pl->p[i] = (struct piece){ where, with };
}

static void plan_edits(struct plan *pl, const struct sip_edits *e)
{
        pl->n = 0;
        for (unsigned i = 0; e && i < e->n; i++)
                plan_add(pl, e->e[i].where, (struct str){ e->text + e->e[i].off, e->e[i].len });
}

/* false: an edit overlaps the one before it or is not of the original. */
static bool plan_write(const struct plan *pl, struct str original, struct wbuf *w)
{
        struct str rest = original;

        for (unsigned i = 0; i < pl->n; i++) {
                const struct piece *p = &pl->p[i];

                if (p->where.p < rest.p || p->where.p > lex_end(rest) ||
                    p->where.n > (size_t)(lex_end(rest) - p->where.p))
                        return false;
                wbuf_put(w, rest.p, (size_t)(p->where.p - rest.p));
                wbuf_put(w, p->with.p, p->with.n);
                rest = lex_span(p->where.p + p->where.n, lex_end(rest));
        }
        wbuf_put(w, rest.p, rest.n);
        return !w->full;
}

bool sip_edits_apply(const struct sip_edits *e, struct str original, struct wbuf *w)
{
        struct plan pl;

        if (e->full)
                return false;
        plan_edits(&pl, e);
        return plan_write(&pl, original, w);
}

static const struct sip_header *kept(const struct sip_msg *m, const struct sip_edits *e, enum sip_hdr id)
{
        const struct sip_header *h = sip_header_at(m, id, 0);

        return h && !(e && e->gone[h - m->h]) ? h : NULL;
}

/* Content-Length is the last thing known: text holds what takes its place. */
static void plan_length(struct plan *pl, const struct sip_msg *m, const struct sip_edits *e, size_t n,
                        struct wbuf *text)
{
        const struct sip_header *h = kept(m, e, SIP_H_CONTENT_LENGTH);

        if (h && (uint64_t)m->content_length != n) {
                wbuf_printf(text, "%zu", n);
                plan_add(pl, h->value, (struct str){ (char *)text->buf, text->len });
        } else if (!h && e && e->stream) {
                wbuf_printf(text, "Content-Length: %zu\r\n", n);
                plan_add(pl, (struct str){ m->body.p - 2, 0 }, (struct str){ (char *)text->buf, text->len });
        }
}

bool sip_write(const struct sip_msg *m, const struct sip_edits *head, struct str body, struct wbuf *w)
{
        const struct sip_header *type = kept(m, head, SIP_H_CONTENT_TYPE);
        struct str now = body.p ? body : m->body;
        size_t before = w->len;
        char text[48];
        struct wbuf length = wbuf_of(text, sizeof text);
        struct plan pl;

        if ((head && head->full) || now.n > SIP_BODY_MAX)
                return false;
        plan_edits(&pl, head);
        if (body.p && !body.n && type)
                plan_add(&pl, type->line, (struct str){ "", 0 });
        plan_length(&pl, m, head, now.n, &length);
        if (!plan_write(&pl, lex_span(m->start_line.p, m->body.p), w) || w->len - before > SIP_HEAD_MAX)
                return false;
        wbuf_put(w, now.p, now.n);
        return !w->full;
}
