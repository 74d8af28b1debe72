#include <stdio.h>
#include <string.h>

#include "cli/cmd/phone_proxy.h"
#include "cli/cmd/rows.h"
#include "cli/lang/hwname.h"
#include "cli/conf/nested.h"
#include "cli/conf/running.h"
#include "nat/nat_rt.h"
#include "platform/base/str.h"
#include "platform/net/iface.h"

#define DIRTY_IFACE (DIRTY_NET | DIRTY_ACL | DIRTY_NAT | DIRTY_POLICY) /* lists and rules name interfaces */

static bool is_sub(const void *obj)
{
        return hwname_sub(((const struct iface_conf *)obj)->o.name) != 0;
}

/* A port waits for `no shutdown`; a subinterface follows its port. */
static void init_iface(struct conf_ctx *c, void *obj)
{
        struct iface_conf *i = obj;

        (void)c;
        iface_conf_init(i);
        i->shutdown = !i->o.name || !is_sub(i);
}

/* "g0/1" and "gigabitethernet 0/1" are GigabitEthernet0/1. */
static void key_iface(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out)
{
        const char *name = arg_str(a, "NAME"), *kind = arg_str(a, "KIND");
        char typed[HWNAME_MAX + 1], canon[HWNAME_MAX + 1];

        (void)c;
        (void)elem;
        if (name)
                str_copy(typed, sizeof typed, name);
        else
                snprintf(typed, sizeof typed, "%.30s%.30s", kind ? kind : "",
                         arg_str(a, "SLOT") ? arg_str(a, "SLOT") : "");
        if (hwname_canon(typed, strlen(typed), canon))
                text_add(out, canon);
}

static struct conf_obj *place_iface(struct conf_ctx *c, const struct args *a, struct conf_list *l)
{
        struct conf_obj *before;
        struct text name = { 0 };

        key_iface(c, a, NULL, &name);
        before = store_iface_place(l, text_str(&name));
        text_fini(&name);
        return before;
}

static bool has_port(const struct conf_ctx *c, const char *hwname)
{
        size_t n = strcspn(hwname, ".");

        for (unsigned i = 0; c->bind && i < c->bind->n; i++)
                if (!strncmp(c->bind->b[i].hwname, hwname, n) && !c->bind->b[i].hwname[n] &&
                    c->bind->b[i].port != UINT16_MAX)
                        return true;
        return !c->bind;
}

/* Every port, every interface and every parent of one takes a place. */
static bool fits(struct iface_bindings *t, const char *hwname)
{
        char parent[HWNAME_MAX + 1];

        snprintf(parent, sizeof parent, "%.*s", (int)strcspn(hwname, "."), hwname);
        return iface_bind(t, parent) && iface_bind(t, hwname);
}

static int check_iface(struct conf_ctx *c, void *obj, struct err *e)
{
        struct iface_bindings t = { .n = 0 };
        bool ok = true;

        for (unsigned i = 0; c->bind && i < c->bind->n; i++)
                if (c->bind->b[i].port != UINT16_MAX)
                        ok &= fits(&t, c->bind->b[i].hwname);
        conf_each(struct conf_obj, o, &c->store->net.ifaces)
                ok &= fits(&t, o->name);
        if (ok && fits(&t, ((struct conf_obj *)obj)->name))
                return 0;
        return err_set(e, ERR_LIMIT, "at most %d interfaces", IFACES_MAX - 1);
}

/* Saved configurations do not say "no shutdown": an interface they mention is up unless they say otherwise. */
static void after_iface(struct conf_ctx *c, void *obj, bool no_form)
{
        struct iface_conf *i = obj;

        if (no_form) {
                purge_nameif(c, c->was_nameif);
                return;
        }
        if (c->replace && i->shutdown) {
                i->shutdown = false;
                c->store->dirty |= DIRTY_IFACE;
        }
        if (!has_port(c, i->o.name))
                conf_warning(c, "no port is bound to %s: it stays down", i->o.name);
}

