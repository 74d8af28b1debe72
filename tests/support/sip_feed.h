/*
 * A world for the SIP engine: sessions on one shared state, a host that gives out relays, keys, pinholes and
 * translations and remembers what it gave. Phone 198.51.100.10/40000 outside (inside it is 10.1.1.254/20001),
 * server 10.1.1.5 inside (outside it is 203.0.113.5), media addresses 203.0.113.9 and 10.1.1.9.
 */
#ifndef VOXGATE_SIP_FEED_H
#define VOXGATE_SIP_FEED_H

#include <stdio.h>

#include "inspect/sip/sip.h"
#include "tests/support/engine_feed.h"

#define WORLD_MEDIA 256u
#define WORLD_NATS 8u
#define WORLD_GROUPS 4096u
#define WORLD_TOLD 64u /* the first are kept */
#define WORLD_CALLS 16u
#define WORLD_PATS 256u

struct world_media {
        bool live, in_force;
        uint64_t cookie;
        struct endpoint local[2];
        struct media_spec spec;
        unsigned updates;
};

/* A source that shares PAT_SEEN: ports 30000 and up stand for it, two for a pair, while a group holds it. */
struct world_pat {
        uint8_t proto;
        bool pair;
        struct endpoint real;
        unsigned holders;
};

struct world {
        void *shared;
        unsigned nmedia, live, opened, closed; /* relays ever; now; counts */
        struct world_media media[WORLD_MEDIA];
        bool no_ports;
        uint8_t random; /* every key is this octet over and over, then the next */
        unsigned nnats;
        struct {
                enum inspect_dir from;
                struct endpoint in, out; /* out.port 0: cannot be translated */
        } nat[WORLD_NATS];
        char device[65];
        uint32_t expires;
        unsigned seen, dropped, boots;
        char boot[256]; /* the last that was told: "DEVICE why" */
        bool phones_full, known;
        unsigned groups, groups_open; /* ever; now */
        bool group_open[WORLD_GROUPS], pat_full;
        bool group_pat[WORLD_GROUPS][WORLD_PATS];
        unsigned npats;
        struct world_pat pat[WORLD_PATS];
        uint32_t shares;        /* hosts of this /24 share an address; 0: none */
        unsigned ntold, ncalls; /* what was told of calls */
        struct call_event told[WORLD_TOLD];
        uint32_t told_of[WORLD_TOLD];
        struct call_about call[WORLD_CALLS];
        enum call_state call_state[WORLD_CALLS];
};

static inline struct endpoint ep4(uint32_t a, uint16_t port)
{
        return (struct endpoint){ addr_v4(a), port };
}

#define PHONE 0xc633640au
#define PHONE_SEEN 0x0a0101feu
#define SERVER 0x0a010105u
#define SERVER_SEEN 0xcb007105u
#define PAT_SEEN 0xcb0071c8u /* 203.0.113.200 */
#define MTA_OUT 0xcb007109u
#define MTA_IN 0x0a010109u

static inline int world_media_open(struct inspect_ctx *c, const char *call, uint64_t cookie, struct endpoint local[2],
                                   uint32_t *media)
{
        struct world *w = c->host_worker;
        struct world_media *m = &w->media[w->nmedia];

        feed_require(call[0]);
        if (w->no_ports || w->nmedia == WORLD_MEDIA)
                return inspect_refuse_text(c, "no media port is free");
        *m = (struct world_media){ .live = true, .cookie = cookie };
        m->local[0] = ep4(MTA_OUT, (uint16_t)(16384 + 2 * w->nmedia));
        m->local[1] = ep4(MTA_IN, (uint16_t)(20000 + 2 * w->nmedia));
        memcpy(local, m->local, sizeof m->local);
        *media = ++w->nmedia;
        w->live++;
        w->opened++;
        return 0;
}

static inline struct world_media *world_find(struct world *w, uint32_t media)
{
        feed_require(media && media <= w->nmedia && w->media[media - 1].live);
        return &w->media[media - 1];
}

