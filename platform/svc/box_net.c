#include "platform/svc/box_net.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct open_req {
        const char *nameif;
        const struct addr *peer;
        uint16_t port;
        uint8_t proto;
        struct box_flow *out;
        struct err *e;
        int rc;
};

static void open_in_worker(struct worker *w, void *arg)
{
        struct open_req *r = arg;
        const struct iface_rt *ifc = NULL;

        if (r->nameif[0] && w->snap) {
                ifc = iface_by_name(net_rt(w->snap), r->nameif);
                if (!ifc) {
                        r->rc = err_set(r->e, ERR_REF, "interface %s does not exist", r->nameif);
                        return;
                }
        }
        r->rc = punt_box_open(w, r->proto, ifc ? ifc->idx : IFACE_NONE, r->peer, r->port, r->out, r->e);
}

int box_open(const struct box_net *n, const char *nameif, const struct addr *peer, uint16_t port, uint8_t proto,
             struct box_flow *out, struct err *e)
{
        struct open_req r = { nameif, peer, port, proto, out, e, -1 };

        worker_call(n->w, open_in_worker, &r);
        return r.rc;
}

static int socket_to(const struct box_flow *f, int type, struct err *e)
{
        struct sockaddr_in to = { .sin_family = AF_INET,
                                  .sin_port = htons(f->pseudo_port),
                                  .sin_addr.s_addr = htonl(f->pseudo.v4) };
        int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        if (fd >= 0 && (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS))
                return fd;
        err_set(e, ERR_IO, "socket: %s", strerror(errno));
        if (fd >= 0)
                close(fd);
        return -1;
}

static int open_socket(const struct box_net *n, const char *nameif, const struct addr *peer, uint16_t port, bool tcp,
                       struct box_flow *out, struct err *e)
{
        int fd;

        if (box_open(n, nameif, peer, port, tcp ? IPPROTO_TCP_ : IPPROTO_UDP_, out, e) < 0)
                return -1;
        fd = socket_to(out, tcp ? SOCK_STREAM : SOCK_DGRAM, e);
        if (fd < 0)
                box_close(n, out);
        return fd;
}

int box_udp(const struct box_net *n, const char *nameif, const struct addr *peer, uint16_t port, struct box_flow *out,
            struct err *e)
{
        return open_socket(n, nameif, peer, port, false, out, e);
}

int box_tcp(const struct box_net *n, const char *nameif, const struct addr *peer, uint16_t port, struct box_flow *out,
            struct err *e)
{
        return open_socket(n, nameif, peer, port, true, out, e);
}

struct flow_req {
        const struct box_flow *f;
        bool alive;
};

static void ask_worker(struct worker *w, void *arg)
{
        struct flow_req *r = arg;

        r->alive = punt_box_alive(w, r->f->flow, r->f->gen);
}

bool box_alive(const struct box_net *n, const struct box_flow *f)
{
        struct flow_req r = { .f = f };

        worker_call(n->w, ask_worker, &r);
        return r.alive;
}

static void close_in_worker(struct worker *w, void *arg)
{
        const struct flow_req *r = arg;

        punt_box_close(w, r->f->flow, r->f->gen);
}

void box_close(const struct box_net *n, const struct box_flow *f)
{
        struct flow_req r = { .f = f };

        worker_call(n->w, close_in_worker, &r);
}
