#include "nat/nat_int.h"
#include "nat/portpool.h"
#include "platform/base/mem.h"
#include "platform/base/pool.h"
#include "policy/policy_rt.h"

/* A handle is the slot's number and its generation, which is never 0. */
#define INDEX_BITS 18
#define GENERATION_MAX 0x3FFFu
_Static_assert(XLATES_MAX == 1u << INDEX_BITS, "an index must fit a handle");

struct xlate_table *xlate_table_new(struct worker *w)
{
        struct xlate_table *t = mem_alloc(MEM_XLATE, sizeof *t);

        if (!t)
                return NULL;
        t->pool = pool_new(sizeof(struct xlate), XLATES_MAX, POOL_FIFO);
        t->generation = mem_reserve(XLATES_MAX * sizeof *t->generation);
        t->ports = portpool_table_new(w->env.rng);
        t->hits = nat_hit_table_new();
        if (!t->pool || !t->generation || !t->ports || !t->hits || hash_init(&t->by_source, XLATES_MAX) ||
            rng_fill(w->env.rng, &t->seed, sizeof t->seed)) {
                xlate_table_free(t);
                return NULL;
        }
        if (w->conns)
                conn_on_refused(w->conns, xlate_plan_refused);
        return t;
}

/* The wheel outlives the table and must not find timers of freed memory. */
static void forget_timers(struct xlate_table *t)
{
        for (uint32_t i = 0; t->pool && i < pool_high(t->pool); i++) {
                struct xlate *x = pool_at(t->pool, i);

                if (pool_live(t->pool, i))
                        tmr_cancel(x->w->tmr, &x->tmr);
        }
}

void xlate_table_free(struct xlate_table *t)
{
        if (!t)
                return;
        forget_timers(t);
        pool_free(t->pool);
        mem_unreserve(t->generation, XLATES_MAX * sizeof *t->generation);
        portpool_table_free(t->ports);
        nat_hit_table_free(t->hits);
        mem_free(t->statics);
        hash_fini(&t->by_source);
        mem_free(t);
}

uint32_t xlate_handle(const struct xlate_table *t, const struct xlate *x)
{
        uint32_t i = pool_index(t->pool, x);

        return (uint32_t)(t->generation[i] % GENERATION_MAX + 1) << INDEX_BITS | i;
}

struct xlate *xlate_at(const struct xlate_table *t, uint32_t handle)
{
        uint32_t i = handle & (XLATES_MAX - 1);
        struct xlate *x = pool_at(t->pool, i);

        return handle && pool_live(t->pool, i) && xlate_handle(t, x) == handle ? x : NULL;
}

struct xlate_key xlate_key_of(uint16_t real_if, uint16_t mapped_if, uint8_t proto, const struct addr *real,
                              uint16_t rport, const struct addr *mapped)
{
        struct xlate_key k = {
                .fam = (uint8_t)real->fam, .proto = proto, .rport = rport, .real_if = real_if, .mapped_if = mapped_if
        };

        memcpy(k.real, real->w, sizeof k.real);
        memcpy(k.mapped, mapped->w, sizeof k.mapped);
        return k;
}

struct xlate *xlate_find(const struct xlate_table *t, const struct xlate_key *k)
{
        uint64_t h = hash_bytes(k, sizeof *k, t->seed);

        hash_each_match(it, &t->by_source, h) {
                struct xlate *x = container_of(it, struct xlate, node);

                if (!x->replaced && memcmp(&x->key, k, sizeof *k) == 0)
                        return x;
        }
        return NULL;
}

static struct addr key_addr(const struct xlate_key *k, const uint32_t w[4])
{
        struct addr a = { .fam = k->fam };

        memcpy(a.w, w, sizeof a.w);
        return a;
}

static void log_built(struct worker *w, const struct xlate *x)
{
        const struct net_rt *net = net_rt(w->snap);
        struct addr real = key_addr(&x->key, x->key.real), mapped = key_addr(&x->key, x->key.mapped);

        log_msg(w->log, LOG_305011, LS("dynamic"), LS(nat_proto_name_upper(x->key.proto)),
                LS(iface_name(net, x->key.real_if)), LA(&real), LU(x->key.rport),
                LS(iface_name(net, x->key.mapped_if)), LA(&mapped), LU(x->mport));
}

static void log_torn_down(struct worker *w, const struct xlate *x)
{
        const struct net_rt *net = net_rt(w->snap);
        struct addr real = key_addr(&x->key, x->key.real), mapped = key_addr(&x->key, x->key.mapped);

        log_msg(w->log, LOG_305012, LS("dynamic"), LS(nat_proto_name_upper(x->key.proto)),
                LS(iface_name(net, x->key.real_if)), LA(&real), LU(x->key.rport),
                LS(iface_name(net, x->key.mapped_if)), LA(&mapped), LU(x->mport), LD(w->now_ms - x->born_ms));
}

