#include <string.h>

#include "platform/base/mem.h"
#include "platform/net/arp_int.h"
#include "platform/net/egress.h"

enum { ETHERTYPE_IP = 0x0800, ICMP_UNREACHABLE = 3, ICMP_HOST = 1 };

struct arp_table *arp_table_new(struct worker *w)
{
        struct arp_table *t = mem_alloc(MEM_ARP, sizeof *t);

        if (!t)
                return NULL;
        t->w = w;
        t->pool = pool_new(sizeof(struct arp_entry), ARP_ENTRIES_MAX, POOL_LIFO);
        /* Seeded: neighbours choose their addresses, they must not choose our chains. */
        if (!t->pool || hash_init(&t->hash, ARP_ENTRIES_MAX) < 0 ||
            rng_fill(w->env.rng, &t->seed, sizeof t->seed) < 0) {
                arp_table_free(t);
                return NULL;
        }
        t->timeout_s = 14400;
        return t;
}

static void drop_waiting(struct arp_table *t, struct arp_entry *a)
{
        struct pkt *pk;

        while ((pk = pkt_dequeue(&a->waiting))) {
                t->waiting--;
                dp_discard(t->w, pk, DROP_NO_ADJACENCY);
        }
}

void arp_table_free(struct arp_table *t)
{
        if (!t)
                return;
        for (uint32_t i = 0; t->pool && i < pool_high(t->pool); i++) {
                struct arp_entry *a = pool_at(t->pool, i);

                if (!pool_live(t->pool, i))
                        continue;
                drop_waiting(t, a);
                arp_remove(t, a);
        }
        hash_fini(&t->hash);
        pool_free(t->pool);
        mem_free(t);
}

static uint64_t entry_hash(const struct arp_table *t, uint16_t iface, const struct addr *ip)
{
        return hash_bytes(ip, sizeof *ip, t->seed + iface);
}

struct arp_entry *arp_find(struct arp_table *t, uint16_t iface, const struct addr *ip)
{
        struct arp_entry *a = t->last;

        if (a && a->iface == iface && addr_eq(&a->ip, ip))
                return a;
        hash_each_match(it, &t->hash, entry_hash(t, iface, ip)) {
                a = container_of(it, struct arp_entry, node);
                if (a->iface == iface && addr_eq(&a->ip, ip)) {
                        t->last = a;
                        return a;
                }
        }
        return NULL;
}

struct arp_entry *arp_add(struct arp_table *t, uint16_t iface, const struct addr *ip)
{
        struct arp_entry *a = pool_get(t->pool);

        if (!a)
                return NULL;
        a->t = t;
        a->iface = iface;
        a->ip = *ip;
        a->state = ARP_ASKING;
        t->asking++;
        hash_add(&t->hash, &a->node, entry_hash(t, iface, ip));
        return a;
}

void arp_remove(struct arp_table *t, struct arp_entry *a)
{
        if (a->state == ARP_ASKING)
                t->asking--;
        if (t->last == a)
                t->last = NULL;
        tmr_cancel(t->w->tmr, &a->tmr);
        hash_del(&t->hash, &a->node);
        pool_put(t->pool, a);
}

static void ask(struct arp_table *t, struct arp_entry *a)
{
        const struct iface_rt *ifc = t->w->snap ? iface_by_idx(net_rt(t->w->snap), a->iface) : NULL;

        a->tries++;
        if (ifc && ifc->up)
                arp_send(t->w, ifc, 1, a->state == ARP_REFRESH ? &a->mac : NULL, &ifc->ip, &a->ip);
        tmr_set(t->w->tmr, &a->tmr, ARP_RETRY_MS);
}

void arp_give_up(struct arp_table *t, struct arp_entry *a)
{
        if (a->waiting.head)
                icmp_send_error(t->w, a->waiting.head, ICMP_UNREACHABLE, ICMP_HOST, 0);
        drop_waiting(t, a);
        arp_remove(t, a);
}

/* A neighbour nobody talks to any more just goes; one in use is asked first, so that its traffic never pauses. */
static void expire(struct arp_table *t, struct arp_entry *a, uint64_t now_ms)
{
        uint64_t due = a->confirmed_ms + t->timeout_s * 1000ull;

        if (now_ms < due) {
                tmr_set(t->w->tmr, &a->tmr, due - now_ms);
        } else if (!a->used) {
                arp_remove(t, a);
        } else {
                a->state = ARP_REFRESH;
                a->tries = 0;
                ask(t, a);
        }
}

static void on_timer(struct tmr *tm, uint64_t now_ms)
{
        struct arp_entry *a = container_of(tm, struct arp_entry, tmr);

        if (a->state == ARP_KNOWN)
                expire(a->t, a, now_ms);
        else if (a->tries < ARP_TRIES)
                ask(a->t, a);
        else
                arp_give_up(a->t, a);
}

