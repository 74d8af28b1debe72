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
#include "proxy/ldc.h"
#include "proxy/worker_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define FLOW_ID_FIRST 3u
#define HANDSHAKE_MS_DEFAULT 15000u
#define HANDSHAKE_MS_HURRY 3000u

static void queue_handshake(struct psession *s)
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
                queue_handshake(s);
}

static void half_attach(struct psession *s, unsigned i, struct leg *leg)
{
        struct half *h = &s->half[i];

        h->leg = leg;
        h->ev.fd = leg_socket_fd(leg);
        h->ev.fn = on_ready;
        psession_arm(h);
}

static void half_close(struct half *h, bool abort_it)
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
        for (unsigned i = 0; i < 2; i++) {
                if (s->half[i].ready && s->tls[i])
                        log_tls_end(s, i);
                half_close(&s->half[i], abort_legs);
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

        tp_count(s, (struct proxy_counts){ .failed_client = !server, .failed_server = server });
        s->drop = server ? DROP_FLOW_TLS_SERVER : DROP_FLOW_TLS_CLIENT;
        if (s->tls[server])
                log_tls_failed(s, server);
        psession_refuse(s, CONN_END_SYN_TIMEOUT,
                        server ? "server did not finish connecting in time"
                               : "client did not finish its handshake in time");
}

static void on_partial(struct tmr *t, uint64_t now_ms UNUSED)
{
        struct psession *s = container_of(t, struct psession, partial);

        psession_refuse(s, CONN_END_INSPECT, "message not completed in time");
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

static struct leg *tls_over(struct psession *s, unsigned i, struct leg *bottom, struct err *e)
{
        struct tls_profile **profile = i ? &s->client_profile : &s->server_profile;
        struct leg *l = bottom ? leg_tls_new(*profile, bottom, s->w->log, e) : NULL;

        if (l)
                log_tls_start(s, i, *profile);
        tls_profile_put(*profile);
        *profile = NULL;
        return l;
}

/* The leg over its socket (taken over). false: the session was refused. */
static bool leg_begin(struct psession *s, unsigned i, int fd, bool connecting)
{
        struct err e = { 0 };
        struct leg *l = leg_socket_new(fd, connecting);

        if (s->tls[i])
                l = tls_over(s, i, l, &e);
        if (l) {
                half_attach(s, i, l);
                return true;
        }
        psession_refuse(s, CONN_END_PROXY_FULL, e.text[0] ? e.text : "out of memory for a session");
        return false;
}

static int server_socket(const struct psession *s)
{
        struct sockaddr_in a = { .sin_family = AF_INET,
                                 .sin_port = htons(pseudo_port(s->gen)),
                                 .sin_addr.s_addr =
                                         htonl(pseudo_addr(1, s->w->env.link[s->nlink]->dp->id, s->flow)) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) < 0 && errno != EINPROGRESS) {
                close(fd);
                return -1;
        }
        return fd;
}

static void connect_server(struct psession *s)
{
        int fd = server_socket(s);

        s->state = SESS_CONNECT_SERVER;
        psession_arm(&s->half[0]);
        if (fd < 0) {
                psession_refuse(s, CONN_END_PROXY_FULL, "no socket for the server leg");
                return;
        }
        if (s->tls[1])
                debug_line(s->w->log, DBG_TLSP_EVENTS, "TLSP %08x: Started SSL handshake with Server", s->flow);
        if (leg_begin(s, 1, fd, true))
                queue_handshake(s);
}

