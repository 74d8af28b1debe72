/*
 * `copy SOURCE DESTINATION`: names are asked for unless /noconfirm. One end is here (the configurations, flash,
 * captures), the other may be on another host.
 */
#include "cli/exec/copy_io.h"
#include "cli/exec/save.h"
#include "cli/exec/tables.h"

#include <unistd.h>

/* In the order of asking. */
enum question {
        ASK_FROM_HOST,
        ASK_FROM_USER,
        ASK_SOURCE,
        ASK_TO_HOST,
        ASK_TO_USER,
        ASK_NAME,
        ASK_PASSWORD,
        ASK_OVERWRITE,
        ASK_RUN,
        ASK_KEY
};

struct copy_state {
        struct session *s;
        struct copy_plan plan;
        bool noconfirm;
};

static struct copy_end *far_end(struct copy_plan *p)
{
        return copy_is_remote(&p->src) ? &p->src : &p->dst;
}

/* ---- the copy ---- */

static enum dialog_next told(struct dialog *d, const struct err *e)
{
        if (*e->text != '%')
                return dialog_fail(d, e);
        dialog_say(d, "%s\n", e->text); /* file systems have a form of their own */
        d->failed = true;
        return DIALOG_DONE;
}

static void say_how_to_know(struct dialog *d, const struct copy_end *c, const char *key)
{
        dialog_say(d,
                   "Please use the following commands to add the hash key to the configuration:\n"
                   "  ssh pubkey-chain\n    server %s\n      key-hash sha256 %s\n",
                   c->host, key);
}

/* A server that nobody knows: the operator compares its key with what he has been told. */
static enum dialog_next ask_key(struct dialog *d, struct copy_state *st)
{
        d->at = ASK_KEY;
        dialog_say(d, "The authenticity of host '%s' can't be established.\nIts key fingerprint is (SHA256) %s.\n",
                   far_end(&st->plan)->host, st->plan.key);
        return dialog_ask(d, DIALOG_YESNO, "no", "Are you sure you want to continue connecting (yes/no)? ");
}

static enum dialog_next run(struct dialog *d, struct copy_state *st)
{
        struct err e;

        if (!copy_run(st->s, &st->plan, &d->out, &d->changed, &e))
                return DIALOG_DONE;
        if (*st->plan.key && !st->plan.key_ok && !st->noconfirm)
                return ask_key(d, st);
        told(d, &e);
        if (*st->plan.key && !st->plan.key_ok)
                say_how_to_know(d, far_end(&st->plan), st->plan.key);
        return DIALOG_DONE;
}

/* ---- questions ---- */

static bool wanted(const struct copy_plan *p, unsigned q)
{
        const struct copy_end *far = copy_is_remote(&p->src) ? &p->src : &p->dst;
        bool from = copy_is_remote(&p->src), to = copy_is_remote(&p->dst);

        switch (q) {
        case ASK_FROM_HOST:
                return from;
        case ASK_FROM_USER:
                return p->src.kind == COPY_SCP;
        case ASK_SOURCE:
                return true;
        case ASK_TO_HOST:
                return to;
        case ASK_TO_USER:
                return p->dst.kind == COPY_SCP;
        case ASK_NAME:
                return to || p->dst.kind == COPY_FLASH;
        case ASK_PASSWORD:
                return (from || to) && *far->user && !far->has_password;
        default:
                return false;
        }
}

static enum dialog_next ask(struct dialog *d, const char *what, const char *dflt)
{
        dialog_say(d, "\n");
        return dialog_ask(d, DIALOG_LINE, "", "%s [%.180s]? ", what, dflt);
}

static enum dialog_next put_question(struct dialog *d, struct copy_state *st)
{
        struct copy_plan *p = &st->plan;

        switch (d->at) {
        case ASK_FROM_HOST:
        case ASK_TO_HOST:
                return ask(d, "Address or name of remote host", far_end(p)->host);
        case ASK_FROM_USER:
                return ask(d, "Source username", p->src.user);
        case ASK_TO_USER:
                return ask(d, "Destination username", p->dst.user);
        case ASK_SOURCE:
                return ask(d, p->src.kind == COPY_CAPTURE ? "Source capture name" : "Source filename",
                           copy_shown(&p->src));
        case ASK_NAME:
                copy_name_same(p);
                return ask(d, "Destination filename", p->dst.name);
        default:
                dialog_say(d, "\n");
                return dialog_ask(d, DIALOG_PASSWORD, "", "Password: ");
        }
}

static enum dialog_next ask_overwrite(struct dialog *d, struct copy_state *st)
{
        char path[512];
        struct err e;

