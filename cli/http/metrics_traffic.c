/* Metrics of what passes: interfaces, connections and translations, drops, inspections. */
#include "cli/http/metrics_int.h"

#include <string.h>

#include "cli/exec/util.h"
#include "cli/conf/store.h"
#include "cli/box/usage.h"
#include "nat/xlate.h"
#include "policy/conn.h"
#include "policy/policy_rt.h"
#include "proxy/worker/proxy_worker.h"

#define LOAD(x) atomic_load_explicit(&(x), memory_order_relaxed)

/* ---- interfaces ---- */

struct ifc {
        char nameif[NAMEIF_MAX + 1];
        uint16_t idx, port;
        bool up, physical, link;
        struct port_stat stat; /* of the port of a physical interface */
};

static void look_at_ports(struct worker *w, void *arg)
{
        struct ifc *i = arg;

        if (i->port >= WORKER_PORTS_MAX || !w->port[i->port])
                return;
        i->link = w->port[i->port]->link;
        i->stat = w->port[i->port]->stat;
}

static unsigned list_ifcs(struct box *b, struct ifc out[IFACES_MAX])
{
        const struct snapshot *snap = snapshot_get(b->hub);
        const struct net_rt *n = snap ? net_rt(snap) : NULL;
        unsigned k = 0;

        for (unsigned i = 1; n && i < n->nifaces; i++) {
                if (!n->iface[i].idx || !*n->iface[i].nameif)
                        continue;
                out[k] = (struct ifc){ .idx = n->iface[i].idx,
                                       .port = n->iface[i].port,
                                       .up = n->iface[i].up,
                                       .physical = !n->iface[i].vlan };
                memcpy(out[k++].nameif, n->iface[i].nameif, sizeof out->nameif);
        }
        if (snap)
                snapshot_put(b->hub, snap);
        for (unsigned i = 0; i < k; i++)
                each_worker(b, look_at_ports, &out[i]);
        return k;
}

enum { IN_PKTS, IN_BYTES, OUT_PKTS, OUT_BYTES, DROPS, IN_ERRORS, IFC_COUNTS };

static uint64_t count_of(const struct iface_stat *st, unsigned what)
{
        switch (what) {
        case IN_PKTS:
                return LOAD(st->in_pkts);
        case IN_BYTES:
                return LOAD(st->in_bytes);
        case OUT_PKTS:
                return LOAD(st->out_pkts);
        case OUT_BYTES:
                return LOAD(st->out_bytes);
        case DROPS:
                return LOAD(st->drops);
        default:
                return LOAD(st->in_errors);
        }
}

/* What a port counts; VLANs on it share it. */
static void ports(struct text *t, const struct ifc *ifc, unsigned n)
{
        static const char missed[] = "interface_receive_missed_packets_total";
        static const char unsent[] = "interface_transmit_errors_total";

        metric_head(t, COUNTER, missed, "Packets that came faster than they were taken, by physical interface.");
        for (unsigned i = 0; i < n; i++)
                if (ifc[i].physical)
                        metric_u64(t, missed, "interface", ifc[i].nameif,
                                   ifc[i].stat.rx_ring_drop + ifc[i].stat.rx_nobuf);
        metric_head(t, COUNTER, unsent, "Packets that could not be sent, by physical interface.");
        for (unsigned i = 0; i < n; i++)
                if (ifc[i].physical)
                        metric_u64(t, unsent, "interface", ifc[i].nameif, ifc[i].stat.tx_drop);
}

static void interfaces(struct box *b, struct text *t)
{
        static const struct {
                const char *name, *help;
        } m[IFC_COUNTS] = {
                [IN_PKTS] = { "interface_receive_packets_total", "Packets received, by interface." },
                [IN_BYTES] = { "interface_receive_bytes_total", "Bytes received, by interface." },
                [OUT_PKTS] = { "interface_transmit_packets_total", "Packets sent, by interface." },
                [OUT_BYTES] = { "interface_transmit_bytes_total", "Bytes sent, by interface." },
                [DROPS] = { "interface_dropped_packets_total", "Packets received and dropped, by interface." },
                [IN_ERRORS] = { "interface_receive_errors_total", "Malformed frames received, by interface." },
        };
        const struct iface_stat *st = b->nworkers && b->worker[0] ? b->worker[0]->env.ifstat : NULL;
        struct ifc ifc[IFACES_MAX];
        unsigned n = list_ifcs(b, ifc);

        metric_head(t, GAUGE, "interface_up", "1 while an interface is not shut down and has a carrier.");
        for (unsigned i = 0; i < n; i++)
                metric_u64(t, "interface_up", "interface", ifc[i].nameif, ifc[i].up && ifc[i].link);
        for (unsigned k = 0; st && k < IFC_COUNTS; k++) {
                metric_head(t, COUNTER, m[k].name, m[k].help);
                for (unsigned i = 0; i < n; i++)
                        metric_u64(t, m[k].name, "interface", ifc[i].nameif, count_of(&st[ifc[i].idx], k));
        }
        ports(t, ifc, n);
}

