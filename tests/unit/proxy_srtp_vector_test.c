/* Every published vector: RFC 3711 B.2 and B.3, RFC 6188, RFC 6904, RFC 7714, and the packets of a public test
 * program. */
#include "tests/support/srtp_fixture.h"

#define KEY_3711 "E1F97A0D3E018BE0D64FA32C06DE4139"
#define SALT_3711 "0EC675AD498AFEEBB6960B3AABE6"
#define KEY_6188 "F0F04914B513F2763A1B1FA130F10E2998F6F6E43E4309D1E622A0E332B9F1B6"
#define SALT_6188 "3B04803DE51EE7C96423AB5B78D2"
#define AB16 "ABABABABABABABABABABABABABABABAB"
#define RTP_HEAD "800F1234DECAFBADCAFEBABE"
#define RTCP_HEAD "81C8000BCAFEBABE"

static const struct srtp_engine *key_of(struct srtp_key *k, const char *hex)
{
        const struct srtp_engine *e = srtp_engine();
        uint8_t key[32];
        size_t n = unhex(hex, key, sizeof key);

        memset(k, 0, sizeof *k);
        assert_int_equal(e->key_set(k, key, (unsigned)n, false), 0);
        return e;
}

static const struct {
        uint16_t counter;
        const char *block;
} keystream_rows[] = {
        { 0x0000, "E03EAD0935C95E80E166B16DD92B4EB4" }, { 0x0001, "D23513162B02D0F72A43A2FE4A5F97AB" },
        { 0x0002, "41E95B3BB0A2E8DD477901E4FCA894C0" }, { 0xFEFF, "EC8CDF7398607CB0F2D21675EA9EA1E4" },
        { 0xFF00, "362B7C3C6773516318A077D7FC5073AE" }, { 0xFF01, "6A2CC3787889374FBEB4C81B17BA6C44" },
};

static void check_keystream(const struct srtp_engine *e, const struct srtp_key *k)
{
        static uint8_t all[0xFF02 * 16];
        uint8_t iv[16];

        unhex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000", iv, sizeof iv);
        memset(all, 0, sizeof all);
        assert_true(e->ctr(k, iv, all, sizeof all));
        for (size_t i = 0; i < ARRAY_LEN(keystream_rows); i++) {
                uint8_t one[16] = { 0 };

                assert_hex(all + keystream_rows[i].counter * 16u, 16, keystream_rows[i].block);
                iv[14] = (uint8_t)(keystream_rows[i].counter >> 8);
                iv[15] = (uint8_t)keystream_rows[i].counter;
                assert_true(e->ctr(k, iv, one, sizeof one));
                assert_hex(one, 16, keystream_rows[i].block);
        }
}

static void aes_cm_keystream(void **state)
{
        (void)state;
        EACH_ENGINE(i)
        {
                struct srtp_key k;
                const struct srtp_engine *e = key_of(&k, "2B7E151628AED2A6ABF7158809CF4F3C");

                check_keystream(e, &k);
                e->key_drop(&k);
        }
}

static const struct {
        const char *key, *salt;
        uint8_t label;
        const char *out;
} kdf_rows[] = {
        { KEY_3711, SALT_3711, 0, "C61E7A93744F39EE10734AFE3FF7A087" },
        { KEY_3711, SALT_3711, 2, "30CBBC08863D8C85D49DB34A9AE1" },
        { KEY_3711, SALT_3711, 1,
          "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCEE049646C43D9327AD175578EF72270986371C10C9A"
          "369AC2"
          "F94A8C5FBCDDDC256D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2" },
        { KEY_3711, SALT_3711, 3, "4C1AA45A81F73D61C800BBB00FBB1EAA" },
        { KEY_3711, SALT_3711, 4, "8D54534FEB49AE8E7993A6BD0B844FC323A93DFD" },
        { KEY_3711, SALT_3711, 5, "9581C7AD87B3E530BF3E4454A8B3" },
        { KEY_3711, SALT_3711, 6, "549752054D6FB708622C4A2E596A1B93" },
        { KEY_3711, SALT_3711, 7, "AB01818174C40D39A3781F7C2D27" },
        { KEY_6188, SALT_6188, 0, "5BA1064E30EC51613CAD926C5A28EF731EC7FB397F70A960653CAF06554CD8C4" },
        { KEY_6188, SALT_6188, 2, "FA31791685CA444A9E07C6C64E93" },
        { KEY_6188, SALT_6188, 1, "FD9C32D39ED5FBB5A9DC96B30818454D1313DC05" },
};

