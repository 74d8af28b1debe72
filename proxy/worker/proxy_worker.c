#include "proxy/worker/worker_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/session/ldc.h"
#include "proxy/tftp/tftpx.h"

#define FLOW_ID_FIRST 3u
#define ACCEPTS_MAX 64u
#define RING_BUDGET 512u

/* ---- tables ---- */

struct psession *psession_find(struct proxy_worker *w, unsigned link, uint32_t flow, uint8_t gen)
{
        struct psession *s;

        if (link >= w->env.nlinks || flow < FLOW_ID_FIRST || flow - FLOW_ID_FIRST >= PUNT_FLOWS_MAX)
                return NULL;
        s = w->by_flow[link][flow - FLOW_ID_FIRST];
        return s && s->gen == gen ? s : NULL;
}

/* The place of a tls-proxy that is configured no more and has no sessions left. */
static struct tp_count *tp_unused(struct proxy_worker *w)
{
        const struct proxy_rt *p = w->snap ? proxy_rt(w->snap) : NULL;

        for (unsigned i = 0; p && i < w->ntp; i++)
                if (!w->tp[i].c.active && !tls_proxy_by_id(p, w->tp[i].id))
                        return &w->tp[i];
        return NULL;
}

struct proxy_counts *tp_counts(struct proxy_worker *w, uint32_t id)
{
        struct tp_count *t;

        for (unsigned i = 0; i < w->ntp; i++)
                if (w->tp[i].id == id)
                        return &w->tp[i].c;
        t = w->ntp < TP_COUNTS_MAX ? &w->tp[w->ntp++] : tp_unused(w);
        if (!t)
                return NULL;
        *t = (struct tp_count){ .id = id };
        return &t->c;
}

static void add_counts(struct proxy_counts *c, const struct proxy_counts *d)
{
        c->bytes += d->bytes;
        c->refused_limit += d->refused_limit;
        c->failed_client += d->failed_client;
        c->failed_server += d->failed_server;
        c->unverified += d->unverified;
        c->server_refused += d->server_refused;
        c->engine_closed += d->engine_closed;
        c->refused_source += d->refused_source;
        c->gave_way += d->gave_way;
        c->done_client += d->done_client;
        c->done_server += d->done_server;
        c->resumed += d->resumed;
}

void tp_count(struct psession *s, struct proxy_counts d)
{
        struct proxy_counts *c = tp_counts(s->w, s->tls_proxy_id);

        add_counts(&s->w->all, &d);
        if (c)
                add_counts(c, &d);
}

void proxy_queue_busy(struct psession *s)
{
        if (list_empty(&s->ready))
                list_add_tail(&s->w->busy, &s->ready);
}

/* Whoever has many of a kind to serve asks after each, so that every kind comes on in every turn. */
static bool turn_over(const struct proxy_worker *w)
{
        return w->turn_ends_ns && w->env.clk->mono_ns(w->env.clk->ctx) >= w->turn_ends_ns;
}

/* ---- messages of the dataplane ---- */

static void on_msg(struct proxy_worker *w, unsigned link, const struct punt_msg *m)
{
        struct psession *s;

        switch (m->kind) {
        case PUNT_FLOW_NEW:
                psession_new(w, link, m);
                break;
        case PUNT_END:
                s = psession_find(w, link, m->flow, m->gen);
                if (s)
                        psession_ended(s);
                break;
        case PUNT_GONE:
                s = psession_find(w, link, m->flow, m->gen);
                if (s)
                        psession_free(s);
                break;
        case PUNT_LEASE:
        case PUNT_MAP_GONE:
                pat_msg(w->pat, link, m);
                w->ports_came = true;
                break;
        case PUNT_DGRAM:
                dgram_input(w, link, m);
                break;
        case PUNT_BOX_OPENED:
        case PUNT_SECURE_OK:
                tftpx_msg(w->tftpx, link, m);
                break;
        default:
                break;
        }
}

