#include "tests/support/agentx_rig.h"

/* ---- what we send by ourselves ---- */

static void it_opens_and_registers_in_its_context(void **state)
{
        struct box *b = new_box(false);
        struct cur context;
        struct oid o;

        (void)state;
        assert_int_equal(read_all(b), 1);
        assert_int_equal(b->pdu.type, AGENTX_OPEN);
        assert_int_equal(b->pdu.flags, AGENTX_NETWORK_ORDER);
        master_response(&b->m, MASTER_SESSION, b->pdu.packet, 0);
        assert_int_equal(master_send(&b->m, b->s), 0);
        assert_int_equal(agentx_session_state(b->s), AGENTX_REGISTERING);
        assert_int_equal(read_all(b), 2);
        assert_int_equal(b->pdu.type, AGENTX_REGISTER);
        assert_int_equal(b->pdu.flags, AGENTX_NETWORK_ORDER | AGENTX_NON_DEFAULT_CONTEXT);
        assert_int_equal(b->pdu.session, MASTER_SESSION);
        context = agentx_octets(&b->pdu.body, true);
        assert_int_equal(context.left, 3);
        assert_memory_equal(context.p, "box", 3);
        assert_int_equal(cur_u8(&b->pdu.body), 0);
        assert_int_equal(cur_u8(&b->pdu.body), 100);
        assert_int_equal(cur_be16(&b->pdu.body), 0);
        agentx_oid(&b->pdu.body, true, &o, NULL);
        assert_int_equal(o.n, 7);
        assert_int_equal(o.id[6], 9);
        assert_false(b->pdu.body.bad || b->pdu.body.left);
        free_box(b);
}

static void a_master_that_refuses_is_told_of(void **state)
{
        struct box *b = new_box(false);

        (void)state;
        read_all(b);
        master_response(&b->m, 0, b->pdu.packet + 1, 256); /* an answer to nothing */
        assert_int_equal(master_send(&b->m, b->s), 0);
        assert_int_equal(agentx_session_state(b->s), AGENTX_OPENING);
        master_response(&b->m, 0, b->pdu.packet, 256);
        assert_int_equal(master_send(&b->m, b->s), -1);
        assert_string_equal(agentx_session_why(b->s), "the master refuses the session: AgentX error 256");
        agentx_session_begin(b->s);
        read_all(b);
        b->m.n = 0;
        master_response(&b->m, MASTER_SESSION, b->pdu.packet, 0);
        assert_int_equal(master_send(&b->m, b->s), 0);
        read_all(b);
        master_response(&b->m, MASTER_SESSION, b->pdu.packet - 1, 263);
        assert_int_equal(master_send(&b->m, b->s), 0);
        master_response(&b->m, MASTER_SESSION, b->pdu.packet + 9, 0); /* an answer to nothing */
        assert_int_equal(master_send(&b->m, b->s), 0);
        assert_int_equal(agentx_session_state(b->s), AGENTX_REGISTERING);
        master_response(&b->m, MASTER_SESSION, b->pdu.packet, 0);
        assert_int_equal(master_send(&b->m, b->s), 0);
        assert_int_equal(agentx_session_state(b->s), AGENTX_UP); /* with what it takes */
        assert_string_equal(agentx_session_why(b->s), "the master refuses 1 of 2 subtrees: AgentX error 263");
        free_box(b);
}

static void a_master_that_takes_nothing_is_left(void **state)
{
        struct box *b = new_box(false);

        (void)state;
        read_all(b);
        master_response(&b->m, MASTER_SESSION, b->pdu.packet, 0);
        assert_int_equal(master_send(&b->m, b->s), 0);
        read_all(b);
        master_response(&b->m, MASTER_SESSION, b->pdu.packet - 1, 263);
        master_response(&b->m, MASTER_SESSION, b->pdu.packet, 262);
        assert_int_equal(master_send(&b->m, b->s), -1);
        assert_string_equal(agentx_session_why(b->s), "the master refuses 2 of 2 subtrees: AgentX error 262");
        free_box(b);
}

