#include "cli/aaa/aaa_int.h"

#include <mbedtls/sha256.h>
#include <stdio.h>
#include <string.h>

#include "cli/conf/passwd.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

#define REFUSED "Login incorrect"

/* ---- what the configuration says: copied, so that no lock is held while hashing ---- */

/* Every check costs what the dearest hash of the configuration costs. */
static uint32_t dearest(const struct box *b)
{
        uint32_t most = b->hash_rounds ? b->hash_rounds : PASSWD_ROUNDS;

        conf_each(struct user_conf, u, &b->store->sys.users)
                most = MAX_OF(most, passwd_rounds(u->hash));
        return most;
}

static void copy_attrs(struct aaa_cred *c, const struct sys_conf *s, const char *user)
{
        const struct user_attr_conf *a = conf_list_find(&s->user_attrs, user);

        c->service = a && a->service ? a->service : SERVICE_ADMIN;
        str_copy(c->key[0], sizeof c->key[0], a ? a->publickey : "");
        str_copy(c->key[1], sizeof c->key[1], a ? a->pkf : "");
}

/* Whom the line asks: the users, or whoever knows the enable password (HTTPS without aaa, and no name). */
static bool line_open(const struct aaa_conf *a, const struct aaa_who *w)
{
        switch (w->line) {
        case AAA_SSH:
                return a->ssh;
        case AAA_HTTP:
                return a->http || !*w->user;
        case AAA_SERIAL:
        case AAA_ENABLE:
                break;
        }
        return true;
}

static void by_enable_password(struct aaa_cred *c, const struct sys_conf *s)
{
        c->known = c->nobody = true;
        c->privilege = 15;
        str_copy(c->hash, sizeof c->hash, *s->enable_hash ? s->enable_hash : PASSWD_EMPTY_HASH);
}

void aaa_cred_get(struct box *b, const struct aaa_who *w, struct aaa_cred *c)
{
        const struct sys_conf *s;
        const struct user_conf *u;

        memset(c, 0, sizeof *c);
        pthread_mutex_lock(&b->conf_lock);
        s = &b->store->sys;
        u = conf_list_find(&s->users, w->user);
        if (u) {
                c->known = true;
                c->nopassword = u->nopassword;
                c->privilege = u->privilege;
                memcpy(c->hash, u->hash, sizeof c->hash);
                copy_attrs(c, s, w->user);
        } else if (w->line == AAA_HTTP && !s->aaa.http && !*w->user) {
                by_enable_password(c, s);
        }
        c->open = line_open(&s->aaa, w);
        c->conf = s->aaa;
        c->lifetime_days = s->password_policy.lifetime_days;
        c->rounds = dearest(b);
        if (b->aaa)
                aaa_state_sync(b, b->aaa);
        pthread_mutex_unlock(&b->conf_lock);
}

/* ---- judging ---- */

/* Level 15 comes in at the serial console whatever happened elsewhere: somebody has to mend it. */
static bool always_in(const struct aaa_cred *c, const struct aaa_who *w)
{
        return !w->from && c->privilege == 15;
}

bool aaa_is_locked(const struct aaa_record *r, int64_t now_s)
{
        return r->locked_s && now_s - r->locked_s < AAA_LOCK_S && now_s >= r->locked_s;
}

bool aaa_is_inactive(const struct aaa_record *r, const struct aaa_conf *conf, int64_t now_s)
{
        int64_t used = MAX_OF(r->created_s, r->last_login_s);

        return conf->inactive_days && now_s - used >= (int64_t)conf->inactive_days * 86400;
}

static enum aaa_why why_not(const struct aaa_cred *c, const struct aaa_who *w, const struct aaa_record *r, bool proof,
                            int64_t now_s)
{
        if (r && !always_in(c, w) && aaa_is_locked(r, now_s))
                return AAA_LOCKED;
        if (!c->known || !proof)
                return AAA_WRONG;
        if (!c->open)
                return AAA_CLOSED;
        if (r && !always_in(c, w) && aaa_is_inactive(r, &c->conf, now_s))
                return AAA_INACTIVE;
        if (c->conf.exec && c->service == SERVICE_REMOTE_ACCESS && w->line != AAA_ENABLE)
                return AAA_NO_RIGHTS;
        if (w->line == AAA_ENABLE && c->conf.exec && c->service != SERVICE_ADMIN)
                return AAA_NO_RIGHTS;
        return AAA_GOOD;
}

