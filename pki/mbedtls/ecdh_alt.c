/*
 * Key agreement by libcrypto, in an mbedTLS of our own: a handshake by X25519 or the NIST curves costs a fraction.
 * The library goes on checking points and drawing private keys; of a curve that is not here it computes by itself.
 */
#include <mbedtls/ecdh.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <stdbool.h>

#define X_BYTES 32u
#define EC_BYTES_MAX 48u

/* ---- Curve25519 ---- */

static EVP_PKEY *x_private(const mbedtls_mpi *d)
{
        unsigned char raw[X_BYTES];
        EVP_PKEY *key = NULL;

        if (mbedtls_mpi_write_binary_le(d, raw, sizeof raw) == 0)
                key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, raw, sizeof raw);
        OPENSSL_cleanse(raw, sizeof raw);
        return key;
}

static int x_public(const mbedtls_mpi *d, mbedtls_ecp_point *q)
{
        unsigned char raw[X_BYTES];
        size_t n = sizeof raw;
        EVP_PKEY *key = x_private(d);
        int rc = MBEDTLS_ERR_ECP_ALLOC_FAILED;

        if (key && EVP_PKEY_get_raw_public_key(key, raw, &n) == 1)
                rc = mbedtls_mpi_read_binary_le(&q->X, raw, n);
        if (!rc)
                rc = mbedtls_mpi_lset(&q->Z, 1);
        EVP_PKEY_free(key);
        return rc;
}

static int x_derive(EVP_PKEY *own, EVP_PKEY *peer, mbedtls_mpi *z)
{
        EVP_PKEY_CTX *c = own && peer ? EVP_PKEY_CTX_new(own, NULL) : NULL;
        unsigned char raw[X_BYTES];
        size_t n = sizeof raw;
        int rc = c ? MBEDTLS_ERR_ECP_BAD_INPUT_DATA : MBEDTLS_ERR_ECP_ALLOC_FAILED;

        if (c && EVP_PKEY_derive_init(c) == 1 && EVP_PKEY_derive_set_peer(c, peer) == 1 &&
            EVP_PKEY_derive(c, raw, &n) == 1)
                rc = mbedtls_mpi_read_binary_le(z, raw, n);
        OPENSSL_cleanse(raw, sizeof raw);
        EVP_PKEY_CTX_free(c);
        return rc;
}

static int x_shared(mbedtls_mpi *z, const mbedtls_ecp_point *q, const mbedtls_mpi *d)
{
        unsigned char raw[X_BYTES];
        EVP_PKEY *own, *peer;
        int rc = mbedtls_mpi_write_binary_le(&q->X, raw, sizeof raw);

        if (rc)
                return rc;
        own = x_private(d);
        peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, raw, sizeof raw);
        rc = x_derive(own, peer, z);
        EVP_PKEY_free(own);
        EVP_PKEY_free(peer);
        return rc;
}

/* ---- NIST curves ---- */

struct ec {
        EC_GROUP *group;
        BN_CTX *ctx;
        EC_POINT *in, *out;
        BIGNUM *d, *x, *y;
        size_t n; /* bytes of a coordinate */
};

static void ec_end(struct ec *e)
{
        BN_clear_free(e->d);
        BN_clear_free(e->x);
        BN_clear_free(e->y);
        EC_POINT_clear_free(e->in);
        EC_POINT_clear_free(e->out);
        BN_CTX_free(e->ctx);
        EC_GROUP_free(e->group);
}

static BIGNUM *bn_of(const mbedtls_mpi *m)
{
        unsigned char raw[EC_BYTES_MAX];
        BIGNUM *b = NULL;

        if (mbedtls_mpi_write_binary(m, raw, sizeof raw) == 0)
                b = BN_bin2bn(raw, sizeof raw, NULL);
        OPENSSL_cleanse(raw, sizeof raw);
        return b;
}

static int ec_begin(struct ec *e, mbedtls_ecp_group_id id, const mbedtls_mpi *d)
{
        *e = (struct ec){ .n = id == MBEDTLS_ECP_DP_SECP256R1 ? 32 : EC_BYTES_MAX };
        e->group = EC_GROUP_new_by_curve_name(id == MBEDTLS_ECP_DP_SECP256R1 ? NID_X9_62_prime256v1 : NID_secp384r1);
        e->ctx = BN_CTX_secure_new();
        e->in = e->group ? EC_POINT_new(e->group) : NULL;
        e->out = e->group ? EC_POINT_new(e->group) : NULL;
        e->d = bn_of(d);
        e->x = BN_new();
        e->y = BN_new();
        if (!e->ctx || !e->in || !e->out || !e->d || !e->x || !e->y)
                return MBEDTLS_ERR_ECP_ALLOC_FAILED;
        BN_set_flags(e->d, BN_FLG_CONSTTIME);
        return 0;
}

