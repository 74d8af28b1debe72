/* What the box does: CPU, threads, packet buffers, traffic, rates of connections. */
#include "cli/exec/show_usage.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/conf/store.h"
#include "cli/box/usage.h"
#include "platform/net/iface.h"

#define LLU(x) ((unsigned long long)(x))

/* ---- show cpu ---- */
static unsigned percent(uint32_t permille)
{
        return (permille + 5) / 10;
}

/* A load in whole per cent, as a line of the ASA has it. */
static struct cell load(const char *name, uint32_t permille, char text[16])
{
        snprintf(text, 16, "%u", percent(permille));
        return cell_as(cell_fix(name, permille, 1), text);
}

static int show_cpu(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        char t[3][16];

        PUT(s, "CPU utilization for 5 seconds = %s%%; 1 minute: %s%%; 5 minutes: %s%%\n",
            load("percent_5_seconds", usage_cpu_permille(b, 5), t[0]),
            load("percent_1_minute", usage_cpu_permille(b, 60), t[1]),
            load("percent_5_minutes", usage_cpu_permille(b, 300), t[2]));
        return 0;
}

/* A thread's, with one digit behind the point. */
static struct cell share(const char *name, uint32_t permille, char text[16])
{
        snprintf(text, 16, "%3u.%u", permille / 10, permille % 10);
        return cell_as(cell_fix(name, permille, 1), text);
}

static void show_thread(struct session *s, const char *fmt, const struct cell *first, const struct cell *last,
                        const struct usage_thread *t)
{
        char x[3][16];

        ROW(s, fmt, *first, share("percent_5_seconds", t->permille[0], x[0]),
            share("percent_1_minute", t->permille[1], x[1]), share("percent_5_minutes", t->permille[2], x[2]), *last);
}

static int show_cpu_detailed(struct session *s, const struct args *a, struct err *e)
{
        struct usage_thread t[THREADS_CPU_MAX];
        unsigned n = usage_threads(session_box(s), t);

        show_cpu(s, a, e);
        PUT(s, "\n%s core%s may be used; a thread uses one at most:\n", cell_num("cores", usage_cores()),
            cell_text(usage_cores() == 1 ? "" : "s"));
        table_list(session_table(s), "threads");
        for (unsigned i = 0; i < n; i++) {
                const struct cell name = cell_str("thread", t[i].name),
                                  run = cell_fix("runtime_seconds", t[i].run_ms, 3);

                show_thread(s, "  %-16s %s%% %s%% %s%%\n", &name, &run, &t[i]);
        }
        table_close(session_table(s));
        return 0;
}

/* ---- show processes ---- */
static int show_processes(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct usage_thread t[THREADS_CPU_MAX];
        unsigned n = usage_threads(session_box(s), t);

        out(s, "      Runtime      5Sec     1Min     5Min   Process\n");
        table_list(session_table(s), "processes");
        for (unsigned i = 0; i < n; i++) {
                char ms[24];
                const struct cell name = cell_str("process", t[i].name),
                                  run = cell_as(cell_fix("runtime_seconds", t[i].run_ms, 3), ms);

                snprintf(ms, sizeof ms, "%llu", LLU(t[i].run_ms));
                show_thread(s, "%10s ms   %s%%   %s%%   %s%%   %s\n", &run, &name, &t[i]);
        }
        table_close(session_table(s));
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

static void show_pool(struct session *s, unsigned size, unsigned most, unsigned low, unsigned used)
{
        ROW(s, "%6s %6s %6s %6s\n", cell_num("size_bytes", size), cell_num("max", most), cell_num("low", low),
            cell_num("free", most - used));
}

static int show_blocks(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct pkt_pool_use k = { 0 };

        each_worker(session_box(s), add_blocks, &k);
        out(s, "  SIZE    MAX    LOW    CNT\n");
        table_list(session_table(s), "blocks");
        show_pool(s, PKT_SMALL_FRAME, k.small, k.small_low, k.small_used);
        show_pool(s, PKT_BIG_FRAME, k.big, k.big_low, k.big_used);
        table_close(session_table(s));
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
        table_list(session_table(s), "rates");
        for (size_t i = 0; i < ARRAY_LEN(perf); i++) {
                uint64_t now = perf[i].what < 0 ? 0 : usage_flow_rate(b, (enum usage_flow)perf[i].what, 5);
                uint64_t all = perf[i].what < 0 ? 0 : usage_flow_total(b, (enum usage_flow)perf[i].what);

                ROW(s, "%-35s%8s/s%11s/s\n", cell_str("name", perf[i].name), cell_num("current_per_second", now),
                    cell_num("average_per_second", up ? all / up : 0));
        }
        table_close(session_table(s));
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
        char secs[32];

        snprintf(secs, sizeof secs, "%llu.%03llu", LLU(ms / 1000), LLU(ms % 1000));
        table_object(session_table(s), way);
        PUT(s, "\t%s (in %s secs):\n", cell_text(way), cell_as(cell_fix("seconds", ms, 3), secs));
        PUT(s, "\t\t%s packets\t%s bytes\n", cell_num("packets", v[0]), cell_num("bytes", v[1]));
        PUT(s, "\t\t%s pkts/sec\t%s bytes/sec\n", cell_num("packets_per_second", v[0] * 1000 / div),
            cell_num("bytes_per_second", v[1] * 1000 / div));
        table_close(session_table(s));
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

static bool show_interface(struct session *s, const struct traffic *t)
{
        struct box *b = session_box(s);
        uint64_t in[2] = { t->v[USAGE_IN_PKTS], t->v[USAGE_IN_BYTES] };
        uint64_t sent[2] = { t->v[USAGE_OUT_PKTS], t->v[USAGE_OUT_BYTES] };
        uint64_t since = usage_cleared(b, t->idx, in, sent);
        uint64_t ms = clock_mono_ms(b->clk) - (since ? since : b->start_mono_ms);

        table_object(session_table(s), NULL);
        PUT(s, "%s:\n", cell_str("interface", t->nameif));
        show_way(s, "received", in, ms);
        show_way(s, "transmitted", sent, ms);
        show_rates(s, t->idx, 1);
        show_rates(s, t->idx, 5);
        table_close(session_table(s));
        return out(s, "\n");
}

static int show_traffic(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct traffic t[IFACES_MAX];
        unsigned n = find_traffic(session_box(s), t);
        bool more = true;

        table_list(session_table(s), "interfaces");
        for (unsigned i = 0; more && i < n; i++)
                more = show_interface(s, &t[i]);
        table_close(session_table(s));
        return 0;
}

static int clear_traffic(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        usage_clear_traffic(session_box(s));
        return 0;
}

const struct exec_row exec_show_usage[] = {
        { "show cpu [usage]", "Show how busy the processor is", 15 | EXEC_TABLE, show_cpu },
        { "show cpu [usage] detailed", "Show how busy each thread is", 15 | EXEC_TABLE, show_cpu_detailed },
        { "show processes [cpu-usage]", "Show the threads and their run time", 15 | EXEC_TABLE, show_processes },
        { "show blocks", "Show packet buffers", 15 | EXEC_TABLE, show_blocks },
        { "show perfmon", "Show rates of connections", 15 | EXEC_TABLE, show_perfmon },
        { "show traffic", "Show the traffic of each interface", 15 | EXEC_TABLE, show_traffic },
        { "clear traffic", "Count traffic from now on", 15, clear_traffic },
        { 0 },
};
