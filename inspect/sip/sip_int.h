/* Private to the SIP engine: what a worker, a session, a transaction, a call and its media are. docs/sip.md. */
#ifndef VOXGATE_INSPECT_SIP_INT_H
#define VOXGATE_INSPECT_SIP_INT_H

#include "inspect/sip/sdp.h"
#include "inspect/sip/sip.h"
#include "platform/base/hash.h"
#include "platform/base/list.h"
#include "platform/base/pool.h"
#include "platform/base/tmr.h"

#define SIP_TXNS_MAX 32768u  /* per proxy worker */
#define SIP_MEDIA_MAX 16384u /* m-lines of all calls of a worker */
/*
 * Of one session, so that a peer that never lets anything end is refused more while there is room for others. A trunk
 * has a quarter of the worker, an endpoint of a phone proxy an eighth of its relays; a phone needs little, but its
 * call manager may tell it a lot at once.
 */
#define SIP_TRUNK_CALLS 4096u
#define SIP_TRUNK_MEDIA 4096u
#define SIP_TRUNK_TXNS 8192u
#define SIP_ENDPOINT_CALLS 1024u
#define SIP_ENDPOINT_MEDIA 1024u
#define SIP_ENDPOINT_TXNS 4096u
#define SIP_PHONE_CALLS 16u
#define SIP_PHONE_MEDIA 32u
#define SIP_PHONE_TXNS 64u   /* that it began */
#define SIP_PHONE_TOLD 1024u /* that its server began */
/* Where so much is in use that newcomers are soon refused, nobody answers for half a minute only. */
#define SIP_CALLS_TIGHT (SIP_CALLS_MAX / 4 * 3)
#define SIP_MEDIA_TIGHT (SIP_MEDIA_MAX / 8 * 3) /* the host has half as many relays */
#define SIP_INVITE_TIGHT_S 30u
#define SIP_SAME_ID_MAX 32u /* calls with one Call-ID: bounds a walk over them */
#define SIP_FORKS_MAX 4u    /* early dialogs told apart; later ones share the last place */
#define SIP_CALL_ID_MAX 255u
#define SIP_URI_MAX 255u      /* Request-URI, as on the ASA */
#define SIP_GROWTH_MAX 12288u /* a message may grow by addresses and a=crypto lines */
#define SIP_VIA_TEXT_MAX 320u /* what a transaction keeps of Vias it changed */
#define SIP_MEMOS 4u          /* contacts of a session that are told apart */
#define SIP_RATES 64u
#define SIP_PARTIAL_MS 30000u
#define SIP_TXN_MS 32000u /* 64 * T1 */
/* Answered: repetitions are T2, 4 s, apart at most. On a stream only a 2xx that has not seen its ACK is repeated. */
#define SIP_TXN_STREAM_MS 1000u
#define SIP_TXN_DGRAM_MS 5000u
#define SIP_INVITE_DONE_MS 8000u
#define SIP_INVITE_TXN_MS 200000u
#define SIP_BINDINGS_MAX 16384u /* registrations of a worker that have a way in */
#define SIP_SESSION_BINDINGS 4096u
#define SIP_KEEPALIVE_S 120u /* a phone that only says REGISTER with Expires: 0 is there that long */
#define SIP_REG_DEFAULT_S 3600u

/* Seconds; defaults of the `timeout` line. */
#define SIP_T_SIP 1800u
#define SIP_T_MEDIA 120u
#define SIP_T_INVITE 180u
#define SIP_T_DISCONNECT 120u
#define SIP_T_PROVISIONAL 120u

struct sip_key { /* 128 bits under a random seed stand for the text */
        uint64_t h[2];
};

/* A contact as its writer wrote it, and what the other side sees of it. */
struct sip_memo {
        struct endpoint seen;
        char hostport[64], transport[12];
        uint64_t user; /* hash of the user part */
        bool sips, used;
};

struct sip_session {
        struct list calls, txns, bindings;
        uint64_t place; /* hash of both hosts and their interfaces */
        uint32_t ncalls, nmedia, nbindings;
        uint32_t ntxns[2]; /* by direction of the request */
        size_t scanned[2];
        bool spoke[2];   /* a SIP message was seen of that direction */
        bool foreign[2]; /* not SIP: its bytes go on unparsed */
        bool registered; /* this session holds a binding: Expires: 0 ends it */
        unsigned next_memo;
        struct sip_memo memo[SIP_MEMOS]; /* of the client */
        char device[65];
        uint64_t messages[2];
};

