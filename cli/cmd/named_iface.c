#include "cli/cmd/named_iface.h"

#include <string.h>

#include "cli/conf/store.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

static bool is_pair(const struct gram_part *p)
{
        return p->kind == PART_VALUE && !strcmp(p->type->name, "ifpair");
}

/* "(inside)", of lines that are kept */
static bool is_one(const struct gram_part *p)
{
        return p->kind == PART_VALUE && !strcmp(p->type->name, "oneif");
}

static bool is_name(const struct gram_part *p)
{
        return p->kind == PART_VALUE && (is_pair(p) || !strcmp(p->type->name, "nameif"));
}

static bool holds(const struct gram_part *p, const char *obj)
{
        for (unsigned i = 0; i < p->ntags; i++)
                if (!field_is(obj + p->tag[i].off, p->tag[i].size, p->tag[i].val))
                        return false;
        return true;
}

/* Where in the object of a line a part has this name; NULL: nowhere. */
static char *field_of(const struct gram_part *p, char *obj, const char *nameif)
{
        char *v;

        if (!p->bind || p->apart || !is_name(p) || !holds(p, obj))
                return NULL;
        v = obj + p->base + p->bind->off;
        if (!strcmp(v, nameif))
                return v;
        v += p->bind->size / 2;
        return is_pair(p) && !strcmp(v, nameif) ? v : NULL;
}

bool named_by_iface(const struct tree_row *tr, const struct conf_obj *o, const char *nameif)
{
        for (unsigned i = 0; i < tr->element->npos; i++) {
                const struct gram_part *p = tr->element->pos[i];

                if (!p->bind && is_name(p) && !strcmp(p->text, "NAME") && !strcmp(o->name, nameif))
                        return true;
        }
        return false;
}

bool named_iface(const struct tree_row *tr, const void *obj, const char *nameif)
{
        char *o = (char *)(uintptr_t)obj;

        for (unsigned i = 0; i < tr->element->npos; i++)
                if (field_of(tr->element->pos[i], o, nameif))
                        return true;
        return tr->conf->kind != ROW_LEAF && named_by_iface(tr, obj, nameif);
}

bool named_replace(const struct tree_row *tr, void *obj, const char *from, const char *to)
{
        bool any = false;
        char *v;

        for (unsigned i = 0; i < tr->element->npos; i++)
                while ((v = field_of(tr->element->pos[i], obj, from))) {
                        str_copy(v, NAMEIF_MAX + 1, to);
                        any = true;
                }
        return any;
}

struct args *named_read(const struct store *s, const struct tree_row *tr, const char *line)
{
        struct type_env env = { .store = s, .late = true };
        const struct tree_mode one = { NULL, (struct tree_row *)(uintptr_t)tr, 1 };
        struct find_result *f = mem_alloc(MEM_CLI, sizeof *f);
        struct args *a = mem_alloc(MEM_CLI, sizeof *a);

        if (f && a && lex(&a->lx, line) == LEX_OK) {
                struct reading r = { .mode = &one, .lx = &a->lx, .priv = 15, .env = &env };

                tree_find(&r, f);
                if (f->how == FOUND) {
                        a->n = f->n;
                        memcpy(a->cap, f->cap, f->n * sizeof f->cap[0]);
                        mem_free(f);
                        return a;
                }
        }
        mem_free(f);
        args_free(a);
        return NULL;
}

/* Does the word stand at the beginning of s, with this behind it? */
static bool stands(const char *s, const char *word, char end)
{
        size_t n = strlen(word);

        return !strncmp(s, word, n) && s[n] == end;
}

bool named_typed(const struct gram_part *p, const char *s, const char *from, const char *to, struct text *out)
{
        const char *comma = is_name(p) && is_pair(p) ? strchr(s, ',') : NULL;
        bool whole = is_name(p) && !comma && !strcmp(s, from);
        bool one = is_one(p) && *s == '(' && stands(s + 1, from, ')');
        bool real = comma && stands(s + 1, from, ','), mapped = comma && stands(comma + 1, from, ')');

        if (!out)
                return whole || one || real || mapped;
        if (whole || one)
                text_printf(out, one ? "(%s)" : "%s", to);
        else if (comma)
                text_printf(out, "(%.*s,%s%s", (int)(real ? strlen(to) : (size_t)(comma - s - 1)), real ? to : s + 1,
                            mapped ? to : comma + 1, mapped ? ")" : "");
        else
                text_add(out, s);
        return whole || one || real || mapped;
}

bool named_in_text(const struct store *s, const struct tree_row *tr, const char *line, const char *nameif)
{
        struct args *a = named_read(s, tr, line);
        bool yes = false;

        for (unsigned i = 0; a && i < a->n; i++)
                yes |= named_typed(a->cap[i].part, a->cap[i].s, nameif, NULL, NULL);
        args_free(a);
        return yes;
}
