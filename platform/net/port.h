/*
 * A source and sink of Ethernet frames (or, for the punt glue, of bare IP datagrams). One thread uses a port.
 * Receive never blocks. Checksum and GSO metadata travel both ways.
 */
#ifndef VOXGATE_NET_PORT_H
#define VOXGATE_NET_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/base/addr.h"
#include "platform/base/clock.h"
#include "platform/base/err.h"
#include "platform/net/pkt.h"

struct port;

/* What the medium itself counts and is; all zero where there is nothing that could be counted. */
struct port_medium {
        uint32_t mbps; /* 0: unknown, or it has none */
        enum { PORT_DUPLEX_UNKNOWN, PORT_HALF_DUPLEX, PORT_FULL_DUPLEX } duplex;
        bool errors_known; /* the counters below mean something */
        uint64_t in_errors, length, crc, frame, over, missed, out_errors, underruns, collisions;
};

struct port_ops {
        const char *kind; /* "afpacket", "tap", "pcap", "mem", "tun", "veth" */
        /* Appends up to BURST_MAX - b->n packets; returns how many. Sets buf/off/len, csum, vlan_tci, rx_ns, has_l2. */
        unsigned (*rx)(struct port *p, struct pkt_pool *pool, struct burst *b);
        /* Sends all packets of the burst and frees them. Frames the medium refuses are counted in tx_drop. */
        void (*tx)(struct port *p, struct burst *b);
        int (*fd)(const struct port *p); /* to wait on; -1 none */
        bool (*done)(const struct port *p); /* file ports: nothing more to read; NULL = never */
        /* Cold, when an operator asks. NULL: a software medium, which knows neither speed nor errors. */
        void (*medium)(const struct port *p, struct port_medium *out);
        void (*close)(struct port *p);   /* frees p */
};

struct port_stat {
        uint64_t rx_pkts, rx_bytes, rx_nobuf, rx_ring_drop, rx_trunc, tx_pkts, tx_bytes, tx_drop;
};

struct port { /* first member of every concrete port */
        const struct port_ops *ops;
        char name[64]; /* what the operator gave: "eth0", "in.pcap" */
        struct mac mac;
        uint32_t mtu; /* bytes, of the medium */
        bool link;    /* carrier; relaxed */
        bool l3;      /* datagrams without Ethernet header */
        struct port_stat stat;
};

/* In all functions of port_mem the csum_start of a struct pkt_csum counts from the first byte of the frame. */
/* In-memory wire for tests: frames sent on one end are received on the other. Either end may be NULL-closed first. */
int port_mem_pair(struct port **a, struct port **b, struct err *e);
/* A single memory port: frames are put in and taken out by the test. */
struct port *port_mem_new(const char *name, bool l3) MUST_USE;
int port_mem_inject(struct port *p, const void *frame, size_t n, const struct pkt_csum *csum);
/* Oldest frame sent by the box: copies up to cap bytes, returns its length, 0 when none. csum may be NULL. */
size_t port_mem_take(struct port *p, void *out, size_t cap, struct pkt_csum *csum);
/* Injected frames that the box has not taken yet: who injects from a thread of his own goes no faster than it does. */
unsigned port_mem_waiting(struct port *p);

/* rx from one capture file, tx into another (either NULL). Replay's clock follows the file's times: see port_pcap_next(). */
struct port *port_pcap_open(const char *rx_file, const char *tx_file, const struct clock *clk, struct err *e);
/* Wall time (ns) of the next frame to be read; -1 at the end. rx gives exactly one frame per call, number in frame_no. */
int64_t port_pcap_next(struct port *p);
/* Closes the output file. -1 when the input broke off damaged or the output could not be written in full. */
int port_pcap_finish(struct port *p, struct err *e);

/*
 * AF_PACKET on a network device. fd: an open AF_PACKET socket bound to it, or -1 to open one here (needs CAP_NET_RAW);
 * the port owns it from here on, also when opening fails. The device may be in another namespace than the caller.
 * Receive: ring for load, immediate delivery when quiet; send: bursts by sendmmsg. VNET_HDR on.
 */
struct port *port_afpacket_open(const char *ifname, int fd, const struct clock *clk, struct err *e);
/* Opens and binds the socket without taking frames, for the guard to pass on: fd, or -1. */
int port_afpacket_socket(const char *ifname, struct err *e);
/*
 * A second such socket of the same device, for frames that need no VNET_HDR; the port owns it from here on. A port that
 * opened its own socket has one. Without it (-1) all frames leave by the first.
 */
void port_afpacket_plain(struct port *p, int fd);
/* A socket that tells counters of the devices of the namespace it is made in; -1. */
int port_counter_socket(struct err *e);
/* One of the device's namespace; the port owns it from here on. A port that opened its own socket has one. */
void port_afpacket_counters(struct port *p, int fd);
/* Does the kernel hold an IPv4 address on the device? Then it answers ARP, SYNs and pings beside us: worth a warning. */
bool port_afpacket_kernel_addr(const struct port *p, struct addr *out);

/* A tap device of the outer namespace (created if absent). fd -1: open here. */
struct port *port_tap_open(const char *ifname, int fd, struct err *e);
int port_tap_socket(const char *ifname, struct err *e);

#endif