static inline int world_media_update(void *host_worker, uint32_t media, const struct media_spec *spec)
{
        struct world_media *m = world_find(host_worker, media);

        m->spec = *spec;
        m->in_force = true;
        m->updates++;
        return 0;
}

static inline void world_media_close(void *host_worker, uint32_t media)
{
        struct world *w = host_worker;

        world_find(w, media)->live = false;
        w->live--;
        w->closed++;
}

static inline int world_random(void *host_worker, void *buf, size_t n)
{
        struct world *w = host_worker;

        memset(buf, ++w->random, n);
        return 0;
}

static inline int world_phone_seen(struct inspect_ctx *c, const char *device, uint32_t expires_s)
{
        struct world *w = c->host_worker;

        if (w->phones_full)
                return inspect_refuse_text(c, "the table of secure phones is full");
        snprintf(w->device, sizeof w->device, "%s", device);
        w->expires = expires_s;
        w->known = expires_s != 0;
        w->seen++;
        return 0;
}

static inline bool world_phone_known(struct inspect_ctx *c, const char *device)
{
        struct world *w = c->host_worker;

        feed_require(device[0]);
        return w->known;
}

static inline void world_phone_boot(struct inspect_ctx *c, const char *device, const char *why)
{
        struct world *w = c->host_worker;

        feed_require(device[0]);
        w->boots++;
        snprintf(w->boot, sizeof w->boot, "%s %s", device, why ? why : "registered");
}

static inline uint32_t world_group_open(struct inspect_ctx *c)
{
        struct world *w = c->host_worker;

        if (w->groups == WORLD_GROUPS - 1)
                return 0;
        w->group_open[++w->groups] = true;
        w->groups_open++;
        return w->groups;
}

static inline void world_group_close(void *host_worker, uint32_t group)
{
        struct world *w = host_worker;

        feed_require(group && group < WORLD_GROUPS && w->group_open[group]);
        w->group_open[group] = false;
        w->groups_open--;
        for (unsigned i = 0; i < w->npats; i++)
                w->pat[i].holders -= w->group_pat[group][i];
}

static inline struct endpoint world_pat_seen(const struct world *w, unsigned i, const struct endpoint *real)
{
        const struct world_pat *p = &w->pat[i];
        unsigned base = 30000 + 2 * i + (p->real.port & 1);

        return ep4(PAT_SEEN, (uint16_t)(base + real->port - p->real.port));
}

static inline unsigned world_pat_find(const struct world *w, uint8_t proto, const struct endpoint *real)
{
        unsigned i = 0;

        for (; i < w->npats; i++) {
                const struct world_pat *p = &w->pat[i];
                unsigned off = (unsigned)(real->port - p->real.port);

                if (p->holders && p->proto == proto && addr_eq(&p->real.a, &real->a) && off <= p->pair)
                        break;
        }
        return i;
}

/* A dynamic rule covers the writer's side of the test's wish. */
static inline bool world_shares(const struct world *w, const struct endpoint *e)
{
        return w->shares && e->a.fam == ADDR_V4 && (e->a.v4 & 0xffffff00u) == w->shares;
}

static inline bool world_announce(struct inspect_ctx *c, const struct announce_req *r, struct endpoint *out)
{
        struct world *w = c->host_worker;
        unsigned i = world_pat_find(w, r->proto, &r->at);

        if (!world_shares(w, &r->at))
                return c->ops->translate(c, r->from, r->proto, &r->at, out);
        feed_require(r->group && r->group < WORLD_GROUPS && w->group_open[r->group]);
        if (i == w->npats) {
                if (w->pat_full || w->npats == WORLD_PATS) {
                        c->waits |= c->may_wait;
                        return false;
                }
                w->pat[w->npats++] = (struct world_pat){ .proto = r->proto, .pair = r->pair, .real = r->at };
                if (r->pair)
                        w->pat[i].real.port &= 0xfffe;
        }
        if (!w->group_pat[r->group][i]) {
                w->group_pat[r->group][i] = true;
                w->pat[i].holders++;
        }
        *out = world_pat_seen(w, i, &r->at);
        return true;
}

