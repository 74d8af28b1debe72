/*
 * The media of held calls, as raw frames: phones outside send and receive SRTP, callees inside RTP, G.711 of 20 ms.
 * Reads trials from standard input, a line each, and answers with a line each. Sequence numbers go on from trial to
 * trial, as those of a call do.
 *
 *   rtpload streams=FILE out=PID outif=IF in=PID inif=IF gw-out=A gw-in=A [look=all] [device=PID,PID]
 *   RATE SECONDS [BURST]      packets a second of both directions together (0: all it can); before that so many
 *                             seconds of all it can, and a pause until nothing more comes out
 *
 * What arrives is counted by the interfaces. Every 64th packet (all of them: look=all) is looked at: addresses,
 * checksums, tag, contents, and its time on the way by the kernel's receive stamp. STREAMS is what callload writes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/ethgen_end.h"
#include "tests/bench/rtpload_srtp.h"

enum {
        BATCH = 64,
        PAYLOAD = 160,
        RTP = RTP_HEAD + PAYLOAD,
        SLOT = 256,
        SETTLE_MS = 200,
        FULL_SPEED = 450000, /* more than can be sent in a second */
};
#define MAGIC 0x766f7872u

struct stream {
        struct sockaddr_in phone, box_out, callee, box_in;
        struct srtp to_box, from_box;
        uint64_t index[2]; /* of the next packet: of the phone, of the callee */
};

struct side {
        struct end end;
        struct in_addr host; /* the one played here */
        uint8_t gw_mac[6];
        struct mmsghdr msg[BATCH];
        struct iovec iov[BATCH];
};

struct gen {
        struct side side[2]; /* outside, inside */
        struct stream *stream;
        unsigned streams;
        struct device device;
        uint8_t *frames; /* of a trial, in slots */
        uint64_t *sent_at;
        size_t room;
        /* shared with the watcher */
        atomic_bool measuring;
        atomic_uint first, count; /* numbers of the frames of the trial */
        struct samples late;
        uint64_t looked_at, wrong;
};

/* ---- frames ---- */

static void fill_payload(uint8_t *p, uint32_t number)
{
        uint32_t head[2] = { htonl(MAGIC), htonl(number) };

        memset(p, (int)(number * 2654435761u >> 24), PAYLOAD);
        memcpy(p, head, sizeof head);
}

static void fill_headers(const struct side *s, uint8_t *f, size_t payload, const struct sockaddr_in *from,
                         const struct sockaddr_in *to)
{
        uint16_t sum;

        memcpy(f, s->gw_mac, 6);
        memcpy(f + 6, s->end.mac, 6);
        put16(f + 12, 0x0800);
        memset(f + ETH, 0, IP + 8);
        f[ETH] = 0x45;
        put16(f + ETH + 2, (uint16_t)(IP + 8 + payload));
        f[ETH + 8] = 64;
        f[ETH + 9] = 17;
        memcpy(f + ETH + 12, &from->sin_addr, 4);
        memcpy(f + ETH + 16, &to->sin_addr, 4);
        put16(f + ETH + 10, fold(sum16(f + ETH, IP, 0)));
        memcpy(f + ETH + IP, &from->sin_port, 2);
        memcpy(f + ETH + IP + 2, &to->sin_port, 2);
        put16(f + ETH + IP + 4, (uint16_t)(8 + payload));
        sum = l4_sum(f, UDP_PAYLOAD + payload, 17);
        put16(f + ETH + IP + 6, sum ? sum : 0xffff);
}

/* Frame k of a trial: directions and streams in turn. */
static size_t make_frame(struct gen *g, uint8_t *f, size_t k, uint32_t number)
{
        unsigned side = k & 1, i = (unsigned)(k / 2 % g->streams);
        struct stream *s = &g->stream[i];
        uint64_t index = s->index[side]++;
        uint8_t *p = f + UDP_PAYLOAD;
        uint32_t ssrc = htonl(i * 2 + side + 1), when = htonl((uint32_t)index * PAYLOAD);

        p[0] = 0x80;
        p[1] = 0;
        put16(p + 2, (uint16_t)index);
        memcpy(p + 4, &when, 4);
        memcpy(p + 8, &ssrc, 4);
        fill_payload(p + RTP_HEAD, number);
        if (side == 0)
                srtp_seal(&s->to_box, p, RTP, index);
        fill_headers(&g->side[side], f, side == 0 ? RTP + SRTP_TAG : RTP, side == 0 ? &s->phone : &s->callee,
                     side == 0 ? &s->box_out : &s->box_in);
        return UDP_PAYLOAD + (side == 0 ? RTP + SRTP_TAG : RTP);
}

