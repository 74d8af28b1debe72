/* Is there room for one more connection of this class and this client? */
#include "policy/conn.h"
#include "policy/policy_rt.h"

static const char *proto_text(uint8_t proto)
{
        return proto == IPPROTO_TCP_ ? "input TCP" : proto == IPPROTO_UDP_ ? "input UDP" : "input";
}

enum pkt_verdict limit_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        uint32_t now = 0, limit = 0;
        struct addr src, dst;

        if (!plan->set.class_id)
                return PKT_NEXT;
        if (!policy_limit_check(w, plan, &now, &limit))
                return PKT_NEXT;
        src = flow_src(&plan->in);
        dst = flow_dst(&plan->in);
        if (!pk->dry)
                log_msg(w->log, LOG_201011, LU(now), LU(limit), LS(proto_text(plan->in.proto)), LA(&src),
                        LU(plan->in.sport), LA(&dst), LU(plan->in.dport),
                        LS(iface_name(net_rt(w->snap), plan->in_iface)));
        trace_info(trace_add(pk, "CONN-SETTINGS", "", false), "Connection limit exceeded %u/%u", now, limit);
        return dp_drop(pk, DROP_CONN_LIMIT);
}
