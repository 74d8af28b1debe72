/* The drawing of a call. */
#include "tests/support/test.h"

#include "cli/exec/call_ladder.h"
#include "inspect/ctx.h"

static char text[16384];

static bool add(void *ctx UNUSED, const char *line)
{
        strcat(text, line);
        return true;
}

static struct endpoint at(uint32_t a, uint16_t port)
{
        return (struct endpoint){ addr_v4(a), port };
}

static struct call_head head_of(void)
{
        return (struct call_head){ .engine = INSPECT_SIP,
                                   .phone = true,
                                   .client_if = "outside",
                                   .server_if = "inside",
                                   .client = at(0xc000020a, 40000),
                                   .server = at(0x0a000005, 5060),
                                   .via = { VIA_TLS, VIA_TCP },
                                   .began_ms = 5000 };
}

static const char *draw(const struct call_head *h, const struct call_event *ev, unsigned n, unsigned width)
{
        text[0] = 0;
        call_ladder(h, ev, n, width, add, NULL);
        return text;
}

static void a_call_with_hold(void **st UNUSED)
{
        struct call_head h = head_of();
        const struct call_event ev[] = {
                { .at_ms = 5000,
                  .dir = DIR_C2S,
                  .label = "INVITE",
                  .nstreams = 1,
                  .stream = { { .said = at(0xc000020a, 4000), .shown = at(0x0a0000fe, 20000) } } },
                { .at_ms = 5012,
                  .dir = DIR_S2C,
                  .label = "200 INVITE",
                  .nstreams = 1,
                  .stream = { { .said = at(0x0a000007, 5000), .shown = at(0xcb007105, 20002) } } },
                { .at_ms = 66000, .dir = DIR_C2S, .label = "INVITE", .hold = true, .again = true },
                { .at_ms = 66001, .dir = DIR_S2C, .label = "BYE", .dropped = true },
        };

        h.nevents = 4;
        h.state = CALL_ENDED;
        h.ended_ms = 67000;
        assert_string_equal(draw(&h, ev, 4, 80),
                            "    time  phone                          voxgate                   call manager\n"
                            "          192.0.2.10/40000 TLS                                10.0.0.5/5060 TCP\n"
                            "          outside                                                        inside\n"
                            "    0.000 |------------ INVITE ------------>|------------ INVITE ------------>|\n"
                            "          |       RTP 192.0.2.10/4000       |      RTP 10.0.0.254/20000       |\n"
                            "    0.012 |<--------- 200 INVITE -----------|<--------- 200 INVITE -----------|\n"
                            "          |      RTP 203.0.113.5/20002      |        RTP 10.0.0.7/5000        |\n"
                            "   61.000 |------- INVITE hold again ------>|------- INVITE hold again ------>|\n"
                            "   61.001 |          dropped here           |<------------- BYE --------------|\n"
                            "   62.000 |           call ended            |                                 |\n");
}

/* Several have their names; what the reader was not told of was refused on the way. */
static void all_media_of_a_message(void **st UNUSED)
{
        struct call_head h = head_of();
        const struct call_event ev = {
                .at_ms = 5000,
                .dir = DIR_S2C,
                .label = "INVITE",
                .nstreams = 3,
                .stream = { { MEDIA_AUDIO, at(0x0a000007, 5000), at(0xcb007105, 20002) },
                            { MEDIA_VIDEO, at(0x0a000007, 5002), at(0xcb007105, 20004) },
                            { MEDIA_APPLICATION, at(0x0a000007, 5004), at(0, 0) } },
        };

        h.nevents = 1;
        draw(&h, &ev, 1, 80);
        assert_string_equal(strstr(text, "    0.000"),
                            "    0.000 |<----------- INVITE -------------|<----------- INVITE -------------|\n"
                            "          |     audio 203.0.113.5/20002     |       audio 10.0.0.7/5000       |\n"
                            "          |     video 203.0.113.5/20004     |       video 10.0.0.7/5002       |\n"
                            "          |       application refused       |    application 10.0.0.7/5004    |\n");
}

/* Whatever is in it, no line leaves the terminal's width, and IPv6 addresses are whole. */
static void width_is_kept(void **st UNUSED)
{
        struct call_head h = head_of();
        struct call_event e = { .at_ms = UINT64_MAX, .dir = DIR_S2C, .again = true, .hold = true };
        const unsigned asked[] = { 0, 80, 100, 132, 160, 5000 };

        memset(e.label, 'x', sizeof e.label - 1);
        assert_true(addr_parse("2001:db8:1111:2222:3333:4444:5555:6666", &e.stream[0].said.a));
        e.stream[0].said.port = 65535;
        e.nstreams = 1;
        e.stream[0].shown = h.client = h.server = e.stream[0].said;
        h.nevents = UINT32_MAX;
        for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
                unsigned most = asked[i] < 80 ? 80 : asked[i] > 160 ? 160 : asked[i];

                draw(&h, &e, 1, asked[i]);
                for (const char *l = text; *l; l = strchr(l, '\n') + 1)
                        assert_true((unsigned)(strchr(l, '\n') - l) <= most);
                assert_non_null(strstr(text, "forgotten"));
        }
        draw(&h, &e, 1, 160);
        assert_non_null(strstr(text, "RTP 2001:db8:1111:2222:3333:4444:5555:6666/65535"));
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(a_call_with_hold),
                                            cmocka_unit_test(all_media_of_a_message),
                                            cmocka_unit_test(width_is_kept) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
