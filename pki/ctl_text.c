/* Names, numbers and keys of certificates in the form that CTL files hold them. */
#include <mbedtls/pk.h>
#include <stdio.h>

#include "pki/ctl_tlv.h"
#include "pki/dn.h"
#include "platform/base/attr.h"

static void upper_key(char *attr)
{
        for (; *attr && *attr != '='; attr++)
                if (*attr >= 'a' && *attr <= 'z')
                        *attr = (char)(*attr - 'a' + 'A');
}

int ctl_dn(const mbedtls_x509_name *name, char out[CTL_DN_MAX + 1], struct err *e)
{
        char attr[1100]; /* a value of DN_VALUE_MAX bytes, each escaped */
        size_t used = 0;

        *out = 0;
        for (unsigned i = 0; dn_print_attr(name, i, false, attr, sizeof attr); i++) {
                size_t n = strlen(attr);

                if (used + n + 1 > CTL_DN_MAX)
                        return err_set(e, ERR_RANGE, "a name in a certificate is longer than %u characters",
                                       CTL_DN_MAX);
                upper_key(attr);
                used += (size_t)snprintf(out + used, CTL_DN_MAX + 1 - used, "%s%s", i ? ";" : "", attr);
        }
        return 0;
}

const char *ctl_role_name(uint16_t role)
{
        static const struct {
                uint16_t role;
                const char *name;
        } row[] = {
                { CTL_SAST, "SAST" }, { CTL_CCM, "CCM" },   { CTL_CCM_TFTP, "CCM+TFTP" }, { CTL_TFTP, "TFTP" },
                { CTL_CAPF, "CAPF" }, { CTL_SRST, "SRST" }, { CTL_APP, "APP-SERVER" },    { CTL_TVS, "TVS" },
        };

        for (size_t i = 0; i < ARRAY_LEN(row); i++)
                if (row[i].role == role)
                        return row[i].name;
        return "unknown";
}

struct cur ctl_serial(const struct cert *c)
{
        const mbedtls_x509_buf *s = &cert_x509(c)->serial;
        size_t skip = 0;

        while (skip + 1 < s->len && !s->p[skip])
                skip++;
        return cur_of(s->p + skip, s->len - skip);
}

struct cur ctl_public_key(const struct cert *c, uint8_t *buf, size_t cap)
{
        uint8_t *end = buf + cap;
        int n = mbedtls_pk_write_pubkey(&end, buf, (mbedtls_pk_context *)(uintptr_t)&cert_x509(c)->pk);

        return n > 0 ? cur_of(buf + cap - n, (size_t)n) : (struct cur){ .bad = true };
}
