#include "platform/svc/ntp.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/base/wake.h"
#include "platform/svc/ntp_int.h"

#define IDLE_MS 1000u
#define JUMP_NS 100000000 /* the host's clock does not drift so far between two looks */

static uint64_t now_ms(const struct ntp *n)
{
        return clock_mono_ms(n->env.clock->host);
}

/* ---- the clock ---- */

static void lose(struct ntp *n, const char *why)
{
        if (n->status.synchronized)
                log_msg(n->log, LOG_780032, LS(why));
        n->status.synchronized = false;
        n->far = 0;
        str_copy(n->status.why, sizeof n->status.why, why);
}

static void tell(struct ntp *n, enum log_msg id, const struct ntp_peer *p, int64_t ns)
{
        char text[48];

        snprintf(text, sizeof text, "%+.6f", (double)ns / 1e9);
        if (id == LOG_780030)
                log_msg(n->log, LOG_780030, LS(p->conf.host), LU(p->last.stratum), LS(text));
        else
                log_msg(n->log, LOG_780033, LS(text), LS(p->conf.host));
}

/* A clock that was right does not jump because one answer says so. */
static bool step_waits(struct ntp *n, int64_t off)
{
        if (off <= NTP_STEP_NS && off >= -NTP_STEP_NS) {
                n->far = 0;
                return false;
        }
        return n->status.synchronized && ++n->far < NTP_STEP_PATIENCE;
}

static void set_clock(struct ntp *n, const struct ntp_peer *p, int64_t target, int64_t off)
{
        if (off <= NTP_STEP_NS && off >= -NTP_STEP_NS) {
                clock_own_slew(n->env.clock, target, CLOCK_NTP);
                return;
        }
        clock_own_step(n->env.clock, target, CLOCK_NTP);
        n->steps_seen = clock_own_steps(n->env.clock);
        n->status.steps++;
        n->far = 0;
        tell(n, LOG_780033, p, off);
}

static void discipline(struct ntp *n, const struct ntp_peer *p)
{
        const struct ntp_sample *s = ntp_peer_best(p, now_ms(n));
        struct ntp_status *st = &n->status;
        struct clock clk = clock_of_own(n->env.clock);
        int64_t off = s->target_ns - clock_own_offset(n->env.clock);

        if (step_waits(n, off))
                return;
        set_clock(n, p, s->target_ns, off);
        if (!st->synchronized)
                tell(n, LOG_780030, p, off);
        st->synchronized = true;
        st->why[0] = 0;
        st->stratum = p->last.stratum + 1u;
        st->reference = p->addr;
        st->leap = p->last.leap;
        st->offset_ns = off;
        st->root_delay_ns = ntp_short_ns(p->last.root_delay) + s->delay_ns;
        st->peer_disp_ns = s->error_ns;
        st->root_disp_ns = ntp_short_ns(p->last.root_disp) + s->error_ns;
        st->updated_ns = clk.wall_ns(clk.ctx);
}

/* ---- whom it follows ---- */

static void candidates(struct ntp *n, struct ntp_candidate *c, int *current)
{
        *current = NTP_NOBODY;
        for (unsigned i = 0; i < n->npeers; i++) {
                const struct ntp_peer *p = &n->peer[i];
                const struct ntp_sample *s = ntp_peer_best(p, now_ms(n));

                c[i] = (struct ntp_candidate){ .prefer = p->conf.prefer, .stratum = p->last.stratum };
                if (p->master)
                        *current = (int)i;
                if (!s)
                        continue;
                c[i].target_ns = s->target_ns;
                c[i].dist_ns = ntp_peer_distance(p, s, now_ms(n));
                c[i].fit = ntp_peer_fit(p) && c[i].dist_ns < NTP_DISTANCE_NS;
        }
}

static const char *why_nobody(const struct ntp *n, const struct ntp_candidate *c)
{
        unsigned fit = 0;

        for (unsigned i = 0; i < n->npeers; i++)
                fit += c[i].fit;
        return !n->npeers ? "there is no ntp server"
               : fit      ? "the servers do not agree"
                          : "no server has told the time";
}

/* The master, or NULL. */
static struct ntp_peer *choose(struct ntp *n)
{
        struct ntp_candidate c[NTP_SERVERS_MAX];
        int current, best;

        candidates(n, c, &current);
        best = ntp_select(c, n->npeers, current);
        for (unsigned i = 0; i < n->npeers; i++) {
                n->peer[i].selected = c[i].agrees;
                n->peer[i].master = (int)i == best;
        }
        if (best != NTP_NOBODY)
                return &n->peer[best];
        lose(n, why_nobody(n, c));
        return NULL;
}

/* ---- what happens to clocks ---- */

