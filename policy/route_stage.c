/* Slow path: where the flow leaves, where its first packet goes next, and whether its source may have come this way.
 */
#include "platform/net/route.h"
#include "policy/conn.h"
#include "policy/live_int.h"

/* The source must not be ours, and the way back to it must be the way it came (N1). */
static bool spoofed(const struct net_rt *n, const struct flow_plan *p)
{
        struct addr src = flow_src(&p->in);
        const struct route_entry *best, *here;

        if (p->in_iface == IFACE_BOX)
                return false;
        if (iface_by_addr(n, &src))
                return true;
        best = route_lookup(n, &src);
        if (!best || best->iface == p->in_iface)
                return !best;
        here = route_lookup_iface(n, &src, p->in_iface);
        return !here || here->dst.len < best->dst.len;
}

static enum pkt_verdict refuse_spoof(struct worker *w, struct pkt *pk, const struct flow_plan *p)
{
        struct addr src = flow_src(&p->in), dst = flow_dst(&p->in);

        if (!pk->dry)
                log_msg(w->log, LOG_106016, LA(&src), LA(&dst), LS(iface_name(net_rt(w->snap), p->in_iface)));
        trace_add(pk, "ROUTE-LOOKUP", "Reverse path check", false);
        return dp_drop(pk, DROP_SPOOF);
}

static void trace_route(struct pkt *pk, const struct net_rt *n, const struct flow_plan *p)
{
        struct trace_phase *ph = trace_add(pk, "ROUTE-LOOKUP", "Resolve Egress Interface", true);
        char hop[ADDR_TEXT_MAX];

        if (!ph)
                return;
        ph->ref = TRACE_REF_ROUTE;
        trace_info(ph, "found next-hop %s using egress ifc  %s", addr_print(&p->next_hop, hop),
                   iface_name(n, p->out_iface));
}

/* Who sends to nowhere can do so without end: so many a second are told. */
static void log_no_route(struct worker *w, const struct flow_plan *p)
{
        static const char *const proto[] = {
                [IPPROTO_ICMP_] = "ICMP", [IPPROTO_TCP_] = "TCP", [IPPROTO_UDP_] = "UDP"
        };
        struct addr src = flow_src(&p->in), dst = flow_dst(&p->in);
        const char *name = p->in.proto < ARRAY_LEN(proto) ? proto[p->in.proto] : NULL;
        uint32_t held;

        if (!w->policy || !log_limit_take(&w->policy->no_route, w->now_ms, &held))
                return;
        if (held)
                log_msg(w->log, LOG_780012, LS("No route"), LU(held));
        log_msg(w->log, LOG_110002, LS(name ? name : "IP"), LS(iface_name(net_rt(w->snap), p->in_iface)), LA(&src),
                LU(p->in.sport), LA(&dst), LU(p->in.dport));
}

static enum drop_reason find_way(const struct net_rt *n, struct flow_plan *p)
{
        const struct route_entry *r;
        const struct iface_rt *out;

        r = p->egress_by_nat ? route_lookup_iface(n, &p->dst_real, p->out_iface) : route_lookup(n, &p->dst_real);
        if (!r)
                return DROP_NO_ROUTE;
        p->out_iface = r->iface;
        p->next_hop = r->connected ? p->dst_real : r->gw;
        out = iface_by_idx(n, p->out_iface);
        if (!out || !out->up)
                return DROP_IFACE_DOWN;
        if (iface_is_broadcast(out, &p->dst_real)) /* nobody shouts into a network from afar */
                return DROP_SECURITY_LEVEL;
        if (p->out_iface == p->in_iface && !n->same_intra)
                return DROP_ACL;
        return DROP_NONE;
}

enum pkt_verdict route_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        const struct net_rt *n = net_rt(w->snap);
        enum drop_reason why;

        if (spoofed(n, plan))
                return refuse_spoof(w, pk, plan);
        if (plan->action == CONN_BOX) /* inbound: the box itself is the way out */
                return PKT_NEXT;
        why = find_way(n, plan);
        if (why == DROP_NO_ROUTE && !pk->dry)
                log_no_route(w, plan);
        if (why) {
                trace_add(pk, "ROUTE-LOOKUP", "Resolve Egress Interface", false);
                return dp_drop(pk, why);
        }
        trace_route(pk, n, plan);
        return PKT_NEXT;
}
