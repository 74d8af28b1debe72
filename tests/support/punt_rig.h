/* The dataplane's side of the punt, with links to proxy workers that the test plays. */
#ifndef VOXGATE_PUNT_RIG_H
#define VOXGATE_PUNT_RIG_H

#include "tests/support/test.h"

#include "platform/net/arp.h"
#include "platform/net/decode.h"
#include "platform/net/egress.h"
#include "proxy/punt/punt_int.h"
#include "proxy/tftp/tftpx_stage.h"
#include "tests/support/policy_fixture.h"

#define PUNT_RIG_LINKS 2u

static struct policy_fixture p;
static struct punt_link link_[PUNT_RIG_LINKS], *links[PUNT_RIG_LINKS];

static const struct fast_stage punt_rig_wire[] = {
        { "decode", decode_stage },    { "arp", arp_stage },   { "conn", conn_stage },     { "miss", miss_stage },
        { "track", conn_track_stage }, { "punt", punt_stage }, { "egress", egress_stage }, { 0 },
};
static const struct fast_stage punt_rig_output[] = { { "egress", egress_stage }, { 0 } };
static const struct slow_stage punt_rig_slow[] = {
        { "pinhole", pinhole_stage },   { "box", box_stage },
        { "route", route_stage },       { "acl", acl_stage },
        { "classify", classify_stage }, { "clear-phone", clear_phone_stage },
        { "limit", limit_stage },       { "conn", conn_new_stage },
        { "punt", punt_new_stage },     { 0 },
};
static void (*const punt_rig_drain[])(struct worker *) = { punt_drain, NULL };
static void (*const punt_rig_ends[])(struct worker *, struct conn *) = { punt_conn_end, pinhole_conn_end,
                                                                         policy_conn_end, NULL };

/* Before it starts: what comes to that port is an engine's. */
static inline struct inspect_conf *inspected(const char *name, uint8_t l4, uint16_t port, enum inspect_id engine,
                                             const char *tls_proxy)
{
        struct class_conf *c = pf_class_map(&p, name, CM_PORT);

        c->l4 = l4;
        c->port = (struct port_spec){ .op = PORT_EQ, .lo = port };
        return pf_inspect(pf_class(&p, "global", name), engine, tls_proxy);
}

static inline void punt_rig_init(void)
{
        pf_init(&p);
        p.wf.path.wire = punt_rig_wire;
        p.wf.path.slow = punt_rig_slow;
        p.wf.path.output = punt_rig_output;
        p.wf.path.drain = punt_rig_drain;
        p.wf.path.conn_end = punt_rig_ends;
}

/* Everybody outside may come in. */
static inline void punt_rig_start(unsigned nlinks)
{
        struct err e = { 0 };

        pf_ace(&p, "in", "permit ip any any");
        pf_bind(&p, "in", "in", "outside");
        pf_start(&p);
        for (unsigned i = 0; i < nlinks; i++) {
                assert_int_equal(punt_link_init(&link_[i], p.wf.w, &e), 0);
                links[i] = &link_[i];
        }
        p.wf.w->punt = punt_new(p.wf.w, links, nlinks);
        assert_non_null(p.wf.w->punt);
}

static inline void punt_rig_stop(void)
{
        struct punt *punt = p.wf.w->punt;
        uint32_t cursor = 0;
        bool end = false;

        while (!end)
                conn_clear(p.wf.w, &cursor, NULL, CONN_END_CLEARED, &end);
        p.wf.w->punt = NULL;
        punt_free(punt);
        for (unsigned i = 0; i < PUNT_RIG_LINKS; i++)
                if (links[i])
                        punt_link_fini(links[i]);
        memset(links, 0, sizeof links);
        pf_stop(&p);
}

#endif
