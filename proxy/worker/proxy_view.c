/* What cold threads see of a proxy worker. */
#include "proxy/worker/worker_int.h"

#include <stdio.h>

struct capture_set *proxy_captures(struct proxy_worker *w)
{
        return w->caps;
}

static void row_of(const struct psession *s, struct session_row *r)
{
        uint64_t now = tmr_now(evl_timers(s->w->evl));
        struct wbuf d = wbuf_of(r->describe, sizeof r->describe);

        *r = (struct session_row){ .flow = s->flow,
                                   .conn_id = s->info.conn_id,
                                   .tls_proxy_id = s->tls_proxy_id,
                                   .engine = s->engine ? s->engine->id : INSPECT_NONE,
                                   .info = s->info,
                                   .state = s->state,
                                   .tls = { s->half[0].tls, s->half[1].tls },
                                   .cleartext = { !s->tls[0], !s->tls[1] },
                                   .bytes = { s->half[0].bytes, s->half[1].bytes },
                                   .age_ms = now - s->born_ms,
                                   .idle_ms = now - s->last_ms };
        if (s->engine && s->engine->describe && s->ctx.state)
                s->engine->describe(s->ctx.state, &d);
        wbuf_text(&d);
}

unsigned proxy_walk(const struct proxy_worker *w, uint32_t *cursor, struct session_row *rows, unsigned max, bool *end)
{
        uint64_t total = (uint64_t)w->env.nlinks * PUNT_FLOWS_MAX;
        unsigned n = 0, looked = 0;

        for (; *cursor < total && n < max && looked < 65536; looked++, (*cursor)++) {
                const struct psession *s = w->by_flow[*cursor / PUNT_FLOWS_MAX][*cursor % PUNT_FLOWS_MAX];

                if (s && !s->dead)
                        row_of(s, &rows[n++]);
        }
        *end = *cursor >= total;
        return n;
}

void proxy_counts(const struct proxy_worker *w, uint32_t tls_proxy_id, struct proxy_counts *out)
{
        *out = (struct proxy_counts){ 0 };
        if (!tls_proxy_id) {
                *out = w->all;
                out->most = atomic_load_explicit(&w->shared_counts->most, memory_order_relaxed);
                return;
        }
        for (unsigned i = 0; i < w->ntp; i++)
                if (w->tp[i].id == tls_proxy_id)
                        *out = w->tp[i].c;
}

unsigned proxy_clear(struct proxy_worker *w, uint32_t tls_proxy_id)
{
        unsigned n = 0;

        list_each_safe(it, tmp, &w->sessions) {
                struct psession *s = list_entry(it, struct psession, link);

                if (s->dead || !psession_is_stream(s) || (tls_proxy_id && s->tls_proxy_id != tls_proxy_id))
                        continue;
                psession_end(s, CONN_END_CLEARED, true, NULL);
                n++;
        }
        return n;
}

uint32_t proxy_phone_sessions(const struct proxy_worker *w)
{
        return atomic_load_explicit(&w->shared_counts->phone, memory_order_relaxed);
}

static struct table_use sessions_use(const struct proxy_worker *w, const struct snapshot *snap)
{
        const struct proxy_shared *g = w->shared_counts;

        return (struct table_use){ "TLS sessions", atomic_load_explicit(&g->active, memory_order_relaxed),
                                   atomic_load_explicit(&g->most, memory_order_relaxed), proxy_session_limit(w, snap),
                                   w->all.refused_limit + w->all.refused_source };
}

void proxy_use(const struct proxy_worker *w, const struct snapshot *snap, struct table_use out[PROXY_USES])
{
        uint32_t ports, ports_most;
        struct pat_stat pat;

        media_ports_total(w->media_ports, &ports, &ports_most);
        pat_stat(w->pat, &pat);
        out[0] = sessions_use(w, snap);
        out[1] =
                (struct table_use){ "TLS handshakes", w->nunproven, w->unproven_most, UNPROVEN_MAX, w->all.gave_way };
        out[2] = (struct table_use){ "Proxied streams", w->nstreams, w->streams_most, w->limit, 0 };
        out[3] = (struct table_use){ "Media sessions", w->nrelays, w->relays_most, RELAYS_MAX, w->relays_refused };
        out[4] = (struct table_use){ "Media port pairs", ports, ports_most, 0, media_ports_refused(w->media_ports) };
        out[5] =
                (struct table_use){ "Announced ports", pat.maps, pat.maps_most, PAT_MAPS_LIMIT, w->pat_full.refused };
        out[6] = (struct table_use){ "Secure phones", phone_count(w->phones), phone_most(w->phones), PHONES_MAX,
                                     w->phones_full.refused };
}

bool proxy_engine_counter(const struct proxy_worker *w, unsigned idx, const char **engine, const char **name,
                          uint64_t *value)
{
        if (idx >= w->ncounters)
                return false;
        *engine = w->counter[idx].engine;
        *name = w->counter[idx].name;
        *value = w->counter[idx].value;
        return true;
}
