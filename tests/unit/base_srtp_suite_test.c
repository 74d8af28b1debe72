#include "tests/support/test.h"

#include "platform/base/attr.h"
#include "platform/base/srtp_suite.h"

static const struct {
        const char *name;
        enum srtp_suite suite;
        uint8_t key, salt, tag, ctag;
} rows[] = {
        { "AES_CM_128_HMAC_SHA1_80", SRTP_AES_CM_128_80, 16, 14, 10, 10 },
        { "AES_CM_128_HMAC_SHA1_32", SRTP_AES_CM_128_32, 16, 14, 4, 10 },
        { "AES_256_CM_HMAC_SHA1_80", SRTP_AES_256_CM_80, 32, 14, 10, 10 },
        { "AES_256_CM_HMAC_SHA1_32", SRTP_AES_256_CM_32, 32, 14, 4, 10 },
        { "AEAD_AES_128_GCM", SRTP_AEAD_AES_128_GCM, 16, 12, 16, 16 },
        { "AEAD_AES_256_GCM", SRTP_AEAD_AES_256_GCM, 32, 12, 16, 16 },
};

static void every_suite_has_its_lengths(void **state)
{
        (void)state;
        assert_int_equal(ARRAY_LEN(rows), SRTP_SUITES - 1);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                const struct srtp_suite_info *s = srtp_suite_info(rows[i].suite);

                assert_non_null(s);
                assert_string_equal(s->name, rows[i].name);
                assert_int_equal(s->key_len, rows[i].key);
                assert_int_equal(s->salt_len, rows[i].salt);
                assert_int_equal(s->tag_rtp, rows[i].tag);
                assert_int_equal(s->tag_rtcp, rows[i].ctag);
                assert_true(s->key_len <= SRTP_KEY_MAX && s->salt_len <= SRTP_SALT_MAX);
                assert_true(s->tag_rtcp + SRTP_MKI_MAX + 4u <= SRTP_TRAILER_MAX);
                assert_int_equal(srtp_suite_find(s->name, strlen(s->name)), rows[i].suite);
        }
        assert_null(srtp_suite_info(SRTP_SUITE_NONE));
        assert_null(srtp_suite_info(SRTP_SUITES));
        assert_null(srtp_suite_info((enum srtp_suite)200));
}

static const struct {
        const char *name;
        size_t len;
        enum srtp_suite suite;
} names[] = {
        { "aes_cm_128_hmac_sha1_80", 23, SRTP_AES_CM_128_80 },
        { "AES_CM_256_HMAC_SHA1_80", 23, SRTP_AES_256_CM_80 },
        { "AES_CM_256_HMAC_SHA1_32", 23, SRTP_AES_256_CM_32 },
        { "AES_CM_128_HMAC_SHA1_80 inline:", 23, SRTP_AES_CM_128_80 },
        { "AES_CM_128_HMAC_SHA1_8", 22, SRTP_SUITE_NONE },
        { "AES_CM_128_HMAC_SHA1_800", 24, SRTP_SUITE_NONE },
        { "AEAD_AES_256_GCM\0with a tail", 28, SRTP_SUITE_NONE },
        { "F8_128_HMAC_SHA1_80", 19, SRTP_SUITE_NONE },
        { "NULL_HMAC_SHA1_80", 17, SRTP_SUITE_NONE },
        { "", 0, SRTP_SUITE_NONE },
};

static void names_are_found(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
                assert_int_equal(srtp_suite_find(names[i].name, names[i].len), names[i].suite);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_suite_has_its_lengths),
                cmocka_unit_test(names_are_found),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
