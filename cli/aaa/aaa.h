/*
 * Who may come in, from where, and what he is. Users are those of the running configuration (LOCAL); what happens to
 * them (logins, failures, lockouts, age of passwords) is kept here and on flash, outside of the configuration.
 * All calls are for any thread that holds neither box->conf_lock nor a lock of its own: hashing takes its time.
 */
#ifndef VOXGATE_CLI_AAA_AAA_H
#define VOXGATE_CLI_AAA_AAA_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/box/box.h"
#include "cli/conf/sysconf.h"
#include "platform/base/addr.h"
#include "platform/base/err.h"

/* Where somebody asks to come in; AAA_ENABLE: one who is in already wants privileges by his own password. */
enum aaa_line { AAA_SERIAL, AAA_SSH, AAA_HTTP, AAA_ENABLE };

struct aaa_who {
        enum aaa_line line;
        const char *user;
        const struct addr *from; /* NULL: the serial console */
        uint16_t from_port;
        const char *ifc;       /* nameif the peer came in by; NULL with the serial console */
        const struct addr *to; /* address of ours that he came to; NULL with the serial console */
};

struct aaa_identity {
        char user[USERNAME_MAX + 1];
        enum aaa_line line;
        bool remote; /* from is an address */
        struct addr from, to;
        uint16_t from_port;
        char ifc[NAMEIF_MAX + 1];
        char source[64];    /* "console", or the address as text: for people and logs */
        unsigned privilege; /* of the user, 0-15 */
        unsigned start;     /* level the session begins with: 1, or the user's own (auto-enable) */
        bool may_enable;    /* false: service-type nas-prompt */
        bool expired;       /* the password is older than `password-policy lifetime`: must be changed first */
        /* before this login */
        unsigned days, logins, failed; /* logins in the last `days` days, failures since the last login */
        int64_t last_login_s;          /* 0: never */
        char last_source[64];
        unsigned last_privilege; /* at the last login */
        /* also when refused: how long to keep the peer waiting for the answer */
        unsigned delay_ms;
};

/* The level of commands where nobody can type `enable`: an SSH command, files, HTTPS. */
unsigned aaa_level(const struct aaa_identity *id);

/*
 * Does the password open the door? 0, or -1 with one neutral reason in e, the same for an unknown user, a wrong
 * password, a locked and a disabled account; all of them cost the same. Counts, locks and logs (113006, 113012,
 * 113015, 113021, 605004, 605005, 611101, 611102); the caller only waits out->delay_ms (aaa_wait) before it tells a
 * refusal.
 */
int aaa_login(struct box *b, const struct aaa_who *w, const char *password, struct aaa_identity *out, struct err *e);
/* The same for a peer that has proved to own the key: key is its SSH wire form (the blob behind the base64). */
int aaa_login_key(struct box *b, const struct aaa_who *w, const void *key, size_t n, struct aaa_identity *out,
                  struct err *e);
/* Is the key worth a signature? Neither counts nor logs. */
bool aaa_key_known(struct box *b, const char *user, const void *key, size_t n);
/* Sleeps, where the box has a way to (box->pause). */
void aaa_wait(struct box *b, unsigned ms);
/* The session of this user has ended: 611103. */
void aaa_logout(struct box *b, const struct aaa_identity *who);

/*
 * Does `enable LEVEL` take this password? By the enable password of that level; wants no user. Failures count by
 * source
 * ("console" or an address), apart from logins: who logs in anew waits no less. The caller waits *delay_ms (aaa_wait)
 * before it tells a refusal.
 */
bool aaa_enable_ok(struct box *b, const char *source, unsigned level, const char *password, unsigned *delay_ms);

/*
 * Is the password one of the last n of this user, with the present one? The caller holds conf_lock: the operator who
 * types a password waits for it.
 */
bool aaa_password_used(struct box *b, const char *user, const char *password, unsigned n);

/* SHA-256 of a key's wire form as the configuration prints it: "4e:7a:...", 32 octets. */
#define AAA_KEY_TEXT 96
void aaa_key_text(const void *key, size_t n, char out[AAA_KEY_TEXT]);

#endif
