#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/net/tun_int.h"
#include "platform/net/vnet.h"

struct port_tun {
        struct port p;
        const struct clock *clk;
        int fd;
        struct vnet_spill spill;
};

static unsigned tun_rx(struct port *p, struct pkt_pool *pool, struct burst *b)
{
        struct port_tun *t = (struct port_tun *)p;

        return vnet_rx(p, t->fd, &t->spill, pool, b, (uint64_t)t->clk->wall_ns(t->clk->ctx));
}

static void tun_tx(struct port *p, struct burst *b)
{
        vnet_tx(p, ((struct port_tun *)p)->fd, b);
}

static int tun_fd(const struct port *p)
{
        return ((const struct port_tun *)p)->fd;
}

static void tun_close(struct port *p)
{
        struct port_tun *t = (struct port_tun *)p;

        if (t->fd >= 0)
                close(t->fd);
        mem_free(t);
}

static const struct port_ops tun_ops = {
        .kind = "tun",
        .rx = tun_rx,
        .tx = tun_tx,
        .fd = tun_fd,
        .close = tun_close,
};

/* A TUN that takes and gives partial checksums and super-segments; -1 with errno. */
static int make_device(const char *name)
{
        int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), keep;
        struct ifreq r;

        if (fd < 0)
                return -1;
        memset(&r, 0, sizeof r);
        str_copy(r.ifr_name, sizeof r.ifr_name, name);
        r.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
        if (ioctl(fd, TUNSETIFF, &r) == 0 &&
            ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN) == 0)
                return fd;
        keep = errno;
        close(fd);
        errno = keep;
        return -1;
}

struct port *tun_open(const char *name, uint32_t mtu, bool force_veth, const struct clock *clk, struct err *e)
{
        int fd = force_veth ? -1 : make_device(name);
        struct port_tun *t;

        if (fd < 0)
                return tun_open_veth(name, mtu, clk, e);
        t = mem_alloc(MEM_PORT, sizeof *t);
        if (!t) {
                err_nomem(e, "opening the TUN device");
                close(fd);
                return NULL;
        }
        t->p.ops = &tun_ops;
        t->p.mtu = mtu;
        t->p.link = true;
        t->p.l3 = true;
        t->clk = clk;
        t->fd = fd;
        str_copy(t->p.name, sizeof t->p.name, name);
        if (tun_set_up_device(name, mtu, false, e) != 0) {
                tun_close(&t->p);
                return NULL;
        }
        return &t->p;
}
