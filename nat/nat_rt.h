/*
 * NAT rules compiled. Lookups are hash or LPM based, never linear in the rules, but for those that differ in their
 * destinations alone. Order: twice NAT (section 1), object NAT (2), after-auto (3); inside 1 and 3 that of the lines,
 * inside 2 static before dynamic, fewer real addresses first, lower address, name.
 */
#ifndef VOXGATE_NAT_RT_H
#define VOXGATE_NAT_RT_H

#include "nat/conf.h"
#include "platform/base/media_spec.h"
#include "platform/net/dp.h"

/* The other end a flow must have: as the real side writes it (mapped), as it is (real). */
struct nat_peer {
        const struct addr_range *real, *mapped; /* in order, apart from each other */
        unsigned nreal, nmapped;
        uint8_t proto; /* 0: any port */
        uint16_t real_port, mapped_port;
};

/*
 * A line of twice NAT is as many rules as it has ranges of addresses. Those of its destination are rules of the other
 * direction (`far`): from the mapped interface to the real one. They are apart, with one id, in the order of `part`.
 */
struct nat_rule_rt {
        uint32_t id;                 /* conf id of the nat line */
        uint8_t section;             /* 1, 2, 3 */
        uint32_t line, part;         /* sections 1 and 3: its place there; which rule of the line */
        const struct nat_peer *peer; /* NULL: whoever it is */
        bool far;                    /* of the destination */
        bool one_way;                /* near: nobody calls its mapped side; far: is never a source */
        uint16_t real_if, mapped_if; /* IFACE_NONE: any */
        bool dynamic, to_interface, iface_fallback, no_proxy_arp, route_lookup;
        struct addr_range real,
                mapped; /* mapped by offset for static; one address for PAT; fam NONE with to_interface */
        uint8_t svc_proto;
        uint16_t svc_real, svc_mapped;
        char object[OBJ_NAME_MAX + 1];
};
struct nat_rt; /* part root */
static inline const struct nat_rt *nat_rt(const struct snapshot *s)
{
        return s->part[SNAP_NAT]->root;
}
/* Rules in evaluation order, for show nat; NULL behind the last. */
const struct nat_rule_rt *nat_rule_at(const struct nat_rt *n, unsigned idx);

/*
 * Real -> mapped for a flow real_if -> mapped_if. peer: the other end as this one calls it; NULL: not known, which
 * rules with a destination do not match. NULL: no translation.
 */
const struct nat_rule_rt *nat_match_source(const struct nat_rt *n, uint16_t real_if, uint16_t mapped_if,
                                           uint8_t proto, const struct addr *real, uint16_t port,
                                           const struct endpoint *peer);
/* Mapped -> real: a packet of peer (NULL: not known) arriving on in_if for a mapped address. *real, *port: where it
 * really goes. */
const struct nat_rule_rt *nat_match_dest(const struct nat_rt *n, const struct net_rt *net, uint16_t in_if,
                                         uint8_t proto, const struct addr *mapped, uint16_t mport,
                                         const struct endpoint *peer, struct addr *real, uint16_t *port);
/* The mapped address of a static rule for a real address (interface addresses resolved through net). */
bool nat_static_mapped(const struct nat_rule_rt *r, const struct net_rt *net, const struct addr *real, uint16_t port,
                       uint8_t proto, uint16_t mapped_if, struct addr *mapped, uint16_t *mport);
/*
 * The nth (from 0) address that a dynamic rule shares between sources like this one. NULL: none, no such rule, or not
 * yet known.
 */
const struct nat_rule_rt *nat_shared_addr(const struct snapshot *s, uint16_t real_if, uint16_t mapped_if,
                                          uint8_t proto, const struct endpoint *real, const struct endpoint *peer,
                                          unsigned nth, struct addr *mapped);
/*
 * What can be said against a line when it is typed (its object need not be defined yet): 0, or -1 with the ASA's
 * words where known. Compiling refuses nothing: a rule that cannot work is left out of it.
 */
int nat_check(const struct object_nat_conf *c, const struct policy_conf *objs, const struct net_conf *ifs,
              struct err *e);
/* Why a line of twice NAT is not in force; NULL: it is. ifs NULL: whatever the interfaces' addresses are. */
const char *nat_twice_why_not(const struct twice_nat_conf *c, const struct policy_conf *objs,
                              const struct net_conf *ifs);
int nat_compile(struct snap_part *part, const struct nat_conf *conf, const struct policy_conf *objs,
                const struct net_rt *net, struct err *e);

/* Do we answer ARP for this address on this interface (mapped, not no-proxy-arp, not noproxyarp)?
 * worker_env.proxy_arp */
bool nat_proxy_arp(const struct snapshot *s, uint16_t iface, const struct addr *a);
void nat_proxy_arp_each(const struct snapshot *s, void (*fn)(void *ctx, uint16_t iface, const struct addr *a),
                        void *ctx);

/* ---- stages ---- */
enum pkt_verdict untrans_stage(struct worker *w, struct pkt *pk,
                               struct flow_plan *plan); /* slow: before ACL and route */
enum pkt_verdict nat_plan_stage(struct worker *w, struct pkt *pk,
                                struct flow_plan *plan); /* slow: source translation, xlate, rpf */
void nat_stage(struct worker *w, struct burst *b);       /* fast: header rewrite of packets with a conn (FORWARD) */

#endif
