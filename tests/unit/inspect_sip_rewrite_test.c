/* What becomes of addresses: through NAT on UDP and TCP, one header at a time; and of pinholes where nothing is
 * relayed. */
#include "tests/support/sip_talk.h"

#include "inspect/sip/sip_int.h"

static struct world w;
static struct feed f;
static struct talk out, in;

static void begin(const struct leg_setup *l, const void *params)
{
        struct leg_setup copy = *l;

        copy.w = &w;
        world_begin(&w);
        world_session(&f, &copy, params);
        out = (struct talk){ .f = &f, .caller = DIR_C2S, .id = "out", .from = "a", .udp = true };
        in = (struct talk){ .f = &f, .caller = DIR_S2C, .id = "in", .from = "s", .udp = true };
}

static void end(void)
{
        feed_close(&f);
        world_end(&w);
}

static const struct leg_setup udp = { .via = { VIA_UDP, VIA_UDP } };
static const struct leg_setup tcp = { .via = { VIA_TCP, VIA_TCP } };
static const struct leg_setup udp_plain = { .via = { VIA_UDP, VIA_UDP }, .no_nat = true };
static const struct leg_setup phone = { .via = { VIA_TLS, VIA_TCP }, .phone = &world_phone, .anchor = true };
static const struct leg_setup secure = { .via = { VIA_TLS, VIA_TLS }, .phone = &world_phone, .anchor = true };

/* ---- one header ---- */

struct row {
        const struct leg_setup *legs;
        enum inspect_dir dir;
        const char *in, *out; /* a header line; NULL: unchanged */
};

