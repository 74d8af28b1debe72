/* The neighbour table on virtual time: who is learned, who is answered, what waits and for how long. */
#include "platform/net/arp.h"

#include "platform/net/arp_int.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"
#include "tests/support/worker_fixture.h"

static const struct mac nobody;

static unsigned rows_of(struct worker_fixture *f, struct arp_row *rows, unsigned max)
{
        uint32_t cursor = 0;

        return arp_walk(f->w->arp, &cursor, rows, max);
}

static bool knows(struct worker_fixture *f, const char *ip)
{
        struct arp_row rows[50];
        struct addr a = pb_addr(ip);

        for (unsigned i = 0, n = rows_of(f, rows, 50); i < n; i++)
                if (addr_eq(&rows[i].ip, &a))
                        return true;
        return false;
}

static void send_arp(struct worker_fixture *f, unsigned port, uint16_t op, struct mac sha, const char *spa,
                     const char *tpa)
{
        uint8_t fr[100];

        wf_send(f, port, fr,
                pb_arp(fr, sizeof fr, op, sha, spa, op == 1 ? nobody : pb_mac((uint8_t)(2 + port)), tpa));
}

/* From the inside host 10.1.1.9 to an outside neighbour. */
static void send_out(struct worker_fixture *f, const char *dst, uint16_t id)
{
        struct pb p = pb_of("10.1.1.9", id, dst, 53, IPPROTO_UDP_);
        uint8_t fr[200];

        p.dmac = pb_mac(3);
        wf_send(f, 1, fr, pb_build(fr, sizeof fr, &p));
}

static bool take(struct worker_fixture *f, unsigned port, struct pb_view *v)
{
        static uint8_t fr[2048];
        size_t n = wf_take(f, port, fr, sizeof fr);

        if (!n)
                return false;
        assert_true(pb_parse(fr, n, false, v));
        return true;
}

static void begin(struct worker_fixture *f)
{
        wf_init(f);
        wf_start(f);
}

static void test_answers_for_itself(void **state)
{
        struct worker_fixture f;
        struct pb_view v;

        (void)state;
        begin(&f);
        send_arp(&f, 0, 1, pb_mac(9), "192.0.2.9", "192.0.2.1");
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.arp_op, 2);
        assert_memory_equal(&v.sha, pb_mac(2).b, 6);
        assert_memory_equal(&v.smac, pb_mac(2).b, 6);
        assert_memory_equal(&v.dmac, pb_mac(9).b, 6);
        assert_memory_equal(&v.tha, pb_mac(9).b, 6);
        assert_int_equal(v.spa.v4, 0xC0000201);
        assert_int_equal(v.tpa.v4, 0xC0000209);
        assert_true(knows(&f, "192.0.2.9"));                    /* it will want our answer */
        send_arp(&f, 0, 1, pb_mac(9), "192.0.2.9", "10.1.1.1"); /* not on that wire */
        send_arp(&f, 0, 1, pb_mac(8), "192.0.2.8", "192.0.2.7");
        assert_false(take(&f, 0, &v));
        assert_false(knows(&f, "192.0.2.8"));
        send_arp(&f, 0, 1, pb_mac(7), "0.0.0.0", "192.0.2.1"); /* a probe (RFC 5227) is answered, not learned */
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.arp_op, 2);
        assert_false(knows(&f, "0.0.0.0"));
        wf_stop(&f);
}

