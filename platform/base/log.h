/*
 * Syslog messages as binary records. A thread writes through its own log_src (single-producer ring, never blocks: a
 * full ring counts); the log thread drains the rings, formats, and hands lines to the sinks. Which messages exist,
 * their severity and wording: syslog.def.
 */
#ifndef VOXGATE_BASE_LOG_H
#define VOXGATE_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/base/addr.h"
#include "platform/base/attr.h"
#include "platform/base/clock.h"
#include "platform/base/err.h"
#include "platform/base/tz.h"

/* Severity 0-7 as in RFC 5424. */
enum log_level {
        LOG_L_EMERG,
        LOG_L_ALERT,
        LOG_L_CRIT,
        LOG_L_ERR,
        LOG_L_WARNING,
        LOG_L_NOTICE,
        LOG_L_INFO,
        LOG_L_DEBUG
};
#define LOG_L_NONE (-1)
const char *log_level_name(int level);           /* "emergencies" ... "debugging" */
bool log_level_parse(const char *s, int *level); /* number or unique prefix of a name */

enum log_msg {
#define SYSLOG(id, level, fmt) LOG_##id,
#define SYSLOG_AS(name, id, level, fmt) LOG_##name,
#include "platform/base/syslog.def"
#undef SYSLOG_AS
#undef SYSLOG
        LOG_MSGS
};

/* One argument. Strings and addresses are copied into the record. */
struct log_arg {
        enum { LA_STR, LA_UINT, LA_HEX, LA_ADDR, LA_DUR } kind;
        union {
                const char *s;
                uint64_t u; /* LA_UINT, LA_HEX, LA_DUR (milliseconds, printed H:MM:SS) */
                const struct addr *a;
        };
};
/* clang-format off */
#define LS(x) { .kind = LA_STR, .s = (x) }
#define LU(x) { .kind = LA_UINT, .u = (uint64_t)(x) }
#define LX(x) { .kind = LA_HEX, .u = (uint64_t)(x) }
#define LA(x) { .kind = LA_ADDR, .a = (x) }
#define LD(x) { .kind = LA_DUR, .u = (uint64_t)(x) }
/* clang-format on */

/* A row of syslog.def. */
struct log_def {
        uint32_t id;
        int level;
        const char *text;
};
const struct log_def *log_def_of(enum log_msg m);
/* The message with this number, or -1. */
int log_find_id(uint32_t id);

struct log;
struct log_src;

/* slots: records per thread ring. NULL when out of memory. clk is borrowed. */
struct log *log_new(const struct clock *clk, uint32_t slots) MUST_USE;
void log_free(struct log *l); /* all sources must be idle */
/* A ring for one producing thread, at most LOG_SRCS_MAX of them; freed with the log. NULL when out of memory. */
struct log_src *log_src_new(struct log *l, const char *name) MUST_USE;

/* Cheap test: does any destination want this message now? */
bool log_wanted(const struct log_src *s, enum log_msg id);
/* Queues one message; its %-placeholders in syslog.def take the arguments in order. s may be NULL: nothing happens.
 */
void log_emit(struct log_src *s, enum log_msg id, const struct log_arg *args, unsigned nargs);
/* log_msg(src, LOG_446001, LU(limit)); arguments are evaluated only when the message is wanted. */
#define log_msg(src, id, ...)                                                                                        \
        do {                                                                                                         \
                if (log_wanted(src, id)) {                                                                           \
                        const struct log_arg log_args_[] = { __VA_ARGS__ };                                          \
                        log_emit(src, id, log_args_, sizeof log_args_ / sizeof log_args_[0]);                        \
                }                                                                                                    \
        } while (0)

