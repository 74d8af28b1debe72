/* The policers of a worker: found by what they belong to, counted, measured. */
#include "policy/police_int.h"

#define MEASURE_MS 5000u /* the rates shown are means of at least this long */

static uint64_t key_hash(const struct police_key *k)
{
        return hash_bytes(k, sizeof *k, 1);
}

static struct policer *find(const struct policy_live *l, const struct police_key *k)
{
        hash_each_match(n, &l->policers, key_hash(k)) {
                struct policer *p = container_of(n, struct policer, node);

                if (!memcmp(&p->key, k, sizeof *k))
                        return p;
        }
        return NULL;
}

/* Every conn asks anew with each snapshot, so one that this snapshot did not ask for has no user. */
static struct policer *reuse(struct policy_live *l, uint64_t gen)
{
        for (uint32_t i = 0; i < pool_high(l->policer_pool); i++) {
                struct policer *p = pool_at(l->policer_pool, i);

                if (p->seen == gen)
                        continue;
                hash_del(&l->policers, &p->node);
                *p = (struct policer){ 0 };
                return p;
        }
        return NULL;
}

static struct policer *make(struct policy_live *l, const struct police_key *k, uint64_t gen)
{
        struct policer *p = pool_get(l->policer_pool);

        if (!p)
                p = reuse(l, gen);
        if (!p)
                return NULL;
        p->key = *k;
        hash_add(&l->policers, &p->node, key_hash(k));
        return p;
}

static uint8_t said(uint8_t act, enum police_action dflt)
{
        return act ? act : (uint8_t)dflt;
}

struct policer *policer_get(struct worker *w, const struct police_key *k, const struct police_conf *c)
{
        struct policer *p = find(w->policy, k);

        if (!p)
                p = make(w->policy, k, w->snap->gen);
        if (!p || p->seen == w->snap->gen)
                return p;
        p->seen = w->snap->gen;
        p->act[POLICE_CONFORMED] = said(c->conform, POLICE_TRANSMIT);
        p->act[POLICE_EXCEEDED] = said(c->exceed, POLICE_DROP);
        police_bucket_set(&p->bucket, c->rate, police_burst(c), w->now_ns);
        return p;
}

/* ---- what is told ---- */

static void measure(struct policer *p, uint64_t now_ms)
{
        uint64_t ms = now_ms - p->since_ms;

        if (ms < MEASURE_MS)
                return;
        for (unsigned i = 0; i < POLICE_RESULTS; i++) {
                p->count.bps[i] = p->window[i] * 8000 / ms;
                p->window[i] = 0;
        }
        p->since_ms = now_ms;
}

void policer_count(struct policer *p, uint64_t now_ms, enum police_result r, uint32_t pkts, uint32_t bytes)
{
        measure(p, now_ms);
        p->count.pkts[r] += pkts;
        p->count.bytes[r] += bytes;
        p->window[r] += bytes;
}

struct police_count police_read(struct worker *w, const struct police_key *k)
{
        struct policer *p = w->policy ? find(w->policy, k) : NULL;

        if (!p)
                return (struct police_count){ 0 };
        measure(p, w->now_ms);
        return p->count;
}

void police_clear(struct worker *w, const struct police_key *k)
{
        struct policer *p = w->policy ? find(w->policy, k) : NULL;

        for (unsigned i = 0; p && i < POLICE_RESULTS; i++)
                p->count.pkts[i] = p->count.bytes[i] = 0;
}
