#include "platform/boot/parts.h"

#include <string.h>

#include "nat/nat_rt.h"
#include "nat/xlate.h"
#include "platform/boot/path.h"
#include "platform/net/arp.h"
#include "platform/net/capture.h"
#include "platform/net/frag.h"
#include "platform/net/icmp_box.h"
#include "policy/pinhole.h"
#include "policy/policy_rt.h"
#include "proxy/media/media_addr.h"

#define LOG_RING_SLOTS 2048u

/* What lives on a dataplane worker, bottom up. */
static int worker_fill(struct parts *p, struct worker *w, struct err *e)
{
        w->caps = capture_set_new();
        w->arp = arp_table_new(w);
        w->frags = frag_table_new(w);
        w->icmp = icmp_box_new(w);
        w->acl_hits = hit_table_new();
        w->policy = policy_live_new();
        w->conns = conn_table_new(w, p->conf.conns_max ? p->conf.conns_max : CONNS_DEFAULT_MAX);
        w->pinholes = pinhole_table_new(w);
        w->xlates = xlate_table_new(w);
        w->punt = punt_new(w, p->links[w->id], p->conf.nproxies);
        w->media = media_table_new(w, p->medias[w->id], p->conf.nproxies);
        if (w->arp && w->frags && w->icmp && w->caps && w->acl_hits && w->policy && w->conns && w->pinholes &&
            w->xlates && w->punt && w->media)
                return 0;
        return err_nomem(e, "making the tables of a dataplane worker");
}

static void worker_empty(struct worker *w)
{
        media_table_free(w->media);
        punt_free(w->punt);
        xlate_table_free(w->xlates);
        pinhole_table_free(w->pinholes);
        conn_table_free(w->conns);
        policy_live_free(w->policy);
        hit_table_free(w->acl_hits);
        icmp_box_free(w->icmp);
        frag_table_free(w->frags);
        arp_table_free(w->arp); /* drops what waits: captures look at it */
        capture_set_free(w->caps);
}

/* Who besides the interfaces themselves answers ARP: NAT for mapped addresses, the relay for its own. */
static bool answers_arp(const struct snapshot *s, uint16_t iface, const struct addr *a)
{
        return nat_proxy_arp(s, iface, a) || media_proxy_arp(s, iface, a);
}

static void answers_arp_each(const struct snapshot *s, void (*fn)(void *ctx, uint16_t iface, const struct addr *a),
                             void *ctx)
{
        nat_proxy_arp_each(s, fn, ctx);
        media_proxy_arp_each(s, fn, ctx);
}

static int links_init(struct parts *p, unsigned id, struct err *e)
{
        for (unsigned i = 0; i < p->conf.nproxies; i++) {
                p->links[id][i] = &p->link[id][i];
                p->medias[id][i] = &p->media[id][i];
                if (punt_link_init(p->links[id][i], p->worker[id], e) < 0 ||
                    media_link_init(p->medias[id][i], p->worker[id], e) < 0)
                        return -1;
        }
        return 0;
}

static int worker_start(struct parts *p, unsigned id, struct err *e)
{
        struct worker_env env = { .clk = p->conf.clk,
                                  .rng = p->conf.rng,
                                  .log = p->log,
                                  .hub = p->hub,
                                  .path = &appliance_path,
                                  .ifstat = p->ifstat,
                                  .proxy_arp = answers_arp,
                                  .proxy_arp_each = answers_arp_each,
                                  .wire_key = punt_wire_key,
                                  .pkts_small = p->conf.pkts_small,
                                  .pkts_big = p->conf.pkts_big };

        p->worker[id] = worker_new(id, &env, e);
        if (!p->worker[id])
                return -1;
        if (links_init(p, id, e) < 0)
                return -1;
        return worker_fill(p, p->worker[id], e);
}

static int rng_start(struct parts *p, unsigned id, struct err *e)
{
        p->rng[id] = *p->conf.rng;
        if (!p->conf.rng_ahead)
                return 0;
        p->ahead[id] = rng_ahead_new(p->conf.rng);
        if (!p->ahead[id])
                return err_nomem(e, "making a proxy worker");
        p->rng[id] = rng_of_ahead(p->ahead[id]);
        return 0;
}

static int proxy_start(struct parts *p, unsigned id, struct err *e)
{
        struct proxy_env env = { .clk = p->conf.clk,
                                 .rng = &p->rng[id],
                                 .log = p->log,
                                 .hub = p->hub,
                                 .nlinks = p->conf.nworkers,
                                 .shared = &p->shared,
                                 .nworkers = p->conf.nproxies,
                                 .listen = p->conf.listen,
                                 .handshake_ms = p->conf.handshake_ms };

        for (unsigned i = 0; i < p->conf.nworkers; i++) {
                env.link[i] = &p->link[i][id];
                env.media[i] = &p->media[i][id];
        }
        if (rng_start(p, id, e) < 0)
                return -1;
        p->proxy[id] = proxy_worker_new(id, &env, e);
        if (!p->proxy[id])
                return -1;
        for (unsigned i = 0; i < p->conf.nworkers; i++) {
                p->link[i][id].wake_proxy = p->media[i][id].wake_proxy = proxy_wake;
                p->link[i][id].wake_ctx = p->media[i][id].wake_ctx = p->proxy[id];
        }
        return 0;
}

static int start_all(struct parts *p, struct err *e)
{
        p->log = log_new(p->conf.clk, LOG_RING_SLOTS);
        p->hub = snap_hub_new();
        if (!p->log || !p->hub)
                return err_nomem(e, "starting");
        for (unsigned i = 0; i < p->conf.nworkers; i++)
                if (worker_start(p, i, e) < 0)
                        return -1;
        for (unsigned i = 0; i < p->conf.nproxies; i++)
                if (proxy_start(p, i, e) < 0)
                        return -1;
        return 0;
}

int parts_start(struct parts *p, const struct parts_conf *c, struct err *e)
{
        memset(p, 0, sizeof *p);
        p->conf = *c;
        if (start_all(p, e) == 0)
                return 0;
        parts_stop(p);
        return -1;
}

void parts_stop(struct parts *p)
{
        for (unsigned i = 0; i < PARTS_WORKERS_MAX; i++) {
                proxy_worker_free(p->proxy[i]);
                rng_ahead_free(p->ahead[i]);
        }
        for (unsigned i = 0; i < PARTS_WORKERS_MAX; i++) {
                if (!p->worker[i])
                        continue;
                worker_empty(p->worker[i]);
                worker_free(p->worker[i]);
                for (unsigned k = 0; k < p->conf.nproxies; k++) {
                        punt_link_fini(&p->link[i][k]);
                        media_link_fini(&p->media[i][k]);
                }
        }
        snap_hub_free(p->hub);
        log_free(p->log);
        memset(p, 0, sizeof *p);
}
