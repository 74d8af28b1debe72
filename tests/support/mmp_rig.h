/* An MMP engine that is fed both directions. */
#ifndef VOXGATE_MMP_RIG_H
#define VOXGATE_MMP_RIG_H

#include "tests/support/test.h"

#include "inspect/mmp/mmp.h"
#include "platform/base/mem.h"
#include "tests/support/engine_feed.h"

#define OPEN "OLWP-2.0\r\n\r\n"
#define SESSION "session-id: ABCD_1234\r\nstatus: 201\r\n\r\n"

enum expect { PASSES, WAITS, ENDS };

struct row {
        const char *what;
        const char *before; /* whole messages that pass */
        const char *bytes;
        size_t n;
        enum expect expect;
        const char *counter; /* one more of these */
};
#define ROW(what_, before_, bytes_, expect_, counter_)                                                               \
        {                                                                                                            \
                what_, before_, bytes_, sizeof(bytes_) - 1, expect_, counter_                                        \
        }
#define BAD(what_, bytes_) ROW(what_, OPEN, bytes_, ENDS, "malformed header")

/* ---- helpers ---- */

static inline void open_mmp(struct feed *f)
{
        feed_open(f, &inspect_mmp, NULL);
}

static inline void passes(struct feed *f, enum inspect_dir dir, const void *p, size_t n)
{
        size_t before = f->side[dir].nout;

        assert_int_equal(feed(f, dir, p, n), ENGINE_ACCEPT);
        assert_int_equal(f->side[dir].nout, before + n);
        assert_memory_equal(f->side[dir].out + before, p, n);
}

static inline void passes_text(struct feed *f, enum inspect_dir dir, const char *s)
{
        passes(f, dir, s, strlen(s));
}

/* Feeds pieces of at most `piece` bytes, the first one `first` bytes long. Stops when the session ends. */
static inline enum engine_verdict feed_pieces(struct feed *f, enum inspect_dir dir, const char *p, size_t n,
                                              size_t first, size_t piece)
{
        enum engine_verdict v = ENGINE_ACCEPT;

        for (size_t off = 0, len = MIN_OF(first, n); off < n && v != ENGINE_CLOSE; off += len) {
                if (off)
                        len = MIN_OF(piece, n - off);
                v = feed(f, dir, p + off, len);
        }
        return v;
}

static inline void check_row(const struct row *r, size_t first, size_t piece)
{
        struct feed f;
        enum engine_verdict v;
        size_t before, went;
        uint64_t had;

        open_mmp(&f);
        if (r->before[0])
                passes_text(&f, DIR_C2S, r->before);
        before = f.side[DIR_C2S].nout;
        had = r->counter ? feed_count(&f, r->counter) : 0;
        v = feed_pieces(&f, DIR_C2S, r->bytes, r->n, first, piece);
        went = f.side[DIR_C2S].nout - before;
        if (v != (r->expect == PASSES  ? ENGINE_ACCEPT
                  : r->expect == WAITS ? ENGINE_MORE
                                       : ENGINE_CLOSE) ||
            (r->expect == PASSES && went != r->n) || (r->expect == WAITS && went))
                fail_msg("%s, pieces of %zu then %zu: verdict %d, %zu of %zu bytes went on (%s)", r->what, first,
                         piece, v, went, r->n, f.c.reason);
        if (went)
                assert_memory_equal(f.side[DIR_C2S].out + before, r->bytes, went);
        if (r->counter && feed_count(&f, r->counter) != had + 1)
                fail_msg("%s: %s counted %d times", r->what, r->counter, (int)(feed_count(&f, r->counter) - had));
        assert_int_equal(feed_count(&f, "resets"), r->expect == ENDS);
        feed_close(&f);
}

/* ---- random conversations ---- */

static uint32_t seed;

static inline uint32_t any(uint32_t n) /* 0 .. n-1 */
{
        seed = seed * 1664525u + 1013904223u;
        return (seed >> 8) % n;
}

struct talk { /* one direction, and how much of it may have gone on after so many bytes */
        char p[20000];
        size_t n;
        size_t may[20001];
};

static inline void say(struct talk *t, size_t head, size_t content)
{
        size_t at = t->n;

        for (size_t i = 0; i < head; i++)
                t->may[at + i] = at;
        for (size_t i = head; i <= head + content; i++)
                t->may[at + i] = at + i;
        t->n = at + head + content;
}

static inline void random_talk(struct talk *t, bool lf, bool colon, bool client)
{
        static const char *const type[] = { "oml", "HTTP/1.1", "http/1.0", "x/y", "OML/1.0" };
        const char *eol = lf ? "\n" : "\r\n", *sep = colon ? ": " : " ";
        unsigned messages = 1 + any(8);

        t->n = 0;
        t->may[0] = 0;
        for (unsigned i = 0; i < messages; i++) {
                char *p = t->p + t->n;
                size_t len = any(4) ? any(30) : any(1500);
                int h = 0;

                if (client && !i)
                        h += sprintf(p, "%sOLWP-2.0%s", any(2) ? "MMP " : "", eol);
                for (unsigned k = any(4); k; k--)
                        h += sprintf(p + h, "x-%u%s%u%s", k, sep, any(1000000), eol);
                h += sprintf(p + h, "Content-Type%s%s%scontent-length%s%zu%s%s", sep, type[any(5)], eol, sep, len,
                             eol, eol);
                for (size_t k = 0; k < len; k++)
                        p[(size_t)h + k] = "x: y\r\n\r\n\n\0\xff<GET /"[any(17)];
                say(t, (size_t)h, len);
        }
}

/* Both directions cut at random and mixed: bytes go on unchanged, contents at once, heads whole. */
static inline void random_pipelining(void **state)
{
        static struct talk talk[2];

        (void)state;
        for (uint32_t run = 0; run < 400; run++) {
                size_t off[2] = { 0, 0 };
                struct feed f;

                seed = run;
                for (unsigned d = 0; d < 2; d++)
                        random_talk(&talk[d], any(2), any(2), d == DIR_C2S);
                open_mmp(&f);
                while (off[0] < talk[0].n || off[1] < talk[1].n) {
                        unsigned d = any(2);
                        size_t most = any(3) ? 1 + any(20) : 1 + any(3000), n = MIN_OF(most, talk[d].n - off[d]);

                        if (feed(&f, d, talk[d].p + off[d], n) == ENGINE_CLOSE)
                                fail_msg("seed %u: %s", run, f.c.reason);
                        off[d] += n;
                        if (f.side[d].nout != talk[d].may[off[d]])
                                fail_msg("seed %u: after %zu bytes %zu went on", run, off[d], f.side[d].nout);
                }
                for (unsigned d = 0; d < 2; d++)
                        assert_memory_equal(f.side[d].out, talk[d].p, talk[d].n);
                assert_int_equal(feed_count(&f, "server stream passed unparsed"), 0);
                feed_close(&f);
        }
}

#endif
