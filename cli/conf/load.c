#include "cli/conf/load.h"

#include <stdio.h>
#include <string.h>

#include "cli/conf/dialog.h"
#include "cli/conf/mask.h"
#include "cli/conf/parse_int.h"
#include "cli/lang/lexer.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

/* The text, line by line. */
struct source {
        const char *p, *end;
        unsigned line_no;
        char *line; /* CLI_LINE_MAX + 2 bytes: one more than is legal, so that the lexer sees what is too long */
};

static bool peek_line(const struct source *s, char *out, size_t cap)
{
        const char *nl = s->p < s->end ? memchr(s->p, '\n', (size_t)(s->end - s->p)) : NULL;
        size_t n = s->p < s->end ? (size_t)((nl ? nl : s->end) - s->p) : 0;

        if (s->p >= s->end)
                return false;
        n = MIN_OF(n, cap - 1);
        memcpy(out, s->p, n);
        out[n] = 0;
        while (n && (out[n - 1] == '\r' || out[n - 1] == ' '))
                out[--n] = 0;
        return true;
}

static bool next_line(struct source *s)
{
        const char *nl;

        if (!peek_line(s, s->line, CLI_LINE_MAX + 2))
                return false;
        nl = memchr(s->p, '\n', (size_t)(s->end - s->p));
        s->p = nl ? nl + 1 : s->end;
        s->line_no++;
        return true;
}

struct loading {
        struct conf_ctx *c;
        struct source src;
        struct load_report *rep;
        unsigned told; /* lines of words */
};

/* A file may hold anything; a terminal is told printable characters. */
static void make_printable(char *s)
{
        for (; *s; s++)
                if ((unsigned char)*s < ' ' || (unsigned char)*s > '~')
                        *s = '.';
}

static void PRINTF_LIKE(3, 4) report(struct loading *l, unsigned line_no, const char *fmt, ...)
{
        char words[512];
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(words, sizeof words, fmt, ap);
        va_end(ap);
        make_printable(words);
        l->told++;
        if (l->rep->fn)
                l->rep->fn(l->rep->ctx, line_no, words);
}

/* Each line of what was said, once; counts the warnings. */
static void report_text(struct loading *l, unsigned line_no, const struct text *t)
{
        const char *p = text_str(t), *nl;

        for (; *p; p = *nl ? nl + 1 : nl) {
                nl = strchrnul(p, '\n');
                if (nl == p)
                        continue;
                l->rep->warnings += !strncmp(p, "WARNING: ", 9);
                report(l, line_no, "%.*s", (int)(nl - p), p);
        }
}

/* ---- dialogs ---- */
static const char *answer_in(const char *line)
{
        while (*line == ' ')
                line++;
        if (!strcasecmp(line, "yes") || !strcasecmp(line, "y"))
                return "yes";
        if (!strcasecmp(line, "no") || !strcasecmp(line, "n"))
                return "no";
        return NULL;
}

/* A recorded answer is taken; where there is none, the question counts as accepted. */
static enum dialog_next answer_choice(struct loading *l, struct dialog *d)
{
        char peek[16];

        if (peek_line(&l->src, peek, sizeof peek) && answer_in(peek)) {
                next_line(&l->src);
                return dialog_line(d, answer_in(peek));
        }
        return dialog_default(d);
}

static enum dialog_next answer(struct loading *l, struct dialog *d)
{
        switch (d->read) {
        case DIALOG_YESNO:
        case DIALOG_CONFIRM:
                return answer_choice(l, d);
        case DIALOG_LINE:
        case DIALOG_PASSWORD:
                return dialog_default(d);
        case DIALOG_PASTE:
                break;
        }
        return next_line(&l->src) ? dialog_line(d, l->src.line) : DIALOG_ABORT;
}

static bool run_dialog(struct loading *l, struct dialog *d, unsigned line_no)
{
        enum dialog_next n;
        bool ok;

        for (n = dialog_start(d); n == DIALOG_ASK; n = answer(l, d))
                text_cut(&d->out, 0); /* nobody reads the questions */
        ok = n == DIALOG_DONE && !d->failed;
        if (n == DIALOG_ABORT)
                report(l, line_no, "ERROR: the input ended inside a paste; `quit` is missing");
        if (d->failed)
                report_text(l, line_no, &d->out);
        return ok;
}

/* ---- lines ---- */
/* What a saved configuration has around its commands. */
static bool is_envelope(const char *line)
{
        return !strncmp(line, "ASA Version ", 12) || !strncmp(line, "Cryptochecksum:", 15);
}

/* The line under way as others may see it. */
static void shown_line(const struct loading *l, struct text *out)
{
        struct text masked = { 0 };

        mask_unread(l->c->store->tree, l->src.line + strspn(l->src.line, " "), &masked);
        mask_urls(text_str(&masked), out);
        text_fini(&masked);
}

