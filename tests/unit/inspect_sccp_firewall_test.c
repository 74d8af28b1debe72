/* SCCP through a firewall: embedded addresses, pinholes, servers. */
#include "tests/support/sccp_engine_rig.h"

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

int main(void)
{
        const struct CMUnitTest tests[] = {
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
                cmocka_unit_test(multicast_passes_a_firewall),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
