#include "pki/keypair.h"

#include <mbedtls/rsa.h>
#include <pthread.h>

#include "pki/keypair_int.h"
#include "pki/rsa_alt.h"
#include "platform/base/str.h"
#include "tests/support/pki_mint.h"
#include "tests/support/secret_watch.h"

#define RNG rng_mbedtls, (void *)(uintptr_t)&rng_system

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
        mbedtls_pk_context *pk = keypair_pk(k), *pub = keypair_public_pk(k);
        size_t n;

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                assert_int_equal(mbedtls_pk_sign(pk, row[i].md, hash, row[i].n, sig, &n, RNG), 0);
                assert_int_equal(n, 256);
                assert_int_equal(mbedtls_pk_verify(pub, row[i].md, hash, row[i].n, sig, n), 0);
                sig[7] ^= 1;
                assert_int_not_equal(mbedtls_pk_verify(pub, row[i].md, hash, row[i].n, sig, n), 0);
        }
        /* nothing without bytes, nothing that leaves no room for eight bytes of padding */
        assert_int_not_equal(mbedtls_pk_sign(pk, MBEDTLS_MD_NONE, hash, 0, sig, &n, RNG), 0);
        assert_int_not_equal(mbedtls_pk_sign(pk, MBEDTLS_MD_SHA256, hash, 31, sig, &n, RNG), 0);
        keypair_put(k);
}

static void short_keys_refuse_long_hashes(void **state)
{
        struct rng_fixed f = { .state = 7 };
        struct rng rng = rng_of_fixed(&f);
        struct keypair *k = keypair_generate(512, PKI_NOW, &rng, NULL);
        uint8_t hash[64] = { 1 }, sig[RSA_BYTES_MAX];
        size_t n;

        (void)state;
        assert_int_equal(mbedtls_pk_sign(keypair_pk(k), MBEDTLS_MD_SHA256, hash, 32, sig, &n, RNG), 0);
        assert_int_not_equal(mbedtls_pk_sign(keypair_pk(k), MBEDTLS_MD_SHA384, hash, 48, sig, &n, RNG), 0);
        keypair_put(k);
}

static void decrypts_what_the_public_key_encrypted(void **state)
{
        struct keypair *k = pki_key("server.key");
        uint8_t secret[48] = { 3, 1, 9 }, wire[RSA_BYTES_MAX], out[48];
        mbedtls_pk_context *pk = keypair_pk(k), *pub = keypair_public_pk(k);
        size_t n, m;

        (void)state;
        assert_int_equal(mbedtls_pk_encrypt(pub, secret, sizeof secret, wire, &n, sizeof wire, RNG), 0);
        assert_int_equal(mbedtls_pk_decrypt(pk, wire, n, out, &m, sizeof out, RNG), 0);
        assert_int_equal(m, sizeof secret);
        assert_memory_equal(out, secret, sizeof secret);

        assert_int_not_equal(mbedtls_pk_decrypt(pk, wire, n, out, &m, sizeof out - 1, RNG), 0);
        assert_int_equal(m, 0);
        wire[9] ^= 1;
        assert_int_not_equal(mbedtls_pk_decrypt(pk, wire, n, out, &m, sizeof out, RNG), 0);
        memset(wire, 0xff, sizeof wire); /* not below the modulus */
        assert_int_not_equal(mbedtls_pk_decrypt(pk, wire, n, out, &m, sizeof out, RNG), 0);
        assert_int_not_equal(mbedtls_pk_decrypt(pk, wire, n - 1, out, &m, sizeof out, RNG), 0);
        keypair_put(k);
}

/* em = 00 02, pad bytes, 00, message */
static int unpad(size_t k, size_t pad, size_t cap, uint8_t *out, size_t *n)
{
        uint8_t em[64];

        memset(em, 0xa5, sizeof em);
        em[0] = 0;
        em[1] = 2;
        if (2 + pad < k)
                em[2 + pad] = 0;
        return rsa_unpad_ct(em, k, out, cap, n);
}

