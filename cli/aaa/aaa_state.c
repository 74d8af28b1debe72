#include "cli/aaa/aaa_state.h"

#include <stdio.h>
#include <string.h>

#include "platform/base/file.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

#define FILE_MAX (16u << 20)
#define DAY_S 86400

/* ---- records ---- */

struct aaa_record *aaa_record_find(struct aaa_state *st, const char *name)
{
        list_each(it, &st->records) {
                struct aaa_record *r = list_entry(it, struct aaa_record, link);

                if (!strcmp(r->name, name))
                        return r;
        }
        return NULL;
}

void aaa_record_login(struct aaa_record *r, int64_t now_s, const char *source)
{
        uint16_t day = (uint16_t)(now_s / DAY_S);
        unsigned at = day % AAA_DAYS;

        if (r->logins[at].day != day)
                r->logins[at].n = 0;
        r->logins[at].day = day;
        if (r->logins[at].n < UINT16_MAX)
                r->logins[at].n++;
        r->last_login_s = now_s;
        r->last_privilege = r->privilege;
        r->failures = r->failed = 0;
        str_copy(r->last_source, sizeof r->last_source, source);
}

unsigned aaa_record_logins(const struct aaa_record *r, int64_t now_s, unsigned days)
{
        int64_t today = now_s / DAY_S;
        unsigned sum = 0;

        for (unsigned i = 0; i < AAA_DAYS; i++)
                if (r->logins[i].n && r->logins[i].day <= today && r->logins[i].day > today - (int64_t)days)
                        sum += r->logins[i].n;
        return sum;
}

/* ---- following the configuration ---- */

static struct aaa_record *record_add(struct aaa_state *st, const char *name, int64_t now_s)
{
        struct aaa_record *r = mem_alloc(MEM_CLI, sizeof *r);

        if (!r)
                return NULL;
        str_copy(r->name, sizeof r->name, name);
        r->created_s = now_s;
        list_add_tail(&st->records, &r->link);
        return r;
}

static void note_password(struct aaa_record *r, const struct user_conf *u, int64_t now_s)
{
        if (!strcmp(r->hash, u->hash))
                return;
        if (*r->hash) {
                memmove(r->old[1], r->old[0], sizeof r->old - sizeof r->old[0]);
                memcpy(r->old[0], r->hash, sizeof r->hash);
        }
        memcpy(r->hash, u->hash, sizeof r->hash);
        r->password_s = now_s;
}

static void note_privilege(struct aaa_record *r, const struct user_conf *u, bool fresh, int64_t now_s)
{
        if (r->privilege == u->privilege && !fresh)
                return;
        if (!fresh) {
                r->old_privilege = r->privilege;
                r->privilege_s = now_s;
        }
        r->privilege = u->privilege;
        if (fresh)
                r->last_privilege = r->privilege;
}

static void drop_unseen(struct aaa_state *st)
{
        list_each_safe(it, next, &st->records) {
                struct aaa_record *r = list_entry(it, struct aaa_record, link);

                if (r->seen)
                        continue;
                list_del(it);
                mem_free_secret(r);
                st->dirty = true;
        }
}

void aaa_state_sync(struct box *b, struct aaa_state *st)
{
        int64_t now_s = clock_wall_s(b->clk);

        pthread_mutex_lock(&st->lock);
        list_each(it, &st->records)
                list_entry(it, struct aaa_record, link)->seen = false;
        conf_each(struct user_conf, u, &b->store->sys.users) {
                struct aaa_record *r = aaa_record_find(st, u->o.name);
                bool fresh = !r;

                if (!r)
                        r = record_add(st, u->o.name, now_s);
                if (!r)
                        continue; /* without a record he still comes in */
                r->seen = true;
                st->dirty |= fresh || strcmp(r->hash, u->hash) != 0 || r->privilege != u->privilege;
                note_password(r, u, now_s);
                note_privilege(r, u, fresh, now_s);
        }
        drop_unseen(st);
        pthread_mutex_unlock(&st->lock);
}

