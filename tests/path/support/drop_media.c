/* Why media is not relayed. */
#include "tests/path/support/path_drop.h"

#include "tests/path/support/path_media.h"

static struct media_peer phone, desk;

static struct media_spec clear_call(void)
{
        desk = (struct media_peer){ .ssrc = 2, .seq = 100 };
        return spec_of(side_rtp(PM_PHONE, 4000), side_rtp(PM_DESK, 6000));
}

/* The phone speaks SRTP. */
static struct media_spec secure_call(void)
{
        struct srtp_master in = peer_key(SRTP_AES_CM_128_80, 1), out = peer_key(SRTP_AES_CM_128_80, 2);
        struct media_spec s = clear_call();

        s.side[0] = side_srtp(PM_PHONE, 4000, &in, &out);
        phone = (struct media_peer){ .ssrc = 1, .seq = 100 };
        return s;
}

static void media_no_session(void)
{
        struct media_spec s = clear_call();

        px_config(&drop_fx,
                  "media-termination mta\n address " PM_IN " interface inside\n"); /* else only its call is ours */
        pm_push(&drop_fx, 0, MEDIA_OPEN, &s);
        pm_udp(&drop_fx, 1, PM_DESK, 6000, PM_IN, PM_PORT(1), "x", 1);
        assert_true(px_logged(&drop_fx,
                              "%ASA-4-337005: Phone Proxy SRTP: Media session not found for 10.0.0.50/20004 for "
                              "packet from inside:10.0.0.9/6000 to identity:10.0.0.50/20004"));
}

static void media_sides(void)
{
        struct media_spec s = secure_call();

        if (drop_making == DROP_SRTP_NO_KEY)
                s.side[0].rx.suite = SRTP_SUITE_NONE;
        if (drop_making == DROP_SRTP_SETUP)
                s.side[0].rx.suite = 99;
        if (drop_making == DROP_SRTP_NO_PEER)
                s.side[0].known = false;
        if (drop_making == DROP_SRTP_NO_OUTPUT)
                s.side[1].transport = MEDIA_OPAQUE;
        if (drop_making == DROP_MEDIA_HELD)
                s.side[0].receives = false;
        if (drop_making == DROP_SRTP_ENCRYPT)
                s.side[0].tx.lifetime = 1;
        pm_push(&drop_fx, 0, MEDIA_OPEN, &s);
        if (drop_making == DROP_MEDIA_HELD) {
                pm_desk(&drop_fx, 0, &desk);
        } else if (drop_making == DROP_SRTP_ENCRYPT) {
                pm_desk(&drop_fx, 0, &desk);
                pm_desk(&drop_fx, 0, &desk);
        } else {
                pm_phone(&drop_fx, 0, &phone);
        }
}

static void srtp_tag(void)
{
        struct media_spec s = secure_call();

        pm_push(&drop_fx, 0, MEDIA_OPEN, &s);
        pm_phone(&drop_fx, 0, &phone); /* in the clear */
        assert_true(px_logged(&drop_fx,
                              "%ASA-3-337004: Phone Proxy SRTP: Authentication tag validation failed on packet from "
                              "outside:192.0.2.10/4000 to identity:192.0.2.50/20000"));
}

static void srtp_decrypt(void)
{
        struct media_spec s = secure_call();

        pm_push(&drop_fx, 0, MEDIA_OPEN, &s);
        pm_udp(&drop_fx, 0, PM_PHONE, 4000, PM_OUT, PM_PORT(0), "\x80\0\0\1\0\0\0\0\0\0\0\1", 12);
        assert_true(px_logged(&drop_fx, "%ASA-3-337002: Phone Proxy SRTP: Decryption failed"));
}

static void srtp_replay(void)
{
        struct media_spec s = secure_call();
        struct srtp_master in = peer_key(SRTP_AES_CM_128_80, 1), out = peer_key(SRTP_AES_CM_128_80, 2);
        uint8_t b[512];
        size_t n;

        pm_push(&drop_fx, 0, MEDIA_OPEN, &s);
        peer_keys(&phone, &in, &out);
        n = peer_rtp(&phone, b);
        pm_udp(&drop_fx, 0, PM_PHONE, 4000, PM_OUT, PM_PORT(0), b, n);
        pm_udp(&drop_fx, 0, PM_PHONE, 4000, PM_OUT, PM_PORT(0), b, n);
        peer_done(&phone);
}

