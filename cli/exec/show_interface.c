/* Interfaces: state from the snapshot, counters from the workers, wording as the parsers of management clients want
 * it. */
#include "cli/exec/iface_view.h"
#include "cli/exec/live.h"
#include "cli/exec/show_usage.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/lang/hwname.h"
#include "cli/conf/store.h"
#include "platform/net/iface.h"

/* What `clear interface` counts from now on. An interface that is not compiled has counted nothing. */
#define COUNTERS 23u

static void counters_of(struct iface_view *v, uint64_t *c[COUNTERS])
{
        struct port_stat *p = &v->port;
        struct port_medium *m = &v->medium;
        uint64_t *const all[COUNTERS] = { &v->in_pkts,   &v->in_bytes,     &v->out_pkts,  &v->out_bytes, &v->drops,
                                          &v->in_bcast,  &v->in_errors,    &p->rx_pkts,   &p->rx_bytes,  &p->rx_nobuf,
                                          &p->rx_trunc,  &p->rx_ring_drop, &p->tx_pkts,   &p->tx_bytes,  &p->tx_drop,
                                          &m->in_errors, &m->crc,          &m->frame,     &m->over,      &m->missed,
                                          &m->underruns, &m->out_errors,   &m->collisions };

        memcpy(c, all, sizeof all);
}

static uint64_t counter_key(const struct iface_view *v, unsigned which)
{
        return (uint64_t)v->idx << 8 | which;
}

static void since_cleared(const struct box *b, struct iface_view *v)
{
        uint64_t *c[COUNTERS];

        counters_of(v, c);
        for (unsigned i = 0; v->idx && i < COUNTERS; i++)
                *c[i] = baseline_sub(b->baselines, BASE_IFACE, counter_key(v, i), 0, *c[i]);
}

static int count_anew(const struct box *b, struct iface_view *v)
{
        uint64_t *c[COUNTERS];
        int rc = 0;

        counters_of(v, c);
        for (unsigned i = 0; v->idx && i < COUNTERS; i++)
                rc |= baseline_set(b->baselines, BASE_IFACE, counter_key(v, i),
                                   (const uint64_t[BASELINE_VALUES]){ *c[i] });
        return rc;
}

static const char *admin_text(const struct iface_view *v)
{
        return v->conf.shutdown ? "administratively down" : v->has_port && v->link ? "up" : "down";
}

static const char *line_text(const struct iface_view *v)
{
        return !v->conf.shutdown && v->has_port && v->link ? "up" : "down";
}

/* ---- show interface ---- */

/* Parsers want a number and a unit, and a line that begins so. The delay is the ASA's metric of the bandwidth. */
static void show_hardware(struct session *s, const struct iface_view *v)
{
        uint32_t mbps = v->medium.mbps;
        const char *duplex = v->medium.duplex == PORT_FULL_DUPLEX ? "Full" : "Half";

        PUT(s, "  Hardware is %s, BW %s %s, DLY %s usec\n",
            *v->where ? cell_str("hardware", v->where) : cell_as(cell_null("hardware"), "absent"),
            mbps ? cell_num("bandwidth_mbps", mbps) : cell_as(cell_null("bandwidth_mbps"), "0"),
            cell_text(mbps ? "Mbps" : "unknown"),
            cell_num("delay_microseconds", !mbps || mbps >= 1000 ? 10
                                           : mbps >= 100         ? 100
                                                                 : 1000));
        if (!v->has_port || v->conf.vlan)
                return;
        if (mbps && v->medium.duplex)
                PUT(s, "\tAuto-Duplex(%s-duplex), Auto-Speed(%s Mbps)\n", cell_str("duplex", duplex),
                    cell_num(NULL, mbps));
        else
                PUT(s, "\tAuto-Duplex, Auto-Speed\n", cell_null("duplex"));
}

static void show_address(struct session *s, const struct iface_view *v)
{
        struct addr mask = addr_v4(len_to_mask(v->conf.mask_len));

        if (v->conf.ip.fam)
                PUT(s, "\tIP address %s, subnet mask %s\n", cell_addr("ip_address", &v->conf.ip),
                    cell_mask("subnet_mask", &mask));
        else
                PUT(s, "\tIP address unassigned\n", cell_null("ip_address"), cell_null("subnet_mask"));
}

/* What the driver counts; a software medium cannot have such errors. */
static struct cell counted(const struct iface_view *v, const char *name, uint64_t n)
{
        if (v->has_medium && !v->medium.errors_known)
                return cell_as(cell_null(name), "unknown");
        return cell_num(name, n);
}

