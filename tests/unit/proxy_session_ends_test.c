/* Proxied sessions that end: resets, and END and GONE between the dataplane and the proxy worker. */
#include "tests/support/rig_test.h"

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

#define BLOCK "content-type: http/1.1\r\ncontent-length: 4\r\n\r\nabcd"

/* Both talk at once, and one is gone when its turn comes: the other hears its last words first, and then of the
 * reset. */
static void last_words(struct rig *r, struct rig_flow *f, bool of_server)
{
        struct leg **gone = of_server ? &f->server : &f->client, *stays = of_server ? f->client : f->server;
        char buf[sizeof BLOCK];

        CHECK(leg_write(*gone, BLOCK, sizeof BLOCK - 1) == sizeof BLOCK - 1);
        CHECK(leg_write(stays, BLOCK, sizeof BLOCK - 1) == sizeof BLOCK - 1);
        leg_close(*gone, true);
        *gone = NULL;
        rig_hear(r, stays, buf, sizeof BLOCK - 1);
        CHECK(!memcmp(buf, BLOCK, sizeof BLOCK - 1));
        RIG_UNTIL(r, f->free);
        CHECK(f->reason == (of_server ? CONN_END_RESET_I : CONN_END_RESET_O));
        RIG_UNTIL(r, of_server ? client_reset(f) : server_reset(f));
        rig_hang_up(f, true);
}

SESSION_TEST(what_was_said_before_a_reset_goes_through)
{
        struct rig_flow f;

        for (unsigned of_server = 0; of_server < 2; of_server++) {
                rig_open(r, &f, 3, (uint8_t)(1 + of_server));
                exchange(r, &f);
                last_words(r, &f, of_server);
        }
        for (unsigned of_server = 0; of_server < 2; of_server++) {
                rig_flow_clear(r, &f, 3, (uint8_t)(3 + of_server), true);
                RIG_UNTIL(r, f.connected == 1);
                rig_dial(r, &f);
                RIG_UNTIL(r, f.client_rc == 1 && f.server_rc == 1);
                exchange(r, &f);
                last_words(r, &f, of_server);
        }
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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_reset_goes_through),
                cmocka_unit_test(what_was_said_before_a_reset_goes_through),
                cmocka_unit_test(the_dataplane_may_end_it_at_any_time),
                cmocka_unit_test(ends_that_cross),
                cmocka_unit_test(stale_messages_do_nothing),
                cmocka_unit_test(a_socket_of_a_former_life_is_reset),
                cmocka_unit_test(a_full_ring_delays_ends),
        };

        return cmocka_run_group_tests(tests, load, unload);
}
