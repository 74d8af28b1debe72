/* Interfaces: state from the snapshot, counters from the workers, wording as the parsers of management clients want
 * it. */
#include "cli/exec/show_usage.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/hwname.h"
#include "cli/store.h"
#include "platform/net/iface.h"

#define LOAD(x) atomic_load_explicit(&(x), memory_order_relaxed)

/* One interface, gathered from configuration, snapshot, port and counters. */
struct view {
        struct iface_conf conf; /* plain data; its links are not used */
        char hwname[HWNAME_MAX + 1];
        uint16_t idx;
        const struct iface_rt *rt; /* of the snapshot held by the command; NULL: not compiled */
        bool has_port, link;
        char where[96]; /* "afpacket:eth0", as in --port */
        struct port_stat port;
        bool has_medium;
        struct port_medium medium;
        struct mac mac;
        uint64_t in_pkts, in_bytes, out_pkts, out_bytes, drops, in_bcast, in_errors;
};

/* ---- gathering ---- */

struct port_query {
        uint16_t port;
        struct view *v;
};

static void read_port(struct worker *w, void *arg)
{
        struct port_query *q = arg;
        const struct port *p = q->port < WORKER_PORTS_MAX ? w->port[q->port] : NULL;

        if (!p)
                return;
        q->v->has_port = true;
        q->v->link = p->link;
        q->v->port = p->stat;
        q->v->has_medium = p->ops->medium != NULL;
        if (p->ops->medium)
                p->ops->medium(p, &q->v->medium);
        snprintf(q->v->where, sizeof q->v->where, "%s:%s", p->ops->kind, p->name);
}

static void read_counters(const struct box *b, struct view *v)
{
        const struct iface_stat *st = b->nworkers && b->worker[0] ? b->worker[0]->env.ifstat : NULL;

        if (!st || !v->idx || v->idx >= IFACES_MAX)
                return;
        st += v->idx;
        v->in_pkts = LOAD(st->in_pkts);
        v->in_bytes = LOAD(st->in_bytes);
        v->out_pkts = LOAD(st->out_pkts);
        v->out_bytes = LOAD(st->out_bytes);
        v->drops = LOAD(st->drops);
        v->in_bcast = LOAD(st->in_bcast);
        v->in_errors = LOAD(st->in_errors);
}

static const struct iface_rt *rt_by_hwname(const struct net_rt *n, const char *hwname)
{
        for (unsigned i = 1; i < n->nifaces; i++)
                if (n->iface[i].idx && !strcmp(n->iface[i].hwname, hwname))
                        return &n->iface[i];
        return NULL;
}

static void complete_view(struct box *b, const struct snapshot *snap, struct view *v)
{
        struct port_query q = { .port = 0xFFFF, .v = v };

        v->rt = snap ? rt_by_hwname(net_rt(snap), v->hwname) : NULL;
        if (v->rt) {
                v->idx = v->rt->idx;
                v->mac = v->rt->mac;
                q.port = v->rt->port;
        }
        if (q.port != 0xFFFF)
                each_worker(b, read_port, &q);
        read_counters(b, v);
}

/* Copies of the configured interfaces in slot order; the caller frees *views. */
static unsigned gather(struct box *b, const struct snapshot *snap, struct view **views)
{
        unsigned n = 0;

        *views = mem_alloc(MEM_CLI, IFACES_MAX * sizeof **views);
        if (!*views)
                return 0;
        pthread_mutex_lock(&b->conf_lock);
        conf_each(struct iface_conf, c, &b->store->net.ifaces) {
                if (n == IFACES_MAX)
                        break;
                (*views)[n].conf = *c;
                snprintf((*views)[n].hwname, sizeof(*views)[n].hwname, "%s", c->o.name);
                n++;
        }
        pthread_mutex_unlock(&b->conf_lock);
        for (unsigned i = 0; i < n; i++)
                complete_view(b, snap, &(*views)[i]);
        return n;
}

static const char *admin_text(const struct view *v)
{
        return v->conf.shutdown ? "administratively down" : v->has_port && v->link ? "up" : "down";
}

static const char *line_text(const struct view *v)
{
        return !v->conf.shutdown && v->has_port && v->link ? "up" : "down";
}

/* ---- show interface ---- */

