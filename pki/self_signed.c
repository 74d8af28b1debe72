#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>
#include <stdio.h>

#include "pki/keypair_int.h"
#include "pki/x509_write.h"
#include "platform/base/mem.h"

#define SERIAL_BYTES 8

static int set_serial(mbedtls_x509write_cert *w, const struct rng *rng, struct err *e)
{
        uint8_t raw[SERIAL_BYTES];
        mbedtls_mpi serial;
        int ret;

        if (rng_fill(rng, raw, sizeof raw) < 0)
                return err_set(e, ERR_CRYPTO, "no random bytes for a serial number");
        raw[0] = (uint8_t)((raw[0] & 0x7f) | 0x40); /* positive, never zero, always the same length */
        mbedtls_mpi_init(&serial);
        ret = mbedtls_mpi_read_binary(&serial, raw, sizeof raw) || mbedtls_x509write_crt_set_serial(w, &serial);
        mbedtls_mpi_free(&serial);
        return ret ? err_nomem(e, "writing a certificate") : 0;
}

static int set_validity(mbedtls_x509write_cert *w, time_t now, struct err *e)
{
        time_t end = now + (time_t)SELF_SIGNED_DAYS * 86400;
        char from[16], to[16];
        struct tm a, b;

        if (!gmtime_r(&now, &a) || !gmtime_r(&end, &b) || a.tm_year < 70 || b.tm_year > 8099 ||
            !strftime(from, sizeof from, "%Y%m%d%H%M%S", &a) || !strftime(to, sizeof to, "%Y%m%d%H%M%S", &b) ||
            mbedtls_x509write_crt_set_validity(w, from, to) != 0)
                return err_set(e, ERR_RANGE, "the clock is outside the years a certificate can hold");
        return 0;
}

static int set_extensions(mbedtls_x509write_cert *w, const struct x509_plan *plan, struct keypair *key)
{
        int ret = mbedtls_x509write_crt_set_basic_constraints(w, plan->ca, plan->ca ? 0 : -1) ||
                  mbedtls_x509write_crt_set_key_usage(w, x509_plan_key_usage(plan)) ||
                  mbedtls_x509write_crt_set_subject_key_identifier(w);

        if (!ret && plan->san_len)
                ret = mbedtls_x509write_crt_set_extension(w, MBEDTLS_OID_SUBJECT_ALT_NAME,
                                                          MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0,
                                                          x509_plan_san(plan), plan->san_len);
        /* The writer hashes the issuer's public numbers, which an RSA_ALT key does not show. */
        mbedtls_x509write_crt_set_issuer_key(w, keypair_public_pk(key));
        if (!ret)
                ret = mbedtls_x509write_crt_set_authority_key_identifier(w);
        mbedtls_x509write_crt_set_issuer_key(w, keypair_pk(key));
        return ret;
}

/* Signs into a buffer of our own; the writer fills it from the end. */
static struct cert *write_der(mbedtls_x509write_cert *w, const struct rng *rng, struct err *e)
{
        uint8_t *buf = mem_alloc(MEM_PKI, X509_DER_ROOM);
        struct cert *c = NULL;
        int n;

        if (!buf) {
                err_nomem(e, "writing a certificate");
                return NULL;
        }
        n = mbedtls_x509write_crt_der(w, buf, X509_DER_ROOM, rng_mbedtls, (void *)(uintptr_t)rng);
        if (n > 0)
                c = cert_from_der(buf + X509_DER_ROOM - n, (size_t)n, e);
        else
                err_set(e, ERR_CRYPTO, "the certificate cannot be written (0x%04x)", (unsigned)-n);
        mem_free(buf);
        return c;
}

struct cert *self_signed_make(const struct x509_plan *plan, struct keypair *key, time_t now, const struct rng *rng,
                              struct err *e)
{
        mbedtls_x509write_cert w;
        struct cert *c = NULL;

        mbedtls_x509write_crt_init(&w);
        mbedtls_x509write_crt_set_version(&w, MBEDTLS_X509_CRT_VERSION_3);
        mbedtls_x509write_crt_set_md_alg(&w, MBEDTLS_MD_SHA256);
        mbedtls_x509write_crt_set_subject_key(&w, keypair_public_pk(key));
        if (dn_to_names(&plan->subject, &w.subject, e) == 0 && dn_to_names(&plan->subject, &w.issuer, e) == 0 &&
            set_serial(&w, rng, e) == 0 && set_validity(&w, now, e) == 0) {
                if (set_extensions(&w, plan, key) == 0)
                        c = write_der(&w, rng, e);
                else
                        err_nomem(e, "writing a certificate");
        }
        mbedtls_x509write_crt_free(&w);
        return c;
}
