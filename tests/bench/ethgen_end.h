/* One end of the generator: a packet socket in a namespace, that answers ARP for the hosts played there. */
#ifndef VOXGATE_BENCH_ETHGEN_END_H
#define VOXGATE_BENCH_ETHGEN_END_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        FRAME_MAX = 1514,
        ETH = 14,
        IP = 20,
        UDP_PAYLOAD = ETH + IP + 8,
        SEQ_AT = 4, /* in the payload: magic, sequence number, time */
        TIME_AT = 12,
        STAMP = 20,
        LOOK_SOME = 63, /* one datagram in 64 */
        LOOK_ALL = 0,
};

struct end {
        int fd;
        uint8_t mac[6];
        int devfd; /* /proc/net/dev of its namespace */
        const char *ifname;
};

/*
 * The socket sees ARP and, if `sample_at` is not 0, every 64th datagram (or all: `mask`) by the lowest octet of its
 * sequence number, which stands there in the frame. The MAC address follows from the interface's name, not from the
 * role it plays: neighbours remember it.
 */
void end_open(struct end *e, const char *pid, const char *ifname, unsigned sample_at, unsigned mask);
uint64_t end_received(const struct end *e); /* frames so far, whether the socket saw them or not */

bool is_arp(const uint8_t *f, size_t len);
/* Every address asked for is ours, but the asker's own (an announcement). */
void arp_answer(const struct end *e, const uint8_t *f, size_t len);
/* Who has gw, tell src. Ends the program when nobody answers. */
void arp_resolve(const struct end *e, struct in_addr src, struct in_addr gw, uint8_t mac[6]);

uint32_t sum16(const uint8_t *p, size_t n, uint32_t sum);
uint16_t fold(uint32_t sum); /* the complement, as it stands in a header */
uint16_t l4_sum(const uint8_t *frame, size_t len, uint8_t proto);
void put16(uint8_t *p, uint16_t v);

#endif
