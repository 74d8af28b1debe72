/* Whom the dataplane lets in for a phone proxy: requests to its TFTP servers, and signalling of phones it knows. */
#include "tests/support/test.h"

#include "tests/path/support/path_fixture.h"
#include "proxy/punt/punt_int.h"

#define PHONE "192.0.2.10"
#define OTHER "192.0.2.11"
#define SEEN "192.0.2.140"
#define SEEN_TFTP "192.0.2.141"

#define CONFIG                                                                                                       \
        "object network ccm\n"                                                                                       \
        " host 10.0.0.5\n"                                                                                           \
        " nat (inside,outside) static " SEEN "\n"                                                                    \
        "object network files\n"                                                                                     \
        " host 10.0.0.6\n"                                                                                           \
        " nat (inside,outside) static " SEEN_TFTP "\n"                                                               \
        "access-list pp extended permit udp any any eq 69\n"                                                         \
        "access-list pp extended permit udp any any eq 70\n"                                                         \
        "access-group pp in interface outside\n"                                                                     \
        "crypto key generate rsa modulus 1024\n"                                                                     \
        "crypto ca trustpoint ours\n"                                                                                \
        " enrollment self\n"                                                                                         \
        " subject-name cn=ccm\n"                                                                                     \
        "crypto ca enroll ours noconfirm\n"                                                                          \
        "ctl-file my\n"                                                                                              \
        " record-entry cucm trustpoint ours address " SEEN "\n"                                                      \
        " no shutdown\n"                                                                                             \
        "tls-proxy mytls\n"                                                                                          \
        " server trust-point ours\n"                                                                                 \
        "media-termination mta\n"                                                                                    \
        " address 192.0.2.50 interface outside\n"                                                                    \
        " address 10.0.0.50 interface inside\n"                                                                      \
        "phone-proxy mypp\n"                                                                                         \
        " media-termination mta\n"                                                                                   \
        " tftp-server address 10.0.0.6 interface inside\n"                                                           \
        " tls-proxy mytls\n"                                                                                         \
        " ctl-file my\n"                                                                                             \
        "class-map sec_sccp\n"                                                                                       \
        " match port tcp eq 2443\n"                                                                                  \
        "policy-map pp_policy\n"                                                                                     \
        " class sec_sccp\n"                                                                                          \
        "  inspect skinny phone-proxy mypp\n"                                                                        \
        "service-policy pp_policy interface outside\n"

static struct path_fixture fx;
static uint16_t port;

static int setup(void **state UNUSED)
{
        static char conf[8192];

        snprintf(conf, sizeof conf, "%s%s", px_base, CONFIG);
        px_start(&fx, conf, true);
        port = 40000;
        return 0;
}

static int teardown(void **state UNUSED)
{
        px_advance(&fx, 400000);
        px_stop(&fx);
        return 0;
}

static void forget_what_was_sent(void)
{
        uint8_t buf[2048];
        struct pb_view v;

        for (unsigned i = 0; i < PX_PORTS; i++)
                while (px_take(&fx, i, &v))
                        continue;
        while (px_take_tun(&fx, buf, sizeof buf, &v))
                continue;
}

/* ---- signalling ---- */

static void known(const char *ip, uint16_t iface, uint32_t ms)
{
        struct punt_msg m = { .kind = PUNT_SECURE,
                              .secure = { .iface = iface, .at = pb_addr(ip), .timeout_ms = ms } };

        assert_true(ring_push(fx.parts.link[0][0].to_dp, &m));
        px_settle(&fx);
}

static void forget_all(void)
{
        struct punt_msg m = { .kind = PUNT_SECURE_VOID };

        assert_true(ring_push(fx.parts.link[0][0].to_dp, &m));
        px_settle(&fx);
}

/* Is a connection to it let in, without an access-list that says so? */
static bool let_in(const char *from, const char *to, uint16_t dport)
{
        uint8_t buf[2048];
        struct pb_view v;
        bool in;

        px_tcp(&fx, 0, from, ++port, to, dport, PB_SYN, 100, 0);
        in = px_take_tun(&fx, buf, sizeof buf, &v);
        forget_what_was_sent();
        return in;
}

static void only_known_phones_are_let_in(void **state UNUSED)
{
        uint64_t denied = px_drops(&fx, DROP_ACL);

        assert_false(let_in(PHONE, SEEN, 2443));
        assert_int_equal(px_drops(&fx, DROP_ACL), denied + 1);
        known(PHONE, 1, 60000);
        assert_true(let_in(PHONE, SEEN, 2443));
        assert_false(let_in(OTHER, SEEN, 2443));
        assert_false(let_in(PHONE, SEEN, 2000)); /* what is not the phone proxy's */
        assert_false(let_in(PHONE, SEEN, 22));
        assert_false(let_in(PHONE, SEEN_TFTP, 2443)); /* no call manager of the CTL */
}

static void only_at_their_interface(void **state UNUSED)
{
        known(PHONE, 2, 60000);
        assert_false(let_in(PHONE, SEEN, 2443));
}

static void not_for_ever(void **state UNUSED)
{
        known(PHONE, 1, 60000);
        px_advance(&fx, 59000);
        assert_true(let_in(PHONE, SEEN, 2443));
        px_advance(&fx, 2000);
        assert_false(let_in(PHONE, SEEN, 2443));
        known(PHONE, 1, 60000);
        px_advance(&fx, 40000);
        known(PHONE, 1, 60000); /* it was heard of */
        px_advance(&fx, 40000);
        assert_true(let_in(PHONE, SEEN, 2443));
        known(PHONE, 1, 0); /* no time is no news */
        px_advance(&fx, 15000);
        assert_true(let_in(PHONE, SEEN, 2443));
}

