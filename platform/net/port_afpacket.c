/*
 * A network device by AF_PACKET. Received frames come through a TPACKET_V2 ring: no system call under load, and a
 * lone frame wakes the poller at once (V3 holds it back for a block time-out). Slots are of ordinary size; a
 * super-frame that does not fit is handed over by the kernel a second time, whole, on the socket's own queue
 * (PACKET_COPY_THRESH), in the order of its slot.
 *
 * Ordinary frames leave by a second socket, without the header that super-frames need in front: looking at it and
 * finding the sum it asks for costs the kernel a tenth of a whole send.
 */
#include "platform/net/port_medium.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/net/csum.h"
#include "platform/net/vnet.h"

/* 30 slots fill a block of 16 pages; 4080 slots carry 27 ms of 150,000 frames a second. */
#define SLOT_SIZE 2176u
#define BLOCK_SIZE 65536u
#define SLOTS_PER_BLOCK (BLOCK_SIZE / SLOT_SIZE)
#define BLOCKS 136u
#define RING_BYTES ((size_t)BLOCKS * BLOCK_SIZE)

/* How often a quiet port asks for errors and carrier: after so many empty looks or so much time. */
#define LOOKS 64u
#define LOOK_NS 200000000u

/* Sums over more than this are left to the device, which may have help for it. */
#define OWN_SUM_MAX 576u

struct port_afpacket {
        struct port p;
        const struct clock *clk;
        int fd, counters; /* counters: of port_counter_socket(), -1 none */
        int ifindex;
        int plain_fd;       /* takes frames as they are; -1: none */
        char dev[IFNAMSIZ]; /* as the kernel calls it */
        uint8_t *ring;
        unsigned block, slot; /* of the ring: the one to be read next */
        unsigned looks;
        uint64_t look_at_ns;
        struct mmsghdr msg[BURST_MAX];
        struct iovec iov[BURST_MAX];
        int by[BURST_MAX]; /* the socket a message leaves by */
};

static struct tpacket2_hdr *next_slot(const struct port_afpacket *a)
{
        return (struct tpacket2_hdr *)(void *)(a->ring + (size_t)a->block * BLOCK_SIZE + (size_t)a->slot * SLOT_SIZE);
}

static void advance(struct port_afpacket *a)
{
        if (++a->slot == SLOTS_PER_BLOCK) {
                a->slot = 0;
                a->block = a->block + 1 == BLOCKS ? 0 : a->block + 1;
        }
}

/* The frame of a slot that could not hold it, from the socket's queue; pk NULL: to be thrown away. */
static bool fetch_copy(const struct port_afpacket *a, struct pkt *pk, uint32_t len)
{
        struct virtio_net_hdr h;
        struct iovec iov[2] = { { &h, sizeof h }, { pk ? pkt_frame(pk) : NULL, pk ? len : 0 } };
        struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
        ssize_t n = recvmsg(a->fd, &m, MSG_DONTWAIT);

        if (!pk || n != (ssize_t)(sizeof h + len) || m.msg_flags & MSG_TRUNC)
                return false;
        pk->len = len;
        vnet_to_pkt(&h, pk);
        return true;
}

static void copy_slot(struct pkt *pk, const struct tpacket2_hdr *t)
{
        const uint8_t *frame = (const uint8_t *)t + t->tp_mac;
        struct virtio_net_hdr h;

        memcpy(&h, frame - sizeof h, sizeof h);
        memcpy(pkt_frame(pk), frame, t->tp_snaplen);
        pk->len = t->tp_snaplen;
        vnet_to_pkt(&h, pk);
}

/*
 * The kernel takes the outermost tag off. An 802.1Q one is noted in the metadata; any other (802.1ad) goes back into
 * the frame, where the decoder will not know it.
 */
static void note_tag(struct pkt *pk, const struct tpacket2_hdr *t)
{
        uint16_t tpid = t->tp_status & TP_STATUS_VLAN_TPID_VALID ? t->tp_vlan_tpid : ETHERTYPE_VLAN;
        uint8_t tag[4] = { (uint8_t)(tpid >> 8), (uint8_t)tpid, (uint8_t)(t->tp_vlan_tci >> 8),
                           (uint8_t)t->tp_vlan_tci };

        if (!(t->tp_status & TP_STATUS_VLAN_VALID))
                return;
        if (tpid == ETHERTYPE_VLAN) {
                pk->vlan_tci = t->tp_vlan_tci | 0x1000;
        } else if (pk->len >= ETH_HLEN && pkt_push(pk, sizeof tag)) {
                memmove(pkt_frame(pk), pkt_frame(pk) + sizeof tag, 12);
                memcpy(pkt_frame(pk) + 12, tag, sizeof tag);
        }
}

