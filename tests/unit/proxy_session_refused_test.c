/* Proxied sessions that are refused or ended: by a peer that will not, by an engine, by a deadline. */
#include "tests/support/rig_test.h"

/* ---- refusals ---- */

SESSION_TEST(an_unverified_server_means_no_session)
{
        struct rig_flow f;

        r->bad_server = true;
        rig_flow(r, &f, 3, 1);
        rig_serve(r, &f);
        rig_dial(r, &f);
        RIG_UNTIL(r, f.free);
        CHECK(f.ends == 1 && counts(r).unverified == 1 && counts(r).failed_server == 1 && counts(r).active == 0);
        CHECK(f.drop == DROP_FLOW_SERVER_UNVERIFIED);
        CHECK(rig_logged(r, "780002") && rig_logged(r, "725006"));
        RIG_UNTIL(r, client_reset(&f));
        rig_hang_up(&f, true);
}

/* Sixty certificates, more than a record holds: words with the limit, and it counts as what it is. */
SESSION_TEST(a_server_with_a_chain_of_many_certificates)
{
        static uint8_t hello[] = { 22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3 }, rest[33], tail[] = { 0x00, 0x2f, 0 };
        static uint8_t chain[5 + 16000] = { 22, 3, 3, 16000 >> 8, 16000 & 255, 11, 0, 60003 >> 8, 60003 & 255 };
        struct rig_flow f;

        rig_flow(r, &f, 3, 1);
        f.clear[1] = true;
        rig_serve(r, &f);
        rig_dial(r, &f);
        RIG_UNTIL(r, f.server && f.server_rc == 1);
        rig_say(r, f.server, hello, sizeof hello);
        rig_say(r, f.server, rest, sizeof rest);
        rig_say(r, f.server, tail, sizeof tail);
        rig_say(r, f.server, chain, sizeof chain);
        RIG_UNTIL(r, f.free);
        CHECK(counts(r).unverified == 1 && counts(r).failed_server == 1 && f.drop == DROP_FLOW_SERVER_UNVERIFIED);
        CHECK(rig_logged(r,
                         "server: Certificate chain of 60007 bytes is longer than a record; the limit is 16384 bytes"
                         " and 8 certificates"));
        CHECK(!rig_logged(r, "not available"));
        rig_hang_up(&f, true);
}

SESSION_TEST(a_server_that_does_not_listen)
{
        struct rig_flow f;

        rig_flow(r, &f, 3, 1);
        rig_dial(r, &f);
        RIG_UNTIL(r, f.free);
        CHECK(f.reason == CONN_END_RESET_I && counts(r).failed_server == 1 && !counts(r).unverified);
        CHECK(f.drop == DROP_FLOW_SERVER_REFUSED && counts(r).server_refused == 1);
        CHECK(rig_logged(r, "Connection refused"));
        RIG_UNTIL(r, client_reset(&f));
        rig_hang_up(&f, true);
}

SESSION_TEST(a_client_that_speaks_no_tls)
{
        struct rig_flow f;

        rig_flow(r, &f, 3, 1);
        f.hold_client = true;
        rig_dial(r, &f);
        CHECK(leg_write(f.client->next, "GET / HTTP/1.1\r\n\r\n", 18) == 18);
        RIG_UNTIL(r, f.free);
        CHECK(f.drop == DROP_FLOW_TLS_CLIENT);
        CHECK(counts(r).failed_client == 1 && !f.server);
        rig_hang_up(&f, true);
}

/* No cipher in common: told by an alert, not by a reset. */
SESSION_TEST(a_client_that_cannot_be_served_gets_an_alert)
{
        struct rig_flow f;

        r->tp->n_server_suites = 1;
        snprintf(r->tp->server_suites[0], sizeof r->tp->server_suites[0], "aes256-sha1");
        rig_commit(r);
        rig_flow(r, &f, 3, 1);
        rig_dial(r, &f);
        RIG_UNTIL(r, f.free);
        CHECK(counts(r).failed_client == 1);
        CHECK(rig_logged(r, "725014"));
        RIG_UNTIL(r, (f.client_rc = leg_start(f.client)) != LEG_AGAIN);
        CHECK(f.client_rc == LEG_FAIL && strstr(f.client->why, "alert"));
        rig_hang_up(&f, true);
}

/* Nobody is left to serve: no fifteen seconds for a server that does not answer. */
SESSION_TEST(a_client_that_leaves_during_the_servers_handshake)
{
        struct rig_flow f;

        rig_flow(r, &f, 3, 1);
        f.hold_server = true;
        rig_serve(r, &f);
        rig_dial(r, &f);
        RIG_UNTIL(r, f.client_rc == 1 && f.server);
        leg_close(f.client, true);
        f.client = NULL;
        RIG_UNTIL(r, f.free);
        CHECK(f.reason == CONN_END_RESET_O && !counts(r).failed_server && !f.drop);
        rig_hang_up(&f, true);
}

