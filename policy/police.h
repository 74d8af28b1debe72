/*
 * `police {input|output}` of class actions: a token bucket for each action, interface and direction, of one worker.
 * What stands in a bucket belongs to the action, not to a configuration: it survives every commit that keeps the
 * class in its policy map.
 */
#ifndef VOXGATE_POLICY_POLICE_H
#define VOXGATE_POLICY_POLICE_H

#include "policy/conf.h"
#include "policy/flow_plan.h"

struct conn;
struct policy_live;

/* ---- the bucket ---- */

struct police_bucket {
        uint32_t rate;  /* bits a second; 0: never set */
        uint32_t burst; /* bytes */
        int64_t left;   /* thousand-millionths of a bit; below zero after something larger than the burst */
        uint64_t last_ns;
};
/* The first time it is full. Later what is left stays, up to the new burst. */
void police_bucket_set(struct police_bucket *b, uint32_t rate, uint32_t burst, uint64_t now_ns);
/* Takes the bytes when they conform. What is larger than the burst conforms to a full bucket, and is paid off. */
bool police_bucket_take(struct police_bucket *b, uint64_t now_ns, uint32_t bytes);
/* Without a burst on the line: a quarter of a second, at least a full Ethernet frame. */
uint32_t police_burst(const struct police_conf *c);

/* ---- live ---- */

struct police_key {
        uint32_t class_id; /* conf id of the class action */
        uint16_t iface;
        uint16_t dir; /* enum police_dir */
};
enum police_result { POLICE_CONFORMED, POLICE_EXCEEDED, POLICE_RESULTS };
struct police_count {
        uint64_t pkts[POLICE_RESULTS], bytes[POLICE_RESULTS], bps[POLICE_RESULTS];
};
/* Worker's thread. Zeros when nothing was policed yet; clear counts from zero, the bucket stays. */
struct police_count police_read(struct worker *w, const struct police_key *k);
void police_clear(struct worker *w, const struct police_key *k);

/* ---- stages ---- */

/* slow: the first packet of a flow, before anything is made for it */
enum pkt_verdict police_new_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan);
/* fast: from a wire; what goes on to one is asked about both ways */
void police_stage(struct worker *w, struct burst *b);
/* fast: on its way out, from the private kernel or an engine */
void police_out_stage(struct worker *w, struct burst *b);

#endif
