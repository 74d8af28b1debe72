/* Slow path, last of policy: the plan becomes a connection, or for packet-tracer the answer. */
#include "policy/conn_int.h"

enum { ECHO_REQUEST = 8 };

static enum pkt_verdict answer_tracer(struct worker *w, struct pkt *pk, const struct flow_plan *plan)
{
        struct trace_phase *ph = trace_add(pk, "FLOW-CREATION", "", true);

        trace_info(ph, "New flow created with id %llu, packet dispatched to next module",
                   (unsigned long long)w->conns->next_id);
        if (pk->trace) {
                pk->trace->allow = true;
                pk->trace->in_iface = plan->in_iface;
                pk->trace->out_iface = plan->out_iface;
        }
        return dp_consume(pk, "packet-tracer");
}

/* Nothing belongs to a message that asks for no answer: the next one is judged anew. */
static void pass_by(struct worker *w, struct conn *c)
{
        c->passing = true;
        conn_end(w, c, CONN_END_IDLE);
}

enum pkt_verdict conn_new_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        enum drop_reason why = DROP_NONE;

        if (plan->in.proto != IPPROTO_TCP_ && plan->in.proto != IPPROTO_UDP_ && plan->in.proto != IPPROTO_ICMP_)
                return dp_drop(pk, DROP_UNKNOWN_PROTO);
        if (plan->in.proto == IPPROTO_ICMP_)
                why = icmp_flow_stray(w, pk, plan);
        if (why)
                return dp_drop(pk, why);
        if (pk->dry)
                return answer_tracer(w, pk, plan);
        pk->conn = conn_build(w, pk, plan, &why);
        if (!pk->conn)
                return dp_drop(pk, why);
        pk->side = 0;
        plan->built = true;
        if (plan->in.proto == IPPROTO_ICMP_ && plan->action == CONN_FORWARD && pk->icmp_type != ECHO_REQUEST)
                pass_by(w, pk->conn);
        return PKT_NEXT;
}
