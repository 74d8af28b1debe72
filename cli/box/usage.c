#include "cli/box/usage.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "nat/xlate.h"
#include "platform/base/history.h"
#include "platform/base/mem.h"
#include "platform/net/iface.h"
#include "policy/conn.h"

struct usage {
        pthread_mutex_t lock;
        struct history *cpu, *iface, *flow;
        int tid[THREADS_CPU_MAX]; /* whose place in cpu this is; 0: free */
        uint64_t flows[USAGE_FLOW_N];
        uint64_t iface_now[IFACES_MAX * USAGE_IFACE_N];
        uint64_t cleared[IFACES_MAX * USAGE_IFACE_N], cleared_ms; /* by `clear traffic` */
};

struct usage *usage_new(void)
{
        struct usage *u = mem_alloc(MEM_CLI, sizeof *u);

        if (!u)
                return NULL;
        pthread_mutex_init(&u->lock, NULL);
        u->cpu = history_new(THREADS_CPU_MAX);
        u->iface = history_new(IFACES_MAX * USAGE_IFACE_N);
        u->flow = history_new(USAGE_FLOW_N);
        if (u->cpu && u->iface && u->flow)
                return u;
        usage_free(u);
        return NULL;
}

void usage_free(struct usage *u)
{
        if (!u)
                return;
        history_free(u->cpu);
        history_free(u->iface);
        history_free(u->flow);
        pthread_mutex_destroy(&u->lock);
        mem_free(u);
}

/* ---- reading ---- */
static unsigned place_of(struct usage *u, int tid)
{
        unsigned unused = THREADS_CPU_MAX;

        for (unsigned i = 0; i < THREADS_CPU_MAX; i++) {
                if (u->tid[i] == tid)
                        return i;
                if (!u->tid[i] && unused == THREADS_CPU_MAX)
                        unused = i;
        }
        if (unused < THREADS_CPU_MAX) {
                u->tid[unused] = tid;
                history_forget(u->cpu, unused);
        }
        return unused;
}

static void forget_ended(struct usage *u, const struct thread_cpu *t, unsigned n)
{
        for (unsigned i = 0; i < THREADS_CPU_MAX; i++) {
                bool alive = false;

                for (unsigned k = 0; k < n; k++)
                        alive |= t[k].tid == u->tid[i];
                if (!alive)
                        u->tid[i] = 0;
        }
}

static void read_cpu(struct usage *u, uint64_t now_ms)
{
        struct thread_cpu t[THREADS_CPU_MAX];
        uint64_t v[THREADS_CPU_MAX] = { 0 };
        unsigned n = threads_cpu_read("/proc/self/task", t);

        forget_ended(u, t, n);
        for (unsigned i = 0; i < n; i++) {
                unsigned at = place_of(u, t[i].tid);

                if (at < THREADS_CPU_MAX)
                        v[at] = t[i].ns / 1000;
        }
        history_add(u->cpu, now_ms, v);
}

static void read_ifaces(const struct box *b, uint64_t *to)
{
        const struct iface_stat *st = b->nworkers && b->worker[0] ? b->worker[0]->env.ifstat : NULL;

        for (unsigned i = 0; st && i < IFACES_MAX; i++) {
                uint64_t *v = &to[i * USAGE_IFACE_N];

                v[USAGE_IN_PKTS] = atomic_load_explicit(&st[i].in_pkts, memory_order_relaxed);
                v[USAGE_IN_BYTES] = atomic_load_explicit(&st[i].in_bytes, memory_order_relaxed);
                v[USAGE_OUT_PKTS] = atomic_load_explicit(&st[i].out_pkts, memory_order_relaxed);
                v[USAGE_OUT_BYTES] = atomic_load_explicit(&st[i].out_bytes, memory_order_relaxed);
                v[USAGE_DROPS] = atomic_load_explicit(&st[i].drops, memory_order_relaxed);
        }
}

static void add_flows(struct worker *w, void *arg)
{
        uint64_t *v = arg;

        if (w->conns) {
                v[USAGE_TCP] += conn_built(w->conns, 6);
                v[USAGE_UDP] += conn_built(w->conns, 17);
                v[USAGE_CONNS] += conn_built(w->conns, 0);
        }
        if (w->xlates)
                v[USAGE_XLATES] += xlate_built(w);
}

static void read_flows(struct box *b, uint64_t v[USAGE_FLOW_N])
{
        memset(v, 0, USAGE_FLOW_N * sizeof *v);
        for (unsigned i = 0; i < b->nworkers; i++)
                if (b->worker[i])
                        worker_call(b->worker[i], add_flows, v);
}