static void unpadding_takes_only_what_is_right(void **state)
{
        uint8_t out[64], em[64];
        size_t n;

        (void)state;
        for (size_t pad = 0; pad <= 62; pad++) { /* 62: no zero at all */
                int want = pad >= 8 && pad < 62 ? 0 : MBEDTLS_ERR_RSA_INVALID_PADDING;

                assert_int_equal(unpad(64, pad, sizeof out, out, &n), want);
                assert_int_equal(n, want ? 0 : 64 - 3 - pad);
                for (size_t i = 0; i < n; i++)
                        assert_int_equal(out[i], 0xa5);
        }
        assert_int_equal(unpad(64, 31, 30, out, &n), 0); /* fits to the byte */
        assert_int_equal(n, 30);
        assert_int_equal(unpad(64, 31, 29, out, &n), MBEDTLS_ERR_RSA_INVALID_PADDING);
        assert_int_equal(unpad(10, 8, 29, out, &n), MBEDTLS_ERR_RSA_BAD_INPUT_DATA);
        assert_int_equal(unpad(11, 8, 29, out, &n), 0);
        assert_int_equal(n, 0);

        memset(em, 7, sizeof em);
        em[0] = 0, em[1] = 2, em[20] = 0, em[21] = 0x11, em[63] = 0x22;
        assert_int_equal(rsa_unpad_ct(em, 64, out, sizeof out, &n), 0);
        assert_int_equal(n, 43);
        assert_int_equal(out[0], 0x11);
        assert_int_equal(out[42], 0x22);
        em[1] = 1;
        assert_int_equal(rsa_unpad_ct(em, 64, out, sizeof out, &n), MBEDTLS_ERR_RSA_INVALID_PADDING);
        em[1] = 2, em[0] = 1;
        assert_int_equal(rsa_unpad_ct(em, 64, out, sizeof out, &n), MBEDTLS_ERR_RSA_INVALID_PADDING);
}

static void generated_keys_work_and_are_reproducible(void **state)
{
        static const unsigned legal[] = { 512, 768, 1024 }, illegal[] = { 0, 511, 1536, 8192 };
        uint8_t a[600], b[600];

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(legal); i++) {
                struct rng_fixed f = { .state = 42 }, g = { .state = 42 };
                struct rng r1 = rng_of_fixed(&f), r2 = rng_of_fixed(&g);
                struct err e = { 0 };
                struct keypair *k = keypair_generate(legal[i], PKI_NOW, &r1, &e);
                struct keypair *m = keypair_generate(legal[i], PKI_NOW, &r2, &e);

                assert_non_null(k);
                assert_int_equal(keypair_bits(k), legal[i]);
                assert_int_equal(keypair_created(k), PKI_NOW);
                assert_true(keypair_public_der(k, a, sizeof a) > 0);
                assert_true(keypair_public_der(m, b, sizeof b) > 0);
                assert_memory_equal(a, b, 64);
                assert_int_equal(keypair_public_der(k, a, 20), 0);
                keypair_put(k);
                keypair_put(m);
        }
        for (size_t i = 0; i < ARRAY_LEN(illegal); i++) {
                struct err e = { 0 };

                assert_null(keypair_generate(illegal[i], PKI_NOW, &rng_system, &e));
                assert_int_equal(e.code, ERR_RANGE);
        }
}

static int no_random(void *ctx, void *out, size_t n)
{
        (void)ctx;
        (void)out;
        (void)n;
        return -1;
}

static void no_randomness_no_key(void **state)
{
        const struct rng broken = { .fill = no_random };
        struct err e = { 0 };

        (void)state;
        assert_null(keypair_generate(1024, PKI_NOW, &broken, &e));
        assert_int_equal(e.code, ERR_CRYPTO);
}

static void export_and_load_give_the_same_key(void **state)
{
        struct keypair *k = pki_key("server.key"), *m;
        struct cert *c = pki_cert("server.pem");
        struct err e = { 0 };
        uint8_t *der;
        size_t n;

        (void)state;
        assert_int_equal(keypair_export(k, &der, &n, &e), 0);
        m = keypair_from_der(der, n, 5, &e);
        assert_non_null(m);
        assert_int_equal(keypair_created(m), 5);
        assert_true(cert_matches_key(c, m));
        for (size_t cut = 0; cut < n; cut += 7) { /* no prefix is a key */
                assert_null(keypair_from_der(der, cut, 5, &e));
                assert_int_equal(e.code, ERR_SYNTAX);
        }
        keypair_put(m);
        keypair_put(k);
        cert_put(c);
        mem_free_secret(der);
}

