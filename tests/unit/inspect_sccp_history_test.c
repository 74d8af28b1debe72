/* What the SCCP engine tells of calls. */
#include "tests/support/test.h"

#include "tests/support/sccp_feed.h"

#define NAME "SEP001122334455"
#define PEER 0x0a010163u
#define HOME 0xc0a80105u

static const struct sccp_alg clear;
static struct world w;
static struct feed f;

static int setup(void **st)
{
        struct leg_setup l = {
                .w = &w, .via = { VIA_TLS, VIA_TCP }, .phone = &world_strict, .anchor = true, .device = NAME
        };

        (void)st;
        sccp_world_begin(&w);
        sccp_session(&f, &l, NULL);
        sccp_say(&f, DIR_C2S, sb_register(NAME, HOME));
        sccp_say(&f, DIR_S2C, sb_register_ack(17));
        return 0;
}

static int teardown(void **st)
{
        (void)st;
        feed_close(&f);
        sccp_world_end(&w);
        return 0;
}

static struct sccp_bytes call_state(uint32_t state, uint32_t call)
{
        struct sccp_bytes b = sb_begin(17, 0x0111);

        sb_u32(&b, state);
        sb_u32(&b, 1);
        sb_u32(&b, call);
        return sb_done(b);
}

static struct sccp_bytes call_info(uint32_t call)
{
        struct sccp_bytes b = sb_begin(17, 0x008f);

        sb_fill(&b, 0, 40);
        sb_text(&b, "1001", 24);
        sb_fill(&b, 0, 40);
        sb_text(&b, "20\0301", 24);
        sb_u32(&b, 1);
        sb_u32(&b, call);
        sb_fill(&b, 0, 240);
        return sb_done(b);
}

static struct sccp_bytes keypad(uint32_t digit)
{
        struct sccp_bytes b = sb_begin(17, 0x0003);

        sb_u32(&b, digit);
        return sb_done(b);
}

static void told(unsigned i, const char *label)
{
        assert_true(i < w.ntold);
        assert_string_equal(w.told[i].label, label);
        assert_int_equal(w.told_of[i], 1);
}

/* From off the hook to on it: one call, though its reference comes later. */
static void a_call(void **st)
{
        uint32_t call = CALL;

        (void)st;
        sccp_say(&f, DIR_C2S, sb_empty(0x0006));
        sccp_say(&f, DIR_C2S, keypad(7));
        sccp_say(&f, DIR_S2C, call_state(1, call));
        sccp_say(&f, DIR_S2C, call_info(call));
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        sccp_say(&f, DIR_C2S, sb_open_ack(17, PARTY, 0, HOME, 20000));
        sccp_say(&f, DIR_S2C, sb_start(17, PARTY, PEER, 24680, clear));
        assert_int_equal(w.call_state[0], CALL_ACTIVE);
        sccp_say(&f, DIR_S2C, sb_end(17, 0x106, PARTY));
        assert_int_equal(w.call_state[0], CALL_ACTIVE);
        sccp_say(&f, DIR_S2C, sb_end(17, 0x8b, PARTY));
        assert_int_equal(w.call_state[0], CALL_HELD);
        sccp_say(&f, DIR_S2C, call_state(2, call));
        assert_int_equal(w.call_state[0], CALL_ENDED);

        assert_int_equal(w.ncalls, 1);
        assert_string_equal(w.call[0].from, "1001");
        assert_string_equal(w.call[0].to, "20\\x181");
        assert_int_equal(w.ntold, 10);
        told(0, "OffHook");
        told(1, "KeypadButton");
        told(2, "CallState OffHook");
        told(3, "CallInfo");
        told(4, "OpenReceiveChannel");
        told(5, "OpenReceiveChannelAck");
        told(6, "StartMediaTransmission");
        told(9, "CallState OnHook");
        assert_int_equal(w.told[5].stream[0].said.a.v4, HOME);
        assert_int_equal(w.told[5].stream[0].said.port, 20000);
        assert_int_equal(w.told[5].stream[0].shown.a.v4, MTA_IN);
        assert_int_equal(w.told[6].stream[0].said.a.v4, PEER);
        assert_int_equal(w.told[6].stream[0].shown.a.v4, MTA_OUT);
}

/* What is no call's, and what speaks of a call that is over, begins none. */
static void what_is_no_call(void **st)
{
        (void)st;
        sccp_say(&f, DIR_C2S, sb_empty(0x0000));
        sccp_say(&f, DIR_C2S, keypad(1));
        sccp_say(&f, DIR_S2C, call_state(2, 77));
        sccp_say(&f, DIR_S2C, sb_end(17, 0x8b, PARTY));
        assert_int_equal(w.ncalls, 0);
        assert_int_equal(w.ntold, 0);
}

static void calls_end_with_the_session_and_the_oldest_give_way(void **st)
{
        (void)st;
        for (unsigned i = 1; i <= 9; i++)
                sccp_say(&f, DIR_S2C, call_state(5, i));
        assert_int_equal(w.ncalls, 9);
        assert_int_equal(w.call_state[0], CALL_ENDED);
        assert_int_equal(w.call_state[1], CALL_ACTIVE);
        inspect_sccp.close(&f.c);
        for (unsigned i = 0; i < 9; i++)
                assert_int_equal(w.call_state[i], CALL_ENDED);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_call, setup, teardown),
                cmocka_unit_test_setup_teardown(what_is_no_call, setup, teardown),
                cmocka_unit_test_setup_teardown(calls_end_with_the_session_and_the_oldest_give_way, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
