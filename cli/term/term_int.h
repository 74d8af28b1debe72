/* What the files of the terminal share. */
#ifndef VOXGATE_CLI_TERM_TERM_INT_H
#define VOXGATE_CLI_TERM_TERM_INT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <termios.h>

#include "cli/term/term.h"

#define TERM_ASYNC_MAX 65536u

enum { KEY_EOF = -1, KEY_NONE = -2, KEY_WAKE = -3 };

struct term_edit; /* libedit's part; NULL on pipes */

struct term {
        int in, out, wake; /* wake: eventfd */
        bool tty;
        struct termios saved;
        unsigned idle_ms;
        bool idled; /* in the middle of something: the next line is not waited for */
        struct term_hooks hooks;

        uint8_t ibuf[4096];
        size_t ipos, ilen;
        bool ieof, after_cr;

        char obuf[8192];
        size_t olen;
        bool broken; /* nobody reads any more */
        char last;   /* byte written */

        char *line; /* grown up to TERM_LINE_MAX + 1 */
        size_t line_cap, line_len;

        pthread_mutex_t async_lock;
        char *async;
        size_t async_len;
        unsigned async_lost;

        atomic_bool hung, stopped, resized, ending;
        struct term_edit *edit;
        void (*on_close)(void *arg); /* ends a serial line's pump */
        void *close_arg;
};

/* One byte with CR, LF and CR LF all read as '\n'; KEY_* otherwise. timeout_ms < 0 waits for ever. */
int term_getc(struct term *t, int timeout_ms);
/* What is left of the idle time of a wait that began at since_ms; -1: it is for ever. What the terminal is told
 * meanwhile is nobody's typing. */
int term_idle_left(const struct term *t, uint64_t since_ms);
/* Appends to the line buffer; false when it would exceed the maximum or there is no memory. */
bool term_line_add(struct term *t, const char *p, size_t n);
const char *term_line_text(struct term *t);
/* Takes the queued asynchronous lines; freed by the caller with mem_free(). NULL: none. */
char *term_take_async(struct term *t);
/* Noecho, no line assembly, no signals; output processing stays. */
int term_raw(struct term *t, struct err *e);

enum term_result term_plain_read(struct term *t, const char *prompt, bool secret);
/* A line of a terminal without libedit: nothing shown. */
enum term_result term_secret_read(struct term *t, const char *prompt);

struct term_edit *term_edit_new(struct term *t, const char *type, struct err *e) MUST_USE;
void term_edit_free(struct term_edit *x);
enum term_result term_edit_read(struct term *t, const char *prompt, bool command);
void term_edit_history(struct term_edit *x, const char *line);
void term_edit_forget(struct term_edit *x);

#endif