static void make_room(struct gen *g, size_t n)
{
        if (n <= g->room)
                return;
        free(g->frames);
        free(g->sent_at);
        g->frames = malloc(n * SLOT);
        g->sent_at = calloc(n, sizeof *g->sent_at);
        g->room = n;
        if (!g->frames || !g->sent_at)
                die("out of memory");
}

/* ---- the watcher: what comes out ---- */

static bool from_to(const uint8_t *f, const struct sockaddr_in *from, const struct sockaddr_in *to)
{
        return memcmp(f + ETH + 12, &from->sin_addr, 4) == 0 && memcmp(f + ETH + 16, &to->sin_addr, 4) == 0 &&
               memcmp(f + ETH + IP, &from->sin_port, 2) == 0 && memcmp(f + ETH + IP + 2, &to->sin_port, 2) == 0;
}

/* What is wrong with a packet, or NULL; *number: which one it is. Opens SRTP in place. */
static const char *fault(unsigned side, struct stream *s, uint8_t *f, size_t len, uint32_t *number)
{
        uint8_t *p = f + UDP_PAYLOAD, same[PAYLOAD];
        uint32_t magic = htonl(MAGIC);

        if (len != (size_t)UDP_PAYLOAD + RTP + (side == 0 ? SRTP_TAG : 0))
                return "length";
        if (!from_to(f, side == 0 ? &s->box_out : &s->box_in, side == 0 ? &s->phone : &s->callee))
                return "address";
        if (fold(sum16(f + ETH, IP, 0)) || ((f[ETH + IP + 6] || f[ETH + IP + 7]) && l4_sum(f, len, 17)))
                return "checksum";
        if (side == 0 && !srtp_open(&s->from_box, p, len - UDP_PAYLOAD))
                return "tag";
        memcpy(number, p + RTP_HEAD + 4, 4);
        *number = ntohl(*number);
        fill_payload(same, *number);
        return memcmp(p + RTP_HEAD, &magic, 4) != 0 || memcmp(p + RTP_HEAD, same, PAYLOAD) != 0 ? "payload" : NULL;
}

static struct stream *stream_of(const struct gen *g, unsigned side, const uint8_t *f)
{
        unsigned port = (unsigned)f[ETH + IP + 2] << 8 | f[ETH + IP + 3];
        unsigned first = ntohs(side == 0 ? g->stream[0].phone.sin_port : g->stream[0].callee.sin_port);

        return port >= first && (port - first) / 2 < g->streams ? &g->stream[(port - first) / 2] : NULL;
}

static void look(struct gen *g, unsigned side, uint8_t *f, size_t len, const struct msghdr *m)
{
        struct stream *s = stream_of(g, side, f);
        const struct cmsghdr *c = CMSG_FIRSTHDR(m);
        uint32_t number = 0;
        const char *what = s ? fault(side, s, f, len, &number) : "port";
        struct timespec t = { 0 };
        uint64_t at, sent;

        if (!atomic_load(&g->measuring))
                return;
        g->looked_at++;
        if (what && g->wrong++ < 3)
                fprintf(stderr, "rtpload: a packet came out %s with a wrong %s\n", side ? "inside" : "outside", what);
        number -= atomic_load(&g->first);
        if (what || number >= atomic_load(&g->count) || !c || c->cmsg_type != SCM_TIMESTAMPNS)
                return;
        memcpy(&t, CMSG_DATA(c), sizeof t);
        at = (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
        sent = __atomic_load_n(&g->sent_at[number], __ATOMIC_RELAXED);
        if (sent && at > sent)
                samples_add(&g->late, (at - sent) / 1000);
}

static void receive(struct gen *g, unsigned side)
{
        const struct side *s = &g->side[side];
        uint8_t f[FRAME_MAX];
        char ctl[CMSG_SPACE(sizeof(struct timespec))];
        struct iovec iov = { f, sizeof f };
        struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof ctl };
        ssize_t n = recvmsg(s->end.fd, &m, MSG_DONTWAIT);

        if (n >= 42 && is_arp(f, (size_t)n) && memcmp(f + 38, &s->host, 4) == 0)
                arp_answer(&s->end, f, (size_t)n);
        else if (n >= UDP_PAYLOAD + RTP && f[12] == 8 && f[13] == 0 && f[ETH + 9] == 17)
                look(g, side, f, (size_t)n, &m);
}

