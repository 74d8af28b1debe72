/* Twice NAT compiled: the order of the sections, which rule a flow between two ends gets, and what is left out. */
#include "nat/nat_rt.h"

#include <stdlib.h>

#include "nat/nat_int.h"
#include "tests/support/nat_fixture.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"

#define OUT WF_OUTSIDE
#define IN WF_INSIDE
#define DMZ 3u
#define TCP IPPROTO_TCP_
#define UDP IPPROTO_UDP_

struct bench {
        struct worker_fixture f;
        struct nat_fixture n;
        struct snap_part *net, *nat;
        struct snapshot snap; /* only its parts are looked at */
        uint8_t proto;
};

static int set_up(void **state)
{
        struct bench *b = calloc(1, sizeof *b);
        struct iface_binding *bind;

        b->proto = TCP;
        wf_init(&b->f);
        wf_iface(&b->f, "GigabitEthernet0/2", "dmz", 50, "172.16.0.1", 24);
        bind = iface_bind(&b->f.bind, "GigabitEthernet0/2");
        bind->port = 2;
        bind->link = true;
        nf_init(&b->n);
        nf_subnet(&b->n, "lan", "10.1.1.0", 24);
        nf_subnet(&b->n, "lan2", "10.1.3.0", 24);
        nf_subnet(&b->n, "branch", "10.7.0.0", 16);
        nf_subnet(&b->n, "office", "10.8.0.0", 16);
        nf_subnet(&b->n, "shown", "198.51.100.0", 24);
        nf_subnet(&b->n, "there", "10.99.0.0", 16);
        nf_host(&b->n, "srv", "10.1.1.2");
        nf_host(&b->n, "pat", "192.0.2.9");
        nf_range(&b->n, "pool", "192.0.2.50", "192.0.2.60");
        nf_group(&b->n, "ours", "lan lan2");
        nf_group(&b->n, "theirs", "office branch branch");
        *state = b;
        return 0;
}

static int tear_down(void **state)
{
        struct bench *b = *state;

        snap_part_put(b->nat);
        snap_part_put(b->net);
        nf_fini(&b->n);
        wf_stop(&b->f);
        free(b);
        return 0;
}

static const struct nat_rt *compile(struct bench *b)
{
        struct err e;

        snap_part_put(b->nat);
        snap_part_put(b->net);
        b->net = snap_part_new();
        assert_int_equal(net_compile(b->net, &b->f.conf, &b->f.bind, &e), 0);
        b->nat = nf_compile(&b->n, &b->f);
        b->snap.part[SNAP_NET] = b->net;
        b->snap.part[SNAP_NAT] = b->nat;
        return nat_rt(&b->snap);
}

static const char *name_of(const struct nat_rule_rt *r, const char *text)
{
        static char out[200];

        if (!r)
                return "-";
        snprintf(out, sizeof out, "%u/%u %s", r->section, r->line, text);
        return out;
}

/* "SECTION/LINE mapped:port" of a flow's source, "-" when it is not translated; a shared address without a port. */
static const char *source(const struct bench *b, uint16_t from, uint16_t to, const char *real, uint16_t port,
                          const char *peer, uint16_t pport)
{
        struct endpoint p = { pb_addr(peer), pport };
        struct addr a = pb_addr(real), m = { 0 };
        const struct nat_rule_rt *r = nat_match_source(nat_rt(&b->snap), from, to, b->proto, &a, port, &p);
        char text[100], ip[ADDR_TEXT_MAX];
        uint16_t mport = 0;

        if (!r)
                return "-";
        if (r->dynamic)
                return name_of(r, r->to_interface ? "interface" : addr_print(&r->mapped.lo, ip));
        assert_true(nat_static_mapped(r, net_rt(&b->snap), &a, port, b->proto, to, &m, &mport));
        snprintf(text, sizeof text, "%s:%u", addr_print(&m, ip), mport);
        return name_of(r, text);
}