static unsigned ring_drain(struct proxy_worker *w, unsigned link, bool bounded)
{
        struct punt_link *l = w->env.link[link];
        struct punt_msg m;
        unsigned n = 0;

        while (n < RING_BUDGET && proxy_may_answer(l) && ring_pop(l->to_proxy, &m)) {
                on_msg(w, link, &m);
                n++;
                if (bounded && turn_over(w))
                        break;
        }
        return n;
}

static unsigned rings_drain(struct proxy_worker *w, bool bounded)
{
        unsigned n = 0;

        for (unsigned i = 0; i < w->env.nlinks; i++)
                n += ring_drain(w, i, bounded);
        return n;
}

/* Sessions whose END or GONE did not fit the ring. */
static void owing_pay(struct proxy_worker *w)
{
        while (!list_empty(&w->owing))
                if (!psession_pay(list_entry(w->owing.next, struct psession, link)))
                        return;
}

/* ---- the listener: one for every destination port ---- */

static void refuse_socket(int fd)
{
        struct linger now = { .l_onoff = 1, .l_linger = 0 };

        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(fd);
}

struct psession *proxy_session_of(struct proxy_worker *w, uint32_t a, uint16_t port)
{
        struct psession *s;
        unsigned n;

        if (port < PSEUDO_PORT_BASE || port > PSEUDO_PORT_BASE + 255 || pseudo_leg(a) != 0)
                return NULL;
        do {
                n = rings_drain(w, false);
                s = psession_find(w, pseudo_worker(a), pseudo_flow(a), (uint8_t)(port - PSEUDO_PORT_BASE));
        } while (!s && n);
        return s;
}

static void accepted(struct proxy_worker *w, int fd, const struct sockaddr_in *peer)
{
        struct psession *s = proxy_session_of(w, ntohl(peer->sin_addr.s_addr), ntohs(peer->sin_port));

        if (!s || s->state != SESS_WAIT_CLIENT)
                refuse_socket(fd);
        else
                psession_accepted(s, fd);
}

/* Callbacks of the loop only note work: they run while the worker is offline and must not look at the snapshot. */
static void on_accept(struct evl_fd *f, unsigned ready UNUSED)
{
        container_of(f, struct proxy_worker, listener)->accept_ready = true;
}

static void serve_accepts(struct proxy_worker *w)
{
        w->accept_ready = false;
        for (unsigned i = 0; i < ACCEPTS_MAX && !(i && turn_over(w)); i++) {
                struct sockaddr_in peer;
                socklen_t n = sizeof peer;
                int fd = accept4(w->listener.fd, (struct sockaddr *)&peer, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

                if (fd < 0)
                        return;
                accepted(w, fd, &peer);
        }
        w->accept_ready = true; /* more may wait; the next loop looks again */
}

static int listen_open(struct proxy_worker *w, struct err *e)
{
        struct sockaddr_in a = { .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)(PUNT_LISTEN_PORT + w->id)),
                                 .sin_addr.s_addr = htonl(PSEUDO_KERNEL) };
        int one = 1;

        w->listener.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        w->listener.fn = on_accept;
        if (w->listener.fd < 0)
                return err_set(e, ERR_IO, "listener of proxy worker %u: %s", w->id, strerror(errno));
        setsockopt(w->listener.fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(w->listener.fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(w->listener.fd, 16384) < 0 ||
            evl_set(w->evl, &w->listener, EVL_READ) < 0)
                return err_set(e, ERR_IO, "listener of proxy worker %u: %s", w->id, strerror(errno));
        return 0;
}

/* ---- life ---- */

/* Two descriptors a session, of this worker's share; a share stays free for consoles, files and captures. */
static uint32_t psession_limit(const struct proxy_env *env)
{
        struct rlimit r;
        uint64_t fds = env->fd_budget;

        if (!fds && getrlimit(RLIMIT_NOFILE, &r) == 0)
                fds = r.rlim_cur > 512 ? r.rlim_cur - 256 : r.rlim_cur / 2;
        return (uint32_t)MIN_OF(fds / 2 / (env->nworkers ? env->nworkers : 1), (uint64_t)PUNT_FLOWS_MAX);
}

