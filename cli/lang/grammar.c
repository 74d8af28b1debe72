#include "cli/lang/grammar.h"

#include <string.h>

#include "platform/base/str.h"

/* The text under the reader's eye, and what its parts are bound to. */
struct src {
        struct arena *a;
        const char *p;
        const struct cmd_bind *bind; /* may be NULL */
        uint32_t base;
        unsigned flags; /* inherited by every part */
        unsigned ntags;
        struct cmd_tag tag[GRAMMAR_TAGS_MAX];
        const char *scope;
        bool apart; /* inside a composite value that is bound to nothing */
        struct err *e;
        const char *whole;
};

static struct gram_part *parse_seq(struct src *s, char end);

static struct gram_part *bad(struct src *s, const char *what)
{
        err_set(s->e, ERR_SYNTAX, "grammar \"%s\": %s at \"%s\"", s->whole, what, s->p);
        return NULL;
}

static struct gram_part *part_new(struct src *s, enum part_kind kind)
{
        struct gram_part *p = arena_alloc(s->a, sizeof *p);

        if (!p) {
                err_nomem(s->e, "compiling a grammar");
                return NULL;
        }
        p->kind = kind;
        p->base = s->base;
        p->bind_flags = s->flags;
        p->ntags = s->ntags;
        memcpy(p->tag, s->tag, sizeof p->tag);
        p->scope = s->scope;
        p->apart = s->apart;
        return p;
}

static void skip_blanks(struct src *s)
{
        while (*s->p == ' ')
                s->p++;
}

static bool is_word_char(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '/' || c == '.' || c == '+';
}

/* also: one more character that may stand inside (keywords such as system:running-config). */
static char *take_word(struct src *s, char also)
{
        const char *from = s->p;
        char *w;

        while (is_word_char(*s->p) || (also && *s->p == also))
                s->p++;
        w = arena_alloc(s->a, (size_t)(s->p - from) + 1);
        if (w)
                memcpy(w, from, (size_t)(s->p - from));
        return w;
}

static const struct cmd_bind *find_bind(const struct src *s, const char *name)
{
        for (const struct cmd_bind *b = s->bind; b && b->name; b++)
                if (!strcmp(b->name, name))
                        return b;
        return NULL;
}

/* Takes over a binding, its tag made absolute. */
static bool attach(struct src *s, struct gram_part *p, const struct cmd_bind *b)
{
        p->bind = b;
        p->bind_flags |= b->flags & (BIND_ATTR | BIND_SECRET);
        if (!b->tag.size)
                return true;
        if (p->ntags == GRAMMAR_TAGS_MAX) {
                bad(s, "values nest too deep");
                return false;
        }
        p->tag[p->ntags] = b->tag;
        p->tag[p->ntags++].off += s->base;
        return true;
}

/* "(LO-HI)", "(N)" or "(text)" behind a type. */
static bool parse_type_arg(struct src *s, struct type_arg *ta)
{
        char *text, *dash;
        size_t n;

        if (*s->p != '(')
                return true;
        n = strcspn(s->p, ")");
        text = arena_alloc(s->a, n);
        if (!text || !s->p[n])
                return false;
        memcpy(text, s->p + 1, n - 1);
        s->p += n + 1;
        ta->text = text;
        dash = strchr(text, '-');
        if (!dash)
                return !str_u64(text, 0, UINT64_MAX, &ta->hi) || true;
        *dash = 0;
        if (!str_u64(text, 0, UINT64_MAX, &ta->lo) || !str_u64(dash + 1, 0, UINT64_MAX, &ta->hi))
                *dash = '-';
        return true;
}

/* A composite value is its own grammar, reading into the bound struct. */
static struct gram_part *inline_type(struct src *s, struct gram_part *p)
{
        struct src in = *s;

        in.p = p->type->grammar;
        in.whole = p->type->grammar;
        in.bind = p->type->bind;
        in.base = p->bind ? s->base + p->bind->off : 0;
        in.flags = p->bind_flags;
        in.ntags = p->ntags;
        memcpy(in.tag, p->tag, sizeof in.tag);
        in.scope = s->scope ? s->scope : p->text;
        in.apart = s->apart || !p->bind;
        return parse_seq(&in, 0);
}

static struct gram_part *parse_value(struct src *s)
{
        struct gram_part *p = part_new(s, PART_VALUE);
        const char *type = "word";
        const struct cmd_bind *b;
        size_t n = 4;