/* Parsers want a number and a unit, and a line that begins so. The delay is the ASA's metric of the bandwidth. */
static void show_hardware(struct session *s, const struct view *v)
{
        uint32_t mbps = v->medium.mbps;

        out(s, "  Hardware is %s, BW %u %s, DLY %u usec\n", *v->where ? v->where : "absent", mbps,
            mbps ? "Mbps" : "unknown",
            !mbps || mbps >= 1000 ? 10
            : mbps >= 100         ? 100
                                  : 1000);
        if (!v->has_port || v->conf.vlan)
                return;
        if (mbps && v->medium.duplex)
                out(s, "\tAuto-Duplex(%s-duplex), Auto-Speed(%u Mbps)\n",
                    v->medium.duplex == PORT_FULL_DUPLEX ? "Full" : "Half", mbps);
        else
                out(s, "\tAuto-Duplex, Auto-Speed\n");
}

static void show_address(struct session *s, const struct view *v)
{
        char a[ADDR_TEXT_MAX], m[ADDR_TEXT_MAX];
        struct addr mask = addr_v4(len_to_mask(v->conf.mask_len));

        if (v->conf.ip.fam)
                out(s, "\tIP address %s, subnet mask %s\n", addr_print(&v->conf.ip, a), addr_print(&mask, m));
        else
                out(s, "\tIP address unassigned\n");
}

/* What the driver counts; a software medium cannot have such errors. */
static const char *counted(const struct view *v, uint64_t n, char t[24])
{
        if (v->has_medium && !v->medium.errors_known)
                return "unknown";
        snprintf(t, 24, "%llu", (unsigned long long)n);
        return t;
}

/* The kernel counts frames of a wrong length as one. */
static const char *runts(const struct view *v)
{
        return v->has_medium && (!v->medium.errors_known || v->medium.length) ? "unknown" : "0";
}

static void show_port(struct session *s, const struct view *v)
{
        const struct port_stat *p = &v->port;
        const struct port_medium *m = &v->medium;
        char t[5][24];

        out(s, "\t%llu packets input, %llu bytes, %llu no buffer\n", (unsigned long long)p->rx_pkts,
            (unsigned long long)p->rx_bytes, (unsigned long long)p->rx_nobuf);
        out(s, "\tReceived %llu broadcasts, %s runts, %llu giants\n", (unsigned long long)v->in_bcast, runts(v),
            (unsigned long long)p->rx_trunc);
        out(s, "\t%llu input errors, %s CRC, %s frame, %s overrun, %s ignored, 0 abort\n",
            (unsigned long long)(v->in_errors + m->in_errors), counted(v, m->crc, t[0]), counted(v, m->frame, t[1]),
            counted(v, p->rx_ring_drop + m->over, t[2]), counted(v, m->missed, t[3]));
        out(s, "\t%llu packets output, %llu bytes, %s underruns\n", (unsigned long long)p->tx_pkts,
            (unsigned long long)p->tx_bytes, counted(v, m->underruns, t[4]));
        out(s, "\t%llu output errors, %s collisions, 0 interface resets\n",
            (unsigned long long)(p->tx_drop + m->out_errors), counted(v, m->collisions, t[0]));
}

static void show_traffic(struct session *s, const struct view *v)
{
        out(s, "  Traffic Statistics for \"%s\":\n", v->conf.nameif);
        out(s, "\t%llu packets input, %llu bytes\n", (unsigned long long)v->in_pkts, (unsigned long long)v->in_bytes);
        out(s, "\t%llu packets output, %llu bytes\n", (unsigned long long)v->out_pkts,
            (unsigned long long)v->out_bytes);
        out(s, "\t%llu packets dropped\n", (unsigned long long)v->drops);
        show_rates(s, v->idx, 1);
        show_rates(s, v->idx, 5);
}

static void show_one(struct session *s, const struct view *v)
{
        char mac[16];

        out(s, "Interface %s \"%s\", is %s, line protocol is %s\n", v->hwname, v->conf.nameif, admin_text(v),
            line_text(v));
        show_hardware(s, v);
        if (*v->conf.description)
                out(s, "\tDescription: %s\n", v->conf.description);
        if (v->conf.vlan)
                out(s, "\tVLAN identifier %u\n", v->conf.vlan);
        if (!*v->conf.nameif)
                out(s, "\tAvailable but not configured via nameif\n");
        if (v->rt && *v->conf.nameif)
                out(s, "\tMAC address %s, MTU %u\n", mac_print(&v->mac, mac), v->rt->mtu);
        else if (v->rt)
                out(s, "\tMAC address %s, MTU not set\n", mac_print(&v->mac, mac));
        show_address(s, v);
        if (v->has_port && !v->conf.vlan)
                show_port(s, v);
        if (*v->conf.nameif)
                show_traffic(s, v);
}

