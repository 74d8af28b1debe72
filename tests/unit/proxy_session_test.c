/* Life of proxied sessions: every way they begin, carry bytes and end, and that nothing stays behind. */
#include "tests/support/rig_test.h"

static struct proxy_counts counts(struct rig *r)
{
        struct proxy_counts c, all;

        proxy_counts(r->p, r->tp->o.id, &c);
        proxy_counts(r->p, 0, &all);
        CHECK(memcmp(&c, &all, sizeof c) == 0); /* the only tls-proxy */
        return c;
}

/* ---- a good session ---- */

/* The line that counts what the client proposed, and then as many lines of suites, numbered. */
static bool offered_are_listed(struct rig *r)
{
        const char *at = rig_logged(r, "725008") ? strstr(r->log, "proposes the following ") : "";
        unsigned n = 0, i = 0, said;
        char name[64];

        if (sscanf(at, "proposes the following %u cipher(s)", &n) != 1)
                return false;
        for (at = strchr(at, '\n') + 1; i < n; i++, at = strchr(at, '\n') + 1)
                if (sscanf(at, "%%ASA-7-725011: Cipher[%u] : %63s", &said, name) != 2 || said != i + 1)
                        return false;
        return n && !strncmp(at, "%ASA-7-725012", 13) && !strstr(r->log, "unknown");
}

SESSION_TEST(bytes_pass_and_are_shown)
{
        struct rig_flow f;
        struct session_row row;

        rig_open(r, &f, 3, 1);
        exchange(r, &f);
        row = row_of(r);
        CHECK(row.flow == 3 && row.state == SESS_OPEN && row.engine == INSPECT_MMP);
        CHECK(row.bytes[0] == sizeof HELLO - 1 && row.bytes[1] == sizeof ANSWER - 1);
        CHECK(!strcmp(row.tls[0].version, "TLSv1.2") && row.tls[0].cipher[0] && row.tls[1].cipher[0]);
        CHECK(!strcmp(row.tls[1].trustpoint, "CA"));
        CHECK(!strncmp(row.describe, "session-id=ABCD_1234\ndata:: rx-bytes=50, tx-bytes=50", 160));
        CHECK(counts(r).active == 1 && counts(r).total == 1);
        CHECK(rig_counter(r, "client messages") == 1 && rig_counter(r, "server messages") == 1);
        CHECK(rig_logged(r, "725002"));
        CHECK(offered_are_listed(r));

        leg_finish(f.client);
        RIG_UNTIL(r, ended(f.server));
        CHECK(!f.ends);
        leg_finish(f.server);
        RIG_UNTIL(r, f.free);
        CHECK(f.ends == 1 && f.reason == CONN_END_FINS && ended(f.client));
        CHECK(counts(r).active == 0 && counts(r).total == 1 && counts(r).most == 1);
        rig_hang_up(&f, false);
}

/* ---- without TLS ---- */

SESSION_TEST(a_closed_port_lets_no_cleartext_client_in)
{
        struct rig_flow f;

        rig_flow_clear(r, &f, 3, 1, false);
        RIG_UNTIL(r, f.free);
        CHECK(f.ends == 1 && !f.connected && f.drop == DROP_FLOW_SERVER_REFUSED);
        rig_hang_up(&f, true);
}

SESSION_TEST(bytes_pass_in_the_clear)
{
        struct rig_flow f;
        struct session_row row;
        struct proxy_counts c;

        rig_flow_clear(r, &f, 3, 1, true);
        RIG_UNTIL(r, f.connected == 1);
        CHECK(row_of(r).state == SESS_WAIT_CLIENT);
        rig_dial(r, &f);
        RIG_UNTIL(r, f.client_rc == 1 && f.server_rc == 1);
        exchange(r, &f);
        row = row_of(r);
        CHECK(row.state == SESS_OPEN && !row.tls[0].version[0] && !row.tls[1].version[0]);
        proxy_counts(r->p, r->tp->o.id, &c);
        CHECK(c.total == 0); /* no TLS session */
        leg_finish(f.client);
        RIG_UNTIL(r, ended(f.server));
        leg_finish(f.server);
        RIG_UNTIL(r, f.free);
        CHECK(f.ends == 1 && f.reason == CONN_END_FINS);
        rig_hang_up(&f, false);
}

SESSION_TEST(a_server_that_leaves_before_its_client_came)
{
        struct rig_flow f;

        rig_flow_clear(r, &f, 3, 1, true);
        RIG_UNTIL(r, f.connected == 1 && f.server);
        leg_close(f.server, true);
        f.server = NULL;
        RIG_UNTIL(r, f.free);
        CHECK(f.ends == 1 && f.reason == CONN_END_RESET_I);
        rig_hang_up(&f, true);
}

