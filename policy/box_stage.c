/* Slow path: traffic whose destination is the appliance itself. What no NAT rule took away is for us or for nobody.
 */
#include "platform/net/icmp_box.h"
#include "policy/acl.h"
#include "policy/conn.h"
#include "policy/policy_rt.h"

static const char *proto_name(uint8_t proto)
{
        return proto == IPPROTO_TCP_ ? "TCP" : proto == IPPROTO_UDP_ ? "UDP" : "IP";
}

static enum pkt_verdict refuse(struct worker *w, struct pkt *pk, enum log_msg msg, enum drop_reason why)
{
        struct addr src = flow_src(&pk->key), dst = flow_dst(&pk->key);

        if (!pk->dry && pk->key.proto == IPPROTO_ICMP_)
                log_msg(w->log, LOG_313001, LU(pk->icmp_type), LU(pk->icmp_code), LA(&src),
                        LS(iface_name(net_rt(w->snap), pk->iface)));
        else if (!pk->dry && msg == LOG_710005 && pk->key.proto != IPPROTO_TCP_ && pk->key.proto != IPPROTO_UDP_)
                log_msg(w->log, LOG_710006, LS(proto_name(pk->key.proto)), LA(&src),
                        LS(iface_name(net_rt(w->snap), pk->iface)), LA(&dst));
        else if (!pk->dry)
                log_msg(w->log, msg, LS(proto_name(pk->key.proto)), LA(&src), LU(pk->key.sport),
                        LS(iface_name(net_rt(w->snap), pk->iface)), LA(&dst), LU(pk->key.dport));
        trace_info(trace_add(pk, "ACCESS-LIST", "", false), "Implicit Rule");
        return dp_drop(pk, why);
}

/* A control-plane access-group judges what is addressed to the box; what it does not name goes on to the service. */
static bool control_denies(struct worker *w, const struct pkt *pk)
{
        const struct acl_list_rt *l = acl_control(acl_rt(w->snap), pk->iface);
        struct acl_key k = { .src = flow_src(&pk->key),
                             .dst = flow_dst(&pk->key),
                             .proto = pk->key.proto,
                             .sport = pk->key.sport,
                             .dport = pk->key.dport };
        struct acl_hit h;

        if (!l)
                return false;
        if (k.proto == IPPROTO_ICMP_)
                icmp_acl_ports(&k, pk);
        h = acl_match(l, &k);
        if (h.ace_id && !pk->dry)
                hit_count(w->acl_hits, h.ace_id);
        return h.ace_id && !h.permit;
}

static void log_permitted(struct worker *w, const struct pkt *pk)
{
        struct addr src = flow_src(&pk->key), dst = flow_dst(&pk->key);

        log_msg(w->log, LOG_710002, LS(proto_name(pk->key.proto)), LA(&src), LU(pk->key.sport),
                LS(iface_name(net_rt(w->snap), pk->iface)), LA(&dst), LU(pk->key.dport));
}

static enum pkt_verdict to_service(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        const struct box_service *s = policy_box_service_find(w->policy, pk->key.proto, pk->key.dport);
        struct addr src = flow_src(&pk->key);

        enum box_answer answer = BOX_CLOSED;

        if (s)
                answer = s->by_lines ? policy_box_judge(policy_rt(w->snap), s->use, pk->iface, &src) : BOX_LET_IN;
        if (answer == BOX_CLOSED) /* a closed port answers nothing, as the ASA does */
                return refuse(w, pk, LOG_710005, DROP_BOX_NO_SERVICE);
        if (answer == BOX_REFUSED)
                return refuse(w, pk, LOG_710003, DROP_BOX_DENIED);
        if (!pk->dry)
                log_permitted(w, pk);
        plan->action = CONN_BOX;
        plan->out_iface = IFACE_BOX;
        plan->box_port = s->box_port;
        trace_info(trace_add(pk, "ROUTE-LOOKUP", "Resolve Egress Interface", true), "found egress ifc  identity");
        return PKT_NEXT;
}

/* Ours on this interface; an address of another interface is never reached through the box. */
static enum pkt_verdict to_us(struct worker *w, struct pkt *pk, struct flow_plan *plan, bool far_side)
{
        if (far_side || control_denies(w, pk))
                return refuse(w, pk, LOG_710003, DROP_BOX_DENIED);
        if (pk->key.proto == IPPROTO_ICMP_ || pk->key.proto == IPPROTO_ICMP6_)
                return icmp_box_input(w, pk);
        return to_service(w, pk, plan);
}

enum pkt_verdict box_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        const struct iface_rt *own;

        if (plan->untrans_rule || plan->pinhole)
                return PKT_NEXT;
        own = iface_by_addr(net_rt(w->snap), &plan->dst_real);
        return own ? to_us(w, pk, plan, own->idx != plan->in_iface) : PKT_NEXT;
}