static bool wanted(const struct view *v, const char *name)
{
        char hw[HWNAME_MAX + 1] = "";

        if (!name || !strcmp(v->conf.nameif, name))
                return true;
        return hwname_canon(name, strlen(name), hw) && !strcmp(v->hwname, hw);
}

typedef void (*view_fn)(struct session *s, const struct view *v);

static int each_view(struct session *s, const char *name, view_fn fn, struct err *e)
{
        struct box *b = session_box(s);
        const struct snapshot *snap = snapshot_get(b->hub);
        struct view *v;
        unsigned n = gather(b, snap, &v), shown = 0;

        for (unsigned i = 0; i < n; i++) {
                if (!wanted(&v[i], name))
                        continue;
                fn(s, &v[i]);
                shown++;
        }
        mem_free(v);
        if (snap)
                snapshot_put(b->hub, snap);
        return name && !shown ? err_set(e, ERR_REF, "interface %s does not exist", name) : 0;
}

static int show_interface(struct session *s, const struct args *a, struct err *e)
{
        const char *name = arg_str(a, "IFC"), *slot = arg_str(a, "SLOT");
        char joined[2 * HWNAME_MAX + 1];

        if (slot) {
                snprintf(joined, sizeof joined, "%.*s%.*s", HWNAME_MAX, arg_str(a, "KIND"), HWNAME_MAX, slot);
                name = joined;
        }
        return each_view(s, name, show_one, e);
}

/* ---- the short forms ---- */

static void brief_row(struct session *s, const struct view *v)
{
        char a[ADDR_TEXT_MAX];

        out(s, "%-26s %-15s YES %-6s %-21s %s\n", v->hwname,
            v->conf.ip.fam ? addr_print(&v->conf.ip, a) : "unassigned", v->conf.ip.fam ? "manual" : "unset",
            admin_text(v), line_text(v));
}

static int show_brief(struct session *s, const struct args *a UNUSED, struct err *e)
{
        out(s, "Interface                  IP-Address      OK? Method Status                Protocol\n");
        return each_view(s, NULL, brief_row, e);
}

static void nameif_row(struct session *s, const struct view *v)
{
        if (*v->conf.nameif)
                out(s, "%-24s %-24s %3d\n", v->hwname, v->conf.nameif, v->conf.level < 0 ? 0 : v->conf.level);
}

static int show_nameif(struct session *s, const struct args *a UNUSED, struct err *e)
{
        out(s, "Interface                Name                     Security\n");
        return each_view(s, NULL, nameif_row, e);
}

static void address_row(struct session *s, const struct view *v)
{
        char a[ADDR_TEXT_MAX], m[ADDR_TEXT_MAX];
        struct addr mask = addr_v4(len_to_mask(v->conf.mask_len));

        if (*v->conf.nameif && v->conf.ip.fam)
                out(s, "%-24s %-22s %-15s %-15s manual\n", v->hwname, v->conf.nameif, addr_print(&v->conf.ip, a),
                    addr_print(&mask, m));
}

static int show_ip(struct session *s, const struct args *a UNUSED, struct err *e)
{
        static const char head[] =
                "Interface                Name                   IP address      Subnet mask     Method \n";

        out(s, "System IP Addresses:\n%s", head);
        each_view(s, NULL, address_row, e);
        out(s, "Current IP Addresses:\n%s", head);
        return each_view(s, NULL, address_row, e);
}

const struct exec_row exec_show_interface[] = {
        { "show interface [{IFC:word|KIND:hwkind SLOT:hwslot}]", "Show interfaces and their counters", 15,
          show_interface },
        { "show interface ip brief", "Show addresses and states in short", 15, show_brief },
        { "show nameif", "Show names and security levels", 15, show_nameif },
        { "show ip [address]", "Show addresses", 15, show_ip },
        { 0 },
};
