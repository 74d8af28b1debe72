/* Cipher suites by the names of the command language (`ssl encryption`, `client cipher-suite`). */
#include "proxy/tls_suites.h"

#include <mbedtls/ssl_ciphersuites.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "platform/base/attr.h"
#include "proxy/tls_profile.h"

struct suite {
        const char *asa;     /* NULL: ours only, in default lists */
        const char *openssl; /* for logs and show */
        int id;              /* IANA number */
};

static const struct suite suites[] = {
        { "ecdhe-ecdsa-aes128-gcm-sha256", "ECDHE-ECDSA-AES128-GCM-SHA256", 0xC02B },
        { "ecdhe-ecdsa-aes256-gcm-sha384", "ECDHE-ECDSA-AES256-GCM-SHA384", 0xC02C },
        { "ecdhe-aes128-gcm-sha256", "ECDHE-RSA-AES128-GCM-SHA256", 0xC02F },
        { "ecdhe-aes256-gcm-sha384", "ECDHE-RSA-AES256-GCM-SHA384", 0xC030 },
        { "dhe-aes128-sha1", "DHE-RSA-AES128-SHA", 0x0033 },
        { "dhe-aes256-sha1", "DHE-RSA-AES256-SHA", 0x0039 },
        { "aes128-gcm-sha256", "AES128-GCM-SHA256", 0x009C },
        { "aes256-gcm-sha384", "AES256-GCM-SHA384", 0x009D },
        { "aes128-sha256", "AES128-SHA256", 0x003C },
        { "aes256-sha256", "AES256-SHA256", 0x003D },
        { "aes128-sha1", "AES128-SHA", 0x002F },
        { "aes256-sha1", "AES256-SHA", 0x0035 },
        { "3des-sha1", "DES-CBC3-SHA", 0x000A },
        { "des-sha1", "DES-CBC-SHA", 0x0009 },
        { "rc4-sha1", "RC4-SHA", 0x0005 },
        { "rc4-md5", "RC4-MD5", 0x0004 },
        { "null-sha1", "NULL-SHA", 0x0002 },
};

/* Modern first; the platform's own defaults (aes128-sha1 aes256-sha1) for what only speaks those. */
static const char *const defaults[] = {
        "ecdhe-ecdsa-aes128-gcm-sha256",
        "ecdhe-ecdsa-aes256-gcm-sha384",
        "ecdhe-aes128-gcm-sha256",
        "ecdhe-aes256-gcm-sha384",
        "aes128-gcm-sha256",
        "aes256-gcm-sha384",
        "aes128-sha1",
        "aes256-sha1",
};

static const struct suite *suite_find(const char *asa)
{
        for (size_t i = 0; i < ARRAY_LEN(suites); i++)
                if (strcasecmp(suites[i].asa, asa) == 0)
                        return &suites[i];
        return NULL;
}

/* The linked library may have been built without a suite. */
static bool library_has(int id)
{
        for (const int *l = mbedtls_ssl_list_ciphersuites(); *l; l++)
                if (*l == id)
                        return true;
        return false;
}

bool tls_suite_known(const char *asa_name, bool *available)
{
        const struct suite *s = suite_find(asa_name);

        *available = s && library_has(s->id);
        return s != NULL;
}

const char *tls_suite_openssl_name(int id)
{
        for (size_t i = 0; i < ARRAY_LEN(suites); i++)
                if (suites[i].id == id)
                        return suites[i].openssl;
        return mbedtls_ssl_get_ciphersuite_name(id);
}

int tls_suite_ids(const char (*names)[SSL_SUITE_NAME_MAX + 1], unsigned n, int out[TLS_SUITES_MAX + 1], struct err *e)
{
        unsigned used = 0;

        for (unsigned i = 0; i < n && used < TLS_SUITES_MAX; i++) {
                const struct suite *s = suite_find(names[i]);

                if (!s)
                        return err_set(e, ERR_REF, "cipher suite %s is not known", names[i]);
                if (!library_has(s->id))
                        return err_set(e, ERR_SUPPORT, "cipher suite %s is not in the linked TLS library", names[i]);
                out[used++] = s->id;
        }
        for (size_t i = 0; !n && i < ARRAY_LEN(defaults); i++) {
                int id = suite_find(defaults[i])->id;

                if (library_has(id))
                        out[used++] = id;
        }
        out[used] = 0;
        return used ? 0 : err_set(e, ERR_SUPPORT, "no usable cipher suite");
}
