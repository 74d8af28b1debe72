/* media-termination: the addresses at which media of secure calls ends. What is wrong is refused when it is typed; a
 * load is told and goes on, since what comes later may mend it: calls are refused meanwhile. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/cmd/phone_proxy.h"
#include "cli/cmd/rows.h"
#include "cli/conf/running.h"

#define T struct media_term_conf
#define A struct mta_addr_conf

/* Typed: an error. In a load: a warning. */
static int PRINTF_LIKE(3, 4) object_to(struct conf_ctx *c, struct err *e, const char *fmt, ...)
{
        char why[256];
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(why, sizeof why, fmt, ap);
        va_end(ap);
        if (!c->late)
                return err_set(e, ERR_RANGE, "%s", why);
        conf_warning(c, "%s", why);
        return 0;
}

/* ---- whose address it is already ---- */
static bool object_has(const struct store *s, const char *name, const struct addr *a)
{
        const struct netobj_conf *o = conf_list_find(&s->policy.netobjs, name);
        const struct prefix net = { o ? o->a : *a, o ? o->len : 0 };
        const struct addr_range range = { o ? o->a : *a, o ? o->hi : *a };

        if (!o)
                return false;
        switch (o->kind) {
        case NETOBJ_HOST:
                return addr_eq(&o->a, a);
        case NETOBJ_SUBNET:
                return prefix_has(&net, a);
        case NETOBJ_RANGE:
                return range_has(&range, a);
        default:
                return false;
        }
}

static bool is_shared(const struct store *s, const struct conf_list *l, const struct addr *a)
{
        conf_each(struct twice_nat_conf, n, l) {
                const struct netobj_conf *o = n->dynamic ? conf_list_find(&s->policy.netobjs, n->mapped.name) : NULL;

                if (o && o->kind == NETOBJ_HOST && addr_eq(&o->a, a))
                        return true;
        }
        return false;
}

/* A mapped address, or the real one of a translated host; mapped networks count with all their addresses. */
static const char *nat_owner(const struct store *s, const struct addr *a)
{
        conf_each(struct object_nat_conf, n, &s->nat.object_nats) {
                const struct netobj_conf *o = conf_list_find(&s->policy.netobjs, n->o.name);

                if (n->mapped_kind == MAPPED_ADDR && addr_eq(&n->mapped, a))
                        return "a mapped address of NAT";
                if (n->mapped_kind == MAPPED_OBJECT && object_has(s, n->mapped_obj, a))
                        return "a mapped address of NAT";
                if (o && o->kind == NETOBJ_HOST && addr_eq(&o->a, a))
                        return "the address of a translated host";
        }
        if (is_shared(s, &s->nat.twice, a) || is_shared(s, &s->nat.after_auto, a))
                return "a mapped address of NAT";
        return NULL;
}

static const char *net_owner(const struct store *s, const struct addr *a)
{
        conf_each(struct iface_conf, i, &s->net.ifaces)
                if (i->ip.fam && (addr_eq(&i->ip, a) || addr_eq(&i->standby, a)))
                        return "the address of an interface";
        conf_each(struct route_conf, r, &s->net.routes)
                if (addr_eq(&r->gw, a))
                        return "the next hop of a route";
        conf_each(struct arp_conf, p, &s->net.arps)
                if (addr_eq(&p->ip, a))
                        return "the address of a neighbour with a static ARP entry";
        return NULL;
}

static const char *owner_of(const struct store *s, const struct addr *a)
{
        const char *who = net_owner(s, a);

        if (!who)
                who = nat_owner(s, a);
        conf_each(struct phone_proxy_conf, p, &s->proxy.phone_proxies) {
                conf_each(struct pp_tftp_conf, t, &p->tftp_servers)
                        if (addr_eq(&t->addr, a))
                                who = "the address of a TFTP server";
                if (p->proxy_server.fam && addr_eq(&p->proxy_server, a))
                        who = "the address of a proxy server";
        }
        return who;
}

bool media_term_has(const struct store *s, const struct addr *a)
{
        conf_each(T, m, &s->proxy.media_terms)
                conf_each(A, at, &m->addrs)
                        if (addr_eq(&at->addr, a))
                                return true;
        return false;
}

/* ---- address ---- */
static void key_addr(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out)
{
        (void)c;
        (void)elem;
        text_add(out, arg_str(a, "IFC") ? arg_str(a, "IFC") : "");
}

static int check_place(struct conf_ctx *c, const A *at, struct err *e)
{
        const struct iface_conf *i = store_iface(c->store, at->nameif);
        const struct prefix net = { i ? i->ip : at->addr, i ? i->mask_len : 32 };
        uint32_t host = at->addr.v4 & ~len_to_mask(net.len);
        char t[ADDR_TEXT_MAX];

        if (!*at->nameif || !i)
                return 0;
        if (!i->ip.fam)
                return object_to(c, e, "interface %s has no IP address", at->nameif);
        if (!prefix_has(&net, &at->addr) || (net.len < 31 && (!host || host == ~len_to_mask(net.len))))
                return object_to(c, e, "%s is not a host address of the subnet of interface %s",
                                 addr_print(&at->addr, t), at->nameif);
        return 0;
}

