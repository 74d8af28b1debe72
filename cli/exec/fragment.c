/* Fragments that wait, per interface: the sums of all workers. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "platform/net/frag.h"

struct query {
        uint16_t iface;
        bool queue, statistics; /* what to clear */
        struct frag_stat sum;
};

static void add_stat(struct worker *w, void *arg)
{
        struct query *q = arg;
        struct frag_stat st;

        if (!w->frags)
                return;
        frag_stat_of(w->frags, q->iface, &st);
        q->sum.queued += st.queued;
        q->sum.assembled += st.assembled;
        q->sum.failed += st.failed;
        q->sum.overflow += st.overflow;
}

static bool show_interface(struct session *s, const struct iface_rt *i)
{
        struct query q = { .iface = i->idx };
        const struct frag_limits *l = &i->frag;

        each_worker(session_box(s), add_stat, &q);
        return ROW(s,
                   "Interface: %s\n"
                   "    Size: %s, Chain: %s, Timeout: %s, Reassembly: full\n"
                   "    Queue: %s, Assembled: %s, Fail: %s, Overflow: %s\n",
                   cell_str("interface", i->nameif), cell_num("size", l->size), cell_num("chain", l->chain),
                   cell_num("timeout_seconds", l->timeout_s), cell_num("queued", q.sum.queued),
                   cell_num("assembled", q.sum.assembled), cell_num("failed", q.sum.failed),
                   cell_num("overflow", q.sum.overflow));
}

static int show_fragment(struct session *s, const struct args *a, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        const struct snapshot *snap = snapshot_get(b->hub);
        const char *only = arg_str(a, "IFC");
        bool more = snap != NULL;

        table_list(session_table(s), "interfaces");
        for (uint16_t i = 1; more && i < net_rt(snap)->nifaces; i++) {
                const struct iface_rt *ifc = iface_by_idx(net_rt(snap), i);

                if (ifc && *ifc->nameif && (!only || !strcmp(only, ifc->nameif)))
                        more = show_interface(s, ifc);
        }
        table_close(session_table(s));
        if (snap)
                snapshot_put(b->hub, snap);
        return 0;
}

static void clear_one(struct worker *w, void *arg)
{
        const struct query *q = arg;

        if (!w->frags)
                return;
        if (q->queue)
                frag_clear_queue(w->frags, q->iface);
        if (q->statistics)
                frag_clear_stat(w->frags, q->iface);
}

static uint16_t index_of(struct box *b, const char *nameif)
{
        const struct snapshot *snap = nameif ? snapshot_get(b->hub) : NULL;
        const struct iface_rt *i = snap ? iface_by_name(net_rt(snap), nameif) : NULL;
        uint16_t idx = i ? i->idx : IFACE_NONE;

        if (snap)
                snapshot_put(b->hub, snap);
        return nameif ? idx : FRAG_IFACE_ALL;
}

static int clear_fragment(struct session *s, const struct args *a, struct err *e UNUSED)
{
        bool queue = arg_has(a, "queue"), statistics = arg_has(a, "statistics");
        struct query q = { .iface = index_of(session_box(s), arg_str(a, "IFC")),
                           .queue = queue || !statistics,
                           .statistics = statistics || !queue };

        each_worker(session_box(s), clear_one, &q);
        return 0;
}

const struct exec_row exec_fragment[] = {
        { "show fragment [IFC:nameif]", "Show fragments that wait for the rest of their datagram", 15 | EXEC_TABLE,
          show_fragment },
        { "clear fragment [{queue|statistics}] [IFC:nameif]", "Drop fragments that wait, forget their counts", 15,
          clear_fragment },
        { 0 },
};
