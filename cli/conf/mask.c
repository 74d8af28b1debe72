#include "cli/conf/mask.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "cli/lang/grammar.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

static bool is_secret(const struct gram_part *p)
{
        return p->kind == PART_VALUE && ((p->bind_flags & BIND_SECRET) || (p->type->flags & TYPE_SECRET));
}

/* Words of kept text behind which a secret stands, once some other words have passed. A word may be cut to n letters.
 */
static const struct {
        const char *word;
        unsigned n, skip;
} secrets[] = {
        { "key", 3, 0 },
        { "pre-shared-key", 12, 0 },
        { "password", 4, 0 },
        { "passwd", 6, 0 },
        { "passphrase", 5, 0 },
        { "secret", 3, 0 },
        { "shared-secret", 8, 0 },
        { "message-digest-key", 12, 0 },
        { "key-string", 5, 0 },
        { "authentication-key", 16, 0 },
        { "ldap-login-password", 12, 0 },
        { "radius-common-pw", 8, 0 },
        { "community", 4, 0 },
        { "md5", 3, 0 },
        { "host", 4, 1 }, /* aaa-server TAG (IF) host A KEY */
};

/* What a word ends with that has a secret behind it, whatever it is the secret of. */
static const char *const ends[] = { "-key", "-password", "-passphrase", "-secret" };

static const char *word_end(const char *s)
{
        return s + strcspn(s, " \t");
}

static const char *next_word(const char *s)
{
        s = word_end(s);
        return s + strspn(s, " \t");
}

static bool ends_so(const char *w, size_t n)
{
        for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
                size_t k = strlen(ends[i]);

                if (n > k && !strncasecmp(w + n - k, ends[i], k))
                        return true;
        }
        return false;
}

static const char *unless_timeout(const char *s)
{
        return *s && strncasecmp(s, "timeout ", 8) != 0 ? s : NULL;
}

/* The secret that this word announces at once, or behind others; NULL: none. What has a name of its own is none. */
static const char *announced(const char *w, bool behind)
{
        size_t n = (size_t)(word_end(w) - w);

        for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
                const char *s = next_word(w);

                if ((secrets[i].skip && !behind) || n < secrets[i].n || strncasecmp(secrets[i].word, w, n) != 0 ||
                    n > strlen(secrets[i].word))
                        continue;
                for (unsigned k = 0; k < secrets[i].skip; k++)
                        s = next_word(s);
                return unless_timeout(s);
        }
        return ends_so(w, n) ? unless_timeout(next_word(w)) : NULL;
}

/* Where the secrets of a kept text begin; its end: it has none. */
static size_t secret_begins(const char *s, bool behind)
{
        const char *w = s + strspn(s, " \t");

        while (*w && !announced(w, behind))
                w = next_word(w);
        return (size_t)((*w ? announced(w, behind) : w) - s);
}

/* Passwords of URLs, up to the end. */
static void put_urls(const char *line, const char *end, struct text *out)
{
        const char *p;

        while ((p = memmem(line, (size_t)(end - line), "://", 3))) {
                size_t word = strcspn(p, " "), len = MIN_OF(word, (size_t)(end - p));
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
        text_addn(out, line, (size_t)(end - line));
}

void mask_urls(const char *line, struct text *out)
{
        put_urls(line, line + strlen(line), out);
}

/* What may stand behind a secret and is none: the text is shown on from there. */
static bool is_plain(const char *w)
{
        static const char *const words[] = { "address",  "encrypted",   "hostname", "no-config-mode",
                                             "no-xauth", "store-local", "timeout" };
        size_t n = (size_t)(word_end(w) - w);

        for (size_t i = 0; i < ARRAY_LEN(words); i++)
                if (n == strlen(words[i]) && !strncasecmp(w, words[i], n))
                        return true;
        return false;
}

/* "8 SECRET", "hex SECRET": the word says how it is written. */
static bool is_form(const char *s)
{
        size_t n = (size_t)(word_end(s) - s);

        return ((n == 1 && isdigit((unsigned char)*s)) || (n == 3 && !strncasecmp(s, "hex", 3))) && *next_word(s);
}

/* Behind the secret: it is one word when one that is no part of it follows, else all the rest. */
static const char *secret_ends(const char *s)
{
        const char *next = next_word(s);

        if (is_form(s) && !is_plain(next))
                s = next, next = next_word(s);
        return *s != '"' && is_plain(next) ? word_end(s) : s + strlen(s);
}

static void put_secrets(const char *s, struct text *out)
{
        for (size_t n; *s; s = secret_ends(s + n)) {
                n = secret_begins(s, true);
                put_urls(s, s + n, out);
                if (!s[n])
                        return;
                text_add(out, "*****");
        }
}

void mask_text(const char *line, struct text *out)
{
        put_secrets(line, out);
}

bool mask_same(const char *x, const char *y)
{
        struct text tx = { 0 }, ty = { 0 };
        bool same;

        mask_text(x, &tx);
        mask_text(y, &ty);
        same = !strcmp(text_str(&tx), text_str(&ty)) && !tx.bad && !ty.bad;
        text_fini(&tx);
        text_fini(&ty);
        return same;
}

static bool is_stars(const char *w, size_t n)
{
        return n && strspn(w, "*") >= n;
}

/* "http://user:*****@host" */
static bool is_masked_url(const char *w, size_t n)
{
        const char *url = memmem(w, n, "://", 3);

        return url && memmem(url + 3, n - (size_t)(url + 3 - w), ":*****@", 7);
}

bool mask_is_masked(const char *line)
{
        for (const char *w = line + strspn(line, " \t"); *w; w = next_word(w)) {
                size_t n = (size_t)(word_end(w) - w);

                if (is_stars(w, n) || is_masked_url(w, n))
                        return true;
        }
        return false;
}

static bool is_kept(const struct gram_part *p)
{
        return p->kind == PART_VALUE && (p->type->flags & TYPE_KEPT);
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
                if (!is_secret(cap[i].part) && !(is_kept(cap[i].part) && cap[i].s[secret_begins(cap[i].s, true)]))
                        continue;
                if (!place_of(lx, &cap[i], &from, &to) || from < done) /* rather too little than too much */
                        from = done, to = strlen(lx->raw);
                text_addn(out, lx->raw + done, from - done);
                if (is_kept(cap[i].part))
                        put_secrets(lx->raw + from, out);
                else
                        text_add(out, "*****");
                done = to;
                any = true;
        }
        if (any)
                text_add(out, lx->raw + done);
}

