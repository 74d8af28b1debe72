#include "platform/svc/tftp_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inspect/tftp/codec.h"
#include "platform/base/clock.h"
#include "platform/base/str.h"

#define READ_BLOCK 1428u /* asked for: fits an Ethernet frame with room for tunnels on the way */
#define FIRST_WAIT_MS 250u
#define STOP_MS 50u /* how soon it notices that it shall end */

/* ---- one transfer ---- */

struct transfer {
        const struct tftp_net *net;
        const struct tftp_job *job;
        int fd;
        struct sockaddr_in to; /* the request's address, then the one that answered */
        bool answered, plain;  /* plain: without options, the server does not take them */
        uint32_t block;        /* writing: the one under way; reading: the last one that came */
        uint8_t pkt[4 + READ_BLOCK];
        /* writing */
        const uint8_t *data;
        size_t n;
        /* reading */
        uint16_t blksize;
        bool last;
};

/* What an answer means to the transfer. */
enum heard { HEARD_NOTHING, HEARD_IT, HEARD_BAD };

static int send_pkt(struct transfer *t, const struct wbuf *w, struct err *e)
{
        if (w->full)
                return err_set(e, ERR_RANGE, "the file name is longer than a request can hold");
        if (sendto(t->fd, w->buf, w->len, 0, (const struct sockaddr *)&t->to, sizeof t->to) == (ssize_t)w->len)
                return 0;
        return err_set(e, ERR_IO, "%s", strerror(errno));
}

/* The first answer tells which address the server goes on with; nobody else is listened to. */
static bool from_server(struct transfer *t, const struct sockaddr_in *from)
{
        if (t->answered)
                return from->sin_addr.s_addr == t->to.sin_addr.s_addr && from->sin_port == t->to.sin_port;
        t->answered = true;
        t->to = *from;
        return true;
}

static enum heard refused(const struct tftp_packet *p, struct err *e)
{
        char words[120];

        str_escape(words, sizeof words, p->data.p, p->data.left);
        err_set(e, p->code == TFTP_E_OPTION ? ERR_SUPPORT : ERR_IO, "%s", *words ? words : "refused by the server");
        return HEARD_BAD;
}

typedef int (*say_fn)(struct transfer *t, struct err *e);
typedef enum heard (*hear_fn)(struct transfer *t, const struct tftp_packet *p, struct err *e);

static enum heard read_answer(struct transfer *t, hear_fn hear, struct err *e)
{
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        uint8_t buf[4 + READ_BLOCK + 512];
        struct tftp_packet p;
        ssize_t n = recvfrom(t->fd, buf, sizeof buf, 0, (struct sockaddr *)&from, &len);

        if (n < 0 || len != sizeof from || tftp_packet_parse(cur_of(buf, (size_t)n), &p) != PARSE_OK ||
            !from_server(t, &from))
                return HEARD_NOTHING;
        return p.op == TFTP_ERROR ? refused(&p, e) : hear(t, &p, e);
}

/* Answers that are for nothing we have asked do not prolong the wait: no sorcerer's apprentice. */
static enum heard listen_until(struct transfer *t, uint64_t until, hear_fn hear, struct err *e)
{
        uint64_t now;

        while ((now = clock_mono_ms(&clock_system)) < until) {
                struct pollfd p = { .fd = t->fd, .events = POLLIN };
                enum heard h = HEARD_NOTHING;

                if (t->job->stop && t->job->stop(t->job->ctx)) {
                        err_set(e, ERR_STATE, "Interrupted");
                        return HEARD_BAD;
                }
                if (poll(&p, 1, (int)MIN_OF(until - now, (uint64_t)STOP_MS)) > 0)
                        h = read_answer(t, hear, e);
                if (h != HEARD_NOTHING)
                        return h;
        }
        return HEARD_NOTHING;
}

/* Says something until the answer is heard. */
static int one_round(struct transfer *t, say_fn say, hear_fn hear, struct err *e)
{
        unsigned tries = t->net->tries ? t->net->tries : 5, most = t->net->timeout_ms ? t->net->timeout_ms : 2000;

        for (unsigned i = 0, wait = MIN_OF(FIRST_WAIT_MS, most); i < tries; i++, wait = MIN_OF(wait * 2, most)) {
                enum heard h;

                if (say(t, e) < 0)
                        return -1;
                h = listen_until(t, clock_mono_ms(&clock_system) + wait, hear, e);
                if (h != HEARD_NOTHING)
                        return h == HEARD_IT ? 0 : -1;
        }
        return err_set(e, ERR_IO, "Timed out");
}

