/*
 * What leased ports stand for. A mapping is told to the dataplane by MAP before the bytes that speak of it, stays
 * there while a group holds it and after that while connections use it; its port is free again with MAP_GONE. Asked
 * for again before that, it is the same one.
 */
#include "proxy/punt/pat_int.h"

struct real_key {
        uint32_t real[4], mapped[4];
        uint16_t port, real_if, mapped_if;
        uint8_t fam, proto, link, pair;
        uint16_t zero;
};
_Static_assert(sizeof(struct real_key) == 44, "real_key must have no padding");

struct mapped_key {
        uint32_t mapped[4];
        uint16_t port, mapped_if; /* port: the even one */
        uint8_t fam, proto, link, zero;
};
_Static_assert(sizeof(struct mapped_key) == 24, "mapped_key must have no padding");

static uint64_t real_hash(const struct pat *p, const struct xlate_lease *x, unsigned link, bool pair)
{
        struct real_key k = { .port = x->real.port,
                              .real_if = x->real_if,
                              .mapped_if = x->mapped_if,
                              .fam = (uint8_t)x->real.a.fam,
                              .proto = x->proto,
                              .link = (uint8_t)link,
                              .pair = pair };

        memcpy(k.real, x->real.a.w, sizeof k.real);
        memcpy(k.mapped, x->mapped.a.w, sizeof k.mapped);
        return hash_bytes(&k, sizeof k, p->seed);
}

static uint64_t mapped_hash(const struct pat *p, unsigned link, uint16_t mapped_if, uint8_t proto,
                            const struct endpoint *e)
{
        struct mapped_key k = { .port = e->port & 0xfffe,
                                .mapped_if = mapped_if,
                                .fam = (uint8_t)e->a.fam,
                                .proto = proto,
                                .link = (uint8_t)link };

        memcpy(k.mapped, e->a.w, sizeof k.mapped);
        return hash_bytes(&k, sizeof k, p->seed);
}

static bool same_source(const struct pat_mapping *m, const struct xlate_lease *x, unsigned link, bool pair)
{
        const struct xlate_lease *o = &m->m.x;

        return m->link == link && m->m.pair == pair && o->real.port == x->real.port && o->real_if == x->real_if &&
               o->mapped_if == x->mapped_if && o->proto == x->proto && addr_eq(&o->real.a, &x->real.a) &&
               addr_eq(&o->mapped.a, &x->mapped.a);
}

static struct xlate_lease lease_of(const struct pat_place *at, const struct endpoint *real)
{
        return (struct xlate_lease){ .real_if = at->real_if,
                                     .mapped_if = at->mapped_if,
                                     .proto = at->proto,
                                     .rule = at->rule,
                                     .real = *real,
                                     .mapped = { at->mapped, 0 } };
}

static struct pat_mapping *find(const struct pat *p, const struct pat_place *at, const struct endpoint *real,
                                bool pair)
{
        struct xlate_lease x = lease_of(at, real);

        if (pair)
                x.real.port &= 0xfffe;
        hash_each_match(n, &p->by_real, real_hash(p, &x, at->link, pair)) {
                struct pat_mapping *m = container_of(n, struct pat_mapping, by_real);

                if (same_source(m, &x, at->link, pair))
                        return m;
        }
        return NULL;
}

/* The mapping of the pair that this port is in, or of the port alone. */
static struct pat_mapping *find_any(const struct pat *p, const struct pat_place *at, const struct endpoint *real)
{
        struct pat_mapping *m = find(p, at, real, true);

        return m ? m : find(p, at, real, false);
}

struct pat_mapping *pat_mapping_known(const struct pat *p, const struct pat_place *at, const struct endpoint *real,
                                      bool pair)
{
        return pair ? find(p, at, real, true) : find_any(p, at, real);
}

static struct endpoint seen_as(const struct pat_mapping *m, const struct endpoint *real)
{
        return (struct endpoint){ m->m.x.mapped.a, (uint16_t)(m->m.x.mapped.port + real->port - m->m.x.real.port) };
}

/* A mapping that nobody holds only waits for the dataplane to let go of it. */
bool pat_find(const struct pat *p, const struct pat_place *at, const struct endpoint *real, struct endpoint *out)
{
        struct pat_mapping *m = find_any(p, at, real);

        if (!m || !m->refs)
                return false;
        *out = seen_as(m, real);
        return true;
}

