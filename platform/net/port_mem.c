#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "platform/base/hash.h"
#include "platform/base/list.h"
#include "platform/base/mem.h"
#include "platform/net/port.h"

/* Frames on their way in one direction. The eventfd lets a worker's thread sleep until the other side sends. */
struct lane {
        struct list frames;
        unsigned n;
        int fd;
};

struct mem_frame {
        struct list link;
        struct pkt_csum csum; /* csum_start from the first byte of data */
        size_t len;
        uint8_t data[];
};

/* What both ends share. A test's thread may sit at one end and a worker's at the other. */
struct wire {
        pthread_mutex_t lock;
        unsigned refs;
        struct lane lane[2];
};

struct port_mem {
        struct port p;
        struct wire *wire;
        struct lane *in, *out;
};

/* More would mean that nobody takes them: a wire has no endless memory. */
#define LANE_MAX 65536u

static void lane_clear(struct lane *l)
{
        list_each_safe(it, tmp, &l->frames)
                mem_free(list_entry(it, struct mem_frame, link));
        if (l->fd >= 0)
                close(l->fd);
}

static void wire_put(struct wire *w)
{
        bool last;

        pthread_mutex_lock(&w->lock);
        last = --w->refs == 0;
        pthread_mutex_unlock(&w->lock);
        if (!last)
                return;
        lane_clear(&w->lane[0]);
        lane_clear(&w->lane[1]);
        pthread_mutex_destroy(&w->lock);
        mem_free(w);
}

static struct wire *wire_new(void)
{
        struct wire *w = mem_alloc(MEM_PORT, sizeof *w);

        if (!w)
                return NULL;
        pthread_mutex_init(&w->lock, NULL);
        w->refs = 1;
        for (int i = 0; i < 2; i++) {
                list_init(&w->lane[i].frames);
                w->lane[i].fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        }
        if (w->lane[0].fd < 0 || w->lane[1].fd < 0) {
                wire_put(w);
                return NULL;
        }
        return w;
}

static int lane_put(struct wire *w, struct lane *l, const void *data, size_t n, const struct pkt_csum *csum)
{
        struct mem_frame *f = n <= PKT_BIG_FRAME ? mem_alloc(MEM_PORT, sizeof *f + n) : NULL;
        uint64_t one = 1;
        bool room;

        if (!f)
                return -1;
        memcpy(f->data, data, n);
        f->len = n;
        if (csum)
                f->csum = *csum;
        pthread_mutex_lock(&w->lock);
        room = l->n < LANE_MAX;
        if (room) {
                list_add_tail(&l->frames, &f->link);
                if (!l->n++ && write(l->fd, &one, sizeof one) < 0)
                        one = 0; /* a full counter is as good a wake-up */
        }
        pthread_mutex_unlock(&w->lock);
        if (!room)
                mem_free(f);
        return room ? 0 : -1;
}

/* The oldest frame, now the caller's; NULL when none waits. */
static struct mem_frame *lane_get(struct wire *w, struct lane *l)
{
        struct mem_frame *f;
        uint64_t count;

        pthread_mutex_lock(&w->lock);
        f = list_first(&l->frames, struct mem_frame, link);
        if (f) {
                list_del(&f->link);
                if (!--l->n && read(l->fd, &count, sizeof count) < 0)
                        count = 0; /* already drained */
        }
        pthread_mutex_unlock(&w->lock);
        return f;
}

static bool rx_one(struct port_mem *m, struct pkt_pool *pool, struct burst *b)
{
        struct mem_frame *f = lane_get(m->wire, m->in);
        struct pkt *pk;

        if (!f)
                return false;
        pk = pkt_get(pool, (uint32_t)f->len);
        if (pk) {
                memcpy(pkt_frame(pk), f->data, f->len);
                pk->len = (uint32_t)f->len;
                pk->has_l2 = !m->p.l3;
                pk->csum = f->csum;
                if (pk->csum.partial)
                        pk->csum.csum_start = (uint16_t)(pk->csum.csum_start + pk->off);
                b->pk[b->n++] = pk;
                m->p.stat.rx_pkts++;
                m->p.stat.rx_bytes += f->len;
        } else {
                m->p.stat.rx_nobuf++;
        }
        mem_free(f);
        return true;
}

