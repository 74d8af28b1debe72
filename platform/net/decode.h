/*
 * Ethernet, VLAN, ARP, IP, TCP, UDP, ICMP -> offsets and flow key. Refuses every lie about length (N1). Does not look
 * at connections. Unit of the fuzz target.
 */
#ifndef VOXGATE_NET_DECODE_H
#define VOXGATE_NET_DECODE_H

#include "platform/net/dp.h"

/* From the Ethernet header on. pk->iface must be set; 0 or the drop reason. ARP frames: ethertype set, nothing else
 * parsed. */
enum drop_reason decode_frame(struct pkt *pk);
/* From the IP header at pk->off on (TUN, quoted packets). Of a fragment nothing behind that header is looked at: its
 * ports are zero until it is part of a whole (frag.h). */
enum drop_reason decode_l3(struct pkt *pk);
/* A datagram just put together from fragments that were decoded one by one: the rest, and what ends here verified. */
enum drop_reason decode_whole(struct worker *w, struct pkt *pk);
/* The stages drop fragments where the worker cannot reassemble. */
void decode_stage(struct worker *w, struct burst *b);
void decode_l3_stage(struct worker *w, struct burst *b);

/* The packet quoted in an ICMP error: key as the quoted packet's sender would have sent it. false: not usable. */
struct icmp_quote {
        struct flow_key key; /* iface 0 */
        uint32_t l3, l4;     /* absolute offsets in the buffer */
        uint32_t end;        /* bytes really there */
};
bool decode_icmp_quote(const struct pkt *pk, struct icmp_quote *q);
bool icmp_is_error(const struct pkt *pk);

#endif
