/* TLS proxies, their users and their sessions. */
#include "cli/exec/inspect_users.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/conf/store.h"
#include "proxy/worker/proxy_worker.h"

#define ROWS 64

/* ---- counts ---- */

struct count_query {
        uint32_t id;
        struct proxy_counts sum;
};

static void add_counts(struct proxy_worker *p, void *arg)
{
        struct count_query *q = arg;
        struct proxy_counts c;

        proxy_counts(p, q->id, &c);
        q->sum.active += c.active;
        q->sum.most = q->id ? q->sum.most + c.most : c.most;
        q->sum.total += c.total;
        q->sum.bytes += c.bytes;
        q->sum.refused_limit += c.refused_limit;
        q->sum.failed_client += c.failed_client;
        q->sum.failed_server += c.failed_server;
        q->sum.unverified += c.unverified;
        q->sum.server_refused += c.server_refused;
        q->sum.engine_closed += c.engine_closed;
        q->sum.refused_source += c.refused_source;
        q->sum.gave_way += c.gave_way;
}

static struct proxy_counts counts_of(struct box *b, uint32_t id)
{
        struct count_query q = { .id = id };

        each_proxy(b, add_counts, &q);
        return q.sum;
}

/* ---- show tls-proxy ---- */

static void show_config(struct session *s, const struct tls_proxy_rt *t)
{
        PUT(s, "  Server proxy:\n    Trust-point: %s\n",
            cell_as(cell_str("server_trust_point", *t->server_tp ? t->server_tp : NULL),
                    *t->server_tp ? t->server_tp
                    : t->n_on     ? "of the interface (ssl trust-point)"
                                  : "none"),
            cell_bool("authenticate_client", t->authenticate_client));
        if (!t->authenticate_client)
                out(s, "    Client authentication: disabled\n");
        PUT(s, "  Client proxy:\n    Trust-point: %s\n",
            *t->client_tp ? cell_str("client_trust_point", t->client_tp)
                          : cell_as(cell_null("client_trust_point"), "none"));
        if (*t->client_suites)
                PUT(s, "    Cipher suite: %s\n", cell_str("client_cipher_suites", t->client_suites));
        if (*t->unusable)
                PUT(s, "  Not usable: %s\n", cell_str("not_usable", t->unusable));
}

static void show_proxy(struct session *s, const struct tls_proxy_rt *t)
{
        struct box *b = session_box(s);
        struct proxy_counts c = counts_of(b, t->id);
        struct inspect_user u[INSPECT_USERS_MAX];
        unsigned n = inspect_users(b, NAMES_TLS_PROXY, t->name, u);
        char id[16];

        table_object(session_table(s), NULL);
        PUT(s, "\nTLS-Proxy '%s': ref_cnt %s, seq# %s\n", cell_str("name", t->name), cell_num("references", n),
            cell_num("sequence", t->id));
        show_config(s, t);
        out(s, "  Run-time proxies:\n");
        table_list(session_table(s), "users");
        for (unsigned i = 0; i < n; i++) {
                snprintf(id, sizeof id, "0x%08x", t->id);
                ROW(s, "    Proxy %s: Class-map: %s, Inspect: %s\n", cell_str("id", id),
                    cell_str("class_map", u[i].cls), cell_str("inspect", inspect_name(u[i].engine)));
        }
        table_close(session_table(s));
        PUT(s, "       Active sess %s, most sess %s, byte %s\n", cell_num("active_sessions", c.active),
            cell_num("most_sessions", c.most), cell_num("bytes", c.bytes));
        table_close(session_table(s));
}

