/* Shared by the load generators: arguments, time, namespaces, the device's CPU. Everything fails by ending the
 * program. */
#ifndef VOXGATE_BENCH_H
#define VOXGATE_BENCH_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NS_PER_S 1000000000ull
#define DEVICE_PIDS_MAX 16

/* One NAME=VALUE argument; exactly one of the two targets is set. */
struct arg {
        const char *name;
        const char **text;
        double *number;
};
void args_parse(int argc, char **argv, const struct arg *table, size_t n);

void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
uint64_t mono_ns(void);
uint64_t wall_ns(void); /* what the kernel stamps received frames with */
void sleep_until(uint64_t mono);

/* How many things are due, `batch` at most; waits until one is. rate 0: always a batch. */
struct pace {
        double rate; /* a second */
        unsigned batch;
        uint64_t start, sent;
};
unsigned pace_due(const struct pace *p);

/* The network namespace of a process, or the one at hand for "". Sockets made before stay where they were made. */
void ns_enter(const char *pid);

/* "1.2.3.4:5" or "1.2.3.4" */
struct sockaddr_in address(const char *text);

/* The processes of the device under test, "123,456". */
struct device {
        pid_t pid[DEVICE_PIDS_MAX];
        unsigned n;
};
void device_parse(struct device *d, const char *list);
/* Run time of all their threads so far; that of threads which ended is not in it. */
uint64_t device_cpu_ns(const struct device *d);
uint64_t own_cpu_ns(void);
void raise_limits(void); /* as many descriptors as the system gives */

/* Latencies and the like; sorts in place. 0 when there are none. */
struct samples {
        uint32_t *v;
        size_t n, max;
};
void samples_init(struct samples *s, size_t max);
void samples_add(struct samples *s, uint64_t v);
uint32_t samples_quantile(struct samples *s, double q);

#endif
