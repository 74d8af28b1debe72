/*
 * Value types of the command language: one match/store/write/complete row per type. A composite type ("an address the
 * ASA way") is a grammar of its own over the fields of its struct.
 *
 *   secret(N) secretline(N)  the two below, never logged
 *   word word(N)      text without blanks, at most N bytes         line line(N)    the rest of the line
 *   u32(LO-HI)        decimal, stored in 1, 2, 4 or 8 bytes        hex(N)          hexadecimal text, at most N digits
 *   host              IPv4 address or a host name, as text         url(N)          http://... or https://...
 *   addr              IPv4 address                                 mask            dotted mask, stored as prefix
 * length net / netmask     the same, `0` stands for 0.0.0.0             mac             H.H.H nameif            name
 * of a configured interface               newname(N)      a legal new name hwname            interface hardware name,
 * made canonical      ifpair          (REAL,MAPPED) duration          h:mm:ss or mm:ss, seconds tcpport udpport
 * 1-65535 or a name ref(KIND)         name of an existing object of that kind      icmptype        0-255 or a name
 *   level             log level, -1 unset                          protocol        0-255 or a name
 *   suites            cipher suite names, one or more              idrange         ID or ID-ID: two u32
 *   logclass          a class of log messages, from 1 on           logdest         enum log_dest or what follows it
 *   hours             -12 to 14                                    promptparts     parts of the prompt, one or more
 *   month weekday     January, Sunday, or three letters or more: 1-12, 1-7   week  1-4, first, last (5)
 *   hostname          as host; a name stays one: it means what `name` says when it is used
 *   hhmm              a time of day, in minutes                    hhmmss          the same, in seconds
 *   section           as line: a section of the configuration, and what its lines go on with
 *   hwkind hwslot     a hardware name in two words             logport(udp) logport(tcp)   PROTOCOL[/PORT] of a log
 * server who, tagged: struct ace_who; addrspec, hostspec: struct addr_spec; tcpports, udpports (with groups), tcprange, udprange, tcpeq, udpeq:
 * struct port_spec; proto: struct proto_spec; logfilter: struct log_filter
 */
#ifndef VOXGATE_CLI_LANG_TYPES_H
#define VOXGATE_CLI_LANG_TYPES_H

#include "cli/lang/cmd.h"
#include "cli/lang/lexer.h"
#include "cli/lang/text.h"

/* Arguments of a type as written in the grammar. */
struct type_arg {
        uint64_t lo, hi;  /* u32(LO-HI); word(HI), line(HI) */
        const char *text; /* ref(KIND); NULL none */
};

/* What a type may look at: the store that references are resolved in, and whether they may wait for the end of a
 * load. */
struct type_env {
        const struct store *store;   /* NULL: form only */
        bool late;                   /* an unknown name is noted instead of refused */
        const struct cli_tree *tree; /* for what the language has; NULL: that of the store */
        struct err *missing;         /* the note: why the line would be refused; code NONE: nothing is missing */
};

/* The address that `name` gave this name; NULL: none, or `no names`. */
const struct addr *type_alias(const struct type_env *env, const char *s, size_t n);

typedef void (*type_each_fn)(void *ctx, const char *value);

struct cmd_type {
        const char *name;
        const char *shown; /* placeholder in `?` */
        const char *help;
        unsigned flags;
        /* Bytes of the n at s that can begin a value; n itself means: this is one. */
        size_t (*match)(const struct type_env *env, const struct type_arg *ta, const char *s, size_t n);
        /* Into the field; -1 with the words of the refusal. TYPE_MANY: once per word, each is added. */
        int (*store)(const struct type_env *env, const struct type_arg *ta, const char *s, void *field, size_t size,
                     struct err *e);
        void (*write)(const struct type_arg *ta, const void *field, size_t size, struct text *out);
        bool (*set)(const void *field, size_t size, int64_t dflt);
        void (*clear)(void *field, size_t size, int64_t dflt);
        /* Values that exist now; NULL: none to offer. */
        void (*complete)(const struct type_env *env, const struct type_arg *ta, type_each_fn fn, void *ctx);
        /* Composite types. */
        const char *grammar;
        const struct cmd_bind *bind;
};
#define TYPE_LINE 1u   /* takes the raw rest of the line */
#define TYPE_MANY 2u   /* takes one or more words */
#define TYPE_SECRET 4u /* never logged */
#define TYPE_NAMED 16u /* its field is a struct addr: it may be printed by such a name */
#define TYPE_KEPT 32u  /* text in which words behind `key`, `password` ... are secret */
#define TYPE_ALIAS 8u  /* an address: a name given to one by `name` may stand for it */

const struct cmd_type *type_find(const char *name, size_t n);
/* All types, for tests: NULL-name-terminated. */
extern const struct cmd_type cmd_types[];

#endif