static void test_lies_are_dropped(void **state)
{
        static const struct {
                uint16_t op;
                uint8_t mac;
                const char *spa, *tpa;
        } lies[] = {
                { 1, 9, "192.0.2.1", "192.0.2.1" },                                       /* claims our address */
                { 2, 9, "192.0.2.1", "192.0.2.9" },   { 1, 2, "192.0.2.9", "192.0.2.1" }, /* claims our MAC */
                { 1, 9, "10.9.9.9", "192.0.2.1" },                                        /* not of this subnet */
                { 1, 9, "192.0.2.255", "192.0.2.1" }, { 3, 9, "192.0.2.9", "192.0.2.1" },
                { 1, 1, "224.0.0.1", "192.0.2.1" },
        };
        struct worker_fixture f;
        struct mac group = { { 1, 0, 0x5e, 0, 0, 1 } };
        struct pb_view v;

        (void)state;
        begin(&f);
        for (unsigned i = 0; i < ARRAY_LEN(lies); i++) {
                send_arp(&f, 0, lies[i].op, pb_mac(lies[i].mac), lies[i].spa, lies[i].tpa);
                if (wf_drops(&f, DROP_BAD_ARP) != i + 1 || take(&f, 0, &v))
                        fail_msg("lie %u is believed", i);
                assert_false(knows(&f, lies[i].spa));
        }
        send_arp(&f, 0, 1, group, "192.0.2.9", "192.0.2.1");
        send_arp(&f, 0, 1, nobody, "192.0.2.9", "192.0.2.1");
        assert_int_equal(wf_drops(&f, DROP_BAD_ARP), ARRAY_LEN(lies) + 2);
        wf_stop(&f);
}

static void test_every_prefix_is_refused(void **state)
{
        struct worker_fixture f;
        uint8_t fr[100];
        size_t n = pb_arp(fr, sizeof fr, 1, pb_mac(9), "192.0.2.9", nobody, "192.0.2.1");

        (void)state;
        begin(&f);
        for (size_t cut = 14; cut < n && cut < 42; cut++) {
                wf_send(&f, 0, fr, cut);
                assert_int_equal(wf_drops(&f, DROP_BAD_ARP), cut - 13);
        }
        for (unsigned at = 14; at < 20; at++) { /* types and lengths */
                fr[at] ^= 1;
                wf_send(&f, 0, fr, n);
                fr[at] ^= 1;
        }
        assert_int_equal(wf_drops(&f, DROP_BAD_ARP), 28 + 6);
        assert_false(knows(&f, "192.0.2.9"));
        wf_stop(&f);
}

static void test_asks_then_sends(void **state)
{
        struct worker_fixture f;
        struct pb_view v;

        (void)state;
        begin(&f);
        send_out(&f, "192.0.2.9", 1);
        send_out(&f, "192.0.2.9", 2);
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.arp_op, 1);
        assert_int_equal(v.dmac.b[0], 0xff);
        assert_int_equal(v.spa.v4, 0xC0000201);
        assert_int_equal(v.tpa.v4, 0xC0000209);
        assert_memory_equal(&v.tha, &nobody, 6);
        assert_false(take(&f, 0, &v)); /* one question for both */
        send_arp(&f, 0, 2, pb_mac(9), "192.0.2.9", "192.0.2.1");
        for (uint16_t i = 1; i <= 2; i++) {
                assert_true(take(&f, 0, &v));
                assert_int_equal(v.sport, i);
                assert_int_equal(v.dmac.b[5], 9);
                assert_int_equal(v.smac.b[5], 2);
                assert_true(v.ip_ok && v.l4_ok);
                assert_int_equal(v.ttl, 63);
        }
        send_out(&f, "192.0.2.9", 3);
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.sport, 3);
        send_out(&f, "8.8.8.8", 4); /* by the gateway */
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.tpa.v4, 0xC00002FE);
        wf_stop(&f);
}

/* What we did not ask for is not believed, an entry that exists is kept up to date. */
static void test_unasked_answers(void **state)
{
        struct worker_fixture f;
        struct pb_view v;

        (void)state;
        begin(&f);
        send_arp(&f, 0, 2, pb_mac(9), "192.0.2.9", "192.0.2.1");
        send_arp(&f, 0, 1, pb_mac(9), "192.0.2.9", "192.0.2.9"); /* gratuitous */
        assert_false(knows(&f, "192.0.2.9"));
        wf_neighbour(&f, WF_OUTSIDE, "192.0.2.9", pb_mac(9));
        send_arp(&f, 0, 1, pb_mac(66), "192.0.2.9", "192.0.2.9");
        send_out(&f, "192.0.2.9", 1);
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.dmac.b[5], 66);
        wf_stop(&f);
}