/* ---- flows ---- */

struct flows {
        uint64_t conns, xlates, media, conns_most;
};

static void add_flows(struct worker *w, void *arg)
{
        struct flows *f = arg;

        if (w->conns) {
                f->conns += conn_count(w->conns);
                f->conns_most += conn_most(w->conns);
        }
        if (w->xlates)
                f->xlates += xlate_count(w);
}

static void flows(struct box *b, struct text *t)
{
        struct flows f = { 0 };

        each_worker(b, add_flows, &f);
        metric_one(t, GAUGE, "connections", "Connections in the table.", f.conns);
        metric_one(t, GAUGE, "connections_peak", "Most connections at once since the start.", f.conns_most);
        metric_head(t, COUNTER, "connections_created_total", "Connections made, by protocol.");
        metric_u64(t, "connections_created_total", "protocol", "tcp", usage_flow_total(b, USAGE_TCP));
        metric_u64(t, "connections_created_total", "protocol", "udp", usage_flow_total(b, USAGE_UDP));
        metric_one(t, GAUGE, "xlates", "Dynamic translations in the table.", f.xlates);
        metric_one(t, COUNTER, "xlates_created_total", "Dynamic translations made.",
                   usage_flow_total(b, USAGE_XLATES));
}

/* ---- drops ---- */

static uint64_t dropped(const struct box *b, unsigned reason)
{
        uint64_t n = 0;

        for (unsigned i = 0; i < b->nworkers; i++)
                if (b->worker[i])
                        n += LOAD(b->worker[i]->drops[reason]);
        return n;
}

static void drops_of(const struct box *b, struct text *t, bool flow, const char *name, const char *help)
{
        metric_head(t, COUNTER, name, help);
        for (unsigned i = 0; i < DROP_REASONS; i++)
                if (drop_key(i) && *drop_key(i) && drop_is_flow(i) == flow)
                        metric_u64(t, name, "reason", drop_key(i), dropped(b, i));
}

/* ---- inspections ---- */

enum { INSPECT_PKTS, INSPECT_DROPS, INSPECT_RESETS, INSPECT_COUNTS };
struct inspected {
        uint64_t v[INSPECT_IDS][INSPECT_COUNTS];
        bool some[INSPECT_IDS];
};

static void add_line(const struct box *b, struct inspected *x, const struct inspect_conf *c)
{
        for (unsigned i = 0; i < b->nworkers; i++) {
                uint64_t p = 0, d = 0, r = 0;

                if (b->worker[i] && b->worker[i]->policy)
                        policy_inspect_read(b->worker[i]->policy, c->o.id, &p, &d, &r);
                x->v[c->engine][INSPECT_PKTS] += p;
                x->v[c->engine][INSPECT_DROPS] += d;
                x->v[c->engine][INSPECT_RESETS] += r;
        }
        x->some[c->engine] = true;
}

static void gather(struct box *b, struct inspected *x)
{
        pthread_mutex_lock(&b->conf_lock);
        conf_each(struct policy_map_conf, pm, &b->store->policy.policies) {
                conf_each(struct class_action_conf, c, &pm->classes) {
                        conf_each(struct inspect_conf, i, &c->inspects) {
                                if (i->engine < INSPECT_IDS && policy_engine_active(i->engine))
                                        add_line(b, x, i);
                        }
                }
        }
        pthread_mutex_unlock(&b->conf_lock);
}

static void inspections(struct box *b, struct text *t)
{
        static const struct {
                const char *name, *help;
        } m[INSPECT_COUNTS] = {
                [INSPECT_PKTS] = { "inspect_packets_total", "Packets inspected, by protocol." },
                [INSPECT_DROPS] = { "inspect_drops_total", "Packets dropped by an inspection, by protocol." },
                [INSPECT_RESETS] = { "inspect_resets_total", "Connections reset by an inspection, by protocol." },
        };
        struct inspected x = { 0 };

        gather(b, &x);
        for (unsigned k = 0; k < INSPECT_COUNTS; k++) {
                metric_head(t, COUNTER, m[k].name, m[k].help);
                for (unsigned i = 0; i < INSPECT_IDS; i++)
                        if (x.some[i])
                                metric_u64(t, m[k].name, "protocol", inspect_name((enum inspect_id)i), x.v[i][k]);
        }
}

void metrics_traffic(struct box *b, struct text *t)
{
        interfaces(b, t);
        flows(b, t);
        drops_of(b, t, false, "dropped_packets_total", "Packets dropped, by reason (show asp drop).");
        drops_of(b, t, true, "dropped_flows_total", "Flows refused or ended, by reason (show asp drop).");
        inspections(b, t);
}
