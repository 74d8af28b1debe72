/*
 * Phones that boot: CTLSEP<MAC>.tlv, then SEP<MAC>.cnf.xml.sgn, each from a port of its own; and the TFTP server
 * which has the same file for every phone, and says not found to the rest.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/phoneload.h"

enum { RRQ = 1, DATA = 3, ACK = 4, ERROR = 5, OACK = 6, PACKET_MAX = 2048, AGAIN_MS = 1000, LOOKED_AT = 64 };

struct peer { /* a socket with the last thing it said; a phone's, or the server's */
        int fd;
        bool server, has_tid, over;
        unsigned id, phase, block, blksize; /* the last block that came, or that was sent */
        struct sockaddr_in to;
        uint64_t start, said;
        size_t n, got;
        uint8_t last[PACKET_MAX], head[64];
        struct peer *next;
};

static struct {
        struct load *l;
        uint8_t *file;
        size_t file_n;
        unsigned blksize;
        struct peer *all;
        uint64_t resent, refused, bytes;
} b;

static void put16(uint8_t *p, unsigned v)
{
        p[0] = (uint8_t)(v >> 8);
        p[1] = (uint8_t)v;
}

static unsigned get16(const uint8_t *p)
{
        return (unsigned)(p[0] << 8 | p[1]);
}

static void speak(struct peer *p, size_t n)
{
        p->n = n;
        p->said = mono_ns();
        sendto(p->fd, p->last, n, MSG_DONTWAIT, (struct sockaddr *)&p->to, sizeof p->to);
}

static struct peer *peer_new(const struct sockaddr_in *own, bool server)
{
        struct peer *p = calloc(1, sizeof *p);
        struct epoll_event ev = { .events = EPOLLIN, .data.ptr = p };

        if (!p)
                die("out of memory");
        p->server = server;
        p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (p->fd < 0 || bind(p->fd, (const struct sockaddr *)own, sizeof *own) != 0)
                die("a TFTP socket: %s", strerror(errno));
        epoll_ctl(b.l->ep, EPOLL_CTL_ADD, p->fd, &ev);
        p->next = b.all;
        b.all = p;
        return p;
}

/* ---- the phone ---- */

static size_t put_option(uint8_t *out, size_t at, const char *name, unsigned value)
{
        return at + (size_t)sprintf((char *)out + at, "%s%c%u", name, 0, value) + 1;
}

/* later: one that was refused does not insist at once. */
static void ask(unsigned id, unsigned phase, uint64_t start, bool later)
{
        struct sockaddr_in own = b.l->src;
        struct peer *p;
        char device[16];
        size_t n;

        own.sin_addr.s_addr = htonl(ntohl(own.sin_addr.s_addr) + id % b.l->sources);
        p = peer_new(&own, false);
        p->id = id;
        p->phase = phase;
        p->start = start;
        p->to = b.l->to;
        p->blksize = 512;
        device_name(id, device);
        put16(p->last, RRQ);
        n = 2 +
            (size_t)sprintf((char *)p->last + 2, phase ? "%s.cnf.xml.sgn%coctet" : "CTL%s.tlv%coctet", device, 0) + 1;
        p->n = b.blksize ? put_option(p->last, n, "blksize", b.blksize) : n;
        p->said = mono_ns();
        if (!later)
                speak(p, p->n);
}

static void acknowledge(struct peer *p)
{
        put16(p->last, ACK);
        put16(p->last + 2, p->block);
        speak(p, 4);
}

/* The whole file is there: a CTL, or a signed configuration. */
static void came(struct peer *p)
{
        static const uint8_t begin[] = { 1, 0, 2, 1 };
        struct load *l = b.l;

        p->over = true;
        b.bytes += p->got;
        if (memcmp(p->head, begin, 3) != 0 || p->head[3] > 1 || (p->phase && p->got < b.file_n))
                die("phone %u: %zu bytes of something else", p->id, p->got);
        if (!p->phase) {
                ask(p->id, 1, p->start, false);
                return;
        }
        l->done++;
        samples_add(&l->took, (mono_ns() - p->start) / 1000);
}

static void phone_hears(struct peer *p, const uint8_t *in, size_t n, const struct sockaddr_in *from)
{
        unsigned op = get16(in);

        if (p->has_tid && from->sin_port != p->to.sin_port)
                return;
        if (op == ERROR) {
                if (b.refused++ == 0)
                        fprintf(stderr, "phone %u, file %u: error %u %.*s\n", p->id, p->phase, get16(in + 2),
                                (int)n - 4, in + 4);
                p->over = true;
                ask(p->id, p->phase, p->start, true);
                return;
        }
        p->to = *from;
        p->has_tid = true;
        if (op == OACK && !p->block) {
                p->blksize = (unsigned)atoi((const char *)in + 10);
                acknowledge(p);
        } else if (op == DATA && get16(in + 2) == p->block + 1) {
                if (!p->got)
                        memcpy(p->head, in + 4, n - 4 < sizeof p->head ? n - 4 : sizeof p->head);
                p->got += n - 4;
                p->block++;
                acknowledge(p);
                if (n - 4 < p->blksize)
                        came(p);
        }
}

/* ---- the server ---- */

static void send_block(struct peer *p)
{
        size_t at = (size_t)(p->block - 1) * p->blksize, n = b.file_n - at < p->blksize ? b.file_n - at : p->blksize;

        put16(p->last, DATA);
        put16(p->last + 2, p->block);
        memcpy(p->last + 4, b.file + at, n);
        speak(p, n + 4);
}