/* ---- sources ---- */
#define DELAY_FIRST_MS 1000u
#define DELAY_MAX_MS 8000u
#define FORGET_MS 600000u

/* His entry, else the one that has been quiet for longest. */
static struct aaa_source *source_find(struct aaa_state *st, const char *name)
{
        struct aaa_source *oldest = &st->source[0];

        for (unsigned i = 0; i < AAA_SOURCES; i++) {
                if (!strcmp(st->source[i].name, name))
                        return &st->source[i];
                if (st->source[i].last_ms < oldest->last_ms)
                        oldest = &st->source[i];
        }
        return oldest;
}

unsigned aaa_source_failed(struct aaa_state *st, const char *name, uint64_t now_ms)
{
        struct aaa_source *s = source_find(st, name);
        unsigned ms;

        if (strcmp(s->name, name) != 0 || now_ms - s->last_ms > FORGET_MS)
                s->failures = 0;
        str_copy(s->name, sizeof s->name, name);
        s->last_ms = now_ms;
        ms = DELAY_FIRST_MS << MIN_OF(s->failures, 3u);
        s->failures++;
        return MIN_OF(ms, DELAY_MAX_MS);
}

void aaa_source_good(struct aaa_state *st, const char *name)
{
        struct aaa_source *s = source_find(st, name);

        if (!strcmp(s->name, name))
                memset(s, 0, sizeof *s);
}

/* ---- life ---- */

static bool path_of(const struct box *b, char *path, size_t cap)
{
        return *b->flash && (size_t)snprintf(path, cap, "%s/" AAA_FILE, b->flash) < cap;
}

static void load(struct box *b, struct aaa_state *st)
{
        char path[512];
        uint8_t *text;
        size_t n;
        struct err e = { 0 };

        if (!path_of(b, path, sizeof path) || file_read(path, FILE_MAX, &text, &n, &e) < 0)
                return;
        aaa_state_read(st, (const char *)text, &e); /* what was readable counts */
        mem_free_secret(text);
}

struct aaa_state *aaa_state_new(struct box *b)
{
        struct aaa_state *st = mem_alloc(MEM_CLI, sizeof *st);

        if (!st)
                return NULL;
        pthread_mutex_init(&st->lock, NULL);
        pthread_mutex_init(&st->io, NULL);
        list_init(&st->records);
        load(b, st);
        return st;
}

void aaa_state_free(struct box *b, struct aaa_state *st)
{
        struct err e = { 0 };

        if (!st)
                return;
        if (st->dirty)
                aaa_state_save(b, st, true, &e);
        list_each_safe(it, next, &st->records)
                mem_free_secret(list_entry(it, struct aaa_record, link));
        pthread_mutex_destroy(&st->io);
        pthread_mutex_destroy(&st->lock);
        mem_free(st);
}

int aaa_state_save(struct box *b, struct aaa_state *st, bool now, struct err *e)
{
        struct text t = { 0 };
        char path[512];
        uint64_t ms = clock_mono_ms(b->clk);
        bool due;
        int rc = 0;

        pthread_mutex_lock(&st->io);
        pthread_mutex_lock(&st->lock);
        due = now || ms - st->saved_ms >= AAA_SAVE_S * 1000u;
        if (due) {
                st->saved_ms = ms;
                st->dirty = false;
                aaa_state_write(st, &t);
        }
        pthread_mutex_unlock(&st->lock);
        if (due && path_of(b, path, sizeof path))
                rc = t.bad ? err_nomem(e, "keeping logins")
                           : file_write_atomic(path, text_str(&t), t.n, 0600, false, e);
        if (rc < 0) {
                pthread_mutex_lock(&st->lock);
                st->dirty = true;
                pthread_mutex_unlock(&st->lock);
        }
        pthread_mutex_unlock(&st->io);
        text_fini(&t);
        return rc;
}
