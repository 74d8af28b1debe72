#include "platform/base/mem.h"
#include "proxy/media/media_int.h"

static uint32_t next_live(const struct media_table *t, uint32_t i)
{
        while (i < MEDIA_SESSIONS_MAX) {
                uint64_t bits = t->live[i / 64] >> i % 64;

                if (bits)
                        return i + (uint32_t)__builtin_ctzll(bits);
                i = (i / 64 + 1) * 64;
        }
        return i;
}

static struct media_pt pt_of(const struct media_session *s)
{
        const struct media_side *to = &s->leg[1].spec, *from = &s->leg[0].spec;
        const struct media_pt *first = to->npts ? to->pts : from->npts ? from->pts : s->npts ? s->pts : NULL, *m;
        uint8_t pt = s->leg[0].source.seen ? s->leg[0].stat.pt : first ? first->pt : 0;

        m = media_pt_of(s, 0, pt);
        return m ? *m : (struct media_pt){ .pt = pt };
}

static void row_of(struct media_session *s, struct media_row *r)
{
        *r = (struct media_row){
                .h = s->h, .owner = s->owner, .kind = s->kind, .pt = pt_of(s), .idle_ms = s->t->w->now_ms - s->last_ms
        };
        memcpy(r->call, s->call, sizeof r->call);
        media_stat_of(s, &r->stat);
        for (unsigned i = 0; i < 2; i++) {
                const struct media_leg *l = &s->leg[i];

                r->transport[i] = l->spec.transport;
                r->suite_rx[i] = l->suite_rx;
                r->suite_tx[i] = l->suite_tx;
                r->iface[i] = l->iface;
                r->local[i] = l->at;
                r->remote[i] = l->to[0];
        }
}

unsigned media_walk(const struct worker *w, uint32_t *cursor, struct media_row *rows, unsigned max, bool *end)
{
        const struct media_table *t = w->media;
        unsigned n = 0;

        *end = true;
        if (!t)
                return 0;
        for (;;) {
                uint32_t i = next_live(t, *cursor);

                *end = i >= MEDIA_SESSIONS_MAX;
                if (*end || n == max)
                        break;
                if (!media_slot(t, i)->closed)
                        row_of(media_slot(t, i), &rows[n++]);
                *cursor = i + 1;
        }
        return n;
}

void media_count(const struct worker *w, struct media_count *out)
{
        *out = w->media ? w->media->count : (struct media_count){ 0 };
}