static int show_tls_proxy(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        const char *only = arg_str(a, "NAME");
        const struct snapshot *snap = snapshot_get(b->hub);
        const struct proxy_rt *p = snap ? proxy_rt(snap) : NULL;
        unsigned shown = 0;

        PUT(s, "Maximum number of sessions: %s\n",
            cell_num("maximum_sessions",
                     snap && b->nproxies ? proxy_session_limit(b->proxy[0], snap) : TLS_PROXY_SESSIONS_DEFAULT));
        table_list(session_table(s), "tls_proxies");
        for (unsigned i = 0; p && i < p->n; i++) {
                if (only && strcmp(only, p->tp[i].name) != 0)
                        continue;
                show_proxy(s, &p->tp[i]);
                shown++;
        }
        if (snap)
                snapshot_put(b->hub, snap);
        return only && !shown ? err_set(e, ERR_REF, "tls-proxy %s does not exist", only) : 0;
}

/* ---- sessions ---- */

struct session_query {
        uint32_t cursor;
        struct session_row *row;
        unsigned n;
        bool end;
};

static void read_sessions(struct proxy_worker *p, void *arg)
{
        struct session_query *q = arg;

        q->end = true;
        q->n = proxy_walk(p, &q->cursor, q->row, ROWS, &q->end);
}

static const char *leg_state(const struct session_row *r, unsigned leg)
{
        if (r->tls[leg].done)
                return r->state == SESS_CLOSING ? "SSLClosing" : "SSLOK";
        if (leg)
                return r->state == SESS_CONNECT_SERVER ? "TCPConnect"
                       : r->state == SESS_TLS_SERVER   ? "SSLInit"
                                                       : "Idle";
        return r->state == SESS_WAIT_CLIENT ? "TCPAccept" : "SSLInit";
}

static bool show_leg(struct session *s, const struct session_row *r, unsigned leg)
{
        const struct tls_info *t = &r->tls[leg];
        const struct cell who = cell_text(leg ? "Server" : "Client");

        table_object(session_table(s), leg ? "server" : "client");
        if (r->cleartext[leg])
                PUT(s, "    %s: State %s Cleartext\n", who,
                    cell_str("state", r->state == SESS_OPEN ? "TCPOK" : "TCPInit"), cell_bool("cleartext", true));
        else
                PUT(s, "    %s: State %s Cipher %s Version %s\n", who, cell_str("state", leg_state(r, leg)),
                    t->done ? cell_str("cipher", t->cipher) : cell_as(cell_null("cipher"), "none"),
                    t->done ? cell_str("version", t->version) : cell_as(cell_null("version"), "none"),
                    cell_bool("cleartext", false));
        if (!r->cleartext[leg] && t->done && *t->peer_subject)
                PUT(s, "      Peer certificate: %s, trust-point %s\n", cell_str("peer_certificate", t->peer_subject),
                    *t->trustpoint ? cell_str("trust_point", t->trustpoint)
                                   : cell_as(cell_null("trust_point"), "none"));
        return table_close(session_table(s));
}

struct list_opts {
        struct session *s;
        const struct snapshot *snap;
        bool detail;
        struct addr host; /* fam NONE: any */
};

static bool show_session(const struct list_opts *o, const struct session_row *r)
{
        const struct tls_proxy_rt *t = tls_proxy_by_id(proxy_rt(o->snap), r->tls_proxy_id);
        const struct punt_flow_info *f = &r->info;
        char id[16], flow[16];

        if (!r->tls_proxy_id)
                return true;
        if (o->host.fam && !addr_eq(&o->host, &f->client_real.a) && !addr_eq(&o->host, &f->server_real.a))
                return true;
        snprintf(id, sizeof id, "0x%08x", r->tls_proxy_id);
        snprintf(flow, sizeof flow, "0x%08x", r->flow);
        table_object(session_table(o->s), NULL);
        PUT(o->s, "%s %s:%s %s %s:%s P:%s(%s) S:%s byte %s\n",
            cell_str("client_interface", ifc_name(o->snap, f->iface[0])),
            cell_addr("client_address", &f->client_real.a), cell_num("client_port", f->client_real.port),
            cell_str("server_interface", ifc_name(o->snap, f->iface[1])),
            cell_addr("server_address", &f->server_real.a), cell_num("server_port", f->server_real.port),
            cell_str("proxy_id", id), cell_as(cell_str("tls_proxy", t ? t->name : NULL), t ? t->name : "removed"),
            cell_str("session_id", flow), cell_num("bytes", r->bytes[0] + r->bytes[1]));
        if (o->detail && show_leg(o->s, r, 0))
                show_leg(o->s, r, 1);
        return table_close(session_table(o->s));
}

