/*
 * The PKI part of a snapshot: identities and trust sets by id, compiled from configuration and assets. Roots hold
 * references to keys, certificates and trust sets; the part's fini drops them, live TLS sessions hold their own.
 */
#ifndef VOXGATE_PKI_RT_H
#define VOXGATE_PKI_RT_H

#include "pki/chain.h"
#include "pki/conf.h"
#include "pki/ctl.h"
#include "pki/keystore.h"
#include "platform/net/snapshot.h"

struct identity_rt {
        char trustpoint[TRUSTPOINT_NAME_MAX + 1];
        struct cert *cert; /* NULL: not enrolled */
        struct keypair *key;
        unsigned nchain;
        struct cert *chain[TRUSTPOINT_CAS_MAX]; /* sent behind the certificate, self-signed roots left out */
        bool ldc_issuer;                        /* proxy-ldc-issuer */
};

/* A key pair by its label, whether a trustpoint uses it or not. */
struct key_rt {
        char label[KEYPAIR_NAME_MAX + 1];
        struct keypair *key;
};

/* The CTL file of a ctl-file that is up. */
struct ctl_rt {
        char name[CTL_FILE_NAME_LEN + 1];
        const uint8_t *bytes; /* as phones get it */
        size_t n;
        struct ctl_file *file; /* the same, read */
};

struct pki_rt {
        unsigned n;
        struct identity_rt *id; /* one per trustpoint, and those that ctl-files made; sorted by name */
        struct trust_set *all;  /* every CA certificate of every trustpoint; never NULL */
        uint64_t generation;    /* of the key store */
        unsigned nkeys;
        struct key_rt *keys;
        unsigned nctl;
        struct ctl_rt *ctl;
};

static inline const struct pki_rt *pki_rt(const struct snapshot *s)
{
        return s->part[SNAP_PKI]->root;
}
/* NULL when there is no such trustpoint. */
const struct identity_rt *pki_identity(const struct pki_rt *p, const char *trustpoint);
/* NULL: there is no such ctl-file, it is shut down, or its file was not made. */
const struct ctl_rt *pki_ctl(const struct pki_rt *p, const char *name);
/* Borrowed; NULL when there is no such key pair. */
struct keypair *pki_keypair(const struct pki_rt *p, const char *label);
/*
 * Who vouches for a peer: the CA certificates of the named trustpoints (a list of struct conf_obj), of all when the
 * list is empty. A reference; NULL with e when one of them holds no CA certificate, so that a typing error never
 * trusts more.
 */
struct trust_set *pki_trust(const struct pki_rt *p, const struct conf_list *trustpoints, struct err *e) MUST_USE;

int pki_compile(struct snap_part *part, const struct pki_conf *conf, struct keystore *assets, struct err *e);

#endif
