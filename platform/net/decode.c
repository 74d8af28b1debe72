#include "platform/net/decode.h"

#include "platform/base/cur.h"
#include "platform/net/csum.h"

enum {
        ETHERTYPE_IP = 0x0800,
        ETHERTYPE_ARP = 0x0806,
        ETHERTYPE_VLAN = 0x8100,
        ETHERTYPE_QINQ = 0x88A8,
        ETHERTYPE_IP6 = 0x86DD
};
#define VLAN_PRESENT 0x1000u

/* A tag comes in the frame, or taken out of it by the port. Two tags are one too many. */
static enum drop_reason decode_tag(struct pkt *pk, struct cur *c)
{
        uint16_t tci;

        if (pk->ethertype == ETHERTYPE_QINQ)
                return DROP_BAD_VLAN;
        if (pk->ethertype != ETHERTYPE_VLAN)
                return DROP_NONE;
        if (pk->vlan_tci)
                return DROP_BAD_VLAN;
        tci = cur_be16(c);
        pk->ethertype = cur_be16(c);
        if (c->bad)
                return DROP_L2_SHORT;
        pk->vlan_tci = (uint16_t)(tci | VLAN_PRESENT);
        return pk->ethertype == ETHERTYPE_VLAN || pk->ethertype == ETHERTYPE_QINQ ? DROP_BAD_VLAN : DROP_NONE;
}

static enum drop_reason decode_l2(struct pkt *pk)
{
        struct cur c = cur_of(pkt_frame(pk), pk->len);
        const uint8_t *dst = cur_take(&c, 6);
        enum drop_reason why;

        cur_take(&c, 6);
        pk->ethertype = cur_be16(&c);
        if (c.bad)
                return DROP_L2_SHORT;
        pk->has_l2 = true;
        pk->l2_bcast = dst[0] & 1;
        why = decode_tag(pk, &c);
        pk->l3 = (uint32_t)(c.p - pk->buf);
        return why;
}

/* What no source on a wire can truly be, and no destination we forward to. */
static enum drop_reason check_addresses(const struct pkt *pk)
{
        struct addr src = flow_src(&pk->key), dst = flow_dst(&pk->key);

        if (addr_is_martian_source(&src))
                return DROP_BAD_IP_ADDR;
        if (addr_eq(&src, &dst))
                return DROP_LAND;
        if (addr_is_martian_source(&dst))
                return DROP_BAD_IP_ADDR;
        /* RFC 1812, 5.3.4: a datagram for one host that came as a link broadcast goes no further. */
        return pk->l2_bcast ? DROP_L2_DST : DROP_NONE;
}

static enum drop_reason decode_net(struct pkt *pk)
{
        enum drop_reason why;

        if (pk->ethertype == ETHERTYPE_ARP)
                return DROP_NONE;
        if (pk->ethertype == ETHERTYPE_IP6)
                return DROP_NO_IPV6;
        if (pk->ethertype != ETHERTYPE_IP)
                return DROP_UNKNOWN_ETHERTYPE;
        why = decode_l3(pk);
        return why ? why : check_addresses(pk);
}

enum drop_reason decode_frame(struct pkt *pk)
{
        enum drop_reason why = decode_l2(pk);

        return why ? why : decode_net(pk);
}

/* A probe of packet-tracer came from no wire. */
static void count_in(struct worker *w, const struct pkt *pk)
{
        struct iface_stat *st = &w->env.ifstat[pk->iface];

        if (pk->dry)
                return;
        stat_add(&st->in_pkts, 1);
        stat_add(&st->in_bytes, pk->len);
        if (pk->l2_bcast)
                stat_add(&st->in_bcast, 1);
}

/* The logical interface of a frame: by its tag, where VLAN 0 is a priority mark on an untagged frame. */
static enum drop_reason assign_iface(struct worker *w, const struct net_rt *n, struct pkt *pk,
                                     const struct iface_rt **ifp)
{
        const struct iface_rt *phys = iface_by_idx(n, pk->iface), *ifc;

        if (!phys)
                return DROP_IFACE_UNCONFIGURED;
        ifc = iface_by_vlan(n, phys->port, pk->vlan_tci & 0x0FFF);
        if (!ifc)
                return DROP_BAD_VLAN;
        pk->iface = ifc->idx;
        count_in(w, pk);
        if (!ifc->nameif[0] || !ifc->ip.fam)
                return DROP_IFACE_UNCONFIGURED;
        if (!ifc->up)
                return DROP_IFACE_DOWN;
        *ifp = ifc;
        return pk->l2_bcast || !memcmp(pkt_frame(pk), ifc->mac.b, 6) ? DROP_NONE : DROP_L2_DST;
}