static void rtp_shape(void)
{
        struct media_spec s = clear_call();
        bool version = drop_making == DROP_RTP_VERSION || drop_making == DROP_RTCP_VERSION;
        bool rtcp = drop_making >= DROP_RTCP_LENGTH && drop_making <= DROP_RTCP_TYPE;
        uint8_t p[12] = { version ? 0x40 : 0x80, rtcp ? 201 : 0, 0, rtcp ? 2 : 0 };

        if (drop_making == DROP_RTCP_TYPE)
                p[1] = 100;
        pm_push(&drop_fx, 0, MEDIA_OPEN, &s);
        pm_udp(&drop_fx, 1, PM_DESK, (uint16_t)(6000 + rtcp), PM_IN, (uint16_t)(PM_PORT(0) + rtcp), p,
               drop_making == DROP_RTP_LENGTH || drop_making == DROP_RTCP_LENGTH ? 11 : 12);
        assert_true(px_logged(&drop_fx,
                              rtcp ? "%ASA-4-431002: RTCP conformance: Dropping RTCP packet from inside:10.0.0.9"
                                   : "%ASA-4-431001: RTP conformance: Dropping RTP packet from inside:10.0.0.9"));
}

static void rtp_conformance(void)
{
        struct media_spec s = clear_call();
        struct media_peer other = { .ssrc = 77, .seq = 9 };

        s.conformance = s.enforce_payloadtype = true;
        pm_push(&drop_fx, 0, MEDIA_OPEN, &s);
        pm_desk(&drop_fx, 0, &desk);
        if (drop_making == DROP_RTP_PAYLOAD_TYPE)
                desk.pt = 55;
        if (drop_making == DROP_RTP_SEQ)
                desk.seq = 40000;
        if (drop_making == DROP_RTP_PAYLOAD_TYPE || drop_making == DROP_RTP_SEQ)
                pm_desk(&drop_fx, 0, &desk);
        else
                pm_desk(&drop_fx, 0, &other);
        if (drop_making != DROP_RTP_PROBATION)
                return;
        other.seq += 5;
        pm_desk(&drop_fx, 0, &other);
}

static void media_foreign(void)
{
        struct media_spec s = clear_call();

        pm_push(&drop_fx, 0, MEDIA_OPEN, &s);
        pm_udp(&drop_fx, 1, PM_DESK, 6001, PM_IN, PM_PORT(0), "\x80\0\0\1\0\0\0\0\0\0\0\1", 12);
}

static void media_no_rtcp(void)
{
        struct media_spec s = clear_call();

        s.no_rtcp = true;
        pm_push(&drop_fx, 0, MEDIA_OPEN, &s);
        pm_udp(&drop_fx, 1, PM_DESK, 6001, PM_IN, (uint16_t)(PM_PORT(0) + 1), "\x80\xc9\0\1\0\0\0\1", 8);
}

/* Round once is two calls that meet; twice would be round for ever. */
static void media_loop(void)
{
        struct media_spec s = clear_call();

        s.side[1].remote = ep(PM_OUT, PM_PORT(1));
        pm_push(&drop_fx, 0, MEDIA_OPEN, &s);
        s.side[0].remote = ep(PM_IN, PM_PORT(0));
        s.side[1].remote = ep(PM_OUT, PM_PORT(0));
        pm_push(&drop_fx, 1, MEDIA_OPEN, &s);
        phone = (struct media_peer){ .ssrc = 1 };
        pm_phone(&drop_fx, 0, &phone);
}

const struct drop_row drop_media[] = {
        { DROP_MEDIA_NO_SESSION, .make = media_no_session },
        { DROP_SRTP_NO_KEY, .make = media_sides },
        { DROP_SRTP_SETUP, .make = media_sides },
        { DROP_SRTP_NO_PEER, .make = media_sides },
        { DROP_SRTP_NO_OUTPUT, .make = media_sides },
        { DROP_SRTP_TAG, .make = srtp_tag },
        { DROP_SRTP_DECRYPT, .make = srtp_decrypt },
        { DROP_SRTP_REPLAY, .make = srtp_replay },
        { DROP_SRTP_ENCRYPT, .make = media_sides },
        { DROP_RTP_LENGTH, .make = rtp_shape },
        { DROP_RTP_VERSION, .make = rtp_shape },
        { DROP_RTP_PAYLOAD_TYPE, .make = rtp_conformance },
        { DROP_RTP_SSRC, .make = rtp_conformance },
        { DROP_RTP_SEQ, .make = rtp_conformance },
        { DROP_RTP_PROBATION, .make = rtp_conformance },
        { DROP_RTCP_LENGTH, .make = rtp_shape },
        { DROP_RTCP_VERSION, .make = rtp_shape },
        { DROP_RTCP_TYPE, .make = rtp_shape },
        { DROP_MEDIA_FOREIGN, .make = media_foreign },
        { DROP_MEDIA_HELD, .make = media_sides },
        { DROP_MEDIA_NO_RTCP, .make = media_no_rtcp },
        { DROP_MEDIA_LOOP, .make = media_loop },
        { 0 },
};
