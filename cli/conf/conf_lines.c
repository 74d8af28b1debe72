#include "cli/conf/conf_lines.h"

#include <string.h>

#include "platform/base/mem.h"

static bool grow(struct conf_lines *l)
{
        unsigned cap = l->cap ? 2 * l->cap : 256;
        struct conf_text_line *p;

        if (l->n < l->cap)
                return true;
        p = mem_realloc(MEM_CLI, l->line, cap * sizeof *p);
        if (!p)
                return false;
        l->line = p;
        l->cap = cap;
        return true;
}

static void add(void *ctx, const struct running_line *r)
{
        struct conf_lines *l = ctx;
        char *text = mem_strdup(MEM_CLI, r->text);

        if (!text || !grow(l)) {
                mem_free_secret(text);
                l->bad = true;
                return;
        }
        l->line[l->n++] = (struct conf_text_line){ r->row, text, NULL, r->raw ? 0 : r->depth, r->raw, 0 };
}

/* A block is a line and all that follow deeper, or raw. */
static void find_ends(struct conf_lines *l)
{
        for (unsigned i = l->n; i-- > 0;) {
                unsigned end = i + 1;

                while (!l->line[i].raw && end < l->n && (l->line[end].raw || l->line[end].depth > l->line[i].depth))
                        end = l->line[end].end;
                l->line[i].end = end;
        }
}

int conf_lines_of(const struct store *s, bool plain, struct conf_lines *out, struct err *e)
{
        struct running r = { .store = s, .plain = plain, .line = add, .ctx = out };

        *out = (struct conf_lines){ 0 };
        running_walk(&r);
        out->bad |= r.bad;
        if (out->bad)
                return err_nomem(e, "listing the configuration");
        find_ends(out);
        return 0;
}

int conf_lines_mask(const struct store *s, struct conf_lines *l, struct err *e)
{
        struct conf_lines m;
        int rc = conf_lines_of(s, false, &m, e);

        if (!rc && m.n != l->n)
                rc = err_set(e, ERR_STATE, "the configuration can not be listed without its secrets");
        for (unsigned i = 0; !rc && i < l->n; i++) {
                if (!strcmp(m.line[i].text, l->line[i].text))
                        continue;
                l->line[i].shown = m.line[i].text;
                m.line[i].text = NULL;
        }
        conf_lines_fini(&m);
        return rc;
}

void conf_lines_fini(struct conf_lines *l)
{
        for (unsigned i = 0; i < l->n; i++) {
                mem_free_secret((char *)(uintptr_t)l->line[i].text);
                mem_free_secret((char *)(uintptr_t)l->line[i].shown);
        }
        mem_free(l->line);
        *l = (struct conf_lines){ 0 };
}
