/*
 * Media sessions that engines ask for: ports and a slot here, the relay itself in the dataplane (media.h). A slot and
 * its ports are free again when the dataplane has said CLOSED; a CLOSE that does not fit the ring stays owed.
 */
#include <stdio.h>

#include "proxy/worker/worker_int.h"

/* Names of sessions, as engines see them: slot, and the generation of its life so that late calls hit nothing. */
#define SLOT_BITS 13u
_Static_assert(RELAYS_MAX == 1u << SLOT_BITS, "a slot fits its bits");
#define GEN_MASK ((1u << (32 - SLOT_BITS)) - 1)

static uint32_t name_of(const struct proxy_worker *w, const struct relay *r)
{
        return (r->gen & GEN_MASK) << SLOT_BITS | (uint32_t)(r - w->relay);
}

static struct relay *relay_find(struct proxy_worker *w, uint32_t media)
{
        struct relay *r = &w->relay[media & (RELAYS_MAX - 1)];

        return r->live && !r->closing && name_of(w, r) == media ? r : NULL;
}

/* ---- debug phone-proxy media ---- */

static void debug_relay(struct proxy_worker *w, const struct relay *r, const char *what)
{
        char a[2][ADDR_TEXT_MAX];

        if (!debug_on(w->log, DBG_PP_MEDIA_EVENTS))
                return;
        for (unsigned i = 0; i < 2; i++)
                addr_print(&r->local.at[i].a, a[i]);
        debug_line(w->log, DBG_PP_MEDIA_EVENTS, "PP: Media session %s/%u <-> %s/%u of call %s %s", a[0],
                   r->local.at[0].port, a[1], r->local.at[1].port, r->call, what);
}

static void debug_spec(struct proxy_worker *w, const struct relay *r, const struct media_spec *spec)
{
        static const char *const name[] = {
                [MEDIA_RTP] = "RTP", [MEDIA_SRTP] = "SRTP", [MEDIA_OPAQUE] = "datagrams"
        };

        if (!debug_on(w->log, DBG_PP_MEDIA_EVENTS))
                return;
        debug_relay(w, r, r->open ? "updated" : "created");
        for (unsigned i = 0; i < 2; i++) {
                const struct media_side *m = &spec->side[i];
                char a[ADDR_TEXT_MAX];

                if (m->known)
                        debug_line(w->log, DBG_PP_MEDIA_EVENTS, "PP:   %s side: %s with %s/%u%s",
                                   i ? "server" : "client", name[m->transport], addr_print(&m->remote.a, a),
                                   m->remote.port, m->sends && m->receives ? "" : ", held");
        }
}

static const char *event_text(enum media_event ev)
{
        switch (ev) {
        case MEDIA_EV_FIRST_PACKET:
                return "has its first packet";
        case MEDIA_EV_TIMEOUT:
                return "is idle";
        case MEDIA_EV_KEY_LIMIT:
                return "has nearly used up a key";
        case MEDIA_EV_CLEARED:
                return "is cleared";
        default:
                return "is closed";
        }
}

static struct relay *relay_take(struct proxy_worker *w)
{
        for (unsigned i = 0; i < RELAYS_MAX && w->nrelays < RELAYS_MAX; i++) {
                struct relay *r = &w->relay[w->relay_next++ % RELAYS_MAX];

                if (r->live)
                        continue;
                *r = (struct relay){ .gen = r->gen + 1, .live = true };
                if (!(r->gen & GEN_MASK))
                        r->gen++;
                w->nrelays++;
                w->relays_most = MAX_OF(w->relays_most, w->nrelays);
                return r;
        }
        return NULL;
}

static void ports_give(struct proxy_worker *w, const struct relay *r)
{
        for (unsigned i = 0; i < 2; i++)
                if (r->local.at[i].port)
                        media_port_give(w->media_ports, &r->local.at[i].a, r->local.at[i].port);
}

