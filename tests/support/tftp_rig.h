/*
 * The TFTP proxy on a proxy_rig: the test is the phones (sockets with the pseudo addresses of their flows), the TFTP
 * server (one more, per fetch), and the dataplane that opens flows and knows phones, as long as it is not told to be
 * silent.
 */
#ifndef VOXGATE_TFTP_RIG_H
#define VOXGATE_TFTP_RIG_H

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "pki/ctl.h"
#include "platform/base/mem.h"
#include "proxy/tftp/tftpx_int.h"
#include "tests/support/rig_test.h"

#define BOX_FLOW_FIRST 30000u
#define BOX_FLOWS_MAX 6000u
#define PHONE_IP 0xC0000232u
#define SERVER_IP 0x0A010102u
#define DEVICE "SEP001122334455"
#define CONFIG DEVICE ".cnf.xml"

struct box_flow_seen {
        int fd;    /* what is at its other end; -1: none any more */
        bool open; /* not given back */
        struct punt_far far;
};

struct tftp_rig {
        struct rig *r;
        bool deaf_secure, deaf_open, refuse_open; /* the dataplane */
        unsigned secures, opens, closes;
        struct punt_secure secure;               /* the last question */
        struct box_flow_seen box[BOX_FLOWS_MAX]; /* in the order of opening */
        struct punt_far asked;                   /* the last one */
        bool ended[PUNT_FLOWS_MAX];              /* flows of requests, by id */
        uint8_t reason[PUNT_FLOWS_MAX];
        uint8_t *ctl;
        size_t ctl_n;
        struct ctl_rt ctl_rt;
        struct identity_rt ids[2];
        struct ctl_file file;
        uint8_t got[2048]; /* the last datagram heard */
        size_t got_n;
        struct sockaddr_in from;
};

/* ---- sockets ---- */

static inline struct sockaddr_in pseudo_at(unsigned leg, uint32_t flow, uint8_t gen)
{
        return (struct sockaddr_in){ .sin_family = AF_INET,
                                     .sin_port = htons(pseudo_port(gen)),
                                     .sin_addr.s_addr = htonl(pseudo_addr(leg, 0, flow)) };
}

static inline int udp_at(struct sockaddr_in a)
{
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0);
        return fd;
}

/* To the phones' socket of the proxy. */
static inline void phone_says(int fd, const void *p, size_t n)
{
        struct sockaddr_in to = { .sin_family = AF_INET,
                                  .sin_port = htons(PUNT_LISTEN_PORT),
                                  .sin_addr.s_addr = htonl(PSEUDO_KERNEL) };

        CHECK(sendto(fd, p, n, 0, (struct sockaddr *)&to, sizeof to) == (ssize_t)n);
}

static inline bool heard(struct tftp_rig *t, int fd)
{
        socklen_t len = sizeof t->from;
        ssize_t n = recvfrom(fd, t->got, sizeof t->got, 0, (struct sockaddr *)&t->from, &len);

        t->got_n = n > 0 ? (size_t)n : 0;
        return n >= 0;
}

static inline void hear(struct tftp_rig *t, int fd)
{
        RIG_UNTIL(t->r, heard(t, fd));
}

/* What a datagram would cause comes at once in the private kernel. */
static inline void hear_nothing(struct tftp_rig *t, int fd)
{
        for (unsigned i = 0; i < 5; i++)
                rig_step(t->r);
        CHECK(!heard(t, fd));
}

static inline unsigned got16(const struct tftp_rig *t, unsigned at)
{
        return (unsigned)(t->got[at] << 8 | t->got[at + 1]);
}

static inline void hear_op(struct tftp_rig *t, int fd, unsigned op, unsigned word)
{
        hear(t, fd);
        if (got16(t, 0) != op || got16(t, 2) != word)
                fprintf(stderr, "%u %u (%.*s) instead of %u %u\n", got16(t, 0), got16(t, 2), (int)t->got_n - 4,
                        t->got + 4, op, word);
        CHECK(got16(t, 0) == op && got16(t, 2) == word);
}

/* ---- the dataplane ---- */

static inline struct box_flow_seen *last_box(struct tftp_rig *t)
{
        CHECK(t->opens);
        return &t->box[t->opens - 1];
}

