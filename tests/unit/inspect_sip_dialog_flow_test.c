/* SIP dialogs on another flow than their own. */
#include "tests/support/sip_dialog_rig.h"

/* ---- a dialog on another flow than its own ---- */

#define STRANGER 0xc6336463u

enum seen { GONE, BEGUN, UP, ENDING };

static enum seen state_now(void)
{
        struct sip_call_row row;
        uint32_t cursor = 0;
        bool end;

        if (!sip_walk(w.shared, &cursor, &row, 1, &end))
                return GONE;
        return !strcmp(row.state, "Active") ? UP : !strcmp(row.state, "Call init") ? BEGUN : ENDING;
}

/* A flow of that host to the server, beside the call's own; what it says of the call that is up. */
static enum seen hangs_up(struct feed *g, uint32_t from, const char *method)
{
        struct leg_setup l = { .w = &w, .via = { VIA_UDP, VIA_UDP }, .no_nat = true, .port = 41000 };
        struct talk t = { .f = g, .caller = DIR_C2S, .id = "out", .from = "a", .to = "b", .udp = true };

        world_session(g, &l, NULL);
        g->c.client.a = g->c.client_mapped.a = addr_v4(from);
        g->c.now_ms = f.c.now_ms;
        assert_non_null(talk_request(&t, DIR_C2S, method, 2, NULL));
        return state_now();
}

static void call_up(void)
{
        out.udp = true;
        out.to = NULL;
        talk_request(&out, DIR_C2S, "INVITE", 1, NULL);
        out.to = "b";
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, NULL);
        assert_int_equal(state_now(), UP);
}

static void a_stranger_ends_no_call(void **st)
{
        static const char *const method[] = { "BYE", "CANCEL", "UPDATE" };
        struct feed g;

        (void)st;
        call_up();
        for (unsigned i = 0; i < ARRAY_LEN(method); i++) {
                struct talk t = { .f = &g, .caller = DIR_C2S, .id = "out", .from = "a", .to = "b", .udp = true };

                assert_int_equal(hangs_up(&g, STRANGER, method[i]), UP);
                assert_non_null(talk_response(&t, DIR_S2C, i ? 481 : 200, method[i], 2, NULL));
                assert_int_equal(state_now(), UP);
                feed_close(&g);
        }
        assert_int_equal(hangs_up(&g, PHONE, "BYE"), ENDING); /* another port of the caller: a party */
        feed_close(&g);
}

/* A stranger who knows every name of an INVITE, and answers it on a flow of his own: nothing to the one that is out.
 */
static void a_stranger_answers_no_transaction(void **st)
{
        struct leg_setup l = {
                .w = &w, .via = { VIA_UDP, VIA_UDP }, .no_nat = true, .port = 41000, .client = STRANGER
        };
        struct talk t = { .caller = DIR_C2S, .id = "out", .from = "a", .udp = true };
        struct feed g;

        (void)st;
        out.udp = true;
        talk_request(&out, DIR_C2S, "INVITE", 1, NULL);
        world_session(&g, &l, NULL);
        t.f = &g;
        talk_request(&t, DIR_C2S, "INVITE", 1, NULL);
        talk_response(&t, DIR_S2C, 486, "INVITE", 1, NULL);
        assert_int_equal(((struct sip_session *)g.c.state)->ntxns[0], 1);
        assert_non_null(talk_request(&out, DIR_C2S, "INVITE", 1, NULL)); /* not "answered already" */
        out.to = "b";
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, NULL);
        assert_int_equal(state_now(), UP);
        feed_close(&g);
}

/* Datagrams of the same two hosts may come back on another port. */
static void an_answer_on_another_port(void **st)
{
        struct leg_setup l = { .w = &w, .via = { VIA_UDP, VIA_UDP }, .port = 41000 };
        struct talk t = { .caller = DIR_C2S, .id = "out", .from = "a", .udp = true };
        struct feed g;

        (void)st;
        out.udp = true;
        talk_request(&out, DIR_C2S, "OPTIONS", 1, NULL);
        world_session(&g, &l, NULL);
        t.f = &g;
        talk_response(&t, DIR_S2C, 200, "OPTIONS", 1, NULL);
        after(SIP_TXN_DGRAM_MS + 20);
        assert_int_equal(transactions(), 0);
        feed_close(&g);
}

static void nobody_cancels_another_ones_call(void **st)
{
        struct feed g;

        (void)st;
        out.udp = true;
        talk_request(&out, DIR_C2S, "INVITE", 1, NULL);
        assert_int_equal(hangs_up(&g, STRANGER, "CANCEL"), BEGUN);
        feed_close(&g);
}

/* What was not a dialog for the far end of another flow may well be one on its own. */
static void an_unknown_dialog_elsewhere_is_no_end(void **st)
{
        struct talk t = { .caller = DIR_C2S, .id = "out", .from = "a", .to = "b", .udp = true };
        struct feed g;

        (void)st;
        call_up();
        t.f = &g;
        assert_int_equal(hangs_up(&g, PHONE, "BYE"), ENDING);
        assert_non_null(talk_response(&t, DIR_S2C, 481, "BYE", 2, NULL));
        assert_int_equal(state_now(), UP);
        assert_non_null(talk_request(&t, DIR_C2S, "BYE", 3, NULL));
        assert_non_null(talk_response(&t, DIR_S2C, 200, "BYE", 3, NULL));
        assert_int_equal(state_now(), GONE);
        feed_close(&g);
}

static void a_contact_may_end_its_call(void **st)
{
        const char *invite =
                "INVITE sip:z@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.10:40000;branch=z9hG4bK1\r\n"
                "From: <sip:x@example.com>;tag=a\r\nTo: <sip:y@example.com>\r\nCall-ID: out\r\n"
                "CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:x@198.51.100.99>\r\n";
        struct feed g;

        (void)st;
        assert_non_null(sip_say(&f, DIR_C2S, sip_text(invite, "")));
        out.udp = true;
        out.to = "b";
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, NULL);
        assert_int_equal(hangs_up(&g, STRANGER, "BYE"), ENDING); /* 198.51.100.99 */
        feed_close(&g);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_stranger_ends_no_call, setup_dgram, teardown),
                cmocka_unit_test_setup_teardown(a_stranger_answers_no_transaction, setup_dgram, teardown),
                cmocka_unit_test_setup_teardown(an_answer_on_another_port, setup_dgram, teardown),
                cmocka_unit_test_setup_teardown(nobody_cancels_another_ones_call, setup_dgram, teardown),
                cmocka_unit_test_setup_teardown(an_unknown_dialog_elsewhere_is_no_end, setup_dgram, teardown),
                cmocka_unit_test_setup_teardown(a_contact_may_end_its_call, setup_dgram, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
