#include <string.h>

#include "cli/cmd/nat.h"
#include "cli/cmd/phone_proxy.h"

/* ---- one name, one object ---- */
static int check_unique(struct conf_ctx *c, const char *name, const struct conf_list *mine, struct err *e)
{
        const struct policy_conf *p = &c->store->policy;
        const struct conf_list *const all[] = { &p->netobjs, &p->svcobjs, &p->groups };

        for (size_t i = 0; i < ARRAY_LEN(all); i++)
                if (all[i] != mine && conf_list_find(all[i], name))
                        return err_set(e, ERR_EXISTS, "object (%s) exists with another type", name);
        return 0;
}

static int check_netobj(struct conf_ctx *c, void *obj, struct err *e)
{
        return check_unique(c, ((struct conf_obj *)obj)->name, &c->store->policy.netobjs, e);
}

static int check_svcobj(struct conf_ctx *c, void *obj, struct err *e)
{
        return check_unique(c, ((struct conf_obj *)obj)->name, &c->store->policy.svcobjs, e);
}

/* ---- object network ---- */
/* What is used keeps an address. */
static int check_defined(struct conf_ctx *c, struct netobj_conf *o, struct err *e)
{
        char where[160];

        if (o->kind == NETOBJ_EMPTY && store_in_use(c->store, "object", o->o.name, where, sizeof where))
                return err_set(e, ERR_INUSE, "object (%s) is being used: %s", o->o.name, where);
        return object_nat_still(c, o, e);
}

static int check_subnet(struct conf_ctx *c, void *obj, struct err *e)
{
        struct netobj_conf *o = obj;

        if (o->kind == NETOBJ_SUBNET && check_pair(&o->a, o->len, e) < 0)
                return -1;
        return check_defined(c, o, e);
}

static int check_range(struct conf_ctx *c, void *obj, struct err *e)
{
        struct netobj_conf *o = obj;

        if (o->kind == NETOBJ_RANGE && addr_cmp(&o->a, &o->hi) > 0)
                return err_set(e, ERR_RANGE, "the range ends before it begins");
        return check_defined(c, o, e);
}

static int check_single(struct conf_ctx *c, void *obj, struct err *e)
{
        return check_defined(c, obj, e);
}

/* Its nat line goes with it; a line elsewhere keeps it. */
static int remove_netobj(struct conf_ctx *c, void *obj, struct err *e)
{
        struct conf_obj *o = obj, *nat;
        char where[160];

        if (store_in_use(c->store, "object", o->name, where, sizeof where))
                return err_set(e, ERR_INUSE, "unable to delete object (%s). object is being used: %s", o->name,
                               where);
        nat = conf_list_find(&c->store->nat.object_nats, o->name);
        if (nat) {
                ctl_file_warn_nat(c, (const struct object_nat_conf *)(const void *)nat);
                conf_list_del(&c->store->nat.object_nats, nat);
        }
        return 0;
}

static void after_change(struct conf_ctx *c, void *obj, bool no_form UNUSED)
{
        twice_nat_warn(c, ((const struct conf_obj *)obj)->name);
}

static int remove_nat(struct conf_ctx *c, void *obj, struct err *e UNUSED)
{
        ctl_file_warn_nat(c, obj);
        return 0;
}

#define N struct netobj_conf
static const struct cmd_bind host_bind[] = { BIND_TAGGED("A", N, a, kind, NETOBJ_HOST), { 0 } };
static const struct cmd_bind subnet_bind[] = { BIND_TAGGED("A", N, a, kind, NETOBJ_SUBNET),
                                               BIND_TAGGED("M", N, len, kind, NETOBJ_SUBNET),
                                               { 0 } };
static const struct cmd_bind range_bind[] = { BIND_TAGGED("LO", N, a, kind, NETOBJ_RANGE),
                                              BIND_TAGGED("HI", N, hi, kind, NETOBJ_RANGE),
                                              { 0 } };
static const struct cmd_bind fqdn_bind[] = { BIND_TAGGED("FQDN", N, fqdn, kind, NETOBJ_FQDN), { 0 } };
static const struct cmd_bind text_bind[] = { BIND("TEXT", N, description), { 0 } };

#define DIRTY_OBJ (DIRTY_ACL | DIRTY_NAT | DIRTY_POLICY)

