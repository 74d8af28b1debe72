#include "platform/boot/path.h"

#include "nat/nat_rt.h"
#include "nat/xlate.h"
#include "platform/net/arp.h"
#include "platform/net/capture.h"
#include "platform/net/decode.h"
#include "platform/net/egress.h"
#include "platform/net/frag.h"
#include "policy/conn.h"
#include "policy/pinhole.h"
#include "policy/police.h"
#include "policy/policy_rt.h"
#include "proxy/media/media.h"
#include "proxy/punt/punt.h"
#include "proxy/media/rtp_watch.h"
#include "proxy/tftp/tftpx_stage.h"

/* A frame from a port. */
static const struct fast_stage wire[] = {
        { "decode", decode_stage },      /* refuses lies about length */
        { "capture", capture_in_stage }, /* tap: as received */
        { "fragments", frag_stage },     /* a datagram in pieces is made whole once, for all */
        { "arp", arp_stage },            /* neighbours: answered and learned here */
        { "media", media_stage },        /* calls relayed here: SRTP and RTP between their sides */
        { "conn", conn_stage },          /* whose packet is it? */
        { "miss", miss_stage },          /* nobody's: the slow stages below decide */
        { "police", police_stage },      /* faster than the service policy lets its class be? */
        { "rtp", rtp_watch_stage },      /* media of inspected calls that is not relayed: does it conform? */
        { "track", conn_track_stage },   /* TCP state, counters, idle time */
        { "punt", punt_stage },          /* ours to terminate or inspect: leaves the path */
        { "nat", nat_stage },            /* headers of the other side */
        { "egress", egress_stage },      /* TTL, MTU, neighbour, out */
        { NULL, NULL },
};

/* A datagram of the private kernel. */
static const struct fast_stage punt[] = {
        { "decode", decode_l3_stage },
        { "fragments", frag_stage },
        { "punt-in", punt_in_stage }, /* pseudo pair -> conn and wire headers */
        { "police", police_out_stage },
        { "egress", egress_stage },
        { NULL, NULL },
};

/* A datagram an engine has released. */
static const struct fast_stage output[] = {
        { "nat", nat_stage },
        { "police", police_out_stage },
        { "egress", egress_stage },
        { NULL, NULL },
};

/* The first packet of a flow: each fills its part of the plan. */
static const struct slow_stage slow[] = {
        { "pinhole", pinhole_stage },           /* expected: the plan is ready */
        { "untrans", untrans_stage },           /* real destination, maybe its interface */
        { "box", box_stage },                   /* for the appliance itself */
        { "route", route_stage },               /* egress and next hop; spoofed sources end here */
        { "secure-phone", secure_phone_stage }, /* known to the phone proxy: its signalling is let in */
        { "acl", acl_stage },                   /* real addresses */
        { "classify", classify_stage },         /* service policy */
        { "clear-phone", clear_phone_stage }, /* one that its mixed cluster has as non-secure: where it is dialled */
        { "police", police_new_stage },       /* its rates, before anything is made for the flow */
        { "tftp", tftp_intercept_stage },     /* phones' files: the phone proxy serves them */
        { "nat", nat_plan_stage },            /* how the far end sees the near one */
        { "limit", limit_stage },
        { "conn", conn_new_stage },
        { "rtp", rtp_watch_new_stage }, /* announced media whose inspection asks for conformance */
        { "punt", punt_new_stage },     /* flow id; the proxy worker hears of it before the first byte */
        { NULL, NULL },
};

/* Media last: what the punt ring lets go may speak of sessions that were pushed before it. */
static void (*const drain[])(struct worker *) = { punt_drain, media_drain, NULL };
static void (*const ends[])(struct worker *, struct conn *) = { punt_conn_end,   xlate_conn_end,     pinhole_conn_end,
                                                                policy_conn_end, rtp_watch_conn_end, NULL };
static void (*const snapshots[])(struct worker *) = { arp_snapshot_changed, conn_snapshot_hook, nat_snapshot_hook,
                                                      NULL };

const struct dp_path appliance_path = {
        .wire = wire,
        .punt = punt,
        .slow = slow,
        .output = output,
        .drain = drain,
        .conn_end = ends,
        .snapshot = snapshots,
};
