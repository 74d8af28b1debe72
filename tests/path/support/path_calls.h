/*
 * Calls through a phone proxy without sockets: the flow is a real one (its SYN came by a port), its legs are memory.
 * TLS is what is left out; the engine, the relay and the ends of sessions are as they run. Everything is done in the
 * proxy worker's thread, whether or not there is one. At most PC_PHONES phones of one worker.
 *
 *      the phone 192.0.2.10 calls 192.0.2.140:5061, which is the call manager 10.0.0.5
 *
 *      px_tcp(..., "192.0.2.10", 40000, "192.0.2.140", 5061, PB_SYN, ...);
 *      struct pc_phone p = { .proxy = w, .port = 40000 };
 *      assert_true(pc_connect(&p));
 *      pc_say(&p, DIR_C2S, PC_INVITE, 7);     the seventh call begins
 *      pc_hear(&p, DIR_S2C, text, sizeof text);
 *      pc_drop(&p, true);                     the phone resets its connection
 */
#ifndef VOXGATE_PATH_CALLS_H
#define VOXGATE_PATH_CALLS_H

#include <stdio.h>

#include "platform/base/attr.h"
#include "proxy/worker/worker_int.h"

#define PC_OUT "192.0.2.50"
#define PC_IN "10.0.0.50"
#define PC_PHONE "192.0.2.10"
#define PC_DESK "10.0.0.9"

/* On top of two interfaces: the call manager is 10.0.0.5, 192.0.2.140 outside. */
#define PC_MTA                                                                                                       \
        "media-termination mta\n"                                                                                    \
        " address " PC_OUT " interface outside\n"                                                                    \
        " address " PC_IN " interface inside\n"                                                                      \
        " rtp-min-port 20000 rtp-max-port 24999\n"
#define PC_PHONE_PROXY                                                                                               \
        PC_MTA                                                                                                       \
        "phone-proxy mypp\n"                                                                                         \
        " endpoint any\n"                                                                                           \
        " media-termination mta\n"                                                                                   \
        " tls-proxy pp_tls\n"
#define PC_APPLIED                                                                                                   \
        "policy-map pp_policy\n"                                                                                     \
        " class sec_sip\n"                                                                                           \
        "  inspect sip phone-proxy mypp\n"                                                                           \
        "service-policy pp_policy interface outside\n"
#define PC_CONFIG                                                                                                    \
        "object network ccm\n"                                                                                       \
        " host 10.0.0.5\n"                                                                                           \
        " nat (inside,outside) static 192.0.2.140\n"                                                                 \
        "access-list outside_in extended permit tcp any host 10.0.0.5 eq 5061\n"                                     \
        "access-list outside_in extended permit udp any host 10.0.0.5 eq 5060\n"                                     \
        "access-group outside_in in interface outside\n"                                                             \
        "crypto ca trustpoint ours\n"                                                                                \
        " enrollment self\n"                                                                                         \
        " subject-name cn=ccm\n"                                                                                     \
        "crypto key generate rsa modulus 1024\n"                                                                     \
        "crypto ca enroll ours noconfirm\n"                                                                          \
        "tls-proxy pp_tls\n"                                                                                         \
        " server trust-point ours\n"                                                                                 \
        "class-map sec_sip\n"                                                                                        \
        " match port tcp eq 5061\n" PC_PHONE_PROXY PC_APPLIED

struct pc_phone {
        struct proxy_worker *proxy;
        uint16_t port; /* the phone's own, outside */
        struct leg *far[2];
        unsigned link;
        uint32_t flow;
        uint8_t gen;
        bool ok;
        /* of a request in the worker's thread */
        enum inspect_dir dir;
        char *text;
        size_t n;
        bool abort;
};

/* ---- in the worker's thread ---- */

static inline struct psession *pc_session(struct pc_phone *p)
{
        struct psession *s = p->flow ? psession_find(p->proxy, p->link, p->flow, p->gen) : NULL;

        return s && !s->dead ? s : NULL;
}