static int remove_iface(struct conf_ctx *c, void *obj, struct err *e)
{
        const char *name = ((struct conf_obj *)obj)->name;

        str_copy(c->was_nameif, sizeof c->was_nameif, ((struct iface_conf *)obj)->nameif);
        if (!is_sub(obj) && c->bind && has_port(c, name))
                return err_set(e, ERR_INUSE, "%s is a physical interface; use clear configure interface %s", name,
                               name);
        return *c->was_nameif ? phone_proxy_spares_nameif(c->store, c->was_nameif, e) : 0;
}

/* No words: all of them. "GigabitEthernet 0/1" is one name in two words. */
static int clearing_name(const struct running_filter *f, char *canon, struct err *e)
{
        char typed[HWNAME_MAX + 1] = "";

        for (unsigned i = 1; i < f->n; i++)
                if (strlen(typed) + strlen(f->word[i].s) < sizeof typed)
                        strcat(typed, f->word[i].s);
        *canon = 0;
        if (f->n == 1 || (f->n <= 3 && hwname_canon(typed, strlen(typed), canon)))
                return 0;
        return err_set(e, ERR_SYNTAX, "%s is not the name of an interface", f->word[1].s);
}

/* A subinterface, or one of a pasted configuration for which there is no port. */
static bool is_made(const struct conf_ctx *c, const struct iface_conf *i)
{
        return is_sub(i) || (c->bind && !iface_is_port(c->bind, i->o.name));
}

static void reset_iface(struct iface_conf *i)
{
        memset((char *)i + sizeof i->o, 0, sizeof *i - sizeof i->o);
        iface_conf_init(i);
}

int clear_interfaces(struct conf_ctx *c, const struct running_filter *f, struct err *e)
{
        struct conf_list *l = &c->store->net.ifaces;
        char name[HWNAME_MAX + 1], was[NAMEIF_MAX + 1];
        bool any = false;
        struct list *next;

        if (clearing_name(f, name, e) < 0)
                return -1;
        conf_each(struct iface_conf, i, l)
                if ((!*name || !strcmp(i->o.name, name)) && *i->nameif &&
                    phone_proxy_spares_nameif(c->store, i->nameif, e) < 0)
                        return -1;
        for (struct list *it = l->items.next; it && it != &l->items; it = next) {
                struct iface_conf *i = (void *)list_entry(it, struct conf_obj, link);

                next = it->next;
                if (*name && strcmp(i->o.name, name) != 0)
                        continue;
                any = true;
                memcpy(was, i->nameif, sizeof was);
                if (is_made(c, i))
                        conf_list_del(l, &i->o);
                else
                        reset_iface(i);
                purge_nameif(c, was);
        }
        if (!any && *name)
                return err_set(e, ERR_REF, "interface %s does not exist", name);
        c->store->dirty |= DIRTY_IFACE;
        c->store->edits++;
        c->res->changed = true;
        return 0;
}

/* An address that a line counts on as somebody else's can not become ours, with whatever name. */
static int check_claimed(struct conf_ctx *c, const struct iface_conf *i, struct err *e)
{
        char t[ADDR_TEXT_MAX];
        struct err why = { 0 };

        if (!i->ip.fam)
                return 0;
        if (!c->late && media_term_has(c->store, &i->ip))
                return err_set(e, ERR_INUSE, "IP address %s is a media-termination address", addr_print(&i->ip, t));
        conf_each(struct route_conf, r, &c->store->net.routes)
                if (addr_eq(&r->gw, &i->ip))
                        return err_set(e, ERR_INUSE, "IP address %s is the next hop of a route",
                                       addr_print(&i->ip, t));
        conf_each(struct object_nat_conf, n, &c->store->nat.object_nats)
                if (nat_check(n, &c->store->policy, &c->store->net, &why) < 0 && why.code == ERR_INUSE)
                        return err_set(e, ERR_INUSE, "%s", why.text);
        return 0;
}

