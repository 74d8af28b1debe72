/* Shared by the files of the captures: the record buffer, the tuple of a frame, the set. */
#ifndef VOXGATE_NET_CAPTURE_INT_H
#define VOXGATE_NET_CAPTURE_INT_H

#include "platform/net/capture.h"

#define CAPTURE_LEN_MAX 9216u /* longest packet-length */

/* Records one behind the other in a ring of bytes, oldest first; each is a 16-byte header and the stored bytes. */
struct capture_buf {
        uint8_t *mem;
        uint32_t size, head, used; /* head: offset of the oldest record */
        uint64_t pkts;             /* records stored now */
        bool circular, full;
        struct { /* where the last capture_buf_read() ended, so that reading in order is linear */
                uint64_t idx;
                uint32_t at;
        } next;
};
int capture_buf_init(struct capture_buf *b, uint32_t size, bool circular);
void capture_buf_fini(struct capture_buf *b);
void capture_buf_clear(struct capture_buf *b);
/* Stores rec->caplen bytes; false when a linear buffer has stopped. */
bool capture_buf_add(struct capture_buf *b, const struct capture_rec *rec, const void *data);
/* Record idx, 0 the oldest: at most cap bytes of it into data. */
bool capture_buf_read(struct capture_buf *b, uint64_t idx, struct capture_rec *rec, uint8_t *data, size_t cap);

/* Addresses and ports as they stand in the bytes of a frame, whatever the stages did to the packet's metadata. */
struct capture_tuple {
        struct addr src, dst; /* fam ADDR_NONE: not IP, or too short to say */
        uint16_t sport, dport;
        uint8_t proto;
        bool ports; /* sport and dport are there */
};
void capture_tuple_of(const uint8_t *frame, size_t n, bool l3, struct capture_tuple *t);
bool capture_matches(const struct capture_def *d, const struct capture_tuple *t);

struct capture {
        struct capture_def def;
        struct capture_buf buf;
};
struct capture_set {
        unsigned n, by_type[CAPTURE_ASP_DROP + 1]; /* how many in all and of each type: the taps' one branch */
        struct capture *cap[CAPTURES_MAX];         /* in the order they were defined */
        uint8_t scratch[CAPTURE_LEN_MAX];          /* the frame being stored, tag and checksum restored */
};

/* One frame about to be stored: the beginning of it in the set's scratch. */
struct capture_shot {
        struct capture_rec rec; /* caplen: bytes in scratch */
        struct capture_tuple tuple;
};
/* Into every capture of that type that wants it. n NULL: no interface has a name. */
void capture_store(struct capture_set *s, enum capture_type type, const struct net_rt *n, uint16_t iface,
                   const struct capture_shot *sh);

#endif
