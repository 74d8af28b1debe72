/* Private to the proxy worker: sessions and their worker. */
#ifndef VOXGATE_PROXY_WORKER_WORKER_INT_H
#define VOXGATE_PROXY_WORKER_WORKER_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "inspect/engine.h"
#include "proxy/conf/inspect_rt.h"
#include "platform/base/list.h"
#include "platform/base/log_limit.h"
#include "platform/net/capture.h"
#include "platform/net/tun.h"
#include "proxy/phone/boots.h"
#include "proxy/punt/pat.h"
#include "proxy/worker/proxy_worker.h"
#include "proxy/leg/sbuf.h"
#include "proxy/punt/sources.h"

#define HANDSHAKE_STEPS_MAX 16u /* per loop: established legs come first */
#define PUMP_BUDGET 65536u      /* bytes per direction and turn */
#define OUT_MAX 65536u          /* bytes waiting for a slow reader before its source is no longer read */
#define ENGINE_COUNTERS_MAX 128u

struct psession;
struct tftpx;
struct transfer;

struct half { /* one leg of a session with the bytes that came from it and go to it */
        struct psession *s;
        struct leg *leg;
        struct evl_fd ev;
        bool ready;         /* handshake done */
        bool lost;          /* reset or closed while the other leg's set-up is under way */
        bool readable;      /* the poller says so, or it is worth a try */
        bool eof, eof_told; /* its peer finished; the engine has been told */
        bool unseen;        /* input the engine was not shown yet: there was no room for its output */
        bool held;          /* its next message waits for a port; nothing is read meanwhile */
        bool fin_wanted, fin_sent;
        bool deaf;           /* its peer has reset it: what it had said before is still read */
        struct sbuf in, out; /* from this leg; to this leg */
        uint64_t held_ms;    /* since when; 0: not, or no more */
        uint64_t bytes;      /* cleartext read from it */
        uint32_t cap_seq;    /* running sequence number in cleartext captures */
        struct tls_info tls;
};

struct psession {
        struct list link;     /* in worker.sessions */
        struct list ready;    /* in worker.handshakes or worker.busy, or self-linked */
        struct list unproven; /* in worker.unproven, or self-linked */
        struct list waits;    /* in worker.waits, or self-linked */
        struct proxy_worker *w;
        uint32_t flow;
        uint8_t gen;
        uint8_t nlink;
        bool gone_owed, end_owed, dead;
        uint8_t end_reason;
        uint8_t drop;        /* the flow drop that the end counts as */
        uint32_t drops_owed; /* messages dropped that the dataplane has not been told of */
        struct punt_flow_info info;
        enum session_state state;
        const struct inspect_engine *engine;
        struct inspect_ctx ctx;
        struct half half[2];                                 /* [0] client leg, [1] server leg */
        bool tls[2];                                         /* is there TLS on the leg? */
        struct tls_profile *client_profile, *server_profile; /* references, until the legs exist */
        struct ldc_rt *ldc; /* reference: the server leg shows a certificate per client */
        uint32_t tls_proxy_id;
        struct phone_params phone; /* of its phone proxy, copied; ctx.phone points here */
        bool by_mode;              /* its cluster is mixed: its server leg is that of the phone's security mode */
        uint32_t phone_timeout_ms;
        uint32_t nphones;           /* devices it has entered, at most */
        uint64_t unlisted_until_ms; /* its phone registered, but the table was full */
        struct addr client;         /* who it proved to be, for what it is counted; source_of_client() */
        char tls_proxy[PROXY_NAME_MAX + 1], server_tp[TRUSTPOINT_NAME_MAX + 1];
        bool ask_client;     /* for a certificate */
        bool begun;          /* counted against the descriptors */
        uint8_t sourced;     /* a bit for each kind that is counted for its client's address */
        bool client_counted; /* for its certificate too */
        bool source_full;    /* refused for its address has its share */
        struct license_use use;
        bool counted;          /* as a TLS session */
        bool tp_counted;       /* also in the counts of its tls-proxy, which may have had no place */
        struct transfer *tftp; /* its request that is under way; tftpx.h */
        struct tmr deadline, partial;
        bool partial_on, moved; /* its timer runs; the client's engine has used input in this turn */
        uint64_t owed;          /* the message that it runs for, where the engine passes on pieces */
        uint64_t born_ms, last_ms;
        char why[CHAIN_REASON_MAX + 16]; /* of the end, for the log */
        const char *silent;              /* its engine has heard nothing for too long: it ends; NULL otherwise */
};

