/*
 * TCP state and window tracking of one connection. Two trackers per conn (one per side). N2: no data without a
 * handshake, sequence and acknowledgement inside the window, reset only if exactly acceptable, a SYN from the
 * answering side is no handshake. RFC 9293.
 */
#ifndef VOXGATE_POLICY_TCP_STATE_H
#define VOXGATE_POLICY_TCP_STATE_H

#include "platform/net/dp.h"

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_URG = 32 };

enum tcp_phase { TCPP_NEW, TCPP_SYN_SENT, TCPP_SYN_RCVD, TCPP_OPEN, TCPP_CLOSING, TCPP_CLOSED };

/* What one side has sent. */
struct tcp_track {
        uint32_t isn;     /* of its SYN */
        uint32_t end;     /* highest sequence number sent + 1 */
        uint32_t ack;     /* highest acknowledgement sent: what its receiver expects next */
        uint32_t max_end; /* highest the other side allows: its ack + window */
        uint32_t max_win;
        uint8_t wscale; /* of this side's announcements; 0xFF: not offered */
        bool syn, fin, fin_acked;
        uint16_t mss; /* option on its SYN, 0 none */
};

/* Flags of `show conn`. */
struct tcp_conn_state {
        enum tcp_phase phase;
        struct tcp_track side[2];
        bool data_in, data_out; /* payload from responder / initiator side seen */
};

/*
 * Judges one segment from `side` and moves the state. DROP_NONE or the reason. Never changes state for a segment it
 * refuses. Handles GSO super-frames (payload = pk->tot_pay).
 */
enum drop_reason tcp_track(struct tcp_conn_state *t, unsigned side, const struct pkt *pk);
/* May this segment be the first of a connection: a SYN and nothing else, without data? */
bool tcp_is_first(const struct pkt *pk);
/* "SYN ACK" as messages 106001 and 106015 print flags; out holds 32 bytes. */
char *tcp_flags_text(uint8_t flags, char *out);
/*
 * The proxied variant: each leg is its own connection (client <-> box, box <-> server): sides never see each other's
 * numbers, so a punted conn has one tcp_conn_state per leg. side of the box is 1 on leg 0 and 0 on leg 1.
 * ours: the private kernel sent it, which is believed. Of the peer's segments those outside the windows are refused,
 * resets apart, which pass without effect unless they fit exactly: the kernel judges them again.
 */
enum drop_reason tcp_follow(struct tcp_conn_state *t, unsigned side, bool ours, const struct pkt *pk);

#endif
