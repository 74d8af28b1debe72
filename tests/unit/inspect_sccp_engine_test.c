/* SCCP inspection on the wire: what goes on of each message, and what the host is asked for. */
#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "tests/support/sccp_feed.h"

#define NAME "SEP001122334455"
#define PEER 0x0a010163u /* 10.1.1.99, inside */
#define HOME 0xc0a80105u /* what a phone at home calls itself */

static const struct sccp_alg clear, cm_key = { 1, 0x10, 0x50 };
static const struct leg_setup plain = { .via = { VIA_TCP, VIA_TCP }, .no_nat = true };
static const struct leg_setup natted = { .via = { VIA_TCP, VIA_TCP } };
static const struct leg_setup secure = {
        .via = { VIA_TLS, VIA_TCP }, .phone = &world_strict, .anchor = true, .device = NAME
};
static const struct leg_setup mixed = {
        .via = { VIA_TLS, VIA_TLS }, .phone = &world_mixed, .anchor = true, .device = NAME
};

static struct world w;

static void begin(struct feed *f, const struct leg_setup *l, const struct sccp_map *m)
{
        struct leg_setup setup = *l;

        sccp_world_begin(&w);
        setup.w = &w;
        sccp_session(f, &setup, m);
}

static void end(struct feed *f)
{
        feed_close(f);
        sccp_world_end(&w);
}

static void require_same(struct sccp_went went, struct sccp_bytes b)
{
        assert_int_equal(went.v, ENGINE_ACCEPT);
        assert_int_equal(went.n, b.n);
        assert_memory_equal(went.p, b.p, b.n);
}

static struct sccp_went require_len(struct sccp_went went, struct sccp_bytes b)
{
        assert_int_equal(went.v, ENGINE_ACCEPT);
        assert_int_equal(went.n, b.n);
        assert_memory_equal(went.p, b.p, 12);
        return went;
}

static void require_nothing(struct sccp_went went)
{
        assert_int_equal(went.v, ENGINE_ACCEPT);
        assert_int_equal(went.n, 0);
}

static void require_count(const struct feed *f, const char *name, uint64_t n)
{
        assert_int_equal(feed_count(f, name), n);
}

static void registers(struct feed *f, uint32_t ip)
{
        require_len(sccp_say(f, DIR_C2S, sb_register(NAME, ip)), sb_register(NAME, ip));
        require_same(sccp_say(f, DIR_S2C, sb_register_ack(17)), sb_register_ack(17));
}

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

/* ---- the firewall: addresses and pinholes ---- */

static const uint32_t versions[] = { 0, 10, 11, 15, 16, 17, 18, 19, 20, 21, 22 };

static size_t ip_at(uint32_t version, size_t at)
{
        return version < 17 ? at : at + 4;
}

static size_t past_ip(uint32_t version, size_t at)
{
        return at + (version < 17 ? 4 : 20);
}

static void pinholes_without_nat(void **state UNUSED)
{
        for (unsigned i = 0; i < ARRAY_LEN(versions); i++) {
                uint32_t v = versions[i];
                struct feed f;

                begin(&f, &plain, NULL);
                require_same(sccp_say(&f, DIR_S2C, sb_open(v, PARTY, clear)), sb_open(v, PARTY, clear));
                assert_int_equal(f.nholes, 0);
                require_same(sccp_say(&f, DIR_C2S, sb_open_ack(v, PARTY, 0, PHONE, 20000)),
                             sb_open_ack(v, PARTY, 0, PHONE, 20000));
                assert_int_equal(f.nholes, 2);
                assert_int_equal(f.hole[0].from, DIR_S2C);
                assert_int_equal(f.hole[0].dst.a.v4, PHONE);
                assert_int_equal(f.hole[0].dst.port, 20000);
                assert_int_equal(f.hole[0].src.a.fam, ADDR_NONE);
                assert_int_equal(f.hole[0].timeout_s, 300);
                assert_int_equal(f.hole[1].dst.port, 20001);
                assert_int_equal(f.hole[0].group, f.hole[1].group);
                require_same(sccp_say(&f, DIR_S2C, sb_start(v, PARTY, PEER, 24680, clear)),
                             sb_start(v, PARTY, PEER, 24680, clear));
                assert_int_equal(f.nholes, 4);
                assert_int_equal(f.hole[2].from, DIR_C2S);
                assert_int_equal(f.hole[2].src.a.v4, PHONE);
                assert_int_equal(f.hole[2].dst.a.v4, PEER);
                assert_int_equal(w.groups_open, 2);
                require_same(sccp_say(&f, DIR_C2S, sb_start_ack(v, PARTY, PHONE, 20000)),
                             sb_start_ack(v, PARTY, PHONE, 20000));
                sccp_say(&f, DIR_S2C, sb_end(v, 0x106, PARTY));
                assert_int_equal(w.groups_open, 1);
                assert_int_equal(f.nended, 2);
                assert_int_equal(f.ended[0].dst.port, 20000);
                assert_int_equal(f.ended[0].src.port, 24680);
                assert_int_equal(sccp_streams(w.shared), 1);
                sccp_say(&f, DIR_S2C, sb_end(v, 0x8b, PARTY));
                assert_int_equal(w.groups_open, 0);
                assert_int_equal(sccp_streams(w.shared), 0);
                end(&f);
        }
}

