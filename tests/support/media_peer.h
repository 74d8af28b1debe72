/*
 * A phone's end of a media stream, for tests of the relay: packets out with known content, packets in checked against
 * it.
 *
 *      struct media_peer p = { .ssrc = 1, .seq = 100 };
 *      n = peer_rtp(&p, buf);              the next packet, sealed when p.tx is set
 *      assert_true(peer_hears(&q, pay, n, &p));
 */
#ifndef VOXGATE_TEST_MEDIA_PEER_H
#define VOXGATE_TEST_MEDIA_PEER_H

#include "tests/support/test.h"

#include <stdlib.h>

#include "inspect/rtp/rtcp.h"
#include "platform/base/attr.h"
#include "proxy/media/media.h"
#include "proxy/srtp/srtp.h"
#include "tests/support/pktbuild.h"

#define PEER_PAYLOAD 160u

struct media_peer {
        uint32_t ssrc, ts;
        uint16_t seq;
        uint8_t pt;
        struct srtp_ctx *tx, *rx; /* NULL: clear */
        struct rtp_hdr heard;     /* of the last packet that peer_hears() accepted */
};

static inline struct srtp_master UNUSED peer_key(enum srtp_suite suite, unsigned seed)
{
        struct srtp_master m = { .suite = (uint8_t)suite };
        const struct srtp_suite_info *i = srtp_suite_info(suite);

        for (unsigned k = 0; k < i->key_len; k++)
                m.key[k] = (uint8_t)(seed * 31 + k * 7 + 1);
        for (unsigned k = 0; k < i->salt_len; k++)
                m.salt[k] = (uint8_t)(seed * 17 + k * 5 + 3);
        return m;
}

static inline struct srtp_ctx *UNUSED peer_ctx(const struct srtp_master *m, bool sender)
{
        struct srtp_ctx *c = aligned_alloc(64, (srtp_ctx_size() + 63) & ~(size_t)63);
        struct err e;

        assert_non_null(c);
        memset(c, 0, srtp_ctx_size());
        assert_int_equal(srtp_ctx_init(c, m, sender, &e), 0);
        return c;
}

/* out: what it sends with; in: what it hears with. */
static inline void UNUSED peer_keys(struct media_peer *p, const struct srtp_master *out, const struct srtp_master *in)
{
        p->tx = peer_ctx(out, true);
        p->rx = peer_ctx(in, false);
}

static inline void UNUSED peer_done(struct media_peer *p)
{
        struct srtp_ctx *c[2] = { p->tx, p->rx };

        for (unsigned i = 0; i < 2; i++) {
                if (c[i])
                        srtp_ctx_wipe(c[i]);
                free(c[i]);
        }
        p->tx = p->rx = NULL;
}

static inline uint8_t peer_byte(uint32_t ts, unsigned i)
{
        return (uint8_t)(ts / 160 * 13 + i * 5);
}

/* The next packet of 20 ms; returns its length. buf holds 512 bytes. */
static inline size_t UNUSED peer_rtp(struct media_peer *p, uint8_t *buf)
{
        size_t n = RTP_HDR_MIN + PEER_PAYLOAD;

        buf[0] = 0x80;
        buf[1] = p->pt;
        rtp_put16(buf + 2, p->seq++);
        rtp_put32(buf + 4, p->ts);
        rtp_put32(buf + 8, p->ssrc);
        for (unsigned i = 0; i < PEER_PAYLOAD; i++)
                buf[RTP_HDR_MIN + i] = peer_byte(p->ts, i);
        p->ts += 160;
        if (p->tx)
                assert_int_equal(srtp_protect(p->tx, buf, &n, 512), SRTP_OK);
        return n;
}

/* Opens a packet where it has keys; true when it is whole and holds what peer_rtp() put in at that time stamp. */
static inline bool UNUSED peer_hears(struct media_peer *p, const uint8_t *pay, size_t n)
{
        uint8_t buf[2048];

        memcpy(buf, pay, n);
        if (p->rx && srtp_unprotect(p->rx, buf, &n) != SRTP_OK)
                return false;
        if (rtp_parse(buf, n, &p->heard) != RTP_FINE || n != p->heard.len + PEER_PAYLOAD)
                return false;
        for (unsigned i = 0; i < PEER_PAYLOAD; i++)
                if (buf[p->heard.len + i] != peer_byte(p->heard.ts, i))
                        return false;
        return true;
}

static inline struct endpoint UNUSED ep(const char *a, uint16_t port)
{
        return (struct endpoint){ pb_addr(a), port };
}

/* A side that sends and receives PCMU in the clear. */
static inline struct media_side UNUSED side_rtp(const char *a, uint16_t port)
{
        return (struct media_side){
                .remote = ep(a, port), .transport = MEDIA_RTP, .known = true, .sends = true, .receives = true
        };
}

static inline struct media_side UNUSED side_srtp(const char *a, uint16_t port, const struct srtp_master *rx,
                                                 const struct srtp_master *tx)
{
        struct media_side s = side_rtp(a, port);

        s.transport = MEDIA_SRTP;
        s.rx = *rx;
        s.tx = *tx;
        return s;
}

static inline struct media_spec UNUSED spec_of(struct media_side client, struct media_side server)
{
        return (struct media_spec){
                .kind = MEDIA_AUDIO,
                .npts = 2,
                .pts = { { .pt = 0, .clock = 8000, .name = "PCMU" },
                         { .pt = 101, .event = true, .clock = 8000, .name = "event" } },
                .side = { client, server },
        };
}

#endif
