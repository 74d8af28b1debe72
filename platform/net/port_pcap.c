#include "platform/base/hash.h"
#include "platform/base/mem.h"
#include "platform/net/csum.h"
#include "platform/net/pcap.h"
#include "platform/net/port.h"

struct port_pcap {
        struct port p;
        const struct clock *clk;
        struct pcap_file *in, *out;
        uint32_t frame_no;
        /* the frame to be delivered next, read ahead so that replay can set its clock by it */
        const uint8_t *frame;
        uint32_t caplen, len;
        int64_t wall_ns;  /* -1: nothing more to read */
        struct err first; /* what went wrong first, in or out */
};

static void keep_first(struct port_pcap *f, const struct err *e)
{
        if (f->first.code == ERR_NONE)
                f->first = *e;
}

/* A file that breaks off in the middle ends there: what was whole before has been delivered. */
static void read_ahead(struct port_pcap *f)
{
        struct err e;
        int rc = f->in ? pcap_read_next(f->in, &f->frame, &f->caplen, &f->len, &f->wall_ns, &e) : 0;

        if (rc == 1)
                return;
        if (rc < 0)
                keep_first(f, &e);
        f->wall_ns = -1;
}

int64_t port_pcap_next(struct port *p)
{
        return ((struct port_pcap *)p)->wall_ns;
}

static unsigned pcap_rx(struct port *p, struct pkt_pool *pool, struct burst *b)
{
        struct port_pcap *f = (struct port_pcap *)p;
        uint32_t n = MIN_OF(f->caplen, PKT_BIG_FRAME);
        struct pkt *pk;

        if (f->wall_ns < 0 || b->n == BURST_MAX)
                return 0;
        f->frame_no++;
        pk = pkt_get(pool, n);
        if (pk) {
                memcpy(pkt_frame(pk), f->frame, n);
                pk->len = n;
                pk->has_l2 = true;
                pk->rx_ns = (uint64_t)f->wall_ns;
                pk->frame_no = f->frame_no;
                b->pk[b->n++] = pk;
                p->stat.rx_pkts++;
                p->stat.rx_bytes += n;
                /* still delivered: the decoder says what a cut frame means, and every input frame gets a verdict */
                p->stat.rx_trunc += n < f->len;
        } else {
                p->stat.rx_nobuf++;
        }
        read_ahead(f);
        return pk ? 1 : 0;
}

static void tx_one(struct port_pcap *f, struct pkt *pk)
{
        struct port_stat *st = &f->p.stat;
        struct err e = { .code = ERR_NONE };

        if (pk->csum.partial)
                csum_complete(pkt_frame(pk), pk->len, pk->csum.csum_start - pk->off, pk->csum.csum_offset);
        if (f->out && pcap_write(f->out, pkt_frame(pk), pk->len, pk->len, f->clk->wall_ns(f->clk->ctx), &e) == 0) {
                st->tx_pkts++;
                st->tx_bytes += pk->len;
        } else {
                st->tx_drop++;
                keep_first(f, &e);
        }
        pkt_put(pk);
}

static void pcap_tx(struct port *p, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++)
                tx_one((struct port_pcap *)p, b->pk[i]);
        b->n = 0;
}

int port_pcap_finish(struct port *p, struct err *e)
{
        struct port_pcap *f = (struct port_pcap *)p;
        struct err last;

        if (pcap_file_close(f->out, &last) != 0)
                keep_first(f, &last);
        f->out = NULL;
        return f->first.code == ERR_NONE ? 0 : err_set(e, f->first.code, "%s", f->first.text);
}

static int pcap_no_fd(const struct port *p)
{
        (void)p;
        return -1;
}

static bool pcap_done(const struct port *p)
{
        return ((const struct port_pcap *)p)->wall_ns < 0;
}

static void pcap_port_close(struct port *p)
{
        struct port_pcap *f = (struct port_pcap *)p;

        pcap_file_close(f->in, NULL);
        pcap_file_close(f->out, NULL);
        mem_free(f);
}

static const struct port_ops pcap_ops = {
        .kind = "pcap",
        .rx = pcap_rx,
        .tx = pcap_tx,
        .fd = pcap_no_fd,
        .done = pcap_done,
        .close = pcap_port_close,
};

/* By the file's own name, not its folder: the same replay gives the same frames wherever it runs. */
static struct mac mac_of_file(const char *path)
{
        const char *base = strrchr(path, '/');
        uint64_t h = hash_str(base ? base + 1 : path, 0);
        struct mac m = { { 0x02, (uint8_t)(h >> 32), (uint8_t)(h >> 24), (uint8_t)(h >> 16), (uint8_t)(h >> 8),
                           (uint8_t)h } };

        return m;
}

static int open_files(struct port_pcap *f, const char *rx_file, const char *tx_file, struct err *e)
{
        if (rx_file && !(f->in = pcap_read_open(rx_file, e)))
                return -1;
        if (tx_file && !(f->out = pcap_write_open(tx_file, e)))
                return -1;
        read_ahead(f);
        return 0;
}

struct port *port_pcap_open(const char *rx_file, const char *tx_file, const struct clock *clk, struct err *e)
{
        const char *name = rx_file ? rx_file : tx_file ? tx_file : "none";
        struct port_pcap *f = mem_alloc(MEM_PORT, sizeof *f);

        if (!f) {
                err_nomem(e, "opening a capture file");
                return NULL;
        }
        f->p.ops = &pcap_ops;
        f->p.mtu = 65535;
        f->p.link = true;
        f->p.mac = mac_of_file(name);
        f->clk = clk;
        strncpy(f->p.name, name, sizeof f->p.name - 1);
        if (open_files(f, rx_file, tx_file, e) != 0) {
                pcap_port_close(&f->p);
                return NULL;
        }
        return &f->p;
}
