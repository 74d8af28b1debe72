/* What the box does: CPU, threads, packet buffers, traffic, rates of connections. */
#include "cli/exec/show_usage.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/store.h"
#include "cli/usage.h"
#include "platform/net/iface.h"

#define LLU(x) ((unsigned long long)(x))

/* ---- show cpu ---- */
static unsigned percent(uint32_t permille)
{
        return (permille + 5) / 10;
}

static int show_cpu(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);

        out(s, "CPU utilization for 5 seconds = %u%%; 1 minute: %u%%; 5 minutes: %u%%\n",
            percent(usage_cpu_permille(b, 5)), percent(usage_cpu_permille(b, 60)),
            percent(usage_cpu_permille(b, 300)));
        return 0;
}

static int show_cpu_detailed(struct session *s, const struct args *a, struct err *e)
{
        struct usage_thread t[THREADS_CPU_MAX];
        unsigned n = usage_threads(session_box(s), t);

        show_cpu(s, a, e);
        out(s, "\n%u core%s may be used; a thread uses one at most:\n", usage_cores(), usage_cores() == 1 ? "" : "s");
        for (unsigned i = 0; i < n; i++)
                out(s, "  %-16s %3u.%u%% %3u.%u%% %3u.%u%%\n", t[i].name, t[i].permille[0] / 10,
                    t[i].permille[0] % 10, t[i].permille[1] / 10, t[i].permille[1] % 10, t[i].permille[2] / 10,
                    t[i].permille[2] % 10);
        return 0;
}

/* ---- show processes ---- */
static int show_processes(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct usage_thread t[THREADS_CPU_MAX];
        unsigned n = usage_threads(session_box(s), t);

        out(s, "      Runtime      5Sec     1Min     5Min   Process\n");
        for (unsigned i = 0; i < n; i++)
                out(s, "%10llu ms   %3u.%u%%   %3u.%u%%   %3u.%u%%   %s\n", LLU(t[i].run_ms), t[i].permille[0] / 10,
                    t[i].permille[0] % 10, t[i].permille[1] / 10, t[i].permille[1] % 10, t[i].permille[2] / 10,
                    t[i].permille[2] % 10, t[i].name);
        return 0;
}

/* ---- show blocks ---- */
static void add_blocks(struct worker *w, void *arg)
{
        struct pkt_pool_use *k = arg, u;

        pkt_pool_use(w->pkts, &u);
        k->small += u.small;
        k->small_used += u.small_used;
        k->small_low += u.small_low;
        k->big += u.big;
        k->big_used += u.big_used;
        k->big_low += u.big_low;
}

static int show_blocks(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct pkt_pool_use k = { 0 };

        each_worker(session_box(s), add_blocks, &k);
        out(s, "  SIZE    MAX    LOW    CNT\n");
        out(s, "%6u %6u %6u %6u\n", PKT_SMALL_FRAME, k.small, k.small_low, k.small - k.small_used);
        out(s, "%6u %6u %6u %6u\n", PKT_BIG_FRAME, k.big, k.big_low, k.big - k.big_used);
        return 0;
}

/* ---- show perfmon ---- */
static const struct {
        const char *name;
        int what; /* -1: this box does nothing of the kind */
} perf[] = {
        { "Xlates", USAGE_XLATES },
        { "Connections", USAGE_CONNS },
        { "TCP Conns", USAGE_TCP },
        { "UDP Conns", USAGE_UDP },
        { "URL Access", -1 },
        { "URL Server Req", -1 },
        { "TCP Intercept Established Conns", -1 },
        { "TCP Intercept Attempts", -1 },
        { "HTTP Fixup", -1 },
        { "FTP Fixup", -1 },
};

static int show_perfmon(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        uint64_t up = (clock_mono_ms(b->clk) - b->start_mono_ms) / 1000;

        out(s, "\n%-35s%10s%13s\n", "PERFMON STATS:", "Current", "Average");
        for (size_t i = 0; i < ARRAY_LEN(perf); i++) {
                uint64_t now = perf[i].what < 0 ? 0 : usage_flow_rate(b, (enum usage_flow)perf[i].what, 5);
                uint64_t all = perf[i].what < 0 ? 0 : usage_flow_total(b, (enum usage_flow)perf[i].what);

                out(s, "%-35s%8llu/s%11llu/s\n", perf[i].name, LLU(now), LLU(up ? all / up : 0));
        }
        return 0;
}

/* ---- show traffic ---- */
struct traffic {
        char nameif[NAMEIF_MAX + 1];
        uint16_t idx;
        uint64_t v[USAGE_IFACE_N];
};

