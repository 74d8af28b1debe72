/* Leaving modes; clearing sections. */
#include <string.h>

#include "cli/cmd/rows.h"
#include "cli/dialog.h"
#include "cli/running.h"
#include "platform/base/mem.h"

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
        if (store_reset(c->store, e) < 0)
                return -1;
        c->depth = 0;
        c->res->changed = true;
        return 0;
}

/* `no` of one line; what cannot go is told, the rest goes. */
static void remove_line(struct conf_ctx *c, const char *line)
{
        struct cli_result *res = c->res, one;
        const char *was = c->line;
        struct text no = { 0 };

        cli_result_init(&one);
        c->depth = 0;
        text_printf(&no, "no %s", line);
        if (!strncmp(line, "no ", 3))
                text_cut(&no, 0), text_add(&no, line + 3);
        conf_line(c, text_str(&no), &one);
        if (one.code == CLI_DIALOG) {
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
        text_fini(&no);
        cli_result_fini(&one);
}

static int call_clear(struct conf_ctx *c, const struct args *a, bool no_form, struct err *e)
{
        struct running_opts o = { .plain = true, .filter = arg_str(a, "SECTION") };
        struct text t = { 0 };
        int ret;

        (void)no_form;
        if (!o.filter)
                return clear_all(c, e);
        ret = running_write(c->store, &o, &t, e);
        for (char *p = t.p, *nl; ret == 0 && p && *p; p = nl + 1) {
                nl = strchr(p, '\n');
                *nl = 0;
                if (*p != ' ' && *p != '!')
                        remove_line(c, p);
        }
        text_fini(&t);
        return ret;
}

#define CALL(g, hlp, fn)                                                                                             \
        {                                                                                                            \
                ROW_CALL, g, hlp, .call = fn, .flags = ROW_NO_NO                                                     \
        }

const struct cmd_row rows_general[] = {
        CALL("exit", "Exit from the current mode", call_exit),
        CALL("quit", "Exit from the current mode", call_exit),
        CALL("end", "Exit from configuration mode", call_end),
        CALL("clear configure {all|primary|secondary}", "Remove the whole configuration", call_clear),
        CALL("clear configure SECTION:line(200)", "Remove a section of the configuration", call_clear),
        END,
};
