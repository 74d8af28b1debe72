/* One server: when to ask it, which answers count, and what they say. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/str.h"
#include "platform/svc/ntp_int.h"

#define NAME_WAIT_MS 200u
#define BARRED_MS 64000u
#define SILENT_MAX_MS 1024000u
#define CALM_NS 5000000   /* so near the clock may be left alone for longer */
#define ROUGH_NS 20000000 /* and with that it may not */
#define CALM_ANSWERS 4u
#define DATAGRAMS 16u /* of one round */
#define OWN_ERROR_NS 1000

static uint64_t now_ns(const struct ntp *n)
{
        const struct clock *host = n->env.clock->host;

        return host->mono_ns(host->ctx);
}

/* ---- its life ---- */

static const struct ntp_key *key_of(const struct ntp_conf *c, uint32_t id)
{
        for (unsigned i = 0; i < c->nkeys; i++)
                if (c->key[i].id == id)
                        return &c->key[i];
        return NULL;
}

void ntp_peer_init(struct ntp_peer *p, const struct ntp_server_conf *c, const struct ntp_conf *all)
{
        const struct ntp_key *k = c->key ? key_of(all, c->key) : NULL;

        *p = (struct ntp_peer){ .conf = *c, .fd = -1, .poll = NTP_POLL_MIN, .burst = NTP_BURST };
        if (k)
                p->key = *k;
        p->barred = true;
        if (c->key && !k)
                snprintf(p->why, sizeof p->why, "there is no ntp authentication-key %u", c->key);
        else if (all->authenticate && !c->key)
                snprintf(p->why, sizeof p->why, "ntp authenticate is set, and it has no key");
        else if (all->authenticate && !k->trusted)
                snprintf(p->why, sizeof p->why, "key %u is not trusted: ntp trusted-key %u", c->key, c->key);
        else
                p->barred = false;
}

void ntp_peer_close(struct ntp *n, struct ntp_peer *p)
{
        if (p->fd < 0)
                return;
        close(p->fd);
        p->fd = -1;
        n->env.way.close(n->env.way.ctx, &p->flow);
}

void ntp_peer_restart(struct ntp_peer *p, uint64_t now_ms)
{
        p->nsamples = p->good = p->misses = p->calm = 0;
        p->burst = NTP_BURST;
        p->poll = NTP_POLL_MIN;
        p->next_ms = now_ms;
}

uint64_t ntp_peer_due_ms(const struct ntp_peer *p)
{
        return p->fd < 0 ? p->next_ms : p->asked_ns / 1000000 + NTP_ANSWER_MS;
}

bool ntp_peer_fit(const struct ntp_peer *p)
{
        return p->good >= NTP_FIT_ANSWERS && p->sane && p->misses < NTP_GONE_MISSES;
}

/* A server that is silent is asked less and less. */
static void miss(struct ntp *n, struct ntp_peer *p, uint64_t now_ms)
{
        uint64_t wait = (uint64_t)NTP_BURST_MS << MIN_OF(p->misses, 10u);

        p->reach = (uint8_t)(p->reach << 1);
        p->next_ms = now_ms + MIN_OF(wait, (uint64_t)SILENT_MAX_MS);
        if (++p->misses < NTP_GONE_MISSES)
                return;
        p->nsamples = p->good = 0;
        p->burst = NTP_BURST;
        if (!p->gone)
                log_msg(n->log, LOG_780031, LS(p->conf.host), LS(p->why));
        p->gone = true;
}

/* ---- asking ---- */

/* 1 known, 0 not yet, -1 it has no address. */
static int find_address(struct ntp *n, struct ntp_peer *p)
{
        struct name_answer a;
        enum name_state got;

        if (addr_parse(p->conf.host, &p->addr))
                return 1;
        if (!n->env.names.ask) {
                snprintf(p->why, sizeof p->why, "names are not resolved here");
                return -1;
        }
        got = n->env.names.ask(n->env.names.ctx, p->conf.host, &a);
        if (got == NAME_ASKED)
                return 0;
        if (got == NAME_KNOWN)
                p->addr = a.at[0];
        else
                str_copy(p->why, sizeof p->why, a.why);
        return got == NAME_KNOWN ? 1 : -1;
}

static int write_question(struct ntp *n, struct ntp_peer *p, struct wbuf *w)
{
        struct ntp_packet q = { .version = 4, .mode = NTP_CLIENT, .poll = (int8_t)p->poll };
        uint8_t digest[NTP_DIGEST_MAX];
        size_t ndigest;

        if (rng_fill(n->env.rng, &p->cookie, sizeof p->cookie) < 0 || !p->cookie) {
                snprintf(p->why, sizeof p->why, "there are no random numbers");
                return -1;
        }
        q.transmit = p->cookie;
        ntp_packet_write(&q, w);
        if (!p->key.id)
                return 0;
        ndigest = ntp_mac(p->key.hash, p->key.key, w->buf, digest);
        wbuf_be32(w, p->key.id);
        wbuf_put(w, digest, ndigest);
        return 0;
}

