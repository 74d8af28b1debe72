/*
 * The punt glue: the private kernel's only interface, seen from the dataplane as an L3 port. Must be called inside the
 * private network namespace. /dev/net/tun where it can be opened, else a NOARP veth pair.
 */
#ifndef VOXGATE_NET_TUN_H
#define VOXGATE_NET_TUN_H

#include "platform/net/port.h"

/* The private kernel's own address and the pseudo addresses all come from 240.0.0.0/4. */
#define PSEUDO_KERNEL 0xF0000001u /* 240.0.0.1 */
/* leg bit (0 client, 1 server), 3 bits worker, 24 bits flow id: 1111 L WWW then 24 bits; flow id 0..2 are never used. */
#define PSEUDO_BASE 0xF0000000u
#define PSEUDO_PORT_BASE 32768u

static inline uint32_t pseudo_addr(unsigned leg, unsigned worker, uint32_t flow)
{
        return PSEUDO_BASE | (leg & 1) << 27 | (worker & 7) << 24 | (flow & 0xFFFFFF);
}

static inline unsigned pseudo_leg(uint32_t a)
{
        return a >> 27 & 1;
}

static inline unsigned pseudo_worker(uint32_t a)
{
        return a >> 24 & 7;
}

static inline uint32_t pseudo_flow(uint32_t a)
{
        return a & 0xFFFFFF;
}

static inline uint16_t pseudo_port(uint8_t generation)
{
        return (uint16_t)(PSEUDO_PORT_BASE + generation);
}

/* force_veth: use the fallback even where a TUN device could be opened (tests). */
struct port *tun_open(const char *name, uint32_t mtu, bool force_veth, const struct clock *clk, struct err *e);
/* Sysctls of the private namespace that must be set, never inherited (fails only when /proc is unusable). */
int tun_tune_namespace(struct err *e);

#endif
