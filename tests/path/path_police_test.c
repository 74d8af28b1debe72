/* `police` on the whole appliance: what is forwarded, what goes to an engine and comes back, what an operator sees.
 */
#include "cli/box/baseline.h"
#include "tests/support/test.h"

#include "tests/path/support/path_conf.h"
#include "tests/path/support/path_fixture.h"

#define CLIENT "192.0.2.10"
#define SERVER_SEEN "192.0.2.140"
#define SERVER "10.0.0.5"
#define RRQ_BYTES 24u /* 52 with its headers */

static struct path_fixture fx;

/* The rate limit of the samples: requests to the TFTP server, real address. */
static const char tftp_class[] = "access-list tftpacl extended permit udp any host 10.0.0.5 eq tftp\n"
                                 "class-map tftpclass\n"
                                 " match access-list tftpacl\n";

static void start(const char *more)
{
        static char conf[16384];

        snprintf(conf, sizeof conf, "%s%s%s%s", px_base, px_services, tftp_class, more);
        px_start(&fx, conf, true);
}

static void has(const char *command, const char *part)
{
        px_has(&fx, command, part);
}

static void lacks(const char *command, const char *part)
{
        const char *text = px_show(&fx, command);

        if (strstr(text, part))
                fail_msg("%s: \"%s\" is in:\n%s", command, part, text);
}

static bool request(uint16_t sport)
{
        static const uint8_t rrq[RRQ_BYTES] = "\0\1SEP00000000.cnf\0octet";
        struct pb p = px_pb(&fx, 0, CLIENT, sport, SERVER_SEEN, 69, IPPROTO_UDP_);
        struct pb_view v;

        p.pay = rrq;
        p.npay = sizeof rrq;
        px_send_pb(&fx, 0, p);
        return px_take(&fx, 1, &v) && px_is(&v, CLIENT, sport, SERVER, 69);
}

static void what_a_class_sets_is_shown(void **state UNUSED)
{
        start("policy-map pp_policy\n class tftpclass\n  set connection per-client-max 9\n"
              "  set connection timeout embryonic 0:0:40 half-closed 0:20:00 idle 2:00:00 reset\n"
              "service-policy pp_policy interface outside\n");
        has("show service-policy interface outside",
            "    Class-map: tftpclass\n"
            "      Set connection policy: per-client-max 9 \n"
            "        current embryonic conns 0, current conns 0, drop 0\n"
            "      Set connection timeout policy:\n"
            "        embryonic 0:00:40 half-closed 0:20:00 idle 2:00:00 reset\n");
        px_config(&fx, "policy-map pp_policy\n class tftpclass\n  no set connection timeout idle 2:00:00 reset\n");
        lacks("show service-policy interface outside", "idle 2:00:00");
        px_stop(&fx);
}

/* 25 requests fit a burst of 1300 bytes; the engine never hears of the others. */
static void requests_at_the_engine(void **state UNUSED)
{
        unsigned through = 0;

        start("policy-map pp_policy\n class tftpclass\n  police input 8000 1300\n"
              "service-policy pp_policy interface outside\n");
        for (uint16_t i = 0; i < 60; i++)
                through += request((uint16_t)(20000 + i));
        assert_int_equal(through, 25);
        assert_int_equal(px_drops(&fx, DROP_RATE_EXCEEDED), 35);
        has("show service-policy interface outside",
            "\nInterface outside:\n  Service-policy: pp_policy\n    Class-map: tftpclass\n"
            "      Input police Interface outside:\n"
            "        cir 8000 bps, bc 1300 bytes\n"
            "        conformed 25 packets, 1300 bytes; actions:  transmit\n"
            "        exceeded 35 packets, 1820 bytes; actions: drop\n"
            "        conformed ");
        has("show asp drop", "QoS rate exceeded (rate-exceeded)");
        has("show conn count", "25 in use");
        px_advance(&fx, 520);
        through = 0;
        for (uint16_t i = 0; i < 60; i++)
                through += request((uint16_t)(30000 + i));
        assert_int_equal(through, 10);
        px_stop(&fx);
}

/* What an engine releases is policed where it leaves, once. */
static void what_an_engine_releases(void **state UNUSED)
{
        unsigned through = 0;

        start("policy-map in_policy\n class tftpclass\n  police output 8000 1300\n"
              "service-policy in_policy interface inside\n");
        for (unsigned i = 0; i < 60; i++)
                through += request(20000); /* one flow */
        assert_int_equal(through, 25);
        has("show service-policy", "conformed 25 packets, 1300 bytes; actions:  transmit\n"
                                   "        exceeded 35 packets, 1820 bytes; actions: drop\n");
        has("show service-policy", "Inspect: tftp , packet 60");
        fx.box.baselines = baselines_new(); /* one for several sessions */
        px_show(&fx, "clear counters");
        has("show service-policy", "conformed 0 packets, 0 bytes; actions:  transmit\n"
                                   "        exceeded 0 packets, 0 bytes; actions: drop\n");
        has("show service-policy", "Inspect: tftp , packet 0");
        baselines_free(fx.box.baselines);
        fx.box.baselines = NULL;
        px_stop(&fx);
}

