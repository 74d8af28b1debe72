#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/net/link.h"
#include "platform/net/vnet.h"

struct port_tap {
        struct port p;
        int fd;
        struct vnet_spill spill;
};

static unsigned tap_rx(struct port *p, struct pkt_pool *pool, struct burst *b)
{
        struct port_tap *t = (struct port_tap *)p;

        /* no clock at hand: captures stamp these frames themselves */
        return vnet_rx(p, t->fd, &t->spill, pool, b, 0);
}

static void tap_tx(struct port *p, struct burst *b)
{
        vnet_tx(p, ((struct port_tap *)p)->fd, b);
}

static int tap_fd(const struct port *p)
{
        return ((const struct port_tap *)p)->fd;
}

static void tap_close(struct port *p)
{
        struct port_tap *t = (struct port_tap *)p;

        if (t->fd >= 0)
                close(t->fd);
        mem_free(t);
}

static const struct port_ops tap_ops = {
        .kind = "tap",
        .rx = tap_rx,
        .tx = tap_tx,
        .fd = tap_fd,
        .close = tap_close,
};

int port_tap_socket(const char *ifname, struct err *e)
{
        int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
        struct ifreq r;

        if (fd < 0)
                return err_set(e, ERR_IO, "cannot open /dev/net/tun: %s", strerror(errno));
        memset(&r, 0, sizeof r);
        if (!str_copy(r.ifr_name, sizeof r.ifr_name, ifname)) {
                close(fd);
                return err_set(e, ERR_RANGE, "%s: a device name has at most %d characters", ifname, IFNAMSIZ - 1);
        }
        r.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
        if (ioctl(fd, TUNSETIFF, &r) != 0 ||
            ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)) {
                err_set(e, ERR_IO, "%s: cannot make a TAP device: %s", ifname, strerror(errno));
                close(fd);
                return -1;
        }
        if (link_up(r.ifr_name, 0, 4096, false, e) != 0) {
                close(fd);
                return -1;
        }
        return fd;
}

/* The kernel's end has the device's address; ours differs in one bit, as two ends of a cable must. */
static int learn_device(struct port_tap *t, struct err *e)
{
        struct ifreq r;

        memset(&r, 0, sizeof r);
        if (ioctl(t->fd, TUNGETIFF, &r) != 0 || !(r.ifr_flags & IFF_TAP) || !(r.ifr_flags & IFF_VNET_HDR))
                return err_set(e, ERR_SUPPORT, "%s: not a TAP descriptor with virtio headers", t->p.name);
        if (ioctl(t->fd, SIOCGIFHWADDR, &r) != 0)
                return err_set(e, ERR_IO, "%s: cannot ask for the MAC address: %s", t->p.name, strerror(errno));
        memcpy(t->p.mac.b, r.ifr_hwaddr.sa_data, 6);
        t->p.mac.b[5] ^= 1;
        t->p.mac.b[0] = (uint8_t)((t->p.mac.b[0] | 2) & ~1);
        return 0;
}

struct port *port_tap_open(const char *ifname, int fd, struct err *e)
{
        struct port_tap *t = mem_alloc(MEM_PORT, sizeof *t);

        if (!t) {
                err_nomem(e, "opening a port");
                if (fd >= 0)
                        close(fd);
                return NULL;
        }
        t->p.ops = &tap_ops;
        t->p.mtu = 1500;
        t->p.link = true;
        str_copy(t->p.name, sizeof t->p.name, ifname);
        t->fd = fd >= 0 ? fd : port_tap_socket(ifname, e);
        if (t->fd < 0 || learn_device(t, e) != 0) {
                tap_close(&t->p);
                return NULL;
        }
        return &t->p;
}
