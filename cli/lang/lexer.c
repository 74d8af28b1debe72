#include "cli/lang/lexer.h"

#include <string.h>

#include "platform/base/mem.h"

static bool is_blank(char c)
{
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The word at off; *to is where its text goes. Returns the offset behind it. */
static unsigned cut_word(struct lexed *l, struct word *w, unsigned off, char **to)
{
        const char *s = l->line + off, *close = *s == '"' ? strchr(s + 1, '"') : NULL;
        const char *from = s, *end = s;

        if (close && (!close[1] || is_blank(close[1]))) {
                w->quoted = true;
                from = s + 1;
                end = close;
        } else {
                while (*end && !is_blank(*end))
                        end++;
        }
        w->s = *to;
        memcpy(*to, from, (size_t)(end - from));
        *to += end - from;
        *(*to)++ = 0;
        w->off = off;
        w->n = (unsigned)(end - s) + w->quoted;
        return off + w->n;
}

static size_t trimmed_length(const char *line, size_t n)
{
        while (n && is_blank(line[n - 1]))
                n--;
        return n;
}

enum lex_result lex(struct lexed *l, const char *line)
{
        size_t n = strnlen(line, CLI_LINE_MAX + 1), keep;
        unsigned off = 0;
        char *to;

        *l = (struct lexed){ .line = line };
        if (n > CLI_LINE_MAX)
                return LEX_TOO_LONG;
        while (is_blank(line[off]))
                off++;
        if (!line[off] || line[off] == '!' || line[off] == ':')
                return LEX_EMPTY;
        keep = trimmed_length(line, n);
        l->copy = to = mem_alloc(MEM_CLI, keep + 1 + n + CLI_WORDS_MAX + 1);
        if (!l->copy)
                return LEX_NOMEM;
        memcpy(to, line, keep);
        l->raw = to;
        to += keep + 1;
        l->open_end = keep == n;
        while (line[off] && l->n < CLI_WORDS_MAX) {
                off = cut_word(l, &l->w[l->n++], off, &to);
                while (is_blank(line[off]))
                        off++;
        }
        l->more = line[off] != 0;
        return LEX_OK;
}

void lex_fini(struct lexed *l)
{
        mem_free_secret(l->copy);
        l->copy = NULL;
        l->raw = NULL;
        l->n = 0;
}