static void test_gives_up(void **state)
{
        struct worker_fixture f;
        struct pb_view v;
        unsigned asked = 0;

        (void)state;
        begin(&f);
        wf_neighbour(&f, WF_INSIDE, "10.1.1.9", pb_mac(9));
        for (uint16_t i = 0; i < 10; i++)
                send_out(&f, "192.0.2.9", i);
        assert_int_equal(wf_drops(&f, DROP_NO_ADJACENCY), 2); /* eight may wait */
        wf_advance(&f, 2900);
        assert_int_equal(wf_drops(&f, DROP_NO_ADJACENCY), 2);
        while (take(&f, 0, &v))
                asked += v.arp_op == 1;
        assert_int_equal(asked, 3);
        wf_advance(&f, 200);
        assert_int_equal(wf_drops(&f, DROP_NO_ADJACENCY), 10);
        assert_true(take(&f, 1, &v)); /* host unreachable, once */
        assert_int_equal(v.proto, IPPROTO_ICMP_);
        assert_int_equal(v.icmp_type, 3);
        assert_int_equal(v.icmp_code, 1);
        assert_false(take(&f, 1, &v));
        assert_int_equal(pkt_pool_used(f.w->pkts), 0);
        send_out(&f, "192.0.2.9", 1); /* and asks anew */
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.arp_op, 1);
        wf_stop(&f);
}

static void test_ageing(void **state)
{
        struct worker_fixture f;
        struct pb_view v;

        (void)state;
        wf_init(&f);
        f.conf.arp_timeout_s = 60;
        wf_start(&f);
        wf_neighbour(&f, WF_OUTSIDE, "192.0.2.8", pb_mac(8));
        wf_neighbour(&f, WF_OUTSIDE, "192.0.2.9", pb_mac(9));
        wf_advance(&f, 30000);
        send_out(&f, "192.0.2.9", 1);
        assert_true(take(&f, 0, &v));
        wf_advance(&f, 29900);
        assert_true(knows(&f, "192.0.2.8"));
        wf_advance(&f, 200);
        assert_false(knows(&f, "192.0.2.8")); /* unused: just forgotten */
        assert_true(take(&f, 0, &v));         /* used: asked, and by unicast */
        assert_int_equal(v.arp_op, 1);
        assert_int_equal(v.dmac.b[5], 9);
        assert_int_equal(v.tpa.v4, 0xC0000209);
        send_out(&f, "192.0.2.9", 2); /* traffic goes on meanwhile */
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.sport, 2);
        send_arp(&f, 0, 2, pb_mac(9), "192.0.2.9", "192.0.2.1");
        wf_advance(&f, 59000);
        assert_true(knows(&f, "192.0.2.9"));
        send_out(&f, "192.0.2.9", 3);
        wf_clear(&f);
        wf_advance(&f, 5000); /* no answer this time */
        assert_false(knows(&f, "192.0.2.9"));
        wf_stop(&f);
}

static void test_shorter_timeout_applies_to_old_entries(void **state)
{
        struct worker_fixture f;

        (void)state;
        begin(&f);
        wf_neighbour(&f, WF_OUTSIDE, "192.0.2.8", pb_mac(8));
        wf_advance(&f, 50000);
        f.conf.arp_timeout_s = 60;
        wf_commit(&f);
        wf_advance(&f, 9000);
        assert_true(knows(&f, "192.0.2.8"));
        wf_advance(&f, 2000);
        assert_false(knows(&f, "192.0.2.8"));
        wf_stop(&f);
}

