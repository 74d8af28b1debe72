/* Phone proxies: who uses them, the phones they know, the calls that go through them. */
#include "cli/exec/inspect_users.h"
#include "cli/exec/phone_files.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include <stdlib.h>

#include "cli/conf/store.h"
#include "inspect/sccp/sccp.h"
#include "inspect/sip/sip.h"
#include "proxy/worker/proxy_worker.h"

#define ROWS 32
#define FLOWS_MAX 131072u /* sessions of one worker that are looked at */

static void idle_text(uint64_t ms, char out[16])
{
        unsigned secs = (unsigned)(ms / 1000);

        snprintf(out, 16, "%u:%02u:%02u", secs / 3600 % 10000, secs / 60 % 60, secs % 60);
}

/* ---- show phone-proxy ---- */

static void show_one(struct session *s, const struct snapshot *snap, const struct phone_proxy_rt *r)
{
        struct inspect_user u[INSPECT_USERS_MAX];
        unsigned n = inspect_users(session_box(s), NAMES_PHONE_PROXY, r->params.name, u);
        char id[16];

        table_object(session_table(s), NULL);
        PUT(s, "Phone-Proxy '%s': Runtime Proxy ref_cnt %s\n", cell_str("name", r->params.name),
            cell_num("references", n));
        PUT(s, "  Cluster Mode: %s\n", cell_str("cluster_mode", r->params.mixed ? "mixed" : "nonsecure"));
        if (r->unusable[0])
                PUT(s, "  Not usable: %s\n", cell_str("not_usable", r->unusable));
        show_phone_files(s, snap, r);
        if (n)
                out(s, "  Run-time proxies:\n");
        table_list(session_table(s), "users");
        for (unsigned i = 0; i < n; i++) {
                snprintf(id, sizeof id, "0x%08x", u[i].id);
                ROW(s, "    Proxy %s: Class-map: %s, Inspect: %s\n", cell_str("id", id),
                    cell_str("class_map", u[i].cls), cell_str("inspect", inspect_name(u[i].engine)));
        }
        table_close(session_table(s));
        table_close(session_table(s));
}

static int show_phone_proxy(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        const struct snapshot *snap = snapshot_get(b->hub);

        table_list(session_table(s), "phone_proxies");
        for (unsigned i = 0; snap && i < proxy_rt(snap)->n_phone_proxies; i++)
                show_one(s, snap, &proxy_rt(snap)->phone_proxy[i]);
        table_close(session_table(s));
        if (snap)
                snapshot_put(b->hub, snap);
        return 0;
}

/* ---- secure phones ---- */

struct phone_query {
        uint32_t cursor, in_use, most, id;
        struct phone_row row[ROWS];
        unsigned n;
        bool end;
};

static void count_phones(struct proxy_worker *p, void *arg)
{
        struct phone_query *q = arg;
        const struct phone_table *t = proxy_phones(p);

        q->in_use += t ? phone_count(t) : 0;
        q->most += t ? phone_most(t) : 0;
}

static void read_phones(struct proxy_worker *p, void *arg)
{
        struct phone_query *q = arg;
        const struct phone_table *t = proxy_phones(p);

        q->end = true;
        q->n = t ? phone_walk(t, &q->cursor, q->row, ROWS, &q->end) : 0;
}

static bool show_phone(struct session *s, const struct snapshot *snap, const struct phone_row *r)
{
        char mac[16], timeout[16], idle[16];

        idle_text(r->timeout_ms, timeout);
        idle_text(r->idle_ms, idle);
        return ROW(s, "%-15s %-17s %-7s %-15s %-10s %s\n", cell_str("interface", ifc_name(snap, r->iface)),
                   cell_addr("address", &r->at.a), cell_num("port", r->at.port),
                   cell_str("mac_address", phone_mac_text(r->device, mac)),
                   cell_as(cell_fix("timeout_seconds", r->timeout_ms, 3), timeout),
                   cell_as(cell_fix("idle_seconds", r->idle_ms, 3), idle), cell_str("device", r->device));
}

