/*
 * A phone behind a shared address, on virtual time: what its signalling says outside is where its media comes from
 * and goes to, and when the call is over nothing of it is left.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "inspect/sip/sip.h"
#include "nat/portpool.h"
#include "nat/xlate.h"
#include "platform/base/mem.h"
#include "policy/pinhole.h"
#include "proxy/worker/worker_int.h"
#include "tests/path/support/path_fixture.h"

#define PHONE "10.0.0.9"
#define OTHER "10.0.0.10"
#define SHARED "192.0.2.200"
#define SERVER "198.51.100.1"
#define FAR "198.51.100.7"
#define PBX "10.0.0.5"
#define PBX_SEEN "192.0.2.201"

static const char config[] = "object network phones\n"
                             " subnet 10.0.0.0 255.255.255.0\n"
                             " nat (inside,outside) dynamic 192.0.2.200\n"
                             "object network pbx\n"
                             " host 10.0.0.5\n"
                             " nat (inside,outside) static " PBX_SEEN "\n"
                             "class-map inspection_default\n"
                             " match default-inspection-traffic\n"
                             "policy-map global_policy\n"
                             " class inspection_default\n"
                             "  inspect sip\n"
                             "service-policy global_policy global\n";

static struct path_fixture fx;
static struct pb_view v;

static int setup(void **state UNUSED)
{
        char text[8192];

        snprintf(text, sizeof text, "%s%s", px_base, config);
        px_start(&fx, text, false);
        return 0;
}

static int teardown(void **state UNUSED)
{
        px_stop(&fx);
        return 0;
}

/* ---- what is said ---- */

static unsigned call_id = 1;
static char heard[4096]; /* the last datagram that came out */

static bool hear(unsigned port, const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
        heard[0] = 0;
        if (!px_take(&fx, port, &v) || !px_is(&v, src, sport, dst, dport) || v.npay >= sizeof heard)
                return false;
        memcpy(heard, v.pay, v.npay);
        heard[v.npay] = 0;
        return true;
}

static const char *message(const char *head, const char *body)
{
        static char text[4096];
        int n = snprintf(text, sizeof text, "%s%sContent-Length: %zu\r\n\r\n%s", head,
                         *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);

        assert_true(n > 0 && (size_t)n < sizeof text);
        return text;
}

static const char *sdp(const char *addr, unsigned port)
{
        static char text[512];

        snprintf(text, sizeof text,
                 "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %u RTP/AVP 0\r\n", addr, addr,
                 port);
        return text;
}

static const char *request(const char *method, const char *uri, unsigned cseq, const char *contact)
{
        static char text[2048];

        snprintf(text, sizeof text,
                 "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP " PHONE ":5060;branch=z9hG4bK%s%u\r\nMax-Forwards: 70\r\n"
                 "From: <sip:1@" SERVER ">;tag=a\r\nTo: <sip:2@" SERVER ">%s\r\nCall-ID: c%u\r\nCSeq: %u %s\r\n"
                 "Contact: <sip:1@%s>\r\n",
                 method, uri, method, cseq, strcmp(method, "BYE") ? "" : ";tag=b", call_id, cseq, method, contact);
        return text;
}

/* As the server saw the request: its Via is the shared address's. */
static const char *answer(const char *status, const char *method, unsigned cseq, const char *more)
{
        static char text[2048];

        snprintf(text, sizeof text,
                 "SIP/2.0 %s\r\nVia: SIP/2.0/UDP " SHARED ":5060;branch=z9hG4bK%s%u\r\nFrom: <sip:1@" SERVER
                 ">;tag=a\r\nTo: <sip:2@" SERVER ">;tag=b\r\nCall-ID: c%u\r\nCSeq: %u %s\r\n%s",
                 status, method, cseq, call_id, cseq, method, more);
        return text;
}

static bool phone_says(const char *text)
{
        px_udp(&fx, 1, PHONE, 5060, SERVER, 5060, text);
        return hear(0, SHARED, 5060, SERVER, 5060);
}

static bool server_says(const char *text)
{
        px_udp(&fx, 0, SERVER, 5060, SHARED, 5060, text);
        return hear(1, SERVER, 5060, PHONE, 5060);
}

static unsigned number_behind(const char *text)
{
        const char *at = strstr(heard, text);
        unsigned n = 0;

        assert_non_null(at);
        assert_int_equal(sscanf(at + strlen(text), "%u", &n), 1);
        return n;
}