/* What only the snapshot can tell: our own addresses, subnet broadcasts. */
static enum drop_reason check_own(struct worker *w, const struct net_rt *n, const struct iface_rt *ifc,
                                  const struct pkt *pk)
{
        struct addr src = flow_src(&pk->key), dst = flow_dst(&pk->key);

        if (iface_by_addr(n, &src)) {
                if (!pk->dry)
                        log_msg(w->log, LOG_106016, LA(&src), LA(&dst), LS(ifc->nameif));
                return DROP_SPOOF;
        }
        if (iface_is_broadcast(ifc, &src) || iface_is_broadcast(ifc, &dst))
                return DROP_BAD_IP_ADDR;
        /* Whoever gets a forwarded packet verifies it; what ends here is for us to verify. */
        if (!pk->is_frag && iface_by_addr(n, &dst) && !csum_l4_ok(pk))
                return DROP_BAD_L4_CSUM;
        return pk->is_frag && !w->frags ? DROP_FRAGMENT : DROP_NONE;
}

static bool is_malformed(enum drop_reason why)
{
        switch (why) {
        case DROP_L2_SHORT:
        case DROP_BAD_IP_VERSION:
        case DROP_BAD_IP_HEADER:
        case DROP_BAD_IP_LENGTH:
        case DROP_BAD_IP_CSUM:
        case DROP_BAD_TCP_HEADER:
        case DROP_BAD_UDP_LENGTH:
        case DROP_BAD_ICMP:
        case DROP_BAD_L4_CSUM:
                return true;
        default:
                return false;
        }
}

static enum drop_reason decode_one(struct worker *w, const struct net_rt *n, struct pkt *pk)
{
        const struct iface_rt *ifc = NULL;
        enum drop_reason why = decode_l2(pk);

        if (!why)
                why = assign_iface(w, n, pk, &ifc);
        if (!why)
                why = decode_net(pk);
        if (!why && pk->ethertype == ETHERTYPE_IP)
                why = check_own(w, n, ifc, pk);
        return why;
}

static void count_error(struct worker *w, const struct pkt *pk, enum drop_reason why)
{
        if (is_malformed(why) && pk->iface < IFACES_MAX && !pk->dry)
                stat_add(&w->env.ifstat[pk->iface].in_errors, 1);
}

enum drop_reason decode_whole(struct worker *w, struct pkt *pk)
{
        enum drop_reason why = decode_l3(pk);
        struct addr dst = flow_dst(&pk->key);

        if (!why && !pk->from_box && iface_by_addr(net_rt(w->snap), &dst) && !csum_l4_ok(pk))
                why = DROP_BAD_L4_CSUM;
        count_error(w, pk, why);
        return why;
}

static void log_land(struct worker *w, const struct pkt *pk)
{
        struct addr src = flow_src(&pk->key), dst = flow_dst(&pk->key);

        log_msg(w->log, LOG_106017, LA(&src), LA(&dst));
}

void decode_stage(struct worker *w, struct burst *b)
{
        const struct net_rt *n = net_rt(w->snap);

        for (unsigned i = 0; i < b->n; i++) {
                struct pkt *pk = b->pk[i];
                enum drop_reason why = decode_one(w, n, pk);

                if (!why)
                        continue;
                if (why == DROP_LAND && !pk->dry)
                        log_land(w, pk);
                count_error(w, pk, why);
                dp_drop(pk, why);
        }
}

void decode_l3_stage(struct worker *w, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++) {
                struct pkt *pk = b->pk[i];
                enum drop_reason why;

                pk->has_l2 = false;
                pk->ethertype = ETHERTYPE_IP;
                why = decode_l3(pk);
                if (!why && pk->is_frag && !w->frags)
                        why = DROP_FRAGMENT;
                if (why)
                        dp_drop(pk, why);
        }
}