/* What waits for a port goes on without one after this time; a datagram beyond the most goes on at once. */
#define PORT_WAIT_MS 1000u
#define HELD_DGRAMS_MAX 256u

struct held_dgram {
        struct punt_msg m; /* the buffer is ours as long */
        uint64_t since_ms;
        uint8_t link;
};

/* A media session of this worker, from media_open() until the dataplane has said CLOSED. session_media.c */
struct relay {
        uint32_t gen;
        uint8_t link; /* of the dataplane worker that has it */
        bool live, open, closing, close_owed;
        bool srtp;     /* counted as such */
        bool endpoint; /* of a client whose certificate names no device */
        const struct inspect_engine *engine;
        uint64_t cookie, owner;
        struct addr source, client; /* of the session that asked: it is counted for both */
        uint32_t phone_proxy_id;
        struct media_local local;
        char call[48];
};
#define SCRATCH_MAX 262144u
#define RELAYS_MAX 8192u /* per proxy worker */
/* Of one phone's certificate, over all its connections. */
#define PHONE_RELAYS_MAX 32u
#define PHONE_SESSIONS_MAX 16u

struct engine_shared { /* state that sessions of one engine share */
        const struct inspect_engine *engine;
        void *state;
};
#define ENGINES_SHARED_MAX 8u

struct tp_count { /* per tls-proxy id */
        uint32_t id;
        struct proxy_counts c;
};
#define TP_COUNTS_MAX 256u

struct engine_counter {
        const char *engine, *name;
        uint64_t value;
};

struct proxy_worker {
        unsigned id;
        struct proxy_env env;
        struct evl *evl;
        struct qsbr_slot *qs;
        uint64_t snap_gen; /* the last one seen */
        const struct snapshot *snap;
        struct log_src *log;
        struct log_limit refusals, media_refusals, limits_told;
        struct log_full phones_full, pat_full;
        struct evl_fd listener;
        struct psession **by_flow[8]; /* per link: [PUNT_FLOWS_MAX], reserved */
        struct list sessions, handshakes, busy, owing;
        struct list unproven; /* the oldest first */
        unsigned nunproven;
        uint32_t nsessions, nstreams, streams_most, most, limit;
        struct relay *relay; /* [RELAYS_MAX], reserved */
        uint32_t relay_next, nrelays, relays_most;
        uint64_t relays_refused;
        struct sources *sources, *clients; /* by address, by certificate */
        unsigned unproven_most;
        struct media_ports *media_ports;
        unsigned closes_owed;
        struct phone_table *phones;
        struct boots *boots;
        struct tftpx *tftpx;
        struct name_service names; /* zeroed: there is none */
        struct pat *pat;
        bool ports_came;               /* or did not: whoever waits for one tries again */
        struct list waits;             /* sessions */
        struct held_dgram *held_dgram; /* [HELD_DGRAMS_MAX] */
        unsigned nheld;
        struct ldc_cache *ldcs;
        struct call_table *calls; /* their history */
        unsigned nshared;
        struct engine_shared shared[ENGINES_SHARED_MAX];
        struct tmr tick;
        uint8_t *scratch; /* [SCRATCH_MAX]: what an engine writes in one call, where it may exceed its input */
        struct capture_set *caps;
        struct proxy_shared own_shared, *shared_counts; /* env.shared, or our own */
        unsigned ntp;
        struct tp_count tp[TP_COUNTS_MAX];
        struct proxy_counts all;
        unsigned ncounters;
        struct engine_counter counter[ENGINE_COUNTERS_MAX];
        /* cold callers */
        pthread_mutex_t lock;
        pthread_cond_t done;
        atomic_bool stop, running, sleeping;
        uint64_t turn_ends_ns; /* a dataplane worker on the same thread waits since long; 0: nobody does */
        bool accept_ready;
};

