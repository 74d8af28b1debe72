#include "proxy/media/media_int.h"

#include "platform/base/hash.h"
#include "platform/base/mem.h"
#include "platform/base/pool.h"

#define PAIRS_BYTES (MEDIA_ADDRS_MAX * (MEDIA_PORTS / 2) * sizeof(uint32_t))
#define LINE 64u
#define CTXS_EACH 6u /* two legs with a key to receive, one to send and one that was */

int media_link_init(struct media_link *l, struct worker *dp, struct err *e)
{
        *l = (struct media_link){ .dp = dp };
        l->to_dp = ring_new(sizeof(struct media_msg), MEDIA_RING_SLOTS);
        l->to_proxy = ring_new(sizeof(struct media_report), MEDIA_RING_SLOTS);
        if (l->to_dp && l->to_proxy)
                return 0;
        media_link_fini(l);
        return err_nomem(e, "making the media rings of a proxy worker");
}

void media_link_fini(struct media_link *l)
{
        ring_free(l->to_dp);
        ring_free(l->to_proxy);
        l->to_dp = l->to_proxy = NULL;
}

static size_t round_up(size_t n)
{
        return (n + LINE - 1) & ~(size_t)(LINE - 1);
}

static size_t slots_bytes(const struct media_table *t)
{
        return MAX_OF(t->nlinks, 1u) * MEDIA_SLOTS * t->stride;
}

struct media_table *media_table_new(struct worker *w, struct media_link *const *links, unsigned nlinks)
{
        struct media_table *t = mem_alloc(MEM_MEDIA, sizeof *t);

        if (!t)
                return NULL;
        t->w = w;
        t->links = links;
        t->nlinks = MIN_OF(nlinks, MEDIA_PROXIES_MAX);
        list_init(&t->owing);
        t->stride = round_up(sizeof(struct media_session));
        t->slots = mem_reserve(slots_bytes(t));
        t->ctxs = pool_new(round_up(srtp_ctx_size()), MAX_OF(t->nlinks, 1u) * MEDIA_SLOTS * CTXS_EACH, POOL_LIFO);
        t->pairs = mem_reserve(PAIRS_BYTES);
        t->watches = pool_new(rtp_watch_size(), CONNS_DEFAULT_MAX, POOL_LIFO);
        if (t->slots && t->ctxs && t->pairs && t->watches && rng_fill(w->env.rng, &t->seed, sizeof t->seed) == 0)
                return t;
        media_table_free(t);
        return NULL;
}

void media_table_free(struct media_table *t)
{
        if (!t)
                return;
        for (uint32_t i = 0; t->slots && i < t->nlinks * MEDIA_SLOTS; i++)
                if (media_is_live(t, i))
                        media_slot_free(media_slot(t, i));
        mem_unreserve(t->slots, slots_bytes(t));
        mem_unreserve(t->pairs, PAIRS_BYTES);
        pool_free(t->ctxs);
        pool_free(t->watches);
        mem_free(t);
}

/* ---- who has which port ---- */

struct media_session *media_at(const struct media_table *t, const struct media_address *a, uint16_t port,
                               unsigned *leg)
{
        uint32_t v = a->pairs[port / 2];

        if (!v)
                return NULL;
        *leg = (v - 1) & 1;
        return media_slot(t, (v - 1) >> 1);
}

static uint32_t slot_index(const struct media_session *s)
{
        return (uint32_t)(((const uint8_t *)s - s->t->slots) / s->t->stride);
}

/* A pair nobody has: even port, the address one of ours. */
static bool port_claim(struct media_session *s, unsigned side)
{
        struct media_leg *l = &s->leg[side];
        struct media_address *a = l->at.port % 2 == 0 && l->at.port ? media_address_add(s->t, &l->at.a) : NULL;

        if (!a || a->pairs[l->at.port / 2])
                return false;
        a->pairs[l->at.port / 2] = (slot_index(s) << 1 | side) + 1;
        a->users++;
        l->addr = (uint16_t)(a - s->t->addr);
        return true;
}