static bool registers(const char *contact, unsigned cseq, unsigned expires)
{
        char more[256];

        if (!phone_says(message(request("REGISTER", "sip:" SERVER, cseq, contact), "")))
                return false;
        snprintf(more, sizeof more, "Contact: <sip:1@" SHARED ":%u>;expires=%u\r\nExpires: %u\r\n",
                 number_behind("Contact: <sip:1@" SHARED ":"), expires, expires);
        return server_says(message(answer("200 OK", "REGISTER", cseq, more), ""));
}

/* The call's offer; the port that the far end hears of. */
static unsigned invites(unsigned cseq, unsigned port)
{
        if (!phone_says(message(request("INVITE", "sip:2@" SERVER, cseq, PHONE ":5060"), sdp(PHONE, port))))
                return 0;
        assert_non_null(strstr(heard, "c=IN IP4 " SHARED "\r\n"));
        assert_null(strstr(heard, "10.0.0."));
        return number_behind("m=audio ");
}

static bool answered(unsigned cseq, unsigned port)
{
        return server_says(
                message(answer("200 OK", "INVITE", cseq, "Contact: <sip:2@" SERVER ">\r\n"), sdp(FAR, port)));
}

static void hangs_up(unsigned cseq)
{
        assert_true(phone_says(message(request("BYE", "sip:2@" SERVER, cseq, PHONE ":5060"), "")));
        assert_true(server_says(message(answer("200 OK", "BYE", cseq, ""), "")));
}

static bool media_out(uint16_t from, uint16_t seen, uint16_t to)
{
        px_udp(&fx, 1, PHONE, from, FAR, to, "rtp");
        return hear(0, SHARED, seen, FAR, to);
}

static bool media_in(uint16_t from, uint16_t to, uint16_t real)
{
        px_udp(&fx, 0, FAR, from, SHARED, to, "rtp");
        return hear(1, FAR, from, PHONE, real);
}

/* ---- what there is ---- */

static struct pat_stat leases(void)
{
        struct pat_stat st;

        pat_stat(fx.parts.proxy[0]->pat, &st);
        return st;
}

static uint32_t ports(void)
{
        struct addr a = pb_addr(SHARED);

        return portpool_used(fx.w, &a, IPPROTO_UDP_);
}

static uint32_t xlates(void)
{
        return xlate_count(fx.w) - 1; /* the static one of the PBX */
}

/* ---- */

static void a_call_and_its_end(void **state UNUSED)
{
        unsigned seen;

        assert_true(registers(PHONE ":5060", 1, 600));
        assert_int_equal(leases().blocks, 1); /* there before the first byte */
        assert_int_equal(xlates(), 1);
        seen = invites(2, 4000);
        assert_true(seen >= 1024 && seen % 2 == 0 && seen != 4000);
        assert_int_equal(xlates(), 3);
        assert_int_equal(invites(2, 4000), seen); /* said again */
        assert_true(answered(2, 6000));
        assert_non_null(strstr(heard, "m=audio 6000 "));
        assert_true(media_in(6000, (uint16_t)seen, 4000)); /* the far end speaks first: the pinhole */
        assert_true(media_out(4000, (uint16_t)seen, 6000));
        assert_true(media_out(4001, (uint16_t)(seen + 1), 6001)); /* RTCP, we first */
        assert_true(media_in(6001, (uint16_t)(seen + 1), 4001));
        assert_int_equal(xlates(), 3);
        assert_non_null(
                strstr(px_show(&fx, "show xlate"), "UDP PAT from inside:10.0.0.9/4000 to outside:192.0.2.200/"));
        hangs_up(3);
        assert_int_equal(pinhole_count(fx.w->pinholes), 1); /* the registration's */
        assert_int_equal(leases().maps, 1);                 /* its ports rest for timeout pat-xlate */
        px_advance(&fx, 29000);
        assert_int_equal(xlates(), 3);
        px_advance(&fx, 2000);
        assert_int_equal(xlates(), 1);
        assert_int_equal(leases().maps, 0);
        assert_true(registers(PHONE ":5060", 4, 0));
        assert_int_equal(pinhole_count(fx.w->pinholes), 0);
        assert_int_equal(leases().groups, 0);
        px_advance(&fx, 1900000); /* timeout sip, and the port's rest */
        assert_int_equal(xlates(), 0);
        assert_int_equal(leases().blocks, 0);
        assert_int_equal(ports(), 0);
}

