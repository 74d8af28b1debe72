/* Media sessions of the relay, and the addresses they end at. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "proxy/media.h"
#include "proxy/proxy_worker.h"

#define ROWS 64

/* ---- media sessions: each side of one is an entry ---- */

struct media_query {
        uint32_t cursor;
        struct media_row *row;
        unsigned n;
        bool end;
        struct media_count sum;
};

static void read_rows(struct worker *w, void *arg)
{
        struct media_query *q = arg;

        q->end = true;
        q->n = media_walk(w, &q->cursor, q->row, ROWS, &q->end);
}

static void add_counts(struct worker *w, void *arg)
{
        struct media_query *q = arg;
        struct media_count c = { 0 };

        media_count(w, &c);
        q->sum.sessions += c.sessions;
        q->sum.most += c.most;
        q->sum.srtp += c.srtp;
        q->sum.refused += c.refused;
}

static const char *transport_name(uint8_t t)
{
        static const char *const name[] = { [MEDIA_RTP] = "RTP", [MEDIA_SRTP] = "SRTP", [MEDIA_OPAQUE] = "datagram" };

        return t < ARRAY_LEN(name) ? name[t] : "unknown";
}

static const char *suite_name(uint8_t suite)
{
        const struct srtp_suite_info *i = srtp_suite_info(suite);

        return i ? i->name : "none";
}

/* RFC 3550 counts it in units of the payload's clock; without a name for that there is no time to tell. */
static const char *jitter_text(const struct media_row *r, uint32_t units, char out_text[48])
{
        uint64_t us = r->pt.clock ? (uint64_t)units * 1000000u / r->pt.clock : 0;

        if (r->pt.clock)
                snprintf(out_text, 48, "%llu.%03u ms", (unsigned long long)(us / 1000), (unsigned)(us % 1000));
        else
                snprintf(out_text, 48, "%u timestamp units", units);
        return out_text;
}

static bool show_detail(struct session *s, const struct snapshot *snap, const struct media_row *r, unsigned side)
{
        const struct media_side_stat *st = &r->stat.side[side];
        char jitter[48];
        bool more = out(s, "        Interface %s, Call-ID %s\n", ifc_name(snap, r->iface[side]), r->call);

        if (more && r->transport[side] == MEDIA_SRTP)
                more = out(s, "        Cipher suite: receive %s, send %s\n", suite_name(r->suite_rx[side]),
                           suite_name(r->suite_tx[side]));
        if (more && r->pt.name[0])
                more = out(s, "        Payload type %u %s/%u\n", r->pt.pt, r->pt.name, r->pt.clock);
        if (more)
                more = out(s,
                           "        rx_bytes %llu tx_bytes %llu rtcp_rx %llu rtcp_tx %llu lost %llu late %llu jitter "
                           "%s\n",
                           (unsigned long long)st->rx_bytes, (unsigned long long)st->tx_bytes,
                           (unsigned long long)st->rtcp_rx, (unsigned long long)st->rtcp_tx,
                           (unsigned long long)st->lost, (unsigned long long)st->late,
                           jitter_text(r, st->jitter, jitter));
        if (more)
                more = out(s,
                           "        Dropped: authentication %llu replay %llu malformed %llu foreign %llu "
                           "nonconforming %llu no key %llu not sent %llu\n",
                           (unsigned long long)st->auth_failed, (unsigned long long)st->replayed,
                           (unsigned long long)st->malformed, (unsigned long long)st->foreign,
                           (unsigned long long)st->nonconforming, (unsigned long long)st->no_key,
                           (unsigned long long)st->not_sent);
        return more;
}

static bool show_side(struct session *s, const struct snapshot *snap, const struct media_row *r, unsigned side,
                      bool detail)
{
        const struct media_side_stat *st = &r->stat.side[side];
        char l[ADDR_TEXT_MAX], p[ADDR_TEXT_MAX];
        bool more = out(
                s, "Media-session: %s/%u refcnt 1\n        <---> %s connection to %s/%u tx_pkts %llu rx_pkts %llu\n",
                addr_print(&r->local[side].a, l), r->local[side].port, transport_name(r->transport[side]),
                addr_print(&r->remote[side].a, p), r->remote[side].port, (unsigned long long)st->tx_pkts,
                (unsigned long long)st->rx_pkts);

        return more && detail ? show_detail(s, snap, r, side) : more;
}