static void nat_of_every_embedded_address(void **state UNUSED)
{
        for (unsigned i = 0; i < ARRAY_LEN(versions); i++) {
                uint32_t v = versions[i];
                struct sccp_went o;
                struct feed f;

                begin(&f, &natted, NULL);
                world_nat(&w, DIR_C2S, ep4(PHONE, 0), ep4(PHONE_SEEN, 0));
                world_nat(&w, DIR_S2C, ep4(PEER, 0), ep4(SERVER_SEEN, 0));
                world_nat(&w, DIR_S2C, ep4(SERVER, 0), ep4(SERVER_SEEN, 0));
                world_nat(&w, DIR_C2S, ep4(SERVER_SEEN, 24680), ep4(PEER, 24680));
                o = require_len(sccp_say(&f, DIR_C2S, sb_register(NAME, PHONE)), sb_register(NAME, PHONE));
                assert_int_equal(sccp_at_ip(o, 36), PHONE_SEEN);
                o = sccp_say(&f, DIR_S2C, sb_open(v, PARTY, clear));
                if (v >= 11)
                        assert_int_equal(sccp_at_ip(o, ip_at(v, 112)), SERVER_SEEN);
                o = require_len(sccp_say(&f, DIR_C2S, sb_open_ack(v, PARTY, 0, PHONE, 20000)),
                                sb_open_ack(v, PARTY, 0, PHONE, 20000));
                assert_int_equal(sccp_at_ip(o, ip_at(v, 16)), PHONE_SEEN);
                assert_int_equal(sccp_at32(o, past_ip(v, 16)), 20000);
                assert_int_equal(f.hole[0].dst.a.v4, PHONE);
                o = require_len(sccp_say(&f, DIR_S2C, sb_start(v, PARTY, PEER, 24680, clear)),
                                sb_start(v, PARTY, PEER, 24680, clear));
                assert_int_equal(sccp_at_ip(o, ip_at(v, 20)), SERVER_SEEN);
                assert_int_equal(f.hole[2].dst.a.v4, PEER);
                o = sccp_say(&f, DIR_C2S, sb_start_ack(v, PARTY, PHONE, 20000));
                assert_int_equal(sccp_at_ip(o, ip_at(v, 24)), PHONE_SEEN);
                end(&f);
        }
}

/* Behind a shared address a port is taken for the phone's media, and the call manager is told that one. */
static void shared_addresses(void **state UNUSED)
{
        struct sccp_went o;
        struct feed f;

        begin(&f, &natted, NULL);
        w.shares = PHONE & 0xffffff00u;
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        o = sccp_say(&f, DIR_C2S, sb_open_ack(17, PARTY, 0, PHONE, 20000));
        assert_int_equal(sccp_at_ip(o, 20), PAT_SEEN);
        assert_int_equal(sccp_at32(o, 36), 30000);
        assert_int_equal(f.hole[0].dst.port, 20000);
        o = sccp_say(&f, DIR_S2C, sb_start(17, PARTY, PEER, 24680, clear));
        o = sccp_say(&f, DIR_C2S, sb_start_ack(17, PARTY, PHONE, 20000));
        assert_int_equal(sccp_at_ip(o, 28), PAT_SEEN);
        assert_int_equal(sccp_at32(o, 44), 30000);
        sccp_say(&f, DIR_S2C, sb_end(17, 0x106, PARTY));
        assert_int_equal(w.pat[0].holders, 0);
        w.pat_full = true;
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY + 1, clear));
        o = sccp_say(&f, DIR_C2S, sb_open_ack(17, PARTY + 1, 0, PHONE, 20002));
        assert_int_equal(sccp_at_ip(o, 20), PHONE_SEEN); /* what is inside is not told */
        require_count(&f, "shared ports refused", 1);
        end(&f);
}

static void port_requests(void **state UNUSED)
{
        struct sccp_went o;
        struct feed f;

        begin(&f, &natted, NULL);
        world_nat(&w, DIR_C2S, ep4(PHONE, 0), ep4(PHONE_SEEN, 0));
        require_same(sccp_say(&f, DIR_S2C, sb_port_req(19, PARTY)), sb_port_req(19, PARTY));
        o = sccp_say(&f, DIR_C2S, sb_port_res(19, PARTY, PHONE, 20000));
        assert_int_equal(sccp_at_ip(o, 28), PHONE_SEEN);
        assert_int_equal(sccp_at32(o, 44), 20000);
        assert_int_equal(sccp_at32(o, 48), 20001);
        assert_int_equal(f.nholes, 2);
        sccp_say(&f, DIR_S2C, sb_end(19, 0x14c, CALL));
        assert_int_equal(sccp_streams(w.shared), 1); /* party and call stand elsewhere there */
        {
                struct sccp_bytes b = sb_begin(19, 0x14c);
                const uint32_t words[] = { CONF, CALL, PARTY, 1 };

                for (unsigned i = 0; i < 4; i++)
                        sb_u32(&b, words[i]);
                sccp_say(&f, DIR_S2C, sb_done(b));
        }
        assert_int_equal(sccp_streams(w.shared), 0);
        end(&f);
}

/* Nothing is opened for what nobody asked for. */
static void acknowledgements_of_no_stream(void **state UNUSED)
{
        struct feed f;

        begin(&f, &plain, NULL);
        sccp_say(&f, DIR_C2S, sb_open_ack(17, PARTY, 0, PHONE, 20000));
        sccp_say(&f, DIR_C2S, sb_port_res(17, PARTY, PHONE, 20000));
        sccp_say(&f, DIR_C2S, sb_start_ack(17, PARTY, PHONE, 20000));
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        sccp_say(&f, DIR_C2S, sb_open_ack(17, PARTY + 1, 0, PHONE, 20000));
        assert_int_equal(f.nholes, 0);
        require_count(&f, "acknowledgements of no stream", 4);
        {
                struct sccp_bytes other = sb_open_ack(17, PARTY, 0, PHONE, 20000);

                other.p[44] ^= 1; /* the same party, of another call */
                sccp_say(&f, DIR_C2S, other);
        }
        sccp_say(&f, DIR_S2C, sb_start(17, PARTY + 2, PEER, 24680, clear));
        f.nholes = 0;
        sccp_say(&f, DIR_C2S, sb_open_ack(17, PARTY + 2, 0, PHONE, 20000)); /* it only sends */
        assert_int_equal(f.nholes, 0);
        require_count(&f, "acknowledgements of no stream", 6);
        end(&f);
}

static void a_refused_channel_opens_nothing(void **state UNUSED)
{
        struct feed f;

        begin(&f, &plain, NULL);
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        sccp_say(&f, DIR_C2S, sb_open_ack(17, PARTY, 3, 0, 0));
        assert_int_equal(f.nholes, 0);
        assert_int_equal(sccp_streams(w.shared), 0);
        end(&f);
}

static void ports_that_are_nobodys_media(void **state UNUSED)
{
        struct feed f;

        begin(&f, &plain, NULL);
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        sccp_say(&f, DIR_C2S, sb_open_ack(17, PARTY, 0, PHONE, 22));
        sccp_say(&f, DIR_S2C, sb_start(17, PARTY, 0xe0000001, 24680, clear));
        assert_int_equal(f.nholes, 0);
        end(&f);
}

