/* Pairs of media ports (RTP even, RTCP odd) of one proxy worker. The pairs of an address are dealt out by number, so workers need no word. */
#include "platform/base/mem.h"
#include "proxy/media.h"

#define PAIRS 32768u
#define REST_MS 5000u

struct addr_ports {
        struct addr a;
        unsigned used;
        uint32_t next; /* where the next search begins; random at first */
        uint8_t busy[PAIRS / 8];
        uint64_t rests[PAIRS]; /* a pair that was given back: from when on it may be taken; pages come when touched */
};

struct media_ports {
        unsigned id, n, naddrs;
        const struct rng *rng;
        const struct clock *clk;
        struct addr_ports *at; /* [MEDIA_ADDRS_MAX], reserved */
};

struct media_ports *media_ports_new(unsigned id, unsigned n, const struct rng *rng, const struct clock *clk)
{
        struct media_ports *p = mem_alloc(MEM_MEDIA, sizeof *p);

        if (!p)
                return NULL;
        *p = (struct media_ports){ .id = id, .n = n, .rng = rng, .clk = clk };
        p->at = mem_reserve(MEDIA_ADDRS_MAX * sizeof *p->at);
        if (p->at)
                return p;
        media_ports_free(p);
        return NULL;
}

void media_ports_free(struct media_ports *p)
{
        if (!p)
                return;
        mem_unreserve(p->at, MEDIA_ADDRS_MAX * sizeof *p->at);
        mem_free(p);
}

static struct addr_ports *find(const struct media_ports *p, const struct addr *a)
{
        for (unsigned i = 0; i < p->naddrs; i++)
                if (addr_eq(&p->at[i].a, a))
                        return &p->at[i];
        return NULL;
}

/* An address that is new takes the place of one without ports in use, if there is no other. */
static struct addr_ports *enter(struct media_ports *p, const struct addr *a)
{
        struct addr_ports *x = p->naddrs < MEDIA_ADDRS_MAX ? &p->at[p->naddrs++] : NULL;

        for (unsigned i = 0; !x && i < MEDIA_ADDRS_MAX; i++)
                if (!p->at[i].used)
                        x = &p->at[i];
        if (!x)
                return NULL;
        memset(x, 0, sizeof *x);
        x->a = *a;
        x->next = rng_below(p->rng, PAIRS);
        return x;
}

static uint64_t now_ms(const struct media_ports *p)
{
        return (uint64_t)p->clk->mono_ns(p->clk->ctx) / 1000000u;
}

static bool is_busy(const struct addr_ports *x, uint32_t pair)
{
        return x->busy[pair / 8] >> pair % 8 & 1;
}

uint16_t media_port_take(struct media_ports *p, const struct addr *a, uint16_t lo, uint16_t hi)
{
        struct addr_ports *x = find(p, a);
        uint32_t first = (lo + 1u) / 2, pairs = hi > lo ? (hi + 1u) / 2 - first : 0;
        uint64_t now = now_ms(p);

        if (!x)
                x = enter(p, a);
        for (uint32_t i = 0; x && i < pairs; i++) {
                uint32_t pair = first + x->next++ % pairs;

                if (pair % p->n != p->id || is_busy(x, pair) || x->rests[pair] > now)
                        continue;
                x->busy[pair / 8] |= (uint8_t)(1u << pair % 8);
                x->used++;
                return (uint16_t)(pair * 2);
        }
        return 0;
}

void media_port_give(struct media_ports *p, const struct addr *a, uint16_t port)
{
        struct addr_ports *x = find(p, a);
        uint32_t pair = port / 2u;

        if (!x || !is_busy(x, pair))
                return;
        x->busy[pair / 8] &= (uint8_t)~(1u << pair % 8);
        x->rests[pair] = now_ms(p) + REST_MS;
        x->used--;
}

unsigned media_ports_used(const struct media_ports *p, const struct addr *a)
{
        const struct addr_ports *x = find(p, a);

        return x ? x->used : 0;
}
