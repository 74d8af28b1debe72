/* SEP and a hardware address in a phone's certificate. */
#include <mbedtls/oid.h>

#include "pki/issuer.h"
#include "platform/base/str.h"

#define DEVICE_LEN 15u /* SEP + 12 digits */

static bool is_digit(uint8_t c)
{
        return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
        c |= 0x20;
        return c >= 'a' && c <= 'z';
}

static bool is_hex(uint8_t c)
{
        return is_digit(c) || (is_letter(c) && (c | 0x20) <= 'f');
}

static bool starts_device(const uint8_t *p, size_t n)
{
        if (n < DEVICE_LEN || (p[0] | 0x20) != 's' || (p[1] | 0x20) != 'e' || (p[2] | 0x20) != 'p')
                return false;
        for (size_t i = 3; i < DEVICE_LEN; i++)
                if (!is_hex(p[i]))
                        return false;
        return n == DEVICE_LEN || !(is_digit(p[DEVICE_LEN]) || is_letter(p[DEVICE_LEN]));
}

/* 0 or 1 for one more device; 2 when it is another one than `device`. */
static unsigned note(const uint8_t *p, char device[PHONE_DEVICE_MAX + 1])
{
        char found[DEVICE_LEN + 1] = { 0 };

        for (size_t i = 0; i < DEVICE_LEN; i++)
                found[i] = (char)(is_letter(p[i]) ? p[i] & ~0x20 : p[i]);
        if (*device && strcmp(device, found) != 0)
                return 2;
        str_copy(device, PHONE_DEVICE_MAX + 1, found);
        return 1;
}

unsigned phone_device_in(const uint8_t *cn, size_t n, char device[PHONE_DEVICE_MAX + 1])
{
        unsigned found = *device ? 1 : 0;

        for (size_t i = 0; i + DEVICE_LEN <= n && found < 2; i++) {
                if ((i && (is_digit(cn[i - 1]) || is_letter(cn[i - 1]))) || !starts_device(cn + i, n - i))
                        continue;
                found = note(cn + i, device);
        }
        return found;
}

bool cert_phone_device(const mbedtls_x509_crt *c, char device[PHONE_DEVICE_MAX + 1])
{
        unsigned found = 0;

        *device = 0;
        for (const mbedtls_x509_name *n = &c->subject; n && found < 2; n = n->next)
                if (n->oid.p && MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &n->oid) == 0)
                        found = phone_device_in(n->val.p, n->val.len, device);
        if (found != 1)
                *device = 0;
        return found == 1;
}
