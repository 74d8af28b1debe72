/*
 * 106100: an ACE with `log` tells a flow's first hit at once and later ones as a sum per interval. A flow without
 * hits in an interval is forgotten. The cache is bounded; a full one follows no new flows and logs nothing about them
 * (counted).
 */
#include <stdio.h>

#include "platform/base/mem.h"
#include "policy/live_int.h"

#define LOG_FLOWS_MAX 4096u

struct log_key {
        struct flow_key flow;
        uint32_t ace_id, list_id;
};
struct log_flow {
        struct hash_node node;
        struct tmr tmr;
        struct worker *w;
        struct log_key key;
        struct acl_key acl; /* real addresses, as printed */
        uint16_t in_iface, out_iface, interval;
        uint8_t level;
        bool permit;
        uint32_t hits, hash, elem_hash;
        char list[64]; /* a record has no room for the longest names */
};
struct acl_log {
        struct pool *pool;
        struct hash_table flows;
        uint32_t denied;
        struct log_full full;
};

struct acl_log *acl_log_new(void)
{
        struct acl_log *l = mem_alloc(MEM_ACL, sizeof *l);

        if (!l)
                return NULL;
        l->pool = pool_new(sizeof(struct log_flow), LOG_FLOWS_MAX, POOL_LIFO);
        if (l->pool && !hash_init(&l->flows, LOG_FLOWS_MAX))
                return l;
        acl_log_free(l);
        return NULL;
}

void acl_log_free(struct acl_log *l)
{
        if (!l)
                return;
        for (uint32_t i = 0; l->pool && i < pool_high(l->pool); i++) {
                struct log_flow *f = pool_at(l->pool, i);

                if (pool_live(l->pool, i))
                        tmr_cancel(f->w->tmr, &f->tmr);
        }
        hash_fini(&l->flows);
        pool_free(l->pool);
        mem_free(l);
}

static const char *proto_name(uint8_t proto, char out[8])
{
        if (proto == IPPROTO_TCP_)
                return "tcp";
        if (proto == IPPROTO_UDP_)
                return "udp";
        if (proto == IPPROTO_ICMP_)
                return "icmp";
        snprintf(out, 8, "%u", proto);
        return out;
}

/* The element says how grave it is. */
static const enum log_msg at_level[] = { LOG_106100_0, LOG_106100_1, LOG_106100_2, LOG_106100_3,
                                         LOG_106100_4, LOG_106100_5, LOG_106100,   LOG_106100_7 };

static void emit(const struct log_flow *f, const char *when)
{
        struct worker *w = f->w;
        const struct net_rt *n = net_rt(w->snap);
        char proto[8];

        log_msg(w->log, at_level[f->level & 7], LS(f->list), LS(f->permit ? "permitted" : "denied"),
                LS(proto_name(f->acl.proto, proto)), LS(iface_name(n, f->in_iface)), LA(&f->acl.src),
                LU(f->acl.sport), LS(iface_name(n, f->out_iface)), LA(&f->acl.dst), LU(f->acl.dport), LU(f->hits),
                LS(when), LX(f->hash), LX(f->elem_hash));
}

static void flow_forget(struct acl_log *l, struct log_flow *f)
{
        l->denied -= !f->permit;
        hash_del(&l->flows, &f->node);
        pool_put(l->pool, f);
}

static void on_interval(struct tmr *t, uint64_t now)
{
        struct log_flow *f = container_of(t, struct log_flow, tmr);
        char when[32];

        (void)now;
        if (!f->hits || !f->w->snap) {
                flow_forget(f->w->policy->acl_log, f);
                return;
        }
        snprintf(when, sizeof when, "%u-second interval", f->interval);
        emit(f, when);
        f->hits = 0;
        tmr_set(f->w->tmr, &f->tmr, f->interval * 1000u);
}

static struct log_flow *flow_find(const struct acl_log *l, const struct log_key *k, uint64_t hash)
{
        hash_each_match(n, &l->flows, hash) {
                struct log_flow *f = container_of(n, struct log_flow, node);

                if (!memcmp(&f->key, k, sizeof *k))
                        return f;
        }
        return NULL;
}

static void flow_start(struct worker *w, struct log_flow *f, const struct log_key *key,
                       const struct acl_list_rt *list, const struct acl_hit *hit, const struct flow_plan *plan,
                       const struct acl_key *k)
{
        f->w = w;
        f->key = *key;
        f->acl = *k;
        f->in_iface = plan->in_iface;
        f->out_iface = plan->out_iface;
        f->interval = hit->log_interval;
        f->level = (uint8_t)hit->log_level;
        f->permit = hit->permit;
        f->hash = hit->hash;
        f->elem_hash = acl_hit_elem_hash(list, hit);
        f->tmr.fn = on_interval;
        snprintf(f->list, sizeof f->list, "%s", acl_list_name(list));
}

void acl_log_hit(struct worker *w, const struct acl_list_rt *list, const struct acl_hit *hit,
                 const struct flow_plan *plan, const struct acl_key *k)
{
        struct acl_log *l = w->policy->acl_log;
        struct log_key key = { .flow = plan->in, .ace_id = hit->ace_id, .list_id = acl_list_id(list) };
        uint64_t hash = hash_bytes(&key, sizeof key, 1);
        struct log_flow *f = flow_find(l, &key, hash);

        if (f) {
                f->hits++;
                return;
        }
        f = pool_get(l->pool);
        if (!f) {
                if (log_full_tell(&l->full, w->now_ms))
                        log_msg(w->log, LOG_106101, LU(LOG_FLOWS_MAX));
                return;
        }
        flow_start(w, f, &key, list, hit, plan, k);
        hash_add(&l->flows, &f->node, hash);
        l->denied += !f->permit;
        f->hits = 1;
        emit(f, "first hit");
        f->hits = 0;
        tmr_set(w->tmr, &f->tmr, f->interval * 1000u);
}

void acl_log_stat(const struct policy_live *p, struct acl_log_stat *out)
{
        const struct acl_log *l = p->acl_log;

        *out = (struct acl_log_stat){ .flows = pool_used(l->pool), .denied = l->denied, .full = l->full.refused };
}
