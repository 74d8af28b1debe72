/*
 * Life of a proxied session.
 *
 * Accept first (TLS towards the client; the server leg may be TCP):
 *
 *   FLOW_NEW -> WAIT_CLIENT --accept--> TLS_CLIENT --handshake--> CONNECT_SERVER
 *            --connect--> TLS_SERVER --verified--> OPEN
 *
 * Connect first (cleartext on both legs: a closed server port stays closed to the client):
 *
 *   FLOW_NEW -> CONNECT_SERVER --connect, CONNECTED--> WAIT_CLIENT --accept--> OPEN
 *
 * Any state --END from either side--> CLOSING --GONE--> freed. Every wait has a deadline (S4): one up to OPEN.
 */
#include "proxy/session/ldc.h"
#include "proxy/tftp/tftpx.h"
#include "proxy/worker/worker_int.h"

#include <stdio.h>

#define FLOW_ID_FIRST 3u
#define HANDSHAKE_MS_DEFAULT 15000u
#define HANDSHAKE_MS_HURRY 3000u

void psession_queue_handshake(struct psession *s)
{
        if (list_empty(&s->ready))
                list_add_tail(&s->w->handshakes, &s->ready);
}

/* Ready, while the other leg is not: what its peer says stays in the socket. */
static bool awaits_other(const struct half *h)
{
        enum session_state st = h->s->state;

        return h == h->s->half ? st == SESS_CONNECT_SERVER || st == SESS_TLS_SERVER : st == SESS_WAIT_CLIENT;
}

void psession_arm(struct half *h)
{
        unsigned want = h->leg ? leg_want(h->leg) : 0;

        if (!h->leg || leg_socket_fd(h->leg) < 0)
                return;
        /* A reader that is slow stops its source; a finished source has nothing more to say. */
        if (h->eof || h->held || (h->s->state == SESS_OPEN && h->s->half[h == h->s->half].out.len >= OUT_MAX / 2))
                want &= ~(unsigned)LEG_WANT_READ;
        if (awaits_other(h))
                want = 0;
        if (!h->ev.on || h->ev.want != want)
                evl_set(h->s->w->evl, &h->ev, want);
}

static void on_ready(struct evl_fd *f, unsigned ready)
{
        struct half *h = container_of(f, struct half, ev);
        struct psession *s = h->s;

        h->readable |= (ready & (EVL_READ | EVL_ERROR)) != 0;
        h->lost |= awaits_other(h); /* asked for nothing, it can only have failed */
        if (s->state == SESS_OPEN)
                proxy_queue_busy(s);
        else
                psession_queue_handshake(s);
}

void psession_attach(struct psession *s, unsigned i, struct leg *leg)
{
        struct half *h = &s->half[i];

        h->leg = leg;
        h->ev.fd = leg_socket_fd(leg);
        h->ev.fn = on_ready;
        psession_arm(h);
}

void psession_half_close(struct half *h, bool abort_it)
{
        if (h->ev.on)
                evl_del(h->s->w->evl, &h->ev);
        leg_close(h->leg, abort_it);
        h->leg = NULL;
        sbuf_release(&h->in);
        sbuf_release(&h->out);
}

/* ---- end ---- */

bool psession_pay(struct psession *s)
{
        struct proxy_worker *w = s->w;
        struct punt_msg m = { .kind = s->gone_owed ? PUNT_GONE : PUNT_END,
                              .flow = s->flow,
                              .gen = s->gen,
                              .reason = s->end_reason,
                              .drop = s->drop };

        if (!ring_push(w->env.link[s->nlink]->to_dp, &m))
                return false;
        worker_wake(w->env.link[s->nlink]->dp);
        if (s->gone_owed) {
                psession_free(s);
                return true;
        }
        s->end_owed = false;
        list_del(&s->link);
        list_add_tail(&w->sessions, &s->link);
        return true;
}

