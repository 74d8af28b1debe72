/* SDP in place. RFC 4566/8866, 3605, 4568. Bare LF is tolerated in bodies. */
#ifndef VOXGATE_INSPECT_SIP_SDP_H
#define VOXGATE_INSPECT_SIP_SDP_H

#include "inspect/sip/edit.h"

#define SDP_MEDIA_MAX 16u
#define SDP_LINES_MAX 512u
#define SDP_CRYPTO_MAX 8u

struct sdp_conn { /* a c= line */
        struct str line, addr;
        bool present, has_addr, multicast, zero; /* zero: 0.0.0.0 or ::, hold of old */
        struct addr a;
};

struct sdp_crypto { /* one a=crypto line that can be used; others are counted in bad_crypto */
        uint32_t tag;
        bool padded; /* base64 padding was there, or is not needed */
        struct srtp_master m;
        struct str line;
};
/* A usable line: suite known, key length exact, no session parameter that weakens it (UNENCRYPTED_*, UNAUTHENTICATED_*). */
bool sdp_crypto_parse(struct sdp_crypto *c, struct str value, const char **why);
/* "a=crypto:1 SUITE inline:..." without line end, with padding. */
void sdp_crypto_write(struct wbuf *w, uint32_t tag, const struct srtp_master *m);

enum sdp_proto { SDP_RTP_AVP, SDP_RTP_AVPF, SDP_RTP_SAVP, SDP_RTP_SAVPF, SDP_UDPTL, SDP_UDP_OTHER, SDP_DTLS, SDP_OTHER };
enum sdp_dir { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };

struct sdp_media {
        struct str block;     /* from "m=" to the next m= or the end */
        struct str line;      /* the m= line with its end */
        struct str port_text, proto_text;
        uint8_t kind;         /* enum media_kind */
        enum sdp_proto proto;
        uint16_t port;        /* 0: refused or switched off */
        uint16_t nports;      /* of port/n; 1 */
        struct sdp_conn c;    /* of its own */
        struct str rtcp_line; /* a=rtcp */
        struct endpoint rtcp; /* port 0: none; fam NONE: address not written */
        bool rtcp_mux;
        enum sdp_dir dir;     /* own or the session's */
        unsigned npts;
        struct media_pt pts[MEDIA_PTS_MAX]; /* with rtpmap or the static table; unknown ones: no name, 8000 Hz (video 90000) */
        bool more_pts;                      /* the list goes on */
        unsigned ncrypto, bad_crypto;
        struct sdp_crypto crypto[SDP_CRYPTO_MAX];
        bool has_crypto_lines, has_candidates, has_fingerprint;
        const char *crypto_fault; /* of the first line that cannot be used; NULL: none */
};

struct sdp {
        struct str all;
        const char *eol; /* "\r\n" or "\n", as the body uses */
        struct str o_addr, o_where; /* o_where: nettype to address */
        bool o_has_addr;
        struct addr o_a;
        struct sdp_conn c;
        enum sdp_dir dir;
        unsigned nmedia;
        struct sdp_media m[SDP_MEDIA_MAX];
};
/* false: not SDP, or over a maximum; *why. Either way sdp_wipe() after use: it may hold keys. */
bool sdp_parse(struct sdp *s, struct str body, const char **why);
/* The keys of what was parsed last, and no more than them: cheap. */
void sdp_wipe(struct sdp *s);
/* Where RTP of m-line i is wanted: own or session c=. fam NONE when no address is given. */
struct endpoint sdp_media_rtp(const struct sdp *s, unsigned i);
struct endpoint sdp_media_rtcp(const struct sdp *s, unsigned i);

/* Every a= line with that name (without case) in an m-block or (NULL) the session part: fn per line, end included. */
void sdp_each_attr(const struct sdp *s, const struct sdp_media *m, const char *name, void (*fn)(void *ctx, struct str line),
                   void *ctx);
/* The same for every line of a type: 'k', 'b'. */
void sdp_each_line(const struct sdp *s, const struct sdp_media *m, char type, void (*fn)(void *ctx, struct str line),
                   void *ctx);

/* ---- bodies of other types ---- */
struct sip_part {
        struct str content;
        struct str length; /* value of the part's own Content-Length, to be corrected with the content; "": none */
};
#define SIP_PARTS_UNCLEAR 0xffffu /* what is in the body cannot be told */
/*
 * How many application/sdp parts there are, *first the first: the body itself, or parts of a multipart body. A body without a
 * Content-Type that begins like SDP counts as well. Unclear: a Content-Type that is none, SDP of another type; a multipart
 * body without a usable boundary, without a delimiter, nested too deeply. More than one cannot be told apart by what the peer will do with them: an
 * engine that has to edit SDP refuses such a message.
 */
unsigned sip_sdp_parts(const struct sip_msg *m, struct sip_part *first);
/* The only one; "", which is no SDP, when there are several or that is unclear. false: there is none. */
bool sip_sdp_part(const struct sip_msg *m, struct str *part);

#endif
