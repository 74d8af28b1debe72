#include "nat/nat_int.h"

static void log_static(struct worker *w, const struct nat_rule_rt *r)
{
        const struct net_rt *net = net_rt(w->snap);
        const struct iface_rt *ifc = iface_by_idx(net, r->mapped_if);
        struct addr mapped = r->to_interface && ifc ? ifc->ip : r->mapped.lo;
        const char *real_if = r->real_if ? iface_name(net, r->real_if) : "any";
        const char *mapped_if = r->mapped_if ? iface_name(net, r->mapped_if) : "any";

        log_msg(w->log, LOG_305009, LS("static"), LS(real_if), LA(&r->real.lo), LS(mapped_if), LA(&mapped));
}

void nat_snapshot_hook(struct worker *w)
{
        const struct nat_rt *n = nat_rt(w->snap);

        for (unsigned i = 0; i < n->n; i++) {
                if (!n->rule[i].dynamic && nat_hit_first_seen(w->xlates->hits, n->rule[i].id, w->now_ms))
                        log_static(w, &n->rule[i]);
        }
        xlate_note_most(w);
}
