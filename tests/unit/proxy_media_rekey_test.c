/* A peer takes another key in mid-call: what it sent before is still opened for a moment, and nothing else is. */
#include "tests/support/test.h"

#include "platform/base/pool.h"
#include "proxy/media/media_int.h"
#include "tests/support/media_fixture.h"
#include "tests/support/media_peer.h"

#define PHONE "192.0.2.9"
#define PHONE2 "192.0.2.8"
#define DESK "10.1.1.9"
#define LATE 6u

struct call {
        struct media_fixture f;
        struct srtp_master k[4]; /* the phone's keys in turn, and ours to it */
        struct media_peer phone, desk;
        struct media_spec spec;
        struct {
                uint8_t b[512];
                size_t n;
        } late[LATE]; /* under the first key, not sent yet */
};

static const enum srtp_suite suites[] = { SRTP_AES_CM_128_80, SRTP_AES_CM_128_32, SRTP_AES_256_CM_80,
                                          SRTP_AEAD_AES_128_GCM, SRTP_AEAD_AES_256_GCM };

static bool is_heard(struct call *c)
{
        struct pb_view v;

        return mf_take(&c->f, 1, &v) && peer_hears(&c->desk, v.pay, v.npay);
}

static bool quiet(struct call *c)
{
        struct pb_view v;

        return !mf_take(&c->f, 0, &v) && !mf_take(&c->f, 1, &v);
}

static void from_phone(struct call *c, const char *at, const void *b, size_t n)
{
        mf_udp(&c->f, 0, at, 4000, MF_PORT(3), b, n);
}

static bool phone_is_heard(struct call *c)
{
        uint8_t b[512];

        from_phone(c, PHONE, b, peer_rtp(&c->phone, b));
        return is_heard(c);
}

static bool late_is_heard(struct call *c, unsigned i)
{
        uint8_t b[512];

        memcpy(b, c->late[i].b, c->late[i].n);
        from_phone(c, PHONE, b, c->late[i].n);
        return is_heard(c);
}

static void start(struct call *c, enum srtp_suite suite)
{
        memset(c, 0, sizeof *c);
        mf_start(&c->f);
        for (unsigned i = 0; i < ARRAY_LEN(c->k); i++)
                c->k[i] = peer_key(suite, i + 1);
        c->phone = (struct media_peer){ .ssrc = 0x1111, .seq = 1000, .ts = 16000 };
        c->desk = (struct media_peer){ .ssrc = 0x2222, .seq = 5000, .ts = 32000 };
        c->spec = spec_of(side_srtp(PHONE, 4000, &c->k[0], &c->k[3]), side_rtp(DESK, 6000));
        peer_keys(&c->phone, &c->k[0], &c->k[3]);
        mf_open(&c->f, 3, &c->spec);
        assert_true(phone_is_heard(c));
        for (unsigned i = 0; i < LATE; i++)
                c->late[i].n = peer_rtp(&c->phone, c->late[i].b);
}

static void stop(struct call *c)
{
        peer_done(&c->phone);
        peer_done(&c->desk);
        mf_stop(&c->f);
}

/* The phone's key from now on. Sequence numbers go on, as an endpoint's do. */
static void rekey(struct call *c, unsigned key)
{
        c->spec.side[0].rx = c->k[key];
        mf_update(&c->f, 3, &c->spec);
        peer_done(&c->phone);
        peer_keys(&c->phone, &c->k[key], &c->k[3]);
}

static struct media_leg *leg(struct call *c)
{
        return &media_slot(c->f.w->media, 3)->leg[0];
}

static bool is_wiped(const struct srtp_ctx *ctx)
{
        for (size_t i = 0; i < srtp_ctx_size(); i++)
                if (((const uint8_t *)ctx)[i])
                        return false;
        return true;
}

static void test_what_is_under_way_arrives(void **state UNUSED)
{
        for (unsigned i = 0; i < ARRAY_LEN(suites); i++) {
                struct call c;

                start(&c, suites[i]);
                rekey(&c, 1);
                assert_true(late_is_heard(&c, 0));
                assert_true(phone_is_heard(&c));
                assert_true(late_is_heard(&c, 2)); /* between packets of the new key, out of order */
                assert_true(late_is_heard(&c, 1));
                assert_true(phone_is_heard(&c));
                assert_false(late_is_heard(&c, 1)); /* once */
                assert_int_equal(mf_row(&c.f, 3).stat.side[0].rx_pkts, 6);
                stop(&c);
        }
}

static void test_a_moment_only(void **state UNUSED)
{
        const struct srtp_ctx *old;
        struct call c;

        start(&c, SRTP_AES_CM_128_80);
        rekey(&c, 1);
        old = leg(&c)->old;
        wf_advance(&c.f.wf, MEDIA_REKEY_MS - 10);
        assert_true(late_is_heard(&c, 0));
        assert_false(is_wiped(old));
        wf_advance(&c.f.wf, 10);
        assert_false(late_is_heard(&c, 1));
        assert_int_equal(mf_row(&c.f, 3).stat.side[0].auth_failed, 1);
        wf_advance(&c.f.wf, 200);
        assert_null(leg(&c)->old);
        assert_true(is_wiped(old));
        assert_true(phone_is_heard(&c));
        stop(&c);
}