/* Call managers before version 3: the phone said once where it listens; ends name the conference alone. */
static void old_call_managers(void **state UNUSED)
{
        struct sccp_bytes port = sb_begin(0, 2), open = sb_begin(0, 0x8c), close = sb_begin(0, 0x8d);
        struct feed f;

        sb_u32(&port, 17000);
        sb_u32(&open, CONF);
        sb_u32(&open, PARTY);
        sb_fill(&open, 0, 16);
        sb_u32(&close, CONF);
        begin(&f, &plain, NULL);
        sccp_say(&f, DIR_C2S, sb_done(port));
        sccp_say(&f, DIR_S2C, sb_done(open));
        assert_int_equal(f.nholes, 2);
        assert_int_equal(f.hole[0].dst.port, 17000);
        sccp_say(&f, DIR_S2C, sb_done(close));
        assert_int_equal(sccp_streams(w.shared), 0);
        end(&f);
}

static void what_a_session_had_open_ends_with_it(void **state UNUSED)
{
        struct feed f;

        begin(&f, &plain, NULL);
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        sccp_say(&f, DIR_C2S, sb_open_ack(17, PARTY, 0, PHONE, 20000));
        assert_int_equal(w.groups_open, 1);
        feed_close(&f);
        assert_int_equal(w.groups_open, 0);
        assert_int_equal(sccp_streams(w.shared), 0);
        assert_int_equal(sccp_phones(w.shared), 0);
        sccp_world_end(&w);
}

static void an_unregistered_phone_has_nothing_open(void **state UNUSED)
{
        struct sccp_bytes nak = sb_begin(0, 0x118), ack = nak;
        struct feed f;

        sb_u32(&nak, 2);
        sb_u32(&ack, 0);
        begin(&f, &plain, NULL);
        registers(&f, PHONE);
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        sccp_say(&f, DIR_S2C, sb_done(nak));
        assert_int_equal(sccp_streams(w.shared), 1);
        sccp_say(&f, DIR_S2C, sb_done(ack));
        assert_int_equal(sccp_streams(w.shared), 0);
        end(&f);
}

static void silent_signalling_closes_what_is_open(void **state UNUSED)
{
        struct sccp_map m = sccp_map_default();
        struct feed f;

        m.t_signaling = 60;
        begin(&f, &plain, &m);
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        f.c.now_ms = 50000;
        sccp_say(&f, DIR_C2S, sb_empty(0));
        inspect_sccp.tick(w.shared, 62000);
        assert_int_equal(sccp_streams(w.shared), 1);
        inspect_sccp.tick(w.shared, 109000);
        assert_int_equal(sccp_streams(w.shared), 1);
        assert_null(f.silent);
        inspect_sccp.tick(w.shared, 111000);
        assert_int_equal(sccp_streams(w.shared), 0);
        assert_string_equal(f.silent, "skinny: timeout signaling");
        end(&f);
}

static void silence_without_a_timeout_is_no_end(void **state UNUSED)
{
        struct sccp_map m = sccp_map_default();
        struct feed f;

        m.t_signaling = 0;
        begin(&f, &plain, &m);
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        inspect_sccp.tick(w.shared, 100000000);
        assert_int_equal(sccp_streams(w.shared), 1);
        assert_null(f.silent);
        end(&f);
}

static void streams_have_a_limit(void **state UNUSED)
{
        struct feed f;

        begin(&f, &secure, NULL);
        registers(&f, HOME);
        for (uint32_t i = 0; i < 40; i++)
                sccp_say(&f, DIR_S2C, sb_open(17, PARTY + i, clear));
        assert_int_equal(sccp_streams(w.shared), 32);
        require_count(&f, "streams refused", 8);
        sccp_clear(w.shared);
        assert_int_equal(sccp_streams(w.shared), 0);
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        assert_int_equal(sccp_streams(w.shared), 1);
        end(&f);
}

/* ---- servers ---- */

static struct sccp_bytes servers(bool old, uint32_t a, uint16_t port, uint32_t b)
{
        struct sccp_bytes m = sb_begin(0, 0x9e);

        sb_fill(&m, 0, 240);
        sb_u32(&m, port);
        sb_u32(&m, port);
        sb_fill(&m, 0, 12);
        sb_ip(&m, old ? 0 : 17, a);
        sb_ip(&m, old ? 0 : 17, b);
        sb_fill(&m, 0, old ? 12 : 60);
        return sb_done(m);
}

static void servers_are_told_as_the_phone_reaches_them(void **state UNUSED)
{
        for (unsigned old = 0; old < 2; old++) {
                size_t at = old ? 272 : 276, next = old ? 4 : 20;
                struct sccp_went o;
                struct feed f;

                begin(&f, &secure, NULL);
                registers(&f, HOME);
                world_nat(&w, DIR_S2C, ep4(PEER, 7000), ep4(SERVER_SEEN, 7000));
                o = require_len(sccp_say(&f, DIR_S2C, servers(old, SERVER, 2000, PEER)),
                                servers(old, SERVER, 2000, PEER));
                assert_int_equal(sccp_at32(o, 252), 2443);
                assert_int_equal(sccp_at_ip(o, at), SERVER_SEEN);
                o = sccp_say(&f, DIR_S2C, servers(old, 0, 7000, PEER));
                assert_int_equal(sccp_at32(o, 252), 7000); /* unused entries stay */
                assert_int_equal(sccp_at32(o, 256), 7443);
                assert_int_equal(sccp_at_ip(o, at + next), SERVER_SEEN);
                end(&f);
        }
}