static void restart_all(struct ntp *n)
{
        for (unsigned i = 0; i < n->npeers; i++) {
                ntp_peer_close(n, &n->peer[i]);
                if (!n->peer[i].barred)
                        ntp_peer_restart(&n->peer[i], now_ms(n));
        }
}

/* Somebody has set one of the clocks: what was measured by the host's is void, ours is right no longer. */
static void watch_clocks(struct ntp *n)
{
        const struct clock *host = n->env.clock->host;
        int64_t bias = host->wall_ns(host->ctx) - (int64_t)host->mono_ns(host->ctx), moved = bias - n->host_bias_ns;
        unsigned steps = clock_own_steps(n->env.clock);
        bool jumped = n->biased && (moved > JUMP_NS || moved < -JUMP_NS);

        n->host_bias_ns = bias;
        n->biased = true;
        if (!jumped && steps == n->steps_seen)
                return;
        n->steps_seen = steps;
        if (!n->npeers)
                return;
        lose(n, jumped ? "the host's clock was set" : "the clock was set");
        restart_all(n);
}

/* ---- configuration ---- */

static bool same_server(const struct ntp_server_conf *a, const struct ntp_server_conf *b)
{
        return a->key == b->key && !strcmp(a->host, b->host) && !strcmp(a->nameif, b->nameif);
}

/* One that goes on as it is, asked with the same key. */
static struct ntp_peer *find_same(struct ntp *n, const struct ntp_peer *p)
{
        for (unsigned i = 0; i < n->npeers; i++) {
                struct ntp_peer *o = &n->peer[i];

                if (same_server(&o->conf, &p->conf) && o->barred == p->barred && o->key.hash == p->key.hash &&
                    !strcmp(o->key.key, p->key.key))
                        return o;
        }
        return NULL;
}

static void adopt(struct ntp *n, const struct ntp_conf *c, struct ntp_peer *fresh)
{
        for (unsigned i = 0; i < c->nservers; i++) {
                struct ntp_peer *o;

                ntp_peer_init(&fresh[i], &c->server[i], c);
                o = find_same(n, &fresh[i]);
                if (!o)
                        continue;
                fresh[i] = *o;
                fresh[i].conf.prefer = c->server[i].prefer;
                o->fd = -1; /* it is the other's now */
        }
        for (unsigned i = 0; i < n->npeers; i++)
                ntp_peer_close(n, &n->peer[i]);
        explicit_bzero(n->peer, sizeof n->peer);
        memcpy(n->peer, fresh, c->nservers * sizeof *fresh);
        n->npeers = c->nservers;
        choose(n);
}

static void take_news(struct ntp *n)
{
        struct ntp_peer fresh[NTP_SERVERS_MAX];
        struct ntp_conf c;
        bool news;

        pthread_mutex_lock(&n->lock);
        news = n->news;
        n->news = false;
        c = n->conf;
        pthread_mutex_unlock(&n->lock);
        if (news)
                adopt(n, &c, fresh);
        explicit_bzero(&c, sizeof c);
        if (news)
                explicit_bzero(fresh, sizeof fresh);
}

void ntp_configure(struct ntp *n, const struct ntp_conf *c)
{
        pthread_mutex_lock(&n->lock);
        n->conf = *c;
        n->news = true;
        pthread_mutex_unlock(&n->lock);
        wake_kick(n->wake_fd);
}

/* ---- views ---- */

static void row_of(const struct ntp_peer *p, uint64_t now, struct ntp_row *r)
{
        const struct ntp_sample *s = ntp_peer_best(p, now);

        *r = (struct ntp_row){ .conf = p->conf, .addr = p->addr, .master = p->master, .selected = p->selected };
        r->sane = p->sane;
        r->heard = p->heard;
        r->authentic = p->key.id && p->sane;
        str_copy(r->why, sizeof r->why, p->why);
        r->last = p->last;
        r->org = p->org;
        r->rcv = p->rcv;
        r->reach = p->reach;
        r->poll_s = p->burst ? NTP_BURST_MS / 1000 : 1u << p->poll;
        r->when_s = p->heard ? (int64_t)p->heard_ms : -1; /* a moment until it is looked at */
        r->nsamples = p->nsamples;
        memcpy(r->sample, p->sample, sizeof r->sample);
        if (s) {
                r->delay_ns = s->delay_ns;
                r->offset_ns = s->target_ns;
                r->disp_ns = s->error_ns;
                r->dist_ns = ntp_peer_distance(p, s, now);
        }
        r->asked = p->asked;
        r->answered = p->answered;
        r->refused = p->refused;
        r->forged = p->forged;
}

static void publish(struct ntp *n)
{
        pthread_mutex_lock(&n->lock);
        n->nrows = n->npeers;
        for (unsigned i = 0; i < n->npeers; i++)
                row_of(&n->peer[i], now_ms(n), &n->row[i]);
        n->shown = n->status;
        pthread_mutex_unlock(&n->lock);
}

