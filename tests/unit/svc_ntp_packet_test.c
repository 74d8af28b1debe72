#include "tests/support/test.h"

#include "platform/svc/ntp_packet.h"

static const uint8_t sample[NTP_HEAD] = {
        0x24, 0x02, 0x06, 0xe9, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x80, 0x00, 0x0a, 0x00, 0x00, 0x7b,
        0xe0, 0x00, 0x00, 0x01, 0x80, 0x00, 0x00, 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
        0xe0, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0xe0, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01,
};

static void a_packet_is_what_is_in_it(void **state)
{
        struct ntp_packet p;
        uint8_t out[NTP_PACKET_MAX];
        struct wbuf w = wbuf_of(out, sizeof out);

        (void)state;
        assert_int_equal(ntp_packet_parse(cur_of(sample, sizeof sample), &p), PARSE_OK);
        assert_int_equal(p.leap, 0);
        assert_int_equal(p.version, 4);
        assert_int_equal(p.mode, NTP_SERVER);
        assert_int_equal(p.stratum, 2);
        assert_int_equal(p.poll, 6);
        assert_int_equal(p.precision, -23);
        assert_int_equal(p.root_delay, 0x100);
        assert_int_equal(p.root_disp, 0x8000);
        assert_int_equal(p.ref_id, 0x0a00007b);
        assert_int_equal(p.reference, 0xe000000180000000);
        assert_int_equal(p.originate, 0x1122334455667788);
        assert_int_equal(p.receive, 0xe000000200000000);
        assert_int_equal(p.transmit, 0xe000000200000001);
        assert_null(p.digest);
        ntp_packet_write(&p, &w);
        assert_int_equal(w.len, NTP_HEAD);
        assert_memory_equal(out, sample, NTP_HEAD);
}

static void every_prefix_waits(void **state)
{
        struct ntp_packet p;

        (void)state;
        for (size_t n = 0; n < NTP_HEAD; n++)
                assert_int_equal(ntp_packet_parse(cur_of(sample, n), &p), PARSE_MORE);
}

static void only_a_mac_may_follow(void **state)
{
        uint8_t d[512] = { 0 };
        struct ntp_packet p;

        (void)state;
        memcpy(d, sample, sizeof sample);
        for (size_t n = NTP_HEAD + 1; n < sizeof d; n++) {
                bool ok;

                d[51] = 7; /* key 7 */
                ok = n == NTP_HEAD + 20 || n == NTP_HEAD + 24;
                assert_int_equal(ntp_packet_parse(cur_of(d, n), &p), ok ? PARSE_OK : PARSE_BAD);
                if (ok) {
                        assert_int_equal(p.key_id, 7);
                        assert_int_equal(p.ndigest, n - NTP_HEAD - 4);
                        assert_ptr_equal(p.digest, d + NTP_HEAD + 4);
                }
        }
        d[51] = 0; /* "your MAC is wrong" */
        assert_int_equal(ntp_packet_parse(cur_of(d, NTP_HEAD + 4), &p), PARSE_OK);
        assert_null(p.digest);
}

/* Computed elsewhere, of "sesame" and the octets 0 to 47. */
static void macs_are_what_others_make_of_it(void **state)
{
        static const struct {
                enum ntp_hash h;
                size_t n;
                uint8_t first[4], last[2];
        } row[] = {
                { NTP_MD5, 16, { 0xa5, 0x10, 0x00, 0x24 }, { 0x76, 0xf7 } },
                { NTP_SHA1, 20, { 0x48, 0xb0, 0x19, 0xa1 }, { 0xca, 0xd3 } },
                { NTP_SHA256, 20, { 0xe4, 0x5d, 0x62, 0x31 }, { 0x2a, 0xe3 } },
                { NTP_SHA512, 20, { 0xc0, 0xda, 0x8a, 0xfd }, { 0x7d, 0x0d } },
        };
        uint8_t head[NTP_HEAD], out[NTP_DIGEST_MAX];

        (void)state;
        for (unsigned i = 0; i < NTP_HEAD; i++)
                head[i] = (uint8_t)i;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct ntp_packet p = { .digest = out, .ndigest = row[i].n };

                assert_int_equal(ntp_mac(row[i].h, "sesame", head, out), row[i].n);
                assert_memory_equal(out, row[i].first, 4);
                assert_memory_equal(out + row[i].n - 2, row[i].last, 2);
                assert_true(ntp_mac_ok(row[i].h, "sesame", head, &p));
                assert_false(ntp_mac_ok(row[i].h, "sesamf", head, &p));
                head[20] ^= 1;
                assert_false(ntp_mac_ok(row[i].h, "sesame", head, &p));
                head[20] ^= 1;
                for (size_t k = 0; k < row[i].n; k++) {
                        out[k] ^= 0x80;
                        assert_false(ntp_mac_ok(row[i].h, "sesame", head, &p));
                        out[k] ^= 0x80;
                }
                p.ndigest = row[i].n == 16 ? 20 : 16;
                assert_false(ntp_mac_ok(row[i].h, "sesame", head, &p));
        }
}

static void times_wrap_and_still_differ(void **state)
{
        (void)state;
        assert_int_equal(ntp_of_ns(0) >> 32, 2208988800u);
        assert_int_equal(ntp_of_ns(500000000) & 0xffffffff, 0x80000000);
        assert_int_equal(ntp_of_ns(-500000000), ((uint64_t)2208988799u << 32) | 0x80000000);
        assert_int_equal(ntp_diff_ns(ntp_of_ns(1500000000), ntp_of_ns(0)), 1500000000);
        assert_int_equal(ntp_diff_ns(ntp_of_ns(0), ntp_of_ns(1500000000)), -1500000000);
        /* over the end of the era, 2036-02-07 06:28:16 */
        assert_int_equal(ntp_diff_ns(ntp_of_ns(2085978497000000000), ntp_of_ns(2085978495000000000)), 2000000000);
        assert_int_equal(ntp_unix_s(ntp_of_ns(2085978497000000000), 2085978400), 2085978497);
        assert_int_equal(ntp_unix_s(ntp_of_ns(1700000000000000000), 1700000000 - 1000000000), 1700000000);
        assert_int_equal(ntp_unix_s(ntp_of_ns(1700000000000000000), 2700000000), 1700000000);
        assert_int_equal(ntp_short_ns(0x18000), 1500000000);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_packet_is_what_is_in_it),   cmocka_unit_test(every_prefix_waits),
                cmocka_unit_test(only_a_mac_may_follow),       cmocka_unit_test(macs_are_what_others_make_of_it),
                cmocka_unit_test(times_wrap_and_still_differ),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
