/* a=crypto lines: which can be used, why others cannot, and that what is written is read back. */
#include "inspect/sip/b64.h"
#include "inspect/sip/sdp.h"
#include "tests/support/sip_text.h"

#define K30 "QUJDREVGR0hJSktMTU5PUHFyc3R1dnd4eXowMTIz"                       /* 30 bytes, no padding */
#define K46 "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdA" /* 46, "==" left off */
#define K28 "QUJDREVGR0hJSktMTU5PUHFyc3R1dnd4eXowMQ"                         /* 28, "==" */
#define K44 "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXI"    /* 44, "=" */

struct row {
        const char *text;
        enum srtp_suite suite;
        uint32_t tag;
        bool padded;
        uint64_t lifetime;
        unsigned mki_len;
        const char *mki;
        unsigned kdr, wsh;
};
static const struct row good[] = {
        { "1 AES_CM_128_HMAC_SHA1_80 inline:" K30, SRTP_AES_CM_128_80, 1, true, 0, 0, "", 0, 0 },
        { "999999999 aes_cm_128_hmac_sha1_32 INLINE:" K30, SRTP_AES_CM_128_32, 999999999, true, 0, 0, "", 0, 0 },
        { "0 AES_256_CM_HMAC_SHA1_80 inline:" K46 "==", SRTP_AES_256_CM_80, 0, true, 0, 0, "", 0, 0 },
        { "2 AES_256_CM_HMAC_SHA1_32 inline:" K46, SRTP_AES_256_CM_32, 2, false, 0, 0, "", 0, 0 },
        { "2 AES_CM_256_HMAC_SHA1_80 inline:" K46, SRTP_AES_256_CM_80, 2, false, 0, 0, "", 0, 0 },
        { "3 AEAD_AES_128_GCM inline:" K28 "==", SRTP_AEAD_AES_128_GCM, 3, true, 0, 0, "", 0, 0 },
        { "3 AEAD_AES_128_GCM inline:" K28, SRTP_AEAD_AES_128_GCM, 3, false, 0, 0, "", 0, 0 },
        { "4 AEAD_AES_256_GCM inline:" K44 "=", SRTP_AEAD_AES_256_GCM, 4, true, 0, 0, "", 0, 0 },
        { "4 AEAD_AES_256_GCM inline:" K44, SRTP_AEAD_AES_256_GCM, 4, false, 0, 0, "", 0, 0 },
        { "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|2^31|1:1", SRTP_AES_CM_128_80, 1, true, 1ull << 31, 1, "\x01", 0,
          0 },
        { "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|1:4", SRTP_AES_CM_128_80, 1, true, 0, 4, "\0\0\0\1", 0, 0 },
        { "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|2^48", SRTP_AES_CM_128_80, 1, true, 1ull << 48, 0, "", 0, 0 },
        { "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|1000000", SRTP_AES_CM_128_80, 1, true, 1000000, 0, "", 0, 0 },
        { "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|65535:2", SRTP_AES_CM_128_80, 1, true, 0, 2, "\xff\xff", 0, 0 },
        { "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|340282366920938463463374607431768211455:16", SRTP_AES_CM_128_80,
          1, true, 0, 16, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 0, 0 },
        { "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 " KDR=24 WSH=64", SRTP_AES_CM_128_80, 1, true, 0, 0, "", 24, 1 },
        { "1 AES_CM_128_HMAC_SHA1_80  inline:" K30 "  wsh=129  -NEW=x kdr=1 ", SRTP_AES_CM_128_80, 1, true, 0, 0, "",
          1, 3 },
        { " 1 AES_CM_128_HMAC_SHA1_80 inline:" K30 " WSH=999999999", SRTP_AES_CM_128_80, 1, true, 0, 0, "", 0, 255 },
};

static bool parse(struct sdp_crypto *c, const char *text, const char **why)
{
        uint8_t *p = exact_copy(text, strlen(text));
        bool ok = sdp_crypto_parse(c, (struct str){ (char *)p, strlen(text) }, why);

        free(p);
        return ok;
}

static void usable_lines(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
                const struct row *r = &good[i];
                struct sdp_crypto c;
                const char *why = "";

                if (!parse(&c, r->text, &why))
                        fail_msg("%s: %s", r->text, why);
                assert_int_equal(c.m.suite, r->suite);
                assert_int_equal(c.tag, r->tag);
                assert_int_equal(c.padded, r->padded);
                assert_true(c.m.lifetime == r->lifetime);
                assert_int_equal(c.m.mki_len, r->mki_len);
                assert_memory_equal(c.m.mki, r->mki, r->mki_len);
                assert_int_equal(c.m.kdr, r->kdr);
                assert_int_equal(c.m.wsh, r->wsh);
                assert_memory_equal(c.m.key, "ABCDEFGHIJKLMNOP", 16);
        }
}