/* From what the clock is now, and how long ago. */
static void refer(const struct ntp *n, struct ntp_row *r)
{
        int64_t ours = clock_own_offset(n->env.clock);

        if (r->when_s >= 0)
                r->when_s = (int64_t)(now_ms(n) - (uint64_t)r->when_s) / 1000;
        if (r->nsamples)
                r->offset_ns -= ours;
        for (unsigned k = 0; k < r->nsamples; k++)
                r->sample[k].target_ns -= ours;
}

unsigned ntp_rows(struct ntp *n, struct ntp_row out[NTP_SERVERS_MAX])
{
        unsigned rows;

        pthread_mutex_lock(&n->lock);
        rows = n->nrows;
        memcpy(out, n->row, rows * sizeof *out);
        pthread_mutex_unlock(&n->lock);
        for (unsigned i = 0; i < rows; i++)
                refer(n, &out[i]);
        return rows;
}

void ntp_status(struct ntp *n, struct ntp_status *out)
{
        pthread_mutex_lock(&n->lock);
        *out = n->shown;
        pthread_mutex_unlock(&n->lock);
        if (!out->synchronized)
                out->stratum = 16;
        out->slew_ns = clock_own_rest(n->env.clock);
}

/* ---- its thread ---- */

static unsigned wait_for(const struct ntp *n, unsigned wait_ms)
{
        uint64_t now = now_ms(n);

        for (unsigned i = 0; i < n->npeers; i++) {
                uint64_t due = ntp_peer_due_ms(&n->peer[i]);

                wait_ms = due <= now ? 0 : MIN_OF(wait_ms, (unsigned)MIN_OF(due - now, (uint64_t)IDLE_MS));
        }
        return wait_ms;
}

static void wait_for_news(struct ntp *n, unsigned wait_ms)
{
        struct pollfd fds[1 + NTP_SERVERS_MAX];

        fds[0] = (struct pollfd){ .fd = n->wake_fd, .events = POLLIN };
        for (unsigned i = 0; i < n->npeers; i++)
                fds[1 + i] = (struct pollfd){ .fd = n->peer[i].fd, .events = POLLIN };
        if (poll(fds, 1 + n->npeers, (int)wait_for(n, wait_ms)) > 0 && (fds[0].revents & POLLIN))
                wake_drain(n->wake_fd);
}

/* A new answer moves the clock if it is the master's, or if nobody has set it yet. */
static void after_answer(struct ntp *n, const struct ntp_peer *from)
{
        const struct ntp_peer *master = choose(n);

        if (master && (master == from || !n->status.synchronized))
                discipline(n, master);
}

void ntp_step(struct ntp *n, unsigned wait_ms)
{
        take_news(n);
        watch_clocks(n);
        wait_for_news(n, wait_ms);
        for (unsigned i = 0; i < n->npeers; i++) {
                struct ntp_peer *p = &n->peer[i];

                if (ntp_peer_serve(n, p))
                        after_answer(n, p);
                ntp_peer_tick(n, p, now_ms(n));
        }
        choose(n);
        publish(n);
}

static void close_all(struct ntp *n)
{
        for (unsigned i = 0; i < n->npeers; i++)
                ntp_peer_close(n, &n->peer[i]);
}

void ntp_run(struct ntp *n)
{
        while (!atomic_load(&n->stop))
                ntp_step(n, IDLE_MS);
        close_all(n); /* their flows go while the dataplane still runs */
}

void ntp_stop(struct ntp *n)
{
        atomic_store(&n->stop, true);
        wake_kick(n->wake_fd);
}

/* ---- the whole ---- */

struct ntp *ntp_new(const struct ntp_env *env, struct err *e)
{
        struct ntp *n = mem_alloc(MEM_SVC, sizeof *n);

        if (!n) {
                err_nomem(e, "starting the NTP client");
                return NULL;
        }
        n->env = *env;
        n->steps_seen = clock_own_steps(env->clock);
        str_copy(n->status.why, sizeof n->status.why, "there is no ntp server");
        n->shown = n->status;
        pthread_mutex_init(&n->lock, NULL);
        n->wake_fd = wake_open();
        if (n->wake_fd >= 0)
                return n;
        err_set(e, ERR_IO, "NTP client: %s", strerror(errno));
        ntp_free(n);
        return NULL;
}

void ntp_set_log(struct ntp *n, struct log_src *log)
{
        n->log = log;
}

void ntp_free(struct ntp *n)
{
        if (!n)
                return;
        close_all(n);
        if (n->wake_fd >= 0)
                close(n->wake_fd);
        pthread_mutex_destroy(&n->lock);
        mem_free_secret(n);
}
