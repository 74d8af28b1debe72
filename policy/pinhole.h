/* Expected secondary connections (N4): exact, owned by a conn, expire with it, never to the appliance or privileged
 * ports unless the engine's protocol says so. */
#ifndef VOXGATE_POLICY_PINHOLE_H
#define VOXGATE_POLICY_PINHOLE_H

#include "policy/conn.h"

struct pinhole_spec {
        uint8_t proto;
        /* As the first packet will ARRIVE: interface and wire addresses; port 0 = any. Source address fam NONE = any.
         */
        uint16_t in_iface;
        struct addr src, dst;
        uint16_t sport, dport;
        /* How it goes on. */
        uint16_t out_iface;
        struct addr src_mapped, dst_real;
        uint16_t src_mapped_port, dst_real_port; /* 0: unchanged */
        uint32_t timeout_s;
        enum inspect_id engine, opener; /* of the connection; of what announced it */
        enum conn_action action; /* FORWARD, INSPECT or BOX */
        uint32_t box_flow;
        uint16_t box_port;
        uint64_t owner; /* conn id */
        uint64_t group; /* what ends together, by the engine's word; 0 none */
        bool once;
        struct rtp_rule rtp; /* what goes to dst must be like this */
};
struct pinhole_table;
#define PINHOLES_MAX 65536u
struct pinhole_table *pinhole_table_new(struct worker *w) MUST_USE;
void pinhole_table_free(struct pinhole_table *t);
/* 0, or -1 when the table is full or the hole is one that is never opened. */
int pinhole_add(struct worker *w, const struct pinhole_spec *s);
/*
 * What was expected is over: the holes of this owner to s->dst close, whoever might come, and so does the connection
 * between s->src and s->dst that came of one.
 */
void pinhole_end(struct worker *w, const struct pinhole_spec *s);
/* conn_end callback: closes what the conn opened. */
void pinhole_conn_end(struct worker *w, struct conn *c);
/* What is left of a group closes. */
void pinhole_close_group(struct worker *w, uint64_t group);
/* The conn of a plan admitted by a pinhole was built: a pinhole for one flow closes. */
void pinhole_use(struct worker *w, uint32_t ref);
/* What the hole for a packet that arrives with this key asks of RTP. false: there is none. */
bool pinhole_rule(const struct worker *w, const struct flow_key *wire, struct rtp_rule *out);
uint32_t pinhole_count(const struct pinhole_table *t);
void pinhole_table_use(const struct pinhole_table *t, struct table_use *out);

#endif