static struct pat_mapping *find_mapped(const struct pat *p, unsigned link, uint16_t mapped_if, uint8_t proto,
                                       const struct endpoint *e)
{
        hash_each_match(n, &p->by_mapped, mapped_hash(p, link, mapped_if, proto, e)) {
                struct pat_mapping *m = container_of(n, struct pat_mapping, by_mapped);
                const struct xlate_lease *x = &m->m.x;

                if (m->link == link && x->mapped_if == mapped_if && x->proto == proto &&
                    x->mapped.port / 2 == e->port / 2 && addr_eq(&x->mapped.a, &e->a))
                        return m;
        }
        return NULL;
}

bool pat_find_real(const struct pat *p, unsigned link, uint16_t mapped_if, uint8_t proto,
                   const struct endpoint *mapped, struct endpoint *out)
{
        const struct pat_mapping *m = find_mapped(p, link, mapped_if, proto, mapped);

        if (!m || !m->refs || (!m->m.pair && mapped->port != m->m.x.mapped.port))
                return false;
        *out = (struct endpoint){ m->m.x.real.a, (uint16_t)(m->m.x.real.port + mapped->port - m->m.x.mapped.port) };
        return true;
}

/* ---- life ---- */

static bool tell(struct pat *p, struct pat_mapping *m)
{
        struct punt_msg msg = { .kind = PUNT_MAP, .map = m->m };

        msg.map.gen++;
        if (!pat_push(p, m->link, &msg)) /* a GONE that is on its way still means this mapping */
                return false;
        m->m.gen = msg.map.gen;
        p->owed -= m->owed;
        m->owed = m->lost = false;
        return true;
}

static void forget(struct pat *p, struct pat_mapping *m)
{
        hash_del(&p->by_real, &m->by_real);
        hash_del(&p->by_mapped, &m->by_mapped);
        p->owed -= m->owed;
        pat_pair_give(p, m->block, m->m.x.mapped.port & 0xfffe);
        pool_put(p->maps, m);
}

static struct pat_mapping *make(struct pat *p, const struct pat_place *at, const struct endpoint *real, bool pair)
{
        struct punt_lease kind = { .iface = at->mapped_if, .proto = at->proto, .addr = at->mapped };
        uint16_t block, port = pat_pair_take(p, at->link, &kind, &block);
        struct pat_mapping *m = port ? pool_get(p->maps) : NULL;

        if (!m) {
                if (port)
                        pat_pair_give(p, block, port);
                return NULL;
        }
        m->link = (uint8_t)at->link;
        m->block = block;
        m->m = (struct punt_map){ .x = lease_of(at, real), .pair = pair };
        if (pair)
                m->m.x.real.port &= 0xfffe;
        m->m.x.mapped.port = (uint16_t)(port | (m->m.x.real.port & 1)); /* media keeps its parity */
        hash_add(&p->by_real, &m->by_real, real_hash(p, &m->m.x, m->link, pair));
        hash_add(&p->by_mapped, &m->by_mapped, mapped_hash(p, m->link, at->mapped_if, at->proto, &m->m.x.mapped));
        return m;
}

struct pat_mapping *pat_mapping_for(struct pat *p, const struct pat_place *at, const struct endpoint *real, bool pair,
                                    struct endpoint *out)
{
        struct pat_mapping *m = pat_mapping_known(p, at, real, pair);
        bool fresh = !m;

        if (fresh)
                m = make(p, at, real, pair);
        if (!m)
                return NULL;
        if ((!m->refs || m->lost) && !tell(p, m)) {
                if (fresh)
                        forget(p, m);
                return NULL;
        }
        *out = seen_as(m, real);
        return m;
}

void pat_mapping_hold(struct pat_mapping *m)
{
        m->refs++;
}

static void unmap(struct pat *p, struct pat_mapping *m)
{
        struct punt_msg msg = { .kind = PUNT_UNMAP, .map = m->m };
        bool owe = !pat_push(p, m->link, &msg);

        p->owed += owe - m->owed;
        m->owed = owe;
}

void pat_mapping_release(struct pat *p, struct pat_mapping *m)
{
        if (--m->refs)
                return;
        if (m->lost)
                forget(p, m);
        else
                unmap(p, m);
}

void pat_mapping_gone(struct pat *p, unsigned link, const struct punt_map *g)
{
        struct pat_mapping *m = find_mapped(p, link, g->x.mapped_if, g->x.proto, &g->x.mapped);

        if (!m || m->m.gen != g->gen)
                return;
        if (m->refs)
                m->lost = true;
        else
                forget(p, m);
}

void pat_mapping_pay(struct pat *p)
{
        for (uint32_t i = 0; p->owed && i < pool_high(p->maps); i++) {
                struct pat_mapping *m = pool_at(p->maps, i);

                if (pool_live(p->maps, i) && m->owed)
                        unmap(p, m);
        }
}