/* Call managers that share an address are told apart by ports: what stands for the secure one is what is dialled. */
static void servers_behind_shared_addresses(void **state UNUSED)
{
        struct sccp_went o;
        struct feed f;

        begin(&f, &secure, NULL);
        f.c.server_mapped = ep4(PAT_SEEN, 3443);
        registers(&f, HOME);
        world_nat(&w, DIR_S2C, ep4(SERVER, 7443), ep4(PAT_SEEN, 7443));
        world_nat(&w, DIR_S2C, ep4(PEER, 2443), ep4(PAT_SEEN, 12443));
        o = sccp_say(&f, DIR_S2C, servers(false, SERVER, 2000, PEER));
        assert_int_equal(sccp_at32(o, 252), 3443); /* as it was dialled */
        assert_int_equal(sccp_at_ip(o, 276), PAT_SEEN);
        assert_int_equal(sccp_at32(o, 256), 12443);
        assert_int_equal(sccp_at_ip(o, 296), PAT_SEEN);
        f.c.server_mapped.a = addr_v4(SERVER_SEEN);
        o = sccp_say(&f, DIR_S2C, servers(false, SERVER, 7000, 0));
        assert_int_equal(sccp_at32(o, 252), 7443);
        assert_int_equal(sccp_at_ip(o, 276), PAT_SEEN);
        o = sccp_say(&f, DIR_S2C,
                     servers(false, SERVER, 8000, 0)); /* nothing stands for that one: as this session's */
        assert_int_equal(sccp_at32(o, 252), 8443);
        assert_int_equal(sccp_at_ip(o, 276), SERVER_SEEN);
        w.shares = PEER & 0xffffff00u;
        w.nnats = 0;
        o = sccp_say(&f, DIR_S2C, servers(false, SERVER, 2000, PEER)); /* cannot be reached */
        assert_int_equal(sccp_at32(o, 256), 0);
        assert_int_equal(sccp_at_ip(o, 296), 0);
        end(&f);
}

/* ---- phone proxy, nonsecure cluster ---- */

static struct media_spec *spec_of(unsigned i)
{
        assert_true(w.nmedia > i && w.media[i].in_force);
        return &w.media[i].spec;
}

/* Key material written for the phone is the relay's. */
static void require_keys(struct sccp_went o, size_t at, const struct srtp_master *m, uint32_t alg)
{
        assert_int_equal(sccp_at32(o, at), alg);
        assert_memory_equal(o.p + at + 4, "\x10\0\x0e\0", 4);
        assert_memory_equal(o.p + at + 8, m->key, 16);
        assert_memory_equal(o.p + at + 24, m->salt, 14);
        assert_memory_equal(o.p + at + 38, "\0\0\0\0\0\0\0\0\0\0", 10);
}

static void a_call_of_a_secure_phone(void **state UNUSED)
{
        for (unsigned i = 0; i < ARRAY_LEN(versions); i++) {
                uint32_t v = versions[i];
                size_t smt_keys = v < 17 ? 56 : 72;
                struct media_spec *m;
                struct sccp_went o;
                struct feed f;

                begin(&f, &secure, NULL);
                registers(&f, HOME);
                assert_string_equal(w.device, NAME);

                o = require_len(sccp_say(&f, DIR_S2C, sb_open(v, PARTY, clear)), sb_open(v, PARTY, clear));
                m = spec_of(0);
                require_keys(o, 40, &m->side[0].tx, 1);
                if (v >= 11) {
                        assert_int_equal(sccp_at_ip(o, ip_at(v, 112)), MTA_OUT);
                        assert_int_equal(sccp_at32(o, past_ip(v, 112)), w.media[0].local[0].port);
                }
                assert_int_equal(m->side[0].transport, MEDIA_SRTP);
                assert_int_equal(m->side[1].transport, MEDIA_RTP);
                assert_true(m->side[0].receives && !m->side[0].sends && m->side[0].latch && m->side[1].any_port);

                o = require_len(sccp_say(&f, DIR_C2S, sb_open_ack(v, PARTY, 0, HOME, 20000)),
                                sb_open_ack(v, PARTY, 0, HOME, 20000));
                assert_int_equal(sccp_at_ip(o, ip_at(v, 16)), MTA_IN);
                assert_int_equal(sccp_at32(o, past_ip(v, 16)), w.media[0].local[1].port);
                assert_int_equal(m->side[0].remote.a.v4, PHONE); /* where its connection comes from */
                assert_int_equal(m->side[0].remote.port, 20000);

                o = require_len(sccp_say(&f, DIR_S2C, sb_start(v, PARTY, PEER, 24680, clear)),
                                sb_start(v, PARTY, PEER, 24680, clear));
                assert_int_equal(sccp_at_ip(o, ip_at(v, 20)), MTA_OUT);
                assert_int_equal(sccp_at32(o, past_ip(v, 20)), w.media[0].local[0].port);
                require_keys(o, smt_keys, &m->side[0].rx, 1);
                assert_memory_not_equal(m->side[0].rx.key, m->side[0].tx.key, 16);
                assert_int_equal(m->side[1].remote.a.v4, PEER);
                assert_int_equal(m->side[1].remote.port, 24680);
                assert_int_equal(m->side[1].rx.suite, SRTP_SUITE_NONE);
                assert_true(m->side[0].sends && m->side[1].receives);
                assert_int_equal(m->npts, 2);

                o = sccp_say(&f, DIR_C2S, sb_start_ack(v, PARTY, HOME, 20000));
                assert_int_equal(sccp_at_ip(o, ip_at(v, 24)), MTA_IN);
                assert_int_equal(w.nmedia, 1);
                assert_int_equal(f.nholes, 0);

                sccp_say(&f, DIR_S2C, sb_end(v, 0x106, PARTY));
                assert_true(!m->side[0].receives && m->side[0].sends && w.live == 1);
                assert_int_equal(m->side[0].tx.suite, SRTP_SUITE_NONE);
                sccp_say(&f, DIR_S2C, sb_end(v, 0x8b, PARTY));
                assert_true(!m->side[0].receives && !m->side[0].sends);
                inspect_sccp.tick(w.shared, 20000);
                assert_int_equal(w.live, 0);
                end(&f);
        }
}

/* Hold ends a stream, resuming makes another one: other party, other keys. */
static void hold_and_resume(void **state UNUSED)
{
        struct srtp_master first;
        struct feed f;

        begin(&f, &secure, NULL);
        registers(&f, HOME);
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        first = spec_of(0)->side[0].tx;
        sccp_say(&f, DIR_S2C, sb_end(17, 0x106, PARTY));
        assert_int_equal(w.live, 0);
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY + 1, clear));
        assert_int_equal(w.live, 1);
        assert_memory_not_equal(spec_of(1)->side[0].tx.key, first.key, 16);
        end(&f);
}

static void call_over(struct feed *f, uint32_t party)
{
        sccp_say(f, DIR_S2C, sb_open(17, party, clear));
        sccp_say(f, DIR_C2S, sb_open_ack(17, party, 0, HOME, 20000));
        sccp_say(f, DIR_S2C, sb_start(17, party, PEER, 24680, clear));
        sccp_say(f, DIR_S2C, sb_end(17, 0x106, party));
        sccp_say(f, DIR_S2C, sb_end(17, 0x8b, party));
}

