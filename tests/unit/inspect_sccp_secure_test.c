/* SCCP through a phone proxy: media relayed and keyed, in clusters of both kinds. */
#include "tests/support/sccp_engine_rig.h"

static const struct leg_setup mixed = {
        .via = { VIA_TLS, VIA_TLS }, .phone = &world_mixed, .anchor = true, .device = NAME
};

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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_call_of_a_secure_phone),
                cmocka_unit_test(hold_and_resume),
                cmocka_unit_test(what_a_phone_only_hears),
                cmocka_unit_test(the_next_stream_of_a_phone_behind_nat),
                cmocka_unit_test(what_cannot_be_secured_is_refused),
                cmocka_unit_test(multicast_is_refused_in_the_phones_place),
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
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
