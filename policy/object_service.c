#include "policy/object_int.h"

#include "platform/base/mem.h"
#include "platform/net/pkt.h"

#define L4_TCP_UDP 23 /* object-group service NAME tcp-udp: both protocols in one number */

static const struct port_range all_ports = { 0, 65535 };

void svc_vec_fini(struct svc_vec *v)
{
        mem_free(v->v);
        *v = (struct svc_vec){ 0 };
}

static int push_ports(struct port_vec *out, unsigned lo, unsigned hi, struct err *e)
{
        struct port_range *r = object_push(out, e);

        if (!r)
                return -1;
        *r = (struct port_range){ (uint16_t)lo, (uint16_t)hi };
        return 0;
}

/* Everything but a group. */
static int push_port_spec(const struct port_spec *p, struct port_vec *out, struct err *e)
{
        switch (p->op) {
        case PORT_NONE:
                return push_ports(out, 0, 65535, e);
        case PORT_EQ:
                return push_ports(out, p->lo, p->lo, e);
        case PORT_RANGE:
                return push_ports(out, p->lo, p->hi, e);
        case PORT_LT:
                return p->lo ? push_ports(out, 0, p->lo - 1u, e) : 0;
        case PORT_GT:
                return p->lo < 65535 ? push_ports(out, p->lo + 1u, 65535, e) : 0;
        case PORT_NEQ:
                if (p->lo && push_ports(out, 0, p->lo - 1u, e) < 0)
                        return -1;
                return p->lo < 65535 ? push_ports(out, p->lo + 1u, 65535, e) : 0;
        case PORT_GROUP:
                break;
        }
        return 0;
}

static int push_port_member(const struct policy_conf *c, const struct group_member *m, struct group_walk *walk,
                            struct port_vec *out, struct err *e)
{
        switch (m->kind) {
        case GM_GROUP:
                return group_walk_add(walk, c, m->name, e);
        case GM_PORT:
                return m->port.op == PORT_GROUP ? 0 : push_port_spec(&m->port, out, e);
        case GM_ICMP:
                return push_ports(out, m->num, m->num, e);
        default:
                return 0;
        }
}

int object_expand_ports(const struct policy_conf *c, const struct port_spec *p, struct port_vec *out, struct err *e)
{
        struct group_walk walk = { .n = 0 };

        if (p->op != PORT_GROUP)
                return push_port_spec(p, out, e);
        if (group_walk_add(&walk, c, p->name, e) < 0)
                return -1;
        for (unsigned i = 0; i < walk.n; i++)
                conf_each(struct group_member, m, &walk.g[i]->members)
                        if (push_port_member(c, m, &walk, out, e) < 0)
                                return -1;
        return 0;
}

/* ---- services ---- */

static int push_svc(struct svc_vec *out, uint16_t proto, struct port_range sport, struct port_range dport,
                    struct err *e)
{
        struct svc_elem *s;

        s = object_push(out, e);
        if (!s)
                return -1;
        *s = (struct svc_elem){ .proto_lo = proto == PROTO_IP ? 0 : (uint8_t)proto,
                                .proto_hi = proto == PROTO_IP ? 255 : (uint8_t)proto,
                                .sport = sport,
                                .dport = dport };
        return 0;
}

static int push_cross(struct svc_vec *out, uint16_t proto, const struct port_vec *s, const struct port_vec *d,
                      struct err *e)
{
        for (unsigned i = 0; i < s->n; i++)
                for (unsigned j = 0; j < d->n; j++)
                        if (push_svc(out, proto, s->v[i], d->v[j], e) < 0)
                                return -1;
        return 0;
}

static struct port_range just(int16_t n)
{
        return (struct port_range){ (uint16_t)n, (uint16_t)n };
}

static int push_service(const struct policy_conf *c, uint16_t proto, const struct port_spec *sport,
                        const struct port_spec *dport, int16_t icmp_type, int16_t icmp_code, struct svc_vec *out,
                        struct err *e)
{
        struct port_vec s = { 0 }, d = { 0 };
        int rc = -1;

        if (icmp_type >= 0)
                return push_svc(out, proto, icmp_code < 0 ? all_ports : just(icmp_code), just(icmp_type), e);
        if (!object_expand_ports(c, sport, &s, e) && !object_expand_ports(c, dport, &d, e))
                rc = push_cross(out, proto, &s, &d, e);
        mem_free(s.v);
        mem_free(d.v);
        return rc;
}

