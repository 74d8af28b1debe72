#include "pki/keypair.h"

#include "pki/keypair_int.h"
#include "pki/rsa_alt.h"
#include "tests/support/pki.h"

/* Every length a caller may sign: hashes with a name, and the 36 bytes of TLS 1.0/1.1 without one. */
static void signatures_verify(void **state)
{
        static const struct {
                mbedtls_md_type_t md;
                size_t n;
        } row[] = { { MBEDTLS_MD_MD5, 16 },    { MBEDTLS_MD_SHA1, 20 },   { MBEDTLS_MD_SHA256, 32 },
                    { MBEDTLS_MD_SHA384, 48 }, { MBEDTLS_MD_SHA512, 64 }, { MBEDTLS_MD_NONE, 36 } };
        struct keypair *k = pki_key("server.key");
        uint8_t hash[64] = { 1, 2, 3 }, sig[RSA_BYTES_MAX];
        size_t n;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                assert_int_equal(mbedtls_pk_sign(keypair_pk(k), row[i].md, hash, row[i].n, sig, &n, rng_mbedtls,
                                                 (void *)&rng_system),
                                 0);
                assert_int_equal(n, 256);
                assert_int_equal(mbedtls_pk_verify(keypair_public_pk(k), row[i].md, hash, row[i].n, sig, n), 0);
                sig[7] ^= 1;
                assert_int_not_equal(mbedtls_pk_verify(keypair_public_pk(k), row[i].md, hash, row[i].n, sig, n), 0);
        }
        keypair_put(k);
}

static void decrypts_what_the_public_key_encrypted(void **state)
{
        struct keypair *k = pki_key("server.key");
        uint8_t secret[48] = { 3, 1, 9 }, wire[RSA_BYTES_MAX], out[48];
        size_t n, m;

        (void)state;
        assert_int_equal(mbedtls_pk_encrypt(keypair_public_pk(k), secret, sizeof secret, wire, &n, sizeof wire,
                                            rng_mbedtls, (void *)&rng_system),
                         0);
        assert_int_equal(
                mbedtls_pk_decrypt(keypair_pk(k), wire, n, out, &m, sizeof out, rng_mbedtls, (void *)&rng_system), 0);
        assert_int_equal(m, sizeof secret);
        assert_memory_equal(out, secret, sizeof secret);
        keypair_put(k);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(signatures_verify),
                cmocka_unit_test(decrypts_what_the_public_key_encrypted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
