/*
 * IPv4 reassembly: a datagram that came in pieces is put together once, for every flow, before anybody looks at its
 * ports. Overlaps, lies about length and pieces that hide the transport header end the whole datagram (N1, L3).
 */
#ifndef VOXGATE_NET_FRAG_H
#define VOXGATE_NET_FRAG_H

#include "platform/net/dp.h"

struct frag_table;

/* Tables are sized by the packet pool of w, of which waiting fragments may hold a quarter. */
struct frag_table *frag_table_new(struct worker *w) MUST_USE;
void frag_table_free(struct frag_table *t); /* drops what waits */

/*
 * Behind decode: a fragment is kept, dropped, or replaced in the burst by the datagram it completes, decoded, with
 * the largest fragment's length in frag_max and DF as any fragment had it. Other packets pass.
 */
void frag_stage(struct worker *w, struct burst *b);

/* What came in by one interface. */
struct frag_stat {
        uint32_t queued;    /* fragments that wait, and datagrams whose rest is being refused */
        uint64_t assembled; /* datagrams */
        uint64_t failed;    /* datagrams that were given up, fragments that can belong to none */
        uint64_t overflow;  /* fragments refused by a limit */
};
/* The worker's thread only: see worker_call(). iface 0: the private kernel's. */
void frag_stat_of(const struct frag_table *t, uint16_t iface, struct frag_stat *out);
/* Drops what waits / forgets the counts of one interface, or of all: FRAG_IFACE_ALL. */
#define FRAG_IFACE_ALL 0xFFFFu
void frag_clear_queue(struct frag_table *t, uint16_t iface);
void frag_clear_stat(struct frag_table *t, uint16_t iface);

#endif