static int list_sessions(const struct list_opts *o, struct err *e)
{
        struct box *b = session_box(o->s);
        struct session_query q = { .row = mem_alloc(MEM_CLI, ROWS * sizeof *q.row) };
        bool more = q.row != NULL;

        if (!q.row)
                return err_nomem(e, "listing sessions");
        table_list(session_table(o->s), "sessions");
        for (unsigned i = 0; more && i < b->nproxies; i++) {
                q.cursor = 0;
                q.end = !b->proxy[i];
                while (more && !q.end) {
                        proxy_call(b->proxy[i], read_sessions, &q);
                        for (unsigned k = 0; more && k < q.n; k++)
                                more = show_session(o, &q.row[k]);
                }
        }
        table_close(session_table(o->s));
        mem_free(q.row);
        return 0;
}

static void put_use(struct session *s, const struct proxy_counts *c)
{
        PUT(s, "%s in use, %s most used\n", cell_num("in_use", c->active), cell_num("most_used", c->most));
}

static int show_sessions(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        struct proxy_counts c = counts_of(b, 0);
        struct list_opts o = { .s = s, .detail = arg_has(a, "detail") };
        int rc = 0;

        arg_addr(a, "HOST", &o.host);
        put_use(s, &c);
        if (arg_has(a, "count"))
                return 0;
        o.snap = snapshot_get(b->hub);
        if (o.snap) {
                rc = list_sessions(&o, e);
                snapshot_put(b->hub, o.snap);
        }
        return rc;
}

static int show_statistics(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct proxy_counts c = counts_of(session_box(s), 0);
        uint64_t told = c.unverified + c.server_refused; /* by rows of their own, as by `show asp drop` */

        put_use(s, &c);
        PUT(s, "Sessions ever                       %s\n", cell_num("sessions_ever", c.total));
        PUT(s, "Bytes proxied                       %s\n", cell_num("bytes", c.bytes));
        PUT(s, "Refused: session limit              %s\n", cell_num("refused_session_limit", c.refused_limit));
        PUT(s, "Refused: share of one address       %s\n", cell_num("refused_share_of_address", c.refused_source));
        PUT(s, "Refused: gave way in the handshake  %s\n", cell_num("refused_gave_way", c.gave_way));
        PUT(s, "Failed: handshake with the client   %s\n", cell_num("failed_client_handshake", c.failed_client));
        PUT(s, "Failed: handshake with the server   %s\n",
            cell_num("failed_server_handshake", c.failed_server > told ? c.failed_server - told : 0));
        PUT(s, "Failed: server not verified         %s\n", cell_num("failed_server_not_verified", c.unverified));
        PUT(s, "Failed: server refused              %s\n", cell_num("failed_server_refused", c.server_refused));
        PUT(s, "Closed by inspection                %s\n", cell_num("closed_by_inspection", c.engine_closed));
        return 0;
}

struct ending {
        uint32_t id, n;
};

static void end_sessions(struct proxy_worker *p, void *arg)
{
        struct ending *q = arg;

        q->n += proxy_clear(p, q->id);
}

static int clear_sessions(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct ending q = { 0 };

        each_proxy(session_box(s), end_sessions, &q);
        out(s, "%u session(s) deleted.\n", q.n);
        return 0;
}

const struct exec_row exec_show_tls_proxy[] = {
        { "show tls-proxy [NAME:word(64)]", "Show TLS proxies", 15 | EXEC_TABLE, show_tls_proxy },
        { "show tls-proxy session [{count|detail|host HOST:addr}]", "Show sessions", 15 | EXEC_TABLE, show_sessions },
        { "show tls-proxy session statistics", "Show how sessions ended", 15 | EXEC_TABLE, show_statistics },
        { "clear tls-proxy session", "End all sessions", 15, clear_sessions },
        { 0 },
};