/* The session of a flow that waits for its client gets legs, as if both handshakes were done. */
static inline void UNUSED pc_connect_in(struct proxy_worker *w, void *arg)
{
        struct pc_phone *p = arg;
        struct leg *near[2] = { 0 };

        p->ok = false;
        list_each_safe(it, tmp, &w->sessions) {
                struct psession *s = list_entry(it, struct psession, link);

                if (s->dead || s->state != SESS_WAIT_CLIENT || s->info.client_real.port != p->port)
                        continue;
                if (leg_mem_pair(&near[0], &p->far[0], 65536) < 0)
                        return;
                if (leg_mem_pair(&near[1], &p->far[1], 65536) < 0) {
                        leg_close(near[0], true);
                        leg_close(p->far[0], true);
                        p->far[0] = NULL;
                        return;
                }
                w->snap = snapshot_get(w->env.hub); /* callbacks run without one */
                p->ok = true;
                (void)(psession_take_fds(s) && psession_take_place(s));
                snapshot_put(w->env.hub, w->snap);
                w->snap = NULL;
                for (unsigned i = 0; i < 2; i++) {
                        s->half[i].leg = near[i];
                        s->half[i].ready = true;
                }
                s->state = SESS_OPEN;
                tmr_cancel(evl_timers(w->evl), &s->deadline);
                p->link = s->nlink;
                p->flow = s->flow;
                p->gen = s->gen;
                return;
        }
}

static inline void UNUSED pc_say_in(struct proxy_worker *w UNUSED, void *arg)
{
        struct pc_phone *p = arg;
        unsigned from = p->dir == DIR_C2S ? 0 : 1;
        struct psession *s = pc_session(p);

        p->ok = s && p->far[from] && leg_write(p->far[from], p->text, p->n) == (ssize_t)p->n;
        if (p->ok)
                proxy_queue_busy(s);
}

static inline void UNUSED pc_hear_in(struct proxy_worker *w UNUSED, void *arg)
{
        struct pc_phone *p = arg;
        struct leg *l = p->far[p->dir == DIR_C2S ? 1 : 0]; /* what that side says comes out at the other */
        ssize_t n = l ? leg_read(l, p->text, p->n - 1) : 0;

        p->text[n > 0 ? n : 0] = 0;
        p->ok = n > 0;
}

static inline void UNUSED pc_drop_in(struct proxy_worker *w UNUSED, void *arg)
{
        struct pc_phone *p = arg;
        struct psession *s = pc_session(p);

        for (unsigned i = 0; i < 2; i++) {
                if (p->far[i])
                        leg_close(p->far[i], p->abort);
                p->far[i] = NULL;
                if (s)
                        s->half[i].readable = true; /* what the poller would say */
        }
        if (s)
                proxy_queue_busy(s);
        p->flow = 0;
}

/* ---- from anywhere ---- */

/* false: no session waits for that client yet (or there is no memory for its legs). */
static inline bool UNUSED pc_connect(struct pc_phone *p)
{
        proxy_call(p->proxy, pc_connect_in, p);
        return p->ok;
}

/* Both far ends go; abort: with a reset. Legal for one that never connected. */
static inline void UNUSED pc_drop(struct pc_phone *p, bool abort_it)
{
        p->abort = abort_it;
        proxy_call(p->proxy, pc_drop_in, p);
}

enum pc_msg {
        PC_INVITE, /* the phone calls, SRTP offered */
        PC_RINGING,
        PC_OK, /* with the desk's answer */
        PC_BUSY,
        PC_ACK,
        PC_CANCEL,
        PC_BYE,
        PC_BYE_OK,
        PC_REINVITE, /* another key */
        PC_REINVITE_OK,
        PC_MSGS
};

#define PC_SDP(addr, m) "v=0\r\no=- 1 1 IN IP4 " addr "\r\ns=-\r\nc=IN IP4 " addr "\r\nt=0 0\r\n" m
#define PC_CRYPTO(key) "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" key "\r\n"
#define PC_KEY_A "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNk"
#define PC_KEY_B "enl4d3Z1dHNycXBvbm1sa2ppaGdmZWRjYmFaWVhX"

