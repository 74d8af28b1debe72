#include "proxy/tftpx_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define FLOW_ID_FIRST 3u
#define READS_MAX 256u
#define ASK_MS 500u   /* an answer of the dataplane takes no longer, or was lost */
#define OVER_MS 4000u /* the phone may not have heard the end */
#define ERROR_MS 500u /* until the words of a refusal have left */
#define CTL_TRIES_MS 3000u

static uint64_t now_of(const struct tftpx *t)
{
        return tmr_now(evl_timers(t->w->evl));
}

static void arm(struct transfer *x, uint64_t due)
{
        uint64_t now = now_of(x->t);

        tmr_set(evl_timers(x->t->w->evl), &x->tmr, due > now ? due - now : 0);
}

void transfer_work(struct transfer *x)
{
        if (list_empty(&x->work))
                list_add_tail(&x->t->work, &x->work);
}

static void on_timer(struct tmr *m, uint64_t now UNUSED)
{
        struct transfer *x = container_of(m, struct transfer, tmr);

        x->due = true;
        transfer_work(x);
}

/* ---- datagrams out ---- */

static bool near_known(const struct transfer *x)
{
        return x->same_port || x->near.flow;
}

static struct sockaddr_in pseudo_of(const struct transfer *x, unsigned leg, uint32_t flow, uint8_t gen)
{
        return (struct sockaddr_in){ .sin_family = AF_INET,
                                     .sin_port = htons(pseudo_port(gen)),
                                     .sin_addr.s_addr =
                                             htonl(pseudo_addr(leg, x->t->w->env.link[x->nlink]->dp->id, flow)) };
}

/* What does not leave is sent again like what was lost. */
static void put_to(int fd, const struct sockaddr_in *to, const void *p, size_t n)
{
        ssize_t rc = sendto(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)to, sizeof *to);

        (void)rc;
}

static void near_put(void *ctx, const void *p, size_t n)
{
        struct transfer *x = ctx;
        struct cur c = cur_of(p, n);
        uint16_t op = cur_be16(&c);

        if (op == TFTP_DATA && debug_on(x->t->w->log, DBG_PP_TFTP_EVENTS)) {
                char a[2][ADDR_TEXT_MAX];

                pp_event(x, "PP: Data Block %u forwarded from %s/%u to %s/%u ingress ifc %s", cur_be16(&c),
                         addr_print(&x->server.a, a[0]), x->server.port, addr_print(&x->client.a, a[1]),
                         x->client.port, x->client_if);
        }
        put_to(x->t->ev.fd, &x->near_to, p, n);
}

static void far_put(void *ctx, const void *p, size_t n)
{
        struct transfer *x = ctx;

        put_to(x->ev.fd, x->far_has_tid ? &x->far_tid : &x->far_to, p, n);
}

