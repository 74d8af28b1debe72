#include <string.h>

#include "cli/cmd/rows.h"
#include "policy/limits.h"

#define L4_TCP_UDP 23 /* "tcp-udp" in group_conf.l4 */

#define M struct group_member
#define G struct group_conf

/* ---- groups ---- */
static int check_group(struct conf_ctx *c, void *obj, struct err *e)
{
        const struct policy_conf *p = &c->store->policy;
        G *g = obj, *old = conf_list_find(&p->groups, g->o.name);

        if (conf_list_find(&p->netobjs, g->o.name) || conf_list_find(&p->svcobjs, g->o.name) ||
            (old && old != g && (old->kind != g->kind || old->l4 != g->l4)))
                return err_set(e, ERR_EXISTS, "object-group (%s) exists with another type", g->o.name);
        return 0;
}

/* Does `inner` hold `outer`, at any depth? Groups are few and never circular, so the walk ends. */
static bool contains(const struct store *s, const char *inner, const char *outer, unsigned depth)
{
        const G *g = conf_list_find(&s->policy.groups, inner);

        if (!strcmp(inner, outer))
                return true;
        if (!g || depth > 32)
                return depth > 32;
        conf_each(M, m, &g->members)
                if (m->kind == GM_GROUP && contains(s, m->name, outer, depth + 1))
                        return true;
        return false;
}

static int check_member(struct conf_ctx *c, void *obj, struct err *e)
{
        G *group = conf_object(c);
        M *m = obj;

        if (m->kind == GM_ADDR && m->addr.kind == AS_SUBNET && check_pair(&m->addr.a, m->addr.len, e) < 0)
                return -1;
        if (m->kind == GM_PORT && check_port_spec(&m->port, e) < 0)
                return -1;
        if (m->kind == GM_SERVICE && (check_port_spec(&m->svc.src, e) < 0 || check_port_spec(&m->svc.dst, e) < 0))
                return -1;
        if (m->kind == GM_GROUP && contains(c->store, m->name, group->o.name, 0))
                return err_set(e, ERR_RANGE, "group (%s) would contain itself", group->o.name);
        return policy_limit_member(&c->store->policy, group, m, e);
}

/* What refers to a group that is empty would mean something else: a deny would be open, a permit closed. */
static int remove_member(struct conf_ctx *c, void *obj, struct err *e)
{
        const char *const kinds[] = { [GROUP_NETWORK] = "network-group",
                                      [GROUP_SERVICE] = "service-group",
                                      [GROUP_PROTOCOL] = "protocol-group",
                                      [GROUP_ICMP] = "icmp-group" };
        const G *g = conf_object(c);
        char where[256];

        (void)obj;
        if (g->members.n > 1 || !store_in_use(c->store, kinds[g->kind], g->o.name, where, sizeof where))
                return 0;
        return err_set(e, ERR_INUSE,
                       "removing the last member would make object-group (%s) empty, and it is being used: %.160s",
                       g->o.name, where);
}

/* One member, one spelling, so that it is known again: a network of one is a host, a range of one a port. */
static void settle_member(void *elem)
{
        M *m = elem;

        if (m->kind == GM_ADDR && m->addr.kind == AS_SUBNET && m->addr.len == 32)
                m->addr.kind = AS_HOST;
        if (m->kind == GM_PORT && m->port.op == PORT_RANGE && m->port.lo == m->port.hi) {
                m->port.op = PORT_EQ;
                m->port.hi = 0;
        }
}

static void member_again(struct conf_ctx *c, const struct args *a, const void *elem)
{
        const G *g = conf_object(c);

        if (!c->late)
                conf_say(c, "Adding obj (%s %s) to grp (%s) failed; object already exists", a->cap[0].part->text,
                         ((const M *)elem)->o.name, g->o.name);
}

static void init_member(struct conf_ctx *c, void *obj)
{
        (void)c;
        ((M *)obj)->svc.icmp_type = ((M *)obj)->svc.icmp_code = -1;
}

#define SVC_KEY(nm, v)                                                                                               \
        {                                                                                                            \
                .name = nm, FIELD_(M, svc.proto), .val = (v), .flags = BIND_KEYWORD, TAG_(M, kind, GM_SERVICE)       \
        }
#define PROTO_KEY(nm, v)                                                                                             \
        {                                                                                                            \
                .name = nm, FIELD_(M, num), .val = (v), .flags = BIND_KEYWORD, TAG_(M, kind, GM_PROTO)               \
        }
static const struct cmd_bind member_bind[] = {
        BIND_TAGGED("ADDR", M, addr, kind, GM_ADDR),
        BIND_TAGGED("PORTS", M, port, kind, GM_PORT),
        BIND_TAGGED("PROTO", M, num, kind, GM_PROTO),
        BIND_TAGGED("ICMP", M, num, kind, GM_ICMP),
        BIND_TAGGED("GROUP", M, name, kind, GM_GROUP),
        BIND_TAGGED("SVCOBJ", M, name, kind, GM_SVCOBJ),
        PROTO_KEY("protocol-tcp", 6),
        PROTO_KEY("protocol-udp", 17),
        PROTO_KEY("protocol-icmp", 1),
        PROTO_KEY("protocol-ip", PROTO_IP),
        SVC_KEY("tcp", 6),
        SVC_KEY("udp", 17),
        SVC_KEY("tcp-udp", PROTO_TCP_UDP),
        SVC_KEY("icmp", 1),
        SVC_KEY("ip", PROTO_IP),
        { .name = "SVCPROTO", FIELD_(M, svc.proto), .flags = BIND_ALWAYS, TAG_(M, kind, GM_SERVICE) },
        BIND("SPORT", M, svc.src),
        BIND("DPORT", M, svc.dst),
        BIND_DFLT("TYPE", M, svc.icmp_type, -1),
        BIND_DFLT("CODE", M, svc.icmp_code, -1),
        { 0 },
};
static const struct cmd_bind text_bind[] = { BIND("TEXT", G, description), { 0 } };