/* The client's leg is TLS, the server's is not. */
SESSION_TEST(tls_is_taken_off_for_a_cleartext_server)
{
        struct rig_flow f;

        r->tp->cleartext_port = 5060;
        rig_commit(r);
        rig_flow(r, &f, 3, 1);
        f.clear[1] = true;
        rig_serve(r, &f);
        rig_dial(r, &f);
        RIG_UNTIL(r, f.client_rc == 1 && f.server_rc == 1);
        exchange(r, &f);
        CHECK(row_of(r).tls[0].version[0] && !row_of(r).tls[1].version[0] && counts(r).active == 1);
        rig_end(r, &f);
        RIG_UNTIL(r, f.free);
        CHECK(both_reset(&f));
        rig_hang_up(&f, true);
}

/* The other direction goes on after one has ended. */
SESSION_TEST(half_closed_sessions_live_on)
{
        static char big[200000], back[sizeof big];
        struct rig_flow f;

        rig_open(r, &f, 3, 1);
        exchange(r, &f);
        leg_finish(f.client);
        RIG_UNTIL(r, ended(f.server));
        for (size_t i = 0; i < sizeof big; i++)
                big[i] = (char)(i * 7);
        rig_say(r, f.server, "not a head\n", 11); /* switches parsing off */
        rig_hear(r, f.client, back, 11);
        for (size_t off = 0; off < sizeof big; off += 20000) {
                rig_say(r, f.server, big + off, 20000);
                rig_hear(r, f.client, back + off, 20000);
        }
        CHECK(!memcmp(big, back, sizeof big));
        leg_finish(f.server);
        RIG_UNTIL(r, f.free);
        CHECK(ended(f.client) && f.reason == CONN_END_FINS);
        rig_hang_up(&f, false);
}

/* A slow reader: the proxy keeps a bounded amount, stops reading, and everything arrives in the end. */
SESSION_TEST(a_slow_reader_holds_its_source_back)
{
        static char big[8 << 20], back[65536];
        struct mem_stat before, now;
        size_t sent = 0, got = 0;
        unsigned stuck = 0;
        struct rig_flow f;

        rig_open(r, &f, 3, 1);
        exchange(r, &f);
        mem_stat(MEM_STREAM, &before);
        for (size_t i = 0; i < sizeof big; i++)
                big[i] = (char)(i % 251);
        big[0] = 0; /* no head */
        while (sent < sizeof big && stuck < 200) {
                ssize_t n = leg_write(f.server, big + sent, MIN_OF(sizeof big - sent, (size_t)16384));

                stuck = n == LEG_AGAIN ? stuck + 1 : 0;
                sent += n > 0 ? (size_t)n : 0;
                rig_step(r);
        }
        CHECK(stuck == 200 && sent < sizeof big);
        mem_stat(MEM_STREAM, &now);
        CHECK(now.bytes - before.bytes < 300000);
        while (got < sizeof big) {
                ssize_t n = sent < sizeof big
                                    ? leg_write(f.server, big + sent, MIN_OF(sizeof big - sent, (size_t)16384))
                                    : 0;

                sent += n > 0 ? (size_t)n : 0;
                rig_step(r);
                n = leg_read(f.client, back, sizeof back);
                CHECK(n > 0 || n == LEG_AGAIN);
                if (n < 0) {
                        rig_wait_1ms();
                        continue;
                }
                CHECK(!memcmp(back, big + got, (size_t)n));
                got += (size_t)n;
        }
        rig_end(r, &f);
        RIG_UNTIL(r, f.free);
        rig_hang_up(&f, true);
}

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

/* ---- resets ---- */

SESSION_TEST(a_reset_goes_through)
{
        struct rig_flow f;

        rig_open(r, &f, 3, 1);
        exchange(r, &f);
        leg_close(f.client, true);
        f.client = NULL;
        RIG_UNTIL(r, f.free);
        CHECK(f.reason == CONN_END_RESET_O);
        RIG_UNTIL(r, server_reset(&f));
        rig_hang_up(&f, true);

        rig_open(r, &f, 4, 1);
        leg_close(f.server, true);
        f.server = NULL;
        RIG_UNTIL(r, f.free);
        CHECK(f.reason == CONN_END_RESET_I);
        RIG_UNTIL(r, client_reset(&f));
        rig_hang_up(&f, true);
}

