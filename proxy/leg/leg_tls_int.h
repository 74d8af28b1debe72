/* Private to proxy/leg/leg_tls*.c: a TLS session as a leg. */
#ifndef VOXGATE_PROXY_LEG_LEG_TLS_INT_H
#define VOXGATE_PROXY_LEG_LEG_TLS_INT_H

#include "proxy/leg/leg.h"
#include "proxy/tls/tls_int.h"

struct tls_flight;
struct tls_inbox;

struct leg_tls {
        struct leg leg;
        mbedtls_ssl_context ssl;
        struct tls_profile *profile;
        struct log_src *log;
        struct tls_info info;
        size_t retry; /* bytes of the write that must be offered again unchanged */
        bool closed, failed, want_write;
        uint8_t *hello; /* server role: the client's first bytes, until the handshake is over */
        size_t hello_len;
        struct tls_flight *flight; /* until the handshake is over; NULL: written one by one */
        struct tls_inbox *inbox;
};

/* leg_tls_peer.c: who the peer is */
int leg_tls_on_verify(void *leg, mbedtls_x509_crt *crt, int depth,
                      uint32_t *flags); /* for mbedtls_ssl_set_verify() */
void leg_tls_judge_resumed(struct leg_tls *t);
void leg_tls_note_identity(struct leg_tls *t);

#endif