static void note_failure(struct aaa_record *r, const struct aaa_cred *c, const char *source, int64_t now_s,
                         struct aaa_verdict *v)
{
        if (!r || v->why != AAA_WRONG)
                return;
        r->failures += r->failures < UINT32_MAX;
        r->failed += r->failed < UINT32_MAX;
        r->last_failed_s = now_s;
        str_copy(r->failed_source, sizeof r->failed_source, source);
        if (c->conf.max_fail && r->failures >= c->conf.max_fail && !aaa_is_locked(r, now_s)) {
                r->locked_s = now_s;
                v->locked_now = true;
                v->failures = r->failures;
        }
}

/* What the greeting tells is how it was before this login. */
static void tell_before(const struct aaa_record *r, const struct aaa_cred *c, int64_t now_s, struct aaa_identity *out)
{
        out->days = c->conf.history_days;
        out->logins = aaa_record_logins(r, now_s, out->days);
        out->failed = r->failed;
        out->last_login_s = r->last_login_s;
        out->last_privilege = r->last_privilege;
        str_copy(out->last_source, sizeof out->last_source, r->last_source);
        out->expired =
                c->lifetime_days && r->password_s && now_s - r->password_s >= (int64_t)c->lifetime_days * 86400;
}

static void note_success(struct aaa_record *r, const struct aaa_cred *c, const struct aaa_who *w, int64_t now_s,
                         struct aaa_identity *out)
{
        if (!r)
                return;
        tell_before(r, c, now_s, out);
        r->locked_s = 0;
        if (w->line == AAA_ENABLE)
                r->failures = 0;
        else
                aaa_record_login(r, now_s, out->source);
}

static void judge(struct box *b, const struct aaa_cred *c, const struct aaa_who *w, bool proof,
                  struct aaa_identity *out, struct aaa_verdict *v)
{
        struct aaa_state *st = b->aaa;
        int64_t now_s = clock_wall_s(b->clk);
        struct aaa_record *r;

        if (!st) {
                v->why = why_not(c, w, NULL, proof, now_s);
                return;
        }
        pthread_mutex_lock(&st->lock);
        r = c->known && !c->nobody ? aaa_record_find(st, w->user) : NULL;
        v->why = why_not(c, w, r, proof, now_s);
        *(v->why == AAA_GOOD ? &st->permitted : &st->denied) += w->line != AAA_ENABLE;
        if (v->why == AAA_GOOD) {
                note_success(r, c, w, now_s, out);
                aaa_source_good(st, out->source);
        } else {
                note_failure(r, c, out->source, now_s, v);
                out->delay_ms = aaa_source_failed(st, out->source, clock_mono_ms(b->clk));
        }
        st->dirty = true;
        pthread_mutex_unlock(&st->lock);
        /* What could not be written is tried again; machines ask by HTTPS all day. */
        aaa_state_save(b, st, v->why == AAA_GOOD && w->line != AAA_HTTP, NULL);
}

/* ---- the ways in ---- */

static void begin(const struct aaa_who *w, const struct aaa_cred *c, struct aaa_identity *out)
{
        char text[ADDR_TEXT_MAX];

        memset(out, 0, sizeof *out);
        str_copy(out->user, sizeof out->user, w->user);
        out->line = w->line;
        out->remote = w->from != NULL;
        if (w->from)
                out->from = *w->from;
        if (w->to)
                out->to = *w->to;
        out->from_port = w->from_port;
        str_copy(out->ifc, sizeof out->ifc, w->ifc ? w->ifc : "");
        str_copy(out->source, sizeof out->source, w->from ? addr_print(w->from, text) : "console");
        out->privilege = out->last_privilege = c->privilege;
        out->start = c->conf.auto_enable && c->service == SERVICE_ADMIN ? MAX_OF(c->privilege, 1u) : 1;
        out->may_enable = !c->conf.exec || c->service == SERVICE_ADMIN;
}

static int finish(struct box *b, const struct aaa_cred *c, const struct aaa_who *w, bool proof,
                  struct aaa_identity *out, struct err *e)
{
        struct aaa_verdict v = { 0 };

        judge(b, c, w, proof, out, &v);
        aaa_log_verdict(b, w, out, &v);
        if (v.why == AAA_GOOD)
                return 0;
        out->privilege = out->start = 0;
        return err_set(e, ERR_STATE, REFUSED);
}

unsigned aaa_level(const struct aaa_identity *id)
{
        return id->may_enable ? id->privilege : MIN_OF(id->privilege, 1u);
}

