/* Cipher suites by the names of the command language (`ssl encryption`, `client cipher-suite`). */
#include "proxy/tls/tls_suites.h"

#include <mbedtls/ssl_ciphersuites.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "platform/base/attr.h"
#include "proxy/tls/tls_profile.h"

/* How much it is worth: the order in which suites are chosen, whatever the order typed. */
enum worth { SOUND, WEAK, READABLE, WORTHS };

struct suite {
        const char *asa;     /* NULL: ours only, in default lists */
        const char *openssl; /* for logs and show */
        int id;              /* IANA number */
        enum worth worth;
};

static const struct suite suites[] = {
        { "ecdhe-ecdsa-aes128-gcm-sha256", "ECDHE-ECDSA-AES128-GCM-SHA256", 0xC02B, SOUND },
        { "ecdhe-ecdsa-aes256-gcm-sha384", "ECDHE-ECDSA-AES256-GCM-SHA384", 0xC02C, SOUND },
        { "ecdhe-aes128-gcm-sha256", "ECDHE-RSA-AES128-GCM-SHA256", 0xC02F, SOUND },
        { "ecdhe-aes256-gcm-sha384", "ECDHE-RSA-AES256-GCM-SHA384", 0xC030, SOUND },
        { "dhe-aes128-sha1", "DHE-RSA-AES128-SHA", 0x0033, SOUND },
        { "dhe-aes256-sha1", "DHE-RSA-AES256-SHA", 0x0039, SOUND },
        { "aes128-gcm-sha256", "AES128-GCM-SHA256", 0x009C, SOUND },
        { "aes256-gcm-sha384", "AES256-GCM-SHA384", 0x009D, SOUND },
        { "aes128-sha256", "AES128-SHA256", 0x003C, SOUND },
        { "aes256-sha256", "AES256-SHA256", 0x003D, SOUND },
        { "aes128-sha1", "AES128-SHA", 0x002F, SOUND },
        { "aes256-sha1", "AES256-SHA", 0x0035, SOUND },
        { "3des-sha1", "DES-CBC3-SHA", 0x000A, WEAK },
        { "des-sha1", "DES-CBC-SHA", 0x0009, WEAK },
        { "rc4-sha1", "RC4-SHA", 0x0005, WEAK },
        { "rc4-md5", "RC4-MD5", 0x0004, WEAK },
        { "null-sha1", "NULL-SHA", 0x0002, READABLE },
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

void tls_suites_off(struct wbuf *w)
{
        for (size_t i = 0; i < ARRAY_LEN(suites); i++)
                if (!library_has(suites[i].id))
                        wbuf_printf(w, " %s", suites[i].asa);
}

bool tls_suite_encrypts(int id)
{
        for (size_t i = 0; i < ARRAY_LEN(suites); i++)
                if (suites[i].id == id)
                        return suites[i].worth != READABLE;
        return true;
}

/* Each that was typed is known and there. */
static int all_there(const char (*names)[SSL_SUITE_NAME_MAX + 1], unsigned n, struct err *e)
{
        for (unsigned i = 0; i < n; i++) {
                const struct suite *s = suite_find(names[i]);

                if (!s)
                        return err_set(e, ERR_REF, "cipher suite %s is not known", names[i]);
                if (!library_has(s->id))
                        return err_set(e, ERR_SUPPORT, "cipher suite %s is not in the linked TLS library", names[i]);
        }
        return 0;
}

static unsigned default_ids(int out[TLS_SUITES_MAX])
{
        unsigned used = 0;

        for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
                int id = suite_find(defaults[i])->id;

                if (library_has(id))
                        out[used++] = id;
        }
        return used;
}

int tls_suite_ids(const char (*names)[SSL_SUITE_NAME_MAX + 1], unsigned n, bool readable_ok,
                  int out[TLS_SUITES_MAX + 1], struct err *e)
{
        unsigned used = n ? 0 : default_ids(out), worths = readable_ok ? WORTHS : READABLE;

        if (all_there(names, n, e) < 0)
                return -1;
        for (unsigned w = SOUND; w < worths; w++)
                for (unsigned i = 0; i < n && used < TLS_SUITES_MAX; i++)
                        if (suite_find(names[i])->worth == w)
                                out[used++] = suite_find(names[i])->id;
        out[used] = 0;
        if (used)
                return 0;
        return err_set(e, ERR_SUPPORT,
                       n ? "null-sha1 alone is for softphones (cipc security-mode authenticated)"
                         : "no usable cipher suite");
}