void usage_poll(struct box *b)
{
        struct usage *u = b->usage;
        uint64_t now = clock_mono_ms(b->clk), flows[USAGE_FLOW_N];

        if (!u || !history_due(u->cpu, now))
                return;
        read_flows(b, flows);
        pthread_mutex_lock(&u->lock);
        memcpy(u->flows, flows, sizeof flows);
        history_add(u->flow, now, flows);
        read_cpu(u, now);
        read_ifaces(b, u->iface_now);
        history_add(u->iface, now, u->iface_now);
        pthread_mutex_unlock(&u->lock);
}

/* ---- answers ---- */
unsigned usage_cores(void)
{
        cpu_set_t set;

        return sched_getaffinity(0, sizeof set, &set) ? 1 : (unsigned)CPU_COUNT(&set);
}

/* Microseconds a second of one core, in thousandths of thousandths. */
static uint32_t permille(const struct usage *u, unsigned at, unsigned seconds)
{
        return (uint32_t)(history_rate_milli(u->cpu, at, seconds) / 1000000);
}

unsigned usage_threads(struct box *b, struct usage_thread out[THREADS_CPU_MAX])
{
        static const unsigned span[] = { 5, 60, 300 };
        struct thread_cpu t[THREADS_CPU_MAX];
        unsigned n = threads_cpu_read("/proc/self/task", t);

        if (!b->usage)
                return 0;
        pthread_mutex_lock(&b->usage->lock);
        for (unsigned i = 0; i < n; i++) {
                out[i] = (struct usage_thread){ .run_ms = t[i].ns / 1000000 };
                memcpy(out[i].name, t[i].name, sizeof out[i].name);
                for (unsigned at = 0; at < THREADS_CPU_MAX; at++)
                        for (unsigned k = 0; k < ARRAY_LEN(span) && b->usage->tid[at] == t[i].tid; k++)
                                out[i].permille[k] = permille(b->usage, at, span[k]);
        }
        pthread_mutex_unlock(&b->usage->lock);
        return n;
}

uint32_t usage_cpu_permille(struct box *b, unsigned seconds)
{
        uint32_t sum = 0;

        if (!b->usage)
                return 0;
        pthread_mutex_lock(&b->usage->lock);
        for (unsigned i = 0; i < THREADS_CPU_MAX; i++)
                if (b->usage->tid[i])
                        sum += permille(b->usage, i, seconds);
        pthread_mutex_unlock(&b->usage->lock);
        return sum / usage_cores();
}

static uint64_t rate(struct box *b, const struct history *h, unsigned series, unsigned seconds)
{
        uint64_t r;

        pthread_mutex_lock(&b->usage->lock);
        r = history_rate_milli(h, series, seconds);
        pthread_mutex_unlock(&b->usage->lock);
        return (r + 500) / 1000;
}

uint64_t usage_iface_rate(struct box *b, uint16_t iface, enum usage_iface what, unsigned seconds)
{
        return b->usage && iface < IFACES_MAX
                       ? rate(b, b->usage->iface, iface * USAGE_IFACE_N + (unsigned)what, seconds)
                       : 0;
}

uint64_t usage_flow_rate(struct box *b, enum usage_flow what, unsigned seconds)
{
        return b->usage ? rate(b, b->usage->flow, what, seconds) : 0;
}

uint64_t usage_cleared(struct box *b, uint16_t iface, uint64_t in[2], uint64_t out[2])
{
        struct usage *u = b->usage;
        const uint64_t *v;
        uint64_t when;

        if (!u || iface >= IFACES_MAX)
                return 0;
        pthread_mutex_lock(&u->lock);
        v = &u->cleared[iface * USAGE_IFACE_N];
        in[0] -= v[USAGE_IN_PKTS];
        in[1] -= v[USAGE_IN_BYTES];
        out[0] -= v[USAGE_OUT_PKTS];
        out[1] -= v[USAGE_OUT_BYTES];
        when = u->cleared_ms;
        pthread_mutex_unlock(&u->lock);
        return when;
}

void usage_clear_traffic(struct box *b)
{
        if (!b->usage)
                return;
        pthread_mutex_lock(&b->usage->lock);
        read_ifaces(b, b->usage->cleared);
        b->usage->cleared_ms = clock_mono_ms(b->clk);
        pthread_mutex_unlock(&b->usage->lock);
}

uint64_t usage_flow_total(struct box *b, enum usage_flow what)
{
        uint64_t v[USAGE_FLOW_N];

        read_flows(b, v);
        return v[what];
}
