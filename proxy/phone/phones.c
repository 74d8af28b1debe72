#include "proxy/phone/phones.h"

#include <stdio.h>
#include <string.h>

#include "platform/base/hash.h"
#include "platform/base/mem.h"
#include "platform/base/pool.h"
#include "proxy/punt/sources.h"

struct phone {
        struct hash_node by_device;
        struct tmr tmr;
        struct phone_table *t;
        struct phone_row row;
        uint64_t seen_ms;
};

struct phone_table {
        struct tmr_wheel *tmr;
        struct pool *pool;
        struct hash_table devices;
        uint32_t most;
};

struct phone_table *phone_table_new(struct tmr_wheel *w)
{
        struct phone_table *t = mem_alloc(MEM_PHONE, sizeof *t);

        if (!t)
                return NULL;
        t->tmr = w;
        t->pool = pool_new(sizeof(struct phone), PHONES_MAX, POOL_LIFO);
        if (t->pool && hash_init(&t->devices, PHONES_MAX) == 0)
                return t;
        phone_table_free(t);
        return NULL;
}

static void forget(struct phone_table *t, struct phone *p)
{
        hash_del(&t->devices, &p->by_device);
        tmr_cancel(t->tmr, &p->tmr);
        pool_put(t->pool, p);
}

void phone_table_free(struct phone_table *t)
{
        if (!t)
                return;
        for (uint32_t i = 0; t->pool && i < pool_high(t->pool); i++)
                if (pool_live(t->pool, i))
                        forget(t, pool_at(t->pool, i));
        hash_fini(&t->devices);
        pool_free(t->pool);
        mem_free(t);
}

static uint64_t device_hash(uint32_t pp, const char *device)
{
        return hash_bytes(device, strlen(device), pp + 1);
}

static struct phone *find_of(const struct phone_table *t, uint32_t pp, const char *device, const uint8_t owner[32])
{
        struct hash_node *n = hash_first(&t->devices, device_hash(pp, device));

        for (; n; n = hash_next(n)) {
                struct phone *p = container_of(n, struct phone, by_device);

                if (p->row.phone_proxy_id == pp && strcmp(p->row.device, device) == 0 &&
                    memcmp(p->row.owner, owner, sizeof p->row.owner) == 0)
                        return p;
        }
        return NULL;
}

/* One whose certificate names it. */
static struct phone *find(const struct phone_table *t, uint32_t pp, const char *device)
{
        static const uint8_t itself[32];

        return find_of(t, pp, device, itself);
}

static void on_timeout(struct tmr *m, uint64_t now UNUSED)
{
        struct phone *p = container_of(m, struct phone, tmr);

        forget(p->t, p);
}

/* While there is plenty of room nobody counts. */
static bool has_its_share(const struct phone_table *t, const struct addr *a)
{
        uint32_t n = 0;

        for (uint32_t i = 0; pool_used(t->pool) >= PHONES_MAX / 2 && i < pool_high(t->pool); i++)
                n += pool_live(t->pool, i) && addr_eq(&((struct phone *)pool_at(t->pool, i))->row.at.a, a);
        return n >= source_share(PHONES_MAX);
}

static struct phone *enter(struct phone_table *t, const struct phone_row *row)
{
        struct phone *p = has_its_share(t, &row->at.a) ? NULL : pool_get(t->pool);

        if (!p)
                return NULL;
        p->t = t;
        p->tmr.fn = on_timeout;
        p->row = *row;
        hash_add(&t->devices, &p->by_device, device_hash(row->phone_proxy_id, row->device));
        if (pool_used(t->pool) > t->most)
                t->most = pool_used(t->pool);
        return p;
}

enum phone_result phone_seen(struct phone_table *t, const struct phone_row *row)
{
        struct phone *p = find_of(t, row->phone_proxy_id, row->device, row->owner);
        uint8_t mode = row->mode ? row->mode : p ? p->row.mode : PHONE_MODE_UNKNOWN;

        if (!p)
                p = enter(t, row);
        if (!p)
                return PHONE_FULL;
        p->row = *row;
        p->row.mode = mode;
        p->seen_ms = tmr_now(t->tmr);
        tmr_set(t->tmr, &p->tmr, row->timeout_ms);
        return PHONE_OK;
}

static bool is_elsewhere(const struct phone *p, uint16_t iface, const struct addr *at)
{
        return p && p->row.session && (p->row.iface != iface || !addr_eq(&p->row.at.a, at));
}