/* An update that says the same again does not lengthen it. */
static void test_a_repeated_update(void **state UNUSED)
{
        struct call c;

        start(&c, SRTP_AES_CM_128_80);
        rekey(&c, 1);
        wf_advance(&c.f.wf, MEDIA_REKEY_MS - 100);
        mf_update(&c.f, 3, &c.spec);
        assert_true(late_is_heard(&c, 0));
        wf_advance(&c.f.wf, 100);
        assert_false(late_is_heard(&c, 1));
        stop(&c);
}

static void test_nothing_is_opened_that_proves_nothing(void **state UNUSED)
{
        struct call c;
        uint8_t b[512];

        start(&c, SRTP_AEAD_AES_128_GCM);
        rekey(&c, 1);
        for (unsigned bit = 0; bit < c.late[0].n * 8; bit += 37) {
                memcpy(b, c.late[0].b, c.late[0].n);
                b[bit / 8] ^= (uint8_t)(1u << bit % 8);
                from_phone(&c, PHONE, b, c.late[0].n);
        }
        assert_true(quiet(&c));
        assert_true(late_is_heard(&c, 0)); /* none of them changed anything */
        assert_true(phone_is_heard(&c));
        stop(&c);
}

/* The key before the last is gone at once; back to the last one finds its window as it was. */
static void test_one_key_is_remembered(void **state UNUSED)
{
        struct call c;
        uint8_t second[512];
        size_t n;

        start(&c, SRTP_AES_CM_128_80);
        assert_true(late_is_heard(&c, 0));
        rekey(&c, 1);
        n = peer_rtp(&c.phone, second);
        rekey(&c, 2);
        assert_false(late_is_heard(&c, 1));
        from_phone(&c, PHONE, second, n);
        assert_true(is_heard(&c));
        rekey(&c, 1);
        from_phone(&c, PHONE, second, n);
        assert_true(quiet(&c)); /* a replay */
        stop(&c);
}

/* Packets under the old key do not say where the peer is; the key of a peer that is elsewhere now is not taken. */
static void test_places(void **state UNUSED)
{
        struct call c;
        struct endpoint phone = ep(PHONE, 4000);

        start(&c, SRTP_AES_CM_128_80);
        rekey(&c, 1);
        from_phone(&c, PHONE2, c.late[0].b, c.late[0].n);
        assert_true(is_heard(&c));
        assert_true(endpoint_eq(&leg(&c)->to[0], &phone));
        stop(&c);
        start(&c, SRTP_AES_CM_128_80);
        c.spec.side[0].remote = ep(PHONE2, 4000);
        rekey(&c, 1);
        assert_false(late_is_heard(&c, 0));
        assert_null(leg(&c)->old);
        stop(&c);
}

static void test_keys_go_with_the_call(void **state UNUSED)
{
        const struct srtp_ctx *old, *rx, *tx;
        struct call c;

        start(&c, SRTP_AES_CM_128_80);
        rekey(&c, 1);
        old = leg(&c)->old;
        rx = leg(&c)->rx;
        tx = leg(&c)->tx;
        assert_false(is_wiped(old) || is_wiped(rx) || is_wiped(tx));
        mf_close(&c.f, 3);
        assert_true(is_wiped(old) && is_wiped(rx) && is_wiped(tx));
        stop(&c);
}

/* A call has the contexts of the keys in force, and one more while packets may come under the one before. */
static void test_contexts_are_given_back(void **state UNUSED)
{
        const struct pool *ctxs;
        struct call c;

        start(&c, SRTP_AES_CM_128_80);
        ctxs = c.f.w->media->ctxs;
        assert_int_equal(pool_used(ctxs), 2);
        for (unsigned i = 0; i < 5; i++) { /* back to a key that was, too */
                rekey(&c, 1 + i % 2);
                assert_int_equal(pool_used(ctxs), 3);
        }
        wf_advance(&c.f.wf, MEDIA_REKEY_MS + 200);
        assert_int_equal(pool_used(ctxs), 2);
        rekey(&c, 2);
        mf_close(&c.f, 3);
        assert_int_equal(pool_used(ctxs), 0);
        stop(&c);
}

/* RTCP of the old key too. */
static void test_rtcp(void **state UNUSED)
{
        struct call c;
        uint8_t b[512] = { 0x80, RTCP_RR, 0, 1, 0, 0, 0x11, 0x11 };
        size_t n = 8;
        struct pb_view v;

        start(&c, SRTP_AES_CM_128_80);
        assert_int_equal(srtcp_protect(c.phone.tx, b, &n, sizeof b), SRTP_OK);
        rekey(&c, 1);
        mf_udp(&c.f, 0, PHONE, 4001, MF_PORT(3) + 1, b, n);
        assert_true(mf_take(&c.f, 1, &v));
        assert_int_equal(v.dport, 6001);
        assert_int_equal(mf_row(&c.f, 3).stat.side[0].rtcp_rx, 1);
        stop(&c);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_is_under_way_arrives),
                cmocka_unit_test(test_a_moment_only),
                cmocka_unit_test(test_a_repeated_update),
                cmocka_unit_test(test_nothing_is_opened_that_proves_nothing),
                cmocka_unit_test(test_one_key_is_remembered),
                cmocka_unit_test(test_places),
                cmocka_unit_test(test_keys_go_with_the_call),
                cmocka_unit_test(test_contexts_are_given_back),
                cmocka_unit_test(test_rtcp),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