static void key_derivation(void **state)
{
        (void)state;
        EACH_ENGINE(i)
        {
                for (size_t row = 0; row < ARRAY_LEN(kdf_rows); row++) {
                        struct srtp_key k;
                        const struct srtp_engine *e = key_of(&k, kdf_rows[row].key);
                        uint8_t salt[14], out[94];
                        size_t n = strlen(kdf_rows[row].out) / 2;

                        unhex(kdf_rows[row].salt, salt, sizeof salt);
                        assert_int_equal(srtp_kdf(e, &k, salt, kdf_rows[row].label, 0, out, n), 0);
                        assert_hex(out, n, kdf_rows[row].out);
                        e->key_drop(&k);
                }
        }
}

/* RFC 6904: the relay passes extensions as they are; its keys and counter mode agree with the RFC's all the same. */
static void header_extension(void **state)
{
        (void)state;
        EACH_ENGINE(i)
        {
                struct srtp_key master, k;
                const struct srtp_engine *e = key_of(&master, KEY_3711);
                uint8_t salt[14], enc[16], iv[16], ks[24] = { 0 }, mask[24], ext[24], want[24];

                unhex(SALT_3711, salt, sizeof salt);
                assert_int_equal(srtp_kdf(e, &master, salt, 6, 0, enc, sizeof enc), 0);
                memset(&k, 0, sizeof k);
                assert_int_equal(e->key_set(&k, enc, sizeof enc, false), 0);
                assert_int_equal(srtp_kdf(e, &master, salt, 7, 0, k.salt, 14), 0);
                srtp_iv_cm(&k, 0xCAFEBABE, 0x1234, iv);
                assert_true(e->ctr(&k, iv, ks, sizeof ks));
                assert_hex(ks, sizeof ks, "1E19C8E1D481C779549ED1617AAA1B7AFC0D933AE7ED6CC8");
                unhex("17414273A475262748220000C8308E4655996386B395FB00", ext, sizeof ext);
                unhex("00FFFFFFFFFFFFFFFF0000000000FF00FFFFFFFFFFFFFF00", mask, sizeof mask);
                unhex("17588A9270F4E15E1C220000C8309546A994F0BC54789700", want, sizeof want);
                for (size_t b = 0; b < sizeof ext; b++)
                        ext[b] ^= ks[b] & mask[b];
                assert_memory_equal(ext, want, sizeof want);
                e->key_drop(&k);
                e->key_drop(&master);
        }
}

#define GCM_RTP_MASTER "000102030405060708090A0B0C0D0E0F"
#define GCM_RTP_SALT "A0A1A2A3A4A5A6A7A8A9AAAB"

static const struct packet_row {
        enum srtp_suite suite;
        const char *key, *salt;
        bool rtcp;
        uint32_t roc;
        const char *plain, *wire;
} packet_rows[] = {
        { SRTP_AES_CM_128_80, KEY_3711, SALT_3711, false, 0, RTP_HEAD AB16,
          RTP_HEAD "4E55DC4CE79978D88CA4D215949D2402B78D6ACC99EA179B8DBB" },
        { SRTP_AES_CM_128_32, KEY_3711, SALT_3711, false, 0, RTP_HEAD AB16,
          RTP_HEAD "4E55DC4CE79978D88CA4D215949D2402B78D6ACC" },
        { SRTP_AES_CM_128_80, KEY_3711, SALT_3711, false, 1, RTP_HEAD AB16,
          RTP_HEAD "179265C8BF303E4C24E7279F739BB5A6F8B3916FD670057BF1DC" },
        { SRTP_AES_CM_128_80, KEY_3711, SALT_3711, true, 0, RTCP_HEAD AB16,
          RTCP_HEAD "7128035BE487B9BDBEF89041F977A5A880000001993E08CD54D6C1230798" },
        { SRTP_AES_256_CM_80, KEY_6188, SALT_6188, false, 0, RTP_HEAD AB16,
          RTP_HEAD "F1D9DE17FF251FF1AA007774B0B4B40DA08D9D9A5B3A55D8873B" },
        { SRTP_AEAD_AES_128_GCM, GCM_RTP_MASTER, GCM_RTP_SALT, false, 0, RTP_HEAD AB16,
          RTP_HEAD "C5002EDE04CFDD2EB91159E0880AA06ED2976826F796B201DF3131A127E8A392" },
};

/* The rollover counter a vector wants is one a call of that age would have. */
static void age(struct srtp_ctx *c, uint32_t roc)
{
        if (roc)
                c->slot[srtp_slot_add(c, 0xCAFEBABE)].rtp_next = (uint64_t)roc << 16;
}

