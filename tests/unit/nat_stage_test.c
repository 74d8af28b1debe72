/* Packets in, packets out: object NAT and PAT through the stages, with real connections. */
#include "nat/nat_rt.h"

#include <stdlib.h>

#include "nat/nat_int.h"
#include "nat/portpool.h"
#include "platform/net/arp.h"
#include "platform/net/decode.h"
#include "platform/net/egress.h"
#include "policy/policy_rt.h"
#include "tests/support/policy_fixture.h"
#include "tests/support/nat_fixture.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"

#define OUT WF_OUTSIDE
#define IN WF_INSIDE
#define FRAME_MAX 1600
#define PEER "203.0.113.7"
#define PEER2 "203.0.113.8"
#define SRV "10.1.1.2"
#define SRV_MAPPED "192.0.2.140"
#define PAT "192.0.2.9"

static bool refuse_late; /* the last stage before the conn refuses everything */

static enum pkt_verdict refuse_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        (void)w, (void)plan;
        return refuse_late ? dp_drop(pk, DROP_CONN_LIMIT) : PKT_NEXT;
}

/* A pinhole as signalling opens it: it knows where its packets go. */
static struct endpoint hole_dst;
static uint16_t hole_out;

static enum pkt_verdict hole_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        (void)w, (void)pk;
        if (!hole_dst.port)
                return PKT_NEXT;
        plan->pinhole = plan->egress_by_nat = true;
        plan->out_iface = hole_out;
        plan->dst_real = hole_dst.a;
        plan->dst_real_port = hole_dst.port;
        return PKT_NEXT;
}

static void hole_to(uint16_t out, const char *real, uint16_t port)
{
        hole_out = out;
        hole_dst = (struct endpoint){ pb_addr(real), port };
}

static const struct slow_stage slow[] = {
        { "hole", hole_stage },     { "untrans", untrans_stage }, { "route", route_stage }, { "nat", nat_plan_stage },
        { "refuse", refuse_stage }, { "conn", conn_new_stage },   { NULL, NULL },
};
static const struct fast_stage wire[] = {
        { "decode", decode_stage },    { "arp", arp_stage }, { "conn", conn_stage },     { "miss", miss_stage },
        { "track", conn_track_stage }, { "nat", nat_stage }, { "egress", egress_stage }, { NULL, NULL },
};
static void (*const ends[])(struct worker *, struct conn *) = { xlate_conn_end, NULL };
static void (*const hooks[])(struct worker *) = { nat_snapshot_hook, NULL };

struct bench {
        struct worker_fixture f;
        struct nat_fixture n;
        uint8_t frame[FRAME_MAX]; /* the last one taken */
        struct pb_view v;
};

static void compile_policy(struct bench *b)
{
        struct snap_part *net = snap_part_new();
        struct err e;

        b->f.part[SNAP_POLICY] = snap_part_new();
        assert_int_equal(net_compile(net, &b->f.conf, &b->f.bind, &e), 0);
        assert_int_equal(policy_compile(b->f.part[SNAP_POLICY], &b->n.objs, net->root, NULL, NULL, &e), 0);
        snap_part_put(net);
}

/* Answers to echoes are asked of the lists: here they all may pass. */
static void compile_lists(struct bench *b)
{
        struct snap_part *net = snap_part_new();
        struct access_group_conf *g;
        struct policy_conf lists;
        struct err e;

        pf_conf_init(&lists);
        pf_conf_ace(&lists, "all", "permit ip any any");
        g = conf_list_add(&lists.access_groups, "global");
        assert_non_null(g);
        g->dir = AG_GLOBAL;
        strcpy(g->acl, "all");
        b->f.part[SNAP_ACL] = snap_part_new();
        assert_int_equal(net_compile(net, &b->f.conf, &b->f.bind, &e), 0);
        assert_int_equal(acl_compile(b->f.part[SNAP_ACL], &lists, net->root, &e), 0);
        snap_part_put(net);
        pf_conf_fini(&lists);
}

static void log_everything(struct bench *b)
{
        static struct log_conf c;

        log_conf_init(&c);
        c.enable = true;
        c.buffer_size = 65536;
        c.dest[LOG_TO_BUFFER].level = LOG_L_DEBUG;
        assert_int_equal(log_configure(b->f.log, &c, NULL), 0);
}