static void a_silent_master_is_left(void **state)
{
        struct box *b = open_box(false);

        (void)state;
        clock_advance_ms(&b->v, AGENTX_IDLE_MS - 1);
        assert_int_equal(agentx_session_tick(b->s), 0);
        assert_int_equal(read_all(b), 0);
        clock_advance_ms(&b->v, 1);
        assert_int_equal(agentx_session_tick(b->s), 0);
        assert_int_equal(read_all(b), 1);
        assert_int_equal(b->pdu.type, AGENTX_PING);
        master_response(&b->m, MASTER_SESSION, b->pdu.packet, 0);
        assert_int_equal(master_send(&b->m, b->s), 0);
        clock_advance_ms(&b->v, AGENTX_IDLE_MS);
        assert_int_equal(agentx_session_tick(b->s), 0);
        assert_int_equal(read_all(b), 1);
        master_response(&b->m, MASTER_SESSION, b->pdu.packet - 1, 0); /* of another question */
        assert_int_equal(master_send(&b->m, b->s), 0);
        clock_advance_ms(&b->v, AGENTX_PATIENCE_MS);
        assert_int_equal(agentx_session_tick(b->s), -1);
        assert_string_equal(agentx_session_why(b->s), "the master does not answer");
        agentx_session_begin(b->s);
        clock_advance_ms(&b->v, AGENTX_PATIENCE_MS - 1);
        assert_int_equal(agentx_session_tick(b->s), 0);
        clock_advance_ms(&b->v, 1);
        assert_int_equal(agentx_session_tick(b->s), -1); /* it never opened */
        free_box(b);
}

/* Whoever has just asked something is there. */
static void a_master_that_speaks_is_not_asked(void **state)
{
        static const char *const name[] = { "1.3.6.1.2.1.1.5.0", "", NULL };
        struct box *b = open_box(false);

        (void)state;
        clock_advance_ms(&b->v, AGENTX_IDLE_MS - 1);
        master_request(&b->m, AGENTX_GET, name);
        assert_int_equal(master_send(&b->m, b->s), 0);
        assert_int_equal(read_all(b), 1);
        clock_advance_ms(&b->v, 1);
        assert_int_equal(agentx_session_tick(b->s), 0);
        assert_int_equal(read_all(b), 0);
        free_box(b);
}

static void a_master_that_has_forgotten_us_is_left(void **state)
{
        struct box *b = open_box(false);

        (void)state;
        clock_advance_ms(&b->v, AGENTX_IDLE_MS);
        assert_int_equal(agentx_session_tick(b->s), 0);
        assert_int_equal(read_all(b), 1);
        master_response(&b->m, MASTER_SESSION, b->pdu.packet, AGENTX_NOT_OPEN);
        assert_int_equal(master_send(&b->m, b->s), -1);
        assert_string_equal(agentx_session_why(b->s), "the master does not know the session any more");
        free_box(b);
}

static void a_notification_is_sent_while_it_is_up(void **state)
{
        struct box *b = open_box(false);
        struct mib_table t = { 0 };
        struct oid o;

        (void)state;
        mib_base(&t, "1.3.6.1.6.3.1.1.4.1");
        MIB_NAME(&t, "1.3.6.1.6.3.1.1.5.4", 0);
        mib_base(&t, "1.3.6.1.2.1.2.2.1");
        MIB_PUT(&t, MIB_INTEGER, 2, 8, 3);
        assert_true(agentx_session_notify(b->s, &t));
        assert_int_equal(read_all(b), 1);
        assert_int_equal(b->pdu.type, AGENTX_NOTIFY);
        agentx_octets(&b->pdu.body, true);
        assert_int_equal(cur_be16(&b->pdu.body), MIB_OID);
        cur_be16(&b->pdu.body);
        agentx_oid(&b->pdu.body, true, &o, NULL);
        agentx_oid(&b->pdu.body, true, &o, NULL);
        assert_int_equal(o.id[o.n - 1], 4);
        assert_int_equal(cur_be16(&b->pdu.body), MIB_INTEGER);
        agentx_session_end(b->s);
        assert_false(agentx_session_notify(b->s, &t));
        assert_int_equal(read_all(b), 1);
        assert_int_equal(b->pdu.type, AGENTX_CLOSE);
        assert_int_equal(agentx_session_counts(b->s)->notified, 1);
        assert_int_equal(agentx_session_counts(b->s)->unnotified, 1);
        mib_fini(&t);
        free_box(b);
}

