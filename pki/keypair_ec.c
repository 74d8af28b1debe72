#include "pki/keypair_ec.h"

#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>

#include "pki/der.h"
#include "platform/base/str.h"

static const struct {
        unsigned bits;
        mbedtls_ecp_group_id id;
} curves[] = { { 256, MBEDTLS_ECP_DP_SECP256R1 },
               { 384, MBEDTLS_ECP_DP_SECP384R1 },
               { 521, MBEDTLS_ECP_DP_SECP521R1 } };

static bool is_known(mbedtls_ecp_group_id id)
{
        for (size_t i = 0; i < ARRAY_LEN(curves); i++)
                if (curves[i].id == id)
                        return true;
        return false;
}

int ec_generate(mbedtls_pk_context *plain, unsigned bits, const struct rng *rng, struct err *e)
{
        size_t i = 0;

        while (i < ARRAY_LEN(curves) && curves[i].bits != bits)
                i++;
        if (i == ARRAY_LEN(curves))
                return err_set(e, ERR_RANGE, "an elliptic curve of %u bits is not one of 256, 384, 521", bits);
        if (mbedtls_pk_setup(plain, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) != 0)
                return err_nomem(e, "generating a key pair");
        if (mbedtls_ecp_gen_key(curves[i].id, mbedtls_pk_ec(*plain), rng_mbedtls, (void *)(uintptr_t)rng) != 0)
                return err_set(e, ERR_CRYPTO, "key pair generation failed: no random bytes");
        return 0;
}

int ec_check(const mbedtls_pk_context *plain, struct err *e)
{
        const mbedtls_ecp_keypair *k = mbedtls_pk_ec(*plain);

        if (!is_known(k->grp.id))
                return err_set(e, ERR_SUPPORT, "the private key is on a curve other than P-256, P-384 and P-521");
        if (mbedtls_ecp_check_privkey(&k->grp, &k->d) != 0 || mbedtls_ecp_check_pubkey(&k->grp, &k->Q) != 0)
                return err_set(e, ERR_CRYPTO, "the private key is damaged: its numbers do not fit together");
        return 0;
}

int ec_copy(mbedtls_pk_context *to, const mbedtls_pk_context *plain, bool private_too)
{
        const mbedtls_ecp_keypair *from = mbedtls_pk_ec(*plain);
        mbedtls_ecp_keypair *k;

        if (mbedtls_pk_setup(to, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) != 0)
                return -1;
        k = mbedtls_pk_ec(*to);
        if (mbedtls_ecp_group_load(&k->grp, from->grp.id) != 0 || mbedtls_ecp_copy(&k->Q, &from->Q) != 0)
                return -1;
        return private_too && mbedtls_mpi_copy(&k->d, &from->d) != 0 ? -1 : 0;
}

/* PrivateKeyInfo ::= SEQUENCE { INTEGER 0, SEQUENCE { ecPublicKey, curve }, OCTET STRING { ECPrivateKey } } */
size_t ec_pkcs8(mbedtls_pk_context *plain, uint8_t *buf, size_t size)
{
        int n = mbedtls_pk_write_key_der(plain, buf, size);
        struct der d = der_of(buf, size);
        size_t end = size, curve_len, at;
        const char *curve;

        if (n <= 0 || mbedtls_oid_get_oid_by_ec_grp(mbedtls_pk_ec(*plain)->grp.id, &curve, &curve_len) != 0)
                return 0;
        d.at = size - (size_t)n; /* written by mbedTLS where it belongs */
        der_wrap(&d, DER_OCTET_STRING, end);
        at = d.at;
        der_tlv(&d, DER_OID, curve, curve_len);
        der_tlv(&d, DER_OID, MBEDTLS_OID_EC_ALG_UNRESTRICTED, MBEDTLS_OID_SIZE(MBEDTLS_OID_EC_ALG_UNRESTRICTED));
        der_wrap(&d, DER_SEQUENCE, at);
        der_tlv(&d, DER_INTEGER, "\0", 1);
        der_wrap(&d, DER_SEQUENCE, end);
        return d.full ? 0 : size - d.at;
}

bool ec_same_public(const mbedtls_pk_context *a, const mbedtls_pk_context *b)
{
        const mbedtls_ecp_keypair *x = mbedtls_pk_ec(*a), *y = mbedtls_pk_ec(*b);

        return x->grp.id == y->grp.id && !mbedtls_ecp_point_cmp(&x->Q, &y->Q);
}
