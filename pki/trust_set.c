#include <mbedtls/oid.h>
#include <mbedtls/x509.h>

#include "pki/chain_int.h"
#include "pki/dn.h"
#include "pki/x509_util.h"
#include "platform/base/mem.h"

bool x509_constrains_names(const mbedtls_x509_crt *c)
{
        static const char oid[] = "\x55\x1d\x1e";

        return x509_has_ext(c, oid, sizeof oid - 1);
}

/* Tools make self-signed server certificates with CA:TRUE by default; who means a root says what its key is for. */
static bool only_itself(const mbedtls_x509_crt *c)
{
        return dn_same(&c->issuer_raw, &c->subject_raw) && !(c->ext_types & MBEDTLS_X509_EXT_KEY_USAGE);
}

bool x509_may_sign(const mbedtls_x509_crt *c)
{
        return c->version == 3 && c->ca_istrue && !only_itself(c) &&
               mbedtls_x509_crt_check_key_usage(c, MBEDTLS_X509_KU_KEY_CERT_SIGN) == 0 && !x509_constrains_names(c);
}

static void fill(struct trust_set *t, const struct trust_anchor *anchors)
{
        for (unsigned i = 0; i < t->n; i++) {
                t->anchor[i] = anchors[i];
                cert_get(anchors[i].cert);
                if (!x509_may_sign(cert_x509(anchors[i].cert)))
                        continue;
                t->ca[t->nca] = *cert_x509(anchors[i].cert);
                if (t->nca)
                        t->ca[t->nca - 1].next = &t->ca[t->nca];
                t->ca_anchor[t->nca++] = i;
        }
}

struct trust_set *trust_set_new(const struct trust_anchor *anchors, unsigned n)
{
        struct trust_set *t = mem_alloc(MEM_PKI, sizeof *t);

        if (!t)
                return NULL;
        atomic_init(&t->refs, 1);
        t->anchor = mem_alloc(MEM_PKI, n * sizeof *t->anchor);
        t->ca = mem_alloc(MEM_PKI, n * sizeof *t->ca);
        t->ca_anchor = mem_alloc(MEM_PKI, n * sizeof *t->ca_anchor);
        if (!t->anchor || !t->ca || !t->ca_anchor) {
                trust_set_put(t);
                return NULL;
        }
        t->n = n;
        fill(t, anchors);
        return t;
}

struct trust_set *trust_set_get(struct trust_set *t)
{
        atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
        return t;
}

void trust_set_put(struct trust_set *t)
{
        if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
                return;
        for (unsigned i = 0; i < t->n; i++)
                cert_put(t->anchor[i].cert);
        mem_free(t->anchor);
        mem_free(t->ca);
        mem_free(t->ca_anchor);
        mem_free(t);
}

unsigned trust_set_count(const struct trust_set *t)
{
        return t->n;
}

const struct trust_anchor *trust_set_at(const struct trust_set *t, unsigned i)
{
        return &t->anchor[i];
}