static int set_up(void **state)
{
        struct bench *b = calloc(1, sizeof *b);

        refuse_late = false;
        hole_dst.port = 0;
        wf_init(&b->f);
        nf_init(&b->n);
        compile_policy(b);
        compile_lists(b);
        log_everything(b);
        b->f.path = (struct dp_path){ .wire = wire, .slow = slow, .conn_end = ends, .snapshot = hooks };
        b->f.conf.same_inter = true;
        b->f.part[SNAP_NAT] = nf_compile(&b->n, &b->f);
        /* the hook wants the tables from the first snapshot on */
        b->f.path.snapshot = NULL;
        wf_start(&b->f);
        b->f.w->policy = policy_live_new();
        b->f.w->conns = conn_table_new(b->f.w, 1024);
        b->f.w->xlates = xlate_table_new(b->f.w);
        assert_true(b->f.w->conns && b->f.w->xlates && b->f.w->policy);
        b->f.path.snapshot = hooks;
        wf_neighbour(&b->f, OUT, "192.0.2.254", pb_mac(0x54));
        wf_neighbour(&b->f, OUT, "192.0.2.77", pb_mac(0x77));
        wf_neighbour(&b->f, IN, SRV, pb_mac(0x12));
        wf_neighbour(&b->f, IN, "10.1.1.5", pb_mac(0x15));
        wf_neighbour(&b->f, IN, "10.1.1.6", pb_mac(0x16));
        *state = b;
        return 0;
}

static int tear_down(void **state)
{
        struct bench *b = *state;

        xlate_table_free(b->f.w->xlates);
        conn_table_free(b->f.w->conns);
        policy_live_free(b->f.w->policy);
        wf_stop(&b->f);
        nf_fini(&b->n);
        free(b);
        return 0;
}

/* ---- the server with a static address, and everybody behind PAT ---- */
static void use_rules(struct bench *b)
{
        nf_host(&b->n, "srv", SRV);
        nf_static(&b->n, "srv", "inside", "outside", SRV_MAPPED);
        nf_subnet(&b->n, "all", "10.1.1.0", 24);
        nf_dynamic(&b->n, "all", "inside", "outside", PAT);
        nf_commit(&b->n, &b->f);
}

/* The box is done with a frame for `port`; what came out on the other port is in b->v. */
static bool through(struct bench *b, unsigned port, const void *frame, size_t n)
{
        size_t got;

        wf_clear(&b->f);
        wf_send(&b->f, port, frame, n);
        got = wf_take(&b->f, !port, b->frame, sizeof b->frame);
        if (!got)
                return false;
        assert_true(pb_parse(b->frame, got, false, &b->v));
        assert_true(b->v.ip_ok && b->v.l4_ok);
        return true;
}

static bool udp(struct bench *b, unsigned port, const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
        uint8_t f[FRAME_MAX];
        struct pb p = pb_of(src, sport, dst, dport, IPPROTO_UDP_);

        p.dmac = pb_mac((uint8_t)(2 + port));
        p.pay = "voice";
        p.npay = 5;
        return through(b, port, f, pb_build(f, sizeof f, &p));
}

static bool echo(struct bench *b, unsigned port, const char *src, const char *dst, bool reply, uint16_t id)
{
        uint8_t f[FRAME_MAX];
        size_t n = pb_echo(f, sizeof f, src, dst, reply, id, 1);

        f[5] = (uint8_t)(2 + port);
        return through(b, port, f, n);
}

static void assert_from_to(const struct bench *b, const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
        char s[ADDR_TEXT_MAX], d[ADDR_TEXT_MAX];

        assert_string_equal(addr_print(&b->v.src, s), src);
        assert_string_equal(addr_print(&b->v.dst, d), dst);
        assert_int_equal(b->v.sport, sport);
        assert_int_equal(b->v.dport, dport);
}

struct needle {
        const char *text;
        unsigned n;
};

static void look(void *ctx, const char *line)
{
        struct needle *want = ctx;

        want->n += strstr(line, want->text) != NULL;
}

static unsigned logged(struct bench *b, const char *text)
{
        struct needle want = { .text = text };

        while (log_step(b->f.log))
                ;
        assert_int_equal(log_buffer_walk(b->f.log, look, &want), 0);
        return want.n;
}

static void end_all_conns(struct bench *b)
{
        static const struct conn_filter all;
        uint32_t cursor = 0;
        bool end = false;

        while (!end)
                conn_clear(b->f.w, &cursor, &all, CONN_END_CLEARED, &end);
}

static uint32_t dynamic_count(struct bench *b)
{
        return xlate_count(b->f.w) - nat_rt(b->f.w->snap)->nstatic;
}

/* ---- static ---- */

