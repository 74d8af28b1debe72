/*
 * RTP on the wire (RFC 3550) as far as a relay looks at it: the header, and what sequence numbers and arrival times
 * say about the way a stream came. Pure functions over bytes and small structs; nothing here knows of sessions or
 * keys.
 */
#ifndef VOXGATE_INSPECT_RTP_RTP_H
#define VOXGATE_INSPECT_RTP_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_HDR_MIN 12u
#define RTP_MAX_DROPOUT 3000u /* a greater step is another beginning */
#define RTP_MAX_MISORDER 100u /* an older packet than that too */
#define RTP_MIN_SEQUENTIAL 2u /* packets in a row before a source is believed */

enum rtp_fault {
        RTP_FINE,
        RTP_BAD_LENGTH, /* shorter than the header says, or a padding that cannot be */
        RTP_BAD_VERSION,
};

struct rtp_hdr {
        uint8_t pt;
        bool marker, padding;
        uint16_t seq;
        uint32_t ts, ssrc;
        uint16_t len; /* of the header with CSRCs and extension */
};

/* The fixed header, CSRC list and extension lie inside the n bytes. *h is set only when RTP_FINE. */
enum rtp_fault rtp_parse(const uint8_t *p, size_t n, struct rtp_hdr *h);
/* Clear packets only: does the padding count fit what is behind the header? True without padding. */
bool rtp_padding_fits(const uint8_t *p, size_t n, const struct rtp_hdr *h);
/* RFC 5761: on a port that carries both, the second byte of RTCP is 192-223. */
static inline bool rtp_is_rtcp(const uint8_t *p, size_t n)
{
        return n >= 2 && p[1] >= 192 && p[1] <= 223;
}
/* RFC 7983: datagrams that start like this are RTP or RTCP. */
static inline bool rtp_first_byte(uint8_t b)
{
        return b >> 6 == 2;
}
static inline uint16_t rtp_be16(const uint8_t *p)
{
        return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t rtp_be32(const uint8_t *p)
{
        return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline void rtp_put16(uint8_t *p, uint16_t v)
{
        p[0] = (uint8_t)(v >> 8);
        p[1] = (uint8_t)v;
}
static inline void rtp_put32(uint8_t *p, uint32_t v)
{
        rtp_put16(p, (uint16_t)(v >> 16));
        rtp_put16(p + 2, (uint16_t)v);
}

/* One source as its receiver sees it: RFC 3550 A.1, A.3, A.8. A zeroed one has seen nothing. */
struct rtp_source {
        uint32_t ssrc;
        bool seen;
        uint16_t max_seq;
        uint32_t base_seq, cycles, bad_seq; /* bad_seq 0x10000: none */
        uint32_t received, late;
        uint32_t before_expected, before_received; /* of earlier beginnings and senders */
        uint32_t transit, jitter16;                /* in units of the clock; jitter16 scaled by 16 */
        bool timed;
};

enum rtp_order {
        RTP_IN_ORDER,
        RTP_LATE,    /* older than the newest, within RTP_MAX_MISORDER */
        RTP_JUMPED,  /* far off: perhaps a new beginning, the next packet tells */
        RTP_RESTART, /* the second in a row after a jump, or another SSRC: counts begin anew */
};
/* Enters a packet. arrival: monotonic, in units of the payload's clock (only differences count). */
enum rtp_order rtp_source_seen(struct rtp_source *s, const struct rtp_hdr *h, uint32_t arrival);
/* Where a packet would stand, without entering it. */
enum rtp_order rtp_source_look(const struct rtp_source *s, const struct rtp_hdr *h);
uint32_t rtp_source_expected(const struct rtp_source *s);
/* Packets that never came, over all beginnings; 0 when duplicates outnumber losses. */
uint32_t rtp_source_lost(const struct rtp_source *s);
uint32_t rtp_source_jitter(const struct rtp_source *s);
/* Extended highest sequence number. */
static inline uint32_t rtp_source_ext(const struct rtp_source *s)
{
        return s->cycles + s->max_seq;
}

#endif
