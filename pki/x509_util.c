#include "pki/x509_util.h"

#include <mbedtls/asn1.h>
#include <mbedtls/md.h>
#include <mbedtls/rsa.h>
#include <stdio.h>
#include <string.h>

#include "pki/dn.h"

/* mbedTLS's checks change nothing but take pointers to variables. */
static mbedtls_pk_context *pk_of(const mbedtls_x509_crt *c)
{
        return (mbedtls_pk_context *)(uintptr_t)&c->pk;
}

bool x509_signed_by(const mbedtls_x509_crt *child, const mbedtls_x509_crt *parent)
{
        const mbedtls_md_info_t *md = mbedtls_md_info_from_type(child->sig_md);
        uint8_t hash[MBEDTLS_MD_MAX_SIZE];

        if (!dn_same(&child->issuer_raw, &parent->subject_raw) || !x509_key_is_cheap(parent) || !md ||
            mbedtls_md(md, child->tbs.p, child->tbs.len, hash) != 0)
                return false;
        return mbedtls_pk_verify_ext(child->sig_pk, child->sig_opts, pk_of(parent), child->sig_md, hash,
                                     mbedtls_md_get_size(md), child->sig.p, child->sig.len) == 0;
}

bool x509_same(const mbedtls_x509_crt *a, const mbedtls_x509_crt *b)
{
        return a->raw.len == b->raw.len && !memcmp(a->raw.p, b->raw.p, a->raw.len);
}

bool x509_key_is_cheap(const mbedtls_x509_crt *c)
{
        const mbedtls_rsa_context *rsa;

        if (mbedtls_pk_get_type(&c->pk) != MBEDTLS_PK_RSA)
                return true;
        rsa = mbedtls_pk_rsa(c->pk);
        return mbedtls_mpi_bitlen(&rsa->N) >= 512 && mbedtls_mpi_bitlen(&rsa->N) <= 8192 &&
               mbedtls_mpi_bitlen(&rsa->E) <= 32;
}

/* Extension ::= SEQUENCE { extnID OID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING } */
static bool ext_value(unsigned char *p, const unsigned char *end, const uint8_t **val, size_t *n)
{
        int critical;

        if (p < end && *p == MBEDTLS_ASN1_BOOLEAN && mbedtls_asn1_get_bool(&p, end, &critical) != 0)
                return false;
        if (mbedtls_asn1_get_tag(&p, end, n, MBEDTLS_ASN1_OCTET_STRING) != 0)
                return false;
        *val = p;
        return true;
}

/* Extensions ::= SEQUENCE OF Extension */
bool x509_find_ext(const mbedtls_x509_crt *c, const void *oid, size_t oid_len, const uint8_t **val, size_t *n)
{
        unsigned char *p = c->v3_ext.p, *end = p ? p + c->v3_ext.len : NULL, *next;
        size_t len;

        if (!p || mbedtls_asn1_get_tag(&p, end, &len, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) != 0)
                return false;
        for (end = p + len; p < end; p = next) {
                if (mbedtls_asn1_get_tag(&p, end, &len, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) != 0)
                        return false;
                next = p + len;
                if (mbedtls_asn1_get_tag(&p, next, &len, MBEDTLS_ASN1_OID) != 0)
                        return false;
                if (len == oid_len && !memcmp(p, oid, len))
                        return ext_value(p + len, next, val, n);
        }
        return false;
}

bool x509_has_ext(const mbedtls_x509_crt *c, const char *oid, size_t oid_len)
{
        const uint8_t *val;
        size_t n;

        return x509_find_ext(c, oid, oid_len, &val, &n);
}

time_t x509_time(const mbedtls_x509_time *t)
{
        struct tm tm = { .tm_year = t->year - 1900,
                         .tm_mon = t->mon - 1,
                         .tm_mday = t->day,
                         .tm_hour = t->hour,
                         .tm_min = t->min,
                         .tm_sec = t->sec };

        return timegm(&tm);
}

void x509_serial_text(const mbedtls_x509_crt *c, char *out, size_t cap)
{
        const uint8_t *p = c->serial.p;
        size_t n = c->serial.len, used = 0;

        if (!cap)
                return;
        for (; n > 1 && !*p; n--) /* DER puts a zero before a high bit; it is no part of the number */
                p++;
        *out = 0;
        for (size_t i = 0; i < n && used + 2 < cap; i++)
                used += (size_t)snprintf(out + used, cap - used, "%02x", p[i]);
}
