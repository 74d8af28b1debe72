#include "pki/keypair.h"

#include <mbedtls/asn1write.h>
#include <mbedtls/oid.h>
#include <mbedtls/rsa.h>
#include <stdatomic.h>
#include <string.h>

#include "pki/keypair_ec.h"
#include "pki/keypair_ed.h"
#include "pki/keypair_int.h"
#include "pki/rsa_alt.h"
#include "platform/base/mem.h"

#define BITS_MIN 512u
#define BITS_MAX 8192u
#define EXPONENT 65537
#define PKCS8_MAX 8192u /* DER of an 8192-bit key is below 6 KB */

struct keypair {
        _Atomic uint32_t refs;
        time_t created;
        struct rsa_key *rsa;    /* NULL: an elliptic curve */
        mbedtls_pk_context pk;  /* RSA_ALT, borrows rsa; or mbedTLS's own EC key; empty: Ed25519 */
        mbedtls_pk_context pub; /* public half only */
        uint8_t ed_spki[ED_SPKI_BYTES];
        uint8_t *pkcs8; /* for export: rsa does not give its numbers back */
        size_t pkcs8_len;
};

static bool is_ec(const mbedtls_pk_context *pk)
{
        return mbedtls_pk_get_type(pk) == MBEDTLS_PK_ECKEY;
}

static bool bits_legal(unsigned bits)
{
        return bits == 512 || bits == 768 || bits == 1024 || bits == 2048 || bits == 3072 || bits == 4096;
}

/* Cheap limits first (L4): the consistency check costs time that grows with the numbers. */
static int check_plain(const mbedtls_rsa_context *rsa, struct err *e)
{
        size_t bits = mbedtls_mpi_bitlen(&rsa->N);

        if (bits < BITS_MIN || bits > BITS_MAX)
                return err_set(e, ERR_RANGE, "an RSA key of %zu bits is outside %u-%u bits", bits, BITS_MIN,
                               BITS_MAX);
        if (mbedtls_mpi_bitlen(&rsa->E) > 32)
                return err_set(e, ERR_RANGE, "the RSA exponent has %zu bits, more than 32",
                               mbedtls_mpi_bitlen(&rsa->E));
        if (mbedtls_rsa_check_privkey(rsa) != 0)
                return err_set(e, ERR_CRYPTO, "the private key is damaged: its numbers do not fit together");
        return 0;
}

static int take_public(struct keypair *k, const mbedtls_rsa_context *rsa)
{
        mbedtls_rsa_context *pub;

        if (mbedtls_pk_setup(&k->pub, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)) != 0)
                return -1;
        pub = mbedtls_pk_rsa(k->pub);
        return mbedtls_rsa_import(pub, &rsa->N, NULL, NULL, NULL, &rsa->E) || mbedtls_rsa_complete(pub) ? -1 : 0;
}

/* PrivateKeyInfo ::= SEQUENCE { INTEGER 0, SEQUENCE { rsaEncryption, NULL }, OCTET STRING { RSAPrivateKey } },
 * written from the end of buf; its length or a negative error. */
static int write_pkcs8(mbedtls_pk_context *plain, uint8_t *buf, size_t size)
{
        int n = mbedtls_pk_write_key_der(plain, buf, size), len = n, ret;
        uint8_t *p = buf + size - (n > 0 ? n : 0);

        if (n < 0)
                return n;
        MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_len(&p, buf, (size_t)n));
        MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_tag(&p, buf, MBEDTLS_ASN1_OCTET_STRING));
        MBEDTLS_ASN1_CHK_ADD(len,
                             mbedtls_asn1_write_algorithm_identifier(&p, buf, MBEDTLS_OID_PKCS1_RSA,
                                                                     MBEDTLS_OID_SIZE(MBEDTLS_OID_PKCS1_RSA), 0));
        MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_int(&p, buf, 0));
        n = len;
        MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_len(&p, buf, (size_t)n));
        MBEDTLS_ASN1_CHK_ADD(len, mbedtls_asn1_write_tag(&p, buf, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE));
        return len;
}

static int take_private(struct keypair *k, mbedtls_pk_context *plain, struct err *e)
{
        uint8_t *buf = mem_alloc(MEM_KEY, PKCS8_MAX);
        int n;

        if (!buf)
                return err_nomem(e, "loading a key pair");
        n = is_ec(plain) ? (int)ec_pkcs8(plain, buf, PKCS8_MAX) : write_pkcs8(plain, buf, PKCS8_MAX);
        if (n > 0) {
                k->pkcs8_len = (size_t)n;
                k->pkcs8 = mem_dup(MEM_KEY, buf + PKCS8_MAX - n, (size_t)n);
        }
        mem_free_secret(buf);
        if (n <= 0)
                return err_set(e, ERR_CRYPTO, "the private key cannot be encoded");
        if (!k->pkcs8)
                return err_nomem(e, "loading a key pair");
        if (is_ec(plain))
                return 0;
        k->rsa = rsa_key_new(mbedtls_pk_rsa(*plain), e);
        return k->rsa ? 0 : -1;
}

