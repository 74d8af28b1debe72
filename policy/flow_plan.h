/*
 * What the slow stages decide about the first packet of a flow, one struct; conn_build() turns it into a connection
 * and packet-tracer prints it. Each stage fills its own part.
 */
#ifndef VOXGATE_POLICY_FLOW_PLAN_H
#define VOXGATE_POLICY_FLOW_PLAN_H

#include "platform/base/inspect_id.h"
#include "platform/base/rtp_rule.h"
#include "platform/net/dp.h"

enum conn_action {
        CONN_FORWARD,
        CONN_PUNT,    /* TCP through the private kernel and a proxy worker */
        CONN_INSPECT, /* datagrams through an engine of a proxy worker */
        CONN_BOX,     /* to or from the appliance itself */
};

/* Limits and timeouts of a connection; 0 = the global timeout line, or unlimited. */
struct conn_settings {
        uint32_t idle_s, embryonic_s, half_closed_s;
        uint32_t conn_max, embryonic_max, per_client_max, per_client_embryonic_max;
        uint32_t class_id; /* class action whose counters these limits use */
        bool reset_idle;
};

struct flow_plan {
        /* initiator side, as the packet arrived */
        uint16_t in_iface, out_iface;
        struct flow_key in; /* == pk->key */
        /* un-NAT stage: the real destination and where it leaves; equal to `in` without NAT */
        struct addr dst_real;
        uint16_t dst_real_port;
        uint32_t untrans_rule; /* conf id, 0 none */
        bool egress_by_nat;    /* the rule decided out_iface */
        /* route stage */
        struct addr next_hop;
        /* ACL stage */
        uint32_t ace_id; /* conf id of the ACE, 0 = implicit */
        uint32_t acl_id; /* conf id of the list */
        /* classification */
        enum inspect_id engine;
        uint32_t class_id;       /* conf id of the class action, 0 none */
        uint32_t inspect_id;     /* conf id of the inspect line: its counters */
        uint32_t map_id;         /* conf id of the inspection map, 0 none */
        uint32_t tls_proxy_id;   /* conf id of the tls-proxy, 0 none */
        uint32_t phone_proxy_id; /* conf id of the phone-proxy, 0 none */
        uint16_t server_port;    /* PUNT: the port our server leg dials; 0: dst_real_port */
        struct conn_settings set;
        /* NAT stage: how the responder sees the initiator */
        struct addr src_mapped;
        uint16_t src_mapped_port;
        uint32_t nat_rule; /* conf id, 0 none */
        uint32_t xlate;    /* handle of the xlate made for this flow, 0 none: released if the conn is not built */
        /* the verdict */
        enum conn_action action;
        bool accept_first;      /* PUNT: complete the client's handshake before connecting to the server (TLS) */
        bool secure_phone;      /* from where a secure phone is: admitted if the phone proxy takes it */
        bool built;             /* a conn was built from it and owns what it holds */
        bool pinhole;           /* admitted by a pinhole: ACL, classification and NAT have nothing to say */
        uint64_t pinhole_owner; /* conn id that opened it */
        enum inspect_id opener; /* the inspection that did */
        uint32_t pinhole_ref;   /* which one, for pinhole_use() when the conn is built */
        uint16_t box_port;      /* BOX: port of the service in the private kernel */
        struct rtp_rule rtp;    /* of the pinhole: what its packets must be like */
        uint32_t box_flow;      /* BOX from a pinhole: the flow id that owns the socket, 0 none */
};

#endif