/* Its router lets in what comes from the ports that the phone has sent to: what it only hears comes from there too.
 */
static void the_next_stream_of_a_phone_behind_nat(void **state UNUSED)
{
        struct sccp_bytes music = sb_open(17, PARTY + 1, clear);
        struct srtp_master first;
        struct media_spec *m;
        struct sccp_went o;
        struct feed f;

        memset(music.p + 116, 0, 4);
        begin(&f, &secure, NULL);
        registers(&f, HOME);
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        first = spec_of(0)->side[0].tx;
        call_over(&f, PARTY);
        m = spec_of(0);
        assert_int_equal(w.live, 1);
        assert_true(!m->side[0].sends && !m->side[0].receives && !m->side[1].sends && !m->side[1].receives);
        assert_true(m->side[0].tx.suite == SRTP_SUITE_NONE && m->side[0].rx.suite == SRTP_SUITE_NONE);
        assert_int_equal(m->side[1].remote.a.v4, MTA_IN); /* whoever spoke there is nobody now */

        sccp_say(&f, DIR_S2C, music);
        assert_int_equal(w.nmedia, 1);
        assert_memory_not_equal(m->side[0].tx.key, first.key, 16);
        assert_true(m->side[1].sends && m->side[1].latch && !m->side[1].remote.a.fam && !m->side[0].sends);
        o = sccp_say(&f, DIR_C2S, sb_open_ack(17, PARTY + 1, 0, HOME, 20000));
        assert_int_equal(sccp_at32(o, past_ip(17, 16)), w.media[0].local[1].port);
        assert_int_equal(m->side[0].remote.a.v4, PHONE);
        sccp_say(&f, DIR_S2C, sb_end(17, 0x106, PARTY + 1));
        assert_int_equal(w.live, 1);
        inspect_sccp.tick(w.shared, 4000);
        assert_int_equal(w.live, 1);
        inspect_sccp.tick(w.shared, 20000);
        assert_true(w.live == 0 && sccp_streams(w.shared) == 0);

        call_over(&f, PARTY + 2); /* two at once: one of them rests */
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY + 3, clear));
        sccp_say(&f, DIR_C2S, sb_open_ack(17, PARTY + 3, 0, HOME, 20000));
        call_over(&f, PARTY + 4);
        assert_int_equal(w.live, 2);
        sccp_say(&f, DIR_S2C, sb_end(17, 0x106, PARTY + 3));
        assert_int_equal(w.live, 1);
        feed_close(&f); /* nothing rests for who is gone */
        assert_int_equal(w.live, 0);
        sccp_world_end(&w);
}

/* Music on hold from one address: the phone only hears, and the relay must know whom. */
static void what_a_phone_only_hears(void **state UNUSED)
{
        struct sccp_bytes open = sb_open(17, PARTY, clear);
        struct media_side *peer;
        struct feed f;

        begin(&f, &secure, NULL);
        registers(&f, HOME);
        sccp_say(&f, DIR_S2C, open); /* from SERVER:4000 */
        sccp_say(&f, DIR_C2S, sb_open_ack(17, PARTY, 0, PHONE, 20000));
        peer = &spec_of(0)->side[1];
        assert_true(peer->sends && !peer->receives && peer->any_port && !peer->latch);
        assert_int_equal(peer->remote.a.v4, SERVER);
        sccp_say(&f, DIR_S2C, sb_start(17, PARTY, PEER, 24680, clear));
        assert_int_equal(peer->remote.a.v4, PEER);
        sccp_say(&f, DIR_S2C, sb_end(17, 0x8b, PARTY));
        assert_int_equal(peer->remote.a.v4, SERVER);
        sccp_say(&f, DIR_S2C, sb_end(17, 0x106, PARTY));

        memset(open.p + 116, 0, 4); /* of a speaker that nobody names */
        sccp_say(&f, DIR_S2C, open);
        peer = &spec_of(1)->side[1];
        assert_true(peer->sends && peer->latch && !peer->remote.a.fam);
        sccp_say(&f, DIR_S2C, sb_start(17, PARTY, PEER, 24680, clear));
        assert_true(!peer->latch && peer->remote.a.v4 == PEER);
        end(&f);
}

static void a_phone_is_who_its_certificate_says(void **state UNUSED)
{
        static const struct {
                const char *name;
                const struct phone_params *phone;
                const char *device;
                bool admitted;
        } rows[] = {
                { NAME, &world_strict, NAME, true },
                { "sep001122334455", &world_strict, NAME, true },
                { "SEP001122334456", &world_strict, NAME, false },
                { "SEP00112233445", &world_strict, NAME, false },
                { "SEP0011223344550", &world_strict, NAME, false },
                { NAME, &world_strict, "", false },
                { NAME, &world_phone, "", true },
                { "SEP001122334456", &world_phone, NAME, false },
        };

        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                struct leg_setup l = secure;
                struct sccp_went o;
                struct feed f;

                l.phone = rows[i].phone;
                l.device = rows[i].device;
                begin(&f, &l, NULL);
                o = sccp_say(&f, DIR_C2S, sb_register(rows[i].name, HOME));
                assert_int_equal(o.v, rows[i].admitted ? ENGINE_ACCEPT : ENGINE_CLOSE);
                require_count(&f, "device mismatch", !rows[i].admitted);
                assert_int_equal(w.seen, 0); /* the answer admits it */
                assert_int_equal(w.boots, !rows[i].admitted && rows[i].device[0]);
                if (w.boots) /* of the phone whose certificate it is */
                        assert_memory_equal(w.boot, NAME " calls itself SEP", sizeof NAME + 16);
                end(&f);
        }
}

static struct sccp_bytes rejected(const char *text)
{
        struct sccp_bytes b = sb_begin(0, 0x009d);

        sb_text(&b, text, 36);
        return sb_done(b);
}