static int coordinate(const struct ec *e, const BIGNUM *from, mbedtls_mpi *to)
{
        unsigned char raw[EC_BYTES_MAX];
        int rc = MBEDTLS_ERR_ECP_BAD_INPUT_DATA;

        if (BN_bn2binpad(from, raw, (int)e->n) == (int)e->n)
                rc = mbedtls_mpi_read_binary(to, raw, e->n);
        OPENSSL_cleanse(raw, sizeof raw);
        return rc;
}

static int ec_public(mbedtls_ecp_group_id id, const mbedtls_mpi *d, mbedtls_ecp_point *q)
{
        struct ec e;
        int rc = ec_begin(&e, id, d);

        if (!rc && (EC_POINT_mul(e.group, e.out, e.d, NULL, NULL, e.ctx) != 1 ||
                    EC_POINT_get_affine_coordinates(e.group, e.out, e.x, e.y, e.ctx) != 1))
                rc = MBEDTLS_ERR_ECP_BAD_INPUT_DATA;
        if (!rc)
                rc = coordinate(&e, e.x, &q->X);
        if (!rc)
                rc = coordinate(&e, e.y, &q->Y);
        if (!rc)
                rc = mbedtls_mpi_lset(&q->Z, 1);
        ec_end(&e);
        return rc;
}

/* A point that is not on the curve is refused as it is set. */
static bool ec_point(struct ec *e, const mbedtls_ecp_point *q)
{
        BIGNUM *x = bn_of(&q->X), *y = bn_of(&q->Y);
        bool ok = x && y && EC_POINT_set_affine_coordinates(e->group, e->in, x, y, e->ctx) == 1;

        BN_free(x);
        BN_free(y);
        return ok;
}

static int ec_shared(mbedtls_ecp_group_id id, mbedtls_mpi *z, const mbedtls_ecp_point *q, const mbedtls_mpi *d)
{
        struct ec e;
        int rc = ec_begin(&e, id, d);

        if (!rc && (!ec_point(&e, q) || EC_POINT_mul(e.group, e.out, NULL, e.in, e.d, e.ctx) != 1 ||
                    EC_POINT_get_affine_coordinates(e.group, e.out, e.x, e.y, e.ctx) != 1))
                rc = MBEDTLS_ERR_ECP_BAD_INPUT_DATA;
        if (!rc)
                rc = coordinate(&e, e.x, z);
        ec_end(&e);
        return rc;
}

/* ---- what the library calls ---- */

static bool is_nist(const mbedtls_ecp_group *grp)
{
        return grp->id == MBEDTLS_ECP_DP_SECP256R1 || grp->id == MBEDTLS_ECP_DP_SECP384R1;
}

int mbedtls_ecdh_gen_public(mbedtls_ecp_group *grp, mbedtls_mpi *d, mbedtls_ecp_point *Q,
                            int (*f_rng)(void *, unsigned char *, size_t), void *p_rng)
{
        int rc = mbedtls_ecp_gen_privkey(grp, d, f_rng, p_rng);

        if (rc)
                return rc;
        if (grp->id == MBEDTLS_ECP_DP_CURVE25519)
                return x_public(d, Q);
        if (is_nist(grp))
                return ec_public(grp->id, d, Q);
        return mbedtls_ecp_mul(grp, Q, d, &grp->G, f_rng, p_rng);
}

int mbedtls_ecdh_compute_shared(mbedtls_ecp_group *grp, mbedtls_mpi *z, const mbedtls_ecp_point *Q,
                                const mbedtls_mpi *d, int (*f_rng)(void *, unsigned char *, size_t), void *p_rng)
{
        mbedtls_ecp_point p;
        int rc;

        if (grp->id == MBEDTLS_ECP_DP_CURVE25519)
                return x_shared(z, Q, d);
        if (is_nist(grp))
                return ec_shared(grp->id, z, Q, d);
        mbedtls_ecp_point_init(&p);
        rc = mbedtls_ecp_mul(grp, &p, d, Q, f_rng, p_rng);
        if (!rc)
                rc = mbedtls_mpi_copy(z, &p.X);
        mbedtls_ecp_point_free(&p);
        return rc;
}
