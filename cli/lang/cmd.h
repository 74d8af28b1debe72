/*
 * A configuration command, declared once as a row: its grammar, and the fields of the *_conf struct its words are
 * bound to. The parser, `?`, TAB, the `no` form, the running-config writer, `clear configure` and `show configuration
 * inert` all read these rows. Grammar (also of EXEC rows):
 *
 *   word          keyword (lower case, digits, - _ /); may be abbreviated when typed;  =LOCAL  one in capitals;
 *                 word@other  one that is bound under another name, where the same word means two things
 *   NAME:type     a value; type and its arguments are in types.h; NAME alone is NAME:word
 *   [ ... ]       optional      { a | b | c }  one of      sequences nest
 *
 * Writing walks the same grammar: an optional part is printed when a field bound in it is set, of alternatives the
 * first whose bound fields are set.
 */
#ifndef VOXGATE_CLI_LANG_CMD_H
#define VOXGATE_CLI_LANG_CMD_H

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
#define BIND_ATTR 2u    /* no part of a list element's identity: a new line with the same identity replaces it */
#define BIND_ALWAYS 4u  /* a number that is printed even when it is the default */
#define BIND_TEXT 16u   /* a keyword that is stored as text */
#define BIND_HASHED 32u /* kept as a hash of what was typed: a `no` form is not compared with it */
#define BIND_NUMBER 64u /* an address that is printed by its number, whatever it is called */
#define BIND_SECRET 8u  /* printed as ***** unless secrets are asked for */

/* clang-format off */
#define FIELD_(st, f) .off = offsetof(st, f), .size = sizeof(((st *)0)->f)
#define TAG_(st, f, v) .tag = { offsetof(st, f), sizeof(((st *)0)->f), (v) }
/* A value; with a default; one that is an attribute; one that is always printed; one that must be typed with tag == v. */
#define BIND(nm, st, f) { .name = nm, FIELD_(st, f) }
#define BIND_DFLT(nm, st, f, d) { .name = nm, FIELD_(st, f), .dflt = (d) }
#define BIND_OPT(nm, st, f, d) { .name = nm, FIELD_(st, f), .dflt = (d), .flags = BIND_ATTR }
#define BIND_SHOWN(nm, st, f, d) { .name = nm, FIELD_(st, f), .dflt = (d), .flags = BIND_ALWAYS }
#define BIND_TAGGED(nm, st, f, tf, v) { .name = nm, FIELD_(st, f), .flags = BIND_ALWAYS, TAG_(st, tf, v) }
/* A keyword that stores v; and `no` stores d; a bool; a bool that is an attribute. */
#define BIND_KEY(nm, st, f, v) { .name = nm, FIELD_(st, f), .val = (v), .flags = BIND_KEYWORD }
#define BIND_KEY_DFLT(nm, st, f, v, d) { .name = nm, FIELD_(st, f), .val = (v), .dflt = (d), .flags = BIND_KEYWORD }
#define BIND_FLAG(nm, st, f) BIND_KEY(nm, st, f, 1)
#define BIND_WORD(nm, st, f) { .name = nm, FIELD_(st, f), .flags = BIND_KEYWORD | BIND_TEXT }
#define BIND_OPTFLAG(nm, st, f) { .name = nm, FIELD_(st, f), .val = 1, .flags = BIND_KEYWORD | BIND_ATTR }
/* clang-format on */

enum row_kind {
        ROW_NONE,  /* ends a table */
        ROW_LEAF,  /* sets fields of the object of the mode (of the store, in global configuration) */
        ROW_LIST,  /* one element of a conf_list per line, known by its identity text */
        ROW_MODE,  /* enters an object of a conf_list, made when new */
        ROW_INERT, /* accepted, kept as text, printed, not in force: always says so */
        ROW_FIXED, /* says what is the case anyway (`no failover`): accepted, nothing kept */
        ROW_CALL,  /* runs a function: exit, clear configure; or starts a dialog */
};

struct cmd_mode;
struct cmd_row;

/* An element of a LIST or MODE row: the list it is in, and what its line is printed behind ("access-list NAME"), or
 * NULL. */
