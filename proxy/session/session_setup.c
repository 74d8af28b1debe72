/* Setting a session up: its legs, their handshakes, and what comes of them (session.c draws the states). */
#include "proxy/worker/worker_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

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
                psession_attach(s, i, l);
                return true;
        }
        psession_refuse(s, e.text[0] && e.code != ERR_NOMEM ? CONN_END_PROXY : CONN_END_PROXY_FULL,
                        e.text[0] ? e.text : "out of memory for a session");
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
                psession_queue_handshake(s);
}

/* It takes descriptors from now on. */
static bool begin(struct psession *s)
{
        if (psession_take_fds(s))
                return true;
        psession_refuse(s, CONN_END_PROXY_FULL,
                        s->source_full ? SOURCE_FULL_WORDS : "out of descriptors for sessions");
        return false;
}

void psession_connect_first(struct psession *s)
{
        if (begin(s))
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
                        psession_queue_handshake(s);
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
                psession_half_close(h, false);
        if (s->info.phone_proxy_id)
                psession_note_boot(s, s->ctx.device[0] ? s->ctx.device : NULL, BOOT_TLS, false, why);
        psession_refuse(s, leg ? CONN_END_RESET_I : CONN_END_INSPECT, why);
}

static void leg_done(struct psession *s, unsigned i)
{
        struct half *h = &s->half[i];

        h->ready = true;
        if (!s->tls[i])
                return;
        leg_tls_info(h->leg, &h->tls);
        s->ctx.readable[i] = h->tls.readable;
        tp_count(s, (struct proxy_counts){ .done_client = i == 0,
                                           .done_server = i == 1,
                                           .resumed = i == 0 && h->tls.resumed });
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
                why = s->source_full ? SOURCE_FULL_WORDS : "maximum number of sessions reached";
        if (s->info.phone_proxy_id)
                psession_note_boot(s, s->ctx.device[0] ? s->ctx.device : NULL, BOOT_TLS, !why,
                                   why ? why : s->half[0].tls.cipher);
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
                        psession_queue_handshake(s); /* connected only since that step: nobody has said hello */
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
