#include "tests/support/test.h"

#include "policy/tcp_state.h"

static struct tcp_conn_state t;
static uint8_t buf[256];

static int start(void **state)
{
        (void)state;
        memset(&t, 0, sizeof t);
        return 0;
}

/* A segment with nothing but what the tracker reads. */
static struct pkt seg(uint8_t flags, uint32_t seq, uint32_t ack, uint32_t pay, uint16_t win)
{
        return (struct pkt){ .buf = buf,
                             .l4 = 40,
                             .pay = 60,
                             .end = 60 + pay,
                             .tot_pay = pay,
                             .tcp_flags = flags,
                             .tcp_seq = seq,
                             .tcp_ack = ack,
                             .tcp_win = win };
}

static enum drop_reason go(unsigned side, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t pay)
{
        struct pkt pk = seg(flags, seq, ack, pay, 1000);

        return tcp_track(&t, side, &pk);
}

static enum drop_reason syn_with(unsigned side, uint32_t seq, uint32_t ack, const void *opt, size_t n, uint16_t win)
{
        struct pkt pk = seg(side ? TCP_SYN | TCP_ACK : TCP_SYN, seq, ack, 0, win);

        memcpy(buf + 60, opt, n);
        pk.pay = pk.end = (uint32_t)(60 + n);
        return tcp_track(&t, side, &pk);
}

#define ISN0 1000u
#define ISN1 5000u

static void open_it(void)
{
        assert_int_equal(go(0, TCP_SYN, ISN0, 0, 0), DROP_NONE);
        assert_int_equal(go(1, TCP_SYN | TCP_ACK, ISN1, ISN0 + 1, 0), DROP_NONE);
        assert_int_equal(go(0, TCP_ACK, ISN0 + 1, ISN1 + 1, 0), DROP_NONE);
        assert_int_equal(t.phase, TCPP_OPEN);
}

/* The refused segment leaves no trace. */
static void refused(unsigned side, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t pay, enum drop_reason why)
{
        struct tcp_conn_state was = t;

        assert_int_equal(go(side, flags, seq, ack, pay), why);
        assert_memory_equal(&was, &t, sizeof t);
}

static void a_connection_begins_with_a_syn(void **state)
{
        (void)state;
        refused(0, TCP_ACK, 1, 1, 0, DROP_TCP_NOT_SYN);
        refused(0, TCP_RST, 1, 0, 0, DROP_TCP_NOT_SYN);
        refused(0, TCP_SYN | TCP_ACK, 1, 1, 0, DROP_TCP_NOT_SYN);
        refused(1, TCP_SYN, 1, 0, 0, DROP_TCP_NOT_SYN);
        refused(0, TCP_SYN, 1, 0, 10, DROP_TCP_NOT_SYN); /* data before the handshake */
        open_it();
}

static void flags_that_cannot_be(void **state)
{
        (void)state;
        open_it();
        refused(0, TCP_SYN | TCP_FIN | TCP_ACK, ISN0 + 1, ISN1 + 1, 0, DROP_TCP_FLAGS);
        refused(0, TCP_SYN | TCP_RST, ISN0 + 1, ISN1 + 1, 0, DROP_TCP_FLAGS);
        refused(0, 0, ISN0 + 1, ISN1 + 1, 0, DROP_TCP_FLAGS);
        refused(0, TCP_FIN, ISN0 + 1, ISN1 + 1, 0, DROP_TCP_FLAGS);
}

static void the_initiator_may_repeat_its_syn_only(void **state)
{
        (void)state;
        go(0, TCP_SYN, ISN0, 0, 0);
        assert_int_equal(go(0, TCP_SYN, ISN0, 0, 0), DROP_NONE);
        refused(0, TCP_SYN, ISN0 + 7, 0, 0, DROP_TCP_SEQ);
        refused(0, TCP_ACK, ISN0 + 1, 1, 0, DROP_TCP_DATA_FIRST);
        refused(0, TCP_RST, ISN0 + 9, 0, 0, DROP_TCP_RST_SEQ);
        assert_int_equal(go(0, TCP_RST, ISN0 + 1, 0, 0), DROP_NONE);
        assert_int_equal(t.phase, TCPP_CLOSED);
}