static inline void opened(struct tftp_rig *t, const struct punt_msg *m)
{
        struct punt_msg back = { .kind = PUNT_BOX_OPENED, .far = m->far };
        struct box_flow_seen *b = &t->box[t->opens];

        t->asked = m->far;
        if (t->deaf_open)
                return;
        back.far.why = DROP_NO_ROUTE;
        if (!t->refuse_open) {
                CHECK(t->opens < BOX_FLOWS_MAX);
                back.far.flow = BOX_FLOW_FIRST + t->opens++;
                back.far.gen = 7;
                *b = (struct box_flow_seen){ udp_at(pseudo_at(1, back.far.flow, 7)), true, back.far };
        }
        rig_tell(t->r, &back);
}

static inline void closed(struct tftp_rig *t, const struct punt_msg *m)
{
        struct box_flow_seen *b = &t->box[m->flow - BOX_FLOW_FIRST];

        CHECK(m->flow - BOX_FLOW_FIRST < t->opens && b->open && m->gen == 7); /* once */
        b->open = false;
        t->closes++;
}

static inline bool tftp_hook(void *ctx, const struct punt_msg *m)
{
        struct punt_msg back = { .flow = m->flow, .gen = m->gen };
        struct tftp_rig *t = ctx;

        switch (m->kind) {
        case PUNT_BOX_OPEN:
                opened(t, m);
                return true;
        case PUNT_BOX_CLOSE:
                closed(t, m);
                return true;
        case PUNT_SECURE:
                t->secures++;
                t->secure = m->secure;
                back.kind = PUNT_SECURE_OK;
                back.secure = m->secure;
                if (!t->deaf_secure && m->secure.cookie)
                        rig_tell(t->r, &back);
                return true;
        case PUNT_END:
                back.kind = PUNT_GONE;
                rig_tell(t->r, &back);
                t->ended[m->flow] = true;
                t->reason[m->flow] = m->reason;
                return true;
        case PUNT_GONE:
                t->ended[m->flow] = true;
                return true;
        default:
                return false;
        }
}

/* ---- its configuration ---- */

static inline void ctl_make(struct tftp_rig *t)
{
        struct ctl_signer by = { assets.key, assets.self, CTL_SHA1 };
        struct ctl_record rec[] = {
                { .role = CTL_SAST, .cert = assets.self },
                { .role = CTL_CCM_TFTP, .cert = assets.server, .dns = "ucm-0", .addr = addr_v4(0xC000028C) }
        };
        struct err e = { 0 };

        CHECK(ctl_write(&by, 1900000000, rec, 2, &t->ctl, &t->ctl_n, &e) == 0);
        CHECK(ctl_parse(t->ctl, t->ctl_n, &t->file, &e) == 0);
        t->ctl_rt = (struct ctl_rt){ "my", t->ctl, t->ctl_n, &t->file };
        t->ids[0] = t->r->id;
        t->ids[1] = t->r->id;
        snprintf(t->ids[1].trustpoint, sizeof t->ids[1].trustpoint, "_internal_PP_my");
        t->r->pki.id = t->ids;
        t->r->pki.n = 2;
        t->r->pki.ctl = &t->ctl_rt;
        t->r->pki.nctl = 1;
}

static inline void tftp_up(struct tftp_rig *t, struct rig *r)
{
        memset(t, 0, sizeof *t);
        t->r = r;
        r->hook = tftp_hook;
        r->hook_ctx = t;
        ctl_make(t);
        rig_phone_proxy(r);
        snprintf(r->pp->ctl_file, sizeof r->pp->ctl_file, "my");
        rig_commit(r);
        rig_step(r);
}

static inline struct tftpx *tftpx_of(const struct tftp_rig *t)
{
        return t->r->p->tftpx;
}
#define COUNT(t, name) (tftpx_of(t)->c.name)

/* Nothing of a file is left in memory, nobody is counted against. */
static inline void nothing_held(struct tftp_rig *t)
{
        CHECK(!tftpx_of(t)->budget.used && !tftpx_of(t)->nfetches);
}

/* Everything has ended by itself. */
static inline void tftp_down(struct tftp_rig *t)
{
        nothing_held(t);
        CHECK(!pool_used(tftpx_of(t)->pool) && t->opens == t->closes);
        ctl_file_fini(&t->file);
        mem_free(t->ctl);
}

/* ---- phones ---- */