static void answer_error(struct tftpx *t, const struct psession *s, uint16_t code, const char *text)
{
        uint8_t room[TFTP_REQUEST_MAX];
        struct wbuf w = wbuf_of(room, sizeof room);
        struct sockaddr_in to = { .sin_family = AF_INET,
                                  .sin_port = htons(pseudo_port(s->gen)),
                                  .sin_addr.s_addr =
                                          htonl(pseudo_addr(0, t->w->env.link[s->nlink]->dp->id, s->flow)) };

        tftp_error_write(&w, code, text);
        put_to(t->ev.fd, &to, room, w.len);
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

void transfer_drop_fetch(struct transfer *x)
{
        if (!x->fetching)
                return;
        x->fetching = false;
        x->t->nfetches--;
        if (x->ev.on)
                evl_del(x->t->w->evl, &x->ev);
        if (x->ev.fd >= 0)
                close(x->ev.fd);
        x->ev.fd = -1;
        close_flow(x, &x->far);
        tftp_fetch_fini(&x->fetch);
}

static void transfer_free(struct transfer *x)
{
        struct tftpx *t = x->t;

        transfer_drop_fetch(x);
        if (x->near.flow)
                t->near_flow[x->nlink][x->near.flow - FLOW_ID_FIRST] = NULL;
        close_flow(x, &x->near);
        tftp_budget_give(&t->budget, x->data, x->room);
        tmr_cancel(evl_timers(t->w->evl), &x->tmr);
        list_del(&x->work);
        if (x->s)
                x->s->tftp = NULL;
        source_give(t->w->sources, &x->source, SOURCE_TFTP);
        pool_put(t->pool, x);
}

/* The flow of the request goes with it, after a while: what was sent on it last must have left. */
static void transfer_over(struct transfer *x, uint32_t ms)
{
        transfer_drop_fetch(x);
        x->state = TR_OVER;
        x->until_ms = now_of(x->t) + ms;
        arm(x, x->until_ms);
}

void transfer_answer_error(struct transfer *x, uint16_t code, const char *text)
{
        if (x->s)
                answer_error(x->t, x->s, code, text);
        transfer_over(x, ERROR_MS);
}

static void finish(struct transfer *x)
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
        m.secure = (struct punt_secure){
                .cookie = cookie_new(x), .iface = x->client_iface, .at = x->client.a, .timeout_ms = pp->timeout_ms
        };
        push(x, &m); /* no room: asked again by the timer */
}

void transfer_secure(struct transfer *x)
{
        x->state = TR_SECURING;
        x->until_ms = now_of(x->t) + CTL_TRIES_MS;
        ask_secure(x);
        arm(x, now_of(x->t) + ASK_MS);
}

static void ask_flow(struct transfer *x, struct punt_far *f)
{
        struct punt_msg m = { .kind = PUNT_BOX_OPEN };

        f->cookie = cookie_new(x);
        m.far = *f;
        push(x, &m);
        arm(x, now_of(x->t) + ASK_MS);
}

/* ---- from the server ---- */

static void on_far_readable(struct evl_fd *f, unsigned ready UNUSED)
{
        struct transfer *x = container_of(f, struct transfer, ev);

        x->readable = true;
        transfer_work(x);
}

/* Its local port must be known before the flow is asked for. */
static bool far_socket(struct transfer *x)
{
        struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(PSEUDO_KERNEL) };
        socklen_t n = sizeof a;

        x->ev.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        x->ev.fn = on_far_readable;
        if (x->ev.fd < 0 || bind(x->ev.fd, (struct sockaddr *)&a, sizeof a) < 0 ||
            getsockname(x->ev.fd, (struct sockaddr *)&a, &n) < 0 || evl_set(x->t->w->evl, &x->ev, EVL_READ) < 0)
                return false;
        x->far.local_port = ntohs(a.sin_port);
        return true;
}

void transfer_fetch(struct transfer *x, const char *name)
{
        struct tftpx *t = x->t;

        snprintf(x->want, sizeof x->want, "%s", name);
        transfer_drop_fetch(x);
        if (t->nfetches == TFTPX_FETCHES_MAX) {
                t->c.total_limit++;
                transfer_answer_error(x, TFTP_E_UNDEFINED, "busy");
                return;
        }
        t->nfetches++;
        x->fetching = true;
        x->far_has_tid = false;
        x->far = (struct punt_far){ .iface = x->s->info.iface[1], .peer = x->server };
        x->state = TR_FAR_OPEN;
        x->until_ms = now_of(t) + ASK_MS * 3;
        if (far_socket(x)) {
                ask_flow(x, &x->far);
                return;
        }
        pp_error(x, "PP: no socket for file %s", name);
        transfer_answer_error(x, TFTP_E_UNDEFINED, "busy");
}

static void fetch_step(struct transfer *x, enum tftp_step step)
{
        if (step == TFTP_GOING) {
                arm(x, MIN_OF(x->fetch.due_ms, x->until_ms));
                return;
        }
        tmr_cancel(evl_timers(x->t->w->evl), &x->tmr);
        if (step == TFTP_DONE)
                file_fetched(x);
        else
                file_missing(x);
}

