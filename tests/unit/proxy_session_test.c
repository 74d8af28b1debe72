/* Life of proxied sessions: how they begin and carry bytes, and that nothing stays behind. */
#include "tests/support/rig_test.h"

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
        CHECK(counts(r).done_client == 1 && counts(r).done_server == 1 && !counts(r).resumed);
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
        CHECK(counts(r).done_client == 1 && counts(r).done_server == 0);
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
                cmocka_unit_test(a_commit_leaves_live_sessions_alone),
                cmocka_unit_test(five_hundred_sessions_leave_nothing),
                cmocka_unit_test(without_memory_a_session_ends_cleanly),
                cmocka_unit_test(bytes_wait_for_memory),
                cmocka_unit_test(an_orderly_stop_resets_everybody),
                cmocka_unit_test(datagrams_come_back_with_their_verdict),
        };

        return cmocka_run_group_tests(tests, load, unload);
}
