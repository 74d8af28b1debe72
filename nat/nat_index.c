#include "nat/nat_int.h"

#include "platform/base/hash.h"

/* The prefixes that make up a range, one after the other. */
struct cover {
        unsigned __int128 lo, hi;
        uint32_t fam;
        unsigned bits;
        bool done;
};

/* The low n bits. */
static unsigned __int128 low_bits(unsigned n)
{
        return n >= 128 ? ~(unsigned __int128)0 : ((unsigned __int128)1 << n) - 1;
}

static struct cover cover_of(const struct addr_range *r)
{
        return (struct cover){
                .lo = addr_num(&r->lo),
                .hi = addr_num(&r->hi),
                .fam = r->lo.fam,
                .bits = addr_is_v4(&r->lo) ? 32 : 128,
        };
}

static bool cover_next(struct cover *c, struct prefix *p)
{
        unsigned k = 0;

        if (c->done)
                return false;
        while (k < c->bits && !(c->lo & low_bits(k + 1)) && low_bits(k + 1) <= c->hi - c->lo)
                k++;
        *p = (struct prefix){ .a = addr_of_num(c->fam, c->lo), .len = (uint8_t)(c->bits - k) };
        c->done = c->lo + low_bits(k) == c->hi;
        c->lo += low_bits(k) + 1;
        return true;
}

unsigned range_prefixes(const struct addr_range *r)
{
        struct cover c = cover_of(r);
        struct prefix p;
        unsigned n = 0;

        if (r->lo.fam == ADDR_NONE)
                return 1;
        while (cover_next(&c, &p))
                n++;
        return n;
}

int nat_index_init(struct nat_index *ix, struct arena *a, uint32_t max)
{
        uint32_t slots = 16;

        while (slots < max * 2)
                slots *= 2;
        *ix = (struct nat_index){ .mask = slots - 1, .max = max };
        ix->slot = arena_array(a, slots, sizeof *ix->slot);
        ix->entry = arena_array(a, max, sizeof *ix->entry);
        return ix->slot && ix->entry ? 0 : -1;
}

/* The slot of a key, or the free one where it would be. Keys come from the configuration, so the seed may be fixed.
 */
static struct nat_slot *slot_of(const struct nat_index *ix, const struct nat_key *k)
{
        uint32_t i = (uint32_t)hash_bytes(k, sizeof *k, 0) & ix->mask;

        while (ix->slot[i].head && memcmp(&ix->slot[i].key, k, sizeof *k) != 0)
                i = (i + 1) & ix->mask;
        return &ix->slot[i];
}

static struct nat_key key_of(const struct prefix *p, uint16_t iface, uint8_t proto, uint16_t port)
{
        struct nat_key k = { .fam = (uint8_t)p->a.fam, .len = p->len, .proto = proto, .port = port, .iface = iface };

        memcpy(k.w, p->a.w, sizeof k.w);
        return k;
}

static void note_len(struct nat_index *ix, const struct prefix *p, uint32_t rule)
{
        for (unsigned i = 0; i < ix->nlens; i++) {
                if (ix->len[i].fam == p->a.fam && ix->len[i].len == p->len)
                        return;
        }
        ix->len[ix->nlens++] = (struct nat_len){ .fam = (uint8_t)p->a.fam, .len = p->len, .first_rule = rule };
}

/* An earlier rule of the same key and interfaces always wins: the later one stays out, which bounds the chain. */
static bool shadowed(const struct nat_index *ix, const struct nat_rt *n, const struct nat_slot *s, uint32_t rule)
{
        for (uint32_t e = s->head; e; e = ix->entry[e - 1].next) {
                const struct nat_rule_rt *r = &n->rule[ix->entry[e - 1].rule];

                if (r->real_if == n->rule[rule].real_if && r->mapped_if == n->rule[rule].mapped_if && !r->peer)
                        return true;
        }
        return false;
}

static void add_prefix(struct nat_index *ix, const struct nat_rt *n, uint32_t rule, const struct nat_key *k)
{
        struct nat_slot *s = slot_of(ix, k);
        uint32_t e;

        if (shadowed(ix, n, s, rule))
                return;
        e = ++ix->nentries;
        ix->entry[e - 1] = (struct nat_entry){ .rule = rule };
        if (s->head)
                ix->entry[s->tail - 1].next = e;
        else
                s->head = e;
        s->tail = e;
        s->key = *k;
}