static void read_traffic(const struct box *b, struct traffic *t)
{
        const struct iface_stat *st = b->nworkers && b->worker[0] ? b->worker[0]->env.ifstat : NULL;

        if (!st || t->idx >= IFACES_MAX)
                return;
        t->v[USAGE_IN_PKTS] = atomic_load_explicit(&st[t->idx].in_pkts, memory_order_relaxed);
        t->v[USAGE_IN_BYTES] = atomic_load_explicit(&st[t->idx].in_bytes, memory_order_relaxed);
        t->v[USAGE_OUT_PKTS] = atomic_load_explicit(&st[t->idx].out_pkts, memory_order_relaxed);
        t->v[USAGE_OUT_BYTES] = atomic_load_explicit(&st[t->idx].out_bytes, memory_order_relaxed);
}

static unsigned find_traffic(struct box *b, struct traffic out[IFACES_MAX])
{
        const struct snapshot *snap = snapshot_get(b->hub);
        const struct net_rt *n = snap ? net_rt(snap) : NULL;
        unsigned k = 0;

        for (unsigned i = 1; n && i < n->nifaces; i++) {
                if (!n->iface[i].idx || !*n->iface[i].nameif)
                        continue;
                out[k] = (struct traffic){ .idx = n->iface[i].idx };
                memcpy(out[k].nameif, n->iface[i].nameif, sizeof out[k].nameif);
                read_traffic(b, &out[k++]);
        }
        if (snap)
                snapshot_put(b->hub, snap);
        return k;
}

static void show_way(struct session *s, const char *way, const uint64_t *v, uint64_t ms)
{
        uint64_t div = ms ? ms : 1;

        out(s, "\t%s (in %llu.%03llu secs):\n", way, LLU(ms / 1000), LLU(ms % 1000));
        out(s, "\t\t%llu packets\t%llu bytes\n", LLU(v[0]), LLU(v[1]));
        out(s, "\t\t%llu pkts/sec\t%llu bytes/sec\n", LLU(v[0] * 1000 / div), LLU(v[1] * 1000 / div));
}

/* Members of the interface that is open, as an object of the span. */
void show_rates(struct session *s, uint16_t idx, unsigned minutes)
{
        struct box *b = session_box(s);
        unsigned span = 60 * minutes;
        const struct cell m = cell_num(NULL, minutes);

        table_object(session_table(s), minutes == 1 ? "rates_1_minute" : "rates_5_minutes");
        PUT(s, "      %s minute input rate %s pkts/sec,  %s bytes/sec\n", m,
            cell_num("packets_in_per_second", usage_iface_rate(b, idx, USAGE_IN_PKTS, span)),
            cell_num("bytes_in_per_second", usage_iface_rate(b, idx, USAGE_IN_BYTES, span)));
        PUT(s, "      %s minute output rate %s pkts/sec,  %s bytes/sec\n", m,
            cell_num("packets_out_per_second", usage_iface_rate(b, idx, USAGE_OUT_PKTS, span)),
            cell_num("bytes_out_per_second", usage_iface_rate(b, idx, USAGE_OUT_BYTES, span)));
        PUT(s, "      %s minute drop rate, %s pkts/sec\n", m,
            cell_num("packets_dropped_per_second", usage_iface_rate(b, idx, USAGE_DROPS, span)));
        table_close(session_table(s));
}

static int show_traffic(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        struct traffic t[IFACES_MAX];
        unsigned n = find_traffic(b, t);

        for (unsigned i = 0; i < n; i++) {
                uint64_t in[2] = { t[i].v[USAGE_IN_PKTS], t[i].v[USAGE_IN_BYTES] };
                uint64_t sent[2] = { t[i].v[USAGE_OUT_PKTS], t[i].v[USAGE_OUT_BYTES] };
                uint64_t since = usage_cleared(b, t[i].idx, in, sent);
                uint64_t ms = clock_mono_ms(b->clk) - (since ? since : b->start_mono_ms);

                out(s, "%s:\n", t[i].nameif);
                show_way(s, "received", in, ms);
                show_way(s, "transmitted", sent, ms);
                show_rates(s, t[i].idx, 1);
                show_rates(s, t[i].idx, 5);
                if (!out(s, "\n"))
                        break;
        }
        return 0;
}

static int clear_traffic(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        usage_clear_traffic(session_box(s));
        return 0;
}

const struct exec_row exec_show_usage[] = {
        { "show cpu [usage]", "Show how busy the processor is", 15, show_cpu },
        { "show cpu [usage] detailed", "Show how busy each thread is", 15, show_cpu_detailed },
        { "show processes [cpu-usage]", "Show the threads and their run time", 15, show_processes },
        { "show blocks", "Show packet buffers", 15, show_blocks },
        { "show perfmon", "Show rates of connections", 15, show_perfmon },
        { "show traffic", "Show the traffic of each interface", 15, show_traffic },
        { "clear traffic", "Count traffic from now on", 15, clear_traffic },
        { 0 },
};