static void test_static_inbound(void **state)
{
        struct bench *b = *state;
        uint64_t t, u;

        use_rules(b);
        assert_int_equal(
                logged(b, "%ASA-6-305009: Built static translation from inside:10.1.1.2 to outside:192.0.2.140"), 1);
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        assert_from_to(b, PEER, 4000, SRV, 5060);
        assert_true(udp(b, 1, SRV, 5060, PEER, 4000));
        assert_from_to(b, SRV_MAPPED, 5060, PEER, 4000);
        nat_hits(b->f.w, nat_rule_at(nat_rt(b->f.w->snap), 0)->id, &t, &u);
        assert_int_equal(t, 0);
        assert_int_equal(u, 1);
        assert_int_equal(dynamic_count(b), 0);
}

static void test_static_outbound(void **state)
{
        struct bench *b = *state;
        uint64_t t, u;

        use_rules(b);
        assert_true(udp(b, 1, SRV, 5060, PEER, 4000));
        assert_from_to(b, SRV_MAPPED, 5060, PEER, 4000);
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        assert_from_to(b, PEER, 4000, SRV, 5060);
        nat_hits(b->f.w, nat_rule_at(nat_rt(b->f.w->snap), 0)->id, &t, &u);
        assert_int_equal(t, 1);
        assert_int_equal(u, 0);
}

static void test_static_service_of_interface(void **state)
{
        struct bench *b = *state;

        nf_host(&b->n, "srv", SRV);
        nf_service(&b->n, "srv", "inside", "outside", "interface", IPPROTO_UDP_, 69, 6969);
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 0, PEER, 4000, "192.0.2.1", 6969));
        assert_from_to(b, PEER, 4000, SRV, 69);
        assert_true(udp(b, 1, SRV, 69, PEER, 4000));
        assert_from_to(b, "192.0.2.1", 6969, PEER, 4000);
}

/* The rule, not the routing table, says where the server is. */
static void test_rule_decides_egress(void **state)
{
        struct bench *b = *state;

        nf_host(&b->n, "far", "198.18.0.5"); /* the default route leads outside */
        nf_static(&b->n, "far", "inside", "outside", SRV_MAPPED);
        wf_route(&b->f, "inside", "198.18.0.0", 16, "10.1.1.5");
        wf_route(&b->f, "outside", "198.18.0.0", 24, "192.0.2.77");
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        assert_from_to(b, PEER, 4000, "198.18.0.5", 5060);
        assert_int_equal(b->v.dmac.b[5], 0x15);
}

/* ---- PAT ---- */

static void test_pat_shares_an_address(void **state)
{
        struct bench *b = *state;
        uint16_t other;

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        assert_from_to(b, PAT, 5060, PEER, 4000);
        assert_true(udp(b, 1, "10.1.1.6", 5060, PEER, 4000));
        other = b->v.sport;
        assert_int_not_equal(other, 5060);
        assert_true(other >= 1024);
        assert_from_to(b, PAT, other, PEER, 4000);
        assert_true(udp(b, 0, PEER, 4000, PAT, other));
        assert_from_to(b, PEER, 4000, "10.1.1.6", 5060);
        assert_true(udp(b, 0, PEER, 4000, PAT, 5060));
        assert_from_to(b, PEER, 4000, "10.1.1.5", 5060);
        assert_int_equal(dynamic_count(b), 2);
        assert_int_equal(logged(b, "%ASA-6-305011: Built dynamic UDP translation from inside:10.1.1.5/5060 to "
                                   "outside:192.0.2.9/5060"),
                         1);
}

/* Signalling has said that this port of the shared address is that source. */
static struct xlate_lease announced(struct bench *b, const char *real, uint16_t rport, uint16_t mport)
{
        struct xlate_lease l = { .real_if = IN,
                                 .mapped_if = OUT,
                                 .proto = IPPROTO_UDP_,
                                 .real = { pb_addr(real), rport },
                                 .mapped = { pb_addr(PAT), mport } };

        assert_true(xlate_keep(b->f.w, &l));
        return l;
}

/* Media that signalling announced: whoever speaks first is translated by the rules, and the answers find back. */
static void test_pinholes_are_translated(void **state)
{
        struct bench *b = *state;
        struct xlate_lease l;

        use_rules(b);
        hole_to(OUT, PEER, 5000);
        assert_true(udp(b, 1, SRV, 4000, PEER, 5000));
        assert_from_to(b, SRV_MAPPED, 4000, PEER, 5000);
        assert_true(udp(b, 1, "10.1.1.6", 4000, PEER, 5000));
        assert_from_to(b, PAT, 4000, PEER, 5000);
        l = announced(b, "10.1.1.5", 4000, 30000);
        assert_int_equal(logged(b, "%ASA-6-305011: Built dynamic UDP translation from inside:10.1.1.5/4000 to "
                                   "outside:192.0.2.9/30000"),
                         1);
        hole_to(IN, "10.1.1.5", 4000);
        assert_true(udp(b, 0, PEER, 5000, PAT, 30000));
        assert_from_to(b, PEER, 5000, "10.1.1.5", 4000);
        assert_true(udp(b, 1, "10.1.1.5", 4000, PEER, 5000));
        assert_from_to(b, PAT, 30000, PEER, 5000);
        assert_int_equal(dynamic_count(b), 2);
        xlate_unkeep(b->f.w, &l);
        hole_dst.port = 0;
        wf_advance(&b->f, 185000);
        assert_int_equal(dynamic_count(b), 0);
}

