/*
 * One line in, effect and words out. Nothing is printed: INFO, WARNING and ERROR lines are collected in the result.
 * The caller holds box->conf_lock while it works on the running store.
 */
#ifndef VOXGATE_CLI_CONF_PARSE_H
#define VOXGATE_CLI_CONF_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/lang/exec.h"
#include "cli/conf/store.h"
#include "cli/lang/text.h"

struct dialog;
struct keystore;

#define CONF_DEPTH_MAX 6
#define AUTHORIZATION_FAILED "ERROR: Command authorization failed\n"
#define CONF_PRIV 15 /* level of configuration commands and of configuration mode */

enum cli_code {
        CLI_OK,
        CLI_EMPTY,   /* blank or comment */
        CLI_INVALID, /* caret */
        CLI_INCOMPLETE,
        CLI_AMBIGUOUS,
        CLI_ERROR,  /* understood and refused: text holds "ERROR: ..." */
        CLI_EXEC,   /* an EXEC command: exec and args are set, run it */
        CLI_DIALOG, /* questions first: drive `dialog` (dialog.h), it is yours to free */
        CLI_LEAVE,  /* exit or end in global configuration: leave configuration mode */
};

struct cli_result {
        enum cli_code code;
        unsigned caret;     /* INVALID: byte offset in the line */
        char near[128];     /* AMBIGUOUS: the input up to and including the word */
        struct text text;   /* whole lines to show, "\n"-ended */
        struct text masked; /* the line without its secrets, for logs; empty: it has none */
        const struct exec_row *exec;
        struct args *args;     /* owned by the result; borrowed by dialogs until they end */
        struct dialog *dialog; /* owned by whoever takes it out */
        bool changed;          /* the store differs from before */
        bool inert;            /* a WARNING says that the line is not in force */
};
void cli_result_init(struct cli_result *r);
void cli_result_fini(struct cli_result *r);
/* Everything to show for r: text, and the caret line (under a line typed behind a prompt of prompt_len) with its
 * error. */
void cli_result_show(const struct cli_result *r, unsigned prompt_len, struct text *out);

/* An open submode: the object is looked up again for each line, because others may have removed it. */
struct conf_level {
        const struct cmd_row *row; /* the MODE row that entered */
        char name[CONF_NAME_MAX + 1];
        unsigned indent;  /* of the line that entered: what is deeper is inside */
        uint32_t kept_at; /* id of the kept line that was typed last: deeper ones belong to it */
};

/* A line that names something which may still come: kept until conf_finish(). */
struct conf_pending;

struct conf_ctx {
        struct store *store;
        struct box *box;                   /* NULL: a store aside (check, copy) */
        struct keystore *keys;             /* assets; NULL: none at hand */
        const struct rng *rng;             /* salts of passwords; NULL: the system's */
        uint32_t hash_rounds;              /* of new passwords; 0: PASSWD_ROUNDS */
        const struct iface_bindings *bind; /* ports there are; NULL: any interface may be configured */
        bool late;                         /* loading: references are resolved by conf_finish() */
        bool aside;                        /* a configuration session: checks see the assets, nothing is made */
        bool replace;   /* loading a whole configuration: a mentioned interface is up unless it says shutdown */
        unsigned priv;  /* who types: rows above it are not there */
        bool authorize; /* they are there, and refused: levels by privilege.h */
        unsigned depth;
        struct conf_level level[CONF_DEPTH_MAX];
        unsigned skip_indent; /* lines indented so far belong to a refused one; 0: none do */
        struct conf_pending *pending, *pending_last;
        unsigned line_no;
        char was_nameif[NAMEIF_MAX + 1]; /* of the interface being changed */
        struct conf_list *list;          /* that the element of the line under way is in, for checks */
        const struct cmd_row *put_row;   /* of the element it put there ... */
        struct conf_obj *put;            /* ... good until the next line ... */
        uint32_t put_id, put_for;        /* ... its id, and that of the element it took the place of, which is gone */
        bool finishing;                  /* lines of a load are read again, now that everything has a meaning */
        /* Loading: called between lines, and lets others at the store. false: no further line is read. May be NULL.
         */
        bool (*rest)(struct conf_ctx *c);
        void *rest_ctx;
        const struct clock *clk; /* for that; NULL: lines alone count */
        uint64_t piece_ms;       /* when the piece began */
        bool rested;             /* behind the line that was read last */
        unsigned others;         /* so often somebody changed the store meanwhile */
        unsigned walks;          /* of lists, by conf_finish() behind such changes */
        struct cli_result *res;  /* of the line under way */
        const char *line;        /* same */
};
void conf_ctx_init(struct conf_ctx *c, struct store *s);
/* The running store with everything that typed lines may use; the caller has conf_lock. */
void conf_ctx_of_box(struct conf_ctx *c, struct box *b);
void conf_ctx_fini(struct conf_ctx *c);

/* 0: accepted (also EXEC, DIALOG, EMPTY, LEAVE); -1: refused, nothing changed. res was initialised by the caller. */
int conf_line(struct conf_ctx *c, const char *line, struct cli_result *res);
/* An EXEC line outside of configuration mode; the caller holds the lock of the store, which is only read. */
int exec_line(const struct store *s, unsigned priv, const char *line, struct cli_result *res);
/* The mode for the prompt: "config", "config-if" ... */
const char *conf_prompt(const struct conf_ctx *c);
/* To global configuration. */
void conf_top(struct conf_ctx *c);
/* Every CONF_PIECE lines, n of a load, and behind a line when it took that long since: lets others at the store.
 * false: no further line is to be read. */
#define CONF_PIECE 32
#define CONF_PIECE_MS 5
bool conf_rest(struct conf_ctx *c, unsigned n);
/* A piece begins. */
void conf_piece(struct conf_ctx *c);
/* End of a load: lines whose references never came are taken back; fn gets one line of words for each. Returns how
 * many. */
unsigned conf_finish(struct conf_ctx *c, void (*fn)(void *ctx, unsigned line_no, const char *words), void *ctx);

/* The object of the innermost mode (the store at the top); NULL when it is gone. */
void *conf_object(const struct conf_ctx *c);
/* Object of an outer mode: 0 the innermost, 1 its parent ... */
void *conf_outer(const struct conf_ctx *c, unsigned up);
/* Adds a line to what is shown for the line under way. */
void conf_info(struct conf_ctx *c, const char *fmt, ...) PRINTF_LIKE(2, 3); /* "INFO: " */
void conf_say(struct conf_ctx *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
void conf_warning(struct conf_ctx *c, const char *fmt, ...) PRINTF_LIKE(2, 3); /* "WARNING: " */
/* The line is accepted and not in force, which is told and counted. */
void conf_inert(struct conf_ctx *c, const char *why);
/* The same of a line of a section that is kept; it is told with the first one only. */
void conf_kept(struct conf_ctx *c, const char *why, bool first);

/* ---- `?` and TAB, with the names that are in the store; c NULL: EXEC mode ---- */
/* What may stand at the end of line. A line ending in a word lists the words that begin so. */
void cli_help(const struct store *st, const struct conf_ctx *c, unsigned priv, const char *line, struct text *out);
/* USAGE, DESCRIPTION and SYNTAX of the commands that begin with these words; false: there are none. */
bool cli_help_command(const struct cli_tree *t, unsigned priv, const char *words, struct text *out);
/* The line with its last word completed when that is possible without doubt (a blank behind it); else false. */
bool cli_complete(const struct store *st, const struct conf_ctx *c, unsigned priv, const char *line,
                  struct text *out);

#endif
