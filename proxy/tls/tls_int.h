/* Private to proxy/: what a TLS leg needs of its profile. */
#ifndef VOXGATE_PROXY_TLS_TLS_INT_H
#define VOXGATE_PROXY_TLS_TLS_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "proxy/tls/tls_profile.h"
#include "proxy/tls/tls_resume.h"
#include "proxy/tls/tls_suites.h"

/*
 * Random octets are asked for one at a time (the padding of an RSA key exchange is 205 of them); with a system call
 * each that costs more than the rest of the message. Used octets are wiped.
 */
struct tls_random {
        pthread_mutex_t lock; /* a profile serves several workers */
        const struct rng *rng;
        size_t left;
        uint8_t pool[256];
};
/* For mbedtls_ssl_conf_rng(). */
int tls_random(void *random, unsigned char *out, size_t n);

struct tls_profile {
        _Atomic uint32_t refs;
        enum tls_role role;
        bool phone;
        mbedtls_ssl_config conf;
        mbedtls_x509_crt own;    /* our certificate and chain */
        mbedtls_x509_crt cas;    /* names sent in a CertificateRequest; the decision is chain_verify()'s */
        struct keypair *key;     /* reference: conf points into it */
        struct trust_set *trust; /* NULL: peer not asked */
        int suites[TLS_SUITES_MAX + 1];
        const struct clock *clk;
        struct tls_random random;
        struct tls_resume *resume; /* phones' sessions; NULL: none is taken up again */
};

#endif
