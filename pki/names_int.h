/* Comparing names of certificates. */
#ifndef VOXGATE_PKI_NAMES_INT_H
#define VOXGATE_PKI_NAMES_INT_H

#include <mbedtls/x509_crt.h>
#include <stdbool.h>

/* The same text, whatever the case. */
bool name_same(const unsigned char *p, size_t n, const char *want, size_t want_len);
/* A dNSName or common name against a host; "*.example.com" covers exactly one label. */
bool name_covers_host(const mbedtls_x509_buf *v, const char *host, size_t n);

#endif