static unsigned mem_rx(struct port *p, struct pkt_pool *pool, struct burst *b)
{
        unsigned before = b->n;

        while (b->n < BURST_MAX && rx_one((struct port_mem *)p, pool, b))
                continue;
        return b->n - before;
}

static void mem_tx(struct port *p, struct burst *b)
{
        struct port_mem *m = (struct port_mem *)p;

        for (unsigned i = 0; i < b->n; i++) {
                struct pkt *pk = b->pk[i];
                struct pkt_csum c = pk->csum;

                if (c.partial)
                        c.csum_start = (uint16_t)(c.csum_start - pk->off);
                if (lane_put(m->wire, m->out, pkt_frame(pk), pk->len, &c) == 0) {
                        p->stat.tx_pkts++;
                        p->stat.tx_bytes += pk->len;
                } else {
                        p->stat.tx_drop++;
                }
                pkt_put(pk);
        }
        b->n = 0;
}

static int mem_fd(const struct port *p)
{
        return ((const struct port_mem *)p)->in->fd;
}

static void mem_close(struct port *p)
{
        wire_put(((struct port_mem *)p)->wire);
        mem_free(p);
}

static const struct port_ops mem_ops = {
        .kind = "mem",
        .rx = mem_rx,
        .tx = mem_tx,
        .fd = mem_fd,
        .close = mem_close,
};

/* Locally administered, the same in every run. */
static struct mac mac_of_name(const char *name)
{
        uint64_t h = hash_str(name, 0);
        struct mac m = { { 0x02, (uint8_t)(h >> 32), (uint8_t)(h >> 24), (uint8_t)(h >> 16), (uint8_t)(h >> 8),
                           (uint8_t)h } };

        return m;
}

static struct port *end_new(const char *name, bool l3, struct wire *w, unsigned in)
{
        struct port_mem *m = mem_alloc(MEM_PORT, sizeof *m);

        if (!m)
                return NULL;
        m->p.ops = &mem_ops;
        m->p.mtu = 65535;
        m->p.link = true;
        m->p.l3 = l3;
        m->p.mac = mac_of_name(name);
        strncpy(m->p.name, name, sizeof m->p.name - 1);
        m->wire = w;
        m->in = &w->lane[in];
        m->out = &w->lane[!in];
        return &m->p;
}

int port_mem_pair(struct port **a, struct port **b, struct err *e)
{
        struct wire *w = wire_new();

        *a = *b = NULL;
        if (!w)
                return err_nomem(e, "making a memory wire");
        *a = end_new("mem-a", false, w, 0);
        *b = *a ? end_new("mem-b", false, w, 1) : NULL;
        if (!*b) {
                mem_free(*a);
                *a = NULL;
                wire_put(w);
                return err_nomem(e, "making a memory wire");
        }
        w->refs = 2;
        return 0;
}

struct port *port_mem_new(const char *name, bool l3)
{
        struct wire *w = wire_new();
        struct port *p = w ? end_new(name, l3, w, 0) : NULL;

        if (w && !p)
                wire_put(w);
        return p;
}

int port_mem_inject(struct port *p, const void *frame, size_t n, const struct pkt_csum *csum)
{
        struct port_mem *m = (struct port_mem *)p;

        return lane_put(m->wire, m->in, frame, n, csum);
}

size_t port_mem_take(struct port *p, void *out, size_t cap, struct pkt_csum *csum)
{
        struct port_mem *m = (struct port_mem *)p;
        struct mem_frame *f = lane_get(m->wire, m->out);
        size_t n;

        if (!f)
                return 0;
        n = f->len;
        memcpy(out, f->data, MIN_OF(n, cap));
        if (csum)
                *csum = f->csum;
        mem_free(f);
        return n;
}

unsigned port_mem_waiting(struct port *p)
{
        struct port_mem *m = (struct port_mem *)p;
        unsigned n;

        pthread_mutex_lock(&m->wire->lock);
        n = m->in->n;
        pthread_mutex_unlock(&m->wire->lock);
        return n;
}
