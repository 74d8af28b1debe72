#include "platform/net/capture_int.h"
#include "platform/net/csum.h"

/* A partial sum is completed over the whole frame, also where only its beginning is stored. */
static void complete_sum(const struct pkt *pk, uint8_t *copy, uint32_t copied)
{
        uint32_t start = pk->csum.csum_start, end = pk->off + pk->len;
        uint32_t field = start - pk->off + pk->csum.csum_offset;
        uint16_t c;

        if (!pk->csum.partial || start < pk->off || start >= end || field + 2 > copied)
                return;
        c = (uint16_t)~csum_fold(csum_add(0, pk->buf + start, end - start));
        if (!c)
                c = 0xFFFF;
        memcpy(copy + field, &c, 2);
}

/* The tag that the port took off stands in the stored copy, unless the decoder left it in the frame. */
static uint32_t restore_tag(const struct pkt *pk, uint8_t *copy, uint32_t n)
{
        uint16_t tci = pk->vlan_tci & 0xEFFF;
        uint8_t tag[4] = { 0x81, 0x00, (uint8_t)(tci >> 8), (uint8_t)tci };

        if (!(pk->vlan_tci & 0x1000) || !pk->has_l2 || n < 14 || memcmp(copy + 12, tag, 2) == 0)
                return n;
        n = MIN_OF(n, CAPTURE_LEN_MAX - 4);
        memmove(copy + 16, copy + 12, n - 12);
        memcpy(copy + 12, tag, 4);
        return n + 4;
}

static void take(struct capture_set *s, const struct pkt *pk, uint64_t wall_ns, unsigned drop,
                 struct capture_shot *sh)
{
        uint32_t n = MIN_OF(pk->len, CAPTURE_LEN_MAX), tagged;

        memcpy(s->scratch, pkt_frame(pk), n);
        complete_sum(pk, s->scratch, n);
        tagged = restore_tag(pk, s->scratch, n);
        sh->rec = (struct capture_rec){ .wall_ns = wall_ns,
                                        .caplen = tagged,
                                        .len = pk->len + (tagged > n ? 4 : 0),
                                        .drop = (uint16_t)drop,
                                        .l3 = !pk->has_l2 };
        capture_tuple_of(s->scratch, tagged, sh->rec.l3, &sh->tuple);
}

static bool on_iface(const struct capture_def *d, const struct net_rt *n, uint16_t idx)
{
        const struct iface_rt *i = n ? iface_by_idx(n, idx) : NULL;

        if (d->nameif[0] && d->iface)
                return i && i->idx == d->iface && i->nameif[0];
        return !d->nameif[0] || (i && strcmp(i->nameif, d->nameif) == 0);
}

static bool drop_wanted(const struct capture_def *d, const struct capture_shot *sh)
{
        return d->type != CAPTURE_ASP_DROP || d->drop < 0 || d->drop == sh->rec.drop;
}

void capture_store(struct capture_set *s, enum capture_type type, const struct net_rt *n, uint16_t iface,
                   const struct capture_shot *sh)
{
        for (unsigned i = 0; i < s->n; i++) {
                struct capture *c = s->cap[i];
                struct capture_rec r = sh->rec;

                if (c->def.type != type || !on_iface(&c->def, n, iface) || !drop_wanted(&c->def, sh) ||
                    !capture_matches(&c->def, &sh->tuple))
                        continue;
                r.caplen = MIN_OF(r.caplen, c->def.packet_len);
                capture_buf_add(&c->buf, &r, s->scratch);
        }
}

static uint64_t wall_now(const struct worker *w)
{
        return (uint64_t)w->clk->wall_ns(w->clk->ctx);
}

static const struct net_rt *net_of(const struct worker *w)
{
        return w->snap ? net_rt(w->snap) : NULL;
}

void capture_in_stage(struct worker *w, struct burst *b)
{
        struct capture_set *s = w->caps;
        struct capture_shot sh;

        if (likely(!s || !s->by_type[CAPTURE_RAW]))
                return;
        for (unsigned i = 0; i < b->n; i++) {
                const struct pkt *pk = b->pk[i];

                take(s, pk, pk->rx_ns ? pk->rx_ns : wall_now(w), DROP_NONE, &sh);
                capture_store(s, CAPTURE_RAW, net_of(w), pk->iface, &sh);
        }
}

void capture_tx(struct worker *w, uint16_t iface, const struct pkt *pk)
{
        struct capture_set *s = w->caps;
        struct capture_shot sh;

        if (likely(!s || !s->by_type[CAPTURE_RAW]))
                return;
        take(s, pk, wall_now(w), DROP_NONE, &sh);
        capture_store(s, CAPTURE_RAW, net_of(w), iface, &sh);
}

void capture_drop(struct worker *w, const struct pkt *pk, unsigned reason)
{
        struct capture_set *s = w->caps;
        struct capture_shot sh;

        if (likely(!s || !s->by_type[CAPTURE_ASP_DROP]))
                return;
        take(s, pk, wall_now(w), reason, &sh);
        capture_store(s, CAPTURE_ASP_DROP, net_of(w), pk->iface, &sh);
}
