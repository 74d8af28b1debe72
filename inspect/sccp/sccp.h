/* The SCCP (skinny) engine: TCP 2000, or 2443 with TLS taken off by the proxy. What it edits and leaves:
 * docs/sccp.md. */
#ifndef VOXGATE_INSPECT_SCCP_H
#define VOXGATE_INSPECT_SCCP_H

#include "inspect/engine.h"
#include "inspect/sccp/sccp_map.h"

extern const struct inspect_engine inspect_sccp;

#define SCCP_PHONES_MAX 16384u  /* sessions of a proxy worker; one beyond is refused */
#define SCCP_STREAMS_MAX 16384u /* of all of them; one beyond is left out and counted */
#define SCCP_ROW_STREAMS 8u

/* A session for `show skinny` and the views of the phone proxy. */
struct sccp_phone_row {
        char device[17]; /* "" before it said */
        bool registered;
        uint32_t version; /* negotiated; 0 not yet */
        uint64_t idle_ms, session_id;
        char client_if[49], server_if[49];
        struct endpoint client, server;
        unsigned nmedia; /* of them as many as fit below */
        struct sccp_media_row {
                uint32_t conf, party, call, relay; /* relay 0: none */
                struct endpoint phone, peer;       /* port 0: not known */
                struct endpoint local[2];
                bool rx_key[2], tx_key[2];
                bool video;
        } media[SCCP_ROW_STREAMS];
};
/* Resumable, bounded. */
unsigned sccp_walk(const void *shared, uint32_t *cursor, struct sccp_phone_row *rows, unsigned max, bool *end);
uint32_t sccp_phones(const void *shared);
uint32_t sccp_streams(const void *shared);
/* Ends all streams (clear skinny): media and pinholes closed; sessions stay. */
void sccp_clear(void *shared);

#endif
