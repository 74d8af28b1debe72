#include "platform/boot/replay.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli/conf/commit.h"
#include "cli/session/session.h"
#include "cli/conf/store.h"
#include "platform/base/file.h"
#include "platform/base/mem.h"
#include "platform/boot/box_setup.h"
#include "platform/boot/replay_port.h"
#include "platform/net/frag.h"
#include "proxy/worker/proxy_rt.h"

#define CONFIG_MAX (16u << 20)
#define SETTLE_STEPS 64u
#define AFTER_LAST_MS 100u
#define NEVER_MS 604800000u /* no handshake is completed here: sessions wait a week for theirs */

struct replay {
        const struct options *opt;
        FILE *out, *verdicts;
        struct clock_virtual vclk;
        struct clock clk;
        struct rng_fixed seed;
        struct rng rng;
        struct parts parts;
        struct box box;
        struct box_setup setup;
        unsigned nports;
        struct port *port[OPT_PORTS_MAX];
        uint64_t frames, forwarded, dropped, consumed;
};

/* ---- verdicts ---- */

static void tls_words(struct replay *r, const struct pkt *pk, char *out, size_t cap)
{
        const struct conn *c = pk->conn;
        const struct tls_proxy_rt *tp =
                c && c->tls_proxy_id ? tls_proxy_by_id(proxy_rt(r->parts.worker[0]->snap), c->tls_proxy_id) : NULL;

        if (tp)
                snprintf(out, cap, "inspect %s tls-proxy %s", pk->consumed, tp->name);
        else
                snprintf(out, cap, "%s", pk->consumed ? pk->consumed : "appliance");
}

static void on_verdict(void *ctx, const struct pkt *pk, enum pkt_verdict v)
{
        struct replay *r = ctx;
        const struct net_rt *n = r->parts.worker[0]->snap ? net_rt(r->parts.worker[0]->snap) : NULL;
        char words[160];

        if (!pk->frame_no)
                return; /* answers of the neighbours we play */
        r->frames++;
        if (v == PKT_DROP) {
                r->dropped++;
                snprintf(words, sizeof words, "dropped:%s", drop_key(pk->drop));
        } else if (v == PKT_NEXT) {
                r->forwarded++;
                snprintf(words, sizeof words, "forwarded:%s", n ? iface_name(n, pk->out_iface) : "");
        } else {
                r->consumed++;
                memcpy(words, "consumed:", 10);
                tls_words(r, pk, words + 9, sizeof words - 9);
        }
        if (r->verdicts)
                fprintf(r->verdicts, "%u,%s,%s\n", pk->frame_no, n ? iface_name(n, pk->iface) : "", words);
}

/* ---- ports: by nameif, which only the configuration knows ---- */

static const struct port_opt *opt_find(const struct port_opt *list, unsigned n, const char *nameif)
{
        for (unsigned i = 0; i < n; i++)
                if (strcmp(list[i].iface, nameif) == 0)
                        return &list[i];
        return NULL;
}

static int port_for(struct replay *r, const struct iface_conf *ic, struct err *e)
{
        const struct port_opt *in = opt_find(r->opt->in, r->opt->nin, ic->nameif);
        const struct port_opt *to = opt_find(r->opt->out, r->opt->nout, ic->nameif);
        struct iface_binding *b = iface_bind(&r->setup.bind, ic->o.name);
        struct port *p;

        if (!b)
                return err_set(e, ERR_LIMIT, "too many interfaces");
        if (r->nports == OPT_PORTS_MAX)
                return err_set(e, ERR_LIMIT, "more than %d ports", OPT_PORTS_MAX);
        p = replay_port_open(in ? in->spec : NULL, to ? to->spec : NULL, &r->clk, e);
        if (!p)
                return -1;
        /* A stable MAC of our own: the same input gives the same output bytes. */
        p->mac = (struct mac){ { 2, 0, 0x76, 0x67, 0, (uint8_t)(r->nports + 1) } };
        b->port = (uint16_t)r->nports;
        b->mac = p->mac;
        b->link = true;
        r->port[r->nports] = p;
        return worker_add_port(r->parts.worker[0], r->nports++, p, e);
}

