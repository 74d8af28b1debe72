/* Interfaces as they are told: configuration, snapshot, port and counters together. */
#ifndef VOXGATE_CLI_EXEC_IFACE_VIEW_H
#define VOXGATE_CLI_EXEC_IFACE_VIEW_H

#include "cli/box/box.h"
#include "platform/net/iface.h"
#include "platform/net/port.h"

struct iface_view {
        struct iface_conf conf; /* plain data; its links are not used */
        char hwname[HWNAME_MAX + 1];
        uint16_t idx;
        const struct iface_rt *rt; /* of the snapshot held by the command; NULL: not compiled */
        bool has_port, link;
        char where[96]; /* "afpacket:eth0", as in --port */
        struct port_stat port;
        bool has_medium;
        struct port_medium medium;
        struct mac mac;
        uint64_t in_pkts, in_bytes, out_pkts, out_bytes, drops, in_bcast, in_errors;
};

/* Copies of the configured interfaces in slot order; the caller frees *views, and may hold no lock. snap may be NULL.
 */
unsigned iface_views(struct box *b, const struct snapshot *snap, struct iface_view **views);

#endif
