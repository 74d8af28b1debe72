#include "cli/conf/passwd.h"

#include <iconv.h>
#include <mbedtls/base64.h>
#include <mbedtls/md5.h>
#include <stdio.h>
#include <string.h>

#include "pki/libcrypto.h"
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

static bool derive(const struct pbkdf2 *p, const char *password, unsigned char key[KEY_MAX])
{
        return PKCS5_PBKDF2_HMAC(password, (int)strlen(password), p->salt, (int)p->salt_len, (int)p->rounds,
                                 EVP_sha512(), (int)p->key_len, key) == 1;
}

static bool check_pbkdf2(const struct pbkdf2 *p, const char *password)
{
        unsigned char key[KEY_MAX];
        bool ok = derive(p, password, key) && str_ct_eq(key, p->key, p->key_len);

        mem_wipe(key, sizeof key);
        return ok;
}

/* The ASA's own sizes of salt and key, so that a configuration can move there. */
#define NEW_SALT 16u
#define NEW_KEY 16u

int passwd_new(const struct rng *rng, uint32_t rounds, const char *password, char out[PASSWD_TEXT_MAX], struct err *e)
{
        struct pbkdf2 p = { .rounds = rounds, .salt_len = NEW_SALT, .key_len = NEW_KEY };
        unsigned char key[KEY_MAX], salt64[32], key64[32];
        size_t n;
        int ok = rng_fill(rng, p.salt, NEW_SALT) == 0 && derive(&p, password, key) &&
                 !mbedtls_base64_encode(salt64, sizeof salt64, &n, p.salt, NEW_SALT) &&
                 !mbedtls_base64_encode(key64, sizeof key64, &n, key, NEW_KEY);

        mem_wipe(key, sizeof key);
        if (!ok)
                return err_set(e, ERR_CRYPTO, "the password cannot be hashed");
        snprintf(out, PASSWD_TEXT_MAX, PBKDF2_PREFIX "%u$%s$%s", rounds, salt64, key64);
        return 0;
}

uint32_t passwd_rounds(const char *hash)
{
        struct pbkdf2 p;

        return parse_pbkdf2(hash, &p) ? p.rounds : 0;
}

/* ---- nt-encrypted: base64 of MD4 over UTF-16LE ---- */
#define NT_LEN 24u

/* libcrypto keeps MD4 apart from what it offers everybody: it is fetched for this one digest. */
static bool md4(const void *in, size_t n, unsigned char out[16])
{
        OSSL_LIB_CTX *lib = OSSL_LIB_CTX_new();
        OSSL_PROVIDER *legacy = lib ? OSSL_PROVIDER_load(lib, "legacy") : NULL;
        EVP_MD *md = legacy ? EVP_MD_fetch(lib, "MD4", NULL) : NULL;
        bool ok = md && EVP_Digest(in, n, out, NULL, md, NULL) == 1;

        EVP_MD_free(md);
        if (legacy)
                OSSL_PROVIDER_unload(legacy);
        OSSL_LIB_CTX_free(lib);
        return ok;
}

bool passwd_nt(const char *password, char out[PASSWD_TEXT_MAX])
{
        unsigned char wide[4 * PASSWD_TEXT_MAX], md[16];
        char *from = (char *)(uintptr_t)password, *to = (char *)wide;
        size_t left = strlen(password), room = sizeof wide, n;
        iconv_t cd = iconv_open("UTF-16LE", "UTF-8");
        bool ok = cd != (iconv_t)-1 && iconv(cd, &from, &left, &to, &room) != (size_t)-1 &&
                  md4(wide, sizeof wide - room, md) &&
                  !mbedtls_base64_encode((unsigned char *)out, PASSWD_TEXT_MAX, &n, md, sizeof md);

        if (cd != (iconv_t)-1)
                iconv_close(cd);
        mem_wipe(wide, sizeof wide);
        mem_wipe(md, sizeof md);
        return ok;
}

static bool is_nt_form(const char *hash)
{
        unsigned char md[16];
        size_t n;

        return strlen(hash) == NT_LEN && decode(hash, md, sizeof md, &n) && n == sizeof md;
}

/* ---- any of them ---- */

static bool is_md5_form(const char *hash)
{
        return strlen(hash) == PASSWD_HASH_LEN && strspn(hash, alphabet) == PASSWD_HASH_LEN;
}

enum passwd_form passwd_form_of(const char *hash)
{
        struct pbkdf2 p;

        return is_md5_form(hash)        ? PASSWD_ENCRYPTED
               : parse_pbkdf2(hash, &p) ? PASSWD_PBKDF2
               : is_nt_form(hash)       ? PASSWD_NT
                                        : PASSWD_CLEAR;
}

bool passwd_check(const char *hash, const char *user, const char *password)
{
        char mine[PASSWD_TEXT_MAX];
        struct pbkdf2 p;

        switch (passwd_form_of(hash)) {
        case PASSWD_PBKDF2:
                return parse_pbkdf2(hash, &p) && check_pbkdf2(&p, password);
        case PASSWD_ENCRYPTED:
                passwd_hash(password, user, mine);
                return str_ct_eq(mine, hash, PASSWD_HASH_LEN);
        case PASSWD_NT:
                return passwd_nt(password, mine) && str_ct_eq(mine, hash, NT_LEN);
        case PASSWD_CLEAR:
        case PASSWD_MSCHAP:
                break;
        }
        return false;
}

bool passwd_check_level(const char *hash, const char *user, const char *password, uint32_t rounds)
{
        struct pbkdf2 rest = { .salt_len = NEW_SALT, .key_len = NEW_KEY };
        bool ok = passwd_check(hash, user, password);
        uint32_t own = passwd_rounds(hash);
        unsigned char key[KEY_MAX];

        if (rounds > own) {
                rest.rounds = rounds - own;
                derive(&rest, password, key);
                mem_wipe(key, sizeof key);
        }
        return ok;
}
