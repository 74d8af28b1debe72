/* SNMP: interfaces and their addresses, as in show interface and show ip. Counters are those since the start. */
#include "cli/snmp/mib.h"

#include <stdio.h>
#include <string.h>

#include "platform/base/mem.h"
#include "platform/net/snapshot.h"

#define TEXT_MAX (NAMEIF_MAX + HWNAME_MAX + 64)

enum mib_status mib_admin(const struct iface_view *v)
{
        return v->conf.shutdown ? MIB_DOWN : MIB_UP;
}

enum mib_status mib_oper(const struct iface_view *v)
{
        return !v->conf.shutdown && v->has_port && v->link ? MIB_UP : MIB_DOWN;
}

static bool is_physical(const struct iface_view *v)
{
        return !v->conf.vlan;
}

static const char *name_of(const struct iface_view *v)
{
        return *v->conf.nameif ? v->conf.nameif : v->hwname;
}

/* ---- IF-MIB ifTable ---- */

enum { TYPE_ETHERNET = 6, TYPE_VLAN = 135 };
enum {
        IF_INDEX = 1,
        IF_DESCR,
        IF_TYPE,
        IF_MTU,
        IF_SPEED,
        IF_ADDRESS,
        IF_ADMIN,
        IF_OPER,
        IF_IN_OCTETS = 10,
        IF_IN_UCAST,
        IF_IN_DISCARDS = 13,
        IF_IN_ERRORS,
        IF_OUT_OCTETS = 16,
        IF_OUT_UCAST,
        IF_OUT_ERRORS = 20
};

static void describe(struct mib_table *t, const struct iface_view *v)
{
        char text[TEXT_MAX];

        snprintf(text, sizeof text, "Adaptive Security Appliance '%s' interface", name_of(v));
        MIB_PUT(t, MIB_INTEGER, v->idx, IF_INDEX, v->idx);
        MIB_TEXT(t, text, IF_DESCR, v->idx);
        MIB_PUT(t, MIB_INTEGER, is_physical(v) ? TYPE_ETHERNET : TYPE_VLAN, IF_TYPE, v->idx);
        MIB_PUT(t, MIB_INTEGER, v->rt->mtu, IF_MTU, v->idx);
        if (v->medium.mbps)
                MIB_PUT(t, MIB_GAUGE32, v->medium.mbps * UINT64_C(1000000), IF_SPEED, v->idx);
        mib_put_octets(t, v->mac.b, sizeof v->mac.b, MIB_REST_(IF_ADDRESS, v->idx));
        MIB_PUT(t, MIB_INTEGER, mib_admin(v), IF_ADMIN, v->idx);
        MIB_PUT(t, MIB_INTEGER, mib_oper(v), IF_OPER, v->idx);
}

/* What a port counts belongs to its physical interface. */
static uint64_t in_errors(const struct iface_view *v)
{
        return v->in_errors + (is_physical(v) ? v->medium.in_errors : 0);
}

static uint64_t in_discards(const struct iface_view *v)
{
        return v->drops + (is_physical(v) ? v->port.rx_nobuf + v->port.rx_ring_drop : 0);
}

static uint64_t out_errors(const struct iface_view *v)
{
        return is_physical(v) ? v->port.tx_drop + v->medium.out_errors : 0;
}

/* Packets out are not told apart. */
static void count(struct mib_table *t, const struct iface_view *v)
{
        MIB_PUT(t, MIB_COUNTER32, v->in_bytes, IF_IN_OCTETS, v->idx);
        MIB_PUT(t, MIB_COUNTER32, v->in_pkts - v->in_bcast, IF_IN_UCAST, v->idx);
        MIB_PUT(t, MIB_COUNTER32, in_discards(v), IF_IN_DISCARDS, v->idx);
        MIB_PUT(t, MIB_COUNTER32, in_errors(v), IF_IN_ERRORS, v->idx);
        MIB_PUT(t, MIB_COUNTER32, v->out_bytes, IF_OUT_OCTETS, v->idx);
        MIB_PUT(t, MIB_COUNTER32, v->out_pkts, IF_OUT_UCAST, v->idx);
        if (is_physical(v))
                MIB_PUT(t, MIB_COUNTER32, out_errors(v), IF_OUT_ERRORS, v->idx);
}

