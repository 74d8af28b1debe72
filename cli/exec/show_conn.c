/* Connections: a resumable walk, at most 64 rows copied per request to a worker. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "policy/conn.h"
#include "proxy/media/media.h"

#define ROWS 64

static const char legend[] = "Flags: A - awaiting inside ACK to SYN, a - awaiting outside ACK to SYN,\n"
                             "       B - initial SYN from outside, F - outside FIN, f - inside FIN,\n"
                             "       I - inbound data, k - Skinny media, m - SIP media, O - outbound data,\n"
                             "       R - outside acknowledged FIN, r - inside acknowledged FIN,\n"
                             "       S - awaiting inside SYN, s - awaiting outside SYN, T - SIP, U - up\n";

/* ---- filters ---- */

/* A hyphen may be one of a name: the first that has addresses on both sides divides. */
static bool parse_range(struct box *b, const char *text, struct conn_filter *f)
{
        char lo[80];

        if (addr_of_word(b, text, &f->lo)) {
                f->hi = f->lo;
                return true;
        }
        for (const char *dash = strchr(text, '-'); dash; dash = strchr(dash + 1, '-')) {
                snprintf(lo, sizeof lo, "%.*s", (int)(dash - text), text);
                if (addr_of_word(b, lo, &f->lo) && addr_of_word(b, dash + 1, &f->hi))
                        return true;
        }
        return false;
}

static int parse_filter(struct box *b, const struct args *a, struct conn_filter *f, struct err *e)
{
        const char *range = arg_str(a, "ADDRESS");

        *f = (struct conn_filter){ 0 };
        f->proto = arg_has(a, "tcp") ? IPPROTO_TCP_ : arg_has(a, "udp") ? IPPROTO_UDP_ : 0;
        f->through = !arg_has(a, "all") && !range;
        if (arg_has(a, "PORT")) {
                f->port_lo = (uint16_t)arg_u32(a, "PORT", 0);
                f->port_hi = f->port_lo;
        }
        return !range || parse_range(b, range, f)
                       ? 0
                       : err_set(e, ERR_SYNTAX, "%s is not an address or a range of addresses", range);
}

/* ---- walking ---- */

struct query {
        const struct conn_filter *f;
        uint32_t cursor;
        struct conn_row row[ROWS];
        unsigned n;
        bool end;
};

static void read_rows(struct worker *w, void *arg)
{
        struct query *q = arg;

        q->end = true;
        q->n = w->conns ? conn_walk(w, &q->cursor, q->f, q->row, ROWS, &q->end) : 0;
}

/* Media the box relays has no conn: its sessions tell what is between the peers and the media address. */
static void read_media(struct worker *w, void *arg)
{
        struct query *q = arg;

        q->n = media_flow_walk(w, &q->cursor, q->f, q->row, ROWS, &q->end);
}

struct totals {
        uint32_t in_use, most;
};

static void read_totals(struct worker *w, void *arg)
{
        struct totals *t = arg;
        struct media_count m = { 0 };

        if (!w->conns)
                return;
        media_count(w, &m);
        t->in_use += conn_count(w->conns) + 2 * m.sessions;
        t->most += MAX_OF(conn_most(w->conns), m.flows_most);
}

/* ---- rows ---- */

/* "3s", "1m5s", "1h0m": the two largest units. */
static char *short_time(uint64_t ms, char *out)
{
        unsigned s = (unsigned)(ms / 1000);

        if (s < 60)
                snprintf(out, 16, "%us", s);
        else if (s < 3600)
                snprintf(out, 16, "%um%us", s / 60, s % 60);
        else if (s < 86400)
                snprintf(out, 16, "%uh%um", s / 3600, s / 60 % 60);
        else
                snprintf(out, 16, "%uD%uh", s / 86400, s / 3600 % 24);
        return out;
}

/* The outside stands first. */
static unsigned first_side(const struct conn_row *r)
{
        return r->inbound ? 0 : 1;
}

static bool brief(struct session *s, const struct snapshot *snap, const struct conn_row *r)
{
        unsigned o = first_side(r);
        char num[8], idle[24];

        return ROW(s, "%s %s %s:%s %s %s:%s, idle %s, bytes %s, flags %s\n",
                   cell_str("protocol", proto_name(r->proto, num)),
                   cell_str("outside_interface", ifc_name(snap, r->iface[o])),
                   cell_addr("outside_address", &r->real[o]), cell_num("outside_port", r->real_port[o]),
                   cell_str("inside_interface", ifc_name(snap, r->iface[!o])),
                   cell_addr("inside_address", &r->real[!o]), cell_num("inside_port", r->real_port[!o]),
                   cell_as(cell_fix("idle_seconds", r->idle_ms, 3), str_duration(idle, r->idle_ms / 1000)),
                   cell_num("bytes", r->bytes), cell_str("flags", r->flags));
}