static void check_packet(const struct packet_row *row)
{
        struct srtp_master m = master_hex(row->suite, row->key, row->salt);
        struct srtp_ctx *tx = ctx_of(&m, true), *rx = ctx_of(&m, false);
        uint8_t p[PKT_MAX];
        size_t n = unhex(row->plain, p, sizeof p);

        age(tx, row->roc);
        age(rx, row->roc);
        assert_int_equal((row->rtcp ? srtcp_protect : srtp_protect)(tx, p, &n, sizeof p), SRTP_OK);
        assert_hex(p, n, row->wire);
        assert_int_equal((row->rtcp ? srtcp_unprotect : srtp_unprotect)(rx, p, &n), SRTP_OK);
        assert_hex(p, n, row->plain);
        ctx_end(tx);
        ctx_end(rx);
}

static void packets(void **state)
{
        (void)state;
        EACH_ENGINE(i)
        for (size_t row = 0; row < ARRAY_LEN(packet_rows); row++)
                check_packet(&packet_rows[row]);
}

static void packets_in_a_batch(void **state)
{
        (void)state;
        EACH_ENGINE(i)
        {
                struct srtp_job job[ARRAY_LEN(packet_rows)];
                uint8_t p[ARRAY_LEN(packet_rows)][PKT_MAX];
                unsigned n = 0;

                for (size_t row = 0; row < ARRAY_LEN(packet_rows); row++) {
                        const struct packet_row *r = &packet_rows[row];
                        struct srtp_master m = master_hex(r->suite, r->key, r->salt);

                        if (r->rtcp)
                                continue;
                        job[n] = (struct srtp_job){
                                .ctx = ctx_of(&m, true), .pkt = p[n], .cap = PKT_MAX, .protect = true
                        };
                        job[n].len = unhex(r->plain, p[n], PKT_MAX);
                        age(job[n++].ctx, r->roc);
                }
                srtp_batch(job, n);
                n = 0;
                for (size_t row = 0; row < ARRAY_LEN(packet_rows); row++) {
                        if (packet_rows[row].rtcp)
                                continue;
                        assert_int_equal(job[n].result, SRTP_OK);
                        assert_hex(job[n].pkt, job[n].len, packet_rows[row].wire);
                        ctx_end(job[n++].ctx);
                }
        }
}

#define QUID "517569642070726F2071756F"
#define GALLIA_HEAD "8040F17B8041F8D35501A0B2"
#define GALLIA                                                                                                       \
        "47616C6C696120657374206F6D6E697320646976697361"                                                             \
        "20696E207061727465732074726573"
#define KEY_7714_128 "000102030405060708090A0B0C0D0E0F"
#define KEY_7714_256 "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
#define RTCP_7714                                                                                                    \
        "81C8000D4D6172734E5450314E545032525450200000042A0000E9304C756E61DEADBEEFDEADBEEFDEADBEEFDEADBEEFDEADBEEF"

/* The RFC's samples begin at the session key. */
static struct srtp_ctx *session_ctx(const char *key_hex, bool sender)
{
        struct srtp_master m = master_any(strlen(key_hex) == 32 ? SRTP_AEAD_AES_128_GCM : SRTP_AEAD_AES_256_GCM, 1);
        struct srtp_ctx *c = ctx_of(&m, sender);
        uint8_t key[32], salt[14] = { 0 }, none[20] = { 0 };

        unhex(key_hex, key, sizeof key);
        unhex(QUID, salt, sizeof salt);
        assert_int_equal(srtp_key_load(c, &c->rtp, key, salt, none), 0);
        assert_int_equal(srtp_key_load(c, &c->rtcp, key, salt, none), 0);
        return c;
}

static const struct {
        const char *key, *rtp, *rtcp, *clear_tag;
} aead_rows[] = {
        { KEY_7714_128,
          "F24DE3A3FB34DE6CACBA861C9D7E4BCABE633BD50D294E6F42A5F47A51C7D19B36DE3ADF8833899D7F27BEB16A9152CF765EE4390C"
          "CE",
          "81C8000D4D61727363E94885DCDAB67CA727D7662F6B7E997FF5C0F76C06F32DC676A5F1730D6FDA4CE09B4686303DED0BB9275BC8"
          "4AA458"
          "96CF4D2FC5ABF87245D9EADE800005D4",
          "841DD9683DD78EC92AE58790125F62B3" },
        { KEY_7714_256,
          "32B1DE78A822FE12EF9F78FA332E33AAB18012389A58E2F3B50B2A0276FFAE0F1BA63799B87B7AA3DB36DFFFD6B0F9BB7878D7A76C"
          "13",
          "81C8000D4D617273D50AE4D1F5CE5D304BA297E47D470C282C3ECE5DBFFE0A50A2EAA5C1110555BE8415F658C61DE0476F1B6FAD1D"
          "1EB30C"
          "4446839F57FF6F6CB26AC3BE800005D4",
          "91DB4AFBFEEE5A978FAB4393ED2615FE" },
};

