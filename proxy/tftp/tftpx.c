#include "proxy/tftp/tftpx_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define OVER_ERROR_MS 500u /* until the words of a refusal have left */
#define SECURE_MS 3000u

uint64_t transfer_now(const struct tftpx *t)
{
        return tmr_now(evl_timers(t->w->evl));
}

void transfer_arm(struct transfer *x, uint64_t due)
{
        uint64_t now = transfer_now(x->t);

        tmr_set(evl_timers(x->t->w->evl), &x->tmr, due > now ? due - now : 0);
}

void transfer_work(struct transfer *x)
{
        if (list_empty(&x->work))
                list_add_tail(&x->t->work, &x->work);
}

void transfer_on_timer(struct tmr *m, uint64_t now UNUSED)
{
        struct transfer *x = container_of(m, struct transfer, tmr);

        x->due = true;
        transfer_work(x);
}

/* ---- datagrams out ---- */

struct sockaddr_in transfer_pseudo(const struct transfer *x, unsigned leg, uint32_t flow, uint8_t gen)
{
        return (struct sockaddr_in){ .sin_family = AF_INET,
                                     .sin_port = htons(pseudo_port(gen)),
                                     .sin_addr.s_addr =
                                             htonl(pseudo_addr(leg, x->t->w->env.link[x->nlink]->dp->id, flow)) };
}

/* What does not leave is sent again like what was lost. */
void transfer_put(int fd, const struct sockaddr_in *to, const void *p, size_t n)
{
        ssize_t rc = sendto(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)to, sizeof *to);

        (void)rc;
}

/* ---- life of a transfer ---- */

static bool push(struct transfer *x, const struct punt_msg *m)
{
        struct punt_link *l = x->t->w->env.link[x->nlink];

        if (ring_space(l->to_dp) < 2 || !ring_push(l->to_dp, m))
                return false;
        worker_wake(l->dp);
        return true;
}

static void close_flow(struct transfer *x, struct punt_far *f)
{
        struct punt_msg m = { .kind = PUNT_BOX_CLOSE, .flow = f->flow, .gen = f->gen };

        if (f->flow)
                push(x, &m); /* no room: it ends of age */
        f->flow = 0;
}

void transfer_leave_server(struct transfer *x)
{
        if (x->ev.on)
                evl_del(x->t->w->evl, &x->ev);
        if (x->ev.fd >= 0)
                close(x->ev.fd);
        x->ev.fd = -1;
        close_flow(x, &x->far);
}

void transfer_drop_fetch(struct transfer *x)
{
        if (!x->fetching)
                return;
        x->fetching = false;
        x->t->nfetches--;
        x->t->nnaming -= x->naming;
        x->naming = false;
        transfer_leave_server(x);
        tftp_fetch_fini(&x->fetch);
}

/* What others can use. */
static void let_go(struct transfer *x)
{
        tftp_budget_give(&x->t->budget, x->data, x->room);
        x->data = NULL;
        x->room = 0;
        if (x->counted)
                source_give(x->t->w->sources, &x->source, SOURCE_TFTP);
        x->counted = false;
}

void transfer_free(struct transfer *x)
{
        struct tftpx *t = x->t;

        transfer_drop_fetch(x);
        if (x->near.flow)
                t->near_flow[x->nlink][x->near.flow - FLOW_ID_FIRST] = NULL;
        close_flow(x, &x->near);
        let_go(x);
        tmr_cancel(evl_timers(t->w->evl), &x->tmr);
        list_del(&x->work);
        list_del(&x->line);
        if (x->s)
                x->s->tftp = NULL;
        pool_put(t->pool, x);
}

/* The flow of the request goes with it, after a while: what was sent on it last must have left. */
void transfer_over(struct transfer *x, uint32_t ms)
{
        transfer_drop_fetch(x);
        let_go(x);
        list_del(&x->line);
        list_add_tail(&x->t->over, &x->line);
        x->state = TR_OVER;
        x->until_ms = transfer_now(x->t) + ms;
        transfer_arm(x, x->until_ms);
}

void transfer_answer_error(struct transfer *x, uint16_t code, const char *text)
{
        if (x->s)
                near_answer_error(x->t, x->s, code, text);
        transfer_over(x, OVER_ERROR_MS);
}

void transfer_finish(struct transfer *x)
{
        struct psession *s = x->s;

        transfer_free(x);
        if (s)
                psession_end(s, CONN_END_FINS, false, NULL);
}

bool transfer_take(struct transfer *x, const void *p, size_t n)
{
        uint8_t *copy = tftp_budget_take(&x->t->budget, n);

        if (!copy) {
                x->t->c.memory++;
                return false;
        }
        if (n)
                memcpy(copy, p, n);
        tftp_budget_give(&x->t->budget, x->data, x->room);
        x->data = copy;
        x->n = x->room = n;
        return true;
}

/* ---- questions to the dataplane ---- */

static uint64_t cookie_new(struct transfer *x)
{
        x->cookie = ++x->t->cookies << 16 | pool_index(x->t->pool, x);
        return x->cookie;
}

