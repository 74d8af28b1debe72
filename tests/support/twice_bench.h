/* Rules of twice NAT compiled, and what a flow between two ends gets of them. */
#ifndef VOXGATE_TWICE_BENCH_H
#define VOXGATE_TWICE_BENCH_H

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

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
{
        struct bench *b = *state;

        snap_part_put(b->nat);
        snap_part_put(b->net);
        nf_fini(&b->n);
        wf_stop(&b->f);
        free(b);
        return 0;
}

static inline const struct nat_rt *compile(struct bench *b)
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

static inline const char *name_of(const struct nat_rule_rt *r, const char *text)
{
        static char out[200];

        if (!r)
                return "-";
        snprintf(out, sizeof out, "%u/%u %s", r->section, r->line, text);
        return out;
}

/* "SECTION/LINE mapped:port" of a flow's source, "-" when it is not translated; a shared address without a port. */
static inline const char *source(const struct bench *b, uint16_t from, uint16_t to, const char *real, uint16_t port,
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
static inline const char *dest(const struct bench *b, uint16_t in, const char *mapped, uint16_t mport,
                               const char *peer, uint16_t pport)
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

static inline bool answers(const struct bench *b, uint16_t iface, const char *ip)
{
        struct addr a = pb_addr(ip);

        return nat_proxy_arp(&b->snap, iface, &a);
}

static inline struct twice_nat_conf *dynamic(struct twice_nat_conf *c)
{
        c->dynamic = true;
        return c;
}

static inline void service(struct twice_nat_conf *c, const char *first, const char *second)
{
        snprintf(c->svc_first, sizeof c->svc_first, "%s", first);
        snprintf(c->svc_second, sizeof c->svc_second, "%s", second);
}

static inline void pat_for_all(struct bench *b)
{
        nf_subnet(&b->n, "all", "0.0.0.0", 0);
        nf_dynamic(&b->n, "all", "inside", "outside", "interface");
}

#endif
