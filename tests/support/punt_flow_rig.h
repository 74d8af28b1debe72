/* Flows that are punted, seen from the ring of a proxy worker. */
#ifndef VOXGATE_PUNT_FLOW_RIG_H
#define VOXGATE_PUNT_FLOW_RIG_H

#include "platform/base/mem.h"
#include "tests/support/punt_rig.h"

#define CLIENT "192.0.2.50"
#define SERVER "10.1.1.2"

static inline void start(unsigned nlinks)
{
        punt_rig_init();
        inspected("mmp", IPPROTO_TCP_, 5443, INSPECT_MMP, "cuma_proxy");
        inspected("tftp", IPPROTO_UDP_, 69, INSPECT_TFTP, NULL);
        punt_rig_start(nlinks);
}

static inline int up(void **state)
{
        (void)state;
        start(1);
        return 0;
}

static inline int down(void **state)
{
        (void)state;
        punt_rig_stop();
        return 0;
}

/* ---- helpers ---- */

static inline bool heard(struct punt_msg *m)
{
        return ring_pop(link_[0].to_proxy, m);
}

static inline void silent(void)
{
        struct punt_msg m;

        if (heard(&m))
                fail_msg("unexpected message %u about %u", m.kind, m.flow);
}

static inline struct punt_msg expect_msg(enum punt_kind kind)
{
        struct punt_msg m;

        if (!heard(&m))
                fail_msg("nothing was said");
        if (m.kind != kind)
                fail_msg("message %u instead of %u", m.kind, kind);
        return m;
}

static inline void say(enum punt_kind kind, uint32_t flow, uint8_t gen)
{
        struct punt_msg m = { .kind = (uint8_t)kind, .flow = flow, .gen = gen, .reason = CONN_END_PROXY };

        assert_true(ring_push(link_[0].to_dp, &m));
}

static inline void step(void)
{
        worker_step(p.wf.w);
}

static inline void clear_conns(void)
{
        uint32_t cursor = 0;
        bool end = false;

        while (!end)
                conn_clear(p.wf.w, &cursor, NULL, CONN_END_CLEARED, &end);
}

static inline struct punt_stat stat_of(void)
{
        struct punt_stat s;

        punt_stat(p.wf.w->punt, &s);
        return s;
}

/* ---- full rings ---- */

static inline void drain_ring(unsigned n)
{
        struct punt_msg m;

        for (unsigned i = 0; i < n; i++)
                assert_true(heard(&m) && m.kind == 99);
}

#endif
