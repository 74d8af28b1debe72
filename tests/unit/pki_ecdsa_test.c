/* Signatures on curves as TLS asks the library for them, whoever computes them. */
#include <mbedtls/ecdsa.h>
#include <mbedtls/md.h>

#include "platform/base/attr.h"
#include "platform/base/rng.h"
#include "tests/support/test.h"

static int draw(void *ctx, unsigned char *out, size_t n)
{
        return rng_fill(ctx, out, n);
}
#define RNG draw, (void *)(uintptr_t)&rng_system

static const mbedtls_ecp_group_id curves[] = { MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_SECP384R1,
                                               MBEDTLS_ECP_DP_SECP521R1, MBEDTLS_ECP_DP_BP256R1 };

struct made {
        mbedtls_ecdsa_context key;
        unsigned char hash[64], sig[MBEDTLS_ECDSA_MAX_LEN];
        size_t n;
};

static void make(struct made *m, mbedtls_ecp_group_id id)
{
        mbedtls_ecdsa_init(&m->key);
        assert_int_equal(mbedtls_ecdsa_genkey(&m->key, id, RNG), 0);
        assert_int_equal(rng_fill(&rng_system, m->hash, sizeof m->hash), 0);
        m->n = sizeof m->sig;
        assert_int_equal(mbedtls_ecdsa_write_signature(&m->key, MBEDTLS_MD_SHA512, m->hash, sizeof m->hash, m->sig,
                                                       &m->n, RNG),
                         0);
}

static int check(struct made *m)
{
        return mbedtls_ecdsa_read_signature(&m->key, m->hash, sizeof m->hash, m->sig, m->n);
}

/* The hash is as long as the curve's numbers, shorter or longer. */
static void what_is_signed_verifies(void **state UNUSED)
{
        for (size_t c = 0; c < ARRAY_LEN(curves) * 5; c++) {
                struct made m;

                make(&m, curves[c % ARRAY_LEN(curves)]);
                assert_int_equal(check(&m), 0);
                mbedtls_ecdsa_free(&m.key);
        }
}

static void what_was_changed_does_not(void **state UNUSED)
{
        for (size_t c = 0; c < ARRAY_LEN(curves); c++) {
                struct made m;

                make(&m, curves[c]);
                m.hash[0] ^= 1;
                assert_int_not_equal(check(&m), 0);
                m.hash[0] ^= 1;
                m.sig[m.n - 1] ^= 1;
                assert_int_not_equal(check(&m), 0);
                m.sig[m.n - 1] ^= 1;
                assert_int_equal(mbedtls_mpi_add_int(&m.key.Q.Y, &m.key.Q.Y, 1), 0); /* on no curve */
                assert_int_not_equal(check(&m), 0);
                mbedtls_ecdsa_free(&m.key);
        }
}

/* RFC 6979, A.2.5, P-256, SHA-256, "sample": made by another than either library. */
static void a_published_signature_verifies(void **state UNUSED)
{
        static const char message[] = "sample";
        unsigned char hash[32];
        mbedtls_ecdsa_context k;
        mbedtls_mpi r, s;

        mbedtls_ecdsa_init(&k);
        mbedtls_mpi_init(&r);
        mbedtls_mpi_init(&s);
        assert_int_equal(
                mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), (const unsigned char *)message, 6, hash), 0);
        assert_int_equal(mbedtls_ecp_group_load(&k.grp, MBEDTLS_ECP_DP_SECP256R1), 0);
        assert_int_equal(mbedtls_ecp_point_read_string(
                                 &k.Q, 16, "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
                                 "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"),
                         0);
        assert_int_equal(
                mbedtls_mpi_read_string(&r, 16, "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"),
                0);
        assert_int_equal(
                mbedtls_mpi_read_string(&s, 16, "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"),
                0);
        assert_int_equal(mbedtls_ecdsa_verify(&k.grp, hash, sizeof hash, &k.Q, &r, &s), 0);
        assert_int_equal(mbedtls_mpi_lset(&r, 0), 0);
        assert_int_not_equal(mbedtls_ecdsa_verify(&k.grp, hash, sizeof hash, &k.Q, &r, &s), 0);
        mbedtls_mpi_free(&r);
        mbedtls_mpi_free(&s);
        mbedtls_ecdsa_free(&k);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_signed_verifies),
                cmocka_unit_test(what_was_changed_does_not),
                cmocka_unit_test(a_published_signature_verifies),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
