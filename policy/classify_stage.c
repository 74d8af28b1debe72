/* Slow path: service policies say which engine looks into the flow and which limits and timeouts it has. */
#include "policy/conn.h"
#include "policy/policy_rt.h"
#include "policy/live_int.h"

static const char *inspect_subtype(enum inspect_id id)
{
        switch (id) {
        case INSPECT_MMP:
                return "inspect-mmp";
        case INSPECT_SKINNY:
                return "inspect-skinny";
        case INSPECT_TFTP:
                return "inspect-tftp";
        case INSPECT_ICMP:
                return "inspect-icmp";
        default:
                return "inspect";
        }
}

static void trace_class(struct pkt *pk, const char *type, const char *subtype, bool allow, uint32_t class_id)
{
        struct trace_phase *ph = trace_add(pk, type, subtype, allow);

        if (!ph)
                return;
        ph->ref = TRACE_REF_CLASS;
        ph->ref_id = class_id;
}

static void log_refused(struct worker *w, const struct flow_plan *p)
{
        const struct net_rt *net = net_rt(w->snap);
        struct addr src = flow_src(&p->in);
        uint32_t held;
        bool tell = log_limit_take(&w->policy->refusals, w->now_ms, &held);

        if (held)
                log_msg(w->log, LOG_780003, LU(held));
        if (tell)
                log_msg(w->log, LOG_780002, LS(iface_name(net, p->in_iface)), LA(&src), LU(p->in.sport),
                        LS(iface_name(net, p->out_iface)), LA(&p->dst_real), LU(p->dst_real_port),
                        LS("the inspection names no existing tls-proxy"));
}

static enum pkt_verdict refuse(struct worker *w, struct pkt *pk, const struct flow_plan *p, struct inspect_count *n)
{
        if (n)
                atomic_fetch_add_explicit(&n->drops, 1, memory_order_relaxed);
        if (!pk->dry)
                log_refused(w, p);
        return dp_drop(pk, DROP_INSPECT);
}

/* What the phone proxy does not take is judged like any other flow. */
static enum pkt_verdict not_redirected(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        if (!plan->secure_phone || (plan->phone_proxy_id && plan->accept_first))
                return PKT_NEXT;
        plan->secure_phone = false;
        return acl_stage(w, pk, plan);
}

enum pkt_verdict classify_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        struct acl_key k = { .src = flow_src(&plan->in),
                             .dst = plan->dst_real,
                             .proto = plan->in.proto,
                             .sport = plan->in.sport,
                             .dport = plan->dst_real_port };
        struct inspect_count *n;
        struct policy_verdict v;

        if (plan->pinhole || plan->action == CONN_BOX)
                return PKT_NEXT;
        if (k.proto == IPPROTO_ICMP_)
                icmp_acl_ports(&k, pk);
        v = policy_match(policy_rt(w->snap), &k, plan);
        if (v.settings)
                trace_class(pk, "CONN-SETTINGS", "", true, v.set_class);
        if (not_redirected(w, pk, plan) != PKT_NEXT)
                return PKT_DROP;
        if (!v.inspect)
                return PKT_NEXT;
        trace_class(pk, "INSPECT", inspect_subtype(plan->engine), !v.refuse, plan->class_id);
        n = pk->dry ? NULL : policy_inspect_count(w->policy, plan->inspect_id);
        if (v.refuse)
                return refuse(w, pk, plan, n);
        if (n)
                atomic_fetch_add_explicit(&n->conns, 1, memory_order_relaxed);
        return PKT_NEXT;
}
