/* Slow path: may this flow be? Interface lists where they are bound, else the security levels. Real addresses (8.3).
 */
#include <stdio.h>

#include "policy/conn_int.h"
#include "policy/live_int.h"

static struct acl_key key_of(const struct pkt *pk, const struct flow_plan *p)
{
        struct acl_key k = { .src = flow_src(&p->in),
                             .dst = p->dst_real,
                             .proto = p->in.proto,
                             .sport = p->in.sport,
                             .dport = p->dst_real_port };

        if (k.proto == IPPROTO_ICMP_)
                icmp_acl_ports(&k, pk);
        return k;
}

/* ---- what is said about a refusal ---- */

static void log_deny(struct worker *w, const struct acl_list_rt *l, const struct acl_hit *h,
                     const struct flow_plan *p, const struct acl_key *k)
{
        const struct net_rt *n = net_rt(w->snap);
        const char *in = iface_name(n, p->in_iface), *out = iface_name(n, p->out_iface);
        const char *proto = k->proto == IPPROTO_TCP_ ? "tcp" : k->proto == IPPROTO_UDP_ ? "udp" : "ip";
        uint32_t elem = acl_hit_elem_hash(l, h);

        if (k->proto == IPPROTO_ICMP_)
                log_msg(w->log, LOG_106023_ICMP, LS(in), LA(&k->src), LS(out), LA(&k->dst), LU(k->dport),
                        LU(k->sport), LS(acl_list_name(l)), LX(h->hash), LX(elem));
        else
                log_msg(w->log, LOG_106023, LS(proto), LS(in), LA(&k->src), LU(k->sport), LS(out), LA(&k->dst),
                        LU(k->dport), LS(acl_list_name(l)), LX(h->hash), LX(elem));
}

/* Neither TCP nor UDP nor ICMP: by number. */
static void log_other(struct worker *w, const struct flow_plan *p, const char *in, const char *out)
{
        struct addr src = flow_src(&p->in), dst = flow_dst(&p->in);
        char proto[24];

        snprintf(proto, sizeof proto, "protocol %u", p->in.proto);
        log_msg(w->log, LOG_106010, LS(proto), LS(in), LA(&src), LS(out), LA(&dst));
}

static void log_levels(struct worker *w, const struct pkt *pk, const struct flow_plan *p)
{
        const struct net_rt *n = net_rt(w->snap);
        struct addr src = flow_src(&p->in), dst = flow_dst(&p->in);
        const char *in = iface_name(n, p->in_iface), *out = iface_name(n, p->out_iface);
        char flags[32];

        if (p->in.proto == IPPROTO_TCP_)
                log_msg(w->log, LOG_106001, LA(&src), LU(p->in.sport), LA(&dst), LU(p->in.dport),
                        LS(tcp_flags_text(pk->tcp_flags, flags)), LS(in));
        else if (p->in.proto == IPPROTO_UDP_)
                log_msg(w->log, LOG_106006, LA(&src), LU(p->in.sport), LA(&dst), LU(p->in.dport), LS(in));
        else if (p->in.proto == IPPROTO_ICMP_)
                log_msg(w->log, LOG_106014, LS(in), LA(&src), LS(out), LA(&dst), LU(pk->icmp_type),
                        LU(pk->icmp_code));
        else
                log_other(w, p, in, out);
}

/* ---- lists ---- */

static void trace_list(struct pkt *pk, const struct acl_hit *h)
{
        struct trace_phase *ph = trace_add(pk, "ACCESS-LIST", h->log ? "log" : "", h->permit);

        if (!ph)
                return;
        if (!h->ace_id) {
                trace_info(ph, "Implicit Rule");
                return;
        }
        ph->ref = TRACE_REF_ACE;
        ph->ref_id = h->ace_id;
}

static void count(struct worker *w, const struct acl_hit *h)
{
        if (!h->ace_id)
                return;
        hit_count(w->acl_hits, h->ace_id);
        hit_count_elem(w->acl_hits, h->ace_id, h->index);
}

static void log_list(struct worker *w, const struct acl_list_rt *l, const struct acl_hit *h,
                     const struct flow_plan *p, const struct acl_key *k)
{
        if (h->log_disable)
                return;
        if (h->log && w->policy)
                acl_log_hit(w, l, h, p, k);
        else if (!h->permit)
                log_deny(w, l, h, p, k);
}

/* The interface's list, then the global one, then the implicit deny of whichever there is. */
static enum pkt_verdict by_list(struct worker *w, struct pkt *pk, struct flow_plan *plan,
                                const struct acl_list_rt *own, const struct acl_list_rt *global)
{
        struct acl_key k = key_of(pk, plan);
        const struct acl_list_rt *l = own ? own : global;
        struct acl_hit h = acl_match(l, &k);

        if (!h.ace_id && own && global) {
                l = global;
                h = acl_match(l, &k);
        }
        plan->ace_id = h.ace_id;
        plan->acl_id = acl_list_id(l);
        trace_list(pk, &h);
        if (!pk->dry) {
                count(w, &h);
                log_list(w, l, &h, plan, &k);
        }
        return h.permit ? PKT_NEXT : dp_drop(pk, DROP_ACL);
}

/* ---- security levels ---- */

static enum pkt_verdict by_levels(struct worker *w, struct pkt *pk, const struct flow_plan *plan)
{
        const struct net_rt *n = net_rt(w->snap);
        bool ok = conn_level(n, plan->in_iface) >= conn_level(n, plan->out_iface);

        trace_info(trace_add(pk, "ACCESS-LIST", "", ok), "Implicit Rule");
        if (ok)
                return PKT_NEXT;
        if (!pk->dry)
                log_levels(w, pk, plan);
        return dp_drop(pk, DROP_ACL);
}

/* Interfaces of one level talk only when told so, whatever the lists say. (One interface: route_stage.) */
static bool equals_apart(const struct net_rt *n, const struct flow_plan *p)
{
        return p->in_iface != p->out_iface && p->in_iface != IFACE_BOX && !n->same_inter &&
               conn_level(n, p->in_iface) == conn_level(n, p->out_iface);
}

static enum pkt_verdict held(struct pkt *pk)
{
        trace_info(trace_add(pk, "ACCESS-LIST", "", false), "Startup configuration is not whole");
        return dp_drop(pk, DROP_CONFIG_HOLD);
}

enum pkt_verdict acl_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        const struct acl_rt *a = acl_rt(w->snap);
        const struct acl_list_rt *in = acl_in(a, plan->in_iface), *out = acl_out(a, plan->out_iface);
        const struct acl_list_rt *global = acl_global(a);
        enum pkt_verdict v;

        if (plan->pinhole || plan->action == CONN_BOX || (plan->secure_phone && !acl_held(a)))
                return PKT_NEXT;
        if (acl_held(a) && plan->in_iface != IFACE_BOX)
                return held(pk);
        if (equals_apart(net_rt(w->snap), plan)) {
                if (!pk->dry)
                        log_levels(w, pk, plan);
                trace_info(trace_add(pk, "ACCESS-LIST", "", false), "Implicit Rule");
                return dp_drop(pk, DROP_ACL);
        }
        v = in || global ? by_list(w, pk, plan, in, global) : by_levels(w, pk, plan);
        if (v != PKT_NEXT || !out)
                return v;
        return by_list(w, pk, plan, out, NULL);
}
