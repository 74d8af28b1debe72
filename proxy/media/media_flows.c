/* Legs of media sessions, as the operator sees connections. */
#include "proxy/media/media_addr.h"
#include "proxy/media/media_int.h"

#define LEGS_MAX (2 * MEDIA_SESSIONS_MAX)
#define LOOKED_AT 4096u /* per call of a walk */

static uint64_t since(uint64_t now, uint64_t then)
{
        return now > then ? now - then : 0;
}

static int level(const struct net_rt *n, uint16_t idx)
{
        const struct iface_rt *i = iface_by_idx(n, idx);

        return i ? i->level : 0;
}

/* Our address is where it is configured; a global one stands for the other side. */
static uint16_t where(const struct media_session *s, unsigned side)
{
        uint16_t own = media_addr_iface(proxy_rt(s->t->w->snap), &s->leg[side].at.a);

        return own != IFACE_NONE ? own : s->leg[!side].iface;
}

/* Between the peer of a leg, behind its interface, and our address. */
static bool row_of(const struct media_session *s, unsigned side, struct conn_row *r)
{
        const struct media_leg *l = &s->leg[side];
        const struct net_rt *n = net_rt(s->t->w->snap);
        uint64_t now = s->t->w->now_ms;

        if (s->closed || !l->to[0].port)
                return false;
        *r = (struct conn_row){ .id = s->owner,
                                .proto = IPPROTO_UDP_,
                                .action = CONN_FORWARD,
                                .engine = s->engine,
                                .iface = { l->iface, where(s, side) },
                                .real = { l->to[0].a, l->at.a },
                                .mapped = { l->to[0].a, l->at.a },
                                .real_port = { l->to[0].port, l->at.port },
                                .mapped_port = { l->to[0].port, l->at.port },
                                .pkts = { l->stat.rx_pkts, l->stat.tx_pkts },
                                .bytes = l->stat.rx_bytes + l->stat.tx_bytes,
                                .idle_ms = since(now, s->last_ms),
                                .uptime_ms = since(now, s->started_ms),
                                .timeout_ms = s->idle_s * 1000ull,
                                .flags = { s->engine == INSPECT_SKINNY ? 'k' : 'm' } };
        r->inbound = level(n, r->iface[0]) <= level(n, r->iface[1]);
        return true;
}

/* The next leg that passes the filter, or NULL at the end or when enough places were looked at. */
static struct media_session *next(struct worker *w, uint32_t *cursor, const struct conn_filter *f, uint32_t *budget,
                                  struct conn_row *r)
{
        struct media_table *t = w->media;
        uint32_t legs = MIN_OF(t->nlinks * MEDIA_SLOTS * 2, LEGS_MAX);

        while (*cursor < legs && *budget) {
                uint32_t i = (*cursor)++;

                (*budget)--;
                if (i % 128 == 0 && !t->live[i / 128])
                        *cursor += 127;
                else if (media_is_live(t, i / 2) && row_of(media_slot(t, i / 2), i % 2, r) &&
                         (!f || conn_row_fits(f, r)))
                        return media_slot(t, i / 2);
        }
        return NULL;
}

static bool at_end(const struct media_table *t, uint32_t cursor)
{
        return cursor >= t->nlinks * MEDIA_SLOTS * 2;
}

unsigned media_flow_walk(const struct worker *w, uint32_t *cursor, const struct conn_filter *f, struct conn_row *rows,
                         unsigned max, bool *end)
{
        uint32_t budget = LOOKED_AT;
        unsigned n = 0;

        *end = true;
        if (!w->media || !w->snap)
                return 0;
        while (n < max && next((struct worker *)w, cursor, f, &budget, &rows[n]))
                n++;
        *end = at_end(w->media, *cursor);
        return n;
}

unsigned media_flow_clear(struct worker *w, uint32_t *cursor, const struct conn_filter *f, bool *end)
{
        uint32_t budget = LOOKED_AT;
        struct media_session *s;
        struct conn_row r;
        unsigned n = 0;

        *end = true;
        if (!w->media || !w->snap)
                return 0;
        while ((s = next(w, cursor, f, &budget, &r))) {
                media_owe(s, OWE_CLEARED);
                n++;
        }
        *end = at_end(w->media, *cursor);
        return n;
}

void media_flows_note(struct media_table *t)
{
        uint32_t now = 2 * t->count.sessions + (t->w->conns ? conn_count(t->w->conns) : 0);

        if (unlikely(now > t->count.flows_most))
                t->count.flows_most = now;
}