static void the_answer_must_answer(void **state)
{
        (void)state;
        go(0, TCP_SYN, ISN0, 0, 0);
        refused(1, TCP_SYN, ISN1, 0, 0, DROP_TCP_FLAGS); /* simultaneous open */
        refused(1, TCP_SYN | TCP_ACK, ISN1, ISN0 + 2, 0, DROP_TCP_ACK);
        refused(1, TCP_ACK, ISN1, ISN0 + 1, 0, DROP_TCP_DATA_FIRST);
        refused(1, TCP_SYN | TCP_ACK, ISN1, ISN0 + 1, 5, DROP_TCP_DATA_FIRST);
        refused(1, TCP_RST, ISN1, 0, 0, DROP_TCP_RST_SEQ);
        refused(1, TCP_RST | TCP_ACK, 0, ISN0, 0, DROP_TCP_RST_SEQ);
        assert_int_equal(go(1, TCP_RST | TCP_ACK, 0, ISN0 + 1, 0), DROP_NONE);
        assert_int_equal(t.phase, TCPP_CLOSED);
}

static void data_waits_for_the_handshake(void **state)
{
        (void)state;
        go(0, TCP_SYN, ISN0, 0, 0);
        go(1, TCP_SYN | TCP_ACK, ISN1, ISN0 + 1, 0);
        refused(1, TCP_ACK, ISN1 + 1, ISN0 + 1, 10, DROP_TCP_DATA_FIRST);
        refused(0, TCP_ACK, ISN0 + 1, ISN1 + 2, 0, DROP_TCP_ACK);
        refused(0, TCP_ACK, ISN0 + 2, ISN1 + 1, 0, DROP_TCP_SEQ);
        assert_int_equal(go(1, TCP_SYN | TCP_ACK, ISN1, ISN0 + 1, 0), DROP_NONE); /* repeated */
        assert_int_equal(go(0, TCP_ACK | TCP_PSH, ISN0 + 1, ISN1 + 1, 20), DROP_NONE);
        assert_int_equal(t.phase, TCPP_OPEN);
        assert_true(t.data_out);
        assert_false(t.data_in);
}

static void the_window_bounds_what_passes(void **state)
{
        (void)state;
        open_it();
        assert_int_equal(go(0, TCP_ACK, ISN0 + 1, ISN1 + 1, 100), DROP_NONE);
        assert_int_equal(go(0, TCP_ACK, ISN0 + 1, ISN1 + 1, 100), DROP_NONE); /* retransmitted */
        refused(0, TCP_ACK, ISN0 + 1 + 1001, ISN1 + 1, 1, DROP_TCP_SEQ);
        assert_int_equal(go(0, TCP_ACK, ISN0 + 1 + 1000, ISN1 + 1, 1), DROP_NONE); /* a probe of a full window */
        refused(0, TCP_ACK, ISN0 + 1 - 5000, ISN1 + 1, 1, DROP_TCP_SEQ);
        refused(0, TCP_ACK, ISN0 + 101, ISN1 + 2, 0, DROP_TCP_ACK);     /* acknowledges what was never sent */
        refused(0, TCP_ACK, ISN0 + 101, ISN1 - 70000, 0, DROP_TCP_ACK); /* or what is long gone */
}

static void windows_are_scaled_when_both_ask(void **state)
{
        static const uint8_t ws7[] = { 1, 3, 3, 7, 2, 4, 5, 180 };

        (void)state;
        assert_int_equal(syn_with(0, ISN0, 0, ws7, 8, 1000), DROP_NONE);
        assert_int_equal(syn_with(1, ISN1, ISN0 + 1, ws7, 8, 1000), DROP_NONE);
        assert_int_equal(t.side[0].mss, 1460);
        assert_int_equal(go(0, TCP_ACK, ISN0 + 1, ISN1 + 1, 0), DROP_NONE);
        assert_int_equal(go(1, TCP_ACK, ISN1 + 1 + 100000, ISN0 + 1, 10), DROP_NONE); /* window 128,000 */
        refused(1, TCP_ACK, ISN1 + 1 + 128001, ISN0 + 1, 10, DROP_TCP_SEQ);
}

