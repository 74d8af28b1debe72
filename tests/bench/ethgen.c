/*
 * Sends UDP datagrams or TCP SYNs as raw frames into one side of a device and counts what comes out at the other.
 * Both ends live here, each in its network namespace, and answer ARP for the hosts they play: the namespaces need no
 * addresses, and no kernel answers the test traffic (frames go to a MAC address that is not the interface's).
 *
 *   ethgen tx=PID txif=IF rx=PID rxif=IF gw=A src=A dst=A [seen-src=A] [seen-dst=A] [dport=N] [kind=udp|syn|new]
 *          [flows=N] [payload=N] [rate=PPS] [seconds=S] [count=N] [look=all] [device=PID,PID]
 *
 * kind=udp: `flows` datagram flows, opened before the measurement. new, syn: every frame is a flow of its own.
 * rate=0: all it can. The first of seconds and count ends it. What arrives is counted by the interface; every 64th
 * datagram (all of them: look=all) is looked at: addresses, checksums, contents, and its time on the way by the
 * kernel's receive stamp.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
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

enum {
        BATCH = 64,
        NEW_HOSTS = 128, /* source addresses of new flows; each has 60,000 ports */
        NEW_PORTS = 60000,
        SETTLE_MS = 60,
};
#define MAGIC 0x766f7867u

struct gen {
        struct end tx, rx;
        uint8_t gw_mac[6];
        struct in_addr gw, src, dst, seen_src, seen_dst;
        bool syn, fresh;
        uint16_t dport;
        unsigned flows, payload, len;
        double rate, seconds, count;
        struct device device;
        uint64_t seq;
        uint8_t frame[BATCH][FRAME_MAX];
        struct iovec iov[BATCH];
        struct mmsghdr msg[BATCH];
        /* the watcher's */
        atomic_bool stop, measuring;
        struct samples late;
        uint64_t looked_at, wrong;
};

/* ---- the watcher: what comes out ---- */

static uint64_t get64(const uint8_t *p)
{
        uint64_t v;

        memcpy(&v, p, sizeof v);
        return be64toh(v);
}

/* What is wrong with a datagram that came out, or NULL. */
static const char *fault(const struct gen *g, const uint8_t *f, size_t len)
{
        uint32_t magic = htonl(MAGIC);

        if (len != g->len || memcmp(f + UDP_PAYLOAD, &magic, 4) != 0)
                return "length or contents";
        if (memcmp(f, g->rx.mac, 6) != 0)
                return "MAC address";
        if (memcmp(f + ETH + 12, &g->seen_src, 4) != 0)
                return "source address";
        if (memcmp(f + ETH + 16, &g->seen_dst, 4) != 0)
                return "destination address";
        return fold(sum16(f + ETH, IP, 0)) || l4_sum(f, len, IPPROTO_UDP) ? "checksum" : NULL;
}

static void look(struct gen *g, const uint8_t *f, size_t len, const struct msghdr *m)
{
        const struct cmsghdr *c = CMSG_FIRSTHDR(m);
        uint64_t sent = get64(f + UDP_PAYLOAD + TIME_AT), at = 0;
        const char *what = fault(g, f, len);
        struct timespec t;

        if (!atomic_load(&g->measuring))
                return;
        g->looked_at++;
        if (what && g->wrong++ == 0)
                fprintf(stderr, "ethgen: a datagram came out with a wrong %s\n", what);
        if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
                memcpy(&t, CMSG_DATA(c), sizeof t);
                at = (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
        }
        if (at > sent)
                samples_add(&g->late, (at - sent) / 1000);
}

static void receive(struct gen *g, const struct end *e)
{
        uint8_t f[FRAME_MAX];
        char ctl[CMSG_SPACE(sizeof(struct timespec))];
        struct iovec iov = { f, sizeof f };
        struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof ctl };
        ssize_t n = recvmsg(e->fd, &m, MSG_DONTWAIT);

        if (n > 0 && is_arp(f, (size_t)n))
                arp_answer(e, f, (size_t)n);
        else if (n >= UDP_PAYLOAD + STAMP && e == &g->rx)
                look(g, f, (size_t)n, &m);
}

static void *watch(void *arg)
{
        struct gen *g = arg;

        while (!atomic_load(&g->stop)) {
                struct pollfd p[2] = { { .fd = g->rx.fd, .events = POLLIN }, { .fd = g->tx.fd, .events = POLLIN } };

                if (poll(p, 2, 50) <= 0)
                        continue;
                if (p[0].revents)
                        receive(g, &g->rx);
                if (p[1].revents)
                        receive(g, &g->tx);
        }
        return NULL;
}

/* ---- the sender ---- */

