/*
 * Ports of shared addresses that proxy workers hold in blocks, to write into payloads without waiting for anybody.
 * A port is out of the pool from LEASE to GIVE. Between, MAP makes it stand for a source; when its translation has
 * ended the lessee hears GONE and may use it for another one.
 */
#include "nat/nat_rt.h"
#include "nat/portpool.h"
#include "platform/base/mem.h"
#include "proxy/punt/punt_int.h"

/* The lessee is told once nothing is left of a mapping; what does not fit the ring stays owed. */
static void pay_gone(struct punt *p, struct punt_block *b, unsigned pair)
{
        struct punt_msg m = { .kind = PUNT_MAP_GONE,
                              .map = { .x = { .mapped_if = b->lease.iface,
                                              .proto = b->lease.proto,
                                              .mapped = { b->lease.addr, (uint16_t)(b->lease.first + 2 * pair) } },
                                       .gen = b->pair[pair].gen } };
        bool owe = !punt_link_push(p, b->link, &m);

        p->gones_owed += owe - b->pair[pair].owe;
        b->pair[pair].owe = owe;
}

void punt_lease_pay(struct punt *p)
{
        for (unsigned i = 0; i < LEASES_MAX; i++)
                for (unsigned k = 0; p->block[i].live && k < LEASE_PORTS / 2; k++)
                        if (p->block[i].pair[k].owe)
                                pay_gone(p, &p->block[i], k);
}

static struct punt_block *block_of(struct punt *p, uint16_t iface, uint8_t proto, const struct endpoint *at)
{
        for (unsigned i = 0; i < LEASES_MAX; i++) {
                struct punt_block *b = &p->block[i];

                if (b->live && b->lease.iface == iface && b->lease.proto == proto && at->port >= b->lease.first &&
                    at->port - b->lease.first < b->lease.n && addr_eq(&b->lease.addr, &at->a))
                        return b;
        }
        return NULL;
}

/* ---- leases ---- */

static void tell_no_ports(struct punt *p, const struct punt_lease *want)
{
        char pool[ADDR_TEXT_MAX];

        if (log_full_tell(&p->ports_full, p->w->now_ms))
                log_msg(p->w->log, LOG_202010, LS("PAT"), LS(addr_print(&want->addr, pool)), LS("1024-65535"),
                        LS(want->proto == IPPROTO_TCP_ ? "TCP" : "UDP"), LS("proxy"), LA(&want->addr), LU(0),
                        LS(p->w->snap ? iface_name(net_rt(p->w->snap), want->iface) : ""), LA(&want->addr), LU(0));
}

static struct punt_block *block_take(struct punt *p, unsigned link, const struct punt_lease *want)
{
        struct punt_block *b = NULL;
        unsigned n = LEASE_PORTS;

        for (unsigned i = 0; i < LEASES_MAX && !b && p->w->xlates; i++)
                if (!p->block[i].live)
                        b = &p->block[i];
        if (!b) {
                if (log_full_tell(&p->leases_full, p->w->now_ms))
                        log_msg(p->w->log, LOG_321001, LS("blocks of PAT ports"), LU(LEASES_MAX));
                return NULL;
        }
        *b = (struct punt_block){ .link = (uint8_t)link, .lease = *want };
        b->lease.first = portpool_take_block(p->w, want->iface, &want->addr, want->proto, &n);
        b->lease.n = (uint8_t)n;
        b->live = b->lease.first != 0;
        p->nblocks += b->live;
        p->stat.leases_most = MAX_OF(p->stat.leases_most, p->nblocks);
        if (!b->live) {
                p->stat.refused_lease++;
                tell_no_ports(p, want);
        }
        return b->live ? b : NULL;
}

static void block_give(struct punt *p, struct punt_block *b)
{
        for (unsigned i = 0; i < b->lease.n; i++)
                portpool_give(p->w, &b->lease.addr, b->lease.proto, (uint16_t)(b->lease.first + i));
        b->live = false;
        p->nblocks--;
}

/* false: there was nothing to lease. An answer that does not fit: no lease was made, the lessee asks again. */
static bool lease(struct punt *p, unsigned link, const struct punt_lease *want)
{
        struct punt_block *b = block_take(p, link, want);
        struct punt_msg m = { .kind = PUNT_LEASE, .lease = *want };

        m.lease.n = 0;
        if (b)
                m.lease = b->lease;
        if (!punt_link_push(p, link, &m) && b)
                block_give(p, b);
        return m.lease.n;
}

