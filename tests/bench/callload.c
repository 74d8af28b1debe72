/*
 * SIP calls through a proxy: phones outside (TLS with a certificate, TCP or UDP), and inside a call manager that
 * answers for everybody (TCP or UDP). A call is REGISTERed once a connection, then INVITE, 180, 200, ACK, BYE, 200.
 *
 *   callload mode=rate|hold in=tls|tcp|udp out=tcp|udp to=IP:PORT listen=IP:PORT media-out=IP media-in=IP
 *            [client=PID] [server=PID] [src=IP] [cert=PEM] [key=PEM] [conns=N] [calls=N] [rate=CALLS/S]
 *            [seconds=S] [streams=FILE] [srtp=0|1] [device=PID,PID]
 *
 * rate: calls after calls, `calls` of them under way at most; rate=0: always that many.  hold: makes `calls` calls,
 * writes a line for each to `streams`, says "held", keeps them until standard input ends. A line: phone's address
 * and port, where the phone sends to, callee's address and port, where the callee sends to, key of what the phone
 * sends, key of what it receives.
 */
#include "tests/bench/callload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench_tls.h"

#define EVENTS 256
#define WARM_UP_NS 500000000ull
#define STUCK_NS (20 * NS_PER_S)
#define LOST_NS (4 * NS_PER_S)

/* ---- connections ---- */

static struct conn *conn_new(struct load *l, int fd, bool server, enum transport over)
{
        struct conn *c = calloc(1, sizeof *c);
        struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c };
        int one = 1, big = 8 << 20;

        if (!c)
                die("out of memory");
        c->fd = fd;
        c->server = server;
        c->over = over;
        if (over == OVER_UDP)
                setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof big);
        else
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (epoll_ctl(l->ep, EPOLL_CTL_ADD, fd, &ev) != 0)
                die("epoll: %s", strerror(errno));
        return c;
}

static void flush(struct conn *c)
{
        size_t done = 0;

        while (done < c->out_n) {
                int n = c->ssl ? SSL_write(c->ssl, c->out + done, (int)(c->out_n - done))
                               : (int)send(c->fd, c->out + done, c->out_n - done, MSG_NOSIGNAL);

                if (n <= 0)
                        break;
                done += (size_t)n;
        }
        memmove(c->out, c->out + done, c->out_n - done);
        c->out_n -= done;
}

static void say(struct conn *c, const char *m, size_t n)
{
        if (c->over == OVER_UDP) {
                sendto(c->fd, m, n, 0, c->server ? (struct sockaddr *)&c->peer : NULL,
                       c->server ? sizeof c->peer : 0);
                return;
        }
        if (c->out_n + n > c->out_cap) {
                c->out_cap = 2 * (c->out_n + n);
                c->out = realloc(c->out, c->out_cap);
                if (!c->out)
                        die("out of memory");
        }
        memcpy(c->out + c->out_n, m, n);
        c->out_n += n;
        flush(c);
}

static void open_client(struct load *l, unsigned id)
{
        int type = l->over == OVER_UDP ? SOCK_DGRAM : SOCK_STREAM;
        int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        struct conn *c;
        socklen_t len = sizeof c->self;

        if (fd < 0 || bind(fd, (struct sockaddr *)&l->src, sizeof l->src) != 0)
                die("client socket: %s", strerror(errno));
        if (connect(fd, (struct sockaddr *)&l->to, sizeof l->to) != 0 && errno != EINPROGRESS)
                die("connect: %s", strerror(errno));
        c = l->conn[id] = conn_new(l, fd, false, l->over);
        c->id = id;
        getsockname(fd, (struct sockaddr *)&c->self, &len);
        if (l->over != OVER_TLS)
                return;
        c->ssl = SSL_new(l->ctx);
        if (!c->ssl || !SSL_set_fd(c->ssl, fd))
                die("out of memory");
        SSL_set_connect_state(c->ssl);
}

static void listen_at(struct load *l)
{
        bool udp = l->server_over == OVER_UDP;
        int one = 1, fd;
        struct epoll_event ev = { .events = EPOLLIN };

        ns_enter(l->server_ns);
        fd = socket(AF_INET, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(fd, (struct sockaddr *)&l->listen_at, sizeof l->listen_at) != 0 || (!udp && listen(fd, 4096) != 0))
                die("cannot listen: %s", strerror(errno));
        l->listener = fd;
        if (udp)
                conn_new(l, fd, true, OVER_UDP)->connected = true;
        else
                epoll_ctl(l->ep, EPOLL_CTL_ADD, fd, &ev);
        ns_enter(l->client_ns);
}

