/*
 * One TFTP read, served: a file in memory to one client. Pure: datagrams in, datagrams out through put(), the clock
 * is the caller's. Duplicate acknowledgements are not answered (the sorcerer's apprentice), retransmissions double
 * their pause.
 */
#ifndef VOXGATE_PROXY_TFTP_TFTP_SEND_H
#define VOXGATE_PROXY_TFTP_TFTP_SEND_H

#include "inspect/tftp/codec.h"

#define TFTP_OUR_BLKSIZE 1428u /* in one frame of any path */
#define TFTP_OUR_WINDOW 16u
#define TFTP_OUR_TIMEOUT_S 20u
#define TFTP_TRIES 5u
#define TFTP_RTO_MS 1000u
#define TFTP_RTO_MAX_MS 8000u
#define TFTP_PACKET_MAX (4u + TFTP_OUR_BLKSIZE)

enum tftp_step { TFTP_GOING, TFTP_DONE, TFTP_FAILED };
typedef void (*tftp_put_fn)(void *ctx, const void *p, size_t n);

struct tftp_send {
        const uint8_t *data; /* borrowed */
        size_t n;
        struct tftp_options oack; /* what is granted */
        bool negotiate;           /* OACK goes first and is not acknowledged yet */
        uint16_t blksize, window;
        uint64_t acked, sent, last; /* blocks, from 1; the 16 bits on the wire wrap to 0 */
        uint32_t rto_ms, base_ms;
        unsigned tries;
        uint64_t due_ms;
        uint64_t resent;
        char why[80]; /* FAILED */
        tftp_put_fn put;
        void *ctx;
};

/* Sends the first packet. put and ctx are set by the caller, the rest here. */
void tftp_send_start(struct tftp_send *s, const struct tftp_options *asked, const void *data, size_t n,
                     uint64_t now_ms);
/* A datagram of this client. What does not belong to a transfer is ignored. */
enum tftp_step tftp_send_input(struct tftp_send *s, struct cur in, uint64_t now_ms);
/* At due_ms or later. */
enum tftp_step tftp_send_tick(struct tftp_send *s, uint64_t now_ms);

#endif
