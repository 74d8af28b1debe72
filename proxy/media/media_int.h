/* Private to proxy/media/: sessions of one dataplane worker. */
#ifndef VOXGATE_PROXY_MEDIA_MEDIA_INT_H
#define VOXGATE_PROXY_MEDIA_MEDIA_INT_H

#include "inspect/rtp/rtcp.h"
#include "platform/base/list.h"
#include "proxy/media/media.h"
#include "proxy/worker/proxy_rt.h"
#include "proxy/srtp/srtp.h"

#define MEDIA_DRAIN_MAX 256u  /* messages per loop and proxy worker */
#define MEDIA_SENDERS 8u      /* SSRCs of ours under one key: a sender beyond takes over the one silent longest */
#define MEDIA_PORTS 65536u    /* of one address */
#define MEDIA_ADDR_SLOTS 256u /* power of two, at least twice MEDIA_ADDRS_MAX */
#define MEDIA_REKEY_MS 2000u  /* how long packets under the key before are taken */
#define MEDIA_LOGS_PER_S 5u   /* of each message: whoever can send packets must not fill the log */

/* What is done to packets of one side on their way to the other; chosen when signalling speaks. */
struct media_way {
        const char *name;
        bool rtp;  /* else opaque datagrams */
        bool open; /* SRTP in */
        bool seal; /* SRTP out, with our own SSRC and sequence numbers */
};

/* Where datagrams to `to` leave, as the snapshot `gen` has it. */
struct media_hop {
        uint64_t gen;
        struct addr to, next;
        uint16_t via, out_iface;
        uint32_t mtu;
        bool ok;
};

/* Does an address belong to the interface it came from? */
struct media_way_back {
        uint64_t gen;
        uint32_t v4;
        uint16_t iface;
        bool ok;
};

/*
 * One sender of the other side as this side hears it: under an SSRC of ours, with sequence numbers that only go
 * forward except for reordering, whatever the sender does. So no index of our key is ever used for two packets.
 */
struct media_sender {
        uint32_t in, out;
        uint32_t max_in; /* highest sequence number, extended from the first */
        uint32_t delta;  /* out = in + delta, extended */
        uint16_t span; /* how far max_in is above where these numbers began: older ones belong to another beginning */
        bool live;
        uint64_t used_ms;
};

/* The first packet of a would-be peer or sender: the second must follow on it. */
struct media_trial {
        struct endpoint from;
        uint32_t ssrc;
        uint16_t seq;
        bool set;
};

/*
 * A thousand calls are more than the nearest caches hold, so what a packet touches lies together: coming in, the
 * first line and those of `source`, `at` and `stat`; going out, the first line and those of `at`, `hop`, `sender` and
 * `stat`.
 */
struct media_leg {
        CACHE_ALIGNED const struct media_way *way; /* for packets from here */
        struct srtp_ctx *rx, *tx;                  /* of table.ctxs; NULL: no key */
        uint64_t rx_left, tx_left;                 /* packets until it is time to ask how much of the keys is left */
        uint16_t rx_refuse, tx_refuse; /* enum drop_reason: packets from here, to here; DROP_NONE: welcome */
        bool learned[2];
        uint16_t seen_iface; /* where the learned peer is */
        uint32_t clock_hz;
        uint8_t clock_pt;       /* payload type clock_hz is for */
        struct media_side spec; /* without its keys; its flags are still in the first line */
        uint16_t iface, addr;   /* addr: index into table.addr */
        uint8_t suite_rx, suite_tx;
        struct srtp_ctx *old; /* the peer's key before this one, for what is still under way; NULL: none */
        uint64_t old_until_ms;
        uint64_t rx_warn, tx_warn; /* so few left are worth a report */
        CACHE_ALIGNED struct rtp_source source;
        struct media_way_back back;
        CACHE_ALIGNED struct endpoint at; /* ours */
        struct endpoint to[2];            /* where RTP, RTCP goes now */
        struct media_trial latch, probation;
        CACHE_ALIGNED struct media_hop hop[2];
        struct media_sender sender[MEDIA_SENDERS]; /* of the other leg, as this one hears them */
        CACHE_ALIGNED struct media_side_stat stat;
};
_Static_assert(offsetof(struct media_leg, spec) + offsetof(struct media_side, latch) < 64, "the first line is full");

