/* SCCP inspection on the wire: frames, the checks of a map, and what is shown. */
#include "platform/base/mem.h"
#include "tests/support/sccp_engine_rig.h"

/* ---- frames ---- */

static void every_message_goes_on_unchanged(void **state UNUSED)
{
        struct feed f;
        unsigned n = 0;

        begin(&f, &plain, NULL);
        for (uint32_t id = 0; id <= 0x181; id++) {
                struct sccp_bytes b = sb_begin(0, id);

                if (id == 0x81 || id == 0x22 || id == 1 || id == 0x29 || id == 0x45)
                        continue; /* they need a name or a stream */
                sb_fill(&b, 0, 400);
                b = sb_done(b);
                if (sccp_say(&f, DIR_C2S, b).n != b.n)
                        require_same(sccp_say(&f, DIR_S2C, b), b);
                n++;
        }
        assert_true(n > 350);
        end(&f);
}

static void bytes_may_come_in_any_pieces(void **state UNUSED)
{
        const struct sccp_bytes b[] = { sb_register(NAME, PHONE), sb_empty(0),
                                        sb_open_ack(17, PARTY, 0, PHONE, 20000),
                                        sb_start_ack(17, PARTY, PHONE, 20000) };
        uint8_t all[1024];
        size_t n = 0;
        struct feed f;

        for (unsigned i = 0; i < ARRAY_LEN(b); i++) {
                memcpy(all + n, b[i].p, b[i].n);
                n += b[i].n;
        }
        for (size_t cut = 1; cut < n; cut++) {
                begin(&f, &plain, NULL);
                feed(&f, DIR_C2S, all, cut);
                assert_int_equal(feed(&f, DIR_C2S, all + cut, n - cut), ENGINE_ACCEPT);
                assert_int_equal(f.side[0].nout, n);
                assert_memory_equal(f.side[0].out, all, n);
                end(&f);
        }
        begin(&f, &plain, NULL);
        for (size_t i = 0; i < n; i++) {
                enum engine_verdict v = feed(&f, DIR_C2S, all + i, 1);

                assert_int_equal(v, f.side[0].nwait ? ENGINE_MORE : ENGINE_ACCEPT);
        }
        assert_int_equal(f.side[0].nout, n);
        end(&f);
}

static void what_is_no_sccp_ends_the_session(void **state UNUSED)
{
        static const struct {
                const char *bytes;
                size_t n;
                const char *reason;
        } rows[] = { { "\3\0\0\0", 4, "not SCCP: length below 4" },
                     { "\0\0\1\0", 4, "not SCCP: length over the maximum" },
                     { "GET / HTTP/1.1\r\n", 16, "not SCCP: length over the maximum" },
                     { "\4\0\0\0\1\0\0\0", 8, "not SCCP: header version unknown" },
                     { "\4\0\0\0\x17\0\0\0", 8, "not SCCP: header version unknown" } };

        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                struct feed f;

                begin(&f, &plain, NULL);
                assert_int_equal(feed(&f, DIR_S2C, rows[i].bytes, rows[i].n), ENGINE_CLOSE);
                assert_string_equal(f.c.reason, rows[i].reason);
                require_count(&f, "framing lost", 1);
                end(&f);
        }
}

static void an_end_in_the_middle_is_counted(void **state UNUSED)
{
        struct feed f;

        begin(&f, &plain, NULL);
        assert_int_equal(feed_fin(&f, DIR_C2S, "\4\0\0\0\0\0\0\0\0\0\0\0\4\0", 14, true), ENGINE_ACCEPT);
        assert_int_equal(f.side[0].nout, 12);
        require_count(&f, "incomplete message", 1);
        end(&f);
}

/* ---- checks ---- */

static void prefix_lengths(void **state UNUSED)
{
        struct sccp_map m = sccp_map_default();
        struct sccp_bytes small = sb_end(0, 0x7, 1), large = sb_register(NAME, PHONE);
        struct feed f;

        m.prefix_min = 8;
        m.prefix_max = 20;
        begin(&f, &plain, &m);
        require_nothing(sccp_say(&f, DIR_C2S, sb_empty(0)));
        require_nothing(sccp_say(&f, DIR_C2S, large));
        require_same(sccp_say(&f, DIR_C2S, small), small);
        require_count(&f, "prefix too small", 1);
        require_count(&f, "prefix too large", 1);
        end(&f);
}

static void message_ids(void **state UNUSED)
{
        struct sccp_map m = sccp_map_default();
        struct feed f;

        begin(&f, &plain, NULL); /* 0x181 where nothing is said */
        require_same(sccp_say(&f, DIR_C2S, sb_empty(0x181)), sb_empty(0x181));
        require_nothing(sccp_say(&f, DIR_C2S, sb_empty(0x182)));
        require_nothing(sccp_say(&f, DIR_C2S, sb_empty(0x8001)));
        require_count(&f, "message id not allowed", 2);
        require_count(&f, "unknown message ids", 1);
        end(&f);
        m.id_max = 0x141;
        begin(&f, &plain, &m);
        require_same(sccp_say(&f, DIR_S2C, sb_empty(0x141)), sb_empty(0x141));
        require_nothing(sccp_say(&f, DIR_S2C, sb_empty(0x142)));
        end(&f);
}

