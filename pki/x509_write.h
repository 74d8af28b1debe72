/* What self-signed certificates and requests have in common: subject, SAN, key usage. */
#ifndef VOXGATE_PKI_X509_WRITE_H
#define VOXGATE_PKI_X509_WRITE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "pki/cert.h"
#include "pki/dn.h"
#include "pki/enroll.h"
#include "platform/base/wbuf.h"

#define X509_DER_ROOM 16384u
#define X509_SAN_MAX 768u
#define SELF_SIGNED_DAYS 3650

/* Everything that goes into a certificate of a trustpoint, checked and capped. */
struct x509_plan {
        struct dn subject;
        size_t san_len;            /* 0: no extension */
        uint8_t san[X509_SAN_MAX]; /* GeneralNames at the end of the buffer */
        bool ca;
};

int x509_plan(struct x509_plan *plan, const struct trustpoint_conf *tp, const struct enroll_params *p, struct err *e);
static inline const uint8_t *x509_plan_san(const struct x509_plan *plan)
{
        return plan->san + X509_SAN_MAX - plan->san_len;
}
unsigned x509_plan_key_usage(const struct x509_plan *plan);

/* self_signed.c: NULL with e set. */
struct cert *self_signed_make(const struct x509_plan *plan, struct keypair *key, time_t now, const struct rng *rng,
                              struct err *e) MUST_USE;
/* csr.c: PEM into w. */
int csr_make(const struct x509_plan *plan, const struct keypair *key, const struct rng *rng, struct wbuf *w,
             struct err *e);

#endif
