/* The SIP engine: UDP and TCP 5060, TLS taken off by the proxy. What it edits and what it leaves: docs/sip.md. */
#ifndef VOXGATE_INSPECT_SIP_H
#define VOXGATE_INSPECT_SIP_H

#include "inspect/engine.h"
#include "inspect/sip/sip_map.h"

/* Streams and datagrams are two rows of one engine: same shared state, framing apart. */
extern const struct inspect_engine inspect_sip, inspect_sip_udp;

#define SIP_CALLS_MAX 16384u /* per proxy worker; a call beyond is refused and counted */

/* A call, for `show sip` and the media views. */
struct sip_call_row {
        char call_id[128];
        const char *state; /* "Call init", "Active", "Call terminating" */
        uint64_t idle_ms;
        uint64_t session_id;
        unsigned nmedia;
        uint32_t media[8];
        struct endpoint local[8][2], remote[8][2];
        bool rx_key[8][2], tx_key[8][2];
};
/* Resumable, bounded. */
unsigned sip_walk(const void *shared, uint32_t *cursor, struct sip_call_row *rows, unsigned max, bool *end);
uint32_t sip_calls(const void *shared);
/* Ends all calls (clear sip): media closed. */
void sip_clear(void *shared);

#endif