static void one_offer_of_scaling_is_none(void **state)
{
        static const uint8_t ws7[] = { 1, 3, 3, 7 };

        (void)state;
        syn_with(0, ISN0, 0, ws7, 4, 1000);
        go(1, TCP_SYN | TCP_ACK, ISN1, ISN0 + 1, 0);
        go(0, TCP_ACK, ISN0 + 1, ISN1 + 1, 0);
        refused(1, TCP_ACK, ISN1 + 1 + 1001, ISN0 + 1, 10, DROP_TCP_SEQ);
}

/* Options that lie about their length are not read, the SYN itself is as good as any. */
static void broken_options_are_survived(void **state)
{
        static const uint8_t bad[][8] = {
                { 3, 0, 7, 3, 0, 0, 0, 0 }, { 3, 1 }, { 3, 200, 7 }, { 2 }, { 2, 4, 5 }, { 1, 1, 1, 1, 1, 1, 1, 3 },
        };
        static const uint8_t len[] = { 8, 2, 3, 1, 3, 8 };

        (void)state;
        for (unsigned i = 0; i < 6; i++) {
                memset(&t, 0, sizeof t);
                assert_int_equal(syn_with(0, ISN0, 0, bad[i], len[i], 1000), DROP_NONE);
                assert_int_equal(t.side[0].wscale, 0xFF);
        }
}

static void a_reset_must_be_exact(void **state)
{
        (void)state;
        open_it();
        go(0, TCP_ACK, ISN0 + 1, ISN1 + 1, 100);
        refused(0, TCP_RST, ISN0 + 50, 0, 0, DROP_TCP_RST_SEQ);
        refused(0, TCP_RST, ISN0 + 102, 0, 0, DROP_TCP_RST_SEQ);
        refused(1, TCP_RST, ISN1 + 2, 0, 0, DROP_TCP_RST_SEQ);
        assert_int_equal(go(1, TCP_RST, ISN1 + 1, 0, 0), DROP_NONE);
        assert_int_equal(t.phase, TCPP_CLOSED);
}

/* The receiver may not have all that was sent yet: then what it acknowledged last is the exact place. */
static void a_reset_at_the_receivers_place(void **state)
{
        (void)state;
        open_it();
        go(0, TCP_ACK, ISN0 + 1, ISN1 + 1, 100);
        assert_int_equal(go(0, TCP_RST, ISN0 + 1, 0, 0), DROP_NONE);
}

static void a_syn_inside_is_refused(void **state)
{
        (void)state;
        open_it();
        refused(0, TCP_SYN, ISN0 + 1, 0, 0, DROP_TCP_RST_SEQ);
        refused(0, TCP_SYN, ISN0, 0, 0, DROP_TCP_RST_SEQ);
        refused(1, TCP_SYN, ISN1 + 1, 0, 0, DROP_TCP_RST_SEQ);
        assert_int_equal(go(1, TCP_SYN | TCP_ACK, ISN1, ISN0 + 1, 0), DROP_NONE); /* its ACK was lost */
}

static void both_ends_close(void **state)
{
        (void)state;
        open_it();
        assert_int_equal(go(0, TCP_FIN | TCP_ACK, ISN0 + 1, ISN1 + 1, 0), DROP_NONE);
        assert_int_equal(t.phase, TCPP_CLOSING);
        assert_int_equal(go(1, TCP_ACK, ISN1 + 1, ISN0 + 2, 500), DROP_NONE); /* half-closed: data still flows */
        refused(0, TCP_ACK, ISN0 + 2, ISN1 + 501, 10, DROP_TCP_SEQ);          /* but none behind a FIN */
        assert_int_equal(go(1, TCP_FIN | TCP_ACK, ISN1 + 501, ISN0 + 2, 0), DROP_NONE);
        assert_int_equal(t.phase, TCPP_CLOSING);
        assert_int_equal(go(0, TCP_ACK, ISN0 + 2, ISN1 + 502, 0), DROP_NONE);
        assert_int_equal(t.phase, TCPP_CLOSED);
        refused(0, TCP_ACK, ISN0 + 2, ISN1 + 502, 0, DROP_TCP_NOT_SYN);
}