int aaa_login(struct box *b, const struct aaa_who *w, const char *password, struct aaa_identity *out, struct err *e)
{
        struct aaa_cred c;
        bool proof;
        int rc;

        aaa_cred_get(b, w, &c);
        begin(w, &c, out);
        proof = passwd_check_level(c.hash, c.nobody ? "" : w->user, password, c.rounds) || c.nopassword;
        rc = finish(b, &c, w, proof, out, e);
        mem_wipe(&c, sizeof c);
        return rc;
}

/* ---- keys ---- */

void aaa_key_text(const void *key, size_t n, char out[AAA_KEY_TEXT])
{
        unsigned char md[32];

        mbedtls_sha256_ret(key, n, md, 0);
        for (unsigned i = 0; i < sizeof md; i++)
                snprintf(out + 3 * i, 4, i + 1 < sizeof md ? "%02x:" : "%02x", md[i]);
}

static bool key_fits(const struct aaa_cred *c, const void *key, size_t n)
{
        char text[AAA_KEY_TEXT];
        bool fits = false;

        aaa_key_text(key, n, text);
        for (unsigned i = 0; i < ARRAY_LEN(c->key); i++)
                fits |= strlen(c->key[i]) == SSH_KEY_TEXT && str_ct_eq(c->key[i], text, SSH_KEY_TEXT);
        return fits;
}

int aaa_login_key(struct box *b, const struct aaa_who *w, const void *key, size_t n, struct aaa_identity *out,
                  struct err *e)
{
        struct aaa_cred c;
        int rc;

        aaa_cred_get(b, w, &c);
        begin(w, &c, out);
        rc = finish(b, &c, w, key_fits(&c, key, n), out, e);
        mem_wipe(&c, sizeof c);
        return rc;
}

bool aaa_key_known(struct box *b, const char *user, const void *key, size_t n)
{
        const struct aaa_who w = { .line = AAA_SSH, .user = user };
        struct aaa_cred c;
        bool known;

        aaa_cred_get(b, &w, &c);
        known = key_fits(&c, key, n) && c.known;
        mem_wipe(&c, sizeof c);
        return known;
}

/* ---- the rest ---- */

static unsigned enable_counted(struct box *b, const char *source, bool ok)
{
        char name[sizeof b->aaa->source->name];
        unsigned ms = 0;

        if (!b->aaa)
                return 0;
        snprintf(name, sizeof name, "enable %.50s", source);
        pthread_mutex_lock(&b->aaa->lock);
        if (ok)
                aaa_source_good(b->aaa, name);
        else
                ms = aaa_source_failed(b->aaa, name, clock_mono_ms(b->clk));
        pthread_mutex_unlock(&b->aaa->lock);
        return ms;
}

bool aaa_enable_ok(struct box *b, const char *source, unsigned level, const char *password, unsigned *delay_ms)
{
        char hash[PASSWORD_HASH_MAX + 1];
        bool ok;

        pthread_mutex_lock(&b->conf_lock);
        aaa_enable_hash(&b->store->sys, level, hash);
        pthread_mutex_unlock(&b->conf_lock);
        ok = passwd_check(hash, "", password);
        *delay_ms = enable_counted(b, source, ok);
        return ok;
}

void aaa_enable_hash(const struct sys_conf *s, unsigned level, char hash[PASSWORD_HASH_MAX + 1])
{
        str_copy(hash, PASSWORD_HASH_MAX + 1, *s->enable_hash ? s->enable_hash : PASSWD_EMPTY_HASH);
        conf_each(struct enable_conf, en, &s->enables)
                if (en->level == level)
                        str_copy(hash, PASSWORD_HASH_MAX + 1, en->hash);
}

bool aaa_password_used(struct box *b, const char *user, const char *password, unsigned n)
{
        const struct aaa_record *r;
        bool used = false;

        if (!b->aaa)
                return false;
        aaa_state_sync(b, b->aaa);
        pthread_mutex_lock(&b->aaa->lock);
        r = aaa_record_find(b->aaa, user);
        if (r)
                used = passwd_check(r->hash, user, password);
        for (unsigned i = 0; r && !used && i + 1 < n && i < AAA_OLD_HASHES; i++)
                used = passwd_check(r->old[i], user, password);
        pthread_mutex_unlock(&b->aaa->lock);
        return used;
}

void aaa_wait(struct box *b, unsigned ms)
{
        if (b->pause && ms)
                b->pause(b, ms);
}
