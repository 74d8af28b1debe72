#include <string.h>

#include "cli/cmd/rows.h"
#include "cli/conf/running.h"
#include "platform/base/str.h"
#include "platform/net/pkt.h"
#include "policy/limits.h"

#define A struct ace_conf

static void init_ace(struct conf_ctx *c, void *obj)
{
        A *a = obj;

        (void)c;
        a->icmp_type = a->icmp_code = a->log_level = -1;
        a->log_interval = 300;
}

/* ---- where an ACE goes ---- */
static void *acl_target(struct conf_ctx *c, const struct args *a, bool make, struct err *e)
{
        struct conf_list *l = &c->store->policy.acls;
        struct acl_conf *acl = conf_list_find(l, arg_str(a, "NAME"));

        if (acl || !make)
                return acl;
        acl = conf_list_add(l, arg_str(a, "NAME"));
        if (!acl) {
                err_nomem(e, "an access list");
                return NULL;
        }
        conf_list_init(&acl->aces, sizeof(A), NULL);
        return acl;
}

/* Found from the nearer end, so that lines pasted in order cost the same each. */
static struct conf_obj *ace_place(struct conf_ctx *c, const struct args *a, struct conf_list *l)
{
        uint32_t pos = arg_u32(a, "POS", 0);
        struct list *it = &l->items;

        (void)c;
        if (!pos || pos > l->n)
                return NULL;
        if (pos <= l->n / 2)
                for (uint32_t i = 0; i < pos; i++)
                        it = it->next;
        else
                for (uint32_t i = l->n; i >= pos; i--)
                        it = it->prev;
        return list_entry(it, struct conf_obj, link);
}

static void ace_each(const struct store *s, void *obj, row_each_fn fn, void *ctx)
{
        char prefix[CONF_NAME_MAX + 16];
        struct list *next;

        (void)obj;
        conf_each(struct acl_conf, acl, &s->policy.acls) {
                str_copy(prefix, sizeof prefix, "access-list ");
                strncat(prefix, acl->o.name, CONF_NAME_MAX);
                if (!acl->aces.items.next)
                        continue;
                for (struct list *it = acl->aces.items.next; it != &acl->aces.items; it = next) {
                        next = it->next;
                        fn(ctx, &acl->aces, list_entry(it, struct conf_obj, link), prefix);
                }
        }
}

/* ---- rules across the fields of an ACE ---- */
/* A whole network is `any`, a network of one is a host, as the ASA stores them. */
static void settle_addr(struct addr_spec *s)
{
        if (s->kind == AS_SUBNET && !s->len && !s->a.v4)
                s->kind = AS_ANY;
        else if (s->kind == AS_SUBNET && s->len == 32)
                s->kind = AS_HOST;
}

static void settle_ace(void *elem)
{
        A *a = elem;

        settle_addr(&a->src);
        settle_addr(&a->dst);
}

static int check_addr(const struct addr_spec *s, struct err *e)
{
        return s->kind == AS_SUBNET ? check_pair(&s->a, s->len, e) : 0;
}

static int check_ports(const A *a, struct err *e)
{
        bool has = a->sport.op != PORT_NONE || (a->dport.op != PORT_NONE && a->proto.num != IPPROTO_ICMP_);

        if (a->kind != ACE_EXTENDED || a->proto.kind != PS_NUM || !has || a->proto.num == IPPROTO_TCP_ ||
            a->proto.num == IPPROTO_UDP_)
                return 0;
        return err_set(e, ERR_SYNTAX, "only tcp and udp have ports");
}

static enum ace_kind other_kind(enum ace_kind k)
{
        return k == ACE_STANDARD ? ACE_EXTENDED : ACE_STANDARD;
}

/* A list is of one kind: the destination of the other kind's lines would mean something else. */
static int check_kind(const struct conf_ctx *c, const struct acl_conf *l, const A *typed, struct err *e)
{
        char where[256];

        if (typed->kind == ACE_REMARK)
                return 0;
        if (typed->kind == ACE_STANDARD && store_in_use(c->store, "access-list", l->o.name, where, sizeof where))
                return err_set(e, ERR_INUSE, "access-list <%s> is used as an extended access-list: %.160s", l->o.name,
                               where);
        conf_each(A, a, &l->aces) {
                if (a->kind == other_kind(typed->kind))
                        return err_set(e, ERR_EXISTS, "access-list <%s> already exists as %s access-list", l->o.name,
                                       a->kind == ACE_STANDARD ? "a standard" : "an extended");
                if (a->kind == typed->kind) /* the others were measured by it */
                        break;
        }
        return 0;
}