/* T7: a private key whose numbers do not fit would sign wrongly and give itself away. */
static void damaged_keys_are_refused(void **state)
{
        struct keypair *k = pki_key("server.key");
        struct err e = { 0 };
        unsigned refused = 0, tried = 0;
        uint8_t *der;
        size_t n;

        (void)state;
        assert_int_equal(keypair_export(k, &der, &n, &e), 0);
        for (size_t at = 40; at < n; at += 37, tried++) {
                struct keypair *m;

                der[at] ^= 4;
                m = keypair_from_der(der, n, 5, &e);
                refused += !m;
                keypair_put(m);
                der[at] ^= 4;
        }
        assert_int_equal(refused, tried);
        mem_free_secret(der);
        keypair_put(k);
}

/* The same with a fault that nobody saw when the key was loaded: the signature is computed, and kept back. */
static void a_wrong_signature_never_leaves(void **state)
{
        struct keypair *k = pki_key("server.key");
        uint8_t hash[32] = { 5 }, sig[RSA_BYTES_MAX];
        mbedtls_pk_context plain, pk;
        mbedtls_rsa_context *rsa;
        struct rsa_key *broken;
        size_t n;

        (void)state;
        mbedtls_pk_init(&plain);
        mbedtls_pk_init(&pk);
        assert_int_equal(keypair_plain(k, &plain, NULL), 0);
        rsa = mbedtls_pk_rsa(plain);
        for (int round = 0; round < 2; round++) {
                memset(sig, 0, sizeof sig);
                broken = rsa_key_new(rsa, NULL);
                assert_int_equal(rsa_alt_setup(&pk, broken), 0);
                if (round == 0)
                        assert_int_equal(mbedtls_pk_sign(&pk, MBEDTLS_MD_SHA256, hash, 32, sig, &n, RNG), 0);
                else
                        assert_int_not_equal(mbedtls_pk_sign(&pk, MBEDTLS_MD_SHA256, hash, 32, sig, &n, RNG), 0);
                assert_int_equal(!!sig[0] | !!sig[1] | !!sig[2], round == 0);
                mbedtls_pk_free(&pk);
                rsa_key_free(broken);
                /* libcrypto notices a wrong CRT half and falls back to D, so both go wrong */
                assert_int_equal(mbedtls_mpi_set_bit(&rsa->D, 9, !mbedtls_mpi_get_bit(&rsa->D, 9)), 0);
                assert_int_equal(mbedtls_mpi_set_bit(&rsa->DP, 9, !mbedtls_mpi_get_bit(&rsa->DP, 9)), 0);
        }
        mbedtls_pk_free(&plain);
        keypair_put(k);
}

static void expensive_keys_are_refused(void **state)
{
        struct err e = { 0 };
        size_t n, len;
        uint8_t *text = pki_file("exponent.key", &n), *der;

        (void)state;
        assert_int_equal(paste_decode((char *)text, n, "PRIVATE KEY", 65536, &der, &len, &e), 0);
        assert_null(keypair_from_der(der, len, PKI_NOW, &e));
        assert_string_equal(e.text, "the RSA exponent has 33 bits, more than 32");
        mem_free_secret(der);
        mem_free_secret(text);
}

/* The private numbers as bytes, to look for. */
static void watch_numbers(const struct keypair *k)
{
        mbedtls_pk_context plain;
        mbedtls_mpi num[5];
        uint8_t raw[256];

        mbedtls_pk_init(&plain);
        for (int i = 0; i < 5; i++)
                mbedtls_mpi_init(&num[i]);
        assert_int_equal(keypair_plain(k, &plain, NULL), 0);
        assert_int_equal(mbedtls_rsa_export(mbedtls_pk_rsa(plain), NULL, &num[0], &num[1], &num[2], NULL), 0);
        assert_int_equal(mbedtls_rsa_export_crt(mbedtls_pk_rsa(plain), &num[3], &num[4], NULL), 0);
        assert_true(secret_watch_start());
        for (int i = 0; i < 5; i++) {
                size_t n = mbedtls_mpi_size(&num[i]);

                assert_int_equal(mbedtls_mpi_write_binary(&num[i], raw, n), 0);
                secret_watch_add(raw + n / 2, 24);
                mbedtls_mpi_free(&num[i]);
        }
        mbedtls_pk_free(&plain);
}

