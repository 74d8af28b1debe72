/* The running configuration for an operator: indentation, "!" lines, filter, envelope. */
#include <mbedtls/md5.h>
#include <stdio.h>
#include <string.h>

#include "cli/box/box.h"
#include "cli/lang/hwname.h"
#include "cli/conf/running.h"
#include "cli/lang/tree.h"
#include "platform/base/str.h"

struct sink {
        struct text *out;
        const struct cmd_section *section;
        bool section_began;
        const struct running_filter *f; /* NULL: everything */
        bool block_passes;              /* the top line passed */
        struct text head;               /* the top line, for lines below that pass alone */
        bool head_shown;
};

static void put_line(struct sink *s, unsigned depth, const char *text)
{
        for (unsigned i = 0; i < depth; i++)
                text_add(s->out, " ");
        text_add(s->out, text);
        text_add(s->out, "\n");
}

bool running_filter_head(const struct running_filter *f, const char *text)
{
        struct lexed lx;
        bool ok = lex(&lx, text) == LEX_OK;
        unsigned no = ok && !strcmp(lx.w[0].s, "no");

        ok = ok && lx.n >= f->n + no;
        for (unsigned i = 0; ok && i < f->n; i++)
                ok = !strcmp(lx.w[i + no].s, f->word[i].s);
        if (ok && f->id)
                ok = lx.n > 2 && !strcmp(lx.w[2].s, f->id);
        lex_fini(&lx);
        return ok;
}

bool running_filter_inner(const struct running_filter *f, const struct running_line *l)
{
        return l->depth && l->row->section && !strcmp(l->row->section, f->word[0].s);
}

static bool filtered(struct sink *s, const struct running_line *l)
{
        if (!s->f)
                return true;
        if (l->raw)
                return s->block_passes;
        if (!l->depth) {
                s->block_passes = running_filter_head(s->f, l->text);
                s->head_shown = s->block_passes;
                text_cut(&s->head, 0);
                text_add(&s->head, l->text);
        }
        if (s->block_passes || !l->depth)
                return s->block_passes;
        if (!running_filter_inner(s->f, l))
                return false;
        if (!s->head_shown)
                put_line(s, 0, text_str(&s->head));
        s->head_shown = true;
        return true;
}

static void on_line(void *ctx, const struct running_line *l)
{
        struct sink *s = ctx;

        if (!filtered(s, l))
                return;
        if (!s->section_began && !s->f && s->section && (s->section->flags & (SECTION_BANG | SECTION_AROUND)))
                text_add(s->out, "!\n");
        s->section_began = true;
        put_line(s, l->raw ? 0 : l->depth, l->text);
}

static void on_object(void *ctx)
{
        struct sink *s = ctx;

        if (!s->f && s->section && (s->section->flags & SECTION_BLOCK))
                text_add(s->out, "!\n");
}

static void on_section(void *ctx, const struct cmd_section *section, bool begin)
{
        struct sink *s = ctx;

        if (!begin && s->section_began && !s->f && (section->flags & SECTION_AROUND))
                text_add(s->out, "!\n");
        s->section = section;
        s->section_began = false;
}

/* ---- filter ---- */
static const char *first_keyword(const struct tree_row *tr)
{
        const struct cmd_row *row = tr->conf;

        if (row->section)
                return row->section;
        return tr->g->root->child->kind == PART_KEYWORD ? tr->g->root->child->text : NULL;
}

/* NULL: lines of this row are not printed. */
static const char *section_word(const struct tree_row *tr)
{
        return tr->conf->kind == ROW_CALL && !tr->conf->write ? NULL : first_keyword(tr);
}

void running_sections(const struct cli_tree *t, void (*fn)(void *ctx, const char *section), void *ctx)
{
        const struct tree_mode *g = tree_global(t);

        for (unsigned i = 0; i < g->n; i++)
                if (section_word(&g->row[i]))
                        fn(ctx, section_word(&g->row[i]));
        fn(ctx, "nat");
}

/* The section that a word abbreviates; ambiguous or unknown: NULL with e. */
static const char *section_of(const struct cli_tree *t, const char *word, struct err *e)
{
        const struct tree_mode *g = tree_global(t);
        const char *hit = NULL;

        if (str_prefix_ci("nat", word) && strlen(word) == 3)
                return "nat";
        for (unsigned i = 0; i < g->n; i++)
                if (section_word(&g->row[i]) && !strcasecmp(section_word(&g->row[i]), word))
                        return section_word(&g->row[i]);
        for (unsigned i = 0; i < g->n; i++) {
                const char *k = section_word(&g->row[i]);

                if (!k || !str_prefix_ci(k, word) || (hit && !strcmp(hit, k)))
                        continue;
                if (hit) {
                        err_set(e, ERR_SYNTAX, "%% Ambiguous command:  \"%s\"", word);
                        return NULL;
                }
                hit = k;
        }
        if (!hit)
                err_set(e, ERR_SYNTAX, "%% there is no section \"%s\" in the configuration", word);
        return hit;
}

/* "g0/0", "GigabitEthernet 0/0" and the name of the interface are its hardware name. */
static void settle_iface(struct running_filter *f, const struct store *st)
{
        const struct iface_conf *i = f->n > 1 ? store_iface(st, f->word[1].s) : NULL;
        char typed[2 * HWNAME_MAX + 1];

        if (f->n < 2 || strcmp(f->word[0].s, "interface") != 0)
                return;
        snprintf(typed, sizeof typed, "%.*s%.*s", HWNAME_MAX, f->word[1].s, HWNAME_MAX, f->n > 2 ? f->word[2].s : "");
        if (i)
                str_copy(f->iface, sizeof f->iface, i->o.name);
        else if (!hwname_canon(typed, strlen(typed), f->iface))
                return;
        f->word[1].s = f->iface;
        f->n = 2;
}