static void owe(struct psession *s)
{
        list_del(&s->link);
        list_add_tail(&s->w->owing, &s->link);
        psession_pay(s);
}

static void engine_close(struct psession *s)
{
        if (s->ctx.state)
                psession_ctx_now(s);
        if (s->ctx.state && s->engine->close)
                s->engine->close(&s->ctx);
        mem_free_secret(s->ctx.state);
        s->ctx.state = NULL;
}

static void release(struct psession *s, bool abort_legs)
{
        if (s->dead)
                return;
        s->dead = true;
        tftpx_ended(s);
        for (unsigned i = 0; i < 2; i++) {
                if (s->half[i].ready && s->tls[i])
                        log_tls_end(s, i);
                psession_half_close(&s->half[i], abort_legs);
        }
        engine_close(s);
        tls_profile_put(s->client_profile);
        tls_profile_put(s->server_profile);
        s->client_profile = s->server_profile = NULL;
        ldc_rt_put(s->ldc);
        s->ldc = NULL;
        tmr_cancel(evl_timers(s->w->evl), &s->deadline);
        tmr_cancel(evl_timers(s->w->evl), &s->partial);
        list_del(&s->ready);
        list_del(&s->waits);
        s->state = SESS_CLOSING;
        psession_count_end(s);
        psession_proven(s);
}

void psession_end(struct psession *s, enum conn_end_reason reason, bool abort_legs, const char *why)
{
        if (s->dead)
                return;
        if (why && why != s->why)
                snprintf(s->why, sizeof s->why, "%s", why);
        s->end_reason = (uint8_t)reason;
        if (reason == CONN_END_INSPECT && !s->drop)
                s->drop = DROP_FLOW_INSPECT;
        release(s, abort_legs);
        s->end_owed = true;
        owe(s);
}

void psession_ended(struct psession *s)
{
        if (s->dead && !s->end_owed) { /* our END crossed theirs */
                psession_free(s);
                return;
        }
        release(s, true);
        s->gone_owed = true;
        owe(s);
}

void psession_free(struct psession *s)
{
        release(s, true);
        s->w->by_flow[s->nlink][s->flow - FLOW_ID_FIRST] = NULL;
        list_del(&s->link);
        s->w->nsessions--;
        mem_free_secret(s);
}

void psession_refuse(struct psession *s, enum conn_end_reason reason, const char *why)
{
        const struct punt_flow_info *i = &s->info;
        uint32_t held;
        bool tell = log_limit_take(&s->w->refusals, clock_mono_ms(s->w->env.clk), &held);

        if (held)
                log_msg(s->w->log, LOG_780003, LU(held));
        if (tell)
                log_msg(s->w->log, LOG_780002, LS(s->ctx.client_if), LA(&i->client_real.a), LU(i->client_real.port),
                        LS(s->ctx.server_if), LA(&i->server_real.a), LU(i->server_real.port), LS(why));
        debug_line(s->w->log, DBG_TLSP_ERRORS, "TLSP %08x: %s", s->flow, why);
        psession_end(s, reason, true, why);
}

static void on_deadline(struct tmr *t, uint64_t now_ms UNUSED)
{
        struct psession *s = container_of(t, struct psession, deadline);
        bool server = s->state == SESS_CONNECT_SERVER || s->state == SESS_TLS_SERVER;
        bool connected = server ? s->state == SESS_TLS_SERVER : s->half[0].leg != NULL;

        tp_count(s, (struct proxy_counts){ .failed_client = !server, .failed_server = server });
        s->drop = server ? DROP_FLOW_TLS_SERVER : DROP_FLOW_TLS_CLIENT;
        if (s->tls[server])
                log_tls_failed(s, server);
        psession_refuse(s, connected ? CONN_END_PROXY : CONN_END_SYN_TIMEOUT,
                        server ? "server did not finish connecting in time"
                               : "client did not finish its handshake in time");
}

