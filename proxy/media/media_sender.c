/* SSRC and sequence numbers of ours on SRTP legs, and RTCP that agrees with them. */
#include "platform/base/hash.h"
#include "proxy/media/media_int.h"

static struct media_sender *find_in(struct media_leg *l, uint32_t ssrc)
{
        for (unsigned i = 0; i < MEDIA_SENDERS; i++)
                if (l->sender[i].live && l->sender[i].in == ssrc)
                        return &l->sender[i];
        return NULL;
}

static struct media_sender *find_out(struct media_leg *l, uint32_t ssrc)
{
        for (unsigned i = 0; i < MEDIA_SENDERS; i++)
                if (l->sender[i].live && l->sender[i].out == ssrc)
                        return &l->sender[i];
        return NULL;
}

/* Ours must differ from each other, and from what the peer of the leg uses itself: it would see a collision. */
static uint32_t draw_ssrc(struct media_table *t, struct media_leg *l)
{
        uint32_t v;

        do {
                t->drawn++;
                v = (uint32_t)hash_bytes(&t->drawn, sizeof t->drawn, t->seed);
        } while (!v || find_out(l, v) || v == l->source.ssrc);
        return v;
}

/* The first below 2^15, so that a receiver that misses the beginning is not wrong about the roll-over (RFC
 * 3711, 3.3.1). */
static uint32_t draw_seq(struct media_table *t)
{
        t->drawn++;
        return (uint32_t)hash_bytes(&t->drawn, sizeof t->drawn, t->seed) % (0x8000 - RTP_MAX_MISORDER);
}

/* An unused one, else the one silent longest: it keeps its SSRC, and its numbers go on. */
static struct media_sender *pick(struct media_leg *l)
{
        struct media_sender *best = &l->sender[0];

        for (unsigned i = 0; i < MEDIA_SENDERS; i++) {
                if (!l->sender[i].live)
                        return &l->sender[i];
                if (l->sender[i].used_ms < best->used_ms)
                        best = &l->sender[i];
        }
        return best;
}

/* Numbers begin anew at seq, one above everything that went out under this SSRC. */
static void begin(struct media_sender *m, uint32_t next_out, uint16_t seq, uint16_t span)
{
        m->max_in = 0x10000u + seq; /* room for what comes before it */
        m->delta = next_out - m->max_in;
        m->span = span;
}

/* The sender as leg `to` hears it; seq is where a new one stands. */
static struct media_sender *sender_get(struct media_session *s, unsigned to, uint32_t ssrc, uint16_t seq)
{
        struct media_leg *l = &s->leg[to];
        struct media_sender *m = find_in(l, ssrc);

        if (!m) {
                m = pick(l);
                if (m->live) {
                        begin(m, m->max_in + m->delta + 1, seq, 0);
                } else {
                        m->out = draw_ssrc(s->t, l);
                        begin(m, 0x10000u + RTP_MAX_MISORDER + draw_seq(s->t), seq, RTP_MAX_MISORDER);
                }
                m->live = true;
                m->in = ssrc;
        }
        m->used_ms = s->t->w->now_ms;
        return m;
}

/* Forward, or a little back but not behind this beginning; anything else is another beginning. */
static bool number(struct media_sender *m, uint16_t seq, uint16_t *out)
{
        int d = (int16_t)(uint16_t)(seq - (uint16_t)m->max_in);

        if (d > 0 && d < (int)RTP_MAX_DROPOUT) {
                m->max_in += (uint32_t)d;
                m->span = (uint16_t)MIN_OF((unsigned)m->span + (unsigned)d, RTP_MAX_MISORDER);
                d = 0;
        } else if (d > 0 || d < -(int)RTP_MAX_MISORDER) {
                begin(m, m->max_in + m->delta + 1, seq, 0);
                d = 0;
        } else if (-d > m->span) {
                return false;
        }
        *out = (uint16_t)(m->max_in + (uint32_t)d + m->delta);
        return true;
}

bool media_sender_rtp(struct media_session *s, unsigned to, uint8_t *p, const struct rtp_hdr *h)
{
        struct media_sender *m = sender_get(s, to, h->ssrc, h->seq);
        uint16_t seq;

        if (!number(m, h->seq, &seq))
                return false;
        rtp_put16(p + 2, seq);
        rtp_put32(p + 8, m->out);
        s->leg[to].stat.ssrc_out = m->out;
        return true;
}

/* ---- RTCP ---- */

struct worlds {
        struct media_session *s;
        unsigned from;
        uint32_t self; /* who sends the compound */
};

static bool owns(const struct media_session *s, unsigned side)
{
        return s->leg[!side].way && s->leg[!side].way->seal;
}

/*
 * Who speaks is known to the far leg by a number of ours, if that leg is SRTP. Only the sender of the compound gets
 * one by it: a mixer's list of names must not push out those who are heard.
 */
static uint32_t map_sender(void *ctx, uint32_t ssrc)
{
        struct worlds *x = ctx;
        unsigned to = !x->from;
        struct media_sender *m;

        if (!owns(x->s, to))
                return ssrc;
        m = ssrc == x->self ? sender_get(x->s, to, ssrc, 0) : find_in(&x->s->leg[to], ssrc);
        return m ? m->out : ssrc;
}

/* Whom it heard it knows by a number of ours, if this leg is SRTP. */
static uint32_t map_about(void *ctx, uint32_t ssrc)
{
        struct worlds *x = ctx;
        struct media_sender *m = owns(x->s, x->from) ? find_out(&x->s->leg[x->from], ssrc) : NULL;

        return m ? m->in : ssrc;
}

static uint32_t map_seq(void *ctx, uint32_t ssrc, uint32_t ext)
{
        struct worlds *x = ctx;
        struct media_sender *m = owns(x->s, x->from) ? find_out(&x->s->leg[x->from], ssrc) : NULL;

        return m ? ext - m->delta : ext;
}

void media_sender_rtcp(struct media_session *s, unsigned from, uint8_t *p, size_t n)
{
        struct worlds x = { .s = s, .from = from, .self = rtcp_sender(p) };
        struct rtcp_map m = { .sender = map_sender, .about = map_about, .seq = map_seq, .ctx = &x };

        if (owns(s, from) || owns(s, !from))
                rtcp_rewrite(p, n, &m);
}