enum media_owed {
        OWE_CLOSED = 1,
        OWE_TIMEOUT = 2,
        OWE_FIRST = 4,      /* << side */
        OWE_KEY_LIMIT = 16, /* << side */
        OWE_CLEARED = 64,
};

struct media_session {
        /* the line a packet touches */
        struct media_handle h;
        uint8_t kind, npts, engine;
        bool no_rtcp, conformance, enforce_payloadtype, crypto;
        bool first_told[2], key_told[2];
        uint8_t owed;
        bool closed; /* only its last report is left */
        struct media_table *t;
        uint64_t last_ms;
        /* the others */
        struct tmr idle, rekey;
        struct list owing; /* in table.owing while owed is not 0 */
        struct media_pt pts[MEDIA_PTS_MAX];
        uint32_t idle_s;
        uint64_t owner, started_ms;
        char call[48];
        struct media_leg leg[2];
};

struct media_address {
        struct addr a;
        bool configured; /* else it may be somebody else's by now: ours are the ports in use */
        uint32_t users;  /* ports in use */
        uint32_t *pairs; /* [MEDIA_PORTS / 2] by port / 2: session << 1 | leg, plus 1; 0: nobody's */
};

struct media_limit {
        uint64_t since_ms;
        unsigned n;
};
enum media_logged {
        MEDIA_LOG_NO_SESSION,
        MEDIA_LOG_DECRYPT,
        MEDIA_LOG_TAG,
        MEDIA_LOG_SEAL,
        MEDIA_LOG_RTP,
        MEDIA_LOG_RTCP,
        MEDIA_LOGS
};

struct media_table {
        struct worker *w;
        struct media_link *const *links;
        unsigned nlinks;
        uint8_t *slots; /* MEDIA_SESSIONS_MAX of `stride` bytes */
        size_t stride;
        struct pool *ctxs; /* contexts of the keys in force: as many as all sessions can have */
        uint64_t live[MEDIA_SESSIONS_MAX / 64];
        struct media_count count;
        struct list owing;
        uint64_t gen; /* of the snapshot the addresses are from */
        unsigned naddrs;
        struct media_address addr[MEDIA_ADDRS_MAX];
        uint8_t addr_slot[MEDIA_ADDR_SLOTS]; /* open-addressed: index + 1 */
        uint32_t *pairs;
        struct pool *watches; /* of connections not relayed here: rtp_watch.c */
        uint64_t seed, drawn; /* of SSRCs: a new one needs no system call */
        struct media_limit limit[MEDIA_LOGS];
};

/* ---- media_table.c: sessions and who has which port ---- */
static inline struct media_session *media_slot(const struct media_table *t, uint32_t idx)
{
        return (struct media_session *)(t->slots + idx * t->stride);
}
static inline bool media_is_live(const struct media_table *t, uint32_t idx)
{
        return t->live[idx / 64] >> idx % 64 & 1;
}
/* The session that owns a port of ours, and which leg; NULL: nobody. */
struct media_session *media_at(const struct media_table *t, const struct media_address *a, uint16_t port,
                               unsigned *leg);
void media_on_msg(struct media_table *t, unsigned link, struct media_msg *m);
void media_slot_free(struct media_session *s);

/* ---- media_addrs.c: media addresses in force, and those sessions still hold ---- */
void media_addrs_refresh(struct media_table *t);
struct media_address *media_address_add(struct media_table *t, const struct addr *a);
static inline struct media_address *media_address_find(struct media_table *t, uint32_t v4)
{
        uint32_t i = (uint32_t)(v4 * 0x9E3779B1u >> 24);

        for (; t->addr_slot[i]; i = (i + 1) & (MEDIA_ADDR_SLOTS - 1))
                if (t->addr[t->addr_slot[i] - 1].a.v4 == v4)
                        return &t->addr[t->addr_slot[i] - 1];
        return NULL;
}