static bool is_tcp(const void *obj)
{
        return ((const G *)obj)->l4 == 6;
}

static bool is_udp(const void *obj)
{
        return ((const G *)obj)->l4 == 17;
}

static bool is_both(const void *obj)
{
        return ((const G *)obj)->l4 == L4_TCP_UDP;
}

static bool is_free(const void *obj)
{
        return !((const G *)obj)->l4;
}

#define DIRTY_OBJ (DIRTY_ACL | DIRTY_NAT | DIRTY_POLICY)
#define MEMBER(ln, hlp, ...)                                                                                         \
        {                                                                                                            \
                ROW_LIST, ln, hlp, member_bind, DIRTY_OBJ, offsetof(G, members),                                     \
                        .init = init_member, .settle = settle_member, .check = check_member, .again = member_again,  \
                        .remove = remove_member, ##__VA_ARGS__                                                       \
        }
#define DESCRIPTION                                                                                                  \
        {                                                                                                            \
                ROW_LEAF, "description TEXT:line(200)", "Description of the group", text_bind, .dirty = DIRTY_SYS    \
        }

static const struct cmd_row network_rows[] = {
        DESCRIPTION,
        MEMBER("network-object ADDR:hostspec", "A host, a network or an object"),
        MEMBER("group-object GROUP:ref(network-group)", "Another group"),
        END,
};
static const struct cmd_row service_rows[] = {
        DESCRIPTION,
        MEMBER("service-object {object SVCOBJ:ref(service-object)|tcp [source SPORT:tcprange] "
               "[destination DPORT:tcprange]|udp [source SPORT:udprange] [destination DPORT:udprange]|"
               "tcp-udp [source SPORT:tcprange] [destination DPORT:tcprange]|"
               "icmp [TYPE:icmptype [CODE:u32(0-255)]]|ip|SVCPROTO:protocol}",
               "A protocol with its ports, or an object", .applies = is_free),
        MEMBER("port-object PORTS:tcpeq", "A port or a range of ports", .applies = is_tcp),
        MEMBER("port-object PORTS:udpeq", "A port or a range of ports", .applies = is_udp),
        MEMBER("port-object PORTS:tcpeq", "A port or a range of ports", .applies = is_both),
        MEMBER("group-object GROUP:ref(service-group)", "Another group"),
        END,
};
static const struct cmd_row protocol_rows[] = {
        DESCRIPTION,
        MEMBER("protocol-object {tcp@protocol-tcp|udp@protocol-udp|icmp@protocol-icmp|ip@protocol-ip|PROTO:protocol}",
               "A protocol"),
        MEMBER("group-object GROUP:ref(protocol-group)", "Another group"),
        END,
};
static const struct cmd_row icmp_rows[] = {
        DESCRIPTION,
        MEMBER("icmp-object ICMP:icmptype", "An ICMP type"),
        MEMBER("group-object GROUP:ref(icmp-group)", "Another group"),
        END,
};

static const struct cmd_mode network_mode = { "config-network-object-group",
                                              "network-object-group configuration commands:", network_rows };
static const struct cmd_mode service_mode = { "config-service-object-group",
                                              "service-object-group configuration commands:", service_rows };
static const struct cmd_mode protocol_mode = { "config-protocol-object-group",
                                               "protocol-object-group configuration commands:", protocol_rows };
static const struct cmd_mode icmp_mode = { "config-icmp-object-group",
                                           "icmp-object-group configuration commands:", icmp_rows };

static const struct cmd_bind group_bind[] = {
        BIND_KEY("network", G, kind, GROUP_NETWORK),
        BIND_KEY("service", G, kind, GROUP_SERVICE),
        BIND_KEY("protocol", G, kind, GROUP_PROTOCOL),
        BIND_KEY("icmp-type", G, kind, GROUP_ICMP),
        BIND_KEY("tcp", G, l4, 6),
        BIND_KEY("udp", G, l4, 17),
        BIND_KEY("tcp-udp", G, l4, L4_TCP_UDP),
        { 0 },
};

#define GROUP(ln, hlp, md, knd)                                                                                      \
        {                                                                                                            \
                ROW_MODE, ln, hlp, group_bind, DIRTY_OBJ, STORE(policy.groups), md,                                  \
                        .kind_name = knd, .init = init_group, .check = check_group                                   \
        }

const struct cmd_row rows_object_group[] = {
        GROUP("object-group network NAME:newname(64)", "A group of addresses", &network_mode, "network-group"),
        GROUP("object-group service NAME:newname(64) [{tcp|udp|tcp-udp}]", "A group of services", &service_mode,
              "service-group"),
        GROUP("object-group protocol NAME:newname(64)", "A group of protocols", &protocol_mode, "protocol-group"),
        GROUP("object-group icmp-type NAME:newname(64)", "A group of ICMP types", &icmp_mode, "icmp-group"),
        END,
};