/* "SECTION/LINE real:port" of an address that peer calls on `in`. */
static const char *dest(const struct bench *b, uint16_t in, const char *mapped, uint16_t mport, const char *peer,
                        uint16_t pport)
{
        struct endpoint p = { pb_addr(peer), pport };
        struct addr a = pb_addr(mapped), real;
        uint16_t port;
        const struct nat_rule_rt *r =
                nat_match_dest(nat_rt(&b->snap), net_rt(&b->snap), in, b->proto, &a, mport, &p, &real, &port);
        char text[100], ip[ADDR_TEXT_MAX];

        if (!r)
                return "-";
        snprintf(text, sizeof text, "%s:%u", addr_print(&real, ip), port);
        return name_of(r, text);
}

static bool answers(const struct bench *b, uint16_t iface, const char *ip)
{
        struct addr a = pb_addr(ip);

        return nat_proxy_arp(&b->snap, iface, &a);
}

static struct twice_nat_conf *dynamic(struct twice_nat_conf *c)
{
        c->dynamic = true;
        return c;
}

static void service(struct twice_nat_conf *c, const char *first, const char *second)
{
        snprintf(c->svc_first, sizeof c->svc_first, "%s", first);
        snprintf(c->svc_second, sizeof c->svc_second, "%s", second);
}

static void pat_for_all(struct bench *b)
{
        nf_subnet(&b->n, "all", "0.0.0.0", 0);
        nf_dynamic(&b->n, "all", "inside", "outside", "interface");
}

/* ---- order ---- */

static void sections_stand_in_order(void **state)
{
        struct bench *b = *state;

        dynamic(nf_twice(&b->n, 3, "inside", "outside", "any", "pat"));
        dynamic(nf_twice(&b->n, 3, "inside", "outside", "lan", "interface"));
        nf_static(&b->n, "srv", "inside", "outside", "192.0.2.140");
        nf_static(&b->n, "lan2", "inside", "outside", "198.51.100.0");
        nf_there(nf_twice(&b->n, 1, "inside", "outside", "srv", "srv"), "branch", "branch");
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.7.0.9", 80), "1/0 10.1.1.2:80");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.8.0.9", 80), "2/0 192.0.2.140:80");
        assert_string_equal(source(b, IN, OUT, "10.1.3.7", 80, "10.7.0.9", 80), "2/0 198.51.100.7:80");
        assert_string_equal(source(b, IN, OUT, "10.1.1.9", 80, "10.7.0.9", 80), "3/1 192.0.2.9");
        assert_string_equal(source(b, IN, DMZ, "10.1.1.2", 80, "10.7.0.9", 80), "-");
        assert_string_equal(dest(b, OUT, "192.0.2.140", 80, "10.8.0.9", 7), "2/0 10.1.1.2:80");
}

/* The broad line in front hides the exemption, as it is written. */
static void lines_stand_in_order(void **state)
{
        struct bench *b = *state;

        dynamic(nf_twice(&b->n, 1, "inside", "outside", "lan", "pat"));
        nf_there(nf_twice(&b->n, 1, "inside", "outside", "any", "any"), "branch", "branch");
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.7.0.9", 80), "1/0 192.0.2.9");
        assert_string_equal(source(b, IN, OUT, "10.1.3.2", 80, "10.7.0.9", 80), "1/1 10.1.3.2:80");
        assert_string_equal(source(b, IN, OUT, "10.1.3.2", 80, "10.8.0.9", 80), "-");
}

static void inactive_is_left_out(void **state)
{
        struct bench *b = *state;

        dynamic(nf_twice(&b->n, 1, "inside", "outside", "lan", "pat"))->inactive = true;
        nf_twice(&b->n, 1, "nowhere", "outside", "lan", "lan");
        compile(b);
        assert_null(nat_rule_at(nat_rt(&b->snap), 0));
}

/* ---- identity ---- */