static int send_question(struct ntp *n, struct ntp_peer *p)
{
        const struct clock *host = n->env.clock->host;
        uint8_t room[NTP_PACKET_MAX];
        struct wbuf w = wbuf_of(room, sizeof room);
        struct err e = { 0 };

        if (write_question(n, p, &w) < 0)
                return -1;
        p->fd = n->env.way.open(n->env.way.ctx, p->conf.nameif, &p->addr, &p->flow, &e);
        if (p->fd < 0) {
                str_copy(p->why, sizeof p->why, e.text);
                return -1;
        }
        p->asked_host_ns = host->wall_ns(host->ctx);
        p->asked_ns = now_ns(n);
        if (send(p->fd, room, w.len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)w.len)
                return 0;
        snprintf(p->why, sizeof p->why, "sending: %s", strerror(errno));
        ntp_peer_close(n, p);
        return -1;
}

static void ask(struct ntp *n, struct ntp_peer *p, uint64_t now_ms)
{
        int found = find_address(n, p);

        if (!found) {
                p->next_ms = now_ms + NAME_WAIT_MS;
                return;
        }
        if (found > 0 && send_question(n, p) == 0) {
                p->asked++;
                return;
        }
        miss(n, p, now_ms);
}

void ntp_peer_tick(struct ntp *n, struct ntp_peer *p, uint64_t now_ms)
{
        if (now_ms < ntp_peer_due_ms(p))
                return;
        if (p->barred) {
                p->next_ms = now_ms + BARRED_MS;
                if (!p->gone)
                        log_msg(n->log, LOG_780031, LS(p->conf.host), LS(p->why));
                p->gone = true;
                return;
        }
        if (p->fd >= 0) {
                ntp_peer_close(n, p);
                if (!*p->why || p->sane)
                        snprintf(p->why, sizeof p->why, "no answer");
                miss(n, p, now_ms);
                return;
        }
        p->why[0] = 0;
        ask(n, p, now_ms);
}

/* ---- answers ---- */

static bool insane(struct ntp_peer *p, const char *why)
{
        str_copy(p->why, sizeof p->why, why);
        p->sane = false;
        return false;
}

/* Is it the answer to our question, from one who knows the key? What is not is as if it had not come. */
static bool is_ours(struct ntp_peer *p, const uint8_t *d, const struct ntp_packet *a)
{
        if (a->mode != NTP_SERVER || a->version < 3 || a->version > 4 || a->originate != p->cookie)
                return false;
        if (!p->key.id)
                return true;
        if (a->key_id == p->key.id && ntp_mac_ok(p->key.hash, p->key.key, d, a))
                return true;
        snprintf(p->why, sizeof p->why,
                 a->digest ? "its MAC by key %u is wrong" : "it did not sign with key %u, or does not know it",
                 p->key.id);
        p->sane = false;
        return false;
}

/* Four letters in place of a time: the server wants to be asked less, or not at all. */
static void take_refusal(struct ntp *n, struct ntp_peer *p, const struct ntp_packet *a, uint64_t now_ms)
{
        char code[5];

        for (unsigned i = 0; i < 4; i++) {
                code[i] = (char)(a->ref_id >> (24 - 8 * i));
                if (code[i] && (code[i] < 'A' || code[i] > 'Z'))
                        code[i] = '?';
        }
        code[4] = 0;
        p->refused++;
        p->sane = false;
        p->poll = NTP_POLL_MAX;
        snprintf(p->why, sizeof p->why, "it refuses: %s", code);
        miss(n, p, now_ms);
        p->next_ms = now_ms + (1000u << NTP_POLL_MAX);
}

/* Does it claim to know the time, and could it be as it says? */
static bool is_sane(struct ntp_peer *p, const struct ntp_packet *a)
{
        if (a->leap == NTP_LEAP_UNKNOWN || a->stratum > 15)
                return insane(p, "it is not synchronized itself");
        if (!a->receive || !a->transmit || ntp_diff_ns(a->transmit, a->receive) < 0)
                return insane(p, "its times are impossible");
        if (ntp_short_ns(a->root_delay) / 2 + ntp_short_ns(a->root_disp) >= NTP_DISTANCE_NS)
                return insane(p, "it is too far from the root");
        return true;
}

/*
 * When the question came there and the answer left, by its clock, between our two times by the host's: the middle is
 * the same moment by both. The host's clock, so that no step or slew of ours matters.
 */
