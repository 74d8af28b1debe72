/* Private to the SCCP engine: what a worker, a phone's session and a stream are. docs/sccp.md. */
#ifndef VOXGATE_INSPECT_SCCP_INT_H
#define VOXGATE_INSPECT_SCCP_INT_H

#include "inspect/sccp/msg.h"
#include "inspect/sccp/sccp.h"
#include "platform/base/hash.h"
#include "platform/base/list.h"
#include "platform/base/pool.h"
#include "platform/base/tmr.h"

#define SCCP_PHONE_STREAMS 32u    /* of a phone: calls, forks, video */
#define SCCP_BRIDGE_STREAMS 1024u /* of a session without a phone proxy: bridges and transcoders register as well */
#define SCCP_PARTIAL_MS 30000u
#define SCCP_REST_MS 5000u
#define SCCP_SECURE_SHIFT 443u /* secure port = clear port + 443 */

enum { BY_PHONE, BY_PEER }; /* whose side something is on: [0] client, [1] server */

struct sccp_shared {
        const struct inspect_host *ops;
        void *host_worker;
        struct log_src *log;
        uint64_t seed[2], log_bad_ms, now_ms;
        struct tmr_wheel *wheel;
        struct pool *phones, *streams;
        struct hash_table stream_by_party;
        uint32_t gen;
};

#define SCCP_HISTORY_CALLS 8u /* of a phone that are told apart; the oldest gives way */

/* A session. Its engine state is a pointer to this. */
struct sccp_phone {
        struct sccp_shared *sh;
        struct tmr tmr; /* timeout signaling */
        struct list streams;
        struct sccp_stream *rested; /* ended, its relay waits for the next one; NULL: none */
        uint32_t nstreams, t_signaling;
        char device[SCCP_NAME_MAX + 1];
        bool asked, registered;
        uint32_t asked_version, version, keepalive_s;
        uint16_t rtp_port; /* of IpPort: where old phones listen */
        void *host;        /* of the session, for what happens without a message */
        uint64_t last_ms, session_id, messages[2];
        char client_if[49], server_if[49];
        struct endpoint client, server;
        struct sccp_past {
                uint32_t ref, number; /* the phone's reference, 0 not known yet; of the history, 0 none */
        } past[SCCP_HISTORY_CALLS];
        unsigned past_next, past_last;
};

struct sccp_session {
        struct sccp_phone *phone;
};

/* Both half-channels of one passThroughPartyId. */
struct sccp_stream {
        struct hash_node node;
        struct list link; /* of its phone; of none once that is gone */
        struct sccp_shared *sh;
        struct sccp_phone *phone; /* NULL: its session is gone, its media go on until they are silent */
        uint32_t conf, party, call, gen;
        bool rx_open, tx_open, video, reserved; /* reserved: by PortReq */
        bool keyed;                             /* the call manager gave keys */
        bool far;                               /* the phone is behind NAT: it listens elsewhere than it is seen */
        uint32_t t_media;
        struct endpoint
                at[2]; /* [BY_PHONE] where the phone listens, [BY_PEER] where its peer does; as each wrote it */
        struct endpoint source; /* announced in OpenReceiveChannel */
        uint32_t group[2];      /* by who announced: pinholes and ports */
        uint32_t relay;         /* 0: none */
        struct endpoint local[2];
        struct media_spec spec;
        struct tmr rest; /* rest.c */
        struct sccp_phone *rests_of;
};

/* ---- the message at hand ---- */
enum sccp_fate { SCCP_FORWARD, SCCP_DROP, SCCP_CLOSE, SCCP_WAIT /* for a port that is on its way */ };

struct sccp_work {
        struct inspect_ctx *c;
        struct sccp_shared *sh;
        struct sccp_phone *phone;
        const struct sccp_map *map;
        struct sccp_map defaults;
        enum inspect_dir dir;
        const struct sccp_frame *f;
        struct sccp_fields v;
        struct sccp_edit out;
        struct sccp_stream *stream; /* of the message, where it has one */
        const char *why;            /* of DROP and CLOSE */
};

/* May be the default of a message that nothing is known against. */
#define sccp_drop(x, text) ((x)->why = (text), SCCP_DROP)

/* Messages of the video family. */
static inline bool sccp_is_video(const struct sccp_frame *f)
{
        return f->id >= 0x0131 && f->id <= 0x0136;
}

enum sccp_counter {
#define SCCP_COUNTER(id, name) SCCP_N_##id,
#include "inspect/sccp/counter.def"
#undef SCCP_COUNTER
        SCCP_COUNTERS
};

static inline bool sccp_is_zero(const struct endpoint *e)
{
        return !e->a.fam && !e->port;
}
static inline bool sccp_same(const struct endpoint *a, const struct endpoint *b)
{
        return a->port == b->port && addr_eq(&a->a, &b->a);
}

/* session.c */
void *sccp_shared_new(const struct inspect_host *ops, void *host_worker, struct log_src *log);
void sccp_shared_free(void *shared);
void sccp_tick(void *shared, uint64_t now_ms);
int sccp_open(struct inspect_ctx *c);
void sccp_close(struct inspect_ctx *c);
void sccp_describe(const void *state, struct wbuf *w);
void sccp_phone_alive(struct sccp_work *x); /* a message went by */