static void an_exemption_keeps_both_ends(void **state)
{
        struct bench *b = *state;

        nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "lan"), "branch", "branch");
        pat_for_all(b);
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.7.0.9", 443), "1/0 10.1.1.2:80");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "8.8.8.8", 443), "2/0 interface");
        assert_string_equal(source(b, IN, OUT, "10.1.3.2", 80, "10.7.0.9", 443), "2/0 interface");
        assert_string_equal(dest(b, IN, "10.7.0.9", 443, "10.1.1.2", 80), "1/0 10.7.0.9:443");
        assert_string_equal(dest(b, IN, "10.7.0.9", 443, "10.1.3.2", 80), "-");
        assert_string_equal(dest(b, IN, "10.8.0.9", 443, "10.1.1.2", 80), "-");
        /* the other way round */
        assert_string_equal(dest(b, OUT, "10.1.1.2", 80, "10.7.0.9", 443), "1/0 10.1.1.2:80");
        assert_string_equal(dest(b, OUT, "10.1.1.2", 80, "10.8.0.9", 443), "-");
        assert_string_equal(source(b, OUT, IN, "10.7.0.9", 443, "10.1.1.2", 80), "1/0 10.7.0.9:443");
        assert_string_equal(source(b, OUT, IN, "10.7.0.9", 443, "10.1.3.2", 80), "-");
}

/* Nobody knows who the other end is: the line says nothing. */
static void an_unknown_peer_is_none(void **state)
{
        struct bench *b = *state;
        struct addr a = pb_addr("10.1.1.2"), m = pb_addr("10.7.0.9"), real;
        uint16_t port;

        nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "lan"), "branch", "branch");
        compile(b);
        assert_null(nat_match_source(nat_rt(&b->snap), IN, OUT, TCP, &a, 80, NULL));
        assert_null(nat_match_dest(nat_rt(&b->snap), net_rt(&b->snap), IN, TCP, &m, 80, NULL, &real, &port));
}

static void groups_are_exempt(void **state)
{
        struct bench *b = *state;

        nf_there(nf_twice(&b->n, 1, "any", "outside", "ours", "ours"), "theirs", "theirs");
        pat_for_all(b);
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.3.2", 80, "10.8.255.255", 443), "1/0 10.1.3.2:80");
        assert_string_equal(source(b, DMZ, OUT, "10.1.1.2", 80, "10.7.0.0", 443), "1/0 10.1.1.2:80");
        assert_string_equal(source(b, IN, OUT, "10.1.2.2", 80, "10.7.0.9", 443), "2/0 interface");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.9.0.0", 443), "2/0 interface");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.6.255.255", 443), "2/0 interface");
        assert_string_equal(dest(b, OUT, "10.1.3.2", 80, "10.7.0.1", 443), "1/0 10.1.3.2:80");
        assert_string_equal(dest(b, OUT, "10.1.3.2", 80, "10.6.0.1", 443), "-");
}

/* any to any says nothing about the far end. */
static void any_destination_is_none(void **state)
{
        struct bench *b = *state;

        nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "lan"), "any", "any");
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "8.8.8.8", 443), "1/0 10.1.1.2:80");
        assert_string_equal(dest(b, IN, "8.8.8.8", 443, "10.1.1.2", 80), "-");
        assert_string_equal(source(b, OUT, IN, "8.8.8.8", 443, "10.1.1.2", 80), "-");
}

/* ---- translation of both ends ---- */

static void both_ends_are_translated(void **state)
{
        struct bench *b = *state;

        nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "shown"), "there", "branch");
        pat_for_all(b);
        compile(b);
        assert_string_equal(dest(b, IN, "10.99.3.4", 443, "10.1.1.2", 80), "1/0 10.7.3.4:443");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.99.3.4", 443), "1/0 198.51.100.2:80");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.7.3.4", 443), "2/0 interface");
        assert_string_equal(dest(b, OUT, "198.51.100.2", 80, "10.7.3.4", 443), "1/0 10.1.1.2:80");
        assert_string_equal(dest(b, OUT, "198.51.100.2", 80, "10.99.3.4", 443), "-");
        assert_string_equal(source(b, OUT, IN, "10.7.3.4", 443, "198.51.100.2", 80), "1/0 10.99.3.4:443");
        assert_string_equal(source(b, OUT, IN, "10.7.3.4", 443, "10.1.1.2", 80), "-");
        assert_true(answers(b, IN, "10.99.3.4"));
        assert_true(answers(b, OUT, "198.51.100.2"));
        assert_false(answers(b, OUT, "10.99.3.4"));
}