static const uint8_t *option(const uint8_t *in, size_t n, const char *name)
{
        const uint8_t *o = memmem(in, n, name, strlen(name) + 1);

        return o ? o + strlen(name) + 1 : NULL;
}

static void serve(const uint8_t *in, size_t n, const struct sockaddr_in *from)
{
        struct sockaddr_in own = b.l->listen_at;
        const uint8_t *blk = option(in, n, "blksize");
        size_t name = strlen((const char *)in + 2);
        struct peer *p;

        own.sin_port = 0;
        ns_enter(b.l->server_ns);
        p = peer_new(&own, true);
        ns_enter(b.l->client_ns);
        p->to = *from;
        p->blksize = 512;
        if (strncmp((const char *)in + 2, "SEP", 3) != 0 || name < 8 ||
            strcmp((const char *)in + 2 + name - 8, ".cnf.xml") != 0) {
                put16(p->last, ERROR);
                put16(p->last + 2, 1);
                p->last[4] = 0;
                speak(p, 5);
                p->over = true;
        } else if (blk) {
                p->blksize = (unsigned)atoi((const char *)blk);
                put16(p->last, OACK);
                speak(p, put_option(p->last, 2, "blksize", p->blksize));
        } else {
                p->block = 1;
                send_block(p);
        }
}

static void server_hears(struct peer *p, const uint8_t *in)
{
        if (get16(in) != ACK || get16(in + 2) != p->block)
                return;
        if (p->block && (size_t)p->block * p->blksize > b.file_n) {
                p->over = true;
                return;
        }
        p->block++;
        send_block(p);
}

/* ---- the run ---- */

static void pump(int wait_ms)
{
        struct epoll_event ev[LOOKED_AT];
        int n = epoll_wait(b.l->ep, ev, LOOKED_AT, wait_ms);

        for (int i = 0; i < n; i++) {
                struct peer *p = ev[i].data.ptr;
                uint8_t in[PACKET_MAX] = { 0 };
                struct sockaddr_in from;
                socklen_t len = sizeof from;
                ssize_t got;

                while ((got = recvfrom(p ? p->fd : b.l->listener, in, sizeof in - 1, 0, (struct sockaddr *)&from,
                                       &len)) >= 4) {
                        in[got] = 0;
                        if (!p)
                                serve(in, (size_t)got, &from);
                        else if (p->over)
                                continue;
                        else if (p->server)
                                server_hears(p, in);
                        else
                                phone_hears(p, in, (size_t)got, &from);
                }
        }
}

/* What was not answered is said again; what is over is forgotten. */
static void look_through(void)
{
        uint64_t now = mono_ns();

        for (struct peer **at = &b.all; *at;) {
                struct peer *p = *at;

                if (p->over) {
                        *at = p->next;
                        close(p->fd);
                        free(p);
                        continue;
                }
                if (now - p->said >= AGAIN_MS * 1000000ull) {
                        b.resent++;
                        speak(p, p->n);
                }
                at = &p->next;
        }
}

static void listen_69(struct load *l)
{
        struct epoll_event ev = { .events = EPOLLIN };
        int big = 8 << 20;

        ns_enter(l->server_ns);
        l->listener = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        setsockopt(l->listener, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof big);
        if (bind(l->listener, (struct sockaddr *)&l->listen_at, sizeof l->listen_at) != 0)
                die("cannot listen: %s", strerror(errno));
        epoll_ctl(l->ep, EPOLL_CTL_ADD, l->listener, &ev);
        ns_enter(l->client_ns);
}

static void load_file(const char *path)
{
        FILE *f = fopen(path, "rb");

        b.file = malloc(1 << 20);
        if (!f || !b.file)
                die("%s: cannot be read", path);
        b.file_n = fread(b.file, 1, 1 << 20, f);
        fclose(f);
}

void boots_run(struct load *l, const char *path, unsigned blksize)
{
        uint64_t start, cpu, own, looked = 0, limit;
        double took;

        b.l = l;
        b.blksize = blksize;
        load_file(path);
        listen_69(l);
        cpu = device_cpu_ns(&l->device);
        own = own_cpu_ns();
        start = mono_ns();
        limit = start + 120 * NS_PER_S;
        while (l->done < l->n && mono_ns() < limit) {
                while (l->launched < l->n && l->launched - l->done < l->limit)
                        ask(l->launched++, 0, mono_ns(), false);
                pump(2);
                if (mono_ns() - looked > 50000000ull) {
                        look_through();
                        looked = mono_ns();
                }
        }
        took = (double)(mono_ns() - start) / 1e9;
        cpu = device_cpu_ns(&l->device) - cpu;
        own = own_cpu_ns() - own;
        if (l->done < l->n)
                fprintf(stderr, "only %llu of %u phones booted\n", (unsigned long long)l->done, l->n);
        if (!l->done)
                die("no phone booted");
        printf("done=%llu refused=%llu resent=%llu seconds=%.3f per_s=%.0f bytes=%.0f", (unsigned long long)l->done,
               (unsigned long long)b.refused, (unsigned long long)b.resent, took, (double)l->done / took,
               (double)b.bytes / (double)l->done);
        printf(" dev_us=%.2f gen_us=%.2f p50_us=%u p99_us=%u\n", (double)cpu / (double)l->done / 1e3,
               (double)own / (double)l->done / 1e3, samples_quantile(&l->took, 0.5),
               samples_quantile(&l->took, 0.99));
}