static void aead_rtp(const char *key, const char *cipher)
{
        struct srtp_ctx *tx = session_ctx(key, true), *rx = session_ctx(key, false);
        uint8_t p[PKT_MAX], iv[12];
        size_t n = unhex(GALLIA_HEAD GALLIA, p, sizeof p);

        srtp_iv_gcm(&tx->rtp, 0x5501A0B2, 0xF17B, iv);
        assert_hex(iv, sizeof iv, "51753C6580C2726F20718414");
        assert_int_equal(srtp_protect(tx, p, &n, sizeof p), SRTP_OK);
        assert_hex(p, 12, GALLIA_HEAD);
        assert_hex(p + 12, n - 12, cipher);
        assert_int_equal(srtp_unprotect(rx, p, &n), SRTP_OK);
        assert_hex(p, n, GALLIA_HEAD GALLIA);
        ctx_end(tx);
        ctx_end(rx);
}

static void aead_rtcp(const char *key, const char *wire)
{
        struct srtp_ctx *tx = session_ctx(key, true), *rx = session_ctx(key, false);
        uint8_t p[PKT_MAX], iv[12];
        size_t n = unhex(RTCP_7714, p, sizeof p);

        srtp_iv_gcm(&tx->rtcp, 0x4D617273, 0x5D4, iv);
        assert_hex(iv, sizeof iv, "517524055203726F207170BB");
        tx->slot[srtp_slot_add(tx, 0x4D617273)].rtcp_next = 0x5D4;
        assert_int_equal(srtcp_protect(tx, p, &n, sizeof p), SRTP_OK);
        assert_hex(p, n, wire);
        assert_int_equal(srtcp_unprotect(rx, p, &n), SRTP_OK);
        assert_hex(p, n, RTCP_7714);
        ctx_end(tx);
        ctx_end(rx);
}

/* E = 0: the tag is right as the RFC has it, and the packet refused all the same. */
static void aead_rtcp_clear(const char *key, const char *tag_hex)
{
        struct srtp_ctx *rx = session_ctx(key, false);
        uint8_t p[PKT_MAX], iv[12], aad[PKT_MAX], tag[16], none[1] = { 0 };
        size_t n = unhex(RTCP_7714, p, sizeof p), aad_len;
        struct srtp_aead a;

        memcpy(aad, p, n);
        srtp_put32(aad + n, 0x5D4);
        aad_len = n + 4;
        srtp_iv_gcm(&rx->rtcp, 0x4D617273, 0x5D4, iv);
        a = (struct srtp_aead){ iv, aad, aad_len, none, 0 };
        assert_true(rx->engine->seal(&rx->rtcp, &a, tag));
        assert_hex(tag, sizeof tag, tag_hex);
        assert_true(rx->engine->open(&rx->rtcp, &a, tag));
        memcpy(p + n, tag, 16);
        srtp_put32(p + n + 16, 0x5D4);
        n += 20;
        assert_int_equal(srtcp_unprotect(rx, p, &n), SRTP_MALFORMED);
        ctx_end(rx);
}

static void aead_samples(void **state)
{
        (void)state;
        EACH_ENGINE(i)
        {
                for (size_t row = 0; row < ARRAY_LEN(aead_rows); row++) {
                        aead_rtp(aead_rows[row].key, aead_rows[row].rtp);
                        aead_rtcp(aead_rows[row].key, aead_rows[row].rtcp);
                        aead_rtcp_clear(aead_rows[row].key, aead_rows[row].clear_tag);
                }
        }
}

/* RFC 2202, case 3 has a key of 20 bytes as SRTP's are: hashing from stored pads is HMAC. */
static void hmac(void **state)
{
        (void)state;
        EACH_ENGINE(i)
        {
                struct srtp_key k = { .rounds = 0 };
                uint8_t key[20], data[50];
                struct srtp_mac m = { .key = &k, .p = data, .n = sizeof data };

                memset(key, 0xAA, sizeof key);
                memset(data, 0xDD, sizeof data);
                srtp_mac_pads(srtp_engine(), &k, key);
                srtp_mac(srtp_engine(), &m);
                assert_hex(m.out, 20, "125D7342B9AC11CD91A39AF48AA17B4F63F175D3");
        }
}

static void engines_are_named(void **state)
{
        (void)state;
        srtp_force_portable(true);
        assert_string_equal(srtp_engine_name(), "libcrypto");
        srtp_force_portable(false);
        assert_ptr_equal(srtp_engine(), srtp_engine_at(0));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(aes_cm_keystream),
                cmocka_unit_test(key_derivation),
                cmocka_unit_test(header_extension),
                cmocka_unit_test(packets),
                cmocka_unit_test(packets_in_a_batch),
                cmocka_unit_test(aead_samples),
                cmocka_unit_test(hmac),
                cmocka_unit_test(engines_are_named),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
