/* Which access list lines can not be in force, whatever they say. */
#include <string.h>

#include "cli/cmd/rows.h"
#include "platform/net/pkt.h"

#define DEPTH_MAX 32u /* of groups in groups */

static bool is_forwarded(unsigned proto)
{
        return proto == PROTO_IP || proto == IPPROTO_TCP_ || proto == IPPROTO_UDP_ || proto == IPPROTO_ICMP_;
}

static bool object_has_name(const struct policy_conf *p, const char *object)
{
        const struct netobj_conf *o = conf_list_find(&p->netobjs, object);

        return o && o->kind == NETOBJ_FQDN;
}

static bool group_has_name(const struct policy_conf *p, const char *group, unsigned depth)
{
        const struct group_conf *g = depth ? conf_list_find(&p->groups, group) : NULL;

        if (!g)
                return false;
        conf_each(struct group_member, m, &g->members) {
                if (m->kind == GM_ADDR && m->addr.kind == AS_OBJECT && object_has_name(p, m->addr.name))
                        return true;
                if (m->kind == GM_GROUP && group_has_name(p, m->name, depth - 1))
                        return true;
        }
        return false;
}

bool group_has_fqdn(const struct policy_conf *p, const char *group)
{
        return group_has_name(p, group, DEPTH_MAX);
}

static bool has_name(const struct policy_conf *p, const struct addr_spec *s)
{
        return (s->kind == AS_OBJECT && object_has_name(p, s->name)) ||
               (s->kind == AS_GROUP && group_has_fqdn(p, s->name));
}

static unsigned proto_of(const struct policy_conf *p, const struct proto_spec *s)
{
        const struct svcobj_conf *o = s->kind == PS_OBJECT ? conf_list_find(&p->svcobjs, s->name) : NULL;

        if (s->kind == PS_NUM)
                return s->num;
        return o && o->defined ? o->s.proto : PROTO_IP;
}

/* What is denied is dropped in any case; what is permitted and what is named must be there. */
const char *ace_inert(const struct store *s, const void *obj)
{
        const struct ace_conf *a = obj;
        const struct policy_conf *p = &s->policy;
        unsigned proto = proto_of(p, &a->proto);

        if (a->kind != ACE_EXTENDED || a->inactive)
                return NULL;
        if (ace_has_identity(a))
                return a->permit ? "users and security groups are not known: it permits nothing"
                                 : "`user` and `security-group` are not known: it denies everybody";
        if (*a->remark)
                return a->permit ? "there are no time ranges: it permits nothing"
                                 : "`time-range`: there are none, it always denies";
        if (has_name(p, &a->src) || has_name(p, &a->dst))
                return "names are not resolved: an object in it matches nothing";
        if (!a->permit)
                return NULL;
        if (a->src.kind == AS_ANY6 || a->dst.kind == AS_ANY6 || proto == IPPROTO_ICMP6_)
                return "IPv6 is not forwarded";
        return is_forwarded(proto) ? NULL : "only TCP, UDP and ICMP are forwarded";
}
