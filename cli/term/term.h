/*
 * One line source and sink of a console: libedit on a terminal (tty, pty), a plain reader on pipes. One thread reads
 * and writes a term; only term_async(), term_hangup() and term_resized() may be called from others. libedit keeps
 * static state, so one process-wide lock surrounds its calls and is dropped while a key is awaited.
 */
#ifndef VOXGATE_CLI_TERM_TERM_H
#define VOXGATE_CLI_TERM_TERM_H

#include <stdbool.h>
#include <stddef.h>

#include "platform/base/attr.h"
#include "platform/base/err.h"

struct term;

#define TERM_LINE_MAX 65536u /* bytes of one line; a longer one is refused as a whole */

enum term_result {
        TERM_LINE,
        TERM_EOF,    /* end of input, hang-up, ^D on an empty line */
        TERM_INTR,   /* ^C: the line is dropped */
        TERM_TO_END, /* ^Z: leave configuration mode */
        TERM_IDLE,   /* nothing typed for the idle time */
        TERM_LONG,   /* line over TERM_LINE_MAX, dropped */
};

/* Called from term_readline() by the reading thread, without any lock. */
struct term_hooks {
        void *ctx;
        /* `?` behind `line`: writes its help with term_write(). */
        void (*help)(void *ctx, const char *line);
        /* TAB behind `line`: what to insert there. false: nothing. */
        bool (*complete)(void *ctx, const char *line, char *out, size_t cap);
};

/*
 * spec: "stdio", "pty:LINK" (a serial line whose other end is the symbolic link LINK), "tty:PATH". NULL with e set.
 */
struct term *term_open(const char *spec, struct err *e) MUST_USE;
/* At the appliance's end of a serial line (pty_line.h) that outlives the console: a descriptor of its master, taken
 * over also on failure. */
struct term *term_open_line(int master, struct err *e) MUST_USE;
/* On descriptors, which are taken over (also on failure) and may be the same; in -1: no input. type: terminal type,
 * NULL: vt100. */
struct term *term_open_fds(int in, int out, const char *type, struct err *e) MUST_USE;
/* Gives the terminal back as it was found. NULL is legal. */
void term_close(struct term *t);

bool term_is_tty(const struct term *t);
void term_set_hooks(struct term *t, const struct term_hooks *h);
void term_set_idle(struct term *t, unsigned ms); /* 0: never */
/* Columns and rows; 80 and 24 where the terminal does not know. */
void term_size(const struct term *t, unsigned *cols, unsigned *rows);

/* One command line. *line is the term's until the next call on it; never NULL. */
enum term_result term_readline(struct term *t, const char *prompt, const char **line);
/* One answer of a dialog: no help, no completion, no history; secret: not shown either. */
enum term_result term_answer(struct term *t, const char *prompt, bool secret, const char **line);
/* One key for the pager: 0-255, or -1 at the end of input. */
int term_key(struct term *t);
/* Is there more input already, or does some come within wait_ms? */
bool term_pending(struct term *t, unsigned wait_ms);
/* ^C typed on a terminal, or nobody reads any more; waits at most wait_ms. What was typed before ^C is dropped with
 * it. */
bool term_abort_key(struct term *t, unsigned wait_ms);
void term_history_add(struct term *t, const char *line);
void term_history_clear(struct term *t);

/* Buffered; flushed before any read and by term_flush(). */
void term_write(struct term *t, const char *s, size_t n);
void term_puts(struct term *t, const char *s);
void term_printf(struct term *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
void term_flush(struct term *t);
/* true: the last byte written ended a line. */
bool term_at_line_start(const struct term *t);
/* Writes the lines that came in by term_async(), if the cursor is at the start of a line. */
void term_show_async(struct term *t);

/* Any thread: one line (without newline) to be shown soon, above the line being typed. Lines over a bound are
 * counted. */
void term_async(struct term *t, const char *line);
/* Any thread: no more input comes; what is on its way is still read. */
void term_end_input(struct term *t);
/* Any thread: reads end with TERM_EOF from now on. */
void term_hangup(struct term *t);
/* Any thread: the same, and nobody has left by himself: what is under way ends as soon as it can. */
void term_stop(struct term *t);
bool term_stopped(const struct term *t);
/* The input can give nothing any more: closed or hung up. */
bool term_gone(const struct term *t);
/* Any thread: the window changed. */
void term_resized(struct term *t);

#endif
