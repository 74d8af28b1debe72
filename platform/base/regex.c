#include "platform/base/regex.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "platform/base/mem.h"

#define DEPTH_MAX 100u /* of parentheses */
#define COUNT_MAX 255u
#define NONE UINT16_MAX

struct set {
        uint32_t bit[8];
};

/* ---- the expression as a tree ---- */
enum node_kind { EMPTY, SET, BEGIN, END, SEQ, ALT, REPEAT };
struct node {
        enum node_kind kind;
        uint16_t a, b;   /* SEQ, ALT; a of REPEAT; a of SET: its number */
        uint16_t lo, hi; /* REPEAT; hi COUNT_MAX + 1: without end */
};

/* ---- what runs ---- */
enum op { OP_SET, OP_BEGIN, OP_END, OP_SPLIT, OP_MATCH };
struct state {
        enum op op;
        uint16_t next, other; /* other: second way of a SPLIT, number of a SET */
};
struct regex {
        struct state *state;
        struct set *set;
        unsigned nstates, start;
};

struct parse {
        const char *p;
        struct node *node;
        struct set *set;
        unsigned nnodes, nsets, nodes_max, depth;
        struct regex *r;
        struct err *e;
};

static bool bad(struct parse *s, const char *why)
{
        if (s->e && s->e->code == ERR_NONE)
                err_set(s->e, ERR_SYNTAX, "%s", why);
        return false;
}

static void set_add(struct set *s, unsigned char c)
{
        s->bit[c / 32] |= 1u << c % 32;
}

static bool set_has(const struct set *s, unsigned char c)
{
        return s->bit[c / 32] >> c % 32 & 1;
}

static bool add_node(struct parse *s, struct node n, uint16_t *out)
{
        if (s->nnodes == s->nodes_max)
                return bad(s, "too complex");
        *out = (uint16_t)s->nnodes;
        s->node[s->nnodes++] = n;
        return true;
}

static bool add_set(struct parse *s, const struct set *set, uint16_t *out)
{
        s->set[s->nsets] = *set; /* there are as many as characters */
        return add_node(s, (struct node){ .kind = SET, .a = (uint16_t)s->nsets++ }, out);
}

static bool one_char(struct parse *s, unsigned char c, uint16_t *out)
{
        struct set set = { { 0 } };

        set_add(&set, c);
        return add_set(s, &set, out);
}

/* ---- [...] ---- */
static bool add_class(struct parse *s, struct set *set)
{
        static const struct {
                const char *name;
                int (*is)(int);
        } classes[] = { { "alpha:]", isalpha }, { "digit:]", isdigit }, { "alnum:]", isalnum },
                        { "space:]", isspace }, { "upper:]", isupper }, { "lower:]", islower },
                        { "punct:]", ispunct }, { "print:]", isprint }, { "xdigit:]", isxdigit },
                        { "blank:]", isblank }, { "graph:]", isgraph }, { "cntrl:]", iscntrl } };

        for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
                if (strncmp(s->p + 2, classes[i].name, strlen(classes[i].name)) != 0)
                        continue;
                for (int c = 0; c < 128; c++)
                        if (classes[i].is(c))
                                set_add(set, (unsigned char)c);
                s->p += 2 + strlen(classes[i].name);
                return true;
        }
        return bad(s, "unknown character class");
}

static bool add_range(struct parse *s, struct set *set)
{
        unsigned lo = (unsigned char)*s->p++, hi = lo;

        if (s->p[0] == '-' && s->p[1] && s->p[1] != ']') {
                hi = (unsigned char)s->p[1];
                s->p += 2;
        }
        if (hi < lo)
                return bad(s, "range ends before it begins");
        for (unsigned c = lo; c <= hi; c++)
                set_add(set, (unsigned char)c);
        return true;
}

static bool bracket(struct parse *s, uint16_t *out)
{
        struct set set = { { 0 } };
        bool invert = s->p[1] == '^', first = true;

        for (s->p += 1 + invert; *s->p && (first || *s->p != ']'); first = false)
                if (s->p[0] == '[' && s->p[1] == ':' ? !add_class(s, &set) : !add_range(s, &set))
                        return false;
        if (*s->p++ != ']')
                return s->p--, bad(s, "[ without ]");
        for (unsigned i = 0; invert && i < ARRAY_LEN(set.bit); i++)
                set.bit[i] = ~set.bit[i];
        return add_set(s, &set, out);
}