static void accept_all(struct load *l)
{
        int fd;

        while ((fd = accept4(l->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
                conn_new(l, fd, true, OVER_TCP)->connected = true;
}

/* ---- what is said ---- */

/* The next call, on the connections in turn. */
static void launch(struct load *l)
{
        char m[MESSAGE_MAX];
        unsigned n = l->launched++;
        struct conn *c = l->conn[n % l->nconns];

        if (n >= CALLS_MAX)
                die("more than %d calls", CALLS_MAX);
        l->call[n].conn = c->id;
        l->call[n].start = mono_ns();
        say(c, m, sip_invite(l, c, n, m));
}

/* What the phone hears: the 2xx of INVITE makes the call, that of BYE ends it. */
static void phone_hears(struct load *l, struct conn *c, const char *m)
{
        unsigned n = sip_call_number(m);
        struct call *k = n < l->launched ? &l->call[n] : NULL;
        char out[MESSAGE_MAX];
        int code = sip_code(m);

        if (code >= 300)
                die("refused: %.*s", (int)strcspn(m, "\r"), m);
        if (code == 200 && sip_cseq_is(m, "REGISTER") && !c->ready) {
                c->ready = true;
                l->nready++;
        } else if (code == 200 && k && !k->answered && sip_cseq_is(m, "INVITE")) {
                k->answered = true;
                l->held++;
                if (l->srtp && (!sdp_media(m, &k->box_out) || !sdp_key(m, k->key_from_box)))
                        die("an answer without media:\n%s", m);
                say(c, out, sip_in_dialog(c, "ACK", n, m, out));
                if (l->mode == RATE)
                        say(c, out, sip_in_dialog(c, "BYE", n, m, out));
        } else if (code == 200 && k && !k->over && sip_cseq_is(m, "BYE")) {
                k->over = true;
                l->done++;
                samples_add(&l->took, (mono_ns() - k->start) / 1000);
        }
}

static void callee_hears(struct load *l, struct conn *c, const char *m)
{
        unsigned n = sip_call_number(m);
        char out[MESSAGE_MAX];

        if (sip_code(m) || sip_is(m, "ACK"))
                return;
        if (!sip_is(m, "INVITE")) {
                say(c, out, sip_answer(l, c, m, 200, false, n, out));
                return;
        }
        if (n < CALLS_MAX && l->mode == HOLD)
                sdp_media(m, &l->call[n].box_in);
        say(c, out, sip_answer(l, c, m, 180, false, n, out));
        say(c, out, sip_answer(l, c, m, 200, true, n, out));
}

static void hear(struct load *l, struct conn *c)
{
        size_t at = 0, n;

        c->in[c->in_n] = 0;
        while ((n = sip_whole(c->in + at, c->in_n - at)) > 0) {
                char next = c->in[at + n];

                c->in[at + n] = 0;
                (c->server ? callee_hears : phone_hears)(l, c, c->in + at);
                c->in[at + n] = next;
                at += n;
        }
        memmove(c->in, c->in + at, c->in_n - at);
        c->in_n -= at;
}

static int read_some(struct conn *c)
{
        size_t room = IN_MAX - 1 - c->in_n;
        socklen_t len = sizeof c->peer;

        if (c->ssl)
                return SSL_read(c->ssl, c->in + c->in_n, (int)room);
        if (c->over == OVER_UDP && c->server)
                return (int)recvfrom(c->fd, c->in + c->in_n, room, 0, (struct sockaddr *)&c->peer, &len);
        return (int)recv(c->fd, c->in + c->in_n, room, 0);
}

static void connected(struct load *l, struct conn *c)
{
        char m[MESSAGE_MAX];
        int r = c->ssl ? SSL_do_handshake(c->ssl) : 1, why;

        if (r != 1) {
                why = SSL_get_error(c->ssl, r);
                if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
                        die("a handshake failed: %s", ERR_reason_error_string(ERR_get_error()));
                return;
        }
        c->connected = true;
        say(c, m, sip_register(l, c, m));
}

static void ready(struct load *l, struct conn *c, uint32_t events)
{
        int n;

        if (!c->connected && events & EPOLLOUT)
                connected(l, c);
        if (!c->connected)
                return;
        if (c->out_n)
                flush(c);
        while ((n = read_some(c)) > 0) {
                c->in_n += (size_t)n;
                hear(l, c);
                if (c->over == OVER_UDP)
                        c->in_n = 0;
        }
        if (n == 0 && c->over != OVER_UDP && !l->stopping && !c->server)
                die("the device closed a connection after %u calls", l->launched);
}

/* ---- the run ---- */

static void pump(struct load *l, int wait_ms)
{
        struct epoll_event ev[EVENTS];
        int n = epoll_wait(l->ep, ev, EVENTS, wait_ms);

        for (int i = 0; i < n; i++) {
                if (ev[i].data.ptr)
                        ready(l, ev[i].data.ptr, ev[i].events);
                else
                        accept_all(l);
        }
}

/* A handshake at a time, as phones come one by one. */
static void register_all(struct load *l)
{
        uint64_t limit = mono_ns() + STUCK_NS;

        for (unsigned i = 0; i < l->nconns; i++) {
                open_client(l, i);
                while (l->nready <= i && mono_ns() < limit)
                        pump(l, 20);
        }
        if (l->nready < l->nconns)
                die("only %u of %u phones registered", l->nready, l->nconns);
}

static unsigned under_way(const struct load *l)
{
        return l->launched - (unsigned)(l->mode == HOLD ? l->held : l->done + l->failed);
}

/* Launches what is due since `start` at the rate, and what comes goes. */
static void calls_until(struct load *l, uint64_t start, uint64_t until, unsigned base)
{
        uint64_t now;

        while ((now = mono_ns()) < until) {
                double due = l->rate > 0 ? (double)(now - start) * l->rate / 1e9 : CALLS_MAX;

                while (l->launched - base < due && under_way(l) < l->limit)
                        launch(l);
                pump(l, 1);
        }
}

static void drain(struct load *l)
{
        uint64_t limit = mono_ns() + LOST_NS;

        while (under_way(l) && mono_ns() < limit)
                pump(l, 5);
}

static void measure(struct load *l)
{
        uint64_t start = mono_ns(), cpu, own, done;
        double took;

        calls_until(l, start, start + WARM_UP_NS, l->launched);
        drain(l);
        l->took.n = 0;
        done = l->done;
        cpu = device_cpu_ns(&l->device);
        own = own_cpu_ns();
        start = mono_ns();
        calls_until(l, start, start + (uint64_t)(l->seconds * 1e9), l->launched);
        took = (double)(mono_ns() - start) / 1e9;
        drain(l);
        cpu = device_cpu_ns(&l->device) - cpu;
        own = own_cpu_ns() - own;
        done = l->done - done;
        l->stopping = true;
        if (!done)
                die("no call was completed in %.1f s", took);
        printf("done=%llu failed=%u seconds=%.3f per_s=%.0f", (unsigned long long)done, under_way(l), took,
               (double)done / took);
        printf(" dev_us=%.2f gen_us=%.2f p50_us=%u p99_us=%u\n", (double)cpu / (double)done / 1e3,
               (double)own / (double)done / 1e3, samples_quantile(&l->took, 0.5), samples_quantile(&l->took, 0.99));
}

static void write_streams(const struct load *l, const char *path)
{
        FILE *f = fopen(path, "w");
        char key[KEY_TEXT + 1], out[INET_ADDRSTRLEN], in[INET_ADDRSTRLEN], box_out[INET_ADDRSTRLEN],
                box_in[INET_ADDRSTRLEN];

        if (!f)
                die("%s: %s", path, strerror(errno));
        inet_ntop(AF_INET, &l->media_out.sin_addr, out, sizeof out);
        inet_ntop(AF_INET, &l->media_in.sin_addr, in, sizeof in);
        for (unsigned i = 0; i < l->launched; i++) {
                const struct call *k = &l->call[i];
                unsigned port = MEDIA_PORT + 2 * i;

                call_key(i, key);
                inet_ntop(AF_INET, &k->box_out.sin_addr, box_out, sizeof box_out);
                inet_ntop(AF_INET, &k->box_in.sin_addr, box_in, sizeof box_in);
                fprintf(f, "%s %u %s %u %s %u %s %u %s %s\n", out, port, box_out, ntohs(k->box_out.sin_port), in,
                        port, box_in, ntohs(k->box_in.sin_port), key, k->key_from_box);
        }
        fclose(f);
}

/* Keeps the calls until the driver closes standard input. */
static void hold(struct load *l, const char *streams)
{
        unsigned calls = l->limit;
        uint64_t limit = mono_ns() + STUCK_NS;
        char c;

        while (l->held < calls && mono_ns() < limit) {
                while (l->launched < calls && under_way(l) < 32)
                        launch(l);
                pump(l, 5);
        }
        if (l->held < calls)
                die("only %u of %u calls were answered", l->held, calls);
        if (*streams)
                write_streams(l, streams);
        printf("held=%u\n", l->held);
        fflush(stdout);
        fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
        for (limit = mono_ns() + 120 * NS_PER_S; mono_ns() < limit;) {
                ssize_t n = read(STDIN_FILENO, &c, 1);

                if (n == 0 || (n < 0 && errno != EAGAIN))
                        break;
                pump(l, 100);
        }
}

/* ---- arguments ---- */

static void tls_context(struct load *l, const char *cert, const char *key)
{
        l->ctx = tls_client(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        if (SSL_CTX_use_certificate_file(l->ctx, cert, SSL_FILETYPE_PEM) != 1 ||
            SSL_CTX_use_PrivateKey_file(l->ctx, key, SSL_FILETYPE_PEM) != 1)
                die("%s, %s: no certificate with its key", cert, key);
}

static enum transport transport(const char *text)
{
        static const char *const names[] = { "tls", "tcp", "udp" };

        for (unsigned i = 0; i < 3; i++)
                if (strcmp(text, names[i]) == 0)
                        return i;
        die("%s: tls, tcp or udp", text);
}

int main(int argc, char **argv)
{
        static struct load l = { .client_ns = "", .server_ns = "" };
        const char *mode = "", *in = "tls", *out = "tcp", *to = "", *where = "", *media_out = "", *media_in = "",
                   *src = "0.0.0.0", *cert = "", *key = "", *streams = "", *device = "";
        double conns = 8, calls = 64, srtp = 0;
        const struct arg table[] = {
                { "mode", &mode, NULL },
                { "in", &in, NULL },
                { "out", &out, NULL },
                { "to", &to, NULL },
                { "listen", &where, NULL },
                { "media-out", &media_out, NULL },
                { "media-in", &media_in, NULL },
                { "client", &l.client_ns, NULL },
                { "server", &l.server_ns, NULL },
                { "src", &src, NULL },
                { "cert", &cert, NULL },
                { "key", &key, NULL },
                { "streams", &streams, NULL },
                { "device", &device, NULL },
                { "conns", NULL, &conns },
                { "calls", NULL, &calls },
                { "rate", NULL, &l.rate },
                { "seconds", NULL, &l.seconds },
                { "srtp", NULL, &srtp },
        };

        l.seconds = 1;
        args_parse(argc, argv, table, sizeof table / sizeof table[0]);
        if (strcmp(mode, "rate") != 0 && strcmp(mode, "hold") != 0)
                die("mode=%s: rate or hold", mode);
        raise_limits();
        l.mode = strcmp(mode, "hold") == 0 ? HOLD : RATE;
        l.over = transport(in);
        l.server_over = transport(out);
        l.to = address(to);
        l.listen_at = address(where);
        l.src = address(src);
        l.media_out = address(media_out);
        l.media_in = address(media_in);
        l.nconns = (unsigned)conns;
        l.limit = (unsigned)calls;
        l.srtp = srtp > 0;
        device_parse(&l.device, device);
        l.conn = calloc(l.nconns, sizeof *l.conn);
        l.call = calloc(CALLS_MAX, sizeof *l.call);
        if (!l.conn || !l.call)
                die("out of memory");
        samples_init(&l.took, CALLS_MAX);
        l.ep = epoll_create1(EPOLL_CLOEXEC);
        if (l.over == OVER_TLS)
                tls_context(&l, cert, key);
        listen_at(&l);
        register_all(&l);
        if (l.mode == HOLD)
                hold(&l, streams);
        else
                measure(&l);
        return 0;
}