static void list_phones(struct session *s, const struct snapshot *snap, struct phone_query *q)
{
        struct box *b = session_box(s);
        bool more = true;

        for (unsigned i = 0; more && i < b->nproxies; i++) {
                q->cursor = 0;
                q->end = !b->proxy[i];
                while (more && !q->end) {
                        proxy_call(b->proxy[i], read_phones, q);
                        for (unsigned k = 0; more && k < q->n; k++)
                                if (q->row[k].phone_proxy_id == q->id)
                                        more = show_phone(s, snap, &q->row[k]);
                }
        }
}

/* There is one phone proxy at most; phones of one that is gone are not its own. */
static int show_phones(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct box *b = session_box(s);
        struct phone_query *q = mem_alloc(MEM_CLI, sizeof *q);
        const struct snapshot *snap = snapshot_get(b->hub);

        if (q && snap && proxy_rt(snap)->n_phone_proxies) {
                const struct phone_proxy_rt *r = proxy_rt(snap)->phone_proxy;

                q->id = r->id;
                each_proxy(b, count_phones, q);
                PUT(s, "%s: %s in use, %s most used\n\n", cell_str("phone_proxy", r->params.name),
                    cell_num("in_use", q->in_use), cell_num("most_used", q->most));
                out(s, "%-15s %-17s %-7s %-15s %-10s %s\n", "Interface", "IP Address", "Port", "MAC", "Timeout",
                    "Idle");
        }
        table_list(session_table(s), "phones");
        if (q && q->id)
                list_phones(s, snap, q);
        table_close(session_table(s));
        if (snap)
                snapshot_put(b->hub, snap);
        mem_free(q);
        return q ? 0 : err_nomem(e, "listing phones");
}

struct voiding {
        const struct proxy_rt *p;
        char device[65]; /* "": all */
        uint32_t n;
};

static void void_phones(struct proxy_worker *p, void *arg)
{
        struct voiding *v = arg;
        struct phone_table *t = proxy_phones(p);
        uint32_t was = t ? phone_count(t) : 0;

        if (*v->device) {
                v->n += proxy_phone_clear(p, v->device);
                return;
        }
        for (unsigned i = 0; t && i < v->p->n_phone_proxies; i++)
                phone_void(t, v->p->phone_proxy[i].id);
        v->n += t ? was - phone_count(t) : 0;
        proxy_secure_void(p);
}

static int clear_phones(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        const struct snapshot *snap = snapshot_get(b->hub);
        struct voiding v = { 0 };
        bool mac = true;

        if (arg_has(a, "MAC"))
                mac = phone_device_of(arg_str(a, "MAC"), v.device);
        if (snap) {
                v.p = proxy_rt(snap);
                each_proxy(b, void_phones, &v);
                snapshot_put(b->hub, snap);
        }
        if (!mac && !v.n)
                return err_set(e, ERR_SYNTAX, "%s is neither a MAC address nor the name of a secure phone", v.device);
        out(s, "%u secure phone(s) deleted.\n", v.n);
        return 0;
}

/* ---- signalling sessions: calls, with the connection that carries them ---- */

struct flow { /* of a phone proxy */
        uint64_t conn_id;
        uint16_t iface[2];
        struct endpoint at[2];
};
struct flow_query {
        uint32_t cursor;
        struct session_row *row;
        unsigned n, cap, got;
        struct flow *flow;
        bool end, nomem;
        uint32_t call_cursor;
        struct sip_call_row *call;
        unsigned ncalls;
        bool calls_end;
};

static void read_flows(struct proxy_worker *p, void *arg)
{
        struct flow_query *q = arg;

        q->end = true;
        q->got = proxy_walk(p, &q->cursor, q->row, ROWS, &q->end);
}

static bool grow(struct flow_query *q)
{
        unsigned cap = q->cap ? q->cap * 2 : 256;
        struct flow *f = cap <= FLOWS_MAX ? mem_alloc(MEM_CLI, cap * sizeof *f) : NULL;

        if (!f)
                return false;
        if (q->n)
                memcpy(f, q->flow, q->n * sizeof *f);
        mem_free(q->flow);
        q->flow = f;
        q->cap = cap;
        return true;
}

