/*
 * The live parts of the appliance: dataplane and proxy workers with their modules' state, in start order; stopped in
 * reverse. No threads, no namespaces: tests and replay use it as it is, the appliance puts threads on top.
 */
#ifndef VOXGATE_BOOT_PARTS_H
#define VOXGATE_BOOT_PARTS_H

#include "cli/box/box.h"
#include "proxy/media/media.h"
#include "proxy/worker/proxy_worker.h"

#define PARTS_WORKERS_MAX 8

struct parts_conf {
        const struct clock *clk;
        const struct rng *rng;
        bool rng_ahead;              /* proxy workers fetch octets of it ahead; not where a stream must repeat */
        unsigned nworkers, nproxies; /* at least 1 dataplane worker; proxies may be 0 (replay) */
        bool listen;                 /* proxy workers open their listeners (inside the private namespace) */
        uint32_t conns_max;          /* 0: CONNS_DEFAULT_MAX */
        uint32_t pkts_small, pkts_big;
        uint32_t handshake_ms; /* of proxied sessions; 0: the default */
};

struct parts {
        struct parts_conf conf;
        struct log *log;
        struct snap_hub *hub;
        struct iface_stat ifstat[IFACES_MAX];
        struct worker *worker[PARTS_WORKERS_MAX];
        struct proxy_shared shared; /* what the proxy workers count together */
        struct proxy_worker *proxy[PARTS_WORKERS_MAX];
        struct rng_ahead *ahead[PARTS_WORKERS_MAX]; /* of the proxy workers */
        struct rng rng[PARTS_WORKERS_MAX];
        struct punt_link link[PARTS_WORKERS_MAX][PARTS_WORKERS_MAX]; /* [dataplane][proxy] */
        struct punt_link *links[PARTS_WORKERS_MAX][PARTS_WORKERS_MAX];
        struct media_link media[PARTS_WORKERS_MAX][PARTS_WORKERS_MAX]; /* likewise */
        struct media_link *medias[PARTS_WORKERS_MAX][PARTS_WORKERS_MAX];
};

/* Everything but ports and TUN. On failure nothing is left. */
int parts_start(struct parts *p, const struct parts_conf *c, struct err *e);
void parts_stop(struct parts *p);

#endif
