/* Distinguished names: what an operator types ("cn=EXAMPLE-CCM-Proxy, o=Y") and how attributes are called in print.
 */
#ifndef VOXGATE_PKI_DN_H
#define VOXGATE_PKI_DN_H

#include <mbedtls/asn1.h>
#include <mbedtls/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/base/err.h"

#define DN_ATTRS_MAX 16
#define DN_VALUE_MAX 255

enum dn_kind {
        DN_CN,
        DN_OU,
        DN_O,
        DN_L,
        DN_ST,
        DN_C,
        DN_DC,
        DN_EA,
        DN_T,
        DN_GN,
        DN_SN,
        DN_I,
        DN_UID,
        DN_SERIAL,
        DN_HOSTNAME,
        DN_IPADDRESS,
        DN_KINDS
};

struct dn_attr {
        enum dn_kind kind;
        char value[DN_VALUE_MAX + 1]; /* UTF-8 */
};

/* Most specific attribute first, as typed and as printed; in DER the order is the other way round. */
struct dn {
        unsigned n;
        struct dn_attr attr[DN_ATTRS_MAX];
};

/*
 * Appends the attributes of typed text: KEY=VALUE separated by commas (or semicolons), keys in any case, blanks
 * around both ignored, a value may stand in "double quotes", a backslash takes the next character as it is. Keys: CN
 * OU O L ST SP C DC EA E T GN SN I UID SER.
 */
int dn_parse(struct dn *dn, const char *text, struct err *e);
/* Appends one attribute, checked and capped like a typed one. */
int dn_add(struct dn *dn, enum dn_kind kind, const char *value, struct err *e);
bool dn_has(const struct dn *dn, enum dn_kind kind);
/* As a list for mbedtls_x509write_*: owned by the caller until it is stored in a write context. */
int dn_to_names(const struct dn *dn, mbedtls_asn1_named_data **head, struct err *e);

/* "cn", "ou" ... or NULL for an unknown attribute type. */
const char *dn_key_of_oid(const mbedtls_asn1_buf *oid);
/*
 * One attribute of a parsed name, most specific first: "cn=asa.example.com", foreign text escaped. in_line also
 * escapes what separates attributes. false behind the last.
 */
bool dn_print_attr(const mbedtls_x509_name *name, unsigned idx, bool in_line, char *out, size_t cap);
/* "cn=x,o=y", cut with "..." where it does not fit. */
void dn_print_line(const mbedtls_x509_name *name, char *out, size_t cap);
/* Same attributes in the same encoding and order. */
bool dn_same(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b);

#endif