static void until_the_operator_says_so(void **state UNUSED)
{
        known(PHONE, 1, 60000);
        known(OTHER, 1, 60000);
        forget_all();
        assert_false(let_in(PHONE, SEEN, 2443) || let_in(OTHER, SEEN, 2443));
        known(PHONE, 1, 60000);
        assert_true(let_in(PHONE, SEEN, 2443));
}

/* A full table admits nobody new, and keeps whom it has. */
static void the_table_has_an_end(void **state UNUSED)
{
        char text[ADDR_TEXT_MAX];
        struct addr a;

        known(PHONE, 1, 600000);
        for (uint32_t i = 0; i < SECURE_PLACES_MAX - 1; i++) {
                a = addr_v4(0xC6120000 + i);
                known(addr_print(&a, text), 1, 60000);
        }
        known(OTHER, 1, 60000);
        assert_false(let_in(OTHER, SEEN, 2443));
        assert_true(let_in(PHONE, SEEN, 2443));
        px_advance(&fx, 61000);
        known(OTHER, 1, 60000); /* the others have been forgotten */
        assert_true(let_in(OTHER, SEEN, 2443));
        assert_true(let_in(PHONE, SEEN, 2443));
}

/* The question of a proxy worker is answered by its number, also where there is no room. */
static void who_asks_hears_that_it_is_in_force(void **state UNUSED)
{
        struct punt_msg m = { .kind = PUNT_SECURE,
                              .secure = { .cookie = 4711, .iface = 1, .at = pb_addr(PHONE), .timeout_ms = 1000 } };

        fx.lazy = true;
        assert_true(ring_push(fx.parts.link[0][0].to_dp, &m));
        px_settle(&fx);
        assert_true(ring_pop(fx.parts.link[0][0].to_proxy, &m));
        assert_int_equal(m.kind, PUNT_SECURE_OK);
        assert_int_equal(m.secure.cookie, 4711);
        assert_false(ring_pop(fx.parts.link[0][0].to_proxy, &m));
        known(OTHER, 1, 1000); /* without a number: no answer */
        assert_false(ring_pop(fx.parts.link[0][0].to_proxy, &m));
        fx.lazy = false;
}

/* ---- files ---- */

/* Does the request go to the TFTP proxy (1), to the server (2), nowhere (0)? */
static int request_goes(unsigned from_port, const char *from, const char *to, uint16_t dport)
{
        static const char ask[] = "\0\1CTLSEP001122334455.tlv\0octet";
        struct pb p = px_pb(&fx, from_port, from, ++port, to, dport, IPPROTO_UDP_);
        uint8_t buf[2048];
        struct pb_view v;
        int where = 0;

        p.pay = ask;
        p.npay = sizeof ask;
        px_send_pb(&fx, from_port, p);
        if (px_take_tun(&fx, buf, sizeof buf, &v))
                where = 1;
        else if (px_take(&fx, from_port ? 0 : 1, &v))
                where = 2;
        forget_what_was_sent();
        return where;
}

static void requests_to_its_server_are_its_own(void **state UNUSED)
{
        assert_int_equal(request_goes(0, PHONE, SEEN_TFTP, 69), 1);
        assert_int_equal(request_goes(0, PHONE, SEEN, 69), 2); /* another server */
        assert_int_equal(request_goes(0, PHONE, SEEN_TFTP, 70), 2);
        assert_int_equal(request_goes(1, "10.0.0.9", "192.0.2.77", 69), 2); /* the other way round */
}

static void what_the_access_list_denies_stays_out(void **state UNUSED)
{
        px_config(&fx, "access-list pp line 1 extended deny udp host " PHONE " any\n");
        assert_int_equal(request_goes(0, PHONE, SEEN_TFTP, 69), 0);
        assert_int_equal(request_goes(0, OTHER, SEEN_TFTP, 69), 1);
}

static void without_a_policy_there_is_no_phone_proxy(void **state UNUSED)
{
        px_config(&fx, "no service-policy pp_policy interface outside\n");
        assert_int_equal(request_goes(0, PHONE, SEEN_TFTP, 69), 2);
}

static void it_can_be_traced(void **state UNUSED)
{
        const char *text = px_show(&fx, "packet-tracer input outside udp " PHONE " 4000 " SEEN_TFTP " 69");

        assert_non_null(strstr(text, "inspect-phone-proxy"));
        known(PHONE, 1, 60000);
        text = px_show(&fx, "packet-tracer input outside tcp " PHONE " 4000 " SEEN " 2443");
        assert_non_null(strstr(text, "APP-REDIRECT"));
        assert_non_null(strstr(text, "  inspect skinny phone-proxy mypp\n"));
        assert_null(strstr(text, "drop"));
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
        const struct CMUnitTest tests[] = {
                T(only_known_phones_are_let_in),
                T(only_at_their_interface),
                T(not_for_ever),
                T(until_the_operator_says_so),
                T(the_table_has_an_end),
                T(who_asks_hears_that_it_is_in_force),
                T(requests_to_its_server_are_its_own),
                T(what_the_access_list_denies_stays_out),
                T(without_a_policy_there_is_no_phone_proxy),
                T(it_can_be_traced),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