static void how_a_registration_ended_is_told(void **state UNUSED)
{
        static const char long_text[] = "0123456789012345678901234567890123456789";
        struct feed f;

        begin(&f, &secure, NULL);
        sccp_say(&f, DIR_S2C, rejected("nobody asked"));
        assert_int_equal(w.boots, 0);
        sccp_say(&f, DIR_C2S, sb_register(NAME, HOME));
        sccp_say(&f, DIR_S2C, rejected("No such\tdevice"));
        assert_string_equal(w.boot, NAME " rejected by the call manager: No such?device");
        sccp_say(&f, DIR_C2S, sb_register(NAME, HOME));
        sccp_say(&f, DIR_S2C, rejected(""));
        assert_string_equal(w.boot, NAME " rejected by the call manager, without a word");
        sccp_say(&f, DIR_C2S, sb_register(NAME, HOME));
        sccp_say(&f, DIR_S2C, rejected(long_text));
        assert_string_equal(w.boot, NAME " rejected by the call manager: 012345678901234567890123456789012");
        assert_int_equal(w.boots, 3);
        sccp_say(&f, DIR_C2S, sb_register(NAME, HOME));
        sccp_say(&f, DIR_S2C, sb_register_ack(17));
        assert_string_equal(w.boot, NAME " registered");
        sccp_say(&f, DIR_C2S, sb_empty(0)); /* a KeepAlive is none */
        sccp_say(&f, DIR_S2C, sb_empty(0x100));
        assert_true(w.boots == 4 && w.seen >= 2);
        end(&f);
}

static void a_phone_must_register_first(void **state UNUSED)
{
        struct feed f;

        begin(&f, &secure, NULL);
        require_nothing(sccp_say(&f, DIR_C2S, sb_empty(6)));
        require_nothing(sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear)));
        assert_int_equal(w.nmedia, 0);
        require_same(sccp_say(&f, DIR_C2S, sb_empty(0)), sb_empty(0));
        assert_int_equal(w.seen, 0);
        registers(&f, HOME);
        assert_int_equal(w.seen, 1);
        sccp_say(&f, DIR_C2S, sb_empty(0));
        assert_int_equal(w.seen, 2);
        end(&f);
}

static void a_phones_own_address_stays_at_home(void **state UNUSED)
{
        struct sccp_bytes alarm = sb_begin(0, 0x20), token = sb_begin(0, 0x29);
        struct sccp_went o;
        struct feed f;

        sb_u32(&alarm, 2);
        sb_text(&alarm, "Name=" NAME, 80);
        sb_u32(&alarm, 0);
        sb_v4(&alarm, HOME);
        sb_text(&token, NAME, 16);
        sb_fill(&token, 0, 8);
        sb_v4(&token, HOME);
        sb_u32(&token, 434);
        sb_fill(&token, 0, 4);
        begin(&f, &secure, NULL);
        o = sccp_say(&f, DIR_C2S, sb_done(alarm));
        assert_int_equal(sccp_at_ip(o, 100), PHONE_SEEN);
        o = sccp_say(&f, DIR_C2S, sb_register(NAME, HOME));
        assert_int_equal(sccp_at_ip(o, 36), PHONE_SEEN);
        o = sccp_say(&f, DIR_C2S, sb_done(token));
        assert_int_equal(sccp_at_ip(o, 36), PHONE_SEEN);
        end(&f);
}

/* A message that has no room for keys, or speaks of what cannot be relayed, does not reach the phone. */
static void what_cannot_be_secured_is_refused(void **state UNUSED)
{
        struct sccp_bytes open = sb_open(11, PARTY, clear), start = sb_start(11, PARTY, PEER, 24680, clear);
        struct sccp_bytes group = sb_begin(17, 0x101);
        struct feed f;

        open.n = 40;
        start.n = 56;
        sb_u32(&group, CONF);
        sb_u32(&group, PARTY);
        sb_ip(&group, 17, 0xef010101);
        sb_u32(&group, 20000);
        begin(&f, &secure, NULL);
        registers(&f, HOME);
        require_nothing(sccp_say(&f, DIR_S2C, sb_done(open)));
        require_nothing(sccp_say(&f, DIR_S2C, sb_done(start)));
        require_count(&f, "messages without room for keys", 2);
        require_nothing(sccp_say(&f, DIR_S2C, sb_done(group)));
        require_count(&f, "multicast refused", 1);
        require_nothing(sccp_say(&f, DIR_S2C, sb_start(11, PARTY, 0x7f000001, 24680, clear)));
        assert_int_equal(w.live, 0);
        w.no_ports = true;
        require_nothing(sccp_say(&f, DIR_S2C, sb_open(11, PARTY, clear)));
        require_count(&f, "media refused", 1);
        assert_int_equal(sccp_streams(w.shared), 0);
        end(&f);
}

static struct sccp_bytes multicast(uint32_t id, uint32_t version)
{
        struct sccp_bytes b = sb_begin(version, id);
        const uint32_t words[] = { 20000, 20, 4, 0, 0, CALL };

        sb_u32(&b, CONF);
        sb_u32(&b, PARTY);
        sb_ip(&b, version, 0xef010101);
        for (unsigned i = 0; i < 6; i++)
                sb_u32(&b, words[i]);
        return sb_done(b);
}

/* Music on hold for all: the call manager hears from us that this phone receives none, and goes on. */
static void multicast_is_refused_in_the_phones_place(void **state UNUSED)
{
        for (unsigned i = 0; i < ARRAY_LEN(versions); i++) {
                struct sccp_bytes ack = sb_begin(versions[i], 0x21);
                struct feed f;

                sb_u32(&ack, 1);
                sb_u32(&ack, PARTY);
                sb_u32(&ack, CALL);
                ack = sb_done(ack);
                begin(&f, &secure, NULL);
                registers(&f, HOME);
                require_nothing(sccp_say(&f, DIR_S2C, multicast(0x101, versions[i])));
                assert_int_equal(f.answered, DIR_S2C);
                assert_int_equal(f.nanswer, ack.n);
                assert_memory_equal(f.answer, ack.p, ack.n);
                require_nothing(
                        sccp_say(&f, DIR_S2C, multicast(0x102, versions[i]))); /* nobody waits for a word of it */
                require_nothing(sccp_say(&f, DIR_S2C, sb_end(versions[i], 0x103, PARTY)));
                require_nothing(sccp_say(&f, DIR_S2C, sb_end(versions[i], 0x104, PARTY)));
                assert_int_equal(f.nanswer, ack.n);
                require_count(&f, "multicast refused", 4);
                f.nanswer = sizeof f.answer;
                require_nothing(sccp_say(&f, DIR_S2C, multicast(0x101, versions[i])));
                require_count(&f, "answers without room", 1);
                end(&f);
        }
}