static int push_spec(const struct policy_conf *c, const struct service_spec *s, struct svc_vec *out, struct err *e)
{
        if (s->proto == PROTO_TCP_UDP)
                return push_service(c, IPPROTO_TCP_, &s->src, &s->dst, -1, -1, out, e) < 0
                               ? -1
                               : push_service(c, IPPROTO_UDP_, &s->src, &s->dst, -1, -1, out, e);
        return push_service(c, s->proto, &s->src, &s->dst, s->icmp_type, s->icmp_code, out, e);
}

static int push_svcobj(const struct policy_conf *c, const char *name, struct svc_vec *out, struct err *e)
{
        const struct svcobj_conf *o = conf_list_find(&c->svcobjs, name);

        return o && o->defined ? push_spec(c, &o->s, out, e) : 0;
}

/* A port-object: which protocol it means is said by the group it stands in. */
static int push_typed_port(const struct policy_conf *c, uint8_t l4, const struct port_spec *port, struct svc_vec *out,
                           struct err *e)
{
        static const struct port_spec any = { .op = PORT_NONE };

        if (!l4)
                return 0;
        if (l4 != L4_TCP_UDP)
                return push_service(c, l4, &any, port, -1, -1, out, e);
        if (push_service(c, IPPROTO_TCP_, &any, port, -1, -1, out, e) < 0)
                return -1;
        return push_service(c, IPPROTO_UDP_, &any, port, -1, -1, out, e);
}

/* l4: of the group the member stands in, 0 free form. */
static int push_member(const struct policy_conf *c, const struct group_member *m, uint8_t l4, struct group_walk *walk,
                       struct svc_vec *out, struct err *e)
{
        static const struct port_spec any = { .op = PORT_NONE };

        switch (m->kind) {
        case GM_GROUP:
                return group_walk_add(walk, c, m->name, e);
        case GM_SERVICE:
                return push_spec(c, &m->svc, out, e);
        case GM_SVCOBJ:
                return push_svcobj(c, m->name, out, e);
        case GM_PORT:
                return push_typed_port(c, l4, &m->port, out, e);
        case GM_PROTO:
                return push_svc(out, m->num, all_ports, all_ports, e);
        case GM_ICMP:
                return push_service(c, IPPROTO_ICMP_, &any, &any, (int16_t)m->num, -1, out, e);
        case GM_ADDR:
                break;
        }
        return 0;
}

static int push_group(const struct policy_conf *c, const char *name, struct svc_vec *out, struct err *e)
{
        struct group_walk walk = { .n = 0 };

        if (group_walk_add(&walk, c, name, e) < 0)
                return -1;
        for (unsigned i = 0; i < walk.n; i++)
                conf_each(struct group_member, m, &walk.g[i]->members)
                        if (push_member(c, m, walk.g[i]->l4, &walk, out, e) < 0)
                                return -1;
        return 0;
}

/* A protocol group with ports behind it: `object-group TCPUDP any any eq 5060`. */
static int narrow(const struct policy_conf *c, const struct svc_vec *base, const struct port_spec *sport,
                  const struct port_spec *dport, int16_t icmp_type, int16_t icmp_code, struct svc_vec *out,
                  struct err *e)
{
        for (unsigned i = 0; i < base->n; i++) {
                const struct svc_elem *b = &base->v[i];
                uint16_t proto = b->proto_lo == b->proto_hi ? b->proto_lo : PROTO_IP;

                if (push_service(c, proto, sport, dport, icmp_type, icmp_code, out, e) < 0)
                        return -1;
        }
        return 0;
}

int object_expand_service(const struct policy_conf *c, const struct proto_spec *p, const struct port_spec *sport,
                          const struct port_spec *dport, int16_t icmp_type, int16_t icmp_code, struct svc_vec *out,
                          struct err *e)
{
        struct svc_vec base = { 0 };
        int rc;

        if (p->kind == PS_NUM)
                return push_service(c, p->num, sport, dport, icmp_type, icmp_code, out, e);
        if (sport->op == PORT_NONE && dport->op == PORT_NONE && icmp_type < 0)
                return p->kind == PS_OBJECT ? push_svcobj(c, p->name, out, e) : push_group(c, p->name, out, e);
        rc = p->kind == PS_OBJECT ? push_svcobj(c, p->name, &base, e) : push_group(c, p->name, &base, e);
        if (!rc)
                rc = narrow(c, &base, sport, dport, icmp_type, icmp_code, out, e);
        svc_vec_fini(&base);
        return rc;
}
