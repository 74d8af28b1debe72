#include "platform/svc/box_listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/str.h"
#include "platform/net/tun.h"

#define BACKLOG 128
/* A peer that is gone is noticed, and a conn that is in use is never idle. */
#define KEEPALIVE_IDLE_S 30
#define KEEPALIVE_EVERY_S 10
#define KEEPALIVE_TRIES 5
#define UNANSWERED_MS 60000u

struct service_req {
        const struct box_service *s;
        int rc;
};

static void add_in_worker(struct worker *w, void *arg)
{
        struct service_req *r = arg;

        r->rc = policy_box_service_set(w->policy, r->s);
}

static void del_in_worker(struct worker *w, void *arg)
{
        const struct service_req *r = arg;

        policy_box_service_del(w->policy, r->s->proto, r->s->port);
}

static int tcp_listen(uint16_t port, struct err *e)
{
        struct sockaddr_in a = { .sin_family = AF_INET,
                                 .sin_port = htons(port),
                                 .sin_addr.s_addr = htonl(PSEUDO_KERNEL) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;

        if (fd >= 0)
                setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, BACKLOG) == 0)
                return fd;
        err_set(e, ERR_IO, "listener for port %u: %s", port, strerror(errno));
        if (fd >= 0)
                close(fd);
        return -1;
}

int box_listen(const struct box_net *n, const struct box_service *s, struct err *e)
{
        struct service_req r = { s, 0 };
        int fd = tcp_listen(s->box_port, e);

        if (fd < 0)
                return -1;
        worker_call(n->w, add_in_worker, &r);
        if (r.rc == 0)
                return fd;
        close(fd);
        return err_set(e, ERR_LIMIT, "all %u services of the appliance are taken", BOX_SERVICES_MAX);
}

void box_unlisten(const struct box_net *n, const struct box_service *s, int fd)
{
        struct service_req r = { s, 0 };

        worker_call(n->w, del_in_worker, &r);
        close(fd);
}

/* ---- who has connected ---- */

struct peer_req {
        uint32_t flow;
        uint8_t gen;
        struct box_peer *out;
        bool found;
};

static void peer_in_worker(struct worker *w, void *arg)
{
        struct peer_req *r = arg;
        struct flow_key in;

        r->found = w->snap && punt_box_peer(w, r->flow, r->gen, &in);
        if (!r->found)
                return;
        *r->out = (struct box_peer){ .addr = flow_src(&in),
                                     .local = flow_dst(&in),
                                     .port = in.sport,
                                     .local_port = in.dport,
                                     .iface = in.iface };
        str_copy(r->out->nameif, sizeof r->out->nameif, iface_name(net_rt(w->snap), in.iface));
}

static bool peer_find(const struct box_net *n, const struct sockaddr_in *from, struct box_peer *out)
{
        uint32_t a = ntohl(from->sin_addr.s_addr);
        struct peer_req r = { .flow = pseudo_flow(a),
                              .gen = (uint8_t)(ntohs(from->sin_port) - PSEUDO_PORT_BASE),
                              .out = out };

        worker_call(n->w, peer_in_worker, &r);
        return r.found;
}

static void set_patience(int fd)
{
        int on = 1, idle = KEEPALIVE_IDLE_S, every = KEEPALIVE_EVERY_S, tries = KEEPALIVE_TRIES;
        unsigned unanswered = UNANSWERED_MS;

        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof tries);
        setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered, sizeof unanswered);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int box_accept(const struct box_net *n, int fd, struct box_peer *peer)
{
        for (;;) {
                struct sockaddr_in from;
                socklen_t size = sizeof from;
                int c = accept4(fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

                if (c < 0 && errno == ECONNABORTED)
                        continue;
                if (c < 0)
                        return -1;
                if (peer_find(n, &from, peer)) {
                        set_patience(c);
                        return c;
                }
                close(c);
        }
}
