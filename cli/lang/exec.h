/*
 * EXEC commands as rows: a grammar gives parser, help and completion; the handler gets named arguments and writes to
 * its session. Handlers never read from a terminal (dialogs do: dialog.h) and never print around out().
 */
#ifndef VOXGATE_CLI_LANG_EXEC_H
#define VOXGATE_CLI_LANG_EXEC_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "platform/base/addr.h"
#include "platform/base/attr.h"
#include "platform/base/err.h"
#include "cli/box/box.h"

struct session; /* one console: privilege, mode stack, output (filter, pager) */
struct args;    /* the parsed line */

struct box *session_box(struct session *s);
/* The user's name for logs: "enable_15" or the login name. */
const char *session_user(const struct session *s);
/* Where from: an address, or "console". */
const char *session_source(const struct session *s);
bool session_remote(const struct session *s);
/* Writes text (with its newlines) through the filter and the pager. false: the operator quit the pager, stop
 * producing. */
bool out(struct session *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool vout(struct session *s, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* Loading a file, replication: nobody can answer questions. */
bool session_interactive(const struct session *s);

/* ---- arguments by the name they have in the grammar ---- */
bool arg_has(const struct args *a, const char *name);        /* placeholder or keyword was typed */
const char *arg_str(const struct args *a, const char *name); /* NULL when absent */
uint32_t arg_u32(const struct args *a, const char *name, uint32_t dflt);
bool arg_addr(const struct args *a, const char *name, struct addr *out); /* false when absent */

/*
 * Grammar: lower-case words are keywords; UPPER-CASE words are placeholders "NAME" or "NAME:type" (types in types.c:
 * word, line, u32(lo-hi), addr, mask, nameif, object kinds ...); [x] optional; {a|b|c} alternatives; sequences nest.
 *   "show conn [count] [detail] [address A:addr] [protocol {tcp|udp}] [port P:u32(0-65535)]"
 */
#define EXEC_TABLE 0x80 /* with the level: the handler writes what it tells through table.h, so `| json` works */

struct exec_row {
        const char *grammar;
        const char *help;                                                  /* of the command as a whole */
        uint8_t priv;                                                      /* 0, 1 or 15; | EXEC_TABLE */
        int (*fn)(struct session *s, const struct args *a, struct err *e); /* 0, or -1: prints "ERROR: text" */
};

static inline unsigned exec_level(const struct exec_row *r)
{
        return r->priv & ~EXEC_TABLE;
}

/* One table per file in exec/, listed in exec.c: { NULL } terminated. */
struct exec_table {
        const char *name;
        const struct exec_row *row;
};
extern const struct exec_table exec_tables[];

#endif