static void static_without_a_destination(void **state)
{
        struct bench *b = *state;

        nf_twice(&b->n, 1, "inside", "outside", "lan", "shown")->no_proxy_arp = true;
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.1.7", 80, "8.8.8.8", 443), "1/0 198.51.100.7:80");
        assert_string_equal(dest(b, OUT, "198.51.100.7", 80, "8.8.8.8", 443), "1/0 10.1.1.7:80");
        assert_false(answers(b, OUT, "198.51.100.7"));
}

static void unidirectional_is_not_called(void **state)
{
        struct bench *b = *state;

        nf_there(nf_twice(&b->n, 1, "inside", "outside", "lan", "shown"), "there", "branch")->unidirectional = true;
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 80, "10.99.3.4", 443), "1/0 198.51.100.2:80");
        assert_string_equal(dest(b, IN, "10.99.3.4", 443, "10.1.1.2", 80), "1/0 10.7.3.4:443");
        assert_string_equal(dest(b, OUT, "198.51.100.2", 80, "10.7.3.4", 443), "-");
        assert_string_equal(source(b, OUT, IN, "10.7.3.4", 443, "198.51.100.2", 80), "-");
        assert_true(answers(b, OUT, "198.51.100.2")); /* answers come */
}

static void a_shared_source_with_a_destination(void **state)
{
        struct bench *b = *state;

        nf_there(dynamic(nf_twice(&b->n, 1, "inside", "outside", "ours", "pat")), "there", "branch");
        compile(b);
        assert_string_equal(source(b, IN, OUT, "10.1.3.2", 80, "10.99.0.1", 443), "1/0 192.0.2.9");
        assert_string_equal(source(b, IN, OUT, "10.1.3.2", 80, "10.7.0.1", 443), "-");
        assert_string_equal(dest(b, IN, "10.99.0.1", 443, "10.1.1.2", 80), "1/0 10.7.0.1:443");
        assert_string_equal(source(b, OUT, IN, "10.7.0.1", 443, "192.0.2.9", 80), "-");
}

/* ---- services ---- */

static void a_port_of_the_source(void **state)
{
        struct bench *b = *state;

        nf_ports(&b->n, "real", TCP, 3389, 0);
        nf_ports(&b->n, "seen", TCP, 13389, 0);
        service(nf_there(nf_twice(&b->n, 1, "inside", "outside", "srv", "interface"), "branch", "branch"), "real",
                "seen");
        compile(b);
        assert_string_equal(dest(b, OUT, "192.0.2.1", 13389, "10.7.0.1", 4000), "1/0 10.1.1.2:3389");
        assert_string_equal(dest(b, OUT, "192.0.2.1", 3389, "10.7.0.1", 4000), "-");
        assert_string_equal(dest(b, OUT, "192.0.2.1", 13389, "10.8.0.1", 4000), "-");
        assert_string_equal(source(b, OUT, IN, "10.7.0.1", 4000, "192.0.2.1", 13389), "1/0 10.7.0.1:4000");
        assert_string_equal(source(b, OUT, IN, "10.7.0.1", 4000, "192.0.2.1", 3389), "-");
        assert_string_equal(source(b, OUT, IN, "10.7.0.1", 4000, "192.0.2.2", 13389), "-");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 3389, "10.7.0.1", 4000), "1/0 192.0.2.1:13389");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 3390, "10.7.0.1", 4000), "-");
        b->proto = UDP;
        assert_string_equal(dest(b, OUT, "192.0.2.1", 13389, "10.7.0.1", 4000), "-");
        assert_string_equal(source(b, OUT, IN, "10.7.0.1", 4000, "192.0.2.1", 13389), "-");
}

