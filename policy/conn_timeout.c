/* When conns die of age. A packet writes last_ms only; a timer that fires early looks again and goes on waiting. */
#include "policy/conn_int.h"

static bool half_open(const struct conn *c)
{
        return c->proto == IPPROTO_TCP_ && c->tcp[0].phase < TCPP_OPEN;
}

static bool half_closed(const struct conn *c)
{
        return c->proto == IPPROTO_TCP_ && (c->tcp[0].phase == TCPP_CLOSING || c->tcp[1].phase == TCPP_CLOSING);
}

/* A repeated SYN does not prolong the wait for the handshake: it counts from the first (S4). */
uint64_t conn_due_ms(const struct conn *c, enum conn_end_reason *why)
{
        *why = CONN_END_SYN_TIMEOUT;
        if (!c->ending && half_open(c) && c->embryonic_ms)
                return c->born_ms + c->embryonic_ms;
        *why = CONN_END_HALF_CLOSED;
        if (half_closed(c) && c->half_closed_ms)
                return c->last_ms + c->half_closed_ms;
        *why = CONN_END_IDLE;
        return c->idle_ms ? c->last_ms + c->idle_ms : 0;
}

static void on_timer(struct tmr *t, uint64_t now)
{
        struct conn *c = container_of(t, struct conn, tmr);
        enum conn_end_reason why;
        uint64_t due;

        if (c->dead) {
                pool_put(c->w->conns->pool, c);
                return;
        }
        due = conn_due_ms(c, &why);
        if (!due)
                return;
        if (due > now) {
                tmr_set(c->w->tmr, &c->tmr, due - now);
                return;
        }
        if (c->reset_idle && !c->ending)
                conn_send_resets(c->w, c);
        conn_end(c->w, c, c->ending && c->end_reason ? (enum conn_end_reason)c->end_reason : why);
}

void conn_arm(struct conn *c)
{
        enum conn_end_reason why;
        uint64_t due = conn_due_ms(c, &why), now = tmr_now(c->w->tmr);

        c->tmr.fn = on_timer;
        if (due)
                tmr_set(c->w->tmr, &c->tmr, due > now ? due - now : 0);
        else
                tmr_cancel(c->w->tmr, &c->tmr);
}

void conn_bury(struct conn *c)
{
        c->tmr.fn = on_timer;
        tmr_set(c->w->tmr, &c->tmr, 0);
}
