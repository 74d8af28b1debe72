/* Output of a line: assembled to whole lines, filtered, paged. */
#include "cli/session/session_int.h"

#define ABORT_LOOK_LINES 64u

static void table_write(void *ctx, const char *p, size_t n);
static bool table_flush(void *ctx);

void out_table(struct session *s, bool json)
{
        const struct table_out to = { table_write, table_flush, s };

        s->json = json;
        table_begin(&s->table, &to, json);
}

void out_begin(struct session *s, bool paged)
{
        out_table(s, false);
        text_cut(&s->partial, 0);
        pager_begin(&s->pager, s->t, paged ? session_pager(s) : 0);
}

/* Looked at now and then: ^C, or nobody there any more. What a filter hides counts as well. */
static bool had_enough(struct session *s)
{
        if (++s->lines % ABORT_LOOK_LINES == 0 && term_abort_key(s->t, 0))
                s->pager.quit = true;
        return s->pager.quit;
}

/* false: stop producing. */
static bool emit(struct session *s, const char *line)
{
        if (had_enough(s))
                return false;
        if (!filter_pass(&s->filter, line))
                return true;
        return pager_line(&s->pager, line);
}

/* Gives away the whole lines of what is collected. */
static bool emit_lines(struct session *s)
{
        char *p = s->partial.p, *nl;
        bool more = !s->pager.quit;

        while (more && p && (nl = memchr(p, '\n', s->partial.n - (size_t)(p - s->partial.p)))) {
                *nl = 0;
                more = emit(s, p);
                p = nl + 1;
        }
        if (p && p != s->partial.p) {
                size_t left = s->partial.n - (size_t)(p - s->partial.p);

                memmove(s->partial.p, p, left + 1);
                s->partial.n = left;
        }
        if (!more)
                text_cut(&s->partial, 0);
        return more;
}

static void table_write(void *ctx, const char *p, size_t n)
{
        struct session *s = ctx;

        if (!s->pager.quit)
                text_addn(&s->partial, p, n);
}

static bool table_flush(void *ctx)
{
        return emit_lines(ctx);
}

struct table *session_table(struct session *s)
{
        return &s->table;
}

bool vout(struct session *s, const char *fmt, va_list ap)
{
        if (s->pager.quit)
                return false;
        if (s->json)
                return true;
        text_vprintf(&s->partial, fmt, ap);
        return emit_lines(s);
}

bool out(struct session *s, const char *fmt, ...)
{
        va_list ap;
        bool more;

        va_start(ap, fmt);
        more = vout(s, fmt, ap);
        va_end(ap);
        return more;
}

/* A piece of a line that is not filtered any more: progress marks. */
void out_flush(struct session *s)
{
        if (s->partial.n && !s->pager.quit)
                term_write(s->t, s->partial.p, s->partial.n);
        text_cut(&s->partial, 0);
        term_flush(s->t);
}

void out_end(struct session *s)
{
        if (s->partial.n && !s->pager.quit)
                emit(s, text_str(&s->partial));
        text_fini(&s->partial);
        filter_fini(&s->filter);
        if (!term_at_line_start(s->t) && !s->pager.quit)
                term_puts(s->t, "\n");
        s->pager = (struct pager){ .t = s->t };
        term_flush(s->t);
}

void session_show(struct session *s, const struct text *t)
{
        if (t->n)
                out(s, "%s", text_str(t));
        if (t->bad)
                out(s, "ERROR: out of memory, the output is incomplete\n");
}
