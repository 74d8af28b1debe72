#include "tests/support/worker_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/net/arp.h"
#include "platform/net/decode.h"
#include "platform/net/egress.h"
#include "platform/net/frag.h"
#include "platform/net/icmp_box.h"
#include "platform/net/route.h"
#include "tests/support/pktbuild.h"

static void need(bool ok, const char *what)
{
        if (ok)
                return;
        fprintf(stderr, "worker fixture: %s failed\n", what);
        abort();
}

static enum pkt_verdict route_one(struct worker *w, struct pkt *pk)
{
        const struct net_rt *n = net_rt(w->snap);
        struct addr dst = flow_dst(&pk->key);
        const struct route_entry *r = route_lookup(n, &dst);

        if (iface_by_addr(n, &dst))
                return pk->key.proto == IPPROTO_ICMP_ ? icmp_box_input(w, pk) : dp_drop(pk, DROP_BOX_NO_SERVICE);
        if (!r)
                return dp_drop(pk, DROP_NO_ROUTE);
        pk->out_iface = r->iface;
        pk->next_hop = r->connected ? dst : r->gw;
        return PKT_NEXT;
}

static void router_stage(struct worker *w, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++)
                route_one(w, b->pk[i]);
}

static const struct fast_stage router[] = {
        { "decode", decode_stage }, { "fragments", frag_stage }, { "arp", arp_stage },
        { "router", router_stage }, { "egress", egress_stage },  { 0 },
};
static const struct fast_stage punt[] = {
        { "decode", decode_l3_stage },
        { "fragments", frag_stage },
        { "router", router_stage },
        { "egress", egress_stage },
        { 0 },
};
static const struct fast_stage output[] = { { "egress", egress_stage }, { 0 } };
static void (*const on_snapshot[])(struct worker *) = { arp_snapshot_changed, NULL };

struct iface_conf *wf_iface(struct worker_fixture *f, const char *hwname, const char *nameif, int level,
                            const char *ip, uint8_t mask_len)
{
        struct iface_conf *c = conf_list_add(&f->conf.ifaces, hwname);

        need(c != NULL, "interface");
        snprintf(c->nameif, sizeof c->nameif, "%s", nameif);
        c->level = (int16_t)level;
        if (ip)
                c->ip = pb_addr(ip);
        c->mask_len = mask_len;
        c->mtu = 1500;
        return c;
}

void wf_route(struct worker_fixture *f, const char *nameif, const char *net, uint8_t len, const char *gw)
{
        struct route_conf *c = conf_list_add(&f->conf.routes, "");

        need(c != NULL, "route");
        snprintf(c->nameif, sizeof c->nameif, "%s", nameif);
        c->net = pb_addr(net);
        c->len = len;
        c->gw = pb_addr(gw);
        c->metric = 1;
}

static void bind_port(struct worker_fixture *f, const char *hwname, uint16_t port)
{
        struct iface_binding *b = iface_bind(&f->bind, hwname);

        need(b != NULL, "binding");
        b->port = port;
        b->mac = pb_mac((uint8_t)(2 + port));
        b->link = true;
}

void wf_init(struct worker_fixture *f)
{
        memset(f, 0, sizeof *f);
        f->time.mono = 1000000000u;
        f->time.wall = 1700000000000000000;
        f->clk = clock_of_virtual(&f->time);
        f->seed.state = 1;
        f->rng = rng_of_fixed(&f->seed);
        f->log = log_new(&f->clk, 1024);
        f->hub = snap_hub_new();
        need(f->log && f->hub, "start");
        conf_list_init(&f->conf.ifaces, sizeof(struct iface_conf), NULL);
        conf_list_init(&f->conf.routes, sizeof(struct route_conf), NULL);
        conf_list_init(&f->conf.arps, sizeof(struct arp_conf), NULL);
        conf_list_init(&f->conf.icmps, sizeof(struct icmp_conf), NULL);
        conf_list_init(&f->conf.noproxyarp, sizeof(struct name_conf), NULL);
        f->conf.arp_timeout_s = 14400;
        f->conf.unreach_rate = f->conf.unreach_burst = 1;
        wf_iface(f, "GigabitEthernet0/0", "outside", 0, "192.0.2.1", 24);
        wf_iface(f, "GigabitEthernet0/1", "inside", 100, "10.1.1.1", 24);
        wf_route(f, "outside", "0.0.0.0", 0, "192.0.2.254");
        bind_port(f, "GigabitEthernet0/0", 0);
        bind_port(f, "GigabitEthernet0/1", 1);
        f->path = (struct dp_path){ .wire = router, .punt = punt, .output = output, .snapshot = on_snapshot };
        f->env = (struct worker_env){ .clk = &f->clk,
                                      .rng = &f->rng,
                                      .log = f->log,
                                      .hub = f->hub,
                                      .path = &f->path,
                                      .ifstat = f->ifstat,
                                      .pkts_small = 1024,
                                      .pkts_big = 8 };
}

