#include <stdio.h>

#include "nat/nat_int.h"

/* Where the rule leads is where the packet leaves, unless the rule leaves that to the routing table. */
static void divert(struct flow_plan *plan, const struct nat_rule_rt *r)
{
        plan->egress_by_nat = r->real_if != IFACE_NONE && !r->route_lookup;
        if (plan->egress_by_nat)
                plan->out_iface = r->real_if;
}

static void trace_untranslate(const struct worker *w, struct pkt *pk, const struct flow_plan *plan,
                              const struct addr *mapped)
{
        struct trace_phase *ph = trace_add(pk, "UN-NAT", "static", true);
        char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX], way[NAMEIF_MAX + 40] = "";

        if (!ph)
                return;
        ph->ref = TRACE_REF_NAT;
        ph->ref_id = plan->untrans_rule;
        if (plan->egress_by_nat)
                snprintf(way, sizeof way, "NAT divert to egress interface %s\n",
                         iface_name(net_rt(w->snap), plan->out_iface));
        trace_info(ph, "%sUntranslate %s/%u to %s/%u", way, addr_print(mapped, from), plan->in.dport,
                   addr_print(&plan->dst_real, to), plan->dst_real_port);
}

static void trace_no_xlate(struct pkt *pk, const struct nat_rule_rt *r)
{
        struct trace_phase *ph = trace_add(pk, "UN-NAT", "dynamic", false);

        if (!ph)
                return;
        ph->ref = TRACE_REF_NAT;
        ph->ref_id = r->id;
}

enum pkt_verdict untrans_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        const struct net_rt *net = net_rt(w->snap);
        struct addr mapped = flow_dst(&plan->in);
        const struct endpoint from = { flow_src(&plan->in), plan->in.sport };
        const struct nat_rule_rt *r;

        if (plan->pinhole)
                return PKT_NEXT;
        plan->dst_real = mapped;
        plan->dst_real_port = plan->in.dport;
        r = nat_find_dest(nat_rt(w->snap), net, plan->in_iface, plan->in.proto, &mapped, plan->in.dport, &from);
        if (!r)
                return PKT_NEXT;
        if (r->dynamic) { /* nobody behind a PAT address can be called: only answers are for it, and those have a conn
                           */
                trace_no_xlate(pk, r);
                return dp_drop(pk, DROP_NAT_POOL);
        }
        nat_match_dest(nat_rt(w->snap), net, plan->in_iface, plan->in.proto, &mapped, plan->in.dport, &from,
                       &plan->dst_real, &plan->dst_real_port);
        plan->untrans_rule = r->id;
        divert(plan, r);
        trace_untranslate(w, pk, plan, &mapped);
        if (!pk->dry)
                nat_hit_untranslate(w, r->id);
        return PKT_NEXT;
}