static void report_line(struct loading *l, unsigned line_no, const char *what)
{
        struct text shown = { 0 };

        shown_line(l, &shown);
        report(l, line_no, "ERROR: %s: %.300s", what, text_str(&shown));
        text_fini(&shown);
}

/* The word that is not understood, and the line it is in; where something secret may be in it, which word it is. */
static void report_invalid(struct loading *l, unsigned line_no, unsigned caret)
{
        const char *line = l->src.line, *word = line + caret;
        struct text shown = { 0 };
        char what[80];
        unsigned n = 1;

        while (word > line && word[-1] != ' ')
                word--;
        for (const char *p = line + strspn(line, " "); p < word; p += strcspn(p, " "), p += strspn(p, " "))
                n++;
        shown_line(l, &shown);
        if (strstr(text_str(&shown), "*****"))
                snprintf(what, sizeof what, "%% Invalid input detected at word %u", n);
        else
                snprintf(what, sizeof what, "%% Invalid input detected at \"%.*s\"",
                         (int)MIN_OF(strcspn(word, " "), (size_t)32), word);
        report_line(l, line_no, what);
        text_fini(&shown);
}

static bool load_line(struct loading *l)
{
        struct cli_result res;
        struct text shown = { 0 };
        unsigned line_no = l->src.line_no, told = l->told;
        bool ok;

        cli_result_init(&res);
        l->c->line_no = line_no;
        ok = conf_line(l->c, l->src.line, &res) == 0;
        if (ok && res.code == CLI_DIALOG)
                ok = run_dialog(l, res.dialog, line_no);
        else if (ok && res.code == CLI_EXEC && res.exec)
                ok = false;
        l->rep->lines += res.code != CLI_EMPTY;
        l->rep->accepted += ok && res.code != CLI_EMPTY;
        l->rep->inert += res.inert;
        if (!ok && res.code == CLI_EXEC)
                report_line(l, line_no, "not a configuration command");
        else if (!ok && res.code == CLI_INVALID)
                report_invalid(l, line_no, res.caret);
        else
                cli_result_show(&res, 0, &shown);
        report_text(l, line_no, &shown);
        if (!ok && l->told == told) /* even for the words there was none */
                report(l, line_no, "ERROR: out of memory");
        text_fini(&shown);
        cli_result_fini(&res);
        return ok;
}

static void dangling(void *ctx, unsigned line_no, const char *words)
{
        struct loading *l = ctx;

        report(l, line_no, "ERROR: %s", words);
}

/*
 * Others may have removed the object whose lines are being read. What is left of its lines must not fall into the
 * mode around it, where it would mean something else.
 */
static void keep_mode(struct loading *l)
{
        struct conf_ctx *c = l->c;
        unsigned d = 0;

        while (d < c->depth && conf_object_at(c, d + 1))
                d++;
        if (d == c->depth)
                return;
        c->skip_indent = c->level[d].indent + 1;
        report(l, l->src.line_no, "ERROR: somebody removed %s meanwhile: the rest of its lines is not read",
               c->level[d].name);
        l->rep->errors++;
        c->depth = d;
}

/* Between two lines. */
static bool let_others(struct loading *l)
{
        bool go_on = conf_rest(l->c, l->src.line_no);

        if (l->c->others && l->c->rested)
                keep_mode(l);
        return go_on;
}

/* A saved configuration is complete: what it does not say is not there, not even what comes from the factory. */
static bool is_complete(const char *text, size_t n)
{
        return (n >= 12 && !strncmp(text, "ASA Version ", 12)) || memmem(text, n, "\nASA Version ", 13);
}

int conf_load(struct conf_ctx *c, const char *text, size_t n, struct load_report *rep)
{
        struct loading l = { .c = c, .src = { .p = text, .end = text + n }, .rep = rep };
        bool late = c->late;
        unsigned lost;

        l.src.line = mem_alloc(MEM_CLI, CLI_LINE_MAX + 2);
        if (!l.src.line) {
                rep->errors++;
                report(&l, 0, "ERROR: out of memory: nothing was read");
                return -1;
        }
        c->late = true;
        conf_top(c);
        if (c->replace && is_complete(text, n) && store_clear(c->store, NULL) < 0) {
                rep->errors++;
                report(&l, 0, "ERROR: out of memory: what was configured before is still there");
        }
        c->others = 0;
        conf_piece(c);
        while (next_line(&l.src)) {
                if (!is_envelope(l.src.line) && !load_line(&l))
                        rep->errors++;
                if (let_others(&l))
                        continue;
                rep->stopped_at = l.src.line_no;
                break;
        }
        lost = conf_finish(c, dangling, &l);
        rep->errors += lost;
        rep->accepted -= MIN_OF(lost, rep->accepted);
        c->late = late;
        mem_free_secret(l.src.line);
        return rep->errors ? -1 : 0;
}