static void port_drop(struct media_session *s, unsigned side)
{
        struct media_leg *l = &s->leg[side];
        struct media_address *a = &s->t->addr[l->addr];
        uint32_t *pair = a->pairs ? &a->pairs[l->at.port / 2] : NULL;

        if (pair && *pair == (slot_index(s) << 1 | side) + 1) {
                *pair = 0;
                a->users--;
        }
}

/* ---- open, update, close ---- */

/* NULL: the handle cannot be one of this proxy worker. */
static struct media_session *slot_of(struct media_table *t, unsigned link, const struct media_handle *h,
                                     uint32_t *idx)
{
        if (h->slot >= MEDIA_SLOTS || !h->gen)
                return NULL;
        *idx = link * MEDIA_SLOTS + h->slot;
        return media_slot(t, *idx);
}

static void slot_take(struct media_table *t, struct media_session *s, uint32_t idx)
{
        memset(s, 0, sizeof *s);
        t->live[idx / 64] |= 1ull << idx % 64;
        s->t = t;
        list_init(&s->owing);
}

void media_slot_free(struct media_session *s)
{
        uint32_t idx = slot_index(s);

        port_drop(s, 0);
        port_drop(s, 1);
        media_wipe_keys(s);
        tmr_cancel(s->t->w->tmr, &s->idle);
        tmr_cancel(s->t->w->tmr, &s->rekey);
        list_del(&s->owing);
        s->t->live[idx / 64] &= ~(1ull << idx % 64);
}

/* The end of a life: its ports are nobody's, its keys are gone, its numbers wait for the owner. */
static void session_close(struct media_session *s)
{
        struct media_table *t = s->t;

        if (s->closed)
                return;
        s->closed = true;
        if (s->started_ms)
                t->count.sessions--;
        if (s->crypto)
                t->count.srtp--;
        media_stat_note(s);
        port_drop(s, 0);
        port_drop(s, 1);
        media_wipe_keys(s);
        tmr_cancel(t->w->tmr, &s->idle);
        tmr_cancel(t->w->tmr, &s->rekey);
        s->owed = 0;
        media_owe(s, OWE_CLOSED);
}

static void on_open(struct media_table *t, unsigned link, const struct media_msg *m)
{
        uint32_t idx;
        struct media_session *s = slot_of(t, link, &m->h, &idx);

        /* A slot in use: its owner has lost count, and a report would be taken for one of the other life. */
        if (!s || media_is_live(t, idx)) {
                t->count.refused++;
                return;
        }
        slot_take(t, s, idx);
        s->h = m->h;
        s->owner = m->owner;
        s->engine = m->engine;
        memcpy(s->call, m->call, sizeof s->call - 1);
        for (unsigned i = 0; i < 2; i++) {
                s->leg[i].at = m->local.at[i];
                s->leg[i].iface = m->local.iface[i];
        }
        if (!port_claim(s, 0) || !port_claim(s, 1)) {
                t->count.refused++;
                session_close(s);
                return;
        }
        s->started_ms = s->last_ms = t->w->now_ms ? t->w->now_ms : 1;
        t->count.opened++;
        if (++t->count.sessions > t->count.most)
                t->count.most = t->count.sessions;
        media_apply(s, &m->spec);
}

/* It was refused, which its owner has been told; but who closes waits for an answer. */
static void answer_close(struct media_table *t, struct media_session *s, uint32_t idx, const struct media_handle *h)
{
        slot_take(t, s, idx);
        s->h = *h;
        session_close(s);
}

void media_on_msg(struct media_table *t, unsigned link, struct media_msg *m)
{
        uint32_t idx;
        struct media_session *s;

        if (m->kind == MEDIA_OPEN) {
                on_open(t, link, m);
                return;
        }
        s = slot_of(t, link, &m->h, &idx);
        if (!s)
                return;
        if (!media_is_live(t, idx)) {
                if (m->kind == MEDIA_CLOSE)
                        answer_close(t, s, idx, &m->h);
                return;
        }
        if (s->h.gen != m->h.gen || s->closed)
                return;
        if (m->kind == MEDIA_UPDATE)
                media_apply(s, &m->spec);
        else if (m->kind == MEDIA_CLOSE)
                session_close(s);
}