static int tables_new(struct proxy_worker *w, struct err *e)
{
        w->caps = capture_set_new();
        for (unsigned i = 0; i < w->env.nlinks; i++) {
                w->by_flow[i] = mem_reserve(PUNT_FLOWS_MAX * sizeof(struct psession *));
                if (!w->by_flow[i])
                        return err_nomem(e, "reserving the flow table of a proxy worker");
        }
        w->relay = mem_reserve(RELAYS_MAX * sizeof *w->relay);
        w->scratch = mem_reserve(SCRATCH_MAX);
        w->held_dgram = mem_reserve(HELD_DGRAMS_MAX * sizeof *w->held_dgram);
        w->sources = sources_new();
        w->clients = sources_new();
        w->phones = phone_table_new(evl_timers(w->evl));
        w->boots = boots_new();
        w->ldcs = ldc_cache_new(0);
        w->pat = pat_new(w->id, w->env.link, w->env.nlinks, w->env.rng);
        w->media_ports = media_ports_new(w->id, w->env.nworkers ? w->env.nworkers : 1, w->env.rng, w->env.clk);
        if (!w->caps || !w->sources || !w->clients || !w->relay || !w->scratch || !w->held_dgram || !w->phones ||
            !w->boots || !w->ldcs || !w->pat || !w->media_ports)
                return err_nomem(e, "making a proxy worker");
        w->log = log_src_new(w->env.log, "proxy"); /* it stays the log's: not before the rest is there */
        if (!w->log || shared_init(w) < 0)
                return err_nomem(e, "making a proxy worker");
        return 0;
}

struct proxy_worker *proxy_worker_new(unsigned id, const struct proxy_env *env, struct err *e)
{
        struct proxy_worker *w = mem_alloc(MEM_WORKER, sizeof *w);

        if (!w) {
                err_nomem(e, "making a proxy worker");
                return NULL;
        }
        w->id = id;
        w->env = *env;
        w->listener.fd = -1;
        w->shared_counts = env->shared ? env->shared : &w->own_shared;
        pthread_mutex_init(&w->lock, NULL);
        pthread_cond_init(&w->done, NULL);
        list_init(&w->sessions);
        list_init(&w->handshakes);
        list_init(&w->unproven);
        list_init(&w->busy);
        list_init(&w->owing);
        list_init(&w->waits);
        w->limit = psession_limit(env);
        w->evl = evl_new(env->clk);
        w->qs = qsbr_join(snap_hub_qsbr(env->hub));
        if (!w->evl || !w->qs)
                err_nomem(e, "making the event loop of a proxy worker");
        else if (tables_new(w, e) == 0 && (w->tftpx = tftpx_new(w, env->listen, e)) &&
                 (!env->listen || listen_open(w, e) == 0))
                return w;
        proxy_worker_free(w);
        return NULL;
}

void proxy_worker_free(struct proxy_worker *w)
{
        if (!w)
                return;
        proxy_abort_all(w);
        list_each_safe(it, tmp, &w->sessions)
                psession_free(list_entry(it, struct psession, link));
        list_each_safe(it, tmp, &w->owing)
                psession_free(list_entry(it, struct psession, link));
        tftpx_free(w->tftpx);
        shared_fini(w); /* closes the media of calls that are left */
        pat_free(w->pat);
        phone_table_free(w->phones);
        boots_free(w->boots);
        ldc_cache_free(w->ldcs);
        media_ports_free(w->media_ports);
        sources_free(w->sources);
        sources_free(w->clients);
        mem_unreserve(w->relay, RELAYS_MAX * sizeof *w->relay);
        mem_unreserve(w->scratch, SCRATCH_MAX);
        mem_unreserve(w->held_dgram, HELD_DGRAMS_MAX * sizeof *w->held_dgram);
        if (w->listener.fd >= 0) {
                evl_del(w->evl, &w->listener);
                close(w->listener.fd);
        }
        for (unsigned i = 0; i < w->env.nlinks; i++)
                mem_unreserve(w->by_flow[i], PUNT_FLOWS_MAX * sizeof(struct psession *));
        capture_set_free(w->caps);
        if (w->qs)
                qsbr_leave(w->qs);
        evl_free(w->evl);
        pthread_mutex_destroy(&w->lock);
        pthread_cond_destroy(&w->done);
        mem_free(w);
}