void xlate_end(struct worker *w, struct xlate *x)
{
        struct xlate_table *t = w->xlates;
        struct xlate_lease l = { .real_if = x->key.real_if,
                                 .mapped_if = x->key.mapped_if,
                                 .proto = x->key.proto,
                                 .rule = x->rule,
                                 .real = { key_addr(&x->key, x->key.real), x->key.rport },
                                 .mapped = { key_addr(&x->key, x->key.mapped), x->mport } };
        bool leased = x->leased;

        log_torn_down(w, x);
        tmr_cancel(w->tmr, &x->tmr);
        if (!leased)
                portpool_give(w, &l.mapped.a, l.proto, l.mapped.port);
        hash_del(&t->by_source, &x->node);
        t->generation[pool_index(t->pool, x)]++;
        pool_put(t->pool, x);
        if (leased && t->lease_end)
                t->lease_end(w, &l);
}

static void on_idle(struct tmr *tmr, uint64_t now_ms)
{
        struct xlate *x = container_of(tmr, struct xlate, tmr);

        (void)now_ms;
        xlate_end(x->w, x);
}

static void hold(struct xlate *x)
{
        x->refs++;
        x->used_ms = x->w->now_ms;
        tmr_cancel(x->w->tmr, &x->tmr);
}

uint64_t xlate_timeout_ms(const struct worker *w)
{
        return policy_timeouts(policy_rt(w->snap))->pat_xlate * 1000ull;
}

/* The port rests with its last owner for the time of `timeout pat-xlate`, so that a stranger cannot meet late
 * answers. */
static void release(struct worker *w, struct xlate *x)
{
        if (!x->refs || --x->refs)
                return;
        x->used_ms = w->now_ms;
        if (!x->kept)
                tmr_set(w->tmr, &x->tmr, xlate_timeout_ms(w));
}

void xlate_idle(struct worker *w, struct xlate *x)
{
        if (x->refs || x->kept)
                return;
        if (x->proven)
                tmr_set(w->tmr, &x->tmr, xlate_timeout_ms(w));
        else
                xlate_end(w, x);
}

struct xlate *xlate_make(struct worker *w, const struct xlate_key *k, uint32_t rule, uint16_t mport)
{
        struct xlate_table *t = w->xlates;
        struct xlate *x = pool_get(t->pool);

        if (!x) {
                if (log_full_tell(&t->full, w->now_ms))
                        log_msg(w->log, LOG_321001, LS("xlates"), LU(XLATES_MAX));
                return NULL;
        }
        x->key = *k;
        x->w = w;
        x->tmr.fn = on_idle;
        x->born_ms = w->now_ms;
        x->rule = rule;
        x->mport = mport;
        hash_add(&t->by_source, &x->node, hash_bytes(k, sizeof *k, t->seed));
        t->built++;
        xlate_note_most(w);
        log_built(w, x);
        return x;
}

uint32_t xlate_pat_new(struct worker *w, const struct nat_rule_rt *rule, uint16_t real_if, uint16_t mapped_if,
                       uint8_t proto, const struct addr *real, uint16_t rport, const struct addr *mapped,
                       uint16_t *mport, enum drop_reason *why)
{
        struct xlate_table *t = w->xlates;
        struct xlate_key k = xlate_key_of(real_if, mapped_if, proto, real, rport, mapped);
        struct xlate *x = xlate_find(t, &k);

        if (!x) {
                uint16_t port = portpool_take(w, mapped_if, mapped, proto, rport);

                x = port ? xlate_make(w, &k, rule->id, port) : NULL;
                if (!x) {
                        portpool_give(w, mapped, proto, port);
                        *why = DROP_NAT_XLATE;
                        return 0;
                }
        }
        hold(x);
        *mport = x->mport;
        return xlate_handle(t, x);
}

void xlate_hold(struct worker *w, uint32_t handle)
{
        struct xlate *x = xlate_at(w->xlates, handle);

        if (x)
                hold(x);
}

void xlate_release(struct worker *w, uint32_t handle)
{
        struct xlate *x = xlate_at(w->xlates, handle);

        if (x)
                release(w, x);
}

void xlate_plan_refused(struct worker *w, const struct flow_plan *plan)
{
        struct xlate *x = xlate_at(w->xlates, plan->xlate);

        if (!x)
                return;
        release(w, x);
        xlate_idle(w, x);
}

void xlate_conn_end(struct worker *w, struct conn *c)
{
        struct xlate *x = xlate_at(w->xlates, c->xlate);

        c->xlate = 0;
        if (!x)
                return;
        x->proven = true;
        release(w, x);
}

const char *nat_proto_name(uint8_t proto)
{
        switch (proto) {
        case IPPROTO_TCP_:
                return "tcp";
        case IPPROTO_UDP_:
                return "udp";
        case IPPROTO_ICMP_:
        case IPPROTO_ICMP6_:
                return "icmp";
        default:
                return "ip";
        }
}

const char *nat_proto_name_upper(uint8_t proto)
{
        switch (proto) {
        case IPPROTO_TCP_:
                return "TCP";
        case IPPROTO_UDP_:
                return "UDP";
        case IPPROTO_ICMP_:
        case IPPROTO_ICMP6_:
                return "ICMP";
        default:
                return "IP";
        }
}
