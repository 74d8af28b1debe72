/*
 * The contract of an inspection engine. Engines are pure: bytes and a context in, a verdict out; they never wait,
 * never touch sockets, packets or configuration objects. Whether the bytes came from a TCP stream, a TLS leg or a
 * datagram is the caller's business.
 */
#ifndef VOXGATE_INSPECT_ENGINE_H
#define VOXGATE_INSPECT_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "platform/base/cur.h"
#include "platform/base/inspect_id.h"
#include "inspect/ctx.h"

enum engine_verdict {
        ENGINE_ACCEPT, /* forward: *used input bytes are dealt with, output is in ctx->out */
        ENGINE_MORE,   /* nothing (more) can be decided before further bytes; what was used is in *used */
        ENGINE_CLOSE,  /* protocol violation: end the session; ctx->reason says why */
        ENGINE_DROP,   /* stream: as ACCEPT, the engine has left something out; datagram: it goes no further */
        ENGINE_ROOM,   /* stream: c->out has no room for the next message: send what is there, call again at once */
        /*
         * Only where c->may_wait: announce() has been asked for something that is on its way (c->waits). Nothing of
         * the next message was used or written; called again with it when that has come, or when it did not.
         */
        ENGINE_WAIT,
};

struct inspect_engine {
        enum inspect_id id;
        bool stream;           /* true: in-order bytes, false: datagrams */
        uint8_t l4;            /* 6 or 17 */
        uint16_t default_port; /* of default-inspection-traffic; 0 none */
        size_t state_size;     /* bytes of per-session state, zeroed before open() */
        size_t buffer_max;     /* most bytes one direction may keep waiting (hard maximum) */
        size_t growth_max;     /* c->out has room for the input and so many bytes more; a message may grow by that */
        int (*open)(struct inspect_ctx *c); /* 0, or -1: refuse the session */
        /*
         * Stream: `in` holds all bytes of this direction not yet used; the engine writes what goes on to c->out and
         * says in *used how much of `in` is dealt with. Called again with what is left plus new bytes. fin: no more
         * will come. Datagram: `in` is one whole datagram; ACCEPT forwards it (edited if c->out was written), DROP
         * and CLOSE end it, CLOSE counts as a violation.
         */
        enum engine_verdict (*data)(struct inspect_ctx *c, enum inspect_dir dir, struct cur in, bool fin,
                                    size_t *used);
        void (*close)(struct inspect_ctx *c);
        /*
         * State that sessions of one proxy worker share (calls that outlive their connection), or all NULL. tick()
         * comes about once a second; media_event() for what media_open() made, with its cookie; stat may be NULL.
         */
        void *(*shared_new)(const struct inspect_host *ops, void *host_worker, struct log_src *log);
        void (*shared_free)(void *shared);
        void (*tick)(void *shared, uint64_t now_ms);
        void (*media_event)(void *shared, uint64_t cookie, uint8_t side, enum media_event ev,
                            const struct media_stat *stat);
        /* Milliseconds after which a message that the client does not complete is a violation; 0 none. */
        uint32_t partial_ms;
        /*
         * For engines that pass a message on in pieces: the number of the client's message of which some was used and
         * more is to come, never the same for two of them; 0: none is under way. May be NULL.
         */
        uint64_t (*owed)(const void *state);
        /* That time is over: the session ends for c->reason. What is to be counted and logged of it; may be NULL. */
        void (*overdue)(struct inspect_ctx *c);
        /* One "name=value ..." line per session for show; may be NULL. */
        void (*describe)(const void *state, struct wbuf *w);
};

/* The full list, visible, NULL-terminated. */
extern const struct inspect_engine *const inspect_engines[];
/* By name and transport (6 or 17). NULL: no engine (accepted by the CLI, reported as not inspecting). */
const struct inspect_engine *inspect_engine_find(enum inspect_id id, uint8_t l4);

#endif
