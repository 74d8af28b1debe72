/* The server's side of a transfer: a flow and a socket of its own for each fetch. */
#include "proxy/tftp/tftpx_int.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

static void far_put(void *ctx, const void *p, size_t n)
{
        struct transfer *x = ctx;

        transfer_put(x->ev.fd, x->far_has_tid ? &x->far_tid : &x->far_to, p, n);
}

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

static void fetch(struct transfer *x)
{
        struct tftpx *t = x->t;

        t->nfetches++;
        x->fetching = true;
        x->far_has_tid = false;
        x->far = (struct punt_far){ .iface = x->s->info.iface[1], .peer = x->server };
        x->state = TR_FAR_OPEN;
        x->until_ms = transfer_now(t) + TFTPX_ASK_MS * 3;
        if (far_socket(x)) {
                transfer_ask_flow(x, &x->far);
                return;
        }
        pp_error(x, "PP: no socket for file %s", x->want);
        transfer_answer_error(x, TFTP_E_UNDEFINED, "busy");
}

/* One that tries another name keeps its place. */
void transfer_fetch(struct transfer *x, const char *name)
{
        struct tftpx *t = x->t;

        snprintf(x->want, sizeof x->want, "%s", name);
        transfer_drop_fetch(x);
        if (t->nfetches < TFTPX_FETCHES_MAX) {
                fetch(x);
                return;
        }
        x->state = TR_QUEUED;
        x->until_ms = transfer_now(t) + TFTPX_QUEUE_MS;
        list_add_tail(&t->queue, &x->line);
        transfer_arm(x, x->until_ms);
}

bool far_turn(const struct tftpx *t)
{
        return t->nfetches < TFTPX_FETCHES_MAX && !list_empty(&t->queue);
}

void far_queue(struct tftpx *t)
{
        while (far_turn(t)) {
                struct transfer *x = list_entry(t->queue.next, struct transfer, line);

                list_del(&x->line);
                fetch(x);
        }
}

void far_step(struct transfer *x, enum tftp_step step)
{
        if (step == TFTP_GOING) {
                transfer_arm(x, MIN_OF(x->fetch.due_ms, x->until_ms));
                return;
        }
        tmr_cancel(evl_timers(x->t->w->evl), &x->tmr);
        if (step == TFTP_DONE)
                file_fetched(x);
        else
                file_missing(x);
}

void far_begin(struct transfer *x)
{
        x->far_to = transfer_pseudo(x, 1, x->far.flow, x->far.gen);
        x->fetch.put = far_put;
        x->fetch.ctx = x;
        x->fetch.budget = &x->t->budget;
        x->fetch.max = TFTPX_FILE_MAX;
        x->state = TR_FETCH;
        x->until_ms = transfer_now(x->t) + TFTPX_FETCH_MS;
        tftp_fetch_start(&x->fetch, x->want, transfer_now(x->t));
        transfer_arm(x, x->fetch.due_ms);
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
                transfer_put(x->ev.fd, from, room, w.len);
                return;
        }
        x->far_tid = *from;
        x->far_has_tid = true;
        step = tftp_fetch_input(&x->fetch, in, transfer_now(x->t));
        x->far_has_tid = x->fetch.answered; /* asked once more without options: it may choose another port */
        far_step(x, step);
}

void far_read(struct transfer *x)
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
