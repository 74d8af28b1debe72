/*
 * The consoles of the process: each has a thread that runs sessions on its term, one after the other. Log lines for
 * console and monitor and debug lines reach the sessions that want them.
 */
#ifndef VOXGATE_CLI_SESSION_CONSOLE_H
#define VOXGATE_CLI_SESSION_CONSOLE_H

#include "cli/session/session.h"

struct console_set;

/* Installs the log's console, monitor and debug sinks. NULL when out of memory. */
struct console_set *console_set_new(struct box *b) MUST_USE;
/* Hangs up all consoles and waits for their threads. NULL is legal. */
void console_set_free(struct console_set *cs);

/*
 * Opens a console (term_open()'s spec) and starts its thread. stdio: end of input stops the box; other consoles start
 * over. What loading startup-config had to report is shown first.
 */
int console_start(struct console_set *cs, const char *spec, struct err *e);
/* The same at a serial line that outlives us (term_open_line()). */
int console_start_line(struct console_set *cs, int master, struct err *e);

/* A session that lives elsewhere (a test, later SSH) takes part in logs and debugs until it leaves. */
void console_join(struct console_set *cs, struct session *s);
void console_leave(struct console_set *cs, struct session *s);
/* All sessions there are, oldest first; fn must not stay long. */
void console_each(struct console_set *cs, void (*fn)(void *ctx, struct session *s), void *ctx);
/* A line that concerns everybody: to all terminals but that of `except` (NULL: none). NULL console set is legal. */
void console_tell_all(struct console_set *cs, const struct session *except, const char *line);
/* Switches debug families on that at least one session wants, off the others. */
void console_debugs_changed(struct console_set *cs);

#endif
