#include "platform/boot/replay_port.h"

#include <string.h>

#include "platform/base/cur.h"
#include "platform/base/mem.h"
#include "platform/net/pcap.h"

#define ARP_FRAME 42u
#define ANSWERS_MAX 256u
#define KNOWN_MAX 4096u

struct known {
        uint32_t ip;
        struct mac mac;
};

struct replay_port {
        struct port port;
        struct port *file;
        const struct clock *clk;
        unsigned nanswers;
        uint8_t answer[ANSWERS_MAX][ARP_FRAME];
        unsigned nknown;
        struct known known[KNOWN_MAX];
};

static struct replay_port *self(const struct port *p)
{
        return container_of((struct port *)(uintptr_t)p, struct replay_port, port);
}

/* ---- who is who in the input ---- */

static void learn(struct replay_port *r, uint32_t ip, const uint8_t *mac)
{
        for (unsigned i = 0; i < r->nknown; i++)
                if (r->known[i].ip == ip)
                        return;
        if (r->nknown == KNOWN_MAX || !ip)
                return;
        r->known[r->nknown].ip = ip;
        memcpy(r->known[r->nknown++].mac.b, mac, 6);
}

static void learn_frame(struct replay_port *r, const uint8_t *frame, uint32_t n)
{
        struct cur c = cur_of(frame, n);
        const uint8_t *mac;
        uint16_t type;

        cur_take(&c, 6);
        mac = cur_take(&c, 6);
        type = cur_be16(&c);
        if (type == 0x8100) {
                cur_take(&c, 2);
                type = cur_be16(&c);
        }
        cur_take(&c, type == 0x0806 ? 14 : 12); /* up to the sender's address */
        if (type == 0x0806 || type == 0x0800) {
                uint32_t ip = cur_be32(&c);

                if (!c.bad)
                        learn(r, ip, mac);
        }
}

static int learn_file(struct replay_port *r, const char *path, struct err *e)
{
        struct pcap_file *f = pcap_read_open(path, e);
        const uint8_t *frame;
        uint32_t cap, len;
        int64_t when;

        if (!f)
                return -1;
        while (pcap_read_next(f, &frame, &cap, &len, &when, e) == 1)
                learn_frame(r, frame, cap);
        return pcap_file_close(f, e);
}

static struct mac mac_of(const struct replay_port *r, uint32_t ip)
{
        for (unsigned i = 0; i < r->nknown; i++)
                if (r->known[i].ip == ip)
                        return r->known[i].mac;
        return (struct mac){ { 2, 0, (uint8_t)(ip >> 24), (uint8_t)(ip >> 16), (uint8_t)(ip >> 8), (uint8_t)ip } };
}

/* ---- ARP ---- */

static bool is_request(const uint8_t *f, uint32_t n)
{
        return n >= ARP_FRAME && f[12] == 8 && f[13] == 6 && f[20] == 0 && f[21] == 1;
}

static void answer(struct replay_port *r, const uint8_t *q)
{
        uint32_t asked = (uint32_t)q[38] << 24 | (uint32_t)q[39] << 16 | (uint32_t)q[40] << 8 | q[41];
        struct mac m = mac_of(r, asked);
        uint8_t *a;

        /* A question for the asker's own address announces it; nobody answers. */
        if (memcmp(q + 28, q + 38, 4) == 0 || r->nanswers == ANSWERS_MAX)
                return;
        a = r->answer[r->nanswers++];
        memcpy(a, q + 6, 6);
        memcpy(a + 6, m.b, 6);
        memcpy(a + 12, q + 12, 8);
        a[20] = 0;
        a[21] = 2;
        memcpy(a + 22, m.b, 6);
        memcpy(a + 28, q + 38, 4);
        memcpy(a + 32, q + 22, 10);
}

/* ---- the port ---- */

static unsigned rx_answer(struct replay_port *r, struct pkt_pool *pool, struct burst *b)
{
        struct pkt *pk = pkt_get(pool, ARP_FRAME);

        if (!pk)
                return 0;
        r->nanswers--;
        memcpy(pkt_frame(pk), r->answer[0], ARP_FRAME);
        memmove(r->answer[0], r->answer[1], (size_t)r->nanswers * ARP_FRAME);
        pk->len = ARP_FRAME;
        pk->has_l2 = true;
        pk->rx_ns = (uint64_t)r->clk->wall_ns(r->clk->ctx);
        b->pk[b->n++] = pk;
        return 1;
}

/* The input was captured at another box, whose MAC address unicast frames carry: we stand in its place. */
static void address_to_us(const struct replay_port *r, struct pkt *pk)
{
        uint8_t *f = pkt_frame(pk);

        if (pk->len >= 14 && !(f[0] & 1))
                memcpy(f, r->port.mac.b, 6);
}

static unsigned replay_rx(struct port *p, struct pkt_pool *pool, struct burst *b)
{
        struct replay_port *r = self(p);
        int64_t next;

        if (r->nanswers)
                return rx_answer(r, pool, b);
        next = port_pcap_next(r->file);
        if (next < 0 || next > r->clk->wall_ns(r->clk->ctx))
                return 0;
        if (!r->file->ops->rx(r->file, pool, b))
                return 0;
        address_to_us(r, b->pk[b->n - 1]);
        return 1;
}

static void replay_tx(struct port *p, struct burst *b)
{
        struct replay_port *r = self(p);

        for (unsigned i = 0; i < b->n; i++)
                if (is_request(pkt_frame(b->pk[i]), b->pk[i]->len))
                        answer(r, pkt_frame(b->pk[i]));
        r->file->ops->tx(r->file, b);
}

static int replay_fd(const struct port *p UNUSED)
{
        return -1;
}

static bool replay_done(const struct port *p)
{
        return port_pcap_next(self(p)->file) < 0;
}

static void replay_close(struct port *p)
{
        struct replay_port *r = self(p);

        if (r->file)
                r->file->ops->close(r->file);
        mem_free(r);
}

static const struct port_ops replay_ops = {
        .kind = "replay",
        .rx = replay_rx,
        .tx = replay_tx,
        .fd = replay_fd,
        .done = replay_done,
        .close = replay_close,
};

struct port *replay_port_open(const char *rx_file, const char *tx_file, const struct clock *clk, struct err *e)
{
        struct replay_port *r = mem_alloc(MEM_PORT, sizeof *r);

        if (!r) {
                err_nomem(e, "opening a replay port");
                return NULL;
        }
        r->port.ops = &replay_ops;
        r->port.link = true;
        r->port.mtu = 1500;
        r->clk = clk;
        if (!rx_file || learn_file(r, rx_file, e) == 0)
                r->file = port_pcap_open(rx_file, tx_file, clk, e);
        if (r->file) {
                r->port.mac = r->file->mac;
                return &r->port;
        }
        replay_close(&r->port);
        return NULL;
}

int64_t replay_port_next(struct port *p)
{
        return port_pcap_next(self(p)->file);
}

bool replay_port_pending(const struct port *p)
{
        return self(p)->nanswers > 0;
}

int replay_port_finish(struct port *p, struct err *e)
{
        return port_pcap_finish(self(p)->file, e);
}