/* Bound before anything is sent: a server answers at once, and from a port of its own choice. */
static int open_socket(struct transfer *t, struct err *e)
{
        struct sockaddr_in any = { .sin_family = AF_INET };
        socklen_t n = sizeof any;

        t->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (t->fd < 0 || bind(t->fd, (struct sockaddr *)&any, sizeof any) < 0 ||
            getsockname(t->fd, (struct sockaddr *)&any, &n) < 0)
                return err_set(e, ERR_IO, "socket: %s", strerror(errno));
        if (t->net->bound)
                t->net->bound(t->net->ctx, ntohs(any.sin_port));
        return 0;
}

static int with_socket(struct transfer *t, int (*fn)(struct transfer *t, struct err *e), struct err *e)
{
        int rc;

        t->fd = -1;
        t->answered = false;
        if (t->net->open(t->net->ctx, &t->to, e))
                return -1;
        rc = open_socket(t, e);
        if (!rc)
                rc = fn(t, e);
        if (t->fd >= 0)
                close(t->fd);
        t->net->close(t->net->ctx);
        return rc;
}

/* ---- writing ---- */

static int say_wrq(struct transfer *t, struct err *e)
{
        struct wbuf w = wbuf_of(t->pkt, TFTP_REQUEST_MAX);

        wbuf_be16(&w, TFTP_WRQ);
        wbuf_put(&w, t->job->file, strlen(t->job->file) + 1);
        wbuf_put(&w, "octet", 6);
        return send_pkt(t, &w, e);
}

/* Block 1 holds the first bytes; the number wraps, the place in the data does not. */
static int say_block(struct transfer *t, struct err *e)
{
        struct wbuf w = wbuf_of(t->pkt, sizeof t->pkt);
        size_t at = (size_t)(t->block - 1) * TFTP_BLOCK;

        if (!t->block)
                return say_wrq(t, e);
        tftp_data_write(&w, (uint16_t)t->block, t->data + at, MIN_OF(t->n - at, (size_t)TFTP_BLOCK));
        return send_pkt(t, &w, e);
}

static enum heard hear_ack(struct transfer *t, const struct tftp_packet *p, struct err *e UNUSED)
{
        return p->op == TFTP_ACK && p->block == (uint16_t)t->block ? HEARD_IT : HEARD_NOTHING;
}

static int write_all(struct transfer *t, struct err *e)
{
        uint32_t blocks = (uint32_t)(t->n / TFTP_BLOCK) + 1; /* a short block, perhaps an empty one, ends the file */
        int rc = 0;

        for (t->block = 0; !rc && t->block <= blocks; t->block++) {
                rc = one_round(t, say_block, hear_ack, e);
                if (!rc && t->block && t->job->sent)
                        t->job->sent(t->job->ctx,
                                     MIN_OF(t->n - (size_t)(t->block - 1) * TFTP_BLOCK, (size_t)TFTP_BLOCK));
        }
        return rc;
}

int tftp_put_over(const struct tftp_net *net, const struct tftp_job *job, const void *data, size_t len, struct err *e)
{
        struct transfer t = { .net = net, .job = job, .data = data, .n = len };

        return with_socket(&t, write_all, e);
}

/* ---- reading ---- */

static int say_rrq(struct transfer *t, struct err *e)
{
        const struct tftp_options none = { 0 }, ours = { .blksize = READ_BLOCK, .has_tsize = true };
        struct wbuf w = wbuf_of(t->pkt, TFTP_REQUEST_MAX);

        tftp_request_write(&w, t->job->file, t->plain ? &none : &ours);
        return send_pkt(t, &w, e);
}

static int say_ack(struct transfer *t, struct err *e)
{
        struct wbuf w = wbuf_of(t->pkt, sizeof t->pkt);

        tftp_ack_write(&w, (uint16_t)t->block);
        return send_pkt(t, &w, e);
}

static enum heard hear_data(struct transfer *t, const struct tftp_packet *p, struct err *e)
{
        if (p->op != TFTP_DATA || p->block != (uint16_t)(t->block + 1))
                return HEARD_NOTHING;
        if (p->data.left > t->blksize) {
                err_set(e, ERR_IO, "the server sends larger blocks than agreed on");
                return HEARD_BAD;
        }
        t->block++;
        t->last = p->data.left < t->blksize;
        return t->job->take(t->job->ctx, p->data.p, p->data.left, e) < 0 ? HEARD_BAD : HEARD_IT;
}