static void list_sessions(struct session *s, const struct snapshot *snap, struct media_query *q, bool detail)
{
        struct box *b = session_box(s);
        bool more = true;

        for (unsigned i = 0; more && i < b->nworkers; i++) {
                q->cursor = 0;
                q->end = !b->worker[i];
                while (more && !q->end) {
                        worker_call(b->worker[i], read_rows, q);
                        for (unsigned k = 0; more && k < 2 * q->n; k++)
                                more = show_side(s, snap, &q->row[k / 2], k % 2, detail);
                }
        }
}

static int show_media_sessions(struct session *s, const struct args *a, struct err *e)
{
        struct media_query q = { .row = mem_alloc(MEM_CLI, ROWS * sizeof *q.row) };
        struct box *b = session_box(s);
        const struct snapshot *snap;

        if (!q.row)
                return err_nomem(e, "listing media sessions");
        each_worker(b, add_counts, &q);
        out(s, "%u in use, %u most used\n", 2 * q.sum.sessions, 2 * q.sum.most);
        snap = snapshot_get(b->hub);
        if (snap) {
                list_sessions(s, snap, &q, arg_has(a, "detail"));
                snapshot_put(b->hub, snap);
        }
        if (arg_has(a, "detail"))
                out(s, "%u session%s encrypted or decrypted here, %llu refused\n", q.sum.srtp,
                    q.sum.srtp == 1 ? "" : "s", (unsigned long long)q.sum.refused);
        mem_free(q.row);
        return 0;
}

/* ---- media-termination ---- */

struct port_query {
        const struct addr *a;
        unsigned used;
};

static void add_ports(struct proxy_worker *p, void *arg)
{
        struct port_query *q = arg;

        q->used += proxy_media_ports_used(p, q->a);
}

static void show_address(struct session *s, const struct snapshot *snap, const struct media_term_rt *m,
                         const struct mta_rt *at)
{
        struct port_query q = { .a = &at->addr };
        char t[ADDR_TEXT_MAX];

        each_proxy(session_box(s), add_ports, &q);
        out(s, "  address %s interface %s, rtp ports %u-%u, %u in use\n", addr_print(&at->addr, t),
            at->iface ? ifc_name(snap, at->iface) : "any", m->port_lo, m->port_hi, q.used);
}

/* ---- addresses that calls still have, though they are taken out of the configuration ---- */

struct addr_query {
        struct addr a[MEDIA_ADDRS_MAX];
        unsigned n;
};

static void add_addrs(struct proxy_worker *p, void *arg)
{
        struct addr_query *q = arg;

        q->n = proxy_media_addrs(p, q->a, q->n, ARRAY_LEN(q->a));
}

static bool is_configured(const struct proxy_rt *p, const struct addr *a)
{
        for (unsigned i = 0; p && i < p->n_media_terms; i++)
                for (unsigned k = 0; k < p->media_term[i].n; k++)
                        if (addr_eq(&p->media_term[i].at[k].addr, a))
                                return true;
        return false;
}

static void show_removed(struct session *s, const struct proxy_rt *p)
{
        struct addr_query q = { .n = 0 };

        each_proxy(session_box(s), add_addrs, &q);
        for (unsigned i = 0; i < q.n; i++) {
                struct port_query used = { .a = &q.a[i] };
                char t[ADDR_TEXT_MAX];

                if (is_configured(p, &q.a[i]))
                        continue;
                each_proxy(session_box(s), add_ports, &used);
                out(s, "Address %s, removed, of calls that are not over: %u in use\n", addr_print(&q.a[i], t),
                    used.used);
        }
}

static int show_media_termination(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        const struct snapshot *snap = snapshot_get(b->hub);
        const struct proxy_rt *p = snap ? proxy_rt(snap) : NULL;

        for (unsigned i = 0; p && i < p->n_media_terms; i++) {
                const struct media_term_rt *m = &p->media_term[i];

                out(s, "Media-termination '%s':\n", m->name);
                for (unsigned k = 0; k < m->n; k++)
                        show_address(s, snap, m, &m->at[k]);
                if (!m->n)
                        out(s, "  no usable address\n");
        }
        show_removed(s, p);
        if (snap)
                snapshot_put(b->hub, snap);
        return 0;
}

const struct exec_row exec_show_media[] = {
        { "show phone-proxy media-sessions [detail]", "Show media sessions", 15, show_media_sessions },
        { "show media-termination", "Show media-termination addresses", 15, show_media_termination },
        { 0 },
};
