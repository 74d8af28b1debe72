#include "cli/conf/dialog.h"

#include <stdio.h>
#include <string.h>

#include "cli/box/box.h"
#include "cli/lang/tree.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

struct dialog *dialog_new(const struct dialog_row *row, struct box *box, struct conf_ctx *conf, struct args *args)
{
        struct dialog *d = mem_alloc(MEM_CLI, sizeof *d);

        if (d)
                *d = (struct dialog){ .row = row, .box = box, .conf = conf, .args = args };
        if (d && row->state_size)
                d->state = mem_alloc(MEM_CLI, row->state_size);
        if (!d || (row->state_size && !d->state)) {
                args_free(args);
                mem_free(d);
                return NULL;
        }
        return d;
}

void dialog_free(struct dialog *d)
{
        if (!d)
                return;
        if (d->state && d->row->fini)
                d->row->fini(d->state);
        mem_free_secret(d->state);
        args_free(d->args);
        text_fini(&d->out);
        text_fini(&d->paste);
        mem_free_secret(d);
}

enum dialog_next dialog_ask(struct dialog *d, enum dialog_read how, const char *dflt, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(d->prompt, sizeof d->prompt, fmt, ap);
        va_end(ap);
        d->read = how;
        str_copy(d->dflt, sizeof d->dflt, dflt ? dflt : "");
        return DIALOG_ASK;
}

enum dialog_next dialog_paste(struct dialog *d)
{
        d->prompt[0] = d->dflt[0] = 0;
        d->read = DIALOG_PASTE;
        text_cut(&d->paste, 0);
        return DIALOG_ASK;
}

void dialog_say(struct dialog *d, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        text_vprintf(&d->out, fmt, ap);
        va_end(ap);
}

enum dialog_next dialog_fail(struct dialog *d, const struct err *e)
{
        dialog_say(d, "ERROR: %s\n", e->text);
        d->failed = true;
        return DIALOG_DONE;
}

/* A store aside belongs to whoever drives the dialog. */
static bool is_running(const struct dialog *d)
{
        return d->box && !d->locked && (!d->conf || d->conf->store == d->box->store) && !(d->conf && d->conf->late);
}

void dialog_lock(struct dialog *d)
{
        if (is_running(d))
                pthread_mutex_lock(&d->box->conf_lock);
}

void dialog_unlock(struct dialog *d)
{
        if (is_running(d))
                pthread_mutex_unlock(&d->box->conf_lock);
}

void dialog_job(struct dialog *d, void (*fn)(void *arg), void *arg)
{
        if (d->box && d->box->job && is_running(d))
                d->box->job(d->box, fn, arg);
        else
                fn(arg);
}

enum dialog_next dialog_start(struct dialog *d)
{
        return d->row->step(d, NULL);
}

/* ---- readers ---- */
static enum dialog_next read_yesno(struct dialog *d, const char *line)
{
        if (!strcasecmp(line, "yes") || !strcasecmp(line, "y"))
                return d->row->step(d, "yes");
        if (!strcasecmp(line, "no") || !strcasecmp(line, "n"))
                return d->row->step(d, "no");
        dialog_say(d, "%% Please answer 'yes' or 'no'.\n");
        return DIALOG_ASK;
}

static enum dialog_next read_confirm(struct dialog *d, const char *line)
{
        return d->row->step(d, !*line || *line == 'y' || *line == 'Y' ? "yes" : "no");
}

static const char *skip_blanks(const char *s)
{
        while (*s == ' ' || *s == '\t')
                s++;
        return s;
}

static bool is_quit(const char *line)
{
        const char *s = skip_blanks(line);

        return !strncasecmp(s, "quit", 4) && !*skip_blanks(s + 4);
}

static enum dialog_next read_paste(struct dialog *d, const char *line)
{
        const struct err too_long = { ERR_LIMIT, "the pasted text is longer than 256 KB" };
        const struct err nomem = { ERR_NOMEM, "out of memory while reading a paste" };

        d->prompt[0] = 0;
        if (!is_quit(line)) {
                if (d->paste.n <= DIALOG_PASTE_MAX)
                        text_printf(&d->paste, "%s\n", line);
                return DIALOG_ASK;
        }
        if (d->paste.bad)
                return dialog_fail(d, &nomem);
        if (d->paste.n > DIALOG_PASTE_MAX)
                return dialog_fail(d, &too_long);
        return d->row->step(d, text_str(&d->paste));
}

enum dialog_next dialog_line(struct dialog *d, const char *line)
{
        switch (d->read) {
        case DIALOG_YESNO:
                return read_yesno(d, skip_blanks(line));
        case DIALOG_CONFIRM:
                return read_confirm(d, skip_blanks(line));
        case DIALOG_PASTE:
                return read_paste(d, line);
        case DIALOG_LINE:
        case DIALOG_PASSWORD:
                break;
        }
        return d->row->step(d, line);
}

enum dialog_next dialog_default(struct dialog *d)
{
        return d->row->step(d, d->dflt);
}