/* ---- END, GONE ---- */

SESSION_TEST(the_dataplane_may_end_it_at_any_time)
{
        struct rig_flow f;

        rig_flow(r, &f, 3, 1); /* waiting for its client */
        rig_end(r, &f);
        RIG_UNTIL(r, f.free);
        CHECK(f.gones == 1 && !f.ends);

        rig_flow(r, &f, 3, 2); /* in the client's handshake */
        f.hold_client = true;
        rig_dial(r, &f);
        RIG_UNTIL(r, row_of(r).state == SESS_TLS_CLIENT);
        rig_end(r, &f);
        RIG_UNTIL(r, f.free);
        CHECK(f.gones == 1 && !f.ends);
        rig_hang_up(&f, true);

        rig_flow(r, &f, 3, 3); /* in the server's */
        f.hold_server = true;
        rig_serve(r, &f);
        rig_dial(r, &f);
        RIG_UNTIL(r, row_of(r).state == SESS_TLS_SERVER && f.server);
        rig_end(r, &f);
        RIG_UNTIL(r, f.free);
        CHECK(f.gones == 1 && !f.ends);
        rig_hang_up(&f, true);

        rig_open(r, &f, 3, 4); /* open */
        rig_end(r, &f);
        RIG_UNTIL(r, f.free);
        CHECK(f.gones == 1 && !f.ends);
        RIG_UNTIL(r, both_reset(&f));
        rig_hang_up(&f, true);
        CHECK(!counts(r).active);
}

/* Both say END before they hear the other: neither is answered, both know. */
SESSION_TEST(ends_that_cross)
{
        struct punt_msg end = { .kind = PUNT_END, .flow = 3, .gen = 1 };
        struct rig_flow f;

        rig_open(r, &f, 3, 1);
        r->mute = true;
        CHECK(proxy_clear(r->p, 0) == 1);
        rig_tell(r, &end);
        rig_step(r);
        rig_step(r);
        CHECK(f.ends == 1 && f.gones == 0 && f.reason == CONN_END_CLEARED);
        r->mute = false;
        rig_hang_up(&f, true);
        rig_open(r, &f, 3, 2); /* the id is free for use */
        rig_end(r, &f);
        RIG_UNTIL(r, f.free);
        rig_hang_up(&f, true);
}

/* Messages about a former life of the id, and ids that never were, do nothing. */
SESSION_TEST(stale_messages_do_nothing)
{
        struct punt_msg m = { .kind = PUNT_END, .flow = 3, .gen = 1 };
        struct rig_flow f;

        rig_open(r, &f, 3, 2);
        rig_tell(r, &m);
        m.kind = PUNT_GONE;
        rig_tell(r, &m);
        m.flow = 0;
        rig_tell(r, &m);
        m.flow = 0xFFFFFFFF;
        rig_tell(r, &m);
        rig_step(r);
        exchange(r, &f);
        rig_end(r, &f);
        RIG_UNTIL(r, f.free);
        rig_hang_up(&f, true);
}

SESSION_TEST(a_socket_of_a_former_life_is_reset)
{
        struct rig_flow f, old = { .id = 3, .gen = 1, .listener = -1 };

        rig_flow(r, &f, 3, 2);
        old.hold_client = true;
        rig_dial(r, &old);
        RIG_UNTIL(r, client_reset(&old));
        CHECK(row_of(r).state == SESS_WAIT_CLIENT);
        leg_close(old.client, true);
        rig_serve(r, &f);
        rig_dial(r, &f);
        RIG_UNTIL(r, f.client_rc == 1 && f.server_rc == 1);
        rig_end(r, &f);
        RIG_UNTIL(r, f.free);
        rig_hang_up(&f, true);
}

/* The dataplane stands still and its ring is full: END and GONE are sent when there is room. */
SESSION_TEST(a_full_ring_delays_ends)
{
        struct punt_msg junk = { .kind = PUNT_DGRAM_DROP + 100 }, m;
        struct rig_flow a, b;
        unsigned n = 0;

        rig_open(r, &a, 3, 1);
        rig_open(r, &b, 4, 1);
        while (ring_push(r->link.to_dp, &junk))
                n++;
        m = (struct punt_msg){ .kind = PUNT_END, .flow = b.id, .gen = b.gen };
        ring_push(r->link.to_proxy, &m);
        CHECK(proxy_clear(r->p, 0) == 2);
        for (unsigned i = 0; i < 10; i++)
                proxy_step(r->p, 0);
        CHECK(counts(r).active == 0 && !a.ends && !b.ends && !b.gones);
        for (unsigned i = 0; i < n; i++)
                CHECK(ring_pop(r->link.to_dp, &m) && m.kind == junk.kind);
        RIG_UNTIL(r, a.free && b.gones + b.ends == 1);
        CHECK(a.ends == 1);
        rig_hang_up(&a, true);
        rig_hang_up(&b, true);
}