static void fetch_begin(struct transfer *x)
{
        x->far_to = pseudo_of(x, 1, x->far.flow, x->far.gen);
        x->fetch.put = far_put;
        x->fetch.ctx = x;
        x->fetch.budget = &x->t->budget;
        x->fetch.max = TFTPX_FILE_MAX;
        x->state = TR_FETCH;
        x->until_ms = now_of(x->t) + TFTPX_FETCH_MS;
        tftp_fetch_start(&x->fetch, x->want, now_of(x->t));
        arm(x, x->fetch.due_ms);
}

static bool same_peer(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
        return a->sin_addr.s_addr == b->sin_addr.s_addr && a->sin_port == b->sin_port;
}

static void far_input(struct transfer *x, struct cur in, const struct sockaddr_in *from)
{
        uint8_t room[8];
        struct wbuf w = wbuf_of(room, sizeof room);
        enum tftp_step step;

        if (x->far_has_tid && !same_peer(from, &x->far_tid)) {
                x->t->c.stray++;
                tftp_error_write(&w, TFTP_E_TID, "");
                put_to(x->ev.fd, from, room, w.len);
                return;
        }
        x->far_tid = *from;
        x->far_has_tid = true;
        step = tftp_fetch_input(&x->fetch, in, now_of(x->t));
        x->far_has_tid = x->fetch.answered; /* asked once more without options: it may choose another port */
        fetch_step(x, step);
}

static void far_read(struct transfer *x)
{
        x->readable = false;
        for (unsigned i = 0; i < 32 && x->state == TR_FETCH && x->ev.fd >= 0; i++) {
                struct sockaddr_in from;
                socklen_t n = sizeof from;
                ssize_t got =
                        recvfrom(x->ev.fd, x->t->w->scratch, SCRATCH_MAX, MSG_DONTWAIT, (struct sockaddr *)&from, &n);

                if (got < 0)
                        return;
                far_input(x, cur_of(x->t->w->scratch, (size_t)got), &from);
        }
        if (x->state == TR_FETCH) {
                x->readable = true;
                transfer_work(x);
        }
}

/* ---- to the phone ---- */

static void send_step(struct transfer *x, enum tftp_step step)
{
        struct tftpx_counts *c = &x->t->c;

        if (step == TFTP_GOING) {
                arm(x, MIN_OF(x->send.due_ms, x->until_ms));
                return;
        }
        c->resent += x->send.resent;
        if (step == TFTP_DONE) {
                c->served++;
                c->bytes += x->n;
                pp_event(x, "PP: TFTP session complete, all data sent");
        } else {
                c->given_up++;
                pp_error(x, "PP: %s not sent: %s", x->file.name, x->send.why);
        }
        transfer_over(x, OVER_MS);
}

static void send_begin(struct transfer *x)
{
        x->near_to =
                x->same_port ? pseudo_of(x, 0, x->s->flow, x->s->gen) : pseudo_of(x, 1, x->near.flow, x->near.gen);
        x->send.put = near_put;
        x->send.ctx = x;
        x->state = TR_SEND;
        x->until_ms = x->born_ms + TFTPX_TOTAL_MS;
        tftp_send_start(&x->send, &x->asked, x->data, x->n, now_of(x->t));
        arm(x, x->send.due_ms);
}

void transfer_send(struct transfer *x)
{
        transfer_drop_fetch(x);
        if (near_known(x)) {
                send_begin(x);
                return;
        }
        x->state = TR_NEAR_OPEN;
        x->until_ms = now_of(x->t) + ASK_MS * 3;
        x->near = (struct punt_far){ .iface = x->client_iface,
                                     .peer = x->s->info.client_real,
                                     .local = x->s->info.server_mapped.a };
        ask_flow(x, &x->near);
}

