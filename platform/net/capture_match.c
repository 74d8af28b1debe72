#include "platform/base/cur.h"
#include "platform/net/capture_int.h"

enum { TYPE_IP4 = 0x0800, TYPE_IP6 = 0x86dd, TYPE_VLAN = 0x8100 };

static void ports_of(struct cur *c, struct capture_tuple *t)
{
        uint16_t s, d;

        if (t->proto != IPPROTO_TCP_ && t->proto != IPPROTO_UDP_)
                return;
        s = cur_be16(c);
        d = cur_be16(c);
        if (c->bad)
                return;
        t->sport = s;
        t->dport = d;
        t->ports = true;
}

static void ip4_of(struct cur c, struct capture_tuple *t)
{
        uint8_t first = cur_u8(&c);
        uint16_t frag;
        uint32_t src, dst;

        cur_take(&c, 5);
        frag = cur_be16(&c);
        cur_take(&c, 1);
        t->proto = cur_u8(&c);
        cur_take(&c, 2);
        src = cur_be32(&c);
        dst = cur_be32(&c);
        if (c.bad)
                return;
        t->src = addr_v4(src);
        t->dst = addr_v4(dst);
        cur_take(&c, (first & 15u) > 5 ? ((first & 15u) - 5) * 4 : 0);
        if (!(frag & 0x1FFF)) /* a later fragment has no ports */
                ports_of(&c, t);
}

static void ip6_of(struct cur c, struct capture_tuple *t)
{
        const uint8_t *a;

        cur_take(&c, 6);
        t->proto = cur_u8(&c);
        cur_take(&c, 1);
        a = cur_take(&c, 32);
        if (!a)
                return;
        t->src.fam = t->dst.fam = ADDR_V6;
        memcpy(t->src.v6, a, 16);
        memcpy(t->dst.v6, a + 16, 16);
        ports_of(&c, t);
}

void capture_tuple_of(const uint8_t *frame, size_t n, bool l3, struct capture_tuple *t)
{
        struct cur c = cur_of(frame, n);
        uint16_t type = 0;

        memset(t, 0, sizeof *t);
        if (!l3) {
                cur_take(&c, 12);
                type = cur_be16(&c);
                if (type == TYPE_VLAN) {
                        cur_take(&c, 2);
                        type = cur_be16(&c);
                }
        }
        if (c.bad || !c.left)
                return;
        if (type == TYPE_IP4 || (l3 && c.p[0] >> 4 == 4))
                ip4_of(c, t);
        else if (type == TYPE_IP6 || (l3 && c.p[0] >> 4 == 6))
                ip6_of(c, t);
}

static bool addr_fits(const struct prefix *p, const struct addr *a)
{
        return p->a.fam == ADDR_NONE || prefix_has(p, a);
}

static bool port_fits(const struct port_range *r, const struct capture_tuple *t, uint16_t port)
{
        bool any = (r->lo == 0 && r->hi == 0) || (r->lo == 0 && r->hi == 65535);

        return any || (t->ports && port >= r->lo && port <= r->hi);
}

static bool one_way(const struct capture_match *m, const struct capture_tuple *t)
{
        return addr_fits(&m->a, &t->src) && addr_fits(&m->b, &t->dst) && port_fits(&m->ap, t, t->sport) &&
               port_fits(&m->bp, t, t->dport);
}

static bool other_way(const struct capture_match *m, const struct capture_tuple *t)
{
        return addr_fits(&m->a, &t->dst) && addr_fits(&m->b, &t->src) && port_fits(&m->ap, t, t->dport) &&
               port_fits(&m->bp, t, t->sport);
}

/* Without a clause everything matches; with one, only IP can. */
bool capture_matches(const struct capture_def *d, const struct capture_tuple *t)
{
        if (!d->nmatch)
                return true;
        if (t->src.fam == ADDR_NONE)
                return false;
        for (unsigned i = 0; i < d->nmatch; i++) {
                const struct capture_match *m = &d->match[i];

                if (m->proto >= 0 && m->proto != t->proto)
                        continue;
                if (one_way(m, t) || other_way(m, t))
                        return true;
        }
        return false;
}
