#include "tests/bench/bench.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

void die(const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        vfprintf(stderr, fmt, ap);
        va_end(ap);
        fputc('\n', stderr);
        exit(2);
}

static void arg_set(const struct arg *a, const char *value)
{
        char *end;

        if (a->text) {
                *a->text = value;
                return;
        }
        *a->number = strtod(value, &end);
        if (end == value || *end)
                die("%s=%s: not a number", a->name, value);
}

void args_parse(int argc, char **argv, const struct arg *table, size_t n)
{
        for (int i = 1; i < argc; i++) {
                const char *eq = strchr(argv[i], '=');
                size_t k = 0;

                while (eq && k < n && strncmp(argv[i], table[k].name, (size_t)(eq - argv[i])) != 0)
                        k++;
                if (!eq || k == n || table[k].name[eq - argv[i]])
                        die("%s: unknown argument", argv[i]);
                arg_set(&table[k], eq + 1);
        }
}

static uint64_t clock_ns(clockid_t id)
{
        struct timespec t;

        clock_gettime(id, &t);
        return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t mono_ns(void)
{
        return clock_ns(CLOCK_MONOTONIC);
}

uint64_t wall_ns(void)
{
        return clock_ns(CLOCK_REALTIME);
}

uint64_t own_cpu_ns(void)
{
        return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void sleep_until(uint64_t mono)
{
        struct timespec t = { (time_t)(mono / NS_PER_S), (long)(mono % NS_PER_S) };

        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

#define SPIN_NS 60000u /* closer than this a sleep would be late */

unsigned pace_due(const struct pace *p)
{
        uint64_t now = mono_ns(), next, total;

        if (p->rate <= 0)
                return p->batch;
        next = p->start + (uint64_t)((double)p->sent / p->rate * 1e9);
        if (now + SPIN_NS < next)
                sleep_until(next - SPIN_NS / 2);
        while ((now = mono_ns()) < next)
                continue;
        total = (uint64_t)((double)(now - p->start) * p->rate / 1e9) + 1;
        return total - p->sent < p->batch ? (unsigned)(total - p->sent) : p->batch;
}

void ns_enter(const char *pid)
{
        char path[64];
        int fd;

        if (!*pid)
                return;
        snprintf(path, sizeof path, "/proc/%s/ns/net", pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || setns(fd, CLONE_NEWNET) != 0)
                die("cannot enter the network namespace of process %s", pid);
        close(fd);
}

struct sockaddr_in address(const char *text)
{
        struct sockaddr_in a = { .sin_family = AF_INET };
        const char *colon = strchr(text, ':');
        char host[INET_ADDRSTRLEN];
        size_t n = colon ? (size_t)(colon - text) : strlen(text);

        snprintf(host, sizeof host, "%.*s", (int)n, text);
        if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
                die("%s: not an address", text);
        a.sin_port = htons((uint16_t)(colon ? atoi(colon + 1) : 0));
        return a;
}

void device_parse(struct device *d, const char *list)
{
        for (d->n = 0; *list && d->n < DEVICE_PIDS_MAX; list += strspn(list, ",")) {
                d->pid[d->n++] = (pid_t)strtol(list, NULL, 10);
                list += strcspn(list, ",");
        }
}

/* schedstat: time on the processor in nanoseconds, time waiting for it, times put on it */
static uint64_t thread_cpu_ns(pid_t pid, const char *tid)
{
        unsigned long long ns = 0;
        char path[64];
        FILE *f;

        snprintf(path, sizeof path, "/proc/%d/task/%.16s/schedstat", (int)pid, tid);
        f = fopen(path, "r");
        if (!f)
                return 0;
        if (fscanf(f, "%llu", &ns) != 1)
                ns = 0;
        fclose(f);
        return ns;
}

static uint64_t process_cpu_ns(pid_t pid)
{
        uint64_t sum = 0;
        struct dirent *e;
        char path[32];
        DIR *d;

        snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
        d = opendir(path);
        if (!d)
                die("process %d of the device has ended", (int)pid);
        while ((e = readdir(d)))
                if (e->d_name[0] != '.')
                        sum += thread_cpu_ns(pid, e->d_name);
        closedir(d);
        return sum;
}

uint64_t device_cpu_ns(const struct device *d)
{
        uint64_t sum = 0;

        for (unsigned i = 0; i < d->n; i++)
                sum += process_cpu_ns(d->pid[i]);
        return sum;
}

void samples_init(struct samples *s, size_t max)
{
        s->v = calloc(max, sizeof *s->v);
        s->n = 0;
        s->max = max;
        if (!s->v)
                die("out of memory");
}

void samples_add(struct samples *s, uint64_t v)
{
        if (s->n < s->max)
                s->v[s->n++] = v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
}

static int ascending(const void *a, const void *b)
{
        uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

        return (x > y) - (x < y);
}

uint32_t samples_quantile(struct samples *s, double q)
{
        if (!s->n)
                return 0;
        qsort(s->v, s->n, sizeof *s->v, ascending);
        return s->v[(size_t)((double)(s->n - 1) * q)];
}

void raise_limits(void)
{
        struct rlimit r;

        getrlimit(RLIMIT_NOFILE, &r);
        r.rlim_cur = r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
}