/* ---- nameif and level ---- */
static int check_nameif(struct conf_ctx *c, void *obj, struct err *e)
{
        static const char *const reserved[] = { "any", "global", "interface", "identity" };
        struct iface_conf *i = obj;

        for (size_t k = 0; k < ARRAY_LEN(reserved); k++)
                if (!strcasecmp(i->nameif, reserved[k]))
                        return err_set(e, ERR_RANGE, "%s is a reserved name", i->nameif);
        if (strpbrk(i->nameif, "(),"))
                return err_set(e, ERR_SYNTAX, "an interface name holds no brackets or commas");
        conf_each(struct iface_conf, o, &c->store->net.ifaces)
                if (o != i && *i->nameif && !strcmp(o->nameif, i->nameif))
                        return err_set(e, ERR_EXISTS, "Name \"%s\" has been assigned to interface %s", i->nameif,
                                       o->o.name);
        return check_claimed(c, i, e);
}

static void *nameif_target(struct conf_ctx *c, const struct args *a, bool make, struct err *e)
{
        struct iface_conf *i = conf_object(c);

        (void)a;
        (void)make;
        (void)e;
        if (i)
                str_copy(c->was_nameif, sizeof c->was_nameif, i->nameif);
        return i;
}

static int nameif_locked(struct conf_ctx *c, const void *obj, struct err *e)
{
        const struct iface_conf *i = obj;

        return *i->nameif || !*c->was_nameif ? 0 : phone_proxy_spares_nameif(c->store, c->was_nameif, e);
}

/* As on the ASA, lines follow the interface to another name and go with `no nameif`. */
static void after_nameif(struct conf_ctx *c, void *obj, bool no_form)
{
        struct iface_conf *i = obj;

        if (!no_form && !*c->was_nameif)
                i->naming = conf_id_next();
        if (no_form && *c->was_nameif)
                i->level = -1;
        if (!no_form && i->level < 0) {
                i->level = !strcasecmp(i->nameif, "inside") ? 100 : 0;
                if (!c->late)
                        conf_info(c, "Security level for \"%s\" set to %d by default.", i->nameif, i->level);
        }
        if (no_form)
                purge_nameif(c, c->was_nameif);
        else if (strcmp(c->was_nameif, i->nameif) != 0)
                rename_nameif(c, c->was_nameif, i->nameif);
}

/* ---- address ---- */
static int overlap(struct conf_ctx *c, const struct iface_conf *i, struct err *e)
{
        const struct prefix mine = { i->ip, i->mask_len };

        conf_each(struct iface_conf, o, &c->store->net.ifaces) {
                const struct prefix other = { o->ip, o->mask_len };

                if (o != i && o->ip.fam && (prefix_has(&mine, &o->ip) || prefix_has(&other, &i->ip)))
                        return err_set(e, ERR_RANGE,
                                       "Failed to apply IP address to interface %s, as the network overlaps with "
                                       "interface %s. Two interfaces cannot be in the same subnet.",
                                       i->o.name, o->o.name);
        }
        return 0;
}

static bool is_host_part(const struct addr *a, uint8_t len)
{
        uint32_t host = a->v4 & ~len_to_mask(len);

        return len >= 31 || (host != 0 && host != ~len_to_mask(len));
}

static int check_address(struct conf_ctx *c, void *obj, struct err *e)
{
        struct iface_conf *i = obj;
        const struct prefix net = { i->ip, i->mask_len };
        char t[ADDR_TEXT_MAX], m[ADDR_TEXT_MAX];
        struct addr mask = addr_v4(len_to_mask(i->mask_len));

        if (!i->ip.fam)
                return 0;
        if (!i->mask_len || addr_is_martian_source(&i->ip) || !is_host_part(&i->ip, i->mask_len))
                return err_set(e, ERR_RANGE, "%s/%s is an invalid IP address for an interface", addr_print(&i->ip, t),
                               addr_print(&mask, m));
        if (i->standby.fam && (!prefix_has(&net, &i->standby) || addr_eq(&i->ip, &i->standby)))
                return err_set(e, ERR_RANGE, "standby address %s is not another address of the same subnet",
                               addr_print(&i->standby, t));
        return overlap(c, i, e) < 0 ? -1 : check_claimed(c, i, e);
}

static const char *address_inert(const struct store *s, const void *obj)
{
        (void)s;
        return ((const struct iface_conf *)obj)->standby.fam ? "`standby`: there is no failover" : NULL;
}

