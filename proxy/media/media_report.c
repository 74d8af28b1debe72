/* Messages of the proxy workers in, events out. An event that does not fit its ring stays noted on its session. */
#include "platform/base/mem.h"
#include "proxy/media/media_int.h"

static uint32_t in_units(const struct media_session *s, unsigned side)
{
        return s->leg[side].source.seen ? rtp_source_lost(&s->leg[side].source) : 0;
}

static uint32_t roc_of(const struct srtp_ctx *c, uint32_t ssrc, uint32_t otherwise)
{
        struct srtp_source src;

        for (unsigned i = 0; c && srtp_source_at(c, i, &src); i++)
                if (src.ssrc == ssrc)
                        return src.roc;
        return otherwise;
}

void media_stat_note(struct media_session *s)
{
        for (unsigned i = 0; i < 2; i++) {
                struct media_leg *l = &s->leg[i];

                l->stat.lost = in_units(s, i);
                l->stat.late = l->source.late;
                l->stat.jitter = rtp_source_jitter(&l->source);
                l->stat.learned = l->to[0];
                l->stat.latched = l->learned[0];
                l->stat.roc_in = roc_of(l->rx, l->stat.ssrc_in, l->stat.roc_in);
                l->stat.roc_out = roc_of(l->tx, l->stat.ssrc_out, l->stat.roc_out);
        }
}

void media_stat_of(struct media_session *s, struct media_stat *out)
{
        media_stat_note(s);
        *out = (struct media_stat){ .started_ms = s->started_ms, .last_ms = s->last_ms };
        out->side[0] = s->leg[0].stat;
        out->side[1] = s->leg[1].stat;
}

/* ---- events ---- */

void media_owe(struct media_session *s, unsigned what)
{
        s->owed |= (uint8_t)what;
        if (list_empty(&s->owing))
                list_add_tail(&s->t->owing, &s->owing);
}

struct owed {
        unsigned bit;
        uint8_t event, side;
};
/* CLOSED comes alone: what else was owed is void when a session ends. */
static const struct owed owed[] = {
        { OWE_FIRST, MEDIA_EV_FIRST_PACKET, 0 },  { OWE_FIRST << 1, MEDIA_EV_FIRST_PACKET, 1 },
        { OWE_KEY_LIMIT, MEDIA_EV_KEY_LIMIT, 0 }, { OWE_KEY_LIMIT << 1, MEDIA_EV_KEY_LIMIT, 1 },
        { OWE_TIMEOUT, MEDIA_EV_TIMEOUT, 0 },     { OWE_CLEARED, MEDIA_EV_CLEARED, 0 },
        { OWE_CLOSED, MEDIA_EV_CLOSED, 0 },
};

static struct media_link *link_of(const struct media_session *s)
{
        uint32_t idx = (uint32_t)(((const uint8_t *)s - s->t->slots) / s->t->stride);

        return s->t->links[idx / MEDIA_SLOTS];
}

/* false: the ring is full. */
static bool pay_one(struct media_session *s, const struct owed *o)
{
        struct media_link *l = link_of(s);
        struct media_report r = { .event = o->event, .side = o->side, .h = s->h };

        if (o->bit & (OWE_CLOSED | OWE_TIMEOUT))
                media_stat_of(s, &r.stat);
        if (!ring_push(l->to_proxy, &r))
                return false;
        s->owed &= (uint8_t)~o->bit;
        if (l->wake_proxy)
                l->wake_proxy(l->wake_ctx);
        return true;
}

static bool pay_session(struct media_session *s)
{
        for (unsigned i = 0; i < ARRAY_LEN(owed); i++)
                if (s->owed & owed[i].bit && !pay_one(s, &owed[i]))
                        return false;
        list_del(&s->owing);
        if (s->closed)
                media_slot_free(s);
        return true;
}

/* A full ring of one proxy worker does not keep the others waiting. */
void media_pay(struct media_table *t)
{
        list_each_safe(it, tmp, &t->owing)
                pay_session(list_entry(it, struct media_session, owing));
}

/* ---- idle ---- */

static void on_idle(struct tmr *tm, uint64_t now_ms)
{
        struct media_session *s = container_of(tm, struct media_session, idle);
        uint64_t due = s->last_ms + s->idle_s * 1000ull;

        if (now_ms < due) {
                tmr_set(s->t->w->tmr, tm, due - now_ms);
                return;
        }
        media_owe(s, OWE_TIMEOUT);
        tmr_set(s->t->w->tmr, tm, s->idle_s * 1000ull);
        media_pay(s->t);
}

void media_idle_arm(struct media_session *s)
{
        s->idle.fn = on_idle;
        if (!s->idle_s)
                tmr_cancel(s->t->w->tmr, &s->idle);
        else if (!tmr_pending(&s->idle) || s->last_ms == s->t->w->now_ms)
                tmr_set(s->t->w->tmr, &s->idle, s->idle_s * 1000ull);
}

/* ---- the hook ---- */

void media_drain(struct worker *w)
{
        struct media_table *t = w->media;
        struct media_msg m;

        if (!t)
                return;
        media_addrs_refresh(t);
        for (unsigned i = 0; i < t->nlinks; i++)
                for (unsigned k = 0; k < MEDIA_DRAIN_MAX && ring_pop(t->links[i]->to_dp, &m); k++) {
                        media_on_msg(t, i, &m);
                        mem_wipe(&m, sizeof m);
                }
        if (unlikely(!list_empty(&t->owing)))
                media_pay(t);
        media_flows_note(t);
}
