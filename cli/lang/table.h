/*
 * What a `show` tells, written once and printed twice: as the ASA's text, or as one JSON document (`| json`). A
 * handler puts lines whose cells have a name and a value; the text is the line, the document has a member for every
 * cell. Names are in snake_case and do not change; numbers are numbers in base units (seconds, bytes), times are ISO
 * 8601 in UTC.
 *
 *   ROW(s, "%-24s %3s\n", cell_str("nameif", v->nameif), cell_num("security_level", v->level));
 *
 * Nothing is kept: what is put is written at once, however many rows there are.
 */
#ifndef VOXGATE_CLI_LANG_TABLE_H
#define VOXGATE_CLI_LANG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/conf/addr_names.h"
#include "platform/base/addr.h"
#include "platform/base/err.h"

enum cell_kind { CELL_NULL, CELL_STR, CELL_NUM, CELL_INT, CELL_BOOL, CELL_ADDR, CELL_MASK, CELL_FIX, CELL_TIME };

struct cell {
        const char *name; /* NULL: only in the text */
        const char *text; /* of the line where it is not the value as it stands; NULL */
        union {
                const char *s;
                uint64_t u;
                int64_t i;
                const struct addr *a;
        } v;
        enum cell_kind kind;
        uint8_t digits; /* FIX: how many of v.i stand behind the point */
};

static inline struct cell cell_str(const char *name, const char *s) /* NULL: null */
{
        return (struct cell){ .name = name, .kind = s ? CELL_STR : CELL_NULL, .v.s = s };
}
static inline struct cell cell_num(const char *name, uint64_t u)
{
        return (struct cell){ .name = name, .kind = CELL_NUM, .v.u = u };
}
static inline struct cell cell_int(const char *name, int64_t i)
{
        return (struct cell){ .name = name, .kind = CELL_INT, .v.i = i };
}
static inline struct cell cell_bool(const char *name, bool yes)
{
        return (struct cell){ .name = name, .kind = CELL_BOOL, .v.u = yes };
}
static inline struct cell cell_addr(const char *name, const struct addr *a) /* of no family: null */
{
        return (struct cell){ .name = name, .kind = a->fam ? CELL_ADDR : CELL_NULL, .v.a = a };
}
static inline struct cell cell_mask(const char *name, const struct addr *a) /* a number, whatever has its name */
{
        return (struct cell){ .name = name, .kind = CELL_MASK, .v.a = a };
}
/* i / 10^digits: seconds of milliseconds (3), per cent of per mille (1). */
static inline struct cell cell_fix(const char *name, int64_t i, unsigned digits)
{
        return (struct cell){ .name = name, .kind = CELL_FIX, .v.i = i, .digits = (uint8_t)digits };
}
/* Nanoseconds since 1970; 0: null. */
static inline struct cell cell_time(const char *name, int64_t wall_ns)
{
        return (struct cell){ .name = name, .kind = wall_ns ? CELL_TIME : CELL_NULL, .v.i = wall_ns };
}
/* Not known, not applicable, not there. */
static inline struct cell cell_null(const char *name)
{
        return (struct cell){ .name = name };
}
/* The cell, which is `text` in the line. */
static inline struct cell cell_as(struct cell c, const char *text)
{
        c.text = text;
        return c;
}
/* In the line only. */
static inline struct cell cell_text(const char *text)
{
        return (struct cell){ .text = text };
}

/* Where it goes. write() collects, flush() gives whole lines away; false: nobody wants more. */
struct table_out {
        void (*write)(void *ctx, const char *p, size_t n);
        bool (*flush)(void *ctx);
        void *ctx;
};

#define NS_PER_S 1000000000ll
#define TABLE_DEPTH 8u

struct table {
        struct table_out out;
        const struct addr_names *names; /* of addresses in the text; NULL: numbers */
        bool json;
        bool begun; /* the document has its first brace */
        struct {
                bool list, some; /* a list or an object; something is in it */
        } level[TABLE_DEPTH];
        unsigned depth;
};

void table_begin(struct table *t, const struct table_out *out, bool json);
/*
 * A line, and members of the object that is open (the document itself at first). Each %s (with `-`, a width, a
 * precision) of fmt takes the next cell; cells left over are in the document only. false: stop producing.
 */
bool table_put(struct table *t, const char *fmt, const struct cell *c, unsigned n);
/* The same as an object of its own, which a list is open for. */
bool table_row(struct table *t, const char *fmt, const struct cell *c, unsigned n);
/* A bare value in the list that is open. */
bool table_item(struct table *t, const char *fmt, const struct cell *c);
/* Members that hold more: a list of rows, an object; inside a list name is NULL. The text does not change. */
void table_list(struct table *t, const char *name);
void table_object(struct table *t, const char *name);
/* Closes the last one opened. */
bool table_close(struct table *t);
/* The document ends, whatever is open. why: what went wrong on the way, NULL: nothing; it becomes the member "error".
 */
void table_end(struct table *t, const char *why);

/* A handler's, of the line under way (session). */
struct session;
struct table *session_table(struct session *s);

#define CELLS(...)                                                                                                   \
        (const struct cell[]){ __VA_ARGS__ }, (unsigned)(sizeof((struct cell[]){ __VA_ARGS__ }) / sizeof(struct cell))
#define PUT(s, fmt, ...) table_put(session_table(s), fmt, CELLS(__VA_ARGS__))
#define ITEM(s, fmt, value) table_item(session_table(s), fmt, (const struct cell[]){ value })
#define ROW(s, fmt, ...) table_row(session_table(s), fmt, CELLS(__VA_ARGS__))

#endif
