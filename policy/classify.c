/*
 * Which class takes a flow. Policies are asked in the order ingress interface, egress interface, global; every
 * inspection is a feature type of its own and connection settings are one: the first matching class of a type wins.
 */
#include "policy/classify_int.h"

struct engine_row {
        enum inspect_id id;
        uint8_t l4;      /* what its traffic runs on */
        uint16_t lo, hi; /* its ports in default-inspection-traffic; 0 none */
};

static const struct engine_row engine_rows[] = {
        { INSPECT_DNS, 17, 53, 53 },          { INSPECT_DNS, 6, 53, 53 },           { INSPECT_FTP, 6, 21, 21 },
        { INSPECT_H323_H225, 6, 1720, 1720 }, { INSPECT_H323_RAS, 17, 1718, 1719 }, { INSPECT_NETBIOS, 17, 137, 138 },
        { INSPECT_RSH, 6, 514, 514 },         { INSPECT_RTSP, 6, 554, 554 },        { INSPECT_SKINNY, 6, 2000, 2000 },
        { INSPECT_ESMTP, 6, 25, 25 },         { INSPECT_SQLNET, 6, 1521, 1521 },    { INSPECT_SUNRPC, 17, 111, 111 },
        { INSPECT_SUNRPC, 6, 111, 111 },      { INSPECT_TFTP, 17, 69, 69 },         { INSPECT_SIP, 6, 5060, 5060 },
        { INSPECT_SIP, 17, 5060, 5060 },      { INSPECT_XDMCP, 17, 177, 177 },      { INSPECT_CTIQBE, 6, 2748, 2748 },
        { INSPECT_HTTP, 6, 80, 80 },          { INSPECT_MGCP, 17, 2427, 2427 },     { INSPECT_MGCP, 17, 2727, 2727 },
        { INSPECT_PPTP, 6, 1723, 1723 },      { INSPECT_SNMP, 17, 161, 162 },       { INSPECT_MMP, 6, 0, 0 },
};

bool policy_engine_active(enum inspect_id id)
{
        switch (id) {
        case INSPECT_MMP:
        case INSPECT_SIP:
        case INSPECT_SKINNY:
        case INSPECT_TFTP:
        case INSPECT_ICMP:
        case INSPECT_ICMP_ERROR:
                return true;
        default:
                return false;
        }
}

static bool is_default_port(const struct engine_row *r, uint8_t proto, uint16_t port)
{
        return r->l4 == proto && r->lo && port >= r->lo && port <= r->hi;
}

bool policy_engine_port(enum inspect_id id, uint8_t proto, uint16_t port)
{
        for (unsigned i = 0; i < ARRAY_LEN(engine_rows); i++)
                if (engine_rows[i].id == id && is_default_port(&engine_rows[i], proto, port))
                        return true;
        return false;
}

static bool speaks(enum inspect_id id, uint8_t proto)
{
        for (unsigned i = 0; i < ARRAY_LEN(engine_rows); i++)
                if (engine_rows[i].id == id && engine_rows[i].l4 == proto)
                        return true;
        return false;
}

static bool any_default_port(const struct acl_key *k)
{
        for (unsigned i = 0; i < ARRAY_LEN(engine_rows); i++)
                if (is_default_port(&engine_rows[i], k->proto, k->dport))
                        return true;
        return k->proto == IPPROTO_ICMP_;
}

static bool class_matches(const struct class_rt *c, const struct acl_key *k)
{
        switch (c->match) {
        case CM_ANY:
                return true;
        case CM_PORT:
                return c->l4 == k->proto && k->dport >= c->port.lo && k->dport <= c->port.hi;
        case CM_ACL:
                return c->acl && acl_match(c->acl, k).permit;
        case CM_DEFAULT_INSPECTION:
                return any_default_port(k);
        default:
                return false;
        }
}

/* In the class of default traffic each line sees only its own protocol's port. */
static bool line_applies(const struct class_rt *c, const struct inspect_line_rt *l, const struct acl_key *k)
{
        if (l->engine == INSPECT_ICMP)
                return k->proto == IPPROTO_ICMP_;
        if (!policy_engine_active(l->engine) || !speaks(l->engine, k->proto))
                return false;
        return c->match != CM_DEFAULT_INSPECTION || policy_engine_port(l->engine, k->proto, k->dport);
}

static uint16_t server_port(const struct inspect_target *t, uint16_t dialled)
{
        int32_t p = t->server_port ? t->server_port : dialled + t->server_shift;

        return p > 0 && p <= UINT16_MAX ? (uint16_t)p : dialled;
}

/* Echoes are inspected in the wire path. */
static enum conn_action action_of(uint8_t proto)
{
        if (proto == IPPROTO_ICMP_)
                return CONN_FORWARD;
        return proto == IPPROTO_UDP_ ? CONN_INSPECT : CONN_PUNT;
}

