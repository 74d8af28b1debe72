/*
 * Connect first: a client of a flow that is inspected in the clear is let in only when its server has answered, so
 * that a closed port stays closed to it. Its SYN waits here meanwhile. At most PUNT_HELD_MAX wait; beyond that a SYN
 * is dropped and its retransmission tried, by when the server may have answered.
 */
#include "platform/net/egress.h"
#include "proxy/punt/punt_int.h"

enum pkt_verdict punt_hold(struct punt *p, struct pkt *pk)
{
        struct conn *c = pk->conn;
        struct punt_flow *f = punt_flow_find(p, c->flow, c->generation);

        if (!f || f->state != FLOW_LIVE)
                return dp_drop(pk, DROP_PUNT_STALE);
        if (pk->tcp_flags & TCP_RST) { /* it has changed its mind: the server need not be kept */
                pk->conn = NULL;
                conn_end(p->w, c, c->inbound ? CONN_END_RESET_O : CONN_END_RESET_I);
                return dp_consume(pk, "reset by its client");
        }
        if (f->held)
                return dp_consume(pk, "waits for its server");
        if (p->nheld >= PUNT_HELD_MAX) {
                if (log_full_tell(&p->held_full, p->w->now_ms))
                        log_msg(p->w->log, LOG_321001, LS("waiting SYNs"), LU(PUNT_HELD_MAX));
                return dp_drop(pk, DROP_PUNT_HELD);
        }
        f->held = pk;
        p->nheld++;
        p->stat.held_most = MAX_OF(p->stat.held_most, p->nheld);
        return dp_taken(pk);
}

static struct pkt *take(struct punt *p, struct punt_flow *f)
{
        struct pkt *pk = f->held;

        if (pk)
                p->nheld--;
        f->held = NULL;
        return pk;
}

void punt_held_pass(struct punt *p, struct punt_flow *f, struct conn *c)
{
        struct pkt *pk = c ? take(p, f) : NULL; /* without a conn it was dropped with that */

        if (c)
                c->client_waits = false;
        if (!pk)
                return;
        if (punt_to_kernel(p->w, pk) == PKT_DROP)
                dp_discard(p->w, pk, pk->drop);
}

void punt_held_drop(struct punt *p, struct punt_flow *f, bool refused)
{
        struct pkt *pk = take(p, f);

        if (!pk)
                return;
        if (refused)
                tcp_send_rst(p->w, pk);
        pk->conn = NULL;
        dp_discard(p->w, pk, DROP_PUNT_STALE);
}