struct sip_call;

struct sip_txn {
        struct hash_node node;
        struct list link; /* of its session */
        struct tmr tmr;
        struct sip_shared *sh;
        struct sip_session *session;
        struct sip_key key;
        uint8_t dir;             /* of the request */
        uint8_t method;          /* enum sip_method */
        bool offer;              /* the request carried an offer */
        bool creates;            /* INVITE without a To tag */
        bool done;               /* a final answer went by */
        bool failed;             /* and it was no 2xx */
        bool star;               /* REGISTER: Contact: * */
        uint32_t expires;        /* REGISTER: asked for */
        struct endpoint contact; /* of the client, as written */
        uint32_t cseq;
        uint16_t via_used;
        bool via_full;
        char via[SIP_VIA_TEXT_MAX]; /* per Via, top first: sent-by, transport, received, each with NUL */
};

/* One side of an m-line as an offer or an answer describes it, before it is in force. */
struct sip_side {
        struct media_side side;
        uint32_t tag;  /* of the crypto line of the peer that counts */
        uint8_t proto; /* enum sdp_proto as the peer wrote it */
        bool valid, refused, zero, unpadded;
        const char *why; /* it cannot be relayed, though the peer wants it; NULL: no such fault */
        bool more_pts;   /* it takes more payload types than fit the list */
};

struct sip_media {
        uint32_t relay, gen; /* relay 0: none */
        uint8_t index, kind;
        bool enforce_payloadtype;
        bool agreed; /* an answer was in force once: it outlives a refused offer */
        uint64_t idle_at;
        struct endpoint local[2];
        struct media_spec spec;                 /* in force */
        struct srtp_master own[2][SRTP_SUITES]; /* our keys towards either side; suite NONE: not made yet */
        struct sip_side offer[2];               /* by the side that offered */
        uint8_t offered_proto[2];               /* by offering side: what we wrote to the other */
        bool offered_keys[2];                   /* with keys */
        struct sip_side answer[SIP_FORKS_MAX];
        uint32_t group[2], next[2]; /* by writer: pinholes and ports in force; of a re-offer until its answer */
        struct endpoint hole[2];    /* plain inspection: where a pinhole was opened to, by writer */
        uint32_t hole_cseq[2];
        uint8_t hole_class[2]; /* of the message: request, provisional, final */
        struct sip_call *call;
};

enum sip_state { SIP_CALL_INIT, SIP_CALL_ACTIVE, SIP_CALL_TERMINATING };

struct sip_call {
        struct hash_node node;
        struct list link; /* of its session */
        struct tmr tmr;
        struct sip_shared *sh;
        struct sip_session *session; /* NULL: its session is gone */
        uint64_t session_id, last_ms;
        uint32_t history; /* its number there; 0 none */
        char call_id[SIP_CALL_ID_MAX + 1];
        uint64_t caller_tag, fork[SIP_FORKS_MAX]; /* hashes; 0 none */
        char device[65];
        uint8_t client_id[32]; /* as in the context: whose the call is when its connection is lost */
        char client_if[49], server_if[49];
        struct addr client, server;
        uint8_t state;  /* enum sip_state */
        uint8_t caller; /* enum inspect_dir of the first INVITE */
        int8_t winner;  /* fork of the first 2xx; -1 none */
        int8_t delayed; /* dir of an offer in an answer that ACK or PRACK answers; -1 none */
        bool anchored, bye, held;
        uint32_t offer_cseq[2];                /* by offering side */
        uint8_t offer_proto[2][SDP_MEDIA_MAX]; /* as it was written there: an answer repeats it */
        uint8_t offer_lines[2];
        uint8_t nmedia;
        struct sip_media *media[SDP_MEDIA_MAX];
        struct endpoint signal[2]; /* contacts with a pinhole, by writer */
        uint32_t signal_group[2];
        struct sip_memo target[2]; /* contacts that could not be shown as they are, by writer */
        uint32_t t_sip, t_media, t_invite, t_disconnect, t_provisional;
};