static void take_line(const struct class_rt *c, const struct inspect_line_rt *l, const struct acl_key *k,
                      struct flow_plan *plan, struct policy_verdict *v)
{
        v->inspect = true;
        plan->engine = l->engine;
        plan->class_id = c->id;
        plan->inspect_id = l->id;
        plan->map_id = l->t.map_id;
        plan->tls_proxy_id = l->t.tls_proxy_id;
        plan->phone_proxy_id = l->t.phone_proxy_id;
        plan->action = action_of(k->proto);
        plan->accept_first = plan->action == CONN_PUNT && (l->tls_named || l->phone_named);
        if (plan->accept_first)
                plan->server_port = server_port(&l->t, k->dport);
        /* MMP is only ever seen inside TLS: without a tls-proxy there is nothing to look into */
        v->refuse = (l->engine == INSPECT_MMP && !l->t.tls_proxy_id) || (l->phone_named && !l->t.phone_proxy_id);
}

static void ask_class(const struct class_rt *c, const struct acl_key *k, struct flow_plan *plan,
                      struct policy_verdict *v)
{
        if ((v->inspect || !c->ninspects) && (v->settings || !c->has_set))
                return;
        if (!class_matches(c, k))
                return;
        for (unsigned i = 0; i < c->ninspects && !v->inspect; i++)
                if (line_applies(c, &c->inspect[i], k))
                        take_line(c, &c->inspect[i], k, plan, v);
        if (c->has_set && !v->settings) {
                v->settings = true;
                v->set_class = c->id;
                plan->set = c->set;
        }
}

static void ask_map(const struct pmap_rt *m, const struct acl_key *k, struct flow_plan *plan,
                    struct policy_verdict *v)
{
        for (unsigned i = 0; m && i < m->n; i++)
                ask_class(&m->cls[i], k, plan, v);
}

struct policy_verdict policy_match(const struct policy_rt *p, const struct acl_key *k, struct flow_plan *plan)
{
        struct policy_verdict v = { 0 };

        if (plan->in_iface < IFACES_MAX)
                ask_map(p->iface[plan->in_iface], k, plan, &v);
        if (plan->out_iface < IFACES_MAX && plan->out_iface != plan->in_iface)
                ask_map(p->iface[plan->out_iface], k, plan, &v);
        ask_map(p->global, k, plan, &v);
        return v;
}

/* ---- policing: a feature type of its own for each direction of an interface ---- */

static const struct class_rt *policing_class(const struct pmap_rt *m, const struct acl_key *k, enum police_dir dir)
{
        for (unsigned i = 0; m && m->police[dir] && i < m->n; i++)
                if (m->cls[i].police[dir].rate && class_matches(&m->cls[i], k))
                        return &m->cls[i];
        return NULL;
}

const struct class_rt *policy_policing(const struct policy_rt *p, const struct acl_key *k, uint16_t iface,
                                       enum police_dir dir)
{
        const struct class_rt *c = iface < IFACES_MAX ? policing_class(p->iface[iface], k, dir) : NULL;

        return c ? c : policing_class(p->global, k, dir);
}

/* ---- errors: a feature type of their own, asked about each message ---- */

static uint32_t error_line(const struct pmap_rt *m, const struct acl_key *k)
{
        for (unsigned i = 0; m && i < m->n; i++) {
                const struct class_rt *c = &m->cls[i];

                for (unsigned j = 0; j < c->ninspects; j++)
                        if (c->inspect[j].engine == INSPECT_ICMP_ERROR && class_matches(c, k))
                                return c->inspect[j].id;
        }
        return 0;
}

uint32_t policy_icmp_error(const struct policy_rt *p, const struct acl_key *k, uint16_t in, uint16_t out)
{
        uint32_t id = in < IFACES_MAX ? error_line(p->iface[in], k) : 0;

        if (!id && out < IFACES_MAX)
                id = error_line(p->iface[out], k);
        return id ? id : error_line(p->global, k);
}

/* ---- phone proxies: they take more than what a class matches ---- */

static uint32_t phone_line(const struct pmap_rt *m, uint32_t id)
{
        for (unsigned i = 0; m && i < m->n; i++)
                for (unsigned j = 0; j < m->cls[i].ninspects; j++)
                        if (m->cls[i].inspect[j].t.phone_proxy_id == id)
                                return m->cls[i].inspect[j].id;
        return 0;
}

uint32_t policy_phone_proxy_line(const struct policy_rt *p, uint32_t id, uint16_t in, uint16_t out)
{
        uint32_t line = in < IFACES_MAX ? phone_line(p->iface[in], id) : 0;

        if (!line && out < IFACES_MAX)
                line = phone_line(p->iface[out], id);
        return line ? line : phone_line(p->global, id);
}
