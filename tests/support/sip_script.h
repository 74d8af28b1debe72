/* A conversation as rows: what a side says, what the other side reads. Exact bytes; Content-Length is filled in. */
#ifndef VOXGATE_SIP_SCRIPT_H
#define VOXGATE_SIP_SCRIPT_H

#include "tests/support/test.h"

#include "tests/support/sip_feed.h"

struct step {
        enum inspect_dir dir;
        const char *head, *body;
        const char *out_head, *out_body; /* NULL: nothing goes on */
};

/* Keys of world_random(): the nth and the next octet make master key and salt. */
#define SDES_128(tag, suite, key) "a=crypto:" tag " " suite " inline:" key "\r\n"
#define K_PHONE "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNk" /* what the phone says */
#define K_OURS_0102 "AQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgICAgIC"

static inline void step_check(struct feed *f, const struct step *s, const char *out)
{
        if (!s->out_head) {
                assert_null(out);
                return;
        }
        assert_non_null(out);
        assert_string_equal(out, sip_text(s->out_head, s->out_body ? s->out_body : ""));
        assert_false(f->closed);
}

static inline void step_run(struct feed *f, const struct step *s)
{
        step_check(f, s, sip_say(f, s->dir, sip_text(s->head, s->body ? s->body : "")));
}

/* The same in two pieces: nothing goes on before the last octet. */
static inline void step_run_cut(struct feed *f, const struct step *s, size_t at)
{
        char text[8192];

        snprintf(text, sizeof text, "%s", sip_text(s->head, s->body ? s->body : ""));
        if (at >= strlen(text))
                at = strlen(text) - 1;
        assert_int_equal(feed(f, s->dir, text, at), at ? ENGINE_MORE : ENGINE_ACCEPT);
        step_check(f, s, sip_say(f, s->dir, text + at));
}

/* A session of its own on the world; every relay is closed at the end of a script that hangs up. */
static inline void script_run(struct world *w, const struct leg_setup *l, const struct step *s, unsigned n)
{
        struct feed f;

        world_session(&f, l, NULL);
        for (unsigned i = 0; i < n; i++)
                step_run(&f, &s[i]);
        feed_close(&f);
        assert_int_equal(w->live, 0);
        assert_int_equal(sip_calls(w->shared), 0);
}

/* Every message cut at every octet, one at a time. */
static inline void script_run_cut(struct world *w, const struct leg_setup *l, const struct step *s, unsigned n)
{
        for (unsigned cut = 0; cut < n; cut++) {
                size_t len = strlen(sip_text(s[cut].head, s[cut].body ? s[cut].body : ""));

                for (size_t at = 0; at < len; at++) {
                        struct feed f;

                        w->random = 0;
                        w->nmedia = 0;
                        world_session(&f, l, NULL);
                        for (unsigned i = 0; i < n; i++) {
                                if (i == cut)
                                        step_run_cut(&f, &s[i], at);
                                else
                                        step_run(&f, &s[i]);
                        }
                        feed_close(&f);
                        assert_int_equal(w->live, 0);
                }
        }
}

#endif