/* proxy_worker.c */
bool proxy_work_waits(const struct proxy_worker *w); /* that no descriptor tells of */
struct psession *psession_find(struct proxy_worker *w, unsigned link, uint32_t flow, uint8_t gen);
/* By the pseudo address that its first packet came from. FLOW_NEW was pushed before that: it is there, if perhaps
 * behind many others; they are taken first. */
struct psession *proxy_session_of(struct proxy_worker *w, uint32_t pseudo, uint16_t port);
struct proxy_counts *tp_counts(struct proxy_worker *w, uint32_t id);
/* Adds what is not zero in d to the counts of the session's tls-proxy and to those of all. */
void tp_count(struct psession *s, struct proxy_counts d);
void proxy_queue_busy(struct psession *s); /* to be served in the next loop without an event */

/* session.c: life */
void psession_new(struct proxy_worker *w, unsigned link, const struct punt_msg *m);
/* The leg becomes that of half i, and is taken over; closing one that has none is legal. */
void psession_attach(struct psession *s, unsigned i, struct leg *leg);
void psession_half_close(struct half *h, bool abort_it);
void psession_queue_handshake(struct psession *s); /* a step of it is due */
/* Ends it from our side: legs closed (abort: RST), END sent, freed when GONE comes. why: words for the log, may be
 * NULL. */
void psession_end(struct psession *s, enum conn_end_reason reason, bool abort_legs, const char *why);
/* A session that cannot be set up or served: the operator learns why, the client gets a reset. */
void psession_refuse(struct psession *s, enum conn_end_reason reason, const char *why);
/* The dataplane ended it: legs aborted, GONE sent, freed. */
void psession_ended(struct psession *s);
void psession_free(struct psession *s);
void psession_arm(struct half *h); /* tells the poller what the leg waits for */
bool psession_pay(struct psession *s);

/* session_setup.c: legs and handshakes */
void psession_connect_first(struct psession *s); /* cleartext on both legs: dials the server */
void psession_accepted(struct psession *s, int fd);
void psession_handshake(struct psession *s); /* one bounded step */

/* session_calls.c */
uint32_t ctx_call_open(struct inspect_ctx *c, const struct call_about *about);
void host_call_event(void *host_worker, uint32_t call, const struct call_event *e);
void host_call_state(void *host_worker, uint32_t call, enum call_state state);
void host_call_parties(void *host_worker, uint32_t call, const char *from, const char *to);

/* session_pump.c */
void psession_pump(struct psession *s);
void psession_release(struct proxy_worker *w); /* those that wait for a port try again */

/* dgram.c */
void dgram_input(struct proxy_worker *w, unsigned link, const struct punt_msg *m);
/* Those that wait for a port try again; end: they are dropped. */
void dgram_release(struct proxy_worker *w);
void dgram_drop_held(struct proxy_worker *w);
/*
 * A datagram must go back, or its buffer is lost: nothing is read for which there would be no room to answer. The
 * ring behind then fills, and the dataplane counts what it cannot hand over.
 */
#define ANSWER_ROOM 8u /* messages that one of the dataplane's may bring forth */
static inline bool proxy_may_answer(const struct punt_link *l)
{
        return ring_space(l->to_dp) > ANSWER_ROOM;
}

/* session_ctx.c */
void psession_ctx_init(struct psession *s);
/* The engine takes it, once all that it is told has been decided; -1: it does not (ctx.reason). */
int psession_ctx_open(struct psession *s);

/* What a call is given anew each time: the snapshot may have changed. */
void psession_ctx_now(struct psession *s);
void psession_ctx_legs(struct psession *s); /* what the legs are made of has been decided */
extern const struct inspect_host proxy_host;