/* What the client says before the server is ready waits for it. */
SESSION_TEST(an_eager_client_loses_nothing)
{
        char buf[100];
        struct rig_flow f;

        rig_flow(r, &f, 3, 1);
        f.hold_server = true;
        rig_serve(r, &f);
        rig_dial(r, &f);
        RIG_UNTIL(r, f.client_rc == 1 && f.server);
        CHECK(leg_write(f.client, HELLO, sizeof HELLO - 1) == sizeof HELLO - 1);
        for (unsigned i = 0; i < 20; i++)
                rig_step(r);
        CHECK(!f.ends);
        f.hold_server = false;
        RIG_UNTIL(r, f.server_rc == 1);
        rig_hear(r, f.server, buf, sizeof HELLO - 1);
        CHECK(!memcmp(buf, HELLO, sizeof HELLO - 1));
        rig_end(r, &f);
        RIG_UNTIL(r, f.free);
        rig_hang_up(&f, true);
}

/* Fifteen seconds for everything up to the open session, wherever it hangs. */
SESSION_TEST(handshakes_have_a_deadline)
{
        struct rig_flow a, b;

        rig_flow(r, &a, 3, 1);
        a.hold_client = true;
        rig_dial(r, &a);
        rig_flow(r, &b, 4, 1);
        b.hold_server = true;
        rig_serve(r, &b);
        rig_dial(r, &b);
        RIG_UNTIL(r, b.client_rc == 1 && b.server);
        rig_advance(r, 14900);
        CHECK(!a.ends && !b.ends);
        rig_advance(r, 200);
        CHECK(a.ends && b.ends && a.free && b.free);
        CHECK(a.reason == CONN_END_PROXY && b.reason == CONN_END_PROXY); /* TCP stood: no SYN timeout */
        CHECK(counts(r).failed_client == 1 && counts(r).failed_server == 1);
        rig_hang_up(&a, true);
        rig_hang_up(&b, true);
}

/* What it says waits in its socket; nobody looks at it again and again. */
SESSION_TEST(a_client_that_speaks_before_the_server_is_ready)
{
        char buf[sizeof HELLO];
        struct rig_flow f;
        unsigned busy = 0;

        rig_flow(r, &f, 3, 1);
        f.hold_server = true;
        rig_serve(r, &f);
        rig_dial(r, &f);
        RIG_UNTIL(r, f.client_rc == 1 && f.server);
        CHECK(leg_write(f.client, HELLO, sizeof HELLO - 1) == sizeof HELLO - 1);
        for (unsigned i = 0; i < 50; i++) {
                rig_step(r);
                rig_wait_1ms();
        }
        for (unsigned i = 0; i < 50; i++)
                busy += proxy_step(r->p, 0);
        CHECK(busy == 0);
        f.hold_server = false;
        RIG_UNTIL(r, f.server_rc == 1);
        rig_hear(r, f.server, buf, sizeof HELLO - 1);
        CHECK(!memcmp(buf, HELLO, sizeof HELLO - 1));
        rig_end(r, &f);
        RIG_UNTIL(r, f.free);
        rig_hang_up(&f, true);
}

SESSION_TEST(a_client_that_goes_before_the_server_is_ready)
{
        struct rig_flow f;

        rig_flow(r, &f, 3, 1);
        f.hold_server = true;
        rig_serve(r, &f);
        rig_dial(r, &f);
        RIG_UNTIL(r, f.client_rc == 1 && f.server);
        leg_close(f.client, true);
        f.client = NULL;
        RIG_UNTIL(r, f.free);
        CHECK(f.reason == CONN_END_RESET_O && counts(r).active == 0 && !counts(r).failed_server);
        rig_hang_up(&f, true);
}

SESSION_TEST(a_flow_whose_client_never_comes)
{
        struct rig_flow f;

        rig_flow(r, &f, 3, 1);
        rig_advance(r, 15100);
        CHECK(f.free && f.reason == CONN_END_SYN_TIMEOUT && f.drop == DROP_FLOW_TLS_CLIENT);
}