static const struct row rows[] = {
        /* names, identities and what is no address stay */
        { &udp, DIR_C2S, "From: <sip:a@example.com>;tag=198.51.100.10", NULL },
        { &udp, DIR_C2S, "Contact: *", NULL },
        { &udp, DIR_C2S, "Authorization: Digest uri=\"sip:203.0.113.5\", response=\"x\"", NULL },
        { &udp, DIR_C2S, "Proxy-Authorization: Digest uri=\"sip:198.51.100.10\"", NULL },
        { &udp, DIR_C2S, "Subject: 198.51.100.10 and 203.0.113.5", NULL },
        { &udp, DIR_C2S, "P-Asserted-Identity: <tel:+4989>", NULL },
        { &udp, DIR_C2S, "Identity: sip:x@198.51.100.10", NULL },
        { &udp, DIR_C2S, "Replaces: 1@198.51.100.10;to-tag=a;from-tag=b", NULL },
        /* of the writer */
        { &udp, DIR_C2S, "Contact: <sip:a@198.51.100.10:40000>", "Contact: <sip:a@10.1.1.254:20001>" },
        { &udp, DIR_C2S, "m: \"A, B\" <sip:a@198.51.100.10:40000;x=y>;q=0.5;expires=9",
          "m: \"A, B\" <sip:a@10.1.1.254:20001;x=y>;q=0.5;expires=9" },
        { &udp, DIR_C2S, "Contact: sip:a@198.51.100.10:40000;expires=9",
          "Contact: sip:a@10.1.1.254:20001;expires=9" },
        { &udp, DIR_C2S, "Contact: <sip:a@198.51.100.10:40000>, <sip:b@198.51.100.10:40000>",
          "Contact: <sip:a@10.1.1.254:20001>, <sip:b@10.1.1.254:20001>" },
        { &udp, DIR_C2S, "P-Preferred-Identity: <sip:a@198.51.100.10>", "P-Preferred-Identity: <sip:a@10.1.1.254>" },
        { &udp, DIR_C2S, "Remote-Party-ID: <sip:a@198.51.100.10>;party=calling",
          "Remote-Party-ID: <sip:a@10.1.1.254>;party=calling" },
        { &udp, DIR_C2S, "Diversion: <sip:a@198.51.100.10>;reason=no-answer",
          "Diversion: <sip:a@10.1.1.254>;reason=no-answer" },
        { &udp, DIR_C2S, "b: <sip:a@198.51.100.10>", "b: <sip:a@10.1.1.254>" },
        { &udp, DIR_C2S, "Record-Route: <sip:198.51.100.10:40000;lr>", "Record-Route: <sip:10.1.1.254:20001;lr>" },
        { &udp, DIR_C2S, "Contact: <sip:a@h.example.com;maddr=198.51.100.10>",
          "Contact: <sip:a@h.example.com;maddr=10.1.1.254>" }, /* a name is not translated, and what goes with it is
                                                                  its own affair */
        { &udp, DIR_C2S, "Alert-Info: <http://198.51.100.10/ring.wav>", NULL },
        /* of the reader */
        { &udp, DIR_C2S, "Route: <sip:203.0.113.5:5060;lr>", "Route: <sip:10.1.1.5:5060;lr>" },
        { &udp, DIR_C2S, "Refer-To: <sip:c@203.0.113.5?Replaces=1%40203.0.113.5>",
          "Refer-To: <sip:c@10.1.1.5?Replaces=1%40203.0.113.5>" },
        { &udp, DIR_S2C, "Contact: <sip:b@10.1.1.5:5060>", "Contact: <sip:b@203.0.113.5:5060>" },
        { &udp, DIR_S2C, "Contact: <sip:b@10.1.1.5>", "Contact: <sip:b@203.0.113.5>" },
        { &udp, DIR_S2C, "Route: <sip:10.1.1.254:20001;lr>", "Route: <sip:198.51.100.10:40000;lr>" },
        { &udp, DIR_S2C, "Call-Info: <sip:10.1.1.5:5060>;method=\"NOTIFY\", <urn:x-cisco-remotecc:callinfo>",
          "Call-Info: <sip:203.0.113.5:5060>;method=\"NOTIFY\", <urn:x-cisco-remotecc:callinfo>" },
        /* of third parties, as the rules say */
        { &udp, DIR_S2C, "Contact: <sip:b@10.1.1.7:5060>", "Contact: <sip:b@203.0.113.7:5060>" },
        { &udp, DIR_S2C, "Contact: <sip:b@10.1.1.7>", "Contact: <sip:b@203.0.113.7>" },
        { &udp, DIR_C2S, "Refer-To: <sip:b@203.0.113.7>", "Refer-To: <sip:b@10.1.1.7>" },
        { &udp, DIR_S2C, "Contact: <sip:b@10.1.1.99:5060>", NULL }, /* dynamic: cannot be said */
        /* transports differ */
        { &phone, DIR_C2S, "Contact: <sips:a@198.51.100.10:5061>",
          "Contact: <sip:a@10.1.1.254:20001;transport=tcp>" },
        { &phone, DIR_C2S, "Contact: <sip:a@198.51.100.10;transport=tls;x=y>",
          "Contact: <sip:a@10.1.1.254:20001;transport=tcp;x=y>" },
        { &phone, DIR_C2S, "Contact: <sip:a@192.168.1.1:5060>;+sip.instance=\"<urn:uuid:1>\"",
          "Contact: <sip:a@10.1.1.254:20001;transport=tcp>;+sip.instance=\"<urn:uuid:1>\"" },
        { &phone, DIR_C2S, "Route: <sip:203.0.113.5:5061;transport=tls;lr>",
          "Route: <sip:10.1.1.5:5060;transport=tcp;lr>" },
        { &phone, DIR_C2S, "Route: <sips:203.0.113.5;lr>", "Route: <sip:10.1.1.5;lr>" },
        { &phone, DIR_S2C, "Contact: <sip:b@10.1.1.5:5060>", "Contact: <sip:b@203.0.113.5:5061;transport=tls>" },
        { &phone, DIR_S2C, "Record-Route: <sip:10.1.1.5:5060;transport=tcp;lr>",
          "Record-Route: <sip:203.0.113.5:5061;transport=tls;lr>" },
        { &phone, DIR_S2C, "Record-Route: <sip:10.1.1.5;transport=udp;lr>",
          "Record-Route: <sip:203.0.113.5;transport=udp;lr>" },
        { &phone, DIR_S2C, "Contact: <sip:b@gw.example.com;transport=tcp>", NULL },
        { &phone, DIR_S2C, "Supported: X-cisco-srtp-fallback", "" },
        { &phone, DIR_S2C, "k: timer,X-cisco-srtp-fallback , 100rel", "k: timer , 100rel" },
        { &phone, DIR_S2C, "P-Asserted-Identity: <sip:b@10.1.1.99>", "P-Asserted-Identity: <sip:b@203.0.113.5>" },
        { &phone, DIR_S2C, "Record-Route: <sip:10.1.1.99;lr>", "Record-Route: <sip:203.0.113.5:5061;lr>" },
        { &secure, DIR_C2S, "Contact: <sips:a@198.51.100.10:5061;transport=tls>",
          "Contact: <sips:a@10.1.1.254:20001;transport=tls>" },
};