static void nothing_secret_is_left_in_freed_memory(void **state)
{
        struct keypair *k = pki_key("server.key"), *m;
        uint8_t hash[32] = { 0 }, sig[RSA_BYTES_MAX], *der;
        mbedtls_pk_context plain;
        size_t n;

        (void)state;
        watch_numbers(k);
        assert_int_equal(keypair_export(k, &der, &n, NULL), 0);
        m = keypair_from_der(der, n, 0, NULL);
        assert_int_equal(mbedtls_pk_sign(keypair_pk(m), MBEDTLS_MD_SHA256, hash, 32, sig, &n, RNG), 0);
        mbedtls_pk_init(&plain);
        assert_int_equal(keypair_plain(m, &plain, NULL), 0);
        mbedtls_pk_free(&plain);
        mem_free_secret(der);
        keypair_put(m);
        keypair_put(k);
        assert_int_equal(secret_watch_stop(), 0);
}

/* The watch itself must be able to see. */
static void the_watch_sees_what_is_not_wiped(void **state)
{
        struct keypair *k = pki_key("server.key");
        uint8_t *der;
        size_t n;

        (void)state;
        watch_numbers(k);
        assert_int_equal(keypair_export(k, &der, &n, NULL), 0);
        mem_free(der);
        assert_int_equal(secret_watch_stop(), 1);
        keypair_put(k);
}

static void *sign_many(void *arg)
{
        uint8_t hash[32] = { 9 }, sig[RSA_BYTES_MAX];
        uintptr_t bad = 0;
        size_t n;

        for (int i = 0; i < 20; i++)
                bad += mbedtls_pk_sign(keypair_pk(arg), MBEDTLS_MD_SHA256, hash, 32, sig, &n, RNG) != 0 ||
                       mbedtls_pk_verify(keypair_public_pk(arg), MBEDTLS_MD_SHA256, hash, 32, sig, n) != 0;
        return (void *)bad;
}

static void threads_share_a_key(void **state)
{
        struct keypair *k = pki_key("server.key");
        pthread_t t[3];
        void *bad;

        (void)state;
        for (int i = 0; i < 3; i++)
                assert_int_equal(pthread_create(&t[i], NULL, sign_many, k), 0);
        for (int i = 0; i < 3; i++) {
                pthread_join(t[i], &bad);
                assert_null(bad);
        }
        keypair_put(k);
}

/* ---- elliptic curves ---- */

static void curves_sign_and_are_known_again(void **state)
{
        static const enum mint_key kinds[] = { MINT_P256, MINT_P384, MINT_P521 };
        static const unsigned bits[] = { 256, 384, 521 };
        uint8_t hash[32] = { 1, 2, 3 }, sig[256], spki[256], *der;
        struct keypair *other = mint_keypair(MINT_P256), *rsa = mint_keypair(MINT_RSA_1024);

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
                struct keypair *k = mint_keypair(kinds[i]), *again;
                const uint8_t *p;
                EVP_PKEY *pkey;
                size_t n;

                assert_false(keypair_is_rsa(k));
                assert_int_equal(keypair_bits(k), bits[i]);
                assert_int_equal(mbedtls_pk_sign(keypair_pk(k), MBEDTLS_MD_SHA256, hash, 32, sig, &n, RNG), 0);
                assert_int_equal(mbedtls_pk_verify(keypair_public_pk(k), MBEDTLS_MD_SHA256, hash, 32, sig, n), 0);
                assert_int_equal(mbedtls_mpi_bitlen(&mbedtls_pk_ec(*keypair_public_pk(k))->d), 0);
                /* what is exported is PKCS#8 to the other library, and the same key to us */
                assert_int_equal(keypair_export(k, &der, &n, NULL), 0);
                p = der;
                PKCS8_PRIV_KEY_INFO *p8 = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)n);

                assert_non_null(p8);
                pkey = EVP_PKCS82PKEY(p8);
                assert_true(EVP_PKEY_eq(pkey, mint_key(kinds[i])));
                EVP_PKEY_free(pkey);
                PKCS8_PRIV_KEY_INFO_free(p8);
                again = keypair_from_der(der, n, PKI_NOW, NULL);
                assert_non_null(again);
                mem_free_secret(der);
                assert_true(keypair_has_public(k, keypair_public_pk(again)));
                assert_int_equal(keypair_has_public(k, keypair_public_pk(other)), kinds[i] == MINT_P256);
                assert_false(keypair_has_public(k, keypair_public_pk(rsa)));
                assert_false(keypair_has_public(rsa, keypair_public_pk(k)));
                n = keypair_public_der(k, spki, sizeof spki);
                p = spki;
                pkey = d2i_PUBKEY(NULL, &p, (long)n);
                assert_true(pkey && EVP_PKEY_eq(pkey, mint_key(kinds[i])));
                EVP_PKEY_free(pkey);
                keypair_put(k);
                keypair_put(again);
        }
        keypair_put(other);
        keypair_put(rsa);
}

