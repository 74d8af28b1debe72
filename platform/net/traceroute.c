#include "platform/net/traceroute.h"

#include <string.h>

#include "platform/net/decode.h"
#include "platform/net/egress.h"
#include "platform/net/ping_int.h"

enum { ICMP_HLEN = 8, UDP_HLEN = 8, PROBE_BYTES = 32, TIME_EXCEEDED = 11, UNREACHABLE = 3, PORT_UNREACHABLE = 3 };

static struct traceroute *by_handle(const struct worker *w, unsigned handle)
{
        struct traceroute *t = w->icmp && handle - 1 < TRACES_MAX ? &icmp_box_traces(w->icmp)[handle - 1] : NULL;

        return t && t->used ? t : NULL;
}

unsigned traceroute_start(struct worker *w, uint16_t iface, const struct addr *dst, uint16_t port)
{
        struct traceroute *all = w->icmp ? icmp_box_traces(w->icmp) : NULL;

        if (!all || !ping_reachable(w, iface, dst))
                return 0;
        for (unsigned i = 0; i < TRACES_MAX; i++) {
                if (all[i].used)
                        continue;
                all[i] = (struct traceroute){ .used = true, .iface = iface, .dst = *dst, .port = port };
                all[i].id = (uint16_t)(32768 + rng_below(w->env.rng, 16384)); /* or source port */
                return i + 1;
        }
        return 0;
}

int traceroute_send(struct worker *w, unsigned handle, uint16_t seq, uint8_t ttl)
{
        struct traceroute *t = by_handle(w, handle);
        uint8_t l4[PROBE_BYTES] = { 0 };
        uint16_t dport;

        if (!t)
                return -1;
        dport = (uint16_t)(t->port + seq);
        if (t->port) {
                const uint8_t head[] = {
                        (uint8_t)(t->id >> 8), (uint8_t)t->id, (uint8_t)(dport >> 8), (uint8_t)dport, 0, PROBE_BYTES
                };

                memcpy(l4, head, sizeof head);
        } else {
                const uint8_t head[] = {
                        8, 0, 0, 0, (uint8_t)(t->id >> 8), (uint8_t)t->id, (uint8_t)(seq >> 8), (uint8_t)seq
                };

                memcpy(l4, head, sizeof head);
        }
        t->probe[seq % TRACE_PROBES] =
                (struct hop_probe){ .seq = seq, .sent = true, .sent_ns = w->clk->mono_ns(w->clk->ctx) };
        return box_send_ttl(w, t->iface, &t->dst, t->port ? IPPROTO_UDP_ : IPPROTO_ICMP_, ttl, l4, sizeof l4);
}

struct hop traceroute_poll(struct worker *w, unsigned handle, uint16_t seq)
{
        const struct traceroute *t = by_handle(w, handle);
        const struct hop_probe *p = t ? &t->probe[seq % TRACE_PROBES] : NULL;

        return p && p->seq == seq ? p->hop : (struct hop){ .kind = HOP_SILENT };
}

void traceroute_stop(struct worker *w, unsigned handle)
{
        struct traceroute *t = by_handle(w, handle);

        if (t)
                t->used = false;
}

/* The probe that a quoted datagram, or an echo, was: to whom, which id or source port, which number or port. */
static struct hop_probe *waiting(struct worker *w, bool udp, const struct addr *to, uint16_t id, uint16_t x)
{
        struct traceroute *all = icmp_box_traces(w->icmp);

        for (unsigned i = 0; i < TRACES_MAX; i++) {
                struct traceroute *t = &all[i];
                uint16_t seq = (uint16_t)(x - t->port); /* of echoes the port is 0 */
                struct hop_probe *p = &t->probe[seq % TRACE_PROBES];

                if (t->used && !t->port == !udp && t->id == id && addr_eq(&t->dst, to) && p->sent && p->seq == seq &&
                    p->hop.kind == HOP_SILENT)
                        return p;
        }
        return NULL;
}

static uint16_t be16_at(const struct pkt *pk, uint32_t at)
{
        return (uint16_t)(pk->buf[at] << 8 | pk->buf[at + 1]);
}

static bool answered(struct worker *w, struct hop_probe *p, enum hop_kind kind, const struct pkt *pk)
{
        if (!p)
                return false;
        p->hop = (struct hop){ .kind = kind,
                               .from = flow_src(&pk->key),
                               .code = pk->icmp_code,
                               .rtt_us = (uint32_t)((w->clk->mono_ns(w->clk->ctx) - p->sent_ns) / 1000) };
        return true;
}

static bool error_input(struct worker *w, const struct pkt *pk)
{
        struct addr from = flow_src(&pk->key), to;
        enum hop_kind kind = HOP_UNREACHABLE;
        struct icmp_quote q;
        bool udp;

        if (!decode_icmp_quote(pk, &q) || (pk->icmp_type != TIME_EXCEEDED && pk->icmp_type != UNREACHABLE))
                return false;
        udp = q.key.proto == IPPROTO_UDP_;
        if (!udp && q.key.proto != IPPROTO_ICMP_)
                return false;
        to = flow_dst(&q.key);
        if (pk->icmp_type == TIME_EXCEEDED)
                kind = HOP_PASSED;
        else if (udp && pk->icmp_code == PORT_UNREACHABLE && addr_eq(&from, &to))
                kind = HOP_REACHED;
        return answered(w, waiting(w, udp, &to, q.key.sport, udp ? q.key.dport : be16_at(pk, q.l4 + 6)), kind, pk);
}

bool traceroute_input(struct worker *w, const struct pkt *pk)
{
        struct addr from = flow_src(&pk->key);

        if (pk->icmp_type == 0)
                return answered(w, waiting(w, false, &from, pk->key.dport, be16_at(pk, pk->l4 + 6)), HOP_REACHED, pk);
        return icmp_is_error(pk) && error_input(w, pk);
}
