/* Key agreement as TLS asks the library for it, whoever computes it: the same as by the library's own arithmetic. */
#include <mbedtls/ecdh.h>

#include "platform/base/attr.h"
#include "platform/base/rng.h"
#include "tests/support/test.h"

static int draw(void *ctx, unsigned char *out, size_t n)
{
        return rng_fill(ctx, out, n);
}
#define RNG draw, (void *)(uintptr_t)&rng_system

static const mbedtls_ecp_group_id curves[] = { MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1,
                                               MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_SECP521R1 };

struct agreement {
        mbedtls_ecp_group grp;
        mbedtls_mpi d[2], z[2];
        mbedtls_ecp_point q[2], p;
};

static void begin(struct agreement *a, mbedtls_ecp_group_id id)
{
        mbedtls_ecp_group_init(&a->grp);
        mbedtls_ecp_point_init(&a->p);
        assert_int_equal(mbedtls_ecp_group_load(&a->grp, id), 0);
        for (unsigned i = 0; i < 2; i++) {
                mbedtls_mpi_init(&a->d[i]);
                mbedtls_mpi_init(&a->z[i]);
                mbedtls_ecp_point_init(&a->q[i]);
                assert_int_equal(mbedtls_ecdh_gen_public(&a->grp, &a->d[i], &a->q[i], RNG), 0);
        }
}

static void end(struct agreement *a)
{
        for (unsigned i = 0; i < 2; i++) {
                mbedtls_mpi_free(&a->d[i]);
                mbedtls_mpi_free(&a->z[i]);
                mbedtls_ecp_point_free(&a->q[i]);
        }
        mbedtls_ecp_point_free(&a->p);
        mbedtls_ecp_group_free(&a->grp);
}

static void both_have_the_same(void **state UNUSED)
{
        struct agreement a;

        for (size_t c = 0; c < ARRAY_LEN(curves) * 20; c++) {
                begin(&a, curves[c % ARRAY_LEN(curves)]);
                for (unsigned i = 0; i < 2; i++) {
                        assert_int_equal(mbedtls_ecp_check_privkey(&a.grp, &a.d[i]), 0);
                        assert_int_equal(mbedtls_ecp_check_pubkey(&a.grp, &a.q[i]), 0);
                        assert_int_equal(mbedtls_ecp_mul(&a.grp, &a.p, &a.d[i], &a.grp.G, RNG), 0);
                        assert_int_equal(mbedtls_mpi_cmp_mpi(&a.p.X, &a.q[i].X), 0);
                        assert_int_equal(mbedtls_ecdh_compute_shared(&a.grp, &a.z[i], &a.q[!i], &a.d[i], RNG), 0);
                }
                assert_int_equal(mbedtls_mpi_cmp_mpi(&a.z[0], &a.z[1]), 0);
                assert_int_equal(mbedtls_ecp_mul(&a.grp, &a.p, &a.d[0], &a.q[1], RNG), 0);
                assert_int_equal(mbedtls_mpi_cmp_mpi(&a.p.X, &a.z[0]), 0);
                end(&a);
        }
}

/* What is on no curve, or leads to nothing whatever the key, is no partner. */
static void points_that_are_refused(void **state UNUSED)
{
        struct agreement a;

        for (size_t c = 0; c < ARRAY_LEN(curves); c++) {
                begin(&a, curves[c]);
                if (curves[c] == MBEDTLS_ECP_DP_CURVE25519)
                        assert_int_equal(mbedtls_mpi_lset(&a.q[1].X, 0), 0);
                else
                        assert_int_equal(mbedtls_mpi_add_int(&a.q[1].Y, &a.q[1].Y, 1), 0);
                assert_int_not_equal(mbedtls_ecdh_compute_shared(&a.grp, &a.z[0], &a.q[1], &a.d[0], RNG), 0);
                end(&a);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(both_have_the_same),
                cmocka_unit_test(points_that_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