/* ---- configuration changes ---- */

SESSION_TEST(a_commit_leaves_live_sessions_alone)
{
        struct rig_flow a, b;

        rig_open(r, &a, 3, 1);
        snprintf(r->tp->server_tp, sizeof r->tp->server_tp, "NONE");
        rig_commit(r);
        rig_step(r);
        exchange(r, &a); /* with the profile it began with */
        rig_flow(r, &b, 4, 1);
        RIG_UNTIL(r, b.free);
        rig_end(r, &a);
        RIG_UNTIL(r, a.free);
        rig_hang_up(&a, true);
}

/* ---- nothing stays behind ---- */

SESSION_TEST(five_hundred_sessions_leave_nothing)
{
        uint64_t live = 0;
        unsigned fds = 0;

        for (unsigned i = 0; i < 500; i++) {
                struct rig_flow f;

                if (i == 20) {
                        live = mem_live_blocks();
                        fds = rig_descriptors();
                }
                if (i % 5 == 0) { /* given up half-way */
                        rig_flow(r, &f, 3 + i % 7, (uint8_t)(i + 1));
                        f.hold_server = true;
                        rig_serve(r, &f);
                        rig_dial(r, &f);
                        for (unsigned k = 0; k < i % 30; k++)
                                rig_step(r);
                } else {
                        rig_open(r, &f, 3 + i % 7, (uint8_t)(i + 1));
                        exchange(r, &f);
                }
                if (i % 3)
                        rig_end(r, &f);
                else
                        proxy_clear(r->p, 0);
                RIG_UNTIL(r, f.free);
                rig_hang_up(&f, true);
                if (i >= 20 && i % 20 == 0) {
                        rig_logged(r, "");
                        rig_step(r);
                        CHECK(mem_live_blocks() == live);
                        CHECK(rig_descriptors() == fds);
                }
        }
        CHECK(counts(r).total > 400 && counts(r).total <= 500 && counts(r).active == 0);
}

/* The nth allocation fails, for every n: the flow still ends cleanly, and nothing is lost. */
SESSION_TEST(without_memory_a_session_ends_cleanly)
{
        uint64_t live;
        unsigned opened = 0;

        { /* what is allocated once */
                struct rig_flow f;

                rig_open(r, &f, 3, 1);
                exchange(r, &f);
                rig_end(r, &f);
                RIG_UNTIL(r, f.free);
                rig_hang_up(&f, true);
        }
        live = mem_live_blocks();
        for (unsigned n = 1; n < 400 && opened < 3; n++) {
                struct rig_flow f;

                r->fail_nth = n;
                r->failed = false;
                rig_flow(r, &f, 3 + n % 3, (uint8_t)(n + 1));
                if (!f.free) {
                        rig_serve(r, &f);
                        rig_dial(r, &f);
                }
                RIG_UNTIL(r, f.free || (f.client_rc == 1 && f.server_rc == 1));
                for (unsigned k = 0; k < 20 && !f.free; k++)
                        rig_step(r);
                if (!f.free) {
                        exchange(r, &f); /* also with the failure in the middle of it */
                        opened += !r->failed;
                        rig_end(r, &f);
                }
                RIG_UNTIL(r, f.free);
                r->fail_nth = 0;
                rig_hang_up(&f, true);
                rig_step(r);
                if (mem_live_blocks() != live)
                        fprintf(stderr, "allocation %u\n", n);
                CHECK(mem_live_blocks() == live);
        }
        CHECK(opened == 3);
}

/* Bytes that arrived when there was no memory for them are dealt with later, without any new ones. */
SESSION_TEST(bytes_wait_for_memory)
{
        char buf[100];
        struct rig_flow f;

        rig_open(r, &f, 3, 1);
        CHECK(leg_write(f.client, HELLO, sizeof HELLO - 1) == sizeof HELLO - 1);
        mem_fail_nth(2, true); /* the input buffer can be had, the output buffer cannot */
        for (unsigned i = 0; i < 20; i++)
                proxy_step(r->p, 0);
        mem_fail_nth(0, false);
        rig_hear(r, f.server, buf, sizeof HELLO - 1);
        CHECK(!memcmp(buf, HELLO, sizeof HELLO - 1));
        rig_end(r, &f);
        RIG_UNTIL(r, f.free);
        rig_hang_up(&f, true);
}

