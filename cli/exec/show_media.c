/* Media sessions of the relay, and the addresses they end at. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "proxy/media/media.h"
#include "proxy/worker/proxy_worker.h"

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
static struct cell jitter_cell(const struct media_row *r, uint32_t units, char text[48])
{
        uint64_t us = r->pt.clock ? (uint64_t)units * 1000000u / r->pt.clock : 0;

        if (r->pt.clock)
                snprintf(text, 48, "%llu.%03u ms", (unsigned long long)(us / 1000), (unsigned)(us % 1000));
        else
                snprintf(text, 48, "%u timestamp units", units);
        return cell_as(r->pt.clock ? cell_fix("jitter_seconds", us, 6) : cell_null("jitter_seconds"), text);
}

static void show_counts(struct session *s, const struct media_row *r, const struct media_side_stat *st)
{
        char jitter[48];

        PUT(s, "        rx_bytes %s tx_bytes %s rtcp_rx %s rtcp_tx %s lost %s late %s jitter %s\n",
            cell_num("rx_bytes", st->rx_bytes), cell_num("tx_bytes", st->tx_bytes), cell_num("rtcp_rx", st->rtcp_rx),
            cell_num("rtcp_tx", st->rtcp_tx), cell_num("lost", st->lost), cell_num("late", st->late),
            jitter_cell(r, st->jitter, jitter));
        PUT(s,
            "        Dropped: authentication %s replay %s malformed %s foreign %s nonconforming %s no key %s not "
            "sent "
            "%s\n",
            cell_num("dropped_authentication", st->auth_failed), cell_num("dropped_replay", st->replayed),
            cell_num("dropped_malformed", st->malformed), cell_num("dropped_foreign", st->foreign),
            cell_num("dropped_nonconforming", st->nonconforming), cell_num("dropped_no_key", st->no_key),
            cell_num("dropped_not_sent", st->not_sent));
}

static void show_detail(struct session *s, const struct snapshot *snap, const struct media_row *r, unsigned side)
{
        PUT(s, "        Interface %s, Call-ID %s\n", cell_str("interface", ifc_name(snap, r->iface[side])),
            cell_str("call_id", r->call));
        if (r->transport[side] == MEDIA_SRTP)
                PUT(s, "        Cipher suite: receive %s, send %s\n",
                    cell_str("suite_receive", suite_name(r->suite_rx[side])),
                    cell_str("suite_send", suite_name(r->suite_tx[side])));
        if (r->pt.name[0])
                PUT(s, "        Payload type %s %s/%s\n", cell_num("payload_type", r->pt.pt),
                    cell_str("codec", r->pt.name), cell_num("clock_hertz", r->pt.clock));
        show_counts(s, r, &r->stat.side[side]);
}

static bool show_side(struct session *s, const struct snapshot *snap, const struct media_row *r, unsigned side,
                      bool detail)
{
        const struct media_side_stat *st = &r->stat.side[side];

        table_object(session_table(s), NULL);
        PUT(s, "Media-session: %s/%s refcnt 1\n        <---> %s connection to %s/%s tx_pkts %s rx_pkts %s\n",
            cell_addr("local_address", &r->local[side].a), cell_num("local_port", r->local[side].port),
            cell_str("transport", transport_name(r->transport[side])),
            cell_addr("remote_address", &r->remote[side].a), cell_num("remote_port", r->remote[side].port),
            cell_num("tx_packets", st->tx_pkts), cell_num("rx_packets", st->rx_pkts));
        if (detail)
                show_detail(s, snap, r, side);
        return table_close(session_table(s));
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
        PUT(s, "%s in use, %s most used\n", cell_num("in_use", 2 * q.sum.sessions),
            cell_num("most_used", 2 * q.sum.most));
        table_list(session_table(s), "sessions");
        snap = snapshot_get(b->hub);
        if (snap) {
                list_sessions(s, snap, &q, arg_has(a, "detail"));
                snapshot_put(b->hub, snap);
        }
        table_close(session_table(s));
        if (arg_has(a, "detail"))
                PUT(s, "%s session%s encrypted or decrypted here, %s refused\n",
                    cell_num("srtp_sessions", q.sum.srtp), cell_text(q.sum.srtp == 1 ? "" : "s"),
                    cell_num("refused", q.sum.refused));
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

        each_proxy(session_box(s), add_ports, &q);
        ROW(s, "  address %s interface %s, rtp ports %s-%s, %s in use\n", cell_addr("address", &at->addr),
            cell_str("interface", at->iface ? ifc_name(snap, at->iface) : "any"), cell_num("first_port", m->port_lo),
            cell_num("last_port", m->port_hi), cell_num("in_use", q.used));
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
        table_list(session_table(s), "removed_addresses");
        for (unsigned i = 0; i < q.n; i++) {
                struct port_query used = { .a = &q.a[i] };

                if (is_configured(p, &q.a[i]))
                        continue;
                each_proxy(session_box(s), add_ports, &used);
                ROW(s, "Address %s, removed, of calls that are not over: %s in use\n", cell_addr("address", &q.a[i]),
                    cell_num("in_use", used.used));
        }
        table_close(session_table(s));
}

static void show_one(struct session *s, const struct snapshot *snap, const struct media_term_rt *m)
{
        table_object(session_table(s), NULL);
        PUT(s, "Media-termination '%s':\n", cell_str("name", m->name));
        table_list(session_table(s), "addresses");
        for (unsigned k = 0; k < m->n; k++)
                show_address(s, snap, m, &m->at[k]);
        table_close(session_table(s));
        if (!m->n)
                out(s, "  no usable address\n");
        table_close(session_table(s));
}

static int show_media_termination(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        const struct snapshot *snap = snapshot_get(b->hub);
        const struct proxy_rt *p = snap ? proxy_rt(snap) : NULL;

        table_list(session_table(s), "media_terminations");
        for (unsigned i = 0; p && i < p->n_media_terms; i++)
                show_one(s, snap, &p->media_term[i]);
        table_close(session_table(s));
        show_removed(s, p);
        if (snap)
                snapshot_put(b->hub, snap);
        return 0;
}

const struct exec_row exec_show_media[] = {
        { "show phone-proxy media-sessions [detail]", "Show media sessions", 15 | EXEC_TABLE, show_media_sessions },
        { "show media-termination", "Show media-termination addresses", 15 | EXEC_TABLE, show_media_termination },
        { 0 },
};
