/* What signalling says, applied to a session: keys, targets, and the way packets take in either direction. */
#include "platform/base/mem.h"
#include "platform/base/pool.h"
#include "proxy/media/media_int.h"

const struct media_way *media_way(enum media_transport in, enum media_transport out)
{
        static const struct media_way way[2][2] = {
                { { .name = "pass", .rtp = true }, { .name = "RTP->SRTP", .rtp = true, .seal = true } },
                { { .name = "SRTP->RTP", .rtp = true, .open = true },
                  { .name = "SRTP->SRTP", .rtp = true, .open = true, .seal = true } },
        };
        static const struct media_way opaque = { .name = "opaque" };

        if (in == MEDIA_OPAQUE || out == MEDIA_OPAQUE)
                return in == out ? &opaque : NULL;
        return &way[in == MEDIA_SRTP][out == MEDIA_SRTP];
}

/* ---- keys ---- */

/* The last sixteenth of a key's life is time to ask for a new one. */
static void key_limit(const struct srtp_ctx *c, uint64_t *left, uint64_t *warn)
{
        uint64_t life = srtp_packets_left(c);

        *warn = life / 16;
        *left = life - *warn;
}

static void ctx_drop(struct media_table *t, struct srtp_ctx **c)
{
        if (!*c)
                return;
        srtp_ctx_wipe(*c);
        pool_put(t->ctxs, *c);
        *c = NULL;
}

/* A key that is the same keeps its context: ROC and replay window. *changed: the context is a new one. */
static enum drop_reason key_apply(struct media_table *t, struct srtp_ctx **c, const struct srtp_master *m,
                                  bool sender, bool *changed)
{
        struct err e;

        *changed = false;
        if (*c && m->suite && srtp_ctx_same_key(*c, m))
                return DROP_NONE;
        ctx_drop(t, c);
        if (!m->suite)
                return DROP_SRTP_NO_KEY;
        *c = pool_get(t->ctxs);
        if (*c && srtp_ctx_init(*c, m, sender, &e) != 0)
                ctx_drop(t, c);
        *changed = *c != NULL;
        return *c ? DROP_NONE : DROP_SRTP_SETUP;
}

static bool usable(const struct endpoint *e)
{
        return addr_is_v4(&e->a) && e->a.v4 && e->port;
}

/* The other leg's key may have been replaced later. */
static void on_rekey(struct tmr *tm, uint64_t now_ms)
{
        struct media_session *s = container_of(tm, struct media_session, rekey);
        uint64_t next = 0;

        for (unsigned i = 0; i < 2; i++) {
                struct media_leg *l = &s->leg[i];

                if (!media_old_key(l, now_ms))
                        ctx_drop(s->t, &l->old);
                else if (!next || l->old_until_ms < next)
                        next = l->old_until_ms;
        }
        if (next)
                tmr_set(s->t->w->tmr, tm, next - now_ms);
}

/*
 * A peer that stays where it is and takes another key has packets under the one before still under way: they are
 * opened by it for a moment, behind the same replay window. A peer elsewhere is another one: its key is not.
 */
static void old_keep(struct media_session *s, unsigned side, const struct media_side *m, const struct media_side *was)
{
        struct media_leg *l = &s->leg[side];
        bool back = l->old && srtp_ctx_same_key(l->old, &m->rx); /* its window has seen what it has seen */
        struct srtp_ctx *before;

        if (!l->rx || !m->rx.suite || srtp_ctx_same_key(l->rx, &m->rx))
                return;
        if (!back)
                ctx_drop(s->t, &l->old);
        if (!back && usable(&m->remote) && !endpoint_eq(&m->remote, &was->remote))
                return;
        before = l->old;
        l->old = l->rx;
        l->rx = before;
        if (back)
                key_limit(l->rx, &l->rx_left, &l->rx_warn);
        l->old_until_ms = s->t->w->now_ms + MEDIA_REKEY_MS;
        s->rekey.fn = on_rekey;
        if (!tmr_pending(&s->rekey))
                tmr_set(s->t->w->tmr, &s->rekey, MEDIA_REKEY_MS);
}

static const struct srtp_master no_key;

