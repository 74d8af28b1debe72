#include "platform/svc/threads_cpu.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/base/str.h"

static bool read_word(const char *dir, const char *tid, const char *file, char *out, int cap)
{
        char path[320];
        FILE *f;
        bool ok;

        snprintf(path, sizeof path, "%s/%s/%s", dir, tid, file);
        f = fopen(path, "re");
        ok = f && fgets(out, cap, f);
        if (f)
                fclose(f);
        if (ok)
                out[strcspn(out, "\n")] = 0;
        return ok;
}

static bool read_one(const char *dir, const char *tid, struct thread_cpu *t)
{
        char sched[96], name[32];
        uint32_t id;

        if (!str_u32(tid, 1, INT32_MAX, &id) || !read_word(dir, tid, "schedstat", sched, sizeof sched) ||
            !read_word(dir, tid, "comm", name, sizeof name))
                return false;
        t->tid = (int)id;
        snprintf(t->name, sizeof t->name, "%.15s", name);
        sched[strcspn(sched, " ")] = 0;
        return str_u64(sched, 0, UINT64_MAX, &t->ns);
}

static int by_tid(const void *x, const void *y)
{
        const struct thread_cpu *a = x, *b = y;

        return a->tid < b->tid ? -1 : a->tid > b->tid;
}

unsigned threads_cpu_read(const char *dir, struct thread_cpu out[THREADS_CPU_MAX])
{
        DIR *d = opendir(dir);
        struct dirent *de;
        unsigned n = 0;

        while (d && n < THREADS_CPU_MAX && (de = readdir(d)))
                n += read_one(dir, de->d_name, &out[n]);
        if (d)
                closedir(d);
        qsort(out, n, sizeof *out, by_tid);
        return n;
}
