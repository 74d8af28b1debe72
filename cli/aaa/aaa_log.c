/* What the log says about who came in. */
#include "cli/aaa/aaa_int.h"

static const char *reason(enum aaa_why why)
{
        switch (why) {
        case AAA_WRONG:
                return "Invalid password";
        case AAA_LOCKED:
                return "Account has been locked out";
        case AAA_INACTIVE:
                return "Account has been disabled: not used for too long";
        case AAA_CLOSED:
                return "There is no aaa authentication for this console";
        case AAA_NO_RIGHTS:
                return "Unauthorized service-type";
        case AAA_GOOD:
                break;
        }
        return "";
}

static const char *service(enum aaa_line line)
{
        return line == AAA_HTTP ? "https" : "ssh";
}

/* 605004 and 605005 */
static void log_line(struct log_src *l, const struct aaa_who *w, bool good)
{
        char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX] = "";

        if (!w->from) {
                if (good)
                        log_msg(l, LOG_605005_SERIAL, LS(w->user));
                else
                        log_msg(l, LOG_605004_SERIAL, LS(w->user));
                return;
        }
        addr_print(w->from, from);
        if (w->to)
                addr_print(w->to, to);
        log_msg(l, good ? LOG_605005 : LOG_605004, LS(from), LU(w->from_port), LS(w->ifc ? w->ifc : ""), LS(to),
                LS(service(w->line)), LS(w->user));
}

void aaa_log_verdict(struct box *b, const struct aaa_who *w, const struct aaa_identity *id,
                     const struct aaa_verdict *v)
{
        bool good = v->why == AAA_GOOD;
        struct log_src *l;

        pthread_mutex_lock(&b->conf_lock);
        l = b->log_src;
        if (good)
                log_msg(l, LOG_113012, LS(w->user));
        else
                log_msg(l, LOG_113015, LS(reason(v->why)), LS(w->user), LS(id->remote ? id->source : "0.0.0.0"));
        if (v->locked_now)
                log_msg(l, LOG_113006, LS(w->user), LU(v->failures));
        if (v->why == AAA_NO_RIGHTS)
                log_msg(l, LOG_113021, LS(w->user));
        log_msg(l, good ? LOG_611101 : LOG_611102, LS(id->source), LS(w->user));
        if (w->line != AAA_ENABLE)
                log_line(l, w, good);
        pthread_mutex_unlock(&b->conf_lock);
}

void aaa_logout(struct box *b, const struct aaa_identity *who)
{
        pthread_mutex_lock(&b->conf_lock);
        log_msg(b->log_src, LOG_611103, LS(who->user));
        pthread_mutex_unlock(&b->conf_lock);
}
