/* One question to the servers of a group: a c-ares channel whose sockets lead through our own dataplane. */
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "platform/base/str.h"
#include "platform/svc/dns_int.h"

#define DNS_PORT 53u
#define DNS_HEAD 12u /* octets in front of a message's question */
#define DNS_QR 0x80u /* of the third one: it is an answer */

/* ---- the sockets of a channel ---- */

static struct dns_sock *sock_by_fd(struct dns_query *q, int fd)
{
        for (unsigned i = 0; i < DNS_SOCKS_MAX; i++)
                if (q->sock[i].fd == fd)
                        return &q->sock[i];
        return NULL;
}

static ares_socket_t on_socket(int domain, int type, int proto UNUSED, void *arg)
{
        struct dns_sock *s = sock_by_fd(arg, -1);

        if (!s || domain != AF_INET) {
                errno = EAFNOSUPPORT;
                return ARES_SOCKET_BAD;
        }
        *s = (struct dns_sock){ .stream = type == SOCK_STREAM };
        s->fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        return s->fd;
}

static int on_close(ares_socket_t fd, void *arg)
{
        struct dns_query *q = arg;
        struct dns_sock *s = sock_by_fd(q, fd);

        if (!s)
                return -1;
        close(fd);
        if (s->connected)
                q->d->way.close(q->d->way.ctx, &s->flow);
        *s = (struct dns_sock){ .fd = -1 };
        return 0;
}

static struct addr server_of(const struct dns_sock *s)
{
        return addr_v4(ntohl(s->server.sin_addr.s_addr));
}

static int on_connect(ares_socket_t fd, const struct sockaddr *sa, ares_socklen_t n, void *arg)
{
        struct dns_query *q = arg;
        struct dns_sock *s = sock_by_fd(q, fd);
        struct sockaddr_in to = { .sin_family = AF_INET };
        char text[ADDR_TEXT_MAX];
        struct err e = { 0 };
        struct addr server;

        if (!s || n < sizeof s->server) {
                errno = EINVAL;
                return -1;
        }
        memcpy(&s->server, sa, sizeof s->server);
        server = server_of(s);
        if (q->d->way.open(q->d->way.ctx, &q->conf, &server, s->stream ? IPPROTO_TCP : IPPROTO_UDP, &s->flow, &e)) {
                snprintf(q->trouble, sizeof q->trouble, "%s cannot be asked: %.100s", addr_print(&server, text),
                         e.text);
                errno = ENETUNREACH;
                return -1;
        }
        s->connected = true;
        to.sin_port = htons(s->flow.pseudo_port);
        to.sin_addr.s_addr = htonl(s->flow.pseudo.v4);
        return connect(fd, (struct sockaddr *)&to, sizeof to);
}

/* No answer, or one to something that was not asked: it is not even looked at. */
static bool is_stray(struct dns_query *q, const uint8_t *p, size_t n)
{
        if (n >= DNS_HEAD && (p[2] & DNS_QR) && (p[0] << 8 | p[1]) == q->id)
                return false;
        pthread_mutex_lock(&q->d->lock);
        q->d->c.stray++;
        pthread_mutex_unlock(&q->d->lock);
        return true;
}

/* c-ares is told the server's own address, as if nobody stood between. */
static ares_ssize_t on_receive(ares_socket_t fd, void *buf, size_t cap, int flags, struct sockaddr *from,
                               ares_socklen_t *from_n, void *arg)
{
        struct dns_query *q = arg;
        struct dns_sock *s = sock_by_fd(q, fd);
        ares_ssize_t got;

        do {
                got = s ? recv(fd, buf, cap, flags) : -1;
        } while (got >= 0 && !s->stream && is_stray(q, buf, (size_t)got));
        if (got < 0 || !s)
                return -1;
        if (from && from_n && *from_n >= sizeof s->server) {
                memcpy(from, &s->server, sizeof s->server);
                *from_n = sizeof s->server;
        }
        if (!s->stream) {
                q->heard = true;
                q->heard_of = server_of(s);
                q->rcode = ((const uint8_t *)buf)[3] & 15;
        }
        return got;
}