static void near_input(struct transfer *x, struct cur in)
{
        if (x->state != TR_SEND)
                return;
        if (debug_on(x->t->w->log, DBG_PP_TFTP_EVENTS) && in.left >= 4 && in.p[1] == TFTP_ACK) {
                char a[2][ADDR_TEXT_MAX];

                pp_event(x, "PP: Received ACK Block %u from %s:%s/%u to %s:%s", (unsigned)(in.p[2] << 8 | in.p[3]),
                         x->client_if, addr_print(&x->client.a, a[0]), x->client.port, x->server_if,
                         addr_print(&x->server.a, a[1]));
        }
        send_step(x, tftp_send_input(&x->send, in, now_of(x->t)));
}

/* ---- requests ---- */

/* A window of one second per address; places are shared by their hash, the younger address wins. */
static bool rate_ok(struct tftpx *t, const struct addr *a)
{
        struct source_rate *r = &t->rate[hash_bytes(a, sizeof *a, 7) % SOURCE_RATES];
        uint64_t now = now_of(t);

        if (!addr_eq(&r->a, a) || now - r->since_ms >= 1000)
                *r = (struct source_rate){ .a = *a, .since_ms = now };
        return r->n++ < TFTPX_SOURCE_RATE;
}

static struct transfer *transfer_new(struct tftpx *t, struct psession *s)
{
        struct addr source = s->info.client_real.a;
        struct transfer *x;

        if (!source_take(t->w->sources, &source, SOURCE_TFTP, TFTPX_SOURCE_MAX)) {
                t->c.source_limit++;
                return NULL;
        }
        x = pool_get(t->pool);
        if (!x) {
                source_give(t->w->sources, &source, SOURCE_TFTP);
                t->c.total_limit++;
                return NULL;
        }
        x->t = t;
        x->s = s;
        x->source = source;
        x->nlink = s->nlink;
        x->ev.fd = -1;
        x->tmr.fn = on_timer;
        x->born_ms = now_of(t);
        x->client = s->info.client_real;
        x->server = s->info.server_real;
        x->client_iface = s->info.iface[0];
        x->phone_proxy_id = s->info.phone_proxy_id;
        snprintf(x->client_if, sizeof x->client_if, "%s", s->ctx.client_if);
        snprintf(x->server_if, sizeof x->server_if, "%s", s->ctx.server_if);
        list_init(&x->work);
        s->tftp = x;
        return x;
}

/* The words of a refusal leave before the flow that carries them ends. */
static void refuse(struct tftpx *t, struct psession *s, uint16_t code, const char *text)
{
        answer_error(t, s, code, text);
        if (!s->tftp)
                tmr_set(evl_timers(t->w->evl), &s->deadline, ERROR_MS);
}

static bool asks_again(const struct transfer *x, const struct phone_file *f)
{
        return x->state != TR_OVER && !strcmp(x->file.name, f->name) && !(x->state == TR_SEND && x->send.acked);
}

static void request(struct tftpx *t, struct psession *s, const struct tftp_request *r)
{
        struct phone_file f;
        struct transfer *x = s->tftp;
        char a[ADDR_TEXT_MAX];

        phone_file_of(r->name, &f);
        if (x && f.kind != PHONE_FILE_BAD && asks_again(x, &f)) {
                pp_event(x, "PP: Client %s:%s/%u retransmitting request for %s %s", x->client_if,
                         addr_print(&x->client.a, a), x->client.port,
                         f.kind == PHONE_FILE_CONFIG ? "Config file" : "file", f.name);
                return;
        }
        if (!rate_ok(t, &s->info.client_real.a)) { /* a flood is not answered */
                t->c.source_limit++;
                if (!x)
                        psession_end(s, CONN_END_INSPECT, false, NULL);
                return;
        }
        if (x)
                transfer_free(x);
        x = transfer_new(t, s);
        if (!x) {
                psession_end(s, CONN_END_INSPECT, false, NULL);
                return;
        }
        x->file = f;
        x->asked = r->opt;
        file_begin(x);
}

