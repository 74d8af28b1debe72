#include "pki/rsa_alt.h"

#include <mbedtls/asn1.h>
#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/rsa.h>
#include <string.h>

#include "pki/libcrypto.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

struct rsa_key {
        EVP_PKEY *pkey;
        size_t len;
};

/* Private numbers go into "secure" ones: libcrypto clears those wherever it copies them to. */
static int push(OSSL_PARAM_BLD *bld, BIGNUM **bn, const char *name, const mbedtls_mpi *v, bool secret)
{
        uint8_t raw[RSA_BYTES_MAX];
        size_t n = mbedtls_mpi_size(v);
        int ok;

        *bn = secret ? BN_secure_new() : BN_new();
        ok = *bn && n <= sizeof raw && mbedtls_mpi_write_binary(v, raw, n) == 0 && BN_bin2bn(raw, (int)n, *bn) &&
             OSSL_PARAM_BLD_push_BN(bld, name, *bn);
        mem_wipe(raw, sizeof raw);
        return ok ? 0 : -1;
}

/* The builder borrows the numbers until its parameters are made. */
static OSSL_PARAM *params_of(const mbedtls_rsa_context *rsa)
{
        const struct {
                const char *name;
                const mbedtls_mpi *v;
                bool secret;
        } part[] = {
                { OSSL_PKEY_PARAM_RSA_N, &rsa->N, false },
                { OSSL_PKEY_PARAM_RSA_E, &rsa->E, false },
                { OSSL_PKEY_PARAM_RSA_D, &rsa->D, true },
                { OSSL_PKEY_PARAM_RSA_FACTOR1, &rsa->P, true },
                { OSSL_PKEY_PARAM_RSA_FACTOR2, &rsa->Q, true },
                { OSSL_PKEY_PARAM_RSA_EXPONENT1, &rsa->DP, true },
                { OSSL_PKEY_PARAM_RSA_EXPONENT2, &rsa->DQ, true },
                { OSSL_PKEY_PARAM_RSA_COEFFICIENT1, &rsa->QP, true },
        };
        OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
        BIGNUM *bn[ARRAY_LEN(part)] = { NULL };
        OSSL_PARAM *params = NULL;
        int ret = bld ? 0 : -1;

        for (size_t i = 0; ret == 0 && i < ARRAY_LEN(part); i++)
                ret = push(bld, &bn[i], part[i].name, part[i].v, part[i].secret);
        if (ret == 0)
                params = OSSL_PARAM_BLD_to_param(bld);
        for (size_t i = 0; i < ARRAY_LEN(part); i++)
                BN_clear_free(bn[i]);
        OSSL_PARAM_BLD_free(bld);
        return params;
}

static EVP_PKEY *to_pkey(const mbedtls_rsa_context *rsa)
{
        EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
        OSSL_PARAM *params = params_of(rsa);
        EVP_PKEY *pkey = NULL;

        if (!c || !params || EVP_PKEY_fromdata_init(c) <= 0 ||
            EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_KEYPAIR, params) <= 0)
                pkey = NULL;
        OSSL_PARAM_free(params);
        EVP_PKEY_CTX_free(c);
        return pkey;
}

struct rsa_key *rsa_key_new(const mbedtls_rsa_context *rsa, struct err *e)
{
        struct rsa_key *k = mem_alloc(MEM_KEY, sizeof *k);

        if (!k) {
                err_nomem(e, "loading a key pair");
                return NULL;
        }
        ERR_set_mark();
        k->pkey = to_pkey(rsa);
        ERR_pop_to_mark();
        if (!k->pkey || EVP_PKEY_get_size(k->pkey) > (int)RSA_BYTES_MAX) {
                rsa_key_free(k);
                err_set(e, ERR_CRYPTO, "the private key is not an RSA key that can be used");
                return NULL;
        }
        k->len = (size_t)EVP_PKEY_get_size(k->pkey);
        return k;
}