void proxy_abort_all(struct proxy_worker *w)
{
        dgram_drop_held(w);
        list_each_safe(it, tmp, &w->sessions) {
                struct psession *s = list_entry(it, struct psession, link);

                if (!s->dead)
                        psession_end(s, CONN_END_PROXY, true, NULL);
        }
}

/* ---- the loop ---- */

/* Each once; the rest, where the turn is over, before those that have more already. */
static void serve_busy(struct proxy_worker *w)
{
        struct list work;

        list_init(&work);
        list_splice(&work, &w->busy);
        while (!list_empty(&work)) {
                struct psession *s = list_entry(work.next, struct psession, ready);

                list_del(&s->ready);
                psession_pump(s);
                if (turn_over(w))
                        break;
        }
        list_splice(&w->busy, &work);
}

static void serve_waiting(struct proxy_worker *w)
{
        if (!w->ports_came)
                return;
        w->ports_came = false;
        dgram_release(w);
        psession_release(w);
}

static void serve_handshakes(struct proxy_worker *w)
{
        for (unsigned i = 0; i < HANDSHAKE_STEPS_MAX && !list_empty(&w->handshakes); i++) {
                struct psession *s = list_entry(w->handshakes.next, struct psession, ready);

                list_del(&s->ready);
                psession_handshake(s);
                if (turn_over(w))
                        break;
        }
}

bool proxy_work_waits(const struct proxy_worker *w)
{
        if (!list_empty(&w->busy) || !list_empty(&w->handshakes) || w->accept_ready || tftpx_waits(w->tftpx))
                return true;
        for (unsigned i = 0; i < w->env.nlinks; i++)
                if (ring_pending(w->env.link[i]->to_proxy) ||
                    (w->env.media[i] && ring_pending(w->env.media[i]->to_proxy)))
                        return true;
        return false;
}

/* Sleeps only when nothing waits; `sleeping` is set before the rings are looked at, so a push in between wakes us. */
static unsigned wait_for_events(struct proxy_worker *w, unsigned wait_ms)
{
        unsigned n;

        if (!wait_ms || proxy_work_waits(w))
                return (unsigned)evl_step(w->evl, 0);
        qsbr_offline(w->qs);
        atomic_store(&w->sleeping, true);
        n = (unsigned)evl_step(w->evl, proxy_work_waits(w) ? 0 : wait_ms);
        atomic_store(&w->sleeping, false);
        qsbr_online(w->qs);
        return n;
}

static bool in_force(void *ctx, uint32_t phone_proxy_id)
{
        const struct proxy_worker *w = ctx;

        return phone_proxy_by_id(proxy_rt(w->snap), phone_proxy_id) != NULL;
}

static void take_snapshot(struct proxy_worker *w)
{
        uint32_t was;

        w->snap = snap_current(w->env.hub);
        if (!w->snap || w->snap->gen == w->snap_gen)
                return;
        w->snap_gen = w->snap->gen;
        was = phone_count(w->phones);
        if (was)
                phone_keep(w->phones, in_force, w);
        if (phone_count(w->phones) != was)
                proxy_secure_void(w);
        psession_keep(w, in_force, w);
}

unsigned proxy_step(struct proxy_worker *w, unsigned wait_ms)
{
        unsigned n = wait_for_events(w, wait_ms);

        take_snapshot(w);
        n += rings_drain(w, true) + relay_reports(w);
        owing_pay(w);
        relay_pay(w);
        pat_pay(w->pat);
        if (w->accept_ready)
                serve_accepts(w);
        serve_waiting(w);
        n += tftpx_serve(w->tftpx);
        serve_busy(w);
        serve_handshakes(w);
        w->snap = NULL; /* timers and cold callers run before the next one is taken */
        qsbr_quiescent(w->qs);
        return n;
}

void proxy_set_names(struct proxy_worker *w, const struct name_service *names)
{
        w->names = *names;
}
