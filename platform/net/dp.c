#include "platform/net/dp.h"

#include <assert.h>

#include "platform/net/capture.h"

void dp_count(struct worker *w, enum drop_reason why)
{
        stat_add(&w->drops[why], 1);
}

/* Only what came from outside has an end worth telling; our own packets are no input. */
static void report(struct worker *w, const struct pkt *pk, enum pkt_verdict v)
{
        if (unlikely(w->verdict != NULL) && !pk->from_box && !pk->dry)
                w->verdict(w->verdict_ctx, pk, v);
}

/* Inside a run somebody further up the stack may still hold the pointer. */
static void release(struct worker *w, struct pkt *pk)
{
        pk->verdict = PKT_TAKEN;
        pk->consumed = NULL;
        if (w->depth)
                pkt_enqueue(&w->dead, pk);
        else
                pkt_put(pk);
}

static void trace_drop(struct pkt *pk)
{
        if (!pk->trace)
                return;
        pk->trace->allow = false;
        pk->trace->drop = pk->drop;
}

void dp_discard(struct worker *w, struct pkt *pk, enum drop_reason why)
{
        pk->drop = (uint16_t)why;
        if (pk->dry) {
                trace_drop(pk);
                release(w, pk);
                return;
        }
        dp_count(w, why);
        if (pk->iface < IFACES_MAX)
                stat_add(&w->env.ifstat[pk->iface].drops, 1);
        if (w->caps)
                capture_drop(w, pk, why);
        report(w, pk, PKT_DROP);
        release(w, pk);
}

void dp_answered(struct worker *w, struct pkt *pk, const char *why)
{
        pk->consumed = why;
        report(w, pk, PKT_TAKEN);
        pk->consumed = NULL;
        pk->from_box = true;
}

void dp_sent(struct worker *w, struct pkt *pk)
{
        report(w, pk, PKT_NEXT);
        release(w, pk);
}

void dp_merged(struct worker *w, struct pkt *pk, const char *why)
{
        pk->consumed = why;
        if (why)
                report(w, pk, PKT_TAKEN);
        release(w, pk);
}

/* Keeps what is to go on to the next stage. */
static void compact(struct worker *w, struct burst *b)
{
        unsigned kept = 0;

        for (unsigned i = 0; i < b->n; i++) {
                struct pkt *pk = b->pk[i];

                if (likely(pk->verdict == PKT_NEXT)) {
                        b->pk[kept++] = pk;
                } else if (pk->verdict == PKT_DROP) {
                        dp_discard(w, pk, pk->drop);
                } else if (pk->consumed) {
                        report(w, pk, PKT_TAKEN);
                        release(w, pk);
                }
        }
        b->n = kept;
}

static void tx_queue(struct port *p, struct pkt_queue *q)
{
        struct burst b = { .n = 0 };
        struct pkt *pk;

        while ((pk = pkt_dequeue(q))) {
                b.pk[b.n++] = pk;
                if (b.n == BURST_MAX || !q->head) {
                        p->ops->tx(p, &b);
                        b.n = 0;
                }
        }
}

/* The outermost run is over: nobody looks at the packets any more. Full queues need not wait for the end of the loop.
 */
static void end_of_runs(struct worker *w)
{
        struct pkt *pk;

        while ((pk = pkt_dequeue(&w->dead)))
                pkt_put(pk);
        for (unsigned i = 0; i < w->nports; i++)
                if (w->txq[i].n >= BURST_MAX)
                        tx_queue(w->port[i], &w->txq[i]);
}

void dp_run(struct worker *w, const struct fast_stage *list, struct burst *b)
{
        w->depth++;
        for (unsigned i = 0; i < b->n; i++)
                b->pk[i]->verdict = PKT_NEXT;
        for (const struct fast_stage *s = list; s->name && b->n; s++) {
                s->fn(w, b);
                compact(w, b);
        }
        assert(b->n == 0); /* the last stage of every list takes or drops */
        for (unsigned i = 0; i < b->n; i++)
                dp_discard(w, b->pk[i], DROP_UNEXPECTED);
        b->n = 0;
        if (--w->depth == 0)
                end_of_runs(w);
}

void dp_transmit(struct worker *w, struct pkt *pk)
{
        const struct iface_rt *ifc = w->snap ? iface_by_idx(net_rt(w->snap), pk->out_iface) : NULL;
        struct iface_stat *st;

        if (!ifc || ifc->port >= w->nports || !w->port[ifc->port]) {
                dp_discard(w, pk, w->snap ? DROP_IFACE_DOWN : DROP_NO_SNAPSHOT);
                return;
        }
        st = &w->env.ifstat[ifc->idx];
        stat_add(&st->out_pkts, 1);
        stat_add(&st->out_bytes, pk->len);
        if (w->caps)
                capture_tx(w, ifc->idx, pk);
        report(w, pk, PKT_NEXT);
        pkt_enqueue(&w->txq[ifc->port], pk);
}

void dp_to_tun(struct worker *w, struct pkt *pk)
{
        report(w, pk, PKT_TAKEN);
        if (!w->tun) {
                release(w, pk);
                return;
        }
        if (pk->has_l2) {
                pk->off = pk->l3;
                pk->len = pk->end - pk->l3;
                pk->has_l2 = false;
        }
        pkt_enqueue(&w->tunq, pk);
}

void dp_flush(struct worker *w)
{
        for (unsigned i = 0; i < w->nports; i++)
                if (w->txq[i].n)
                        tx_queue(w->port[i], &w->txq[i]);
        if (w->tunq.n)
                tx_queue(w->tun, &w->tunq);
}
