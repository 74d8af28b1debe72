#include "tests/support/proxy_bare.h"

#include "tests/support/test.h"

#include "platform/base/mem.h"

static void *state_new(const struct inspect_host *ops UNUSED, void *host_worker UNUSED, struct log_src *log UNUSED)
{
        return NULL; /* never called: the fixture puts the state in place */
}

static void state_free(void *shared)
{
        ((struct bare *)shared)->freed++;
}

static void on_tick(void *shared, uint64_t now_ms)
{
        struct bare *b = shared;

        b->ticks++;
        b->ticked_ms = now_ms;
}

static void on_media(void *shared, uint64_t cookie, uint8_t side, enum media_event ev, const struct media_stat *stat)
{
        struct bare *b = shared;

        b->events++;
        b->cookie = cookie;
        b->side = side;
        b->event = ev;
        b->stat = stat != NULL;
}

static void configure(struct bare *b)
{
        b->mta[0] = (struct mta_rt){ pb_addr("192.0.2.50"), WF_OUTSIDE };
        b->mta[1] = (struct mta_rt){ pb_addr("10.1.1.50"), WF_INSIDE };
        b->term = (struct media_term_rt){
                .id = 5, .n = 2, .at = b->mta, .port_lo = 20000, .port_hi = 20000 + 2 * BARE_PAIRS - 1
        };
        b->pp = (struct phone_proxy_rt){ .id = 6, .mta = &b->term, .timeout_ms = 300000 };
        snprintf(b->pp.params.name, sizeof b->pp.params.name, "phones");
        b->rt = (struct proxy_rt){ .n_media_terms = 1,
                                   .n_phone_proxies = 1,
                                   .media_term = &b->term,
                                   .phone_proxy = &b->pp,
                                   .max_sessions = 100 };
        b->engine = (struct inspect_engine){ .id = INSPECT_SKINNY,
                                             .stream = true,
                                             .l4 = IPPROTO_TCP_,
                                             .shared_new = state_new,
                                             .shared_free = state_free,
                                             .tick = on_tick,
                                             .media_event = on_media };
}

void bare_commit(struct bare *b)
{
        snap_part_put(b->wf.part[SNAP_PROXY]);
        b->wf.part[SNAP_PROXY] = snap_part_new();
        assert_non_null(b->wf.part[SNAP_PROXY]);
        b->wf.part[SNAP_PROXY]->root = &b->rt;
        nf_commit(&b->nat, &b->wf);
        b->p->snap = snap_current(b->wf.hub);
}

void bare_up(struct bare *b)
{
        struct proxy_env env;
        struct err e = { 0 };

        memset(b, 0, sizeof *b);
        b->blocks = mem_live_blocks();
        configure(b);
        wf_init(&b->wf);
        nf_init(&b->nat);
        wf_start(&b->wf);
        assert_int_equal(punt_link_init(&b->link, b->wf.w, &e), 0);
        assert_int_equal(media_link_init(&b->media, b->wf.w, &e), 0);
        env = (struct proxy_env){ .clk = &b->wf.clk,
                                  .rng = &b->wf.rng,
                                  .log = b->wf.log,
                                  .hub = b->wf.hub,
                                  .link = { &b->link },
                                  .media = { &b->media },
                                  .nlinks = 1 };
        b->p = proxy_worker_new(0, &env, &e);
        assert_non_null(b->p);
        b->p->shared[b->p->nshared++] = (struct engine_shared){ &b->engine, b };
        bare_commit(b);
}

void bare_down(struct bare *b)
{
        proxy_worker_free(b->p);
        assert_int_equal(b->freed, 1);
        punt_link_fini(&b->link);
        media_link_fini(&b->media);
        nf_fini(&b->nat);
        wf_stop(&b->wf);
        assert_int_equal(mem_live_blocks(), b->blocks);
}

void bare_session(struct bare *b, struct psession *s)
{
        memset(s, 0, sizeof *s);
        s->w = b->p;
        s->flow = 3;
        s->gen = 1;
        s->engine = &b->engine;
        s->info = (struct punt_flow_info){ .conn_id = 4711,
                                           .proto = IPPROTO_TCP_,
                                           .phone_proxy_id = b->pp.id,
                                           .iface = { WF_OUTSIDE, WF_INSIDE },
                                           .client_real = { pb_addr("198.51.100.7"), 40000 },
                                           .client_mapped = { pb_addr("10.1.1.1"), 1025 },
                                           .server_real = { pb_addr("10.1.1.2"), 5060 },
                                           .server_mapped = { pb_addr("192.0.2.140"), 5061 } };
        s->phone_timeout_ms = b->pp.timeout_ms;
        s->tls[0] = true;
        psession_ctx_init(s);
        psession_ctx_legs(s);
}

void bare_step(struct bare *b)
{
        proxy_step(b->p, 0);
        b->p->snap = snap_current(b->wf.hub); /* the test calls as from within a loop */
}

void bare_advance(struct bare *b, uint64_t ms)
{
        for (; ms; ms -= MIN_OF(ms, (uint64_t)50)) {
                clock_advance_ms(&b->wf.time, MIN_OF(ms, (uint64_t)50));
                bare_step(b);
        }
}

bool bare_media_heard(struct bare *b, struct media_msg *m)
{
        return ring_pop(b->media.to_dp, m);
}

void bare_report(struct bare *b, const struct media_handle *h, enum media_event ev, unsigned side)
{
        struct media_report r = { .event = (uint8_t)ev, .side = (uint8_t)side, .h = *h };

        assert_true(ring_push(b->media.to_proxy, &r));
        bare_step(b);
}

static void keep_line(void *ctx, const char *line)
{
        struct bare *b = ctx;
        size_t n = strlen(b->line);

        snprintf(b->line + n, sizeof b->line - n, "%s\n", line);
}

bool bare_logged(struct bare *b, const char *text)
{
        b->line[0] = 0;
        while (log_step(b->wf.log))
                continue;
        log_buffer_walk(b->wf.log, keep_line, b);
        return strstr(b->line, text) != NULL;
}
