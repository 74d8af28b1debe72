/* What an operator sees of a phone proxy: the objects in force, phones, media, calls. */
#include "tests/support/test.h"

#include "tests/path/support/path_media.h"

#include "proxy/worker/worker_int.h"

static struct path_fixture fx;
static struct srtp_master k[2];

#define MTA                                                                                                          \
        "media-termination mta\n"                                                                                    \
        " address " PM_OUT " interface outside\n"                                                                    \
        " address " PM_IN " interface inside\n"                                                                      \
        " rtp-min-port 20000 rtp-max-port 20999\n"
#define PHONE_PROXY                                                                                                  \
        "crypto key generate rsa modulus 1024\n"                                                                     \
        "crypto ca trustpoint ours\n"                                                                                \
        " enrollment self\n"                                                                                         \
        " subject-name cn=ccm\n"                                                                                     \
        "crypto ca enroll ours noconfirm\n"                                                                          \
        "tls-proxy mytls\n"                                                                                          \
        " server trust-point ours\n" MTA "phone-proxy mypp\n"                                                        \
        " media-termination mta\n"                                                                                   \
        " tls-proxy mytls\n"                                                                                         \
        "class-map sec_sip\n"                                                                                        \
        " match port tcp eq 5061\n"                                                                                  \
        "policy-map pp_policy\n"                                                                                     \
        " class sec_sip\n"                                                                                           \
        "  inspect sip phone-proxy mypp\n"                                                                           \
        "service-policy pp_policy interface outside\n"

static void start(const char *more)
{
        char conf[8192];

        snprintf(conf, sizeof conf, "%s%s", px_base, more);
        px_start(&fx, conf, true);
        for (unsigned i = 0; i < 2; i++)
                k[i] = peer_key(SRTP_AES_CM_128_80, 40 + i);
}

static void has(const char *command, const char *part)
{
        px_has(&fx, command, part);
}

static void is(const char *command, const char *whole)
{
        assert_string_equal(px_show(&fx, command), whole);
}

static void lacks(const char *command, const char *part)
{
        const char *text = px_show(&fx, command);

        if (strstr(text, part))
                fail_msg("%s: \"%s\" is in:\n%s", command, part, text);
}

/* ---- objects ---- */

static void the_objects_in_force(void **state UNUSED)
{
        start(PHONE_PROXY);
        has("show phone-proxy", "Phone-Proxy 'mypp': Runtime Proxy ref_cnt 1\n  Cluster Mode: nonsecure\n"
                                "  Run-time proxies:\n    Proxy 0x");
        has("show phone-proxy", ": Class-map: sec_sip, Inspect: sip\n");
        lacks("show phone-proxy", "Not usable");
        has("show media-termination", "Media-termination 'mta':\n"
                                      "  address " PM_OUT " interface outside, rtp ports 20000-20999, 0 in use\n"
                                      "  address " PM_IN " interface inside, rtp ports 20000-20999, 0 in use\n");
        has("show service-policy", "Inspect: sip phone-proxy mypp, packet 0");
        px_stop(&fx);
}

/* An address that is no longer in its interface's subnet is not in force, and the phone proxy says so. */
static void a_phone_proxy_that_cannot_work(void **state UNUSED)
{
        start(PHONE_PROXY);
        px_config(&fx, "interface GigabitEthernet0/1\n ip address 10.9.0.1 255.255.255.0\n");
        has("show phone-proxy", "  Not usable: media-termination mta has no usable address on two interfaces\n");
        lacks("show media-termination", PM_IN);
        px_config(&fx, "interface GigabitEthernet0/1\n ip address 10.0.0.1 255.255.255.0\n");
        lacks("show phone-proxy", "Not usable");
        px_stop(&fx);
}

/* ---- phones ---- */

struct entering {
        struct phone_row row;
        bool ok;
};

static void enter(struct proxy_worker *p, void *arg)
{
        struct entering *x = arg;

        x->ok = phone_seen(proxy_phones(p), &x->row) == PHONE_OK;
}

static uint32_t phone_proxy_id(void)
{
        const struct snapshot *s = snapshot_get(fx.parts.hub);
        uint32_t id = proxy_rt(s)->n_phone_proxies ? proxy_rt(s)->phone_proxy[0].id : 0;

        snapshot_put(fx.parts.hub, s);
        return id;
}

static void phone(uint32_t id, const char *device, const char *ip, uint16_t port)
{
        struct entering x = { .row = { .phone_proxy_id = id, .iface = 1, .at = ep(ip, port), .timeout_ms = 300000 } };

        strcpy(x.row.device, device);
        proxy_call(fx.parts.proxy[0], enter, &x);
        assert_true(x.ok);
}

