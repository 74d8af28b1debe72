/* This session's terminal, the clock, and what the configuration does not do. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/mask.h"
#include "cli/store.h"

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
                out(s, "pager lines %u\n", n);
        else
                out(s, "no pager\n");
        return 0;
}

static int show_mode(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        out(s, "Security context mode: single\n");
        return 0;
}

/* ---- show configuration inert ---- */

struct inert_list {
        struct text t;
        unsigned n;
        char block[256];
};

static void add_inert(void *ctx, const char *block, const char *line, const char *reason)
{
        struct inert_list *l = ctx;

        if (*block && strncmp(block, l->block, sizeof l->block - 1) != 0)
                text_printf(&l->t, "%s\n", block);
        snprintf(l->block, sizeof l->block, "%s", block);
        text_add(&l->t, *block ? " " : "");
        mask_urls(line, &l->t);
        text_printf(&l->t, "\n%s  -- %s\n", *block ? " " : "", reason);
        l->n++;
}

static int show_inert(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        struct inert_list l = { 0 };

        pthread_mutex_lock(&b->conf_lock);
        store_inert_walk(b->store, add_inert, &l);
        pthread_mutex_unlock(&b->conf_lock);
        out(s, "%s%u line%s accepted but not in force\n", text_str(&l.t), l.n, l.n == 1 ? "" : "s");
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
        { "show pager", "Show the lines of a page", 0, show_pager },
        { "show mode", "Show the security context mode", 0, show_mode },
        { "show configuration inert", "Show the accepted lines that are not in force", 15, show_inert },
        { 0 },
};
