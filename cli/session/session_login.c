/* Who sits at this session. */
#include "cli/session/session_int.h"

#include <time.h>

#include "cli/session/session_password.h"
#include "cli/conf/store.h"

#define LOGIN_TRIES 3

const struct aaa_identity *session_identity(const struct session *s)
{
        return *s->id.user ? &s->id : NULL;
}

void session_set_identity(struct session *s, const struct aaa_identity *id)
{
        if (strcmp(s->user, id->user) != 0)
                session_forget(s);
        if (id != &s->id)
                s->id = *id;
        pthread_mutex_lock(&s->seen_lock);
        s->seen.since_s = clock_wall_s(s->box->clk);
        pthread_mutex_unlock(&s->seen_lock);
        str_copy(s->user, sizeof s->user, id->user);
        session_set_priv(s, id->start);
}

/* A session from afar asks from there again; everything else is the console. */
int session_aaa(struct session *s, enum aaa_line line, const char *user, const char *password,
                struct aaa_identity *out)
{
        struct aaa_who w = { .line = line, .user = user };
        struct err e = { 0 };
        int rc;

        if (s->id.remote) {
                w.from = &s->id.from;
                w.from_port = s->id.from_port;
                w.ifc = s->id.ifc;
                w.to = &s->id.to;
        }
        rc = aaa_login(s->box, &w, password, out, &e);
        if (rc < 0)
                aaa_wait(s->box, out->delay_ms);
        return rc;
}

enum login_result session_login(struct session *s)
{
        for (int i = 0; i < LOGIN_TRIES; i++) {
                struct aaa_identity id;
                const char *answer;
                char name[USERNAME_MAX + 1];

                if (term_answer(s->t, "Username: ", false, &answer) != TERM_LINE)
                        return LOGIN_ENDED;
                if (!str_copy(name, sizeof name, answer))
                        name[0] = 0;
                if (term_answer(s->t, "Password: ", true, &answer) != TERM_LINE)
                        return LOGIN_ENDED;
                if (session_aaa(s, AAA_SERIAL, name, answer, &id) == 0) {
                        session_set_identity(s, &id);
                        return LOGIN_OK;
                }
                term_puts(s->t, "Login incorrect\n");
        }
        return LOGIN_REFUSED;
}

/* Who fails to does not come in; the next login asks again. */
bool session_renew(struct session *s)
{
        struct dialog *d = password_dialog(s, true);
        bool changed;

        if (!d)
                return false;
        out_begin(s, false);
        changed = session_drive(s, d);
        out_end(s);
        s->id.expired = !changed;
        return changed;
}

/* ---- greeting ---- */

static void last_login(struct session *s, char *out, size_t cap)
{
        time_t t = (time_t)s->id.last_login_s;
        char when[48];
        const char *name;
        struct tz z;
        struct tm tm;

        pthread_mutex_lock(&s->box->conf_lock);
        store_tz(s->box->store, &z);
        pthread_mutex_unlock(&s->box->conf_lock);
        tz_offset(&z, t, &name);
        tm = tz_tm(&z, t);
        strftime(when, sizeof when, "%H:%M:%S", &tm);
        snprintf(out, cap, "%s %s", when, name);
        strftime(when, sizeof when, " %b %e %Y", &tm);
        snprintf(out + strlen(out), cap - strlen(out), "%s from %s", when, s->id.last_source);
}

/* Words that clients of these devices know and take for no question and no refusal. */
void session_welcome(struct session *s)
{
        char host[64], last[160] = "Never";

        if (!*s->id.user || !s->id.days)
                return;
        pthread_mutex_lock(&s->box->conf_lock);
        str_copy(host, sizeof host, s->box->store->sys.hostname);
        pthread_mutex_unlock(&s->box->conf_lock);
        if (s->id.last_login_s)
                last_login(s, last, sizeof last);
        term_printf(s->t, "User %s logged in to %s\n", s->id.user, host);
        term_printf(s->t, "Logins over the last %u days: %u.  Last login: %s\n", s->id.days, s->id.logins, last);
        term_printf(s->t, "Failed logins since the last login: %u.\n", s->id.failed);
        if (s->id.last_login_s && s->id.last_privilege != s->id.privilege)
                term_printf(s->t, "The privilege level for user %s is %u. At the previous login it was %u.\n",
                            s->id.user, s->id.privilege, s->id.last_privilege);
}