/* ---- media_spec.c: what signalling says, applied to a session ---- */
void media_apply(struct media_session *s, const struct media_spec *spec);
void media_wipe_keys(struct media_session *s);
static inline bool media_old_key(const struct media_leg *l, uint64_t now_ms)
{
        return l->old && now_ms < l->old_until_ms;
}
const struct media_way *media_way(enum media_transport in, enum media_transport out);

/* ---- media_source.c: who may speak, and where answers go ---- */
/* A packet without proof of its own: is it from whom it should be? May learn the peer. h NULL: RTCP or opaque. */
bool media_source_ok(struct worker *w, struct media_session *s, unsigned side, bool rtcp, const struct pkt *pk,
                     const struct rtp_hdr *h);
/* A packet that is authentic: its source is where the peer is. */
void media_source_follow(struct media_leg *l, bool rtcp, const struct pkt *pk);
/* A payload type as packets from that side may have it: the other side's numbers. NULL: nobody asked for it. */
const struct media_pt *media_pt_of(const struct media_session *s, unsigned side, uint8_t pt);
/* Does the conformance the map asks for hold? Else the drop reason; *reason and *value for the log. */
enum drop_reason media_conforms(struct media_session *s, unsigned side, const struct rtp_hdr *h, const char **reason,
                                uint32_t *value);

/* The part of it that asks for one sender and numbers in order. */
enum drop_reason media_source_conforms(const struct rtp_source *s, struct media_trial *c, const struct rtp_hdr *h,
                                       const char **reason, uint32_t *value);

/* ---- rtp_watch.c ---- */
size_t rtp_watch_size(void);

/* ---- media_sender.c: SSRC and sequence numbers of ours ---- */
/* Rewrites an RTP header for the leg it goes to. false: it is too old to be told from an earlier beginning. */
bool media_sender_rtp(struct media_session *s, unsigned to, uint8_t *p, const struct rtp_hdr *h);
/* Rewrites RTCP from leg `from` for the other. */
void media_sender_rtcp(struct media_session *s, unsigned from, uint8_t *p, size_t n);

/* ---- media_send.c: headers, next hop ---- */
static inline const struct endpoint *media_target(const struct media_leg *l, bool rtcp)
{
        return &l->to[rtcp && !l->spec.rtcp_mux];
}
/* NULL: no way there. */
const struct media_hop *media_hop_find(struct worker *w, struct media_leg *l, bool rtcp);
/* New headers around a payload of len bytes at pk->pay: from us to the peer. */
void media_headers(struct pkt *pk, const struct media_leg *l, bool rtcp, size_t len);
void media_send(struct worker *w, struct pkt *pk, const struct media_hop *h);

/* ---- media_report.c ---- */
void media_owe(struct media_session *s, unsigned what);
void media_idle_arm(struct media_session *s);
void media_pay(struct media_table *t);
/* Brings what is reckoned from other state (losses, ROC, targets) into the legs' counts. */
void media_stat_note(struct media_session *s);
void media_stat_of(struct media_session *s, struct media_stat *out);

/* ---- media_flows.c ---- */
void media_flows_note(struct media_table *t); /* how many there are at once, for the most */

/* ---- media_log.c ---- */
void media_log(struct media_table *t, enum media_logged what, const struct pkt *pk);
void media_log_conformance(struct media_table *t, bool rtcp, const struct pkt *pk, const char *reason,
                           uint32_t value);

void media_log_watched(struct media_table *t, bool rtcp, const struct pkt *pk, const char *reason, uint32_t value);

static inline bool endpoint_eq(const struct endpoint *x, const struct endpoint *y)
{
        return x->port == y->port && addr_eq(&x->a, &y->a);
}

#endif
