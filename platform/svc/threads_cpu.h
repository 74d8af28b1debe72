/* CPU time of the threads of this process, as the kernel accounts it. */
#ifndef VOXGATE_SVC_THREADS_CPU_H
#define VOXGATE_SVC_THREADS_CPU_H

#include <stdint.h>

#define THREADS_CPU_MAX 96

struct thread_cpu {
        int tid;
        char name[16];
        uint64_t ns; /* run time so far */
};

/* dir: /proc/self/task, or one that looks like it. By thread id; how many. What ends meanwhile is left out. */
unsigned threads_cpu_read(const char *dir, struct thread_cpu out[THREADS_CPU_MAX]);

#endif
