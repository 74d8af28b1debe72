/* What an engine may ask for. Filled in by the proxy layer (or a test); every function pointer may be NULL in tests. */
#ifndef VOXGATE_INSPECT_CTX_H
#define VOXGATE_INSPECT_CTX_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/base/addr.h"
#include "platform/base/attr.h"
#include "platform/base/inspect_id.h"
#include "platform/base/log.h"
#include "platform/base/wbuf.h"

/* Client: the side that opened the connection. */
enum inspect_dir { DIR_C2S, DIR_S2C };

struct endpoint {
        struct addr a;
        uint16_t port;
};

/* An expected secondary connection. Addresses are real ones; port 0 = any. */
struct pinhole_req {
        uint8_t proto;
        enum inspect_dir from; /* which side will open it */
        struct endpoint src, dst;
        uint32_t timeout_s;    /* until used */
        enum inspect_id engine; /* engine of the secondary connection, or NONE */
};

struct inspect_ctx {
        void *state;             /* state_size bytes of the engine */
        struct wbuf *out;        /* edited bytes of the direction being handled */
        struct log_src *log;
        uint64_t now_ms;
        uint64_t session_id;
        /* How the session looks on either side, real addresses and nameifs, for logs and debug lines. */
        char client_if[49], server_if[49];
        struct endpoint client, server;
        const void *params;      /* compiled inspect map of this engine, or NULL for defaults */
        char reason[96];         /* why ENGINE_CLOSE */
        bool dry;                /* replay/tracer: no side effects */
        void *host;              /* of the functions below */
        int (*open_pinhole)(struct inspect_ctx *c, const struct pinhole_req *r);
        /* Address of the other side's view: real -> mapped as seen by `towards`. false: refused (no translation). */
        bool (*translate)(struct inspect_ctx *c, enum inspect_dir towards, uint8_t proto, const struct endpoint *in,
                          struct endpoint *out);
        /* Per-engine counters by name, for show (static strings). */
        void (*count)(struct inspect_ctx *c, const char *counter, uint64_t n);
};

/* Ends the session with a reason: return inspect_refuse(c, "header over %u", max); */
int inspect_refuse_text(struct inspect_ctx *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
#define inspect_refuse(c, ...) ((void)inspect_refuse_text(c, __VA_ARGS__), ENGINE_CLOSE)

#endif
