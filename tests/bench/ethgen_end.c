#include "tests/bench/ethgen_end.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench.h"

/* ---- checksums ---- */

uint32_t sum16(const uint8_t *p, size_t n, uint32_t sum)
{
        for (; n > 1; p += 2, n -= 2)
                sum += (uint32_t)p[0] << 8 | p[1];
        return n ? sum + ((uint32_t)p[0] << 8) : sum;
}

uint16_t fold(uint32_t sum)
{
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return (uint16_t)~sum;
}

uint16_t l4_sum(const uint8_t *frame, size_t len, uint8_t proto)
{
        size_t l4 = len - ETH - IP;

        return fold(sum16(frame + ETH + IP, l4, sum16(frame + ETH + 12, 8, (uint32_t)(proto + l4))));
}

void put16(uint8_t *p, uint16_t v)
{
        p[0] = (uint8_t)(v >> 8);
        p[1] = (uint8_t)v;
}

/* ---- ends ---- */

uint64_t end_received(const struct end *e)
{
        char text[16384], *line;
        unsigned long long bytes, pkts;
        size_t len = strlen(e->ifname);
        ssize_t n = pread(e->devfd, text, sizeof text - 1, 0);

        text[n > 0 ? n : 0] = 0;
        for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
                line += strspn(line, " ");
                if (strncmp(line, e->ifname, len) == 0 && line[len] == ':' &&
                    sscanf(line + len + 1, "%llu %llu", &bytes, &pkts) == 2)
                        return pkts;
        }
        die("%s: no such interface", e->ifname);
}

static void set_filter(int fd, unsigned sample_at, unsigned mask)
{
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 4, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, sample_at ? ETH_P_IP : 1, 0, 4),
                BPF_STMT(BPF_LD | BPF_B | BPF_ABS, sample_at),
                BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, 0xffff),
                BPF_STMT(BPF_RET | BPF_K, 0),
        };
        struct sock_fprog prog = { sizeof code / sizeof code[0], code };

        if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog) != 0)
                die("cannot attach a filter: %s", strerror(errno));
}

void end_open(struct end *e, const char *pid, const char *ifname, unsigned sample_at, unsigned mask)
{
        struct sockaddr_ll sll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
        int one = 1;

        ns_enter(pid);
        e->ifname = ifname;
        memcpy(e->mac, (uint8_t[6]){ 2, 0, 0, (uint8_t)ifname[0], (uint8_t)ifname[1], 1 }, 6);
        sll.sll_ifindex = (int)if_nametoindex(ifname);
        e->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
        if (!sll.sll_ifindex || e->fd < 0)
                die("%s: cannot open: %s", ifname, strerror(errno));
        set_filter(e->fd, sample_at, mask);
        setsockopt(e->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
        setsockopt(e->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
        setsockopt(e->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
        if (bind(e->fd, (struct sockaddr *)&sll, sizeof sll) != 0)
                die("%s: cannot bind: %s", ifname, strerror(errno));
        e->devfd = open("/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC);
        if (e->devfd < 0)
                die("no /proc/net/dev");
}

/* ---- ARP ---- */

static void send_arp(const struct end *e, const uint8_t *to, uint16_t op, struct in_addr from, struct in_addr about)
{
        static const uint8_t head[8] = { 0, 1, 8, 0, 6, 4, 0, 0 };
        uint8_t f[60] = { 0 };

        memcpy(f, to, 6);
        memcpy(f + 6, e->mac, 6);
        put16(f + 12, ETH_P_ARP);
        memcpy(f + 14, head, sizeof head);
        put16(f + 20, op);
        memcpy(f + 22, e->mac, 6);
        memcpy(f + 28, &from, 4);
        memcpy(f + 32, op == 2 ? to : (const uint8_t[6]){ 0 }, 6);
        memcpy(f + 38, &about, 4);
        if (send(e->fd, f, sizeof f, 0) < 0)
                die("%s: cannot send: %s", e->ifname, strerror(errno));
}

void arp_answer(const struct end *e, const uint8_t *f, size_t len)
{
        struct in_addr asker, asked;

        if (len < 42 || f[20] != 0 || f[21] != 1)
                return;
        memcpy(&asker, f + 28, 4);
        memcpy(&asked, f + 38, 4);
        if (asker.s_addr != asked.s_addr && asker.s_addr)
                send_arp(e, f + 22, 2, asked, asker);
}

bool is_arp(const uint8_t *f, size_t len)
{
        return len >= 42 && f[12] == 8 && f[13] == 6;
}

void arp_resolve(const struct end *e, struct in_addr src, struct in_addr gw, uint8_t mac[6])
{
        static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };
        uint8_t f[FRAME_MAX];

        for (unsigned tries = 0; tries < 50; tries++) {
                struct pollfd p = { .fd = e->fd, .events = POLLIN };

                send_arp(e, all, 1, src, gw);
                while (poll(&p, 1, 100) > 0) {
                        ssize_t n = recv(e->fd, f, sizeof f, 0);

                        if (n < 42 || !is_arp(f, (size_t)n) || f[21] != 2 || memcmp(f + 28, &gw, 4) != 0)
                                continue;
                        memcpy(mac, f + 22, 6);
                        return;
                }
        }
        die("%s: the device does not answer ARP for %s", e->ifname, inet_ntoa(gw));
}