static void a_fin_not_yet_acknowledged_keeps_it_open(void **state)
{
        (void)state;
        open_it();
        go(0, TCP_FIN | TCP_ACK, ISN0 + 1, ISN1 + 1, 100);
        go(1, TCP_FIN | TCP_ACK, ISN1 + 1, ISN0 + 51, 0); /* half of the data has come */
        go(0, TCP_ACK, ISN0 + 102, ISN1 + 2, 0);
        assert_int_equal(t.phase, TCPP_CLOSING);
        go(1, TCP_ACK, ISN1 + 2, ISN0 + 102, 0);
        assert_int_equal(t.phase, TCPP_CLOSED);
}

static void numbers_wrap(void **state)
{
        uint32_t a = 0xFFFFFFF0, b = 0xFFFFFFFF;

        (void)state;
        go(0, TCP_SYN, a, 0, 0);
        go(1, TCP_SYN | TCP_ACK, b, a + 1, 0);
        go(0, TCP_ACK, a + 1, b + 1, 0);
        for (unsigned i = 0; i < 50; i++) {
                assert_int_equal(go(0, TCP_ACK, a + 1 + i * 100, b + 1 + i, 100), DROP_NONE);
                assert_int_equal(go(1, TCP_ACK, b + 1 + i, a + 1 + (i + 1) * 100, 1), DROP_NONE);
        }
        refused(0, TCP_ACK, a + 5001, b + 51 + 100, 0, DROP_TCP_ACK);
}

static void a_super_frame_counts_whole(void **state)
{
        struct pkt pk;

        (void)state;
        open_it();
        pk = seg(TCP_ACK, ISN1 + 1, ISN0 + 1, 0, 65000);
        assert_int_equal(tcp_track(&t, 1, &pk), DROP_NONE);
        assert_int_equal(go(0, TCP_ACK, ISN0 + 1, ISN1 + 1, 64000), DROP_NONE);
        assert_int_equal(t.side[0].end, ISN0 + 1 + 64000);
}

/* ---- legs of a proxied flow ---- */

static enum drop_reason follow(unsigned side, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t pay)
{
        struct pkt pk = seg(flags, seq, ack, pay, 1000);

        return tcp_follow(&t, side, side == 1, &pk); /* the client's leg: the box answers */
}

static void a_leg_is_opened(void)
{
        follow(0, TCP_SYN, ISN0, 0, 0);
        follow(1, TCP_SYN | TCP_ACK, ISN1, ISN0 + 1, 0);
        assert_int_equal(follow(0, TCP_ACK, ISN0 + 1, ISN1 + 1, 0), DROP_NONE);
        assert_int_equal(t.phase, TCPP_OPEN);
}

/* Who does not see our answers can neither open a leg nor move it. */
static void blind_segments_do_not_open_a_leg(void **state)
{
        struct tcp_conn_state was;

        (void)state;
        follow(0, TCP_SYN, ISN0, 0, 0);
        follow(1, TCP_SYN | TCP_ACK, ISN1, ISN0 + 1, 0);
        was = t;
        assert_int_equal(follow(0, TCP_ACK, ISN0 + 1, 0x12345678, 0), DROP_TCP_ACK);
        assert_int_equal(follow(0, TCP_ACK, 0x12345678, ISN1 + 1, 0), DROP_TCP_SEQ);
        assert_int_equal(follow(0, TCP_SYN, ISN0 + 9, 0, 0), DROP_TCP_SEQ);
        assert_memory_equal(&t, &was, sizeof t);
        assert_int_equal(follow(0, TCP_SYN, ISN0, 0, 0), DROP_NONE); /* said again */
        assert_int_equal(follow(0, TCP_ACK, ISN0 + 1, ISN1 + 1, 5), DROP_NONE);
        assert_int_equal(t.phase, TCPP_OPEN);
}