bool phone_is_elsewhere(const struct phone_table *t, uint32_t pp, const char *device, uint16_t iface,
                        const struct addr *at)
{
        return is_elsewhere(find(t, pp, device), iface, at);
}

enum phone_result phone_asked(struct phone_table *t, const struct phone_row *row)
{
        struct phone *p = find(t, row->phone_proxy_id, row->device);

        if (p && row->mode)
                p->row.mode = row->mode;
        if (is_elsewhere(p, row->iface, &row->at.a))
                return PHONE_ELSEWHERE;
        if (p && p->row.session) {
                tmr_set(t->tmr, &p->tmr, row->timeout_ms);
                return PHONE_OK;
        }
        return !p && pool_used(t->pool) >= PHONES_MAX / 2 ? PHONE_FULL : phone_seen(t, row);
}

enum phone_mode phone_mode(const struct phone_table *t, uint32_t pp, const char *device)
{
        const struct phone *p = find(t, pp, device);

        return p ? (enum phone_mode)p->row.mode : PHONE_MODE_UNKNOWN;
}

bool phone_known(const struct phone_table *t, uint32_t pp, const char *device)
{
        return find(t, pp, device) != NULL;
}

bool phone_registered(const struct phone_table *t, const struct phone_row *who)
{
        const struct phone *p = find_of(t, who->phone_proxy_id, who->device, who->owner);

        return p && p->row.session;
}

void phone_left(struct phone_table *t, const struct phone_row *who)
{
        struct phone *p = find_of(t, who->phone_proxy_id, who->device, who->owner);

        if (p)
                forget(t, p);
}

uint32_t phone_count_of(const struct phone_table *t, uint64_t session)
{
        uint32_t n = 0;

        for (uint32_t i = 0; i < pool_high(t->pool); i++)
                n += pool_live(t->pool, i) && ((const struct phone *)pool_at(t->pool, i))->row.session == session;
        return n;
}

void phone_gone(struct phone_table *t, uint32_t pp, const char *device)
{
        struct phone *p = find(t, pp, device);

        if (p)
                forget(t, p);
}

void phone_keep(struct phone_table *t, bool (*keep)(void *ctx, uint32_t phone_proxy_id), void *ctx)
{
        for (uint32_t i = 0; i < pool_high(t->pool); i++) {
                struct phone *p = pool_live(t->pool, i) ? pool_at(t->pool, i) : NULL;

                if (p && !keep(ctx, p->row.phone_proxy_id))
                        forget(t, p);
        }
}

static bool is_other(void *ctx, uint32_t pp)
{
        return *(const uint32_t *)ctx != pp;
}

void phone_void(struct phone_table *t, uint32_t pp)
{
        phone_keep(t, is_other, &pp);
}

static bool is_left_at(const struct phone_table *t, const struct phone_row *place)
{
        for (uint32_t i = 0; i < pool_high(t->pool); i++) {
                const struct phone *p = pool_live(t->pool, i) ? pool_at(t->pool, i) : NULL;

                if (p && p->row.iface == place->iface && addr_eq(&p->row.at.a, &place->at.a))
                        return true;
        }
        return false;
}

uint32_t phone_clear(struct phone_table *t, const char *device,
                     void (*gone)(void *ctx, uint16_t iface, const struct addr *a), void *ctx)
{
        uint32_t n = 0;

        for (uint32_t i = 0; i < pool_high(t->pool); i++) {
                struct phone *p = pool_live(t->pool, i) ? pool_at(t->pool, i) : NULL;
                struct phone_row was;

                if (!p || strcmp(p->row.device, device) != 0)
                        continue;
                was = p->row;
                forget(t, p);
                n++;
                if (!is_left_at(t, &was))
                        gone(ctx, was.iface, &was.at.a);
        }
        return n;
}

uint32_t phone_count(const struct phone_table *t)
{
        return pool_used(t->pool);
}

uint32_t phone_most(const struct phone_table *t)
{
        return t->most;
}

unsigned phone_walk(const struct phone_table *t, uint32_t *cursor, struct phone_row *rows, unsigned max, bool *end)
{
        unsigned n = 0;

        for (; *cursor < pool_high(t->pool) && n < max; (*cursor)++) {
                const struct phone *p = pool_live(t->pool, *cursor) ? pool_at(t->pool, *cursor) : NULL;

                if (!p)
                        continue;
                rows[n] = p->row;
                rows[n++].idle_ms = tmr_now(t->tmr) - p->seen_ms;
        }
        *end = *cursor >= pool_high(t->pool);
        return n;
}