/* A conn holds what was announced for it, however long it lives. */
static void test_pinhole_holds_its_translation(void **state)
{
        struct bench *b = *state;
        struct xlate_lease l;

        use_rules(b);
        l = announced(b, "10.1.1.5", 4000, 30000);
        hole_to(IN, "10.1.1.5", 4000);
        assert_true(udp(b, 0, PEER, 5000, PAT, 30000));
        xlate_unkeep(b->f.w, &l);
        for (unsigned i = 0; i < 10; i++) {
                wf_advance(&b->f, 60000);
                assert_true(udp(b, 0, PEER, 5000, PAT, 30000));
        }
        assert_int_equal(dynamic_count(b), 1);
        end_all_conns(b);
        wf_advance(&b->f, 31000);
        assert_int_equal(dynamic_count(b), 0);
}

/* One source port, two destinations: one translation. */
static void test_pat_same_source_same_port(void **state)
{
        struct bench *b = *state;

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER2, 4000));
        assert_from_to(b, PAT, 5060, PEER2, 4000);
        assert_int_equal(dynamic_count(b), 1);
        assert_int_equal(conn_count(b->f.w->conns), 2);
}

static void test_pat_port_groups(void **state)
{
        struct bench *b = *state;
        static const uint16_t port[] = { 500, 600, 2000 }, lo[] = { 1, 512, 1024 }, hi[] = { 511, 1023, 65535 };

        use_rules(b);
        for (unsigned i = 0; i < ARRAY_LEN(port); i++) {
                assert_true(udp(b, 1, "10.1.1.5", port[i], PEER, 4000));
                assert_int_equal(b->v.sport, port[i]);
                assert_true(udp(b, 1, "10.1.1.6", port[i], PEER, 4000));
                assert_true(b->v.sport != port[i] && b->v.sport >= lo[i] && b->v.sport <= hi[i]);
        }
}

static void test_pat_rests_then_goes(void **state)
{
        struct bench *b = *state;
        struct addr pat = pb_addr(PAT);

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER2, 4000));
        end_all_conns(b);
        wf_advance(&b->f, 29000);
        assert_int_equal(dynamic_count(b), 1);
        assert_int_equal(portpool_used(b->f.w, &pat, IPPROTO_UDP_), 1);
        assert_true(udp(b, 1, "10.1.1.6", 5060, PEER, 4000)); /* not its port yet */
        assert_int_not_equal(b->v.sport, 5060);
        wf_advance(&b->f, 1100);
        assert_int_equal(dynamic_count(b), 1);
        assert_int_equal(portpool_used(b->f.w, &pat, IPPROTO_UDP_), 1);
        assert_int_equal(logged(b, "%ASA-6-305012: Teardown dynamic UDP translation from inside:10.1.1.5/5060 to "
                                   "outside:192.0.2.9/5060 duration 0:00:30"),
                         1);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        assert_int_equal(b->v.sport, 5060);
}

static void test_pat_taken_up_again_while_resting(void **state)
{
        struct bench *b = *state;

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        end_all_conns(b);
        wf_advance(&b->f, 20000);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        wf_advance(&b->f, 20000);
        assert_int_equal(dynamic_count(b), 1);
        assert_int_equal(logged(b, "305012"), 0);
}

static void test_pat_to_interface_and_echo(void **state)
{
        struct bench *b = *state;

        nf_subnet(&b->n, "all", "10.1.1.0", 24);
        nf_dynamic(&b->n, "all", "inside", "outside", "interface");
        nf_commit(&b->n, &b->f);
        assert_true(echo(b, 1, "10.1.1.5", PEER, false, 77));
        assert_int_equal(b->v.icmp_rest >> 16, 77);
        assert_true(echo(b, 1, "10.1.1.6", PEER, false, 77));
        uint16_t id = (uint16_t)(b->v.icmp_rest >> 16);
        assert_int_not_equal(id, 77);
        assert_from_to(b, "192.0.2.1", 0, PEER, 0);
        assert_true(echo(b, 0, PEER, "192.0.2.1", true, id));
        assert_from_to(b, PEER, 0, "10.1.1.6", 0);
        assert_int_equal(b->v.icmp_rest >> 16, 77);
        assert_int_equal(logged(b, "Built dynamic ICMP translation from inside:10.1.1.5/77 to outside:192.0.2.1/77"),
                         1);
}

