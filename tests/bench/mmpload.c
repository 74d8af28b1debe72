/*
 * Both TLS ends of a proxy that inspects MMP: clients on one side, the server on the other, in one process. A session
 * is a TLS handshake on both legs, the client's `OLWP-2.0` and the server's `status: 201`; a message is 1024 octets
 * of head and content, echoed.
 *
 *   mmpload mode=sessions|messages|idle to=IP:PORT listen=IP:PORT cert=PEM key=PEM [client=PID] [server=PID] [src=IP]
 *           [sources=N] [n=N] [seconds=S] [cipher=NAME] [device=PID,PID]
 *
 * sessions: n at a time, each opened, closed in order and followed by another.  messages: n sessions, each with one
 * message on its way.  idle: opens n, says "open", holds them until standard input ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define MESSAGE 1024
#define EVENTS 256
#define WARM_UP_NS 500000000ull
#define STUCK_NS (20 * NS_PER_S)

static const char opening[] = "OLWP-2.0\r\n\r\n";
static const char created[] = "OLWP-2.0\r\nsession-id: BENCH_1\r\nstatus: 201\r\n\r\n";

enum state { CONNECTING, HANDSHAKE, GREETING, OPEN, CLOSING };

struct conn {
        int fd;
        bool server;
        enum state state;
        SSL *ssl;
        size_t got; /* of what is awaited: a greeting or a message */
        uint64_t start;
};

struct load {
        enum { SESSIONS, MESSAGES, IDLE } mode;
        int ep, listener;
        const char *client_ns, *server_ns;
        SSL_CTX *client_ctx, *server_ctx;
        struct sockaddr_in to, src;
        unsigned sources, next_source, n;
        double seconds;
        struct device device;
        bool stopping;
        uint64_t open, done, failed; /* open sessions; finished sessions or messages; lost ones */
        struct samples took;
        char message[MESSAGE];
};

static void end(struct load *l, struct conn *c, bool failed);

/* ---- TLS ---- */

static SSL_CTX *context(const SSL_METHOD *method, const char *cipher)
{
        SSL_CTX *x = SSL_CTX_new(method);

        if (!x || !SSL_CTX_set_max_proto_version(x, TLS1_2_VERSION) || !SSL_CTX_set_cipher_list(x, cipher))
                die("TLS: cipher %s cannot be had", cipher);
        SSL_CTX_set_security_level(x, 0);
        SSL_CTX_set_options(x, SSL_OP_NO_TICKET);
        SSL_CTX_set_session_cache_mode(x, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_mode(x, SSL_MODE_RELEASE_BUFFERS);
        return x;
}

static void contexts(struct load *l, const char *cipher, const char *cert, const char *key)
{
        l->client_ctx = context(TLS_client_method(), cipher);
        l->server_ctx = context(TLS_server_method(), cipher);
        if (SSL_CTX_use_certificate_file(l->server_ctx, cert, SSL_FILETYPE_PEM) != 1 ||
            SSL_CTX_use_PrivateKey_file(l->server_ctx, key, SSL_FILETYPE_PEM) != 1)
                die("%s, %s: no certificate with its key", cert, key);
}

/* ---- connections ---- */

static struct conn *conn_new(struct load *l, int fd, bool server)
{
        struct conn *c = calloc(1, sizeof *c);
        struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c };
        int one = 1;

        if (!c)
                die("out of memory");
        c->fd = fd;
        c->server = server;
        c->start = mono_ns();
        c->ssl = SSL_new(server ? l->server_ctx : l->client_ctx);
        if (!c->ssl || !SSL_set_fd(c->ssl, fd))
                die("out of memory");
        if (server)
                SSL_set_accept_state(c->ssl);
        else
                SSL_set_connect_state(c->ssl);
        c->state = server ? HANDSHAKE : CONNECTING;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (epoll_ctl(l->ep, EPOLL_CTL_ADD, fd, &ev) != 0)
                die("epoll: %s", strerror(errno));
        return c;
}

/* The source addresses are taken in turn, so that ports do not run out. The namespace is the client's by now. */
static void launch(struct load *l)
{
        struct sockaddr_in src = l->src;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;

        src.sin_addr.s_addr = htonl(ntohl(src.sin_addr.s_addr) + l->next_source++ % l->sources);
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (fd < 0 || bind(fd, (struct sockaddr *)&src, sizeof src) != 0)
                die("client socket: %s", strerror(errno));
        if (connect(fd, (struct sockaddr *)&l->to, sizeof l->to) != 0 && errno != EINPROGRESS)
                die("connect: %s", strerror(errno));
        conn_new(l, fd, false);
}