void rsa_key_free(struct rsa_key *k)
{
        if (!k)
                return;
        EVP_PKEY_free(k->pkey); /* clears the private numbers */
        mem_free_secret(k);
}

size_t rsa_key_len(const struct rsa_key *k)
{
        return k->len;
}

/* in^d or in^e mod n, k->len bytes on both sides. */
static int raw(const struct rsa_key *k, bool private_op, const uint8_t *in, uint8_t *out)
{
        EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k->pkey, NULL);
        size_t n = k->len;
        int ok;

        ERR_set_mark();
        ok = c && (private_op ? EVP_PKEY_decrypt_init(c) : EVP_PKEY_encrypt_init(c)) > 0 &&
             EVP_PKEY_CTX_set_rsa_padding(c, RSA_NO_PADDING) > 0 &&
             (private_op ? EVP_PKEY_decrypt(c, out, &n, in, k->len) : EVP_PKEY_encrypt(c, out, &n, in, k->len)) > 0 &&
             n == k->len;
        ERR_pop_to_mark();
        EVP_PKEY_CTX_free(c);
        return ok ? 0 : -1;
}

/* ---- decryption ---- */

/* All ones when a < b, else zero; a and b below 2^31. */
static uint32_t ct_lt(uint32_t a, uint32_t b)
{
        return 0u - ((a - b) >> 31);
}

static uint32_t ct_zero(uint32_t v)
{
        return ct_lt(v, 1);
}

/* Moves buf left by shift < 2^bits places without telling by how much. */
static void ct_shift_left(uint8_t *buf, size_t n, uint32_t shift)
{
        for (uint32_t step = 1; step && step < 2 * RSA_BYTES_MAX; step <<= 1) {
                uint8_t take = (uint8_t)~ct_zero(shift & step);

                for (size_t i = 0; i < n; i++) {
                        uint8_t from = i + step < n ? buf[i + step] : 0;

                        buf[i] = (uint8_t)((from & take) | (buf[i] & ~take));
                }
        }
}

int rsa_unpad_ct(const uint8_t *em, size_t k, uint8_t *out, size_t cap, size_t *n)
{
        uint32_t pad = 0, in_pad = ~0u, bad, len, keep;
        uint8_t tail[RSA_BYTES_MAX];

        *n = 0;
        if (k < 11 || k > sizeof tail)
                return MBEDTLS_ERR_RSA_BAD_INPUT_DATA;
        bad = ~ct_zero(em[0]) | ~ct_zero(em[1] ^ 2u);
        for (size_t i = 2; i < k; i++) { /* counts the padding bytes up to the first zero */
                in_pad &= ~ct_zero(em[i]);
                pad += in_pad & 1;
        }
        bad |= in_pad;
        len = (uint32_t)k - 3 - pad; /* in_pad makes it wrap; masked below */
        len &= ~in_pad;
        keep = (uint32_t)(cap < k - 11 ? cap : k - 11); /* more would leave fewer than eight padding bytes */
        bad |= ct_lt(keep, len);
        len &= ~bad;

        /* The message is the end of em: take as much as fits, then shift its start to the front. */
        memcpy(tail, em + k - keep, keep);
        ct_shift_left(tail, keep, keep - len);
        for (size_t i = 0; i < keep; i++)
                out[i] = (uint8_t)(tail[i] & ct_lt((uint32_t)i, len));
        *n = len;
        mem_wipe(tail, sizeof tail);
        /* 0 or the error, chosen by mask. */
        return (int)(bad & (uint32_t)MBEDTLS_ERR_RSA_INVALID_PADDING);
}

