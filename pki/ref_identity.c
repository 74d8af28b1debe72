#include "pki/ref_identity.h"

#include <mbedtls/asn1.h>
#include <mbedtls/oid.h>
#include <string.h>

#include "pki/names_int.h"

#define SAN_OTHER (MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | 0)
#define SAN_DNS (MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2)
#define SAN_URI (MBEDTLS_ASN1_CONTEXT_SPECIFIC | 6)

/* id-on-dnsSRV, RFC 4985 */
static const unsigned char on_dns_srv[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x07 };

/* OtherName: the type's OID, then the value behind a tag of its own. */
static bool is_srv_name(const mbedtls_x509_buf *san, const char *want)
{
        unsigned char *p = san->p;
        const unsigned char *end = san->p + san->len;
        size_t n;

        if (mbedtls_asn1_get_tag(&p, end, &n, MBEDTLS_ASN1_OID) || n != sizeof on_dns_srv ||
            memcmp(p, on_dns_srv, n) != 0)
                return false;
        p += n;
        if (mbedtls_asn1_get_tag(&p, end, &n, SAN_OTHER) ||
            mbedtls_asn1_get_tag(&p, end, &n, MBEDTLS_ASN1_IA5_STRING))
                return false;
        return name_same(p, n, want, strlen(want));
}

static bool is_alt_name(const mbedtls_x509_buf *san, const struct ref_name *r)
{
        size_t n = strlen(r->value);

        switch (r->kind) {
        case REF_DNS_ID:
                return san->tag == SAN_DNS && name_covers_host(san, r->value, n);
        case REF_URI_ID:
                return san->tag == SAN_URI && name_same(san->p, san->len, r->value, n);
        case REF_SRV_ID:
                return san->tag == SAN_OTHER && is_srv_name(san, r->value);
        default:
                return false;
        }
}

static bool has_common_name(const mbedtls_x509_crt *c, const char *want)
{
        for (const mbedtls_x509_name *a = &c->subject; a; a = a->next)
                if (a->oid.p && MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &a->oid) == 0 &&
                    name_same(a->val.p, a->val.len, want, strlen(want)))
                        return true;
        return false;
}

static bool has_name(const mbedtls_x509_crt *c, const struct ref_name *r)
{
        if (r->kind == REF_CN_ID)
                return has_common_name(c, r->value);
        if (!(c->ext_types & MBEDTLS_X509_EXT_SUBJECT_ALT_NAME))
                return false;
        for (const mbedtls_x509_sequence *s = &c->subject_alt_names; s; s = s->next)
                if (is_alt_name(&s->buf, r))
                        return true;
        return false;
}

bool cert_has_identity(const mbedtls_x509_crt *c, const struct ref_identity *id)
{
        for (unsigned i = 0; i < id->n; i++)
                if (has_name(c, &id->name[i]))
                        return true;
        return false;
}

bool ref_identity_same(const struct ref_identity *a, const struct ref_identity *b)
{
        if (a->n != b->n)
                return false;
        for (unsigned i = 0; i < a->n; i++)
                if (a->name[i].kind != b->name[i].kind || strcmp(a->name[i].value, b->name[i].value) != 0)
                        return false;
        return true;
}
