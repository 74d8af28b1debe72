/*
 * SCCP phones at a proxy or firewall: phones outside, TLS with a certificate each or TCP; inside a call manager.
 *
 *   phoneload mode=storm|hold|rate|boot in=tls|tcp to=IP:PORT listen=IP:PORT n=PHONES [client=PID] [server=PID]
 *             [src=IP] [sources=N] [ca=PEM] [ca-key=PEM] [parallel=N] [audio=N] [kind=key|call] [rate=PER_S]
 * [at-once=N] [seconds=S] [file=PATH] [blksize=N] [device=PID,PID]
 *
 * storm: all phones dial, `parallel` at a time (0: all at once) and register; one that is turned away dials again a
 * second later; audio=N: phones 0 to N - 1 are in calls before, and hear G.711 from inside meanwhile.  hold:
 * registers them likewise, says "held=N"; for each line "RATE SECONDS" of standard input sends keepalives, phones in
 * turn, and says what they cost.  rate: n phones, messages after messages: a key and its lamp, or calls: open, start,
 * close, stop and the answers.  boot: TFTP only, CTL and configuration, at-once of them under way (phoneload_tftp.c).
 * Phone i has the address src + i % sources.
 */
#include "tests/bench/phoneload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench_tls.h"

#define EVENTS 256
#define WARM_UP_NS 500000000ull
#define STUCK_NS (90 * NS_PER_S)
#define AGAIN_NS NS_PER_S
#define SAMPLES 4000000u

/* ---- connections ---- */

static struct end *end_new(struct load *l, int fd, bool server)
{
        struct end *e = calloc(1, sizeof *e);
        struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = e };
        int one = 1;

        if (!e)
                die("out of memory");
        e->fd = fd;
        e->server = server;
        e->state = server ? PH_REGISTERING : PH_CONNECTING;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (epoll_ctl(l->ep, EPOLL_CTL_ADD, fd, &ev) != 0)
                die("epoll: %s", strerror(errno));
        return e;
}

static void end_free(struct load *l, struct end *e)
{
        if (e->ssl)
                SSL_free(e->ssl);
        close(e->fd);
        e->state = PH_LOST;
        e->next_dead = l->dead;
        l->dead = e;
}

static void bury(struct load *l)
{
        while (l->dead) {
                struct end *e = l->dead;

                l->dead = e->next_dead;
                free(e);
        }
}

/* Messages are small and alone on their way: what does not go at once is lost, and so is the connection. */
static bool say(struct end *e, const uint8_t *m, size_t n)
{
        int sent = e->ssl ? SSL_write(e->ssl, m, (int)n) : (int)send(e->fd, m, n, MSG_NOSIGNAL);

        return sent == (int)n;
}

static void dial(struct load *l, unsigned id)
{
        struct sockaddr_in from = l->src;
        int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        struct end *e;

        from.sin_addr.s_addr = htonl(ntohl(from.sin_addr.s_addr) + id % l->sources);
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) != 0)
                die("a phone's socket: %s", strerror(errno));
        if (connect(fd, (struct sockaddr *)&l->to, sizeof l->to) != 0 && errno != EINPROGRESS)
                die("connect: %s", strerror(errno));
        e = l->phone[id] = end_new(l, fd, false);
        e->id = id;
        e->ip = from.sin_addr.s_addr;
        e->start = mono_ns();
        l->opened++;
        if (!l->tls)
                return;
        e->ssl = SSL_new(l->ctx);
        if (!e->ssl || !SSL_set_fd(e->ssl, fd))
                die("out of memory");
        pki_dress(e->ssl, id);
        SSL_set_connect_state(e->ssl);
}

static void listen_at(struct load *l)
{
        struct epoll_event ev = { .events = EPOLLIN };
        int one = 1;

        ns_enter(l->server_ns);
        l->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        setsockopt(l->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(l->listener, (struct sockaddr *)&l->listen_at, sizeof l->listen_at) != 0 ||
            listen(l->listener, 4096) != 0)
                die("cannot listen: %s", strerror(errno));
        epoll_ctl(l->ep, EPOLL_CTL_ADD, l->listener, &ev);
        ns_enter(l->client_ns);
}

