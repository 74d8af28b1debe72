/*
 * A conversation of both sides, cut as the input says. Whatever arrives: bytes go on unchanged and in order, the
 * server is never cut off, and the outcome does not depend on how the bytes were cut.
 *
 * Input: *( control octet, bytes ); control: bit 0 direction, bit 1 the last of its direction, bits 2-7 length (from
 * 60 on in steps of 1024).
 */
#include "inspect/mmp/mmp.h"
#include "tests/support/engine_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct said {
        uint8_t *p;
        size_t n;
        bool ended;
};

static void say(struct said *s, const uint8_t *p, size_t n)
{
        s->p = feed_grow(s->p, s->n + n);
        if (n)
                memcpy(s->p + s->n, p, n);
        s->n += n;
}

static void check_side(const struct feed *f, unsigned dir, const struct said *s)
{
        const struct feed_side *o = &f->side[dir];

        feed_require(o->nout <= s->n);
        feed_require(!o->nout || !memcmp(o->out, s->p, o->nout));
}

static void check_describe(const struct feed *f)
{
        char text[160];
        struct wbuf w = wbuf_of(text, sizeof text);

        f->engine->describe(f->c.state, &w);
        feed_require(!w.full && w.len < sizeof text);
}

/* Says everything of a direction at once: the same must come of it. */
static void check_uncut(const struct feed *cut, unsigned dir, const struct said *s)
{
        struct feed f;
        enum engine_verdict v;

        feed_open(&f, &inspect_mmp, NULL);
        v = feed_fin(&f, dir, s->p, s->n, s->ended);
        feed_require((v == ENGINE_CLOSE) == (cut->closed && dir == DIR_C2S));
        if (v != ENGINE_CLOSE) {
                feed_require(f.side[dir].nout == cut->side[dir].nout);
                feed_require(!f.side[dir].nout || !memcmp(f.side[dir].out, cut->side[dir].out, f.side[dir].nout));
        }
        feed_close(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
        struct cur in = cur_of(data, n);
        struct said said[2] = { 0 };
        struct feed f;

        feed_open(&f, &inspect_mmp, NULL);
        while (in.left && !f.closed) {
                uint8_t ctl = cur_u8(&in);
                unsigned dir = ctl & 1;
                size_t len = ctl >> 2;
                struct cur piece;

                len = MIN_OF(len < 60 ? len : (len - 59) * 1024, in.left);
                piece = cur_child(&in, len);
                if (said[dir].ended)
                        continue;
                say(&said[dir], piece.p, piece.left);
                said[dir].ended = ctl & 2;
                feed_require(feed_fin(&f, dir, piece.p, piece.left, said[dir].ended) != ENGINE_CLOSE ||
                             dir == DIR_C2S);
                check_side(&f, dir, &said[dir]);
        }
        check_describe(&f);
        check_uncut(&f, DIR_C2S, &said[DIR_C2S]);
        check_uncut(&f, DIR_S2C, &said[DIR_S2C]);
        feed_close(&f);
        free(said[0].p);
        free(said[1].p);
        return 0;
}
