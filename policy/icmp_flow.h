/*
 * ICMP as a flow. Without `inspect icmp` an echo request opens a conn for its translation and its counters only: what
 * comes back is judged by access lists and levels as if nobody had asked. With it, an answer passes when its request
 * is out, once.
 */
#ifndef VOXGATE_POLICY_ICMP_FLOW_H
#define VOXGATE_POLICY_ICMP_FLOW_H

#include "platform/net/dp.h"

struct acl_key;
struct conn;
struct flow_plan;

/* Which requests still wait: the last 64 sequence numbers, bit 0 is the newest. */
struct icmp_track {
        uint64_t waiting;
        uint16_t newest;
};
void icmp_track_request(struct icmp_track *t, uint16_t seq);
/* Was it asked for, and not answered yet? */
bool icmp_track_answer(struct icmp_track *t, uint16_t seq);

/* May this echo message of a forwarded conn pass? DROP_NONE or why not (logged). */
enum drop_reason icmp_flow_echo(struct worker *w, struct conn *c, struct pkt *pk);
/* May this error about a forwarded conn pass? */
enum drop_reason icmp_flow_error(struct worker *w, struct conn *c, struct pkt *pk);
/* A message nobody waits for may pass where echoes are not inspected; what is refused here is logged. */
enum drop_reason icmp_flow_stray(struct worker *w, const struct pkt *pk, const struct flow_plan *plan);
/* An error about nothing that passed here. */
void icmp_flow_log_lost(struct worker *w, const struct pkt *pk);

/* The only messages with an identifier to find a conn by. */
static inline bool icmp_is_echo(const struct pkt *pk)
{
        return pk->icmp_type == 8 || pk->icmp_type == 0;
}

/* The ports of an access list's key: for ICMP code and type take their places. */
void icmp_acl_ports(struct acl_key *k, const struct pkt *pk);

#endif
