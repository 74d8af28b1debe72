/* Calls, whatever their protocol, from the history that the proxy workers keep. docs/call-views.md */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/exec/call_ladder.h"
#include "proxy/worker/proxy_worker.h"

#define ROWS 32

struct call_query {
        uint32_t cursor, id;
        struct call_head *row;
        struct call_event *ev;
        unsigned n;
        bool end, found;
        uint64_t untold;
};

static void read_calls(struct proxy_worker *p, void *arg)
{
        struct call_query *q = arg;

        q->n = proxy_calls_walk(p, &q->cursor, q->row, ROWS, &q->end);
}

static void read_call(struct proxy_worker *p, void *arg)
{
        struct call_query *q = arg;

        q->found = proxy_call_get(p, q->id, q->row, q->ev, &q->n);
}

static void add_untold(struct proxy_worker *p, void *arg)
{
        ((struct call_query *)arg)->untold += proxy_calls_untold(p);
}

/* Numbers of all workers together: each counts from 1 for itself. */
static uint32_t number_of(const struct box *b, unsigned worker, uint32_t id)
{
        return (id - 1) * b->nproxies + worker + 1;
}

static const char *state_text(uint8_t st)
{
        static const char *const text[] = { [CALL_SETUP] = "setup",
                                            [CALL_ACTIVE] = "active",
                                            [CALL_HELD] = "held",
                                            [CALL_ENDING] = "ending",
                                            [CALL_ENDED] = "ended" };

        return st < ARRAY_LEN(text) ? text[st] : "unknown";
}

static const char *protocol(const struct call_head *h)
{
        return h->engine == INSPECT_SKINNY ? "SCCP" : "SIP";
}

static uint64_t lasted(const struct call_head *h)
{
        uint64_t till = h->ended_ms ? h->ended_ms : h->now_ms;

        return till > h->began_ms ? till - h->began_ms : 0;
}

static struct cell duration_cell(const struct call_head *h, char text[24])
{
        unsigned secs = (unsigned)(lasted(h) / 1000);

        snprintf(text, 24, "%u:%02u:%02u", secs / 3600, secs / 60 % 60, secs % 60);
        return cell_as(cell_fix("duration_seconds", lasted(h), 3), text);
}

static struct cell party_cell(const char *name, const char *s)
{
        return *s ? cell_str(name, s) : cell_as(cell_null(name), "unknown");
}

static void show_ends(struct session *s, const struct call_head *h)
{
        PUT(s, "       %s %s/%s %s <-> %s %s/%s %s\n", cell_str("client_interface", h->client_if),
            cell_addr("client_address", &h->client.a), cell_num("client_port", h->client.port),
            cell_str("client_transport", call_via_text(h->via[0])), cell_str("server_interface", h->server_if),
            cell_addr("server_address", &h->server.a), cell_num("server_port", h->server.port),
            cell_str("server_transport", call_via_text(h->via[1])));
        if (h->media[0].port && h->media[1].port)
                PUT(s, "       media %s/%s <-> %s/%s\n", cell_addr("client_media_address", &h->media[0].a),
                    cell_num("client_media_port", h->media[0].port),
                    cell_addr("server_media_address", &h->media[1].a),
                    cell_num("server_media_port", h->media[1].port));
}

/* Members of the call's object. */
static void put_call(struct session *s, uint32_t number, const struct call_head *h)
{
        char t[24];

        PUT(s, "%-6s %-5s %-7s %9s  %.22s -> %.22s\n", cell_num("id", number), cell_str("protocol", protocol(h)),
            cell_str("state", state_text(h->state)), duration_cell(h, t), party_cell("from", h->about.from),
            party_cell("to", h->about.to));
        show_ends(s, h);
}

static bool show_row(struct session *s, uint32_t number, const struct call_head *h)
{
        table_object(session_table(s), NULL);
        put_call(s, number, h);
        return table_close(session_table(s));
}

static bool list_worker(struct session *s, unsigned worker, struct call_query *q)
{
        struct box *b = session_box(s);
        bool more = true;

        q->cursor = 0;
        q->end = !b->proxy[worker];
        while (more && !q->end) {
                proxy_call(b->proxy[worker], read_calls, q);
                for (unsigned k = 0; more && k < q->n; k++)
                        more = show_row(s, number_of(b, worker, q->row[k].id), &q->row[k]);
        }
        return more;
}

static int list_calls(struct session *s, struct err *e)
{
        struct call_query q = { .row = mem_alloc(MEM_CLI, ROWS * sizeof *q.row) };
        struct box *b = session_box(s);
        bool more;

        if (!q.row)
                return err_nomem(e, "listing calls");
        more = out(s, "ID     Proto State    Duration  Parties\n");
        table_list(session_table(s), "calls");
        for (unsigned i = 0; more && i < b->nproxies; i++)
                more = list_worker(s, i, &q);
        each_proxy(b, add_untold, &q);
        table_close(session_table(s));
        if (more && q.untold)
                PUT(s, "Without a place here: %s call(s)\n", cell_num("calls_without_place", q.untold));
        mem_free(q.row);
        return 0;
}