/* ---- a master that is none ---- */

static void garbage_ends_the_session(void **state)
{
        static const struct {
                uint8_t head[AGENTX_HEAD];
                const char *why;
        } rows[] = {
                { { 2, 5, 16 }, "what the master sends is not AgentX" },
                { { 1, 5, 16, [19] = 3 }, "what the master sends is not AgentX" },
                { { 1, 5, 16, [16] = 1 }, "what the master sends is not AgentX" },
                { { 1, 99, 16 }, "the master sent something that a master does not send" },
                { { 1, AGENTX_OPEN, 16 }, "the master sent something that a master does not send" },
                { { 1, AGENTX_RESPONSE, 16 }, "the master sent an answer that is cut off" },
                { {
                          1,
                          AGENTX_CLOSE,
                          16,
                          [19] = 4,
                  },
                  "" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct box *b = open_box(false);
                struct cur c = cur_of(rows[i].head, AGENTX_HEAD);
                int ret = agentx_session_input(b->s, &c);

                assert_int_equal(ret, *rows[i].why ? -1 : 0); /* the last one is not whole yet */
                assert_string_equal(agentx_session_why(b->s), rows[i].why);
                free_box(b);
        }
}

static void a_master_that_closes_is_told_of(void **state)
{
        struct box *b = open_box(false);

        (void)state;
        master_begin(&b->m, AGENTX_CLOSE, 0, MASTER_SESSION, 9);
        master_u32(&b->m, (uint32_t)AGENTX_REASON_SHUTDOWN << 24);
        master_end(&b->m);
        assert_int_equal(master_send(&b->m, b->s), -1);
        assert_string_equal(agentx_session_why(b->s), "the master closed the session, reason 5");
        free_box(b);
}

static void every_prefix_waits(void **state)
{
        static const char *const names[] = { "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.2", NULL };
        struct box *b = open_box(true);
        struct master m = { .le = true };

        (void)state;
        master_request(&m, AGENTX_GETNEXT, names);
        for (size_t n = 0; n < m.n; n++) {
                struct cur c = cur_of(m.out, n);

                assert_int_equal(agentx_session_input(b->s, &c), 0);
                assert_int_equal(c.left, n);
                assert_int_equal(read_all(b), 0);
        }
        assert_int_equal(master_send(&m, b->s), 0);
        assert_int_equal(read_all(b), 1);
        free_box(b);
}

static void a_master_that_does_not_read_is_not_served(void **state)
{
        static const char *const names[] = { "1.3.6.1.4.1.9", "", NULL };
        struct box *b = open_box(false);
        size_t n;

        (void)state;
        for (unsigned i = 0; i < 100000 && !b->m.n; i++) {
                master_request(&b->m, AGENTX_GETNEXT, names);
                assert_int_equal(master_send(&b->m, b->s), 0);
        }
        assert_true(b->m.n > 0); /* the last one waits */
        agentx_session_output(b->s, &n);
        assert_true(n > AGENTX_INPUT_MAX && n < 5 * AGENTX_INPUT_MAX);
        agentx_session_sent(b->s, n);
        assert_int_equal(master_send(&b->m, b->s), 0);
        assert_int_equal(b->m.n, 0);
        assert_int_equal(read_all(b), 1);
        free_box(b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(it_opens_and_registers_in_its_context),
                cmocka_unit_test(a_master_that_refuses_is_told_of),
                cmocka_unit_test(a_master_that_takes_nothing_is_left),
                cmocka_unit_test(a_silent_master_is_left),
                cmocka_unit_test(a_master_that_speaks_is_not_asked),
                cmocka_unit_test(a_master_that_has_forgotten_us_is_left),
                cmocka_unit_test(a_notification_is_sent_while_it_is_up),
                cmocka_unit_test(garbage_ends_the_session),
                cmocka_unit_test(a_master_that_closes_is_told_of),
                cmocka_unit_test(every_prefix_waits),
                cmocka_unit_test(a_master_that_does_not_read_is_not_served),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