/* Segments towards and from the private kernel. */
static void a_proxied_flow(void **state UNUSED)
{
        uint8_t buf[2048];
        struct pb_view v;
        struct pb p;
        unsigned in = 0, out = 0;

        start("class-map mmp\n match port tcp eq 5443\n"
              "access-list answers extended permit tcp host 10.0.0.5 eq 5443 any\n"
              "class-map answers\n match access-list answers\n"
              "policy-map pp_policy\n class mmp\n  police input 8000 1000\n class answers\n  police output 8000 "
              "1000\n"
              "service-policy pp_policy interface outside\n");
        px_tcp(&fx, 0, CLIENT, 40000, SERVER_SEEN, 5443, PB_SYN, 100, 0);
        assert_true(px_take_tun(&fx, buf, sizeof buf, &v));
        p = (struct pb){ .src = v.dst, .dst = v.src, .sport = v.dport, .dport = v.sport, .proto = IPPROTO_TCP_ };
        p.ttl = 64;
        p.flags = PB_SYN | PB_ACK;
        p.seq = 500;
        p.ack = 101;
        px_send_tun(&fx, p);
        assert_true(px_take(&fx, 0, &v));
        for (unsigned i = 0; i < 50; i++) {
                px_tcp(&fx, 0, CLIENT, 40000, SERVER_SEEN, 5443, PB_ACK, 101, 501);
                in += px_take_tun(&fx, buf, sizeof buf, &v);
                p.flags = PB_ACK;
                p.seq = 501;
                px_send_tun(&fx, p);
                out += px_take(&fx, 0, &v);
        }
        assert_int_equal(in, 24);  /* of 40 bytes, and the SYN */
        assert_int_equal(out, 24); /* and the SYN's answer */
        px_stop(&fx);
}

static void an_operators_view(void **state UNUSED)
{
        start("policy-map global_policy\n class tftpclass\n"
              "  police input 192000 exceed-action transmit\n  police output 8000 2000 conform-action drop\n");
        has("show running-config policy-map", " class tftpclass\n"
                                              "  police input 192000 exceed-action transmit\n"
                                              "  police output 8000 2000 conform-action drop\n");
        lacks("show service-policy interface outside", "police");
        has("show service-policy police", "\nGlobal policy: \n  Service-policy: global_policy\n"
                                          "    Class-map: tftpclass\n"
                                          "      Input police Interface outside:\n"
                                          "        cir 192000 bps, bc 6000 bytes\n"
                                          "        conformed 0 packets, 0 bytes; actions:  transmit\n"
                                          "        exceeded 0 packets, 0 bytes; actions: transmit\n"
                                          "        conformed 0 bps, exceed 0 bps\n"
                                          "      Output police Interface outside:\n"
                                          "        cir 8000 bps, bc 2000 bytes\n"
                                          "        conformed 0 packets, 0 bytes; actions:  drop\n"
                                          "        exceeded 0 packets, 0 bytes; actions: drop\n"
                                          "        conformed 0 bps, exceed 0 bps\n"
                                          "      Input police Interface inside:\n");
        lacks("show service-policy police", "Inspect");
        assert_false(request(20000)); /* conforms to what is dropped on its way out */
        has("show service-policy police", "conformed 1 packets, 52 bytes; actions:  transmit");
        has("show service-policy police", "conformed 1 packets, 52 bytes; actions:  drop");
        px_show(&fx, "clear service-policy");
        lacks("show service-policy police", "conformed 1 ");
        has("packet-tracer input outside udp 192.0.2.10 1000 192.0.2.140 69",
            "Type: QOS\nSubtype: \nResult: ALLOW\n");
        has("packet-tracer input outside udp 192.0.2.10 1000 192.0.2.140 69",
            "  police input 192000 6000\n  police output 8000 2000\n");
        px_config(&fx, "policy-map global_policy\n class tftpclass\n  no police output\n");
        assert_true(request(20001));
        px_config(&fx, "policy-map global_policy\n class tftpclass\n  no police input 192000\n");
        lacks("show running-config policy-map", "police");
        lacks("show service-policy", "police");
        px_stop(&fx);
}

/* The counters and the bucket of a class stay when something else is configured. */
static void a_commit_in_between(void **state UNUSED)
{
        start("policy-map pp_policy\n class tftpclass\n  police input 8000 1300\n"
              "service-policy pp_policy interface outside\n");
        for (unsigned i = 0; i < 30; i++)
                request(20000);
        px_config(&fx, "access-list other extended permit ip any any\nclass-map more\n match any\n"
                       "policy-map pp_policy\n class more\n  set connection conn-max 1000\n");
        assert_false(request(20000));
        assert_false(request(20001));
        has("show service-policy", "exceeded 7 packets, 364 bytes");
        px_stop(&fx);
}

static void as_many_lines_as_there_is_room_for(void **state UNUSED)
{
        static char conf[65536];
        struct load_report rep = { 0 };
        size_t n = 0;

        start("");
        for (unsigned i = 0; i <= POLICE_LINES_MAX / 2; i++) {
                n += (size_t)snprintf(conf + n, sizeof conf - n,
                                      "class-map c%u\n match any\npolicy-map many\n class c%u\n"
                                      "  police input 8000\n  police output 8000\n",
                                      i, i);
        }
        box_load(&fx.box, &fx.setup, conf, n, &rep);
        assert_int_equal(rep.errors, 2);
        px_stop(&fx);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_a_class_sets_is_shown),
                cmocka_unit_test(requests_at_the_engine),
                cmocka_unit_test(what_an_engine_releases),
                cmocka_unit_test(a_proxied_flow),
                cmocka_unit_test(an_operators_view),
                cmocka_unit_test(a_commit_in_between),
                cmocka_unit_test(as_many_lines_as_there_is_room_for),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