/* ---- ifXTable ---- */

enum {
        IFX_NAME = 1,
        IFX_IN_BCAST = 3,
        IFX_HC_IN_OCTETS = 6,
        IFX_HC_IN_UCAST,
        IFX_HC_IN_BCAST = 9,
        IFX_HC_OUT_OCTETS,
        IFX_HC_OUT_UCAST,
        IFX_HIGH_SPEED = 15,
        IFX_CONNECTOR = 17,
        IFX_ALIAS
};

static void extend(struct mib_table *t, const struct iface_view *v)
{
        MIB_TEXT(t, name_of(v), IFX_NAME, v->idx);
        MIB_PUT(t, MIB_COUNTER32, v->in_bcast, IFX_IN_BCAST, v->idx);
        MIB_PUT(t, MIB_COUNTER64, v->in_bytes, IFX_HC_IN_OCTETS, v->idx);
        MIB_PUT(t, MIB_COUNTER64, v->in_pkts - v->in_bcast, IFX_HC_IN_UCAST, v->idx);
        MIB_PUT(t, MIB_COUNTER64, v->in_bcast, IFX_HC_IN_BCAST, v->idx);
        MIB_PUT(t, MIB_COUNTER64, v->out_bytes, IFX_HC_OUT_OCTETS, v->idx);
        MIB_PUT(t, MIB_COUNTER64, v->out_pkts, IFX_HC_OUT_UCAST, v->idx);
        if (v->medium.mbps)
                MIB_PUT(t, MIB_GAUGE32, v->medium.mbps, IFX_HIGH_SPEED, v->idx);
        MIB_PUT(t, MIB_INTEGER, is_physical(v) ? 1 : 2, IFX_CONNECTOR, v->idx);
        MIB_TEXT(t, v->conf.description, IFX_ALIAS, v->idx);
}

/* ---- IP-MIB ipAddrTable ---- */

enum { IP_ADDRESS = 1, IP_IFINDEX, IP_MASK };

static void address(struct mib_table *t, const struct iface_view *v)
{
        const struct addr mask = addr_v4(len_to_mask(v->conf.mask_len));
        uint32_t ip;

        if (v->conf.ip.fam != ADDR_V4 || !*v->conf.nameif)
                return;
        ip = v->conf.ip.v4;
        mib_put(t, MIB_ADDRESS, ip, MIB_REST_(IP_ADDRESS, ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255));
        mib_put(t, MIB_INTEGER, v->idx, MIB_REST_(IP_IFINDEX, ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255));
        mib_put(t, MIB_ADDRESS, mask.v4, MIB_REST_(IP_MASK, ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255));
}

/* ---- all ---- */

static void each(struct mib_table *t, const struct iface_view *v, unsigned n, const char *base,
                 void (*fn)(struct mib_table *t, const struct iface_view *v))
{
        mib_base(t, base);
        for (unsigned i = 0; i < n; i++)
                if (v[i].rt)
                        fn(t, &v[i]);
}

void mib_interfaces(struct box *b, struct mib_table *t)
{
        const struct snapshot *snap = snapshot_get(b->hub);
        struct iface_view *v;
        unsigned n = iface_views(b, snap, &v), known = 0;

        t->bad |= !v;
        for (unsigned i = 0; i < n; i++)
                known += v[i].rt != NULL;
        mib_base(t, "1.3.6.1.2.1.2");
        MIB_PUT(t, MIB_INTEGER, known, 1, 0); /* ifNumber */
        each(t, v, n, "1.3.6.1.2.1.2.2.1", describe);
        each(t, v, n, "1.3.6.1.2.1.2.2.1", count);
        each(t, v, n, "1.3.6.1.2.1.31.1.1.1", extend);
        each(t, v, n, "1.3.6.1.2.1.4.20.1", address);
        mem_free(v);
        if (snap)
                snapshot_put(b->hub, snap);
}