struct pc_row {
        const char *start, *method;
        unsigned cseq;
        bool request, server; /* server: the call manager says it */
        const char *body;
};
static const struct pc_row pc_rows[PC_MSGS] = {
        [PC_INVITE] = { "INVITE sip:b@192.0.2.140 SIP/2.0", "INVITE", 1, true, false,
                        PC_SDP(PC_PHONE, "m=audio 4000 RTP/SAVP 0\r\n" PC_CRYPTO(PC_KEY_A)) },
        [PC_RINGING] = { "SIP/2.0 180 Ringing", "INVITE", 1, false, true, "" },
        [PC_OK] = { "SIP/2.0 200 OK", "INVITE", 1, false, true, PC_SDP(PC_DESK, "m=audio 6000 RTP/AVP 0\r\n") },
        [PC_BUSY] = { "SIP/2.0 486 Busy Here", "INVITE", 1, false, true, "" },
        [PC_ACK] = { "ACK sip:b@192.0.2.140 SIP/2.0", "ACK", 1, true, false, "" },
        [PC_CANCEL] = { "CANCEL sip:b@192.0.2.140 SIP/2.0", "CANCEL", 1, true, false, "" },
        [PC_BYE] = { "BYE sip:b@192.0.2.140 SIP/2.0", "BYE", 3, true, false, "" },
        [PC_BYE_OK] = { "SIP/2.0 200 OK", "BYE", 3, false, true, "" },
        [PC_REINVITE] = { "INVITE sip:b@192.0.2.140 SIP/2.0", "INVITE", 2, true, false,
                          PC_SDP(PC_PHONE, "m=audio 4000 RTP/SAVP 0\r\n" PC_CRYPTO(PC_KEY_B)) },
        [PC_REINVITE_OK] = { "SIP/2.0 200 OK", "INVITE", 2, false, true,
                             PC_SDP(PC_DESK, "m=audio 6000 RTP/AVP 0\r\n") },
};

static inline size_t pc_text(char *out, size_t cap, enum pc_msg what, const char *id, bool udp)
{
        const struct pc_row *r = &pc_rows[what];
        bool in_dialog = what == PC_ACK || r->cseq > 1 || r->server;
        int n = snprintf(out, cap,
                         "%s\r\nVia: SIP/2.0/%s;branch=z9hG4bK-%s-%s-%u\r\nFrom: <sip:a@192.0.2.140>;tag=a\r\n"
                         "To: <sip:b@192.0.2.140>%s\r\nCall-ID: %s\r\nCSeq: %u %s\r\nMax-Forwards: 70\r\n"
                         "%s%sContent-Length: %zu\r\n\r\n%s",
                         r->start,
                         udp         ? "UDP 192.0.2.10:5060"
                         : r->server ? "TCP 192.0.2.10:5060"
                                     : "TLS 192.0.2.10:5061",
                         id, what == PC_CANCEL ? "INVITE" : r->method, r->cseq, in_dialog ? ";tag=b" : "", id,
                         r->cseq, r->method,
                         r->server ? "Contact: <sip:b@10.0.0.5>\r\n" : "Contact: <sip:a@192.0.2.10>\r\n",
                         *r->body ? "Content-Type: application/sdp\r\n" : "", strlen(r->body), r->body);

        return (size_t)n < cap ? (size_t)n : 0;
}

/* A message of call `id`; it is dealt with in the worker's next loop. false: the session is gone. */
static inline bool UNUSED pc_say(struct pc_phone *p, enum pc_msg what, unsigned id)
{
        char text[2048], name[32];

        snprintf(name, sizeof name, "call-%u", id);
        p->dir = pc_rows[what].server ? DIR_S2C : DIR_C2S;
        p->n = pc_text(text, sizeof text, what, name, false);
        p->text = text;
        proxy_call(p->proxy, pc_say_in, p);
        return p->ok;
}

/* What side `dir` has said and the other side reads: all that waits. */
static inline bool UNUSED pc_hear(struct pc_phone *p, enum inspect_dir dir, char *text, size_t cap)
{
        p->dir = dir;
        p->text = text;
        p->n = cap;
        proxy_call(p->proxy, pc_hear_in, p);
        return p->ok;
}

/* The port of the first m= line of a text; 0: there is none. */
static inline uint16_t UNUSED pc_media_port(const char *text)
{
        const char *m = strstr(text, "m=audio ");
        unsigned port = 0;

        if (m)
                sscanf(m + 8, "%u", &port);
        return (uint16_t)port;
}

#endif
