/* `show checkheaps`: looks whether what the appliance keeps is still consistent, now, and says what is not. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/conf/store.h"
#include "policy/conn_check.h"

struct conn_slice {
        struct conn_faults f;
        uint32_t cursor;
        bool end;
};

static void check_slice(struct worker *w, void *arg)
{
        struct conn_slice *c = arg;

        if (w->conns)
                conn_check(w, &c->cursor, &c->f, &c->end);
        else
                c->end = true;
}

/* Slice by slice, so that packets pass in between. */
static void check_conns(struct box *b, struct conn_faults *sum)
{
        for (unsigned i = 0; i < b->nworkers; i++) {
                struct conn_slice c = { .f = *sum };

                while (b->worker[i] && !c.end)
                        worker_call(b->worker[i], check_slice, &c);
                *sum = c.f;
        }
}

static unsigned check_parts(struct box *b)
{
        const struct snapshot *snap = snapshot_get(b->hub);
        unsigned bad = 0;

        if (!snap)
                return 0;
        for (unsigned i = 0; i < SNAP_PARTS; i++)
                bad += !snap->part[i] || !atomic_load(&snap->part[i]->refs) || !snap->part[i]->root;
        bad += !atomic_load(&snap->refs); /* ours at least */
        snapshot_put(b->hub, snap);
        return bad;
}

struct heap_sum {
        uint64_t live, bytes, bad;
};

/* A kind has bytes when it has blocks, and never more alive than were made. */
static void check_heap(struct heap_sum *h)
{
        struct mem_stat m;

        for (unsigned k = 0; k < MEM_KINDS; k++) {
                mem_stat((enum mem_kind)k, &m);
                h->live += m.live;
                h->bytes += m.bytes;
                h->bad += m.live > m.total || (!m.live && m.bytes > 0 && m.total == 0);
        }
}

static void line(struct session *s, const char *what, uint64_t seen, uint64_t bad)
{
        ROW(s, "%-32s: %s checked, %s faulty\n", cell_str("check", what), cell_num("checked", seen),
            cell_num("faulty", bad));
}

static void show_sums(struct session *s, const struct heap_sum *h, uint64_t took_ms)
{
        char ms[24];

        snprintf(ms, sizeof ms, "%llu", (unsigned long long)took_ms);
        PUT(s, "%-32s: %s\n", cell_text("Number of buffers allocated"), cell_num("buffers_allocated", h->live));
        PUT(s, "%-32s: %s bytes\n", cell_text("Total memory in use"), cell_num("memory_bytes", h->bytes));
        PUT(s, "%-32s: %s millisecs\n", cell_text("Duration of last run"),
            cell_as(cell_fix("duration_seconds", (int64_t)took_ms, 3), ms));
}

static int show_checkheaps(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        uint64_t begun = clock_mono_ms(b->clk);
        unsigned kinds = 0, objects = 0, faults = 0, parts = check_parts(b);
        struct conn_faults c = { 0 };
        struct heap_sum h = { 0 };

        pthread_mutex_lock(&b->conf_lock);
        while (conf_kind_check(kinds, b->store, &objects, &faults))
                kinds++;
        pthread_mutex_unlock(&b->conf_lock);
        check_conns(b, &c);
        check_heap(&h);
        out(s, "Checkheaps stats from buffer validation runs\n--------------------------------------------\n");
        table_list(session_table(s), "checks");
        line(s, "Configured objects by name", objects, faults);
        line(s, "Parts of the compiled snapshot", SNAP_PARTS, parts);
        line(s, "Connections by their packets", c.seen, c.lost + c.strange);
        line(s, "Connection tables", b->nworkers, c.counts);
        line(s, "Kinds of memory", MEM_KINDS, h.bad);
        table_close(session_table(s));
        show_sums(s, &h, clock_mono_ms(b->clk) - begun);
        return 0;
}

const struct exec_row exec_selfcheck[] = {
        { "show checkheaps", "Check objects, connections and memory now, and show what is wrong", 15 | EXEC_TABLE,
          show_checkheaps },
        { 0 },
};