/* Scenario 2: everybody outside is seen inside as one address. */
static void test_outside_pat(void **state)
{
        struct bench *b = *state;

        nf_host(&b->n, "srv", SRV);
        nf_static(&b->n, "srv", "inside", "outside", SRV_MAPPED);
        nf_subnet(&b->n, "obj-0.0.0.0-01", "0.0.0.0", 0);
        nf_dynamic(&b->n, "obj-0.0.0.0-01", "outside", "inside", "10.1.1.183");
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 0, PEER, 49152, SRV_MAPPED, 5443));
        assert_from_to(b, "10.1.1.183", 49152, SRV, 5443);
        assert_true(udp(b, 1, SRV, 5443, "10.1.1.183", 49152));
        assert_from_to(b, SRV_MAPPED, 5443, PEER, 49152);
        assert_int_equal(logged(b, "from outside:203.0.113.7/49152 to inside:10.1.1.183/49152"), 1);
}

static void take_all_low(struct bench *b, const char *ip)
{
        struct addr a = pb_addr(ip);

        for (unsigned i = 1; i <= 511; i++)
                assert_int_not_equal(portpool_take(b->f.w, OUT, &a, IPPROTO_UDP_, 1), 0);
        assert_int_equal(portpool_take(b->f.w, OUT, &a, IPPROTO_UDP_, 1), 0);
}

static void test_pool_exhausted(void **state)
{
        struct table_use use[XLATE_USES];
        struct bench *b = *state;

        use_rules(b);
        take_all_low(b, PAT);
        assert_false(udp(b, 1, "10.1.1.5", 123, PEER, 123));
        assert_int_equal(wf_drops(&b->f, DROP_NAT_XLATE), 1);
        assert_int_equal(
                logged(b, "%ASA-3-305006: portmap translation creation failed for udp src inside:10.1.1.5/123 dst "
                          "outside:203.0.113.7/123"),
                1);
        assert_int_equal(logged(b, "%ASA-3-202010: PAT pool exhausted for " PAT ", port range [1-511]. Unable to "
                                   "create UDP connection from inside:10.1.1.5/123 to outside:203.0.113.7/123"),
                         1);
        xlate_use(b->f.w, use);
        assert_int_equal(use[1].denied, 1);
        assert_int_equal(use[1].current, 511);
        assert_int_equal(dynamic_count(b), 0);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 123)); /* the other groups are not touched */
}

static void test_fallback_to_interface(void **state)
{
        struct bench *b = *state;

        nf_subnet(&b->n, "all", "10.1.1.0", 24);
        nf_dynamic(&b->n, "all", "inside", "outside", PAT)->iface_fallback = true;
        nf_commit(&b->n, &b->f);
        take_all_low(b, PAT);
        assert_true(udp(b, 1, "10.1.1.5", 123, PEER, 123));
        assert_from_to(b, "192.0.2.1", 123, PEER, 123);
}

static void test_static_service_port_is_reserved(void **state)
{
        struct bench *b = *state;

        nf_host(&b->n, "srv", SRV);
        nf_service(&b->n, "srv", "inside", "outside", "interface", IPPROTO_UDP_, 69, 6969);
        nf_subnet(&b->n, "all", "10.1.1.0", 24);
        nf_dynamic(&b->n, "all", "inside", "outside", "interface");
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 1, "10.1.1.5", 6969, PEER, 4000));
        assert_int_not_equal(b->v.sport, 6969);
}

