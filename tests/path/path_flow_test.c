/*
 * One row, one flow: configuration and the first packet in; the packet out and its answer back, or the drop counter;
 * the log line; what the operator is shown. Everything between is the appliance as it runs.
 */
#include "tests/support/test.h"

#include "tests/path/support/path_fixture.h"

#define TCP IPPROTO_TCP_
#define UDP IPPROTO_UDP_
#define ICMP IPPROTO_ICMP_
#define NOWHERE 9

#define ANY_IN                                                                                                       \
        "access-list outside_in extended permit ip any any\n"                                                        \
        "access-group outside_in in interface outside\n"
#define ICMP_ON                                                                                                      \
        "policy-map global_policy\n"                                                                                 \
        " class inspection_default\n"                                                                                \
        "  inspect icmp\n"                                                                                           \
        "service-policy global_policy global\n"
#define SERVER                                                                                                       \
        "object network srv\n"                                                                                       \
        " host 10.0.0.5\n"                                                                                           \
        " nat (inside,outside) static 192.0.2.140\n"
#define WEB                                                                                                          \
        "object network web\n"                                                                                       \
        " host 10.0.0.6\n"                                                                                           \
        " nat (inside,outside) static 192.0.2.141 service tcp 8080 80\n"
#define BLOCK                                                                                                        \
        "object network block\n"                                                                                     \
        " subnet 10.0.0.32 255.255.255.224\n"                                                                        \
        " nat (inside,outside) static 198.51.100.32\n"
#define PAT                                                                                                          \
        "object network all\n"                                                                                       \
        " subnet 10.0.0.0 255.255.255.0\n"                                                                           \
        " nat (inside,outside) dynamic 192.0.2.200\n"
#define PAT_IF                                                                                                       \
        "object network all\n"                                                                                       \
        " subnet 10.0.0.0 255.255.255.0\n"                                                                           \
        " nat (inside,outside) dynamic interface\n"
#define DMZ                                                                                                          \
        "interface GigabitEthernet0/2\n"                                                                             \
        " nameif dmz\n"                                                                                              \
        " security-level 100\n"                                                                                      \
        " ip address 10.2.0.1 255.255.255.0\n"                                                                       \
        " no shutdown\n"

struct row {
        const char *what, *conf;
        unsigned port; /* in */
        uint8_t proto;
        const char *src;
        uint16_t sport;
        const char *dst;
        uint16_t dport;
        unsigned to; /* out, or NOWHERE */
        const char *osrc;
        uint16_t osport; /* 0: any */
        const char *odst;
        uint16_t odport;
        enum drop_reason drop;
        const char *log, *show, *shown;
};