static inline bool world_pat_translate(const struct world *w, uint8_t proto, const struct endpoint *in,
                                       struct endpoint *out)
{
        unsigned i = world_pat_find(w, proto, in);

        if (i < w->npats)
                *out = world_pat_seen(w, i, in);
        return i < w->npats;
}

static inline bool world_pat_back(const struct world *w, uint8_t proto, const struct endpoint *in,
                                  struct endpoint *out)
{
        unsigned i = (in->port - 30000u) / 2;

        if (in->a.fam != ADDR_V4 || in->a.v4 != PAT_SEEN || in->port < 30000 || i >= w->npats || !w->pat[i].holders ||
            w->pat[i].proto != proto)
                return false;
        *out = w->pat[i].real;
        if (w->pat[i].pair)
                out->port = (uint16_t)(out->port + (in->port & 1));
        return true;
}

static inline bool world_translate(struct inspect_ctx *c, enum inspect_dir from, uint8_t proto,
                                   const struct endpoint *in, struct endpoint *out)
{
        struct world *w = c->host_worker;

        if (world_pat_translate(w, proto, in, out) || world_pat_back(w, proto, in, out))
                return true;
        if (world_shares(w, in))
                return false;
        for (unsigned i = 0; i < w->nnats; i++) {
                if (w->nat[i].from != from || !addr_eq(&w->nat[i].in.a, &in->a) ||
                    (w->nat[i].in.port && w->nat[i].in.port != in->port))
                        continue;
                if (!w->nat[i].out.a.fam)
                        return false;
                *out = w->nat[i].out;
                out->port = out->port ? out->port : in->port;
                return true;
        }
        *out = *in;
        return true;
}

/* As the host has it: a place that nothing can stand for has no way in. */
static inline int world_open_pinhole(struct inspect_ctx *c, const struct pinhole_req *r)
{
        struct world *w = c->host_worker;

        if (!w->pat_full || !r->group || !world_shares(w, &r->dst))
                return feed_on_pinhole(c, r);
        c->waits |= c->may_wait;
        return -1;
}

static inline void world_dropped(struct inspect_ctx *c)
{
        struct world *w = c->host_worker;

        w->dropped++;
}

static inline uint32_t world_call_open(struct inspect_ctx *c, const struct call_about *about)
{
        struct world *w = c->host_worker;

        if (w->ncalls == WORLD_CALLS)
                return 0;
        w->call[w->ncalls] = *about;
        w->call_state[w->ncalls] = CALL_SETUP;
        return ++w->ncalls;
}

static inline void world_call_event(void *host_worker, uint32_t call, const struct call_event *e)
{
        struct world *w = host_worker;

        feed_require(call && call <= w->ncalls && e->label[0]);
        if (w->ntold < WORLD_TOLD) {
                w->told_of[w->ntold] = call;
                w->told[w->ntold++] = *e;
        }
}

static inline void world_call_state(void *host_worker, uint32_t call, enum call_state st)
{
        struct world *w = host_worker;

        feed_require(call && call <= w->ncalls);
        if (w->call_state[call - 1] != CALL_ENDED)
                w->call_state[call - 1] = st;
}

static inline void world_call_parties(void *host_worker, uint32_t call, const char *from, const char *to)
{
        struct world *w = host_worker;

        feed_require(call && call <= w->ncalls);
        snprintf(w->call[call - 1].from, CALL_PARTY_MAX, "%s", from);
        snprintf(w->call[call - 1].to, CALL_PARTY_MAX, "%s", to);
}

static const struct inspect_host world_ops = {
        .open_pinhole = world_open_pinhole,
        .end_pinhole = feed_on_pinhole_end,
        .translate = world_translate,
        .announce = world_announce,
        .group_open = world_group_open,
        .group_close = world_group_close,
        .media_open = world_media_open,
        .media_update = world_media_update,
        .media_close = world_media_close,
        .random = world_random,
        .phone_seen = world_phone_seen,
        .phone_known = world_phone_known,
        .phone_boot = world_phone_boot,
        .end_session = feed_on_silent,
        .answer = feed_on_answer,
        .count = feed_on_count,
        .dropped = world_dropped,
        .call_open = world_call_open,
        .call_event = world_call_event,
        .call_state = world_call_state,
        .call_parties = world_call_parties,
};