/* ---- single things ---- */
static int hex_digit(char c)
{
        return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

static bool escape(struct parse *s, uint16_t *out)
{
        static const char from[] = "trnf", to[] = "\t\r\n\f";
        char c = s->p[1];
        const char *at;

        if (!c)
                return bad(s, "ends in \\");
        if (isdigit((unsigned char)c))
                return bad(s, "back references are not supported");
        if (c == 'x' && hex_digit(s->p[2]) >= 0 && hex_digit(s->p[3]) >= 0) {
                c = (char)(hex_digit(s->p[2]) * 16 + hex_digit(s->p[3]));
                s->p += 4;
                return one_char(s, (unsigned char)c, out);
        }
        at = strchr(from, c);
        s->p += 2;
        return one_char(s, (unsigned char)(at ? to[at - from] : c), out);
}

static bool alternatives(struct parse *s, uint16_t *out);

static bool group(struct parse *s, uint16_t *out)
{
        if (s->depth == DEPTH_MAX)
                return bad(s, "parentheses nest too deep");
        s->depth++;
        s->p++;
        if (!alternatives(s, out))
                return false;
        if (*s->p != ')')
                return bad(s, "( without )");
        s->p++;
        s->depth--;
        return true;
}

static bool atom(struct parse *s, uint16_t *out)
{
        static const struct set all = { { ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u } };

        switch (*s->p) {
        case '(':
                return group(s, out);
        case '[':
                return bracket(s, out);
        case '\\':
                return escape(s, out);
        case '.':
                return s->p++, add_set(s, &all, out);
        case '^':
                return s->p++, add_node(s, (struct node){ .kind = BEGIN }, out);
        case '$':
                return s->p++, add_node(s, (struct node){ .kind = END }, out);
        case '*':
        case '+':
        case '?':
        case '{':
                return bad(s, "nothing to repeat");
        default:
                return one_char(s, (unsigned char)*s->p++, out);
        }
}

/* ---- counts ---- */
static bool number(struct parse *s, uint16_t *out)
{
        unsigned n = 0;

        if (!isdigit((unsigned char)*s->p))
                return bad(s, "count without a number");
        while (isdigit((unsigned char)*s->p) && n <= COUNT_MAX)
                n = n * 10 + (unsigned)(*s->p++ - '0');
        *out = (uint16_t)n;
        return n <= COUNT_MAX || bad(s, "count of more than 255");
}

static bool interval(struct parse *s, struct node *n)
{
        s->p++;
        if (!number(s, &n->lo))
                return false;
        n->hi = n->lo;
        if (*s->p == ',') {
                n->hi = COUNT_MAX + 1;
                if (*++s->p != '}' && !number(s, &n->hi))
                        return false;
        }
        if (*s->p != '}')
                return bad(s, "{ without }");
        s->p++;
        return n->lo <= n->hi || bad(s, "count ends before it begins");
}

static bool repeated(struct parse *s, uint16_t *out)
{
        if (!atom(s, out))
                return false;
        while (*s->p && strchr("*+?{", *s->p)) {
                struct node n = {
                        .kind = REPEAT, .a = *out, .lo = *s->p == '+', .hi = *s->p == '?' ? 1 : COUNT_MAX + 1
                };

                if (*s->p == '{' ? !interval(s, &n) : (s->p++, false))
                        return false;
                if (!add_node(s, n, out))
                        return false;
        }
        return true;
}

static bool sequence(struct parse *s, uint16_t *out)
{
        uint16_t next;

        if (!*s->p || *s->p == '|' || (*s->p == ')' && s->depth))
                return add_node(s, (struct node){ .kind = EMPTY }, out);
        if (!repeated(s, out))
                return false;
        while (*s->p && *s->p != '|' && !(*s->p == ')' && s->depth))
                if (!repeated(s, &next) || !add_node(s, (struct node){ .kind = SEQ, .a = *out, .b = next }, out))
                        return false;
        return true;
}

static bool alternatives(struct parse *s, uint16_t *out)
{
        uint16_t next;

        if (!sequence(s, out))
                return false;
        while (*s->p == '|') {
                s->p++;
                if (!sequence(s, &next) || !add_node(s, (struct node){ .kind = ALT, .a = *out, .b = next }, out))
                        return false;
        }
        return true;
}

/* ---- from the tree to states, last one first: `next` is where a part leads ---- */
static uint16_t add_state(struct parse *s, enum op op, uint16_t next, uint16_t other)
{
        struct regex *r = s->r;

        if (next == NONE || r->nstates == REGEX_STATES_MAX) {
                bad(s, "too complex");
                return NONE;
        }
        r->state[r->nstates] = (struct state){ op, next, other };
        return (uint16_t)r->nstates++;
}

static uint16_t emit(struct parse *s, uint16_t at, uint16_t next);

static uint16_t emit_repeat(struct parse *s, const struct node *n, uint16_t next)
{
        unsigned times = n->lo;
        uint16_t in = next;

        if (n->hi > COUNT_MAX) {
                uint16_t loop = add_state(s, OP_SPLIT, next, NONE);

                if (loop == NONE)
                        return NONE;
                in = emit(s, n->a, loop);
                s->r->state[loop].other = in;
                if (times)
                        times--; /* the part that repeats is the last that must be there */
                else if (in != NONE)
                        in = loop;
        } else {
                for (unsigned i = n->lo; i < n->hi && in != NONE; i++) {
                        uint16_t body = emit(s, n->a, in);

                        in = body == NONE ? NONE : add_state(s, OP_SPLIT, body, next);
                }
        }
        for (unsigned i = 0; i < times && in != NONE; i++)
                in = emit(s, n->a, in);
        return in;
}

/* Depth is bounded: SEQ and ALT lean to the left, so their chains are walked, not descended. */
static uint16_t emit(struct parse *s, uint16_t at, uint16_t next)
{
        const struct node *n = &s->node[at];

        for (; n->kind == SEQ && next != NONE; n = &s->node[n->a])
                next = emit(s, n->b, next);
        if (next == NONE)
                return NONE;
        switch (n->kind) {
        case SET:
                return add_state(s, OP_SET, next, n->a);
        case BEGIN:
                return add_state(s, OP_BEGIN, next, NONE);
        case END:
                return add_state(s, OP_END, next, NONE);
        case REPEAT:
                return emit_repeat(s, n, next);
        case ALT: {
                uint16_t a = emit(s, n->a, next), b = a == NONE ? NONE : emit(s, n->b, next);

                return b == NONE ? NONE : add_state(s, OP_SPLIT, a, b);
        }
        case SEQ:
        case EMPTY:
                break;
        }
        return next;
}

static bool compile(struct parse *s, const char *pattern)
{
        uint16_t top, end, start;

        s->p = pattern;
        if (!alternatives(s, &top))
                return false;
        end = add_state(s, OP_MATCH, 0, NONE);
        start = emit(s, top, end);
        s->r->start = start;
        return start != NONE;
}

struct regex *regex_new(const char *pattern, struct err *e)
{
        size_t n = strlen(pattern);
        struct err own = { 0 }, *to = e ? e : &own;
        struct parse s = { .e = to, .nodes_max = (unsigned)MIN_OF(n * 3 + 4, (size_t)NONE) };
        bool ok = false;

        to->code = ERR_NONE;
        s.r = mem_alloc(MEM_MISC, sizeof *s.r);
        s.node = mem_alloc(MEM_MISC, s.nodes_max * sizeof *s.node);
        s.set = mem_alloc(MEM_MISC, (n + 1) * sizeof *s.set);
        if (s.r)
                s.r->state = mem_alloc(MEM_MISC, REGEX_STATES_MAX * sizeof *s.r->state);
        if (!s.r || !s.node || !s.set || !s.r->state)
                err_nomem(to, "a regular expression");
        else
                ok = compile(&s, pattern);
        mem_free(s.node);
        if (s.r)
                s.r->set = s.set;
        else
                mem_free(s.set);
        if (ok)
                return s.r;
        regex_free(s.r);
        return NULL;
}

void regex_free(struct regex *r)
{
        if (!r)
                return;
        mem_free(r->state);
        mem_free(r->set);
        mem_free(r);
}

/* ---- matching ---- */
struct ways {
        uint16_t at[REGEX_STATES_MAX];
        unsigned n;
        uint32_t seen[REGEX_STATES_MAX / 32];
};

static void push(struct ways *w, uint16_t at)
{
        if (w->seen[at / 32] >> at % 32 & 1)
                return;
        w->seen[at / 32] |= 1u << at % 32;
        w->at[w->n++] = at;
}

/* Follows what takes no character; the list is its own queue. true: the end was reached. */
static bool follow(const struct regex *r, struct ways *w, size_t pos, size_t len)
{
        bool end = false;

        for (unsigned i = 0; i < w->n; i++) {
                const struct state *s = &r->state[w->at[i]];

                end |= s->op == OP_MATCH;
                if (s->op == OP_SPLIT)
                        push(w, s->other);
                if (s->op == OP_SPLIT || (s->op == OP_BEGIN && !pos) || (s->op == OP_END && pos == len))
                        push(w, s->next);
        }
        return end;
}

static void clear(struct ways *w)
{
        w->n = 0;
        memset(w->seen, 0, sizeof w->seen);
}

bool regex_match(const struct regex *r, const char *text, size_t n)
{
        struct ways w[2], *now = &w[0], *then = &w[1], *t;

        clear(now);
        for (size_t pos = 0;; pos++) {
                push(now, (uint16_t)r->start);
                if (follow(r, now, pos, n))
                        return true;
                if (pos == n)
                        return false;
                clear(then);
                for (unsigned i = 0; i < now->n; i++) {
                        const struct state *s = &r->state[now->at[i]];

                        if (s->op == OP_SET && set_has(&r->set[s->other], (unsigned char)text[pos]))
                                push(then, s->next);
                }
                t = now, now = then, then = t;
        }
}
