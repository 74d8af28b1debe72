/* Leaving modes; clearing sections. */
#include <string.h>

#include "cli/cmd/rows.h"
#include "cli/conf/dialog.h"
#include "cli/conf/running.h"
#include "platform/base/mem.h"

#define ROUNDS_MAX 64u /* how deep what uses each other can nest */

static int call_exit(struct conf_ctx *c, const struct args *a, bool no_form, struct err *e)
{
        (void)a;
        (void)no_form;
        (void)e;
        if (c->depth)
                c->depth--;
        else
                c->res->code = CLI_LEAVE;
        return 0;
}

static int call_end(struct conf_ctx *c, const struct args *a, bool no_form, struct err *e)
{
        (void)a;
        (void)no_form;
        (void)e;
        c->depth = 0;
        c->res->code = CLI_LEAVE;
        return 0;
}

/* ---- clear configure ---- */
static int clear_all(struct conf_ctx *c, struct err *e)
{
        if (store_reset(c->store, c->bind, e) < 0)
                return -1;
        c->depth = 0;
        c->res->changed = true;
        return 0;
}

/* One line that belongs to no paste; what cannot go is told. */
static void type_line(struct conf_ctx *c, const char *line)
{
        struct cli_result *res = c->res, one;
        const char *was = c->line;

        cli_result_init(&one);
        conf_line(c, line, &one);
        if (one.code == CLI_DIALOG) {
                one.dialog->locked = true; /* by whoever runs `clear configure` */
                dialog_start(one.dialog);
                dialog_default(one.dialog);
                one.changed |= one.dialog->changed;
                text_add(&res->text, one.dialog->failed ? text_str(&one.dialog->out) : "");
        } else if (one.code == CLI_ERROR) {
                text_add(&res->text, text_str(&one.text));
        }
        res->changed |= one.changed;
        c->res = res;
        c->line = was;
        cli_result_fini(&one);
}

/* The lines that remove what a section shows, collected before the first of them is typed. */
struct removal {
        const struct running_filter *f;
        const struct store *fresh; /* what it prints is how things are anyway */
        struct text lines, head;
        bool block; /* the object goes, with all its lines */
};

/* The line of the same row where nothing is configured. */
struct search {
        const struct running_line *of;
        struct text line;
};

static void compare(void *ctx, const struct running_line *l)
{
        struct search *s = ctx;

        if (!l->depth && !l->raw && l->row == s->of->row && !s->line.n)
                text_add(&s->line, l->text);
}

static void add_no(struct text *out, const char *line)
{
        if (!strncmp(line, "no ", 3))
                text_printf(out, "%s\n", line + 3);
        else
                text_printf(out, "no %s\n", line);
}

/* `no pager` is not what a new unit has: what has a default gets it back. */
static void add_removal(struct removal *r, const struct running_line *l)
{
        struct search s = { .of = l };
        struct running walk = { .store = r->fresh, .plain = true, .line = compare, .ctx = &s };

        if (l->row->kind == ROW_FIXED)
                return;
        if (l->row->kind == ROW_LEAF)
                running_walk(&walk);
        if (!s.line.n)
                add_no(&r->lines, l->text);
        else if (strcmp(text_str(&s.line), l->text) != 0)
                text_printf(&r->lines, "%s\n", text_str(&s.line));
        r->lines.bad |= s.line.bad;
        text_fini(&s.line);
}

static void collect(void *ctx, const struct running_line *l)
{
        struct removal *r = ctx;

        if (!l->depth && !l->raw) {
                r->block = running_filter_head(r->f, l->text);
                text_cut(&r->head, 0);
                text_add(&r->head, l->text);
                if (r->block)
                        add_removal(r, l);
        } else if (!l->raw && !r->block && running_filter_inner(r->f, l)) {
                text_printf(&r->lines, "%s\n ", text_str(&r->head));
                add_no(&r->lines, l->text);
        }
}

static void type_lines(struct conf_ctx *c, char *p)
{
        for (char *nl; *p; p = nl + 1) {
                nl = strchr(p, '\n');
                *nl = 0;
                if (*p != ' ') /* those belong to the object in front of them */
                        c->depth = 0;
                type_line(c, p);
        }
}

/*
 * Again and again while something goes, because a line may stand in the way of another (a group inside a group), and
 * each round knows who referred to whom at its beginning only. The last round tells what stays and why.
 */
static int clear_section(struct conf_ctx *c, const struct running_filter *f, struct err *e)
{
        struct store *fresh = store_new_empty(c->store->tree);
        unsigned rounds = 0;
        uint64_t before;
        int rc = 0;

        if (!fresh)
                return err_nomem(e, "clearing a section");
        do {
                struct removal x = { .f = f, .fresh = fresh };
                struct running r = { .store = c->store, .plain = true, .line = collect, .ctx = &x };

                before = c->store->edits;
                running_walk(&r);
                if (r.bad || x.lines.bad || x.head.bad)
                        rc = err_nomem(e, "clearing a section");
                text_cut(&c->res->text, 0);
                store_refs_hold(c->store);
                if (!rc && x.lines.n)
                        type_lines(c, x.lines.p);
                store_refs_drop(c->store);
                text_fini(&x.lines);
                text_fini(&x.head);
        } while (!rc && c->store->edits != before && ++rounds < ROUNDS_MAX);
        store_free(fresh);
        return rc;
}

static int call_clear(struct conf_ctx *c, const struct args *a, bool no_form, struct err *e)
{
        const char *section = arg_str(a, "SECTION");
        struct running_filter f;
        int rc;

        (void)no_form;
        if (!section)
                return clear_all(c, e);
        if (running_filter_init(&f, c->store, section, e) < 0)
                return -1;
        c->depth = 0;
        if (!strcmp(f.word[0].s, "interface"))
                rc = clear_interfaces(c, &f, e);
        else
                rc = clear_section(c, &f, e);
        c->depth = 0;
        running_filter_fini(&f);
        return rc;
}

#define CALL(g, hlp, fn)                                                                                             \
        {                                                                                                            \
                ROW_CALL, g, hlp, .call = fn, .flags = ROW_NO_NO                                                     \
        }

const struct cmd_row rows_general[] = {
        CALL("exit", "Exit from the current mode", call_exit),
        CALL("quit", "Leave the current mode, as exit does", call_exit),
        CALL("end", "Exit from configuration mode", call_end),
        CALL("clear configure {all|primary|secondary}", "Remove the whole configuration", call_clear),
        CALL("clear configure SECTION:section(200)", "Remove a section of the configuration", call_clear),
        END,
};