/* The packet of a filled slot, or NULL when it is not for us to see or cannot be had. */
static struct pkt *take_slot(struct port_afpacket *a, const struct tpacket2_hdr *t, struct pkt_pool *pool)
{
        const struct sockaddr_ll *from = (const void *)((const uint8_t *)t + TPACKET_ALIGN(sizeof *t));
        bool copied = t->tp_status & TP_STATUS_COPY, whole = t->tp_snaplen == t->tp_len;
        struct pkt *pk = NULL;

        if (from->sll_pkttype != PACKET_OUTGOING && (copied || whole)) {
                pk = pkt_get(pool, t->tp_len);
                a->p.stat.rx_nobuf += !pk;
        } else if (from->sll_pkttype != PACKET_OUTGOING) {
                a->p.stat.rx_trunc++;
        }
        if (copied && !fetch_copy(a, pk, t->tp_len)) {
                if (pk)
                        pkt_put(pk);
                a->p.stat.rx_trunc += pk != NULL;
                return NULL;
        }
        if (!pk)
                return NULL;
        if (!copied)
                copy_slot(pk, t);
        note_tag(pk, t);
        pk->has_l2 = true;
        pk->rx_ns = (uint64_t)t->tp_sec * 1000000000u + t->tp_nsec;
        return pk;
}

/* Frames were lost since the last time somebody asked; asking sets the kernel's count back. */
static void count_losses(struct port_afpacket *a)
{
        struct tpacket_stats st;
        socklen_t n = sizeof st;

        if (getsockopt(a->fd, SOL_PACKET, PACKET_STATISTICS, &st, &n) == 0)
                a->p.stat.rx_ring_drop += st.tp_drops;
}

/*
 * A device that went down leaves one ENETDOWN behind, which would wake the poller for ever; that it came back nobody
 * tells a packet socket. Requests go to the socket's namespace, not to the thread's.
 */
static void look_after(struct port_afpacket *a)
{
        uint64_t now = a->clk->mono_ns(a->clk->ctx);
        struct ifreq r;
        int pending;
        socklen_t n = sizeof pending;

        if (++a->looks < LOOKS && now < a->look_at_ns)
                return;
        a->looks = 0;
        a->look_at_ns = now + LOOK_NS;
        memset(&r, 0, sizeof r);
        memcpy(r.ifr_name, a->dev, sizeof r.ifr_name);
        if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &pending, &n) != 0 || ioctl(a->fd, SIOCGIFFLAGS, &r) != 0) {
                a->p.link = false;
                return;
        }
        a->p.link = (r.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
        if (ioctl(a->fd, SIOCGIFMTU, &r) == 0)
                a->p.mtu = (uint32_t)r.ifr_mtu;
}

/*
 * The kernel stamps with the host's clock, which may differ from ours. In whole microseconds: two readings of the same
 * clock are none apart.
 */
static int64_t ahead_of_host(const struct port_afpacket *a)
{
        return (a->clk->wall_ns(a->clk->ctx) - clock_system.wall_ns(clock_system.ctx)) / 1000 * 1000;
}