/* Media that the phone sent before anybody spoke of it has another port: the call's own takes its place. */
static void media_before_its_call(void **state UNUSED)
{
        unsigned seen;

        assert_true(registers(PHONE ":5060", 1, 600));
        assert_true(media_out(4000, 4000, 6000));
        seen = invites(2, 4000);
        assert_int_not_equal(seen, 4000);
        assert_true(answered(2, 6000));
        assert_true(media_in(6000, (uint16_t)seen, 4000));
        assert_true(media_out(4000, (uint16_t)seen, 6000));
        hangs_up(3);
}

/* Nobody ever answered: nothing waits for media that will not come. */
static void a_call_that_is_refused(void **state UNUSED)
{
        unsigned seen = invites(1, 4000);

        assert_true(seen > 0);
        assert_int_equal(leases().maps, 1);
        assert_true(pinhole_count(fx.w->pinholes) >= 2);
        assert_true(server_says(message(answer("486 Busy Here", "INVITE", 1, ""), "")));
        assert_int_equal(pinhole_count(fx.w->pinholes), 0);
        assert_int_equal(leases().maps, 0);
        assert_int_equal(leases().groups, 0);
        assert_int_equal(xlates(), 1);
        assert_false(media_in(6000, (uint16_t)seen, 4000));
}

static void two_phones_with_one_port(void **state UNUSED)
{
        unsigned first = invites(1, 4000), second;
        char text[4096], *at;

        snprintf(text, sizeof text, "%s",
                 message(request("INVITE", "sip:2@" SERVER, 1, OTHER ":5060"), sdp(OTHER, 4000)));
        while ((at = strstr(text, PHONE ":5060")))
                memcpy(at, "10.0.0.8", 8);
        at = strstr(text, "Call-ID: c1");
        at[10] = '2';
        px_udp(&fx, 1, OTHER, 5060, SERVER, 5060, text);
        assert_true(px_take(&fx, 0, &v));
        memcpy(heard, v.pay, v.npay);
        heard[v.npay] = 0;
        second = number_behind("m=audio ");
        assert_true(second % 2 == 0 && second != first);
        assert_int_equal(leases().maps, 2);
}

/* Music on hold, transfers: a re-INVITE moves the media, and the old place is given up when it is answered. */
static void media_that_moves(void **state UNUSED)
{
        unsigned seen = invites(1, 4000), moved;

        assert_true(answered(1, 6000));
        moved = invites(2, 4100);
        assert_true(moved % 2 == 0 && moved != seen);
        assert_int_equal(leases().maps, 2);
        assert_true(answered(2, 6000));
        assert_int_equal(leases().maps, 1);
        assert_true(media_in(6000, (uint16_t)moved, 4100));
        assert_false(media_in(6000, (uint16_t)seen, 4000));
        assert_int_equal(invites(3, 4100), moved);
        assert_true(server_says(message(answer("488 Not Acceptable Here", "INVITE", 3, ""), "")));
        assert_true(media_out(4100, (uint16_t)moved, 6000));
        assert_int_equal(invites(4, 4200) % 2, 0);
        assert_int_equal(leases().maps, 2);
        assert_true(server_says(message(answer("488 Not Acceptable Here", "INVITE", 4, ""), "")));
        assert_int_equal(leases().maps, 1);
        assert_int_equal(invites(5, 4100), moved);
}

/* A contact that is not where the flow comes from is reached as it was registered. */
static void a_contact_at_another_port(void **state UNUSED)
{
        unsigned seen;

        assert_true(phone_says(message(request("REGISTER", "sip:" SERVER, 1, PHONE ":5080"), "")));
        seen = number_behind("Contact: <sip:1@" SHARED ":");
        assert_true(seen != 5060 && seen != 5080 && seen >= 1024);
        assert_true(registers(PHONE ":5080", 2, 600));
        assert_non_null(strstr(heard, "Contact: <sip:1@" PHONE ":5080>"));
        px_udp(&fx, 0, FAR, 5060, SHARED, (uint16_t)seen,
               message("OPTIONS sip:1@" SHARED ":5080 SIP/2.0\r\nVia: SIP/2.0/UDP " FAR ":5060;branch=z9hG4bKo\r\n"
                       "Max-Forwards: 70\r\nFrom: <sip:3@" FAR ">;tag=o\r\nTo: <sip:1@" SHARED ">\r\nCall-ID: o\r\n"
                       "CSeq: 1 OPTIONS\r\n",
                       ""));
        assert_true(hear(1, FAR, 5060, PHONE, 5080));
        assert_true(registers(PHONE ":5080", 3, 0));
        assert_int_equal(pinhole_count(fx.w->pinholes), 0);
        assert_int_equal(leases().groups, 0);
}

