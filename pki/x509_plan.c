#include <mbedtls/asn1write.h>
#include <mbedtls/x509_crt.h>
#include <stdio.h>
#include <string.h>

#include "pki/x509_write.h"
#include "platform/base/addr.h"
#include "platform/base/str.h"

#define COMMON_NAME_MAX 64
#define GENERAL_NAME_EMAIL 1
#define GENERAL_NAME_DNS 2
#define GENERAL_NAME_IP 7

void pki_fqdn(const struct trustpoint_conf *tp, const struct enroll_params *p, char *out, size_t cap)
{
        size_t n;

        if (!strcmp(tp->fqdn, "none")) {
                str_copy(out, cap, "");
        } else if (*tp->fqdn) {
                str_copy(out, cap, tp->fqdn);
        } else if (str_copy(out, cap, p->hostname ? p->hostname : "") && *out && p->domain && *p->domain) {
                n = strlen(out);
                if (n + 1 + strlen(p->domain) < cap) {
                        out[n] = '.';
                        str_copy(out + n + 1, cap - n - 1, p->domain);
                }
        }
}

static int check_fqdn(const char *fqdn, struct err *e)
{
        size_t n = strspn(fqdn, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._*");
        char shown[64];

        if (strlen(fqdn) > 253)
                return err_set(e, ERR_RANGE, "the FQDN is longer than 253 characters");
        if (!fqdn[n])
                return 0;
        str_escape(shown, sizeof shown, fqdn, strlen(fqdn));
        return err_set(e, ERR_SYNTAX, "the FQDN \"%s\" holds a character that is not allowed", shown);
}

/* X.509 has room for 64 characters in a common name; the alternative name holds the whole. */
static int plan_common_name(struct dn *dn, const char *host, struct err *e)
{
        char cn[COMMON_NAME_MAX + 1];

        snprintf(cn, sizeof cn, "%s", host);
        return dn_add(dn, DN_CN, cn, e);
}

/* What the operator typed, then what the platform adds behind it. */
static int plan_subject(struct dn *dn, const struct trustpoint_conf *tp, const struct enroll_params *p,
                        const char *fqdn, struct err *e)
{
        const char *host = *fqdn ? fqdn : p->hostname;

        if (*tp->subject && dn_parse(dn, tp->subject, e) < 0)
                return -1;
        if (!dn->n && plan_common_name(dn, host && *host ? host : "ciscoasa", e) < 0) /* a name must not be empty */
                return -1;
        if (*tp->email && !dn_has(dn, DN_EA) && dn_add(dn, DN_EA, tp->email, e) < 0)
                return -1;
        if (p->serial_number && !dn_has(dn, DN_SERIAL) && dn_add(dn, DN_SERIAL, p->serial_number, e) < 0)
                return -1;
        if (*tp->ip_address && dn_add(dn, DN_IPADDRESS, tp->ip_address, e) < 0)
                return -1;
        return *fqdn ? dn_add(dn, DN_HOSTNAME, fqdn, e) : 0;
}

/* GeneralNames ::= SEQUENCE OF CHOICE { rfc822Name [1], dNSName [2], iPAddress [7] ... }, written from the end. */
static int put_name(struct x509_plan *plan, unsigned char **p, unsigned kind, const void *v, size_t n)
{
        if ((size_t)(*p - plan->san) < n + 16)
                return -1;
        *p -= n;
        memcpy(*p, v, n);
        return mbedtls_asn1_write_len(p, plan->san, n) < 0 ||
                               mbedtls_asn1_write_tag(p, plan->san,
                                                      (unsigned char)(MBEDTLS_ASN1_CONTEXT_SPECIFIC | kind)) < 0
                       ? -1
                       : 0;
}

static int plan_san(struct x509_plan *plan, const struct trustpoint_conf *tp, const char *fqdn, struct err *e)
{
        unsigned char *end = plan->san + sizeof plan->san, *p = end;
        struct addr a;
        int ret = 0;

        if (*tp->ip_address) {
                if (!addr_parse(tp->ip_address, &a))
                        return err_set(e, ERR_SYNTAX, "ip-address %s is not an address", tp->ip_address);
                uint8_t v4[4] = { (uint8_t)(a.v4 >> 24), (uint8_t)(a.v4 >> 16), (uint8_t)(a.v4 >> 8), (uint8_t)a.v4 };

                ret |= addr_is_v4(&a) ? put_name(plan, &p, GENERAL_NAME_IP, v4, 4)
                                      : put_name(plan, &p, GENERAL_NAME_IP, a.v6, 16);
        }
        if (*tp->email)
                ret |= put_name(plan, &p, GENERAL_NAME_EMAIL, tp->email, strlen(tp->email));
        if (*fqdn)
                ret |= put_name(plan, &p, GENERAL_NAME_DNS, fqdn, strlen(fqdn));
        if (p != end && (mbedtls_asn1_write_len(&p, plan->san, (size_t)(end - p)) < 0 ||
                         mbedtls_asn1_write_tag(&p, plan->san, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) < 0))
                ret = -1;
        plan->san_len = (size_t)(end - p);
        return ret ? err_set(e, ERR_LIMIT, "the alternative names of trustpoint %s are too long", tp->o.name) : 0;
}

int x509_plan(struct x509_plan *plan, const struct trustpoint_conf *tp, const struct enroll_params *p, struct err *e)
{
        char fqdn[256] = "";

        *plan = (struct x509_plan){ .ca = tp->proxy_ldc_issuer };
        pki_fqdn(tp, p, fqdn, sizeof fqdn);
        if (check_fqdn(fqdn, e) < 0 || plan_subject(&plan->subject, tp, p, fqdn, e) < 0)
                return -1;
        return plan_san(plan, tp, fqdn, e);
}

int pki_names_check(const struct enroll_params *p, struct err *e)
{
        const struct trustpoint_conf tp = { .o.name = (char *)(uintptr_t) "", .enrollment = ENROLL_SELF };
        struct x509_plan plan;

        return x509_plan(&plan, &tp, p, e);
}

/* keyEncipherment for the RSA key exchange that older phones use. */
unsigned x509_plan_key_usage(const struct x509_plan *plan)
{
        unsigned usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE | MBEDTLS_X509_KU_KEY_ENCIPHERMENT;

        return plan->ca ? usage | MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN : usage;
}