/* A phone that calls itself by another's name. */
void sccp_log_mismatch(struct sccp_work *x, const char *name);

/* check.c: what a map forbids */
enum sccp_fate sccp_check(struct sccp_work *x);

/* register.c */
enum sccp_fate sccp_register(struct sccp_work *x);
enum sccp_fate sccp_registered(struct sccp_work *x);
enum sccp_fate sccp_rejected(struct sccp_work *x);
enum sccp_fate sccp_unregistered(struct sccp_work *x);
enum sccp_fate sccp_keepalive(struct sccp_work *x);
enum sccp_fate sccp_alarm(struct sccp_work *x);
enum sccp_fate sccp_servers(struct sccp_work *x);

/* stream.c */
struct sccp_stream *sccp_stream_find(const struct sccp_work *x);
struct sccp_stream *sccp_stream_make(struct sccp_work *x); /* finds or makes; NULL: counted, x->why */
void sccp_stream_end(struct sccp_stream *s);
void sccp_stream_shut(struct sccp_stream *s, unsigned by); /* one half-channel; the stream with the last of them */
void sccp_streams_end(struct sccp_phone *p);
void sccp_streams_orphan(struct sccp_phone *p);
void sccp_media_event(void *shared, uint64_t cookie, uint8_t side, enum media_event ev,
                      const struct media_stat *stat);

/* rest.c: relays between streams */
bool sccp_rest(struct sccp_stream *s, struct sccp_phone *p); /* of no phone any more; false: it is to end */
struct sccp_stream *sccp_rest_take(struct sccp_phone *p);    /* NULL: none rests */
void sccp_rest_forget(struct sccp_stream *s);                /* it ends, resting or not */
void sccp_rest_end(struct sccp_phone *p);

/* channel.c: messages of half-channels */
enum sccp_fate sccp_open_channel(struct sccp_work *x);
enum sccp_fate sccp_open_ack(struct sccp_work *x);
enum sccp_fate sccp_open_old(struct sccp_work *x);
enum sccp_fate sccp_close_channel(struct sccp_work *x);
enum sccp_fate sccp_start(struct sccp_work *x);
enum sccp_fate sccp_start_ack(struct sccp_work *x);
enum sccp_fate sccp_stop(struct sccp_work *x);
enum sccp_fate sccp_port_req(struct sccp_work *x);
enum sccp_fate sccp_port_res(struct sccp_work *x);
enum sccp_fate sccp_port_close(struct sccp_work *x);
enum sccp_fate sccp_failure(struct sccp_work *x);
enum sccp_fate sccp_multicast_open(struct sccp_work *x);
enum sccp_fate sccp_multicast(struct sccp_work *x);
enum sccp_fate sccp_remote(struct sccp_work *x);
enum sccp_fate sccp_ip_port(struct sccp_work *x);

/* media.c: where media are relayed here */
bool sccp_relay(struct sccp_work *x); /* x->stream has one; false: x->why */
enum sccp_fate sccp_key(struct sccp_work *x,
                        unsigned half);  /* of the message: ours for the phone, the server's kept */
void sccp_relay_is(struct sccp_work *x); /* what it is whatever the stream says */
int sccp_relay_push(struct sccp_stream *s);
void sccp_payloads(struct sccp_work *x);

/* address.c: endpoints of the message, as the reader must see them */
struct endpoint sccp_endpoint(const struct sccp_work *x, unsigned ip, unsigned port);
enum sccp_fate sccp_write_endpoint(struct sccp_work *x, unsigned ip, unsigned port, const struct endpoint *e);
/* By the host's translation; with a group, a port is taken where ports are shared. */
bool sccp_translate(struct sccp_work *x, uint8_t proto, uint32_t group, const struct endpoint *in,
                    struct endpoint *out);
enum sccp_fate sccp_translate_field(struct sccp_work *x, uint32_t group, unsigned ip, unsigned port);
const struct addr *sccp_own_seen(const struct sccp_work *x); /* the writer as the reader knows it */

/* hole.c: pinholes where nothing is relayed */
uint32_t sccp_group(struct sccp_work *x, unsigned by);
void sccp_groups_close(struct sccp_stream *s, unsigned by);
void sccp_hole(struct sccp_work *x, unsigned by, const struct endpoint *at, uint16_t rtcp);

/* history.c: what is told of calls */
void sccp_history_note(struct sccp_work *x, enum sccp_fate fate);
void sccp_history_end(struct sccp_phone *p); /* all calls of the phone */

/* show.c */
void sccp_count(struct inspect_ctx *c, enum sccp_counter which);
void sccp_debug(const struct sccp_work *x, const char *what);
void sccp_debug_broken(struct inspect_ctx *c, enum inspect_dir dir, const char *why);
void sccp_log_drop(struct sccp_work *x, enum log_msg id, uint32_t value);
void sccp_log_channel(struct sccp_work *x, const char *type, unsigned by, const struct endpoint *at);

#endif