/* What is not at hand is refused, asked for, and there when the phone says it again. */
static void more_calls_than_ports_at_hand(void **state UNUSED)
{
        struct addr a = pb_addr(SHARED);
        uint32_t taken = 0, most;

        assert_true(registers(PHONE ":5060", 1, 600));
        while (portpool_take(fx.w, 1, &a, IPPROTO_UDP_, 0))
                taken++;
        assert_true(taken > 60000);
        for (most = 0; invites(2, (uint16_t)(4000 + 2 * most)); most++)
                call_id++;
        assert_int_equal(most, LEASE_PORTS / 2); /* all of the block, and no more */
        assert_int_equal(leases().maps, most);
        assert_true(leases().refused > 0);
        assert_int_equal(leases().ports_free, 0);
        px_advance(&fx, 181000); /* timeout sip-invite */
        assert_int_equal(leases().maps, 0);
        assert_int_not_equal(invites(2, (uint16_t)(4000 + 2 * most)), 0);
        call_id = 1;
}

/* The flow is the PBX's, the media a phone's: the first message that says so is not lost. */
static void media_of_a_host_that_is_no_end_of_the_flow(void **state UNUSED)
{
        char text[4096], *at;
        unsigned seen;

        snprintf(text, sizeof text, "%s",
                 message(request("INVITE", "sip:2@" SERVER, 1, PHONE ":5060"), sdp(PHONE, 4000)));
        while ((at = strstr(text, PHONE ":5060"))) /* who signals; the media stays the phone's */
                memcpy(at, PBX, 8);
        assert_int_equal(leases().blocks, 0);
        px_udp(&fx, 1, PBX, 5060, SERVER, 5060, text);
        assert_true(hear(0, PBX_SEEN, 5060, SERVER, 5060));
        seen = number_behind("m=audio ");
        assert_non_null(strstr(heard, "c=IN IP4 " SHARED "\r\n"));
        assert_true(seen >= 1024 && seen % 2 == 0);
        assert_int_equal(leases().maps, 1);
        assert_true(media_in(6000, (uint16_t)seen, 4000));
        assert_true(media_out(4000, (uint16_t)seen, 6000));
        px_udp(&fx, 1, PBX, 5060, SERVER, 5060, text); /* said again */
        assert_true(hear(0, PBX_SEEN, 5060, SERVER, 5060));
        assert_int_equal(number_behind("m=audio "), seen);
        assert_true(px_quiet(&fx));
}

/* Thirty calls at once, sixteen pairs at hand: each is heard once, and each with ports of its own. */
static void a_burst_of_calls(void **state UNUSED)
{
        static bool taken[65536];
        unsigned n = 0, port;

        memset(taken, 0, sizeof taken);
        assert_true(registers(PHONE ":5060", 1, 600)); /* the way is known */
        fx.lazy = true;
        for (call_id = 1; call_id <= 30; call_id++)
                px_udp(&fx, 1, PHONE, 5060, SERVER, 5060,
                       message(request("INVITE", "sip:2@" SERVER, 1, PHONE ":5060"), sdp(PHONE, 4000 + 2 * call_id)));
        call_id = 1;
        fx.lazy = false;
        px_settle(&fx);
        for (; hear(0, SHARED, 5060, SERVER, 5060); n++) {
                port = number_behind("m=audio ");
                assert_false(taken[port]);
                taken[port] = true;
        }
        assert_int_equal(n, 30);
        assert_int_equal(leases().maps, 30);
        assert_int_equal(fx.parts.proxy[0]->nheld, 0);
}

