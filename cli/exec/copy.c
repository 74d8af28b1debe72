/*
 * `copy SOURCE DESTINATION`: names are asked for unless /noconfirm. Sources: the configurations, flash, captures;
 * destinations: the configurations, flash, a TFTP server.
 */
#include "cli/exec/cap_live.h"
#include "cli/exec/copy_io.h"
#include "cli/exec/save.h"
#include "cli/exec/tables.h"

#include <unistd.h>

enum { ASK_SOURCE, ASK_HOST, ASK_NAME, ASK_OVERWRITE };

struct copy_state {
        struct session *s;
        struct copy_plan plan;
        bool noconfirm;
};

static bool asks_name(const struct copy_plan *p)
{
        return p->dst.kind == COPY_FLASH || p->dst.kind == COPY_TFTP;
}

static enum dialog_next run(struct dialog *d, struct copy_state *st)
{
        struct err e;

        if (!copy_run(st->s, &st->plan, &d->out, &d->changed, &e))
                return DIALOG_DONE;
        if (*e.text != '%')
                return dialog_fail(d, &e);
        dialog_say(d, "%s\n", e.text); /* file systems have a form of their own */
        d->failed = true;
        return DIALOG_DONE;
}

static enum dialog_next ask(struct dialog *d, unsigned at, const char *what, const char *dflt)
{
        d->at = at;
        dialog_say(d, "\n");
        return dialog_ask(d, DIALOG_LINE, "", "%s [%.180s]? ", what, dflt);
}

static enum dialog_next ask_source(struct dialog *d, const struct copy_state *st)
{
        return ask(d, ASK_SOURCE, st->plan.src.kind == COPY_CAPTURE ? "Source capture name" : "Source filename",
                   copy_shown(&st->plan.src));
}

/* What stands after the question that was just answered. */
static enum dialog_next ask_next(struct dialog *d, struct copy_state *st)
{
        char path[512];
        struct err e;

        if (d->at < ASK_HOST && st->plan.dst.kind == COPY_TFTP)
                return ask(d, ASK_HOST, "Address or name of remote host", st->plan.dst.host);
        if (d->at < ASK_NAME && asks_name(&st->plan))
                return ask(d, ASK_NAME, "Destination filename", st->plan.dst.name);
        if (d->at < ASK_OVERWRITE && st->plan.dst.kind == COPY_FLASH) {
                if (flash_path(session_box(st->s), st->plan.dst.name, path, sizeof path, &e))
                        return dialog_fail(d, &e);
                if (!access(path, F_OK)) {
                        d->at = ASK_OVERWRITE;
                        dialog_say(d, "%%Warning:There is a file already existing with this name\n");
                        return dialog_ask(d, DIALOG_CONFIRM, "yes", "Do you want to over write? [confirm]");
                }
        }
        return run(d, st);
}

/* Enter keeps what stands in brackets. */
static int take_answer(const struct dialog *d, struct copy_plan *p, const char *answer, struct err *e)
{
        if (!*answer || d->at == ASK_OVERWRITE)
                return 0;
        if (d->at == ASK_SOURCE)
                return copy_rename(&p->src, answer, e);
        if (d->at == ASK_HOST)
                return copy_host(&p->dst, answer, strlen(answer), e);
        return str_copy(p->dst.name, sizeof p->dst.name, answer)
                       ? 0
                       : err_set(e, ERR_RANGE, "file name of more than %zu characters", sizeof p->dst.name - 1);
}

static enum dialog_next copy_step(struct dialog *d, const char *answer)
{
        struct copy_state *st = d->state;
        struct err e;

        if (!answer)
                return st->noconfirm ? run(d, st) : ask_source(d, st);
        if (d->at == ASK_OVERWRITE)
                return strcmp(answer, "yes") ? DIALOG_DONE : run(d, st);
        if (take_answer(d, &st->plan, answer, &e))
                return dialog_fail(d, &e);
        return ask_next(d, st);
}

static const struct dialog_row copy_dialog = { "copy", sizeof(struct copy_state), copy_step, NULL };

static int do_copy(struct session *s, const struct args *a, struct err *e)
{
        struct copy_state st = { .s = s, .noconfirm = arg_has(a, "/noconfirm") };

        st.plan.pcap = arg_has(a, "/pcap");
        if (copy_parse(arg_str(a, "SOURCE"), &st.plan.src, e) ||
            copy_parse(arg_str(a, "DESTINATION"), &st.plan.dst, e))
                return -1;
        if (copy_check(&st.plan, e))
                return -1;
        return session_ask(s, &copy_dialog, &st, e);
}

const struct exec_row exec_copy[] = {
        { "copy [/noconfirm] [/pcap] SOURCE:word DESTINATION:word",
          "Copy running-config, startup-config, disk0:FILE or capture:NAME to one of these or to tftp://HOST/FILE",
          15, do_copy },
        { 0 },
};
