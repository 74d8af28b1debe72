/* Is there room for one more connection of this class and this client? */
#include "policy/conn.h"
#include "policy/live_int.h"

/* Clients can cause them at will: a few a second are told, and how many were not. */
static void tell(struct worker *w, const struct flow_plan *plan, const struct limit_hit *hit)
{
        static const enum log_msg id[] = { [LIMIT_NONE] = LOG_201011,
                                           [LIMIT_CONNS] = LOG_201011,
                                           [LIMIT_EMBRYONIC] = LOG_201010,
                                           [LIMIT_CLIENT_CONNS] = LOG_201013,
                                           [LIMIT_CLIENT_EMBRYONIC] = LOG_201012,
                                           [LIMIT_TABLE] = LOG_201011 };
        struct addr src = flow_src(&plan->in), dst = flow_dst(&plan->in);
        uint32_t held;

        if (!log_limit_take(&w->policy->limits_told, w->now_ms, &held))
                return;
        if (held)
                log_msg(w->log, LOG_780012, LS("connection limit"), LU(held));
        log_msg(w->log, id[hit->kind], LU(hit->now), LU(hit->limit), LS("input"), LA(&src), LU(plan->in.sport),
                LA(&dst), LU(plan->in.dport), LS(iface_name(net_rt(w->snap), plan->in_iface)));
}

static const char *limit_name(enum limit_kind k)
{
        static const char *const name[] = { [LIMIT_NONE] = "",
                                            [LIMIT_CONNS] = "Connection",
                                            [LIMIT_EMBRYONIC] = "Embryonic connection",
                                            [LIMIT_CLIENT_CONNS] = "Per-client connection",
                                            [LIMIT_CLIENT_EMBRYONIC] = "Per-client embryonic connection",
                                            [LIMIT_TABLE] = "Client table" };

        return name[k];
}

/* What a syslog server that is down would not hear of does not begin (logging permit-hostdown). */
static enum pkt_verdict refuse_unlogged(struct worker *w, struct pkt *pk)
{
        uint32_t held;

        if (!pk->dry && log_limit_take(&w->policy->limits_told, w->now_ms, &held) && log_wanted(w->log, LOG_201008))
                log_emit(w->log, LOG_201008, NULL, 0);
        trace_info(trace_add(pk, "CONN-SETTINGS", "", false), "a TCP syslog server is down, see show logging");
        return dp_drop(pk, DROP_CONN_LIMIT);
}

enum pkt_verdict limit_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        struct limit_hit hit;

        if (plan->action != CONN_BOX && log_held(w->log))
                return refuse_unlogged(w, pk);
        if (!plan->set.class_id || !policy_limit_check(w, plan, &hit))
                return PKT_NEXT;
        if (!pk->dry)
                tell(w, plan, &hit);
        trace_info(trace_add(pk, "CONN-SETTINGS", "", false), "%s limit exceeded %u/%u", limit_name(hit.kind),
                   hit.now, hit.limit);
        return dp_drop(pk, DROP_CONN_LIMIT);
}
