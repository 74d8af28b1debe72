/*
 * A grammar string compiled: a tree for writing (which parts are printed) and an automaton without empty moves for
 * reading (each word of the grammar is a position with the positions that may follow it).
 */
#ifndef VOXGATE_CLI_LANG_GRAMMAR_H
#define VOXGATE_CLI_LANG_GRAMMAR_H

#include "cli/lang/cmd.h"
#include "cli/lang/types.h"
#include "platform/base/addr.h"
#include "platform/base/arena.h"

#define GRAMMAR_TAGS_MAX 4

enum part_kind { PART_KEYWORD, PART_VALUE, PART_SEQ, PART_ALT, PART_OPT };

/* A node of the tree; the leaves are also the positions of the automaton. */
struct gram_part {
        enum part_kind kind;
        const char *text;               /* keyword, or name of the placeholder */
        struct gram_part *child, *next; /* of SEQ, ALT, OPT; sibling */
        const struct cmd_type *type;
        struct type_arg targ;
        const struct cmd_bind *bind; /* NULL: unbound */
        uint32_t base;               /* added to the offsets of bind: start of the enclosing composite value */
        unsigned bind_flags;         /* with those of the enclosing composites */
        unsigned ntags;
        struct cmd_tag tag[GRAMMAR_TAGS_MAX]; /* absolute offsets; own and inherited */
        /* automaton */
        uint16_t pos, nfollow;
        uint16_t *follow;
        bool last;
        bool lead;         /* a keyword that every line of the row begins with */
        const char *scope; /* name of the outermost placeholder it came from, NULL: itself */
        bool apart;        /* inside a composite value that is bound to nothing: offsets count from its own start */
};

struct grammar {
        struct gram_part *root;
        uint16_t npos, nfirst, nlead; /* nlead: keywords every line begins with */
        uint16_t *first;
        struct gram_part **pos;
        bool nullable;
};

/* NULL with e naming what is wrong in the text. Lives in the arena. */
struct grammar *grammar_compile(struct arena *a, const char *text, const struct cmd_bind *bind,
                                struct err *e) MUST_USE;

/*
 * FULL hides secrets, PLAIN shows them, ALL also prints numbers that are defaults; KEY writes the bound values only,
 * without attributes: the identity of an element. An unbound NAME stands for the object's own name.
 */
enum gram_write { WRITE_FULL, WRITE_PLAIN, WRITE_ALL, WRITE_KEY };
/* How an address is printed: NULL: by its number. */
struct gram_names {
        const char *(*of)(void *ctx, const struct addr *a);
        void *ctx;
};
/* Appends the canonical line of obj. false (and nothing appended) when its fields say that there is no such line. */
bool grammar_write(const struct grammar *g, const void *obj, enum gram_write how, struct text *out);
/* The same with names for addresses, for operators and for what is read again; names NULL: numbers. */
bool grammar_write_named(const struct grammar *g, const void *obj, enum gram_write how, const struct gram_names *names,
                         struct text *out);
/* Stores the defaults into all bound fields. */
void grammar_clear(const struct grammar *g, void *obj);
void grammar_clear_part(const struct gram_part *p, void *obj);
/* Stores what one word of a line means: constants that go with it and its value. -1 with the words of the refusal. */
int grammar_store(const struct gram_part *p, const struct type_env *env, const char *value, void *obj, struct err *e);
/* Every field the row touches: for saving and comparing. */
typedef void (*gram_field_fn)(void *ctx, uint32_t off, uint32_t size);
void grammar_fields(const struct grammar *g, gram_field_fn fn, void *ctx);

/* Little-endian or big: a whole number in a field of 1, 2, 4 or 8 bytes. */
void field_put(void *field, size_t size, int64_t v);
uint64_t field_get(const void *field, size_t size);
bool field_is(const void *field, size_t size, int64_t v);

#endif
