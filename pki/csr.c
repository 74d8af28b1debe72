#include <mbedtls/oid.h>
#include <mbedtls/x509_csr.h>
#include <string.h>

#include "pki/keypair_int.h"
#include "pki/pem.h"
#include "pki/x509_write.h"
#include "platform/base/mem.h"

static int fill(mbedtls_x509write_csr *w, const struct x509_plan *plan, struct err *e)
{
        mbedtls_x509write_csr_set_md_alg(w, MBEDTLS_MD_SHA256);
        if (dn_to_names(&plan->subject, &w->subject, e) < 0)
                return -1;
        if (mbedtls_x509write_csr_set_key_usage(w, (unsigned char)x509_plan_key_usage(plan)) != 0)
                return err_nomem(e, "writing a certificate request");
        if (plan->san_len && mbedtls_x509write_csr_set_extension(w, MBEDTLS_OID_SUBJECT_ALT_NAME,
                                                                 MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME),
                                                                 x509_plan_san(plan), plan->san_len) != 0)
                return err_nomem(e, "writing a certificate request");
        return 0;
}

static int write_pem(mbedtls_x509write_csr *w, const struct rng *rng, struct wbuf *out, struct err *e)
{
        uint8_t *buf = mem_alloc(MEM_PKI, X509_DER_ROOM);
        int n;

        if (!buf)
                return err_nomem(e, "writing a certificate request");
        n = mbedtls_x509write_csr_der(w, buf, X509_DER_ROOM, rng_mbedtls, (void *)(uintptr_t)rng);
        if (n > 0)
                pem_write("CERTIFICATE REQUEST", buf + X509_DER_ROOM - n, (size_t)n, out);
        mem_free(buf);
        if (n <= 0)
                return err_set(e, ERR_CRYPTO, "the certificate request cannot be written (0x%04x)", (unsigned)-n);
        return out->full ? err_set(e, ERR_LIMIT, "the certificate request is too long to be shown") : 0;
}

/* The request writer wants one key for both halves, so it gets a copy that mbedTLS wipes right afterwards. */
int csr_make(const struct x509_plan *plan, const struct keypair *key, const struct rng *rng, struct wbuf *w,
             struct err *e)
{
        mbedtls_x509write_csr csr;
        mbedtls_pk_context plain;
        int ret = -1;

        mbedtls_pk_init(&plain);
        mbedtls_x509write_csr_init(&csr);
        mbedtls_x509write_csr_set_key(&csr, &plain);
        if (keypair_plain(key, &plain, e) == 0 && fill(&csr, plan, e) == 0)
                ret = write_pem(&csr, rng, w, e);
        mbedtls_x509write_csr_free(&csr);
        mbedtls_pk_free(&plain);
        return ret;
}