static void key_and_salt(void **state)
{
        struct sdp_crypto c;
        const char *why;

        (void)state;
        assert_true(parse(&c, good[0].text, &why));
        assert_memory_equal(c.m.salt, "qrstuvwxyz0123", 14);
        assert_true(parse(&c, good[2].text, &why));
        assert_memory_equal(c.m.key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef", 32);
        assert_memory_equal(c.m.salt, "ghijklmnopqrst", 14);
        assert_true(parse(&c, good[5].text, &why));
        assert_memory_equal(c.m.salt, "qrstuvwxyz01\0", 13);
}

#define TAG "malformed tag"
#define SUITE "unknown suite"
#define METHOD "key method is not inline"
#define SEVERAL "more than one key"
#define LENGTH "key has not the length of the suite"
#define FIELD "malformed lifetime or MKI"
#define WEAK "session parameter that weakens SRTP"
#define UNKNOWN "session parameter unknown or repeated"
#define RANGE "session parameter out of range"
#define A80 "1 AES_CM_128_HMAC_SHA1_80 inline:" K30

static const struct {
        const char *text, *why;
} bad[] = {
        { "", TAG },
        { "x AES_CM_128_HMAC_SHA1_80 inline:" K30, TAG },
        { "1234567890 AES_CM_128_HMAC_SHA1_80 inline:" K30, TAG },
        { "-1 AES_CM_128_HMAC_SHA1_80 inline:" K30, TAG },
        { "1", SUITE },
        { "1 NULL_HMAC_SHA1_80 inline:" K30, SUITE },
        { "1 F8_128_HMAC_SHA1_80 inline:" K30, SUITE },
        { "1 AES_CM_128_HMAC_SHA1_8 inline:" K30, SUITE },
        { "1 AES_CM_128_HMAC_SHA1_800 inline:" K30, SUITE },
        { "1 AES_CM_128_HMAC_SHA1_80", METHOD },
        { "1 AES_CM_128_HMAC_SHA1_80 " K30, METHOD },
        { "1 AES_CM_128_HMAC_SHA1_80 uri:" K30, METHOD },
        { "1 AES_CM_128_HMAC_SHA1_80 inline:", LENGTH },
        { "1 AES_CM_128_HMAC_SHA1_80 inline: " K30, LENGTH },
        { A80 "A", LENGTH },
        { A80 "=", LENGTH },
        { A80 "==", LENGTH },
        { "1 AES_CM_128_HMAC_SHA1_80 inline:" K28 "==", LENGTH },
        { "1 AES_CM_128_HMAC_SHA1_80 inline:" K46, LENGTH },
        { "1 AEAD_AES_128_GCM inline:" K30, LENGTH },
        { "1 AEAD_AES_128_GCM inline:" K28 "=", LENGTH },
        { "1 AEAD_AES_128_GCM inline:" K28 "=A", LENGTH },
        { "1 AEAD_AES_128_GCM inline:QUJDREVGR0hJSktMTU5PUHFyc3R1dnd4eXowMR", LENGTH }, /* bits left over */
        { "1 AEAD_AES_256_GCM inline:" K44 "==", LENGTH },
        { "1 AES_CM_128_HMAC_SHA1_80 inline:QUJDREVGR0hJSktMTU5PUHFyc3R1dnd4eXowMT-z", LENGTH },
        { "1 AES_CM_128_HMAC_SHA1_80 inline:QUJDREVGR0hJSktMTU5PUHFyc3R1dnd4eXow=TIz", LENGTH },
        { A80 ";inline:" K30, SEVERAL },
        { A80 "|", FIELD },
        { A80 "|0", FIELD },
        { A80 "|2^49", FIELD },
        { A80 "|2^", FIELD },
        { A80 "|2^x", FIELD },
        { A80 "|281474976710657", FIELD },
        { A80 "|18446744073709551617", FIELD },
        { A80 "|2^31|", FIELD },
        { A80 "|2^31|2^31", FIELD },
        { A80 "|1:1|2^31", FIELD },
        { A80 "|1:1|1:1", FIELD },
        { A80 "|256:1", FIELD },
        { A80 "|1:0", FIELD },
        { A80 "|1:17", FIELD },
        { A80 "|1:129", FIELD },
        { A80 "|:1", FIELD },
        { A80 "|1:", FIELD },
        { A80 "|a:1", FIELD },
        { A80 "|-1:1", FIELD },
        { A80 "|340282366920938463463374607431768211456:16", FIELD },
        { A80 " UNENCRYPTED_SRTP", WEAK },
        { A80 " UNENCRYPTED_SRTCP", WEAK },
        { A80 " unauthenticated_srtp", WEAK },
        { A80 " KDR=1 UNENCRYPTED_SRTP", WEAK },
        { A80 " FEC_ORDER=FEC_SRTP", UNKNOWN },
        { A80 " FEC_KEY=inline:x", UNKNOWN },
        { A80 " NEW=1", UNKNOWN },
        { A80 " KDR", UNKNOWN },
        { A80 " KDR=1 KDR=1", UNKNOWN },
        { A80 " WSH=64 wsh=64", UNKNOWN },
        { A80 " KDR=0", RANGE },
        { A80 " KDR=25", RANGE },
        { A80 " KDR=", RANGE },
        { A80 " KDR=001", RANGE },
        { A80 " WSH=63", RANGE },
        { A80 " WSH=", RANGE },
        { A80 " WSH=1000000000", RANGE },
        { A80 " WSH=6x", RANGE },
};

static void unusable_lines(void **state)
{
        static const struct sdp_crypto empty;

        (void)state;
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                struct sdp_crypto c;
                const char *why = "";

                if (parse(&c, bad[i].text, &why) || strcmp(why, bad[i].why))
                        fail_msg("%s: %s", bad[i].text, why);
                assert_memory_equal(&c, &empty, sizeof c); /* no key stays behind */
        }
}

