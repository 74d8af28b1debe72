/*
 * The TFTP proxy of one proxy worker. The dataplane punts phones' requests to configured TFTP servers here: the CTL
 * is ours, phone configurations are fetched, edited and signed, other files are passed on, signed where a phone asks.
 * All phone legs share one datagram socket of the private kernel; a pseudo address is a flow, and a flow is a
 * transfer identity (both addresses and both ports, F3). Each fetch has a socket of its own, for servers answer from
 * new ports.
 */
#ifndef VOXGATE_PROXY_TFTP_TFTPX_H
#define VOXGATE_PROXY_TFTP_TFTPX_H

#include "platform/base/err.h"
#include "proxy/worker/proxy_rt.h"
#include "proxy/punt/punt.h"

struct proxy_worker;
struct psession;
struct tftpx;

#define TFTPX_TRANSFERS_MAX 2048u /* those that are over among them: they give way */
#define TFTPX_SOURCE_MAX 64u      /* transfers of one address under way: a house of phones */
#define TFTPX_SOURCE_RATE 50u     /* requests of one address a second */
#define TFTPX_FETCHES_MAX 128u    /* one beyond waits for its turn */
#define TFTPX_QUEUE_MS 10000u
#define TFTPX_BYTES_MAX (64u << 20) /* of file contents, in all */
#define TFTPX_FILE_MAX (16u << 20)
#define TFTPX_FETCH_MS 60000u
#define TFTPX_NAMING_MAX 64u /* files that wait for addresses of names */
#define TFTPX_NAMES_MS 45000u
#define TFTPX_NAMES_LOOK_MS 20u
#define TFTPX_TOTAL_MS 300000u

/* listen: opens the socket in the namespace of the calling thread. */
struct tftpx *tftpx_new(struct proxy_worker *w, bool listen, struct err *e) MUST_USE;
void tftpx_free(struct tftpx *t);

bool tftpx_takes(const struct punt_flow_info *i); /* a flow that is the TFTP proxy's */
void tftpx_begin(struct psession *s);             /* its FLOW_NEW */
void tftpx_ended(struct psession *s);             /* it ends: transfers that answer on it end too */
void tftpx_msg(struct tftpx *t, unsigned link, const struct punt_msg *m); /* BOX_OPENED, SECURE_OK */
bool tftpx_waits(const struct tftpx *t);                                  /* is there work? */
unsigned tftpx_serve(struct tftpx *t);                                    /* with a snapshot */

struct tftpx_counts {
        uint64_t requests, served, bytes, resent;
        uint64_t ctl, config, signed_files, plain;          /* served, by kind */
        uint64_t malformed, names, writes, unsigned_config; /* refused */
        uint64_t source_limit, total_limit, memory;         /* refused: limits */
        uint64_t not_found, silent, unusable, sign_failed;  /* of the servers; edit; signature */
        uint64_t no_name;                                   /* of those: a name without an address */
        uint64_t stray, given_up;                           /* foreign datagrams; phones that fell silent */
};
void tftpx_counts_add(const struct proxy_worker *w, struct tftpx_counts *sum, uint32_t *now, uint32_t *most);

#endif
