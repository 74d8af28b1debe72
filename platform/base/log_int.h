/* What the files of the log share. */
#ifndef VOXGATE_BASE_LOG_INT_H
#define VOXGATE_BASE_LOG_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "platform/base/cur.h"
#include "platform/base/log.h"
#include "platform/base/ring.h"
#include "platform/base/wbuf.h"

#define LOG_SRCS_MAX 64
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

/* Text of whole lines, the oldest of which make room for new ones. */
struct log_buf {
        char *p;
        uint32_t size, start, used;
};
int log_buf_resize(struct log_buf *b, uint32_t size); /* keeps the newest lines that fit; -1 when out of memory */
void log_buf_add(struct log_buf *b, const char *line);
void log_buf_copy(const struct log_buf *b, char *out); /* used bytes, in order */
void log_buf_fini(struct log_buf *b);

/* One message's severity under c, or LOG_L_NONE when it is disabled. */
int log_conf_level(const struct log_conf *c, const struct log_def *d);
/* Bit per log_dest that wants it at that level. */
uint8_t log_conf_dests(const struct log_conf *c, const struct log_def *d, int level);
int log_conf_check(const struct log_conf *c, struct err *e);

#endif