/* `debug ...` text of one line (no newline). family: which debug switch it belongs to. */
enum debug_family {
        DBG_MMP,
        DBG_TLSP_EVENTS,
        DBG_TLSP_ERRORS,
        DBG_TLSP_PACKETS,
        DBG_ICMP_TRACE,
        DBG_CRYPTO_CA,
        DBG_TFTP,
        DBG_SIP,
        DBG_SKINNY,
        DBG_PP_MEDIA_EVENTS,
        DBG_PP_MEDIA_ERRORS,
        DBG_PP_SIGNALING_EVENTS,
        DBG_PP_SIGNALING_ERRORS,
        DBG_PP_TFTP_EVENTS,
        DBG_PP_TFTP_ERRORS,
        DBG_DNS,
        DBG_FAMILIES
};
const char *debug_family_name(enum debug_family f); /* "mmp", "inspect tls-proxy events" ... */
bool debug_on(const struct log_src *s, enum debug_family f);
/* Goes to the sessions that enabled it, or to message 711001 when `logging debug-trace` is on. */
void debug_line(struct log_src *s, enum debug_family f, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Cold threads: switch a family on or off (relaxed atomic). */
void debug_set(struct log *l, enum debug_family f, bool on);
bool debug_is_set(const struct log *l, enum debug_family f);

/* ---- configuration: a value, copied by log_configure() ---- */
#define LOG_LIST_NAME_MAX 64
#define LOG_LISTS_MAX 16
#define LOG_LIST_ITEMS_MAX 64

struct log_list_item {
        int level;       /* LOG_L_NONE: by id */
        unsigned class;  /* with a level: only of this class; 0: of all */
        uint32_t lo, hi; /* message ids, inclusive */
};
struct log_list {
        char name[LOG_LIST_NAME_MAX + 1];
        unsigned n;
        struct log_list_item item[LOG_LIST_ITEMS_MAX];
};
/* What a destination wants: off (level NONE and no list), up to a level, or a list. */
struct log_filter {
        int level;
        char list[LOG_LIST_NAME_MAX + 1];
};
/* In the order in which `logging class` names them. */
enum log_dest {
        LOG_TO_BUFFER,
        LOG_TO_CONSOLE,
        LOG_TO_MONITOR,
        LOG_TO_TRAP,
        LOG_TO_ASDM, /* a second buffer, of so many messages */
        LOG_TO_MAIL,
        LOG_TO_HISTORY, /* notifications of SNMP */
        LOG_DESTS
};
/* Classes: 1 and up, 0 is none. A severity per class and destination counts instead of what the destination wants
 * else. */
#define LOG_CLASSES_MAX 48
const char *log_class_name(unsigned c); /* NULL: there is no such class */
bool log_class_has(unsigned c, uint32_t id);
unsigned log_class_of(uint32_t id);

/* logging rate-limit: of a message (id), or of a severity (id 0). */
#define LOG_RATES_MAX 64
struct log_rate {
        uint32_t id;
        int level;
        bool unlimited;
        uint32_t n, seconds;
};
#define LOG_OVERRIDES_MAX 64
struct log_override {
        uint32_t id;
        int level;     /* new level, or LOG_L_NONE to keep */
        bool disabled; /* no logging message ID */
};
enum log_device { LOG_DEV_NONE, LOG_DEV_STRING, LOG_DEV_HOSTNAME, LOG_DEV_CONTEXT, LOG_DEV_ADDRESS };
struct log_conf {
        bool enable, timestamp, rfc5424, debug_trace, permit_hostdown;
        bool emblem;          /* the EMBLEM format for all but syslog servers */
        uint32_t queue;       /* messages of one thread that may wait, 0: as many as fit */
        uint32_t buffer_size; /* bytes, 4096-1048576 */
        uint32_t asdm_size;   /* messages, 100-512 */
        unsigned facility;    /* 16-23 */
        struct tz tz;         /* of the timestamps: clock timezone, clock summer-time */
        struct log_filter dest[LOG_DESTS];
        unsigned nlists;
        struct log_list lists[LOG_LISTS_MAX];
        unsigned noverrides;
        struct log_override overrides[LOG_OVERRIDES_MAX];
        int8_t class_level[LOG_CLASSES_MAX][LOG_DESTS]; /* by class; LOG_L_NONE: as everything */
        unsigned nrates;
        struct log_rate rates[LOG_RATES_MAX];
        enum log_device device; /* which text device_id is, for those who show it */
        char device_id[65];     /* text printed before the colon, "" = none */
};
void log_conf_init(struct log_conf *c); /* ASA defaults: everything off, 4096 bytes, facility 20 */
/* Is there anything that this destination wants, once logging is enabled? */
bool log_conf_uses(const struct log_conf *c, enum log_dest dest);
int log_configure(struct log *l, const struct log_conf *c, struct err *e);

/* ---- consuming side: one thread ---- */
/* A finished line: "[timestamp: ]%ASA-6-302013: text". level and the numeric id come along. */
typedef void (*log_sink_fn)(void *ctx, enum log_dest dest, int level, uint32_t id, const char *line);
/*
 * One sink per destination except the two buffers, which the log keeps itself. fn NULL removes it; no call is under
 * way when this returns. Thread-safe, but not from a sink, nor under a lock that a sink takes.
 */
void log_set_sink(struct log *l, enum log_dest dest, log_sink_fn fn, void *ctx);
/* What goes to LOG_TO_TRAP once more, in the EMBLEM format. The same rules. */
void log_set_emblem_sink(struct log *l, log_sink_fn fn, void *ctx);
typedef void (*debug_sink_fn)(void *ctx, enum debug_family f, const char *line);
void log_set_debug_sink(struct log *l, debug_sink_fn fn, void *ctx);
/* Drains all rings once in time order per ring; returns records handled. */
unsigned log_step(struct log *l);

/*
 * What was said up to a moment. Reached: all of it has been judged, and what is for the buffers stands in them; other
 * destinations may still be at it, and what is said later does not count. Who shows the log waits for that, but not
 * for ever: the log thread may be held up by a destination.
 */
#define LOG_SRCS_MAX 64
struct log_mark {
        unsigned n;
        uint64_t said[LOG_SRCS_MAX];
};
void log_mark(struct log *l, struct log_mark *m);
bool log_reached(struct log *l, const struct log_mark *m);

/* ---- show logging ---- */
struct log_stats {
        uint64_t dest_count[LOG_DESTS];
        uint64_t lost; /* records refused by full rings */
        uint64_t queued;
};
void log_stats(struct log *l, struct log_stats *out);
void log_clear_counters(struct log *l);
/* Of the i-th rate limit: how many messages it kept back since it is in force. */
uint64_t log_rate_suppressed(struct log *l, unsigned i);
/* The same for the i-th source (its thread's name); false when there are not so many. */
struct log_src_stats {
        const char *name; /* lives as long as the log */
        uint64_t queued, lost;
};
bool log_src_stats(struct log *l, unsigned i, struct log_src_stats *out);
/* The length that `logging queue` asks for, as far as there is room. */
uint32_t log_queue_limit(struct log *l);
/*
 * While a syslog server that is reached by TCP is down nobody may have a new connection that could go unlogged,
 * unless `logging permit-hostdown` says so. Set by the sender; asked by the dataplane, one relaxed load. s may be
 * NULL.
 */
void log_set_hold(struct log *l, bool hold);
bool log_held(const struct log_src *s);
void log_get_conf(struct log *l, struct log_conf *out);
/* Calls fn for each line of the buffer, oldest first, on a copy: no lock is held. -1 when out of memory. */
int log_buffer_walk(struct log *l, void (*fn)(void *ctx, const char *line), void *ctx);
void log_buffer_clear(struct log *l);
/* The same of the buffer LOG_TO_ASDM, which is there while something is to go to it. */
int log_asdm_walk(struct log *l, void (*fn)(void *ctx, const char *line), void *ctx);
void log_asdm_clear(struct log *l);

#endif