/* RFC 8032, 7.1, the second test: the private number and its public half. */
static const uint8_t ed_private[32] = { 0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3,
                                        0x46, 0xec, 0x11, 0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab,
                                        0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb };
static const uint8_t ed_public[32] = { 0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a,
                                       0xa7, 0x4d, 0x1b, 0x7e, 0xbc, 0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4,
                                       0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c };

static int given_number(void *ctx UNUSED, void *out, size_t n)
{
        assert_int_equal(n, sizeof ed_private);
        memcpy(out, ed_private, n);
        return 0;
}

/* The numbers are the standard's; the other library reads what we export, and we read what it writes. */
static void ed25519_pairs(void **state)
{
        const struct rng given = { .fill = given_number }, broken = { .fill = no_random };
        struct keypair *k, *again, *p256 = mint_keypair(MINT_P256);
        uint8_t spki[64], hash[32] = { 0 }, sig[256], *der, *written = NULL;
        const uint8_t *p;
        struct err e = { 0 };
        mbedtls_pk_context plain;
        EVP_PKEY *pkey;
        size_t n, raw = 32;

        (void)state;
        assert_null(keypair_generate_ed25519(PKI_NOW, &broken, &e));
        assert_int_equal(e.code, ERR_CRYPTO);
        k = keypair_generate_ed25519(PKI_NOW, &given, &e);
        assert_non_null(k);
        assert_int_equal(keypair_kind(k), KEYPAIR_ED25519);
        assert_int_equal(keypair_kind(p256), KEYPAIR_EC);
        assert_false(keypair_is_rsa(k));
        assert_int_equal(keypair_bits(k), 256);
        assert_int_equal(keypair_created(k), PKI_NOW);
        assert_int_equal(keypair_public_der(k, spki, 43), 0);
        n = keypair_public_der(k, spki, sizeof spki);
        assert_int_equal(n, 44);
        assert_memory_equal(spki + 12, ed_public, 32);
        p = spki;
        pkey = d2i_PUBKEY(NULL, &p, (long)n);
        assert_true(pkey && EVP_PKEY_get_raw_public_key(pkey, sig, &raw) == 1 && !memcmp(sig, ed_public, 32));
        EVP_PKEY_free(pkey);
        assert_int_equal(keypair_export(k, &der, &n, &e), 0);
        p = der;
        pkey = d2i_AutoPrivateKey(NULL, &p, (long)n);
        assert_true(pkey && EVP_PKEY_id(pkey) == EVP_PKEY_ED25519);
        mem_free_secret(der);
        n = (size_t)i2d_PrivateKey(pkey, &written);
        again = keypair_from_der(written, n, PKI_NOW, &e);
        assert_true(again && keypair_kind(again) == KEYPAIR_ED25519);
        assert_int_equal(keypair_public_der(again, spki, sizeof spki), 44);
        assert_memory_equal(spki + 12, ed_public, 32);
        for (size_t cut = 0; cut < n; cut++)
                assert_null(keypair_from_der(written, cut, PKI_NOW, &e));
        OPENSSL_free(written);
        EVP_PKEY_free(pkey);
        /* it signs nothing for TLS and is the pair of no certificate */
        assert_int_not_equal(mbedtls_pk_sign(keypair_pk(k), MBEDTLS_MD_SHA256, hash, 32, sig, &n, RNG), 0);
        mbedtls_pk_init(&plain);
        assert_int_equal(keypair_plain(k, &plain, &e), -1);
        assert_int_equal(e.code, ERR_SUPPORT);
        assert_false(keypair_has_public(k, keypair_public_pk(again)));
        assert_false(keypair_has_public(k, keypair_public_pk(p256)));
        assert_false(keypair_has_public(p256, keypair_public_pk(k)));
        keypair_put(k);
        keypair_put(again);
        keypair_put(p256);
}

