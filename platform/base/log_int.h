/* What the files of the log share. */
#ifndef VOXGATE_BASE_LOG_INT_H
#define VOXGATE_BASE_LOG_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "platform/base/cur.h"
#include "platform/base/log.h"
#include "platform/base/ring.h"
#include "platform/base/wbuf.h"

#define LOG_REC_DATA 496
#define LOG_LINE_MAX 2560 /* every byte of a record escaped, the message's own text and the stamp */

/* What travels through a ring: one message, or one debug line with id LOG_MSGS + family. */
struct log_rec {
        int64_t wall_ns;
        uint16_t id;
        uint16_t len; /* of data */
        uint8_t data[LOG_REC_DATA];
};
_Static_assert(LOG_MSGS + DBG_FAMILIES <= UINT16_MAX, "id does not fit a record");

/* Strings are cut so that all later arguments still fit. */
void log_pack(struct log_rec *r, const struct log_arg *args, unsigned nargs);
/* The text of a message; an argument that is missing or of another kind prints as "?". */
void log_format_text(struct wbuf *w, const char *fmt, const struct log_rec *r);
/* A whole line. */
void log_format_line(struct wbuf *w, const struct log_conf *c, const struct log_def *d, int level,
                     const struct log_rec *r);

/* The same in the EMBLEM format: ":May 06 14:50:42 UTC: %ASA-session-6-302013: ...". */
void log_format_emblem(struct wbuf *w, const struct log_conf *c, const struct log_def *d, int level,
                       const struct log_rec *r);

struct log_rate_state {
        bool running;
        uint64_t since_ms, told, held, suppressed; /* held: not told yet how many */
};
struct log_rates {
        int8_t of[LOG_MSGS]; /* the line of the configuration that a message counts against, -1 none */
        struct log_rate_state state[LOG_RATES_MAX];
};
void log_rates_set(struct log_rates *r, const struct log_conf *old, const struct log_conf *c, const int8_t *level);
/* May this message go on now? */
bool log_rates_take(struct log_rates *r, const struct log_conf *c, unsigned msg, uint64_t now_ms);
/* The next limit whose interval is over and which kept *n back without a word so far, or -1. */
int log_rates_held(struct log_rates *r, const struct log_conf *c, uint64_t now_ms, uint64_t *n);

/* Text of whole lines, the oldest of which make room for new ones. */
struct log_buf {
        char *p;
        uint32_t size, start, used;
        uint32_t lines, lines_max; /* 0: as many as fit */
};
/* Keeps the newest lines that fit; -1 when out of memory. Without a size nothing is kept. */
int log_buf_resize(struct log_buf *b, uint32_t size, uint32_t lines_max);
void log_buf_clear(struct log_buf *b);
void log_buf_add(struct log_buf *b, const char *line);
void log_buf_copy(const struct log_buf *b, char *out); /* used bytes, in order */
void log_buf_fini(struct log_buf *b);

#define LOG_SRC_NAME_MAX 24

struct log_src {
        struct log *log;
        struct ring *ring;
        char name[LOG_SRC_NAME_MAX];
        _Atomic uint64_t queued, taken, lost;
        _Atomic uint64_t kept; /* of those taken: what is for the buffers is in them */
};

struct sink {
        log_sink_fn fn;
        void *ctx;
};

/*
 * Two locks, because a sink may take a lock of its own (a terminal's) whose holder asks for statistics: `lock` covers
 * the data and is never held in a call to the outside; `deliver` covers the sinks and their calls, and is taken
 * alone.
 */
struct log {
        const struct clock *clk;
        uint32_t slots;
        _Atomic uint8_t dests[LOG_MSGS]; /* bit per destination: what a producer asks */
        _Atomic uint32_t debug;          /* bit per family */
        _Atomic uint32_t queue;          /* records of one source that may wait */
        _Atomic bool hold;
        _Atomic uint64_t dest_count[LOG_DESTS];

        pthread_mutex_t lock;
        struct log_conf conf;
        int8_t level[LOG_MSGS];
        struct log_rates rates;
        struct log_buf buf, asdm;
        struct log_src *src[LOG_SRCS_MAX];
        unsigned nsrcs;

        pthread_mutex_t deliver;
        struct sink sink[LOG_DESTS], emblem;
        _Atomic bool want_emblem;
        debug_sink_fn debug_fn;
        void *debug_ctx;
};

/* One message's severity under c, or LOG_L_NONE when it is disabled. */
int log_conf_level(const struct log_conf *c, const struct log_def *d);
/* Bit per log_dest that wants it at that level. */
uint8_t log_conf_dests(const struct log_conf *c, const struct log_def *d, int level);
int log_conf_check(const struct log_conf *c, struct err *e);

#endif
