/* What established calls notice of a storm: packets on their way from callees to phones, which need not be opened. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/phoneload.h"

enum { WINDOW = 4096, PACKET = 172 };

struct talk {
        int phone, callee;
        struct sockaddr_in at; /* of the appliance, inside */
        unsigned seq, first;   /* what the first packet's number has become */
        bool known;
        uint64_t sent_at[WINDOW];
};

static struct {
        struct talk talk[AUDIO_MAX];
        unsigned n, told;
        uint64_t start, sent, heard, begun; /* begun: packets since start */
        struct samples late;
} a;

unsigned callee_port(unsigned call)
{
        return MEDIA_PORT + 2 * (call % 10000);
}

static int udp(const char *ns, const char *back, struct in_addr at, unsigned port)
{
        struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = at };
        int one = 1, fd;

        ns_enter(ns);
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
        if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof own) != 0)
                die("a media socket: %s", strerror(errno));
        ns_enter(back);
        return fd;
}

void audio_open(struct load *l, unsigned n)
{
        if (n > AUDIO_MAX)
                die("audio=%u: %d at most", n, AUDIO_MAX);
        samples_init(&a.late, 1000000);
        a.n = n;
        for (unsigned i = 0; i < n; i++) {
                struct in_addr own = { l->phone[i]->ip };

                a.talk[i].phone = udp(l->client_ns, l->client_ns, own, MEDIA_PORT);
                a.talk[i].callee = udp(l->server_ns, l->client_ns, l->listen_at.sin_addr, callee_port(i));
        }
}

void audio_channel(unsigned id, unsigned call, const struct sockaddr_in *at)
{
        if (id != call || id >= a.n)
                die("phone %u has a channel of call %u", id, call);
        a.talk[id].at = *at;
        a.told++;
}

bool audio_ready(void)
{
        return a.told == a.n;
}

void audio_begin(void)
{
        a.sent = a.heard = a.begun = 0;
        a.late.n = 0;
        a.start = mono_ns();
}

static void speak(unsigned i)
{
        struct talk *t = &a.talk[i];
        uint8_t p[PACKET] = { 0x80, 0, (uint8_t)(t->seq >> 8), (uint8_t)t->seq, 0, 0, 0, 0, 1, 2, 3, (uint8_t)i };
        uint32_t when = htonl(t->seq * 160);

        memcpy(p + 4, &when, 4);
        t->sent_at[t->seq % WINDOW] = wall_ns();
        a.sent += sendto(t->callee, p, sizeof p, 0, (struct sockaddr *)&t->at, sizeof t->at) == sizeof p;
        t->seq = (t->seq + 1) & 0xffff;
}

static void heard(struct talk *t)
{
        uint8_t p[2048];
        char ctl[CMSG_SPACE(sizeof(struct timespec))];
        struct iovec iov = { p, sizeof p };
        struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof ctl };
        struct timespec at;
        uint64_t sent;
        ssize_t n;

        while ((n = recvmsg(t->phone, &m, 0)) >= 12) {
                m.msg_controllen = sizeof ctl;
                if ((p[1] & 0x7f) >= 72) /* RTCP */
                        continue;
                memcpy(&at, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof at);
                if (!t->known)
                        t->first = (unsigned)(p[2] << 8 | p[3]);
                t->known = true;
                sent = t->sent_at[((unsigned)(p[2] << 8 | p[3]) - t->first) % WINDOW];
                a.heard++;
                samples_add(&a.late, ((uint64_t)at.tv_sec * NS_PER_S + (uint64_t)at.tv_nsec - sent) / 1000);
        }
}

/* Callees speak in turn, each every 20 ms. */
void audio_pump(void)
{
        uint64_t due;

        if (!a.start)
                return;
        due = (mono_ns() - a.start) * a.n / 20000000;
        for (; a.begun < due; a.begun++)
                speak((unsigned)(a.begun % a.n));
        for (unsigned i = 0; i < a.n; i++)
                heard(&a.talk[i]);
}

/* What is still on its way is waited for. */
void audio_say(const char *when)
{
        for (uint64_t until = mono_ns() + 200000000; mono_ns() < until; usleep(1000))
                for (unsigned i = 0; i < a.n; i++)
                        heard(&a.talk[i]);
        printf("%s_lost=%.5f %s_p50=%u %s_p99=%u %s_most=%u ", when, 1 - (double)a.heard / (double)a.sent, when,
               samples_quantile(&a.late, 0.5), when, samples_quantile(&a.late, 0.99), when,
               samples_quantile(&a.late, 1));
        a.start = 0;
}