static const struct row rows[] = {
        /* ---- security levels ---- */
        { "inside to outside by levels", "", 1, UDP, "10.0.0.9", 1000, "198.51.100.1", 53, 0, "10.0.0.9", 1000,
          "198.51.100.1", 53, DROP_NONE,
          "%ASA-6-302015: Built outbound UDP connection 1 for outside:198.51.100.1/53 (198.51.100.1/53) to "
          "inside:10.0.0.9/1000 (10.0.0.9/1000)",
          "show conn", "UDP outside 198.51.100.1:53 inside 10.0.0.9:1000, idle 0:00:00, bytes 8, flags -" },
        { "outside to inside by levels", "", 0, TCP, "192.0.2.10", 1000, "10.0.0.9", 80, NOWHERE, NULL, 0, NULL, 0,
          DROP_ACL,
          "%ASA-2-106001: Inbound TCP connection denied from 192.0.2.10/1000 to 10.0.0.9/80 flags SYN  on interface "
          "outside",
          "show conn", "0 in use" },
        { "echo outside to inside", "", 0, ICMP, "192.0.2.10", 7, "10.0.0.9", 0, NOWHERE, NULL, 0, NULL, 0,
          DROP_ACL,
          "%ASA-3-106014: Deny inbound icmp src outside:192.0.2.10 dst inside:10.0.0.9 (type 8, code 0)",
          "show asp drop", "Flow is denied by configured rule (acl-drop)" },
        { "echo inside to outside", ICMP_ON, 1, ICMP, "10.0.0.9", 7, "198.51.100.1", 0, 0, "10.0.0.9", 0, "198.51.100.1",
          0, DROP_NONE, "%ASA-6-302020: Built outbound ICMP connection", NULL, NULL },
        { "equal levels apart", DMZ, 1, UDP, "10.0.0.9", 1000, "10.2.0.9", 53, NOWHERE, NULL, 0, NULL, 0,
          DROP_ACL, "%ASA-2-106006", NULL, NULL },
        { "equal levels joined", DMZ "same-security-traffic permit inter-interface\n", 1, UDP, "10.0.0.9", 1000,
          "10.2.0.9", 53, 2, "10.0.0.9", 1000, "10.2.0.9", 53, DROP_NONE, NULL, "show conn",
          "UDP dmz 10.2.0.9:53 inside 10.0.0.9:1000" },
        { "hairpin refused", "route inside 10.9.0.0 255.255.0.0 10.0.0.254\n", 1, UDP, "10.0.0.9", 1000, "10.9.0.1",
          53, NOWHERE, NULL, 0, NULL, 0, DROP_ACL, NULL, NULL, NULL },
        { "hairpin", "route inside 10.9.0.0 255.255.0.0 10.0.0.254\nsame-security-traffic permit intra-interface\n",
          1, UDP, "10.0.0.9", 1000, "10.9.0.1", 53, 1, "10.0.0.9", 1000, "10.9.0.1", 53, DROP_NONE, NULL, NULL,
          NULL },
        /* ---- access lists ---- */
        { "permitted",
          "access-list in extended permit udp any host 10.0.0.9 eq 53\naccess-group in in interface outside\n", 0,
          UDP, "192.0.2.10", 1000, "10.0.0.9", 53, 1, "192.0.2.10", 1000, "10.0.0.9", 53, DROP_NONE, NULL,
          "show access-list", "permit udp any host 10.0.0.9 eq domain (hitcnt=1)" },
        { "another port",
          "access-list in extended permit udp any host 10.0.0.9 eq 53\naccess-group in in interface outside\n", 0,
          UDP, "192.0.2.10", 1000, "10.0.0.9", 54, NOWHERE, NULL, 0, NULL, 0, DROP_ACL,
          "%ASA-4-106023: Deny udp src outside:192.0.2.10/1000 dst inside:10.0.0.9/54 by access-group \"in\"",
          "show access-list", "(hitcnt=0)" },
        { "denied before permitted",
          "access-list in extended deny tcp host 192.0.2.10 any\naccess-list in extended permit ip any any\n"
          "access-group in in interface outside\n",
          0, TCP, "192.0.2.10", 1000, "10.0.0.9", 80, NOWHERE, NULL, 0, NULL, 0, DROP_ACL, "%ASA-4-106023: Deny tcp",
          "show access-list", "deny tcp host 192.0.2.10 any (hitcnt=1)" },
        { "object group",
          "object-group network hosts\n network-object host 10.0.0.8\n network-object host 10.0.0.9\n"
          "object-group service ports tcp\n port-object eq 80\n port-object range 5000 5010\n"
          "access-list in extended permit tcp any object-group hosts object-group ports\n"
          "access-group in in interface outside\n",
          0, TCP, "192.0.2.10", 1000, "10.0.0.9", 5005, 1, "192.0.2.10", 1000, "10.0.0.9", 5005, DROP_NONE, NULL,
          NULL, NULL },
        { "icmp type by name",
          "access-list in extended permit icmp any any echo\naccess-group in in interface outside\n", 0, ICMP,
          "192.0.2.10", 7, "10.0.0.9", 0, 1, "192.0.2.10", 0, "10.0.0.9", 0, DROP_NONE, NULL, NULL, NULL },
        { "list on the way out",
          "access-list leave extended deny udp any any eq 53\naccess-list leave extended permit ip any any\n"
          "access-group leave out interface outside\n",
          1, UDP, "10.0.0.9", 1000, "198.51.100.1", 53, NOWHERE, NULL, 0, NULL, 0, DROP_ACL,
          "by access-group \"leave\"", NULL, NULL },
        { "list on the way out lets others pass",
          "access-list leave extended deny udp any any eq 53\naccess-list leave extended permit ip any any\n"
          "access-group leave out interface outside\n",
          1, UDP, "10.0.0.9", 1000, "198.51.100.1", 54, 0, "10.0.0.9", 1000, "198.51.100.1", 54, DROP_NONE, NULL,
          NULL, NULL },
        { "inactive line",
          "access-list in extended permit udp any any inactive\naccess-group in in interface outside\n", 0, UDP,
          "192.0.2.10", 1000, "10.0.0.9", 53, NOWHERE, NULL, 0, NULL, 0, DROP_ACL, NULL, NULL, NULL },
        /* ---- static NAT ---- */
        { "host, called", SERVER ANY_IN, 0, TCP, "192.0.2.10", 1000, "192.0.2.140", 80, 1, "192.0.2.10", 1000,
          "10.0.0.5", 80, DROP_NONE,
          "%ASA-6-302013: Built inbound TCP connection 1 for outside:192.0.2.10/1000 (192.0.2.10/1000) to "
          "inside:10.0.0.5/80 (192.0.2.140/80)",
          "show nat", "untranslate_hits = 1" },
        { "host, calling", SERVER, 1, UDP, "10.0.0.5", 1000, "198.51.100.1", 53, 0, "192.0.2.140", 1000,
          "198.51.100.1", 53, DROP_NONE, NULL, "show nat", "translate_hits = 1" },
        { "host, pinged", SERVER ANY_IN, 0, ICMP, "192.0.2.10", 7, "192.0.2.140", 0, 1, "192.0.2.10", 0, "10.0.0.5",
          0, DROP_NONE, NULL, NULL, NULL },
        { "the list names the real address",
          SERVER
          "access-list in extended permit tcp any host 192.0.2.140 eq 80\naccess-group in in interface outside\n",
          0, TCP, "192.0.2.10", 1000, "192.0.2.140", 80, NOWHERE, NULL, 0, NULL, 0, DROP_ACL,
          "dst inside:10.0.0.5/80", NULL, NULL },
        { "the real address called from outside", SERVER ANY_IN, 0, TCP, "192.0.2.10", 1000, "10.0.0.5", 80, NOWHERE,
          NULL, 0, NULL, 0, DROP_NAT_RPF, "%ASA-5-305013", NULL, NULL },
        { "subnet, called", BLOCK ANY_IN, 0, TCP, "192.0.2.10", 1000, "198.51.100.45", 80, 1, "192.0.2.10", 1000,
          "10.0.0.45", 80, DROP_NONE, NULL, NULL, NULL },
        { "subnet, calling", BLOCK, 1, UDP, "10.0.0.63", 1000, "203.0.113.1", 53, 0, "198.51.100.63", 1000,
          "203.0.113.1", 53, DROP_NONE, NULL, NULL, NULL },
        { "service port, called", WEB ANY_IN, 0, TCP, "192.0.2.10", 1000, "192.0.2.141", 80, 1, "192.0.2.10", 1000,
          "10.0.0.6", 8080, DROP_NONE, NULL, "show xlate", "8080" },
        /* ---- PAT ---- */
        { "PAT to an address", PAT, 1, UDP, "10.0.0.9", 1000, "198.51.100.1", 53, 0, "192.0.2.200", 0, "198.51.100.1",
          53, DROP_NONE,
          "%ASA-6-305011: Built dynamic UDP translation from inside:10.0.0.9/1000 to outside:192.0.2.200/",
          "show xlate", "UDP PAT from inside:10.0.0.9/1000 to outside:192.0.2.200/" },
        { "PAT to the interface", PAT_IF, 1, TCP, "10.0.0.9", 40000, "198.51.100.1", 80, 0, "192.0.2.1", 0,
          "198.51.100.1", 80, DROP_NONE, "%ASA-6-305011: Built dynamic TCP translation", "show xlate",
          "TCP PAT from inside:10.0.0.9/40000 to outside:192.0.2.1/" },
        { "PAT of an echo", PAT ICMP_ON, 1, ICMP, "10.0.0.9", 7, "198.51.100.1", 0, 0, "192.0.2.200", 0, "198.51.100.1", 0,
          DROP_NONE, "%ASA-6-305011: Built dynamic ICMP translation", NULL, NULL },
        { "static before PAT", SERVER PAT, 1, UDP, "10.0.0.5", 1000, "198.51.100.1", 53, 0, "192.0.2.140", 1000,
          "198.51.100.1", 53, DROP_NONE, NULL, NULL, NULL },
        { "a PAT address is nobody's server", PAT ANY_IN, 0, TCP, "192.0.2.10", 1000, "192.0.2.200", 80, NOWHERE,
          NULL, 0, NULL, 0, DROP_NAT_POOL, NULL, NULL, NULL },
};