/* `ip address dhcp` or pppoe */
static struct conf_obj *asks_for_address(const struct iface_conf *i)
{
        conf_each(struct conf_obj, o, &i->kept)
                if (!strncmp(o->name, "ip address ", 11))
                        return o;
        return NULL;
}

static bool address_said(const void *obj)
{
        return asks_for_address(obj) != NULL;
}

/* It asks for none any more. */
static void after_address(struct conf_ctx *c UNUSED, void *obj, bool no_form)
{
        struct iface_conf *i = obj;
        struct conf_obj *o = asks_for_address(i);

        if (!no_form && o && i->ip.fam)
                conf_list_del(&i->kept, o);
}

static int check_vlan(struct conf_ctx *c, void *obj, struct err *e)
{
        struct iface_conf *i = obj;
        size_t n = strcspn(i->o.name, ".");

        conf_each(struct iface_conf, o, &c->store->net.ifaces)
                if (o != i && i->vlan && o->vlan == i->vlan && !strncmp(o->o.name, i->o.name, n + 1))
                        return err_set(e, ERR_EXISTS, "VLAN %u is in use by %s", i->vlan, o->o.name);
        return 0;
}

#define I struct iface_conf
/* 411003, 411004; copies and checks of a configuration change no interface. The caller holds conf_lock. */
static void after_shutdown(struct conf_ctx *c, void *obj, bool no_form UNUSED)
{
        const struct iface_conf *i = obj;

        if (c->box && c->box->store == c->store && c->res->changed)
                log_msg(c->box->log_src, i->shutdown ? LOG_411004 : LOG_411003, LS(i->o.name));
}

static const struct cmd_bind description_bind[] = { BIND("TEXT", I, description), { 0 } };
static const struct cmd_bind shutdown_bind[] = { BIND_FLAG("shutdown", I, shutdown), { 0 } };
static const struct cmd_bind speed_bind[] = { BIND_WORD("10", I, speed),
                                              BIND_WORD("100", I, speed),
                                              BIND_WORD("1000", I, speed),
                                              BIND_WORD("auto", I, speed),
                                              { 0 } };
static const struct cmd_bind duplex_bind[] = {
        BIND_WORD("auto", I, duplex), BIND_WORD("full", I, duplex), BIND_WORD("half", I, duplex), { 0 }
};
static const struct cmd_bind vlan_bind[] = { BIND("ID", I, vlan), { 0 } };
static const struct cmd_bind mac_bind[] = { BIND_TAGGED("MAC", I, mac, have_mac, 1), { 0 } };
static const struct cmd_bind mgmt_bind[] = { BIND_FLAG("management-only", I, management_only), { 0 } };
static const struct cmd_bind nameif_bind[] = { BIND("IFNAME", I, nameif), { 0 } };
static const struct cmd_bind level_bind[] = { BIND_DFLT("LEVEL", I, level, -1), { 0 } };
static const struct cmd_bind ip_bind[] = { BIND("A", I, ip), BIND("M", I, mask_len), BIND("B", I, standby), { 0 } };

#define HOST_PORT "speed and duplex are set by the host"

#define KEPT(g, hlp, why) KEPT_IN(offsetof(I, kept), g " WHAT:keptline(200)", hlp, why)
#define NO_ROUTING "there are no routing protocols here"

