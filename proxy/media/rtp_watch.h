/*
 * RTP that is not relayed here, on the connections that came of an inspection's pinholes: does it conform
 * (rtp-conformance)? What each end asked to be sent is in the pinhole that leads to it. docs/media.md.
 */
#ifndef VOXGATE_PROXY_MEDIA_RTP_WATCH_H
#define VOXGATE_PROXY_MEDIA_RTP_WATCH_H

#include "policy/conn.h"

/* Slow, behind conn_new_stage: a connection whose pinhole has a rule is watched from its first packet. */
enum pkt_verdict rtp_watch_new_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan);
/* Fast, in front of conn_track_stage: what does not conform is dropped and keeps nothing alive. */
void rtp_watch_stage(struct worker *w, struct burst *b);
void rtp_watch_conn_end(struct worker *w, struct conn *c); /* conn_end callback */

#endif
