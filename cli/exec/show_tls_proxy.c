/* TLS proxies, their users and their sessions. */
#include "cli/exec/inspect_users.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/store.h"
#include "proxy/proxy_worker.h"

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

static void show_proxy(struct session *s, const struct tls_proxy_rt *t)
{
        struct box *b = session_box(s);
        struct proxy_counts c = counts_of(b, t->id);
        struct inspect_user u[INSPECT_USERS_MAX];
        unsigned n = inspect_users(b, NAMES_TLS_PROXY, t->name, u);

        out(s, "\nTLS-Proxy '%s': ref_cnt %u, seq# %u\n", t->name, n, t->id);
        out(s, "  Server proxy:\n    Trust-point: %s\n",
            *t->server_tp ? t->server_tp
            : t->n_on     ? "of the interface (ssl trust-point)"
                          : "none");
        if (!t->authenticate_client)
                out(s, "    Client authentication: disabled\n");
        out(s, "  Client proxy:\n    Trust-point: %s\n", *t->client_tp ? t->client_tp : "none");
        if (*t->client_suites)
                out(s, "    Cipher suite: %s\n", t->client_suites);
        if (*t->unusable)
                out(s, "  Not usable: %s\n", t->unusable);
        out(s, "  Run-time proxies:\n");
        for (unsigned i = 0; i < n; i++)
                out(s, "    Proxy 0x%08x: Class-map: %s, Inspect: %s\n", t->id, u[i].cls, inspect_name(u[i].engine));
        out(s, "       Active sess %u, most sess %u, byte %llu\n", c.active, c.most, (unsigned long long)c.bytes);
}

static int show_tls_proxy(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        const char *only = arg_str(a, "NAME");
        const struct snapshot *snap = snapshot_get(b->hub);
        const struct proxy_rt *p = snap ? proxy_rt(snap) : NULL;
        unsigned shown = 0;

        out(s, "Maximum number of sessions: %u\n",
            snap && b->nproxies ? proxy_session_limit(b->proxy[0], snap) : TLS_PROXY_SESSIONS_DEFAULT);
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
        bool more;

        if (r->cleartext[leg])
                return out(s, "    %s: State %s Cleartext\n", leg ? "Server" : "Client",
                           r->state == SESS_OPEN ? "TCPOK" : "TCPInit");
        more = out(s, "    %s: State %s Cipher %s Version %s\n", leg ? "Server" : "Client", leg_state(r, leg),
                   t->done ? t->cipher : "none", t->done ? t->version : "none");

        if (t->done && *t->peer_subject)
                more = out(s, "      Peer certificate: %s, trust-point %s\n", t->peer_subject,
                           *t->trustpoint ? t->trustpoint : "none");
        return more;
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
        char c[ADDR_TEXT_MAX], v[ADDR_TEXT_MAX];
        bool more;

        if (!r->tls_proxy_id)
                return true;
        if (o->host.fam && !addr_eq(&o->host, &f->client_real.a) && !addr_eq(&o->host, &f->server_real.a))
                return true;
        more = out(o->s, "%s %s:%u %s %s:%u P:0x%08x(%s) S:0x%08x byte %llu\n", ifc_name(o->snap, f->iface[0]),
                   addr_print(&f->client_real.a, c), f->client_real.port, ifc_name(o->snap, f->iface[1]),
                   addr_print(&f->server_real.a, v), f->server_real.port, r->tls_proxy_id, t ? t->name : "removed",
                   r->flow, (unsigned long long)(r->bytes[0] + r->bytes[1]));
        if (more && o->detail)
                more = show_leg(o->s, r, 0) && show_leg(o->s, r, 1);
        return more;
}

static int list_sessions(const struct list_opts *o, struct err *e)
{
        struct box *b = session_box(o->s);
        struct session_query q = { .row = mem_alloc(MEM_CLI, ROWS * sizeof *q.row) };
        bool more = q.row != NULL;

        if (!q.row)
                return err_nomem(e, "listing sessions");
        for (unsigned i = 0; more && i < b->nproxies; i++) {
                q.cursor = 0;
                q.end = !b->proxy[i];
                while (more && !q.end) {
                        proxy_call(b->proxy[i], read_sessions, &q);
                        for (unsigned k = 0; more && k < q.n; k++)
                                more = show_session(o, &q.row[k]);
                }
        }
        mem_free(q.row);
        return 0;
}

static int show_sessions(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        struct proxy_counts c = counts_of(b, 0);
        struct list_opts o = { .s = s, .detail = arg_has(a, "detail") };
        int rc = 0;

        arg_addr(a, "HOST", &o.host);
        out(s, "%u in use, %u most used\n", c.active, c.most);
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

        out(s, "%u in use, %u most used\n", c.active, c.most);
        out(s, "Sessions ever                       %llu\n", (unsigned long long)c.total);
        out(s, "Bytes proxied                       %llu\n", (unsigned long long)c.bytes);
        out(s, "Refused: session limit              %llu\n", (unsigned long long)c.refused_limit);
        out(s, "Refused: share of one address       %llu\n", (unsigned long long)c.refused_source);
        out(s, "Refused: gave way in the handshake  %llu\n", (unsigned long long)c.gave_way);
        out(s, "Failed: handshake with the client   %llu\n", (unsigned long long)c.failed_client);
        out(s, "Failed: handshake with the server   %llu\n",
            (unsigned long long)(c.failed_server > told ? c.failed_server - told : 0));
        out(s, "Failed: server not verified         %llu\n", (unsigned long long)c.unverified);
        out(s, "Failed: server refused              %llu\n", (unsigned long long)c.server_refused);
        out(s, "Closed by inspection                %llu\n", (unsigned long long)c.engine_closed);
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
        { "show tls-proxy [NAME:word(64)]", "Show TLS proxies", 15, show_tls_proxy },
        { "show tls-proxy session [{count|detail|host HOST:addr}]", "Show sessions", 15, show_sessions },
        { "show tls-proxy session statistics", "Show how sessions ended", 15, show_statistics },
        { "clear tls-proxy session", "End all sessions", 15, clear_sessions },
        { 0 },
};
