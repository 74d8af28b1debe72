/* What the rewriters share. */
#ifndef VOXGATE_NAT_REWRITE_INT_H
#define VOXGATE_NAT_REWRITE_INT_H

#include "nat/rewrite.h"
#include "platform/net/csum.h"

/* Where a checksum lives and which of the changes it must follow. NULL: there is none. */
struct l4_sum {
        uint8_t *field;
        bool partial;    /* uncomplemented pseudo-header sum: addresses only */
        bool pseudo;     /* covers the addresses */
        bool may_be_off; /* UDP over IPv4: zero means none, and a sum of zero is written as ones */
};

/* The sum of an L4 header at l4 that has `have` bytes; field NULL when it is cut off or the protocol has none. */
struct l4_sum l4_sum_at(uint8_t *l4, size_t have, uint8_t proto, uint8_t fam);
/* New addresses for the IP header at `ip`; its own sum (v4) and the L4 sum follow. a: struct addr.w words. */
void rewrite_addrs(uint8_t *ip, uint8_t fam, const uint32_t src[4], const uint32_t dst[4], struct l4_sum *s);
/* Ports of TCP and UDP, the identifier of an ICMP echo; the sum follows. */
void rewrite_ports(uint8_t *l4, size_t have, uint8_t proto, uint16_t sport, uint16_t dport, struct l4_sum *s);
/* An ICMP (or ICMPv6) message whose sender chose the identifier / whose receiver did. */
bool icmp_type_is_request(uint8_t proto, uint8_t type);
bool icmp_type_is_reply(uint8_t proto, uint8_t type);

#endif
