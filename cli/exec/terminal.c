/* This session's terminal, the clock, and what the configuration does not do. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/conf/mask.h"
#include "cli/conf/store.h"

static int pager_lines(struct session *s, const struct args *a, struct err *e UNUSED)
{
        session_set_pager(s, (int)arg_u32(a, "LINES", 0));
        return 0;
}

static int no_pager(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        session_set_pager(s, 0);
        return 0;
}

/* Lines are never folded here, so any width is right; management clients insist on setting one. */
static int width(struct session *s UNUSED, const struct args *a UNUSED, struct err *e UNUSED)
{
        return 0;
}

static int monitor_on(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        session_set_monitor(s, true);
        return 0;
}

static int monitor_off(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        session_set_monitor(s, false);
        return 0;
}

static int show_pager(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        unsigned n = session_pager(s);

        if (n)
                PUT(s, "pager lines %s\n", cell_num("lines", n));
        else
                PUT(s, "no pager\n", cell_null("lines"));
        return 0;
}

static int show_mode(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        PUT(s, "Security context mode: %s\n", cell_str("mode", "single"));
        return 0;
}

/* ---- show configuration inert ---- */

/* Copied under the lock, told without it: three strings a line, each with its end. */
struct inert_list {
        struct text t;
        unsigned n;
};

static void add_inert(void *ctx, const char *block, const char *line, const char *reason)
{
        struct inert_list *l = ctx;

        text_addn(&l->t, block, strlen(block) + 1);
        mask_urls(line, &l->t);
        text_addn(&l->t, "", 1);
        text_addn(&l->t, reason, strlen(reason) + 1);
        l->n++;
}

/* A block is named in front of its first line. */
static void show_inert_line(struct session *s, const char *block, const char *line, const char *reason,
                            const char *block_before)
{
        const char *in = *block ? " " : "";

        ROW(s, "%s%s%s%s\n%s  -- %s\n",
            cell_as(cell_str("block", *block ? block : NULL), strcmp(block, block_before) ? block : ""),
            cell_text(*block && strcmp(block, block_before) ? "\n" : ""), cell_text(in), cell_str("line", line),
            cell_text(in), cell_str("reason", reason));
}

static int show_inert(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct box *b = session_box(s);
        struct inert_list l = { 0 };
        const char *p, *before = "";

        pthread_mutex_lock(&b->conf_lock);
        store_inert_walk(b->store, add_inert, &l);
        pthread_mutex_unlock(&b->conf_lock);
        if (l.t.bad) {
                text_fini(&l.t);
                return err_nomem(e, "listing what is not in force");
        }
        table_list(session_table(s), "lines");
        p = l.t.p;
        for (unsigned i = 0; i < l.n; i++) {
                const char *line = p + strlen(p) + 1, *reason = line + strlen(line) + 1;

                show_inert_line(s, p, line, reason, before);
                before = p;
                p = reason + strlen(reason) + 1;
        }
        table_close(session_table(s));
        PUT(s, "%s line%s accepted but not in force\n", cell_num("count", l.n), cell_text(l.n == 1 ? "" : "s"));
        text_fini(&l.t);
        return 0;
}

const struct exec_row exec_terminal[] = {
        { "terminal pager [lines] LINES:u32(0-2147483647)", "Lines of a page in this session, 0: no paging", 0,
          pager_lines },
        { "no terminal pager", "No paging in this session", 0, no_pager },
        { "terminal length LINES:u32(0-512)", "The same as pager", 0, pager_lines },
        { "terminal width COLUMNS:u32(0-511)", "Width of this terminal", 0, width },
        { "terminal monitor", "Show log messages of `logging monitor` in this session", 15, monitor_on },
        { "terminal no monitor", "The same as no terminal monitor", 15, monitor_off },
        { "no terminal monitor", "Stop showing log messages", 15, monitor_off },
        { "show pager", "Show the lines of a page", 0 | EXEC_TABLE, show_pager },
        { "show mode", "Show the security context mode", 0 | EXEC_TABLE, show_mode },
        { "show configuration inert", "Show the accepted lines that are not in force", 15 | EXEC_TABLE, show_inert },
        { 0 },
};