static inline void world_begin(struct world *w)
{
        memset(w, 0, sizeof *w);
        w->shared = inspect_sip.shared_new(&world_ops, w, NULL);
        feed_require(w->shared != NULL);
        w->random = 0;
}

static inline void world_end(struct world *w)
{
        inspect_sip.shared_free(w->shared);
        feed_require(w->live == 0);
        feed_require(w->groups_open == 0);
}

static inline void world_nat(struct world *w, enum inspect_dir from, struct endpoint in, struct endpoint out)
{
        feed_require(w->nnats < WORLD_NATS);
        w->nat[w->nnats].from = from;
        w->nat[w->nnats].in = in;
        w->nat[w->nnats++].out = out;
}

/* What a session is like. */
struct leg_setup {
        struct world *w;
        enum inspect_transport via[2];
        const struct phone_params *phone;
        bool anchor, no_nat;
        const char *device;
        uint16_t port;   /* of the client; 0: 40000 */
        uint8_t id;      /* its certificate; 0: none */
        uint32_t client; /* 0: PHONE */
};

static inline void world_set(struct inspect_ctx *c, void *arg)
{
        const struct leg_setup *l = arg;
        static uint64_t id;

        c->shared = l->w->shared;
        c->host_worker = l->w;
        c->ops = &world_ops;
        c->session_id = ++id;
        c->via[0] = l->via[0];
        c->via[1] = l->via[1];
        c->client = ep4(l->client ? l->client : PHONE, l->port ? l->port : 40000);
        memset(c->client_id, l->id, sizeof c->client_id);
        c->server = ep4(SERVER, l->via[1] == VIA_TLS ? 5061 : 5060);
        c->client_mapped = l->no_nat ? c->client : ep4(PHONE_SEEN, (uint16_t)(c->client.port - 19999));
        c->server_mapped = ep4(l->no_nat ? SERVER : SERVER_SEEN, l->via[0] == VIA_TLS ? 5061 : 5060);
        c->phone = l->phone;
        c->anchor = l->anchor;
        c->now_ms = 1000;
        snprintf(c->device, sizeof c->device, "%s", l->device ? l->device : "");
}

static inline void world_session(struct feed *f, const struct leg_setup *l, const void *params)
{
        struct leg_setup copy = *l;

        feed_open_as(f, l->via[0] == VIA_UDP ? &inspect_sip_udp : &inspect_sip, params, world_set, &copy);
}

static const struct phone_params world_phone = { .name = "mypp", .any_endpoint = true };
static const struct phone_params world_strict = { .name = "mypp" };
static const struct phone_params world_mixed = { .name = "mypp", .any_endpoint = true, .mixed = true };

/* One message of that side; what went on, as text, until the next call. NULL: nothing went on. */
static inline const char *sip_say(struct feed *f, enum inspect_dir dir, const char *text)
{
        struct feed_side *s = &f->side[dir];
        enum engine_verdict v;

        s->nout = 0; /* copied at each growth, what thousands of messages left behind would cost minutes */
        v = feed(f, dir, text, strlen(text));
        s->out = feed_grow(s->out, s->nout + 1);
        s->out[s->nout] = 0;
        if (!f->engine->stream && v == ENGINE_ACCEPT && !s->nout)
                return text;
        return s->nout ? (const char *)s->out : NULL;
}

/* A message with its Content-Length; head without it and without the blank line. Static storage, four at a time. */
static inline const char *sip_text(const char *head, const char *body)
{
        static char text[4][8192];
        static unsigned n;
        char *out = text[n++ % 4];
        int len = snprintf(out, sizeof text[0], "%s%sContent-Length: %zu\r\n\r\n%s", head,
                           *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);

        feed_require(len > 0 && (size_t)len < sizeof text[0]);
        return out;
}

#endif
