/* Does a certificate belong to the peer we meant? (T6) */
#include <mbedtls/oid.h>
#include <string.h>

#include "pki/chain.h"
#include "pki/names_int.h"

static char lower(unsigned char c)
{
        return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

bool name_same(const unsigned char *p, size_t n, const char *want, size_t want_len)
{
        if (n != want_len)
                return false;
        for (size_t i = 0; i < n; i++)
                if (lower(p[i]) != lower((unsigned char)want[i]))
                        return false;
        return true;
}

/* "*.example.com" covers exactly one label and never a whole top-level domain. */
bool name_covers_host(const mbedtls_x509_buf *v, const char *host, size_t n)
{
        const char *dot;

        if (n && host[n - 1] == '.')
                n--;
        if (name_same(v->p, v->len, host, n))
                return n > 0;
        if (v->len < 4 || v->p[0] != '*' || v->p[1] != '.' || !memchr(v->p + 2, '.', v->len - 2))
                return false;
        dot = memchr(host, '.', n);
        return dot && dot != host && name_same(v->p + 1, v->len - 1, dot, n - (size_t)(dot - host));
}

static bool is_dns(const mbedtls_x509_buf *v)
{
        return v->tag == (MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2);
}

bool cert_names_host(const mbedtls_x509_crt *c, const char *host)
{
        size_t n = strlen(host);
        bool has_dns = false;

        if (c->ext_types & MBEDTLS_X509_EXT_SUBJECT_ALT_NAME)
                for (const mbedtls_x509_sequence *s = &c->subject_alt_names; s; s = s->next) {
                        if (!is_dns(&s->buf))
                                continue;
                        has_dns = true;
                        if (name_covers_host(&s->buf, host, n))
                                return true;
                }
        if (has_dns)
                return false;
        for (const mbedtls_x509_name *a = &c->subject; a; a = a->next)
                if (a->oid.p && MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &a->oid) == 0 &&
                    name_covers_host(&a->val, host, n))
                        return true;
        return false;
}

bool cert_names_address(const mbedtls_x509_crt *c, const struct addr *a)
{
        uint8_t v4[4] = { (uint8_t)(a->v4 >> 24), (uint8_t)(a->v4 >> 16), (uint8_t)(a->v4 >> 8), (uint8_t)a->v4 };
        const uint8_t *want = addr_is_v4(a) ? v4 : a->v6;
        size_t n = addr_is_v4(a) ? 4 : 16;

        if (a->fam == ADDR_NONE || !(c->ext_types & MBEDTLS_X509_EXT_SUBJECT_ALT_NAME))
                return false;
        for (const mbedtls_x509_sequence *s = &c->subject_alt_names; s; s = s->next)
                if (s->buf.tag == (MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7) && s->buf.len == n &&
                    !memcmp(s->buf.p, want, n))
                        return true;
        return false;
}
