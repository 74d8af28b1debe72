/*
 * A media session between the two sides of a signalling session, as an engine describes it and the relay carries it
 * out. One session per m= line. By value; nothing here points anywhere. docs/media.md.
 */
#ifndef VOXGATE_BASE_MEDIA_SPEC_H
#define VOXGATE_BASE_MEDIA_SPEC_H

#include "platform/base/addr.h"
#include "platform/base/srtp_suite.h"

struct endpoint {
        struct addr a;
        uint16_t port;
};

enum media_kind { MEDIA_AUDIO, MEDIA_VIDEO, MEDIA_IMAGE, MEDIA_APPLICATION };
enum media_transport { MEDIA_RTP, MEDIA_SRTP, MEDIA_OPAQUE /* udptl, BFCP: datagrams without RTP */ };

#define MEDIA_PTS_MAX 16u
struct media_pt { /* a negotiated payload type */
        uint8_t pt;
        bool event;      /* telephone-event */
        uint32_t clock;  /* Hz */
        char name[12];   /* "PCMU" */
};

/* One side: the peer there, and how it and the box talk. */
struct media_side { /* flags first: the relay asks them of every packet */
        uint8_t transport;           /* enum media_transport */
        bool known;                  /* this side has answered or offered: its remote and keys are valid */
        bool rtcp_mux;
        bool sends, receives;        /* as this side's SDP says: sendrecv is both; hold clears */
        bool latch;                  /* the peer may be behind NAT: learn its address (docs/media.md, latching) */
        bool any_port;               /* it may speak from another port of its address than it listens at */
        struct endpoint remote;      /* signalled RTP; fam NONE: not known yet */
        struct endpoint remote_rtcp; /* port 0: remote port + 1, same address */
        struct srtp_master rx, tx;   /* SRTP: the peer's key; ours. suite NONE: not agreed yet */
        uint8_t npts;                /* payload types this side asks to be sent (RFC 3264, 6.1); 0: it has not said */
        struct media_pt pts[MEDIA_PTS_MAX];
};

struct media_spec {
        uint8_t kind; /* enum media_kind */
        bool no_rtcp; /* RTCP is not relayed */
        bool conformance, enforce_payloadtype; /* rtp-conformance of the inspect map */
        uint8_t npts; /* of either way, where no side names its own */
        struct media_pt pts[MEDIA_PTS_MAX];
        uint32_t idle_s;         /* no packet from either side for so long: MEDIA_EV_TIMEOUT. 0: never (hold) */
        struct media_side side[2]; /* [0] client side of the signalling session, [1] server side */
};

enum media_event {
        MEDIA_EV_FIRST_PACKET, /* of side `side` */
        MEDIA_EV_TIMEOUT,      /* idle: the session still exists; its owner decides */
        MEDIA_EV_KEY_LIMIT,    /* a key of side `side` is nearly used up: re-key or end */
        MEDIA_EV_CLOSED,       /* after close: final counts; its ports rest */
        MEDIA_EV_CLEARED,      /* the operator ends it: the owner lets go of it, or it is closed all the same */
};

/* What one side sent to the box, and what the box sent to it. RFC 3550 A.1, A.3, A.8. */
struct media_side_stat { /* what every packet changes comes first */
        uint64_t rx_pkts, rx_bytes, tx_pkts, tx_bytes;
        uint32_t ssrc_in, ssrc_out;
        uint8_t pt;             /* last seen */
        bool latched;
        uint32_t roc_in, roc_out;
        uint64_t rtcp_rx, rtcp_tx;
        uint64_t auth_failed, replayed, malformed, foreign, nonconforming, no_key, not_sent;
        uint64_t lost, late;    /* packets the peer's sequence numbers say were sent and never came; out of order */
        uint32_t jitter;        /* in units of the payload's clock */
        struct endpoint learned; /* where packets go now */
};
struct media_stat {
        struct media_side_stat side[2];
        uint64_t started_ms, last_ms;
};

#endif
