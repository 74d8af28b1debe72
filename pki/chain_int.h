/* The inside of a trust set, for the verification alone. */
#ifndef VOXGATE_PKI_CHAIN_INT_H
#define VOXGATE_PKI_CHAIN_INT_H

#include <stdatomic.h>

#include "pki/chain.h"

/* mbedTLS wants linked certificates, ours are single: shallow copies whose insides belong to the anchors' references.
 */
struct trust_set {
        _Atomic uint32_t refs;
        unsigned n, nca;
        struct trust_anchor *anchor;
        mbedtls_x509_crt *ca; /* nca: those that vouch for others */
        unsigned *ca_anchor;  /* index of each in anchor */
};

/* Not supported: such a CA vouches for nobody. */
bool x509_constrains_names(const mbedtls_x509_crt *c);
/* A CA by what it says of itself. */
bool x509_may_sign(const mbedtls_x509_crt *c);

#endif