/* A contact inside as it was registered: what lets calls in to it, for as long as the registrar granted. */
struct sip_binding {
        struct hash_node node;
        struct tmr tmr;
        struct list link;
        struct sip_session *session; /* that made it; NULL: gone */
        struct sip_shared *sh;
        uint64_t key;
        uint32_t group;
};

struct sip_rate {
        uint32_t id, n;
        uint64_t since_ms;
};

/* Log lines that anybody may cause any number of: one a second is told, with how many were not. */
struct sip_hush {
        uint64_t told_ms; /* 0: nothing told yet */
        uint32_t held;
};

struct sip_shared {
        const struct inspect_host *ops;
        void *host_worker;
        struct log_src *log;
        uint64_t seed[2], now_ms;
        struct sip_hush log_bad, log_media;
        struct tmr_wheel *wheel;
        struct pool *calls, *txns, *media, *bindings;
        struct hash_table call_by_id, txn_by_key, binding_by_contact;
        uint32_t gen;
        struct sip_rate rate[SIP_RATES];
        /* of the message at hand */
        struct sip_msg msg;
        struct sip_edits head, body;
        struct sdp sdp;
        uint8_t text[SIP_BODY_MAX + SIP_GROWTH_MAX];
};

/* ---- the message at hand ---- */
enum sip_fate { SIP_FORWARD, SIP_DROP, SIP_CLOSE, SIP_WAIT /* a port is on its way */ };

struct sip_work {
        struct inspect_ctx *c;
        struct sip_shared *sh;
        struct sip_session *s;
        struct sip_msg *m;
        enum inspect_dir dir;
        struct sip_txn *txn;
        struct sip_call *call;
        bool again; /* a request seen before */
        bool fresh; /* the message made the call */
        bool mask_agent, mask_uri;
        bool held;            /* it waited for a port: what is counted has been */
        bool no_port;         /* an endpoint could not be translated for want of a port */
        bool late;            /* an answer in ACK or PRACK: CSeq is not the offer's */
        int fork;             /* of call; -1 none */
        struct sip_part part; /* the SDP of the message */
        struct str body;      /* replacement; p NULL: the original */
        const char *why;      /* of DROP and CLOSE */
        uint32_t history;     /* of its call, which may end with the message */
        unsigned nstreams;    /* what the history tells of */
        uint8_t stream_line[CALL_STREAMS];
        struct call_stream stream[CALL_STREAMS];
        bool hold;
};

static inline bool str_is(struct str s, const char *text)
{
        return s.n == strlen(text) && !memcmp(s.p, text, s.n);
}

/* A decimal number in [lo, hi], blanks around it allowed; false changes nothing. */
bool sip_number(struct str s, uint32_t lo, uint32_t hi, uint32_t *out);
uint64_t sip_hash(const struct sip_shared *sh, struct str s); /* never 0 unless empty */
static inline bool endpoint_eq(const struct endpoint *a, const struct endpoint *b)
{
        return a->port == b->port && addr_eq(&a->a, &b->a);
}
/* How bytes travel on the side that wrote / will read the message. */
static inline enum inspect_transport via_from(const struct sip_work *x)
{
        return x->c->via[x->dir == DIR_C2S ? 0 : 1];
}
static inline enum inspect_transport via_to(const struct sip_work *x)
{
        return x->c->via[x->dir == DIR_C2S ? 1 : 0];
}
/* Can nobody on the way read it there? */
static inline bool private_from(const struct sip_work *x)
{
        return inspect_private(x->c, x->dir == DIR_C2S ? 0 : 1);
}
static inline bool private_to(const struct sip_work *x)
{
        return inspect_private(x->c, x->dir == DIR_C2S ? 1 : 0);
}

/* sip.c */
enum sip_fate sip_message(struct inspect_ctx *c, enum inspect_dir dir, struct cur in, bool datagram);
/* m: the message, where as much of it could be read; or NULL. */
enum sip_fate sip_malformed(struct inspect_ctx *c, enum inspect_dir dir, const struct sip_msg *m, const char *why);
enum sip_fate sip_full(struct sip_work *x, unsigned counter,
                       const char *why); /* of a table: the message is dropped */