static bool has_lease(const struct punt *p, unsigned link, const struct punt_lease *l)
{
        for (unsigned i = 0; p->nblocks && i < LEASES_MAX; i++) {
                const struct punt_block *b = &p->block[i];

                if (b->live && b->link == link && b->lease.iface == l->iface && b->lease.proto == l->proto &&
                    addr_eq(&b->lease.addr, &l->addr))
                        return true;
        }
        return false;
}

/* Where the first address has nothing left the interface's own may have. */
static void first_of(struct punt *p, unsigned link, const struct punt_flow_info *i, unsigned side, uint8_t proto)
{
        const struct endpoint *real = side ? &i->server_real : &i->client_real;
        const struct endpoint *peer = side ? &i->client_mapped : &i->server_mapped;
        struct punt_lease l = { .iface = i->iface[!side], .proto = proto };
        unsigned nth = 0;

        while (nat_shared_addr(p->w->snap, i->iface[side], l.iface, proto, real, peer, nth++, &l.addr))
                if (has_lease(p, link, &l) || lease(p, link, &l))
                        return;
}

/* Media is UDP, contacts go the way of the signalling. */
void punt_lease_first(struct punt *p, unsigned link, const struct punt_flow_info *i)
{
        if (i->engine != INSPECT_SIP || !p->w->xlates)
                return;
        for (unsigned side = 0; side < 2; side++) {
                first_of(p, link, i, side, IPPROTO_UDP_);
                if (i->proto != IPPROTO_UDP_)
                        first_of(p, link, i, side, i->proto);
        }
}

/* ---- mappings ---- */

static struct xlate_lease second(struct xlate_lease x)
{
        x.real.port++;
        x.mapped.port++;
        return x;
}

static void map(struct punt *p, unsigned link, const struct punt_map *m)
{
        struct punt_block *b = block_of(p, m->x.mapped_if, m->x.proto, &m->x.mapped);
        unsigned pair;
        struct xlate_lease next = second(m->x);

        if (!b || b->link != link)
                return;
        pair = (m->x.mapped.port - b->lease.first) / 2u;
        b->pair[pair].gen = m->gen;
        p->gones_owed -= b->pair[pair].owe;
        b->pair[pair].owe = false;
        b->pair[pair].n = 0;
        b->pair[pair].n += xlate_keep(p->w, &m->x);
        if (m->pair)
                b->pair[pair].n += xlate_keep(p->w, &next);
        if (!b->pair[pair].n)
                pay_gone(p, b, pair);
}

static void unmap(struct punt *p, const struct punt_map *m)
{
        struct xlate_lease next = second(m->x);

        xlate_unkeep(p->w, &m->x);
        if (m->pair)
                xlate_unkeep(p->w, &next);
}

static void on_lease_end(struct worker *w, const struct xlate_lease *x)
{
        struct punt *p = w->punt;
        struct punt_block *b = p ? block_of(p, x->mapped_if, x->proto, &x->mapped) : NULL;
        unsigned pair = b ? (x->mapped.port - b->lease.first) / 2u : 0;

        if (b && b->pair[pair].n && !--b->pair[pair].n)
                pay_gone(p, b, pair);
}

void punt_lease_msg(struct punt *p, unsigned link, const struct punt_msg *m)
{
        struct endpoint at = { m->lease.addr, m->lease.first };
        struct punt_block *b;

        switch (m->kind) {
        case PUNT_LEASE_ASK:
                lease(p, link, &m->lease);
                break;
        case PUNT_LEASE_GIVE:
                b = block_of(p, m->lease.iface, m->lease.proto, &at);
                if (b && b->link == link)
                        block_give(p, b);
                break;
        case PUNT_MAP:
                map(p, link, &m->map);
                break;
        default:
                unmap(p, &m->map);
                break;
        }
}

int punt_lease_init(struct punt *p)
{
        p->block = mem_alloc(MEM_FLOW, LEASES_MAX * sizeof *p->block);
        if (!p->block)
                return -1;
        if (p->w->xlates)
                xlate_on_lease_end(p->w, on_lease_end);
        return 0;
}

void punt_lease_fini(struct punt *p)
{
        if (p->w->xlates)
                xlate_on_lease_end(p->w, NULL);
        mem_free(p->block);
}