static ares_ssize_t on_send(ares_socket_t fd, const struct iovec *v, int n, void *arg)
{
        struct msghdr m = { .msg_iov = (struct iovec *)(uintptr_t)v, .msg_iovlen = (size_t)n };
        struct dns_query *q = arg;
        const struct dns_sock *s = sock_by_fd(q, fd);
        const uint8_t *p = n > 0 ? v->iov_base : NULL;

        if (s && !s->stream && p && v->iov_len >= DNS_HEAD)
                q->id = p[0] << 8 | p[1];
        return sendmsg(fd, &m, MSG_NOSIGNAL);
}

static const struct ares_socket_functions sockets = {
        .asocket = on_socket, .aclose = on_close, .aconnect = on_connect, .arecvfrom = on_receive, .asendv = on_send
};

/* ---- its end ---- */

static void servers_text(const struct dns_conf *c, char *out, size_t cap)
{
        char a[ADDR_TEXT_MAX];
        size_t n = 0;

        *out = 0;
        for (unsigned i = 0; i < c->nservers && n < cap; i++)
                n += (size_t)snprintf(out + n, cap - n, i ? ", %s" : "%s", addr_print(&c->server[i], a));
}

static void end(struct dns_query *q, enum dns_end how, const char *what, const char *who)
{
        q->done = true;
        q->end = how;
        q->a.n = 0;
        snprintf(q->a.why, sizeof q->a.why, "%s%.120s", what, who);
}

/* No server has said anything that could be used. */
static void end_silent(struct dns_query *q)
{
        char servers[DNS_SERVERS_MAX * (ADDR_TEXT_MAX + 2)], a[ADDR_TEXT_MAX];

        servers_text(&q->conf, servers, sizeof servers);
        if (q->heard && q->rcode == REFUSED)
                end(q, DNS_END_SILENT, "refused by DNS server ", addr_print(&q->heard_of, a));
        else if (q->heard && q->rcode != NOERROR)
                end(q, DNS_END_SILENT, "failure of DNS server ", addr_print(&q->heard_of, a));
        else if (q->trouble[0])
                end(q, DNS_END_SILENT, "DNS server ", q->trouble);
        else
                end(q, DNS_END_SILENT, "no answer from DNS server ", servers);
}

/* c-ares has parsed it; whether a host can have these addresses is our question. */
static void take(struct dns_query *q, const struct ares_addrttl *t, int n)
{
        unsigned bad = 0;

        q->ttl_s = DNS_TTL_MAX_S;
        for (int i = 0; i < n && q->a.n < NAME_ADDRS_MAX; i++) {
                struct addr a = addr_v4(ntohl(t[i].ipaddr.s_addr));

                if (addr_is_martian_source(&a)) {
                        bad++;
                        continue;
                }
                q->a.at[q->a.n++] = a;
                q->ttl_s = MIN_OF(q->ttl_s, (uint32_t)MAX_OF(t[i].ttl, 0));
        }
        q->ttl_s = MAX_OF(q->ttl_s, DNS_TTL_MIN_S);
        pthread_mutex_lock(&q->d->lock);
        q->d->c.unusable += bad;
        pthread_mutex_unlock(&q->d->lock);
}

static void parse(struct dns_query *q, const unsigned char *p, int n)
{
        struct ares_addrttl t[NAME_ADDRS_MAX];
        int count = NAME_ADDRS_MAX, rc = ares_parse_a_reply(p, n, NULL, t, &count);
        char a[ADDR_TEXT_MAX];

        if (rc == ARES_SUCCESS)
                take(q, t, count);
        if (q->a.n) {
                q->done = true;
                q->end = DNS_END_KNOWN;
        } else if (rc == ARES_SUCCESS && count) {
                end(q, DNS_END_NONE, "only addresses that no host can have, from DNS server ",
                    addr_print(&q->heard_of, a));
        } else if (rc == ARES_SUCCESS || rc == ARES_ENODATA) {
                end(q, DNS_END_NONE, "no IPv4 address, says DNS server ", addr_print(&q->heard_of, a));
        } else {
                end(q, DNS_END_SILENT, "an answer without sense from DNS server ", addr_print(&q->heard_of, a));
        }
}