static const struct cmd_row iface_rows[] = {
        { ROW_LEAF, "description TEXT:line(200)", "Interface specific description", description_bind,
          .dirty = DIRTY_NET },
        { ROW_LEAF, "speed {10|100|1000|auto}", "Configure speed operation", speed_bind, 0, .inert = HOST_PORT },
        { ROW_LEAF, "duplex {auto|full|half}", "Configure duplex operation", duplex_bind, 0, .inert = HOST_PORT },
        { ROW_LEAF, "shutdown", "Shutdown the selected interface", shutdown_bind, .dirty = DIRTY_IFACE,
          .after = after_shutdown },
        { ROW_LEAF, "vlan ID:u32(1-4094)", "VLAN of a subinterface", vlan_bind, DIRTY_IFACE, .applies = is_sub,
          .check = check_vlan },
        { ROW_LEAF, "mac-address MAC:mac", "Assign a MAC address to the interface", mac_bind, .dirty = DIRTY_NET },
        { ROW_LEAF, "management-only", "Dedicate an interface to management", mgmt_bind, DIRTY_NET,
          .inert = "traffic through the interface is not kept out" },
        { ROW_LEAF, "nameif IFNAME:newname(48)", "Assign a name to the interface", nameif_bind, DIRTY_IFACE,
          .flags = ROW_DEFAULT, .check = check_nameif, .locked = nameif_locked, .after = after_nameif,
          .target = nameif_target },
        { ROW_LEAF, "security-level LEVEL:u32(0-100)", "Specify the security level of this interface", level_bind,
          DIRTY_IFACE, .flags = ROW_DEFAULT },
        { ROW_LEAF, "ip address A:addr M:mask [standby B:addr]", "Configure the interface address", ip_bind,
          DIRTY_IFACE, .flags = ROW_DEFAULT, .check = check_address, .inert_if = address_inert,
          .said = address_said, .after = after_address },
        { ROW_INERT, "ip address {dhcp|pppoe} [WHAT:line(100)]", "Ask for an address", .list = offsetof(I, kept),
          .inert = "no address is asked for, the interface has NONE: use ip address A.B.C.D MASK",
          .flags = ROW_SINGLE },
        KEPT_BOTH(offsetof(I, kept), "forward interface WHAT:line(100)", "VLANs this one may begin connections to",
                  "levels and access lists say what is forwarded"),
        KEPT_BOTH(offsetof(I, kept), "switchport [WHAT:keptline(200)]", "VLANs of a switch port",
                  "there is no switch: each VLAN needs a port of the host"),
        KEPT("{backup|bridge-group|channel-group|flowcontrol|lacp|member-interface|poe|port-channel|pppoe|tunnel|"
             "zone-member}",
             "Links", "links are made by the host"),
        KEPT("{authentication|delay|hello-interval|hold-time|igmp|mfib|ospf|pim|policy-route|rip|summary-address}",
             "Routing protocols on the interface", NO_ROUTING),
        KEPT_BOTH(offsetof(I, kept), "split-horizon WHAT:keptline(200)", "Routes back where they came from",
                  NO_ROUTING),
        KEPT("ipv6", "The Internet Protocol, version 6", "IPv6 is not forwarded"),
        KEPT("dhcprelay", "DHCP relay", "questions of DHCP are not passed on"),
        END,
};

static const struct cmd_mode iface_mode = { "config-if", "Interface configuration commands:", iface_rows };

const struct cmd_row rows_interface[] = {
        { ROW_MODE, "interface {NAME:hwname|KIND:hwkind SLOT:hwslot}", "Select an interface to configure", NULL,
          DIRTY_IFACE, STORE(net.ifaces), &iface_mode, .init = init_iface, .key = key_iface, .place = place_iface,
          .check = check_iface, .after = after_iface, .remove = remove_iface },
        END,
};

/* ---- mtu: a global line per nameif ---- */
static void *mtu_target(struct conf_ctx *c, const struct args *a, bool make, struct err *e)
{
        const char *name = arg_str(a, "IFC");
        struct iface_conf *i = name ? store_iface(c->store, name) : NULL;

        (void)make;
        if (!i)
                err_set(e, ERR_REF, "interface %s does not exist", name ? name : "is not named: it");
        return i;
}

static void mtu_write(struct running *r, const struct cmd_row *row, const void *obj)
{
        (void)obj;
        conf_each(struct iface_conf, i, &r->store->net.ifaces)
                if (*i->nameif)
                        running_line(r, row, i, "mtu %s %u", i->nameif, i->mtu);
}

static const struct cmd_bind mtu_bind[] = { BIND_DFLT("N", I, mtu, 1500), { 0 } };

const struct cmd_row rows_mtu[] = {
        { ROW_LEAF, "mtu IFC:nameif N:u32(300-65535)", "Specify MTU of an interface", mtu_bind, DIRTY_NET,
          .target = mtu_target, .write = mtu_write },
        END,
};