static void *watch(void *arg)
{
        struct gen *g = arg;

        for (;;) {
                struct pollfd p[2] = { { .fd = g->side[0].end.fd, .events = POLLIN },
                                       { .fd = g->side[1].end.fd, .events = POLLIN } };

                if (poll(p, 2, -1) <= 0)
                        continue;
                for (unsigned i = 0; i < 2; i++)
                        if (p[i].revents)
                                receive(g, i);
        }
        return NULL;
}

/* ---- the sender ---- */

static void send_side(struct side *s, unsigned n)
{
        for (unsigned i = 0; i < n;) {
                int sent = sendmmsg(s->end.fd, s->msg + i, n - i, 0);

                if (sent < 0 && errno != ENOBUFS && errno != EINTR)
                        die("%s: cannot send: %s", s->end.ifname, strerror(errno));
                i += sent > 0 ? (unsigned)sent : 0;
        }
}

static void send_some(struct gen *g, const uint16_t *len, size_t k, unsigned n)
{
        unsigned used[2] = { 0, 0 };
        uint64_t now = wall_ns();

        for (unsigned i = 0; i < n; i++) {
                struct side *s = &g->side[(k + i) & 1];

                s->iov[used[(k + i) & 1]++] = (struct iovec){ g->frames + (k + i) * SLOT, len[k + i] };
                __atomic_store_n(&g->sent_at[k + i], now, __ATOMIC_RELAXED);
        }
        send_side(&g->side[0], used[0]);
        send_side(&g->side[1], used[1]);
}

static uint64_t received(const struct gen *g)
{
        return end_received(&g->side[0].end) + end_received(&g->side[1].end);
}

/* Waits until nothing more comes out, 2 s at most; returns when the last one came, as far as can be told. */
static uint64_t settle(const struct gen *g, uint64_t *count)
{
        uint64_t last = mono_ns(), end = last + 2 * NS_PER_S, was = received(g), now;

        while (mono_ns() < end && mono_ns() < last + SETTLE_MS * 1000000ull) {
                usleep(2000);
                now = received(g);
                if (now != was)
                        last = mono_ns();
                was = now;
        }
        *count = was;
        return last;
}

struct result {
        uint64_t sent, got, in_time, cpu, own; /* in_time: out before the last one was sent */
        double sending, all;                   /* seconds of sending; until the last one came out */
};

/* Makes the frames, then sends them at the rate; frames of full speed that there was no time for are taken back. */
static struct result run(struct gen *g, double rate, double seconds)
{
        static uint32_t number;
        size_t n = (size_t)((rate > 0 ? rate : FULL_SPEED) * seconds) & ~(size_t)1;
        uint16_t *len = calloc(n, sizeof *len);
        struct pace p = { .rate = rate, .batch = BATCH };
        struct result r = { 0 };
        uint64_t end, before;

        if (!len || !n)
                die("nothing to send");
        make_room(g, n);
        memset(g->sent_at, 0, n * sizeof *g->sent_at);
        for (size_t k = 0; k < n; k++)
                len[k] = (uint16_t)make_frame(g, g->frames + k * SLOT, k, number + (uint32_t)k);
        atomic_store(&g->first, number);
        atomic_store(&g->count, (unsigned)n);
        before = received(g);
        r.cpu = device_cpu_ns(&g->device);
        r.own = own_cpu_ns();
        p.start = mono_ns();
        end = p.start + (uint64_t)(seconds * 1e9);
        while (p.sent < n && (rate > 0 || mono_ns() < end)) {
                unsigned m = pace_due(&p);

                m = m < n - p.sent ? m : (unsigned)(n - p.sent);
                send_some(g, len, p.sent, m);
                p.sent += m;
        }
        r.sent = p.sent;
        r.sending = (double)(mono_ns() - p.start) / 1e9;
        r.in_time = received(g) - before;
        r.own = own_cpu_ns() - r.own;
        r.all = (double)(settle(g, &r.got) - p.start) / 1e9;
        r.cpu = device_cpu_ns(&g->device) - r.cpu;
        r.got -= before;
        for (size_t k = p.sent; k < n; k++)
                g->stream[k / 2 % g->streams].index[k & 1]--;
        number += (uint32_t)n;
        free(len);
        return r;
}