static void share_give(struct proxy_worker *w, const struct addr *source, const struct addr *client, bool endpoint)
{
        source_give(w->sources, source, SOURCE_MEDIA);
        source_give(w->clients, client, SOURCE_MEDIA);
        if (endpoint)
                source_give(w->sources, source, SOURCE_ENDPOINT_MEDIA);
}

static void relay_give(struct proxy_worker *w, struct relay *r)
{
        ports_give(w, r);
        share_give(w, &r->source, &r->client, r->endpoint);
        if (r->srtp)
                proxy_srtp_give(w);
        r->srtp = false;
        w->closes_owed -= r->close_owed; /* closed there already: its OPEN had been refused */
        r->live = r->open = r->closing = r->close_owed = false;
        w->nrelays--;
}

/* A few lines a second: one phone's calls could fill the log. */
static void log_refused(struct proxy_worker *w, const struct addr *a)
{
        uint32_t held;

        if (log_limit_take(&w->media_refusals, clock_mono_ms(w->env.clk), &held))
                log_msg(w->log, LOG_337008, LA(a));
}

static const struct media_term_rt *term_of(const struct psession *s)
{
        const struct phone_proxy_rt *pp =
                s->w->snap ? phone_proxy_by_id(proxy_rt(s->w->snap), s->info.phone_proxy_id) : NULL;

        return pp ? pp->mta : NULL;
}

static const struct mta_rt *mta_of(const struct psession *s, unsigned side)
{
        const struct media_term_rt *t = term_of(s);

        return t ? media_term_at(t, s->info.iface[side]) : NULL;
}

/* An address and an even port for each side. */
static int ports_take(struct psession *s, struct relay *r)
{
        const struct media_term_rt *t = term_of(s);

        for (unsigned i = 0; i < 2; i++) {
                const struct mta_rt *a = mta_of(s, i);
                struct endpoint *at = &r->local.at[i];

                r->local.iface[i] = s->info.iface[i];
                if (!a)
                        return inspect_refuse_text(&s->ctx, "no media-termination address for interface %s",
                                                   i ? s->ctx.server_if : s->ctx.client_if),
                               -1;
                at->a = a->addr;
                at->port = media_port_take(s->w->media_ports, &a->addr, t->port_lo, t->port_hi);
                if (at->port)
                        continue;
                log_refused(s->w, &a->addr);
                debug_line(s->w->log, DBG_PP_MEDIA_ERRORS, "PP: no media port is free for call %s", r->call);
                return inspect_refuse_text(&s->ctx, "no media port is free"), -1;
        }
        return 0;
}

/* Pairs of ports this worker has of an address, or sessions if those are fewer. */
static uint32_t pairs_of(const struct psession *s)
{
        const struct media_term_rt *t = term_of(s);
        uint32_t n = t ? (t->port_hi - t->port_lo + 1u) / 2 / MAX_OF(s->w->env.nworkers, 1u) : RELAYS_MAX;

        return MIN_OF(n, RELAYS_MAX);
}

/* Nobody knows how many certificates such a client has. */
static bool is_endpoint(const struct psession *s)
{
        return !s->ctx.device[0] && s->client.fam;
}

/* Whatever connections a certificate has: a phone needs little; another endpoint leaves most to its neighbours. */
static uint32_t share_of_client(const struct psession *s)
{
        uint32_t n = pairs_of(s);

        if (s->ctx.device[0])
                return PHONE_RELAYS_MAX;
        return n < SOURCE_SHARED_MIN || !s->client.fam ? UINT32_MAX : n / 8 * 3;
}

/* All endpoints of one address, whatever certificates they have: half stays with phones and other addresses. */
static bool endpoint_take(struct psession *s)
{
        uint32_t n = pairs_of(s);

        return !is_endpoint(s) || source_take(s->w->sources, &s->info.client_real.a, SOURCE_ENDPOINT_MEDIA,
                                              n < SOURCE_SHARED_MIN ? UINT32_MAX : n / 2);
}