static void third_parties(void)
{
        world_nat(&w, DIR_S2C, ep4(0x0a010107, 0), ep4(0xcb007107, 0));
        world_nat(&w, DIR_C2S, ep4(0xcb007107, 0), ep4(0x0a010107, 0));
        world_nat(&w, DIR_S2C, ep4(0x0a010163, 0), (struct endpoint){ 0 });
}

static void one_header(void **st)
{
        char text[1024], wanted[300];

        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
                const struct row *r = &rows[i];
                const char *got;

                begin(r->legs, NULL);
                third_parties();
                snprintf(text, sizeof text,
                         "INFO sip:x@example.com SIP/2.0\r\nVia: SIP/2.0/UDP v.example.com;branch=z9hG4bK1\r\n%s\r\n"
                         "%sTo: <sip:y@example.com>\r\nCall-ID: 1\r\nCSeq: 1 INFO\r\nContent-Length: 0\r\n\r\n",
                         r->in, strncmp(r->in, "From", 4) ? "From: <sip:x@example.com>;tag=a\r\n" : "");
                got = sip_say(&f, r->dir, text);
                snprintf(wanted, sizeof wanted, "branch=z9hG4bK1\r\n%s%s", r->out ? r->out : r->in,
                         r->out && !*r->out ? "" : "\r\n");
                if (!got || !strstr(got, wanted))
                        fail_msg("%s\n%s", r->in, got ? got : f.c.reason);
                if (!r->out)
                        assert_string_equal(got, text); /* not an octet without a reason */
                end();
        }
}

/* ---- Via ---- */

static const char *options(enum inspect_dir dir, const char *via)
{
        char text[1024];

        snprintf(text, sizeof text, "OPTIONS sip:x@example.com SIP/2.0\r\n%s", via);
        return sip_say(&f, dir,
                       sip_text(strcat(text, "From: <sip:x@e.com>;tag=a\r\nTo: <sip:y@e.com>\r\nCall-ID: 1\r\n"
                                             "CSeq: 1 OPTIONS\r\n"),
                                ""));
}

static const char *ok(enum inspect_dir dir, const char *via)
{
        char text[1024];

        snprintf(text, sizeof text, "SIP/2.0 200 OK\r\n%s", via);
        return sip_say(&f, dir,
                       sip_text(strcat(text, "From: <sip:x@e.com>;tag=a\r\nTo: <sip:y@e.com>;tag=b\r\nCall-ID: 1\r\n"
                                             "CSeq: 1 OPTIONS\r\n"),
                                ""));
}

struct via_row {
        const struct leg_setup *legs;
        enum inspect_dir dir; /* of the request */
        const char *in, *out, *back, *restored;
};