static void nul_in_a_suite(void **state)
{
        struct sdp_crypto c;
        const char *why = "";

        (void)state;
        assert_false(
                sdp_crypto_parse(&c, (struct str){ "1 AEAD_AES_128_GCM\0xx inline:" K28, 31 + sizeof K28 }, &why));
        assert_string_equal(why, SUITE);
}

static void what_is_written(void **state)
{
        char text[512];
        struct wbuf w = wbuf_of(text, sizeof text);
        struct srtp_master m = { .suite = SRTP_AEAD_AES_128_GCM };

        (void)state;
        memcpy(m.key, "ABCDEFGHIJKLMNOP", 16);
        memcpy(m.salt, "qrstuvwxyz01", 12);
        sdp_crypto_write(&w, 7, &m);
        assert_text(((struct str){ text, w.len }), "a=crypto:7 AEAD_AES_128_GCM inline:" K28 "==");
        w.len = 0;
        m.suite = SRTP_AES_CM_128_32;
        memcpy(m.salt, "qrstuvwxyz0123", 14);
        m.lifetime = 1 << 20;
        m.mki_len = 2;
        m.mki[0] = 1;
        m.kdr = 3;
        m.wsh = 2;
        sdp_crypto_write(&w, 1, &m);
        assert_text(((struct str){ text, w.len }),
                    "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:" K30 "|2^20|256:2 KDR=3 WSH=128");
        w = wbuf_of(text, 40);
        sdp_crypto_write(&w, 1, &m);
        assert_true(w.full);
        w = wbuf_of(text, sizeof text);
        m.suite = SRTP_SUITE_NONE;
        sdp_crypto_write(&w, 1, &m);
        assert_true(w.full && !w.len);
}

