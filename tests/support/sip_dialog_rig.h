/* A call by SIP between two talkers, with its media. */
#ifndef VOXGATE_SIP_DIALOG_RIG_H
#define VOXGATE_SIP_DIALOG_RIG_H

#include "inspect/sip/sip_int.h"
#include "tests/support/sip_talk.h"

static struct world w;
static struct feed f;
static struct talk out, in;
static const struct sip_map short_times = {
        .t_sip = 600, .t_media = 60, .t_invite = 90, .t_disconnect = 5, .t_provisional = 30
};

static inline void begin_session(const struct sip_map *map)
{
        struct leg_setup l = { .w = &w,
                               .via = { VIA_TLS, VIA_TCP },
                               .phone = &world_phone,
                               .anchor = true,
                               .device = "SEP001122334455" };

        world_session(&f, &l, map);
}

static inline void begin(const struct sip_map *map)
{
        world_begin(&w);
        begin_session(map);
        out = (struct talk){ .f = &f, .caller = DIR_C2S, .id = "out", .from = "a" };
        in = (struct talk){ .f = &f, .caller = DIR_S2C, .id = "in", .from = "s" };
}

static inline int setup(void **st)
{
        (void)st;
        begin(NULL);
        return 0;
}

static inline int setup_dgram(void **st)
{
        struct leg_setup l = { .w = &w, .via = { VIA_UDP, VIA_UDP } };

        (void)st;
        world_begin(&w);
        world_session(&f, &l, NULL);
        out = (struct talk){ .f = &f, .caller = DIR_C2S, .id = "out", .from = "a" };
        return 0;
}

static inline int teardown(void **st)
{
        (void)st;
        feed_close(&f);
        world_end(&w);
        return 0;
}

/* Time goes on for session and worker alike. */
static inline void after(uint64_t ms)
{
        f.c.now_ms += ms;
        inspect_sip.tick(w.shared, f.c.now_ms);
}

static inline void event(unsigned media, enum media_event ev)
{
        inspect_sip.media_event(w.shared, w.media[media].cookie, 0, ev, NULL);
}

static inline void ringing(void)
{
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        out.to = "b";
        talk_response(&out, DIR_S2C, 180, "INVITE", 1, NULL);
        assert_int_equal(w.live, 1);
}

static inline void established(void)
{
        ringing();
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, SERVER_AUDIO);
        talk_request(&out, DIR_C2S, "ACK", 1, NULL);
}

static inline void held(void)
{
        talk_request(&out, DIR_C2S, "INVITE", 2,
                     SDP_HEAD("198.51.100.10") "m=audio 4000 RTP/SAVP 0\r\n" CRYPTO("1", KEY_A) "a=inactive\r\n");
        talk_response(&out, DIR_S2C, 200, "INVITE", 2,
                      SDP_HEAD("10.1.1.7") "m=audio 5000 RTP/AVP 0\r\na=inactive\r\n");
}

static inline void gone(void)
{
        assert_int_equal(w.live, 0);
        assert_int_equal(sip_calls(w.shared), 0);
}

/* ---- a dialog on another flow than its own ---- */

static inline unsigned transactions(void)
{
        return ((const struct sip_session *)f.c.state)->ntxns[0];
}

#endif