static void test_refused_flow_keeps_nothing(void **state)
{
        struct bench *b = *state;
        struct addr pat = pb_addr(PAT);

        use_rules(b);
        refuse_late = true;
        assert_false(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        assert_int_equal(wf_drops(&b->f, DROP_CONN_LIMIT), 1);
        assert_int_equal(dynamic_count(b), 0);
        assert_int_equal(portpool_used(b->f.w, &pat, IPPROTO_UDP_), 0);
        refuse_late = false;
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        refuse_late = true; /* a second flow of the same source must not take the first one's away */
        assert_false(udp(b, 1, "10.1.1.5", 5060, PEER2, 4000));
        assert_int_equal(dynamic_count(b), 1);
        assert_true(udp(b, 0, PEER, 4000, PAT, 5060));
}

/* ---- who is refused ---- */

static void test_real_address_is_refused(void **state)
{
        struct bench *b = *state;

        use_rules(b);
        assert_false(udp(b, 0, PEER, 4000, SRV, 5060));
        assert_int_equal(wf_drops(&b->f, DROP_NAT_RPF), 1);
        assert_int_equal(
                logged(b, "%ASA-5-305013: Asymmetric NAT rules matched for forward and reverse flows; Connection "
                          "udp src outside:203.0.113.7/4000 dst inside:10.1.1.2/5060 denied due to NAT "
                          "reverse path failure"),
                1);
}

static void test_pat_address_cannot_be_called(void **state)
{
        struct bench *b = *state;

        use_rules(b);
        assert_false(udp(b, 0, PEER, 4000, PAT, 5060));
        assert_int_equal(wf_drops(&b->f, DROP_NAT_POOL), 1);
}

/* ---- commits ---- */

static void test_removed_rule(void **state)
{
        struct bench *b = *state;

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        nf_del(&b->n, "all");
        nf_del(&b->n, "srv");
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000)); /* what lives, lives on */
        assert_from_to(b, PAT, 5060, PEER, 4000);
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        assert_from_to(b, PEER, 4000, SRV, 5060);
        assert_true(udp(b, 1, "10.1.1.5", 5061, PEER, 4000)); /* nothing new */
        assert_from_to(b, "10.1.1.5", 5061, PEER, 4000);
        assert_int_equal(dynamic_count(b), 1);
}

static void test_hits_survive_commits(void **state)
{
        struct bench *b = *state;
        uint64_t t, u;

        use_rules(b);
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        nf_host(&b->n, "another", "10.1.1.1");
        nf_static(&b->n, "another", "inside", "outside", "192.0.2.150");
        nf_commit(&b->n, &b->f);
        assert_true(udp(b, 0, PEER, 4001, SRV_MAPPED, 5060));
        for (unsigned i = 0; nat_rule_at(nat_rt(b->f.w->snap), i); i++) {
                const struct nat_rule_rt *r = nat_rule_at(nat_rt(b->f.w->snap), i);

                nat_hits(b->f.w, r->id, &t, &u);
                assert_int_equal(u, strcmp(r->object, "srv") == 0 ? 2 : 0);
        }
        assert_int_equal(logged(b, "305009"), 2);
        assert_int_equal(logged(b, "305010"), 0);
}

static void test_statics_come_and_go(void **state)
{
        struct bench *b = *state;

        use_rules(b);
        nf_host(&b->n, "another", "10.1.1.1");
        nf_static(&b->n, "another", "inside", "outside", "192.0.2.150");
        nf_commit(&b->n, &b->f);
        wf_advance(&b->f, 5000);
        nf_commit(&b->n, &b->f);
        assert_int_equal(logged(b, "305010"), 0);
        nf_del(&b->n, "srv");
        nf_commit(&b->n, &b->f);
        assert_int_equal(logged(b, "%ASA-6-305010: Teardown static translation from inside:10.1.1.2 to "
                                   "outside:192.0.2.140 duration 0:00:05"),
                         1);
        assert_int_equal(logged(b, "305010"), 1);
        nf_host(&b->n, "another", "10.1.1.9"); /* the same rule, another address: one ends and one begins */
        nf_commit(&b->n, &b->f);
        assert_int_equal(logged(b, "Teardown static translation from inside:10.1.1.1 to outside:192.0.2.150"), 1);
        assert_int_equal(logged(b, "Built static translation from inside:10.1.1.9 to outside:192.0.2.150"), 1);
        assert_int_equal(logged(b, "305009"), 3);
        assert_int_equal(logged(b, "305010"), 2);
}

/* ---- ICMP errors ---- */

static size_t error_about(struct bench *b, uint8_t *f, const char *from, const char *to)
{
        size_t n = (size_t)(b->v.ip - b->frame) + b->v.ip_len;

        return pb_icmp_error(f, FRAME_MAX, from, to, 3, 3, 0, b->v.ip, n - (size_t)(b->v.ip - b->frame));
}

static void test_error_from_the_far_end(void **state)
{
        struct bench *b = *state;
        uint8_t f[FRAME_MAX], sent[64];
        struct pb p = pb_of("10.1.1.6", 5060, PEER, 4000, IPPROTO_UDP_);
        size_t n, nsent;

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000)); /* so that the other one's port changes */
        assert_true(udp(b, 1, "10.1.1.6", 5060, PEER, 4000));
        n = error_about(b, f, PEER, PAT);
        assert_true(through(b, 0, f, n));
        assert_from_to(b, PEER, 0, "10.1.1.6", 0);
        p.l3 = true;
        p.ttl = 63; /* as it left */
        p.pay = "voice";
        p.npay = 5;
        nsent = pb_build(sent, sizeof sent, &p);
        assert_int_equal(b->v.npay, nsent);
        assert_memory_equal(b->v.pay, sent, nsent);
}