void wf_start(struct worker_fixture *f)
{
        struct err e;

        f->w = worker_new(0, &f->env, &e);
        need(f->w != NULL, "worker_new");
        for (unsigned i = 0; i < 2; i++) {
                f->port[i] = port_mem_new(i ? "inside" : "outside", false);
                need(f->port[i] && worker_add_port(f->w, i, f->port[i], &e) == 0, "worker_add_port");
        }
        f->w->arp = arp_table_new(f->w);
        f->w->icmp = icmp_box_new(f->w);
        f->w->frags = frag_table_new(f->w);
        need(f->w->arp && f->w->icmp && f->w->frags, "module state");
        wf_commit(f);
        worker_step(f->w);
        wf_clear(f); /* announcements */
}

void wf_stop(struct worker_fixture *f)
{
        if (f->w) {
                frag_table_free(f->w->frags);
                arp_table_free(f->w->arp);
                icmp_box_free(f->w->icmp);
                worker_free(f->w);
        }
        snap_hub_free(f->hub);
        for (unsigned i = 0; i < SNAP_PARTS; i++)
                snap_part_put(f->part[i]);
        log_free(f->log);
        conf_list_fini(&f->conf.ifaces);
        conf_list_fini(&f->conf.routes);
        conf_list_fini(&f->conf.arps);
        conf_list_fini(&f->conf.icmps);
        conf_list_fini(&f->conf.noproxyarp);
}

void wf_commit(struct worker_fixture *f)
{
        struct snap_part *part[SNAP_PARTS];
        struct err e;

        for (unsigned i = 0; i < SNAP_PARTS; i++) {
                part[i] = f->part[i] ? snap_part_get(f->part[i]) : snap_part_new();
                need(part[i] != NULL, "part");
        }
        need(net_compile(part[SNAP_NET], &f->conf, &f->bind, &e) == 0, "net_compile");
        need(snap_publish(f->hub, part, &e) == 0, "snap_publish");
        snap_reclaim(f->hub);
}

void wf_neighbour(struct worker_fixture *f, uint16_t iface, const char *ip, struct mac mac)
{
        struct addr a = pb_addr(ip);

        worker_refresh(f->w);
        arp_learn(f->w, iface, &a, &mac);
}

void wf_advance(struct worker_fixture *f, uint64_t ms)
{
        for (; ms; ms -= MIN_OF(ms, 10u)) {
                clock_advance_ms(&f->time, MIN_OF(ms, 10u));
                worker_step(f->w);
        }
}

void wf_send_csum(struct worker_fixture *f, unsigned port, const void *frame, size_t n, const struct pkt_csum *csum)
{
        need(port_mem_inject(f->port[port], frame, n, csum) == 0, "inject");
        worker_step(f->w);
}

void wf_send(struct worker_fixture *f, unsigned port, const void *frame, size_t n)
{
        wf_send_csum(f, port, frame, n, NULL);
}

size_t wf_take(struct worker_fixture *f, unsigned port, void *frame, size_t cap)
{
        return port_mem_take(f->port[port], frame, cap, NULL);
}

unsigned wf_clear(struct worker_fixture *f)
{
        unsigned n = 0;
        uint8_t none;

        for (unsigned i = 0; i < 2; i++)
                while (port_mem_take(f->port[i], &none, 0, NULL))
                        n++;
        return n;
}

uint64_t wf_drops(const struct worker_fixture *f, enum drop_reason why)
{
        return atomic_load_explicit(&f->w->drops[why], memory_order_relaxed);
}
