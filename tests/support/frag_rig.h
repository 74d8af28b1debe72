/* A datagram, cut into pieces that are sent to a worker. */
#ifndef VOXGATE_FRAG_RIG_H
#define VOXGATE_FRAG_RIG_H

#include "tests/support/test.h"

#include <stdlib.h>

#include "platform/net/csum.h"
#include "platform/net/decode.h"
#include "platform/net/frag.h"
#include "tests/support/pktbuild.h"
#include "tests/support/worker_fixture.h"

#define SRC "10.1.1.9"
#define DST "192.0.2.9"

static struct worker_fixture fx;
static uint8_t whole[70000], out[70000], pay[66000];
static size_t nwhole;

static inline struct iface_conf *conf_of(const char *hwname)
{
        return conf_list_find(&fx.conf.ifaces, hwname);
}

static inline void start(void)
{
        wf_init(&fx);
        wf_start(&fx);
        wf_neighbour(&fx, WF_INSIDE, SRC, pb_mac(9));
        wf_neighbour(&fx, WF_OUTSIDE, DST, pb_mac(99));
        wf_neighbour(&fx, WF_OUTSIDE, "192.0.2.254", pb_mac(254));
        for (size_t i = 0; i < sizeof pay; i++)
                pay[i] = (uint8_t)(i * 7 + i / 256);
}

/* Nothing may be left: no buffer, no charge. */
static inline void stop(void)
{
        struct frag_stat st;

        for (uint16_t i = 0; i < IFACES_MAX; i++) {
                frag_stat_of(fx.w->frags, i, &st);
                assert_int_equal(st.queued, 0);
        }
        wf_clear(&fx);
        assert_int_equal(pkt_pool_used(fx.w->pkts), 0);
        wf_stop(&fx);
}

static inline struct frag_stat stat_of(uint16_t iface)
{
        struct frag_stat st;

        frag_stat_of(fx.w->frags, iface, &st);
        return st;
}

static inline struct pb datagram(size_t n)
{
        struct pb p = pb_of(SRC, 1000, DST, 2000, IPPROTO_UDP_);

        p.dmac = pb_mac(3);
        p.id = 77;
        p.pay = pay;
        p.npay = n;
        return p;
}

static inline void build(const struct pb *p)
{
        nwhole = pb_build(whole, sizeof whole, p);
        assert_true(nwhole != 0);
}

static inline void piece(size_t from, size_t to, bool more)
{
        static uint8_t f[70000];
        size_t n = pb_fragment(f, sizeof f, whole, nwhole, from, to, more);

        assert_true(n != 0);
        wf_send(&fx, 1, f, n);
}

/* The datagram, in fragments of n bytes. */
static inline void in_pieces(size_t n)
{
        size_t end = nwhole - 34;

        for (size_t at = 0; at < end; at += n)
                piece(at, MIN_OF(at + n, end), at + n < end);
}

/* What left by the outside is the datagram, with one hop less, in one piece. */
static inline void expect_whole(void)
{
        size_t n = wf_take(&fx, 0, out, sizeof out);
        struct pb_view v;

        assert_int_equal(n, nwhole);
        assert_true(pb_parse(out, n, false, &v) && v.ip_ok && (v.l4_ok || v.proto == 47));
        assert_int_equal(v.ttl, 63);
        assert_int_equal(v.frag, whole[20] << 8 | whole[21]);
        assert_int_equal(v.id, 77);
        assert_memory_equal(out + 26, whole + 26, n - 26);
}

/* ---- rules ---- */

struct cut {
        size_t from, to;
        unsigned flags;
};
struct rule {
        const char *what;
        uint8_t proto;
        struct cut cut[6];
        enum drop_reason why;
        unsigned times;  /* that reason */
        unsigned others; /* of the same datagram, refused with it */
        bool arrives;
};

static inline void spoil(size_t at)
{
        whole[34 + at] ^= 0x55;
}

/* ---- limits ---- */

static inline void many(unsigned n, uint16_t first_id, uint32_t src)
{
        struct pb p = datagram(100);

        p.src = addr_v4(src);
        for (unsigned i = 0; i < n; i++) {
                p.id = (uint16_t)(first_id + i);
                build(&p);
                piece(0, 32, true);
        }
}

#endif
