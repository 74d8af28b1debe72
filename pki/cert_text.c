/* How a certificate is shown: serial, fingerprints, names, PEM. */
#include <mbedtls/md.h>
#include <stdio.h>

#include "pki/cert.h"
#include "pki/dn.h"
#include "pki/pem.h"
#include "pki/x509_util.h"

void cert_serial_text(const struct cert *c, char *out, size_t cap)
{
        x509_serial_text(cert_x509(c), out, cap);
}

void cert_fingerprint_text(const struct cert *c, enum cert_digest d, char *out, size_t cap)
{
        static const mbedtls_md_type_t md[] = {
                [CERT_MD5] = MBEDTLS_MD_MD5, [CERT_SHA1] = MBEDTLS_MD_SHA1, [CERT_SHA256] = MBEDTLS_MD_SHA256
        };
        const mbedtls_md_info_t *info = mbedtls_md_info_from_type(md[d]);
        uint8_t hash[MBEDTLS_MD_MAX_SIZE];
        size_t n, used = 0;
        const uint8_t *der = cert_der(c, &n);

        if (!cap)
                return;
        *out = 0;
        if (!info || mbedtls_md(info, der, n, hash) != 0)
                return;
        for (size_t i = 0; i < mbedtls_md_get_size(info) && used + 3 < cap; i++)
                used += (size_t)snprintf(out + used, cap - used, "%s%02x", i && i % 4 == 0 ? " " : "", hash[i]);
}

bool cert_subject_attr(const struct cert *c, unsigned idx, char *out, size_t cap)
{
        return dn_print_attr(&cert_x509(c)->subject, idx, false, out, cap);
}

bool cert_issuer_attr(const struct cert *c, unsigned idx, char *out, size_t cap)
{
        return dn_print_attr(&cert_x509(c)->issuer, idx, false, out, cap);
}

void cert_subject_line(const struct cert *c, char *out, size_t cap)
{
        dn_print_line(&cert_x509(c)->subject, out, cap);
}

void cert_issuer_line(const struct cert *c, char *out, size_t cap)
{
        dn_print_line(&cert_x509(c)->issuer, out, cap);
}

void cert_pem(const struct cert *c, struct wbuf *w)
{
        size_t n;
        const uint8_t *der = cert_der(c, &n);

        pem_write("CERTIFICATE", der, n, w);
}
