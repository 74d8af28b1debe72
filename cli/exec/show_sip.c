/* Calls under SIP inspection. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "inspect/sip/sip.h"
#include "proxy/worker/proxy_worker.h"

#define ROWS 32

struct sip_query {
        uint32_t cursor, total;
        struct sip_call_row *row;
        unsigned n;
        bool end;
};

static void count_calls(struct proxy_worker *p, void *arg)
{
        struct sip_query *q = arg;
        const void *shared = proxy_engine_shared(p, INSPECT_SIP);

        q->total += shared ? sip_calls(shared) : 0;
}

static void read_calls(struct proxy_worker *p, void *arg)
{
        struct sip_query *q = arg;
        const void *shared = proxy_engine_shared(p, INSPECT_SIP);

        q->end = true;
        q->n = shared ? sip_walk(shared, &q->cursor, q->row, ROWS, &q->end) : 0;
}

static bool show_call(struct session *s, const struct sip_call_row *r)
{
        unsigned secs = (unsigned)(r->idle_ms / 1000);
        char idle[24];

        snprintf(idle, sizeof idle, "%u:%02u:%02u", secs / 3600, secs / 60 % 60, secs % 60);
        return ROW(s, "call-id %s\n        state %s, idle %s\n", cell_str("call_id", r->call_id),
                   cell_str("state", r->state), cell_as(cell_fix("idle_seconds", r->idle_ms, 3), idle));
}

static int show_sip(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct box *b = session_box(s);
        struct sip_query q = { .row = mem_alloc(MEM_CLI, ROWS * sizeof *q.row) };
        bool more = q.row != NULL;

        if (!q.row)
                return err_nomem(e, "listing calls");
        each_proxy(b, count_calls, &q);
        more = PUT(s, "Total: %s\n", cell_num("total", q.total));
        table_list(session_table(s), "calls");
        for (unsigned i = 0; more && i < b->nproxies; i++) {
                q.cursor = 0;
                q.end = !b->proxy[i];
                while (more && !q.end) {
                        proxy_call(b->proxy[i], read_calls, &q);
                        for (unsigned k = 0; more && k < q.n; k++)
                                more = show_call(s, &q.row[k]);
                }
        }
        table_close(session_table(s));
        mem_free(q.row);
        return 0;
}

static void end_calls(struct proxy_worker *p, void *arg)
{
        struct sip_query *q = arg;
        void *shared = proxy_engine_shared(p, INSPECT_SIP);

        if (!shared)
                return;
        q->total += sip_calls(shared);
        sip_clear(shared);
}

static int clear_sip(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct sip_query q = { 0 };

        each_proxy(session_box(s), end_calls, &q);
        out(s, "%u call(s) deleted.\n", q.total);
        return 0;
}

const struct exec_row exec_show_sip[] = {
        { "show sip", "Show calls under SIP inspection", 15 | EXEC_TABLE, show_sip },
        { "clear sip", "Forget all calls, end their media", 15, clear_sip },
        { 0 },
};
