/*
 * RTCP on the wire (RFC 3550, 4585, 3611): is a datagram what it says, and whose numbers does it carry? A relay that
 * gives a sender another SSRC must say so in every report about it; rtcp_rewrite() finds all the places.
 */
#ifndef VOXGATE_INSPECT_RTP_RTCP_H
#define VOXGATE_INSPECT_RTP_RTCP_H

#include "inspect/rtp/rtp.h"

enum rtcp_type {
        RTCP_SR = 200,
        RTCP_RR = 201,
        RTCP_SDES = 202,
        RTCP_BYE = 203,
        RTCP_APP = 204,
        RTCP_RTPFB = 205,
        RTCP_PSFB = 206,
        RTCP_XR = 207,
};

enum rtcp_fault {
        RTCP_FINE,
        RTCP_BAD_LENGTH, /* lengths do not add up to the datagram */
        RTCP_BAD_VERSION,
        RTCP_BAD_TYPE, /* not 192-223; strict: not 200-207, or the first is no report */
};

/*
 * Every packet of the compound lies inside, they fill it exactly, only the last is padded, and what a packet counts
 * (report blocks, chunks, sources) is there. strict: RFC 3550's rule that a report stands first, and known types
 * only.
 */
enum rtcp_fault rtcp_check(const uint8_t *p, size_t n, bool strict);

/* The numbers of another world; each returns the new one, or the same. */
struct rtcp_map {
        uint32_t (*sender)(void *ctx, uint32_t ssrc); /* who speaks here: SR, RR, SDES, BYE, APP, feedback, XR */
        uint32_t (*about)(void *ctx, uint32_t ssrc);  /* whom it speaks of: report blocks, media source of feedback */
        /* An extended sequence number out of a report about `ssrc` (the old one). */
        uint32_t (*seq)(void *ctx, uint32_t ssrc, uint32_t ext);
        void *ctx;
};
/* In place; the datagram has passed rtcp_check(). */
void rtcp_rewrite(uint8_t *p, size_t n, const struct rtcp_map *m);
/* The SSRC of the first packet: the sender of the compound. */
static inline uint32_t rtcp_sender(const uint8_t *p)
{
        return rtp_be32(p + 4);
}

#endif
