#include "nat/nat_int.h"
#include "nat/portpool.h"
#include "nat/rewrite_int.h"

/* One flow's source translation while it is being decided. */
struct source {
        struct worker *w;
        struct pkt *pk;
        struct flow_plan *plan;
        const struct net_rt *net;
        const struct nat_rule_rt *rule;
        struct addr real;
        uint16_t rport;
};

static void trace_source(const struct source *s)
{
        struct trace_phase *ph = trace_add(s->pk, "NAT", "", true);
        char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX];

        if (!ph)
                return;
        ph->ref = TRACE_REF_NAT;
        ph->ref_id = s->rule->id;
        trace_info(ph, "%s translate %s/%u to %s/%u", s->rule->dynamic ? "Dynamic" : "Static",
                   addr_print(&s->real, from), s->rport, addr_print(&s->plan->src_mapped, to),
                   s->plan->src_mapped_port);
}

static enum pkt_verdict done(const struct source *s)
{
        s->plan->nat_rule = s->rule->id;
        trace_source(s);
        if (!s->pk->dry)
                nat_hit_translate(s->w, s->rule->id);
        return PKT_NEXT;
}

static const char *port_range(uint16_t port)
{
        return port && port < 512 ? "1-511" : port && port < 1024 ? "512-1023" : "1024-65535";
}

/* 202010, unless it is the table of translations that is full, which was told. Whoever asks is not told at will. */
static void tell_exhausted(const struct source *s, const struct addr *mapped)
{
        const struct flow_plan *p = s->plan;
        struct addr dst = flow_dst(&p->in);
        char pool[ADDR_TEXT_MAX];
        uint32_t held;

        if (!log_limit_take(&s->w->xlates->empty, s->w->now_ms, &held) ||
            portpool_peek(s->w, p->out_iface, mapped, p->in.proto, s->rport))
                return;
        if (held)
                log_msg(s->w->log, LOG_780012, LS("PAT pool exhausted"), LU(held));
        log_msg(s->w->log, LOG_202010, LS("PAT"), LS(addr_print(mapped, pool)), LS(port_range(s->rport)),
                LS(nat_proto_name_upper(p->in.proto)), LS(iface_name(s->net, p->in_iface)), LA(&s->real),
                LU(s->rport), LS(iface_name(s->net, p->out_iface)), LA(&dst), LU(p->in.dport));
}

/* 305006: no translation could be made. */
static enum pkt_verdict failed(const struct source *s, const char *kind)
{
        const struct flow_plan *p = s->plan;
        struct addr dst = flow_dst(&p->in);
        struct trace_phase *ph = trace_add(s->pk, "NAT", "", false);

        if (ph) {
                ph->ref = TRACE_REF_NAT;
                ph->ref_id = s->rule->id;
        }
        if (!s->pk->dry)
                log_msg(s->w->log, LOG_305006, LS(kind), LS(nat_proto_name(p->in.proto)),
                        LS(iface_name(s->net, p->in_iface)), LA(&s->real), LU(s->rport),
                        LS(iface_name(s->net, p->out_iface)), LA(&dst), LU(p->in.dport));
        return dp_drop(s->pk, DROP_NAT_XLATE);
}

/* What packet-tracer may know without making anything. */
static uint16_t foresee(const struct source *s, const struct addr *mapped)
{
        struct xlate_key k =
                xlate_key_of(s->plan->in_iface, s->plan->out_iface, s->plan->in.proto, &s->real, s->rport, mapped);
        const struct xlate *x = xlate_find(s->w->xlates, &k);

        return x ? x->mport : portpool_peek(s->w, s->plan->out_iface, mapped, s->plan->in.proto, s->rport);
}

/* A port of one PAT address. */
static bool pat_to(struct source *s, const struct addr *mapped)
{
        struct flow_plan *p = s->plan;
        enum drop_reason why;
        uint16_t port;

        if (s->pk->dry) {
                port = foresee(s, mapped);
                if (!port)
                        return false;
        } else {
                p->xlate = xlate_pat_new(s->w, s->rule, p->in_iface, p->out_iface, p->in.proto, &s->real, s->rport,
                                         mapped, &port, &why);
                if (!p->xlate)
                        return false;
        }
        p->src_mapped = *mapped;
        p->src_mapped_port = port;
        return true;
}

