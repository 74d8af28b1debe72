/* How full the tables of fixed size are, and how many newcomers they had no room for. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "nat/xlate.h"
#include "policy/conn.h"
#include "policy/pinhole.h"
#include "proxy/worker/proxy_worker.h"

#define DP_USES (2u + XLATE_USES + PUNT_USES)

struct usage {
        const struct snapshot *snap;
        bool shared_seen; /* the first proxy row is that of all workers: only denials add up */
        struct table_use dp[DP_USES], proxy[PROXY_USES];
};

static void add(struct table_use *sum, const struct table_use *u, unsigned n)
{
        for (unsigned i = 0; i < n; i++) {
                sum[i].name = u[i].name;
                sum[i].current += u[i].current;
                sum[i].peak += u[i].peak;
                sum[i].limit += u[i].limit;
                sum[i].denied += u[i].denied;
        }
}

static void of_worker(struct worker *w, void *arg)
{
        struct table_use u[DP_USES] = { { .name = "" } };

        if (!w->conns || !w->xlates || !w->pinholes || !w->punt) /* one for media only */
                return;
        conn_table_use(w->conns, &u[0]);
        xlate_use(w, &u[1]);
        pinhole_table_use(w->pinholes, &u[1 + XLATE_USES]);
        punt_use(w->punt, &u[2 + XLATE_USES]);
        add(((struct usage *)arg)->dp, u, DP_USES);
}

static void of_proxy(struct proxy_worker *p, void *arg)
{
        struct table_use u[PROXY_USES];
        struct usage *x = arg;

        proxy_use(p, x->snap, u);
        if (x->shared_seen)
                u[0].current = u[0].peak = u[0].limit = 0;
        x->shared_seen = true;
        add(x->proxy, u, PROXY_USES);
}

static void print(struct session *s, const struct table_use *u, unsigned n, bool all)
{
        for (unsigned i = 0; i < n; i++) {
                if (!u[i].name || (!all && !u[i].current && !u[i].peak && !u[i].denied))
                        continue;
                ROW(s, "%-20s %10s %10s %10s %10s System\n", cell_str("resource", u[i].name),
                    cell_num("current", u[i].current), cell_num("peak", u[i].peak),
                    u[i].limit ? cell_num("limit", u[i].limit) : cell_as(cell_null("limit"), "N/A"),
                    cell_num("denied", u[i].denied));
        }
}

static int show_usage(struct session *s, bool all)
{
        struct usage x = { .shared_seen = false };
        struct box *b = session_box(s);

        x.snap = snapshot_get(b->hub);
        each_worker(b, of_worker, &x);
        each_proxy(b, of_proxy, &x);
        if (x.snap)
                snapshot_put(b->hub, x.snap);
        out(s, "%-20s %10s %10s %10s %10s Context\n", "Resource", "Current", "Peak", "Limit", "Denied");
        table_list(session_table(s), "resources");
        print(s, x.dp, DP_USES, all);
        print(s, x.proxy, PROXY_USES, all);
        table_close(session_table(s));
        return 0;
}

static int show_used(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        return show_usage(s, false);
}

static int show_all(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        return show_usage(s, true);
}

const struct exec_row exec_show_resource[] = {
        { "show resource usage", "Show how full tables of fixed size are", 1 | EXEC_TABLE, show_used },
        { "show resource usage all", "Show also those that nothing ever was in", 1 | EXEC_TABLE, show_all },
        { 0 },
};