static void fill_ip(const struct gen *g, uint8_t *f)
{
        memcpy(f, g->gw_mac, 6);
        memcpy(f + 6, g->tx.mac, 6);
        put16(f + 12, ETH_P_IP);
        f += ETH;
        f[0] = 0x45;
        put16(f + 2, (uint16_t)(g->len - ETH));
        f[8] = 64;
        f[9] = g->syn ? IPPROTO_TCP : IPPROTO_UDP;
        memcpy(f + 12, &g->src, 4);
        memcpy(f + 16, &g->dst, 4);
}

static void fill_l4(const struct gen *g, uint8_t *f)
{
        uint32_t magic = htonl(MAGIC);

        put16(f + ETH + IP + 2, g->dport);
        if (g->syn) {
                f[ETH + IP + 12] = 5 << 4;
                f[ETH + IP + 13] = TH_SYN;
                put16(f + ETH + IP + 14, 64240);
                return;
        }
        put16(f + ETH + IP + 4, (uint16_t)(8 + g->payload));
        memset(f + UDP_PAYLOAD, 0x5a, g->payload);
        memcpy(f + UDP_PAYLOAD, &magic, 4);
}

static void make_frames(struct gen *g)
{
        g->len = g->syn ? ETH + IP + 20 : UDP_PAYLOAD + g->payload;
        for (unsigned i = 0; i < BATCH; i++) {
                fill_ip(g, g->frame[i]);
                fill_l4(g, g->frame[i]);
                g->iov[i] = (struct iovec){ g->frame[i], g->len };
                g->msg[i].msg_hdr = (struct msghdr){ .msg_iov = &g->iov[i], .msg_iovlen = 1 };
        }
}

/* Flows differ by port, new ones by address and port, so that they spread over a hash as a network's would. */
static void stamp(struct gen *g, uint8_t *f)
{
        uint64_t seq = g->seq++, be = htobe64(seq), now = htobe64(wall_ns());
        uint32_t host = ntohl(g->src.s_addr) + (g->fresh ? (uint32_t)(seq % NEW_HOSTS) : 0);
        uint64_t port = g->fresh ? seq / NEW_HOSTS % NEW_PORTS : seq % g->flows;
        uint8_t *sum = f + ETH + IP + (g->syn ? 16 : 6);
        uint16_t value;

        host = htonl(host);
        memcpy(f + ETH + 12, &host, 4);
        put16(f + ETH + 4, (uint16_t)seq);
        put16(f + ETH + 10, 0);
        put16(f + ETH + 10, fold(sum16(f + ETH, IP, 0)));
        put16(f + ETH + IP, (uint16_t)(1024 + port));
        if (g->syn) {
                memcpy(f + ETH + IP + 4, (uint8_t[4]){ 1, (uint8_t)host, (uint8_t)(port >> 8), (uint8_t)port }, 4);
        } else {
                memcpy(f + UDP_PAYLOAD + SEQ_AT, &be, 8);
                memcpy(f + UDP_PAYLOAD + TIME_AT, &now, 8);
        }
        put16(sum, 0);
        value = l4_sum(f, g->len, f[ETH + 9]);
        put16(sum, value || g->syn ? value : 0xffff); /* UDP: 0 would say that there is none */
}

static void send_some(struct gen *g, unsigned n)
{
        for (unsigned i = 0; i < n; i++)
                stamp(g, g->frame[i]);
        for (unsigned i = 0; i < n;) {
                int sent = sendmmsg(g->tx.fd, g->msg + i, n - i, 0);

                if (sent < 0 && errno != ENOBUFS && errno != EINTR)
                        die("%s: cannot send: %s", g->tx.ifname, strerror(errno));
                i += sent > 0 ? (unsigned)sent : 0;
        }
}

static uint64_t send_all(struct gen *g, double seconds, double count)
{
        struct pace p = { .rate = g->rate, .batch = BATCH, .start = mono_ns() };
        uint64_t end = p.start + (uint64_t)(seconds * 1e9);

        while (mono_ns() < end && (count <= 0 || (double)p.sent < count)) {
                unsigned n = pace_due(&p);

                if (count > 0 && (double)(p.sent + n) > count)
                        n = (unsigned)(count - (double)p.sent);
                send_some(g, n);
                p.sent += n;
        }
        return p.sent;
}

/* Waits until nothing more comes out, 2 s at most; returns when the last one came, as far as can be told. */
static uint64_t settle(const struct gen *g, uint64_t *count)
{
        uint64_t last = mono_ns(), end = last + 2 * NS_PER_S, was = end_received(&g->rx), now;

        while (mono_ns() < end && mono_ns() < last + SETTLE_MS * 1000000ull) {
                usleep(2000);
                now = end_received(&g->rx);
                if (now != was)
                        last = mono_ns();
                was = now;
        }
        *count = was;
        return last;
}