/* It takes descriptors from now on. */
static bool begin(struct psession *s)
{
        if (psession_take_fds(s))
                return true;
        psession_refuse(s, CONN_END_PROXY_FULL, "out of descriptors for sessions");
        return false;
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
        psession_ctx_init(s);
        why = psession_bind(s);
        if (why) {
                psession_refuse(s, CONN_END_PROXY_FULL, why);
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
        if (!s->tls[0] && begin(s))
                connect_server(s);
}

static void opened(struct psession *s)
{
        s->state = SESS_OPEN;
        s->half[0].readable = s->half[1].readable = true;
        tmr_cancel(evl_timers(s->w->evl), &s->deadline);
        psession_arm(&s->half[0]);
        psession_arm(&s->half[1]);
        proxy_queue_busy(s); /* bytes may wait inside a TLS layer already */
}

void psession_accepted(struct psession *s, int fd)
{
        if (s->tls[0]) {
                psession_unproven(s);
                if (!begin(s)) {
                        close(fd);
                        return;
                }
        }
        if (s->tls[0]) {
                s->state = SESS_TLS_CLIENT;
                debug_session_set_up(s);
                if (leg_begin(s, 0, fd, false))
                        queue_handshake(s);
                return;
        }
        if (!leg_begin(s, 0, fd, false))
                return;
        s->half[0].ready = true;
        opened(s);
}

static bool server_connected(const struct psession *s)
{
        struct leg *l = s->half[1].leg;

        return l && leg_start(l->next ? l->next : l) == 1;
}

static void count_failed(struct psession *s, unsigned leg, bool unverified)
{
        bool refused = leg == 1 && s->state == SESS_CONNECT_SERVER && !server_connected(s);

        s->drop = refused      ? DROP_FLOW_SERVER_REFUSED
                  : unverified ? DROP_FLOW_SERVER_UNVERIFIED
                  : leg        ? DROP_FLOW_TLS_SERVER
                               : DROP_FLOW_TLS_CLIENT;
        tp_count(s, (struct proxy_counts){ .failed_client = leg == 0,
                                           .failed_server = leg == 1,
                                           .unverified = unverified,
                                           .server_refused = refused });
}

static void handshake_failed(struct psession *s, unsigned leg)
{
        struct half *h = &s->half[leg];
        bool unverified;
        char why[sizeof s->why];

        if (s->tls[leg])
                leg_tls_info(h->leg, &h->tls);
        unverified = leg == 1 && h->tls.verify_reason[0];
        count_failed(s, leg, unverified);
        if (s->tls[leg])
                log_tls_failed(s, leg);
        snprintf(why, sizeof why, "%s: %s", leg ? "server" : "client",
                 h->tls.verify_reason[0] ? h->tls.verify_reason
                 : h->leg->why[0]        ? h->leg->why
                                         : "handshake failed");
        /* The failing client gets the alert its TLS layer wrote; everybody else a reset. */
        if (leg == 0)
                half_close(h, false);
        psession_refuse(s, leg ? CONN_END_RESET_I : CONN_END_INSPECT, why);
}

static void leg_done(struct psession *s, unsigned i)
{
        struct half *h = &s->half[i];

        h->ready = true;
        if (!s->tls[i])
                return;
        leg_tls_info(h->leg, &h->tls);
        log_tls_done(s, i);
        debug_line(s->w->log, DBG_TLSP_EVENTS, "TLSP %08x: Data channel ready for the %s", s->flow,
                   i ? "Server" : "Client");
}

/* The client's handshake is done. */
static void admitted(struct psession *s)
{
        const char *why = psession_admit(s);

        psession_proven(s);
        if (!why && !psession_take_place(s))
                why = "maximum number of sessions reached";

        if (why)
                psession_refuse(s, CONN_END_INSPECT, why);
        else
                connect_server(s);
}

/* Connect first: the server has answered, the client's SYN may go on. */
static void let_client_in(struct psession *s)
{
        struct punt_msg m = { .kind = PUNT_CONNECTED, .flow = s->flow, .gen = s->gen };

        s->state = SESS_WAIT_CLIENT;
        psession_arm(&s->half[1]);
        if (!ring_push(s->w->env.link[s->nlink]->to_dp, &m)) {
                psession_refuse(s, CONN_END_PROXY_FULL, "the dataplane does not listen");
                return;
        }
        worker_wake(s->w->env.link[s->nlink]->dp);
}

void psession_handshake(struct psession *s)
{
        unsigned i = s->state == SESS_CONNECT_SERVER || s->state == SESS_TLS_SERVER;
        struct half *h = &s->half[i];
        int rc;

        if (s->dead || s->state == SESS_OPEN)
                return;
        if (s->half[0].lost || s->half[1].lost) { /* nobody is left to serve */
                psession_end(s, s->half[0].lost ? CONN_END_RESET_O : CONN_END_RESET_I, true, NULL);
                return;
        }
        if (!h->leg)
                return;
        rc = leg_start(h->leg);
        if (rc == LEG_AGAIN) {
                if (s->state == SESS_CONNECT_SERVER && s->tls[1] && server_connected(s)) {
                        s->state = SESS_TLS_SERVER;
                        queue_handshake(s); /* connected only since that step: nobody has said hello */
                }
                psession_arm(h);
                return;
        }
        if (rc != 1) {
                handshake_failed(s, i);
                return;
        }
        leg_done(s, i);
        if (i == 0)
                admitted(s);
        else if (s->half[0].leg)
                opened(s);
        else
                let_client_in(s);
}
