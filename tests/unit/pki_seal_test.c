/* Sealed files: libcrypto's own reader opens them with the passphrase, and with nothing else. */
#include "pki/libcrypto.h"

#include "pki/seal.h"

#include <openssl/cms.h>

#include "platform/base/mem.h"
#include "tests/support/test.h"

/* The bytes that come out, or -1. */
static long open_with(const uint8_t *der, size_t n, const char *pass, uint8_t *out, size_t cap)
{
        const uint8_t *p = der;
        CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)n);
        BIO *to = BIO_new(BIO_s_mem());
        char key[64];
        long got = -1;

        snprintf(key, sizeof key, "%s", pass);
        if (cms && CMS_decrypt_set1_password(cms, (unsigned char *)key, -1) &&
            CMS_decrypt(cms, NULL, NULL, NULL, to, CMS_BINARY))
                got = BIO_read(to, out, (int)cap);
        BIO_free(to);
        CMS_ContentInfo_free(cms);
        return got;
}

static void only_the_passphrase_opens_it(void **state UNUSED)
{
        static const char text[] = "what support asks for\r\nand \0 more";
        uint8_t *der, out[256];
        struct err e = { 0 };
        size_t n;

        assert_int_equal(seal_with_password(text, sizeof text, "open sesame", &der, &n, &e), 0);
        assert_null(memmem(der, n, "support", 7));
        assert_int_equal(open_with(der, n, "open sesame", out, sizeof out), sizeof text);
        assert_memory_equal(out, text, sizeof text);
        assert_int_equal(open_with(der, n, "open sesam", out, sizeof out), -1);
        der[n - 20] ^= 1; /* in the text or its tag */
        assert_int_equal(open_with(der, n, "open sesame", out, sizeof out), -1);
        mem_free(der);
}

static void too_much_is_refused(void **state UNUSED)
{
        struct err e = { 0 };
        uint8_t *der;
        size_t n;

        assert_int_equal(seal_with_password("", SEAL_BYTES_MAX + 1u, "x", &der, &n, &e), -1);
        assert_int_equal(e.code, ERR_RANGE);
}

static void every_allocation_may_fail(void **state UNUSED)
{
        struct err e = { 0 };
        uint8_t *der;
        size_t n;

        mem_fail_nth(1, true);
        assert_int_equal(seal_with_password("x", 1, "y", &der, &n, &e), -1);
        mem_fail_nth(0, false);
        assert_null(der);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(only_the_passphrase_opens_it),
                cmocka_unit_test(too_much_is_refused),
                cmocka_unit_test(every_allocation_may_fail),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