static int take_halves(struct keypair *k, const mbedtls_pk_context *plain, struct err *e)
{
        bool ok = is_ec(plain) ? ec_copy(&k->pk, plain, true) == 0 && ec_copy(&k->pub, plain, false) == 0
                               : take_public(k, mbedtls_pk_rsa(*plain)) == 0 && rsa_alt_setup(&k->pk, k->rsa) == 0;

        return ok ? 0 : err_nomem(e, "loading a key pair");
}

/*
 * Signs and verifies once with the two halves as they will be used. For a curve this also fills the table of
 * multiples that mbedTLS keeps with the key, so that threads only read it later.
 */
static int self_test(struct keypair *k, struct err *e)
{
        static const uint8_t hash[36] = { 1 };
        mbedtls_md_type_t md = k->rsa ? MBEDTLS_MD_NONE : MBEDTLS_MD_SHA256;
        size_t n = 0, len = k->rsa ? sizeof hash : 32;
        void *rng = (void *)(uintptr_t)&rng_system;
        uint8_t sig[RSA_BYTES_MAX];

        if (mbedtls_pk_sign(&k->pk, md, hash, len, sig, &n, rng_mbedtls, rng) != 0 ||
            mbedtls_pk_verify(&k->pub, md, hash, len, sig, n) != 0)
                return err_set(e, ERR_CRYPTO, "the private key is damaged: its signature does not verify");
        return 0;
}

static struct keypair *keypair_new(time_t now, struct err *e)
{
        struct keypair *k = mem_alloc(MEM_KEY, sizeof *k);

        if (!k) {
                err_nomem(e, "loading a key pair");
                return NULL;
        }
        atomic_init(&k->refs, 1);
        k->created = now;
        mbedtls_pk_init(&k->pk);
        mbedtls_pk_init(&k->pub);
        return k;
}

/* plain: a parsed or generated mbedTLS key, still the caller's. */
static struct keypair *from_plain(mbedtls_pk_context *plain, time_t now, struct err *e)
{
        struct keypair *k;

        if ((is_ec(plain) ? ec_check(plain, e) : check_plain(mbedtls_pk_rsa(*plain), e)) < 0)
                return NULL;
        k = keypair_new(now, e);
        if (!k)
                return NULL;
        if (take_private(k, plain, e) == 0 && take_halves(k, plain, e) == 0 && self_test(k, e) == 0)
                return k;
        keypair_put(k);
        return NULL;
}

struct keypair *keypair_generate(unsigned bits, time_t now, const struct rng *rng, struct err *e)
{
        struct keypair *k = NULL;
        mbedtls_pk_context plain;

        if (!bits_legal(bits)) {
                err_set(e, ERR_RANGE, "an RSA modulus of %u bits is not one of 512, 768, 1024, 2048, 3072, 4096",
                        bits);
                return NULL;
        }
        mbedtls_pk_init(&plain);
        if (mbedtls_pk_setup(&plain, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)) != 0)
                err_nomem(e, "generating a key pair");
        else if (mbedtls_rsa_gen_key(mbedtls_pk_rsa(plain), rng_mbedtls, (void *)(uintptr_t)rng, bits, EXPONENT) != 0)
                err_set(e, ERR_CRYPTO, "key pair generation failed: no random bytes");
        else
                k = from_plain(&plain, now, e);
        mbedtls_pk_free(&plain);
        return k;
}

struct keypair *keypair_generate_ec(unsigned bits, time_t now, const struct rng *rng, struct err *e)
{
        struct keypair *k = NULL;
        mbedtls_pk_context plain;

        mbedtls_pk_init(&plain);
        if (ec_generate(&plain, bits, rng, e) == 0)
                k = from_plain(&plain, now, e);
        mbedtls_pk_free(&plain);
        return k;
}

static struct keypair *from_ed(const uint8_t *pkcs8, time_t now, struct err *e)
{
        struct keypair *k = keypair_new(now, e);

        if (!k)
                return NULL;
        k->pkcs8_len = ED_PKCS8_BYTES;
        k->pkcs8 = mem_dup(MEM_KEY, pkcs8, ED_PKCS8_BYTES);
        if (!k->pkcs8)
                err_nomem(e, "loading a key pair");
        if (k->pkcs8 && ed_spki(pkcs8, k->ed_spki, e) == 0)
                return k;
        keypair_put(k);
        return NULL;
}

struct keypair *keypair_generate_ed25519(time_t now, const struct rng *rng, struct err *e)
{
        uint8_t private[ED_BYTES], pkcs8[ED_PKCS8_BYTES];
        struct keypair *k = NULL;