static void test_error_from_a_router(void **state)
{
        struct bench *b = *state;
        uint8_t f[FRAME_MAX];
        size_t n;

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        n = error_about(b, f, "198.51.100.1", PAT);
        assert_true(through(b, 0, f, n));
        assert_from_to(b, "198.51.100.1", 0, "10.1.1.5", 0);
}

static void test_error_from_the_server(void **state)
{
        struct bench *b = *state;
        uint8_t f[FRAME_MAX];
        size_t n;

        use_rules(b);
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        n = error_about(b, f, SRV, PEER);
        f[5] = 3;
        assert_true(through(b, 1, f, n));
        assert_from_to(b, SRV_MAPPED, 0, PEER, 0);
}

/* ---- partial checksums ---- */

static void test_partial_stays_partial(void **state)
{
        struct bench *b = *state;
        struct pb p = pb_of("10.1.1.5", 5060, PEER, 4000, IPPROTO_UDP_);
        struct pkt_csum c = { .partial = true, .csum_start = 14 + 20, .csum_offset = 6 };
        uint8_t f[FRAME_MAX];
        size_t n;

        use_rules(b);
        p.dmac = pb_mac(3);
        p.partial = true;
        p.pay = "voice";
        p.npay = 5;
        n = pb_build(f, sizeof f, &p);
        wf_send_csum(&b->f, 1, f, n, &c);
        n = wf_take(&b->f, 0, f, sizeof f);
        assert_true(n > 0 && pb_parse(f, n, false, &b->v));
        assert_true(b->v.l4_partial && b->v.ip_ok);
        assert_from_to(b, PAT, 5060, PEER, 4000);
}

/* ---- packet-tracer ---- */

static void trace(struct bench *b, struct trace *t, uint16_t iface, const char *src, const char *dst)
{
        struct pkt *pk = pkt_get(b->f.w->pkts, 100);
        struct pb p = pb_of(src, 49152, dst, 5443, IPPROTO_UDP_);
        struct burst burst = { .n = 1, .pk = { pk } };

        memset(t, 0, sizeof *t);
        p.dmac = pb_mac((uint8_t)(1 + iface));
        pk->len = (uint32_t)pb_build(pkt_frame(pk), 100, &p);
        pk->iface = iface;
        pk->has_l2 = pk->dry = true;
        pk->trace = t;
        dp_run(b->f.w, wire, &burst);
}

static const struct trace_phase *phase(const struct trace *t, const char *type, const char *subtype)
{
        for (unsigned i = 0; i < t->n; i++) {
                if (strcmp(t->phase[i].type, type) == 0 && strcmp(t->phase[i].subtype, subtype) == 0)
                        return &t->phase[i];
        }
        return NULL;
}

static void test_trace(void **state)
{
        struct bench *b = *state;
        static struct trace t;
        const struct trace_phase *ph;
        uint64_t tr, un;

        use_rules(b);
        trace(b, &t, OUT, PEER, SRV_MAPPED);
        assert_true(t.allow);
        ph = phase(&t, "UN-NAT", "static");
        assert_non_null(ph);
        assert_string_equal(ph->info, "NAT divert to egress interface inside\n"
                                      "Untranslate 192.0.2.140/5443 to 10.1.1.2/5443");
        assert_int_equal(ph->ref, TRACE_REF_NAT);
        assert_int_equal(ph->ref_id, nat_rule_at(nat_rt(b->f.w->snap), 0)->id);
        trace(b, &t, IN, "10.1.1.5", PEER);
        assert_true(t.allow);
        ph = phase(&t, "NAT", "");
        assert_non_null(ph);
        assert_string_equal(ph->info, "Dynamic translate 10.1.1.5/49152 to 192.0.2.9/49152");
        trace(b, &t, IN, SRV, PEER);
        assert_string_equal(phase(&t, "NAT", "")->info, "Static translate 10.1.1.2/49152 to 192.0.2.140/49152");
        trace(b, &t, OUT, PEER, SRV);
        assert_false(t.allow);
        assert_int_equal(t.drop, DROP_NAT_RPF);
        ph = phase(&t, "NAT", "rpf-check");
        assert_true(ph && !ph->allow);
        trace(b, &t, OUT, PEER, PAT);
        assert_int_equal(t.drop, DROP_NAT_POOL);
        assert_int_equal(dynamic_count(b), 0);
        assert_int_equal(conn_count(b->f.w->conns), 0);
        nat_hits(b->f.w, nat_rule_at(nat_rt(b->f.w->snap), 0)->id, &tr, &un);
        assert_int_equal(tr + un, 0);
        assert_int_equal(logged(b, "305013") + logged(b, "305006") + logged(b, "305011"), 0);
}