static struct transfer *by_cookie(const struct tftpx *t, uint64_t cookie)
{
        uint32_t i = cookie & 0xffff;
        struct transfer *x = i < TFTPX_TRANSFERS_MAX && pool_live(t->pool, i) ? pool_at(t->pool, i) : NULL;

        return x && x->cookie == cookie ? x : NULL;
}

static void ask_secure(struct transfer *x)
{
        const struct phone_proxy_rt *pp = phone_proxy_by_id(proxy_rt(x->t->w->snap), x->phone_proxy_id);
        struct punt_msg m = { .kind = PUNT_SECURE };

        if (!pp)
                return;
        m.secure = (struct punt_secure){ .cookie = cookie_new(x),
                                         .iface = x->client_iface,
                                         .at = x->client.a,
                                         .timeout_ms = x->file.device[0] ? pp->timeout_ms : 0,
                                         .told = x->told,
                                         .clear = x->clear };
        push(x, &m); /* no room: asked again by the timer */
}

void transfer_secure(struct transfer *x)
{
        x->state = TR_SECURING;
        x->until_ms = transfer_now(x->t) + SECURE_MS;
        ask_secure(x);
        transfer_arm(x, transfer_now(x->t) + TFTPX_ASK_MS);
}

void transfer_ask_flow(struct transfer *x, struct punt_far *f)
{
        struct punt_msg m = { .kind = PUNT_BOX_OPEN };

        f->cookie = cookie_new(x);
        m.far = *f;
        push(x, &m);
        transfer_arm(x, transfer_now(x->t) + TFTPX_ASK_MS);
}

/* ---- rounds ---- */

static void on_due(struct transfer *x)
{
        uint64_t now = transfer_now(x->t);
        bool late = now >= x->until_ms;

        x->due = false;
        switch (x->state) {
        case TR_SECURING:
        case TR_FAR_OPEN:
        case TR_NEAR_OPEN:
                if (late) {
                        pp_error(x, "PP: %s: the dataplane gives no answer", x->file.name);
                        transfer_answer_error(x, TFTP_E_UNDEFINED, "busy");
                } else if (x->state == TR_SECURING) {
                        ask_secure(x);
                        transfer_arm(x, now + TFTPX_ASK_MS);
                } else {
                        transfer_arm(x, x->until_ms);
                }
                break;
        case TR_QUEUED:
                if (late) {
                        x->t->c.total_limit++;
                        transfer_answer_error(x, TFTP_E_UNDEFINED, "busy");
                } else {
                        transfer_arm(x, x->until_ms);
                }
                break;
        case TR_FETCH:
                if (late) {
                        x->fetch.lack = TFTP_LACK_SILENT;
                        snprintf(x->fetch.why, sizeof x->fetch.why, "the server is too slow");
                        far_step(x, TFTP_FAILED);
                } else {
                        far_step(x, tftp_fetch_tick(&x->fetch, now));
                }
                break;
        case TR_NAMES:
                file_named(x, late);
                break;
        case TR_SEND:
                if (late)
                        snprintf(x->send.why, sizeof x->send.why, "the phone is too slow");
                near_step(x, late ? TFTP_FAILED : tftp_send_tick(&x->send, now));
                break;
        case TR_OVER:
                transfer_finish(x);
        }
}

static void work(struct transfer *x)
{
        if (x->readable && x->state == TR_FETCH)
                far_read(x);
        x->readable &= x->state == TR_FETCH;
        if (x->due)
                on_due(x); /* x may be gone */
}

unsigned tftpx_serve(struct tftpx *t)
{
        struct list todo;
        unsigned n = t->readable ? near_read(t) : 0;

        list_init(&todo);
        while (!list_empty(&t->work)) {
                struct list *i = t->work.next;

                list_del(i);
                list_add_tail(&todo, i);
        }
        for (; !list_empty(&todo); n++) {
                struct transfer *x = list_entry(todo.next, struct transfer, work);

                list_del(&x->work);
                work(x);
        }
        far_queue(t);
        return n;
}

bool tftpx_waits(const struct tftpx *t)
{
        return t->readable || !list_empty(&t->work) || far_turn(t);
}

/* ---- answers of the dataplane ---- */

/* One that nobody waits for any more is given back. */
static void opened(struct tftpx *t, unsigned link, const struct punt_far *f)
{
        struct transfer *x = by_cookie(t, f->cookie);
        struct punt_msg back = { .kind = PUNT_BOX_CLOSE, .flow = f->flow, .gen = f->gen };

        if (!x || (x->state != TR_FAR_OPEN && x->state != TR_NEAR_OPEN)) {
                if (f->flow && ring_push(t->w->env.link[link]->to_dp, &back))
                        worker_wake(t->w->env.link[link]->dp);
                return;
        }
        x->cookie = 0;
        if (!f->flow) {
                pp_error(x, "PP: %s: %s", x->file.name, drop_text(f->why));
                transfer_answer_error(x, TFTP_E_UNDEFINED, "busy");
                return;
        }
        pp_event(x, "PP: opened 0x%06x", f->flow);
        if (x->state == TR_FAR_OPEN) {
                x->far = *f;
                far_begin(x);
                return;
        }
        x->near = *f;
        t->near_flow[x->nlink][f->flow - FLOW_ID_FIRST] = x;
        near_begin(x);
}