static unsigned afpacket_rx(struct port *p, struct pkt_pool *pool, struct burst *b)
{
        struct port_afpacket *a = (struct port_afpacket *)p;
        unsigned before = b->n;
        bool losing = false, any = false;
        int64_t ahead = 0;

        while (b->n < BURST_MAX) {
                struct tpacket2_hdr *t = next_slot(a);
                uint32_t status = __atomic_load_n(&t->tp_status, __ATOMIC_ACQUIRE);
                struct pkt *pk;

                if (!(status & TP_STATUS_USER))
                        break;
                if (!any)
                        ahead = ahead_of_host(a);
                any = true;
                losing |= (status & TP_STATUS_LOSING) != 0;
                pk = take_slot(a, t, pool);
                __atomic_store_n(&t->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
                advance(a);
                if (!pk)
                        continue;
                pk->rx_ns += (uint64_t)ahead;
                p->stat.rx_pkts++;
                p->stat.rx_bytes += pk->len;
                b->pk[b->n++] = pk;
        }
        if (losing)
                count_losses(a);
        if (!any)
                look_after(a);
        return b->n - before;
}

/* May it leave without a header that explains it? Then its sum is complete afterwards. */
static bool make_plain(const struct port_afpacket *a, struct pkt *pk)
{
        if (a->plain_fd < 0)
                return false;
        if (!pk->csum.partial)
                return true;
        if (pk->csum.gso_type || pk->len > OWN_SUM_MAX)
                return false;
        csum_complete(pkt_frame(pk), pk->len, pk->csum.csum_start - pk->off, pk->csum.csum_offset);
        return true;
}

/* Lines up the burst's frames, each for the socket it leaves by; those without headroom for a header stay out. */
static unsigned line_up(struct port_afpacket *a, struct burst *b)
{
        unsigned n = 0;

        for (unsigned i = 0; i < b->n; i++) {
                bool plain = make_plain(a, b->pk[i]);
                uint8_t *front = plain ? pkt_frame(b->pk[i]) : vnet_front(b->pk[i]);

                if (!front) {
                        a->p.stat.tx_drop++;
                        continue;
                }
                a->by[n] = plain ? a->plain_fd : a->fd;
                a->iov[n] = (struct iovec){ front, (plain ? 0 : VNET_HDR) + b->pk[i]->len };
                a->msg[n].msg_hdr = (struct msghdr){ .msg_iov = &a->iov[n], .msg_iovlen = 1 };
                n++;
        }
        return n;
}

/* How many from `first` on leave by the same socket: frames keep their order. */
static unsigned run_length(const struct port_afpacket *a, unsigned first, unsigned n)
{
        unsigned i = first + 1;

        while (i < n && a->by[i] == a->by[first])
                i++;
        return i - first;
}

static void afpacket_tx(struct port *p, struct burst *b)
{
        struct port_afpacket *a = (struct port_afpacket *)p;
        unsigned n = line_up(a, b), i = 0;

        while (i < n) {
                int sent = sendmmsg(a->by[i], a->msg + i, run_length(a, i, n), MSG_DONTWAIT);

                if (sent <= 0) { /* this one is refused (queue full, too long, device down); the next may pass */
                        p->stat.tx_drop++;
                        i++;
                        continue;
                }
                for (int k = 0; k < sent; k++, i++)
                        p->stat.tx_bytes += a->iov[i].iov_len - (a->by[i] == a->fd ? VNET_HDR : 0);
                p->stat.tx_pkts += (unsigned)sent;
        }
        for (i = 0; i < b->n; i++)
                pkt_put(b->pk[i]);
        b->n = 0;
}

static int afpacket_fd(const struct port *p)
{
        return ((const struct port_afpacket *)p)->fd;
}

static void afpacket_medium(const struct port *p, struct port_medium *out)
{
        const struct port_afpacket *a = (const struct port_afpacket *)p;

        medium_read(a->fd, a->dev, a->ifindex, a->counters, out);
}

static void afpacket_close(struct port *p)
{
        struct port_afpacket *a = (struct port_afpacket *)p;

        if (a->ring)
                munmap(a->ring, RING_BYTES);
        if (a->plain_fd >= 0)
                close(a->plain_fd);
        if (a->fd >= 0)
                close(a->fd);
        if (a->counters >= 0)
                close(a->counters);
        mem_free(a);
}

static const struct port_ops afpacket_ops = {
        .kind = "afpacket",
        .rx = afpacket_rx,
        .tx = afpacket_tx,
        .fd = afpacket_fd,
        .medium = afpacket_medium,
        .close = afpacket_close,
};

static int refuse(struct err *e, const char *dev, const char *what)
{
        return err_set(e, ERR_IO, "%s: %s: %s", dev, what, strerror(errno));
}

/*
 * Where the socket is made, because the privilege to exceed the system's limits belongs to the namespace of the
 * device. Without it the system's own limit applies.
 */
static void set_buffers(int fd)
{
        int rcv = 16 << 20, snd = 4 << 20;

        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcv, sizeof rcv) != 0)
                setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcv, sizeof rcv);
        if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &snd, sizeof snd) != 0)
                setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &snd, sizeof snd);
}

/* Protocol 0 binds to the device and takes no frames: those of the time before the ring would be out of order. */
int port_afpacket_socket(const char *ifname, struct err *e)
{
        struct sockaddr_ll sll = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(ifname) };
        int fd;

        if (!sll.sll_ifindex)
                return err_set(e, ERR_REF, "%s: no such network device", ifname);
        fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return refuse(e, ifname, "cannot open a packet socket");
        if (bind(fd, (struct sockaddr *)&sll, sizeof sll) != 0) {
                refuse(e, ifname, "cannot bind a packet socket");
                close(fd);
                return -1;
        }
        set_buffers(fd);
        return fd;
}

/* Everything about the device comes through the socket: the caller may be in another namespace. */
static int learn_device(struct port_afpacket *a, struct sockaddr_ll *sll, struct err *e)
{
        socklen_t n = sizeof *sll;
        struct ifreq r;

        if (getsockname(a->fd, (struct sockaddr *)sll, &n) != 0 || sll->sll_family != AF_PACKET)
                return refuse(e, a->p.name, "not a packet socket");
        if (sll->sll_ifindex <= 0 || sll->sll_hatype != ARPHRD_ETHER)
                return err_set(e, ERR_SUPPORT, "%s: not bound to an Ethernet device", a->p.name);
        memset(&r, 0, sizeof r);
        r.ifr_ifindex = sll->sll_ifindex;
        if (ioctl(a->fd, SIOCGIFNAME, &r) != 0)
                return refuse(e, a->p.name, "cannot ask for the device's name");
        memcpy(a->dev, r.ifr_name, sizeof a->dev);
        memcpy(a->p.mac.b, sll->sll_addr, sizeof a->p.mac.b);
        a->ifindex = sll->sll_ifindex;
        a->p.mtu = 1500;
        look_after(a);
        return 0;
}