/* Counts one for the client that asks. false: it has its share, c->reason. */
static bool share_take(struct psession *s)
{
        struct proxy_worker *w = s->w;

        if (!source_take(w->sources, &s->info.client_real.a, SOURCE_MEDIA, source_share(pairs_of(s))))
                return inspect_refuse_text(&s->ctx, "its address has as many media sessions as one may have"), false;
        if (!source_take(w->clients, &s->client, SOURCE_MEDIA, share_of_client(s))) {
                source_give(w->sources, &s->info.client_real.a, SOURCE_MEDIA);
                return inspect_refuse_text(&s->ctx, "its certificate has as many media sessions as one may have"),
                       false;
        }
        if (endpoint_take(s))
                return true;
        share_give(w, &s->info.client_real.a, &s->client, false);
        return inspect_refuse_text(&s->ctx, "endpoints of its address have as many media sessions as they may have"),
               false;
}

/* A slot, counted for the client. NULL: refused, c->reason. */
static struct relay *relay_for(struct psession *s)
{
        struct proxy_worker *w = s->w;
        struct relay *r;

        if (!share_take(s))
                return NULL;
        r = w->media_ports && w->env.media[s->nlink] ? relay_take(w) : NULL;
        if (r) {
                r->source = s->info.client_real.a;
                r->client = s->client;
                r->endpoint = is_endpoint(s);
                r->phone_proxy_id = s->info.phone_proxy_id;
                return r;
        }
        share_give(w, &s->info.client_real.a, &s->client, is_endpoint(s));
        inspect_refuse_text(&s->ctx, "no media session is free");
        return NULL;
}

int ctx_media_open(struct inspect_ctx *c, const char *call, uint64_t cookie, struct endpoint local[2],
                   uint32_t *media)
{
        struct psession *s = c->host;
        struct proxy_worker *w = s->w;
        struct relay *r = relay_for(s);
        const struct mta_rt *a = mta_of(s, 0);

        if (!r && a)
                log_refused(w, &a->addr);
        if (!r) {
                w->relays_refused++;
                debug_line(w->log, DBG_PP_MEDIA_ERRORS, "PP: %s, call %s", c->reason, call);
                return -1;
        }
        r->engine = s->engine;
        r->link = s->nlink;
        r->cookie = cookie;
        r->owner = s->info.conn_id;
        snprintf(r->call, sizeof r->call, "%s", call);
        if (ports_take(s, r) < 0) {
                relay_give(w, r);
                return -1;
        }
        memcpy(local, r->local.at, sizeof r->local.at);
        *media = name_of(w, r);
        return 0;
}

static struct media_msg msg_of(const struct proxy_worker *w, const struct relay *r, enum media_msg_kind kind)
{
        return (struct media_msg){ .kind = (uint8_t)kind, .h = { (uint8_t)w->id, (uint32_t)(r - w->relay), r->gen } };
}

static bool relay_push(struct proxy_worker *w, const struct relay *r, struct media_msg *m)
{
        struct media_link *l = w->env.media[r->link];
        bool ok = ring_push(l->to_dp, m);

        mem_wipe(m, sizeof *m);
        if (ok)
                worker_wake(l->dp);
        return ok;
}

/* A session with SRTP on a side takes one of the licence's. */
static bool licensed(struct proxy_worker *w, struct relay *r, const struct media_spec *spec)
{
        const struct media_side *side = spec->side;
        const struct net_rt *n = w->snap ? net_rt(w->snap) : NULL;

        if (r->srtp || !license_counts_srtp(side[0].transport == MEDIA_SRTP, side[1].transport == MEDIA_SRTP, false))
                return true;
        r->srtp = proxy_srtp_take(w);
        if (!r->srtp && n)
                log_msg(w->log, LOG_448001, LS(iface_name(n, r->local.iface[0])), LA(&side[0].remote.a),
                        LU(side[0].remote.port), LS(iface_name(n, r->local.iface[1])), LA(&side[1].remote.a),
                        LU(side[1].remote.port), LU(proxy_rt(w->snap)->license.srtp));
        return r->srtp;
}

