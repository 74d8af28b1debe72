/* Translations with leased ports: media and contacts that signalling speaks of before their first packet. */
#include "nat/nat_int.h"

const struct nat_rule_rt *nat_shared_addr(const struct snapshot *s, uint16_t real_if, uint16_t mapped_if,
                                          uint8_t proto, const struct endpoint *real,
                                          const struct endpoint *peer, unsigned nth, struct addr *mapped)
{
        const struct iface_rt *out = iface_by_idx(net_rt(s), mapped_if);
        const struct nat_rule_rt *r =
                nat_match_source(nat_rt(s), real_if, mapped_if, proto, &real->a, real->port, peer);
        bool own = r && (r->to_interface || r->iface_fallback) && out && out->ip.fam == real->a.fam;

        if (!r || !r->dynamic)
                return NULL;
        if (!r->to_interface && nth == 0)
                *mapped = r->mapped.lo;
        else if (own && nth == (r->to_interface ? 0 : 1))
                *mapped = out->ip;
        else
                return NULL;
        return r;
}

static struct xlate_key key_of(const struct xlate_lease *l)
{
        return xlate_key_of(l->real_if, l->mapped_if, l->proto, &l->real.a, l->real.port, &l->mapped.a);
}

/* By its port too: one that was replaced still has connections. */
static struct xlate *find(const struct xlate_table *t, const struct xlate_key *k, uint16_t mport)
{
        hash_each_match(it, &t->by_source, hash_bytes(k, sizeof *k, t->seed)) {
                struct xlate *x = container_of(it, struct xlate, node);

                if (x->mport == mport && memcmp(&x->key, k, sizeof *k) == 0)
                        return x;
        }
        return NULL;
}

/* What the source had so far stays with its connections; what the payload says holds from now on. */
static void replace(struct worker *w, const struct xlate_key *k)
{
        struct xlate *old = xlate_find(w->xlates, k);

        if (!old)
                return;
        old->replaced = true;
        if (!old->refs && !old->kept)
                xlate_end(w, old);
}

bool xlate_keep(struct worker *w, const struct xlate_lease *l)
{
        struct xlate_key k = key_of(l);
        struct xlate *x = find(w->xlates, &k, l->mapped.port);

        if (x && !x->leased)
                return false;
        if (!x || x->replaced)
                replace(w, &k);
        if (!x)
                x = xlate_make(w, &k, l->rule, l->mapped.port);
        if (!x)
                return false;
        x->leased = x->kept = true;
        x->replaced = false;
        x->used_ms = w->now_ms;
        tmr_cancel(w->tmr, &x->tmr);
        return true;
}

void xlate_unkeep(struct worker *w, const struct xlate_lease *l)
{
        struct xlate_key k = key_of(l);
        struct xlate *x = find(w->xlates, &k, l->mapped.port);

        if (!x || !x->kept)
                return;
        x->kept = false;
        xlate_idle(w, x);
}

void xlate_on_lease_end(struct worker *w, void (*fn)(struct worker *w, const struct xlate_lease *l))
{
        w->xlates->lease_end = fn;
}

uint32_t xlate_hold_announced(struct worker *w, const struct flow_plan *plan)
{
        struct addr mapped = flow_dst(&plan->in);
        struct xlate_key k = xlate_key_of(plan->out_iface, plan->in_iface, plan->in.proto, &plan->dst_real,
                                          plan->dst_real_port, &mapped);
        struct xlate *x = find(w->xlates, &k, plan->in.dport);
        uint32_t handle = x ? xlate_handle(w->xlates, x) : 0;

        if (x)
                nat_hit_untranslate(w, x->rule);
        xlate_hold(w, handle);
        return handle;
}