        if (!p)
                return NULL;
        p->text = take_word(s, 0);
        if (!p->text)
                return bad(s, "out of memory");
        if (*s->p == ':') {
                type = ++s->p;
                n = strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789");
                s->p += n;
        }
        p->type = type_find(type, n);
        if (!p->type)
                return bad(s, "unknown type");
        if (!parse_type_arg(s, &p->targ))
                return bad(s, "bad arguments of a type");
        b = find_bind(s, p->text);
        if (b && !attach(s, p, b))
                return NULL;
        return p->type->grammar ? inline_type(s, p) : p;
}

static struct gram_part *parse_keyword(struct src *s)
{
        struct gram_part *p = part_new(s, PART_KEYWORD);
        const char *bind_name = NULL;
        const struct cmd_bind *b;

        if (!p)
                return NULL;
        p->text = take_word(s, ':');
        if (!p->text)
                return bad(s, "out of memory");
        if (*s->p == '@') {
                s->p++;
                bind_name = take_word(s, 0);
        }
        b = find_bind(s, bind_name ? bind_name : p->text);
        return b && !attach(s, p, b) ? NULL : p;
}

/* A branch of several keywords may be bound as a whole, by its text: "h323 h225". */
static bool bind_branch(struct src *s, struct gram_part *seq, const char *from, const char *to)
{
        struct gram_part *p, *last = NULL;
        const struct cmd_bind *b;
        char text[64];

        for (p = seq->child; p; last = p, p = p->next)
                if (p->kind != PART_KEYWORD)
                        return true;
        while (from < to && *from == ' ')
                from++;
        while (to > from && to[-1] == ' ')
                to--;
        if (!last || last == seq->child || (size_t)(to - from) >= sizeof text)
                return true;
        memcpy(text, from, (size_t)(to - from));
        text[to - from] = 0;
        b = find_bind(s, text);
        if (!b)
                return true;
        for (p = seq->child; p; p = p->next)
                p->bind = NULL;
        return attach(s, last, b);
}

static struct gram_part *parse_alt(struct src *s)
{
        struct gram_part *alt = part_new(s, PART_ALT), **tail, *branch;

        if (!alt)
                return NULL;
        tail = &alt->child;
        do {
                const char *from = ++s->p;

                branch = parse_seq(s, '|');
                if (!branch || !bind_branch(s, branch, from, s->p))
                        return NULL;
                *tail = branch;
                tail = &branch->next;
        } while (*s->p == '|');
        if (*s->p != '}')
                return bad(s, "missing }");
        s->p++;
        return alt;
}

static struct gram_part *parse_opt(struct src *s)
{
        struct gram_part *opt = part_new(s, PART_OPT);

        if (!opt)
                return NULL;
        s->p++;
        opt->child = parse_seq(s, ']');
        if (!opt->child)
                return NULL;
        if (*s->p != ']')
                return bad(s, "missing ]");
        s->p++;
        return opt;
}

static struct gram_part *parse_part(struct src *s)
{
        if (*s->p == '{')
                return parse_alt(s);
        if (*s->p == '[')
                return parse_opt(s);
        if (*s->p >= 'A' && *s->p <= 'Z')
                return parse_value(s);
        if (*s->p == '=')
                s->p++;
        if (is_word_char(*s->p))
                return parse_keyword(s);
        return bad(s, "unexpected character");
}

/* Up to the end of the text, or the closing character (a branch also ends at its brace). */
static struct gram_part *parse_seq(struct src *s, char end)
{
        struct gram_part *seq = part_new(s, PART_SEQ), **tail, *p;

        if (!seq)
                return NULL;
        tail = &seq->child;
        for (skip_blanks(s); *s->p && *s->p != end && !(end == '|' && *s->p == '}'); skip_blanks(s)) {
                p = parse_part(s);
                if (!p)
                        return NULL;
                *tail = p;
                tail = &p->next;
        }
        return seq->child ? seq : bad(s, "empty sequence");
}

int grammar_automaton(struct arena *a, struct grammar *g, struct err *e);

struct grammar *grammar_compile(struct arena *a, const char *text, const struct cmd_bind *bind, struct err *e)
{
        struct src s = { .a = a, .p = text, .bind = bind, .e = e, .whole = text };
        struct grammar *g = arena_alloc(a, sizeof *g);

        if (!g) {
                err_nomem(e, "compiling a grammar");
                return NULL;
        }
        g->root = parse_seq(&s, 0);
        if (!g->root || grammar_automaton(a, g, e) < 0)
                return NULL;
        for (struct gram_part *p = g->root->child; p && p->kind == PART_KEYWORD; p = p->next) {
                p->lead = true;
                g->nlead++;
        }
        return g;
}
