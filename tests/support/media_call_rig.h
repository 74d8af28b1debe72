/* A call between a phone outside and a desk inside, through the media relay. */
#ifndef VOXGATE_MEDIA_CALL_RIG_H
#define VOXGATE_MEDIA_CALL_RIG_H

#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "proxy/media/media_int.h"
#include "tests/support/media_fixture.h"
#include "tests/support/media_peer.h"

#define PHONE "192.0.2.9" /* client side, outside */
#define DESK "10.1.1.9"   /* server side, inside */

struct call {
        struct media_fixture f;
        struct srtp_master k[4]; /* phone's, ours to it, desk's, ours to it */
        struct media_peer phone, desk;
        struct media_spec spec;
};

static inline void start(struct call *c)
{
        memset(c, 0, sizeof *c);
        mf_start(&c->f);
        for (unsigned i = 0; i < 4; i++)
                c->k[i] = peer_key(SRTP_AES_CM_128_80, i + 1);
        c->phone = (struct media_peer){ .ssrc = 0x1111, .seq = 1000, .ts = 16000 };
        c->desk = (struct media_peer){ .ssrc = 0x2222, .seq = 5000, .ts = 32000 };
}

/* The phone speaks SRTP, the desk RTP. */
static inline void start_srtp_rtp(struct call *c)
{
        start(c);
        c->spec = spec_of(side_srtp(PHONE, 4000, &c->k[0], &c->k[1]), side_rtp(DESK, 6000));
        peer_keys(&c->phone, &c->k[0], &c->k[1]);
        mf_open(&c->f, 3, &c->spec);
}

static inline void stop(struct call *c)
{
        peer_done(&c->phone);
        peer_done(&c->desk);
        mf_stop(&c->f);
}

static inline void phone_sends(struct call *c)
{
        uint8_t b[512];
        size_t n = peer_rtp(&c->phone, b);

        mf_udp(&c->f, 0, PHONE, 4000, MF_PORT(3), b, n);
}

static inline void desk_sends(struct call *c)
{
        uint8_t b[512];
        size_t n = peer_rtp(&c->desk, b);

        mf_udp(&c->f, 1, DESK, 6000, MF_PORT(3), b, n);
}

static inline bool is(const struct pb_view *v, const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
        struct addr s = pb_addr(src), d = pb_addr(dst);

        return v->ip_ok && v->l4_ok && addr_eq(&v->src, &s) && addr_eq(&v->dst, &d) && v->sport == sport &&
               v->dport == dport;
}

static inline bool desk_hears(struct call *c)
{
        struct pb_view v;

        return mf_take(&c->f, 1, &v) && is(&v, MF_IN, MF_PORT(3), DESK, 6000) && peer_hears(&c->desk, v.pay, v.npay);
}

static inline bool phone_hears(struct call *c)
{
        struct pb_view v;

        return mf_take(&c->f, 0, &v) && is(&v, MF_OUT, MF_PORT(3), PHONE, 4000) &&
               peer_hears(&c->phone, v.pay, v.npay);
}

static inline bool quiet(struct call *c)
{
        struct pb_view v;

        return !mf_take(&c->f, 0, &v) && !mf_take(&c->f, 1, &v);
}

/* ---- bursts ---- */

static inline void inject(struct call *c, unsigned port, const char *src, uint16_t sport, uint16_t dport,
                          const uint8_t *b, size_t n)
{
        struct pb p = pb_of(src, sport, port ? MF_IN : MF_OUT, dport, IPPROTO_UDP_);
        uint8_t frame[2048];

        p.dmac = pb_mac((uint8_t)(2 + port));
        p.pay = b;
        p.npay = n;
        n = pb_build(frame, sizeof frame, &p);
        assert_int_equal(port_mem_inject(c->f.wf.port[port], frame, n, NULL), 0);
}

#endif