static void on_answer(void *arg, int status, int timeouts UNUSED, unsigned char *p, int n)
{
        struct dns_query *q = arg;
        char a[ADDR_TEXT_MAX];

        switch (status) {
        case ARES_SUCCESS:
                parse(q, p, n);
                break;
        case ARES_ENOTFOUND:
                end(q, DNS_END_NONE, "no such name, says DNS server ", addr_print(&q->heard_of, a));
                break;
        case ARES_ENODATA:
                end(q, DNS_END_NONE, "no IPv4 address, says DNS server ", addr_print(&q->heard_of, a));
                break;
        case ARES_ENOMEM:
                end(q, DNS_END_SILENT, "out of memory", "");
                break;
        default:
                end_silent(q);
        }
}

/* ---- life ---- */

static int channel_open(struct dns_query *q)
{
        /* Nothing of the host's configuration: neither files nor variables have a say. */
        static char no_file[] = "/dev/null", dns_only[] = "b";
        struct in_addr server[DNS_SERVERS_MAX];
        struct ares_options o = { .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
                                  .timeout = (int)q->conf.timeout_s * 1000,
                                  .tries = (int)q->conf.retries + 1,
                                  .ndots = 1,
                                  .udp_port = DNS_PORT,
                                  .tcp_port = DNS_PORT,
                                  .servers = server,
                                  .nservers = (int)q->conf.nservers,
                                  .lookups = dns_only,
                                  .resolvconf_path = no_file };
        int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS | ARES_OPT_UDP_PORT |
                   ARES_OPT_TCP_PORT | ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS | ARES_OPT_SORTLIST |
                   ARES_OPT_NOROTATE | ARES_OPT_RESOLVCONF;

        for (unsigned i = 0; i < q->conf.nservers; i++)
                server[i].s_addr = htonl(q->conf.server[i].v4);
        if (ares_init_options(&q->ch, &o, mask) != ARES_SUCCESS)
                return -1;
        ares_set_socket_functions(q->ch, &sockets, q);
        return 0;
}

int dns_query_start(struct dns *d, struct dns_query *q, const char *name)
{
        q->d = d;
        q->until_ms = clock_mono_ms(d->clk) + DNS_QUERY_MAX_MS;
        for (unsigned i = 0; i < DNS_SOCKS_MAX; i++)
                q->sock[i] = (struct dns_sock){ .fd = -1 };
        if (channel_open(q) < 0) {
                q->ch = NULL;
                end(q, DNS_END_SILENT, "out of memory", "");
                return -1;
        }
        ares_query(q->ch, name, C_IN, T_A, on_answer, q);
        return q->done ? -1 : 0;
}

void dns_query_free(struct dns_query *q)
{
        if (q->ch)
                ares_destroy(q->ch); /* closes its sockets */
        *q = (struct dns_query){ .d = NULL };
}

unsigned dns_query_poll(const struct dns_query *q, struct pollfd *p, unsigned *wait_ms)
{
        ares_socket_t fd[ARES_GETSOCK_MAXNUM];
        unsigned ready = (unsigned)ares_getsock(q->ch, fd, ARES_GETSOCK_MAXNUM);
        struct timeval room, *tv = ares_timeout(q->ch, NULL, &room);
        unsigned n = 0;

        for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM && n < DNS_SOCKS_MAX; i++) {
                /* the library's own macros shift into the sign */
                short events = (short)((ready >> i & 1 ? POLLIN : 0) |
                                       (ready >> (i + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0));

                if (events)
                        p[n++] = (struct pollfd){ .fd = fd[i], .events = events };
        }
        if (tv) {
                uint64_t ms = (uint64_t)tv->tv_sec * 1000 + (uint64_t)tv->tv_usec / 1000 + 1;

                *wait_ms = (unsigned)MIN_OF((uint64_t)*wait_ms, ms);
        }
        return n;
}

void dns_query_serve(struct dns_query *q, const struct pollfd *p, unsigned n)
{
        for (unsigned i = 0; i < n && !q->done; i++) {
                bool in = p[i].revents & (POLLIN | POLLERR | POLLHUP), out = p[i].revents & POLLOUT;

                if (in || out)
                        ares_process_fd(q->ch, in ? p[i].fd : ARES_SOCKET_BAD, out ? p[i].fd : ARES_SOCKET_BAD);
        }
        if (!q->done)
                ares_process_fd(q->ch, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* timeouts */
        if (!q->done && clock_mono_ms(q->d->clk) >= q->until_ms)
                end_silent(q);
}
