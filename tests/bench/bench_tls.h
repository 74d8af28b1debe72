/* The TLS of load generators that play phones: as old ones speak it, and cheap. */
#ifndef VOXGATE_BENCH_TLS_H
#define VOXGATE_BENCH_TLS_H

#include <openssl/ssl.h>

#include "tests/bench/bench.h"

/* mode: SSL_MODE_ bits. */
static inline SSL_CTX *tls_client(long mode)
{
        SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

        if (!ctx || !SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) ||
            !SSL_CTX_set_cipher_list(ctx, "AES128-SHA"))
                die("TLS cannot be had");
        SSL_CTX_set_security_level(ctx, 0);
        SSL_CTX_set_mode(ctx, mode);
        return ctx;
}

#endif
