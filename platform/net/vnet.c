#include "platform/net/vnet.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

void vnet_to_pkt(const struct virtio_net_hdr *h, struct pkt *pk)
{
        pk->csum.gso_type = h->gso_type;
        pk->csum.gso_size = h->gso_size;
        pk->csum.verified = h->flags & VIRTIO_NET_HDR_F_DATA_VALID;
        if (!(h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || (uint32_t)h->csum_start + h->csum_offset + 2 > pk->len)
                return;
        pk->csum.partial = true;
        pk->csum.csum_start = (uint16_t)(pk->off + h->csum_start);
        pk->csum.csum_offset = h->csum_offset;
}

/* All headers of a frame that will be segmented: the kernel copies them in front of each piece. */
static uint16_t gso_headers(const struct pkt *pk)
{
        uint32_t l4 = pk->csum.csum_start - pk->off, tcp = 0;

        if ((pk->csum.gso_type & ~VIRTIO_NET_HDR_GSO_ECN) == VIRTIO_NET_HDR_GSO_UDP_L4)
                return (uint16_t)(l4 + 8);
        if (l4 + 13 <= pk->len)
                tcp = (uint32_t)(pkt_frame(pk)[l4 + 12] >> 4) * 4;
        return (uint16_t)(l4 + tcp);
}

uint8_t *vnet_front(struct pkt *pk)
{
        struct virtio_net_hdr h = { .flags = 0 };

        if (unlikely(pk->off < VNET_HDR))
                return NULL;
        if (pk->csum.partial) {
                h.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
                h.csum_start = (uint16_t)(pk->csum.csum_start - pk->off);
                h.csum_offset = pk->csum.csum_offset;
        }
        if (pk->csum.gso_type && pk->csum.partial) {
                h.gso_type = pk->csum.gso_type;
                h.gso_size = pk->csum.gso_size;
                h.hdr_len = gso_headers(pk);
        }
        return memcpy(pkt_frame(pk) - VNET_HDR, &h, VNET_HDR);
}

/* A frame that did not fit its small buffer moves to a big one. NULL: none is free, the frame is lost. */
static struct pkt *to_big(struct pkt *small, const struct vnet_spill *s, struct pkt_pool *pool, uint32_t n)
{
        struct pkt *big = pkt_get(pool, n);

        if (big) {
                memcpy(pkt_frame(big), pkt_frame(small), PKT_SMALL_FRAME);
                memcpy(pkt_frame(big) + PKT_SMALL_FRAME, s->mem, n - PKT_SMALL_FRAME);
        }
        return big;
}

/* 1 a frame in *pkp, 0 one was lost for want of a buffer, -1 nothing there (or the device is down). */
static int read_one(struct port *p, int fd, struct vnet_spill *s, struct pkt_pool *pool, struct pkt **pkp)
{
        struct pkt *pk = pkt_get(pool, PKT_SMALL_FRAME), *big = NULL;
        struct virtio_net_hdr h;
        struct iovec iov[2];
        ssize_t n;

        if (!pk) {
                p->stat.rx_nobuf++; /* stays in the device's queue until there are buffers again */
                return -1;
        }
        iov[0] = (struct iovec){ pkt_frame(pk) - VNET_HDR, VNET_HDR + PKT_SMALL_FRAME };
        iov[1] = (struct iovec){ s->mem, sizeof s->mem };
        n = readv(fd, iov, 2);
        if (n <= (ssize_t)VNET_HDR) {
                p->link = n >= 0 || errno == EAGAIN || errno == EINTR;
                pkt_put(pk);
                return -1;
        }
        memcpy(&h, pkt_frame(pk) - VNET_HDR, VNET_HDR);
        n -= VNET_HDR;
        if (unlikely(n > (ssize_t)PKT_SMALL_FRAME)) {
                big = to_big(pk, s, pool, (uint32_t)n);
                pkt_put(pk);
                pk = big;
                p->stat.rx_nobuf += !big;
        }
        if (!pk)
                return 0;
        pk->len = (uint32_t)n;
        vnet_to_pkt(&h, pk);
        *pkp = pk;
        return 1;
}

unsigned vnet_rx(struct port *p, int fd, struct vnet_spill *s, struct pkt_pool *pool, struct burst *b,
                 uint64_t wall_ns)
{
        unsigned before = b->n;
        struct pkt *pk;
        int rc;

        while (b->n < BURST_MAX && (rc = read_one(p, fd, s, pool, &pk)) >= 0) {
                if (rc == 0)
                        continue;
                pk->has_l2 = !p->l3;
                pk->rx_ns = wall_ns;
                p->stat.rx_pkts++;
                p->stat.rx_bytes += pk->len;
                b->pk[b->n++] = pk;
        }
        return b->n - before;
}

void vnet_tx(struct port *p, int fd, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++) {
                struct pkt *pk = b->pk[i];
                uint8_t *front = vnet_front(pk);

                if (front && write(fd, front, VNET_HDR + pk->len) == (ssize_t)(VNET_HDR + pk->len)) {
                        p->stat.tx_pkts++;
                        p->stat.tx_bytes += pk->len;
                } else {
                        p->stat.tx_drop++;
                }
                pkt_put(pk);
        }
        b->n = 0;
}
