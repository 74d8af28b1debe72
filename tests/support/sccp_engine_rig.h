/* What tests of the SCCP engine share: sessions of each kind, and what is required of what goes on. */
#ifndef VOXGATE_SCCP_ENGINE_RIG_H
#define VOXGATE_SCCP_ENGINE_RIG_H

#include "tests/support/test.h"

#include "tests/support/sccp_feed.h"

#define NAME "SEP001122334455"
#define PEER 0x0a010163u /* 10.1.1.99, inside */
#define HOME 0xc0a80105u /* what a phone at home calls itself */

static const struct sccp_alg clear, cm_key = { 1, 0x10, 0x50 };
static const struct leg_setup plain = { .via = { VIA_TCP, VIA_TCP }, .no_nat = true };
static const struct leg_setup natted = { .via = { VIA_TCP, VIA_TCP } };
static const struct leg_setup secure = {
        .via = { VIA_TLS, VIA_TCP }, .phone = &world_strict, .anchor = true, .device = NAME
};

static struct world w;

static inline void begin(struct feed *f, const struct leg_setup *l, const struct sccp_map *m)
{
        struct leg_setup setup = *l;

        sccp_world_begin(&w);
        setup.w = &w;
        sccp_session(f, &setup, m);
}

static inline void end(struct feed *f)
{
        feed_close(f);
        sccp_world_end(&w);
}

static inline void require_same(struct sccp_went went, struct sccp_bytes b)
{
        assert_int_equal(went.v, ENGINE_ACCEPT);
        assert_int_equal(went.n, b.n);
        assert_memory_equal(went.p, b.p, b.n);
}

static inline struct sccp_went require_len(struct sccp_went went, struct sccp_bytes b)
{
        assert_int_equal(went.v, ENGINE_ACCEPT);
        assert_int_equal(went.n, b.n);
        assert_memory_equal(went.p, b.p, 12);
        return went;
}

static inline void require_nothing(struct sccp_went went)
{
        assert_int_equal(went.v, ENGINE_ACCEPT);
        assert_int_equal(went.n, 0);
}

static inline void require_count(const struct feed *f, const char *name, uint64_t n)
{
        assert_int_equal(feed_count(f, name), n);
}

static inline void registers(struct feed *f, uint32_t ip)
{
        require_len(sccp_say(f, DIR_C2S, sb_register(NAME, ip)), sb_register(NAME, ip));
        require_same(sccp_say(f, DIR_S2C, sb_register_ack(17)), sb_register_ack(17));
}

static const uint32_t versions[] = { 0, 10, 11, 15, 16, 17, 18, 19, 20, 21, 22 };

static inline size_t ip_at(uint32_t version, size_t at)
{
        return version < 17 ? at : at + 4;
}

static inline size_t past_ip(uint32_t version, size_t at)
{
        return at + (version < 17 ? 4 : 20);
}

static inline struct sccp_bytes multicast(uint32_t id, uint32_t version)
{
        struct sccp_bytes b = sb_begin(version, id);
        const uint32_t words[] = { 20000, 20, 4, 0, 0, CALL };

        sb_u32(&b, CONF);
        sb_u32(&b, PARTY);
        sb_ip(&b, version, 0xef010101);
        for (unsigned i = 0; i < 6; i++)
                sb_u32(&b, words[i]);
        return sb_done(b);
}

#endif