/* ---- one call ---- */

static void show_detail(struct session *s, uint32_t number, const struct call_head *h)
{
        char t[64], answered[32];
        uint64_t after = h->active_ms - h->began_ms;
        struct tz z;

        box_tz(session_box(s), &z);
        put_call(s, number, h);
        PUT(s, "       %s %s\n", cell_text(h->engine == INSPECT_SKINNY ? "call reference" : "Call-ID"),
            cell_str("call_id", h->about.name));
        if (h->device[0])
                PUT(s, "       device %s\n", cell_str("device", h->device));
        PUT(s, "       began %s\n", cell_as(cell_time("began", h->began_ns), tz_clock(&z, h->began_ns, t)));
        snprintf(answered, sizeof answered, "%u.%03u", (unsigned)(after / 1000), (unsigned)(after % 1000));
        if (h->active_ms)
                PUT(s, "       answered after %s s\n",
                    cell_as(cell_fix("answered_after_seconds", after, 3), answered));
        PUT(s, "       messages %s\n", cell_num("messages", h->nevents));
}

static void put_streams(struct session *s, const struct call_event *e)
{
        table_list(session_table(s), "media");
        for (unsigned i = 0; i < e->nstreams; i++) {
                const struct call_stream *m = &e->stream[i];

                ROW(s, "", cell_str("kind", call_media_text(m->kind)), cell_addr("said_address", &m->said.a),
                    cell_num("said_port", m->said.port), cell_addr("shown_address", &m->shown.a),
                    cell_num("shown_port", m->shown.port));
        }
        table_close(session_table(s));
}

/* The ladder's arrows as rows of a document; the text has them drawn. */
static void put_events(struct session *s, const struct call_head *h, const struct call_event *ev, unsigned n)
{
        table_list(session_table(s), "events");
        for (unsigned i = 0; i < n; i++) {
                const struct call_event *e = &ev[i];
                const struct call_stream none = { 0 }, *first = e->nstreams ? &e->stream[0] : &none;

                table_object(session_table(s), NULL);
                PUT(s, "", cell_fix("after_seconds", e->at_ms > h->began_ms ? e->at_ms - h->began_ms : 0, 3),
                    cell_str("from", e->dir == DIR_C2S ? "client" : "server"), cell_str("message", e->label),
                    cell_bool("dropped", e->dropped), cell_bool("again", e->again), cell_bool("hold", e->hold),
                    cell_addr("media_said_address", &first->said.a), cell_num("media_said_port", first->said.port),
                    cell_addr("media_shown_address", &first->shown.a),
                    cell_num("media_shown_port", first->shown.port));
                put_streams(s, e);
                table_close(session_table(s));
        }
        table_close(session_table(s));
}

static bool emit(void *ctx, const char *line)
{
        return out(ctx, "%s", line);
}

static int show_one(struct session *s, const struct args *a, struct call_query *q, struct err *e)
{
        struct box *b = session_box(s);
        uint32_t number = arg_u32(a, "CALL", 0);
        unsigned worker = b->nproxies ? (number - 1) % b->nproxies : 0;

        q->id = b->nproxies ? (number - 1) / b->nproxies + 1 : 0;
        if (b->nproxies && b->proxy[worker])
                proxy_call(b->proxy[worker], read_call, q);
        if (!q->found)
                return err_set(e, ERR_REF, "There is no call %u; `show call` lists them", number);
        if (arg_has(a, "ladder")) {
                PUT(s, "", cell_num("id", number));
                call_ladder(q->row, q->ev, q->n, session_columns(s), emit, s);
                put_events(s, q->row, q->ev, q->n);
        } else {
                show_detail(s, number, q->row);
        }
        return 0;
}

static int show_call(struct session *s, const struct args *a, struct err *e)
{
        struct call_query q = { 0 };
        int rc;

        if (!arg_has(a, "CALL"))
                return list_calls(s, e);
        q.row = mem_alloc(MEM_CLI, sizeof *q.row);
        q.ev = mem_alloc(MEM_CLI, CALL_EVENTS * sizeof *q.ev);
        rc = q.row && q.ev ? show_one(s, a, &q, e) : err_nomem(e, "reading the call");
        mem_free(q.row);
        mem_free(q.ev);
        return rc;
}

const struct exec_row exec_show_call[] = {
        { "show call [CALL:u32(1-4294967295) [ladder]]", "Show calls: parties, state, both legs, their signalling",
          15 | EXEC_TABLE, show_call },
        { 0 },
};