static void accept_all(struct load *l)
{
        int fd;

        while ((fd = accept4(l->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
                end_new(l, fd, true);
}

/* A phone dials again; the call manager forgets. */
static void lost(struct load *l, struct end *e, const char *why)
{
        if (e->server) {
                if (l->line[e->id] == e)
                        l->line[e->id] = NULL;
                end_free(l, e);
                return;
        }
        if (e->state == PH_REGISTERED && !l->stopping)
                die("phone %u has lost its connection: %s", e->id, why);
        l->phone[e->id] = NULL;
        l->opened--;
        l->tries_lost++;
        end_free(l, e);
}

/* ---- what is said ---- */

static void answered(struct load *l, struct end *e)
{
        if (!e->waiting)
                return;
        e->waiting = false;
        l->done++;
        samples_add(&l->took, (mono_ns() - e->asked) / 1000);
}

static void learn(struct load *l, struct end *e, const struct learned *k)
{
        if (k->what == HEARD_REGISTER && k->id < PHONES_MAX) {
                e->id = k->id;
                l->line[e->id] = e;
        } else if (k->what == HEARD_REGISTERED && e->state == PH_REGISTERING) {
                e->state = PH_REGISTERED;
                l->registered++;
                samples_add(&l->took, (mono_ns() - e->start) / 1000);
        } else if (k->what == HEARD_CHANNEL && e->keep) {
                audio_channel(e->id, k->id, &k->at);
        } else if (k->what == HEARD_ANSWER && l->phone[e->id]) {
                answered(l, l->phone[e->id]);
        }
}

static bool hear(struct load *l, struct end *e)
{
        size_t at = 0;

        while (e->in_n - at >= 12) {
                size_t n = 8u + e->in[at] + ((size_t)e->in[at + 1] << 8);
                uint8_t out[FRAME_MAX];
                struct learned k;

                if (n > IN_MAX)
                        die("a frame of %zu bytes", n);
                if (e->in_n - at < n)
                        break;
                n = frame_hear(e, e->in + at, n, out, &k);
                at += 8u + e->in[at] + ((size_t)e->in[at + 1] << 8);
                if (n && !say(e, out, n))
                        return false;
                learn(l, e, &k);
        }
        memmove(e->in, e->in + at, e->in_n - at);
        e->in_n -= at;
        return true;
}

/* true: it is open. */
static bool connected(struct load *l, struct end *e)
{
        uint8_t out[FRAME_MAX];
        int error = 0, r, why;
        socklen_t n = sizeof error;

        getsockopt(e->fd, SOL_SOCKET, SO_ERROR, &error, &n);
        r = error ? -1 : e->ssl ? SSL_do_handshake(e->ssl) : 1;
        if (r != 1) {
                why = error ? SSL_ERROR_SYSCALL : SSL_get_error(e->ssl, r);
                if (why == SSL_ERROR_SSL && ERR_GET_REASON(ERR_peek_error()) != SSL_R_UNEXPECTED_EOF_WHILE_READING)
                        die("a handshake failed: %s", ERR_reason_error_string(ERR_get_error()));
                ERR_clear_error();
                if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
                        lost(l, e, "in its handshake");
                return false;
        }
        e->state = PH_REGISTERING;
        if (say(e, out, frame_register(e, out)))
                return true;
        lost(l, e, "it cannot speak");
        return false;
}

static void ready(struct load *l, struct end *e, uint32_t events)
{
        int n = 0;

        if (e->state == PH_LOST || (e->state == PH_CONNECTING && !(events & (EPOLLOUT | EPOLLIN | EPOLLERR))))
                return;
        if (e->state == PH_CONNECTING && !connected(l, e))
                return;
        do {
                n = e->ssl ? SSL_read(e->ssl, e->in + e->in_n, (int)(IN_MAX - e->in_n))
                           : (int)recv(e->fd, e->in + e->in_n, IN_MAX - e->in_n, 0);
                if (n > 0)
                        e->in_n += (size_t)n;
                if (n > 0 && !hear(l, e)) {
                        lost(l, e, "it cannot speak");
                        return;
                }
        } while (n > 0);
        if (e->ssl ? SSL_get_error(e->ssl, n) != SSL_ERROR_WANT_READ : n == 0 || errno != EAGAIN) {
                ERR_clear_error();
                lost(l, e, "the device has ended it");
        }
}

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
        bury(l);
        if (l->audio)
                audio_pump();
}

/* ---- registrations ---- */

/* Those without a connection dial in turn, each once a second at most. */
static void dial_more(struct load *l, uint64_t *again)
{
        uint64_t now = mono_ns();

        for (unsigned i = l->first; i < l->n && (!l->parallel || l->opened - l->registered < l->parallel); i++) {
                if (l->phone[i] || now < again[i])
                        continue;
                again[i] = now + AGAIN_NS;
                dial(l, i);
                pump(l, 0);
        }
}

static void register_all(struct load *l)
{
        uint64_t limit = mono_ns() + STUCK_NS, *again = calloc(l->n, sizeof *again);

        if (!again)
                die("out of memory");
        while (l->registered < l->n && mono_ns() < limit) {
                if (l->opened < l->n)
                        dial_more(l, again);
                pump(l, 1);
        }
        free(again);
        if (l->registered < l->n)
                die("only %u of %u phones registered, %u connections lost", l->registered, l->n, l->tries_lost);
}

/* Some phones are in calls already, and hear their callees. */
static void talk_first(struct load *l)
{
        unsigned all = l->n, parallel = l->parallel;
        uint8_t out[FRAME_MAX];
        uint64_t until;

        l->n = l->audio;
        l->parallel = 8;
        register_all(l);
        audio_open(l, l->n);
        for (unsigned i = 0; i < l->n; i++) {
                l->line[i]->keep = true;
                say(l->line[i], out, frame_open(i, out));
        }
        for (until = mono_ns() + 10 * NS_PER_S; !audio_ready() && mono_ns() < until;)
                pump(l, 1);
        if (!audio_ready())
                die("not all calls were made");
        audio_begin();
        for (until = mono_ns() + 2 * NS_PER_S; mono_ns() < until;)
                pump(l, 1);
        audio_say("before");
        audio_begin();
        l->first = l->n;
        l->n = all;
        l->parallel = parallel;
}

static void storm(struct load *l)
{
        uint64_t cpu, own, start;
        unsigned before;
        double took;

        if (l->audio)
                talk_first(l);
        before = l->registered;
        l->took.n = 0;
        cpu = device_cpu_ns(&l->device);
        own = own_cpu_ns();
        start = mono_ns();

        register_all(l);
        took = (double)(mono_ns() - start) / 1e9;
        cpu = device_cpu_ns(&l->device) - cpu;
        own = own_cpu_ns() - own;
        before = l->registered - before;
        printf("done=%u lost=%u seconds=%.3f per_s=%.0f dev_us=%.2f gen_us=%.2f p50_us=%u p99_us=%u ", before,
               l->tries_lost, took, before / took, (double)cpu / before / 1e3, (double)own / before / 1e3,
               samples_quantile(&l->took, 0.5), samples_quantile(&l->took, 0.99));
        if (l->audio)
                audio_say("during");
        putchar('\n');
}

/* ---- messages ---- */

static void launch_keepalive(struct load *l, struct end *e)
{
        uint8_t out[FRAME_MAX];

        if (!say(e, out, frame_keepalive(false, out)))
                lost(l, e, "it cannot speak");
}

/* A call is six messages; of a key and its lamp there are two. */
static void launch_message(struct load *l, struct end *e)
{
        struct end *from = l->calls ? l->line[e->id] : e;
        uint8_t out[FRAME_MAX];

        if (!from)
                die("phone %u has no line", e->id);
        if (!say(from, out, l->calls ? frame_open(l->launched, out) : frame_key(out)))
                lost(l, from, "it cannot speak");
}

/* The next phone that waits for nothing; false: all of them do. */
static bool launch(struct load *l, void (*what)(struct load *l, struct end *e))
{
        for (unsigned tries = 0; tries < l->n; tries++) {
                struct end *e = l->phone[l->launched++ % l->n];

                if (!e || e->waiting)
                        continue;
                e->waiting = true;
                e->asked = mono_ns();
                what(l, e);
                return true;
        }
        return false;
}

/* begun, at most `limit` of them under way */
static uint64_t messages_until(struct load *l, uint64_t start, uint64_t until,
                               void (*what)(struct load *l, struct end *e))
{
        uint64_t now, begun = 0, ended = l->done;

        while ((now = mono_ns()) < until) {
                double due = l->rate > 0 ? (double)(now - start) * l->rate / 1e9 : 1e12;

                while ((double)begun < due && begun - (l->done - ended) < l->limit && launch(l, what))
                        begun++;
                pump(l, 1);
        }
        for (until += 4 * NS_PER_S; begun > l->done - ended && mono_ns() < until;)
                pump(l, 1);
        return begun;
}

static void measure(struct load *l, void (*what)(struct load *l, struct end *e))
{
        uint64_t cpu, own, start, begun, done = l->done;
        double took;

        l->took.n = 0;
        cpu = device_cpu_ns(&l->device);
        own = own_cpu_ns();
        start = mono_ns();
        begun = messages_until(l, start, start + (uint64_t)(l->seconds * 1e9), what);
        took = (double)(mono_ns() - start) / 1e9;
        cpu = device_cpu_ns(&l->device) - cpu;
        own = own_cpu_ns() - own;
        done = l->done - done;
        if (!done)
                die("nothing was answered in %.1f s", took);
        printf("done=%llu failed=%llu seconds=%.3f per_s=%.0f", (unsigned long long)done,
               (unsigned long long)(begun - done), took, (double)done / took);
        printf(" cpu_s=%.4f dev_us=%.2f gen_us=%.2f p50_us=%u p99_us=%u\n", (double)cpu / 1e9,
               (double)cpu / (double)done / 1e3, (double)own / (double)done / 1e3, samples_quantile(&l->took, 0.5),
               samples_quantile(&l->took, 0.99));
        fflush(stdout);
}

/* Lines "RATE SECONDS" until standard input ends. */
static void hold(struct load *l)
{
        struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
        char text[64];

        register_all(l);
        printf("held=%u lost=%u\n", l->registered, l->tries_lost);
        fflush(stdout);
        for (;;) {
                if (poll(&in, 1, 0) <= 0) {
                        pump(l, 100);
                        continue;
                }
                if (!fgets(text, sizeof text, stdin))
                        return;
                if (sscanf(text, "%lf %lf", &l->rate, &l->seconds) != 2)
                        die("%s: RATE SECONDS", text);
                measure(l, launch_keepalive);
        }
}

static void rate(struct load *l)
{
        uint64_t now;

        register_all(l);
        now = mono_ns();
        messages_until(l, now, now + WARM_UP_NS, launch_message);
        measure(l, launch_message);
}

/* ---- arguments ---- */

static enum what what_of(const char *text)
{
        static const char *const names[] = { "storm", "hold", "rate", "boot" };

        for (unsigned i = 0; i < 4; i++)
                if (strcmp(text, names[i]) == 0)
                        return i;
        die("mode=%s: storm, hold, rate or boot", text);
}

int main(int argc, char **argv)
{
        static struct load l = { .client_ns = "", .server_ns = "" };
        const char *mode = "", *in = "tls", *to = "", *where = "", *src = "0.0.0.0", *ca = "", *ca_key = "",
                   *kind = "key", *file = "", *device = "";
        double n = 1, sources = 1, parallel = 0, audio = 0, at_once = 64, blksize = 0;
        const struct arg table[] = {
                { "mode", &mode, NULL },
                { "in", &in, NULL },
                { "to", &to, NULL },
                { "listen", &where, NULL },
                { "client", &l.client_ns, NULL },
                { "server", &l.server_ns, NULL },
                { "src", &src, NULL },
                { "sources", NULL, &sources },
                { "n", NULL, &n },
                { "parallel", NULL, &parallel },
                { "audio", NULL, &audio },
                { "at-once", NULL, &at_once },
                { "ca", &ca, NULL },
                { "ca-key", &ca_key, NULL },
                { "kind", &kind, NULL },
                { "rate", NULL, &l.rate },
                { "seconds", NULL, &l.seconds },
                { "file", &file, NULL },
                { "blksize", NULL, &blksize },
                { "device", &device, NULL },
        };

        l.seconds = 1;
        args_parse(argc, argv, table, sizeof table / sizeof table[0]);
        raise_limits();
        l.what = what_of(mode);
        l.tls = strcmp(in, "tls") == 0;
        l.calls = strcmp(kind, "call") == 0;
        l.to = address(to);
        l.listen_at = address(where);
        l.src = address(src);
        l.n = (unsigned)n;
        l.sources = (unsigned)sources;
        l.parallel = (unsigned)parallel;
        l.audio = (unsigned)audio;
        l.limit = (unsigned)at_once;
        if (!l.n || l.n > PHONES_MAX || !l.sources)
                die("n=%u: 1 to %d phones", l.n, PHONES_MAX);
        device_parse(&l.device, device);
        samples_init(&l.took, SAMPLES);
        l.ep = epoll_create1(EPOLL_CLOEXEC);
        if (l.what == WHAT_BOOT) {
                boots_run(&l, file, (unsigned)blksize);
                return 0;
        }
        if (l.tls) {
                l.ctx = tls_client(SSL_MODE_RELEASE_BUFFERS);
                pki_load(ca, ca_key, l.n);
        }
        listen_at(&l);
        if (l.what == WHAT_STORM)
                storm(&l);
        else if (l.what == WHAT_HOLD)
                hold(&l);
        else
                rate(&l);
        return 0;
}