/* The first object has the destination's port as it is asked for. */
static void a_port_of_the_destination(void **state)
{
        struct bench *b = *state;

        nf_ports(&b->n, "asked", TCP, 0, 80);
        nf_ports(&b->n, "is", TCP, 0, 8080);
        service(nf_there(dynamic(nf_twice(&b->n, 1, "inside", "outside", "lan", "pat")), "there", "branch"), "asked",
                "is");
        compile(b);
        assert_string_equal(dest(b, IN, "10.99.0.1", 80, "10.1.1.2", 4000), "1/0 10.7.0.1:8080");
        assert_string_equal(dest(b, IN, "10.99.0.1", 81, "10.1.1.2", 4000), "-");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 4000, "10.99.0.1", 80), "1/0 192.0.2.9");
        assert_string_equal(source(b, IN, OUT, "10.1.1.2", 4000, "10.99.0.1", 8080), "-");
}

/* A port that a static line has is not given to others. */
static void ports_are_reserved(void **state)
{
        struct bench *b = *state;
        struct addr own = pb_addr("192.0.2.1");

        nf_ports(&b->n, "p", TCP, 3389, 0);
        service(nf_twice(&b->n, 1, "inside", "outside", "srv", "interface"), "p", "p");
        compile(b);
        assert_true(nat_port_is_static(nat_rt(&b->snap), net_rt(&b->snap), OUT, TCP, &own, 3389));
        assert_false(nat_port_is_static(nat_rt(&b->snap), net_rt(&b->snap), OUT, TCP, &own, 3390));
}

/* ---- what is not in force ---- */

static const char *why(struct bench *b, const struct twice_nat_conf *c)
{
        const char *w = nat_twice_why_not(c, &b->n.objs);

        return w ? w : "";
}

#define WHY(c, words) assert_non_null(strstr(why(b, c), words))

static void what_cannot_be_translated(void **state)
{
        struct bench *b = *state;
        struct twice_nat_conf *c;

        nf_subnet(&b->n, "six", "2001:db8::", 120);
        nf_group(&b->n, "empty", "");
        nf_ports(&b->n, "src", TCP, 1, 0);
        nf_ports(&b->n, "dst", TCP, 0, 1);
        nf_ports(&b->n, "udp", UDP, 1, 0);
        nf_ports(&b->n, "none", TCP, 0, 0);
        WHY(nf_twice(&b->n, 1, "any", "any", "lan", "branch"), "differ in size");
        WHY(nf_twice(&b->n, 1, "any", "any", "lan", "six"), "IPv4 and IPv6");
        WHY(nf_twice(&b->n, 1, "any", "any", "ours", "shown"), "to itself only");
        WHY(nf_twice(&b->n, 1, "any", "any", "empty", "empty"), "no address");
        WHY(nf_twice(&b->n, 1, "inside", "outside", "lan", "interface"), "one host");
        WHY(nf_twice(&b->n, 1, "any", "outside", "srv", "interface"), "both interfaces");
        WHY(dynamic(nf_twice(&b->n, 1, "any", "any", "lan", "pool")), "one mapped address");
        WHY(dynamic(nf_twice(&b->n, 1, "any", "any", "empty", "pat")), "no address");
        WHY(dynamic(nf_twice(&b->n, 1, "any", "any", "six", "pat")), "IPv4 and IPv6");
        WHY(nf_there(nf_twice(&b->n, 1, "any", "any", "lan", "lan"), "lan", "branch"), "differ in size");
        WHY(nf_there(nf_twice(&b->n, 1, "any", "any", "lan", "lan"), "interface", "srv"), "both interfaces");
        c = dynamic(nf_twice(&b->n, 1, "any", "any", "lan", "pat"));
        c->mapped.kind = NAT_END_POOL;
        assert_string_equal(why(b, c), "");
        c->round_robin = true;
        WHY(c, "pat-pool");
        c = dynamic(nf_twice(&b->n, 1, "inside", "outside", "lan", "interface"));
        c->ipv6 = true;
        WHY(c, "ipv6");
        c = nf_twice(&b->n, 1, "inside", "outside", "srv", "pat");
        service(c, "src", "udp");
        WHY(c, "one port");
        service(c, "src", "dst");
        WHY(c, "one port");
        service(c, "none", "none");
        WHY(c, "without a port");
        service(c, "dst", "dst");
        WHY(c, "needs a destination");
        service(dynamic(c), "src", "src");
        WHY(c, "needs a static source");
        conf_list_fini(&b->n.conf.twice);
        conf_list_init(&b->n.conf.twice, sizeof(struct twice_nat_conf), NULL);
        nf_twice(&b->n, 1, "any", "any", "lan", "branch");
        compile(b);
        assert_null(nat_rule_at(nat_rt(&b->snap), 0));
}

