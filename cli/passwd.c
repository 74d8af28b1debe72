#include "cli/passwd.h"

#include <mbedtls/base64.h>
#include <mbedtls/md5.h>
#include <mbedtls/pkcs5.h>
#include <stdio.h>
#include <string.h>

#include "platform/base/attr.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* Four characters from the low 24 bits of each word of the digest, least significant first. */
static void encode(const unsigned char md[16], char out[PASSWD_HASH_LEN + 1])
{
        for (unsigned i = 0; i < 4; i++) {
                unsigned long v = md[4 * i] | (unsigned long)md[4 * i + 1] << 8 | (unsigned long)md[4 * i + 2] << 16;

                for (unsigned k = 0; k < 4; k++, v >>= 6)
                        *out++ = alphabet[v & 63];
        }
        *out = 0;
}

void passwd_hash(const char *password, const char *user, char out[PASSWD_HASH_LEN + 1])
{
        unsigned char in[64] = { 0 }, md[16];
        size_t n = strlen(password);

        if (n < 28)
                n = (size_t)snprintf((char *)in, sizeof in, "%s%.4s", password, user);
        else
                memcpy(in, password, n = MIN_OF(n, sizeof in));
        /* What does not fill a block of 16 or 32 bytes is zero, what exceeds 32 does not count. */
        mbedtls_md5_ret(in, n > 16 ? 32 : 16, md);
        encode(md, out);
        mem_wipe(in, sizeof in);
        mem_wipe(md, sizeof md);
}

/* ---- $sha512$ROUNDS$SALT$HASH ---- */
#define PBKDF2_PREFIX "$sha512$"
#define ROUNDS_MAX 1000000u
#define KEY_MAX 64u

struct pbkdf2 {
        uint32_t rounds;
        unsigned char salt[64], key[KEY_MAX];
        size_t salt_len, key_len;
};

/* One field up to '$' or the end; moves *s behind it. */
static bool field(const char **s, char *out, size_t cap)
{
        size_t n = strcspn(*s, "$");

        if (!n || n >= cap)
                return false;
        memcpy(out, *s, n);
        out[n] = 0;
        *s += n + ((*s)[n] == '$');
        return true;
}

static bool decode(const char *b64, unsigned char *out, size_t cap, size_t *n)
{
        return mbedtls_base64_decode(out, cap, n, (const unsigned char *)b64, strlen(b64)) == 0 && *n;
}

static bool parse_pbkdf2(const char *hash, struct pbkdf2 *p)
{
        char rounds[16], salt[90], key[90];

        if (strncmp(hash, PBKDF2_PREFIX, sizeof PBKDF2_PREFIX - 1) != 0)
                return false;
        hash += sizeof PBKDF2_PREFIX - 1;
        return field(&hash, rounds, sizeof rounds) && field(&hash, salt, sizeof salt) &&
               field(&hash, key, sizeof key) && !*hash && str_u32(rounds, 1, ROUNDS_MAX, &p->rounds) &&
               decode(salt, p->salt, sizeof p->salt, &p->salt_len) && decode(key, p->key, sizeof p->key, &p->key_len);
}

static bool check_pbkdf2(const struct pbkdf2 *p, const char *password)
{
        unsigned char key[KEY_MAX];
        mbedtls_md_context_t md;
        bool ok;

        mbedtls_md_init(&md);
        ok = mbedtls_md_setup(&md, mbedtls_md_info_from_type(MBEDTLS_MD_SHA512), 1) == 0 &&
             mbedtls_pkcs5_pbkdf2_hmac(&md, (const unsigned char *)password, strlen(password), p->salt, p->salt_len,
                                       p->rounds, (uint32_t)p->key_len, key) == 0 &&
             str_ct_eq(key, p->key, p->key_len);
        mbedtls_md_free(&md);
        mem_wipe(key, sizeof key);
        return ok;
}

static bool is_md5_form(const char *hash)
{
        return strlen(hash) == PASSWD_HASH_LEN && strspn(hash, alphabet) == PASSWD_HASH_LEN;
}

bool passwd_hash_valid(const char *hash)
{
        struct pbkdf2 p;

        return is_md5_form(hash) || parse_pbkdf2(hash, &p);
}

bool passwd_check(const char *hash, const char *user, const char *password)
{
        char mine[PASSWD_HASH_LEN + 1];
        struct pbkdf2 p;

        if (parse_pbkdf2(hash, &p))
                return check_pbkdf2(&p, password);
        passwd_hash(password, user, mine);
        return is_md5_form(hash) && str_ct_eq(mine, hash, PASSWD_HASH_LEN);
}
