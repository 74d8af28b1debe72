/* What an engine knows of its session and may ask for. Filled in by the proxy layer or a test. */
#ifndef VOXGATE_INSPECT_CTX_H
#define VOXGATE_INSPECT_CTX_H

#include <stdbool.h>
#include <stdint.h>

#include "inspect/call_event.h"
#include "platform/base/addr.h"
#include "platform/base/attr.h"
#include "platform/base/inspect_id.h"
#include "platform/base/log.h"
#include "platform/base/media_spec.h"
#include "platform/base/rtp_rule.h"
#include "platform/base/wbuf.h"

/* Client: the side that opened the connection. */
enum inspect_dir { DIR_C2S, DIR_S2C };

/* An expected secondary connection. Addresses are real ones; port 0 = any. */
struct pinhole_req {
        uint8_t proto;
        enum inspect_dir from; /* which side will open it */
        struct endpoint src, dst;
        uint32_t timeout_s;     /* until used */
        enum inspect_id engine; /* engine of the secondary connection, or NONE */
        uint32_t group;         /* of group_open(): it closes with it; 0 none */
        bool lasting;           /* for any number of connections while it is open; else for one */
        struct rtp_rule rtp;    /* what is sent to dst must be like this */
};

/* An endpoint that a payload will speak of before it has any connection. */
struct announce_req {
        uint32_t group;        /* of group_open(): how long the answer holds */
        enum inspect_dir from; /* who wrote it */
        uint8_t proto;
        bool pair; /* media: an even port's next one goes along, beside it on the other side too */
        struct endpoint at;
};

/* How the bytes of one side travel. */
enum inspect_transport { VIA_UDP, VIA_TCP, VIA_TLS };

/* What a phone proxy asks of an engine; NULL in the context for every other session. */
struct phone_params {
        char name[65];
        bool mixed;        /* cluster-mode mixed: the server leg may be TLS and SRTP too */
        bool any_endpoint; /* an endpoint that names no device is admitted (its certificate is verified all the same)
                            */
        bool no_rtcp;
};

struct inspect_ctx;

/* What an engine may ask for. Every function may be NULL in tests. */
struct inspect_host {
        int (*open_pinhole)(struct inspect_ctx *c, const struct pinhole_req *r);
        /* The connection is over: holes to r->dst close, and what came through one from r->src ends. */
        void (*end_pinhole)(struct inspect_ctx *c, const struct pinhole_req *r);
        /*
         * An endpoint written by side `from`, as the other side must see it: a host of the writer real -> mapped, a
         * mapped address of the other side's host -> real. The same endpoint when no translation applies. false: it
         * cannot be translated (dynamic translation without a live xlate): *out is not set.
         */
        bool (*translate)(struct inspect_ctx *c, enum inspect_dir from, uint8_t proto, const struct endpoint *in,
                          struct endpoint *out);
        /*
         * The same for an endpoint that connections will go to or come from soon (media in SDP, a contact): where
         * ports are shared, one is taken for it, the same for as long as a group that asked is open. In force before
         * any byte the engine returns afterwards. false: no port is at hand, *out is not set; with c->waits set,
         * some are on their way, and the engine may ask to be called again (ENGINE_WAIT).
         */
        bool (*announce)(struct inspect_ctx *c, const struct announce_req *r, struct endpoint *out);
        /*
         * What ends together: pinholes and announced endpoints of a stream, a contact, a registration. 0: there are
         * no more groups. Closing 0 or what was closed is legal.
         */
        uint32_t (*group_open)(struct inspect_ctx *c);
        void (*group_close)(void *host_worker, uint32_t group);
        /*
         * A relay for one m= line: takes a pair of ports on either side; local[0] is for the client to send to,
         * local[1] for the server. *media != 0 names it until media_close(). -1: no port, no session, no
         * media-termination (c->reason). Nothing is in force before the first media_update().
         */
        int (*media_open)(struct inspect_ctx *c, const char *call, uint64_t cookie, struct endpoint local[2],
                          uint32_t *media);
        /* In force before any byte the engine returns afterwards. -1: no longer there, or the ring is full. */
        int (*media_update)(void *host_worker, uint32_t media, const struct media_spec *spec);
        void (*media_close)(void *host_worker, uint32_t media);
        /* Kernel random bytes for keys; -1: refuse. */
        int (*random)(void *host_worker, void *buf, size_t n);
        /*
         * The device that registered here; its name was checked against the certificate by the engine. Enters or
         * refreshes the secure-phone entry. expires_s 0: unregistered. -1: refused, c->reason.
         */
        int (*phone_seen)(struct inspect_ctx *c, const char *device, uint32_t expires_s);
        /*
         * Is it registered: does the secure-phone table have it of this client, by this session or another one? Also
         * where the table had no room for it, for as long as it would be in it.
         */
        bool (*phone_known)(struct inspect_ctx *c, const char *device);
        /* How a registration of that device ended; why: NULL: it is registered, else why not. */
        void (*phone_boot)(struct inspect_ctx *c, const char *device, const char *why);
        /*
         * The session has been silent for too long: it ends soon, on both legs. May be called from timers: host is
         * what c->host was in open(). why: static.
         */
        void (*end_session)(void *host, const char *why);
        /*
         * A whole message of the engine's own for the side whose input is being handled, behind all that has gone
         * there. false: there is no room for it.
         */
        bool (*answer)(struct inspect_ctx *c, enum inspect_dir dir, const void *p, size_t n);
        /* Per-engine counters by name, for show (static strings). */
        void (*count)(struct inspect_ctx *c, const char *counter, uint64_t n);
        /* A message of a stream goes no further, for the inspect line's own count. */
        void (*dropped)(struct inspect_ctx *c);
        /*
         * The history of a call. call_open(): its number, 0 when there is no place for it; the other two take any
         * number, also of a call that ended (its last messages) or was forgotten since. An ended call stays so.
         */
        uint32_t (*call_open)(struct inspect_ctx *c, const struct call_about *about);
        void (*call_event)(void *host_worker, uint32_t call, const struct call_event *e);
        void (*call_state)(void *host_worker, uint32_t call, enum call_state state);
        void (*call_parties)(void *host_worker, uint32_t call, const char *from, const char *to);
};

