/* Translations that a payload speaks of before their first packet: media of a call through PAT. */
#include "nat/nat_int.h"
#include "nat/portpool.h"
#include "policy/policy_rt.h"

struct announced {
        struct worker *w;
        const struct nat_rule_rt *rule;
        uint16_t real_if, mapped_if;
        uint8_t proto;
        bool make;
};

static struct xlate *find(const struct announced *a, const struct endpoint *real, const struct addr *mapped)
{
        struct xlate_key k = xlate_key_of(a->real_if, a->mapped_if, a->proto, &real->a, real->port, mapped);

        return xlate_find(a->w->xlates, &k);
}

/* Nobody holds it yet: it waits for its first connection. */
static void rest(const struct announced *a, struct xlate *x)
{
        uint64_t ms = policy_timeouts(policy_rt(a->w->snap))->sip_invite * 1000ull;

        if (!x->refs)
                tmr_set(a->w->tmr, &x->tmr, ms);
}

static struct xlate *make(const struct announced *a, const struct endpoint *real, const struct addr *mapped,
                          uint16_t mport)
{
        struct xlate_key k = xlate_key_of(a->real_if, a->mapped_if, a->proto, &real->a, real->port, mapped);
        struct xlate *x = mport ? xlate_make(a->w, &k, a->rule->id, mport) : NULL;

        if (!x)
                portpool_give(a->w, mapped, a->proto, mport);
        else
                rest(a, x);
        return x;
}

static struct xlate *one(const struct announced *a, const struct endpoint *real, const struct addr *mapped)
{
        return make(a, real, mapped, portpool_take(a->w, a->mapped_if, mapped, a->proto, real->port));
}

static struct xlate *pair(const struct announced *a, const struct endpoint *real, const struct addr *mapped)
{
        struct endpoint next = { real->a, (uint16_t)(real->port + 1) };
        uint16_t mport = portpool_take_pair(a->w, a->mapped_if, mapped, a->proto, real->port);
        struct xlate *x;

        if (!mport)
                return NULL;
        x = make(a, real, mapped, mport);
        if (x)
                make(a, &next, mapped, (uint16_t)(mport + 1));
        else
                portpool_give(a->w, mapped, a->proto, (uint16_t)(mport + 1));
        return x;
}

static bool announce_at(const struct announced *a, const struct endpoint *real, const struct addr *at,
                        struct endpoint *out)
{
        struct endpoint next = { real->a, (uint16_t)(real->port + 1) };
        struct xlate *x = find(a, real, at);
        bool alone = a->proto != IPPROTO_UDP_ || real->port % 2 || find(a, &next, at);

        if (x && a->make)
                rest(a, x);
        else if (a->make)
                x = alone ? one(a, real, at) : pair(a, real, at);
        if (x)
                *out = (struct endpoint){ *at, x->mport };
        return x != NULL;
}

bool xlate_announce(struct worker *w, uint16_t real_if, uint16_t mapped_if, uint8_t proto,
                    const struct endpoint *real, bool make, struct endpoint *mapped)
{
        struct announced a = { .w = w, .real_if = real_if, .mapped_if = mapped_if, .proto = proto, .make = make };
        const struct iface_rt *out = w->snap ? iface_by_idx(net_rt(w->snap), mapped_if) : NULL;

        if (!out || !real->port)
                return false;
        a.rule = nat_match_source(nat_rt(w->snap), real_if, mapped_if, proto, &real->a, real->port);
        if (!a.rule || !a.rule->dynamic)
                return false;
        if (!a.rule->to_interface && announce_at(&a, real, &a.rule->mapped.lo, mapped))
                return true;
        return (a.rule->to_interface || a.rule->iface_fallback) && out->ip.fam == real->a.fam &&
               announce_at(&a, real, &out->ip, mapped);
}

uint32_t xlate_hold_announced(struct worker *w, const struct flow_plan *plan)
{
        struct addr mapped = flow_dst(&plan->in);
        struct xlate_key k = xlate_key_of(plan->out_iface, plan->in_iface, plan->in.proto, &plan->dst_real,
                                          plan->dst_real_port, &mapped);
        struct xlate *x = xlate_find(w->xlates, &k);
        uint32_t handle = x ? xlate_handle(w->xlates, x) : 0;

        xlate_hold(w, handle);
        return handle;
}
