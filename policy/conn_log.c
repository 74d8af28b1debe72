/* 302013-302021: the lower security level is named first, as the ASA does. */
#include "policy/conn_int.h"

/* One side as messages print it. */
struct end {
        const char *ifc;
        struct addr real, mapped;
        uint16_t rport, mport;
};

static struct end end_of(const struct conn *c, unsigned side)
{
        const struct flow_key *own = &c->side[side].key, *other = &c->side[!side].key;
        const struct snapshot *s = c->w->snap;

        return (struct end){ .ifc = s ? iface_name(net_rt(s), own->iface) : "",
                             .real = flow_src(own),
                             .rport = own->sport,
                             .mapped = flow_dst(other),
                             .mport = other->dport };
}

static const char *direction(const struct conn *c)
{
        return c->inbound ? "inbound" : "outbound";
}

static void built_ports(const struct conn *c, enum log_msg id)
{
        struct end f = end_of(c, !c->inbound), l = end_of(c, c->inbound);

        log_msg(c->w->log, id, LS(direction(c)), LU(c->id), LS(f.ifc), LA(&f.real), LU(f.rport), LA(&f.mapped),
                LU(f.mport), LS(l.ifc), LA(&l.real), LU(l.rport), LA(&l.mapped), LU(l.mport));
}

static void built_icmp(const struct conn *c)
{
        struct end f = end_of(c, !c->inbound), l = end_of(c, c->inbound);

        log_msg(c->w->log, LOG_302020, LS(direction(c)), LA(&f.real), LU(f.rport), LA(&l.mapped), LU(l.mport),
                LA(&l.real), LU(l.rport));
}

void conn_log_built(const struct conn *c)
{
        if (c->proto == IPPROTO_TCP_)
                built_ports(c, LOG_302013);
        else if (c->proto == IPPROTO_UDP_)
                built_ports(c, LOG_302015);
        else if (c->proto == IPPROTO_ICMP_)
                built_icmp(c);
}

static uint64_t age_ms(const struct conn *c)
{
        return c->w->now_ms > c->born_ms ? c->w->now_ms - c->born_ms : 0;
}

void conn_log_teardown(const struct conn *c, enum conn_end_reason why)
{
        struct end f = end_of(c, !c->inbound), l = end_of(c, c->inbound);
        uint64_t bytes = c->side[0].bytes + c->side[1].bytes;

        if (c->no_log)
                return;
        if (c->proto == IPPROTO_TCP_)
                log_msg(c->w->log, LOG_302014, LU(c->id), LS(f.ifc), LA(&f.real), LU(f.rport), LS(l.ifc), LA(&l.real),
                        LU(l.rport), LD(age_ms(c)), LU(bytes), LS(conn_end_text(why)));
        else if (c->proto == IPPROTO_UDP_)
                log_msg(c->w->log, LOG_302016, LU(c->id), LS(f.ifc), LA(&f.real), LU(f.rport), LS(l.ifc), LA(&l.real),
                        LU(l.rport), LD(age_ms(c)), LU(bytes));
        else if (c->proto == IPPROTO_ICMP_)
                log_msg(c->w->log, LOG_302021, LA(&f.real), LU(f.rport), LA(&l.mapped), LU(l.mport), LA(&l.real),
                        LU(l.rport));
}
