/* Sessions against their limits: descriptors of this worker, TLS and licensed sessions of all workers together. */
#include "proxy/worker/worker_int.h"

static void note_most(_Atomic uint32_t *most, uint32_t now)
{
        uint32_t seen = atomic_load_explicit(most, memory_order_relaxed);

        while (now > seen &&
               !atomic_compare_exchange_weak_explicit(most, &seen, now, memory_order_relaxed, memory_order_relaxed))
                ;
}

uint32_t proxy_session_limit(const struct proxy_worker *w, const struct snapshot *snap)
{
        uint32_t limit = snap ? proxy_rt(snap)->max_sessions : 0;

        return MIN_OF(limit, w->limit * (w->env.nworkers ? w->env.nworkers : 1));
}

static struct license_use use_of(const struct psession *s)
{
        struct license_session x = { .engine = s->engine->id,
                                     .tls_proxy = !s->info.phone_proxy_id,
                                     .phone_proxy = s->info.phone_proxy_id != 0 };

        return license_counts(&x);
}

static uint32_t add(_Atomic uint32_t *n, uint32_t more)
{
        return atomic_fetch_add_explicit(n, more, memory_order_relaxed);
}

static void give_place(struct psession *s)
{
        struct proxy_shared *g = s->w->shared_counts;
        struct license_use u = s->use;

        atomic_fetch_sub_explicit(&g->active, u.tls, memory_order_relaxed);
        atomic_fetch_sub_explicit(&g->uc, u.uc, memory_order_relaxed);
        atomic_fetch_sub_explicit(&g->phone, u.phone, memory_order_relaxed);
        s->use = (struct license_use){ 0 };
}

/* A place among the TLS sessions, and where a licence says so among the UC sessions. *limit: the one in the way. */
static bool take_place(struct psession *s, uint32_t *limit)
{
        const struct snapshot *snap = s->w->snap;
        struct proxy_shared *g = s->w->shared_counts;
        struct license_limits l = { 0 };
        struct license_use before;

        if (snap)
                l = proxy_rt(snap)->license;
        l.tls = proxy_session_limit(s->w, snap);
        s->use = use_of(s);
        before.tls = add(&g->active, s->use.tls);
        before.uc = add(&g->uc, s->use.uc);
        before.phone = add(&g->phone, s->use.phone);
        if (license_full(&l, &before, &s->use, limit) == LICENSE_FREE) {
                note_most(&g->most, before.tls + s->use.tls);
                return true;
        }
        give_place(s);
        return false;
}

static void refused(struct psession *s, uint32_t limit)
{
        uint32_t held;

        tp_count(s, (struct proxy_counts){ .refused_limit = 1 });
        s->drop = DROP_FLOW_LIMIT;
        if (s->tls[0] && log_limit_take(&s->w->limits_told, clock_mono_ms(s->w->env.clk), &held))
                log_msg(s->w->log, LOG_446001, LU(limit));
}

/* ---- what the client's address has ---- */

static bool source_counts(struct psession *s, enum source_of kind, uint32_t most)
{
        if (!source_take(s->w->sources, &s->info.client_real.a, kind, most))
                return false;
        s->sourced |= (uint8_t)(1u << kind);
        return true;
}

static void source_forget(struct psession *s, enum source_of kind)
{
        if (s->sourced & 1u << kind)
                source_give(s->w->sources, &s->info.client_real.a, kind);
        s->sourced &= (uint8_t) ~(1u << kind);
}

/* Others find room, but this address has its share. */
static bool source_refused(struct psession *s)
{
        s->source_full = true;
        tp_count(s, (struct proxy_counts){ .refused_source = 1 });
        s->drop = DROP_FLOW_LIMIT;
        return false;
}

/* One address always meets the same worker at one server; at several servers it may meet all of them. */
static uint32_t sessions_of_one(uint32_t limit, const struct proxy_worker *w)
{
        return limit < SOURCE_SHARED_MIN ? UINT32_MAX : MAX_OF(source_share(limit) / MAX_OF(w->env.nworkers, 1u), 1u);
}

bool proxy_srtp_take(struct proxy_worker *w)
{
        const struct proxy_rt *p = w->snap ? proxy_rt(w->snap) : NULL;

        if (p && !license_srtp_full(&p->license, add(&w->shared_counts->srtp, 1)))
                return true;
        proxy_srtp_give(w);
        return false;
}

