/* State of a proxy worker and of a session: made, ticked, ended. */
#include "inspect/sccp/sccp_int.h"

#include <inttypes.h>

#include "platform/base/mem.h"

void *sccp_shared_new(const struct inspect_host *ops, void *host_worker, struct log_src *log)
{
        struct sccp_shared *sh = mem_alloc(MEM_SCCP, sizeof *sh);

        if (!sh)
                return NULL;
        sh->ops = ops;
        sh->host_worker = host_worker;
        sh->log = log;
        sh->wheel = tmr_wheel_new(0);
        sh->phones = pool_new(sizeof(struct sccp_phone), SCCP_PHONES_MAX, POOL_LIFO);
        sh->streams = pool_new(sizeof(struct sccp_stream), SCCP_STREAMS_MAX, POOL_LIFO);
        if (!sh->wheel || !sh->phones || !sh->streams || hash_init(&sh->stream_by_party, SCCP_STREAMS_MAX) < 0 ||
            (ops && ops->random && ops->random(host_worker, sh->seed, sizeof sh->seed) < 0)) {
                sccp_shared_free(sh);
                return NULL;
        }
        return sh;
}

void sccp_shared_free(void *shared)
{
        struct sccp_shared *sh = shared;

        if (!sh)
                return;
        if (sh->streams)
                sccp_clear(sh);
        hash_fini(&sh->stream_by_party);
        pool_free(sh->streams);
        pool_free(sh->phones);
        tmr_wheel_free(sh->wheel);
        mem_free_secret(sh);
}

#define TICK_BUDGET 1024u

void sccp_tick(void *shared, uint64_t now_ms)
{
        struct sccp_shared *sh = shared;

        sh->now_ms = MAX_OF(sh->now_ms, now_ms);
        tmr_run(sh->wheel, sh->now_ms, TICK_BUDGET);
}

/* ---- timeout signaling: silence on both sides ends the session and what it had open ---- */

static void arm(struct sccp_phone *p)
{
        uint64_t due = p->last_ms + p->t_signaling * 1000ull;

        if (p->t_signaling)
                tmr_set(p->sh->wheel, &p->tmr, due > p->sh->now_ms ? due - p->sh->now_ms : 0);
}

static void on_silence(struct tmr *t, uint64_t now_ms)
{
        struct sccp_phone *p = container_of(t, struct sccp_phone, tmr);
        const struct inspect_host *ops = p->sh->ops;

        if (now_ms < p->last_ms + p->t_signaling * 1000ull) {
                arm(p);
                return;
        }
        p->asked = p->registered = false;
        sccp_streams_end(p);
        if (ops && ops->end_session && p->host)
                ops->end_session(p->host, "skinny: timeout signaling");
}

void sccp_phone_alive(struct sccp_work *x)
{
        struct sccp_phone *p = x->phone;
        bool armed = tmr_pending(&p->tmr) && p->t_signaling == x->map->t_signaling;

        p->last_ms = x->sh->now_ms;
        p->t_signaling = x->map->t_signaling;
        p->messages[x->dir]++;
        if (armed)
                return;
        tmr_cancel(x->sh->wheel, &p->tmr);
        arm(p);
}

/* ---- a session ---- */

int sccp_open(struct inspect_ctx *c)
{
        struct sccp_session *s = c->state;
        struct sccp_shared *sh = c->shared;

        if (!sh)
                return inspect_refuse_text(c, "no SCCP state");
        s->phone = pool_get(sh->phones);
        if (!s->phone)
                return inspect_refuse_text(c, "too many SCCP sessions");
        s->phone->sh = sh;
        s->phone->tmr.fn = on_silence;
        s->phone->host = c->dry ? NULL : c->host;
        s->phone->session_id = c->session_id;
        s->phone->client = c->client;
        s->phone->server = c->server;
        s->phone->last_ms = c->now_ms;
        memcpy(s->phone->client_if, c->client_if, sizeof s->phone->client_if);
        memcpy(s->phone->server_if, c->server_if, sizeof s->phone->server_if);
        list_init(&s->phone->streams);
        return 0;
}

void sccp_close(struct inspect_ctx *c)
{
        struct sccp_session *s = c->state;
        struct sccp_shared *sh = c->shared;

        if (!sh || !s->phone)
                return;
        sccp_streams_orphan(s->phone);
        tmr_cancel(sh->wheel, &s->phone->tmr);
        pool_put(sh->phones, s->phone);
        s->phone = NULL;
}

void sccp_describe(const void *state, struct wbuf *w)
{
        const struct sccp_phone *p = ((const struct sccp_session *)state)->phone;

        if (p)
                wbuf_printf(w,
                            "device=%s registered=%d version=%u streams=%u client-messages=%" PRIu64
                            " server-messages=%" PRIu64,
                            p->device[0] ? p->device : "unknown", p->registered, p->version, p->nstreams,
                            p->messages[DIR_C2S], p->messages[DIR_S2C]);
}
