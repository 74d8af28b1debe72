/*
 * What has happened to each local user: logins, failures, lockouts, passwords of before. One record per user of the
 * running configuration; no record for names that nobody has. Kept in a file on flash that is replaced whole. Its
 * lock may be taken under box->conf_lock, never the other way round.
 */
#ifndef VOXGATE_CLI_AAA_AAA_STATE_H
#define VOXGATE_CLI_AAA_AAA_STATE_H

#include <pthread.h>

#include "cli/aaa/aaa.h"
#include "cli/conf/flash_name.h"
#include "cli/conf/store.h"
#include "cli/lang/text.h"

#define AAA_DAYS 366u     /* days of logins that are remembered */
#define AAA_OLD_HASHES 7u /* passwords of before */
#define AAA_LOCK_S 600    /* a lockout ends by itself */
#define AAA_SAVE_S 60     /* failures alone are not written more often */

struct aaa_record {
        struct list link;
        char name[USERNAME_MAX + 1];
        bool seen; /* while records are compared with the configuration */
        int64_t created_s, last_login_s, last_failed_s, locked_s, password_s; /* 0: never */
        uint32_t failures; /* since the last success or clear: for lockouts */
        uint32_t failed;   /* since the last login: for the greeting */
        char last_source[64], failed_source[64];
        unsigned privilege, last_privilege, old_privilege; /* now; at the last login; before the last change */
        int64_t privilege_s;                               /* of that change */
        char hash[PASSWORD_HASH_MAX + 1];                  /* as last seen: another one means a new password */
        char old[AAA_OLD_HASHES][PASSWORD_HASH_MAX + 1];   /* newest first */
        struct {
                uint16_t day, n;
        } logins[AAA_DAYS]; /* by day modulo AAA_DAYS */
};

/* Failures by where they came from, so that waiting says nothing about users. */
#define AAA_SOURCES 256u
struct aaa_source {
        char name[64];
        uint32_t failures;
        uint64_t last_ms;
};

struct aaa_state {
        pthread_mutex_t lock; /* of all below */
        struct list records;
        struct aaa_source source[AAA_SOURCES];
        bool dirty;
        uint64_t saved_ms;
        uint64_t permitted, denied; /* logins since the start */
        pthread_mutex_t io; /* one write at a time, taken before lock */
};

/* Reads the file, when there is one; a torn one is put aside as empty. NULL: out of memory. */
struct aaa_state *aaa_state_new(struct box *b) MUST_USE;
void aaa_state_free(struct box *b, struct aaa_state *st); /* writes what is unsaved; NULL is legal */

/* Makes the records those of the configured users. The caller holds conf_lock, not st->lock. */
void aaa_state_sync(struct box *b, struct aaa_state *st);
/* Under st->lock; NULL: no such user. */
struct aaa_record *aaa_record_find(struct aaa_state *st, const char *name);
void aaa_record_login(struct aaa_record *r, int64_t now_s, const char *source);
unsigned aaa_record_logins(const struct aaa_record *r, int64_t now_s, unsigned days);
/* Milliseconds that a failure from there waits; counts it. */
unsigned aaa_source_failed(struct aaa_state *st, const char *source, uint64_t now_ms);
void aaa_source_good(struct aaa_state *st, const char *source);
/* Writes the file when it is time (now: whatever the time). The caller holds no lock. */
int aaa_state_save(struct box *b, struct aaa_state *st, bool now, struct err *e);

/* The file's text; parsing one: -1 with the first wrong line, records before it are kept. */
void aaa_state_write(const struct aaa_state *st, struct text *out);
int aaa_state_read(struct aaa_state *st, const char *text, struct err *e);

#endif
