/* What the files of the session share. */
#ifndef VOXGATE_CLI_SESSION_SESSION_INT_H
#define VOXGATE_CLI_SESSION_SESSION_INT_H

#include <stdio.h>
#include <string.h>

#include "cli/conf/candidate.h"
#include "cli/conf/flash_name.h"
#include "cli/term/filter.h"
#include "cli/session/follow.h"
#include "cli/term/pager.h"
#include "cli/session/session.h"
#include "cli/lang/table.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/base/wbuf.h"

#define SESSION_HISTORY 20

struct session {
        struct box *box;
        struct term *t;
        struct session_opts opts;
        unsigned priv;
        char user[65];
        struct aaa_identity id; /* of the user; user "": nobody has logged in */
        bool config;            /* configuration mode */
        pthread_mutex_t seen_lock;
        struct session_seen seen; /* what other threads see */
        struct conf_ctx conf;
        struct candidate *candidate; /* whose store is configured; NULL: the running one */
        bool leaving, stopped;
        bool failed; /* the last line was refused */
        bool denied; /* for want of privilege */
        bool more;   /* lines follow at once: what they configure is compiled together */
        char prompt[256];
        int pager_lines; /* -1: as configured */
        char cwd[FLASH_NAME_MAX + 1]; /* current directory on flash, "" its root */
        atomic_bool monitor;
        _Atomic uint32_t debugs;
        struct follow follow; /* whom they are about; under seen_lock */
        char *history[SESSION_HISTORY];
        char *shown[SESSION_HISTORY]; /* without what is secret in them; NULL: nothing is */
        unsigned nhistory;
        /* the line under way */
        struct filter filter;
        struct pager pager;
        unsigned lines; /* made so far, of all commands */
        struct table table;    /* what the handler puts */
        bool json;             /* the handler runs for a document: what is not of it is not shown */
        struct text partial;   /* output not yet ended by a newline */
        struct dialog *dialog; /* to be run behind the handler */
};

void out_begin(struct session *s, bool paged);
void out_end(struct session *s);
/* A handler begins, which writes text or a document. */
void out_table(struct session *s, bool json);
/* Asks and steps until the dialog ends, then frees it. true: the store was changed. */
bool session_drive(struct session *s, struct dialog *d);
/* Text of a parser or dialog through out(). */
void session_show(struct session *s, const struct text *t);
/* `console timeout`, `ssh timeout`: for what is read next. */
void session_set_idle(struct session *s);
void session_greet(struct session *s);
/* The lines typed so far, which may hold secrets, are not for who comes now. */
void session_forget(struct session *s);
/* What others see is as it is now. */
void session_publish(struct session *s);
/* `aaa authentication serial console LOCAL`. */
enum login_result { LOGIN_OK, LOGIN_REFUSED, LOGIN_ENDED };
enum login_result session_login(struct session *s);
/* A password that is too old is changed first; false: it was not. */
bool session_renew(struct session *s);
/* Before the first prompt: who came, when he was here last. */
void session_welcome(struct session *s);

#endif