static const struct via_row vias[] = {
        { &udp, DIR_C2S, "Via: SIP/2.0/UDP 198.51.100.10:40000;branch=z9hG4bK1;rport\r\n",
          "Via: SIP/2.0/UDP 10.1.1.254:20001;branch=z9hG4bK1;rport\r\n",
          "Via: SIP/2.0/UDP 10.1.1.254:20001;branch=z9hG4bK1;rport=20001;received=10.1.1.254\r\n",
          "Via: SIP/2.0/UDP 198.51.100.10:40000;branch=z9hG4bK1;rport=40000;received=198.51.100.10\r\n" },
        { &udp, DIR_C2S, "v: SIP / 2.0 / UDP 198.51.100.10 : 5060;branch=z9hG4bK1\r\n",
          "v: SIP / 2.0 / UDP 10.1.1.254:20001;branch=z9hG4bK1\r\n",
          "v: SIP / 2.0 / UDP 10.1.1.254:20001;branch=z9hG4bK1\r\n",
          "v: SIP / 2.0 / UDP 198.51.100.10 : 5060;branch=z9hG4bK1\r\n" },
        { &phone, DIR_C2S, "Via: SIP/2.0/TLS 192.168.1.20:49152;branch=z9hG4bK1;rport;alias\r\n",
          "Via: SIP/2.0/TCP 10.1.1.254:20001;branch=z9hG4bK1;rport;alias\r\n",
          "Via: SIP/2.0/TCP 10.1.1.254:20001;branch=z9hG4bK1;rport=20001;alias\r\n",
          "Via: SIP/2.0/TLS 192.168.1.20:49152;branch=z9hG4bK1;rport=40000;alias\r\n" },
        { &phone, DIR_S2C,
          "Via: SIP/2.0/TCP 10.1.1.5;branch=z9hG4bK2\r\n"
          "Via: SIP/2.0/UDP 10.1.1.99:5060;branch=z9hG4bK1;received=10.1.1.99;rport=5060\r\n",
          "Via: SIP/2.0/TLS 203.0.113.5;branch=z9hG4bK2\r\n"
          "Via: SIP/2.0/UDP 203.0.113.5:5061;branch=z9hG4bK1;received=203.0.113.5;rport=5060\r\n",
          "Via: SIP/2.0/TLS 203.0.113.5;branch=z9hG4bK2\r\n"
          "Via: SIP/2.0/UDP 203.0.113.5:5061;branch=z9hG4bK1;received=203.0.113.5;rport=5060\r\n",
          "Via: SIP/2.0/TCP 10.1.1.5;branch=z9hG4bK2\r\n"
          "Via: SIP/2.0/UDP 10.1.1.99:5060;branch=z9hG4bK1;received=10.1.1.99;rport=5060\r\n" },
        { &udp, DIR_S2C, "Via: SIP/2.0/UDP 10.1.1.5:5060;branch=z9hG4bK2, SIP/2.0/UDP 10.1.1.7;branch=z9hG4bK1\r\n",
          "Via: SIP/2.0/UDP 203.0.113.5:5060;branch=z9hG4bK2, SIP/2.0/UDP 203.0.113.7;branch=z9hG4bK1\r\n",
          "Via: SIP/2.0/UDP 203.0.113.5:5060;branch=z9hG4bK2, SIP/2.0/UDP 203.0.113.7;branch=z9hG4bK1\r\n",
          "Via: SIP/2.0/UDP 10.1.1.5:5060;branch=z9hG4bK2, SIP/2.0/UDP 10.1.1.7;branch=z9hG4bK1\r\n" },
};

static void vias_come_back(void **st)
{
        (void)st;
        for (unsigned i = 0; i < ARRAY_LEN(vias); i++) {
                const struct via_row *r = &vias[i];
                enum inspect_dir back = r->dir == DIR_C2S ? DIR_S2C : DIR_C2S;
                const char *got;

                begin(r->legs, NULL);
                third_parties();
                got = options(r->dir, r->in);
                if (!got || !strstr(got, r->out))
                        fail_msg("%s\n%s", r->out, got ? got : f.c.reason);
                got = options(r->dir, r->in); /* the same again */
                assert_non_null(strstr(got, r->out));
                got = ok(back, r->back);
                if (!got || !strstr(got, r->restored))
                        fail_msg("%s\n%s", r->restored, got ? got : f.c.reason);
                end();
        }
}