static int alt_decrypt(void *ctx, int mode, size_t *olen, const unsigned char *in, unsigned char *out, size_t cap)
{
        const struct rsa_key *k = ctx;
        uint8_t em[RSA_BYTES_MAX];
        int ret;

        if (mode != MBEDTLS_RSA_PRIVATE)
                return MBEDTLS_ERR_RSA_BAD_INPUT_DATA;
        if (raw(k, true, in, em) < 0) {
                *olen = 0;
                ret = MBEDTLS_ERR_RSA_PRIVATE_FAILED; /* not below the modulus: the sender knows that already */
        } else {
                ret = rsa_unpad_ct(em, k->len, out, cap, olen);
        }
        mem_wipe(em, sizeof em);
        return ret;
}

/* ---- signature ---- */

/* DigestInfo ::= SEQUENCE { SEQUENCE { OID, NULL }, OCTET STRING }; without a hash name the bytes stand alone. */
static size_t digest_info(mbedtls_md_type_t md, const uint8_t *hash, size_t hashlen, uint8_t *out, size_t cap)
{
        const mbedtls_md_info_t *info = mbedtls_md_info_from_type(md);
        const char *oid;
        size_t oid_len, head;

        if (md == MBEDTLS_MD_NONE) {
                if (!hashlen || hashlen > cap)
                        return 0;
                memcpy(out, hash, hashlen);
                return hashlen;
        }
        if (!info || hashlen != mbedtls_md_get_size(info) || mbedtls_oid_get_oid_by_md(md, &oid, &oid_len) != 0)
                return 0;
        head = 10 + oid_len;
        if (oid_len > 32 || head + hashlen > cap)
                return 0;
        out[0] = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
        out[1] = (uint8_t)(head - 2 + hashlen);
        out[2] = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
        out[3] = (uint8_t)(4 + oid_len);
        out[4] = MBEDTLS_ASN1_OID;
        out[5] = (uint8_t)oid_len;
        memcpy(out + 6, oid, oid_len);
        out[6 + oid_len] = MBEDTLS_ASN1_NULL;
        out[7 + oid_len] = 0;
        out[8 + oid_len] = MBEDTLS_ASN1_OCTET_STRING;
        out[9 + oid_len] = (uint8_t)hashlen;
        memcpy(out + head, hash, hashlen);
        return head + hashlen;
}

/* EM = 00 01 FF..FF 00 T with at least eight FF (RFC 8017, 9.2). */
static int encode(uint8_t *em, size_t k, mbedtls_md_type_t md, const uint8_t *hash, size_t hashlen)
{
        uint8_t t[128];
        size_t n = digest_info(md, hash, hashlen, t, sizeof t);

        if (!n || n + 11 > k)
                return -1;
        em[0] = 0;
        em[1] = 1;
        memset(em + 2, 0xff, k - n - 3);
        em[k - n - 1] = 0;
        memcpy(em + k - n, t, n);
        return 0;
}

static int alt_sign(void *ctx, int (*f_rng)(void *, unsigned char *, size_t) UNUSED, void *p_rng UNUSED, int mode,
                    mbedtls_md_type_t md, unsigned int hashlen, const unsigned char *hash, unsigned char *sig)
{
        const struct rsa_key *k = ctx;
        uint8_t em[RSA_BYTES_MAX], out[RSA_BYTES_MAX], check[RSA_BYTES_MAX];
        int ret = MBEDTLS_ERR_RSA_PRIVATE_FAILED;

        if (mode != MBEDTLS_RSA_PRIVATE || encode(em, k->len, md, hash, hashlen) < 0)
                return MBEDTLS_ERR_RSA_BAD_INPUT_DATA;
        if (raw(k, true, em, out) == 0 && raw(k, false, out, check) == 0 && str_ct_eq(em, check, k->len)) {
                memcpy(sig, out, k->len);
                ret = 0;
        }
        mem_wipe(out, sizeof out); /* a faulty signature gives the key away */
        return ret;
}

static size_t alt_len(void *ctx)
{
        return rsa_key_len(ctx);
}

int rsa_alt_setup(mbedtls_pk_context *pk, struct rsa_key *k)
{
        return mbedtls_pk_setup_rsa_alt(pk, k, alt_decrypt, alt_sign, alt_len);
}