SESSION_TEST(sessions_are_limited)
{
        struct rig_flow a, b, c;

        r->conf.max_sessions = 1;
        rig_commit(r);
        rig_open(r, &a, 3, 1);
        rig_flow(r, &b, 4, 1);
        for (int i = 0; i < 20; i++)
                rig_step(r);
        CHECK(!b.free && counts(r).active == 1); /* a SYN takes no place */
        rig_dial(r, &b);
        RIG_UNTIL(r, b.free);
        CHECK(rig_logged(r, "446001") && b.drop == DROP_FLOW_LIMIT);
        CHECK(counts(r).most == 1 && counts(r).total == 1 && counts(r).refused_limit == 1);
        rig_hang_up(&b, true);
        exchange(r, &a);
        rig_end(r, &a);
        RIG_UNTIL(r, a.free);
        rig_hang_up(&a, true);
        rig_open(r, &c, 5, 1);
        rig_end(r, &c);
        RIG_UNTIL(r, c.free);
        rig_hang_up(&c, true);
}

/* Strangers who connect and say nothing take no session from those who prove themselves. */
SESSION_TEST(silent_clients_give_way)
{
        struct rig_flow silent[4], phone;

        r->conf.max_sessions = 1;
        rig_commit(r);
        r->p->limit = 8; /* half of the descriptors may be in their handshakes */
        for (unsigned i = 0; i < 4; i++) {
                rig_flow(r, &silent[i], 3 + i, 1);
                silent[i].hold_client = true;
                rig_dial(r, &silent[i]);
        }
        RIG_UNTIL(r, r->p->nunproven == 4);
        CHECK(counts(r).active == 0 && !silent[0].ends);
        rig_open(r, &phone, 10, 1);
        exchange(r, &phone);
        CHECK(silent[0].ends == 1 && !silent[1].ends && rig_logged(r, "gave way to newer clients"));
        CHECK(counts(r).gave_way == 1 && silent[0].drop == DROP_FLOW_LIMIT);
        CHECK(counts(r).active == 1 && r->p->nunproven == 3);
        for (unsigned i = 1; i < 4; i++)
                rig_end(r, &silent[i]);
        rig_end(r, &phone);
        RIG_UNTIL(r, phone.free && silent[1].free && silent[2].free && silent[3].free);
        CHECK(r->p->nunproven == 0 && counts(r).active == 0);
        for (unsigned i = 0; i < 4; i++)
                rig_hang_up(&silent[i], true);
        rig_hang_up(&phone, true);
}

SESSION_TEST(a_tls_proxy_that_cannot_work_says_why)
{
        struct rig_flow f;

        snprintf(r->tp->server_tp, sizeof r->tp->server_tp, "NONE");
        rig_commit(r);
        rig_flow(r, &f, 3, 1);
        RIG_UNTIL(r, f.free);
        CHECK(rig_logged(r, "Trustpoint NONE has not been enrolled"));
}

/* ---- the engine ends it ---- */

SESSION_TEST(a_violation_resets_both_ends)
{
        struct rig_flow f;
        char buf[8];

        rig_open(r, &f, 3, 1);
        exchange(r, &f);
        rig_say(r, f.client, "content-length:4\r\n\r\n", 20);
        RIG_UNTIL(r, f.free);
        CHECK(f.reason == CONN_END_INSPECT && f.drop == DROP_FLOW_INSPECT && counts(r).engine_closed == 1);
        CHECK(rig_logged(r, "780001") && rig_counter(r, "malformed header") == 1);
        RIG_UNTIL(r, client_reset(&f));
        CHECK(leg_read(f.server, buf, sizeof buf) < 0); /* nothing of the message, no orderly end */
        rig_hang_up(&f, true);
}

SESSION_TEST(half_a_head_has_a_deadline)
{
        struct rig_flow f;

        rig_open(r, &f, 3, 1);
        rig_say(r, f.client, "OLWP-2.0\r\n", 10);
        rig_advance(r, 29900);
        CHECK(!f.ends);
        rig_advance(r, 300);
        CHECK(f.free && f.reason == CONN_END_INSPECT);
        rig_hang_up(&f, true);
}

/* A byte now and then does not extend it. */
SESSION_TEST(trickling_does_not_help)
{
        struct rig_flow f;

        rig_open(r, &f, 3, 1);
        rig_say(r, f.client, "OLWP-2.0\r\n", 10);
        for (unsigned i = 0; i < 29; i++) {
                rig_advance(r, 1000);
                rig_say(r, f.client, "x", 1);
                rig_step(r);
        }
        CHECK(!f.ends);
        rig_advance(r, 1500);
        CHECK(f.free && f.reason == CONN_END_INSPECT);
        rig_hang_up(&f, true);
}

/* The deadline is a message's: one that always has the beginning of the next one behind it never meets it. */
SESSION_TEST(each_message_has_its_own_deadline)
{
        struct rig_flow f;

        rig_open(r, &f, 3, 1);
        rig_say(r, f.client, HELLO "x: ", sizeof HELLO - 1 + 3);
        for (unsigned i = 0; i < 10; i++) {
                rig_advance(r, 10000);
                CHECK(!f.ends);
                rig_say(r, f.client, "y\r\n\r\nx: ", 8);
                rig_step(r);
        }
        rig_advance(r, 20000);
        CHECK(!f.ends);
        rig_advance(r, 11000);
        CHECK(f.free && f.reason == CONN_END_INSPECT);
        rig_hang_up(&f, true);
}

