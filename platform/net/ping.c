#include <string.h>

#include "platform/base/mem.h"
#include "platform/net/decode.h"
#include "platform/net/egress.h"
#include "platform/net/ping_int.h"
#include "platform/net/route.h"

enum { PING_SESSIONS = 16, PING_OUTSTANDING = 64, ICMP_HLEN = 8, IP_HLEN = 20, PING_SIZE_MAX = 65535 };

enum echo_state { ECHO_UNUSED, ECHO_SENT, ECHO_ANSWERED, ECHO_UNREACHABLE };

struct echo {
        uint16_t seq;
        uint8_t state;
        uint32_t rtt_us;
        uint64_t sent_ns;
};

struct ping {
        bool used;
        uint16_t iface, id;
        uint32_t size; /* of the ICMP message */
        struct addr dst;
        struct echo echo[PING_OUTSTANDING]; /* by sequence number modulo */
};

struct icmp_box {
        struct ping ping[PING_SESSIONS];
        struct traceroute trace[TRACES_MAX];
        uint16_t next_id;
        uint8_t msg[PING_SIZE_MAX]; /* one request under construction */
};

struct icmp_box *icmp_box_new(struct worker *w)
{
        struct icmp_box *b = mem_alloc(MEM_WORKER, sizeof *b);

        if (b)
                b->next_id = (uint16_t)rng_below(w->env.rng, 65536);
        return b;
}

void icmp_box_free(struct icmp_box *b)
{
        mem_free(b);
}

static struct ping *by_handle(const struct worker *w, unsigned handle)
{
        struct ping *p = w->icmp && handle - 1 < PING_SESSIONS ? &w->icmp->ping[handle - 1] : NULL;

        return p && p->used ? p : NULL;
}

struct traceroute *icmp_box_traces(struct icmp_box *b)
{
        return b->trace;
}

bool ping_reachable(const struct worker *w, uint16_t iface, const struct addr *dst)
{
        const struct net_rt *n = w->snap ? net_rt(w->snap) : NULL;

        if (!n)
                return false;
        return iface ? route_lookup_iface(n, dst, iface) != NULL : route_lookup(n, dst) != NULL;
}

unsigned ping_start(struct worker *w, uint16_t iface, const struct addr *dst, unsigned size)
{
        if (!w->icmp || !ping_reachable(w, iface, dst))
                return 0;
        for (unsigned i = 0; i < PING_SESSIONS; i++) {
                struct ping *p = &w->icmp->ping[i];

                if (p->used)
                        continue;
                memset(p, 0, sizeof *p);
                p->used = true;
                p->iface = iface;
                p->dst = *dst;
                p->id = w->icmp->next_id++;
                p->size = MIN_OF(MAX_OF(size, (unsigned)IP_HLEN + ICMP_HLEN), (unsigned)PING_SIZE_MAX) - IP_HLEN;
                return i + 1;
        }
        return 0;
}

static void build_request(struct icmp_box *b, const struct ping *p, uint16_t seq)
{
        const uint8_t head[ICMP_HLEN] = {
                8, 0, 0, 0, (uint8_t)(p->id >> 8), (uint8_t)p->id, (uint8_t)(seq >> 8), (uint8_t)seq
        };

        memcpy(b->msg, head, sizeof head);
        for (uint32_t i = ICMP_HLEN; i < p->size; i++)
                b->msg[i] = (uint8_t)i;
}

int ping_send(struct worker *w, unsigned handle, uint16_t seq)
{
        struct ping *p = by_handle(w, handle);
        struct echo *e;

        if (!p)
                return -1;
        e = &p->echo[seq % PING_OUTSTANDING];
        *e = (struct echo){ .seq = seq, .state = ECHO_SENT, .sent_ns = w->clk->mono_ns(w->clk->ctx) };
        build_request(w->icmp, p, seq);
        return box_send_ip(w, p->iface, NULL, &p->dst, IPPROTO_ICMP_, w->icmp->msg, p->size);
}

int ping_poll(struct worker *w, unsigned handle, uint16_t seq, uint32_t *rtt_us)
{
        struct ping *p = by_handle(w, handle);
        const struct echo *e = p ? &p->echo[seq % PING_OUTSTANDING] : NULL;

        if (!e || e->seq != seq)
                return 0;
        if (e->state == ECHO_ANSWERED) {
                *rtt_us = e->rtt_us;
                return 1;
        }
        return e->state == ECHO_UNREACHABLE ? 2 : 0;
}

void ping_stop(struct worker *w, unsigned handle)
{
        struct ping *p = by_handle(w, handle);

        if (p)
                p->used = false;
}

static struct echo *waiting(struct icmp_box *b, uint16_t id, uint16_t seq, const struct addr *dst)
{
        for (unsigned i = 0; i < PING_SESSIONS; i++) {
                struct ping *p = &b->ping[i];
                struct echo *e = &p->echo[seq % PING_OUTSTANDING];

                if (p->used && p->id == id && addr_eq(&p->dst, dst) && e->seq == seq && e->state == ECHO_SENT)
                        return e;
        }
        return NULL;
}

static uint16_t seq_at(const struct pkt *pk, uint32_t l4)
{
        return (uint16_t)(pk->buf[l4 + 6] << 8 | pk->buf[l4 + 7]);
}

static bool reply_input(struct worker *w, const struct pkt *pk)
{
        struct addr from = flow_src(&pk->key);
        struct echo *e = waiting(w->icmp, pk->key.dport, seq_at(pk, pk->l4), &from);

        if (!e)
                return false;
        e->state = ECHO_ANSWERED;
        e->rtt_us = (uint32_t)((w->clk->mono_ns(w->clk->ctx) - e->sent_ns) / 1000);
        return true;
}

static bool error_input(struct worker *w, const struct pkt *pk)
{
        struct icmp_quote q;
        struct addr to;
        struct echo *e;

        if (!decode_icmp_quote(pk, &q) || q.key.proto != IPPROTO_ICMP_)
                return false;
        to = flow_dst(&q.key);
        e = waiting(w->icmp, q.key.sport, seq_at(pk, q.l4), &to);
        if (!e)
                return false;
        e->state = ECHO_UNREACHABLE;
        return true;
}

bool ping_input(struct worker *w, const struct pkt *pk)
{
        if (pk->icmp_type == 0 ? reply_input(w, pk) : icmp_is_error(pk) && error_input(w, pk))
                return true;
        return traceroute_input(w, pk);
}
