/*
 * A configuration command, declared once as a row: its grammar, and the fields of the *_conf struct its words are
 * bound to. The parser, `?`, TAB, the `no` form, the running-config writer, `clear configure` and `show configuration
 * inert` all read these rows. Grammar (also of EXEC rows):
 *
 *   word          keyword (lower case, digits, - _ /); may be abbreviated when typed
 *   NAME:type     a value; type and its arguments are in types.h; NAME alone is NAME:word
 *   [ ... ]       optional      { a | b | c }  one of      sequences nest
 *
 * Writing walks the same grammar: an optional part is printed when a field bound in it is set, of alternatives the
 * first whose bound fields are set.
 */
#ifndef VOXGATE_CLI_CMD_H
#define VOXGATE_CLI_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/base/conf_list.h"
#include "platform/base/err.h"

struct args;
struct conf_ctx;
struct store;
struct text;
struct dialog_row;
struct running;

/* A constant that goes with a part of the grammar: set when it is typed; the part is printed only while it holds. */
struct cmd_tag {
        uint32_t off, size; /* size 0: none */
        int64_t val;
};

/*
 * Ties a name of the grammar to a field. A placeholder stores its value; it counts as set when it differs from dflt
 * (numbers) or is not empty (texts, addresses). A keyword, or a branch of keywords ("h323 h225"), stores val; it
 * counts as set while the field equals val. `no` stores dflt.
 */
struct cmd_bind {
        const char *name; /* NULL ends the table */
        uint32_t off, size;
        int64_t val, dflt;
        struct cmd_tag tag;
        unsigned flags;
};
#define BIND_KEYWORD 1u /* val is meant, not a typed value */
#define BIND_ATTR 2u   /* of a list element: not part of its identity, a new line with the same identity replaces it \
                        */
#define BIND_ALWAYS 4u /* a number that is printed even when it is the default */
#define BIND_SECRET 8u /* printed as ***** unless secrets are asked for */

#define FIELD_(st, f) .off = offsetof(st, f), .size = sizeof(((st *)0)->f)
#define TAG_(st, f, v) .tag = { offsetof(st, f), sizeof(((st *)0)->f), (v) }
/* a value; with a default; a value that is an attribute; a keyword that stores v; a value that goes with tag == v */
#define BIND(nm, st, f)                                                                                              \
        {                                                                                                            \
                .name = nm, FIELD_(st, f)                                                                            \
        }
#define BIND_DFLT(nm, st, f, d)                                                                                      \
        {                                                                                                            \
                .name = nm, FIELD_(st, f), .dflt = (d)                                                               \
        }
#define BIND_OPT(nm, st, f, d)                                                                                       \
        {                                                                                                            \
                .name = nm, FIELD_(st, f), .dflt = (d), .flags = BIND_ATTR                                           \
        }
#define BIND_SHOWN(nm, st, f, d)                                                                                     \
        {                                                                                                            \
                .name = nm, FIELD_(st, f), .dflt = (d), .flags = BIND_ALWAYS                                         \
        }
#define BIND_KEY(nm, st, f, v)                                                                                       \
        {                                                                                                            \
                .name = nm, FIELD_(st, f), .val = (v), .flags = BIND_KEYWORD                                         \
        }
#define BIND_KEY_DFLT(nm, st, f, v, d)                                                                               \
        {                                                                                                            \
                .name = nm, FIELD_(st, f), .val = (v), .dflt = (d), .flags = BIND_KEYWORD                            \
        }
#define BIND_FLAG(nm, st, f)                                                                                         \
        {                                                                                                            \
                .name = nm, FIELD_(st, f), .val = 1, .flags = BIND_KEYWORD                                           \
        }
#define BIND_OPTFLAG(nm, st, f)                                                                                      \
        {                                                                                                            \
                .name = nm, FIELD_(st, f), .val = 1, .flags = BIND_KEYWORD | BIND_ATTR                               \
        }