/* A flow of requests from a phone at an address: its socket. */
static inline int phone_flow(struct tftp_rig *t, uint32_t flow, uint32_t ip)
{
        struct punt_msg m = { .kind = PUNT_FLOW_NEW, .flow = flow, .gen = 1 };

        t->ended[flow] = false;
        m.info = (struct punt_flow_info){ .conn_id = 1000 + flow,
                                          .proto = IPPROTO_UDP_,
                                          .action = CONN_PUNT,
                                          .engine = INSPECT_TFTP,
                                          .accept_first = true,
                                          .phone_proxy_id = t->r->phone_proxy_id,
                                          .iface = { WF_OUTSIDE, WF_INSIDE },
                                          .client_real = { addr_v4(ip), (uint16_t)(1024 + flow) },
                                          .client_mapped = { addr_v4(ip), (uint16_t)(1024 + flow) },
                                          .server_real = { addr_v4(SERVER_IP), 69 },
                                          .server_mapped = { addr_v4(0xC000028C), 69 } };
        rig_tell(t->r, &m);
        return udp_at(pseudo_at(0, flow, 1));
}

static inline void say_request(int fd, unsigned op, const char *name, const char *options, size_t n)
{
        uint8_t p[600] = { 0, (uint8_t)op };
        size_t at = 2;

        CHECK(strlen(name) + n < 500);
        memcpy(p + at, name, strlen(name) + 1);
        at += strlen(name) + 1;
        memcpy(p + at, "octet", 6);
        at += 6;
        if (n)
                memcpy(p + at, options, n);
        phone_says(fd, p, at + n);
}
#define ASK(fd, name) say_request(fd, TFTP_RRQ, name, NULL, 0)
#define ASK_WITH(fd, name, options) say_request(fd, TFTP_RRQ, name, options, sizeof(options)) /* its last NUL too */

static inline void say16(int fd, unsigned op, unsigned word)
{
        uint8_t p[4] = { 0, (uint8_t)op, (uint8_t)(word >> 8), (uint8_t)word };

        phone_says(fd, p, 4);
}

/* The rest of a transfer at a phone's socket, blocks of blk from `block` on, into out. Its length. */
static inline size_t take_file(struct tftp_rig *t, int fd, unsigned block, size_t blk, uint8_t *out, size_t cap)
{
        size_t n = 0, got;

        for (;; block++) {
                hear_op(t, fd, TFTP_DATA, block & 0xffff);
                got = t->got_n - 4;
                CHECK(got <= blk && n + got <= cap);
                memcpy(out + n, t->got + 4, got);
                n += got;
                say16(fd, TFTP_ACK, block & 0xffff);
                if (got < blk)
                        return n;
        }
}

/* ---- the server ---- */

static inline void server_says(struct tftp_rig *t, int fd, const void *p, size_t n)
{
        CHECK(sendto(fd, p, n, 0, (struct sockaddr *)&t->from, sizeof t->from) == (ssize_t)n);
}

static inline void server_data(struct tftp_rig *t, int fd, unsigned block, const void *p, size_t n)
{
        uint8_t m[2048] = { 0, TFTP_DATA, (uint8_t)(block >> 8), (uint8_t)block };

        memcpy(m + 4, p, n);
        server_says(t, fd, m, n + 4);
}

/* Hears the request for a name at the flow that was opened last; its socket. t->from is the proxy. */
static inline int server_asked(struct tftp_rig *t, const char *name)
{
        int fd = last_box(t)->fd;

        hear(t, fd);
        if (strcmp((char *)t->got + 2, name) != 0)
                fprintf(stderr, "asked for %s instead of %s\n", t->got + 2, name);
        CHECK(got16(t, 0) == TFTP_RRQ && !strcmp((char *)t->got + 2, name));
        return fd;
}

/* Serves a file in blocks of 512, without options; the last acknowledgement is heard. */
static inline void server_serves(struct tftp_rig *t, int fd, const uint8_t *p, size_t n)
{
        for (unsigned block = 1;; block++) {
                size_t k = MIN_OF(n, (size_t)512);

                server_data(t, fd, block, p, k);
                hear_op(t, fd, TFTP_ACK, block);
                p += k;
                n -= k;
                if (k < 512)
                        return;
        }
}

/* clang-format off */
/* A test with a TFTP proxy in a rig: t is it. */
#define TFTP_TEST(name)                                                                                              \
        static void name##_tftp(struct rig *r);                                                                      \
        SESSION_TEST(name)                                                                                           \
        {                                                                                                            \
                tftp_up(t, r);                                                                                       \
                name##_tftp(r);                                                                                      \
                tftp_down(t);                                                                                        \
        }                                                                                                            \
        static void name##_tftp(struct rig *r)
/* clang-format on */

static struct tftp_rig tftp_rig_of_test, *const t = &tftp_rig_of_test;
static uint8_t out[100000]; /* a file that came */

#endif
