#include "platform/base/clock.h"

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