static void send_to(struct worker *w, struct pkt *pk, const struct iface_rt *ifc, const struct mac *mac)
{
        pk->off = pk->l3;
        pk->len = pk->end - pk->l3;
        if (arp_push_header(pk, ifc, mac, ETHERTYPE_IP))
                dp_transmit(w, pk);
        else
                dp_discard(w, pk, DROP_NO_BUFFER);
}

static void send_waiting(struct arp_table *t, struct arp_entry *a)
{
        const struct iface_rt *ifc = iface_by_idx(net_rt(t->w->snap), a->iface);
        struct pkt *pk;

        while ((pk = pkt_dequeue(&a->waiting))) {
                t->waiting--;
                if (ifc)
                        send_to(t->w, pk, ifc, &a->mac);
                else
                        dp_discard(t->w, pk, DROP_IFACE_DOWN);
        }
}

void arp_confirm(struct arp_table *t, struct arp_entry *a, const struct mac *mac)
{
        if (a->state == ARP_STATIC)
                return;
        if (a->state == ARP_ASKING)
                t->asking--;
        a->state = ARP_KNOWN;
        a->mac = *mac;
        a->used = false;
        a->confirmed_ms = t->w->now_ms;
        a->tmr.fn = on_timer;
        tmr_set(t->w->tmr, &a->tmr, t->timeout_s * 1000ull);
        send_waiting(t, a);
}

/*
 * The packet outlives its conn here, so it must not point to it; the key it came with is kept for the case that its
 * source has to be told.
 */
static void wait_for(struct arp_table *t, struct arp_entry *a, struct pkt *pk)
{
        struct worker *w = t->w;

        if (a->waiting.n >= ARP_PENDING_MAX || t->waiting >= ARP_WAITING_MAX) {
                dp_discard(w, pk, DROP_NO_ADJACENCY);
                return;
        }
        if (pk->conn && w->env.wire_key)
                w->env.wire_key(w, pk, &pk->key);
        pk->conn = NULL;
        pkt_enqueue(&a->waiting, pk);
        t->waiting++;
}

static void resolve(struct arp_table *t, struct pkt *pk)
{
        struct arp_entry *a = t->asking < ARP_ASKING_MAX ? arp_add(t, pk->out_iface, &pk->next_hop) : NULL;

        if (!a) {
                dp_discard(t->w, pk, DROP_NO_ADJACENCY);
                return;
        }
        a->tmr.fn = on_timer;
        wait_for(t, a, pk);
        ask(t, a);
}

void arp_output(struct worker *w, struct pkt *pk)
{
        const struct iface_rt *ifc = w->snap ? iface_by_idx(net_rt(w->snap), pk->out_iface) : NULL;
        struct arp_entry *a;

        if (!ifc || !ifc->up) {
                dp_discard(w, pk, DROP_IFACE_DOWN);
                return;
        }
        if (!w->arp || !addr_is_v4(&pk->next_hop)) {
                dp_discard(w, pk, DROP_NO_ADJACENCY);
                return;
        }
        a = arp_find(w->arp, ifc->idx, &pk->next_hop);
        if (likely(a && a->state != ARP_ASKING)) {
                a->used = true;
                send_to(w, pk, ifc, &a->mac);
        } else if (a) {
                wait_for(w->arp, a, pk);
        } else {
                resolve(w->arp, pk);
        }
}

void arp_learn(struct worker *w, uint16_t iface, const struct addr *ip, const struct mac *mac)
{
        struct arp_entry *a;

        if (!w->arp || !w->snap || !addr_is_v4(ip) || arp_is_own(w, iface, ip))
                return;
        a = arp_find(w->arp, iface, ip);
        if (!a)
                a = arp_add(w->arp, iface, ip);
        if (a)
                arp_confirm(w->arp, a, mac);
}

unsigned arp_walk(const struct arp_table *t, uint32_t *cursor, struct arp_row *rows, unsigned max)
{
        unsigned n = 0;

        for (; *cursor < pool_high(t->pool) && n < max; ++*cursor) {
                const struct arp_entry *a = pool_at(t->pool, *cursor);

                if (!pool_live(t->pool, *cursor) || a->state == ARP_ASKING)
                        continue;
                rows[n++] = (struct arp_row){
                        .iface = a->iface,
                        .ip = a->ip,
                        .mac = a->mac,
                        .age_s = a->state == ARP_STATIC ? 0 : (uint32_t)((t->w->now_ms - a->confirmed_ms) / 1000),
                        .is_static = a->state == ARP_STATIC,
                };
        }
        return n;
}

unsigned arp_clear(struct arp_table *t)
{
        unsigned n = 0;

        for (uint32_t i = 0; i < pool_high(t->pool); i++) {
                struct arp_entry *a = pool_at(t->pool, i);

                if (!pool_live(t->pool, i) || a->state == ARP_STATIC || a->state == ARP_ASKING)
                        continue;
                arp_remove(t, a);
                n++;
        }
        return n;
}
