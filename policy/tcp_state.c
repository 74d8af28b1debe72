#include "policy/tcp_state.h"

#include "platform/base/cur.h"

#define WSCALE_NONE 0xFF
#define WSCALE_MAX 14    /* RFC 7323 */
#define ACK_SLACK 66000u /* an acknowledgement may be this much older than the newest, or one window */

static inline bool seq_lt(uint32_t a, uint32_t b)
{
        return (int32_t)(a - b) < 0;
}

/* What a segment occupies, as far as this machine looks. */
struct seg {
        uint32_t seq, end, ack, win; /* win scaled */
        uint8_t flags;
        bool data;
};

static bool has(const struct seg *s, uint8_t flag)
{
        return (s->flags & flag) != 0;
}

bool tcp_is_first(const struct pkt *pk)
{
        return (pk->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN && !pk->tot_pay;
}

char *tcp_flags_text(uint8_t flags, char *out)
{
        static const struct {
                uint8_t bit;
                const char *name;
        } names[] = { { TCP_FIN, "FIN " }, { TCP_SYN, "SYN " }, { TCP_RST, "RST " },
                      { TCP_PSH, "PSH " }, { TCP_ACK, "ACK " }, { TCP_URG, "URG " } };
        size_t n = 0;

        for (unsigned i = 0; i < ARRAY_LEN(names); i++)
                if (flags & names[i].bit) {
                        memcpy(out + n, names[i].name, 4);
                        n += 4;
                }
        out[n ? n - 1 : 0] = 0;
        return out;
}

/* ---- options of a SYN ---- */

static void read_options(struct tcp_track *t, const struct pkt *pk)
{
        struct cur c = cur_of(pk->buf + pk->l4 + 20, pk->pay >= pk->l4 + 20 ? pk->pay - pk->l4 - 20 : 0);

        t->wscale = WSCALE_NONE;
        t->mss = 0;
        while (c.left && !c.bad) {
                uint8_t kind = cur_u8(&c), len;
                struct cur body;

                if (kind == 0)
                        return;
                if (kind == 1)
                        continue;
                len = cur_u8(&c);
                if (c.bad || len < 2)
                        return;
                body = cur_child(&c, len - 2u);
                if (kind == 2 && len == 4)
                        t->mss = cur_be16(&body);
                else if (kind == 3 && len == 3)
                        t->wscale = cur_u8(&body);
        }
}

/* Scaling counts only when both SYNs offer it, and never for the window of a SYN itself. */
static uint32_t scaled(const struct tcp_conn_state *t, unsigned side, const struct pkt *pk)
{
        const struct tcp_track *s = &t->side[side], *o = &t->side[!side];

        if ((pk->tcp_flags & TCP_SYN) || !s->syn || !o->syn || s->wscale == WSCALE_NONE || o->wscale == WSCALE_NONE)
                return pk->tcp_win;
        return (uint32_t)pk->tcp_win << MIN_OF(s->wscale, WSCALE_MAX);
}

static struct seg seg_of(const struct tcp_conn_state *t, unsigned side, const struct pkt *pk)
{
        uint8_t f = pk->tcp_flags;

        return (struct seg){ .seq = pk->tcp_seq,
                             .end = pk->tcp_seq + pk->tot_pay + ((f & TCP_SYN) != 0) + ((f & TCP_FIN) != 0),
                             .ack = pk->tcp_ack,
                             .win = scaled(t, side, pk),
                             .flags = f,
                             .data = pk->tot_pay != 0 };
}

static bool flags_lie(const struct seg *s)
{
        uint8_t kind = s->flags & (TCP_SYN | TCP_FIN | TCP_RST);

        if (kind & (kind - 1)) /* two of the three */
                return true;
        return !(s->flags & (TCP_SYN | TCP_RST | TCP_ACK));
}

/* ---- moves ---- */

static void take_syn(struct tcp_conn_state *t, unsigned side, const struct seg *s, const struct pkt *pk)
{
        struct tcp_track *me = &t->side[side];

        read_options(me, pk);
        me->isn = s->seq;
        me->end = s->end;
        me->syn = true;
        me->max_win = MAX_OF(s->win, 1u);
}

static void take_ack(struct tcp_conn_state *t, unsigned side, const struct seg *s)
{
        struct tcp_track *me = &t->side[side], *peer = &t->side[!side];
        uint32_t allows = s->ack + MAX_OF(s->win, 1u);

        if (seq_lt(me->ack, s->ack) || t->phase < TCPP_OPEN)
                me->ack = s->ack;
        if (seq_lt(peer->max_end, allows) || t->phase < TCPP_OPEN)
                peer->max_end = allows;
        me->max_win = MAX_OF(me->max_win, s->win);
        if (peer->fin && s->ack == peer->end)
                peer->fin_acked = true;
}

static void take_data(struct tcp_conn_state *t, unsigned side, const struct seg *s)
{
        struct tcp_track *me = &t->side[side];

        if (seq_lt(me->end, s->end))
                me->end = s->end;
        if (s->data && side == 0)
                t->data_out = true;
        if (s->data && side == 1)
                t->data_in = true;
        if (has(s, TCP_FIN)) {
                me->fin = true;
                t->phase = TCPP_CLOSING;
        }
        if (t->side[0].fin_acked && t->side[1].fin_acked)
                t->phase = TCPP_CLOSED;
}

/* ---- phases ---- */

static enum drop_reason on_new(struct tcp_conn_state *t, unsigned side, const struct seg *s, const struct pkt *pk)
{
        if (side != 0 || !tcp_is_first(pk))
                return DROP_TCP_NOT_SYN;
        take_syn(t, 0, s, pk);
        t->phase = TCPP_SYN_SENT;
        return DROP_NONE;
}

/* The initiator may only repeat its SYN or give up. */
static enum drop_reason on_syn_sent_initiator(struct tcp_conn_state *t, const struct seg *s)
{
        const struct tcp_track *me = &t->side[0];

        if (s->flags & TCP_RST) {
                if (s->seq != me->end)
                        return DROP_TCP_RST_SEQ;
                t->phase = TCPP_CLOSED;
                return DROP_NONE;
        }
        if ((s->flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
                return DROP_TCP_DATA_FIRST;
        return s->seq == me->isn && s->end == me->end ? DROP_NONE : DROP_TCP_SEQ;
}

static enum drop_reason on_syn_sent_responder(struct tcp_conn_state *t, const struct seg *s, const struct pkt *pk)
{
        if (!has(s, TCP_ACK) || s->ack != t->side[0].end) {
                if (has(s, TCP_RST))
                        return DROP_TCP_RST_SEQ;
                return has(s, TCP_ACK) ? DROP_TCP_ACK : DROP_TCP_FLAGS; /* a bare SYN would be a simultaneous open */
        }
        if (has(s, TCP_RST)) {
                t->phase = TCPP_CLOSED;
                return DROP_NONE;
        }
        if (!has(s, TCP_SYN) || s->data)
                return DROP_TCP_DATA_FIRST;
        take_syn(t, 1, s, pk);
        t->side[1].max_end = s->end + t->side[0].max_win;
        t->phase = TCPP_SYN_RCVD;
        take_ack(t, 1, s);
        return DROP_NONE;
}

/* Acceptable means exactly where the receiver stands: its last acknowledgement, or behind all that was sent (RFC
 * 9293). */
static enum drop_reason on_rst(struct tcp_conn_state *t, unsigned side, const struct seg *s)
{
        const struct tcp_track *me = &t->side[side], *peer = &t->side[!side];

        if (s->seq != me->end && s->seq != peer->ack)
                return DROP_TCP_RST_SEQ;
        t->phase = TCPP_CLOSED;
        return DROP_NONE;
}

static bool repeats_syn(const struct tcp_conn_state *t, unsigned side, const struct seg *s)
{
        const struct tcp_track *me = &t->side[side];

        if (!has(s, TCP_SYN) || s->data || !me->syn || s->seq != me->isn || has(s, TCP_ACK) != (side == 1))
                return false;
        return side == 0 || s->ack == t->side[0].isn + 1;
}

static enum drop_reason on_syn_rcvd(struct tcp_conn_state *t, unsigned side, const struct seg *s)
{
        const struct tcp_track *me = &t->side[side], *peer = &t->side[!side];

        if (repeats_syn(t, side, s))
                return DROP_NONE;
        if (has(s, TCP_RST))
                return on_rst(t, side, s);
        if (side == 1 || has(s, TCP_SYN))
                return DROP_TCP_DATA_FIRST;
        if (s->ack != peer->end)
                return DROP_TCP_ACK;
        if (s->seq != me->end)
                return DROP_TCP_SEQ;
        take_ack(t, 0, s);
        t->phase = TCPP_OPEN;
        take_data(t, 0, s);
        return DROP_NONE;
}

static enum drop_reason check_window(const struct tcp_conn_state *t, unsigned side, const struct seg *s)
{
        const struct tcp_track *me = &t->side[side], *peer = &t->side[!side];
        uint32_t slack = MAX_OF(me->max_win, ACK_SLACK);

        if (seq_lt(me->max_end, s->seq) || seq_lt(s->end, me->end - MAX_OF(peer->max_win, 1u)))
                return DROP_TCP_SEQ;
        if (me->fin && seq_lt(me->end, s->end))
                return DROP_TCP_SEQ; /* nothing comes behind a FIN */
        if (seq_lt(peer->end, s->ack) || seq_lt(s->ack, peer->end - slack))
                return DROP_TCP_ACK;
        return DROP_NONE;
}

static enum drop_reason on_open(struct tcp_conn_state *t, unsigned side, const struct seg *s)
{
        enum drop_reason why;

        if (has(s, TCP_RST))
                return on_rst(t, side, s);
        if (has(s, TCP_SYN)) /* the answer whose last ACK was lost may come again, anything else never */
                return side == 1 && repeats_syn(t, 1, s) ? DROP_NONE : DROP_TCP_RST_SEQ;
        why = check_window(t, side, s);
        if (why)
                return why;
        take_ack(t, side, s);
        take_data(t, side, s);
        return DROP_NONE;
}

enum drop_reason tcp_track(struct tcp_conn_state *t, unsigned side, const struct pkt *pk)
{
        struct seg s = seg_of(t, side, pk);

        if (flags_lie(&s))
                return DROP_TCP_FLAGS;
        switch (t->phase) {
        case TCPP_NEW:
                return on_new(t, side, &s, pk);
        case TCPP_SYN_SENT:
                return side == 0 ? on_syn_sent_initiator(t, &s) : on_syn_sent_responder(t, &s, pk);
        case TCPP_SYN_RCVD:
                return on_syn_rcvd(t, side, &s);
        case TCPP_OPEN:
        case TCPP_CLOSING:
                return on_open(t, side, &s);
        case TCPP_CLOSED:
                break;
        }
        return DROP_TCP_NOT_SYN;
}

/* ---- legs of a proxied conn ---- */

/* A server that still remembers an earlier connection of these ports challenges the SYN. The private kernel, whose
 * numbers no one on this wire can foresee, resets that one and says its SYN again. */
static bool is_challenge(const struct tcp_conn_state *t, unsigned side, const struct seg *s)
{
        return t->phase == TCPP_SYN_SENT && side == 1 && s->flags == TCP_ACK && !s->data && s->ack != t->side[0].end;
}

static enum drop_reason follow_handshake(struct tcp_conn_state *t, unsigned side, bool ours, const struct seg *s,
                                         const struct pkt *pk)
{
        if (has(s, TCP_RST)) { /* one that does not fit passes without effect: the private kernel judges it */
                if (side ? s->ack == t->side[0].end : s->seq == t->side[0].end)
                        t->phase = TCPP_CLOSED;
                return DROP_NONE;
        }
        if (has(s, TCP_SYN)) {
                if (has(s, TCP_ACK) != (side == 1) || (side == 1 && t->phase == TCPP_NEW))
                        return DROP_TCP_FLAGS;
                if (!ours && t->side[side].syn && s->seq != t->side[side].isn)
                        return DROP_TCP_SEQ; /* somebody else's */
                take_syn(t, side, s, pk);
                t->phase = side ? TCPP_SYN_RCVD : MAX_OF(t->phase, TCPP_SYN_SENT);
                if (has(s, TCP_ACK))
                        take_ack(t, side, s);
                return DROP_NONE;
        }
        if (is_challenge(t, side, s))
                return DROP_NONE;
        if (t->phase != TCPP_SYN_RCVD || side != 0)
                return DROP_TCP_DATA_FIRST;
        /* Only who has seen our SYN ACK opens the connection: limits of half-open ones rest on it. */
        if (s->ack != t->side[1].end)
                return DROP_TCP_ACK;
        if (!ours && s->seq != t->side[0].end)
                return DROP_TCP_SEQ;
        take_ack(t, 0, s);
        t->phase = TCPP_OPEN;
        take_data(t, 0, s);
        return DROP_NONE;
}

/* An open leg: what a stranger could have sent blindly neither passes nor moves anything. */
static enum drop_reason follow_open(struct tcp_conn_state *t, unsigned side, bool ours, const struct seg *s)
{
        enum drop_reason why = ours ? DROP_NONE : check_window(t, side, s);

        if (why)
                return why;
        take_ack(t, side, s);
        take_data(t, side, s);
        return DROP_NONE;
}

enum drop_reason tcp_follow(struct tcp_conn_state *t, unsigned side, bool ours, const struct pkt *pk)
{
        struct seg s = seg_of(t, side, pk);

        if (flags_lie(&s))
                return DROP_TCP_FLAGS;
        if (t->phase < TCPP_OPEN)
                return follow_handshake(t, side, ours, &s, pk);
        if (has(&s, TCP_RST)) {
                on_rst(t, side, &s);
        } else if (has(&s, TCP_SYN)) {
                /* The private kernel challenges one on an open connection, but would begin anew on a closing one:
                 * under the flow id of the old. */
                return t->phase == TCPP_OPEN ? DROP_NONE : DROP_TCP_RST_SEQ;
        } else if (t->phase != TCPP_CLOSED) {
                return follow_open(t, side, ours, &s);
        }
        return DROP_NONE;
}