/* Without the request in memory the inverse has to do. */
static void a_stray_response(void **st)
{
        (void)st;
        begin(&udp, NULL);
        assert_non_null(strstr(ok(DIR_S2C, "Via: SIP/2.0/UDP 10.1.1.254:20001;branch=z9hG4bK9\r\n"),
                               "Via: SIP/2.0/UDP 198.51.100.10:40000;branch=z9hG4bK9\r\n"));
        end();
}

/* ---- dialogs with a contact that has no address on the far side ---- */

static void a_hidden_contact_is_found_again(void **st)
{
        const char *text;

        (void)st;
        begin(&phone, NULL);
        out.udp = false;
        third_parties();
        talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        text = sip_say(
                &f, DIR_S2C,
                sip_text("SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 10.1.1.254:20001;branch=z9hG4bK-out-INVITE-1-0\r\n"
                         "From: <sip:x@example.com>;tag=a\r\nTo: <sip:y@example.com>;tag=b\r\nCall-ID: out\r\n"
                         "CSeq: 1 INVITE\r\nContact: <sip:bob@10.1.1.99:5062>\r\n",
                         SERVER_AUDIO));
        assert_non_null(strstr(text, "Contact: <sip:bob@203.0.113.5:5061;transport=tls>\r\n"));
        text = sip_say(
                &f, DIR_C2S,
                sip_text("BYE sip:bob@203.0.113.5:5061;transport=tls SIP/2.0\r\n"
                         "Via: SIP/2.0/TLS 198.51.100.10:5061;branch=z9hG4bK9\r\nFrom: <sip:x@example.com>;tag=a\r\n"
                         "To: <sip:y@example.com>;tag=b\r\nCall-ID: out\r\nCSeq: 2 BYE\r\n",
                         ""));
        assert_memory_equal(text, "BYE sip:bob@10.1.1.99:5062 SIP/2.0\r\n", 36);
        end();
}

/* ---- plain inspection: SDP and pinholes ---- */

#define PLAIN(addr, port) SDP_HEAD(addr) "m=audio " port " RTP/AVP 0\r\n"

static void media_is_translated(void **st)
{
        const char *text;

        (void)st;
        begin(&udp, NULL);
        third_parties();
        world_nat(&w, DIR_C2S, ep4(PHONE, 4000), ep4(PHONE_SEEN, 30000));
        world_nat(&w, DIR_C2S, ep4(PHONE, 4001), ep4(PHONE_SEEN, 30001));
        world_nat(&w, DIR_C2S, ep4(PHONE, 0), ep4(PHONE_SEEN, 0));
        text = talk_request(&out, DIR_C2S, "INVITE", 1, PLAIN("198.51.100.10", "4000") "a=rtcp:4001\r\n");
        assert_string_equal(body_of(text), PLAIN("10.1.1.254", "30000") "a=rtcp:30001\r\n");
        out.to = "b";
        text = talk_response(&out, DIR_S2C, 200, "INVITE", 1, PLAIN("10.1.1.7", "5000"));
        assert_string_equal(body_of(text), PLAIN("203.0.113.7", "5000"));
        assert_int_equal(w.opened, 0);
        assert_int_equal(f.nholes, 4);
        assert_int_equal(f.hole[0].from, DIR_S2C);
        assert_int_equal(f.hole[0].dst.a.v4, PHONE); /* real addresses */
        assert_int_equal(f.hole[0].dst.port, 4000);
        assert_int_equal(f.hole[0].src.a.fam, ADDR_NONE);
        assert_int_equal(f.hole[0].timeout_s, SIP_T_INVITE);
        assert_int_equal(f.hole[1].dst.port, 4001);
        assert_int_equal(f.hole[2].from, DIR_C2S);
        assert_int_equal(f.hole[2].dst.a.v4, 0x0a010107);
        assert_int_equal(f.hole[2].dst.port, 5000);
        assert_int_equal(f.hole[2].src.a.v4, PHONE); /* known by now, and the peer itself */
        assert_int_equal(f.hole[3].dst.port, 5001);
        end();
}