/* session.c */
void *sip_shared_new(const struct inspect_host *ops, void *host_worker, struct log_src *log);
void sip_shared_free(void *shared);
void sip_tick(void *shared, uint64_t now_ms);
int sip_open(struct inspect_ctx *c);
void sip_close(struct inspect_ctx *c);
void sip_describe(const void *state, struct wbuf *w);

struct sip_limits {
        uint32_t calls, media, txns[2];
};
struct sip_limits sip_limits_of(const struct inspect_ctx *c);

/* dialog.c: transactions */
enum sip_fate sip_txn_note(struct sip_work *x); /* finds or makes x->txn */
void sip_txn_answered(struct sip_work *x);      /* a response went by */
void sip_txn_free(struct sip_txn *t);
struct sip_txn *sip_txn_invite(struct sip_work *x); /* INVITE a CANCEL means */

/* call.c */
enum sip_fate sip_call_note(struct sip_work *x); /* finds or makes x->call */
void sip_call_moved(struct sip_work *x);         /* state and timers, after the message was accepted */
void sip_call_end(struct sip_call *call);
void sip_call_orphan(struct sip_call *call);
void sip_media_event(void *shared, uint64_t cookie, uint8_t side, enum media_event ev, const struct media_stat *stat);

/* body.c: which bodies are offers, which are answers */
enum sip_fate sip_sdp_note(struct sip_work *x);

/* offer.c: both write a line per m-line of x->sh->sdp */
struct sip_line;
void sip_anchor_offer(struct sip_work *x, struct sip_line *line);
void sip_offer_failed(struct sip_call *call, enum inspect_dir dir); /* what was in force before stays */

/* answer.c */
void sip_anchor_answer(struct sip_work *x, bool final, struct sip_line *line);
void sip_answer_settled(struct sip_work *x, enum inspect_dir offerer); /* 2xx without SDP: an earlier answer counts */

/* media.c: relays of a call, and what a side says of itself */
struct sip_media *sip_media_new(struct sip_work *x, unsigned index); /* with a relay where media is anchored */
void sip_media_free(struct sip_media *md);
int sip_media_push(struct sip_media *md);                                   /* -1: the relay is gone */
void sip_media_retime(struct sip_call *call);                               /* idle times follow the state */
bool sip_media_key(struct sip_media *md, unsigned side, enum srtp_suite s); /* our key: made once */
void sip_side_of(struct sip_work *x, unsigned i, unsigned side, struct sip_side *out);
void sip_media_untaken(struct sip_work *x, unsigned i,
                       const char *why); /* an m-line is refused here: told and counted */
bool sip_proto_is_rtp(enum sdp_proto p);
enum sdp_proto sip_proto_as(enum sdp_proto p, bool secure);
/* Of a line that is refused towards the reader of the message. */
enum sdp_proto sip_proto_refused(const struct sip_work *x, enum sdp_proto p);

/* group.c: what ends together */
uint32_t sip_group(const struct sip_work *x, uint32_t *slot); /* opened when *slot is 0; 0: none */
void sip_group_close(struct sip_shared *sh, uint32_t *slot);
uint32_t sip_stream_group(const struct sip_work *x, unsigned i); /* of an m-line, by this message's writer */
void sip_streams_settled(struct sip_call *call);                 /* what was offered last is in force */
void sip_streams_reverted(struct sip_call *call);
/* As the host announces it. 1 as *out, 0 unchanged, -1 no port is at hand. */
int sip_announce(const struct sip_work *x, uint32_t group, uint8_t proto, bool pair, const struct endpoint *in,
                 struct endpoint *out);

/* binding.c */
struct sip_binding *sip_binding(const struct sip_work *x, const struct endpoint *contact, bool make);
void sip_binding_granted(struct sip_work *x, const struct endpoint *contact, uint32_t expires_s);
void sip_binding_end(struct sip_binding *b);
void sip_binding_orphan(struct sip_binding *b);
/* The group of a contact that this message makes known; 0: it makes none known. */
uint32_t sip_contact_group(const struct sip_work *x, const struct endpoint *contact);

/* hole.c */
void sip_media_holes(struct sip_work *x);
void sip_holes_end(struct sip_work *x); /* the call of the message is over */
struct sip_way_in {                     /* signalling to come */
        struct endpoint at;
        uint32_t timeout_s, group;
        bool lasting;
};
void sip_signal_hole(struct sip_work *x, enum inspect_dir writer, const struct sip_way_in *way);
void sip_signal_holes(struct sip_work *x);

