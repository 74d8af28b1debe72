/* The addresses the stage looks for: those of the snapshot, and those that sessions still hold ports of. */
#include "proxy/media/media_addr.h"
#include "proxy/media/media_int.h"

static void slot_put(struct media_table *t, unsigned idx)
{
        uint32_t i = (uint32_t)(t->addr[idx].a.v4 * 0x9E3779B1u >> 24);

        while (t->addr_slot[i])
                i = (i + 1) & (MEDIA_ADDR_SLOTS - 1);
        t->addr_slot[i] = (uint8_t)(idx + 1);
}

/* An entry keeps its index for life: sessions and port tables know it by that. */
static struct media_address *entry_free(struct media_table *t)
{
        for (unsigned i = 0; i < MEDIA_ADDRS_MAX; i++)
                if (!t->addr[i].a.fam)
                        return &t->addr[i];
        return NULL;
}

struct media_address *media_address_add(struct media_table *t, const struct addr *a)
{
        struct media_address *e;

        if (!addr_is_v4(a))
                return NULL;
        e = media_address_find(t, a->v4);
        if (e)
                return e;
        e = entry_free(t);
        if (!e)
                return NULL;
        e->a = *a;
        e->pairs = t->pairs + (size_t)(e - t->addr) * (MEDIA_PORTS / 2);
        t->naddrs++;
        slot_put(t, (unsigned)(e - t->addr));
        return e;
}

static void configured(void *ctx, const struct mta_rt *m)
{
        struct media_address *e = media_address_add(ctx, &m->addr);

        if (e)
                e->configured = true;
}

static void forget_unused(struct media_table *t)
{
        memset(t->addr_slot, 0, sizeof t->addr_slot);
        for (unsigned i = 0; i < MEDIA_ADDRS_MAX; i++) {
                if (!t->addr[i].a.fam)
                        continue;
                if (t->addr[i].configured || t->addr[i].users) {
                        slot_put(t, i);
                } else {
                        t->addr[i] = (struct media_address){ 0 };
                        t->naddrs--;
                }
        }
}

void media_addrs_refresh(struct media_table *t)
{
        const struct snapshot *s = t->w->snap;

        if (!s || s->gen == t->gen)
                return;
        t->gen = s->gen;
        for (unsigned i = 0; i < MEDIA_ADDRS_MAX; i++)
                t->addr[i].configured = false;
        forget_unused(t);
        media_addr_each(proxy_rt(s), configured, t);
}
