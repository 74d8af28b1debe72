/*
 * The file of aaa_state: a line per user, then a line per thing that has happened to him, words separated by blanks.
 *
 *   user NAME
 *    times CREATED LAST_LOGIN LAST_FAILED LOCKED PASSWORD PRIVILEGE_CHANGED
 *    counts FAILURES FAILED PRIVILEGE LAST_PRIVILEGE OLD_PRIVILEGE
 *    from LAST_SOURCE FAILED_SOURCE        "-": none
 *    hash HASH                             of the password now, then of those before, newest first
 *    old HASH
 *    day DAY LOGINS
 *   end                                    what has none was cut short
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/aaa/aaa_state.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

/* ---- writing ---- */

static const char *or_none(const char *s)
{
        return *s ? s : "-";
}

static void write_record(const struct aaa_record *r, struct text *out)
{
        text_printf(out, "user %s\n", r->name);
        text_printf(out, " times %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n",
                    r->created_s, r->last_login_s, r->last_failed_s, r->locked_s, r->password_s, r->privilege_s);
        text_printf(out, " counts %u %u %u %u %u\n", r->failures, r->failed, r->privilege, r->last_privilege,
                    r->old_privilege);
        text_printf(out, " from %s %s\n", or_none(r->last_source), or_none(r->failed_source));
        if (*r->hash)
                text_printf(out, " hash %s\n", r->hash);
        for (unsigned i = 0; i < AAA_OLD_HASHES && *r->old[i]; i++)
                text_printf(out, " old %s\n", r->old[i]);
        for (unsigned i = 0; i < AAA_DAYS; i++)
                if (r->logins[i].n)
                        text_printf(out, " day %u %u\n", r->logins[i].day, r->logins[i].n);
}

void aaa_state_write(const struct aaa_state *st, struct text *out)
{
        list_each(it, &st->records)
                write_record(list_entry(it, struct aaa_record, link), out);
        text_add(out, "end\n");
}

/* ---- reading ---- */
#define WORDS_MAX 8u

struct line {
        unsigned n;
        char *w[WORDS_MAX];
};

static void split(char *s, struct line *l)
{
        char *save;

        l->n = 0;
        for (char *w = strtok_r(s, " ", &save); w && l->n < WORDS_MAX; w = strtok_r(NULL, " ", &save))
                l->w[l->n++] = w;
}

static bool numbers(const struct line *l, uint64_t *out, unsigned n, uint64_t max)
{
        if (l->n != n + 1)
                return false;
        for (unsigned i = 0; i < n; i++)
                if (!str_u64(l->w[i + 1], 0, max, &out[i]))
                        return false;
        return true;
}

static bool read_times(struct aaa_record *r, const struct line *l)
{
        int64_t *const to[] = { &r->created_s, &r->last_login_s, &r->last_failed_s,
                                &r->locked_s,  &r->password_s,   &r->privilege_s };
        uint64_t v[6];

        if (!numbers(l, v, 6, INT64_MAX / 1000000000))
                return false;
        for (unsigned i = 0; i < 6; i++)
                *to[i] = (int64_t)v[i];
        return true;
}

static bool read_counts(struct aaa_record *r, const struct line *l)
{
        unsigned *const to[] = { &r->failures, &r->failed, &r->privilege, &r->last_privilege, &r->old_privilege };
        uint64_t v[5];

        if (!numbers(l, v, 5, UINT32_MAX))
                return false;
        for (unsigned i = 0; i < 5; i++)
                *to[i] = (unsigned)v[i];
        return true;
}

static bool read_from(struct aaa_record *r, const struct line *l)
{
        if (l->n != 3)
                return false;
        return str_copy(r->last_source, sizeof r->last_source, strcmp(l->w[1], "-") ? l->w[1] : "") &&
               str_copy(r->failed_source, sizeof r->failed_source, strcmp(l->w[2], "-") ? l->w[2] : "");
}

static bool read_hash(struct aaa_record *r, const struct line *l)
{
        return l->n == 2 && str_copy(r->hash, sizeof r->hash, l->w[1]);
}

static bool read_old(struct aaa_record *r, const struct line *l)
{
        unsigned i = 0;

        while (i < AAA_OLD_HASHES && *r->old[i])
                i++;
        return l->n == 2 && i < AAA_OLD_HASHES && str_copy(r->old[i], sizeof r->old[i], l->w[1]);
}

static bool read_day(struct aaa_record *r, const struct line *l)
{
        uint64_t v[2];

        if (!numbers(l, v, 2, UINT16_MAX))
                return false;
        r->logins[v[0] % AAA_DAYS].day = (uint16_t)v[0];
        r->logins[v[0] % AAA_DAYS].n = (uint16_t)v[1];
        return true;
}

static const struct {
        const char *word;
        bool (*read)(struct aaa_record *r, const struct line *l);
} readers[] = {
        { "times", read_times }, { "counts", read_counts }, { "from", read_from },
        { "hash", read_hash },   { "old", read_old },       { "day", read_day },
};

static struct aaa_record *begin(struct aaa_state *st, const struct line *l)
{
        struct aaa_record *r;

        if (l->n != 2 || strlen(l->w[1]) > USERNAME_MAX || aaa_record_find(st, l->w[1]))
                return NULL;
        r = mem_alloc(MEM_CLI, sizeof *r);
        if (!r)
                return NULL;
        str_copy(r->name, sizeof r->name, l->w[1]);
        list_add_tail(&st->records, &r->link);
        return r;
}

static bool read_fact(struct aaa_record *r, const struct line *l)
{
        for (size_t i = 0; r && i < ARRAY_LEN(readers); i++)
                if (!strcmp(l->w[0], readers[i].word))
                        return readers[i].read(r, l);
        return false;
}

int aaa_state_read(struct aaa_state *st, const char *text, struct err *e)
{
        struct aaa_record *r = NULL;
        unsigned no = 0;
        char buf[512];

        while (*text) {
                size_t n = strcspn(text, "\n");
                bool ok = text[n] && n < sizeof buf;
                struct line l;

                no++;
                memcpy(buf, text, MIN_OF(n, sizeof buf - 1));
                buf[MIN_OF(n, sizeof buf - 1)] = 0;
                split(buf, &l);
                if (ok && l.n == 1 && !strcmp(l.w[0], "end"))
                        return 0;
                if (ok && l.n && !strcmp(l.w[0], "user"))
                        ok = (r = begin(st, &l)) != NULL;
                else
                        ok = ok && l.n && read_fact(r, &l);
                if (!ok)
                        return err_set(e, ERR_SYNTAX, "line %u of the record of logins is not understood", no);
                text += n + 1;
        }
        return err_set(e, ERR_SYNTAX, "the record of logins is cut short behind line %u", no);
}