static void secure_phones(void **state UNUSED)
{
        static const char head[] = "Interface       IP Address        Port    MAC             Timeout    Idle\n";
        char want[512];

        start(PHONE_PROXY);
        snprintf(want, sizeof want, "mypp: 0 in use, 0 most used\n\n%s", head);
        has("show phone-proxy secure-phones", want);
        phone(phone_proxy_id(), "SEP00112233AABB", "198.51.100.19", 10889);
        px_advance(&fx, 96000);
        phone(phone_proxy_id(), "alice", "198.51.100.87", 14159);
        snprintf(want, sizeof want, "mypp: 2 in use, 2 most used\n\n%s", head);
        has("show phone-proxy secure-phones", want);
        has("show phone-proxy secure-phones",
            "outside         198.51.100.19     10889   0011.2233.aabb  0:05:00    0:01:36\n");
        has("show phone-proxy secure-phones",
            "outside         198.51.100.87     14159   alice           0:05:00    0:00:00\n");
        has("clear phone-proxy secure-phones mac-address 0011.2233.aabc", "0 secure phone(s) deleted.\n");
        has("clear phone-proxy secure-phones mac-address zzzz",
            "ERROR: zzzz is neither a MAC address nor the name of a secure phone\n");
        has("clear phone-proxy secure-phones mac-address 0011.2233.aabb", "1 secure phone(s) deleted.\n");
        snprintf(want, sizeof want,
                 "mypp: 1 in use, 2 most used\n\n%s"
                 "outside         198.51.100.87     14159   alice",
                 head);
        has("show phone-proxy secure-phones", want);
        phone(phone_proxy_id(), "SEP00112233AABB", "198.51.100.19", 10889);
        has("clear phone-proxy secure-phones", "2 secure phone(s) deleted.\n");
        snprintf(want, sizeof want, "mypp: 0 in use, 2 most used\n\n%s", head);
        has("show phone-proxy secure-phones", want);
        px_stop(&fx);
}

/* ---- media ---- */

/* A call keeps the address it began with. */
static void a_removed_address_is_shown_while_it_is_used(void **state UNUSED)
{
        struct media_ports *pool;
        struct addr in = pb_addr(PM_IN);
        uint16_t port;

        start(MTA);
        pool = fx.parts.proxy[0]->media_ports;
        port = media_port_take(pool, &in, 20000, 20999);
        lacks("show media-termination", "removed");
        px_config(&fx, "media-termination mta\n no address " PM_IN " interface inside\n");
        has("show media-termination", "Address " PM_IN ", removed, of calls that are not over: 1 in use\n");
        media_port_give(pool, &in, port);
        lacks("show media-termination", "removed");
        px_stop(&fx);
}

static void media_sessions(void **state UNUSED)
{
        struct media_peer out = { .ssrc = 1, .seq = 100 }, in = { .ssrc = 2, .seq = 200 };
        struct media_spec s;

        start(MTA);
        has("show phone-proxy media-sessions", "0 in use, 0 most used\n");
        s = spec_of(side_srtp(PM_PHONE, 4000, &k[0], &k[1]), side_rtp(PM_DESK, 6000));
        s.npts = 1;
        s.pts[0] = (struct media_pt){ .pt = 0, .clock = 8000, .name = "PCMU" };
        peer_keys(&out, &k[0], &k[1]);
        pm_push(&fx, 0, MEDIA_OPEN, &s);
        for (unsigned i = 0; i < 3; i++) {
                pm_phone(&fx, 0, &out);
                assert_true(pm_hears(&fx, 1, PM_IN, PM_PORT(0), PM_DESK, 6000, &in));
        }
        pm_desk(&fx, 0, &in);
        assert_true(pm_hears(&fx, 0, PM_OUT, PM_PORT(0), PM_PHONE, 4000, &out));
        has("show phone-proxy media-sessions",
            "2 in use, 2 most used\n"
            "Media-session: " PM_OUT "/20000 refcnt 1\n"
            "        <---> SRTP connection to " PM_PHONE "/4000 tx_pkts 1 rx_pkts 3\n"
            "Media-session: " PM_IN "/20000 refcnt 1\n"
            "        <---> RTP connection to " PM_DESK "/6000 tx_pkts 3 rx_pkts 1\n");
        has("show phone-proxy media-sessions detail", "Cipher suite: receive AES_CM_128_HMAC_SHA1_80, send");
        has("show phone-proxy media-sessions detail", "lost 0 late 0 jitter 0.000 ms\n");
        has("show phone-proxy media-sessions detail", "1 session encrypted or decrypted here, 0 refused\n");
        is("show conn", "2 in use, 2 most used\n"
                        "UDP outside " PM_PHONE ":4000 outside " PM_OUT ":20000, idle 0:00:00, bytes 698, flags m\n"
                        "UDP inside " PM_DESK ":6000 inside " PM_IN ":20000, idle 0:00:00, bytes 688, flags m\n");
        px_config(&fx, "media-termination mta\n no address " PM_OUT " interface outside\n"
                       " no address " PM_IN " interface inside\n address " PM_OUT "\n");
        has("show conn", "UDP outside " PM_PHONE ":4000 inside " PM_OUT ":20000, idle ");
        pm_push(&fx, 0, MEDIA_CLOSE, NULL);
        has("show phone-proxy media-sessions", "0 in use, 2 most used\n");
        peer_done(&out);
        px_stop(&fx);
}