static const struct cmd_row netobj_rows[] = {
        { ROW_LEAF, "host A:addr", "Enter a host", host_bind, .dirty = DIRTY_OBJ, .check = check_single,
          .after = after_change },
        { ROW_LEAF, "subnet A:net M:netmask", "Enter a network", subnet_bind, DIRTY_OBJ, .check = check_subnet,
          .after = after_change },
        { ROW_LEAF, "range LO:addr HI:addr", "Enter a range of addresses", range_bind, DIRTY_OBJ,
          .check = check_range, .after = after_change },
        { ROW_LEAF, "fqdn [v4] FQDN:word(255)", "Enter a domain name", fqdn_bind, DIRTY_OBJ, .check = check_single,
          .after = after_change, .inert = "names are not resolved: the object matches nothing" },
        { ROW_LEAF, "description TEXT:line(200)", "Description of the object", text_bind, .dirty = DIRTY_SYS },
        { ROW_LIST, OBJECT_NAT_LINE, "Translate the addresses of the object", object_nat_bind, DIRTY_NAT,
          STORE(nat.object_nats), .flags = ROW_LATER, .section = "nat", .init = object_nat_init,
          .check = object_nat_check, .key = object_nat_key, .target = object_nat_target, .each = object_nat_each,
          .inert_if = object_nat_inert, .remove = remove_nat, .after = object_nat_after },
        END,
};
static const struct cmd_mode netobj_mode = { "config-network-object",
                                             "network-object configuration commands:", netobj_rows };

/* ---- object service ---- */
#define S struct svcobj_conf
static const struct cmd_bind service_bind[] = {
        { .name = "tcp", FIELD_(S, s.proto), .val = 6, .flags = BIND_KEYWORD, TAG_(S, defined, 1) },
        { .name = "udp", FIELD_(S, s.proto), .val = 17, .flags = BIND_KEYWORD, TAG_(S, defined, 1) },
        { .name = "icmp", FIELD_(S, s.proto), .val = 1, .flags = BIND_KEYWORD, TAG_(S, defined, 1) },
        { .name = "ip", FIELD_(S, s.proto), .val = PROTO_IP, .flags = BIND_KEYWORD, TAG_(S, defined, 1) },
        { .name = "PROTO", FIELD_(S, s.proto), .flags = BIND_ALWAYS, TAG_(S, defined, 1) },
        BIND("SPORT", S, s.src),
        BIND("DPORT", S, s.dst),
        BIND_DFLT("TYPE", S, s.icmp_type, -1),
        BIND_DFLT("CODE", S, s.icmp_code, -1),
        { 0 },
};
static const struct cmd_bind svc_text_bind[] = { BIND("TEXT", S, description), { 0 } };

static int check_service(struct conf_ctx *c, void *obj, struct err *e)
{
        const S *o = obj;
        char where[160];

        if (check_port_spec(&o->s.src, e) < 0 || check_port_spec(&o->s.dst, e) < 0)
                return -1;
        if (!o->defined && store_in_use(c->store, "service-object", o->o.name, where, sizeof where))
                return err_set(e, ERR_INUSE, "object (%s) is being used: %s", o->o.name, where);
        return 0;
}

static const struct cmd_row svcobj_rows[] = {
        { ROW_LEAF,
          "service {tcp [source SPORT:tcprange] [destination DPORT:tcprange]|"
          "udp [source SPORT:udprange] [destination DPORT:udprange]|icmp [TYPE:icmptype "
          "[CODE:u32(0-255)]]|ip|PROTO:protocol}",
          "Configure the service of the object", service_bind, .dirty = DIRTY_OBJ, .check = check_service,
          .after = after_change },
        { ROW_LEAF, "description TEXT:line(200)", "Description of the object", svc_text_bind, .dirty = DIRTY_SYS },
        END,
};
static const struct cmd_mode svcobj_mode = { "config-service-object",
                                             "service-object configuration commands:", svcobj_rows };

static void init_svcobj(struct conf_ctx *c, void *obj)
{
        S *o = obj;

        (void)c;
        o->s.icmp_type = o->s.icmp_code = -1;
}

const struct cmd_row rows_object[] = {
        { ROW_MODE, "object network NAME:newname(64)", "A network object", NULL, DIRTY_OBJ, STORE(policy.netobjs),
          &netobj_mode, .kind_name = "object", .check = check_netobj, .remove = remove_netobj },
        { ROW_MODE, "object service NAME:newname(64)", "A service object", NULL, DIRTY_OBJ, STORE(policy.svcobjs),
          &svcobj_mode, .kind_name = "service-object", .init = init_svcobj, .check = check_svcobj },
        END,
};
