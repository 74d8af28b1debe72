/*
 * Packet captures: definitions, matching, linear or circular buffers. Written by the dataplane, read by cold threads through
 * worker_call().
 */
#ifndef VOXGATE_NET_CAPTURE_H
#define VOXGATE_NET_CAPTURE_H

#include "platform/net/dp.h"

enum capture_type { CAPTURE_RAW, CAPTURE_TLS_PROXY, CAPTURE_ASP_DROP };
#define CAPTURES_MAX 16
#define CAPTURE_NAME_MAX 64
#define CAPTURE_MATCH_MAX 3

struct capture_match { /* bidirectional */
        int16_t proto; /* -1 ip */
        struct prefix a, b; /* fam NONE: any */
        struct port_range ap, bp;
};

struct capture_def {
        char name[CAPTURE_NAME_MAX + 1];
        enum capture_type type;
        char nameif[NAMEIF_MAX + 1]; /* "" any */
        uint16_t iface; /* the interface that had this name, whatever its name is now; IFACE_NONE: known by name */
        uint32_t buffer;     /* bytes, 1534-33554432; 524288 */
        uint16_t packet_len; /* 64-9216; 1518 */
        bool circular;
        int drop; /* asp-drop: -1 all, else enum drop_reason */
        unsigned nmatch;
        struct capture_match match[CAPTURE_MATCH_MAX];
};
void capture_def_init(struct capture_def *d, const char *name);

struct capture_set;
struct capture_set *capture_set_new(void) MUST_USE;
void capture_set_free(struct capture_set *s);
/* All three run in the worker's thread. put replaces a definition of the same name, keeping what was captured. */
int capture_put(struct capture_set *s, const struct capture_def *d, struct err *e);
int capture_del(struct capture_set *s, const char *name, struct err *e);
int capture_clear(struct capture_set *s, const char *name, struct err *e); /* NULL: all */

struct capture_stat {
        struct capture_def def;
        uint64_t bytes, pkts;
        bool full;
};
unsigned capture_list(const struct capture_set *s, struct capture_stat out[CAPTURES_MAX]);
struct capture_rec {
        uint64_t wall_ns;
        uint32_t caplen, len; /* stored and original frame length */
        uint16_t drop;
        bool l3; /* no Ethernet header (made up one is not stored) */
};
/* Record idx (0 = oldest) into data (cap bytes). false: no such record or capture. */
bool capture_read(const struct capture_set *s, const char *name, uint64_t idx, struct capture_rec *rec, uint8_t *data,
                  size_t cap);

/* Taps. They cost one branch while nothing is captured. */
void capture_in_stage(struct worker *w, struct burst *b);
void capture_tx(struct worker *w, uint16_t iface, const struct pkt *pk);
void capture_drop(struct worker *w, const struct pkt *pk, unsigned reason);
/* Decrypted bytes of a proxied session, shown as TCP segments with the session's addresses. */
void capture_cleartext(struct capture_set *s, const struct net_rt *n, const struct flow_key *k, uint32_t *seq, uint32_t ack,
                       const void *data, size_t len, uint64_t wall_ns);

#endif