/* Only what has ports or an identifier of its own can share an address. */
static bool has_ports(const struct source *s)
{
        uint8_t proto = s->plan->in.proto;

        return proto == IPPROTO_TCP_ || proto == IPPROTO_UDP_ || icmp_type_is_request(proto, s->pk->icmp_type);
}

static enum pkt_verdict plan_dynamic(struct source *s)
{
        const struct iface_rt *out = iface_by_idx(s->net, s->plan->out_iface);
        bool own = out && out->ip.fam == s->real.fam;
        const struct addr *last = s->rule->to_interface && own ? &out->ip : &s->rule->mapped.lo;

        if (!has_ports(s))
                return failed(s, "portmap");
        if (!s->rule->to_interface && pat_to(s, &s->rule->mapped.lo))
                return done(s);
        if ((s->rule->to_interface || s->rule->iface_fallback) && own && pat_to(s, &out->ip))
                return done(s);
        if (!s->pk->dry) {
                s->w->xlates->refused++;
                tell_exhausted(s, last);
        }
        return failed(s, "portmap");
}

static enum pkt_verdict plan_static(struct source *s)
{
        struct flow_plan *p = s->plan;

        if (!nat_static_mapped(s->rule, s->net, &s->real, s->rport, p->in.proto, p->out_iface, &p->src_mapped,
                               &p->src_mapped_port))
                return failed(s, "outbound static");
        return done(s);
}

static enum pkt_verdict rpf_failed(const struct source *s, const struct nat_rule_rt *reverse)
{
        const struct flow_plan *p = s->plan;
        struct trace_phase *ph = trace_add(s->pk, "NAT", "rpf-check", false);

        if (ph) {
                ph->ref = TRACE_REF_NAT;
                ph->ref_id = reverse->id;
        }
        if (!s->pk->dry)
                log_msg(s->w->log, LOG_305013, LS(nat_proto_name(p->in.proto)), LS(iface_name(s->net, p->in_iface)),
                        LA(&s->real), LU(s->rport), LS(iface_name(s->net, p->out_iface)), LA(&p->dst_real),
                        LU(p->dst_real_port));
        return dp_drop(s->pk, DROP_NAT_RPF);
}

/*
 * The answers of a host that has a translation towards this interface would leave with its mapped address, which is
 * not what the caller asked for: whoever calls the real address is refused.
 */
static const struct nat_rule_rt *asymmetric_rule(const struct source *s)
{
        const struct flow_plan *p = s->plan;

        if (p->untrans_rule)
                return NULL;
        return nat_match_source(nat_rt(s->w->snap), p->out_iface, p->in_iface, p->in.proto, &p->dst_real,
                                p->dst_real_port, &(struct endpoint){ s->real, s->rport });
}

static enum pkt_verdict translate_source(struct source *s)
{
        const struct flow_plan *p = s->plan;

        s->rule = nat_match_source(nat_rt(s->w->snap), p->in_iface, p->out_iface, p->in.proto, &s->real, s->rport,
                                   &(struct endpoint){ flow_dst(&p->in), p->in.dport });
        if (!s->rule)
                return PKT_NEXT;
        return s->rule->dynamic ? plan_dynamic(s) : plan_static(s);
}

/* Whoever opened the pinhole knew where it leads, but not always who comes. */
static enum pkt_verdict plan_announced(struct source *s)
{
        enum pkt_verdict v = translate_source(s);

        if (v == PKT_NEXT && !s->plan->xlate && !s->pk->dry)
                s->plan->xlate = xlate_hold_announced(s->w, s->plan);
        return v;
}

enum pkt_verdict nat_plan_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        struct source s = { .w = w,
                            .pk = pk,
                            .plan = plan,
                            .net = net_rt(w->snap),
                            .real = flow_src(&plan->in),
                            .rport = plan->in.sport };
        const struct nat_rule_rt *reverse;

        if (plan->action == CONN_BOX)
                return PKT_NEXT;
        if (plan->pinhole)
                return plan_announced(&s);
        plan->src_mapped = s.real;
        plan->src_mapped_port = s.rport;
        reverse = asymmetric_rule(&s);
        if (reverse)
                return rpf_failed(&s, reverse);
        return translate_source(&s);
}