SESSION_TEST(an_orderly_stop_resets_everybody)
{
        struct rig_flow f;

        rig_open(r, &f, 3, 1);
        proxy_abort_all(r->p);
        RIG_UNTIL(r, both_reset(&f) && f.free);
        CHECK(f.reason == CONN_END_PROXY);
        rig_hang_up(&f, true);
}

/* ---- datagrams ---- */

static struct pkt *datagram(struct rig *r, const void *p, size_t n)
{
        struct pkt *pk = pkt_get(r->wf.w->pkts, 1000);

        CHECK(pk != NULL);
        pk->l3 = pk->off;
        pk->l4 = pk->l3 + 20;
        pk->pay = pk->l4 + 8;
        pk->end = pk->pay + (uint32_t)n;
        pk->tot_pay = (uint32_t)n;
        pk->len = pk->end - pk->off;
        pk->key.fam = ADDR_V4;
        pk->key.proto = IPPROTO_UDP_;
        memcpy(pk->buf + pk->pay, p, n);
        return pk;
}

static void send_datagram(struct rig *r, struct rig_flow *f, const void *p, size_t n)
{
        struct punt_msg m = { .kind = PUNT_DGRAM, .flow = f->id, .gen = f->gen, .dir = DIR_C2S };

        m.pk = datagram(r, p, n);
        rig_tell(r, &m);
        rig_step(r);
        CHECK(r->pk == m.pk);
        pkt_put(m.pk);
}

SESSION_TEST(datagrams_come_back_with_their_verdict)
{
        static const char rrq[] = "\0\1SEP001122334455.cnf.xml\0octet\0";
        struct rig_flow f;

        rig_flow_udp(r, &f, 3, 1);
        send_datagram(r, &f, rrq, sizeof rrq - 1);
        CHECK(r->ndgram == 1 && r->ndrop == 0 && r->nholes == 1);
        CHECK(r->order == 2); /* pinhole first: it is in force before the request goes on */
        CHECK(r->hole.in_iface == WF_INSIDE && r->hole.out_iface == WF_OUTSIDE && r->hole.proto == IPPROTO_UDP_);
        CHECK(r->hole.sport == 0 && r->hole.dport == 40001 && r->hole.dst_real_port == 40000);
        CHECK(r->hole.owner == 1000 + f.id && r->hole.once && r->hole.action == CONN_FORWARD);
        send_datagram(r, &f, "nonsense", 8);
        CHECK(r->ndgram == 1 && r->ndrop == 1 && r->nholes == 1);
        f.gen++;
        send_datagram(r, &f, rrq, sizeof rrq - 1); /* of another life */
        CHECK(r->ndgram == 1 && r->ndrop == 2 && r->nholes == 1);
        f.gen--;
        rig_end(r, &f);
        RIG_UNTIL(r, f.free);
        send_datagram(r, &f, rrq, sizeof rrq - 1); /* after the end */
        CHECK(r->ndgram == 1 && r->ndrop == 3);
        CHECK(rig_counter(r, "requests") == 1 && rig_counter(r, "malformed requests") == 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(bytes_pass_and_are_shown),
                cmocka_unit_test(a_closed_port_lets_no_cleartext_client_in),
                cmocka_unit_test(bytes_pass_in_the_clear),
                cmocka_unit_test(a_server_that_leaves_before_its_client_came),
                cmocka_unit_test(tls_is_taken_off_for_a_cleartext_server),
                cmocka_unit_test(half_closed_sessions_live_on),
                cmocka_unit_test(a_slow_reader_holds_its_source_back),
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
                cmocka_unit_test(a_reset_goes_through),
                cmocka_unit_test(the_dataplane_may_end_it_at_any_time),
                cmocka_unit_test(ends_that_cross),
                cmocka_unit_test(stale_messages_do_nothing),
                cmocka_unit_test(a_socket_of_a_former_life_is_reset),
                cmocka_unit_test(a_full_ring_delays_ends),
                cmocka_unit_test(a_commit_leaves_live_sessions_alone),
                cmocka_unit_test(five_hundred_sessions_leave_nothing),
                cmocka_unit_test(without_memory_a_session_ends_cleanly),
                cmocka_unit_test(bytes_wait_for_memory),
                cmocka_unit_test(an_orderly_stop_resets_everybody),
                cmocka_unit_test(datagrams_come_back_with_their_verdict),
        };

        return cmocka_run_group_tests(tests, load, unload);
}