static void test_static_lines(void **state)
{
        struct worker_fixture f;
        struct arp_conf *c;
        struct arp_row rows[4];
        struct pb_view v;

        (void)state;
        wf_init(&f);
        c = conf_list_add(&f.conf.arps, "");
        strcpy(c->nameif, "outside");
        c->ip = pb_addr("192.0.2.9");
        c->mac = pb_mac(77);
        wf_start(&f);
        send_arp(&f, 0, 1, pb_mac(66), "192.0.2.9", "192.0.2.1"); /* the wire does not overrule the operator */
        wf_clear(&f);
        send_out(&f, "192.0.2.9", 1);
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.dmac.b[5], 77);
        assert_int_equal(rows_of(&f, rows, 4), 1);
        assert_true(rows[0].is_static);
        assert_int_equal(arp_clear(f.w->arp), 0);
        send_arp(&f, 0, 1, pb_mac(5), "192.0.2.5", "192.0.2.9"); /* no alias: not our address */
        assert_false(take(&f, 0, &v));
        c->alias = true;
        wf_commit(&f);
        worker_step(f.w);
        wf_clear(&f);
        send_arp(&f, 0, 1, pb_mac(5), "192.0.2.5", "192.0.2.9");
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.sha.b[5], 2);
        conf_list_del(&f.conf.arps, &c->o);
        wf_commit(&f);
        worker_step(f.w);
        assert_false(knows(&f, "192.0.2.9"));
        wf_stop(&f);
}

/* A static line that comes while packets wait for an answer frees them. */
static void test_static_line_resolves(void **state)
{
        struct worker_fixture f;
        struct arp_conf *c;
        struct pb_view v;

        (void)state;
        begin(&f);
        send_out(&f, "192.0.2.9", 1);
        wf_clear(&f);
        c = conf_list_add(&f.conf.arps, "");
        strcpy(c->nameif, "outside");
        c->ip = pb_addr("192.0.2.9");
        c->mac = pb_mac(77);
        wf_commit(&f);
        worker_step(f.w);
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.dmac.b[5], 77);
        wf_advance(&f, 5000);
        assert_true(knows(&f, "192.0.2.9"));
        assert_int_equal(f.w->arp->asking, 0);
        wf_stop(&f);
}

static bool proxy(const struct snapshot *s, uint16_t iface, const struct addr *a)
{
        (void)s;
        return iface == WF_OUTSIDE && a->v4 == 0xC000028C; /* 192.0.2.140 */
}

static void proxy_each(const struct snapshot *s, void (*fn)(void *ctx, uint16_t iface, const struct addr *a),
                       void *ctx)
{
        struct addr a = pb_addr("192.0.2.140");

        (void)s;
        fn(ctx, WF_OUTSIDE, &a);
}

static void test_proxy_arp(void **state)
{
        struct worker_fixture f;
        struct name_conf *no;
        struct pb_view v;

        (void)state;
        wf_init(&f);
        f.env.proxy_arp = proxy;
        f.env.proxy_arp_each = proxy_each;
        wf_start(&f);
        send_arp(&f, 0, 1, pb_mac(9), "192.0.2.9", "192.0.2.140");
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.spa.v4, 0xC000028C);
        assert_int_equal(v.sha.b[5], 2);
        send_arp(&f, 1, 1, pb_mac(9), "10.1.1.9", "192.0.2.140"); /* only where it is mapped */
        assert_false(take(&f, 1, &v));
        send_arp(&f, 0, 2, pb_mac(66), "192.0.2.140", "192.0.2.1"); /* N5 goes for mapped addresses as well */
        assert_int_equal(wf_drops(&f, DROP_BAD_ARP), 1);
        no = conf_list_add(&f.conf.noproxyarp, "outside");
        assert_non_null(no);
        wf_commit(&f);
        send_arp(&f, 0, 1, pb_mac(9), "192.0.2.9", "192.0.2.140");
        assert_false(take(&f, 0, &v));
        wf_stop(&f);
}