static void pinholes_are_opened_once(void **st)
{
        (void)st;
        begin(&udp, NULL);
        for (unsigned i = 0; i < 3; i++)
                talk_request(&out, DIR_C2S, "INVITE", 1, PLAIN("198.51.100.10", "4000"));
        assert_int_equal(f.nholes, 2);
        out.to = "b";
        talk_response(&out, DIR_S2C, 183, "INVITE", 1, PLAIN("10.1.1.5", "5000"));
        talk_response(&out, DIR_S2C, 183, "INVITE", 1, PLAIN("10.1.1.5", "5000"));
        assert_int_equal(f.nholes, 4);
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, PLAIN("10.1.1.5", "5000"));
        assert_int_equal(f.nholes, 6); /* ringing may have outlasted the first */
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, PLAIN("10.1.1.5", "5000"));
        assert_int_equal(f.nholes, 6);
        end();
}

/* BYE: what was opened for the call is closed, RTP and RTCP of either side; not before it is answered. */
static void pinholes_end_with_the_call(void **st)
{
        (void)st;
        begin(&udp, NULL);
        talk_request(&out, DIR_C2S, "INVITE", 1, PLAIN("198.51.100.10", "4000"));
        out.to = "b";
        talk_response(&out, DIR_S2C, 200, "INVITE", 1, PLAIN("10.1.1.5", "5000"));
        talk_request(&out, DIR_C2S, "ACK", 1, "");
        talk_request(&out, DIR_S2C, "BYE", 2, "");
        assert_int_equal(f.nended, 0);
        talk_response(&out, DIR_C2S, 200, "BYE", 2, "");
        assert_int_equal(f.nended, 4);
        for (unsigned i = 0; i < 4; i++) {
                uint16_t mine = (uint16_t)((i < 2 ? 4000 : 5000) + i % 2),
                         theirs = (uint16_t)((i < 2 ? 5000 : 4000) + i % 2);

                assert_int_equal(f.ended[i].from, i < 2 ? DIR_S2C : DIR_C2S);
                assert_int_equal(f.ended[i].dst.port, mine);
                assert_int_equal(f.ended[i].src.port, theirs);
        }
        end();
}

/* A place that another call uses too stays open; a refused call leaves nothing. */
static void pinholes_of_several_calls(void **st)
{
        struct talk second;

        (void)st;
        begin(&udp, NULL);
        second = out;
        second.id = "second";
        talk_request(&out, DIR_C2S, "INVITE", 1, PLAIN("198.51.100.10", "4000"));
        talk_request(&second, DIR_C2S, "INVITE", 1, PLAIN("198.51.100.10", "4000"));
        out.to = second.to = "b";
        talk_response(&out, DIR_S2C, 486, "INVITE", 1, "");
        assert_int_equal(f.nended, 0);
        talk_response(&second, DIR_S2C, 486, "INVITE", 1, "");
        assert_int_equal(f.nended, 2);
        assert_int_equal(f.ended[0].src.port, 0);
        end();
}

static void pinholes_never_opened(void **st)
{
        static const char *const body[] = {
                PLAIN("198.51.100.10", "0"),      PLAIN("198.51.100.10", "80"),
                PLAIN("127.0.0.1", "4000"),       PLAIN("0.0.0.0", "4000"),
                PLAIN("255.255.255.255", "4000"), PLAIN("239.1.1.1", "4000"),
                PLAIN("h.example.com", "4000"),   SDP_HEAD("198.51.100.10") "m=x 4000 TCP/MSRP *\r\n",
        };
        char id[16];

        (void)st;
        begin(&udp, NULL);
        for (unsigned i = 0; i < ARRAY_LEN(body); i++) {
                snprintf(id, sizeof id, "c%u", i);
                out.id = id;
                assert_non_null(talk_request(&out, DIR_C2S, "INVITE", 1, body[i]));
                assert_int_equal(f.nholes, 0);
        }
        f.holes_full = true;
        out.id = "full";
        assert_non_null(talk_request(&out, DIR_C2S, "INVITE", 1, PLAIN("198.51.100.10", "4000")));
        assert_int_equal(feed_count(&f, "pinholes refused"), 2);
        end();
}