/* sdp_out.c: SDP as the far end reads it */
struct sip_line { /* what becomes of one m-line */
        bool refuse;
        struct endpoint at; /* our endpoint towards the reader */
        uint8_t proto;      /* enum sdp_proto */
        unsigned nkeys;
        struct {
                uint32_t tag;
                bool unpadded; /* the peer writes base64 without "=" */
                const struct srtp_master *m;
        } key[SRTP_SUITES];
};
bool sip_sdp_anchor(struct sip_work *x, const struct sip_line *line);
bool sip_sdp_translate(struct sip_work *x);

/* map.c: endpoints */
enum sip_role {
        SIP_R_URI, /* Request-URI, Route: hosts of the reader's side */
        SIP_R_CONTACT,
        SIP_R_RECORD,   /* Record-Route, Path, Service-Route */
        SIP_R_IDENTITY, /* From, To and everything that is shown */
        SIP_R_VIA,      /* the top one */
        SIP_R_VIA_BELOW,
};
struct sip_mapped {
        struct endpoint ep; /* port 0: write none */
        bool own;           /* one of the two ends of this session: scheme and transport follow the legs */
        bool hidden;        /* the writer's own endpoint stands in for one that has no address there */
};
void sip_map_endpoint(const struct sip_work *x, enum sip_role role, uint16_t default_port, const struct endpoint *in,
                      struct sip_mapped *out);
/* The client's side of TLS, or a phone: the server reaches it by its connection only. */
bool sip_is_terminated(const struct inspect_ctx *c);

/* leak.c: a last look, at what no parser took apart */
bool sip_text_moves(const struct sip_work *x, struct str text); /* holds an address that the reader must not see */
bool sip_leaks(struct sip_work *x, struct str written);         /* keys or SDP that nobody edited; x->why */

/* rewrite.c, uri_out.c, via_out.c: false: the message cannot be written */
bool sip_rewrite_head(struct sip_work *x);
void sip_rewrite_uri(struct sip_work *x, enum sip_role role, const struct sip_uri *u);
bool sip_rewrite_via(struct sip_work *x, const struct sip_header *h, unsigned index);

/* policy.c */
enum sip_fate sip_policy(struct sip_work *x);
enum sip_fate sip_state_check(struct sip_work *x);
bool sip_traffic_non_sip(const struct inspect_ctx *c);

/* identity.c: requests of a phone */
enum sip_fate sip_identity_note(struct sip_work *x);

/* register.c */
enum sip_fate sip_register_note(struct sip_work *x);
enum sip_fate sip_register_answered(struct sip_work *x);
/* For the operator who asks why a phone does not come up; a session that registered before is left alone. */
void sip_register_failed(const struct sip_work *x, const char *why);

/* history.c: what is told of calls */
void sip_history_open(struct sip_work *x);
void sip_history_media(struct sip_work *x); /* x->sh->sdp: where the writer wants it */
/* What the reader was told of a line of it; port 0: nothing. */
void sip_history_shown(struct sip_work *x, unsigned line, const struct endpoint *at);
void sip_history_note(const struct sip_work *x, enum sip_fate f);
void sip_history_state(const struct sip_call *call, enum call_state st);

/* show.c */
void sip_debug_message(const struct sip_work *x, const char *what);
void sip_debug_bytes(struct inspect_ctx *c, enum inspect_dir dir, const char *what, const char *why);
void sip_log_action(struct inspect_ctx *c, enum inspect_dir dir, const struct sip_msg *m, const char *by,
                    const char *done, const char *info);
/* The same for what is hushed. */
void sip_log_hushed(struct sip_hush *h, struct inspect_ctx *c, enum inspect_dir dir, const struct sip_msg *m,
                    const char *done, const char *why);
void sip_log_channel(struct sip_work *x, const char *type, enum inspect_dir writer, const struct endpoint *at);
void sip_count(struct inspect_ctx *c, unsigned which);

enum sip_counter {
#define SIP_COUNTER(id, name) SIP_N_##id,
#include "inspect/sip/counter.def"
#undef SIP_COUNTER
        SIP_COUNTERS
};

#endif