static void test_announces_what_is_new(void **state)
{
        struct worker_fixture f;
        struct iface_conf *c;
        struct pb_view v;

        (void)state;
        wf_init(&f);
        f.env.proxy_arp = proxy;
        f.env.proxy_arp_each = proxy_each;
        wf_start(&f); /* takes the first announcements away */
        wf_commit(&f);
        worker_step(f.w);
        assert_int_equal(wf_clear(&f), 0);
        c = conf_list_find(&f.conf.ifaces, "GigabitEthernet0/0");
        c->ip = pb_addr("192.0.2.3");
        wf_commit(&f);
        worker_step(f.w);
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.arp_op, 1);
        assert_int_equal(v.spa.v4, 0xC0000203);
        assert_int_equal(v.tpa.v4, 0xC0000203);
        assert_int_equal(v.dmac.b[0], 0xff);
        assert_false(take(&f, 0, &v));
        c->have_mac = true;
        c->mac = pb_mac(99);
        wf_commit(&f);
        worker_step(f.w);
        assert_int_equal(wf_clear(&f), 2); /* a new MAC: its own address and the mapped one */
        c->shutdown = true;
        wf_commit(&f);
        worker_step(f.w);
        assert_int_equal(wf_clear(&f), 0);
        c->shutdown = false;
        wf_commit(&f);
        worker_step(f.w);
        assert_int_equal(wf_clear(&f), 2);
        wf_stop(&f);
}

static void test_address_change_forgets_neighbours(void **state)
{
        struct worker_fixture f;
        struct iface_conf *c;

        (void)state;
        begin(&f);
        wf_neighbour(&f, WF_OUTSIDE, "192.0.2.9", pb_mac(9));
        wf_neighbour(&f, WF_INSIDE, "10.1.1.9", pb_mac(9));
        c = conf_list_find(&f.conf.ifaces, "GigabitEthernet0/0");
        c->ip = pb_addr("198.51.100.1");
        wf_commit(&f);
        worker_step(f.w);
        assert_false(knows(&f, "192.0.2.9"));
        assert_true(knows(&f, "10.1.1.9"));
        assert_int_equal(arp_clear(f.w->arp), 1);
        assert_false(knows(&f, "10.1.1.9"));
        wf_stop(&f);
}

static void log_line(void *ctx, enum log_dest dest, int level, uint32_t id, const char *line)
{
        (void)dest;
        (void)level;
        if (id == 405003) {
                snprintf(ctx, 200, "%s", line);
                ((char *)ctx)[199]++; /* how many */
        }
}

static void test_collision_is_logged_once_a_second(void **state)
{
        static char line[200];
        struct worker_fixture f;
        struct log_conf lc;
        struct err e;

        (void)state;
        wf_init(&f);
        log_conf_init(&lc);
        lc.enable = true;
        lc.dest[LOG_TO_MONITOR].level = 7;
        assert_int_equal(log_configure(f.log, &lc, &e), 0);
        log_set_sink(f.log, LOG_TO_MONITOR, log_line, line);
        wf_start(&f);
        for (unsigned i = 0; i < 5; i++)
                send_arp(&f, 0, 1, pb_mac(9), "192.0.2.1", "192.0.2.1");
        log_step(f.log);
        assert_non_null(strstr(
                line,
                "IP address collision detected between host 192.0.2.1 at 0200.0000.0009 and interface outside, "));
        assert_int_equal(line[199], 1);
        wf_advance(&f, 1100);
        send_arp(&f, 0, 2, pb_mac(9), "192.0.2.1", "192.0.2.9");
        log_step(f.log);
        assert_int_equal(line[199], 2);
        wf_stop(&f);
}

static void test_other_subnets_when_told_so(void **state)
{
        struct worker_fixture f;
        struct pb_view v;

        (void)state;
        wf_init(&f);
        f.conf.arp_nonconnected = true;
        wf_start(&f);
        send_arp(&f, 0, 1, pb_mac(9), "10.9.9.9", "192.0.2.1");
        assert_true(take(&f, 0, &v));
        assert_true(knows(&f, "10.9.9.9"));
        send_arp(&f, 0, 1, pb_mac(9), "192.0.2.255", "192.0.2.1");
        send_arp(&f, 0, 1, pb_mac(9), "224.0.0.1", "192.0.2.1");
        assert_int_equal(wf_drops(&f, DROP_BAD_ARP), 2);
        wf_commit(&f); /* stays */
        assert_true(knows(&f, "10.9.9.9"));
        f.conf.arp_nonconnected = false;
        wf_commit(&f);
        send_arp(&f, 0, 1, pb_mac(8), "10.9.9.8", "192.0.2.1");
        assert_false(knows(&f, "10.9.9.8") || knows(&f, "10.9.9.9"));
        assert_int_equal(wf_drops(&f, DROP_BAD_ARP), 3);
        wf_stop(&f);
}