/* The answer is lost: the message is dropped after a second, its buffer is free, and ports are asked for again. */
static void a_message_that_waits_in_vain(void **state UNUSED)
{
        uint32_t used = pkt_pool_used(fx.w->pkts);
        struct punt_msg m;
        char text[4096], *at;

        snprintf(text, sizeof text, "%s",
                 message(request("INVITE", "sip:2@" SERVER, 1, PHONE ":5060"), sdp(PHONE, 4000)));
        while ((at = strstr(text, PHONE ":5060")))
                memcpy(at, PBX, 8);
        fx.lazy = true;
        px_udp(&fx, 1, PBX, 5060, SERVER, 5060, text);
        proxy_step(fx.parts.proxy[0], 0);
        assert_int_equal(fx.parts.proxy[0]->nheld, 1);
        assert_true(ring_pop(fx.parts.link[0][0].to_dp, &m));
        assert_int_equal(m.kind, PUNT_LEASE_ASK);
        assert_false(ring_pop(fx.parts.link[0][0].to_dp, &m));
        fx.lazy = false;
        px_settle(&fx);
        assert_int_equal(fx.parts.proxy[0]->nheld, 1);
        px_advance(&fx, 4000);
        assert_int_equal(fx.parts.proxy[0]->nheld, 0);
        assert_true(px_quiet(&fx));
        assert_int_equal(pkt_pool_used(fx.w->pkts), used);
        assert_true(px_drops(&fx, DROP_INSPECT) == 1);
        px_udp(&fx, 1, PBX, 5060, SERVER, 5060, text);
        assert_true(hear(0, PBX_SEEN, 5060, SERVER, 5060));
        assert_non_null(strstr(heard, "c=IN IP4 " SHARED "\r\n"));
}

static void what_is_shown_of_leased_ports(void **state UNUSED)
{
        unsigned seen;
        char text[200];

        assert_true(registers(PHONE ":5060", 1, 600));
        seen = invites(2, 4000);
        assert_true(answered(2, 6000));
        assert_true(media_in(6000, (uint16_t)seen, 4000));
        assert_true(media_out(4000, (uint16_t)seen, 6000));
        snprintf(text, sizeof text, "UDP PAT from inside:10.0.0.9/4000 to outside:192.0.2.200/%u flags ri", seen);
        assert_non_null(strstr(px_show(&fx, "show xlate"), text));
        snprintf(text, sizeof text, "UDP PAT from inside:10.0.0.9/4001 to outside:192.0.2.200/%u flags ri", seen + 1);
        assert_non_null(strstr(px_show(&fx, "show xlate"), text));
        assert_non_null(strstr(px_show(&fx, "show nat"),
                               "2 (inside) to (outside) source dynamic phones 192.0.2.200\n"
                               "    translate_hits = 1, untranslate_hits = 1\n")); /* the signalling, the media */
        snprintf(text, sizeof text, "inside: 10.0.0.9/4000 (192.0.2.200/%u),\n", seen);
        assert_non_null(strstr(px_show(&fx, "show conn detail"), text));
        assert_non_null(strstr(px_show(&fx, "show conn"), "UDP outside 198.51.100.7:6000 inside 10.0.0.9:4000"));
}

/* Connections and translations end; the place that was announced is made again with the port that the far end has. */
static void cleared_translations_come_back(void **state UNUSED)
{
        unsigned seen;

        assert_true(registers(PHONE ":5060", 1, 600));
        seen = invites(2, 4000);
        assert_true(answered(2, 6000));
        assert_true(media_in(6000, (uint16_t)seen, 4000));
        px_show(&fx, "clear xlate");
        px_settle(&fx);
        assert_int_equal(xlates(), 0);
        assert_int_equal(leases().maps, 0);
        assert_int_equal(conn_count(fx.w->conns), 0);
        assert_true(media_out(4000, 4000, 6000));
        assert_true(registers(PHONE ":5060", 3, 600));
        assert_int_equal(invites(4, 4000) % 2, 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(a_call_and_its_end),
                T(a_call_that_is_refused),
                T(two_phones_with_one_port),
                T(media_before_its_call),
                T(media_that_moves),
                T(a_contact_at_another_port),
                T(more_calls_than_ports_at_hand),
                T(media_of_a_host_that_is_no_end_of_the_flow),
                T(a_burst_of_calls),
                T(a_message_that_waits_in_vain),
                T(what_is_shown_of_leased_ports),
                T(cleared_translations_come_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