        if (rng_fill(rng, private, sizeof private) < 0) {
                err_set(e, ERR_CRYPTO, "key pair generation failed: no random bytes");
        } else {
                ed_pkcs8(private, pkcs8);
                k = from_ed(pkcs8, now, e);
        }
        mem_wipe(private, sizeof private);
        mem_wipe(pkcs8, sizeof pkcs8);
        return k;
}

struct keypair *keypair_from_der(const uint8_t *der, size_t n, time_t now, struct err *e)
{
        struct keypair *k = NULL;
        mbedtls_pk_context plain;

        if (ed_is_pkcs8(der, n))
                return from_ed(der, now, e);
        mbedtls_pk_init(&plain);
        if (!n || mbedtls_pk_parse_key(&plain, der, n, NULL, 0) != 0)
                err_set(e, ERR_SYNTAX, "the private key cannot be parsed");
        else if (mbedtls_pk_get_type(&plain) != MBEDTLS_PK_RSA && !is_ec(&plain))
                err_set(e, ERR_SUPPORT, "the private key is neither RSA nor on an elliptic curve");
        else
                k = from_plain(&plain, now, e);
        mbedtls_pk_free(&plain);
        return k;
}

struct keypair *keypair_get(struct keypair *k)
{
        atomic_fetch_add_explicit(&k->refs, 1, memory_order_relaxed);
        return k;
}

void keypair_put(struct keypair *k)
{
        if (!k || atomic_fetch_sub_explicit(&k->refs, 1, memory_order_acq_rel) != 1)
                return;
        mbedtls_pk_free(&k->pk);
        mbedtls_pk_free(&k->pub);
        rsa_key_free(k->rsa); /* NULL is legal */
        mem_free_secret(k->pkcs8);
        mem_free_secret(k);
}

unsigned keypair_bits(const struct keypair *k)
{
        return keypair_kind(k) == KEYPAIR_ED25519 ? 8 * ED_BYTES : (unsigned)mbedtls_pk_get_bitlen(&k->pub);
}

enum keypair_kind keypair_kind(const struct keypair *k)
{
        return k->rsa ? KEYPAIR_RSA : is_ec(&k->pub) ? KEYPAIR_EC : KEYPAIR_ED25519;
}

bool keypair_is_rsa(const struct keypair *k)
{
        return k->rsa != NULL;
}

time_t keypair_created(const struct keypair *k)
{
        return k->created;
}

int keypair_export(const struct keypair *k, uint8_t **der, size_t *n, struct err *e)
{
        *der = mem_dup(MEM_KEY, k->pkcs8, k->pkcs8_len);
        *n = k->pkcs8_len;
        return *der ? 0 : err_nomem(e, "copying a private key");
}

size_t keypair_public_der(const struct keypair *k, uint8_t *out, size_t cap)
{
        uint8_t buf[RSA_BYTES_MAX + 64];
        int n;

        if (keypair_kind(k) == KEYPAIR_ED25519) {
                if (cap < ED_SPKI_BYTES)
                        return 0;
                memcpy(out, k->ed_spki, ED_SPKI_BYTES);
                return ED_SPKI_BYTES;
        }
        n = mbedtls_pk_write_pubkey_der((mbedtls_pk_context *)(uintptr_t)&k->pub, buf, sizeof buf);

        if (n <= 0 || (size_t)n > cap)
                return 0;
        memcpy(out, buf + sizeof buf - n, (size_t)n);
        return (size_t)n;
}

mbedtls_pk_context *keypair_pk(struct keypair *k)
{
        return &k->pk;
}

mbedtls_pk_context *keypair_public_pk(struct keypair *k)
{
        return &k->pub;
}

int keypair_plain(const struct keypair *k, mbedtls_pk_context *out, struct err *e)
{
        int ret;

        if (keypair_kind(k) == KEYPAIR_ED25519)
                return err_set(e, ERR_SUPPORT, "an Ed25519 key pair has no certificate: it is for SSH only");
        ret = mbedtls_pk_parse_key(out, k->pkcs8, k->pkcs8_len, NULL, 0);
        return ret ? err_nomem(e, "copying a private key") : 0;
}

bool keypair_has_public(const struct keypair *k, const mbedtls_pk_context *pub)
{
        const mbedtls_rsa_context *a, *b;

        if (keypair_kind(k) == KEYPAIR_ED25519 || mbedtls_pk_get_type(pub) != mbedtls_pk_get_type(&k->pub))
                return false;
        if (is_ec(pub))
                return ec_same_public(pub, &k->pub);
        a = mbedtls_pk_rsa(k->pub);
        b = mbedtls_pk_rsa(*pub);
        return !mbedtls_mpi_cmp_mpi(&a->N, &b->N) && !mbedtls_mpi_cmp_mpi(&a->E, &b->E);
}
