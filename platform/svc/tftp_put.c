#include "platform/svc/tftp_put.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/str.h"
#include "platform/base/wbuf.h"
#include "platform/net/dp.h"
#include "proxy/punt.h"

#define BLOCK 512u
#define TFTP_PORT 69u
#define EXPECT_TRIES 64u
#define FIRST_WAIT_MS 250u

enum { OP_WRQ = 2, OP_DATA = 3, OP_ACK = 4, OP_ERROR = 5 };

/* ---- one upload ---- */

struct upload {
        const struct tftp_net *net;
        const char *file;
        const uint8_t *data;
        size_t n;
        int fd;
        struct sockaddr_in to; /* the request's address, then the one that answered */
        bool answered;
        uint8_t pkt[4 + BLOCK];
};

enum tftp_reply tftp_put_parse(struct cur in, uint16_t *block, char *text, size_t cap)
{
        uint16_t op = cur_be16(&in);
        const uint8_t *end;

        *block = cur_be16(&in);
        if (in.bad || (op != OP_ACK && op != OP_ERROR))
                return TFTP_REPLY_BAD;
        if (op == OP_ACK)
                return in.left ? TFTP_REPLY_BAD : TFTP_REPLY_ACK;
        end = memchr(in.p, 0, in.left);
        str_escape(text, cap, in.p, end ? (size_t)(end - in.p) : in.left);
        return TFTP_REPLY_ERROR;
}

static int send_pkt(struct upload *u, const struct wbuf *w, struct err *e)
{
        if (sendto(u->fd, w->buf, w->len, 0, (const struct sockaddr *)&u->to, sizeof u->to) == (ssize_t)w->len)
                return 0;
        return err_set(e, ERR_IO, "%s", strerror(errno));
}

static int send_request(struct upload *u, struct err *e)
{
        struct wbuf w = wbuf_of(u->pkt, sizeof u->pkt);

        wbuf_be16(&w, OP_WRQ);
        wbuf_put(&w, u->file, strlen(u->file) + 1);
        wbuf_put(&w, "octet", 6);
        if (w.full)
                return err_set(e, ERR_RANGE, "the file name is longer than a request can hold");
        if (send_pkt(u, &w, e))
                return -1;
        return 0;
}

/* Block 1 holds the first bytes; the number wraps, the place in the data does not. */
static int send_block(struct upload *u, uint32_t block, struct err *e)
{
        struct wbuf w = wbuf_of(u->pkt, sizeof u->pkt);
        size_t at = (size_t)(block - 1) * BLOCK;

        if (!block)
                return send_request(u, e);
        wbuf_be16(&w, OP_DATA);
        wbuf_be16(&w, (uint16_t)block);
        wbuf_put(&w, u->data + at, MIN_OF(u->n - at, (size_t)BLOCK));
        return send_pkt(u, &w, e);
}

/* The first answer tells which address the server goes on with; nobody else is listened to. */
static bool from_server(struct upload *u, const struct sockaddr_in *from)
{
        if (u->answered)
                return from->sin_addr.s_addr == u->to.sin_addr.s_addr && from->sin_port == u->to.sin_port;
        u->answered = true;
        u->to = *from;
        return true;
}

/* 1: acknowledged, 0: nothing yet, -1: refused. */
static int read_reply(struct upload *u, uint32_t block, struct err *e)
{
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        uint8_t buf[600];
        char words[120];
        uint16_t got;
        ssize_t n = recvfrom(u->fd, buf, sizeof buf, 0, (struct sockaddr *)&from, &len);

        if (n < 0 || len != sizeof from)
                return 0;
        switch (tftp_put_parse(cur_of(buf, (size_t)n), &got, words, sizeof words)) {
        case TFTP_REPLY_ACK:
                return from_server(u, &from) && got == (uint16_t)block;
        case TFTP_REPLY_ERROR:
                return from_server(u, &from) ? err_set(e, ERR_IO, "%s", *words ? words : "refused by the server") : 0;
        case TFTP_REPLY_BAD:
                break;
        }
        return 0;
}

