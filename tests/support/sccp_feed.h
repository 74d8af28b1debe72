/*
 * SCCP messages for tests, built by the published layouts, not by the engine; and sessions of the SCCP
 * engine in the world of sip_feed.h.
 */
#ifndef VOXGATE_SCCP_FEED_H
#define VOXGATE_SCCP_FEED_H

#include "inspect/sccp/sccp.h"
#include "tests/support/sip_feed.h"

struct sccp_bytes {
        uint8_t p[4096];
        size_t n;
};

static inline void sb_u8(struct sccp_bytes *b, uint8_t v)
{
        feed_require(b->n < sizeof b->p);
        b->p[b->n++] = v;
}

static inline void sb_u16(struct sccp_bytes *b, uint32_t v)
{
        sb_u8(b, (uint8_t)v);
        sb_u8(b, (uint8_t)(v >> 8));
}

static inline void sb_u32(struct sccp_bytes *b, uint32_t v)
{
        sb_u16(b, v);
        sb_u16(b, v >> 16);
}

static inline void sb_fill(struct sccp_bytes *b, uint8_t v, size_t n)
{
        while (n--)
                sb_u8(b, v);
}

static inline void sb_run(struct sccp_bytes *b, uint8_t from, size_t n)
{
        for (size_t i = 0; i < n; i++)
                sb_u8(b, (uint8_t)(from + i));
}

static inline void sb_text(struct sccp_bytes *b, const char *s, size_t n)
{
        for (size_t i = 0; i < n; i++)
                sb_u8(b, (uint8_t)(i < strlen(s) ? s[i] : 0));
}

static inline void sb_v4(struct sccp_bytes *b, uint32_t a)
{
        for (unsigned i = 4; i--;)
                sb_u8(b, (uint8_t)(a >> 8 * i));
}

/* The address field of a header version. */
static inline void sb_ip(struct sccp_bytes *b, uint32_t version, uint32_t a)
{
        if (version >= 17)
                sb_u32(b, 0);
        sb_v4(b, a);
        if (version >= 17)
                sb_fill(b, 0, 12);
}

static inline struct sccp_bytes sb_begin(uint32_t version, uint32_t id)
{
        struct sccp_bytes b = { .n = 0 };

        sb_u32(&b, 0);
        sb_u32(&b, version);
        sb_u32(&b, id);
        return b;
}

static inline struct sccp_bytes sb_done(struct sccp_bytes b)
{
        uint32_t l = (uint32_t)b.n - 8;

        for (unsigned i = 0; i < 4; i++)
                b.p[i] = (uint8_t)(l >> 8 * i);
        return b;
}

static inline struct sccp_bytes sb_hex(const char *hex)
{
        struct sccp_bytes b = { .n = 0 };
        unsigned v;

        for (; *hex; hex += 2) {
                feed_require(sscanf(hex, "%2x", &v) == 1);
                sb_u8(&b, (uint8_t)v);
        }
        return b;
}

static inline struct sccp_bytes sb_empty(uint32_t id)
{
        return sb_done(sb_begin(0, id));
}

/* ---- messages ---- */

#define CONF 0x1111u
#define PARTY 0x2222u
#define CALL 0x3333u

struct sccp_alg {
        uint32_t alg;
        uint8_t key, salt; /* their first octets */
};

static inline void sb_keys(struct sccp_bytes *b, struct sccp_alg k)
{
        sb_u32(b, k.alg);
        sb_u16(b, k.alg ? 16 : 0);
        sb_u16(b, k.alg ? 14 : 0);
        if (k.alg) {
                sb_run(b, k.key, 16);
                sb_run(b, k.salt, 14);
                sb_u16(b, 0);
        } else {
                sb_fill(b, 0, 32);
        }
        sb_fill(b, 0, 8);
}

static inline struct sccp_bytes sb_register(const char *name, uint32_t ip)
{
        struct sccp_bytes b = sb_begin(0, 0x0001);

        sb_text(&b, name, 16);
        sb_u32(&b, 0);
        sb_u32(&b, 1);
        sb_v4(&b, ip);
        sb_u32(&b, 434);
        sb_u32(&b, 5);
        sb_u32(&b, 0);
        sb_u8(&b, 19);
        sb_fill(&b, 0, 11);
        return sb_done(b);
}

static inline struct sccp_bytes sb_register_ack(uint8_t version)
{
        struct sccp_bytes b = sb_begin(0, 0x0081);

        sb_u32(&b, 30);
        sb_text(&b, "M/D/YA", 8);
        sb_u32(&b, 60);
        sb_u8(&b, version);
        sb_fill(&b, 0, 3);
        return sb_done(b);
}

static inline struct sccp_bytes sb_open(uint32_t version, uint32_t party, struct sccp_alg k)
{
        struct sccp_bytes b = sb_begin(version, 0x0105);
        const uint32_t words[] = { CONF, party, 20, 4, 0, 0, CALL };

        for (unsigned i = 0; i < 7; i++)
                sb_u32(&b, words[i]);
        sb_keys(&b, k);
        sb_u32(&b, 0);
        sb_u32(&b, 0);
        sb_u32(&b, 101);
        sb_u32(&b, 10);
        if (version >= 11) {
                sb_u32(&b, 0);
                sb_u32(&b, 0);
                sb_ip(&b, version, SERVER);
                sb_u32(&b, 4000);
        }
        if (version >= 16)
                sb_u32(&b, 0);
        return sb_done(b);
}