static void blind_segments_do_not_move_an_open_leg(void **state)
{
        static const uint32_t off[] = { 0x40000000, 0x80000000, 0xC0000000, 200000 };
        struct tcp_conn_state was;

        (void)state;
        a_leg_is_opened();
        was = t;
        for (unsigned i = 0; i < ARRAY_LEN(off); i++) {
                assert_int_equal(follow(0, TCP_ACK, ISN0 + 1 + off[i], ISN1 + 1, 1), DROP_TCP_SEQ);
                assert_int_equal(follow(0, TCP_FIN | TCP_ACK, ISN0 + 1 + off[i], ISN1 + 1, 0), DROP_TCP_SEQ);
                assert_int_equal(follow(0, TCP_RST, ISN0 + 2 + off[i], 0, 0), DROP_NONE); /* the kernel's to judge */
                assert_int_equal(follow(0, TCP_ACK, ISN0 + 1, ISN1 + 1 + off[i], 1), DROP_TCP_ACK);
        }
        assert_memory_equal(&t, &was, sizeof t);
        assert_int_equal(follow(0, TCP_ACK, ISN0 + 1, ISN1 + 1, 1), DROP_NONE);
}

static void a_leg_is_held_to_the_order_of_the_handshake(void **state)
{
        (void)state;
        assert_int_equal(follow(1, TCP_SYN | TCP_ACK, 1, 1, 0), DROP_TCP_FLAGS);
        assert_int_equal(follow(0, TCP_ACK, 1, 1, 0), DROP_TCP_DATA_FIRST);
        assert_int_equal(follow(0, TCP_SYN, ISN0, 0, 0), DROP_NONE);
        assert_int_equal(follow(1, TCP_SYN, ISN1, 0, 0), DROP_TCP_FLAGS);
        assert_int_equal(follow(1, TCP_ACK, ISN1, ISN0 + 1, 5), DROP_TCP_DATA_FIRST);
        assert_int_equal(follow(1, TCP_SYN | TCP_ACK, ISN1, ISN0 + 1, 0), DROP_NONE);
        assert_int_equal(t.phase, TCPP_SYN_RCVD);
        assert_int_equal(follow(1, TCP_ACK, ISN1 + 1, ISN0 + 1, 5), DROP_TCP_DATA_FIRST);
        assert_int_equal(follow(0, TCP_ACK, ISN0 + 1, ISN1 + 1, 0), DROP_NONE);
        assert_int_equal(t.phase, TCPP_OPEN);
        assert_int_equal(follow(1, TCP_ACK, ISN1 + 1 + 50000, ISN0 + 1, 5), DROP_NONE); /* the kernel is believed */
}

/* The server's leg: the box began it. */
static enum drop_reason follow_out(unsigned side, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t pay)
{
        struct pkt pk = seg(flags, seq, ack, pay, 1000);

        return tcp_follow(&t, side, side == 0, &pk);
}

static void a_server_may_challenge_ports_it_remembers(void **state)
{
        struct tcp_conn_state was;

        (void)state;
        follow_out(0, TCP_SYN, ISN0, 0, 0);
        was = t;
        assert_int_equal(follow_out(1, TCP_ACK, 7000, 8000, 0), DROP_NONE);
        assert_int_equal(follow_out(0, TCP_RST, 8000, 0, 0), DROP_NONE);
        assert_int_equal(follow_out(1, TCP_ACK, 7000, 8000, 1), DROP_TCP_DATA_FIRST);
        assert_int_equal(follow_out(1, TCP_ACK, 7000, ISN0 + 1, 0), DROP_TCP_DATA_FIRST); /* would be an answer */
        assert_memory_equal(&t, &was, sizeof t);
        assert_int_equal(follow_out(0, TCP_SYN, ISN0, 0, 0), DROP_NONE);
        assert_int_equal(follow_out(1, TCP_SYN | TCP_ACK, ISN1, ISN0 + 1, 0), DROP_NONE);
        assert_int_equal(follow_out(1, TCP_ACK, ISN1 + 1, 8000, 0), DROP_TCP_DATA_FIRST);
}