#define BIND_TAGGED(nm, st, f, tf, v)                                                                                \
        {                                                                                                            \
                .name = nm, FIELD_(st, f), TAG_(st, tf, v)                                                           \
        }

enum row_kind {
        ROW_LEAF = 1, /* sets fields of the object of the mode (of the store, in global configuration) */
        ROW_LIST,     /* one element of a conf_list per line, known by its identity text */
        ROW_MODE,     /* enters an object of a conf_list, made when new */
        ROW_INERT,    /* accepted, kept as text, printed, not in force: always says so */
        ROW_FIXED,    /* says what is the case anyway (`no failover`): accepted, nothing kept */
        ROW_CALL,     /* runs a function: exit, clear configure; or starts a dialog */
};

struct cmd_mode;

struct cmd_row {
        enum row_kind kind;
        const char *line; /* grammar */
        const char *help;
        const struct cmd_bind *bind;
        uint32_t dirty; /* DIRTY_*: what a change makes the commit rebuild */
        uint32_t list;  /* LIST, MODE, INERT: offset of the conf_list in the object of the mode (store) */
        const struct cmd_mode *mode; /* MODE */
        unsigned flags;
        const char *inert;   /* why a line of this row is not in force; INERT rows must have one */
        const char *section; /* `show running-config SECTION`; NULL: the first keyword */

        /* Is this very line inert? NULL when it is in force. Overrides `inert`. */
        const char *(*inert_if)(const struct store *s, const void *obj);
        /* Fresh element or object of LIST and MODE rows. */
        void (*init)(void *obj);
        /* After the fields are set and before anybody sees them: -1 puts the old values back (LEAF) or drops the
         * element. */
        int (*check)(struct conf_ctx *c, void *obj, struct err *e);
        /* Before an object or element goes: -1 refuses. */
        int (*remove)(struct conf_ctx *c, void *obj, struct err *e);
        /* After an accepted line; may add INFO and WARNING lines. `no_form` tells which way. */
        void (*after)(struct conf_ctx *c, void *obj, bool no_form);
        /* CALL */
        int (*call)(struct conf_ctx *c, const struct args *a, bool no_form, struct err *e);
        const struct dialog_row *dialog;
        /* An odd command brings the pair: where its object lives (made when `make`) ... */
        void *(*target)(struct conf_ctx *c, const struct args *a, bool make, struct err *e);
        /* ... and how LIST and MODE rows outside a plain list are printed. Calls running_line() per line. */
        void (*write)(struct running *r, const struct cmd_row *row, const void *obj);
        /* When the line may be given: NULL = always; used by rows of a mode shared by several kinds of object. */
        bool (*applies)(const void *obj);
};
#define ROW_INVERSE 1u  /* the field holds the `no` form: printed as "no LINE" while set */
#define ROW_SINGLE 2u   /* INERT, LIST: one line at most, a new one replaces it */
#define ROW_NO_NO 4u    /* there is no `no` form */
#define ROW_NO_ONLY 8u  /* FIXED: only the `no` form is accepted and printed */
#define ROW_HIDDEN 16u  /* accepted, neither in `?` nor printed: an old spelling */
#define ROW_NO_FULL 32u /* LEAF: the `no` form needs the values too */
#define ROW_ALL 64u     /* LEAF: `show running-config all` prints "no LINE" while unset */
#define ROW_QUIET 128u  /* FIXED: accepted, not printed */

struct cmd_mode {
        const char *prompt;        /* "config-tlsp" */
        const char *title;         /* heading of `?`: "TLS proxy configuration commands:" */
        const struct cmd_row *row; /* { 0 }-terminated */
};

/* A chapter of the running configuration, in the order of reference/asa-cli.md 1.7. */
struct cmd_section {
        const struct cmd_row *row; /* { 0 }-terminated; NULL ends the table of sections */
        unsigned flags;
};
#define SECTION_BANG 1u /* a "!" line before its first line */
extern const struct cmd_section cmd_sections[];

#endif
