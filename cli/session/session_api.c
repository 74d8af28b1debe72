/* What EXEC rows and other threads may ask of a session. */
#include "cli/session/session_int.h"

#include "cli/box/box_lock.h"
#include "cli/conf/store.h"

struct box *session_box(struct session *s)
{
        return s->box;
}

const char *session_user(const struct session *s)
{
        return *s->user ? s->user : s->priv > 1 ? "enable_15" : "enable_1";
}

bool session_interactive(const struct session *s)
{
        return s->t != NULL;
}

const char *session_source(const struct session *s)
{
        return *s->id.source ? s->id.source : "console";
}

bool session_remote(const struct session *s)
{
        return s->id.remote;
}

void session_publish(struct session *s)
{
        static const char *const lines[] = {
                [AAA_SERIAL] = "serial", [AAA_SSH] = "ssh", [AAA_HTTP] = "https", [AAA_ENABLE] = "serial"
        };

        pthread_mutex_lock(&s->seen_lock);
        str_copy(s->seen.user, sizeof s->seen.user, session_user(s));
        str_copy(s->seen.source, sizeof s->seen.source, session_source(s));
        str_copy(s->seen.line, sizeof s->seen.line, lines[s->id.line]);
        s->seen.priv = s->priv;
        s->seen.config = s->config;
        pthread_mutex_unlock(&s->seen_lock);
}

void session_look(struct session *s, struct session_seen *out)
{
        pthread_mutex_lock(&s->seen_lock);
        *out = s->seen;
        pthread_mutex_unlock(&s->seen_lock);
}

unsigned session_priv(const struct session *s)
{
        return s->priv;
}

/* What lines are typed into: the running configuration, or a copy aside, which has no live state. */
static void point_at(struct session *s, struct candidate *c)
{
        conf_ctx_fini(&s->conf);
        conf_ctx_of_box(&s->conf, s->box);
        s->candidate = c;
        if (!c)
                return;
        s->conf.store = c->store;
        s->conf.box = NULL;
        s->conf.keys = c->keys;
        s->conf.aside = true;
}

void session_leave_config(struct session *s)
{
        pthread_mutex_lock(&s->box->conf_lock);
        conf_top(&s->conf);
        if (s->candidate) {
                candidate_close(s->candidate);
                point_at(s, NULL);
        }
        pthread_mutex_unlock(&s->box->conf_lock);
        s->config = false;
        session_publish(s);
}

struct candidate *session_candidate(const struct session *s)
{
        return s->candidate;
}

int session_configure_aside(struct session *s, const char *name, struct err *e)
{
        struct candidate *c;

        if (session_lock_whole(s, e) < 0)
                return -1;
        c = candidate_open(s->box, name, session_user(s), e);
        if (c && s->candidate)
                candidate_close(s->candidate);
        if (c) {
                conf_top(&s->conf);
                point_at(s, c);
                s->config = true;
        }
        box_unlock_whole(s->box);
        session_publish(s);
        return c ? 0 : -1;
}

/* Who may not configure is not left in configuration mode, and does not see what was typed there. */
void session_set_priv(struct session *s, unsigned priv)
{
        bool lower = priv < s->priv;

        s->priv = priv;
        if (lower || priv < CONF_PRIV)
                session_leave_config(s);
        if (lower)
                session_forget(s);
        session_publish(s);
}

bool session_in_config(const struct session *s)
{
        return s->config;
}

void session_configure(struct session *s)
{
        session_leave_config(s);
        s->config = true;
        session_publish(s);
}

void session_leave(struct session *s)
{
        s->leaving = true;
}

void session_stop(struct session *s)
{
        s->leaving = s->stopped = true;
}

void session_set_pager(struct session *s, int lines)
{
        s->pager_lines = lines;
}

unsigned session_pager(struct session *s)
{
        unsigned n;

        if (s->pager_lines >= 0)
                return (unsigned)s->pager_lines;
        pthread_mutex_lock(&s->box->conf_lock);
        n = s->box->store->sys.pager_lines;
        pthread_mutex_unlock(&s->box->conf_lock);
        return n;
}

unsigned session_columns(const struct session *s)
{
        unsigned cols = 0, rows = 0;

        term_size(s->t, &cols, &rows);
        return cols;
}

bool session_monitor(const struct session *s)
{
        return atomic_load(&s->monitor);
}

void session_set_monitor(struct session *s, bool on)
{
        atomic_store(&s->monitor, on);
}

const char *session_cwd(const struct session *s)
{
        return s->cwd;
}

void session_set_cwd(struct session *s, const char *name)
{
        str_copy(s->cwd, sizeof s->cwd, name);
}

uint32_t session_debugs(const struct session *s)
{
        return atomic_load(&s->debugs);
}

void session_set_debugs(struct session *s, uint32_t want)
{
        atomic_store(&s->debugs, want);
}

void session_set_follow(struct session *s, const struct follow *f)
{
        pthread_mutex_lock(&s->seen_lock);
        s->follow = f ? *f : (struct follow){ 0 };
        pthread_mutex_unlock(&s->seen_lock);
}

/* Only the session itself changes it. */
const char *session_follows(const struct session *s)
{
        return s->follow.what;
}

void session_log(struct session *s, enum log_dest dest, const char *line)
{
        if ((dest == LOG_TO_CONSOLE && s->opts.serial) || (dest == LOG_TO_MONITOR && atomic_load(&s->monitor)))
                term_async(s->t, line);
}

void session_notice(struct session *s, const char *line)
{
        term_async(s->t, line);
}

void session_debug_line(struct session *s, enum debug_family f, const char *line)
{
        bool mine;

        if (!(atomic_load(&s->debugs) & 1u << f))
                return;
        pthread_mutex_lock(&s->seen_lock);
        mine = follow_line(&s->follow, line);
        pthread_mutex_unlock(&s->seen_lock);
        if (mine)
                term_async(s->t, line);
}

bool session_aborted(struct session *s, unsigned wait_ms)
{
        out_flush(s);
        return term_abort_key(s->t, wait_ms);
}

bool session_interrupted(struct session *s)
{
        if (atomic_load(&s->box->ending) || (s->t && term_stopped(s->t)))
                return true;
        return s->t && !term_gone(s->t) && term_abort_key(s->t, 0) && !term_gone(s->t);
}

static bool waits_on(void *ctx)
{
        return !session_interrupted(ctx);
}

int session_lock_whole(struct session *s, struct err *e)
{
        if (box_lock_whole_while(s->box, waits_on, s))
                return 0;
        return err_set(e, ERR_STATE, "interrupted: another console works with the configuration");
}