static void on_partial(struct tmr *t, uint64_t now_ms UNUSED)
{
        struct psession *s = container_of(t, struct psession, partial);

        tp_count(s, (struct proxy_counts){ .engine_closed = 1 });
        inspect_refuse_text(&s->ctx, "message not completed in time");
        if (!s->engine->overdue) {
                psession_refuse(s, CONN_END_INSPECT, s->ctx.reason);
                return;
        }
        psession_ctx_now(s);
        s->engine->overdue(&s->ctx); /* which tells why */
        debug_line(s->w->log, DBG_TLSP_ERRORS, "TLSP %08x: %s", s->flow, s->ctx.reason);
        psession_end(s, CONN_END_INSPECT, true, s->ctx.reason);
}

/* ---- beginning ---- */

static struct psession *psession_alloc(struct proxy_worker *w, unsigned link, const struct punt_msg *m)
{
        struct psession *s = mem_alloc(MEM_FLOW, sizeof *s);

        if (!s)
                return NULL;
        s->w = w;
        s->nlink = (uint8_t)link;
        s->flow = m->flow;
        s->gen = m->gen;
        s->info = m->info;
        s->tls_proxy_id = m->info.tls_proxy_id;
        s->born_ms = s->last_ms = tmr_now(evl_timers(w->evl));
        s->engine = inspect_engine_find(m->info.engine, m->info.proto);
        s->deadline.fn = on_deadline;
        s->partial.fn = on_partial;
        list_init(&s->ready);
        list_init(&s->unproven);
        list_init(&s->waits);
        for (unsigned i = 0; i < 2; i++) {
                s->half[i].s = s;
                s->half[i].in.max = s->engine && s->engine->buffer_max > 4096 ? s->engine->buffer_max : 4096;
                s->half[i].out.max = OUT_MAX + s->half[i].in.max + (s->engine ? s->engine->growth_max : 0);
        }
        list_add_tail(&w->sessions, &s->link);
        w->by_flow[link][s->flow - FLOW_ID_FIRST] = s;
        w->nsessions++;
        return s;
}

/* No memory for the session: its flow ends at once. The ring has room, for nothing was answered to this flow yet. */
static void refuse_unborn(struct proxy_worker *w, unsigned link, const struct punt_msg *m)
{
        struct punt_msg end = { .kind = PUNT_END, .flow = m->flow, .gen = m->gen, .reason = CONN_END_PROXY_FULL };

        ring_push(w->env.link[link]->to_dp, &end);
        worker_wake(w->env.link[link]->dp);
}

/* While ids are short, who does not come soon gives his back: a round trip and one retransmission must do. */
static uint32_t handshake_ms(const struct proxy_worker *w)
{
        uint32_t ms = w->env.handshake_ms ? w->env.handshake_ms : HANDSHAKE_MS_DEFAULT;

        return w->nsessions > PUNT_FLOWS_MAX / 2 ? MIN_OF(ms, HANDSHAKE_MS_HURRY) : ms;
}

void psession_new(struct proxy_worker *w, unsigned link, const struct punt_msg *m)
{
        struct psession *s = psession_alloc(w, link, m);
        const char *why;

        if (!s) {
                refuse_unborn(w, link, m);
                return;
        }
        if (tftpx_takes(&s->info)) {
                tftpx_begin(s);
                return;
        }
        psession_ctx_init(s);
        why = psession_bind(s);
        if (why) {
                psession_refuse(s, CONN_END_PROXY, why); /* what is configured does not work: there is room */
                return;
        }
        if (psession_ctx_open(s) < 0) {
                psession_refuse(s, CONN_END_INSPECT,
                                s->ctx.reason[0] ? s->ctx.reason : "no engine inspects this flow");
                return;
        }
        if (!psession_is_stream(s)) {
                s->state = SESS_OPEN;
                return;
        }
        tmr_set(evl_timers(w->evl), &s->deadline, handshake_ms(w));
        if (!s->tls[0])
                psession_connect_first(s);
}