static int check_ace(struct conf_ctx *c, void *obj, struct err *e)
{
        struct acl_conf *l = container_of(c->list, struct acl_conf, aces);
        A *a = obj;

        if (check_addr(&a->src, e) < 0 || check_addr(&a->dst, e) < 0 || check_port_spec(&a->sport, e) < 0 ||
            check_port_spec(&a->dport, e) < 0 || check_ports(a, e) < 0 || check_kind(c, l, a, e) < 0)
                return -1;
        return policy_limit_ace(&c->store->policy, l, a, e);
}

static void ace_again(struct conf_ctx *c, const struct args *a, const void *elem)
{
        (void)elem;
        conf_warning(c, "<%s> found duplicate element", arg_str(a, "NAME"));
}

/* ---- removal ---- */
static void drop_access_groups(struct conf_ctx *c, const char *acl)
{
        struct conf_list *l = &c->store->policy.access_groups;
        struct list *next;

        for (struct list *it = l->items.next; it && it != &l->items; it = next) {
                struct access_group_conf *g = (void *)list_entry(it, struct conf_obj, link);

                next = it->next;
                if (strcmp(g->acl, acl) != 0)
                        continue;
                conf_warning(c, "access-group %s %s was removed: its access list is empty", acl, g->o.name);
                conf_list_del(l, &g->o);
        }
}

void drop_empty_acls(struct conf_ctx *c)
{
        conf_each(struct acl_conf, acl, &c->store->policy.acls) {
                if (acl->aces.n)
                        continue;
                drop_access_groups(c, acl->o.name);
                conf_each(struct class_conf, cm, &c->store->policy.classes) {
                        if (cm->match != CM_ACL || strcmp(cm->acl, acl->o.name) != 0)
                                continue;
                        conf_warning(c, "class-map %s matches nothing: its access list is empty", cm->o.name);
                        cm->match = CM_NONE;
                        *cm->acl = 0;
                }
        }
}

/* The list goes with its last line, and what binds it to interfaces as well; a class that matches it keeps it. */
static int remove_ace(struct conf_ctx *c, void *obj, struct err *e)
{
        conf_each(struct acl_conf, acl, &c->store->policy.acls) {
                struct conf_obj *o = obj;

                if (acl->aces.n != 1 || acl->aces.items.next != &o->link)
                        continue;
                conf_each(struct class_conf, cm, &c->store->policy.classes)
                        if (cm->match == CM_ACL && !strcmp(cm->acl, acl->o.name))
                                return err_set(e, ERR_INUSE, "access-list <%s> is being used by class-map %s",
                                               acl->o.name, cm->o.name);
                drop_access_groups(c, acl->o.name);
        }
        return 0;
}

/* ---- rows ---- */
#define ACT(nm, v, k)                                                                                                \
        {                                                                                                            \
                .name = nm, FIELD_(A, permit), .val = (v), .flags = BIND_KEYWORD, TAG_(A, kind, k)                   \
        }
#define PROTO_KEY(nm, v)                                                                                             \
        {                                                                                                            \
                .name = nm, FIELD_(A, proto.num), .val = (v), .flags = BIND_KEYWORD, TAG_(A, proto.kind, PS_NUM)     \
        }
#define LOG_ATTR(nm, f, d)                                                                                           \
        {                                                                                                            \
                .name = nm, FIELD_(A, f), .dflt = (d), .flags = BIND_ATTR, TAG_(A, log, 1)                           \
        }
static const struct cmd_bind ace_bind[] = {
        ACT("permit", 1, ACE_EXTENDED),
        ACT("deny", 0, ACE_EXTENDED),
        PROTO_KEY("tcp", 6),
        PROTO_KEY("udp", 17),
        PROTO_KEY("icmp", 1),
        BIND("PROTO", A, proto),
        BIND("WHO", A, user),
        BIND("STAG", A, src_tag),
        BIND("DTAG", A, dst_tag),
        BIND("SRC", A, src),
        BIND("DST", A, dst),
        BIND("SPORT", A, sport),
        BIND("DPORT", A, dport),
        BIND_DFLT("ICMPTYPE", A, icmp_type, -1),
        BIND_DFLT("ICMPCODE", A, icmp_code, -1),
        BIND_TAGGED("ICMPGROUP", A, dport.name, dport.op, PORT_GROUP), /* types stand where ports do */
        BIND_OPTFLAG("log", A, log),
        BIND_OPTFLAG("disable", A, log_disable),
        LOG_ATTR("LEVEL", log_level, -1),
        LOG_ATTR("SECONDS", log_interval, 300),
        BIND_OPT("TIMES", A, remark, 0),
        BIND_OPTFLAG("inactive", A, inactive),
        { 0 },
};
static const struct cmd_bind standard_bind[] = {
        ACT("permit", 1, ACE_STANDARD),
        ACT("deny", 0, ACE_STANDARD),
        BIND("SRC", A, src),
        { 0 },
};
static const struct cmd_bind remark_bind[] = { BIND_TAGGED("TEXT", A, remark, kind, ACE_REMARK), { 0 } };

