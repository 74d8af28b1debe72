/* Blocks of ports leased from the dataplane: asked for before they run out, given back when nothing of them is used.
 */
#include "proxy/punt/pat_int.h"

#define ANSWER_TICKS 3u

static bool same_kind(const struct pat_addr *a, unsigned link, const struct punt_lease *k)
{
        return a->live && a->link == link && a->kind.iface == k->iface && a->kind.proto == k->proto &&
               addr_eq(&a->kind.addr, &k->addr);
}

static struct pat_addr *addr_of(struct pat *p, unsigned link, const struct punt_lease *k, bool make)
{
        struct pat_addr *unused = NULL;

        for (unsigned i = 0; i < PAT_ADDRS_MAX; i++) {
                if (same_kind(&p->addr[i], link, k))
                        return &p->addr[i];
                if (!p->addr[i].live && !unused)
                        unused = &p->addr[i];
        }
        if (!make || !unused)
                return NULL;
        *unused = (struct pat_addr){ .live = true, .link = (uint8_t)link, .kind = *k };
        return unused;
}

static void ask(struct pat *p, struct pat_addr *a)
{
        struct punt_msg m = { .kind = PUNT_LEASE_ASK, .lease = a->kind };

        if (a->asked || a->empty || a->free >= PAT_LOW || p->nblocks == LEASES_MAX)
                return;
        m.lease.n = LEASE_PORTS;
        a->asked = pat_push(p, a->link, &m) ? ANSWER_TICKS : 0;
}

/* The lowest free pair of the fullest block would be best; the first block that has one is good enough, and keeps the
 * later ones free to go back. */
static uint16_t take_of(struct pat *p, unsigned addr, uint16_t *block)
{
        for (unsigned i = 0; i < LEASES_MAX; i++) {
                struct pat_block *b = &p->block[i];

                if (!b->live || b->addr != addr)
                        continue;
                for (unsigned k = 0; k < b->n / 2u; k++) {
                        if (b->used >> k & 1)
                                continue;
                        b->used |= 1u << k;
                        p->addr[addr].free--;
                        *block = (uint16_t)i;
                        return (uint16_t)(b->first + 2 * k);
                }
        }
        return 0;
}

uint16_t pat_pair_take(struct pat *p, unsigned link, const struct punt_lease *kind, uint16_t *block)
{
        struct pat_addr *a = addr_of(p, link, kind, true);
        uint16_t port;

        if (!a)
                return 0;
        port = a->free ? take_of(p, (unsigned)(a - p->addr), block) : 0;
        ask(p, a);
        return port;
}

void pat_pair_give(struct pat *p, uint16_t block, uint16_t port)
{
        struct pat_block *b = &p->block[block];

        b->used &= ~(1u << (port - b->first) / 2);
        p->addr[b->addr].free++;
}

bool pat_awaits(const struct pat *p, const struct pat_place *at)
{
        struct punt_lease kind = { .iface = at->mapped_if, .proto = at->proto, .addr = at->mapped };

        for (unsigned i = 0; i < PAT_ADDRS_MAX; i++)
                if (same_kind(&p->addr[i], at->link, &kind))
                        return p->addr[i].asked && !p->addr[i].free;
        return false;
}

/* n 0: there were none. What there is no place for goes back. */
void pat_leased(struct pat *p, unsigned link, const struct punt_lease *l)
{
        struct punt_lease kind = { .iface = l->iface, .proto = l->proto, .addr = l->addr };
        struct pat_addr *a = addr_of(p, link, &kind, l->n > 0);
        struct punt_msg back = { .kind = PUNT_LEASE_GIVE, .lease = *l };

        if (a) {
                a->asked = 0;
                a->empty = !l->n;
        }
        if (!l->n)
                return;
        for (unsigned i = 0; a && i < LEASES_MAX; i++) {
                struct pat_block *b = &p->block[i];

                if (b->live)
                        continue;
                *b = (struct pat_block){ true, (uint16_t)(a - p->addr), l->first, l->n, 0 };
                a->free += l->n / 2u;
                a->blocks++;
                p->nblocks++;
                return;
        }
        pat_push(p, link, &back);
}

static void block_give(struct pat *p, struct pat_block *b)
{
        struct pat_addr *a = &p->addr[b->addr];
        struct punt_msg m = { .kind = PUNT_LEASE_GIVE, .lease = a->kind };

        m.lease.first = b->first;
        m.lease.n = (uint8_t)b->n;
        if (!pat_push(p, a->link, &m))
                return;
        a->free -= b->n / 2u;
        a->blocks--;
        b->live = false;
        p->nblocks--;
}

void pat_tick(struct pat *p, uint64_t now_ms UNUSED, bool idle)
{
        for (unsigned i = 0; p->nblocks && i < LEASES_MAX; i++) {
                struct pat_block *b = &p->block[i];

                if (b->live && !b->used && (idle || p->addr[b->addr].free >= b->n / 2u + 2 * PAT_LOW))
                        block_give(p, b);
        }
        for (unsigned i = 0; i < PAT_ADDRS_MAX; i++) {
                struct pat_addr *a = &p->addr[i];

                a->asked -= a->asked > 0;
                a->empty = false;
                if (a->live && !a->blocks && !a->asked && idle)
                        a->live = false;
                else if (a->live && !idle)
                        ask(p, a);
        }
}