typedef void (*row_each_fn)(void *ctx, struct conf_list *list, struct conf_obj *elem, const char *prefix);

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
        const char *dflt;    /* LEAF: what `show running-config all` prints while nothing is set */
        const char *section; /* of a row inside a mode: `show running-config SECTION` shows it too (nat) */
        const char *words;   /* ROW_ANY: what its lines begin with, "key timeout": these need no blank in front */
        const char *prefix; /* LIST: grammar in front of `line` that finds the list: typed, not part of the element */

        /* Is this very line inert? NULL when it is in force. Used instead of `inert`. */
        const char *(*inert_if)(const struct store *s, const void *obj);
        /* Fresh element or object of LIST and MODE rows. */
        void (*init)(struct conf_ctx *c, void *obj);
        /* After the fields are set and before anybody sees them: -1 puts the old values back (LEAF) or drops the
         * element. For a MODE row that enters an object which is there already, obj is a scratch copy of what was
         * typed. */
        int (*check)(struct conf_ctx *c, void *obj, struct err *e);
        /* LIST: brings what was typed into its one canonical form, before it is compared with anything. */
        void (*settle)(void *elem);
        /* Before an object or element goes: -1 refuses. Without it, an object that is referred to as `kind` is
         * refused. */
        int (*remove)(struct conf_ctx *c, void *obj, struct err *e);
        const char *kind_name;
        /* Asked when a line of a mode would change something: -1, the object of the mode is locked. */
        int (*locked)(struct conf_ctx *c, const void *obj, struct err *e);
        /* After an accepted line; may add INFO and WARNING lines. */
        void (*after)(struct conf_ctx *c, void *obj, bool no_form);
        const char *once;
        /* CALL; MODE: questions before its `no` form */
        int (*call)(struct conf_ctx *c, const struct args *a, bool no_form, struct err *e);
        const struct dialog_row *dialog;

        /* ---- where elements live, when that is not a plain list in the object of the mode ---- */
        /* LEAF: the object; LIST, MODE: what holds the list; made when `make`. NULL without e: there is none. */
        void *(*target)(struct conf_ctx *c, const struct args *a, bool make, struct err *e);
        /* LIST: identity text of an element that is not made of its own fields. MODE: the object's name, not simply
         * NAME. INERT: the words a line begins with that another one replaces, and that are enough behind `no`; none:
         * all of it. */
        void (*key)(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out);
        /* LIST: a line typed again. Without it nothing is said. */
        void (*again)(struct conf_ctx *c, const struct args *a, const void *elem);
        /* The element or object to insert before; NULL: at the end. */
        struct conf_obj *(*place)(struct conf_ctx *c, const struct args *a, struct conf_list *l);
        /* All elements under obj (the object of the mode, or the store). */
        void (*each)(const struct store *s, void *obj, row_each_fn fn, void *ctx);
        /* Prints what obj holds of this row, when a line per element is not enough. */
        void (*write)(struct running *r, const struct cmd_row *row, const void *obj);
        /* ROW_DEFAULT: does another line say what "no LINE" would? Then it is not printed. */
        bool (*said)(const void *obj);
        /* When the row is there at all; NULL: always. obj: object of the mode. */
        bool (*applies)(const void *obj);
};
#define ROW_INVERSE 1u   /* LEAF: the field holds the `no` form: printed as "no LINE" while set */
#define ROW_SINGLE 2u    /* INERT: one line at most, a new one replaces it */
#define ROW_NO_NO 4u     /* there is no `no` form */
#define ROW_NO_ONLY 8u   /* FIXED: only the `no` form is accepted and printed */
#define ROW_HIDDEN 16u   /* accepted, neither in `?` nor printed: another spelling */
#define ROW_MERGE 32u    /* LEAF: fields that the line does not name keep their values */
#define ROW_ALL 64u      /* LEAF: `show running-config all` prints "no LINE" while unset */
#define ROW_QUIET 128u   /* FIXED: accepted, not printed */
#define ROW_LATER 256u   /* of a mode: printed in the section that is marked SECTION_LATER */
#define ROW_SAME 1024u   /* MODE: its lines belong to the same object (`parameters`) */
#define ROW_REPEAT 2048u /* LIST: the same line may stand several times */
#define ROW_ONCE 4096u   /* LEAF: when set it can be removed, not changed; `once` has the words */
#define ROW_KEPT 8192u   /* INERT, MODE: of a section that is not here: said once, with the first line of the row; its
                            first word may not be cut short */
#define ROW_ANY 16384u   /* INERT, alone in its mode: the text of a kept block, any line that is indented */
#define ROW_BOTH 32768u  /* INERT: its `no` form is a line to keep as well, where there is none to remove */
#define ROW_DEFAULT 512u /* LEAF: printed although nothing differs from the defaults */

struct cmd_mode {
        const char *prompt;        /* "config-tlsp" */
        const char *title;         /* heading of `?`: "TLS proxy configuration commands:" */
        const struct cmd_row *row; /* { 0 }-terminated */
};

/* A chapter of the running configuration, in the order in which the ASA prints it. */
struct cmd_section {
        const struct cmd_row *row; /* { 0 }-terminated; NULL ends the table of sections */
        unsigned flags;
};
#define SECTION_BANG 1u   /* a "!" line before its first line */
#define SECTION_BLOCK 2u  /* a "!" line after each object */
#define SECTION_LATER 4u  /* the same rows again: objects that have ROW_LATER lines, with these only */
#define SECTION_AROUND 8u /* a "!" line after its last line */
extern const struct cmd_section cmd_sections[];

#endif