static void put_ends(struct session *s, const struct snapshot *snap, const struct conn_row *r)
{
        unsigned o = first_side(r);
        char num[8];

        PUT(s, "%s %s: %s/%s (%s/%s) %s: %s/%s (%s/%s),\n", cell_str("protocol", proto_name(r->proto, num)),
            cell_str("outside_interface", ifc_name(snap, r->iface[o])), cell_addr("outside_address", &r->real[o]),
            cell_num("outside_port", r->real_port[o]), cell_addr("outside_mapped_address", &r->mapped[o]),
            cell_num("outside_mapped_port", r->mapped_port[o]),
            cell_str("inside_interface", ifc_name(snap, r->iface[!o])), cell_addr("inside_address", &r->real[!o]),
            cell_num("inside_port", r->real_port[!o]), cell_addr("inside_mapped_address", &r->mapped[!o]),
            cell_num("inside_mapped_port", r->mapped_port[!o]));
}

static bool detail(struct session *s, const struct snapshot *snap, const struct conn_row *r)
{
        char idle[16], up[16], to[16];

        table_object(session_table(s), NULL);
        put_ends(s, snap, r);
        PUT(s, "    flags %s, idle %s, uptime %s, timeout %s, bytes %s\n", cell_str("flags", r->flags),
            cell_as(cell_fix("idle_seconds", r->idle_ms, 3), short_time(r->idle_ms, idle)),
            cell_as(cell_fix("uptime_seconds", r->uptime_ms, 3), short_time(r->uptime_ms, up)),
            cell_as(cell_fix("timeout_seconds", r->timeout_ms, 3), short_time(r->timeout_ms, to)),
            cell_num("bytes", r->bytes));
        PUT(s, "  Initiator: %s, Responder: %s\n", cell_addr("initiator", &r->real[0]),
            cell_addr("responder", &r->real[1]));
        return table_close(session_table(s));
}

static bool show_table(struct session *s, const struct snapshot *snap, struct worker *w,
                       void (*read)(struct worker *w, void *arg), const struct conn_filter *f, bool wide)
{
        struct query q = { .f = f };

        do {
                worker_call(w, read, &q);
                for (unsigned i = 0; i < q.n; i++)
                        if (!(wide ? detail : brief)(s, snap, &q.row[i]))
                                return false;
        } while (!q.end);
        return true;
}

static bool show_worker(struct session *s, const struct snapshot *snap, struct worker *w, const struct conn_filter *f,
                        bool wide)
{
        return show_table(s, snap, w, read_rows, f, wide) && show_table(s, snap, w, read_media, f, wide);
}

static int show_conn(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        struct conn_filter f;
        struct totals t = { 0 };
        const struct snapshot *snap;
        bool wide = arg_has(a, "detail") || arg_has(a, "long"), more = true;

        if (parse_filter(b, a, &f, e))
                return -1;
        each_worker(b, read_totals, &t);
        PUT(s, "%s in use, %s most used\n", cell_num("in_use", t.in_use), cell_num("most_used", t.most));
        if (arg_has(a, "count"))
                return 0;
        snap = snapshot_get(b->hub);
        if (!snap)
                return 0;
        if (wide)
                out(s, "%s\n", legend);
        table_list(session_table(s), "connections");
        for (unsigned i = 0; more && i < b->nworkers; i++)
                if (b->worker[i])
                        more = show_worker(s, snap, b->worker[i], &f, wide);
        table_close(session_table(s));
        snapshot_put(b->hub, snap);
        return 0;
}

/* ---- clear ---- */

struct clearing {
        struct conn_filter f;
        uint32_t cursor, ended;
        bool end;
};

static void clear_some(struct worker *w, void *arg)
{
        struct clearing *c = arg;

        c->end = true;
        if (w->conns)
                c->ended += conn_clear(w, &c->cursor, &c->f, CONN_END_CLEARED, &c->end);
}

static void clear_media(struct worker *w, void *arg)
{
        struct clearing *c = arg;

        c->ended += media_flow_clear(w, &c->cursor, &c->f, &c->end);
}

/* A bounded piece at a time. */
static void clear_table(struct worker *w, void (*piece)(struct worker *w, void *arg), struct clearing *c)
{
        c->cursor = 0;
        do
                worker_call(w, piece, c);
        while (!c->end);
}

static int clear_conn(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        struct clearing c = { 0 };

        if (parse_filter(b, a, &c.f, e))
                return -1;
        for (unsigned i = 0; i < b->nworkers; i++) {
                if (!b->worker[i])
                        continue;
                clear_table(b->worker[i], clear_some, &c);
                clear_table(b->worker[i], clear_media, &c);
        }
        out(s, "%u connection(s) deleted.\n", c.ended);
        return 0;
}

static int show_conn_named(struct session *s, const struct args *a, struct err *e)
{
        return with_names(s, a, e, show_conn);
}

const struct exec_row exec_show_conn[] = {
        { "show conn [all] [count] [{detail|long}] [protocol {tcp|udp}] [address ADDRESS:word(79)] [port "
          "PORT:u32(1-65535)]",
          "Show connections", 15 | EXEC_TABLE, show_conn_named },
        { "clear conn [{all|address ADDRESS:word(79)}] [protocol {tcp|udp}] [port PORT:u32(1-65535)]",
          "End connections", 15, clear_conn },
        { 0 },
};
