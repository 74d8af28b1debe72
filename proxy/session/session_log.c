/* 725xxx messages of a session's TLS legs, in the wording of 9.2 and later. */
#include "proxy/worker/worker_int.h"

struct leg_words {
        const char *role, *ifname;
        const struct endpoint *peer, *local;
};

/* Leg 0: the client and the address it dialled. Leg 1: the server and the address it sees us as. */
static struct leg_words words(const struct psession *s, unsigned leg)
{
        if (leg)
                return (struct leg_words){ "server", s->ctx.server_if, &s->info.server_real, &s->info.client_mapped };
        return (struct leg_words){ "client", s->ctx.client_if, &s->info.client_real, &s->info.server_mapped };
}

#define TLS_SUITES_SHOWN 16u
#define LEG_ARGS(x) LS((x).ifname), LA(&(x).peer->a), LU((x).peer->port), LA(&(x).local->a), LU((x).local->port)

/* What we offer or accept: one line that counts, one line a suite. */
static void log_suites(struct psession *s, unsigned leg, const struct tls_profile *p)
{
        const char *name[TLS_SUITES_SHOWN];
        struct leg_words x = words(s, leg);
        unsigned n = tls_profile_suites(p, name, TLS_SUITES_SHOWN);

        if (leg)
                log_msg(s->w->log, LOG_725009, LU(n), LEG_ARGS(x));
        else
                log_msg(s->w->log, LOG_725010, LU(n));
        for (unsigned i = 0; i < n; i++)
                log_msg(s->w->log, LOG_725011, LU(i + 1), LS(name[i]));
}

void log_tls_start(struct psession *s, unsigned leg, const struct tls_profile *p)
{
        struct leg_words x = words(s, leg);

        log_msg(s->w->log, LOG_725001, LS(x.role), LEG_ARGS(x), LS(tls_profile_version(p)));
        log_suites(s, leg, p);
        if (leg)
                return;
        log_msg(s->w->log, LOG_725016, LS(s->server_tp), LEG_ARGS(x));
        if (s->ask_client)
                log_msg(s->w->log, LOG_725004, LEG_ARGS(x));
}

void debug_session_set_up(struct psession *s)
{
        char c[ADDR_TEXT_MAX], v[ADDR_TEXT_MAX];
        const struct punt_flow_info *i = &s->info;

        if (!debug_on(s->w->log, DBG_TLSP_EVENTS))
                return;
        addr_print(&i->client_real.a, c);
        addr_print(&i->server_real.a, v);
        debug_line(s->w->log, DBG_TLSP_EVENTS, "TLSP %08x: Set up proxy for Client %s:%s/%u <-> Server %s:%s/%u",
                   s->flow, s->ctx.client_if, c, i->client_real.port, s->ctx.server_if, v, i->server_real.port);
        debug_line(s->w->log, DBG_TLSP_EVENTS, "TLSP %08x: Using trust point '%s' with the Client, RT proxy %08x",
                   s->flow, s->server_tp, s->tls_proxy_id);
        debug_line(s->w->log, DBG_TLSP_EVENTS, "TLSP %08x: Waiting for SSL handshake from Client %s:%s/%u.", s->flow,
                   s->ctx.client_if, c, i->client_real.port);
}

/* As above, of the client; a suite that nobody here has heard of is told by its number. */
static void log_offered(struct psession *s, const struct tls_info *t)
{
        struct leg_words x = words(s, 0);

        log_msg(s->w->log, LOG_725008, LEG_ARGS(x), LU(t->noffered));
        for (unsigned i = 0; i < t->noffered && i < TLS_OFFERED_KEPT; i++) {
                char number[8];
                const char *name = tls_suite_openssl_name(t->offered[i]);

                if (!strcmp(name, "unknown")) {
                        snprintf(number, sizeof number, "0x%04X", t->offered[i]);
                        name = number;
                }
                log_msg(s->w->log, LOG_725011, LU(i + 1), LS(name));
        }
}

void log_tls_done(struct psession *s, unsigned leg)
{
        struct leg_words x = words(s, leg);
        const struct tls_info *t = &s->half[leg].tls;

        if (leg == 0 && t->noffered)
                log_offered(s, t);
        if (leg == 0 && t->resumed)
                log_msg(s->w->log, LOG_725003, LEG_ARGS(x));
        if (leg && t->own_cert_asked)
                log_msg(s->w->log, LOG_725005, LEG_ARGS(x));
        if (leg == 0)
                log_msg(s->w->log, LOG_725012, LS(t->cipher), LEG_ARGS(x));
        else
                log_msg(s->w->log, LOG_725013, LEG_ARGS(x), LS(t->cipher));
        log_msg(s->w->log, LOG_725002, LS(x.role), LEG_ARGS(x), LS(t->version));
}

void log_tls_failed(struct psession *s, unsigned leg)
{
        struct leg_words x = words(s, leg);
        const struct half *h = &s->half[leg];

        if (h->leg && h->leg->why[0])
                log_msg(s->w->log, LOG_725014, LS(leg ? "ssl_client_handshake" : "ssl_server_handshake"),
                        LS(h->leg->why));
        log_msg(s->w->log, LOG_725006, LS(x.role), LEG_ARGS(x));
}

void log_tls_end(struct psession *s, unsigned leg)
{
        struct leg_words x = words(s, leg);

        log_msg(s->w->log, LOG_725007, LS(x.role), LEG_ARGS(x));
}
