/* Sessions against their limits: descriptors of this worker, TLS sessions of all workers together. */
#include "proxy/worker_int.h"

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

/* A place among the TLS sessions. */
static bool take_place(struct psession *s)
{
        struct proxy_shared *g = s->w->shared_counts;
        uint32_t now = atomic_fetch_add_explicit(&g->active, 1, memory_order_relaxed) + 1;

        if (now <= proxy_session_limit(s->w, s->w->snap)) {
                note_most(&g->most, now);
                return true;
        }
        atomic_fetch_sub_explicit(&g->active, 1, memory_order_relaxed);
        return false;
}

static void refused(struct psession *s)
{
        tp_count(s, (struct proxy_counts){ .refused_limit = 1 });
        s->drop = DROP_FLOW_LIMIT;
        if (s->tls[0])
                log_msg(s->w->log, LOG_446001, LU(proxy_session_limit(s->w, s->w->snap)));
}

static void count_up(struct proxy_counts *c)
{
        c->active++;
        c->total++;
        c->most = MAX_OF(c->most, c->active);
}

bool psession_count_begin(struct psession *s)
{
        struct proxy_worker *w = s->w;
        struct proxy_counts *c;

        if (w->nstreams >= w->limit || (s->tls[0] && !take_place(s))) {
                refused(s);
                return false;
        }
        w->nstreams++;
        s->begun = true;
        s->counted = s->tls[0];
        if (!s->counted)
                return true;
        count_up(&w->all);
        c = tp_counts(w, s->tls_proxy_id);
        s->tp_counted = c != NULL;
        if (c)
                count_up(c);
        return true;
}

void psession_count_end(struct psession *s)
{
        struct proxy_counts *c = s->tp_counted ? tp_counts(s->w, s->tls_proxy_id) : NULL;

        if (s->begun)
                s->w->nstreams--;
        if (s->counted) {
                atomic_fetch_sub_explicit(&s->w->shared_counts->active, 1, memory_order_relaxed);
                s->w->all.active--;
        }
        if (c)
                c->active--;
        s->begun = s->counted = s->tp_counted = false;
}
