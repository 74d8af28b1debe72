/* Slow stages of the phone proxy: which flows it takes or lets in. */
#ifndef VOXGATE_PROXY_TFTP_TFTPX_STAGE_H
#define VOXGATE_PROXY_TFTP_TFTPX_STAGE_H

#include "policy/flow_plan.h"

/* Before the access-lists: a TCP flow from where a secure phone is to a call manager of the CTL. It is admitted if it
 * turns out to be the phone proxy's. */
enum pkt_verdict secure_phone_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan);
/* Behind the classes: a phone that a mixed cluster has as non-secure is dialled for at the clear port. */
enum pkt_verdict clear_phone_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan);
/* Behind the classes: TFTP requests to the servers of `tftp-server`. */
enum pkt_verdict tftp_intercept_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan);

#endif