/* The answer to the request: the options it agrees to, or at once the first block of a server that knows none. */
static enum heard hear_first(struct transfer *t, const struct tftp_packet *p, struct err *e)
{
        if (p->op != TFTP_OACK || t->plain)
                return hear_data(t, p, e);
        if (p->opt.blksize > READ_BLOCK) {
                err_set(e, ERR_IO, "the server wants larger blocks than it was asked for");
                return HEARD_BAD;
        }
        if (p->opt.blksize)
                t->blksize = p->opt.blksize;
        if (p->opt.has_tsize && t->job->size && t->job->size(t->job->ctx, p->opt.tsize, e) < 0)
                return HEARD_BAD;
        return HEARD_IT;
}

/* A transfer that we end ourselves: the server need not try until it gives up. */
static void say_enough(struct transfer *t)
{
        struct wbuf w = wbuf_of(t->pkt, sizeof t->pkt);
        struct err e;

        tftp_error_write(&w, TFTP_E_UNDEFINED, "aborted");
        if (t->answered)
                send_pkt(t, &w, &e);
}

static int read_all(struct transfer *t, struct err *e)
{
        int rc = one_round(t, say_rrq, hear_first, e);

        while (!rc && !t->last)
                rc = one_round(t, say_ack, hear_data, e);
        if (rc)
                say_enough(t);
        return rc ? rc : say_ack(t, e);
}

int tftp_get_over(const struct tftp_net *net, const struct tftp_job *job, struct err *e)
{
        struct transfer t = { .net = net, .job = job, .blksize = TFTP_BLOCK };
        int rc = with_socket(&t, read_all, e);

        if (!rc || e->code != ERR_SUPPORT || t.block)
                return rc;
        t.plain = true; /* refused because of the options */
        return with_socket(&t, read_all, e);
}

/* ---- through the dataplane ---- */

struct box_transfer {
        const struct box_net *n;
        const char *nameif;
        const struct addr *server;
        uint16_t server_port, port; /* port: of our socket */
        struct box_flow flow;
};

static void expect_in_worker(struct worker *w, void *arg)
{
        struct box_transfer *b = arg;

        punt_box_expect(w, b->flow.flow, b->flow.gen, b->port, 30);
}

static int way_open(void *ctx, struct sockaddr_in *to, struct err *e)
{
        struct box_transfer *b = ctx;

        if (box_open(b->n, b->nameif, b->server, b->server_port, IPPROTO_UDP_, &b->flow, e) < 0)
                return -1;
        *to = (struct sockaddr_in){ .sin_family = AF_INET,
                                    .sin_port = htons(b->flow.pseudo_port),
                                    .sin_addr.s_addr = htonl(b->flow.pseudo.v4) };
        return 0;
}

static void way_bound(void *ctx, uint16_t port)
{
        struct box_transfer *b = ctx;

        b->port = port;
        worker_call(b->n->w, expect_in_worker, b);
}

static void way_close(void *ctx)
{
        struct box_transfer *b = ctx;

        box_close(b->n, &b->flow);
}

static const struct tftp_net box_way = { .open = way_open, .bound = way_bound, .close = way_close };

int tftp_put(const struct box_net *n, const char *nameif, const struct addr *server, uint16_t port,
             const struct tftp_job *job, const void *data, size_t len, struct err *e)
{
        struct box_transfer b = { .n = n, .nameif = nameif, .server = server, .server_port = port };
        struct tftp_net net = box_way;

        net.ctx = &b;
        if (!addr_is_v4(server))
                return err_set(e, ERR_SUPPORT, "only IPv4 servers are supported");
        return tftp_put_over(&net, job, data, len, e);
}

int tftp_get(const struct box_net *n, const char *nameif, const struct addr *server, uint16_t port,
             const struct tftp_job *job, struct err *e)
{
        struct box_transfer b = { .n = n, .nameif = nameif, .server = server, .server_port = port };
        struct tftp_net net = box_way;

        net.ctx = &b;
        if (!addr_is_v4(server))
                return err_set(e, ERR_SUPPORT, "only IPv4 servers are supported");
        return tftp_get_over(&net, job, e);
}