static void add_flow(struct flow_query *q, const struct session_row *r)
{
        if (!r->info.phone_proxy_id)
                return;
        if (q->n == q->cap && !grow(q)) {
                q->nomem = true;
                return;
        }
        q->flow[q->n++] = (struct flow){ .conn_id = r->conn_id,
                                         .iface = { r->info.iface[0], r->info.iface[1] },
                                         .at = { r->info.client_real, r->info.server_real } };
}

static int by_conn(const void *x, const void *y)
{
        uint64_t a = ((const struct flow *)x)->conn_id, b = ((const struct flow *)y)->conn_id;

        return a < b ? -1 : a > b;
}

static void collect(struct proxy_worker *p, struct flow_query *q)
{
        q->n = 0;
        q->cursor = 0;
        do {
                proxy_call(p, read_flows, q);
                for (unsigned i = 0; i < q->got; i++)
                        add_flow(q, &q->row[i]);
        } while (!q->end);
        if (q->n)
                qsort(q->flow, q->n, sizeof *q->flow, by_conn);
}

static void read_calls(struct proxy_worker *p, void *arg)
{
        struct flow_query *q = arg;
        const void *shared = proxy_engine_shared(p, INSPECT_SIP);

        q->calls_end = true;
        q->ncalls = shared ? sip_walk(shared, &q->call_cursor, q->call, ROWS, &q->calls_end) : 0;
}

static void add_stream(struct sip_call_row *c, const struct sccp_media_row *m)
{
        unsigned n = c->nmedia++;

        c->media[n] = m->relay;
        c->remote[n][0] = m->phone;
        c->remote[n][1] = m->peer;
        for (unsigned side = 0; side < 2; side++) {
                c->local[n][side] = m->local[side];
                c->rx_key[n][side] = m->rx_key[side];
                c->tx_key[n][side] = m->tx_key[side];
        }
}

/* The streams of an SCCP phone are listed as a call of SIP is. */
static struct sip_call_row row_of_phone(const struct sccp_phone_row *r)
{
        struct sip_call_row c = { .state = r->registered ? "Registered" : "Not registered",
                                  .idle_ms = r->idle_ms,
                                  .session_id = r->session_id };
        unsigned listed = MIN_OF(r->nmedia, SCCP_ROW_STREAMS);

        snprintf(c.call_id, sizeof c.call_id, "%s", r->device);
        for (unsigned i = 0; i < listed; i++)
                if (r->media[i].relay)
                        add_stream(&c, &r->media[i]);
        return c;
}

static void read_skinny(struct proxy_worker *p, void *arg)
{
        struct flow_query *q = arg;
        const void *shared = proxy_engine_shared(p, INSPECT_SKINNY);
        struct sccp_phone_row row;

        q->calls_end = !shared;
        q->ncalls = 0;
        while (!q->calls_end && q->ncalls < ROWS)
                if (sccp_walk(shared, &q->call_cursor, &row, 1, &q->calls_end) && (row.registered || row.nmedia))
                        q->call[q->ncalls++] = row_of_phone(&row);
}

static struct cell key_cell(const char *name, bool set)
{
        return cell_as(cell_bool(name, set), set ? "set" : "not set");
}

static bool show_media(struct session *s, const struct sip_call_row *c, unsigned i)
{
        table_object(session_table(s), NULL);
        PUT(s, "%sLocal Media conn: %s/%s to %s/%s\n", cell_text(i ? "        " : ""),
            cell_addr("local_address", &c->local[i][1].a), cell_num("local_port", c->local[i][1].port),
            cell_addr("local_peer_address", &c->remote[i][1].a), cell_num("local_peer_port", c->remote[i][1].port));
        PUT(s, "        Local SRTP key %s, Remote SRTP key %s\n",
            key_cell("local_srtp_key", c->tx_key[i][0] || c->tx_key[i][1]),
            key_cell("remote_srtp_key", c->rx_key[i][0] || c->rx_key[i][1]));
        PUT(s, "        Remote Media conn: %s/%s to %s/%s\n", cell_addr("remote_address", &c->local[i][0].a),
            cell_num("remote_port", c->local[i][0].port), cell_addr("remote_peer_address", &c->remote[i][0].a),
            cell_num("remote_peer_port", c->remote[i][0].port));
        return table_close(session_table(s));
}