/* The registrar reaches the phone for as long as it is registered. */
static void signalling_pinhole(void **st)
{
        (void)st;
        begin(&udp, NULL);
        sip_say(&f, DIR_C2S,
                sip_text("REGISTER sip:203.0.113.5 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.10:5062;branch=z9hG4bK1\r\n"
                         "From: <sip:x@e.com>;tag=a\r\nTo: <sip:x@e.com>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n"
                         "Contact: <sip:x@198.51.100.10:5062>;expires=600\r\n",
                         ""));
        assert_int_equal(f.nholes, 0);
        sip_say(&f, DIR_S2C,
                sip_text("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.1.1.254:20001;branch=z9hG4bK1\r\n"
                         "From: <sip:x@e.com>;tag=a\r\nTo: <sip:x@e.com>;tag=b\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n"
                         "Expires: 300\r\n",
                         ""));
        assert_int_equal(f.nholes, 1);
        assert_int_equal(f.hole[0].engine, INSPECT_SIP);
        assert_int_equal(f.hole[0].from, DIR_S2C);
        assert_int_equal(f.hole[0].dst.port, 5062);
        assert_int_equal(f.hole[0].timeout_s, 300);
        assert_int_equal(f.hole[0].proto, 17);
        end();
}

/* A tls-proxy to a server in clear text without a relay: keys do not go there. */
static void keys_stay_off_a_clear_leg(void **st)
{
        static const struct leg_setup tls = { .via = { VIA_TLS, VIA_TCP } };
        const char *text;

        (void)st;
        begin(&tls, NULL);
        out.udp = false;
        text = talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO);
        assert_null(strstr(text, "crypto"));
        assert_int_equal(feed_count(&f, "keys kept off a clear leg"), 1);
        end();
        begin(&tcp, NULL);
        assert_non_null(strstr(talk_request(&out, DIR_C2S, "INVITE", 1, PHONE_AUDIO), CRYPTO("1", KEY_A)));
        end();
}

/* ---- ip-address-privacy ---- */

static void private_addresses(void **st)
{
        static const struct sip_map map = { .ip_address_privacy = true };
        const char *text;

        (void)st;
        begin(&udp_plain, &map);
        text = sip_say(&f, DIR_S2C,
                       sip_text("INFO sip:x@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.1.5:5060;branch=z9hG4bK2\r\n"
                                "Via: SIP/2.0/UDP 10.1.1.50:5060;branch=z9hG4bK1\r\n"
                                "Record-Route: <sip:10.1.1.51;lr>\r\nFrom: <sip:x@10.1.1.52>;tag=a\r\n"
                                "To: <sip:y@example.com>\r\nCall-ID: 1\r\nCSeq: 1 INFO\r\n",
                                ""));
        assert_non_null(text);
        assert_null(strstr(text, "10.1.1.50"));
        assert_null(strstr(text, "10.1.1.51"));
        assert_null(strstr(text, "10.1.1.52"));
        end();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(one_header),
                cmocka_unit_test(vias_come_back),
                cmocka_unit_test(a_stray_response),
                cmocka_unit_test(a_hidden_contact_is_found_again),
                cmocka_unit_test(media_is_translated),
                cmocka_unit_test(pinholes_are_opened_once),
                cmocka_unit_test(pinholes_end_with_the_call),
                cmocka_unit_test(pinholes_of_several_calls),
                cmocka_unit_test(pinholes_never_opened),
                cmocka_unit_test(signalling_pinhole),
                cmocka_unit_test(keys_stay_off_a_clear_leg),
                cmocka_unit_test(private_addresses),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
