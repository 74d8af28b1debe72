/*
 * Frames for tests, built and taken apart by code that shares nothing with the product's own decode and checksums.
 *
 *      uint8_t f[2048];
 *      size_t n = pb_udp(f, sizeof f, "10.0.0.1", 1000, "10.0.0.2", 53, "x", 1);
 *
 *      struct pb p = pb_of("10.0.0.1", 1000, "10.0.0.2", 5060, IPPROTO_TCP_);
 *      p.flags = PB_SYN; p.seq = 7; n = pb_build(f, sizeof f, &p);
 *
 *      struct pb_view v;
 *      assert_true(pb_parse(f, n, false, &v) && v.l4_ok);
 */
#ifndef VOXGATE_TEST_PKTBUILD_H
#define VOXGATE_TEST_PKTBUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/base/addr.h"
#include "platform/net/pkt.h"

enum { PB_FIN = 1, PB_SYN = 2, PB_RST = 4, PB_PSH = 8, PB_ACK = 16, PB_URG = 32 };

/* One frame to be built. Zero means: TTL 64, window 65535, no tag, no options. */
struct pb {
        struct mac dmac, smac; /* pb_of(): 02:00:00:00:00:02 and ...:01 */
        bool l3;               /* no Ethernet header */
        bool tagged;           /* an 802.1Q tag with this TCI */
        uint16_t tci;
        struct addr src, dst; /* both of one family */
        uint8_t proto, ttl, tos;
        uint16_t id, frag; /* frag: flags and offset as on the wire: 0x4000 DF, 0x2000 MF */
        const void *ipopt; /* IPv4 options, a multiple of 4 bytes */
        size_t nipopt;
        uint16_t sport, dport;
        uint8_t flags; /* PB_* */
        uint32_t seq, ack;
        uint16_t win;
        const void *opt; /* TCP options, a multiple of 4 bytes */
        size_t nopt;
        uint8_t icmp_type, icmp_code;
        uint32_t icmp_rest; /* id << 16 | seq, or the MTU */
        const void *pay;
        size_t npay;
        bool partial;  /* L4 field: uncomplemented pseudo-header sum only */
        bool no_csum;  /* UDP over IPv4: checksum 0 */
        size_t pad_to; /* Ethernet padding up to this frame length */
};

/* Addresses as text (either family); a test with a bad address dies here. */
struct pb pb_of(const char *src, uint16_t sport, const char *dst, uint16_t dport, uint8_t proto);
struct addr pb_addr(const char *text);
struct mac pb_mac(uint8_t last); /* 02:00:00:00:00:last */

/* Frame length, or 0 when cap is too small. */
size_t pb_build(void *out, size_t cap, const struct pb *p);
size_t pb_udp(void *out, size_t cap, const char *src, uint16_t sport, const char *dst, uint16_t dport,
              const void *pay, size_t n);
size_t pb_tcp(void *out, size_t cap, const char *src, uint16_t sport, const char *dst, uint16_t dport, uint8_t flags,
              uint32_t seq, uint32_t ack, const void *pay, size_t n);
/* The fragment of an IPv4 frame that holds bytes [from, to) of its payload; more: MF set. DF stays as it was. */
size_t pb_fragment(void *out, size_t cap, const void *frame, size_t n, size_t from, size_t to, bool more);
/* Echo request (type 8, or 128 for IPv6 addresses) or reply. */
size_t pb_echo(void *out, size_t cap, const char *src, const char *dst, bool reply, uint16_t id, uint16_t seq);
/* ICMP error that quotes the first `quoted` bytes of an IP datagram. */
size_t pb_icmp_error(void *out, size_t cap, const char *src, const char *dst, uint8_t type, uint8_t code,
                     uint32_t rest, const void *datagram, size_t quoted);
/* op 1 request (sent to ff:ff:ff:ff:ff:ff), 2 reply (sent to tha). */
size_t pb_arp(void *out, size_t cap, uint16_t op, struct mac sha, const char *spa, struct mac tha, const char *tpa);

/* What a frame holds. Pointers go into the frame. */
struct pb_view {
        struct mac dmac, smac;
        bool tagged;
        uint16_t tci, ethertype;
        /* ARP */
        uint16_t arp_op;
        struct mac sha, tha;
        struct addr spa, tpa;
        /* IP */
        struct addr src, dst;
        uint8_t proto, ttl, tos;
        uint16_t id, frag;
        const uint8_t *ip, *l4; /* header starts */
        size_t ip_len;          /* of the datagram */
        uint16_t sport, dport;
        uint8_t flags;
        uint32_t seq, ack;
        uint16_t win;
        const uint8_t *opt;
        size_t nopt;
        uint8_t icmp_type, icmp_code;
        uint32_t icmp_rest;
        const uint8_t *pay;
        size_t npay;
        uint16_t l4_csum;  /* the field as on the wire */
        bool ip_ok, l4_ok; /* checksums right (l4_ok: also UDP/IPv4 with none) */
        bool l4_partial;   /* the field is exactly the pseudo-header sum */
};
/* false: lengths do not add up. Fragments: everything up to the IP header only (l4 NULL) unless the offset is 0. */
bool pb_parse(const void *frame, size_t n, bool l3, struct pb_view *v);

/* The standard internet checksum, complemented, of n bytes; for odd uses. */
uint16_t pb_csum(const void *p, size_t n);

#endif