static void settle_id(struct running_filter *f)
{
        if (f->n != 3 || strncmp(f->word[0].s, "object", 6) != 0 || strcasecmp(f->word[1].s, "id") != 0)
                return;
        f->id = f->word[2].s;
        f->n = 1;
}

int running_filter_init(struct running_filter *f, const struct store *s, const char *words, struct err *e)
{
        const char *full;

        *f = (struct running_filter){ 0 };
        if (lex(&f->lx, words) != LEX_OK)
                return err_set(e, ERR_SYNTAX, "%% there is no section \"%.60s\" in the configuration", words);
        full = section_of(s->tree, f->lx.w[0].s, e);
        if (full && f->lx.n > RUNNING_WORDS)
                full = (err_set(e, ERR_LIMIT, "more than %d words", RUNNING_WORDS), NULL);
        if (!full) {
                lex_fini(&f->lx);
                return -1;
        }
        f->n = f->lx.n;
        memcpy(f->word, f->lx.w, f->n * sizeof f->word[0]);
        f->word[0].s = full;
        settle_iface(f, s);
        settle_id(f);
        return 0;
}

void running_filter_fini(struct running_filter *f)
{
        lex_fini(&f->lx);
}

/* ---- whole ---- */
static int write_body(const struct store *st, const struct running_opts *o, struct sink *s, struct err *e)
{
        struct running r = { .store = st,
                             .all = o->all,
                             .plain = o->plain,
                             .line = on_line,
                             .section = on_section,
                             .after_object = on_object,
                             .ctx = s };
        struct addr_names names = { 0 };
        bool whole = !o->filter || !o->filter[strspn(o->filter, " ")];
        struct running_filter f;

        if (!whole && running_filter_init(&f, st, o->filter, e) < 0)
                return -1;
        s->f = whole ? NULL : &f;
        if (!o->numbers)
                addr_names_of(st, &names);
        r.names = names.n ? &names : NULL;
        running_walk(&r);
        addr_names_fini(&names);
        if (!whole)
                running_filter_fini(&f);
        s->f = NULL;
        text_fini(&s->head);
        if (r.bad || s->out->bad)
                return err_nomem(e, "the running configuration");
        return 0;
}

static void sum_text(const char *text, size_t n, char out[33])
{
        unsigned char md[16] = { 0 };

        mbedtls_md5_ret((const unsigned char *)text, n, md);
        for (int i = 0; i < 16; i++)
                snprintf(out + 2 * i, 3, "%02x", md[i]);
}

void running_checksum(const struct store *s, char out[33])
{
        const struct running_opts plain = { .plain = true };
        struct text t = { 0 };
        struct sink sink = { .out = &t };

        if (write_body(s, &plain, &sink, NULL) < 0)
                text_cut(&t, 0);
        sum_text(text_str(&t), t.n, out);
        text_fini(&t);
}

enum running_sum running_text_checksum(const char *text, size_t n, char out[33])
{
        static const char label[] = "\nCryptochecksum:";
        const char *head = memmem(text, n, "\nASA Version ", 13), *end = text + n, *last = NULL, *p = text;
        const char *from = head ? memchr(head + 1, '\n', (size_t)(end - head - 1)) : NULL;

        while ((p = memmem(p, (size_t)(end - p), label, sizeof label - 1)))
                last = p++;
        if (!from || end - from < 3 || memcmp(from, "\n!\n", 3) != 0 || !last || last < from + 2)
                return RUNNING_SUM_NONE;
        sum_text(from + 3, (size_t)(last + 1 - (from + 3)), out);
        last += sizeof label - 1;
        last += strspn(last, " ");
        return end - last >= 32 && !memcmp(last, out, 32) ? RUNNING_SUM_RIGHT : RUNNING_SUM_WRONG;
}

#define TRIES 3u /* with rests: somebody may change something every time */

/* Cryptochecksum is that of the plain lines: of what is printed, where that is them. -1: memory ran out, or others
 * changed something meanwhile. */
static int write_sum(const struct store *s, const struct running_opts *o, size_t from, bool rest, struct text *out)
{
        bool printed = o->plain && !o->all && !o->numbers && !o->filter;
        uint64_t edits = s->edits;
        char sum[33];

        if (!printed && rest && o->rest)
                o->rest(o->rest_ctx);
        if (s->edits != edits)
                return -1;
        if (printed)
                sum_text(text_str(out) + from, out->n - from, sum);
        else
                running_checksum(s, sum);
        text_printf(out, "Cryptochecksum:%s\n: end\n", sum);
        return 0;
}

int running_write(const struct store *s, const struct running_opts *o, struct text *out, struct err *e)
{
        struct sink sink = { .out = out };
        unsigned tries = 0;
        size_t from;
        int ret;

        if (o->envelope) {
                text_add(out, ": Saved\n");
                if (o->written)
                        text_printf(out, ": Written %s\n", o->written);
                else
                        text_add(out, ":\n");
                text_printf(out, "!\nASA Version %s\n!\n", ASA_RELEASE);
        }
        from = out->n;
        do {
                text_cut(out, from);
                ret = write_body(s, o, &sink, e);
        } while (!ret && o->envelope && write_sum(s, o, from, ++tries < TRIES, out) < 0);
        return ret == 0 && out->bad ? err_nomem(e, "the running configuration") : ret;
}
