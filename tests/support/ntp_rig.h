/* The NTP client against servers of our own on this machine; time is ours. */
#ifndef VOXGATE_NTP_RIG_H
#define VOXGATE_NTP_RIG_H

#include "tests/support/test.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "platform/base/str.h"
#include "platform/svc/ntp.h"

#define S 1000000000ll
#define MS 1000000ll
#define START (1700000000 * S)
#define TICK_MS 100u
#define SERVERS 3u

struct server {
        int fd;
        int64_t ahead_ns; /* of the host's clock */
        bool silent, wrong_cookie, no_mac, nak, lie_first, false_mac_first, no_times;
        uint8_t mode, version; /* 0: as it should be */
        int64_t held_ns;       /* between question and answer, as it says */
        uint8_t leap, stratum;
        uint32_t root_disp, ref_id, key_id;
        enum ntp_hash hash;
        const char *key; /* NULL: does not sign */
        unsigned asked;
        bool signed_;
};

struct rig {
        struct clock_virtual v;
        struct clock host, clk;
        struct clock_own own;
        struct rng_fixed seed;
        struct rng rng;
        struct ntp *n;
        struct ntp_conf conf;
        struct server srv[SERVERS];
        unsigned opened, closed, questions;
        bool refuse;
        char nameif[NAMEIF_MAX + 1];
        int64_t wall; /* at the last look */
        bool went_back;
        enum name_state known;
};

/* ---- the servers ---- */

/* Not of the Internet: there a datagram arrives when a busy kernel has time for it, here it is there once it is sent.
 */
static inline int end_open(void)
{
        const struct sockaddr_un a = { .sun_family = AF_UNIX }; /* the kernel gives it a name */
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

        assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof a.sun_family), 0);
        return fd;
}

static inline size_t sign(const struct server *s, uint8_t *d)
{
        struct wbuf w = wbuf_of(d + NTP_HEAD, 24);
        uint8_t digest[NTP_DIGEST_MAX];

        if (s->nak)
                wbuf_be32(&w, 0);
        if (s->nak || !s->key)
                return NTP_HEAD + w.len;
        wbuf_be32(&w, s->key_id);
        wbuf_put(&w, digest, ntp_mac(s->hash, s->key, d, digest));
        return NTP_HEAD + w.len;
}

static inline void answer(struct rig *r, struct server *s, const struct ntp_packet *q, bool lie,
                          const struct sockaddr_un *to, socklen_t len)
{
        int64_t ns = r->host.wall_ns(r->host.ctx) + s->ahead_ns;
        uint64_t now = ntp_of_ns(ns);
        struct ntp_packet a = { .leap = s->leap,
                                .version = s->version ? s->version : 4,
                                .mode = s->mode ? s->mode : NTP_SERVER,
                                .stratum = s->stratum,
                                .poll = 6,
                                .precision = -20,
                                .root_delay = 0x100,
                                .root_disp = s->root_disp,
                                .ref_id = s->ref_id,
                                .reference = now,
                                .originate = q->transmit ^ (lie || s->wrong_cookie),
                                .receive = s->no_times ? 0 : ntp_of_ns(ns - s->held_ns),
                                .transmit = s->no_times ? 0 : now };
        uint8_t d[NTP_PACKET_MAX];
        struct wbuf w = wbuf_of(d, sizeof d);

        ntp_packet_write(&a, &w);
        sendto(s->fd, d, sign(s, d), 0, (const struct sockaddr *)to, len);
}

static inline void answer_falsely_signed(struct rig *r, struct server *s, const struct ntp_packet *q,
                                         const struct sockaddr_un *to, socklen_t len)
{
        const char *key = s->key;

        s->key = "another";
        answer(r, s, q, false, to, len);
        s->key = key;
}

static inline void serve(struct rig *r, struct server *s)
{
        uint8_t d[512];
        struct sockaddr_un from;
        socklen_t len = sizeof from;
        struct ntp_packet q;
        ssize_t n;

        while ((n = recvfrom(s->fd, d, sizeof d, 0, (struct sockaddr *)&from, &len)) >= 0) {
                assert_int_equal(ntp_packet_parse(cur_of(d, (size_t)n), &q), PARSE_OK);
                assert_int_equal(q.mode, NTP_CLIENT);
                assert_int_equal(q.reference | q.receive | q.originate, 0); /* tells nothing of us */
                s->asked++;
                r->questions++;
                s->signed_ = s->key && q.key_id == s->key_id && ntp_mac_ok(s->hash, s->key, d, &q);
                if (s->silent)
                        continue;
                if (s->lie_first)
                        answer(r, s, &q, true, &from, len);
                if (s->false_mac_first)
                        answer_falsely_signed(r, s, &q, &from, len);
                answer(r, s, &q, false, &from, len);
        }
}

/* ---- the way ---- */

static inline int way_open(void *ctx, const char *nameif, const struct addr *server, struct box_flow *out,
                           struct err *e)
{
        struct rig *r = ctx;
        struct sockaddr_un a;
        socklen_t n = sizeof a;
        int fd;

