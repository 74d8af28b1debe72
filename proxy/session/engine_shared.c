/* State that sessions of an engine share in one proxy worker, and its clock. */
#include "proxy/worker/worker_int.h"

#include "proxy/worker/calls.h"

#define TICK_MS 1000u

/* Stream and datagram rows of one engine share one state: they are told apart by shared_new alone. */
static void *find(const struct proxy_worker *w, const struct inspect_engine *e)
{
        for (unsigned i = 0; i < w->nshared; i++)
                if (w->shared[i].engine->shared_new == e->shared_new)
                        return w->shared[i].state;
        return NULL;
}

void *shared_of(const struct proxy_worker *w, const struct inspect_engine *e)
{
        return e->shared_new ? find(w, e) : NULL;
}

static void on_tick(struct tmr *t, uint64_t now_ms)
{
        struct proxy_worker *w = container_of(t, struct proxy_worker, tick);

        for (unsigned i = 0; i < w->nshared; i++)
                if (w->shared[i].engine->tick)
                        w->shared[i].engine->tick(w->shared[i].state, now_ms);
        call_table_tick(w->calls, now_ms);
        pat_tick(w->pat, now_ms, w->nsessions == 0);
        w->ports_came |= w->nheld || !list_empty(&w->waits); /* whose answer was lost does not wait for ever */
        tmr_set(evl_timers(w->evl), t, TICK_MS);
}

static int add(struct proxy_worker *w, const struct inspect_engine *e)
{
        void *state;

        if (!e->shared_new || find(w, e))
                return 0;
        if (w->nshared == ENGINES_SHARED_MAX)
                return -1;
        state = e->shared_new(&proxy_host, w, w->log);
        if (!state)
                return -1;
        w->shared[w->nshared++] = (struct engine_shared){ e, state };
        return 0;
}

int shared_init(struct proxy_worker *w)
{
        w->calls = call_table_new(CALLS_KEPT);
        if (!w->calls)
                return -1;
        for (const struct inspect_engine *const *e = inspect_engines; *e; e++)
                if (add(w, *e) < 0)
                        return -1;
        w->tick.fn = on_tick;
        if (w->nshared)
                tmr_set(evl_timers(w->evl), &w->tick, TICK_MS);
        return 0;
}

void shared_fini(struct proxy_worker *w)
{
        if (w->evl)
                tmr_cancel(evl_timers(w->evl), &w->tick);
        while (w->nshared) {
                struct engine_shared *s = &w->shared[--w->nshared];

                s->engine->shared_free(s->state);
        }
        call_table_free(w->calls);
        w->calls = NULL;
}

void *proxy_engine_shared(const struct proxy_worker *w, enum inspect_id id)
{
        for (unsigned i = 0; i < w->nshared; i++)
                if (w->shared[i].engine->id == id)
                        return w->shared[i].state;
        return NULL;
}