static void input_request(struct tftpx *t, struct psession *s, struct cur in)
{
        struct tftp_request r;
        const char *why;

        t->c.requests++;
        if (tftp_request_parse(in, &r, &why) != PARSE_OK) {
                t->c.malformed++;
                debug_line(t->w->log, DBG_PP_TFTP_ERRORS, "PP: request refused: %s", why);
                refuse(t, s, TFTP_E_ILLEGAL, why);
        } else if (r.op == TFTP_WRQ) {
                t->c.writes++;
                refuse(t, s, TFTP_E_ACCESS, "nothing is written here");
        } else if (!r.octet) {
                t->c.malformed++;
                refuse(t, s, TFTP_E_UNDEFINED, "octet mode only");
        } else {
                request(t, s, &r);
        }
}

/* On the flow of requests. An acknowledgement there is for an answer from that port, or for nothing. */
static void request_flow(struct tftpx *t, struct psession *s, struct cur in)
{
        uint16_t op = in.left >= 2 ? (uint16_t)(in.p[0] << 8 | in.p[1]) : 0;

        s->last_ms = now_of(t);
        if (s->dead)
                return;
        if (s->tftp && s->tftp->same_port && op != TFTP_RRQ && op != TFTP_WRQ) {
                near_input(s->tftp, in);
        } else if (op == TFTP_DATA || op == TFTP_ACK || op == TFTP_OACK) {
                t->c.stray++;
                refuse(t, s, TFTP_E_TID, "");
        } else if (op != TFTP_ERROR) { /* errors are not answered */
                input_request(t, s, in);
        }
}

static void near_datagram(struct tftpx *t, struct cur in, const struct sockaddr_in *from)
{
        uint32_t a = ntohl(from->sin_addr.s_addr), flow = pseudo_flow(a);
        unsigned link = pseudo_worker(a), gen = (unsigned)ntohs(from->sin_port) - PSEUDO_PORT_BASE;
        struct psession *s;
        struct transfer *x;

        if (link >= t->w->env.nlinks || gen > 255 || flow < FLOW_ID_FIRST || flow - FLOW_ID_FIRST >= PUNT_FLOWS_MAX)
                return;
        if (pseudo_leg(a)) {
                x = t->near_flow[link][flow - FLOW_ID_FIRST];
                if (x && x->near.gen == gen)
                        near_input(x, in);
                return;
        }
        s = psession_find(t->w, link, flow, (uint8_t)gen);
        if (s && tftpx_takes(&s->info))
                request_flow(t, s, in);
}

static unsigned near_read(struct tftpx *t)
{
        unsigned i = 0;

        t->readable = false;
        for (; i < READS_MAX; i++) {
                uint8_t buf[2048];
                struct sockaddr_in from;
                socklen_t n = sizeof from;
                ssize_t got = recvfrom(t->ev.fd, buf, sizeof buf, MSG_DONTWAIT, (struct sockaddr *)&from, &n);

                if (got < 0)
                        return i;
                near_datagram(t, cur_of(buf, (size_t)got), &from);
        }
        t->readable = true;
        return i;
}

/* ---- rounds ---- */

static void on_due(struct transfer *x)
{
        uint64_t now = now_of(x->t);
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
                        arm(x, now + ASK_MS);
                } else {
                        arm(x, x->until_ms);
                }
                break;
        case TR_FETCH:
                if (late) {
                        x->fetch.lack = TFTP_LACK_SILENT;
                        snprintf(x->fetch.why, sizeof x->fetch.why, "the server is too slow");
                        fetch_step(x, TFTP_FAILED);
                } else {
                        fetch_step(x, tftp_fetch_tick(&x->fetch, now));
                }
                break;
        case TR_SEND:
                if (late)
                        snprintf(x->send.why, sizeof x->send.why, "the phone is too slow");
                send_step(x, late ? TFTP_FAILED : tftp_send_tick(&x->send, now));
                break;
        case TR_OVER:
                finish(x);
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
        return n;
}

bool tftpx_waits(const struct tftpx *t)
{
        return t->readable || !list_empty(&t->work);
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
                fetch_begin(x);
                return;
        }
        x->near = *f;
        t->near_flow[x->nlink][f->flow - FLOW_ID_FIRST] = x;
        send_begin(x);
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
