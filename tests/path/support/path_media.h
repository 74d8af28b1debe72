/*
 * Media sessions on the whole appliance: the test speaks for the proxy worker by its ring. The addresses are those of
 * a media-termination: outside 192.0.2.50, inside 10.0.0.50; a session's ports 20000 + 4 * slot on both.
 */
#ifndef VOXGATE_PATH_MEDIA_H
#define VOXGATE_PATH_MEDIA_H

#include "tests/path/support/path_fixture.h"
#include "tests/support/media_peer.h"

#define PM_OUT "192.0.2.50"
#define PM_IN "10.0.0.50"
#define PM_PORT(slot) ((uint16_t)(20000 + 4 * (slot)))
#define PM_PHONE "192.0.2.10"
#define PM_DESK "10.0.0.9"

#define PM_MTA                                                                                                       \
        "media-termination mta\n"                                                                                    \
        " address " PM_OUT " interface outside\n"                                                                    \
        " address " PM_IN " interface inside\n"

static inline void UNUSED pm_push(struct path_fixture *f, unsigned slot, enum media_msg_kind kind,
                                  const struct media_spec *spec)
{
        struct media_msg m = { .kind = (uint8_t)kind, .h = { 0, slot, 7 }, .owner = 1 };

        m.local.at[0] = ep(PM_OUT, PM_PORT(slot));
        m.local.at[1] = ep(PM_IN, PM_PORT(slot));
        m.local.iface[0] = 1;
        m.local.iface[1] = 2;
        if (spec)
                m.spec = *spec;
        assert_true(ring_push(f->parts.media[0][0].to_dp, &m));
        px_settle(f);
}

static inline void UNUSED pm_udp(struct path_fixture *f, unsigned port, const char *src, uint16_t sport,
                                 const char *dst, uint16_t dport, const void *pay, size_t n)
{
        struct pb p = px_pb(f, port, src, sport, dst, dport, IPPROTO_UDP_);

        p.pay = pay;
        p.npay = n;
        px_send_pb(f, port, p);
}

static inline void UNUSED pm_phone(struct path_fixture *f, unsigned slot, struct media_peer *p)
{
        uint8_t b[512];
        size_t n = peer_rtp(p, b);

        pm_udp(f, 0, PM_PHONE, 4000, PM_OUT, PM_PORT(slot), b, n);
}

static inline void UNUSED pm_desk(struct path_fixture *f, unsigned slot, struct media_peer *p)
{
        uint8_t b[512];
        size_t n = peer_rtp(p, b);

        pm_udp(f, 1, PM_DESK, 6000, PM_IN, PM_PORT(slot), b, n);
}

/* The oldest frame out of a port is this datagram, and the peer hears it. Its sum is left to the port. */
static inline bool UNUSED pm_hears(struct path_fixture *f, unsigned port, const char *src, uint16_t sport,
                                   const char *dst, uint16_t dport, struct media_peer *p)
{
        struct addr s = pb_addr(src), d = pb_addr(dst);
        struct pb_view v;

        return px_take(f, port, &v) && v.ip_ok && (v.l4_ok || v.l4_partial) && addr_eq(&v.src, &s) &&
               addr_eq(&v.dst, &d) && v.sport == sport && v.dport == dport && peer_hears(p, v.pay, v.npay);
}

#endif
