/* Translations. */
#include "cli/exec/clear.h"
#include "cli/exec/live.h"
#include "cli/exec/tables.h"

#include "nat/xlate.h"

#define ROWS 64

struct query {
        uint32_t cursor, in_use, most;
        struct xlate_row row[ROWS];
        unsigned n;
        bool end;
};

static void read_rows(struct worker *w, void *arg)
{
        struct query *q = arg;

        q->end = true;
        q->n = w->xlates ? xlate_walk(w, &q->cursor, q->row, ROWS, &q->end) : 0;
}

static void read_totals(struct worker *w, void *arg)
{
        struct query *q = arg;

        if (!w->xlates)
                return;
        q->in_use = xlate_count(w);
        q->most = xlate_most(w);
}

static const char *with_len(const struct addr *a, uint8_t len, char *out, size_t cap)
{
        char t[ADDR_TEXT_MAX];
        bool host = !len || len == (addr_is_v4(a) ? 32 : 128);

        if (host)
                snprintf(out, cap, "%s", addr_print(a, t));
        else
                snprintf(out, cap, "%s/%u", addr_print(a, t), len);
        return out;
}

static const char *static_flags(const struct xlate_row *r, char out[8])
{
        snprintf(out, 8, "s%s%s%s", r->portmap ? "r" : "", r->identity ? "I" : "", r->twice ? "T" : "");
        return out;
}

static void put_times(struct session *s, const struct xlate_row *r, const char *flags)
{
        char idle[24], to[24];

        PUT(s, "flags %s idle %s timeout %s\n", cell_str("flags", flags),
            cell_as(cell_fix("idle_seconds", r->idle_ms, 3), str_duration(idle, r->idle_ms / 1000)),
            cell_as(cell_fix("timeout_seconds", r->timeout_ms, 3), str_duration(to, r->timeout_ms / 1000)));
}

static void show_pat(struct session *s, const struct snapshot *snap, const struct xlate_row *r)
{
        char num[8], flags[8];
        const struct cell rport = cell_num("real_port", r->rport), mport = cell_num("mapped_port", r->mport),
                          again = cell_num(NULL, r->rport), mapped_again = cell_num(NULL, r->mport),
                          proto = cell_str("protocol", proto_name(r->proto, num)),
                          real_if = cell_str("real_interface", ifc_name(snap, r->real_if)),
                          mapped_if = cell_str("mapped_interface", ifc_name(snap, r->mapped_if)),
                          real = cell_addr("real_address", &r->real),
                          mapped = cell_addr("mapped_address", &r->mapped);

        if (r->dynamic) {
                PUT(s, "%s PAT from %s:%s/%s to %s:%s/%s ", proto, real_if, real, rport, mapped_if, mapped, mport);
                put_times(s, r, "ri");
        } else {
                PUT(s, "%s PAT from %s:%s %s-%s to %s:%s %s-%s\n    ", proto, real_if, real, rport, again, mapped_if,
                    mapped, mport, mapped_again);
                put_times(s, r, static_flags(r, flags));
        }
}

static const char *any_name(const struct snapshot *snap, uint16_t iface)
{
        return iface == IFACE_NONE ? "any" : ifc_name(snap, iface);
}

static void show_nat_row(struct session *s, const struct snapshot *snap, const struct xlate_row *r)
{
        char real[64], mapped[64], flags[8];

        PUT(s, "NAT from %s:%s to %s:%s\n    ", cell_str("real_interface", any_name(snap, r->real_if)),
            cell_str("real_address", with_len(&r->real, r->len, real, sizeof real)),
            cell_str("mapped_interface", any_name(snap, r->mapped_if)),
            cell_str("mapped_address", with_len(&r->mapped, r->len, mapped, sizeof mapped)));
        put_times(s, r, r->dynamic ? "i" : static_flags(r, flags));
}

static bool show_row(struct session *s, const struct snapshot *snap, const struct xlate_row *r)
{
        table_object(session_table(s), NULL);
        PUT(s, "", cell_str("type", r->portmap ? "PAT" : "NAT"));
        if (r->portmap)
                show_pat(s, snap, r);
        else
                show_nat_row(s, snap, r);
        return table_close(session_table(s));
}

/* Static ones are the same in every worker: shown once. */
static bool show_worker(struct session *s, const struct snapshot *snap, struct worker *w, bool statics)
{
        struct query q = { 0 };

        do {
                worker_call(w, read_rows, &q);
                for (unsigned i = 0; i < q.n; i++)
                        if ((statics || q.row[i].dynamic) && !show_row(s, snap, &q.row[i]))
                                return false;
        } while (!q.end);
        return true;
}

static int show_xlate(struct session *s, const struct args *a, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        struct query q = { 0 };
        const struct snapshot *snap;
        bool more = true;

        each_worker(b, read_totals, &q);
        PUT(s, "%s in use, %s most used\n", cell_num("in_use", q.in_use), cell_num("most_used", q.most));
        snap = arg_has(a, "count") ? NULL : snapshot_get(b->hub);
        if (!snap)
                return 0;
        out(s, "Flags: D - DNS, e - extended, I - identity, i - dynamic, r - portmap, "
               "s - static, T - twice, N - net-to-net\n");
        table_list(session_table(s), "translations");
        for (unsigned i = 0; more && i < b->nworkers; i++)
                if (b->worker[i])
                        more = show_worker(s, snap, b->worker[i], i == 0);
        table_close(session_table(s));
        snapshot_put(b->hub, snap);
        return 0;
}

static void clear_some(struct worker *w, void *arg)
{
        struct query *q = arg;

        q->end = true;
        if (w->xlates)
                q->n += xlate_clear(w, &q->cursor, &q->end);
}

static int clear_xlate(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);

        for (unsigned i = 0; i < b->nworkers; i++) {
                struct query q = { .end = !b->worker[i] };

                while (!q.end)
                        worker_call(b->worker[i], clear_some, &q);
        }
        return 0;
}

const struct exec_row exec_show_xlate[] = {
        { "show xlate [count]", "Show translations", 15 | EXEC_TABLE, show_xlate },
        { "clear xlate", "End dynamic translations and all translated connections", 15, clear_xlate },
        { 0 },
};
