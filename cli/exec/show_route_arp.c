/* Routes of the snapshot, neighbours of the workers. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "platform/net/arp.h"
#include "platform/net/route.h"

#define ROWS 64

/* ---- show route ---- */

static const char codes[] = "\nCodes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP\n"
                            "       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area \n"
                            "       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2\n"
                            "       E1 - OSPF external type 1, E2 - OSPF external type 2, V - VPN\n"
                            "       i - IS-IS, su - IS-IS summary, L1 - IS-IS level-1, L2 - IS-IS level-2\n"
                            "       ia - IS-IS inter area, * - candidate default, U - per-user static route\n"
                            "       o - ODR, P - periodic downloaded static route, + - replicated route\n";

static bool is_default(const struct route_entry *r)
{
        return !r->dst.len && !r->connected;
}

static void show_gateway(struct session *s, const struct route_rt *rt)
{
        for (unsigned i = 0; i < rt->n; i++) {
                if (!is_default(&rt->e[i]))
                        continue;
                PUT(s, "Gateway of last resort is %s to network 0.0.0.0\n\n",
                    cell_addr("gateway_of_last_resort", &rt->e[i].gw));
                return;
        }
        PUT(s, "Gateway of last resort is not set\n\n", cell_null("gateway_of_last_resort"));
}

static void show_entry(struct session *s, const struct net_rt *n, const struct route_entry *r)
{
        struct addr mask = addr_v4(len_to_mask(r->dst.len));
        const struct cell code = cell_str("code", r->connected    ? "C"
                                                  : is_default(r) ? "S*"
                                                                  : "S"),
                          network = cell_addr("network", &r->dst.a), netmask = cell_mask("mask", &mask),
                          ifc = cell_str("interface", iface_name(n, r->iface));

        if (r->connected)
                ROW(s, "%-9s%s %s is directly connected, %s\n", code, network, netmask, ifc);
        else
                ROW(s, "%-9s%s %s [%s/%s] via %s, %s\n", code, network, netmask, cell_num("distance", r->distance),
                    cell_num("metric", r->metric), cell_addr("gateway", &r->gw), ifc);
}

/* The address of an interface is a route of its own in displays. */
static void show_local(struct session *s, const struct net_rt *n)
{
        const struct addr host = addr_v4(len_to_mask(32));

        for (unsigned i = 1; i < n->nifaces; i++) {
                const struct iface_rt *ifc = iface_by_idx(n, (uint16_t)i);

                if (ifc && ifc->up && addr_is_v4(&ifc->ip) && ifc->mask_len < 32)
                        ROW(s, "%-9s%s %s is directly connected, %s\n", cell_str("code", "L"),
                            cell_addr("network", &ifc->ip), cell_mask("mask", &host),
                            cell_str("interface", ifc->nameif));
        }
}

static int show_route(struct session *s, const struct args *a, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        const struct snapshot *snap = snapshot_get(b->hub);
        const char *only = arg_str(a, "IFC");
        const struct net_rt *n = snap ? net_rt(snap) : NULL;

        if (n && n->routes) {
                out(s, "%s", codes);
                show_gateway(s, n->routes);
                table_list(session_table(s), "routes");
                for (unsigned i = n->routes->n; i-- > 0;)
                        if (!only || !strcmp(only, iface_name(n, n->routes->e[i].iface)))
                                show_entry(s, n, &n->routes->e[i]);
                if (!only)
                        show_local(s, n);
                table_close(session_table(s));
        }
        if (snap)
                snapshot_put(b->hub, snap);
        return 0;
}

/* ---- show arp ---- */

struct arp_query {
        uint32_t cursor;
        struct arp_row row[ROWS];
        unsigned n;
};

static void arp_rows(struct worker *w, void *arg)
{
        struct arp_query *q = arg;

        q->n = w->arp ? arp_walk(w->arp, &q->cursor, q->row, ROWS) : 0;
}

static bool show_neighbour(struct session *s, const struct snapshot *snap, const struct arp_row *r)
{
        char mac[16];

        return ROW(s, "\t%s %s %s %s\n", cell_str("interface", ifc_name(snap, r->iface)),
                   cell_addr("address", &r->ip), cell_str("mac_address", mac_print(&r->mac, mac)),
                   r->is_static ? cell_as(cell_null("age_seconds"), "-") : cell_num("age_seconds", r->age_s));
}

static bool show_table(struct session *s, const struct snapshot *snap, struct worker *w)
{
        struct arp_query q = { 0 };

        do {
                worker_call(w, arp_rows, &q);
                for (unsigned i = 0; i < q.n; i++)
                        if (!show_neighbour(s, snap, &q.row[i]))
                                return false;
        } while (q.n);
        return true;
}

static int show_arp(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        const struct snapshot *snap = snapshot_get(b->hub);
        bool more = snap != NULL;

        table_list(session_table(s), "neighbours");
        for (unsigned i = 0; more && i < b->nworkers; i++)
                if (b->worker[i])
                        more = show_table(s, snap, b->worker[i]);
        table_close(session_table(s));
        if (snap)
                snapshot_put(b->hub, snap);
        return 0;
}

static int show_route_named(struct session *s, const struct args *a, struct err *e)
{
        return with_names(s, a, e, show_route);
}

const struct exec_row exec_show_route_arp[] = {
        { "show route [IFC:nameif]", "Show the routing table", 15 | EXEC_TABLE, show_route_named },
        { "show arp", "Show the ARP table", 15 | EXEC_TABLE, show_arp },
        { 0 },
};