static void keys_apply(struct media_session *s, unsigned side, const struct media_side *m,
                       const struct media_side *was)
{
        struct media_leg *l = &s->leg[side];
        bool srtp = m->transport == MEDIA_SRTP && m->known, new_rx, new_tx;
        enum drop_reason rx, tx;

        if (srtp)
                old_keep(s, side, m, was);
        else
                ctx_drop(s->t, &l->old);
        rx = key_apply(s->t, &l->rx, srtp ? &m->rx : &no_key, false, &new_rx);
        tx = key_apply(s->t, &l->tx, srtp ? &m->tx : &no_key, true, &new_tx);
        if (new_rx)
                key_limit(l->rx, &l->rx_left, &l->rx_warn);
        if (new_tx) {
                key_limit(l->tx, &l->tx_left, &l->tx_warn);
                /* Whether a new key begins at roll-over 0 is read in two ways; with new SSRCs both are right. */
                memset(l->sender, 0, sizeof l->sender);
        }
        l->suite_rx = l->rx ? m->rx.suite : SRTP_SUITE_NONE;
        l->suite_tx = l->tx ? m->tx.suite : SRTP_SUITE_NONE;
        if (new_rx || new_tx)
                s->key_told[side] = false;
        l->rx_refuse = srtp ? rx : DROP_NONE;
        l->tx_refuse = srtp ? tx : DROP_NONE;
}

void media_wipe_keys(struct media_session *s)
{
        for (unsigned i = 0; i < 2; i++) {
                ctx_drop(s->t, &s->leg[i].rx);
                ctx_drop(s->t, &s->leg[i].tx);
                ctx_drop(s->t, &s->leg[i].old);
        }
}

/* ---- targets ---- */

static struct endpoint rtcp_of(const struct media_side *m)
{
        struct endpoint e = m->remote_rtcp;

        if (!addr_is_v4(&e.a) || !e.a.v4)
                e.a = m->remote.a;
        if (!e.port)
                e.port = (uint16_t)(m->remote.port + 1);
        return e;
}

/* A peer that was learned stays so until signalling names another place. 0.0.0.0 names none: it is an old way to
 * hold. */
static void targets_apply(struct media_leg *l, const struct media_side *m, const struct media_side *old)
{
        struct endpoint rtcp, was = rtcp_of(old);
        bool moved;

        if (!usable(&m->remote)) {
                l->spec.remote = old->remote;
                l->spec.remote_rtcp = old->remote_rtcp;
                return;
        }
        rtcp = rtcp_of(m);
        moved = !endpoint_eq(&m->remote, &old->remote);
        if (moved) {
                l->to[0] = m->remote;
                l->learned[0] = false;
                l->latch.set = false;
        }
        if (moved || !endpoint_eq(&rtcp, &was)) {
                l->to[1] = rtcp;
                l->learned[1] = false;
        }
}

static void leg_apply(struct media_session *s, unsigned side, const struct media_side *m)
{
        struct media_leg *l = &s->leg[side];
        struct media_side old = l->spec;

        l->spec = *m;
        mem_wipe(&l->spec.rx, sizeof l->spec.rx);
        mem_wipe(&l->spec.tx, sizeof l->spec.tx);
        keys_apply(s, side, m, &old);
        targets_apply(l, m, &old);
        if (!m->known)
                l->rx_refuse = l->tx_refuse = DROP_SRTP_NO_PEER;
        else if (!l->to[0].port)
                l->tx_refuse = DROP_SRTP_NO_PEER;
}

/* ---- the session ---- */

static void count_crypto(struct media_session *s)
{
        bool now = s->leg[0].rx || s->leg[0].tx || s->leg[1].rx || s->leg[1].tx;

        if (now != s->crypto)
                s->t->count.srtp += now ? 1 : -1u;
        s->crypto = now;
}

void media_apply(struct media_session *s, const struct media_spec *spec)
{
        s->kind = spec->kind;
        s->no_rtcp = spec->no_rtcp;
        s->conformance = spec->conformance;
        s->enforce_payloadtype = spec->enforce_payloadtype;
        s->npts = MIN_OF(spec->npts, (uint8_t)MEDIA_PTS_MAX);
        memcpy(s->pts, spec->pts, sizeof s->pts);
        s->leg[0].clock_hz = s->leg[1].clock_hz = 0;
        for (unsigned i = 0; i < 2; i++)
                leg_apply(s, i, &spec->side[i]);
        for (unsigned i = 0; i < 2; i++)
                s->leg[i].way = media_way(spec->side[i].transport, spec->side[!i].transport);
        count_crypto(s);
        if (spec->idle_s != s->idle_s) { /* a new deadline counts from now */
                s->idle_s = spec->idle_s;
                s->last_ms = s->t->w->now_ms;
        }
        media_idle_arm(s);
}
