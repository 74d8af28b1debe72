/* A session of the subagent with values of its own, a clock that stands still, and a master to talk to. */
#ifndef VOXGATE_AGENTX_RIG_H
#define VOXGATE_AGENTX_RIG_H

#include "tests/support/agentx_master.h"
#include "tests/support/test.h"

#include "platform/base/attr.h"
#include "platform/base/mem.h"

static const char *const rig_subtrees[] = { "1.3.6.1.2.1.1", "1.3.6.1.4.1.9" };

struct box { /* the clock, the values, the session and its master */
        struct clock_virtual v;
        struct clock clk;
        unsigned filled;
        unsigned many; /* so many variables more */
        bool wide;     /* and a long one */
        struct agentx_session *s;
        struct master m;
        /* what was read last */
        struct agentx_pdu pdu;
        unsigned n;
        uint8_t body[AGENTX_PAYLOAD_MAX];
};

static inline void fill(void *ctx, struct mib_table *t)
{
        struct box *b = ctx;

        b->filled++;
        mib_base(t, "1.3.6.1.2.1.1");
        MIB_TEXT(t, "door", 5, 0);
        MIB_PUT(t, MIB_TICKS, b->filled, 3, 0);
        MIB_NAME(t, "0.0", 2, 0);
        mib_base(t, "1.3.6.1.4.1.9");
        MIB_PUT(t, MIB_COUNTER64, UINT64_C(0x100000002), 1, 1);
        MIB_PUT(t, MIB_ADDRESS, 0x0a000001, 1, 2);
        if (b->wide)
                mib_put_octets(t, b->body, 1000, MIB_REST_(8));
        for (uint32_t i = 0; i < b->many; i++)
                MIB_TEXT(t, "0123456789012345678901234567890123456789", 7, i);
}

static inline struct box *new_box(bool le)
{
        static const struct agentx_conf conf = {
                .description = "a box", .context = "box", .priority = 100, .subtree = rig_subtrees, .nsubtrees = 2
        };
        struct box *b = mem_alloc(MEM_MISC, sizeof *b);
        struct agentx_mib mib = { b, fill };

        assert_non_null(b);
        b->clk = clock_of_virtual(&b->v);
        b->m.le = le;
        b->s = agentx_session_new(&b->clk, &conf, &mib);
        assert_non_null(b->s);
        agentx_session_begin(b->s);
        return b;
}

static inline void free_box(struct box *b)
{
        agentx_session_free(b->s);
        mem_free(b);
        assert_int_equal(mem_live_blocks(), 0);
}

static inline struct box *open_box(bool le)
{
        struct box *b = new_box(le);

        master_accept(&b->m, b->s);
        assert_int_equal(agentx_session_state(b->s), AGENTX_UP);
        return b;
}

static inline void keep(void *ctx, const struct agentx_pdu *p)
{
        struct box *b = ctx;

        b->pdu = *p;
        memcpy(b->body, p->body.p, p->body.left);
        b->pdu.body.p = b->body;
}

static inline unsigned read_all(struct box *b)
{
        return b->n = master_read(b->s, keep, b);
}

#endif
