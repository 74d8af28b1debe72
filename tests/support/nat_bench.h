/* A worker with NAT, policy and lists, a server with a static address, and everybody else behind PAT. */
#ifndef VOXGATE_NAT_BENCH_H
#define VOXGATE_NAT_BENCH_H

#include "tests/support/test.h"

#include <stdlib.h>

#include "nat/nat_int.h"
#include "nat/nat_rt.h"
#include "nat/portpool.h"
#include "platform/net/arp.h"
#include "platform/net/decode.h"
#include "platform/net/egress.h"
#include "policy/policy_rt.h"
#include "tests/support/nat_fixture.h"
#include "tests/support/pktbuild.h"
#include "tests/support/policy_fixture.h"

#define OUT WF_OUTSIDE
#define IN WF_INSIDE
#define FRAME_MAX 1600
#define PEER "203.0.113.7"
#define PEER2 "203.0.113.8"
#define SRV "10.1.1.2"
#define SRV_MAPPED "192.0.2.140"
#define PAT "192.0.2.9"

static bool refuse_late; /* the last stage before the conn refuses everything */

static inline enum pkt_verdict refuse_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        (void)w, (void)plan;
        return refuse_late ? dp_drop(pk, DROP_CONN_LIMIT) : PKT_NEXT;
}

/* A pinhole as signalling opens it: it knows where its packets go. */
static struct endpoint hole_dst;
static uint16_t hole_out;

static inline enum pkt_verdict hole_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
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

static inline void compile_policy(struct bench *b)
{
        struct snap_part *net = snap_part_new();
        struct err e;

        b->f.part[SNAP_POLICY] = snap_part_new();
        assert_int_equal(net_compile(net, &b->f.conf, &b->f.bind, &e), 0);
        assert_int_equal(policy_compile(b->f.part[SNAP_POLICY], &b->n.objs, net->root, NULL, NULL, &e), 0);
        snap_part_put(net);
}

/* Answers to echoes are asked of the lists: here they all may pass. */
static inline void compile_lists(struct bench *b)
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

static inline void log_everything(struct bench *b)
{
        static struct log_conf c;

        log_conf_init(&c);
        c.enable = true;
        c.buffer_size = 65536;
        c.dest[LOG_TO_BUFFER].level = LOG_L_DEBUG;
        assert_int_equal(log_configure(b->f.log, &c, NULL), 0);
}

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
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

static inline void use_rules(struct bench *b)
{
        nf_host(&b->n, "srv", SRV);
        nf_static(&b->n, "srv", "inside", "outside", SRV_MAPPED);
        nf_subnet(&b->n, "all", "10.1.1.0", 24);
        nf_dynamic(&b->n, "all", "inside", "outside", PAT);
        nf_commit(&b->n, &b->f);
}

/* The box is done with a frame for `port`; what came out on the other port is in b->v. */
static inline bool through(struct bench *b, unsigned port, const void *frame, size_t n)
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

static inline bool udp(struct bench *b, unsigned port, const char *src, uint16_t sport, const char *dst,
                       uint16_t dport)
{
        uint8_t f[FRAME_MAX];
        struct pb p = pb_of(src, sport, dst, dport, IPPROTO_UDP_);

        p.dmac = pb_mac((uint8_t)(2 + port));
        p.pay = "voice";
        p.npay = 5;
        return through(b, port, f, pb_build(f, sizeof f, &p));
}

static inline void assert_from_to(const struct bench *b, const char *src, uint16_t sport, const char *dst,
                                  uint16_t dport)
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

static inline void look(void *ctx, const char *line)
{
        struct needle *want = ctx;

        want->n += strstr(line, want->text) != NULL;
}

static inline unsigned logged(struct bench *b, const char *text)
{
        struct needle want = { .text = text };

        while (log_step(b->f.log))
                ;
        assert_int_equal(log_buffer_walk(b->f.log, look, &want), 0);
        return want.n;
}

static inline uint32_t dynamic_count(struct bench *b)
{
        return xlate_count(b->f.w) - nat_rt(b->f.w->snap)->nstatic;
}

#endif