        (void)out;
        if (r->refuse)
                return err_set(e, ERR_STATE, "no route to it");
        getsockname(r->srv[server->v4 & 3].fd, (struct sockaddr *)&a, &n);
        fd = end_open();
        assert_int_equal(connect(fd, (struct sockaddr *)&a, n), 0);
        str_copy(r->nameif, sizeof r->nameif, nameif);
        r->opened++;
        return fd;
}

static inline void way_close(void *ctx, const struct box_flow *f)
{
        (void)f;
        ((struct rig *)ctx)->closed++;
}

static inline enum name_state ask_name(void *ctx, const char *name, struct name_answer *out)
{
        struct rig *r = ctx;

        *out = (struct name_answer){ .n = 1, .at = { addr_v4(0x0a000001) } };
        if (r->known == NAME_UNKNOWN)
                snprintf(out->why, sizeof out->why, "%s is nobody", name);
        return r->known;
}

/* ---- the rig ---- */

static inline int set_up(void **state)
{
        struct rig *r = calloc(1, sizeof *r);
        struct ntp_env env;

        r->v = (struct clock_virtual){ .mono = 7 * S, .wall = START };
        r->host = clock_of_virtual(&r->v);
        clock_own_init(&r->own, &r->host);
        r->clk = clock_of_own(&r->own);
        r->seed.state = 1;
        r->rng = rng_of_fixed(&r->seed);
        r->known = NAME_KNOWN;
        for (unsigned i = 0; i < SERVERS; i++)
                r->srv[i] = (struct server){ .fd = end_open(), .stratum = 2, .ref_id = 0x0a00007b };
        env = (struct ntp_env){ .clock = &r->own,
                                .rng = &r->rng,
                                .way = { r, way_open, way_close },
                                .names = { .ctx = r, .ask = ask_name } };
        r->n = ntp_new(&env, NULL);
        assert_non_null(r->n);
        *state = r;
        return 0;
}

static inline int tear_down(void **state)
{
        struct rig *r = *state;

        ntp_free(r->n);
        assert_int_equal(r->opened, r->closed);
        clock_own_fini(&r->own);
        for (unsigned i = 0; i < SERVERS; i++)
                close(r->srv[i].fd);
        free(r);
        return 0;
}

static inline struct ntp_server_conf *add(struct rig *r, unsigned i)
{
        struct ntp_server_conf *c = &r->conf.server[r->conf.nservers++];

        snprintf(c->host, sizeof c->host, "10.0.0.%u", i);
        return c;
}

static inline void add_key(struct rig *r, uint32_t id, enum ntp_hash h, const char *text, bool trusted)
{
        struct ntp_key *k = &r->conf.key[r->conf.nkeys++];

        *k = (struct ntp_key){ .id = id, .hash = h, .trusted = trusted };
        str_copy(k->key, sizeof k->key, text);
}

static inline void look(struct rig *r)
{
        int64_t now = r->clk.wall_ns(r->clk.ctx);

        r->went_back |= now < r->wall;
        r->wall = now;
}

/* Rounds of both sides; the way to a server takes 5 ms each way. */
static inline void round_of_all(struct rig *r)
{
        unsigned before;

        do {
                before = r->questions;
                ntp_step(r->n, 0);
                clock_advance_ms(&r->v, 5);
                for (unsigned i = 0; i < SERVERS; i++)
                        serve(r, &r->srv[i]);
                clock_advance_ms(&r->v, 5);
                look(r);
        } while (r->questions != before);
}

static inline void run(struct rig *r, unsigned seconds)
{
        uint64_t until = r->v.mono + seconds * (uint64_t)S;

        while (r->v.mono < until) {
                round_of_all(r);
                clock_advance_ms(&r->v, TICK_MS - 10);
        }
}

static inline void begin(struct rig *r)
{
        ntp_configure(r->n, &r->conf);
        r->wall = r->clk.wall_ns(r->clk.ctx);
}

static inline struct ntp_status status(struct rig *r)
{
        struct ntp_status st;

        ntp_status(r->n, &st);
        return st;
}

static inline struct ntp_row row(struct rig *r, unsigned i)
{
        struct ntp_row rows[NTP_SERVERS_MAX];

        assert_true(ntp_rows(r->n, rows) > i);
        return rows[i];
}

/* Until it has answered once more. */
static inline void until_answered(struct rig *r, unsigned i)
{
        uint64_t before = row(r, i).answered;

        for (unsigned k = 0; row(r, i).answered == before; k++) {
                assert_true(k < 20000);
                run(r, 1);
        }
}

static inline void assert_ahead(struct rig *r, int64_t ns)
{
        int64_t off = clock_own_offset(&r->own) - ns;

        if (off > MS / 10 || off < -MS / 10)
                fail_msg("the clock is wrong by %lld ns", (long long)off);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

#endif