void proxy_srtp_give(struct proxy_worker *w)
{
        atomic_fetch_sub_explicit(&w->shared_counts->srtp, 1, memory_order_relaxed);
}

static void count_up(struct proxy_counts *c)
{
        c->active++;
        c->total++;
        c->most = MAX_OF(c->most, c->active);
}

bool psession_take_client(struct psession *s)
{
        if (!s->ctx.phone || !s->ctx.device[0] || s->client_counted)
                return true;
        s->client_counted = source_take(s->w->clients, &s->client, SOURCE_SESSIONS, PHONE_SESSIONS_MAX);
        return s->client_counted || source_refused(s);
}

bool psession_take_fds(struct psession *s)
{
        if (s->w->nstreams >= s->w->limit) {
                refused(s, s->w->limit);
                return false;
        }
        if (!source_counts(s, SOURCE_STREAMS, source_share(s->w->limit)))
                return source_refused(s);
        s->w->nstreams++;
        s->w->streams_most = MAX_OF(s->w->streams_most, s->w->nstreams);
        s->begun = true;
        return true;
}

bool psession_take_place(struct psession *s)
{
        struct proxy_worker *w = s->w;
        struct proxy_counts *c;
        uint32_t limit = 0;

        if (!s->tls[0])
                return true;
        if (!take_place(s, &limit)) {
                refused(s, limit);
                return false;
        }
        if (!source_counts(s, SOURCE_SESSIONS, sessions_of_one(proxy_session_limit(w, w->snap), w))) {
                give_place(s);
                return source_refused(s);
        }
        s->counted = true;
        count_up(&w->all);
        c = tp_counts(w, s->tls_proxy_id);
        s->tp_counted = c != NULL;
        if (c)
                count_up(c);
        return true;
}

/* ---- clients that have not proved themselves yet ---- */

static void give_way(struct psession *oldest)
{
        tp_count(oldest, (struct proxy_counts){ .gave_way = 1 });
        oldest->drop = DROP_FLOW_LIMIT;
        psession_refuse(oldest, CONN_END_SYN_TIMEOUT, "gave way to newer clients in its handshake");
}

static struct psession *oldest_of(const struct proxy_worker *w, const struct addr *a)
{
        list_each(it, &w->unproven) {
                struct psession *s = list_entry(it, struct psession, unproven);

                if (addr_eq(&s->info.client_real.a, a))
                        return s;
        }
        return NULL;
}

void psession_unproven(struct psession *s)
{
        struct proxy_worker *w = s->w;
        const struct addr *a = &s->info.client_real.a;
        unsigned most = MIN_OF(UNPROVEN_MAX, MAX_OF(w->limit / 2, 1u)),
                 share = most < SOURCE_SHARED_MIN ? UINT32_MAX : most / 4;
        struct psession *own = source_has(w->sources, a, SOURCE_HANDSHAKES) >= share ? oldest_of(w, a) : NULL;

        if (own)
                give_way(own);
        else if (w->nunproven >= most)
                give_way(list_entry(w->unproven.next, struct psession, unproven));
        source_counts(s, SOURCE_HANDSHAKES, UINT32_MAX);
        list_add_tail(&w->unproven, &s->unproven);
        w->nunproven++;
        w->unproven_most = MAX_OF(w->unproven_most, w->nunproven);
}

void psession_proven(struct psession *s)
{
        if (list_empty(&s->unproven))
                return;
        list_del(&s->unproven);
        source_forget(s, SOURCE_HANDSHAKES);
        s->w->nunproven--;
}

void psession_count_end(struct psession *s)
{
        struct proxy_counts *c = s->tp_counted ? tp_counts(s->w, s->tls_proxy_id) : NULL;

        source_forget(s, SOURCE_STREAMS);
        source_forget(s, SOURCE_SESSIONS);
        if (s->client_counted)
                source_give(s->w->clients, &s->client, SOURCE_SESSIONS);
        s->client_counted = false;
        if (s->begun)
                s->w->nstreams--;
        if (s->counted) {
                give_place(s);
                s->w->all.active--;
        }
        if (c)
                c->active--;
        s->begun = s->counted = s->tp_counted = false;
}
