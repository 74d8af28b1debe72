#include "inspect/rtp/rtp.h"

#define SEQ_MOD 0x10000u
#define NO_BAD_SEQ SEQ_MOD

enum rtp_fault rtp_parse(const uint8_t *p, size_t n, struct rtp_hdr *h)
{
        size_t len = RTP_HDR_MIN;

        if (n < RTP_HDR_MIN)
                return RTP_BAD_LENGTH;
        if (p[0] >> 6 != 2)
                return RTP_BAD_VERSION;
        len += 4u * (p[0] & 15);
        if (p[0] & 0x10) {
                if (n < len + 4)
                        return RTP_BAD_LENGTH;
                len += 4 + 4u * rtp_be16(p + len + 2);
        }
        if (n < len)
                return RTP_BAD_LENGTH;
        *h = (struct rtp_hdr){ .pt = p[1] & 0x7F,
                               .marker = p[1] >> 7,
                               .padding = p[0] & 0x20,
                               .seq = rtp_be16(p + 2),
                               .ts = rtp_be32(p + 4),
                               .ssrc = rtp_be32(p + 8),
                               .len = (uint16_t)len };
        return RTP_FINE;
}

bool rtp_padding_fits(const uint8_t *p, size_t n, const struct rtp_hdr *h)
{
        return !h->padding || (n > h->len && p[n - 1] && p[n - 1] <= n - h->len);
}

/* What this sender sent before counts on; the numbers begin anew. */
static void begin(struct rtp_source *s, const struct rtp_hdr *h)
{
        if (s->seen) {
                s->before_expected += rtp_source_ext(s) - s->base_seq + 1;
                s->before_received += s->received;
        }
        if (s->ssrc != h->ssrc)
                s->timed = false;
        s->seen = true;
        s->ssrc = h->ssrc;
        s->base_seq = s->max_seq = h->seq;
        s->bad_seq = NO_BAD_SEQ;
        s->cycles = 0;
        s->received = 0;
}

enum rtp_order rtp_source_look(const struct rtp_source *s, const struct rtp_hdr *h)
{
        uint16_t delta = (uint16_t)(h->seq - s->max_seq);

        if (!s->seen || s->ssrc != h->ssrc)
                return RTP_RESTART;
        if (delta < RTP_MAX_DROPOUT)
                return delta ? RTP_IN_ORDER : RTP_LATE;
        if (delta > SEQ_MOD - RTP_MAX_MISORDER)
                return RTP_LATE;
        return h->seq == s->bad_seq ? RTP_RESTART : RTP_JUMPED;
}

/* A.8: D = (Rj - Ri) - (Sj - Si); J += (|D| - J) / 16, in integers. */
static void take_time(struct rtp_source *s, uint32_t ts, uint32_t arrival)
{
        uint32_t transit = arrival - ts;
        int32_t d = (int32_t)(transit - s->transit);

        s->transit = transit;
        if (s->timed)
                s->jitter16 += (d < 0 ? 0u - (uint32_t)d : (uint32_t)d) - ((s->jitter16 + 8) >> 4);
        s->timed = true;
}

enum rtp_order rtp_source_seen(struct rtp_source *s, const struct rtp_hdr *h, uint32_t arrival)
{
        enum rtp_order o = rtp_source_look(s, h);

        switch (o) {
        case RTP_IN_ORDER:
                if (h->seq < s->max_seq)
                        s->cycles += SEQ_MOD;
                s->max_seq = h->seq;
                break;
        case RTP_LATE:
                s->late++;
                break;
        case RTP_JUMPED:
                s->bad_seq = (h->seq + 1) & (SEQ_MOD - 1);
                return o;
        case RTP_RESTART:
                begin(s, h);
                break;
        }
        s->received++;
        take_time(s, h->ts, arrival);
        return o;
}

uint32_t rtp_source_expected(const struct rtp_source *s)
{
        return s->seen ? s->before_expected + rtp_source_ext(s) - s->base_seq + 1 : 0;
}

uint32_t rtp_source_lost(const struct rtp_source *s)
{
        int32_t lost = (int32_t)(rtp_source_expected(s) - s->before_received - s->received);

        return lost > 0 ? (uint32_t)lost : 0;
}

uint32_t rtp_source_jitter(const struct rtp_source *s)
{
        return s->jitter16 >> 4;
}
