/* The glue where there is no /dev/net/tun: a veth pair inside the namespace, Ethernet headers put on and taken off
 * here. */
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/net/link.h"
#include "platform/net/tun_int.h"

struct port_veth {
        struct port p;
        struct port *wire;     /* the packet socket on our end */
        uint8_t eth[ETH_HLEN]; /* to the kernel's end; the kernel takes nothing with another destination */
};

/* Only IPv4 is spoken inside. */
static bool take_off(struct pkt *pk)
{
        const uint8_t *f = pkt_frame(pk);

        if (pk->len < ETH_HLEN || f[12] != ETHERTYPE_IP >> 8 || f[13] != (ETHERTYPE_IP & 0xFF))
                return false;
        pkt_pull(pk, ETH_HLEN);
        pk->has_l2 = false;
        return true;
}

static unsigned veth_rx(struct port *p, struct pkt_pool *pool, struct burst *b)
{
        struct port_veth *v = (struct port_veth *)p;
        unsigned before = b->n, n = before;

        v->wire->ops->rx(v->wire, pool, b);
        for (unsigned i = before; i < b->n; i++) {
                if (take_off(b->pk[i]))
                        b->pk[n++] = b->pk[i];
                else
                        pkt_put(b->pk[i]);
        }
        b->n = n;
        p->stat = v->wire->stat;
        p->link = v->wire->link;
        return n - before;
}

static void veth_tx(struct port *p, struct burst *b)
{
        struct port_veth *v = (struct port_veth *)p;
        unsigned n = 0;

        for (unsigned i = 0; i < b->n; i++) {
                if (pkt_push(b->pk[i], ETH_HLEN)) {
                        memcpy(pkt_frame(b->pk[i]), v->eth, ETH_HLEN);
                        b->pk[n++] = b->pk[i];
                } else {
                        v->wire->stat.tx_drop++;
                        pkt_put(b->pk[i]);
                }
        }
        b->n = n;
        v->wire->ops->tx(v->wire, b);
        p->stat = v->wire->stat;
}

static int veth_fd(const struct port *p)
{
        const struct port_veth *v = (const struct port_veth *)p;

        return v->wire->ops->fd(v->wire);
}

static void veth_close(struct port *p)
{
        struct port_veth *v = (struct port_veth *)p;

        if (v->wire)
                v->wire->ops->close(v->wire);
        link_del(p->name, NULL);
        mem_free(v);
}

static const struct port_ops veth_ops = {
        .kind = "veth",
        .rx = veth_rx,
        .tx = veth_tx,
        .fd = veth_fd,
        .close = veth_close,
};

static int mac_of(const char *name, uint8_t out[6], struct err *e)
{
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ifreq r;
        int rc;

        memset(&r, 0, sizeof r);
        str_copy(r.ifr_name, sizeof r.ifr_name, name);
        rc = fd < 0 ? -1 : ioctl(fd, SIOCGIFHWADDR, &r);
        if (fd >= 0)
                close(fd);
        if (rc != 0)
                return err_set(e, ERR_IO, "%s: cannot ask for the MAC address", name);
        memcpy(out, r.ifr_hwaddr.sa_data, 6);
        return 0;
}

/* The kernel's end bears the glue's name, ours has a "p" behind it. */
static int join(struct port_veth *v, const char *ours, uint32_t mtu, const struct clock *clk, struct err *e)
{
        char key[64];

        snprintf(key, sizeof key, "ipv6/conf/%.15s/disable_ipv6", ours);
        tun_sysctl(key, "1");
        if (link_up(ours, mtu, TUN_TXQLEN, true, e) != 0 || tun_set_up_device(v->p.name, mtu, true, e) != 0)
                return -1;
        v->wire = port_afpacket_open(ours, -1, clk, e);
        if (!v->wire || mac_of(v->p.name, v->eth, e) != 0)
                return -1;
        memcpy(v->eth + 6, v->wire->mac.b, 6);
        v->eth[12] = ETHERTYPE_IP >> 8;
        v->eth[13] = ETHERTYPE_IP & 0xFF;
        return 0;
}

struct port *tun_open_veth(const char *name, uint32_t mtu, const struct clock *clk, struct err *e)
{
        struct port_veth *v = mem_alloc(MEM_PORT, sizeof *v);
        char ours[IFNAMSIZ];

        if (!v) {
                err_nomem(e, "opening the veth glue");
                return NULL;
        }
        snprintf(ours, sizeof ours, "%.14sp", name);
        v->p.ops = &veth_ops;
        v->p.mtu = mtu;
        v->p.link = true;
        v->p.l3 = true;
        str_copy(v->p.name, sizeof v->p.name, name);
        if (link_add_veth(name, ours, e) != 0) {
                mem_free(v);
                return NULL;
        }
        if (join(v, ours, mtu, clk, e) != 0) {
                veth_close(&v->p);
                return NULL;
        }
        return &v->p;
}