static int check_set(const T *m, const A *at, struct err *e)
{
        char t[ADDR_TEXT_MAX];

        conf_each(A, o, &m->addrs) {
                if (!strcmp(o->o.name, at->o.name))
                        return err_set(e, ERR_EXISTS, "%s%s has media-termination address %s already",
                                       *at->nameif ? "interface " : "the appliance", at->nameif,
                                       addr_print(&o->addr, t));
                if (!*o->nameif != !*at->nameif)
                        return err_set(e, ERR_EXISTS,
                                       "a global media-termination address and addresses of interfaces exclude each "
                                       "other");
                if (addr_eq(&o->addr, &at->addr))
                        return err_set(e, ERR_EXISTS, "%s is the address of interface %s already",
                                       addr_print(&o->addr, t), o->nameif);
        }
        return 0;
}

static int check_addr(struct conf_ctx *c, void *obj, struct err *e)
{
        const A *at = obj;
        const char *who = owner_of(c->store, &at->addr);
        char t[ADDR_TEXT_MAX];

        if (addr_is_martian_source(&at->addr))
                return err_set(e, ERR_RANGE, "%s is not the address of a host", addr_print(&at->addr, t));
        if (check_set(conf_object(c), at, e) < 0)
                return -1;
        if (who && object_to(c, e, "%s is %s", addr_print(&at->addr, t), who) < 0)
                return -1;
        return check_place(c, at, e);
}

/* ---- ports ---- */
static int check_ports(struct conf_ctx *c, void *obj, struct err *e)
{
        const T *m = obj;

        (void)c;
        if (m->port_lo & 1)
                return err_set(e, ERR_RANGE, "rtp-min-port %u must be even: each media session takes an even port",
                               m->port_lo);
        if (m->port_lo >= m->port_hi)
                return err_set(e, ERR_RANGE, "rtp-min-port %u must be below rtp-max-port %u", m->port_lo, m->port_hi);
        return 0;
}

static void write_ports(struct running *r, const struct cmd_row *row, const void *obj)
{
        const T *m = obj;

        if (r->all || m->port_lo != RTP_PORT_MIN_DEFAULT || m->port_hi != RTP_PORT_MAX_DEFAULT)
                running_line(r, row, obj, "rtp-min-port %u rtp-max-port %u", m->port_lo, m->port_hi);
}

/* ---- the object ---- */
static void init_mta(struct conf_ctx *c, void *obj)
{
        (void)c;
        media_term_conf_init(obj);
}

static int check_mta(struct conf_ctx *c, void *obj, struct err *e)
{
        conf_each(struct conf_obj, o, &c->store->proxy.media_terms)
                if (strcmp(o->name, ((T *)obj)->o.name) != 0)
                        return err_set(e, ERR_LIMIT, "only one media-termination instance is allowed: %s exists",
                                       o->name);
        return 0;
}

static int mta_locked(struct conf_ctx *c, const void *obj, struct err *e)
{
        const T *m = obj;

        conf_each(struct phone_proxy_conf, p, &c->store->proxy.phone_proxies)
                if (!strcmp(p->media_termination, m->o.name) && phone_proxy_applied(c->store, p->o.name))
                        return err_set(e, ERR_INUSE,
                                       "media-termination %s cannot be changed: phone-proxy %s uses it in an applied "
                                       "service policy",
                                       m->o.name, p->o.name);
        return 0;
}

static const struct cmd_bind bind[] = {
        BIND_SHOWN("LO", T, port_lo, RTP_PORT_MIN_DEFAULT),
        BIND_SHOWN("HI", T, port_hi, RTP_PORT_MAX_DEFAULT),
        { 0 },
};
static const struct cmd_bind addr_bind[] = { BIND("ADDRESS4", A, addr), BIND("IFC", A, nameif), { 0 } };

static const struct cmd_row mta_rows[] = {
        { ROW_LIST, "address ADDRESS4:addr [interface IFC:nameif]", "Address at which media ends", addr_bind,
          DIRTY_PROXY, offsetof(T, addrs), .key = key_addr, .check = check_addr, .locked = mta_locked },
        { ROW_LEAF, "rtp-min-port LO:u32(1024-65535) rtp-max-port HI:u32(1024-65535)", "Ports of media", bind,
          DIRTY_PROXY, .check = check_ports, .write = write_ports, .locked = mta_locked },
        END,
};
static const struct cmd_mode mta_mode = { "config-media-termination",
                                          "Media termination configuration commands:", mta_rows };

const struct cmd_row rows_media_termination[] = {
        { ROW_MODE, "media-termination NAME:newname(64)", "Configure media termination", NULL, DIRTY_PROXY,
          STORE(proxy.media_terms), &mta_mode, .kind_name = "media-termination", .init = init_mta,
          .check = check_mta },
        END,
};
