#include "cli/conf/addr_names.h"

#include <stdlib.h>
#include <string.h>

#include "cli/box/box.h"
#include "cli/conf/store.h"
#include "cli/lang/tree.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

static int by_addr(const void *x, const void *y)
{
        const struct addr_name *a = x, *b = y;
        int d = addr_cmp(&a->addr, &b->addr);

        return d ? d : a->seq < b->seq ? -1 : 1;
}

/* 0.0.0.0 is everybody's or nobody's address: a number always. */
static bool is_usable(const struct store *s, const struct alias_conf *a)
{
        return !(addr_is_v4(&a->addr) && !a->addr.v4) && !conf_list_find(&s->policy.netobjs, a->o.name) &&
               !store_iface(s, a->o.name);
}

/* Of several names the one whose line stands first. */
static void drop_others(struct addr_names *n)
{
        unsigned kept = 0;

        for (unsigned i = 0; i < n->n; i++)
                if (!kept || !addr_eq(&n->e[kept - 1].addr, &n->e[i].addr))
                        n->e[kept++] = n->e[i];
        n->n = kept;
}

void addr_names_of(const struct store *s, struct addr_names *out)
{
        *out = (struct addr_names){ 0 };
        if (s->sys.no_names || !s->sys.aliases.n)
                return;
        out->e = mem_alloc(MEM_CLI, s->sys.aliases.n * sizeof *out->e);
        if (!out->e)
                return;
        conf_each(struct alias_conf, a, &s->sys.aliases) {
                struct addr_name *e = &out->e[out->n];

                if (!is_usable(s, a) || !str_copy(e->alias, sizeof e->alias, a->o.name))
                        continue;
                e->addr = a->addr;
                e->seq = out->n++;
        }
        qsort(out->e, out->n, sizeof *out->e, by_addr);
        drop_others(out);
}

void addr_names_of_box(struct box *b, struct addr_names *out)
{
        pthread_mutex_lock(&b->conf_lock);
        addr_names_of(b->store, out);
        pthread_mutex_unlock(&b->conf_lock);
}

const char *addr_names_find(const struct addr_names *n, const struct addr *a)
{
        unsigned lo = 0, hi = n ? n->n : 0;

        while (lo < hi) {
                unsigned mid = lo + (hi - lo) / 2;
                int d = addr_cmp(&n->e[mid].addr, a);

                if (!d)
                        return n->e[mid].alias;
                if (d < 0)
                        lo = mid + 1;
                else
                        hi = mid;
        }
        return NULL;
}

/* ---- words that are no names where a line of a row is read ---- */

struct addr_words {
        struct addr_words *next;
        const struct tree_row *row;
        unsigned n;
        const char *word[];
};

static void words_free(struct addr_words *w)
{
        while (w) {
                struct addr_words *next = w->next;

                mem_free(w);
                w = next;
        }
}

void addr_names_fini(struct addr_names *n)
{
        words_free(n->words);
        mem_free(n->e);
        *n = (struct addr_names){ 0 };
}

static const char *first_word(const struct tree_row *tr)
{
        return tr->g->npos && tr->g->pos[0]->kind == PART_KEYWORD ? tr->g->pos[0]->text : NULL;
}

static void add_word(struct addr_words *w, const char *word)
{
        for (unsigned i = 0; i < w->n; i++)
                if (!strcmp(w->word[i], word))
                        return;
        w->word[w->n++] = word;
}

/* The keywords of the rows that begin so; how many there may be. w NULL: only counted. */
static unsigned keywords(const struct tree_mode *m, const char *first, struct addr_words *w)
{
        unsigned n = 0;

        for (unsigned i = 0; i < m->n; i++) {
                const struct grammar *g = m->row[i].g;

                if (!first_word(&m->row[i]) || strcmp(first_word(&m->row[i]), first) != 0)
                        continue;
                for (unsigned k = 0; k < g->npos; k++) {
                        if (g->pos[k]->kind != PART_KEYWORD)
                                continue;
                        n++;
                        if (w)
                                add_word(w, g->pos[k]->text);
                }
        }
        return n;
}

/* All rows that begin alike are asked, since a line is read by all of them at once. */
static unsigned keywords_of(const struct cli_tree *t, const char *first, struct addr_words *w)
{
        unsigned n = keywords(tree_global(t), first, w);

        for (unsigned i = 0; tree_mode_at(t, i); i++)
                n += keywords(tree_mode_at(t, i), first, w);
        return n;
}

/* Collected when the first address of a row has a name, not for every address: there are thousands. The row asked for
 * last is in front. NULL: out of memory. */
static const struct addr_words *words_of(struct addr_names *n, const struct cli_tree *t, const struct tree_row *tr)
{
        struct addr_words *w = NULL;

        for (struct addr_words **at = &n->words; *at; at = &(*at)->next) {
                if ((*at)->row != tr)
                        continue;
                w = *at;
                *at = w->next;
                break;
        }
        if (!w)
                w = mem_alloc(MEM_CLI, sizeof *w + keywords_of(t, first_word(tr), NULL) * sizeof w->word[0]);
        if (!w)
                return NULL;
        if (!w->row)
                keywords_of(t, first_word(tr), w);
        w->row = tr;
        w->next = n->words;
        n->words = w;
        return w;
}

const char *addr_names_find_for(struct addr_names *n, const struct cli_tree *t, const struct tree_row *tr,
                                const struct addr *a)
{
        const char *name = addr_names_find(n, a);
        const struct addr_words *w = name && first_word(tr) ? words_of(n, t, tr) : NULL;

        if (!w)
                return NULL;
        for (unsigned i = 0; i < w->n; i++)
                if (str_prefix_ci(w->word[i], name))
                        return NULL;
        return name;
}
