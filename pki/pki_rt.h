/*
 * The PKI part of a snapshot: identities and trust sets by id, compiled from configuration and assets. Roots hold
 * references to keys, certificates and trust sets; the part's fini drops them, live TLS sessions hold their own.
 */
#ifndef VOXGATE_PKI_RT_H
#define VOXGATE_PKI_RT_H

#include "pki/chain.h"
#include "pki/conf.h"
#include "pki/keystore.h"
#include "platform/net/snapshot.h"

struct identity_rt {
        char trustpoint[TRUSTPOINT_NAME_MAX + 1];
        struct cert *cert; /* NULL: not enrolled */
        struct keypair *key;
        unsigned nchain;
        struct cert *chain[TRUSTPOINT_CAS_MAX]; /* sent behind the certificate, self-signed roots left out */
};

struct pki_rt {
        unsigned n;
        struct identity_rt *id; /* one per trustpoint, sorted by name */
        struct trust_set *all;  /* every CA certificate of every trustpoint; never NULL */
        uint64_t generation;    /* of the key store */
};

static inline const struct pki_rt *pki_rt(const struct snapshot *s)
{
        return s->part[SNAP_PKI]->root;
}
/* NULL when there is no such trustpoint. */
const struct identity_rt *pki_identity(const struct pki_rt *p, const char *trustpoint);

int pki_compile(struct snap_part *part, const struct pki_conf *conf, struct keystore *assets, struct err *e);

#endif
