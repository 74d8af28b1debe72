/* Metrics of the process itself: build, time, CPU, memory, log, logins. */
#include "cli/http/metrics_int.h"

#include <string.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/aaa/aaa_state.h"
#include "platform/base/log.h"
#include "platform/base/mem.h"
#include "platform/svc/threads_cpu.h"
#include "proxy/tls/tls_library.h"

static void build(struct box *b, struct text *t)
{
        char library[TLS_LIBRARY_NAME_MAX];

        tls_library_name(library);
        metric_head(t, GAUGE, "build_info", "Version of the appliance and of its TLS library; always 1.");
        metric_two(t, "build_info", "version", VOXGATE_VERSION, "tls_library", library, 1);
        metric_head(t, GAUGE, "start_time_seconds", "When the appliance started, in seconds since 1970.");
        metric_milli(t, "start_time_seconds", NULL, NULL, (uint64_t)b->start_wall_ns / 1000000);
        metric_head(t, GAUGE, "uptime_seconds", "Time since the start.");
        metric_milli(t, "uptime_seconds", NULL, NULL, clock_mono_ms(b->clk) - b->start_mono_ms);
}

/* ---- CPU ---- */

static uint64_t process_cpu_ms(void)
{
        struct timespec ts = { 0 };

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
        return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Threads that live as long as the process; those of one name together. */
static void cpu(struct text *t)
{
        static const char *const lasting[] = { "vg-dataplane", "vg-proxy", "vg-log", "vg-dns" };
        struct thread_cpu c[THREADS_CPU_MAX];
        unsigned n = threads_cpu_read("/proc/self/task", c);

        metric_head(t, COUNTER, "cpu_seconds_total", "CPU time of all threads there ever were.");
        metric_milli(t, "cpu_seconds_total", NULL, NULL, process_cpu_ms());
        metric_head(t, COUNTER, "thread_cpu_seconds_total", "CPU time of the threads that do the work.");
        for (size_t i = 0; i < ARRAY_LEN(lasting); i++) {
                uint64_t ns = 0;
                bool some = false;

                for (unsigned k = 0; k < n; k++) {
                        if (strcmp(c[k].name, lasting[i]) != 0)
                                continue;
                        ns += c[k].ns;
                        some = true;
                }
                if (some)
                        metric_milli(t, "thread_cpu_seconds_total", "thread", lasting[i] + 3, ns / 1000000);
        }
}

/* ---- memory ---- */

static uint64_t resident_bytes(void)
{
        FILE *f = fopen("/proc/self/statm", "re");
        unsigned long long pages = 0;

        if (f && fscanf(f, "%*s %llu", &pages) != 1)
                pages = 0;
        if (f)
                fclose(f);
        return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void memory(struct text *t)
{
        struct mem_stat st;

        metric_one(t, GAUGE, "resident_memory_bytes", "Memory of the process that is in use.", resident_bytes());
        metric_head(t, GAUGE, "memory_bytes", "Heap memory in use, by kind of object.");
        for (unsigned i = 0; i < MEM_KINDS; i++) {
                mem_stat((enum mem_kind)i, &st);
                metric_u64(t, "memory_bytes", "kind", st.name, st.bytes);
        }
        metric_head(t, GAUGE, "memory_objects", "Objects on the heap, by kind.");
        for (unsigned i = 0; i < MEM_KINDS; i++) {
                mem_stat((enum mem_kind)i, &st);
                metric_u64(t, "memory_objects", "kind", st.name, st.live);
        }
}

/* ---- log ---- */

static void logs(struct box *b, struct text *t)
{
        static const char *const dest[LOG_DESTS] = {
                [LOG_TO_BUFFER] = "buffer",  [LOG_TO_CONSOLE] = "console", [LOG_TO_MONITOR] = "monitor",
                [LOG_TO_TRAP] = "trap",      [LOG_TO_ASDM] = "asdm",       [LOG_TO_MAIL] = "mail",
                [LOG_TO_HISTORY] = "history"
        };
        struct log_stats st = { 0 };

        if (!b->log)
                return;
        log_stats(b->log, &st);
        metric_head(t, COUNTER, "log_messages_total", "Log messages, by where they went.");
        for (unsigned i = 0; i < LOG_DESTS; i++)
                metric_u64(t, "log_messages_total", "destination", dest[i], st.dest_count[i]);
        metric_one(t, COUNTER, "log_dropped_total", "Log messages for which the queue had no room.", st.lost);
        metric_one(t, GAUGE, "log_queued", "Log messages that wait.", st.queued);
}

/* ---- logins ---- */

static void logins(struct box *b, struct text *t)
{
        uint64_t good, bad;

        if (!b->aaa)
                return;
        pthread_mutex_lock(&b->aaa->lock);
        good = b->aaa->permitted;
        bad = b->aaa->denied;
        pthread_mutex_unlock(&b->aaa->lock);
        metric_head(t, COUNTER, "logins_total", "Logins on all consoles, by how they went.");
        metric_u64(t, "logins_total", "result", "permitted", good);
        metric_u64(t, "logins_total", "result", "denied", bad);
}

void metrics_system(struct box *b, struct text *t)
{
        build(b, t);
        cpu(t);
        memory(t);
        logs(b, t);
        logins(b, t);
}
