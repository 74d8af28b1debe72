/*
 * When a worker rests instead of being woken by each frame. A wake-up costs as much as ten packets; above a few
 * thousand packets a second several of them share one. How long: until about NAP_PKTS have come, less than a millisecond
 * in any case. Below, or when somebody waits for the answer before he goes on (resting gathers nothing; sockets of ours
 * speak), each frame wakes the worker.
 */
#ifndef VOXGATE_PLATFORM_NET_NAP_H
#define VOXGATE_PLATFORM_NET_NAP_H

#include <stdint.h>

#define NAP_PKTS 8u
#define NAP_MAX_NS 800000u
/* Where NAP_PKTS come within so short a time, any rest gathers some: latency comes first, ... */
#define NAP_DENSE_NS 160000u
#define NAP_MIN_NS 25000u
/* ... until the core is half used up: then larger bursts are worth more. */
#define NAP_PACKED_NS 53000u
#define NAP_FULL_NS 90000u
#define NAP_SLACK_NS 1000u     /* how late the kernel may be */
#define NAP_WINDOW_NS 4000000u /* what the rate is taken from */
#define NAP_MIN_PKTS 20u       /* in a window: 5,000 a second */
#define NAP_PAYS 2u            /* packets that a rest must gather on average; */
#define NAP_PUNTED 4u          /* with one in so many, or more, of our own sockets there is no rest; */
#define NAP_OFF_NS 100000000u  /* for so long when it does not pay */

struct nap {
        /* in the window so far: packets, those of them that our own sockets sent, rests */
        uint32_t handled, punted, rests;
        uint32_t ns; /* from one wake-up to the next, 0: each frame wakes */
        uint64_t since_ns, off_until_ns;
};

/* Called before each sleep; says how long to rest, 0: sleep until something comes. woke: since when it has worked. */
uint64_t nap_begin(struct nap *n, uint64_t woke_ns, uint64_t now_ns);

#endif
