/* What an engine may ask of its session. */
#include "proxy/worker_int.h"

#include <stdio.h>

static bool same_endpoint_addr(const struct endpoint *e, const struct addr *a)
{
        return addr_eq(&e->a, a);
}

/* A hole as the engine describes it (real addresses) -> as its first packet will arrive and go on. */
static struct pinhole_spec hole_of(const struct psession *s, const struct pinhole_req *r)
{
        const struct punt_flow_info *i = &s->info;
        unsigned in = r->from == DIR_C2S ? 0 : 1;
        /* What the opening side calls the other end, and what that end calls the opening side. */
        const struct endpoint *dst_real = in ? &i->client_real : &i->server_real;
        const struct endpoint *dst_seen = in ? &i->client_mapped : &i->server_mapped;
        const struct endpoint *src_real = in ? &i->server_real : &i->client_real;
        const struct endpoint *src_seen = in ? &i->server_mapped : &i->client_mapped;
        struct pinhole_spec p = { .proto = r->proto,
                                  .in_iface = i->iface[in],
                                  .out_iface = i->iface[!in],
                                  .src = r->src.a,
                                  .sport = r->src.port,
                                  .dst = r->dst.a,
                                  .dport = r->dst.port,
                                  .src_mapped = r->src.a,
                                  .dst_real = r->dst.a,
                                  .dst_real_port = r->dst.port,
                                  .timeout_s = r->timeout_s,
                                  .engine = r->engine,
                                  .action = CONN_FORWARD,
                                  .owner = i->conn_id,
                                  .once = true };

        if (same_endpoint_addr(dst_real, &r->dst.a)) {
                p.dst = dst_seen->a;
                if (r->dst.port == dst_real->port)
                        p.dport = dst_seen->port;
        }
        if (same_endpoint_addr(src_real, &r->src.a))
                p.src_mapped = src_seen->a;
        return p;
}

static int ctx_open_pinhole(struct inspect_ctx *c, const struct pinhole_req *r)
{
        struct psession *s = c->host;
        struct punt_msg m = { .kind = PUNT_PINHOLE, .flow = s->flow, .gen = s->gen, .pinhole = hole_of(s, r) };
        struct ring *to = s->w->env.link[s->nlink]->to_dp;

        if (ring_space(to) < 2) /* the last place is the datagram's */
                return -1;
        return ring_push(to, &m) ? 0 : -1;
}

static void ctx_count(struct inspect_ctx *c, const char *name, uint64_t n)
{
        struct psession *s = c->host;
        struct proxy_worker *w = s->w;

        for (unsigned i = 0; i < w->ncounters; i++)
                if (w->counter[i].name == name) {
                        w->counter[i].value += n;
                        return;
                }
        if (w->ncounters < ENGINE_COUNTERS_MAX)
                w->counter[w->ncounters++] =
                        (struct engine_counter){ .engine = inspect_name(s->engine->id), .name = name, .value = n };
}

static const struct inspect_host host = { .open_pinhole = ctx_open_pinhole, .count = ctx_count };

static void names(struct psession *s)
{
        const struct net_rt *n = s->w->snap ? net_rt(s->w->snap) : NULL;

        if (!n)
                return;
        snprintf(s->ctx.client_if, sizeof s->ctx.client_if, "%s", iface_name(n, s->info.iface[0]));
        snprintf(s->ctx.server_if, sizeof s->ctx.server_if, "%s", iface_name(n, s->info.iface[1]));
}

int psession_ctx_init(struct psession *s)
{
        struct inspect_ctx *c = &s->ctx;

        c->host = s;
        c->log = s->w->log;
        c->now_ms = s->born_ms;
        c->session_id = s->info.conn_id;
        c->client = s->info.client_real;
        c->server = s->info.server_real;
        c->client_mapped = s->info.client_mapped;
        c->server_mapped = s->info.server_mapped;
        c->host_worker = s->w;
        c->ops = &host;
        names(s);
        if (!s->engine || s->engine->stream != psession_is_stream(s))
                return -1;
        c->state = mem_alloc(MEM_ENGINE, s->engine->state_size);
        if (!c->state)
                return inspect_refuse_text(c, "out of memory for inspection state"), -1;
        return s->engine->open ? s->engine->open(c) : 0;
}
