#include "cli/conf/mask.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "cli/lang/grammar.h"
#include "platform/base/mem.h"

static bool is_secret(const struct gram_part *p)
{
        return p->kind == PART_VALUE && ((p->bind_flags & BIND_SECRET) || (p->type->flags & TYPE_SECRET));
}

/* Where the captured text stands in the line. */
static bool place_of(const struct lexed *lx, const struct captured *c, size_t *from, size_t *to)
{
        size_t len = strlen(lx->raw);

        if (c->part->type->flags & TYPE_LINE) {
                *from = (size_t)(c->s - lx->raw);
                *to = len;
                return c->s >= lx->raw && c->s <= lx->raw + len;
        }
        for (unsigned i = 0; i < lx->n; i++) {
                if (lx->w[i].s != c->s)
                        continue;
                *from = lx->w[i].off;
                *to = lx->w[i].off + lx->w[i].n;
                return true;
        }
        return false;
}

void mask_secrets(const struct lexed *lx, const struct captured *cap, unsigned n, struct text *out)
{
        size_t done = 0, from, to;
        bool any = false;

        for (unsigned i = 0; i < n; i++) {
                if (!is_secret(&cap[i].part[0]))
                        continue;
                if (!place_of(lx, &cap[i], &from, &to) || from < done) /* rather too little than too much */
                        from = done, to = strlen(lx->raw);
                text_addn(out, lx->raw + done, from - done);
                text_add(out, "*****");
                done = to;
                any = true;
        }
        if (any)
                text_add(out, lx->raw + done);
}

void mask_urls(const char *line, struct text *out)
{
        const char *p;

        while ((p = strstr(line, "://"))) {
                size_t len = 3 + strcspn(p + 3, " ");
                const char *at = memrchr(p, '@', len), *colon = memchr(p + 3, ':', len - 3);

                if (at && colon && colon < at) {
                        text_addn(out, line, (size_t)(colon + 1 - line));
                        text_add(out, "*****");
                        line = at;
                } else {
                        text_addn(out, line, (size_t)(p + 3 - line));
                        line = p + 3;
                }
        }
        text_add(out, line);
}

bool mask_has_secret(const struct tree_row *tr)
{
        for (unsigned i = 0; i < tr->g->npos; i++)
                if (is_secret(tr->g->pos[i]))
                        return true;
        return false;
}

/* ---- lines that are not understood ---- */

/* How much of the line are the keywords that the grammar begins with, abbreviated perhaps; 0: it begins otherwise. */
static size_t same_start(const char *grammar, const char *line)
{
        const char *p = line + strspn(line, " ");

        while (islower((unsigned char)*grammar)) {
                size_t k = strcspn(grammar, " "), n = strcspn(p, " ");

                if (!n || n > k || strncasecmp(grammar, p, n) != 0)
                        return 0;
                p += n;
                grammar += k + strspn(grammar + k, " ");
                if (!islower((unsigned char)*grammar))
                        break;
                p += strspn(p, " ");
        }
        return (size_t)(p - line);
}

static size_t start_in(const struct tree_mode *m, const char *line)
{
        for (unsigned i = 0; i < m->n; i++) {
                const struct tree_row *tr = &m->row[i];
                size_t n = mask_has_secret(tr) ? same_start(tr->conf ? tr->conf->line : tr->exec->grammar, line) : 0;

                if (n)
                        return n;
        }
        return 0;
}

void mask_unread(const struct cli_tree *tree, const char *line, struct text *out)
{
        size_t n = start_in(tree_global(tree), line);

        if (!n)
                n = start_in(tree_exec(tree), line);
        for (unsigned i = 0; !n && tree_mode_at(tree, i); i++)
                n = start_in(tree_mode_at(tree, i), line);
        text_addn(out, line, n ? n : strlen(line));
        if (n && line[n + strspn(line + n, " ")])
                text_add(out, " *****");
}

static void mask_tail(const char *line, struct text *out)
{
        text_addn(out, line, strcspn(line, " "));
        text_add(out, " *****");
}

void mask_kept(const struct store *s, const struct tree_row *tr, const char *line, struct text *out)
{
        struct tree_row row = *tr;
        const struct tree_mode only = { .row = &row, .n = 1 };
        struct type_env env = { .store = s, .late = true };
        struct find_result *f = mem_alloc(MEM_CLI, sizeof *f);
        struct lexed lx = { 0 };
        size_t was = out->n;

        if (f && lex(&lx, line) == LEX_OK) {
                const struct reading r = { .mode = &only, .lx = &lx, .priv = 15, .env = &env };

                tree_find(&r, f);
                if (f->how == FOUND)
                        mask_secrets(&lx, f->cap, f->n, out);
                if (f->how == FOUND && out->n == was) /* a form of the row without one */
                        text_add(out, line);
        }
        if (out->n == was)
                mask_tail(line, out);
        lex_fini(&lx);
        mem_free(f);
}