void tftpx_msg(struct tftpx *t, unsigned link, const struct punt_msg *m)
{
        struct transfer *x;

        if (m->kind == PUNT_BOX_OPENED) {
                opened(t, link, &m->far);
                return;
        }
        x = by_cookie(t, m->secure.cookie);
        if (!x || x->state != TR_SECURING)
                return;
        x->cookie = 0;
        file_secured(x);
}

/* ---- flows of requests ---- */

bool tftpx_takes(const struct punt_flow_info *i)
{
        return i->proto == IPPROTO_UDP_ && i->action == CONN_PUNT;
}

static void on_unanswered(struct tmr *m, uint64_t now UNUSED)
{
        struct psession *s = container_of(m, struct psession, deadline);

        if (!s->tftp)
                psession_end(s, CONN_END_FINS, false, NULL);
}

void tftpx_begin(struct psession *s)
{
        psession_ctx_init(s);
        s->state = SESS_OPEN;
        s->deadline.fn = on_unanswered;
        tmr_set(evl_timers(s->w->evl), &s->deadline, 10000); /* FLOW_NEW without a request */
}

void tftpx_ended(struct psession *s)
{
        struct transfer *x = s->tftp;

        if (!x)
                return;
        if (x->state == TR_SEND && x->near.flow) {
                x->s = NULL; /* the answer has a flow of its own */
                s->tftp = NULL;
        } else {
                transfer_free(x);
        }
}

/* ---- the whole ---- */

static void on_readable(struct evl_fd *f, unsigned ready UNUSED)
{
        container_of(f, struct tftpx, ev)->readable = true;
}

static int listen_open(struct tftpx *t, struct err *e)
{
        struct sockaddr_in a = { .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)(PUNT_LISTEN_PORT + t->w->id)),
                                 .sin_addr.s_addr = htonl(PSEUDO_KERNEL) };

        t->ev.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        t->ev.fn = on_readable;
        if (t->ev.fd < 0 || bind(t->ev.fd, (struct sockaddr *)&a, sizeof a) < 0 ||
            evl_set(t->w->evl, &t->ev, EVL_READ) < 0)
                return err_set(e, ERR_IO, "TFTP socket of proxy worker %u: %s", t->w->id, strerror(errno));
        return 0;
}

struct tftpx *tftpx_new(struct proxy_worker *w, bool listen, struct err *e)
{
        struct tftpx *t = mem_alloc(MEM_TFTP, sizeof *t);
        bool ok = t != NULL;

        if (t) {
                t->w = w;
                t->ev.fd = -1;
                t->budget.max = TFTPX_BYTES_MAX;
                list_init(&t->work);
                list_init(&t->over);
                list_init(&t->queue);
                t->pool = pool_new(sizeof(struct transfer), TFTPX_TRANSFERS_MAX, POOL_LIFO);
                t->rate = mem_alloc(MEM_TFTP, SOURCE_RATES * sizeof *t->rate);
                ok = t->pool && t->rate;
        }
        for (unsigned i = 0; ok && i < w->env.nlinks; i++) {
                t->near_flow[i] = mem_reserve(PUNT_FLOWS_MAX * sizeof(struct transfer *));
                ok = t->near_flow[i] != NULL;
        }
        if (!ok)
                err_nomem(e, "making the TFTP proxy");
        else if (!listen || listen_open(t, e) == 0)
                return t;
        tftpx_free(t);
        return NULL;
}

void tftpx_free(struct tftpx *t)
{
        if (!t)
                return;
        for (uint32_t i = 0; t->pool && i < pool_high(t->pool); i++)
                if (pool_live(t->pool, i))
                        transfer_free(pool_at(t->pool, i));
        if (t->ev.fd >= 0) {
                if (t->ev.on)
                        evl_del(t->w->evl, &t->ev);
                close(t->ev.fd);
        }
        for (unsigned i = 0; i < t->w->env.nlinks; i++)
                if (t->near_flow[i])
                        mem_unreserve(t->near_flow[i], PUNT_FLOWS_MAX * sizeof(struct transfer *));
        pool_free(t->pool);
        mem_free(t->rate);
        mem_free(t);
}

void tftpx_counts_add(const struct proxy_worker *w, struct tftpx_counts *sum, uint32_t *now, uint32_t *most)
{
        const uint64_t *c = (const uint64_t *)&w->tftpx->c;
        uint64_t *s = (uint64_t *)sum;

        for (size_t i = 0; i < sizeof *sum / sizeof *s; i++)
                s[i] += c[i];
        *now += pool_used(w->tftpx->pool);
        *most += pool_most_used(w->tftpx->pool);
}