static void curves_are_made(void **state)
{
        static const unsigned legal[] = { 256, 384, 521 }, illegal[] = { 0, 224, 512, 2048 };
        const struct rng broken = { .fill = no_random };
        struct err e = { 0 };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(legal); i++) {
                struct keypair *k = keypair_generate_ec(legal[i], PKI_NOW, &rng_system, &e);
                struct keypair *m = keypair_generate_ec(legal[i], PKI_NOW, &rng_system, &e), *again;
                uint8_t *der;
                size_t n;

                assert_non_null(k);
                assert_false(keypair_is_rsa(k));
                assert_int_equal(keypair_bits(k), legal[i]);
                assert_int_equal(keypair_created(k), PKI_NOW);
                assert_false(keypair_has_public(k, keypair_public_pk(m)));
                assert_int_equal(keypair_export(k, &der, &n, &e), 0);
                again = keypair_from_der(der, n, PKI_NOW, &e);
                assert_true(again && keypair_has_public(k, keypair_public_pk(again)));
                mem_free_secret(der);
                keypair_put(again);
                keypair_put(k);
                keypair_put(m);
                assert_null(keypair_generate_ec(legal[i], PKI_NOW, &broken, &e));
                assert_int_equal(e.code, ERR_CRYPTO);
        }
        for (size_t i = 0; i < ARRAY_LEN(illegal); i++) {
                assert_null(keypair_generate_ec(illegal[i], PKI_NOW, &rng_system, &e));
                assert_int_equal(e.code, ERR_RANGE);
        }
}

static void other_curves_are_refused(void **state)
{
        unsigned char *der = NULL;
        EVP_PKEY *other = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "brainpoolP256r1");
        int n = i2d_PrivateKey(other, &der);
        struct err e = { 0 };

        (void)state;
        assert_null(keypair_from_der(der, (size_t)n, PKI_NOW, &e));
        assert_string_equal(e.text, "the private key is on a curve other than P-256, P-384 and P-521");
        EVP_PKEY_free(other);
        OPENSSL_free(der);
}

static void a_curve_key_without_memory(void **state)
{
        unsigned char *der = NULL;
        int n = i2d_PrivateKey(mint_key(MINT_P256), &der);
        uint64_t live = mem_live_blocks();
        struct keypair *k = NULL;

        (void)state;
        for (uint64_t i = 1; !k; i++) {
                struct err e = { 0 };

                assert_true(i < 20);
                mem_fail_nth(i, false);
                k = keypair_from_der(der, (size_t)n, PKI_NOW, &e);
                mem_fail_nth(0, false);
                assert_true(k || e.code == ERR_NOMEM);
        }
        keypair_put(k);
        assert_int_equal(mem_live_blocks(), live);
        OPENSSL_free(der);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(signatures_verify),
                cmocka_unit_test(short_keys_refuse_long_hashes),
                cmocka_unit_test(decrypts_what_the_public_key_encrypted),
                cmocka_unit_test(unpadding_takes_only_what_is_right),
                cmocka_unit_test(generated_keys_work_and_are_reproducible),
                cmocka_unit_test(no_randomness_no_key),
                cmocka_unit_test(export_and_load_give_the_same_key),
                cmocka_unit_test(damaged_keys_are_refused),
                cmocka_unit_test(a_wrong_signature_never_leaves),
                cmocka_unit_test(expensive_keys_are_refused),
                cmocka_unit_test(nothing_secret_is_left_in_freed_memory),
                cmocka_unit_test(the_watch_sees_what_is_not_wiped),
                cmocka_unit_test(threads_share_a_key),
                cmocka_unit_test(curves_sign_and_are_known_again),
                cmocka_unit_test(ed25519_pairs),
                cmocka_unit_test(curves_are_made),
                cmocka_unit_test(other_curves_are_refused),
                cmocka_unit_test(a_curve_key_without_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