static int named(const struct replay *r, const struct port_opt *list, unsigned n, const char *opt, struct err *e)
{
        for (unsigned i = 0; i < n; i++)
                if (!store_iface(r->box.store, list[i].iface))
                        return err_set(e, ERR_REF, "%s %s: no interface of that name in the configuration", opt,
                                       list[i].iface);
        return 0;
}

static int ports_open(struct replay *r, struct err *e)
{
        if (named(r, r->opt->in, r->opt->nin, "--in", e) < 0 || named(r, r->opt->out, r->opt->nout, "--out", e) < 0)
                return -1;
        conf_each(struct iface_conf, ic, &r->box.store->net.ifaces) {
                if (ic->nameif[0] && port_for(r, ic, e) < 0)
                        return -1;
        }
        r->box.store->dirty |= DIRTY_NET;
        return 0;
}

/* ---- time ---- */

/* Until nobody has anything left to do at this instant. */
static void settle(struct replay *r)
{
        for (unsigned i = 0; i < SETTLE_STEPS; i++) {
                unsigned n = worker_step(r->parts.worker[0]);
                bool pending = false;

                n += proxy_step(r->parts.proxy[0], 0);
                for (unsigned k = 0; k < r->nports; k++)
                        pending |= replay_port_pending(r->port[k]);
                if (!n && !pending)
                        return;
        }
}

static int64_t next_frame(struct replay *r)
{
        int64_t best = -1;

        for (unsigned i = 0; i < r->nports; i++) {
                int64_t t = replay_port_next(r->port[i]);

                if (t >= 0 && (best < 0 || t < best))
                        best = t;
        }
        return best;
}

/* Timers between two frames fire at their own time, not all at the second frame's. */
static void advance_to(struct replay *r, int64_t wall)
{
        while (r->vclk.wall < wall) {
                uint64_t gap_ms = (uint64_t)(wall - r->vclk.wall) / 1000000u;
                uint64_t step = tmr_next_ms(r->parts.worker[0]->tmr, gap_ms);

                if (gap_ms < 10 || step >= gap_ms) {
                        r->vclk.mono += (uint64_t)(wall - r->vclk.wall);
                        r->vclk.wall = wall;
                        return;
                }
                clock_advance_ms(&r->vclk, MAX_OF(step, (uint64_t)10));
                settle(r);
        }
}

static void play(struct replay *r)
{
        int64_t t;

        while ((t = next_frame(r)) >= 0) {
                advance_to(r, t);
                settle(r);
        }
        advance_to(r, r->vclk.wall + AFTER_LAST_MS * 1000000);
        settle(r);
        frag_clear_queue(r->parts.worker[0]->frags, FRAG_IFACE_ALL); /* their rest is not in the files */
}

/* ---- set-up ---- */

static void print_words(void *ctx, unsigned line_no, const char *words)
{
        fprintf(ctx, "line %u: %s\n", line_no, words);
}

static int load(struct replay *r, struct err *e)
{
        struct load_report rep = { .fn = print_words, .ctx = r->out };
        uint8_t *text;
        size_t n;

        if (file_read(r->opt->file, CONFIG_MAX, &text, &n, e) < 0)
                return -1;
        box_load(&r->box, &r->setup, (const char *)text, n, &rep);
        mem_free_secret(text);
        if (ports_open(r, e) < 0)
                return -1;
        return commit_run(r->box.commit, e);
}

