/*
 * Signatures on curves by libcrypto, in an mbedTLS of our own: a handshake with ECDSA certificates costs a fraction.
 * A curve that libcrypto lacks makes no signature and verifies none.
 */
#include <mbedtls/ecdsa.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/objects.h>

#define BYTES_MAX 66u /* P-521 */

static int nid_of(mbedtls_ecp_group_id id)
{
        switch (id) {
        case MBEDTLS_ECP_DP_SECP192R1:
                return NID_X9_62_prime192v1;
        case MBEDTLS_ECP_DP_SECP224R1:
                return NID_secp224r1;
        case MBEDTLS_ECP_DP_SECP256R1:
                return NID_X9_62_prime256v1;
        case MBEDTLS_ECP_DP_SECP384R1:
                return NID_secp384r1;
        case MBEDTLS_ECP_DP_SECP521R1:
                return NID_secp521r1;
        case MBEDTLS_ECP_DP_BP256R1:
                return NID_brainpoolP256r1;
        case MBEDTLS_ECP_DP_BP384R1:
                return NID_brainpoolP384r1;
        case MBEDTLS_ECP_DP_BP512R1:
                return NID_brainpoolP512r1;
        case MBEDTLS_ECP_DP_SECP192K1:
                return NID_secp192k1;
        case MBEDTLS_ECP_DP_SECP224K1:
                return NID_secp224k1;
        case MBEDTLS_ECP_DP_SECP256K1:
                return NID_secp256k1;
        default:
                return NID_undef;
        }
}

int mbedtls_ecdsa_can_do(mbedtls_ecp_group_id id)
{
        return nid_of(id) != NID_undef;
}

/* NULL also for a number that is longer than the curve's. */
static BIGNUM *bn_of(const mbedtls_mpi *m)
{
        unsigned char raw[BYTES_MAX];
        BIGNUM *b = NULL;

        if (mbedtls_mpi_write_binary(m, raw, sizeof raw) == 0)
                b = BN_bin2bn(raw, sizeof raw, NULL);
        OPENSSL_cleanse(raw, sizeof raw);
        return b;
}

static int mpi_of(const BIGNUM *b, mbedtls_mpi *to)
{
        unsigned char raw[BYTES_MAX];

        if (BN_bn2binpad(b, raw, sizeof raw) != (int)sizeof raw)
                return MBEDTLS_ERR_ECP_BAD_INPUT_DATA;
        return mbedtls_mpi_read_binary(to, raw, sizeof raw);
}

static EC_KEY *key_of(const mbedtls_ecp_group *grp)
{
        int nid = nid_of(grp->id);

        return nid == NID_undef ? NULL : EC_KEY_new_by_curve_name(nid);
}

/* ---- what the library calls ---- */

/* The number that makes a signature unique is libcrypto's, of its own source. */
int mbedtls_ecdsa_sign(mbedtls_ecp_group *grp, mbedtls_mpi *r, mbedtls_mpi *s, const mbedtls_mpi *d,
                       const unsigned char *buf, size_t blen, int (*f_rng)(void *, unsigned char *, size_t),
                       void *p_rng)
{
        EC_KEY *key = key_of(grp);
        BIGNUM *own = key ? bn_of(d) : NULL;
        ECDSA_SIG *sig = NULL;
        int rc = MBEDTLS_ERR_ECP_BAD_INPUT_DATA;

        (void)f_rng;
        (void)p_rng;
        if (own && EC_KEY_set_private_key(key, own) == 1)
                sig = ECDSA_do_sign(buf, (int)blen, key);
        if (sig)
                rc = mpi_of(ECDSA_SIG_get0_r(sig), r);
        if (!rc)
                rc = mpi_of(ECDSA_SIG_get0_s(sig), s);
        ECDSA_SIG_free(sig);
        BN_clear_free(own);
        EC_KEY_free(key);
        return rc;
}

static int sig_of(ECDSA_SIG *sig, const mbedtls_mpi *r, const mbedtls_mpi *s)
{
        BIGNUM *a = bn_of(r), *b = bn_of(s);

        if (sig && a && b && ECDSA_SIG_set0(sig, a, b) == 1)
                return 0;
        BN_free(a);
        BN_free(b);
        return -1;
}

/* A point that is on no curve is refused as it is set. */
int mbedtls_ecdsa_verify(mbedtls_ecp_group *grp, const unsigned char *buf, size_t blen, const mbedtls_ecp_point *Q,
                         const mbedtls_mpi *r, const mbedtls_mpi *s)
{
        EC_KEY *key = key_of(grp);
        BIGNUM *x = bn_of(&Q->X), *y = bn_of(&Q->Y);
        ECDSA_SIG *sig = ECDSA_SIG_new();
        int rc = MBEDTLS_ERR_ECP_VERIFY_FAILED;

        if (key && x && y && sig_of(sig, r, s) == 0 && EC_KEY_set_public_key_affine_coordinates(key, x, y) == 1 &&
            ECDSA_do_verify(buf, (int)blen, sig, key) == 1)
                rc = 0;
        ECDSA_SIG_free(sig);
        BN_free(x);
        BN_free(y);
        EC_KEY_free(key);
        return rc;
}