static inline struct sccp_bytes sb_open_ack(uint32_t version, uint32_t party, uint32_t status, uint32_t ip,
                                            uint16_t port)
{
        struct sccp_bytes b = sb_begin(version, 0x0022);

        sb_u32(&b, status);
        sb_ip(&b, version, ip);
        sb_u32(&b, port);
        sb_u32(&b, party);
        sb_u32(&b, CALL);
        return sb_done(b);
}

static inline struct sccp_bytes sb_start(uint32_t version, uint32_t party, uint32_t ip, uint16_t port,
                                         struct sccp_alg k)
{
        struct sccp_bytes b = sb_begin(version, 0x008a);

        sb_u32(&b, CONF);
        sb_u32(&b, party);
        sb_ip(&b, version, ip);
        sb_u32(&b, port);
        sb_u32(&b, 20);
        sb_u32(&b, 4);
        sb_u32(&b, 184);
        sb_fill(&b, 0, 12);
        sb_u32(&b, CALL);
        sb_keys(&b, k);
        sb_u32(&b, 0);
        sb_u32(&b, 0);
        sb_u32(&b, 101);
        sb_u32(&b, 10);
        sb_u32(&b, 0);
        if (version >= 15)
                sb_u32(&b, 0);
        return sb_done(b);
}

static inline struct sccp_bytes sb_start_ack(uint32_t version, uint32_t party, uint32_t ip, uint16_t port)
{
        struct sccp_bytes b = sb_begin(version, 0x0154);

        sb_u32(&b, CONF);
        sb_u32(&b, party);
        sb_u32(&b, CALL);
        sb_ip(&b, version, ip);
        sb_u32(&b, port);
        sb_u32(&b, 0);
        return sb_done(b);
}

/* CloseReceiveChannel, StopMediaTransmission and their like. */
static inline struct sccp_bytes sb_end(uint32_t version, uint32_t id, uint32_t party)
{
        struct sccp_bytes b = sb_begin(version, id);

        sb_u32(&b, CONF);
        sb_u32(&b, party);
        sb_u32(&b, CALL);
        sb_u32(&b, 0);
        return sb_done(b);
}

static inline struct sccp_bytes sb_port_res(uint32_t version, uint32_t party, uint32_t ip, uint16_t port)
{
        struct sccp_bytes b = sb_begin(version, 0x0045);

        sb_u32(&b, CONF);
        sb_u32(&b, CALL);
        sb_u32(&b, party);
        sb_ip(&b, version, ip);
        sb_u32(&b, port);
        sb_u32(&b, port + 1u);
        if (version >= 19)
                sb_u32(&b, 1);
        return sb_done(b);
}

static inline struct sccp_bytes sb_port_req(uint32_t version, uint32_t party)
{
        struct sccp_bytes b = sb_begin(version, 0x014b);
        const uint32_t words[] = { CONF, CALL, party, 1, 0, 1 };

        for (unsigned i = 0; i < 6; i++)
                sb_u32(&b, words[i]);
        return sb_done(b);
}

/* ---- the world ---- */

static inline void sccp_world_begin(struct world *w)
{
        memset(w, 0, sizeof *w);
        w->shared = inspect_sccp.shared_new(&world_ops, w, NULL);
        feed_require(w->shared != NULL);
        w->random = 0;
}

static inline void sccp_world_end(struct world *w)
{
        inspect_sccp.shared_free(w->shared);
        feed_require(w->live == 0);
        feed_require(w->groups_open == 0);
}

static inline void sccp_world_set(struct inspect_ctx *c, void *arg)
{
        const struct leg_setup *l = arg;

        world_set(c, arg);
        c->server.port = l->via[1] == VIA_TLS ? 2443 : 2000;
        c->server_mapped.port = l->via[0] == VIA_TLS ? 2443 : 2000;
}

static inline void sccp_session(struct feed *f, const struct leg_setup *l, const struct sccp_map *map)
{
        struct leg_setup copy = *l;

        feed_open_as(f, &inspect_sccp, map, sccp_world_set, &copy);
}

struct sccp_went {
        enum engine_verdict v;
        const uint8_t *p;
        size_t n; /* 0: nothing went on */
};

/* One message of that side and what went on of it, until the next call. */
static inline struct sccp_went sccp_say(struct feed *f, enum inspect_dir dir, struct sccp_bytes b)
{
        struct feed_side *s = &f->side[dir];
        size_t before = s->nout;
        enum engine_verdict v = feed(f, dir, b.p, b.n);

        return (struct sccp_went){ v, s->nout > before ? s->out + before : NULL, s->nout - before };
}

static inline uint32_t sccp_at32(struct sccp_went w, size_t at)
{
        feed_require(at + 4 <= w.n);
        return (uint32_t)w.p[at] | (uint32_t)w.p[at + 1] << 8 | (uint32_t)w.p[at + 2] << 16 |
               (uint32_t)w.p[at + 3] << 24;
}

/* An address of network byte order. */
static inline uint32_t sccp_at_ip(struct sccp_went w, size_t at)
{
        feed_require(at + 4 <= w.n);
        return (uint32_t)w.p[at] << 24 | (uint32_t)w.p[at + 1] << 16 | (uint32_t)w.p[at + 2] << 8 | w.p[at + 3];
}

#endif
