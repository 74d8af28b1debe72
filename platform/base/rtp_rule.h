/* What RTP towards an endpoint must be like, as the inspection of its signalling asks (rtp-conformance). By value. */
#ifndef VOXGATE_BASE_RTP_RULE_H
#define VOXGATE_BASE_RTP_RULE_H

#include <stdbool.h>
#include <stdint.h>

#define RTP_RULE_PTS 16u

struct rtp_rule {
        bool on;      /* zero: nothing is asked */
        bool rtcp;    /* it is RTCP */
        bool secure;  /* SRTP: nothing behind the header can be read */
        bool enforce; /* only payload types the endpoint asked for */
        uint8_t npts;
        uint8_t pts[RTP_RULE_PTS];
};

#endif
