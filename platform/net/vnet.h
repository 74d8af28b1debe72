/*
 * The virtio_net_hdr that packet sockets, TAP and TUN put in front of a frame: checksum and segmentation state
 * between the kernel and struct pkt_csum. Reading and writing of TAP and TUN descriptors, which differ in nothing
 * else.
 */
#ifndef VOXGATE_NET_VNET_H
#define VOXGATE_NET_VNET_H

#include <linux/virtio_net.h>

#include "platform/net/port.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5 /* UDP_SEGMENT; headers before Linux 6.2 do not name it */
#endif

#define VNET_HDR ((uint32_t)sizeof(struct virtio_net_hdr))

/* What the kernel said of the frame at pk->off (off and len are set). */
void vnet_to_pkt(const struct virtio_net_hdr *h, struct pkt *pk);
/* Writes the header into the headroom just in front of the frame and returns its place; NULL without headroom. */
uint8_t *vnet_front(struct pkt *pk);

/* Where the part of a super-frame lands that a small buffer cannot take, until its length is known. */
struct vnet_spill {
        uint8_t mem[PKT_BIG_FRAME];
};
/* One frame per read until the descriptor or the burst is empty; stamps rx_ns with wall_ns. */
unsigned vnet_rx(struct port *p, int fd, struct vnet_spill *s, struct pkt_pool *pool, struct burst *b,
                 uint64_t wall_ns);
void vnet_tx(struct port *p, int fd, struct burst *b);

#endif
