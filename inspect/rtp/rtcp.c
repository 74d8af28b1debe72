#include "inspect/rtp/rtcp.h"

enum { BLOCK_LEN = 24, SR_LEN = 28, RR_LEN = 8, FB_LEN = 12 };
enum { RTPFB_NACK = 1, PSFB_FIR = 4 };
enum { XR_LOSS_RLE = 1, XR_DUP_RLE = 2, XR_TIMES = 3, XR_DLRR = 5, XR_SUMMARY = 6, XR_VOIP = 7 };

/* One packet of the compound, without its padding. */
struct packet {
        uint8_t *p;
        size_t n;
        uint8_t count, type;
};

/* ---- is it what it says? ---- */

/* The length of the packet at p; 0 when it is not inside n bytes. */
static size_t packet_len(const uint8_t *p, size_t n)
{
        size_t len;

        if (n < 4)
                return 0;
        len = 4 * ((size_t)rtp_be16(p + 2) + 1);
        return len <= n ? len : 0;
}

/* Bytes of padding at its end; n itself when the count is a lie. */
static size_t padding(const uint8_t *p, size_t n)
{
        if (!(p[0] & 0x20))
                return 0;
        return p[n - 1] && p[n - 1] % 4 == 0 && p[n - 1] <= n - 4 ? p[n - 1] : n;
}

/* The least a packet with so many blocks, chunks or sources is long. */
static size_t least(uint8_t type, uint8_t count)
{
        switch (type) {
        case RTCP_SR:
                return SR_LEN + (size_t)count * BLOCK_LEN;
        case RTCP_RR:
                return RR_LEN + (size_t)count * BLOCK_LEN;
        case RTCP_SDES:
        case RTCP_BYE:
                return 4 + 4 * (size_t)count;
        case RTCP_APP:
        case RTCP_RTPFB:
        case RTCP_PSFB:
                return FB_LEN;
        default:
                return 8;
        }
}

static enum rtcp_fault check_one(const uint8_t *p, size_t n, bool first, bool last, bool strict)
{
        size_t pad = padding(p, n);

        if (p[0] >> 6 != 2)
                return RTCP_BAD_VERSION;
        if (p[1] < 192 || p[1] > 223)
                return RTCP_BAD_TYPE;
        if (strict && (p[1] < RTCP_SR || p[1] > RTCP_XR || (first && p[1] != RTCP_SR && p[1] != RTCP_RR)))
                return RTCP_BAD_TYPE;
        if ((pad && !last) || n - pad < least(p[1], p[0] & 31))
                return RTCP_BAD_LENGTH;
        return RTCP_FINE;
}

enum rtcp_fault rtcp_check(const uint8_t *p, size_t n, bool strict)
{
        bool first = true;

        if (n < 8)
                return RTCP_BAD_LENGTH;
        while (n) {
                size_t len = packet_len(p, n), least = first ? 8 : 1; /* SRTCP takes the sender from the first */
                enum rtcp_fault f = len >= least ? check_one(p, len, first, len == n, strict) : RTCP_BAD_LENGTH;

                if (f)
                        return f;
                p += len;
                n -= len;
                first = false;
        }
        return RTCP_FINE;
}

/* ---- other numbers ---- */

static void put_sender(const struct rtcp_map *m, uint8_t *at)
{
        rtp_put32(at, m->sender(m->ctx, rtp_be32(at)));
}

static void put_about(const struct rtcp_map *m, uint8_t *at)
{
        rtp_put32(at, m->about(m->ctx, rtp_be32(at)));
}

static void put_seq16(const struct rtcp_map *m, uint32_t ssrc, uint8_t *at)
{
        rtp_put16(at, (uint16_t)m->seq(m->ctx, ssrc, rtp_be16(at)));
}

static void report_blocks(const struct rtcp_map *m, uint8_t *at, unsigned n)
{
        for (; n; n--, at += BLOCK_LEN) {
                uint32_t ssrc = rtp_be32(at);

                rtp_put32(at + 8, m->seq(m->ctx, ssrc, rtp_be32(at + 8)));
                put_about(m, at);
        }
}