static bool add_sample(struct ntp_peer *p, const struct ntp_packet *a, uint64_t came_ns)
{
        int64_t away = (int64_t)(came_ns - p->asked_ns);
        uint64_t t1 = ntp_of_ns(p->asked_host_ns), t4 = ntp_of_ns(p->asked_host_ns + away);
        int64_t there = ntp_diff_ns(a->receive, t1), back = ntp_diff_ns(a->transmit, t4);
        int64_t delay = away - ntp_diff_ns(a->transmit, a->receive);
        int64_t precision = a->precision < 0 && a->precision > -30 ? 1000000000 >> -a->precision : 0;

        if (delay < -OWN_ERROR_NS - precision)
                return insane(p, "its times are impossible");
        memmove(&p->sample[1], &p->sample[0], (NTP_FILTER - 1) * sizeof p->sample[0]);
        p->sample[0] = (struct ntp_sample){
                .target_ns = there / 2 + back / 2,
                .delay_ns = MAX_OF(delay, (int64_t)0),
                .error_ns = precision + OWN_ERROR_NS + away / 1000000 * NTP_DRIFT_PPM,
                .at_ms = came_ns / 1000000,
        };
        p->nsamples = MIN_OF(p->nsamples + 1, NTP_FILTER);
        p->org = t1;
        p->rcv = t4;
        return true;
}

/* The longer the clock is right, the less is asked. */
static void adapt_poll(struct ntp *n, struct ntp_peer *p)
{
        int64_t off = p->sample[0].target_ns - clock_own_offset(n->env.clock);

        off = off < 0 ? -off : off;
        p->calm = off < CALM_NS ? p->calm + 1 : 0;
        if (off > ROUGH_NS)
                p->poll = NTP_POLL_MIN;
        else if (p->calm >= CALM_ANSWERS && p->poll < NTP_POLL_MAX && !p->burst) {
                p->calm = 0;
                p->poll++;
        }
}

static void plan_next(struct ntp *n, struct ntp_peer *p, uint64_t now_ms)
{
        uint32_t wait = 1000u << p->poll;

        if (p->burst)
                p->burst--;
        p->next_ms = now_ms + (p->burst ? NTP_BURST_MS : wait + rng_below(n->env.rng, wait / 16));
}

/* true: a sample was added. */
static bool take_answer(struct ntp *n, struct ntp_peer *p, const struct ntp_packet *a, uint64_t came_ns)
{
        uint64_t now_ms = came_ns / 1000000;
        bool good;

        ntp_peer_close(n, p);
        p->cookie = 0; /* a second answer to the same question is none */
        p->heard = true;
        p->heard_ms = now_ms;
        p->last = *a;
        p->last.digest = NULL;
        if (a->stratum == 0) {
                take_refusal(n, p, a, now_ms);
                return false;
        }
        p->answered++;
        p->reach = (uint8_t)(p->reach << 1 | 1);
        p->misses = 0;
        p->why[0] = 0;
        good = is_sane(p, a) && add_sample(p, a, came_ns);
        if (good) {
                p->gone = false;
                p->sane = true;
                p->good++;
                adapt_poll(n, p);
        } else {
                p->good = p->nsamples = 0;
        }
        plan_next(n, p, now_ms);
        return good;
}

bool ntp_peer_serve(struct ntp *n, struct ntp_peer *p)
{
        uint8_t d[512];

        for (unsigned i = 0; i < DATAGRAMS && p->fd >= 0; i++) {
                ssize_t got = recv(p->fd, d, sizeof d, MSG_DONTWAIT);
                uint64_t came_ns = now_ns(n);
                struct ntp_packet a;

                if (got < 0)
                        break;
                if (ntp_packet_parse(cur_of(d, (size_t)got), &a) == PARSE_OK && is_ours(p, d, &a))
                        return take_answer(n, p, &a, came_ns);
                p->forged++;
        }
        return false;
}

/* ---- what it is worth ---- */

/* What the host's clock may have run wrong since. */
static int64_t aged(const struct ntp_sample *s, uint64_t now_ms)
{
        return s->error_ns + (int64_t)(now_ms - s->at_ms) * NTP_DRIFT_PPM;
}

const struct ntp_sample *ntp_peer_best(const struct ntp_peer *p, uint64_t now_ms)
{
        const struct ntp_sample *best = NULL;
        int64_t least = INT64_MAX;

        for (unsigned i = 0; i < p->nsamples; i++) {
                int64_t wrong = p->sample[i].delay_ns / 2 + aged(&p->sample[i], now_ms);

                if (wrong < least) {
                        least = wrong;
                        best = &p->sample[i];
                }
        }
        return best;
}

int64_t ntp_peer_distance(const struct ntp_peer *p, const struct ntp_sample *s, uint64_t now_ms)
{
        return ntp_short_ns(p->last.root_delay) / 2 + ntp_short_ns(p->last.root_disp) + s->delay_ns / 2 +
               aged(s, now_ms);
}
