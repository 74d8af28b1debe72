/*
 * The running configuration as text, in the order of cmd_sections. The plain form parses back to the same store; the
 * masked form hides secrets. Nothing in it changes between two calls unless the configuration changed.
 */
#ifndef VOXGATE_CLI_CONF_RUNNING_H
#define VOXGATE_CLI_CONF_RUNNING_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/lang/lexer.h"
#include "cli/conf/addr_names.h"
#include "cli/conf/store.h"
#include "cli/lang/grammar.h"
#include "cli/lang/text.h"

struct running_opts {
        bool all;            /* defaulted lines too */
        bool plain;          /* secrets readable: for saving and copying */
        bool envelope;       /* ": Saved" header, Cryptochecksum and ": end" */
        bool numbers;        /* addresses by their numbers, also while `names` holds: for comparing */
        const char *filter;  /* words behind `show running-config [all]`: "tls-proxy my_proxy"; NULL or "" none */
        /* Lets others at the store, between the lines and their sum; what one of them changes is in both. May be NULL. */
        void (*rest)(void *ctx);
        void *rest_ctx;
        const char *written; /* "by enable_15 at ..." for the saved form; NULL leaves the line out */
};

/* Appends. -1: out of memory, or the filter names no section (e says so). */
int running_write(const struct store *s, const struct running_opts *o, struct text *out, struct err *e);
/* MD5 over the plain lines: 32 hex digits. */
void running_checksum(const struct store *s, char out[33]);
/* The same over a saved text. out: the sum it has; what its Cryptochecksum line says about that. */
enum running_sum { RUNNING_SUM_RIGHT, RUNNING_SUM_NONE, RUNNING_SUM_WRONG };
enum running_sum running_text_checksum(const char *text, size_t n, char out[33]);

/* One line on its way out: depth spaces, the row it belongs to, its text without indentation. */
struct running_line {
        unsigned depth;
        const struct cmd_row *row;
        const void *obj;
        const char *text;
        bool raw; /* continuation of a line (certificate bytes): printed as it is */
};
struct running {
        const struct store *store;
        bool all, plain;
        struct addr_names *names; /* NULL: addresses are numbers */
        void (*line)(void *ctx, const struct running_line *l);
        void (*section)(void *ctx, const struct cmd_section *s, bool begin); /* may be NULL */
        void (*after_object)(void *ctx);                                     /* at the top; may be NULL */
        void *ctx;
        unsigned depth;
        bool later; /* the second stanzas */
        bool bad;   /* memory ran out */
};
/* Words behind `show running-config` or `clear configure`: a section, abbreviated, and what its lines go on with. */
#define RUNNING_WORDS 8
struct running_filter {
        unsigned n;
        struct word word[RUNNING_WORDS]; /* the first one in full */
        const char *id;                  /* "object id NAME": the object of that name, of whatever type */
        char iface[HWNAME_MAX + 1];      /* what a name of an interface was settled to */
        struct lexed lx;
};
/* The sections there can be; some more than once. */
struct cli_tree;
void running_sections(const struct cli_tree *t, void (*fn)(void *ctx, const char *section), void *ctx);
/* -1: there is no such section. */
int running_filter_init(struct running_filter *f, const struct store *s, const char *words, struct err *e);
void running_filter_fini(struct running_filter *f);
bool running_filter_head(const struct running_filter *f, const char *text);
/* A line inside an object that belongs to the section by itself (nat). */
bool running_filter_inner(const struct running_filter *f, const struct running_line *l);
/* For write functions of rows: the line of a row (its element) as it is printed here. */
bool running_element(const struct running *r, const struct tree_row *tr, const void *obj, enum gram_write how,
                     struct text *out);
void running_line(struct running *r, const struct cmd_row *row, const void *obj, const char *fmt, ...)
        PRINTF_LIKE(4, 5);
void running_raw(struct running *r, const struct cmd_row *row, const char *text);
/* Prints the rows of an object's mode, one deeper. */
void running_mode(struct running *r, const struct cmd_mode *mode, const void *obj);
/* The elements of a LIST, MODE or INERT row under obj; fn may delete the one it is given. */
void row_each(const struct store *s, const struct cmd_row *row, const void *obj, row_each_fn fn, void *ctx);
/* Every line of the store. */
void running_walk(struct running *r);

#endif
