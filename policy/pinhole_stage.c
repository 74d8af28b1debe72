/* Slow path, first: a flow that an inspection announced. It decided everything but the next hop. */
#include "policy/pinhole_int.h"

static void fill(struct flow_plan *plan, const struct pinhole_spec *s)
{
        plan->pinhole = true;
        plan->pinhole_owner = s->owner;
        plan->out_iface = s->out_iface;
        plan->egress_by_nat = true; /* the engine's answer named the way; only the next hop is looked up */
        plan->engine = s->engine;
        plan->opener = s->opener;
        plan->action = s->action;
        plan->box_flow = s->box_flow;
        plan->box_port = s->box_port;
        plan->rtp = s->rtp;
        if (s->dst_real.fam)
                plan->dst_real = s->dst_real;
        if (s->dst_real_port)
                plan->dst_real_port = s->dst_real_port;
        if (s->src_mapped.fam)
                plan->src_mapped = s->src_mapped;
        if (s->src_mapped_port)
                plan->src_mapped_port = s->src_mapped_port;
}

enum pkt_verdict pinhole_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        const struct pinhole *p = w->pinholes ? pinhole_find(w->pinholes, &plan->in) : NULL;

        if (!p)
                return PKT_NEXT;
        fill(plan, &p->spec);
        plan->pinhole_ref = pinhole_ref(w->pinholes, p);
        trace_info(trace_add(pk, "FLOW-LOOKUP", "", true), "Found a pre-allocated secondary connection of flow %llu",
                   (unsigned long long)p->spec.owner);
        return PKT_NEXT;
}
