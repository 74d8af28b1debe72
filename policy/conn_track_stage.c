/* A packet of a known connection: TCP state, counters, the way out. */
#include "platform/base/cur.h"
#include "platform/net/decode.h"
#include "policy/conn_int.h"
#include "policy/policy_rt.h"

/* Replay: nobody terminates the flow, so there are no answers to judge its segments by. */
static enum drop_reason follow_half(struct tcp_conn_state *t, const struct pkt *pk)
{
        if (pk->tcp_flags & TCP_RST)
                t->phase = TCPP_CLOSED;
        else if (pk->tcp_flags & TCP_FIN)
                t->phase = MAX_OF(t->phase, TCPP_CLOSING);
        else
                t->phase = MAX_OF(t->phase, TCPP_OPEN);
        return DROP_NONE;
}

/* In a proxied flow each leg is its own TCP connection, and the box is its far end. */
static enum drop_reason track_tcp(const struct worker *w, struct conn *c, unsigned leg, bool from_peer,
                                  const struct pkt *pk)
{
        if (c->action == CONN_PUNT && !w->tun)
                return follow_half(&c->tcp[leg], pk);
        if (c->action == CONN_PUNT)
                return tcp_follow(&c->tcp[leg], leg ? from_peer : !from_peer, !from_peer, pk);
        return tcp_track(&c->tcp[0], from_peer ? leg : !leg, pk);
}

static enum conn_end_reason close_reason(const struct conn *c, unsigned from_side, const struct pkt *pk)
{
        unsigned inside = c->inbound ? 1 : 0;

        if (!(pk->tcp_flags & TCP_RST))
                return CONN_END_FINS;
        return from_side == inside ? CONN_END_RESET_I : CONN_END_RESET_O;
}

static void phase_moved(struct worker *w, struct conn *c, unsigned from_side, const struct pkt *pk)
{
        if (c->embryonic && c->tcp[0].phase >= TCPP_OPEN)
                policy_limit_open(w, c);
        /* A proxied conn ends when its legs' owner says so: bytes may still wait in between. */
        if (c->tcp[0].phase == TCPP_CLOSED && c->action != CONN_PUNT)
                conn_end(w, c, c->ending ? (enum conn_end_reason)c->end_reason : close_reason(c, from_side, pk));
        else if (c->tcp[0].phase >= TCPP_CLOSING || c->tcp[1].phase >= TCPP_CLOSING)
                conn_arm(c); /* half-closed is shorter than what the timer waits for */
}

enum drop_reason conn_track_packet(struct worker *w, struct conn *c, unsigned leg, bool from_peer, struct pkt *pk)
{
        enum tcp_phase was = c->tcp[0].phase, was1 = c->tcp[1].phase;
        unsigned from = from_peer ? leg : !leg;
        enum drop_reason why;

        if (unlikely(c->dead))
                return c->proto == IPPROTO_TCP_ ? DROP_TCP_NOT_SYN : DROP_PUNT_STALE;
        if (c->proto == IPPROTO_TCP_) {
                why = track_tcp(w, c, leg, from_peer, pk);
                if (why)
                        return why;
        }
        if (unlikely(c->answered_idle_ms) && from == 1) {
                c->idle_ms = c->answered_idle_ms;
                c->answered_idle_ms = 0;
        }
        c->last_ms = w->now_ms;
        if (from_peer)
                c->side[leg].dscp = pk->dscp;
        if (from_peer || c->action != CONN_PUNT) {
                c->side[from].pkts++;
                c->side[from].bytes += pk->tot_pay;
        }
        if (unlikely(was != c->tcp[0].phase || was1 != c->tcp[1].phase))
                phase_moved(w, c, from, pk);
        return DROP_NONE;
}

/* Who sent what arrives quoted on a side: the far end, or on a proxied leg the box itself. */
static const struct tcp_conn_state *quoted_leg(const struct conn *c, unsigned side, unsigned *sender)
{
        *sender = !side;
        return c->action == CONN_PUNT ? &c->tcp[side] : &c->tcp[0];
}

/* RFC 5927: an error about TCP must quote a sequence number that may still be on its way. */
static bool quote_fits(const struct conn *c, const struct pkt *pk)
{
        const struct tcp_conn_state *t;
        struct icmp_quote q;
        unsigned sender;
        struct cur cur;
        uint32_t seq;

        if (c->proto != IPPROTO_TCP_)
                return true;
        if (!decode_icmp_quote(pk, &q) || q.end < q.l4 + 8)
                return false;
        cur = cur_of(pk->buf + q.l4 + 4, 4);
        seq = cur_be32(&cur);
        t = quoted_leg(c, pk->side, &sender);
        return t->side[sender].end - seq <= MAX_OF(t->side[!sender].max_win, 65535u);
}

static void way_out(struct worker *w, struct pkt *pk, struct conn *c)
{
        unsigned to = !pk->side;

        pk->out_iface = c->side[to].key.iface;
        if (c->action == CONN_PUNT || pk->out_iface == IFACE_BOX)
                return; /* not towards a wire */
        pk->next_hop = *conn_next_hop(w, c, to);
        if (unlikely(!pk->next_hop.fam))
                dp_drop(pk, DROP_NO_ROUTE);
}

static enum drop_reason track_icmp(struct worker *w, struct conn *c, struct pkt *pk)
{
        enum drop_reason why = icmp_flow_echo(w, c, pk);

        return why || c->passing ? why : conn_track_packet(w, c, pk->side, true, pk);
}

static void track(struct worker *w, struct pkt *pk)
{
        struct conn *c = pk->conn;
        enum drop_reason why = DROP_NONE;

        if (unlikely(!c))
                why = DROP_UNEXPECTED;
        else if (unlikely(icmp_is_error(pk)))
                why = c->dead || !quote_fits(c, pk) ? DROP_ICMP_NO_CONN : icmp_flow_error(w, c, pk);
        else if (unlikely(c->proto == IPPROTO_ICMP_ && c->action == CONN_FORWARD))
                why = track_icmp(w, c, pk);
        else
                why = conn_track_packet(w, c, pk->side, true, pk);
        if (unlikely(why))
                dp_drop(pk, why);
        else
                way_out(w, pk, c);
}

void conn_track_stage(struct worker *w, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++) {
                if (i + 1 < b->n)
                        __builtin_prefetch(b->pk[i + 1]->conn);
                track(w, b->pk[i]);
        }
}
