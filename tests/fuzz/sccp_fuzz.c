/*
 * Conversations through the SCCP engine on one shared state: bytes of either side, time, reports of the relay, lost
 * connections. Whatever arrives: what goes on are frames that came in, none longer; where media are relayed no
 * address of the other side goes with them and none reaches the phone without a key; when all is over nothing is
 * left.
 *
 * Input: mode octet, then *( control octet, two octets of length, bytes ). Control: bit 0 direction, bits 1-3 what:
 * 0-3 bytes of that side, 4 time, 5 media event, 6 a new connection, 7 the last bytes.
 */
#include "inspect/sccp/msg.h"
#include "tests/support/sccp_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct sccp_match match[] = { { .lo = 0x30, .hi = 0x3f } };
static const struct sccp_map strict = { .enforce_registration = true,
                                        .rtp_conformance = true,
                                        .enforce_payloadtype = true,
                                        .id_max = 0x160,
                                        .prefix_min = 4,
                                        .prefix_max = 2000,
                                        .t_media = 60,
                                        .t_signaling = 120,
                                        .nmatches = 1,
                                        .match = match };
static const struct mode {
        enum inspect_transport via[2];
        const struct phone_params *phone;
        const struct sccp_map *map;
} modes[] = {
        { { VIA_TLS, VIA_TCP }, &world_phone, NULL },
        { { VIA_TLS, VIA_TLS }, &world_mixed, NULL },
        { { VIA_TLS, VIA_TCP }, &world_strict, NULL },
        { { VIA_TCP, VIA_TCP }, NULL, NULL },
        { { VIA_TLS, VIA_TLS }, NULL, NULL },
        { { VIA_TCP, VIA_TCP }, NULL, &strict },
        { { VIA_TLS, VIA_TCP }, &world_phone, &strict },
};

struct run {
        struct world w;
        struct feed f;
        const struct mode *mode;
        size_t seen[2]; /* output that was looked at */
};

static int any_pinhole(struct inspect_ctx *c, const struct pinhole_req *r)
{
        (void)c;
        feed_require(r->dst.a.fam && r->dst.port);
        return 0;
}

static void any_pinhole_end(struct inspect_ctx *c, const struct pinhole_req *r)
{
        (void)c;
        feed_require(r->proto == 17);
}

/* ---- what went on ---- */

static bool is_key_frame(const struct sccp_frame *f)
{
        return f->id == 0x105 || f->id == 0x8a || f->id == 0x131 || f->id == 0x132;
}

static void check_relayed(const struct run *r, const struct sccp_frame *f, unsigned dir)
{
        struct sccp_fields v;
        const char *why;
        uint32_t ours = dir == DIR_S2C ? MTA_OUT : MTA_IN;
        bool media = is_key_frame(f) || f->id == 0x22 || f->id == 0x31 || f->id == 0x154 || f->id == 0x155;

        feed_require(sccp_fields(f, &v, &why) || !media);
        if (!media)
                return;
        feed_require(!v.nips || !v.ip[0].a.fam || v.ip[0].a.v4 == ours);
        if (is_key_frame(f))
                feed_require(v.keys.at && v.keys.algorithm && v.keys.key_len == 16);
        feed_require(f->id != 0x101 && f->id != 0x102);
        (void)r;
}

static void check_output(struct run *r, unsigned dir)
{
        const struct feed_side *s = &r->f.side[dir];
        struct cur c = cur_of(s->out + r->seen[dir], s->nout - r->seen[dir]);
        struct sccp_frame f;
        enum sccp_fault fault;

        feed_require(s->nout <= s->nin);
        while (c.left) {
                feed_require(sccp_frame_next(&c, &f, &fault) == PARSE_OK);
                if (r->mode->phone)
                        check_relayed(r, &f, dir);
        }
        r->seen[dir] = s->nout;
}

/* ---- a run ---- */

static struct inspect_host ops;

static void connect_again(struct run *r)
{
        struct leg_setup l = { .w = &r->w,
                               .via = { r->mode->via[0], r->mode->via[1] },
                               .phone = r->mode->phone,
                               .anchor = r->mode->phone != NULL,
                               .device = r->mode->phone ? "SEP001122334455" : NULL };
        uint64_t now = r->f.c.now_ms;

        if (r->f.engine)
                feed_close(&r->f);
        sccp_session(&r->f, &l, r->mode->map);
        r->f.c.ops = &ops;
        r->f.c.now_ms = now ? now : 1000;
        r->seen[0] = r->seen[1] = 0;
}

static void say(struct run *r, unsigned dir, const uint8_t *p, size_t n, bool fin)
{
        if (r->f.closed)
                connect_again(r);
        feed_fin(&r->f, (enum inspect_dir)dir, p, n, fin);
        if (!r->f.closed)
                check_output(r, dir);
        if (fin)
                connect_again(r);
}

static void pass_time(struct run *r, uint32_t seconds)
{
        r->f.c.now_ms += seconds * 100ull;
        inspect_sccp.tick(r->w.shared, r->f.c.now_ms);
}

static void media_event(struct run *r, uint8_t what)
{
        unsigned i = r->w.nmedia ? what % r->w.nmedia : 0;

        if (r->w.nmedia && r->w.media[i].live)
                inspect_sccp.media_event(r->w.shared, r->w.media[i].cookie, what & 1,
                                         (enum media_event)(what >> 1 & 3), NULL);
}

static void step(struct run *r, uint8_t control, const uint8_t *p, size_t n)
{
        unsigned what = control >> 1 & 7;

        if (what < 4 || what == 7)
                say(r, control & 1, p, n, what == 7);
        else if (what == 4)
                pass_time(r, (uint32_t)(n ? p[0] : 1));
        else if (what == 5)
                media_event(r, n ? p[0] : 0);
        else
                connect_again(r);
}

static void look(const struct run *r)
{
        struct sccp_phone_row row[4];
        uint32_t cursor = 0;
        bool end = false;

        while (!end)
                sccp_walk(r->w.shared, &cursor, row, 4, &end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
        static struct run r;
        struct cur c = cur_of(data, n);
        uint8_t mode = cur_u8(&c);

        ops = world_ops;
        ops.open_pinhole = any_pinhole;
        ops.end_pinhole = any_pinhole_end;
        memset(&r, 0, sizeof r);
        r.mode = &modes[mode % ARRAY_LEN(modes)];
        sccp_world_begin(&r.w);
        connect_again(&r);
        while (c.left) {
                uint8_t control = cur_u8(&c);
                size_t len = cur_le16(&c);
                struct cur piece = cur_child(&c, len < c.left ? len : c.left);

                step(&r, control, piece.p, piece.left);
        }
        look(&r);
        feed_close(&r.f);
        sccp_clear(r.w.shared);
        feed_require(sccp_streams(r.w.shared) == 0 && sccp_phones(r.w.shared) == 0);
        sccp_world_end(&r.w);
        return 0;
}