static bool show_call(struct session *s, const struct snapshot *snap, const struct flow *f,
                      const struct sip_call_row *c, bool detail)
{
        char idle[16];

        idle_text(c->idle_ms, idle);
        table_object(session_table(s), NULL);
        PUT(s, "%s %s:%s %s %s:%s ", cell_str("client_interface", ifc_name(snap, f->iface[0])),
            cell_addr("client_address", &f->at[0].a), cell_num("client_port", f->at[0].port),
            cell_str("server_interface", ifc_name(snap, f->iface[1])), cell_addr("server_address", &f->at[1].a),
            cell_num("server_port", f->at[1].port));
        if (!c->nmedia)
                out(s, "no media\n");
        table_list(session_table(s), "media");
        for (unsigned i = 0; i < c->nmedia; i++)
                show_media(s, c, i);
        table_close(session_table(s));
        PUT(s, "        Call-ID: %s\n", cell_str("call_id", c->call_id));
        if (detail)
                PUT(s, "        State: %s, idle %s\n", cell_str("state", c->state),
                    cell_as(cell_fix("idle_seconds", c->idle_ms, 3), idle));
        return table_close(session_table(s));
}

static bool show_rows(struct session *s, const struct snapshot *snap, const struct flow_query *q, bool detail)
{
        bool more = true;

        for (unsigned i = 0; more && i < q->ncalls; i++) {
                const struct flow key = { .conn_id = q->call[i].session_id };
                const struct flow *f = q->n ? bsearch(&key, q->flow, q->n, sizeof key, by_conn) : NULL;

                if (f)
                        more = show_call(s, snap, f, &q->call[i], detail);
        }
        return more;
}

static bool show_calls(struct session *s, const struct snapshot *snap, struct proxy_worker *p, struct flow_query *q,
                       bool detail)
{
        void (*const read[])(struct proxy_worker *, void *) = { read_calls, read_skinny };
        bool more = true;

        collect(p, q);
        for (unsigned i = 0; more && i < ARRAY_LEN(read); i++) {
                q->call_cursor = 0;
                do {
                        proxy_call(p, read[i], q);
                        more = show_rows(s, snap, q, detail);
                } while (more && !q->calls_end);
        }
        return more;
}

static int show_signaling(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        struct flow_query q = { .row = mem_alloc(MEM_CLI, ROWS * sizeof *q.row),
                                .call = mem_alloc(MEM_CLI, ROWS * sizeof *q.call) };
        const struct snapshot *snap = snapshot_get(b->hub);
        bool more = q.row && q.call && snap;
        int rc = q.row && q.call ? 0 : err_nomem(e, "listing calls");

        table_list(session_table(s), "sessions");
        for (unsigned i = 0; more && i < b->nproxies; i++)
                if (b->proxy[i])
                        more = show_calls(s, snap, b->proxy[i], &q, arg_has(a, "detail"));
        table_close(session_table(s));
        if (snap)
                snapshot_put(b->hub, snap);
        if (q.nomem)
                rc = err_nomem(e, "listing all calls");
        mem_free(q.row);
        mem_free(q.call);
        mem_free(q.flow);
        return rc;
}

const struct exec_row exec_show_phone_proxy[] = {
        { "show phone-proxy", "Show phone proxies", 15 | EXEC_TABLE, show_phone_proxy },
        { "show phone-proxy secure-phones", "Show phones that are known", 15 | EXEC_TABLE, show_phones },
        { "show phone-proxy signaling-sessions [detail]", "Show calls through the phone proxy", 15 | EXEC_TABLE,
          show_signaling },
        { "clear phone-proxy secure-phones [mac-address MAC:word(64)]", "Forget the phones that are known", 15,
          clear_phones },
        { 0 },
};