/* "key", "pre-shared-key": there is one of this name. */
static bool is_single(const char *w, size_t n)
{
        static const char *const names[] = { "key", "password", "passphrase", "pw", "secret" };

        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
                size_t k = strlen(names[i]);

                if (n >= k && !strncasecmp(w + n - k, names[i], k) && (n == k || w[n - k - 1] == '-'))
                        return true;
        }
        return false;
}

/* How much of the text names the secret that is all it sets; 0: it sets something else. *rest: behind the secret. */
static size_t sets(const char *line, const char **rest)
{
        size_t n = secret_begins(line, false), end = n, begin;
        const char *s = line + n;

        *rest = secret_ends(s);
        if (is_form(s) && !is_plain(next_word(s)))
                s = next_word(s);
        while (end && line[end - 1] == ' ')
                end--;
        for (begin = end; begin && line[begin - 1] != ' ';)
                begin--;
        return *s && word_end(s) == *rest && !is_stars(s, (size_t)(*rest - s)) &&
                               !(*rest)[secret_begins(*rest, true)] && is_single(line + begin, end - begin)
                       ? n
                       : 0;
}

size_t mask_sets(const char *line)
{
        const char *rest;

        return sets(line, &rest);
}

/* What stands behind a secret says whose it is, but for this. */
static const char *whose(const char *rest)
{
        rest += strspn(rest, " \t");
        return strcmp(rest, "store-local") ? rest : "";
}

bool mask_sets_anew(const char *x, const char *y, size_t n)
{
        const char *rx, *ry;

        return n && !strncmp(x, y, n) && sets(x, &rx) == n && sets(y, &ry) == n && !strcmp(whose(rx), whose(ry));
}

bool mask_has_secret(const struct tree_row *tr)
{
        for (unsigned i = 0; i < tr->g->npos; i++)
                if (is_secret(tr->g->pos[i]) || is_kept(tr->g->pos[i]))
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
        if (n) {
                text_addn(out, line, n);
                if (line[n + strspn(line + n, " ")])
                        text_add(out, " *****");
                return;
        }
        n = secret_begins(line, false);
        put_urls(line, line + n, out);
        if (line[n])
                text_add(out, "*****");
}

static void mask_tail(const char *line, struct text *out)
{
        text_addn(out, line, strcspn(line, " "));
        text_add(out, " *****");
}

static void mask_words(const struct store *s, const struct tree_row *tr, const char *line, struct text *out)
{
        struct tree_row row = *tr;
        const struct tree_mode only = { .row = &row, .n = 1 };
        struct type_env env = { .store = s, .late = true };
        struct find_result *f = mem_alloc(MEM_CLI, sizeof *f);
        struct lexed lx = { 0 };
        size_t was = out->n, no = strncmp(line, "no ", 3) ? 0 : 3;

        text_addn(out, line, no);
        line += no;
        was += no;
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

void mask_kept(const struct store *s, const struct tree_row *tr, const char *line, struct text *out)
{
        struct text words = { 0 };

        mask_words(s, tr, line, &words);
        mask_urls(text_str(&words), out);
        out->bad |= words.bad;
        text_fini(&words);
}
