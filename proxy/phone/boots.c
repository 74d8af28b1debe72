#include "proxy/phone/boots.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "platform/base/hash.h"
#include "platform/base/list.h"
#include "platform/base/mem.h"
#include "platform/base/pool.h"

struct boot {
        struct hash_node by_device, by_addr;
        struct list age; /* the oldest first */
        struct boot_row row;
};

struct boots {
        struct pool *pool;
        struct hash_table devices, addrs;
        struct list age;
};

const char *boot_step_name(enum boot_step s)
{
        static const char *const name[BOOT_STEPS] = { "CTL", "Config file", "TLS", "Register" };

        return name[s];
}

struct boots *boots_new(void)
{
        struct boots *b = mem_alloc(MEM_PHONE, sizeof *b);

        if (!b)
                return NULL;
        list_init(&b->age);
        b->pool = pool_new(sizeof(struct boot), BOOTS_MAX, POOL_LIFO);
        if (b->pool && hash_init(&b->devices, BOOTS_MAX) == 0 && hash_init(&b->addrs, BOOTS_MAX) == 0)
                return b;
        boots_free(b);
        return NULL;
}

void boots_free(struct boots *b)
{
        if (!b)
                return;
        hash_fini(&b->devices);
        hash_fini(&b->addrs);
        pool_free(b->pool);
        mem_free(b);
}

static uint64_t addr_hash(uint16_t iface, const struct addr *a)
{
        return hash_bytes(a, sizeof *a, 11u + iface);
}

static struct boot *find(const struct boots *b, const char *device)
{
        hash_each_match(n, &b->devices, hash_str(device, 3)) {
                struct boot *x = container_of(n, struct boot, by_device);

                if (!strcmp(x->row.device, device))
                        return x;
        }
        return NULL;
}

static void forget(struct boots *b, struct boot *x)
{
        hash_del(&b->devices, &x->by_device);
        hash_del(&b->addrs, &x->by_addr);
        list_del(&x->age);
        pool_put(b->pool, x);
}

static struct boot *enter(struct boots *b, const char *device, uint16_t iface, const struct addr *at)
{
        struct boot *x = pool_get(b->pool);

        if (!x) {
                forget(b, list_entry(b->age.next, struct boot, age));
                x = pool_get(b->pool);
        }
        if (!x)
                return NULL;
        snprintf(x->row.device, sizeof x->row.device, "%s", device);
        x->row.iface = iface;
        x->row.at = *at;
        hash_add(&b->devices, &x->by_device, hash_str(x->row.device, 3));
        hash_add(&b->addrs, &x->by_addr, addr_hash(iface, at));
        list_add_tail(&b->age, &x->age);
        return x;
}

static void moved(struct boots *b, struct boot *x, uint16_t iface, const struct addr *at)
{
        list_del(&x->age);
        list_add_tail(&b->age, &x->age);
        if (x->row.iface == iface && addr_eq(&x->row.at, at))
                return;
        hash_del(&b->addrs, &x->by_addr);
        x->row.iface = iface;
        x->row.at = *at;
        hash_add(&b->addrs, &x->by_addr, addr_hash(iface, at));
}

void boot_note(struct boots *b, const char *device, uint16_t iface, const struct addr *at, enum boot_step step,
               time_t when, bool ok, const char *fmt, ...)
{
        struct boot *x = find(b, device);
        struct boot_note *n;
        va_list ap;

        if (x)
                moved(b, x, iface, at);
        else
                x = enter(b, device, iface, at);
        if (!x)
                return;
        if (step == BOOT_CTL)
                memset(x->row.step, 0, sizeof x->row.step);
        n = &x->row.step[step];
        n->when = when;
        n->ok = ok;
        va_start(ap, fmt);
        vsnprintf(n->text, sizeof n->text, fmt, ap);
        va_end(ap);
}

bool boot_alive(struct boots *b, const char *device)
{
        struct boot *x = find(b, device);

        if (!x)
                return false;
        list_del(&x->age);
        list_add_tail(&b->age, &x->age);
        return x->row.step[BOOT_REGISTER].ok;
}

const char *boot_device_at(const struct boots *b, uint16_t iface, const struct addr *at)
{
        const struct boot *only = NULL;

        hash_each_match(n, &b->addrs, addr_hash(iface, at)) {
                const struct boot *x = container_of(n, struct boot, by_addr);

                if (x->row.iface != iface || !addr_eq(&x->row.at, at))
                        continue;
                if (only)
                        return NULL; /* whoever is blamed may be the wrong one */
                only = x;
        }
        return only ? only->row.device : NULL;
}

unsigned boot_walk(const struct boots *b, uint32_t *cursor, struct boot_row *rows, unsigned max, bool *end)
{
        unsigned n = 0;

        for (; *cursor < pool_high(b->pool) && n < max; (*cursor)++)
                if (pool_live(b->pool, *cursor))
                        rows[n++] = ((const struct boot *)pool_at(b->pool, *cursor))->row;
        *end = *cursor >= pool_high(b->pool);
        return n;
}