static void matches_drop(void **state UNUSED)
{
        static const struct sccp_match match[] = { { .lo = 3, .hi = 5 } }, negated[] = { { true, true, 0, 9 } };
        struct sccp_map m = sccp_map_default();
        struct feed f;

        m.match = match;
        m.nmatches = 1;
        begin(&f, &plain, &m);
        require_same(sccp_say(&f, DIR_C2S, sb_empty(0)), sb_empty(0));
        require_nothing(sccp_say(&f, DIR_C2S, sb_empty(3)));
        require_nothing(sccp_say(&f, DIR_C2S, sb_empty(5)));
        require_same(sccp_say(&f, DIR_C2S, sb_empty(6)), sb_empty(6));
        require_count(&f, "dropped by match", 2);
        end(&f);
        m.match = negated;
        begin(&f, &plain, &m);
        require_same(sccp_say(&f, DIR_C2S, sb_empty(9)), sb_empty(9));
        require_nothing(sccp_say(&f, DIR_C2S, sb_empty(10)));
        end(&f);
}

static void registration_can_be_enforced(void **state UNUSED)
{
        struct sccp_map m = sccp_map_default();
        struct feed f;

        m.enforce_registration = true;
        begin(&f, &plain, &m);
        require_nothing(sccp_say(&f, DIR_C2S, sb_empty(6)));
        require_nothing(sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear)));
        require_same(sccp_say(&f, DIR_C2S, sb_empty(0)), sb_empty(0));
        require_same(sccp_say(&f, DIR_S2C, sb_empty(0x100)), sb_empty(0x100));
        require_count(&f, "registration not complete", 2);
        require_nothing(sccp_say(&f, DIR_S2C, sb_register_ack(17))); /* nobody asked */
        require_nothing(sccp_say(&f, DIR_C2S, sb_empty(6)));
        registers(&f, PHONE);
        require_same(sccp_say(&f, DIR_C2S, sb_empty(6)), sb_empty(6));
        require_same(sccp_say(&f, DIR_S2C, sb_empty(0x9d)), sb_empty(0x9d));
        require_nothing(sccp_say(&f, DIR_C2S, sb_empty(6)));
        end(&f);
}

static void wrong_directions(void **state UNUSED)
{
        struct feed f;

        begin(&f, &plain, NULL);
        require_nothing(sccp_say(&f, DIR_C2S, sb_open(17, PARTY, clear)));
        require_nothing(sccp_say(&f, DIR_S2C, sb_open_ack(17, PARTY, 0, PHONE, 20000)));
        require_nothing(sccp_say(&f, DIR_C2S, sb_register_ack(17)));
        require_count(&f, "messages of the wrong direction", 3);
        assert_int_equal(sccp_streams(w.shared), 0);
        end(&f);
}

static void malformed_messages_are_left_out(void **state UNUSED)
{
        struct sccp_bytes b = sb_open_ack(11, PARTY, 0, PHONE, 20000), cut = sb_begin(0, 0x22);
        struct feed f;

        b.p[22] = 1; /* port over 65535 */
        sb_fill(&cut, 0, 12);
        begin(&f, &plain, NULL);
        require_nothing(sccp_say(&f, DIR_C2S, b));
        require_nothing(sccp_say(&f, DIR_C2S, sb_done(cut)));
        require_nothing(sccp_say(&f, DIR_C2S, sb_register("", PHONE)));
        require_nothing(sccp_say(&f, DIR_C2S, sb_register("SEP\n", PHONE)));
        require_count(&f, "malformed messages", 4);
        end(&f);
}

/* ---- show ---- */

static void rows_for_show(void **state UNUSED)
{
        struct sccp_phone_row r[2];
        uint32_t cursor = 0;
        struct feed f;
        bool last;

        begin(&f, &plain, NULL);
        registers(&f, PHONE);
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        sccp_say(&f, DIR_C2S, sb_open_ack(17, PARTY, 0, PHONE, 20000));
        sccp_say(&f, DIR_S2C, sb_start(17, PARTY, PEER, 24680, clear));
        assert_int_equal(sccp_walk(w.shared, &cursor, r, 2, &last), 1);
        assert_true(last && r[0].registered);
        assert_string_equal(r[0].device, NAME);
        assert_int_equal(r[0].version, 17);
        assert_int_equal(r[0].nmedia, 1);
        assert_int_equal(r[0].media[0].phone.port, 20000);
        assert_int_equal(r[0].media[0].peer.a.v4, PEER);
        end(&f);
}

static void registration_of_the_engine(void **state UNUSED)
{
        assert_ptr_equal(inspect_engine_find(INSPECT_SKINNY, 6), &inspect_sccp);
        assert_null(inspect_engine_find(INSPECT_SKINNY, 17));
}

static void without_memory_there_is_no_engine(void **state UNUSED)
{
        for (uint32_t nth = 1; nth < 100; nth++) {
                void *shared;

                mem_fail_nth(nth, false);
                shared = inspect_sccp.shared_new(&world_ops, &w, NULL);
                mem_fail_nth(0, false);
                inspect_sccp.shared_free(shared);
                if (shared) {
                        assert_true(nth > 3);
                        return;
                }
        }
        fail();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_message_goes_on_unchanged),
                cmocka_unit_test(bytes_may_come_in_any_pieces),
                cmocka_unit_test(what_is_no_sccp_ends_the_session),
                cmocka_unit_test(an_end_in_the_middle_is_counted),
                cmocka_unit_test(prefix_lengths),
                cmocka_unit_test(message_ids),
                cmocka_unit_test(matches_drop),
                cmocka_unit_test(registration_can_be_enforced),
                cmocka_unit_test(wrong_directions),
                cmocka_unit_test(malformed_messages_are_left_out),
                cmocka_unit_test(rows_for_show),
                cmocka_unit_test(registration_of_the_engine),
                cmocka_unit_test(without_memory_there_is_no_engine),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