static void random_round_trips(void **state)
{
        struct lcg r = { 3 };

        (void)state;
        for (unsigned round = 0; round < 20000; round++) {
                struct sdp_crypto c = { .tag = lcg_below(&r, 1000000000) }, back;
                const struct srtp_suite_info *info;
                char text[512];
                struct wbuf w = wbuf_of(text, sizeof text);
                const char *why = "";

                c.m.suite = (uint8_t)(SRTP_SUITE_NONE + 1 + lcg_below(&r, SRTP_SUITES - 1));
                info = srtp_suite_info((enum srtp_suite)c.m.suite);
                for (unsigned i = 0; i < info->key_len; i++)
                        c.m.key[i] = (uint8_t)lcg_below(&r, 256);
                for (unsigned i = 0; i < info->salt_len; i++)
                        c.m.salt[i] = (uint8_t)lcg_below(&r, 256);
                c.m.mki_len = (uint8_t)(lcg_below(&r, 2) * (1 + lcg_below(&r, 16)));
                for (unsigned i = 0; i < c.m.mki_len; i++)
                        c.m.mki[i] = (uint8_t)lcg_below(&r, 256);
                c.m.lifetime = lcg_below(&r, 3) == 0 ? 0
                               : lcg_below(&r, 2)    ? 1ull << lcg_below(&r, 49)
                                                     : 1 + lcg_below(&r, 1u << 30);
                c.m.kdr = (uint8_t)lcg_below(&r, 25);
                c.m.wsh = (uint8_t)lcg_below(&r, 256);
                sdp_crypto_write(&w, c.tag, &c.m);
                assert_false(w.full);
                assert_true(sdp_crypto_parse(&back, (struct str){ text + 9, w.len - 9 }, &why));
                assert_memory_equal(&back.m, &c.m, sizeof c.m);
                assert_int_equal(back.tag, c.tag);
                assert_true(back.padded);
        }
}

/* RFC 4648 section 10 */
static void base64_vectors(void **state)
{
        static const struct {
                const char *plain, *text;
        } row[] = { { "", "" },
                    { "f", "Zg==" },
                    { "fo", "Zm8=" },
                    { "foo", "Zm9v" },
                    { "foob", "Zm9vYg==" },
                    { "fooba", "Zm9vYmE=" },
                    { "foobar", "Zm9vYmFy" } };

        (void)state;
        for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
                size_t n = strlen(row[i].plain), chars = (n * 8 + 5) / 6;
                char text[16];
                struct wbuf w = wbuf_of(text, sizeof text);
                uint8_t out[8];
                bool padded;

                b64_write(&w, (const uint8_t *)row[i].plain, n);
                assert_text(((struct str){ text, w.len }), row[i].text);
                assert_true(b64_decode(text_of(row[i].text), out, n, &padded));
                assert_memory_equal(out, row[i].plain, n);
                assert_true(padded);
                assert_true(b64_decode((struct str){ row[i].text, chars }, out, n, &padded));
                assert_int_equal(padded, chars == strlen(row[i].text));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(usable_lines),    cmocka_unit_test(key_and_salt),
                cmocka_unit_test(unusable_lines),  cmocka_unit_test(nul_in_a_suite),
                cmocka_unit_test(what_is_written), cmocka_unit_test(random_round_trips),
                cmocka_unit_test(base64_vectors),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