        if (st->plan.dst.kind != COPY_FLASH)
                return run(d, st);
        if (flash_path_write(session_box(st->s), st->plan.dst.name, path, sizeof path, &e))
                return dialog_fail(d, &e);
        if (access(path, F_OK))
                return run(d, st);
        d->at = ASK_OVERWRITE;
        dialog_say(d, "%%Warning:There is a file already existing with this name\n");
        return dialog_ask(d, DIALOG_CONFIRM, "yes", "Do you want to over write? [confirm]");
}

/* The next question there is, from d->at on. */
static enum dialog_next ask_next(struct dialog *d, struct copy_state *st)
{
        for (; d->at < ASK_OVERWRITE; d->at++)
                if (wanted(&st->plan, d->at))
                        return put_question(d, st);
        return ask_overwrite(d, st);
}

/* A file on flash, by what it is called from where the operator is; a slash behind it stays, it asks for the name. */
static int settle(struct session *s, struct copy_end *c, const char *typed, struct err *e)
{
        char name[FLASH_NAME_MAX + 1];
        size_t n = strlen(typed);

        if (c->kind != COPY_FLASH)
                return 0;
        if (!flash_resolve(session_cwd(s), typed, name))
                return err_set(e, ERR_SYNTAX, "%s is not the name of a file on flash", typed);
        snprintf(c->name, sizeof c->name, "%s%s", name, *name && n && typed[n - 1] == '/' ? "/" : "");
        return 0;
}

static int keep(char *to, size_t cap, const char *text, const char *what, struct err *e)
{
        return str_copy(to, cap, text) ? 0 : err_set(e, ERR_RANGE, "%s of more than %zu characters", what, cap - 1);
}

/* Enter keeps what stands in brackets. */
static int take_answer(const struct dialog *d, struct copy_plan *p, const char *answer, struct err *e)
{
        const struct copy_state *st = d->state;
        struct copy_end *far = far_end(p), *named = d->at == ASK_SOURCE ? &p->src : &p->dst;

        if (d->at == ASK_PASSWORD) {
                far->has_password = true;
                return keep(far->password, sizeof far->password, answer, "password", e);
        }
        if (!*answer)
                return 0;
        if (d->at == ASK_FROM_HOST || d->at == ASK_TO_HOST)
                return copy_host(far, answer, strlen(answer), e);
        if (d->at == ASK_FROM_USER || d->at == ASK_TO_USER)
                return keep(far->user, sizeof far->user, answer, "user name", e);
        return copy_rename(named, answer, e) < 0 ? -1 : settle(st->s, named, answer, e);
}

static enum dialog_next key_answer(struct dialog *d, struct copy_state *st, const char *answer)
{
        if (strcmp(answer, "yes") != 0) {
                d->failed = true;
                return DIALOG_DONE;
        }
        st->plan.key_ok = true;
        say_how_to_know(d, far_end(&st->plan), st->plan.key);
        return run(d, st);
}

static enum dialog_next copy_step(struct dialog *d, const char *answer)
{
        struct copy_state *st = d->state;
        struct err e;

        if (!answer) {
                copy_name_same(&st->plan);
                return st->noconfirm ? run(d, st) : ask_next(d, st);
        }
        if (d->at == ASK_OVERWRITE)
                return strcmp(answer, "yes") ? DIALOG_DONE : run(d, st);
        if (d->at == ASK_KEY)
                return key_answer(d, st, answer);
        if (take_answer(d, &st->plan, answer, &e))
                return dialog_fail(d, &e);
        d->at++;
        return ask_next(d, st);
}

static const struct dialog_row copy_dialog = { "copy", sizeof(struct copy_state), copy_step, NULL };

static int parse_end(struct session *s, const char *typed, struct copy_end *c, struct err *e)
{
        return copy_parse(typed, c, e) < 0 ? -1 : settle(s, c, typed, e);
}

static int do_copy(struct session *s, const struct args *a, struct err *e)
{
        struct copy_state st = { .s = s, .noconfirm = arg_has(a, "/noconfirm") };
        int rc;

        st.plan.pcap = arg_has(a, "/pcap");
        rc = parse_end(s, arg_str(a, "SOURCE"), &st.plan.src, e) ||
                             parse_end(s, arg_str(a, "DESTINATION"), &st.plan.dst, e) || copy_check(&st.plan, e)
                     ? -1
                     : session_ask(s, &copy_dialog, &st, e);
        mem_wipe(&st, sizeof st);
        return rc;
}

const struct exec_row exec_copy[] = {
        { "copy [/noconfirm] [/pcap] SOURCE:word DESTINATION:word",
          "Copy a configuration, disk0:FILE, capture:NAME or PROTOCOL://[USER[:PASSWORD]@]HOST/FILE to another of "
          "these "
          "(tftp, http, https, ftp, scp)",
          15, do_copy },
        { 0 },
};
