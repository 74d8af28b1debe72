/* The first packet of a flow: the slow stages fill one plan, the last of them builds the connection. */
#include "platform/net/decode.h"
#include "policy/conn_int.h"

static enum pkt_verdict not_syn(struct worker *w, struct pkt *pk)
{
        struct addr src = flow_src(&pk->key), dst = flow_dst(&pk->key);
        char flags[32];

        log_msg(w->log, LOG_106015, LA(&src), LU(pk->key.sport), LA(&dst), LU(pk->key.dport),
                LS(tcp_flags_text(pk->tcp_flags, flags)), LS(iface_name(net_rt(w->snap), pk->iface)));
        return dp_drop(pk, DROP_TCP_NOT_SYN);
}

/* An error is about something that passed here; what is addressed to the box is the box's to judge. */
static bool error_without_flow(const struct worker *w, const struct pkt *pk)
{
        struct addr dst = flow_dst(&pk->key);

        return icmp_is_error(pk) && !iface_by_addr(net_rt(w->snap), &dst);
}

static enum pkt_verdict lost_error(struct worker *w, struct pkt *pk)
{
        icmp_flow_log_lost(w, pk);
        return dp_drop(pk, DROP_ICMP_NO_CONN);
}

static void plan_init(struct flow_plan *p, const struct pkt *pk)
{
        *p = (struct flow_plan){ .in_iface = pk->iface,
                                 .in = pk->key,
                                 .dst_real = flow_dst(&pk->key),
                                 .dst_real_port = pk->key.dport,
                                 .src_mapped = flow_src(&pk->key),
                                 .src_mapped_port = pk->key.sport };
}

static void trace_drop(struct trace *t, const struct flow_plan *plan, uint16_t drop)
{
        if (!t)
                return;
        t->allow = false;
        t->drop = drop;
        t->in_iface = plan->in_iface;
        t->out_iface = plan->out_iface;
}

static enum pkt_verdict run_slow(struct worker *w, struct pkt *pk)
{
        enum pkt_verdict v = PKT_NEXT;
        struct flow_plan plan;

        plan_init(&plan, pk);
        for (const struct slow_stage *s = w->env.path->slow; s->name && v == PKT_NEXT; s++)
                v = s->fn(w, pk, &plan);
        if (v == PKT_NEXT && !pk->conn)
                v = dp_drop(pk, DROP_UNEXPECTED);
        if (v == PKT_DROP)
                trace_drop(pk->trace, &plan, pk->drop);
        if (v != PKT_NEXT)
                conn_plan_refused(w, &plan);
        return v;
}

static bool has_key(const struct pkt *pk)
{
        return !pk->dry && (pk->key.proto != IPPROTO_ICMP_ || icmp_is_echo(pk));
}

static void miss(struct worker *w, struct pkt *pk)
{
        unsigned side;

        if (!w->snap) {
                dp_drop(pk, DROP_NO_SNAPSHOT);
                return;
        }
        /* an earlier packet of this burst may have built it */
        pk->conn = has_key(pk) ? conn_find(w->conns, &pk->key, &side) : NULL;
        if (pk->conn)
                pk->side = (uint8_t)side;
        else if (pk->key.proto == IPPROTO_TCP_ && !tcp_is_first(pk))
                not_syn(w, pk);
        else if (error_without_flow(w, pk))
                lost_error(w, pk);
        else
                run_slow(w, pk);
}

void miss_stage(struct worker *w, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++)
                if (unlikely(!b->pk[i]->conn))
                        miss(w, b->pk[i]);
}