static struct path_fixture fx;

static void send_row(const struct row *r)
{
        if (r->proto == ICMP)
                px_echo(&fx, r->port, r->src, r->dst, false, r->sport);
        else if (r->proto == UDP)
                px_udp(&fx, r->port, r->src, r->sport, r->dst, r->dport, "question");
        else
                px_tcp(&fx, r->port, r->src, r->sport, r->dst, r->dport, PB_SYN, 1000, 0);
}

/* The far end answers what it saw; the near end must get it from whom it called. */
static void answer(const struct row *r, const struct pb_view *seen)
{
        char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];
        struct pb_view v;

        addr_print(&seen->dst, src);
        addr_print(&seen->src, dst);
        if (r->proto == ICMP)
                px_echo(&fx, r->to, src, dst, true, (uint16_t)(seen->icmp_rest >> 16));
        else if (r->proto == UDP)
                px_udp(&fx, r->to, src, seen->dport, dst, seen->sport, "answer");
        else
                px_tcp(&fx, r->to, src, seen->dport, dst, seen->sport, PB_SYN | PB_ACK, 9, 1001);
        if (!px_take(&fx, r->port, &v))
                fail_msg("%s: the answer is lost", r->what);
        if (!px_is(&v, r->dst, r->dport, r->src, r->sport) || v.ttl != 63)
                fail_msg("%s: the answer is not from whom was called", r->what);
        if (r->proto == ICMP)
                assert_int_equal(v.icmp_rest >> 16, r->sport);
}