/* Opens the flows and lets the device learn its neighbours. */
static void warm_up(struct gen *g)
{
        uint64_t before = end_received(&g->rx), after = before;
        double rate = g->rate;
        bool fresh = g->fresh;

        g->rate = 20000;
        g->fresh = false;
        for (unsigned tries = 0; tries < 5 && after < before + g->flows; tries++) {
                send_all(g, 2, g->flows);
                settle(g, &after);
        }
        if (after < before + g->flows)
                die("of %u flows only %llu frames came out", g->flows, (unsigned long long)(after - before));
        g->rate = rate;
        g->fresh = fresh;
        g->seq = 0;
}

static void measure(struct gen *g)
{
        uint64_t in0, in1, cpu, own, start, stop, sent;
        double got, took;

        in0 = end_received(&g->rx);
        atomic_store(&g->measuring, true);
        cpu = device_cpu_ns(&g->device);
        own = own_cpu_ns();
        start = mono_ns();
        sent = send_all(g, g->seconds, g->count);
        own = own_cpu_ns() - own;
        stop = settle(g, &in1);
        cpu = device_cpu_ns(&g->device) - cpu;
        got = (double)(in1 - in0);
        took = (double)(stop - start) / 1e9;
        printf("sent=%llu got=%.0f seconds=%.3f pps=%.0f loss=%.4f dev_us=%.3f gen_us=%.3f looked_at=%llu wrong=%llu",
               (unsigned long long)sent, got, took, got / took, 1 - got / (double)sent, (double)cpu / got / 1e3,
               (double)own / (double)sent / 1e3, (unsigned long long)g->looked_at, (unsigned long long)g->wrong);
        printf(" p50_us=%u p99_us=%u most_us=%u\n", samples_quantile(&g->late, 0.5), samples_quantile(&g->late, 0.99),
               samples_quantile(&g->late, 1));
}

struct texts {
        const char *tx, *txif, *rx, *rxif, *gw, *src, *dst, *seen_src, *seen_dst, *kind, *look, *device;
};

static void configure(struct gen *g, const struct texts *t)
{
        g->gw = address(t->gw).sin_addr;
        g->src = address(t->src).sin_addr;
        g->dst = address(t->dst).sin_addr;
        g->seen_src = *t->seen_src ? address(t->seen_src).sin_addr : g->src;
        g->seen_dst = *t->seen_dst ? address(t->seen_dst).sin_addr : g->dst;
        g->syn = strcmp(t->kind, "syn") == 0;
        g->fresh = g->syn || strcmp(t->kind, "new") == 0;
        if (!g->fresh && strcmp(t->kind, "udp") != 0)
                die("kind=%s: udp, new or syn", t->kind);
        if (g->payload < STAMP || g->payload > FRAME_MAX - UDP_PAYLOAD || !g->flows || g->flows > NEW_PORTS)
                die("payload %u or flows %u out of range", g->payload, g->flows);
        device_parse(&g->device, t->device);
        end_open(&g->tx, t->tx, t->txif, 0, LOOK_SOME);
        end_open(&g->rx, t->rx, t->rxif, g->fresh ? 0 : UDP_PAYLOAD + SEQ_AT + 7, *t->look ? LOOK_ALL : LOOK_SOME);
        samples_init(&g->late, 1u << 20);
}

static void parse(int argc, char **argv, struct gen *g, struct texts *t)
{
        double dport = 7000, flows = 64, payload = 64;
        const struct arg table[] = {
                { "tx", &t->tx, NULL },
                { "txif", &t->txif, NULL },
                { "rx", &t->rx, NULL },
                { "rxif", &t->rxif, NULL },
                { "gw", &t->gw, NULL },
                { "src", &t->src, NULL },
                { "dst", &t->dst, NULL },
                { "seen-src", &t->seen_src, NULL },
                { "seen-dst", &t->seen_dst, NULL },
                { "kind", &t->kind, NULL },
                { "look", &t->look, NULL },
                { "device", &t->device, NULL },
                { "dport", NULL, &dport },
                { "flows", NULL, &flows },
                { "payload", NULL, &payload },
                { "rate", NULL, &g->rate },
                { "seconds", NULL, &g->seconds },
                { "count", NULL, &g->count },
        };

        g->seconds = 1;
        args_parse(argc, argv, table, sizeof table / sizeof table[0]);
        g->dport = (uint16_t)dport;
        g->flows = (unsigned)flows;
        g->payload = (unsigned)payload;
}

int main(int argc, char **argv)
{
        static struct gen g;
        struct texts t = { "", "", "", "", "", "", "", "", "", "udp", "", "" };
        pthread_t watcher;

        parse(argc, argv, &g, &t);
        configure(&g, &t);
        prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
        arp_resolve(&g.tx, g.src, g.gw, g.gw_mac);
        make_frames(&g);
        if (pthread_create(&watcher, NULL, watch, &g) != 0)
                die("no thread");
        warm_up(&g);
        measure(&g);
        atomic_store(&g.stop, true);
        pthread_join(watcher, NULL);
        return g.wrong ? 1 : 0;
}