static void a_forged_reset_does_not_close_a_leg(void **state)
{
        (void)state;
        follow(0, TCP_SYN, ISN0, 0, 0);
        follow(1, TCP_SYN | TCP_ACK, ISN1, ISN0 + 1, 0);
        follow(0, TCP_ACK, ISN0 + 1, ISN1 + 1, 0);
        assert_int_equal(follow(0, TCP_RST, ISN0 + 500, 0, 0), DROP_NONE);
        assert_int_equal(t.phase, TCPP_OPEN);
        assert_int_equal(follow(0, TCP_RST, ISN0 + 1, 0, 0), DROP_NONE);
        assert_int_equal(t.phase, TCPP_CLOSED);
}

static void a_syn_on_a_leg(void **state)
{
        (void)state;
        follow(0, TCP_SYN, ISN0, 0, 0);
        follow(1, TCP_SYN | TCP_ACK, ISN1, ISN0 + 1, 0);
        follow(0, TCP_ACK, ISN0 + 1, ISN1 + 1, 0);
        assert_int_equal(follow(0, TCP_SYN, 77, 0, 0), DROP_NONE); /* the kernel answers it with a challenge */
        assert_int_equal(t.phase, TCPP_OPEN);
        follow(0, TCP_FIN | TCP_ACK, ISN0 + 1, ISN1 + 1, 0);
        assert_int_equal(follow(0, TCP_SYN, 77, 0, 0), DROP_TCP_RST_SEQ);
}

static void a_leg_closes_like_any_connection(void **state)
{
        (void)state;
        follow(0, TCP_SYN, ISN0, 0, 0);
        follow(1, TCP_SYN | TCP_ACK, ISN1, ISN0 + 1, 0);
        follow(0, TCP_ACK, ISN0 + 1, ISN1 + 1, 0);
        follow(0, TCP_FIN | TCP_ACK, ISN0 + 1, ISN1 + 1, 0);
        follow(1, TCP_FIN | TCP_ACK, ISN1 + 1, ISN0 + 2, 0);
        assert_int_equal(t.phase, TCPP_CLOSING);
        follow(0, TCP_ACK, ISN0 + 2, ISN1 + 2, 0);
        assert_int_equal(t.phase, TCPP_CLOSED);
}

static void flags_as_text(void **state)
{
        char out[32];

        (void)state;
        assert_string_equal(tcp_flags_text(TCP_SYN, out), "SYN");
        assert_string_equal(tcp_flags_text(TCP_SYN | TCP_ACK, out), "SYN ACK");
        assert_string_equal(tcp_flags_text(0x3F, out), "FIN SYN RST PSH ACK URG");
        assert_string_equal(tcp_flags_text(0, out), "");
}

#define T(f) cmocka_unit_test_setup(f, start)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(a_connection_begins_with_a_syn),
                T(flags_that_cannot_be),
                T(the_initiator_may_repeat_its_syn_only),
                T(the_answer_must_answer),
                T(data_waits_for_the_handshake),
                T(the_window_bounds_what_passes),
                T(windows_are_scaled_when_both_ask),
                T(one_offer_of_scaling_is_none),
                T(broken_options_are_survived),
                T(a_reset_must_be_exact),
                T(a_reset_at_the_receivers_place),
                T(a_syn_inside_is_refused),
                T(both_ends_close),
                T(a_fin_not_yet_acknowledged_keeps_it_open),
                T(numbers_wrap),
                T(a_super_frame_counts_whole),
                T(a_leg_is_held_to_the_order_of_the_handshake),
                T(blind_segments_do_not_open_a_leg),
                T(blind_segments_do_not_move_an_open_leg),
                T(a_server_may_challenge_ports_it_remembers),
                T(a_forged_reset_does_not_close_a_leg),
                T(a_syn_on_a_leg),
                T(a_leg_closes_like_any_connection),
                T(flags_as_text),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