/* ---- calls ---- */

#define INVITE                                                                                                       \
        "INVITE sip:bob@192.0.2.10 SIP/2.0\r\n"                                                                      \
        "Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1\r\n"                                                         \
        "Max-Forwards: 70\r\n"                                                                                       \
        "From: <sip:alice@10.0.0.9>;tag=1\r\n"                                                                       \
        "To: <sip:bob@192.0.2.10>\r\n"                                                                               \
        "Call-ID: aaaa1111@10.0.0.9\r\n"                                                                             \
        "CSeq: 1 INVITE\r\n"                                                                                         \
        "Contact: <sip:alice@10.0.0.9:5060>\r\n"                                                                     \
        "Content-Length: 0\r\n\r\n"

#define SIP_POLICY                                                                                                   \
        "class-map inspection_default\n"                                                                             \
        " match default-inspection-traffic\n"                                                                        \
        "policy-map global_policy\n"                                                                                 \
        " class inspection_default\n"

static void calls(void **state UNUSED)
{
        struct pb_view v;

        start(SIP_POLICY "  inspect sip\n"
                         "service-policy global_policy global\n");
        has("show sip", "Total: 0\n");
        px_udp(&fx, 1, "10.0.0.9", 5060, "192.0.2.10", 5060, INVITE);
        assert_true(px_take(&fx, 0, &v));
        px_advance(&fx, 3000);
        has("show sip", "Total: 1\ncall-id aaaa1111@10.0.0.9\n        state Call init, idle 0:00:03\n");
        lacks("show phone-proxy signaling-sessions", "aaaa1111"); /* no call of a phone proxy */
        has("clear sip", "1 call(s) deleted.\n");
        has("show sip", "Total: 0\n");
        px_stop(&fx);
}

/* The map that the inspect line names is the one in force, and a change of it holds for the next message. */
static void a_map_is_in_force(void **state UNUSED)
{
        struct pb_view v;

        start("regex alice alice@\n"
              "policy-map type inspect sip quiet\n"
              " match calling-party regex alice\n"
              "  drop log\n" SIP_POLICY "  no inspect sip\n  inspect sip quiet\n"
              "service-policy global_policy global\n");
        px_udp(&fx, 1, "10.0.0.9", 5060, "192.0.2.10", 5060, INVITE);
        assert_false(px_take(&fx, 0, &v));
        assert_true(px_logged(&fx, "SIP Classification: Dropped SIP Request INVITE"));
        px_config(&fx, "policy-map type inspect sip quiet\n no match calling-party regex alice\n");
        px_udp(&fx, 1, "10.0.0.9", 5060, "192.0.2.10", 5060, INVITE);
        assert_true(px_take(&fx, 0, &v));
        px_stop(&fx);
}

/* ---- debug ---- */

static void debugs_of_a_phone_proxy(void **state UNUSED)
{
        start("");
        has("debug sip", "debug sip  enabled at level 1\n");
        has("debug phone-proxy media errors", "debug phone-proxy media errors  enabled at level 1\n");
        lacks("debug phone-proxy media errors", "events");
        has("debug phone-proxy signaling", "debug phone-proxy signaling events  enabled at level 1\n"
                                           "debug phone-proxy signaling errors  enabled at level 1\n");
        has("debug phone-proxy", "debug phone-proxy media events  enabled at level 1\n");
        px_stop(&fx);
}

/* ---- licence ---- */

static void licences_in_show_version(void **state UNUSED)
{
        start("");
        has("show version", "Total UC Proxy Sessions           : 4000           perpetual\n");
        has("show version", "This platform has no licence limits.\n");
        px_config(&fx, "license model 5580 uc 10000 k8\n");
        has("show version", "UC Phone Proxy Sessions           : 1000           perpetual\n");
        has("show version", "SRTP Sessions                     : 250            perpetual\n");
        has("show version", "This platform is limited like model 5580, K8.\n");
        px_config(&fx, "license model 5580 uc 10000\n");
        has("show version", "UC Phone Proxy Sessions           : 5000           perpetual\n");
        has("show version", "Total UC Proxy Sessions           : 10000          perpetual\n");
        px_config(&fx, "license model 5520\n");
        has("show tls-proxy", "Maximum number of sessions: 300\n");
        px_stop(&fx);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_objects_in_force),
                cmocka_unit_test(a_phone_proxy_that_cannot_work),
                cmocka_unit_test(secure_phones),
                cmocka_unit_test(a_removed_address_is_shown_while_it_is_used),
                cmocka_unit_test(media_sessions),
                cmocka_unit_test(calls),
                cmocka_unit_test(a_map_is_in_force),
                cmocka_unit_test(debugs_of_a_phone_proxy),
                cmocka_unit_test(licences_in_show_version),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
