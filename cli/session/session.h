/*
 * One console session: privilege, mode, history, what it shows of logs and debugs. It reads lines from a term, hands
 * them to the parser, runs EXEC rows and drives dialogs; output goes through the filter and the pager of the line.
 * All but the two functions marked "any thread" belong to the thread that owns the term.
 */
#ifndef VOXGATE_CLI_SESSION_SESSION_H
#define VOXGATE_CLI_SESSION_SESSION_H

#include "cli/aaa/aaa.h"
#include "cli/conf/dialog.h"
#include "cli/lang/exec.h"
#include "cli/session/follow.h"
#include "cli/term/term.h"

struct session_opts {
        bool serial;      /* the console line: console timeout, `aaa authentication serial`, console logging */
        bool privileged;  /* starts at level 15 (replay) */
        const char *user; /* already authenticated; NULL: not */
        const struct aaa_identity *id; /* the same, with all that is known of him; copied */
        bool ssh;                      /* `ssh timeout` */
        bool mute;                     /* nobody can answer: what would ask is refused */
};

enum session_end { SESSION_LOGOUT, SESSION_EOF, SESSION_IDLE, SESSION_STOPPED };

/* term is borrowed and must outlive the session. NULL when out of memory. */
struct session *session_new(struct box *b, struct term *t, const struct session_opts *o) MUST_USE;
void session_free(struct session *s);
/* Greeting, login where asked for, then lines until the session ends. */
enum session_end session_run(struct session *s);
/* The lines of a command without prompt, echo and pager. 0, or 1 when one was refused. */
int session_exec(struct session *s, const char *lines);
/* May its user run this EXEC line? Audited as if it ran; for what shows the same in another form. */
bool session_may(struct session *s, const char *line);
/* The last line was refused since it is above the user's level (`aaa authorization command`). */
bool session_denied(const struct session *s);
/* One line as if it was typed; output ends at the start of a line. */
void session_line(struct session *s, const char *line);
/* Which prompt stands in front of the next line. */
const char *session_prompt(struct session *s);

/* Any thread: a log line (already filtered by level) or a debug line of a family, shown if this session wants it. */
void session_log(struct session *s, enum log_dest dest, const char *line);
/* The same for what everybody must know. */
void session_notice(struct session *s, const char *line);
void session_debug_line(struct session *s, enum debug_family f, const char *line);

/* Any thread: who sits there. */
struct session_seen {
        char user[USERNAME_MAX + 1], source[64], line[8]; /* line: "serial", "ssh" ... */
        unsigned priv;
        bool config;
        int64_t since_s; /* login, or begin of the session */
};
void session_look(struct session *s, struct session_seen *out);

/* ---- for EXEC rows ---- */
unsigned session_priv(const struct session *s);
void session_set_priv(struct session *s, unsigned priv);
/* Who is in; NULL: nobody has logged in. */
const struct aaa_identity *session_identity(const struct session *s);
/* He has logged in now: his name, and the level he begins with. */
void session_set_identity(struct session *s, const struct aaa_identity *id);
/* Asks aaa as from where this session is; a refusal has been waited for. */
int session_aaa(struct session *s, enum aaa_line line, const char *user, const char *password,
                struct aaa_identity *out);
bool session_in_config(const struct session *s);
void session_configure(struct session *s);
/* Configuration mode on a copy aside (candidate.h); NULL: none is open. Leaving the mode closes it, whatever way. */
int session_configure_aside(struct session *s, const char *name, struct err *e);
struct candidate *session_candidate(const struct session *s);
void session_leave_config(struct session *s);
void session_leave(struct session *s); /* ends behind this line */
void session_stop(struct session *s);  /* the same, without a word: the appliance goes down */
/* Runs questions behind the handler. init: the dialog's state, row->state_size bytes; may be NULL. */
int session_ask(struct session *s, const struct dialog_row *row, const void *init, struct err *e);
/* Pager of this session only; -1: as configured. */
void session_set_pager(struct session *s, int lines);
unsigned session_pager(struct session *s);
unsigned session_columns(const struct session *s); /* of its terminal; 0: not known */
void session_set_monitor(struct session *s, bool on);
bool session_monitor(const struct session *s);
/* The current directory on flash, "" its root: FLASH_NAME_MAX. */
const char *session_cwd(const struct session *s);
void session_set_cwd(struct session *s, const char *name);
/* Which debugs this session wants, a bit per family. */
uint32_t session_debugs(const struct session *s);
void session_set_debugs(struct session *s, uint32_t mask);
/* Whom they are about; NULL: everybody. */
void session_set_follow(struct session *s, const struct follow *f);
const char *session_follows(const struct session *s); /* in words; "": everybody */
/* The n-th line of the history, oldest first, without what is secret in it; NULL behind the last. */
const char *session_history(const struct session *s, unsigned n);
/* What was written without a newline appears now. */
void out_flush(struct session *s);
/* Has the operator pressed ^C, waiting at most wait_ms for it? Other keys stay typed ahead. */
bool session_aborted(struct session *s, unsigned wait_ms);
/* Has he pressed ^C by now, has an operator ended his session, does the appliance go down? Unlike the above not when
 * his terminal is just gone: what he began goes on then. */
bool session_interrupted(struct session *s);
/* box_lock_whole(), unless he is interrupted while he waits for it. */
int session_lock_whole(struct session *s, struct err *e) MUST_USE;

#endif
