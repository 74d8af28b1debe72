/* Private to proxy/: what a TLS leg needs of its profile. */
#ifndef VOXGATE_PROXY_TLS_INT_H
#define VOXGATE_PROXY_TLS_INT_H

#include <stdatomic.h>

#include "proxy/tls_profile.h"
#include "proxy/tls_suites.h"

struct tls_profile {
        _Atomic uint32_t refs;
        enum tls_role role;
        mbedtls_ssl_config conf;
        mbedtls_x509_crt own;    /* our certificate and chain */
        mbedtls_x509_crt cas;    /* names sent in a CertificateRequest; the decision is chain_verify()'s */
        struct keypair *key;     /* reference: conf points into it */
        struct trust_set *trust; /* NULL: peer not asked */
        int suites[TLS_SUITES_MAX + 1];
        const struct clock *clk;
        const struct rng *rng;
};

#endif