void nat_index_add(struct nat_index *ix, const struct nat_rt *n, uint32_t rule, const struct addr_range *range,
                   uint16_t iface, uint8_t proto, uint16_t port)
{
        struct cover c = cover_of(range);
        struct prefix p = { .len = 0 };
        struct nat_key k;

        c.done = range->lo.fam == ADDR_NONE;
        if (c.done) {
                k = key_of(&p, iface, proto, port);
                note_len(ix, &p, rule);
                add_prefix(ix, n, rule, &k);
        }
        while (cover_next(&c, &p)) {
                k = key_of(&p, iface, proto, port);
                note_len(ix, &p, rule);
                add_prefix(ix, n, rule, &k);
        }
}

static bool has_range(const struct addr_range *r, unsigned n, const struct addr *a)
{
        while (n) {
                unsigned mid = n / 2;

                if (addr_cmp(a, &r[mid].lo) < 0) {
                        n = mid;
                } else if (range_has(&r[mid], a)) {
                        return true;
                } else {
                        r += mid + 1;
                        n -= mid + 1;
                }
        }
        return false;
}

/* Addresses are answered for whoever asks. */
static bool peer_fits(const struct nat_peer *p, const struct nat_query *q)
{
        if (q->arp_if)
                return true;
        if (!q->peer)
                return false;
        if (p->proto && (p->proto != q->proto || q->peer->port != (q->peer_is_real ? p->real_port : p->mapped_port)))
                return false;
        return q->peer_is_real ? has_range(p->real, p->nreal, &q->peer->a)
                               : has_range(p->mapped, p->nmapped, &q->peer->a);
}

/* Answered for, the others of the box's own subnet would be taken for liars. */
static bool hides_neighbours(const struct nat_rule_rt *r, const struct iface_rt *ifc)
{
        return nat_rule_is_identity(r) || range_has(&r->mapped, &ifc->ip);
}

static bool accepts(const struct nat_rule_rt *r, const struct nat_query *q)
{
        if (r->mapped_if != IFACE_NONE && r->mapped_if != q->mapped_if)
                return false;
        if (q->service)
                return r->svc_proto != 0;
        if (r->peer && !peer_fits(r->peer, q))
                return false;
        return !q->arp_if || !hides_neighbours(r, q->arp_if) || !iface_connects(q->arp_if, &q->a);
}

/* The earlier of `best` and the first accepted rule of one key. */
static uint32_t probe(const struct nat_index *ix, const struct nat_rt *n, const struct nat_query *q,
                      const struct nat_key *k, uint32_t best)
{
        for (uint32_t e = slot_of(ix, k)->head; e; e = ix->entry[e - 1].next) {
                uint32_t rule = ix->entry[e - 1].rule;

                if (rule >= best)
                        return best;
                if (accepts(&n->rule[rule], q))
                        return rule;
        }
        return best;
}

static uint32_t probe_len(const struct nat_index *ix, const struct nat_rt *n, const struct nat_query *q, uint8_t len,
                          uint32_t best)
{
        struct prefix p = { .a = q->a, .len = len };
        struct nat_key k;

        if (p.a.fam != ADDR_NONE)
                prefix_normalise(&p);
        for (unsigned any_if = 0; any_if < 2; any_if++) {
                k = key_of(&p, any_if ? IFACE_NONE : q->iface, 0, 0);
                best = probe(ix, n, q, &k, best);
                k.proto = q->proto;
                k.port = q->port;
                best = probe(ix, n, q, &k, best);
        }
        return best;
}

const struct nat_rule_rt *nat_index_find(const struct nat_index *ix, const struct nat_rt *n,
                                         const struct nat_query *q)
{
        uint32_t best = n->n;

        for (unsigned i = 0; i < ix->nlens; i++) {
                if (ix->len[i].fam == q->a.fam && ix->len[i].first_rule < best)
                        best = probe_len(ix, n, q, ix->len[i].len, best);
        }
        return best < n->n ? &n->rule[best] : NULL;
}
