/* Names that a TLS server may have (RFC 6125): `crypto ca reference-identity`. */
#ifndef VOXGATE_PKI_REF_IDENTITY_H
#define VOXGATE_PKI_REF_IDENTITY_H

#include <mbedtls/x509_crt.h>
#include <stdbool.h>

#define REF_NAMES_MAX 8u
#define REF_NAME_MAX 253

/* cn-id: its common name. The others are subject alternative names: dNSName, SRVName (_syslog.example.com), URI. */
enum ref_name_kind { REF_NAME_NONE, REF_CN_ID, REF_DNS_ID, REF_SRV_ID, REF_URI_ID };

struct ref_name {
        enum ref_name_kind kind;
        char value[REF_NAME_MAX + 1];
};
struct ref_identity {
        unsigned n;
        struct ref_name name[REF_NAMES_MAX];
};

/* Has the certificate one of the names? Case does not matter; "*." may stand for one label of a dNSName. */
bool cert_has_identity(const mbedtls_x509_crt *c, const struct ref_identity *id);
bool ref_identity_same(const struct ref_identity *a, const struct ref_identity *b);

#endif