static void trial(struct gen *g, double rate, double seconds, double burst)
{
        struct result b = { 0 }, r;

        if (burst > 0)
                b = run(g, 0, burst);
        g->late.n = 0;
        g->looked_at = g->wrong = 0;
        atomic_store(&g->measuring, true);
        r = run(g, rate, seconds);
        atomic_store(&g->measuring, false);
        printf("sent=%llu got=%llu pps=%.0f offered=%.0f loss=%.6f dev_us=%.3f gen_us=%.3f",
               (unsigned long long)r.sent, (unsigned long long)r.got, (double)r.got / r.all,
               (double)r.sent / r.sending, 1 - (double)r.got / (double)r.sent,
               r.got ? (double)r.cpu / (double)r.got / 1e3 : 0, (double)r.own / (double)r.sent / 1e3);
        printf(" inside=%.4f looked_at=%llu wrong=%llu p50_us=%u p99_us=%u most_us=%u",
               1 - (double)r.in_time / (double)r.sent, (unsigned long long)g->looked_at, (unsigned long long)g->wrong,
               samples_quantile(&g->late, 0.5), samples_quantile(&g->late, 0.99), samples_quantile(&g->late, 1));
        printf(" burst_pps=%.0f burst_loss=%.3f drained_ms=%.0f\n", burst > 0 ? (double)b.got / b.all : 0,
               burst > 0 ? 1 - (double)b.got / (double)b.sent : 0, (b.all - b.sending) * 1000);
        fflush(stdout);
}

/* ---- arguments ---- */

static struct sockaddr_in at(const char *ip, unsigned port)
{
        struct sockaddr_in a = address(ip);

        a.sin_port = htons((uint16_t)port);
        return a;
}

static void read_streams(struct gen *g, const char *path)
{
        char ip[4][32], key[2][41];
        unsigned port[4], max = 0;
        FILE *f = fopen(path, "r");

        if (!f)
                die("%s: %s", path, strerror(errno));
        while (fscanf(f, "%31s %u %31s %u %31s %u %31s %u %40s %40s", ip[0], &port[0], ip[1], &port[1], ip[2],
                      &port[2], ip[3], &port[3], key[0], key[1]) == 10) {
                struct stream *s;

                if (g->streams == max) {
                        max = max ? 2 * max : 256;
                        g->stream = realloc(g->stream, max * sizeof *g->stream);
                        if (!g->stream)
                                die("out of memory");
                }
                s = &g->stream[g->streams++];
                *s = (struct stream){ .phone = at(ip[0], port[0]),
                                      .box_out = at(ip[1], port[1]),
                                      .callee = at(ip[2], port[2]),
                                      .box_in = at(ip[3], port[3]) };
                srtp_init(&s->to_box, key[0]);
                srtp_init(&s->from_box, key[1]);
                s->index[0] = s->index[1] = g->streams * 37 % 30000; /* not all of them are looked at together */
        }
        fclose(f);
        if (!g->streams)
                die("%s: no streams", path);
}

static void side_open(struct side *s, const char *pid, const char *ifname, struct in_addr host, const char *gw,
                      bool look)
{
        s->host = host;
        end_open(&s->end, pid, ifname, UDP_PAYLOAD + 3, look ? LOOK_ALL : LOOK_SOME);
        arp_resolve(&s->end, host, address(gw).sin_addr, s->gw_mac);
        for (unsigned i = 0; i < BATCH; i++)
                s->msg[i].msg_hdr = (struct msghdr){ .msg_iov = &s->iov[i], .msg_iovlen = 1 };
}

int main(int argc, char **argv)
{
        static struct gen g;
        const char *streams = "", *out = "", *outif = "", *in = "", *inif = "", *gw_out = "", *gw_in = "",
                   *device = "", *look = "";
        const struct arg table[] = {
                { "streams", &streams, NULL }, { "out", &out, NULL },       { "in", &in, NULL },
                { "outif", &outif, NULL },     { "inif", &inif, NULL },     { "gw-out", &gw_out, NULL },
                { "gw-in", &gw_in, NULL },     { "device", &device, NULL }, { "look", &look, NULL },
        };
        char line[128];
        pthread_t watcher;

        args_parse(argc, argv, table, sizeof table / sizeof table[0]);
        prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
        device_parse(&g.device, device);
        read_streams(&g, streams);
        side_open(&g.side[0], out, outif, g.stream[0].phone.sin_addr, gw_out, *look);
        side_open(&g.side[1], in, inif, g.stream[0].callee.sin_addr, gw_in, *look);
        samples_init(&g.late, 1u << 20);
        if (pthread_create(&watcher, NULL, watch, &g) != 0)
                die("no thread");
        while (fgets(line, sizeof line, stdin)) {
                double rate = 0, seconds = 1, burst = 0;

                if (sscanf(line, "%lf %lf %lf", &rate, &seconds, &burst) < 1)
                        die("a trial is: rate seconds burst");
                trial(&g, rate, seconds, burst);
        }
        return 0;
}