/* packet-tracer tells the port a real packet would get. */
static void test_trace_foresees(void **state)
{
        struct bench *b = *state;
        static struct trace t;

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.6", 49152, PEER2, 1));
        trace(b, &t, IN, "10.1.1.6", PEER); /* shares the live one */
        assert_string_equal(phase(&t, "NAT", "")->info, "Dynamic translate 10.1.1.6/49152 to 192.0.2.9/49152");
        trace(b, &t, IN, "10.1.1.5", PEER); /* another port */
        assert_null(strstr(phase(&t, "NAT", "")->info, "192.0.2.9/49152"));
}

/* ---- show and clear ---- */

static unsigned walk(struct bench *b, struct xlate_row *rows, unsigned max)
{
        uint32_t cursor = 0;
        unsigned n = 0;
        bool end = false;

        while (!end)
                n += xlate_walk(b->f.w, &cursor, rows + n, MIN_OF(2u, max - n), &end);
        return n;
}

static void test_walk(void **state)
{
        struct bench *b = *state;
        struct xlate_row rows[16];
        struct addr srv = pb_addr(SRV), mapped = pb_addr(SRV_MAPPED), pat = pb_addr(PAT);

        use_rules(b);
        assert_true(udp(b, 1, "10.1.1.5", 5060, PEER, 4000));
        assert_true(udp(b, 1, "10.1.1.6", 7000, PEER, 4000));
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        wf_advance(&b->f, 5000);
        assert_int_equal(walk(b, rows, 16), 3);
        assert_false(rows[0].dynamic);
        assert_true(addr_eq(&rows[0].real, &srv) && addr_eq(&rows[0].mapped, &mapped));
        assert_int_equal(rows[0].len, 32);
        assert_int_equal(rows[0].idle_ms, 5000);
        assert_int_equal(rows[0].timeout_ms, 0);
        assert_true(rows[1].dynamic && rows[1].portmap && rows[1].rport == 5060 && rows[1].mport == 5060);
        assert_true(rows[1].real_if == IN && rows[1].mapped_if == OUT && addr_eq(&rows[1].mapped, &pat));
        assert_int_equal(rows[1].timeout_ms, 30000);
        assert_true(rows[2].dynamic && rows[2].rport == 7000);
        assert_int_equal(xlate_count(b->f.w), 3);
        assert_int_equal(xlate_most(b->f.w), 3);
}

static void test_clear(void **state)
{
        struct bench *b = *state;
        uint32_t cursor = 0;
        bool end = false;
        unsigned n = 0;

        use_rules(b);
        for (uint16_t i = 0; i < 200; i++)
                assert_true(udp(b, 1, "10.1.1.5", (uint16_t)(5000 + i), PEER, 4000));
        assert_true(udp(b, 0, PEER, 4000, SRV_MAPPED, 5060));
        while (!end)
                n += xlate_clear(b->f.w, &cursor, &end);
        assert_int_equal(n, 200);
        assert_int_equal(dynamic_count(b), 0);
        assert_int_equal(conn_count(b->f.w->conns), 0); /* that of the static translation as well */
        assert_int_equal(logged(b, "305012"), 200);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(test_static_inbound),
                T(test_static_outbound),
                T(test_static_service_of_interface),
                T(test_rule_decides_egress),
                T(test_pat_shares_an_address),
                T(test_pinholes_are_translated),
                T(test_pinhole_holds_its_translation),
                T(test_pat_same_source_same_port),
                T(test_pat_port_groups),
                T(test_pat_rests_then_goes),
                T(test_pat_taken_up_again_while_resting),
                T(test_pat_to_interface_and_echo),
                T(test_outside_pat),
                T(test_pool_exhausted),
                T(test_fallback_to_interface),
                T(test_static_service_port_is_reserved),
                T(test_refused_flow_keeps_nothing),
                T(test_real_address_is_refused),
                T(test_pat_address_cannot_be_called),
                T(test_removed_rule),
                T(test_hits_survive_commits),
                T(test_statics_come_and_go),
                T(test_error_from_the_far_end),
                T(test_error_from_a_router),
                T(test_error_from_the_server),
                T(test_partial_stays_partial),
                T(test_trace),
                T(test_trace_foresees),
                T(test_walk),
                T(test_clear),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
