/*
 * One dataplane worker on virtual time with two memory ports, for unit tests of stages:
 *
 *      port 0  GigabitEthernet0/0  outside  level 0    192.0.2.1/24  02:00:00:00:00:02  default route to 192.0.2.254
 *      port 1  GigabitEthernet0/1  inside   level 100  10.1.1.1/24   02:00:00:00:00:03
 *
 *      struct worker_fixture f;
 *      wf_init(&f);             edit f.conf, f.path, f.env, f.part[] as needed
 *      wf_start(&f);            then hang module state on f.w
 *      wf_send(&f, 0, frame, n);
 *      n = wf_take(&f, 1, frame, sizeof frame);
 *      wf_stop(&f);             module state must be gone from f.w
 *
 * The default path is a plain router: decode, fragments, ARP, ICMP to the box, route, egress. Any failure ends the
 * test.
 */
#ifndef VOXGATE_TEST_WORKER_FIXTURE_H
#define VOXGATE_TEST_WORKER_FIXTURE_H

#include "platform/net/dp.h"

#define WF_OUTSIDE 1u /* interface indices */
#define WF_INSIDE 2u

struct worker_fixture {
        struct clock_virtual time;
        struct clock clk;
        struct rng_fixed seed;
        struct rng rng;
        struct log *log;
        struct snap_hub *hub;
        struct net_conf conf; /* edit, then wf_commit() */
        struct iface_bindings bind;
        struct iface_stat ifstat[IFACES_MAX];
        struct dp_path path;
        struct worker_env env;
        struct snap_part
                *part[SNAP_PARTS]; /* of upper layers: set one (its reference is the fixture's), then wf_commit() */
        struct worker *w;
        struct port *port[2];
};

void wf_init(struct worker_fixture *f);
void wf_start(struct worker_fixture *f);
void wf_stop(struct worker_fixture *f);
/* Compiles f->conf and publishes it with f->part[]; the worker takes it at its next step. */
void wf_commit(struct worker_fixture *f);
/* conf helpers. addresses as text. */
struct iface_conf *wf_iface(struct worker_fixture *f, const char *hwname, const char *nameif, int level,
                            const char *ip, uint8_t mask_len);
void wf_route(struct worker_fixture *f, const char *nameif, const char *net, uint8_t len, const char *gw);
/* The neighbour answers before it is asked. */
void wf_neighbour(struct worker_fixture *f, uint16_t iface, const char *ip, struct mac mac);
/* Time passes, loop by loop, 10 ms each. */
void wf_advance(struct worker_fixture *f, uint64_t ms);
/* A frame comes in, and one loop runs. */
void wf_send(struct worker_fixture *f, unsigned port, const void *frame, size_t n);
void wf_send_csum(struct worker_fixture *f, unsigned port, const void *frame, size_t n, const struct pkt_csum *csum);
/* Oldest frame sent on a port, 0 when none. */
size_t wf_take(struct worker_fixture *f, unsigned port, void *frame, size_t cap);
/* Takes and forgets all frames of both ports; returns how many. */
unsigned wf_clear(struct worker_fixture *f);
uint64_t wf_drops(const struct worker_fixture *f, enum drop_reason why);

#endif