/* A head that was passed on promises content; who does not send it is ended like who does not end a head. */
SESSION_TEST(content_has_a_deadline)
{
        static const char head[] = "content-type: http/1.1\r\ncontent-length: 40\r\n\r\n";
        char buf[sizeof head];
        struct rig_flow f;

        rig_open(r, &f, 3, 1);
        exchange(r, &f);
        rig_say(r, f.client, head, sizeof head - 1);
        rig_hear(r, f.server, buf, sizeof head - 1);
        rig_advance(r, 29800);
        CHECK(!f.ends);
        rig_advance(r, 300);
        CHECK(f.free && f.reason == CONN_END_INSPECT && f.drop == DROP_FLOW_INSPECT && counts(r).engine_closed == 1);
        CHECK(rig_logged(r, "780001") && !rig_logged(r, "780002") && rig_logged(r, "content not completed in time"));
        CHECK(rig_counter(r, "message overdue") == 1 && rig_counter(r, "resets") == 1);
        RIG_UNTIL(r, both_reset(&f));
        rig_hang_up(&f, true);
}

/* An octet of content now and then is passed on, and does not extend its time. */
SESSION_TEST(trickling_content_does_not_help)
{
        static const char head[] = "content-type: http/1.1\r\ncontent-length: 40\r\n\r\n";
        char buf[sizeof head];
        struct rig_flow f;

        rig_open(r, &f, 3, 1);
        exchange(r, &f);
        rig_say(r, f.client, head, sizeof head - 1);
        rig_hear(r, f.server, buf, sizeof head - 1);
        for (unsigned i = 0; i < 29; i++) {
                rig_advance(r, 1000);
                rig_say(r, f.client, "x", 1);
                rig_hear(r, f.server, buf, 1);
        }
        CHECK(!f.ends);
        rig_advance(r, 1500);
        CHECK(f.free && f.reason == CONN_END_INSPECT);
        rig_hang_up(&f, true);
}

/* One message after the other, each with its content in time: no deadline is met, nor afterwards in silence. */
SESSION_TEST(each_content_has_its_own_deadline)
{
        static const char head[] = "content-type: http/1.1\r\ncontent-length: 2\r\n\r\n";
        char buf[sizeof head + 2];
        struct rig_flow f;

        rig_open(r, &f, 3, 1);
        exchange(r, &f);
        rig_say(r, f.client, head, sizeof head - 1);
        for (unsigned i = 0; i < 5; i++) {
                rig_hear(r, f.server, buf, sizeof head - 1);
                rig_advance(r, 20000);
                CHECK(!f.ends);
                snprintf(buf, sizeof buf, "xy%s", head);
                rig_say(r, f.client, buf, i < 4 ? sizeof head + 1 : 2);
                rig_hear(r, f.server, buf, 2);
        }
        rig_advance(r, 100000);
        CHECK(!f.ends);
        rig_end(r, &f);
        RIG_UNTIL(r, f.free);
        rig_hang_up(&f, true);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_unverified_server_means_no_session),
                cmocka_unit_test(a_server_that_does_not_listen),
                cmocka_unit_test(a_client_that_speaks_no_tls),
                cmocka_unit_test(a_client_that_cannot_be_served_gets_an_alert),
                cmocka_unit_test(a_client_that_leaves_during_the_servers_handshake),
                cmocka_unit_test(an_eager_client_loses_nothing),
                cmocka_unit_test(handshakes_have_a_deadline),
                cmocka_unit_test(a_client_that_speaks_before_the_server_is_ready),
                cmocka_unit_test(a_client_that_goes_before_the_server_is_ready),
                cmocka_unit_test(a_flow_whose_client_never_comes),
                cmocka_unit_test(sessions_are_limited),
                cmocka_unit_test(silent_clients_give_way),
                cmocka_unit_test(a_tls_proxy_that_cannot_work_says_why),
                cmocka_unit_test(a_violation_resets_both_ends),
                cmocka_unit_test(half_a_head_has_a_deadline),
                cmocka_unit_test(trickling_does_not_help),
                cmocka_unit_test(content_has_a_deadline),
                cmocka_unit_test(trickling_content_does_not_help),
                cmocka_unit_test(each_content_has_its_own_deadline),
                cmocka_unit_test(a_server_with_a_chain_of_many_certificates),
                cmocka_unit_test(each_message_has_its_own_deadline),
        };

        return cmocka_run_group_tests(tests, load, unload);
}