static void summary(struct replay *r)
{
        struct worker *w = r->parts.worker[0];

        fprintf(r->out,
                "%" PRIu64 " frames: %" PRIu64 " forwarded, %" PRIu64 " dropped, %" PRIu64
                " consumed by the appliance\n",
                r->frames, r->forwarded, r->dropped, r->consumed);
        if (r->frames != r->forwarded + r->dropped + r->consumed)
                fprintf(r->out, "internal error: a frame has no verdict\n");
        for (unsigned i = 1; i < DROP_REASONS; i++)
                if (atomic_load(&w->drops[i]))
                        fprintf(r->out, "  %-32s %" PRIu64 "\n", drop_key(i), (uint64_t)atomic_load(&w->drops[i]));
        fprintf(r->out, "TLS and other terminated TCP is not replayed: such flows get policy and a connection, their "
                        "frames end "
                        "as consumed\n");
}

static void run_shows(struct replay *r)
{
        struct session_opts o = { .privileged = true };
        struct err e = { 0 };
        struct term *t = r->opt->nshows ? term_open_fds(-1, dup(fileno(r->out)), NULL, &e) : NULL;
        struct session *s = t ? session_new(&r->box, t, &o) : NULL;

        fflush(r->out);
        for (unsigned i = 0; s && i < r->opt->nshows; i++) {
                term_printf(t, "%s%s\n", session_prompt(s), r->opt->show[i]);
                session_line(s, r->opt->show[i]);
        }
        if (s)
                session_free(s);
        if (t) {
                term_flush(t);
                term_close(t);
        }
}

static int files_finish(struct replay *r, struct err *e)
{
        int rc = 0;

        for (unsigned i = 0; i < r->nports; i++)
                if (replay_port_finish(r->port[i], e) < 0)
                        rc = -1;
        return rc;
}

static int started(struct replay *r, struct err *e)
{
        struct parts_conf c = {
                .clk = &r->clk, .rng = &r->rng, .nworkers = 1, .nproxies = 1, .handshake_ms = NEVER_MS
        };
        int rc = -1;

        if (parts_start(&r->parts, &c, e) < 0)
                return -1;
        r->setup.dry = true;
        if (box_setup(&r->box, &r->setup, &r->parts, &r->clk, &r->rng, r->opt->flash, e) == 0) {
                r->parts.worker[0]->verdict = on_verdict;
                r->parts.worker[0]->verdict_ctx = r;
                rc = load(r, e);
                if (rc == 0) {
                        play(r);
                        log_step(r->parts.log);
                        summary(r);
                        run_shows(r);
                        rc = files_finish(r, e);
                }
                box_teardown(&r->box, &r->setup);
        }
        parts_stop(&r->parts);
        return rc;
}

/* Virtual time begins with the earliest frame. */
static int first_frame(struct replay *r, struct err *e)
{
        int64_t first = -1;

        for (unsigned i = 0; i < r->opt->nin; i++) {
                struct port *p = port_pcap_open(r->opt->in[i].spec, NULL, &r->clk, e);
                int64_t t;

                if (!p)
                        return -1;
                t = port_pcap_next(p);
                if (t >= 0 && (first < 0 || t < first))
                        first = t;
                p->ops->close(p);
        }
        r->vclk.wall = first < 0 ? 0 : first;
        r->vclk.mono = 1000000000;
        return 0;
}

int replay_main(const struct options *o, FILE *out)
{
        struct replay *r = mem_alloc(MEM_MISC, sizeof *r);
        struct err e = { 0 };
        int rc = -1;

        if (!r)
                return 1;
        r->opt = o;
        r->out = out;
        r->clk = clock_of_virtual(&r->vclk);
        r->seed.state = 1;
        r->rng = rng_of_fixed(&r->seed);
        r->verdicts = o->verdicts ? fopen(o->verdicts, "w") : NULL;
        if (o->verdicts && !r->verdicts)
                err_set(&e, ERR_IO, "%s: cannot be written", o->verdicts);
        else if (first_frame(r, &e) == 0)
                rc = started(r, &e);
        if (r->verdicts && fclose(r->verdicts) != 0 && rc == 0)
                rc = err_set(&e, ERR_IO, "%s: write failed", o->verdicts);
        if (rc < 0)
                fprintf(out, "ERROR: %s\n", e.text);
        mem_free(r);
        return rc < 0 ? 1 : 0;
}
