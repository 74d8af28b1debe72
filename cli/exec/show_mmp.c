/* Sessions under MMP inspection, and what its engine counted. */
#include "cli/exec/clear.h"
#include "cli/exec/live.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "proxy/worker/proxy_worker.h"

#define ROWS 64

struct query {
        uint32_t cursor;
        struct session_row *row;
        unsigned n;
        bool end;
};

static void read_rows(struct proxy_worker *p, void *arg)
{
        struct query *q = arg;

        q->end = true;
        q->n = proxy_walk(p, &q->cursor, q->row, ROWS, &q->end);
}

/* The engine's own lines follow the addresses. */
static bool show_row(struct session *s, const struct snapshot *snap, const struct session_row *r,
                     const struct addr *host)
{
        const struct punt_flow_info *f = &r->info;

        if (r->engine != INSPECT_MMP)
                return true;
        if (host->fam && !addr_eq(host, &f->client_real.a) && !addr_eq(host, &f->server_real.a))
                return true;
        return ROW(s, "MMP session:: %s:%s/%s %s:%s/%s\n%s\n",
                   cell_str("server_interface", ifc_name(snap, f->iface[1])),
                   cell_addr("server_address", &f->server_real.a), cell_num("server_port", f->server_real.port),
                   cell_str("client_interface", ifc_name(snap, f->iface[0])),
                   cell_addr("client_address", &f->client_real.a), cell_num("client_port", f->client_real.port),
                   cell_str("description", r->describe), cell_num("bytes", r->bytes[0] + r->bytes[1]));
}

static int list(struct session *s, const struct snapshot *snap, const struct addr *host, struct err *e)
{
        struct box *b = session_box(s);
        struct query q = { .row = mem_alloc(MEM_CLI, ROWS * sizeof *q.row) };
        bool more = q.row != NULL;

        if (!q.row)
                return err_nomem(e, "listing sessions");
        table_list(session_table(s), "sessions");
        for (unsigned i = 0; more && i < b->nproxies; i++) {
                q.cursor = 0;
                q.end = !b->proxy[i];
                while (more && !q.end) {
                        proxy_call(b->proxy[i], read_rows, &q);
                        for (unsigned k = 0; more && k < q.n; k++)
                                more = show_row(s, snap, &q.row[k], host);
                }
        }
        table_close(session_table(s));
        mem_free(q.row);
        return 0;
}

static int show_mmp(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        const struct snapshot *snap = snapshot_get(b->hub);
        struct addr host = { 0 };
        int rc = 0;

        arg_addr(a, "HOST", &host);
        if (snap) {
                rc = list(s, snap, &host, e);
                snapshot_put(b->hub, snap);
        }
        return rc;
}

/* ---- counters of the engines ---- */

struct counter_query {
        unsigned idx;
        const char *engine, *name;
        uint64_t value;
        bool found;
};

static void read_counter(struct proxy_worker *p, void *arg)
{
        struct counter_query *q = arg;

        q->found = proxy_engine_counter(p, q->idx, &q->engine, &q->name, &q->value);
}

static uint64_t counter_key(unsigned worker, unsigned idx)
{
        return (uint64_t)worker << 32 | idx;
}

static int show_counters(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);

        out(s, "Protocol     Counter                                  Value   Context\n");
        table_list(session_table(s), "counters");
        for (unsigned i = 0; i < b->nproxies; i++) {
                struct counter_query q = { .found = b->proxy[i] != NULL };

                for (; q.found; q.idx++) {
                        proxy_call(b->proxy[i], read_counter, &q);
                        q.value = baseline_sub(b->baselines, BASE_ENGINE, counter_key(i, q.idx), 0, q.value);
                        if (q.found)
                                ROW(s, "%-12s %-32s %13s   Worker %s\n", cell_str("protocol", q.engine),
                                    cell_str("counter", q.name), cell_num("value", q.value), cell_num("worker", i));
                }
        }
        table_close(session_table(s));
        return 0;
}

int clear_engines(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct box *b = session_box(s);
        int rc = 0;

        for (unsigned i = 0; i < b->nproxies; i++) {
                struct counter_query q = { .found = b->proxy[i] != NULL };

                for (; q.found; q.idx++) {
                        proxy_call(b->proxy[i], read_counter, &q);
                        if (q.found)
                                rc |= baseline_set(b->baselines, BASE_ENGINE, counter_key(i, q.idx),
                                                   (const uint64_t[BASELINE_VALUES]){ q.value });
                }
        }
        return rc ? err_nomem(e, "clearing counters") : 0;
}

const struct exec_row exec_show_mmp[] = {
        { "show mmp [HOST:addr]", "Show sessions under MMP inspection", 15 | EXEC_TABLE, show_mmp },
        { "show counters", "Show what the inspection engines counted", 15 | EXEC_TABLE, show_counters },
        { 0 },
};