/* The kernel counts frames of a wrong length as one. */
static struct cell runts(const struct iface_view *v)
{
        if (v->has_medium && (!v->medium.errors_known || v->medium.length))
                return cell_as(cell_null("runts"), "unknown");
        return cell_num("runts", 0);
}

static void show_port(struct session *s, const struct iface_view *v)
{
        const struct port_stat *p = &v->port;
        const struct port_medium *m = &v->medium;

        PUT(s, "\t%s packets input, %s bytes, %s no buffer\n", cell_num("packets_in", p->rx_pkts),
            cell_num("bytes_in", p->rx_bytes), cell_num("no_buffer", p->rx_nobuf));
        PUT(s, "\tReceived %s broadcasts, %s runts, %s giants\n", cell_num("broadcasts_in", v->in_bcast), runts(v),
            cell_num("giants", p->rx_trunc));
        PUT(s, "\t%s input errors, %s CRC, %s frame, %s overrun, %s ignored, 0 abort\n",
            cell_num("errors_in", v->in_errors + m->in_errors), counted(v, "crc_errors", m->crc),
            counted(v, "frame_errors", m->frame), counted(v, "overruns", p->rx_ring_drop + m->over),
            counted(v, "ignored", m->missed));
        PUT(s, "\t%s packets output, %s bytes, %s underruns\n", cell_num("packets_out", p->tx_pkts),
            cell_num("bytes_out", p->tx_bytes), counted(v, "underruns", m->underruns));
        PUT(s, "\t%s output errors, %s collisions, 0 interface resets\n",
            cell_num("errors_out", p->tx_drop + m->out_errors), counted(v, "collisions", m->collisions));
}

static void show_traffic(struct session *s, const struct iface_view *v)
{
        table_object(session_table(s), "traffic");
        out(s, "  Traffic Statistics for \"%s\":\n", v->conf.nameif);
        PUT(s, "\t%s packets input, %s bytes\n", cell_num("packets_in", v->in_pkts),
            cell_num("bytes_in", v->in_bytes));
        PUT(s, "\t%s packets output, %s bytes\n", cell_num("packets_out", v->out_pkts),
            cell_num("bytes_out", v->out_bytes));
        PUT(s, "\t%s packets dropped\n", cell_num("packets_dropped", v->drops));
        show_rates(s, v->idx, 1);
        show_rates(s, v->idx, 5);
        table_close(session_table(s));
}

static void show_mac(struct session *s, const struct iface_view *v)
{
        char mac[16];

        mac_print(&v->mac, mac);
        if (*v->conf.nameif)
                PUT(s, "\tMAC address %s, MTU %s\n", cell_str("mac_address", mac), cell_num("mtu", v->rt->mtu));
        else
                PUT(s, "\tMAC address %s, MTU not set\n", cell_str("mac_address", mac), cell_null("mtu"));
}

static void show_one(struct session *s, const struct iface_view *ever)
{
        struct iface_view now = *ever;
        const struct iface_view *v = &now;

        since_cleared(session_box(s), &now);
        table_object(session_table(s), NULL);
        PUT(s, "Interface %s \"%s\", is %s, line protocol is %s\n", cell_str("interface", v->hwname),
            *v->conf.nameif ? cell_str("nameif", v->conf.nameif) : cell_null("nameif"),
            cell_str("status", admin_text(v)), cell_str("protocol", line_text(v)));
        show_hardware(s, v);
        if (*v->conf.description)
                PUT(s, "\tDescription: %s\n", cell_str("description", v->conf.description));
        if (v->conf.vlan)
                PUT(s, "\tVLAN identifier %s\n", cell_num("vlan", v->conf.vlan));
        if (!*v->conf.nameif)
                out(s, "\tAvailable but not configured via nameif\n");
        if (v->rt)
                show_mac(s, v);
        show_address(s, v);
        if (v->has_port && !v->conf.vlan)
                show_port(s, v);
        if (*v->conf.nameif)
                show_traffic(s, v);
        table_close(session_table(s));
}

static bool wanted(const struct iface_view *v, const char *name)
{
        char hw[HWNAME_MAX + 1] = "";

        if (!name || !strcmp(v->conf.nameif, name))
                return true;
        return hwname_canon(name, strlen(name), hw) && !strcmp(v->hwname, hw);
}

typedef void (*view_fn)(struct session *s, const struct iface_view *v);

