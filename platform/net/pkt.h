/*
 * Packet buffers and their metadata. A frame is copied from its port into a pool buffer with 128 bytes of headroom
 * and 64 of tailroom; a second small pool holds 64 KB super-frames. Offsets are absolute in the buffer, so pushing or
 * pulling a header in front changes only `off`.
 *
 *      buf            off        l3          l4       pay                off+len        cap
 *       | headroom     | ethernet | IP header | L4 hdr | payload ...       | tailroom     |
 */
#ifndef VOXGATE_NET_PKT_H
#define VOXGATE_NET_PKT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "platform/base/addr.h"
#include "platform/base/attr.h"

#define PKT_HEADROOM 128u
#define PKT_TAILROOM 64u
#define PKT_SMALL_FRAME 2048u
#define PKT_BIG_FRAME 65700u /* 65535 + Ethernet + tags, rounded */
#define BURST_MAX 64u

enum ip_proto { IPPROTO_ICMP_ = 1, IPPROTO_TCP_ = 6, IPPROTO_UDP_ = 17, IPPROTO_ICMP6_ = 58 };

enum pkt_verdict {
        PKT_NEXT,  /* on to the next stage */
        PKT_DROP,  /* pk->drop says why; the runner counts, captures, frees */
        PKT_TAKEN, /* somebody else owns the buffer now */
};

/*
 * What identifies a packet of a flow on one interface. ICMP echo: a request carries its id in sport (dport 0), a
 * reply in dport (sport 0), so that reply and request are each other's reverse. Compared and hashed as bytes: no
 * padding, unused address words are zero.
 */
struct flow_key {
        uint16_t iface; /* index into the interface table */
        uint8_t proto;
        uint8_t fam;             /* enum addr_fam */
        uint16_t sport, dport;   /* host order */
        uint32_t src[4], dst[4]; /* as struct addr.w */
};

static inline struct addr flow_src(const struct flow_key *k)
{
        struct addr a = { .fam = k->fam };

        memcpy(a.w, k->src, sizeof a.w);
        return a;
}

static inline struct addr flow_dst(const struct flow_key *k)
{
        struct addr a = { .fam = k->fam };

        memcpy(a.w, k->dst, sizeof a.w);
        return a;
}

/* The key of the answer, as it would arrive on interface `iface`. */
static inline struct flow_key flow_reverse(const struct flow_key *k, uint16_t iface)
{
        struct flow_key r = {
                .iface = iface, .proto = k->proto, .fam = k->fam, .sport = k->dport, .dport = k->sport
        };

        memcpy(r.src, k->dst, sizeof r.src);
        memcpy(r.dst, k->src, sizeof r.dst);
        return r;
}

/* Checksum and segmentation state, from receive to transmit. */
struct pkt_csum {
        bool partial;         /* L4 field holds the uncomplemented pseudo-header sum, to be completed by the sender */
        bool verified;        /* L4 checksum known good */
        uint8_t gso_type;     /* VIRTIO_NET_HDR_GSO_*; 0 none */
        uint16_t gso_size;    /* payload bytes per segment */
        uint16_t csum_start;  /* offset in buf of the L4 header when partial */
        uint16_t csum_offset; /* of the field behind csum_start */
};

struct pkt_pool;
struct conn;
struct trace;

struct pkt {
        struct pkt_pool *pool;
        uint8_t *buf;
        uint32_t cap, off, len;
        uint32_t l3, l4, pay, end; /* absolute; end = end of the IP datagram (Ethernet padding is behind it) */
        uint32_t tot_pay;          /* payload bytes of the datagram: end - pay */
        uint16_t iface;            /* where it came in; IFACE_NONE when made by the box */
        uint16_t out_iface;        /* set by the stages that decide it */
        struct addr next_hop;      /* set by the route decision */
        uint16_t vlan_tci;         /* 0x1000 set: a tag with this TCI was received */
        uint16_t ethertype;
        uint16_t ip_id, frag_max; /* frag_max: of a reassembled datagram, its largest fragment; else 0 */
        uint8_t ttl, dscp, tcp_flags, icmp_type, icmp_code;
        bool df, is_frag, l2_bcast, has_l2, dry;
        bool policed;  /* the first of a flow: the slow path has asked about it */
        bool from_box; /* written by the private kernel or built by the dataplane */
        uint32_t tcp_seq, tcp_ack;
        uint16_t tcp_win;
        struct pkt_csum csum;
        struct flow_key key;
        struct conn *conn;   /* NULL: none found yet */
        uint8_t side;        /* 0 initiator, 1 responder: which side of the conn it came from */
        uint8_t verdict;     /* enum pkt_verdict */
        uint16_t drop;       /* enum drop_reason */
        uint32_t frame_no;   /* of the input file, for replay verdicts */
        struct trace *trace; /* packet-tracer only */
        uint64_t rx_ns;      /* wall time of reception, for captures */
        const char
                *consumed; /* why a packet ends here without leaving the box; static text or NULL: see dp_consume() */
        struct pkt *link;  /* of the queue that owns it */
};

struct pkt_queue {
        struct pkt *head, *tail;
        unsigned n;
};

static inline void pkt_enqueue(struct pkt_queue *q, struct pkt *pk)
{
        pk->link = NULL;
        if (q->head)
                q->tail->link = pk;
        else
                q->head = pk;
        q->tail = pk;
        q->n++;
}

/* NULL when empty. */
static inline struct pkt *pkt_dequeue(struct pkt_queue *q)
{
        struct pkt *pk = q->head;

        if (pk) {
                q->head = pk->link;
                q->n--;
        }
        return pk;
}

struct burst {
        unsigned n;
        struct pkt *pk[BURST_MAX];
};

static inline uint8_t *pkt_frame(const struct pkt *pk)
{
        return pk->buf + pk->off;
}

/* small, big: how many buffers of each kind, reserved at once. One thread gets and puts. NULL when out of memory. */
struct pkt_pool *pkt_pool_new(uint32_t small, uint32_t big) MUST_USE;
void pkt_pool_free(struct pkt_pool *p);
/* An empty packet (off = PKT_HEADROOM, len = 0, metadata zero) with room for `frame` bytes; NULL when none is free.
 */
struct pkt *pkt_get(struct pkt_pool *p, uint32_t frame) MUST_USE;
void pkt_put(struct pkt *pk);
uint32_t pkt_pool_used(const struct pkt_pool *p);
uint32_t pkt_pool_max(const struct pkt_pool *p);
uint32_t pkt_pool_big(const struct pkt_pool *p); /* how many are large */
uint32_t pkt_pool_low(const struct pkt_pool *p); /* fewest free ever, of each size */
/* The same by size of buffer (PKT_SMALL_FRAME, PKT_BIG_FRAME). */
struct pkt_pool_use {
        uint32_t small, small_used, small_low, big, big_used, big_low;
};
void pkt_pool_use(const struct pkt_pool *p, struct pkt_pool_use *out);
/* Grow or shrink at the front; push fails (false) without headroom. */
bool pkt_push(struct pkt *pk, uint32_t n);
void pkt_pull(struct pkt *pk, uint32_t n);

#endif