/* A scan of a large subnet: bounded questions, bounded buffers, and the neighbours we know keep working. */
static void test_scan_is_bounded(void **state)
{
        struct worker_fixture f;
        struct iface_conf *c;
        struct pb_view v;
        char ip[20];

        (void)state;
        wf_init(&f);
        c = conf_list_find(&f.conf.ifaces, "GigabitEthernet0/0");
        c->ip = pb_addr("172.16.0.1");
        c->mask_len = 16;
        wf_start(&f);
        wf_neighbour(&f, WF_OUTSIDE, "172.16.0.9", pb_mac(9));
        for (unsigned i = 0; i < 3000; i++) {
                snprintf(ip, sizeof ip, "172.16.%u.%u", 1 + i / 250, 1 + i % 250);
                send_out(&f, ip, 1);
        }
        assert_true(pkt_pool_used(f.w->pkts) <= ARP_WAITING_MAX);
        assert_true(f.w->arp->asking <= ARP_ASKING_MAX);
        wf_clear(&f);
        send_out(&f, "172.16.0.9", 7);
        assert_true(take(&f, 0, &v));
        assert_int_equal(v.sport, 7);
        wf_advance(&f, 4000);
        assert_int_equal(f.w->arp->asking, 0);
        assert_int_equal(pkt_pool_used(f.w->pkts), 0);
        wf_stop(&f);
}

static void test_walk_resumes(void **state)
{
        struct worker_fixture f;
        struct arp_row rows[3];
        uint32_t cursor = 0;
        unsigned n, all = 0;
        char ip[20];

        (void)state;
        begin(&f);
        for (unsigned i = 10; i < 20; i++) {
                snprintf(ip, sizeof ip, "192.0.2.%u", i);
                wf_neighbour(&f, WF_OUTSIDE, ip, pb_mac((uint8_t)i));
        }
        wf_advance(&f, 5000);
        while ((n = arp_walk(f.w->arp, &cursor, rows, 3)) > 0) {
                all += n;
                assert_int_equal(rows[0].age_s, 5);
                assert_int_equal(rows[0].iface, WF_OUTSIDE);
                assert_int_equal(rows[0].ip.v4 & 0xFF, rows[0].mac.b[5]);
        }
        assert_int_equal(all, 10);
        wf_stop(&f);
}

int main(void)
{
        const struct CMUnitTest t[] = {
                cmocka_unit_test(test_answers_for_itself),
                cmocka_unit_test(test_lies_are_dropped),
                cmocka_unit_test(test_other_subnets_when_told_so),
                cmocka_unit_test(test_every_prefix_is_refused),
                cmocka_unit_test(test_asks_then_sends),
                cmocka_unit_test(test_unasked_answers),
                cmocka_unit_test(test_gives_up),
                cmocka_unit_test(test_ageing),
                cmocka_unit_test(test_shorter_timeout_applies_to_old_entries),
                cmocka_unit_test(test_static_lines),
                cmocka_unit_test(test_static_line_resolves),
                cmocka_unit_test(test_proxy_arp),
                cmocka_unit_test(test_announces_what_is_new),
                cmocka_unit_test(test_address_change_forgets_neighbours),
                cmocka_unit_test(test_collision_is_logged_once_a_second),
                cmocka_unit_test(test_scan_is_bounded),
                cmocka_unit_test(test_walk_resumes),
        };

        return cmocka_run_group_tests(t, NULL, NULL);
}
