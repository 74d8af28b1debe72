#include "platform/base/clock.h"

#include <sys/timex.h>

static int64_t read_ns(clockid_t id)
{
        struct timespec ts;

        clock_gettime(id, &ts);
        return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static uint64_t system_mono(void *ctx)
{
        (void)ctx;
        return (uint64_t)read_ns(CLOCK_MONOTONIC);
}

static int64_t system_wall(void *ctx)
{
        (void)ctx;
        return read_ns(CLOCK_REALTIME);
}

const struct clock clock_system = { .mono_ns = system_mono, .wall_ns = system_wall };

void clock_host_sync(struct clock_sync *out)
{
        struct timex t = { .modes = 0 }; /* reads only */
        int rc = adjtimex(&t);

        *out = (struct clock_sync){ .known = rc >= 0 };
        if (rc < 0)
                return;
        out->synchronized = rc != TIME_ERROR && !(t.status & STA_UNSYNC);
        out->offset_ns = (int64_t)t.offset * (t.status & STA_NANO ? 1 : 1000);
        out->freq_ppm = (double)t.freq / 65536;
        out->max_error_us = t.maxerror;
        out->est_error_us = t.esterror;
}

static uint64_t virtual_mono(void *ctx)
{
        return ((const struct clock_virtual *)ctx)->mono;
}

static int64_t virtual_wall(void *ctx)
{
        return ((const struct clock_virtual *)ctx)->wall;
}

struct clock clock_of_virtual(struct clock_virtual *v)
{
        return (struct clock){ .mono_ns = virtual_mono, .wall_ns = virtual_wall, .ctx = v };
}
