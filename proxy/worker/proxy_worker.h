/*
 * A proxy worker: legs, TLS, engines. One flow = one worker for life. proxy_step() is all there is; a thread loops
 * over it, tests call it in turn with worker_step(). Established legs are served first, then a bounded number of
 * handshake steps.
 */
#ifndef VOXGATE_PROXY_WORKER_PROXY_WORKER_H
#define VOXGATE_PROXY_WORKER_PROXY_WORKER_H

#include "platform/base/evl.h"
#include "proxy/phone/boots.h"
#include "proxy/worker/calls.h"
#include "platform/base/table_use.h"
#include "proxy/media/media.h"
#include "proxy/conf/names.h"
#include "proxy/phone/phones.h"
#include "proxy/worker/proxy_rt.h"
#include "proxy/punt/punt.h"

struct proxy_worker;

/* What the proxy workers of a process count together. */
struct proxy_shared {
        _Atomic uint32_t active, most;    /* TLS sessions */
        _Atomic uint32_t uc, phone, srtp; /* that a licence counts (license.h) */
};

struct proxy_env {
        const struct clock *clk;
        const struct rng *rng;
        struct log *log;
        struct snap_hub *hub;
        struct punt_link *link[8]; /* one per dataplane worker, by its id */
        unsigned nlinks;
        struct media_link *media[8]; /* likewise; NULL: no media relay (calls that need one are refused) */
        struct proxy_shared *shared; /* one for all workers; NULL: this one is alone */
        unsigned nworkers;           /* proxy workers there are; 0 means 1. They share the media ports by id */
        bool listen;                 /* open the listener in the (private) namespace of the calling thread */
        uint32_t handshake_ms, idle_close_ms; /* 0: defaults 15000, 0 (conn idle rules) */
        uint32_t fd_budget;                   /* descriptors the sessions may use; 0: from RLIMIT_NOFILE */
};
struct proxy_worker *proxy_worker_new(unsigned id, const struct proxy_env *env, struct err *e) MUST_USE;
void proxy_worker_free(struct proxy_worker *p); /* aborts all sessions first */
/* Who knows addresses of names; before its thread starts. Without one, names are known to nobody. */
void proxy_set_names(struct proxy_worker *p, const struct name_service *names);
/* One round; waits at most wait_ms. Returns events handled. */
unsigned proxy_step(struct proxy_worker *p, unsigned wait_ms);
void proxy_run(struct proxy_worker *p);  /* until proxy_stop() */
/*
 * One thread for both, where there is a single core: no message wakes another thread. Returns when both have been
 * stopped; the dataplane worker may be stopped later, so that it takes what the proxy worker's end has sent.
 */
void proxy_run_joint(struct proxy_worker *p, struct worker *dp);
void proxy_stop(struct proxy_worker *p);             /* any thread */
bool proxy_is_running(const struct proxy_worker *p); /* any thread: inside proxy_run() and not yet at its end */
void proxy_wake(void *proxy);            /* any thread; cheap while the worker is awake: punt_link.wake_proxy */
/* Captures of type tls-proxy live here; through proxy_call(). */
struct capture_set *proxy_captures(struct proxy_worker *p);
/* Orderly end: aborts every leg so that peers are told (SO_LINGER 0). In the worker's thread. */
void proxy_abort_all(struct proxy_worker *p);
/* Cold threads: fn runs in the worker's thread; waits. Without a thread (tests) it runs at once. */
void proxy_call(struct proxy_worker *p, void (*fn)(struct proxy_worker *p, void *arg), void *arg);

/* ---- views (in the worker's thread) ---- */
enum session_state {
        SESS_WAIT_CLIENT,
        SESS_TLS_CLIENT,
        SESS_CONNECT_SERVER,
        SESS_TLS_SERVER,
        SESS_OPEN,
        SESS_CLOSING
};
struct session_row {
        uint32_t flow;
        uint64_t conn_id;
        uint32_t tls_proxy_id;
        enum inspect_id engine;
        struct punt_flow_info info;
        enum session_state state;
        struct tls_info tls[2]; /* [0] client leg, [1] server leg */
        bool cleartext[2];      /* there is no TLS on the leg */
        uint64_t bytes[2];      /* cleartext c2s, s2c */
        uint64_t age_ms, idle_ms;
        char describe[160]; /* of the engine */
};
unsigned proxy_walk(const struct proxy_worker *p, uint32_t *cursor, struct session_row *rows, unsigned max,
                    bool *end);
/* Of one tls-proxy id, or of all with id 0; then `most` is that of all workers together. */
struct proxy_counts {
        uint32_t active, most;
        uint64_t total, bytes, refused_limit, failed_client, failed_server, unverified, server_refused, engine_closed;
        uint64_t refused_source; /* one address had its share of sessions */
        uint64_t gave_way;       /* in their handshakes, to newer clients */
        uint64_t done_client, done_server, resumed; /* handshakes of TLS that succeeded; of the first: shortened ones */
};
void proxy_counts(const struct proxy_worker *p, uint32_t tls_proxy_id, struct proxy_counts *out);
/* TLS sessions that all workers together will have: what is configured, or what the descriptors allow. */
uint32_t proxy_session_limit(const struct proxy_worker *p, const struct snapshot *snap);
/* Sessions of phone proxies at all workers together, as a licence counts them. */
uint32_t proxy_phone_sessions(const struct proxy_worker *p);
/* Ends sessions of one tls-proxy (0: all); returns how many. */
unsigned proxy_clear(struct proxy_worker *p, uint32_t tls_proxy_id);
/* The engine's state that its sessions share here (calls), for its own walk functions; NULL: none. */
void *proxy_engine_shared(const struct proxy_worker *p, enum inspect_id engine);
/* The history of calls. */
unsigned proxy_calls_walk(const struct proxy_worker *p, uint32_t *cursor, struct call_head *rows, unsigned max,
                          bool *end);
bool proxy_call_get(const struct proxy_worker *p, uint32_t id, struct call_head *head, struct call_event *ev,
                    unsigned *n);
uint64_t proxy_calls_untold(const struct proxy_worker *p);
struct phone_table *proxy_phones(struct proxy_worker *p);
const struct boots *proxy_boots(const struct proxy_worker *p);
/* No address is let in any more for a phone that was known there. */
void proxy_secure_void(struct proxy_worker *p);
/* The phone of that name is forgotten, and its place where it was the only one. Returns how many entries it had. */
uint32_t proxy_phone_clear(struct proxy_worker *p, const char *device);
/* Media ports of an address in use here, calls refused for want of one. */
unsigned proxy_media_ports_used(const struct proxy_worker *p, const struct addr *a);
/* Addresses with ports in use, configured still or not: up to max of them behind those in a[0..n); returns how many. */
unsigned proxy_media_addrs(const struct proxy_worker *p, struct addr *a, unsigned n, unsigned max);
/* How full the tables of this worker are; TLS sessions are those of all workers together. */
#define PROXY_USES 7u
void proxy_use(const struct proxy_worker *p, const struct snapshot *snap, struct table_use out[PROXY_USES]);
/* Named counters of engines ("mmp", "malformed header"), for show; false behind the last. */
bool proxy_engine_counter(const struct proxy_worker *p, unsigned idx, const char **engine, const char **name,
                          uint64_t *value);

#endif
