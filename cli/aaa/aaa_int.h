/* What the files of aaa share. */
#ifndef VOXGATE_CLI_AAA_AAA_INT_H
#define VOXGATE_CLI_AAA_AAA_INT_H

#include "cli/aaa/aaa_state.h"

/* What the configuration has about somebody who wants to come in. */
struct aaa_cred {
        bool known, nopassword;
        bool nobody; /* the enable password is asked for, no user */
        bool open;   /* the line lets users in */
        unsigned privilege;
        char hash[PASSWORD_HASH_MAX + 1];
        uint8_t service; /* enum service_type */
        char key[2][SSH_KEY_TEXT + 1];
        struct aaa_conf conf;
        unsigned lifetime_days;
        uint32_t rounds; /* what a check costs, for everybody */
};
void aaa_cred_get(struct box *b, const struct aaa_who *w, struct aaa_cred *c);

enum aaa_why { AAA_GOOD, AAA_WRONG, AAA_LOCKED, AAA_INACTIVE, AAA_CLOSED, AAA_NO_RIGHTS };
struct aaa_verdict {
        enum aaa_why why;
        bool locked_now;
        uint32_t failures; /* then */
};
bool aaa_is_locked(const struct aaa_record *r, int64_t now_s);
bool aaa_is_inactive(const struct aaa_record *r, const struct aaa_conf *conf, int64_t now_s);
void aaa_log_verdict(struct box *b, const struct aaa_who *w, const struct aaa_identity *id,
                     const struct aaa_verdict *v);
/* A level without a password of its own takes that of level 15. */
void aaa_enable_hash(const struct sys_conf *s, unsigned level, char hash[PASSWORD_HASH_MAX + 1]);

#endif