struct inspect_ctx {
        void *state;      /* state_size bytes of the engine, of this session */
        void *shared;     /* of the engine in this proxy worker: shared_new(); NULL without one */
        struct wbuf *out; /* edited bytes of the direction being handled */
        struct log_src *log;
        uint64_t now_ms;
        uint64_t session_id;
        /* How the session looks on either side, real addresses and nameifs, for logs and debug lines. */
        char client_if[49], server_if[49];
        struct endpoint client, server;               /* real */
        struct endpoint client_mapped, server_mapped; /* as the other side sees them */
        enum inspect_transport via[2];                /* [0] client side, [1] server side */
        bool readable[2];                             /* TLS without encryption: anybody on the way reads along */
        const void *params;                           /* compiled inspect map of this engine, or NULL for defaults */
        const struct phone_params *phone;             /* NULL: no phone proxy */
        bool anchor;           /* media is terminated here: media_open() must be used, never a pinhole */
        char device[65];       /* SEP<MAC> in the client's verified certificate; "": none */
        uint8_t client_id[32]; /* SHA-256 of that certificate; zeros: the client proved no identity */
        char reason[96];       /* why ENGINE_CLOSE */
        bool orderly;          /* ENGINE_CLOSE: with FINs; the default is TCP resets */
        bool dry;              /* replay/tracer: no side effects */
        bool may_wait;         /* ENGINE_WAIT is a verdict that the host can serve now */
        bool waits;            /* of announce(): cleared by the engine, set by the host */
        bool held;             /* the first message of this input has been looked at before: ENGINE_WAIT */
        void *host;            /* the session, for the functions below */
        void *host_worker;     /* its worker, for functions that outlive a session */
        const struct inspect_host *ops;
};

/* May keys be written on that side? */
static inline bool inspect_private(const struct inspect_ctx *c, unsigned side)
{
        return c->via[side] == VIA_TLS && !c->readable[side];
}

/* The host's functions, where there is a host that has them. */
void inspect_count(struct inspect_ctx *c, const char *counter, uint64_t n);
void inspect_dropped(struct inspect_ctx *c);
int inspect_open_pinhole(struct inspect_ctx *c, const struct pinhole_req *r); /* without one: 0 */

/* Both ends of a direction as debug lines print them: "outside:1.1.1.1/2000". */
struct inspect_way {
        char from[49 + ADDR_TEXT_MAX + 8], to[49 + ADDR_TEXT_MAX + 8];
};
void inspect_way_of(const struct inspect_ctx *c, enum inspect_dir dir, struct inspect_way *w);

/* Ends the session with a reason: return inspect_refuse(c, "header over %u", max); */
int inspect_refuse_text(struct inspect_ctx *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
#define inspect_refuse(c, ...) ((void)inspect_refuse_text(c, __VA_ARGS__), ENGINE_CLOSE)

#endif