static int set_opt(const struct port_afpacket *a, int opt, int value)
{
        return setsockopt(a->fd, SOL_PACKET, opt, &value, sizeof value);
}

/* The order matters: version and header before the ring. A socket used before may still have one. */
static int make_ring(struct port_afpacket *a, struct err *e)
{
        struct tpacket_req none = { 0 }, req = { .tp_block_size = BLOCK_SIZE,
                                                 .tp_block_nr = BLOCKS,
                                                 .tp_frame_size = SLOT_SIZE,
                                                 .tp_frame_nr = BLOCKS * SLOTS_PER_BLOCK };

        setsockopt(a->fd, SOL_PACKET, PACKET_RX_RING, &none, sizeof none);
        if (set_opt(a, PACKET_VERSION, TPACKET_V2) || set_opt(a, PACKET_VNET_HDR, 1) ||
            set_opt(a, PACKET_COPY_THRESH, 1))
                return refuse(e, a->p.name, "packet socket options");
        set_opt(a, PACKET_IGNORE_OUTGOING, 1); /* since Linux 4.20; the packet type is looked at in any case */
        if (setsockopt(a->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof req) != 0)
                return refuse(e, a->p.name, "cannot make a receive ring");
        a->ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, a->fd, 0);
        if (a->ring == MAP_FAILED) {
                a->ring = NULL;
                return refuse(e, a->p.name, "cannot map the receive ring");
        }
        return 0;
}

/* Promiscuous, because an interface may have a MAC address of its own (mac-address, failover). */
static int start(struct port_afpacket *a, struct sockaddr_ll *sll, struct err *e)
{
        struct packet_mreq all = { .mr_ifindex = sll->sll_ifindex, .mr_type = PACKET_MR_PROMISC };

        sll->sll_protocol = htons(ETH_P_ALL);
        if (bind(a->fd, (struct sockaddr *)sll, sizeof *sll) != 0)
                return refuse(e, a->p.name, "cannot bind a packet socket");
        if (setsockopt(a->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) != 0)
                return refuse(e, a->p.name, "cannot receive for all MAC addresses");
        return 0;
}

struct port *port_afpacket_open(const char *ifname, int fd, const struct clock *clk, struct err *e)
{
        struct port_afpacket *a = mem_alloc(MEM_PORT, sizeof *a);
        struct sockaddr_ll sll;

        if (!a) {
                err_nomem(e, "opening a port");
                if (fd >= 0)
                        close(fd);
                return NULL;
        }
        a->p.ops = &afpacket_ops;
        a->clk = clk;
        strncpy(a->p.name, ifname, sizeof a->p.name - 1);
        a->plain_fd = fd >= 0 ? -1 : port_afpacket_socket(ifname, NULL);
        a->counters = fd >= 0 ? -1 : port_counter_socket(NULL);
        a->fd = fd >= 0 ? fd : port_afpacket_socket(ifname, e);
        if (a->fd < 0 || learn_device(a, &sll, e) != 0 || make_ring(a, e) != 0 || start(a, &sll, e) != 0) {
                afpacket_close(&a->p);
                return NULL;
        }
        return &a->p;
}

void port_afpacket_plain(struct port *p, int fd)
{
        struct port_afpacket *a = (struct port_afpacket *)p;

        if (a->plain_fd >= 0)
                close(a->plain_fd);
        a->plain_fd = fd;
}

void port_afpacket_counters(struct port *p, int fd)
{
        struct port_afpacket *a = (struct port_afpacket *)p;

        if (a->counters >= 0)
                close(a->counters);
        a->counters = fd;
}

bool port_afpacket_kernel_addr(const struct port *p, struct addr *out)
{
        const struct port_afpacket *a = (const struct port_afpacket *)p;
        struct ifreq r;
        uint8_t ip[4];

        memset(&r, 0, sizeof r);
        memcpy(r.ifr_name, a->dev, sizeof r.ifr_name);
        if (ioctl(a->fd, SIOCGIFADDR, &r) != 0)
                return false;
        memcpy(ip, r.ifr_addr.sa_data + 2, sizeof ip);
        *out = addr_v4((uint32_t)ip[0] << 24 | (uint32_t)ip[1] << 16 | (uint32_t)ip[2] << 8 | ip[3]);
        return true;
}