static void accept_all(struct load *l)
{
        int fd;

        while ((fd = accept4(l->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
                conn_new(l, fd, true);
}

/* Both ends say goodbye the orderly way; the client waits for the other's. */
static void close_orderly(struct load *l, struct conn *c)
{
        SSL_shutdown(c->ssl);
        if (c->server) {
                end(l, c, false);
                return;
        }
        shutdown(c->fd, SHUT_WR);
        c->state = CLOSING;
}

static void end(struct load *l, struct conn *c, bool failed)
{
        bool client = !c->server, was_open = c->state == OPEN;

        if (failed && client && !l->stopping) {
                l->failed++;
                if (l->failed <= 3)
                        fprintf(stderr, "mmpload: a session failed in state %d\n", (int)c->state);
        }
        if (client && was_open)
                l->open--;
        ERR_clear_error();
        SSL_free(c->ssl);
        close(c->fd);
        free(c);
        if (client && l->mode == SESSIONS && !l->stopping)
                launch(l);
}

/* ---- what a session does ---- */

static bool say(struct load *l, struct conn *c, const void *data, size_t n)
{
        if (SSL_write(c->ssl, data, (int)n) == (int)n)
                return true;
        end(l, c, true);
        return false;
}

/* The greeting or a message is complete. False: the connection is gone. */
static bool complete(struct load *l, struct conn *c)
{
        if (c->server && c->state == GREETING) {
                c->state = OPEN;
                return say(l, c, created, sizeof created - 1);
        }
        if (c->server)
                return say(l, c, l->message, MESSAGE);
        if (c->state == GREETING) {
                c->state = OPEN;
                l->open++;
                if (l->mode == SESSIONS) {
                        l->done++;
                        samples_add(&l->took, (mono_ns() - c->start) / 1000);
                        l->open--;
                        close_orderly(l, c);
                        return false;
                }
        } else {
                l->done += 2; /* there and back */
                samples_add(&l->took, (mono_ns() - c->start) / 1000);
        }
        c->start = mono_ns();
        return l->mode != MESSAGES || l->stopping || say(l, c, l->message, MESSAGE);
}

static size_t awaited(const struct conn *c)
{
        if (c->state != GREETING)
                return MESSAGE;
        return c->server ? sizeof opening - 1 : sizeof created - 1;
}

static void read_all(struct load *l, struct conn *c)
{
        char buf[4096];

        for (;;) {
                size_t want = awaited(c) - c->got;
                int n = SSL_read(c->ssl, buf, (int)(want < sizeof buf ? want : sizeof buf)), why;

                if (n > 0) {
                        c->got += (size_t)n;
                        if (c->got < awaited(c))
                                continue;
                        c->got = 0;
                        if (!complete(l, c))
                                return;
                        continue;
                }
                why = SSL_get_error(c->ssl, n);
                if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
                        return;
                if (why == SSL_ERROR_ZERO_RETURN && c->server)
                        close_orderly(l, c);
                else
                        end(l, c, !c->server || c->state != OPEN);
                return;
        }
}

static bool handshake(struct load *l, struct conn *c)
{
        int r = SSL_do_handshake(c->ssl), why;

        if (r == 1) {
                c->state = GREETING;
                return c->server || say(l, c, opening, sizeof opening - 1);
        }
        why = SSL_get_error(c->ssl, r);
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
                end(l, c, true);
        return false;
}

/* The peer's goodbye has come when the stream ends, whatever is in it. */
static void await_close(struct load *l, struct conn *c)
{
        char buf[4096];
        ssize_t n;

        do
                n = recv(c->fd, buf, sizeof buf, 0);
        while (n > 0);
        if (n == 0 || errno != EAGAIN)
                end(l, c, false);
}

static void ready(struct load *l, struct conn *c, uint32_t events)
{
        if (c->state == CLOSING) {
                await_close(l, c);
                return;
        }
        if (c->state == CONNECTING) {
                if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
                        return;
                c->state = HANDSHAKE;
        }
        if (c->state == HANDSHAKE && !handshake(l, c))
                return;
        read_all(l, c);
}

/* ---- the run ---- */

static void pump(struct load *l, unsigned wait_ms)
{
        struct epoll_event ev[EVENTS];
        int n = epoll_wait(l->ep, ev, EVENTS, (int)wait_ms);

        for (int i = 0; i < n; i++) {
                if (ev[i].data.ptr)
                        ready(l, ev[i].data.ptr, ev[i].events);
                else
                        accept_all(l);
        }
}

static void pump_until(struct load *l, uint64_t when)
{
        while (mono_ns() < when)
                pump(l, 20);
}

/* Sessions are opened 32 at a time, so that no queue overflows. */
static void open_sessions(struct load *l)
{
        uint64_t limit = mono_ns() + STUCK_NS;
        unsigned launched = 0;

        while (l->open < l->n && mono_ns() < limit && l->failed < 10) {
                while (launched < l->n && launched < l->open + l->failed + 32) {
                        launch(l);
                        launched++;
                }
                pump(l, 20);
        }
        if (l->open < l->n)
                die("only %llu of %u sessions opened, %llu failed", (unsigned long long)l->open, l->n,
                    (unsigned long long)l->failed);
}

static void measure(struct load *l)
{
        uint64_t start, cpu, own, failed, done;
        double took;

        pump_until(l, mono_ns() + WARM_UP_NS);
        l->took.n = 0;
        failed = l->failed;
        done = l->done;
        start = mono_ns();
        cpu = device_cpu_ns(&l->device);
        own = own_cpu_ns();
        pump_until(l, start + (uint64_t)(l->seconds * 1e9));
        cpu = device_cpu_ns(&l->device) - cpu;
        own = own_cpu_ns() - own;
        took = (double)(mono_ns() - start) / 1e9;
        done = l->done - done;
        printf("done=%llu failed=%llu seconds=%.3f per_s=%.0f", (unsigned long long)done,
               (unsigned long long)(l->failed - failed), took, (double)done / took);
        if (!done)
                die("\nnothing was done in %.1f s", took);
        printf(" dev_us=%.2f gen_us=%.2f busy=%.3f", (double)cpu / (double)done / 1e3,
               (double)own / (double)done / 1e3, (double)cpu / 1e9 / took);
        printf(" p50_us=%u p99_us=%u\n", samples_quantile(&l->took, 0.5), samples_quantile(&l->took, 0.99));
}

/* Holds the sessions until the driver has looked and closes standard input. */
static void hold(struct load *l)
{
        char c;

        printf("open=%llu\n", (unsigned long long)l->open);
        fflush(stdout);
        fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
        for (uint64_t limit = mono_ns() + 120 * NS_PER_S; mono_ns() < limit;) {
                ssize_t n = read(STDIN_FILENO, &c, 1);

                if (n == 0 || (n < 0 && errno != EAGAIN))
                        break;
                pump(l, 20);
        }
        printf("left=%llu\n", (unsigned long long)l->open);
}

static void run(struct load *l)
{
        if (l->mode == SESSIONS)
                for (unsigned i = 0; i < l->n; i++)
                        launch(l);
        else
                open_sessions(l);
        if (l->mode == IDLE)
                hold(l);
        else
                measure(l);
        l->stopping = true;
}

static void listen_at(struct load *l, const char *where)
{
        struct sockaddr_in a = address(where);
        struct epoll_event ev = { .events = EPOLLIN };
        int one = 1;

        ns_enter(l->server_ns);
        l->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        setsockopt(l->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(l->listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(l->listener, 4096) != 0)
                die("%s: cannot listen: %s", where, strerror(errno));
        epoll_ctl(l->ep, EPOLL_CTL_ADD, l->listener, &ev);
        ns_enter(l->client_ns);
}

static void make_message(struct load *l)
{
        int head = snprintf(l->message, MESSAGE, "content-type: http/1.1\r\ncontent-length: 977\r\n\r\n");

        memset(l->message + head, 'x', (size_t)(MESSAGE - head));
        if (MESSAGE - head != 977)
                die("the message's head is %d octets", head);
        memcpy(l->message + head, "PUT /x HTTP/1.1\r\n", 17);
}

static void set_mode(struct load *l, const char *mode)
{
        static const char *const names[] = { "sessions", "messages", "idle" };

        for (unsigned i = 0; i < 3; i++)
                if (strcmp(mode, names[i]) == 0) {
                        l->mode = i;
                        return;
                }
        die("mode=%s: sessions, messages or idle", mode);
}

int main(int argc, char **argv)
{
        static struct load l = { .client_ns = "", .server_ns = "" };
        const char *mode = "", *to = "", *where = "", *cert = "", *key = "", *src = "0.0.0.0", *device = "",
                   *cipher = "AES128-SHA";
        double sources = 1, n = 32;
        const struct arg table[] = {
                { "mode", &mode, NULL },
                { "to", &to, NULL },
                { "listen", &where, NULL },
                { "cert", &cert, NULL },
                { "key", &key, NULL },
                { "src", &src, NULL },
                { "client", &l.client_ns, NULL },
                { "server", &l.server_ns, NULL },
                { "cipher", &cipher, NULL },
                { "device", &device, NULL },
                { "sources", NULL, &sources },
                { "n", NULL, &n },
                { "seconds", NULL, &l.seconds },
        };

        l.seconds = 3;
        args_parse(argc, argv, table, sizeof table / sizeof table[0]);
        set_mode(&l, mode);
        raise_limits();
        l.to = address(to);
        l.src = address(src);
        l.sources = (unsigned)sources;
        l.n = (unsigned)n;
        device_parse(&l.device, device);
        make_message(&l);
        contexts(&l, cipher, cert, key);
        samples_init(&l.took, 1u << 20);
        l.ep = epoll_create1(EPOLL_CLOEXEC);
        listen_at(&l, where);
        run(&l);
        return l.failed ? 1 : 0;
}