static void multicast_passes_a_firewall(void **state UNUSED)
{
        struct feed f;

        begin(&f, &plain, NULL);
        registers(&f, PHONE);
        require_same(sccp_say(&f, DIR_S2C, multicast(0x101, 17)), multicast(0x101, 17));
        require_same(sccp_say(&f, DIR_S2C, sb_end(17, 0x103, PARTY)), sb_end(17, 0x103, PARTY));
        assert_int_equal(f.nanswer, 0);
        assert_int_equal(f.nholes, 0);
        end(&f);
}

static void failures_name_the_peer_as_the_call_manager_does(void **state UNUSED)
{
        struct sccp_bytes b = sb_begin(17, 0x2a);
        struct sccp_went o;
        struct feed f;

        begin(&f, &secure, NULL);
        registers(&f, HOME);
        sccp_say(&f, DIR_S2C, sb_start(17, PARTY, PEER, 24680, clear));
        sb_u32(&b, CONF);
        sb_u32(&b, PARTY);
        sb_ip(&b, 17, MTA_OUT);
        sb_u32(&b, w.media[0].local[0].port);
        sb_u32(&b, CALL);
        o = sccp_say(&f, DIR_C2S, sb_done(b));
        assert_int_equal(sccp_at_ip(o, 24), PEER);
        assert_int_equal(sccp_at32(o, 40), 24680);
        end(&f);
}

static void ports_of_the_relay_are_told(void **state UNUSED)
{
        struct sccp_went o;
        struct feed f;

        begin(&f, &secure, NULL);
        registers(&f, HOME);
        sccp_say(&f, DIR_S2C, sb_port_req(19, PARTY));
        o = sccp_say(&f, DIR_C2S, sb_port_res(19, PARTY, HOME, 20000));
        assert_int_equal(sccp_at_ip(o, 28), MTA_IN);
        assert_int_equal(sccp_at32(o, 44), w.media[0].local[1].port);
        assert_int_equal(sccp_at32(o, 48), w.media[0].local[1].port + 1u);
        end(&f);
}

/* The phone keeps its call when its connection is lost; the media end when they have been silent. */
static void media_outlive_their_connection(void **state UNUSED)
{
        struct feed f;
        uint64_t cookie;

        begin(&f, &secure, NULL);
        registers(&f, HOME);
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        cookie = w.media[0].cookie;
        assert_int_equal(spec_of(0)->idle_s, 300);
        feed_close(&f);
        assert_int_equal(w.live, 1);
        inspect_sccp.media_event(w.shared, cookie + 1, 0, MEDIA_EV_TIMEOUT, NULL);
        inspect_sccp.media_event(w.shared, cookie, 0, MEDIA_EV_FIRST_PACKET, NULL);
        assert_int_equal(w.live, 1);
        inspect_sccp.media_event(w.shared, cookie, 0, MEDIA_EV_TIMEOUT, NULL);
        assert_int_equal(w.live, 0);
        sccp_world_end(&w);
}

/* A port that is on its way is waited for: nothing of the message is used, and it is counted once. */
static void ports_that_are_on_their_way(void **state UNUSED)
{
        struct sccp_bytes ack = sb_open_ack(17, PARTY, 0, PHONE, 20000);
        struct sccp_went o;
        struct feed f;

        begin(&f, &natted, NULL);
        w.shares = PHONE & 0xffffff00u;
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        w.pat_full = f.c.may_wait = true;
        o = sccp_say(&f, DIR_C2S, ack);
        assert_int_equal(o.v, ENGINE_WAIT);
        assert_int_equal(o.n, 0);
        assert_int_equal(f.side[0].nwait, ack.n);
        w.pat_full = false;
        f.c.held = true;
        assert_int_equal(feed(&f, DIR_C2S, "", 0), ENGINE_ACCEPT);
        assert_int_equal(f.side[0].nout, ack.n);
        o = (struct sccp_went){ ENGINE_ACCEPT, f.side[0].out, f.side[0].nout };
        assert_int_equal(sccp_at_ip(o, 20), PAT_SEEN);
        require_count(&f, "client messages", 1);
        require_count(&f, "pinholes", 2);
        end(&f);
}

static void media_are_looked_at_where_the_map_says(void **state UNUSED)
{
        struct sccp_map m = sccp_map_default();
        struct feed f;

        m.rtp_conformance = m.enforce_payloadtype = true;
        begin(&f, &plain, &m);
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        sccp_say(&f, DIR_C2S, sb_open_ack(17, PARTY, 0, PHONE, 20000));
        assert_true(f.hole[0].rtp.on && f.hole[0].rtp.enforce && !f.hole[0].rtp.rtcp && !f.hole[0].rtp.secure);
        assert_int_equal(f.hole[0].rtp.npts, 2);
        assert_int_equal(f.hole[0].rtp.pts[0], 0);
        assert_int_equal(f.hole[0].rtp.pts[1], 101);
        assert_true(f.hole[1].rtp.rtcp);
        sccp_say(&f, DIR_S2C, sb_start(17, PARTY, PEER, 24680, cm_key));
        assert_true(f.hole[2].rtp.secure);
        end(&f);
}

static void the_operator_ends_media(void **state UNUSED)
{
        struct feed f;

        begin(&f, &secure, NULL);
        registers(&f, HOME);
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, clear));
        inspect_sccp.media_event(w.shared, w.media[0].cookie, 0, MEDIA_EV_CLEARED, NULL);
        assert_int_equal(w.live, 0);
        end(&f);
}

/* ---- mixed cluster ---- */

static void keys_of_the_call_manager_stay_inside(void **state UNUSED)
{
        struct media_spec *m;
        struct sccp_went o;
        struct feed f;

        begin(&f, &mixed, NULL);
        registers(&f, HOME);
        o = sccp_say(&f, DIR_S2C, sb_open(17, PARTY, cm_key));
        m = spec_of(0);
        assert_int_equal(m->side[1].transport, MEDIA_SRTP);
        assert_int_equal(m->side[1].rx.suite, SRTP_AES_CM_128_32);
        assert_int_equal(m->side[1].rx.key[0], 0x10);
        assert_int_equal(m->side[1].rx.salt[13], 0x5d);
        require_keys(o, 40, &m->side[0].tx, 1);
        assert_memory_not_equal(m->side[0].tx.key, m->side[1].rx.key, 16);
        o = sccp_say(&f, DIR_S2C, sb_start(17, PARTY, PEER, 24680, (struct sccp_alg){ 1, 0x80, 0xc0 }));
        assert_int_equal(m->side[1].tx.key[0], 0x80);
        require_keys(o, 72, &m->side[0].rx, 1);
        end(&f);
}