/* Answers that are not for this block do not prolong the wait: no sorcerer's apprentice. */
static int one_block(struct upload *u, uint32_t block, struct err *e)
{
        unsigned tries = u->net->tries ? u->net->tries : 5, most = u->net->timeout_ms ? u->net->timeout_ms : 2000;

        for (unsigned i = 0, wait = MIN_OF(FIRST_WAIT_MS, most); i < tries; i++, wait = MIN_OF(wait * 2, most)) {
                uint64_t until = clock_mono_ms(&clock_system) + wait, now;

                if (send_block(u, block, e))
                        return -1;
                while ((now = clock_mono_ms(&clock_system)) < until) {
                        struct pollfd p = { .fd = u->fd, .events = POLLIN };
                        int rc = poll(&p, 1, (int)(until - now)) > 0 ? read_reply(u, block, e) : 0;

                        if (rc)
                                return rc < 0 ? -1 : 0;
                }
        }
        return err_set(e, ERR_IO, "Timed out");
}

/* Bound before anything is sent: a server answers at once, and from a port of its own choice. */
static int open_socket(struct upload *u, struct err *e)
{
        struct sockaddr_in any = { .sin_family = AF_INET };
        socklen_t n = sizeof any;

        u->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (u->fd < 0 || bind(u->fd, (struct sockaddr *)&any, sizeof any) < 0 ||
            getsockname(u->fd, (struct sockaddr *)&any, &n) < 0)
                return err_set(e, ERR_IO, "socket: %s", strerror(errno));
        if (u->net->bound)
                u->net->bound(u->net->ctx, ntohs(any.sin_port));
        return 0;
}

int tftp_put_over(const struct tftp_net *net, const char *file, const void *data, size_t n, struct err *e)
{
        struct upload u = { .net = net, .file = file, .data = data, .n = n };
        uint32_t blocks = (uint32_t)(n / BLOCK) + 1; /* a short block, perhaps an empty one, ends the file */
        int rc = 0;

        if (net->open(net->ctx, &u.to, e))
                return -1;
        rc = open_socket(&u, e);
        for (uint32_t b = 0; !rc && b <= blocks; b++)
                rc = one_block(&u, b, e);
        if (u.fd >= 0)
                close(u.fd);
        net->close(net->ctx);
        return rc;
}

/* ---- through the dataplane ---- */

struct box_upload {
        struct worker *w;
        const struct addr *server;
        struct box_flow flow;
        uint16_t port; /* of our socket */
        int rc;
        struct err *e;
};

static void open_in_worker(struct worker *w, void *arg)
{
        struct box_upload *b = arg;

        b->rc = punt_box_open(w, IPPROTO_UDP_, 0, b->server, TFTP_PORT, &b->flow, b->e);
}

static void expect_in_worker(struct worker *w, void *arg)
{
        struct box_upload *b = arg;

        b->rc = punt_box_expect(w, b->flow.flow, b->flow.gen, b->port, 30);
}

static void close_in_worker(struct worker *w, void *arg)
{
        struct box_upload *b = arg;

        punt_box_close(w, b->flow.flow, b->flow.gen);
}

static int box_open(void *ctx, struct sockaddr_in *to, struct err *e)
{
        struct box_upload *b = ctx;

        b->e = e;
        worker_call(b->w, open_in_worker, b);
        if (b->rc)
                return -1;
        *to = (struct sockaddr_in){ .sin_family = AF_INET,
                                    .sin_port = htons(b->flow.pseudo_port),
                                    .sin_addr.s_addr = htonl(b->flow.pseudo.v4) };
        return 0;
}

static void box_bound(void *ctx, uint16_t port)
{
        struct box_upload *b = ctx;

        b->port = port;
        worker_call(b->w, expect_in_worker, b);
}

static void box_close(void *ctx)
{
        struct box_upload *b = ctx;

        worker_call(b->w, close_in_worker, b);
}

int tftp_put(struct worker *w, const struct addr *server, const char *file, const void *data, size_t n, struct err *e)
{
        struct box_upload b = { .w = w, .server = server };
        const struct tftp_net net = { .ctx = &b, .open = box_open, .bound = box_bound, .close = box_close };

        if (!addr_is_v4(server))
                return err_set(e, ERR_SUPPORT, "only IPv4 servers are supported");
        return tftp_put_over(&net, file, data, n, e);
}
