#include <string.h>

#include "platform/base/mem.h"
#include "platform/net/dp.h"

enum { PKTS_SMALL_DEFAULT = 4096, PKTS_BIG_DEFAULT = 64, TIMERS_PER_LOOP = 256 };

static int worker_init(struct worker *w, unsigned id, const struct worker_env *env, struct err *e)
{
        char name[16] = "worker0";

        w->id = id;
        w->env = *env;
        w->clk = env->clk;
        w->wake_fd = -1;
        w->unreach.milli = UINT32_MAX; /* a full bucket, whatever its size will be */
        pthread_mutex_init(&w->req_lock, NULL);
        pthread_cond_init(&w->req_done, NULL);
        w->now_ns = w->clk->mono_ns(w->clk->ctx);
        w->now_ms = w->now_ns / 1000000u;
        name[6] = (char)('0' + id % 10);
        w->pkts = pkt_pool_new(env->pkts_small ? env->pkts_small : PKTS_SMALL_DEFAULT,
                               env->pkts_big ? env->pkts_big : PKTS_BIG_DEFAULT);
        w->tmr = tmr_wheel_new(w->now_ms);
        w->log = env->log ? log_src_new(env->log, name) : NULL;
        if (!w->pkts || !w->tmr || (env->log && !w->log))
                return err_nomem(e, "making a worker");
        w->qs = qsbr_join(snap_hub_qsbr(env->hub));
        if (!w->qs)
                return err_set(e, ERR_LIMIT, "more than %u workers", QSBR_WORKERS_MAX);
        return 0;
}

struct worker *worker_new(unsigned id, const struct worker_env *env, struct err *e)
{
        struct worker *w = mem_alloc(MEM_WORKER, sizeof *w);

        if (!w) {
                err_nomem(e, "making a worker");
                return NULL;
        }
        if (worker_init(w, id, env, e) < 0) {
                worker_free(w);
                return NULL;
        }
        return w;
}

static void drain_queue(struct pkt_queue *q)
{
        struct pkt *pk;

        while ((pk = pkt_dequeue(q)))
                pkt_put(pk);
}

void worker_free(struct worker *w)
{
        if (!w)
                return;
        drain_queue(&w->tunq);
        for (unsigned i = 0; i < WORKER_PORTS_MAX; i++) {
                drain_queue(&w->txq[i]);
                if (w->port[i])
                        w->port[i]->ops->close(w->port[i]);
        }
        if (w->tun)
                w->tun->ops->close(w->tun);
        pkt_pool_free(w->pkts);
        tmr_wheel_free(w->tmr);
        if (w->qs)
                qsbr_leave(w->qs);
        worker_close_wake(w);
        pthread_cond_destroy(&w->req_done);
        pthread_mutex_destroy(&w->req_lock);
        mem_free(w);
}

int worker_add_port(struct worker *w, unsigned index, struct port *p, struct err *e)
{
        if (index >= WORKER_PORTS_MAX)
                return err_set(e, ERR_LIMIT, "port %u: at most %u ports", index, WORKER_PORTS_MAX);
        if (w->port[index])
                return err_set(e, ERR_EXISTS, "port %u is already in use", index);
        w->port[index] = p;
        w->link_was[index] = p->link;
        if (index >= w->nports)
                w->nports = index + 1;
        return 0;
}

static void call_all(struct worker *w, void (*const *fn)(struct worker *))
{
        for (; fn && *fn; fn++)
                (*fn)(w);
}

/* From here on nothing of an earlier snapshot is held. The generation, not the pointer, tells a new one: memory is
 * reused. */
static void load_snapshot(struct worker *w)
{
        qsbr_quiescent(w->qs);
        w->snap = snap_current(w->env.hub);
        if (!w->snap || w->snap->gen == w->snap_gen)
                return;
        w->snap_gen = w->snap->gen;
        if (w->env.path)
                call_all(w, w->env.path->snapshot);
}

void worker_refresh(struct worker *w)
{
        w->now_ns = w->clk->mono_ns(w->clk->ctx);
        w->now_ms = w->now_ns / 1000000u;
        load_snapshot(w);
}

/* Fail closed: before the first commit nothing passes and nothing is answered. */
static void refuse_all(struct worker *w, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++)
                dp_discard(w, b->pk[i], DROP_NO_SNAPSHOT);
}

/* 411001, 411002, once the port has noticed and there is a name for it. */
static void note_link(struct worker *w, unsigned index)
{
        const struct iface_rt *ifc = iface_by_idx(net_rt(w->snap), net_rt(w->snap)->port_iface[index]);

        w->link_was[index] = w->port[index]->link;
        if (ifc)
                log_msg(w->log, w->link_was[index] ? LOG_411001 : LOG_411002, LS(ifc->hwname));
}

/* Frames of a port first belong to its physical interface; decode looks at the tag. */
static unsigned receive_port(struct worker *w, unsigned index)
{
        struct port *p = w->port[index];
        struct burst b = { .n = 0 };
        unsigned got = p->ops->rx(p, w->pkts, &b);
        uint16_t iface = w->snap ? net_rt(w->snap)->port_iface[index] : 0;

        for (unsigned i = 0; i < b.n; i++)
                b.pk[i]->iface = iface;
        if (w->snap && p->link != w->link_was[index])
                note_link(w, index);
        if (!w->snap)
                refuse_all(w, &b);
        else if (b.n)
                dp_run(w, w->env.path->wire, &b);
        return got;
}

static unsigned receive_tun(struct worker *w)
{
        struct burst b = { .n = 0 };
        unsigned got = w->tun->ops->rx(w->tun, w->pkts, &b);

        for (unsigned i = 0; i < b.n; i++) {
                b.pk[i]->iface = IFACE_NONE;
                b.pk[i]->from_box = true;
        }
        if (!w->snap)
                refuse_all(w, &b);
        else if (b.n)
                dp_run(w, w->env.path->punt, &b);
        return got;
}

static unsigned receive(struct worker *w)
{
        unsigned done = 0;

        for (unsigned i = 0; i < w->nports; i++)
                if (w->port[i])
                        done += receive_port(w, i);
        if (w->tun && !w->tun_quiet)
                done += receive_tun(w);
        w->tun_quiet = false;
        return done;
}

static unsigned serve(struct worker *w)
{
        unsigned done;

        if (w->env.path)
                call_all(w, w->env.path->drain);
        done = worker_serve_request(w);
        dp_flush(w);
        done += tmr_run(w->tmr, w->now_ms, TIMERS_PER_LOOP);
        dp_flush(w); /* what the timers sent must not wait for the next frame */
        return done;
}

unsigned worker_step(struct worker *w)
{
        unsigned done;

        worker_refresh(w);
        done = receive(w);
        return done + serve(w);
}

unsigned worker_look(struct worker *w)
{
        worker_refresh(w);
        return serve(w);
}