/* A chunk: SSRC, items {type, length, text}, a zero item, up to a word boundary (RFC 3550, 6.5). */
static size_t chunk_len(const uint8_t *p, size_t n)
{
        size_t i = 4;

        while (i < n && p[i]) {
                if (n - i < 2 || n - i - 2 < p[i + 1])
                        return n;
                i += 2u + p[i + 1];
        }
        i = (i & ~(size_t)3) + 4;
        return i < n ? i : n;
}

static void sdes(const struct rtcp_map *m, struct packet k)
{
        uint8_t *at = k.p + 4;
        size_t left = k.n - 4;

        for (unsigned i = 0; i < k.count && left >= 4; i++) {
                size_t len = chunk_len(at, left);

                put_sender(m, at);
                at += len;
                left -= len;
        }
}

static void bye(const struct rtcp_map *m, struct packet k)
{
        for (unsigned i = 0; i < k.count; i++)
                put_sender(m, k.p + 4 + 4 * i);
}

/* RFC 4585, RFC 5104: a NACK names sequence numbers, a FIR its addressees. */
static void feedback(const struct rtcp_map *m, struct packet k)
{
        uint32_t about = rtp_be32(k.p + 8);

        put_sender(m, k.p + 4);
        put_about(m, k.p + 8);
        if (k.type == RTCP_RTPFB && k.count == RTPFB_NACK)
                for (size_t i = FB_LEN; i + 4 <= k.n; i += 4)
                        put_seq16(m, about, k.p + i);
        if (k.type == RTCP_PSFB && k.count == PSFB_FIR)
                for (size_t i = FB_LEN; i + 8 <= k.n; i += 8)
                        put_about(m, k.p + i);
}

/* RFC 3611: what the block reports on stands first in it; some name the sequence numbers they span. */
static void xr_block(const struct rtcp_map *m, uint8_t *at, size_t n)
{
        uint32_t ssrc;

        if (at[0] == XR_DLRR) {
                for (size_t i = 4; i + 12 <= n; i += 12)
                        put_about(m, at + i);
                return;
        }
        if (n < 8 || at[0] == 0 || at[0] == 4 || at[0] > XR_VOIP)
                return;
        ssrc = rtp_be32(at + 4);
        if (n >= 12 && at[0] != XR_VOIP) {
                put_seq16(m, ssrc, at + 8);
                put_seq16(m, ssrc, at + 10);
        }
        put_about(m, at + 4);
}

static void xr(const struct rtcp_map *m, struct packet k)
{
        size_t len;

        put_sender(m, k.p + 4);
        for (size_t i = 8; i < k.n; i += len) {
                len = packet_len(k.p + i, k.n - i);
                if (!len)
                        return;
                xr_block(m, k.p + i, len);
        }
}

static void rewrite_one(const struct rtcp_map *m, struct packet k)
{
        switch (k.type) {
        case RTCP_SR:
                put_sender(m, k.p + 4);
                report_blocks(m, k.p + SR_LEN, k.count);
                break;
        case RTCP_RR:
                put_sender(m, k.p + 4);
                report_blocks(m, k.p + RR_LEN, k.count);
                break;
        case RTCP_SDES:
                sdes(m, k);
                break;
        case RTCP_BYE:
                bye(m, k);
                break;
        case RTCP_RTPFB:
        case RTCP_PSFB:
                feedback(m, k);
                break;
        case RTCP_XR:
                xr(m, k);
                break;
        default: /* APP, and what we do not know: its first word is the sender */
                put_sender(m, k.p + 4);
                break;
        }
}

void rtcp_rewrite(uint8_t *p, size_t n, const struct rtcp_map *m)
{
        while (n) {
                size_t len = packet_len(p, n);

                if (!len)
                        return;
                rewrite_one(m, (struct packet){ p, len - padding(p, len), p[0] & 31, p[1] });
                p += len;
                n -= len;
        }
}
