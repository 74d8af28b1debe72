/*
 * The end of a proxied flow: either side says END, the other answers GONE, and only then is the id another's. What
 * does not fit the ring stays owed.
 */
#include "proxy/punt/punt_int.h"

#include "policy/policy_rt.h"

static void flow_owe(struct punt *p, struct punt_flow *f)
{
        if (list_empty(&f->pend))
                list_add_tail(&p->pend, &f->pend);
}

/* Sends what the flow owes; true when the flow owes nothing any more (and may be gone). */
static bool flow_pay(struct punt *p, struct punt_flow *f)
{
        struct punt_msg m = { .flow = punt_flow_id(p, f),
                              .gen = p->gens[pool_index(p->flows, f)],
                              .reason = f->reason };

        if (f->owe_end) {
                m.kind = PUNT_END;
                if (!punt_link_push(p, f->link, &m))
                        return false;
                f->owe_end = false;
        }
        if (f->owe_gone) {
                m.kind = PUNT_GONE;
                if (!punt_link_push(p, f->link, &m))
                        return false;
                punt_flow_give(p, f);
                return true;
        }
        list_del(&f->pend);
        return true;
}

void punt_pay(struct punt *p)
{
        while (!list_empty(&p->pend))
                if (!flow_pay(p, list_entry(p->pend.next, struct punt_flow, pend)))
                        return;
}

static void proxied_end(struct punt *p, struct punt_flow *f, enum conn_end_reason why)
{
        punt_held_drop(p, f, false);
        f->reason = (uint8_t)why;
        if (f->state == FLOW_LIVE) {
                f->state = FLOW_END_SENT;
                f->owe_end = true;
                p->stat.waiting_gone++;
        } else {
                f->owe_gone = true;
        }
        flow_owe(p, f);
        punt_pay(p);
}

void punt_conn_end(struct worker *w, struct conn *c)
{
        struct punt *p = w->punt;
        struct punt_flow *f = c->flow && p ? punt_flow_find(p, c->flow, c->generation) : NULL;

        if (!f)
                return;
        if (f->owner == OWNER_PROXY)
                proxied_end(p, f, c->end_reason);
        else if (f->owner == OWNER_BOX)
                f->state = FLOW_DEAD;
        else
                punt_flow_give(p, f);
}

/* An engine's refusal, in the counters of its inspect line. */
static void count_refused(struct worker *w, const struct conn *c, enum conn_end_reason why)
{
        struct inspect_count *n = c->inspect_line ? policy_inspect_count(w->policy, c->inspect_line) : NULL;

        if (n && why == CONN_END_INSPECT)
                atomic_fetch_add_explicit(&n->resets, 1, memory_order_relaxed);
}

/* Both sides have said END, so both know; unless ours is still waiting for room: then it becomes the answer. */
static void crossed(struct punt *p, struct punt_flow *f)
{
        if (!f->owe_end) {
                punt_flow_give(p, f);
                return;
        }
        f->owe_end = false;
        f->owe_gone = true;
        punt_pay(p);
}

/* The proxy worker is done. TCP legs still have FINs, RSTs and their answers to exchange: the conn lingers for them.
 */
void punt_end_msg(struct punt *p, struct punt_flow *f, const struct punt_msg *m)
{
        struct conn *c = punt_flow_conn(p, f);
        enum conn_end_reason why = m->reason;

        if (f->state != FLOW_LIVE) {
                crossed(p, f);
                return;
        }
        f->state = FLOW_END_RCVD;
        if (!c)
                return;
        c->end_reason = (uint8_t)why;
        count_refused(p->w, c, why);
        if (drop_is_flow(m->drop))
                dp_count(p->w, m->drop);
        if (c->action != CONN_PUNT || c->client_waits || c->proto != IPPROTO_TCP_) {
                punt_held_drop(p, f, true);
                conn_end(p->w, c, why);
                return;
        }
        c->ending = true;
        c->idle_ms = c->embryonic_ms = c->half_closed_ms = PUNT_LINGER_MS;
        tmr_set(p->w->tmr, &c->tmr, PUNT_LINGER_MS);
        punt_check_closed(p->w, c);
}

void punt_gone_msg(struct punt *p, struct punt_flow *f)
{
        if (f->state == FLOW_END_SENT)
                punt_flow_give(p, f);
}

bool punt_check_closed(struct worker *w, struct conn *c)
{
        if (likely(!c->ending) || c->tcp[0].phase != TCPP_CLOSED ||
            (c->tcp[1].phase != TCPP_CLOSED && c->tcp[1].phase != TCPP_NEW))
                return false;
        conn_end(w, c, c->end_reason);
        return true;
}
