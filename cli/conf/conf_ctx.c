/* Where the line under way stands: mode, objects around it; and what it says, which is collected for whoever shows
 * it. */
#include "cli/conf/parse.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/conf/dialog.h"
#include "cli/conf/parse_int.h"
#include "cli/lang/tree.h"

void cli_result_init(struct cli_result *r)
{
        *r = (struct cli_result){ .code = CLI_OK };
}

void cli_result_fini(struct cli_result *r)
{
        text_fini(&r->text);
        text_fini(&r->masked);
        args_free(r->args);
        dialog_free(r->dialog);
        cli_result_init(r);
}

void cli_result_show(const struct cli_result *r, unsigned prompt_len, struct text *out)
{
        text_add(out, text_str(&r->text));
        switch (r->code) {
        case CLI_INVALID:
                text_printf(out, "%*s^\nERROR: %% Invalid input detected at '^' marker.\n",
                            (int)(prompt_len + r->caret), "");
                break;
        case CLI_INCOMPLETE:
                text_add(out, "ERROR: % Incomplete command\n");
                break;
        case CLI_AMBIGUOUS:
                text_printf(out, "ERROR: %% Ambiguous command:  \"%s\"\n", r->near);
                break;
        default:
                break;
        }
}

void conf_ctx_init(struct conf_ctx *c, struct store *s)
{
        *c = (struct conf_ctx){ .store = s, .priv = 15 };
}

void conf_ctx_of_box(struct conf_ctx *c, struct box *b)
{
        conf_ctx_init(c, b->store);
        c->box = b;
        c->keys = b->keys;
        c->clk = b->clk;
        c->rng = b->rng;
        c->hash_rounds = b->hash_rounds;
        c->bind = b->bind;
}

void conf_ctx_fini(struct conf_ctx *c)
{
        pending_free(c);
}

void conf_piece(struct conf_ctx *c)
{
        c->piece_ms = c->clk ? clock_mono_ms(c->clk) : 0;
}

static bool is_piece(const struct conf_ctx *c, unsigned n)
{
        return !(n % CONF_PIECE) || (c->clk && clock_mono_ms(c->clk) - c->piece_ms >= CONF_PIECE_MS);
}

bool conf_rest(struct conf_ctx *c, unsigned n)
{
        uint64_t before = c->store->edits;
        bool go_on;

        c->rested = c->rest && is_piece(c, n);
        if (!c->rested)
                return true;
        go_on = c->rest(c);
        conf_piece(c);
        c->others += c->store->edits != before;
        return go_on;
}

void conf_top(struct conf_ctx *c)
{
        c->depth = 0;
        c->skip_indent = 0;
}

const char *conf_prompt(const struct conf_ctx *c)
{
        return c->depth ? c->level[c->depth - 1].row->mode->prompt : "config";
}

/* The object of the first n modes. A mode row's own target needs no arguments to find where its list is. */
void *conf_object_at(const struct conf_ctx *c, unsigned n)
{
        char *obj = (char *)c->store;

        for (unsigned i = 0; i < n && obj; i++) {
                const struct cmd_row *row = c->level[i].row;

                if (!(row->flags & ROW_SAME))
                        obj = conf_list_find((struct conf_list *)(void *)(obj + row->list), c->level[i].name);
        }
        return obj;
}

void *conf_object(const struct conf_ctx *c)
{
        return conf_object_at(c, c->depth);
}

void *conf_outer(const struct conf_ctx *c, unsigned up)
{
        return conf_object_at(c, up > c->depth ? 0 : c->depth - up);
}

static void PRINTF_LIKE(3, 0) say(struct conf_ctx *c, const char *kind, const char *fmt, va_list ap)
{
        text_add(&c->res->text, kind);
        text_vprintf(&c->res->text, fmt, ap);
        text_add(&c->res->text, "\n");
}

void conf_info(struct conf_ctx *c, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        say(c, "INFO: ", fmt, ap);
        va_end(ap);
}

void conf_say(struct conf_ctx *c, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        say(c, "", fmt, ap);
        va_end(ap);
}

void conf_warning(struct conf_ctx *c, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        say(c, "WARNING: ", fmt, ap);
        va_end(ap);
}

void conf_inert(struct conf_ctx *c, const char *why)
{
        c->res->inert = true;
        conf_warning(c, "%s is kept but not in force: %s", *why == '`' ? "A part of this line" : "This line", why);
}

void conf_kept(struct conf_ctx *c, const char *why, bool first)
{
        c->res->inert = true;
        if (first)
                conf_warning(c, "This section is kept but not in force: %s", why);
}