static void forwarded(const struct row *r)
{
        struct pb_view v;

        if (!px_take(&fx, r->to, &v))
                fail_msg("%s: nothing comes out\n%s", r->what, px_logs(&fx));
        if (!px_is(&v, r->osrc, r->osport ? r->osport : v.sport, r->odst, r->odport) || v.ttl != 63)
                fail_msg("%s: not the packet that was expected\n%s", r->what, px_logs(&fx));
        assert_int_equal(conn_count(fx.w->conns), 1);
        answer(r, &v);
}

static void dropped(const struct row *r)
{
        if (px_drops(&fx, r->drop) != 1)
                fail_msg("%s: not dropped for %s\n%s", r->what, drop_key(r->drop), px_show(&fx, "show asp drop"));
        assert_int_equal(conn_count(fx.w->conns), 0);
}

static void run_row(const struct row *r)
{
        char conf[4096];
        const char *text;

        snprintf(conf, sizeof conf, "%s%s", px_base, r->conf);
        px_start(&fx, conf, true);
        send_row(r);
        text = r->show ? px_show(&fx, r->show) : NULL;
        if (text && !strstr(text, r->shown))
                fail_msg("%s: \"%s\" is not in\n%s", r->what, r->shown, text);
        if (r->to == NOWHERE)
                dropped(r);
        else
                forwarded(r);
        if (!px_quiet(&fx))
                fail_msg("%s: more comes out than was expected", r->what);
        if (r->log && !px_logged(&fx, r->log))
                fail_msg("%s: \"%s\" is not in\n%s", r->what, r->log, fx.text);
        px_stop(&fx);
}

static void every_row(void **state UNUSED)
{
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                run_row(&rows[i]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_row),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
