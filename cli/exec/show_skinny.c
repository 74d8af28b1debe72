/* Sessions and streams under SCCP inspection. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "inspect/sccp/sccp.h"
#include "proxy/worker/proxy_worker.h"

#define ROWS 32
#define END_TEXT (ADDR_TEXT_MAX + 8)

struct skinny_query {
        uint32_t cursor, total;
        struct sccp_phone_row *row;
        unsigned n;
        bool end;
};

static void read_phones(struct proxy_worker *p, void *arg)
{
        struct skinny_query *q = arg;
        const void *shared = proxy_engine_shared(p, INSPECT_SKINNY);

        q->end = true;
        q->n = shared ? sccp_walk(shared, &q->cursor, q->row, ROWS, &q->end) : 0;
}

static const char *end_text(const struct endpoint *e, char out[END_TEXT])
{
        char a[ADDR_TEXT_MAX];

        snprintf(out, END_TEXT, "%s/%u", addr_print(&e->a, a), e->port);
        return out;
}

/* The phone is the local one, whoever is nearer. */
static bool show_phone(struct session *s, unsigned number, const struct sccp_phone_row *r)
{
        char a[END_TEXT], b[END_TEXT];
        unsigned listed = MIN_OF(r->nmedia, SCCP_ROW_STREAMS);

        table_object(session_table(s), NULL);
        PUT(s, "%-3s %-19s %-23s %s\n", cell_num("number", number), cell_str("local", end_text(&r->client, a)),
            cell_str("foreign", end_text(&r->server, b)),
            cell_as(cell_bool("registered", r->registered), r->registered ? "1" : "0"),
            cell_num("streams", r->nmedia));
        table_list(session_table(s), "media");
        for (unsigned i = 0; i < listed; i++)
                ROW(s, "    %s %-17s %s\n",
                    cell_as(cell_bool("video", r->media[i].video), r->media[i].video ? "VIDEO" : "MEDIA"),
                    cell_str("local", end_text(&r->media[i].phone, a)),
                    cell_str("foreign", end_text(&r->media[i].peer, b)));
        table_close(session_table(s));
        if (r->nmedia > listed)
                out(s, "    and %u more\n", r->nmedia - listed);
        return table_close(session_table(s));
}

static int show_skinny(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct box *b = session_box(s);
        struct skinny_query q = { .row = mem_alloc(MEM_CLI, ROWS * sizeof *q.row) };
        bool more = q.row != NULL;

        if (!q.row)
                return err_nomem(e, "listing phones");
        out(s, "%-23s %-23s %s\n", "LOCAL", "FOREIGN", "STATE");
        out(s, "---------------------------------------------------------------\n");
        table_list(session_table(s), "phones");
        for (unsigned i = 0; more && i < b->nproxies; i++) {
                q.cursor = 0;
                q.end = !b->proxy[i];
                while (more && !q.end) {
                        proxy_call(b->proxy[i], read_phones, &q);
                        for (unsigned k = 0; more && k < q.n; k++)
                                more = show_phone(s, ++q.total, &q.row[k]);
                }
        }
        table_close(session_table(s));
        mem_free(q.row);
        return 0;
}

static void end_streams(struct proxy_worker *p, void *arg)
{
        struct skinny_query *q = arg;
        void *shared = proxy_engine_shared(p, INSPECT_SKINNY);

        if (!shared)
                return;
        q->total += sccp_streams(shared);
        sccp_clear(shared);
}

static int clear_skinny(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct skinny_query q = { 0 };

        each_proxy(session_box(s), end_streams, &q);
        out(s, "%u stream(s) deleted.\n", q.total);
        return 0;
}

const struct exec_row exec_show_skinny[] = {
        { "show skinny", "Show phones under SCCP inspection", 1 | EXEC_TABLE, show_skinny },
        { "clear skinny", "End all streams of phones, and their media", 15, clear_skinny },
        { 0 },
};
