#include <string.h>

#include "cli/cmd/rows.h"

static void init_route(struct conf_ctx *c, void *obj)
{
        (void)c;
        ((struct route_conf *)obj)->metric = 1;
}

static bool is_ours(const struct conf_ctx *c, const struct addr *a)
{
        conf_each(struct iface_conf, i, &c->store->net.ifaces)
                if (addr_eq(&i->ip, a))
                        return true;
        return false;
}

static bool is_connected(const struct conf_ctx *c, const struct route_conf *r)
{
        conf_each(struct iface_conf, i, &c->store->net.ifaces) {
                struct prefix p = { i->ip, i->mask_len };

                prefix_normalise(&p);
                if (*i->nameif && i->ip.fam && p.len == r->len && addr_eq(&p.a, &r->net))
                        return true;
        }
        return false;
}

static int check_route(struct conf_ctx *c, void *obj, struct err *e)
{
        struct route_conf *r = obj;

        if (check_pair(&r->net, r->len, e) < 0)
                return -1;
        if (is_ours(c, &r->gw))
                return err_set(e, ERR_RANGE, "Invalid next hop address, it belongs to one of our interfaces");
        if (is_connected(c, r))
                return err_set(e, ERR_EXISTS, "Cannot add route, connected route exists");
        conf_each(struct route_conf, o, &c->store->net.routes)
                if (addr_eq(&o->net, &r->net) && o->len == r->len && o->metric == r->metric &&
                    strcmp(o->o.name, r->o.name) != 0)
                        return err_set(e, ERR_EXISTS, "Cannot add route entry, conflict with existing routes");
        return 0;
}

#define R struct route_conf
static const struct cmd_bind route_bind[] = {
        BIND("IFC", R, nameif),
        BIND("NET", R, net),
        BIND("MASK", R, len),
        BIND("GW", R, gw),
        { .name = "METRIC", FIELD_(R, metric), .dflt = 1, .flags = BIND_ATTR | BIND_ALWAYS },
        BIND_OPT("TRACK", R, track, 0),
        { 0 },
};

static const char *track_inert(const struct store *s, const void *obj)
{
        (void)s;
        return ((const R *)obj)->track ? "`track`: nothing is watched, the route always stands" : NULL;
}

const struct cmd_row rows_route[] = {
        { ROW_LIST, "route IFC:nameif NET:net MASK:netmask GW:addr [METRIC:u32(1-255)] [track TRACK:u32(1-500)]",
          "Configure a static route", route_bind, DIRTY_NET | DIRTY_NAT, STORE(net.routes), .inert_if = track_inert,
          .init = init_route, .check = check_route },
        END,
};

/* ---- equal levels, hairpins ---- */
static const struct cmd_bind inter_bind[] = { BIND_FLAG("inter-interface", struct store, net.same_inter), { 0 } };
static const struct cmd_bind intra_bind[] = { BIND_FLAG("intra-interface", struct store, net.same_intra), { 0 } };

const struct cmd_row rows_same_security[] = {
        { ROW_LEAF, "same-security-traffic permit inter-interface",
          "Permit communication between interfaces of the same level", inter_bind, .dirty = DIRTY_NET | DIRTY_ACL },
        { ROW_LEAF, "same-security-traffic permit intra-interface",
          "Permit traffic out of the interface it came in by", intra_bind, .dirty = DIRTY_NET | DIRTY_ACL },
        END,
};

/* ---- arp ---- */
static const struct cmd_bind arp_bind[] = {
        BIND("IFC", struct arp_conf, nameif),
        BIND("A", struct arp_conf, ip),
        BIND_OPT("MAC", struct arp_conf, mac, 0),
        BIND_OPTFLAG("alias", struct arp_conf, alias),
        { 0 },
};
static const struct cmd_bind arp_timeout_bind[] = { BIND_SHOWN("S", struct store, net.arp_timeout_s, 14400), { 0 } };
static const struct cmd_bind arp_nonconnected_bind[] = {
        BIND_FLAG("permit-nonconnected", struct store, net.arp_nonconnected), { 0 }
};

const struct cmd_row rows_arp[] = {
        { ROW_LIST, "arp IFC:nameif A:addr MAC:mac [alias]", "Add a static ARP entry", arp_bind, DIRTY_NET,
          .list = STORE(net.arps) },
        { ROW_LEAF, "arp timeout S:u32(60-4294967)", "Seconds until a learned ARP entry is asked for again",
          arp_timeout_bind, .dirty = DIRTY_NET },
        { ROW_LEAF, "arp permit-nonconnected", "Learn addresses that are not of a connected subnet",
          arp_nonconnected_bind, DIRTY_NET, .flags = ROW_DEFAULT },
        { ROW_LIST, "sysopt noproxyarp NAME:nameif", "Do not answer ARP for mapped addresses on an interface", NULL,
          DIRTY_NET, STORE(net.noproxyarp), .key = key_name },
        END,
};

/* ---- icmp to the box ---- */
static void init_icmp(struct conf_ctx *c, void *obj)
{
        (void)c;
        ((struct icmp_conf *)obj)->type = -1;
}

static int check_icmp(struct conf_ctx *c, void *obj, struct err *e)
{
        struct icmp_conf *i = obj;

        (void)c;
        return check_pair(&i->net, i->len, e);
}

#define IC struct icmp_conf
static const struct cmd_bind icmp_bind[] = {
        BIND_KEY("permit", IC, permit, 1),
        BIND_KEY("deny", IC, permit, 0),
        BIND_KEY("any", IC, net.fam, ADDR_NONE),
        { .name = "HOST", FIELD_(IC, net), TAG_(IC, len, 32) },
        BIND("NET", IC, net),
        BIND("MASK", IC, len),
        BIND_DFLT("TYPE", IC, type, -1),
        BIND("IFC", IC, nameif),
        { 0 },
};
static const struct cmd_bind unreachable_bind[] = {
        BIND_SHOWN("RATE", struct store, net.unreach_rate, 1),
        BIND_SHOWN("BURST", struct store, net.unreach_burst, 1),
        { 0 },
};

const struct cmd_row rows_icmp[] = {
        { ROW_LEAF, "icmp unreachable rate-limit RATE:u32(1-100) burst-size BURST:u32(1-10)",
          "Limit the rate of ICMP unreachable messages", unreachable_bind, .dirty = DIRTY_NET },
        { ROW_LIST, "icmp {permit|deny} {any|host HOST:addr|NET:net MASK:netmask} [TYPE:icmptype] IFC:nameif",
          "Who may send ICMP to the appliance", icmp_bind, DIRTY_NET, STORE(net.icmps), .init = init_icmp,
          .check = check_icmp },
        END,
};