int host_media_update(void *host_worker, uint32_t media, const struct media_spec *spec)
{
        struct proxy_worker *w = host_worker;
        struct relay *r = relay_find(w, media);
        struct media_msg m;

        if (!r || !licensed(w, r, spec))
                return -1;
        debug_spec(w, r, spec);
        m = msg_of(w, r, r->open ? MEDIA_UPDATE : MEDIA_OPEN);
        m.spec = *spec;
        m.local = r->local;
        m.owner = r->owner;
        m.engine = (uint8_t)r->engine->id;
        memcpy(m.call, r->call, sizeof m.call);
        if (!relay_push(w, r, &m))
                return -1;
        r->open = true;
        return 0;
}

static void relay_close(struct proxy_worker *w, struct relay *r)
{
        struct media_msg m = msg_of(w, r, MEDIA_CLOSE);
        bool owed = !relay_push(w, r, &m);

        w->closes_owed += owed - r->close_owed;
        r->close_owed = owed;
}

void host_media_close(void *host_worker, uint32_t media)
{
        struct proxy_worker *w = host_worker;
        struct relay *r = relay_find(w, media);

        if (!r)
                return;
        r->closing = true;
        if (r->open)
                relay_close(w, r);
        else
                relay_give(w, r);
}

void relay_pay(struct proxy_worker *w)
{
        for (unsigned i = 0; w->closes_owed && i < RELAYS_MAX; i++)
                if (w->relay[i].close_owed)
                        relay_close(w, &w->relay[i]);
}

static void on_report(struct proxy_worker *w, const struct media_report *m)
{
        struct relay *r = m->h.slot < RELAYS_MAX ? &w->relay[m->h.slot] : NULL;
        void *shared;

        if (!r || !r->live || r->gen != m->h.gen)
                return;
        debug_relay(w, r, event_text(m->event));
        shared = shared_of(w, r->engine);
        if (r->engine->media_event && shared)
                r->engine->media_event(shared, r->cookie, m->side, m->event, &m->stat);
        if (m->event == MEDIA_EV_CLOSED && r->closing)
                relay_give(w, r);
        else if (m->event == MEDIA_EV_CLEARED)
                host_media_close(w, name_of(w, r)); /* unless its owner has done it */
}

/* The owner is told as if the operator had ended it. */
static void clear_relay(struct proxy_worker *w, struct relay *r)
{
        void *shared = shared_of(w, r->engine);

        debug_relay(w, r, "has lost its phone proxy");
        if (r->engine->media_event && shared)
                r->engine->media_event(shared, r->cookie, 0, MEDIA_EV_CLEARED, NULL);
        host_media_close(w, name_of(w, r)); /* unless its owner has done it */
}

void relay_keep(struct proxy_worker *w, bool (*keep)(void *ctx, uint32_t phone_proxy_id), void *ctx)
{
        for (unsigned i = 0; w->nrelays && i < RELAYS_MAX; i++) {
                struct relay *r = &w->relay[i];

                if (r->live && !r->closing && !keep(ctx, r->phone_proxy_id))
                        clear_relay(w, r);
        }
}

#define REPORTS_MAX 256u

unsigned relay_reports(struct proxy_worker *w)
{
        struct media_report m;
        unsigned n = 0;

        for (unsigned i = 0; i < w->env.nlinks; i++)
                for (unsigned k = 0; w->env.media[i] && k < REPORTS_MAX && ring_pop(w->env.media[i]->to_proxy, &m);
                     k++, n++)
                        on_report(w, &m);
        return n;
}

unsigned proxy_media_ports_used(const struct proxy_worker *w, const struct addr *a)
{
        return w->media_ports ? media_ports_used(w->media_ports, a) : 0;
}

unsigned proxy_media_addrs(const struct proxy_worker *w, struct addr *a, unsigned n, unsigned max)
{
        struct addr at;
        unsigned k;

        for (unsigned i = 0; w->media_ports && i < MEDIA_ADDRS_MAX && n < max; i++) {
                if (!media_ports_at(w->media_ports, i, &at))
                        continue;
                for (k = 0; k < n && !addr_eq(&a[k], &at); k++)
                        continue;
                if (k == n)
                        a[n++] = at;
        }
        return n;
}