static void keys_that_nobody_understands(void **state UNUSED)
{
        struct feed f;

        begin(&f, &mixed, NULL);
        registers(&f, HOME);
        require_nothing(sccp_say(&f, DIR_S2C, sb_open(17, PARTY, (struct sccp_alg){ 3, 1, 2 })));
        sccp_say(&f, DIR_S2C, sb_open(17, PARTY, cm_key));
        require_nothing(sccp_say(&f, DIR_S2C, sb_start(17, PARTY, PEER, 24680, clear))); /* half a call */
        require_count(&f, "unsupported keys", 2);
        end(&f);
}

/* A softphone whose TLS authenticates and does not encrypt: no keys for it, clear media; inside as the call manager
 * says. */
static void no_keys_where_anybody_reads_along(void **state UNUSED)
{
        const struct sccp_alg both[] = { clear, cm_key };
        struct media_spec *m;
        struct sccp_went o;
        struct feed f;

        for (unsigned i = 0; i < 2; i++) {
                begin(&f, i ? &mixed : &secure, NULL);
                f.c.readable[0] = true;
                registers(&f, HOME);
                o = require_len(sccp_say(&f, DIR_S2C, sb_open(17, PARTY, both[i])), sb_open(17, PARTY, both[i]));
                m = spec_of(0);
                assert_int_equal(sccp_at32(o, 40), 0);
                assert_memory_equal(o.p + 44, (uint8_t[44]){ 0 }, 44);
                assert_int_equal(m->side[0].transport, MEDIA_RTP);
                assert_int_equal(m->side[0].tx.suite, SRTP_SUITE_NONE);
                assert_int_equal(m->side[1].transport, i ? MEDIA_SRTP : MEDIA_RTP);
                o = sccp_say(&f, DIR_C2S, sb_open_ack(17, PARTY, 0, HOME, 20000));
                assert_int_equal(sccp_at_ip(o, ip_at(17, 16)), MTA_IN);
                o = sccp_say(&f, DIR_S2C, sb_start(17, PARTY, PEER, 24680, both[i]));
                assert_int_equal(sccp_at_ip(o, ip_at(17, 20)), MTA_OUT);
                assert_memory_equal(o.p + 72, (uint8_t[48]){ 0 }, 48);
                assert_int_equal(m->side[0].rx.suite, SRTP_SUITE_NONE);
                end(&f);
        }
}

/* A TLS proxy without a phone proxy: keys are the ends' own business, media go from end to end. */
static void a_tls_proxy_leaves_keys_alone(void **state UNUSED)
{
        const struct leg_setup l = { .via = { VIA_TLS, VIA_TLS }, .no_nat = true };
        struct feed f;

        begin(&f, &l, NULL);
        require_same(sccp_say(&f, DIR_S2C, sb_open(17, PARTY, cm_key)), sb_open(17, PARTY, cm_key));
        sccp_say(&f, DIR_C2S, sb_open_ack(17, PARTY, 0, PHONE, 20000));
        require_same(sccp_say(&f, DIR_S2C, sb_start(17, PARTY, PEER, 24680, cm_key)),
                     sb_start(17, PARTY, PEER, 24680, cm_key));
        assert_int_equal(f.nholes, 4);
        assert_int_equal(w.nmedia, 0);
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
                cmocka_unit_test(pinholes_without_nat),
                cmocka_unit_test(nat_of_every_embedded_address),
                cmocka_unit_test(shared_addresses),
                cmocka_unit_test(port_requests),
                cmocka_unit_test(acknowledgements_of_no_stream),
                cmocka_unit_test(a_refused_channel_opens_nothing),
                cmocka_unit_test(ports_that_are_nobodys_media),
                cmocka_unit_test(old_call_managers),
                cmocka_unit_test(what_a_session_had_open_ends_with_it),
                cmocka_unit_test(an_unregistered_phone_has_nothing_open),
                cmocka_unit_test(silent_signalling_closes_what_is_open),
                cmocka_unit_test(silence_without_a_timeout_is_no_end),
                cmocka_unit_test(streams_have_a_limit),
                cmocka_unit_test(servers_are_told_as_the_phone_reaches_them),
                cmocka_unit_test(servers_behind_shared_addresses),
                cmocka_unit_test(a_call_of_a_secure_phone),
                cmocka_unit_test(hold_and_resume),
                cmocka_unit_test(what_a_phone_only_hears),
                cmocka_unit_test(the_next_stream_of_a_phone_behind_nat),
                cmocka_unit_test(a_phone_is_who_its_certificate_says),
                cmocka_unit_test(how_a_registration_ended_is_told),
                cmocka_unit_test(a_phone_must_register_first),
                cmocka_unit_test(a_phones_own_address_stays_at_home),
                cmocka_unit_test(what_cannot_be_secured_is_refused),
                cmocka_unit_test(multicast_is_refused_in_the_phones_place),
                cmocka_unit_test(multicast_passes_a_firewall),
                cmocka_unit_test(failures_name_the_peer_as_the_call_manager_does),
                cmocka_unit_test(ports_of_the_relay_are_told),
                cmocka_unit_test(media_outlive_their_connection),
                cmocka_unit_test(ports_that_are_on_their_way),
                cmocka_unit_test(media_are_looked_at_where_the_map_says),
                cmocka_unit_test(the_operator_ends_media),
                cmocka_unit_test(keys_of_the_call_manager_stay_inside),
                cmocka_unit_test(keys_that_nobody_understands),
                cmocka_unit_test(no_keys_where_anybody_reads_along),
                cmocka_unit_test(a_tls_proxy_leaves_keys_alone),
                cmocka_unit_test(rows_for_show),
                cmocka_unit_test(registration_of_the_engine),
                cmocka_unit_test(without_memory_there_is_no_engine),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
