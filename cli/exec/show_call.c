/* Calls, whatever their protocol, from the history that the proxy workers keep. docs/call-views.md */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/exec/call_ladder.h"
#include "proxy/proxy_worker.h"

#define ROWS 32
#define END_TEXT (ADDR_TEXT_MAX + 8)

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

static const char *party(const char *s)
{
        return s[0] ? s : "unknown";
}

static char *lasted(const struct call_head *h, char text[24])
{
        uint64_t till = h->ended_ms ? h->ended_ms : h->now_ms;
        unsigned secs = till > h->began_ms ? (unsigned)((till - h->began_ms) / 1000) : 0;

        snprintf(text, 24, "%u:%02u:%02u", secs / 3600, secs / 60 % 60, secs % 60);
        return text;
}

static bool show_ends(struct session *s, const struct call_head *h)
{
        char a[END_TEXT], b[END_TEXT];
        bool more =
                out(s, "       %s %s %s <-> %s %s %s\n", h->client_if, call_end_text(&h->client, a),
                    call_via_text(h->via[0]), h->server_if, call_end_text(&h->server, b), call_via_text(h->via[1]));

        if (more && h->media[0].port && h->media[1].port)
                more = out(s, "       media %s <-> %s\n", call_end_text(&h->media[0], a),
                           call_end_text(&h->media[1], b));
        return more;
}

static bool show_row(struct session *s, uint32_t number, const struct call_head *h)
{
        char t[24];

        return out(s, "%-6u %-5s %-7s %9s  %.22s -> %.22s\n", number, protocol(h), state_text(h->state), lasted(h, t),
                   party(h->about.from), party(h->about.to)) &&
               show_ends(s, h);
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
        for (unsigned i = 0; more && i < b->nproxies; i++)
                more = list_worker(s, i, &q);
        each_proxy(b, add_untold, &q);
        if (more && q.untold)
                out(s, "Without a place here: %llu call(s)\n", (unsigned long long)q.untold);
        mem_free(q.row);
        return 0;
}

/* ---- one call ---- */

static void show_detail(struct session *s, uint32_t number, const struct call_head *h)
{
        char t[64];
        struct tz z;

        box_tz(session_box(s), &z);
        show_row(s, number, h);
        out(s, "       %s %s\n", h->engine == INSPECT_SKINNY ? "call reference" : "Call-ID", h->about.name);
        if (h->device[0])
                out(s, "       device %s\n", h->device);
        out(s, "       began %s\n", tz_clock(&z, h->began_ns, t));
        if (h->active_ms)
                out(s, "       answered after %u.%03u s\n", (unsigned)((h->active_ms - h->began_ms) / 1000),
                    (unsigned)((h->active_ms - h->began_ms) % 1000));
        out(s, "       messages %u\n", h->nevents);
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
        if (arg_has(a, "ladder"))
                call_ladder(q->row, q->ev, q->n, session_columns(s), emit, s);
        else
                show_detail(s, number, q->row);
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
          15, show_call },
        { 0 },
};