/* ---- against a plain walk ---- */

static bool in_set(const struct addr_range *r, unsigned n, const struct addr *a)
{
        for (unsigned i = 0; i < n; i++)
                if (range_has(&r[i], a))
                        return true;
        return false;
}

static const struct nat_rule_rt *walk(const struct nat_rt *n, uint16_t from, uint16_t to, const struct addr *a,
                                      const struct endpoint *peer)
{
        const struct nat_rule_rt *r;

        for (unsigned k = 0; (r = nat_rule_at(n, k)); k++)
                if (range_has(&r->real, a) && (!r->real_if || r->real_if == from) &&
                    (!r->mapped_if || r->mapped_if == to) && !(r->far && r->one_way) &&
                    (!r->peer || in_set(r->peer->mapped, r->peer->nmapped, &peer->a)))
                        return r;
        return NULL;
}

static void random_group(struct bench *b, const char *name)
{
        char members[200] = "", one[16], lo_text[ADDR_TEXT_MAX], hi_text[ADDR_TEXT_MAX];
        struct rng *rng = &b->f.rng;

        for (unsigned i = 0, n = 1 + rng_below(rng, 4); i < n; i++) {
                struct addr lo = addr_v4(0x0A000000 + rng_below(rng, 256)), hi = lo;

                hi.v4 += rng_below(rng, 2) ? 0 : rng_below(rng, 32);
                snprintf(one, sizeof one, "%s-%u", name, i);
                addr_print(&hi, hi_text);
                nf_range(&b->n, one, addr_print(&lo, lo_text), hi_text);
                strcat(strcat(members, i ? " " : ""), one);
        }
        nf_group(&b->n, name, members);
}

static void the_index_equals_a_walk(void **state)
{
        struct bench *b = *state;
        static const char *const ifs[] = { "any", "inside", "outside", "dmz" };
        struct rng *rng = &b->f.rng;
        const struct nat_rt *n;
        char here[16], there[16];

        for (unsigned i = 0; i < 120; i++) {
                struct twice_nat_conf *c;

                snprintf(here, sizeof here, "h%u", i);
                snprintf(there, sizeof there, "t%u", i);
                random_group(b, here);
                random_group(b, there);
                c = nf_twice(&b->n, rng_below(rng, 2) ? 1 : 3, ifs[rng_below(rng, 4)], ifs[rng_below(rng, 4)], here,
                             here);
                if (rng_below(rng, 4))
                        nf_there(c, there, there);
                c->unidirectional = !rng_below(rng, 3);
        }
        n = compile(b);
        for (unsigned i = 0; i < 20000; i++) {
                struct addr a = addr_v4(0x0A000000 + rng_below(rng, 300));
                struct endpoint peer = { addr_v4(0x0A000000 + rng_below(rng, 300)), 80 };
                uint16_t from = (uint16_t)(1 + rng_below(rng, 3)), to = (uint16_t)(1 + rng_below(rng, 3));

                assert_ptr_equal(nat_match_source(n, from, to, TCP, &a, 7, &peer), walk(n, from, to, &a, &peer));
        }
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                T(sections_stand_in_order),
                T(lines_stand_in_order),
                T(inactive_is_left_out),
                T(an_exemption_keeps_both_ends),
                T(an_unknown_peer_is_none),
                T(groups_are_exempt),
                T(any_destination_is_none),
                T(both_ends_are_translated),
                T(static_without_a_destination),
                T(unidirectional_is_not_called),
                T(a_shared_source_with_a_destination),
                T(a_port_of_the_source),
                T(a_port_of_the_destination),
                T(ports_are_reserved),
                T(what_cannot_be_translated),
                T(the_index_equals_a_walk),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
