/* Time is injected. Timers use the monotonic side; certificates, logs and files use the wall side. */
#ifndef VOXGATE_BASE_CLOCK_H
#define VOXGATE_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct clock {
        uint64_t (*mono_ns)(void *ctx); /* never goes back */
        int64_t (*wall_ns)(void *ctx);  /* since 1970-01-01 UTC */
        void *ctx;
};

/* The kernel's clocks. */
extern const struct clock clock_system;

static inline uint64_t clock_mono_ms(const struct clock *c)
{
        return c->mono_ns(c->ctx) / 1000000u;
}

static inline time_t clock_wall_s(const struct clock *c)
{
        return (time_t)(c->wall_ns(c->ctx) / 1000000000);
}

/* What the kernel knows of its own clock, as whoever disciplines it has told it. */
struct clock_sync {
        bool known, synchronized;
        int64_t offset_ns;
        double freq_ppm;
        int64_t max_error_us, est_error_us;
};
void clock_host_sync(struct clock_sync *out);

/* A clock that moves only when told: for tests and replay. */
struct clock_virtual {
        uint64_t mono;
        int64_t wall;
};
struct clock clock_of_virtual(struct clock_virtual *v);
static inline void clock_advance_ms(struct clock_virtual *v, uint64_t ms)
{
        v->mono += ms * 1000000u;
        v->wall += (int64_t)ms * 1000000;
}

#endif