/* session_bind.c: what of the configuration a session works with. NULL, or why it cannot. */
const char *psession_bind(struct psession *s);
/* The client's handshake is done: may it go on, and with which certificate of ours towards the server? */
const char *psession_admit(struct psession *s);
/* Another configuration: sessions and relays of phone proxies that are gone end. */
void psession_keep(struct proxy_worker *w, bool (*keep)(void *ctx, uint32_t phone_proxy_id), void *ctx);

/* session_count.c: false: a limit is reached, counted and logged */
bool psession_take_fds(struct psession *s);
/* One more of the client's certificate, where that is a phone's. false: it has enough. */
bool psession_take_client(struct psession *s);
bool psession_take_place(struct psession *s); /* among the TLS sessions and those a licence counts; cleartext: none */
/*
 * A client in its TLS handshake takes no such place, or strangers could fill them. There is room for UNPROVEN_MAX;
 * one more ends the oldest, which has had the most time. Legal to prove twice.
 */
#define UNPROVEN_MAX 1024u
void psession_unproven(struct psession *s);
void psession_proven(struct psession *s);
void psession_count_end(struct psession *s); /* legal for one that never began */
#define SOURCE_FULL_WORDS "its address has as many sessions as one may have"
/* A media session that is encrypted or decrypted here. false: the licence has no more of them. */
bool proxy_srtp_take(struct proxy_worker *w);
void proxy_srtp_give(struct proxy_worker *w);

/* session_media.c */
int ctx_media_open(struct inspect_ctx *c, const char *call, uint64_t cookie, struct endpoint local[2],
                   uint32_t *media);
int host_media_update(void *host_worker, uint32_t media, const struct media_spec *spec);
void host_media_close(void *host_worker, uint32_t media);
unsigned relay_reports(struct proxy_worker *w);
/* Ends those whose phone proxy keep() does not know. */
void relay_keep(struct proxy_worker *w, bool (*keep)(void *ctx, uint32_t phone_proxy_id), void *ctx);
void relay_pay(struct proxy_worker *w); /* CLOSEs that did not fit the ring */

/* session_phones.c */
int ctx_phone_seen(struct inspect_ctx *c, const char *device, uint32_t expires_s);
/* Where it is there is a phone, of this mode, for the dataplane to know; told, clear: SECURE_ bits. */
void psession_secure(struct psession *s, uint8_t told, uint8_t clear);
void ctx_phone_boot(struct inspect_ctx *c, const char *device, const char *why);
/* A step of a phone's boot; device NULL: its client has proved nothing. */
void psession_note_boot(struct psession *s, const char *device, enum boot_step step, bool ok, const char *text);
bool ctx_phone_known(struct inspect_ctx *c, const char *device);

/* session_nat.c */
bool ctx_translate(struct inspect_ctx *c, enum inspect_dir from, uint8_t proto, const struct endpoint *in,
                   struct endpoint *out);
bool ctx_announce(struct inspect_ctx *c, const struct announce_req *r, struct endpoint *out);
/* A hole as the engine describes it (real addresses), as its first packet will arrive and go on. false: where its end
 * would be seen cannot be said. */
bool hole_of(struct psession *s, const struct pinhole_req *r, struct pinhole_spec *out);

/* engine_shared.c */
int shared_init(struct proxy_worker *w);
void shared_fini(struct proxy_worker *w);
void *shared_of(const struct proxy_worker *w, const struct inspect_engine *e);

/* session_log.c */
void log_tls_start(struct psession *s, unsigned leg, const struct tls_profile *p);
void debug_session_set_up(struct psession *s);
void log_tls_done(struct psession *s, unsigned leg);
void log_tls_failed(struct psession *s, unsigned leg);
void log_tls_end(struct psession *s, unsigned leg);

static inline bool psession_is_stream(const struct psession *s)
{
        return s->info.proto == IPPROTO_TCP_;
}

#endif