#define PREFIX "access-list NAME:newname(241) [line POS:u32(1-2147483647)]"
#define FROM "[WHO:who] [STAG:tagged] SRC:addrspec"
#define TO "[DTAG:tagged] DST:addrspec"
#define RULE                                                                                                         \
        "{permit|deny} {tcp " FROM " [SPORT:tcpports] " TO " [DPORT:tcpports]|"                                      \
        "udp " FROM " [SPORT:udpports] " TO " [DPORT:udpports]|"                                                     \
        "icmp " FROM " " TO " [{ICMPTYPE:icmptype [ICMPCODE:u32(0-255)]|object-group "                               \
        "ICMPGROUP:ref(icmp-group)}]|PROTO:proto " FROM " [SPORT:tcpports] " TO " [DPORT:tcpports]} "                \
        "[log [{disable|default|LEVEL:level}] [interval SECONDS:u32(1-600)]] [time-range TIMES:word(64)] [inactive]"
#define ACE(ln, hlp, bnd, ...)                                                                                       \
        {                                                                                                            \
                ROW_LIST, ln, hlp, bnd, DIRTY_ACL | DIRTY_POLICY, offsetof(struct acl_conf, aces),                   \
                        .prefix = PREFIX, .init = init_ace, .target = acl_target, .place = ace_place,                \
                        .check = check_ace, .settle = settle_ace, .again = ace_again, .remove = remove_ace,          \
                        .each = ace_each, ##__VA_ARGS__                                                              \
        }

static void write_aces(struct running *r, const struct cmd_row *row, const void *obj);
static void write_nothing(struct running *r, const struct cmd_row *row, const void *obj);

const struct cmd_row rows_access_list[] = {
        ACE("extended " RULE, "Configure an access control element", ace_bind, .write = write_aces,
            .inert_if = ace_inert),
        ACE(RULE, "Configure an access control element", ace_bind, .write = write_nothing, .flags = ROW_HIDDEN,
            .inert_if = ace_inert),
        ACE("standard {permit|deny} SRC:stdaddr", "An element of a standard list", standard_bind,
            .write = write_nothing, .inert = "nothing uses standard access lists"),
        ACE("remark TEXT:line(100)", "A comment", remark_bind, .write = write_nothing, .flags = ROW_REPEAT),
        END,
};

/* The lines of a list are of several rows, but stand in the order of the list. */
struct ace_writer {
        struct running *r;
        const struct tree_row *row[3];
};

static void write_ace(void *ctx, struct conf_list *l, struct conf_obj *o, const char *prefix)
{
        struct ace_writer *w = ctx;
        struct text t = { 0 };

        (void)l;
        for (size_t i = 0; i < ARRAY_LEN(w->row) && !t.n; i++)
                if (running_element(w->r, w->row[i], o, WRITE_PLAIN, &t))
                        running_line(w->r, w->row[i]->conf, o, "%s %s", prefix, text_str(&t));
        w->r->bad |= t.bad;
        text_fini(&t);
}

static void write_aces(struct running *r, const struct cmd_row *row, const void *obj)
{
        const struct cli_tree *t = r->store->tree;
        struct ace_writer w = {
                r, { tree_row_of(t, NULL, row), tree_row_of(t, NULL, row + 2), tree_row_of(t, NULL, row + 3) }
        };

        ace_each(r->store, (void *)(uintptr_t)obj, write_ace, &w);
}

static void write_nothing(struct running *r, const struct cmd_row *row, const void *obj)
{
        (void)r;
        (void)row;
        (void)obj;
}

/* ---- access-group ---- */
static void group_key(struct conf_ctx *c, const struct args *a, const void *elem, struct text *out)
{
        (void)c;
        (void)elem;
        if (arg_has(a, "global"))
                text_add(out, "global");
        else if (arg_str(a, "IFC"))
                text_printf(out, "%s %s", arg_has(a, "in") ? "in" : "out", arg_str(a, "IFC"));
}

static const struct cmd_bind group_bind[] = {
        BIND("ACL", struct access_group_conf, acl),
        BIND_KEY("in", struct access_group_conf, dir, AG_IN),
        BIND_KEY("out", struct access_group_conf, dir, AG_OUT),
        BIND_KEY("global", struct access_group_conf, dir, AG_GLOBAL),
        BIND("IFC", struct access_group_conf, nameif),
        BIND_FLAG("control-plane", struct access_group_conf, control_plane),
        { 0 },
};

const struct cmd_row rows_access_group[] = {
        { ROW_LIST, "access-group ACL:ref(access-list) {{in|out} interface IFC:nameif [control-plane]|global}",
          "Bind an access list to an interface", group_bind, DIRTY_ACL, STORE(policy.access_groups),
          .key = group_key },
        END,
};