static int each_view(struct session *s, const char *name, view_fn fn, struct err *e)
{
        struct box *b = session_box(s);
        const struct snapshot *snap = snapshot_get(b->hub);
        struct iface_view *v;
        unsigned n = iface_views(b, snap, &v), shown = 0;

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

#define JOINED_MAX (2 * HWNAME_MAX + 1)

/* The interface of the line; NULL: it names none. */
static const char *named(const struct args *a, char joined[JOINED_MAX])
{
        const char *slot = arg_str(a, "SLOT");

        if (!slot)
                return arg_str(a, "IFC");
        snprintf(joined, JOINED_MAX, "%.*s%.*s", HWNAME_MAX, arg_str(a, "KIND"), HWNAME_MAX, slot);
        return joined;
}

static int show_interface(struct session *s, const struct args *a, struct err *e)
{
        char joined[JOINED_MAX];

        table_list(session_table(s), "interfaces");
        if (each_view(s, named(a, joined), show_one, e) < 0)
                return -1;
        table_close(session_table(s));
        return 0;
}

static int clear_interface(struct session *s, const struct args *a, struct err *e)
{
        char joined[JOINED_MAX];
        const char *name = named(a, joined);
        struct box *b = session_box(s);
        const struct snapshot *snap = snapshot_get(b->hub);
        struct iface_view *v;
        unsigned n = iface_views(b, snap, &v), found = 0;
        int rc = 0;

        for (unsigned i = 0; i < n; i++) {
                if (!wanted(&v[i], name))
                        continue;
                rc |= count_anew(b, &v[i]);
                found++;
        }
        mem_free(v);
        if (snap)
                snapshot_put(b->hub, snap);
        if (rc)
                return err_nomem(e, "clearing counters");
        return name && !found ? err_set(e, ERR_REF, "interface %s does not exist", name) : 0;
}

/* ---- the short forms ---- */

static void brief_row(struct session *s, const struct iface_view *v)
{
        ROW(s, "%-26s %-15s YES %-6s %-21s %s\n", cell_str("interface", v->hwname),
            v->conf.ip.fam ? cell_addr("ip_address", &v->conf.ip) : cell_as(cell_null("ip_address"), "unassigned"),
            cell_str("method", v->conf.ip.fam ? "manual" : "unset"), cell_str("status", admin_text(v)),
            cell_str("protocol", line_text(v)));
}

/* The rows of all interfaces as one list. */
static int list_views(struct session *s, const char *name, view_fn row, struct err *e)
{
        int rc;

        table_list(session_table(s), name);
        rc = each_view(s, NULL, row, e);
        table_close(session_table(s));
        return rc;
}

static int show_brief(struct session *s, const struct args *a UNUSED, struct err *e)
{
        out(s, "Interface                  IP-Address      OK? Method Status                Protocol\n");
        return list_views(s, "interfaces", brief_row, e);
}

static void nameif_row(struct session *s, const struct iface_view *v)
{
        if (*v->conf.nameif)
                ROW(s, "%-24s %-24s %3s\n", cell_str("interface", v->hwname), cell_str("nameif", v->conf.nameif),
                    cell_num("security_level", v->conf.level < 0 ? 0 : (unsigned)v->conf.level));
}

static int show_nameif(struct session *s, const struct args *a UNUSED, struct err *e)
{
        out(s, "Interface                Name                     Security\n");
        return list_views(s, "interfaces", nameif_row, e);
}

static void address_row(struct session *s, const struct iface_view *v)
{
        struct addr mask = addr_v4(len_to_mask(v->conf.mask_len));

        if (*v->conf.nameif && v->conf.ip.fam)
                ROW(s, "%-24s %-22s %-15s %-15s manual\n", cell_str("interface", v->hwname),
                    cell_str("nameif", v->conf.nameif), cell_addr("ip_address", &v->conf.ip),
                    cell_mask("subnet_mask", &mask));
}

static int show_ip(struct session *s, const struct args *a UNUSED, struct err *e)
{
        static const char head[] =
                "Interface                Name                   IP address      Subnet mask     Method \n";

        out(s, "System IP Addresses:\n%s", head);
        list_views(s, "system_addresses", address_row, e);
        out(s, "Current IP Addresses:\n%s", head);
        return list_views(s, "current_addresses", address_row, e);
}

const struct exec_row exec_show_interface[] = {
        { "show interface [{IFC:word|KIND:hwkind SLOT:hwslot}]", "Show interfaces and their counters",
          15 | EXEC_TABLE, show_interface },
        { "clear interface [{IFC:word|KIND:hwkind SLOT:hwslot}]", "Count packets of interfaces from now on", 15,
          clear_interface },
        { "show interface ip brief", "Show addresses and states in short", 15 | EXEC_TABLE, show_brief },
        { "show nameif", "Show names and security levels", 15 | EXEC_TABLE, show_nameif },
        { "show ip [address]", "Show addresses", 15 | EXEC_TABLE, show_ip },
        { 0 },
};
