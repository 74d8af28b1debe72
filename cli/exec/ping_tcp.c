/* `ping tcp`: connections of the box that are given up as soon as the other side has answered. */
#include "cli/exec/ping.h"
#include "cli/exec/resolve.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/svc/box_net.h"

#define POLL_MS 2

struct knocks {
        struct session *s;
        const struct box_net *net;
        const struct ping_job *j;
        struct addr dst;
        char nameif[NAMEIF_MAX + 1];
        int fd; /* of the try under way */
        struct box_flow flow;
};

static char mark_of(int fd)
{
        int why = 0;
        socklen_t n = sizeof why;

        getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n);
        switch (why) {
        case 0:
                return '!';
        case ECONNREFUSED:
        case ECONNRESET:
                return 'R';
        case ETIMEDOUT:
                return '.';
        default:
                return 'U';
        }
}

static char wait_answer(struct knocks *k)
{
        const struct clock *clk = session_box(k->s)->clk;
        uint64_t until = clock_mono_ms(clk) + k->j->timeout_s * 1000u;
        struct pollfd p = { .fd = k->fd, .events = POLLOUT };

        do {
                if (poll(&p, 1, 0) > 0)
                        return mark_of(k->fd);
                if (session_aborted(k->s, POLL_MS))
                        return 0;
        } while (clock_mono_ms(clk) < until);
        return '.';
}

static int begin(struct knocks *k, struct err *e)
{
        k->fd = box_tcp(k->net, k->nameif, &k->dst, k->j->port, &k->flow, e);
        return k->fd < 0 ? -1 : 0;
}

/* Nothing was said: a reset is the shortest good-bye. */
static void finish(struct knocks *k)
{
        const struct linger at_once = { .l_onoff = 1 };

        setsockopt(k->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(k->fd);
        box_close(k->net, &k->flow);
        k->fd = -1;
}

/* The first one was begun to see whether there is a way at all. */
static char knock(void *ctx, unsigned i UNUSED, uint32_t *rtt_us)
{
        struct knocks *k = ctx;
        const struct clock *clk = session_box(k->s)->clk;
        uint64_t start = clk->mono_ns(clk->ctx);
        struct err e;
        char mark;

        if (k->fd < 0 && begin(k, &e) < 0)
                return 'U';
        mark = wait_answer(k);
        *rtt_us = (uint32_t)((clk->mono_ns(clk->ctx) - start) / 1000);
        finish(k);
        return mark;
}

/* Of our addresses only: nobody is pretended to be. */
static int take_source(struct knocks *k, const struct net_rt *net, struct err *e)
{
        const struct iface_rt *i = net ? iface_by_addr(net, &k->j->src) : NULL;
        char a[ADDR_TEXT_MAX];

        addr_print(&k->j->src, a);
        if (!i)
                return err_set(e, ERR_REF, "%s is the address of none of our interfaces", a);
        if (*k->nameif && strcmp(k->nameif, i->nameif) != 0)
                return err_set(e, ERR_REF, "%s is the address of interface %s", a, i->nameif);
        str_copy(k->nameif, sizeof k->nameif, i->nameif);
        return 0;
}

static int find_source(struct knocks *k, struct err *e)
{
        struct box *b = session_box(k->s);
        const struct snapshot *snap;
        int rc;

        str_copy(k->nameif, sizeof k->nameif, k->j->nameif);
        if (k->j->src.fam == ADDR_NONE)
                return 0;
        snap = snapshot_get(b->hub);
        rc = take_source(k, snap ? net_rt(snap) : NULL, e);
        if (snap)
                snapshot_put(b->hub, snap);
        return rc;
}

int ping_tcp(struct session *s, const struct ping_job *j, struct err *e)
{
        struct box *b = session_box(s);
        struct knocks k = { .s = s, .net = b->net, .j = j, .fd = -1 };
        char to[ADDR_TEXT_MAX], from[ADDR_TEXT_MAX];

        if (!b->net || !b->net->w)
                return err_set(e, ERR_STATE, "there is no dataplane");
        if (resolve_host(s, j->host, &k.dst, e) < 0 || find_source(&k, e) < 0 || begin(&k, e) < 0)
                return -1;
        out(s, "Type escape sequence to abort.\n");
        if (j->src.fam == ADDR_NONE)
                out(s, "No source specified. Pinging from identity interface.\n");
        out(s, "Sending %u TCP SYN requests to %s port %u\nfrom %s, timeout is %u seconds:\n", j->repeat,
            addr_print(&k.dst, to), j->port, addr_print(&k.flow.local, from), j->timeout_s);
        out_flush(s);
        ping_all(s, j->repeat, knock, &k);
        return 0;
}
