#include "platform/base/clock_own.h"

void clock_own_init(struct clock_own *o, const struct clock *host)
{
        o->host = host;
        pthread_mutex_init(&o->lock, NULL);
        atomic_init(&o->seq, 0);
        atomic_init(&o->from, 0);
        atomic_init(&o->to, 0);
        atomic_init(&o->since, 0);
        atomic_init(&o->steps, 0);
        atomic_init(&o->source, CLOCK_HOST);
}

void clock_own_fini(struct clock_own *o)
{
        pthread_mutex_destroy(&o->lock);
}

/* ---- reading ---- */

static int64_t on_its_way(int64_t from, int64_t to, uint64_t passed_ns)
{
        int64_t moved = (int64_t)(passed_ns / CLOCK_SLEW_PER);

        if (to > from)
                return to - from > moved ? from + moved : to;
        return from - to > moved ? from - moved : to;
}

/* What one writer wrote, not half of it: the number is even and the same before and after. A writer in the middle is
 * not waited for in a signal handler that has interrupted it: any of its values will do there. */
static int64_t read_offset(const struct clock_own *o, int64_t *to)
{
        int64_t from = 0;
        uint64_t since = 0, now;
        unsigned seq;

        for (unsigned tries = 0; tries < 1000; tries++) {
                seq = atomic_load(&o->seq);
                from = atomic_load(&o->from);
                *to = atomic_load(&o->to);
                since = atomic_load(&o->since);
                if (!(seq & 1) && atomic_load(&o->seq) == seq)
                        break;
        }
        if (from == *to)
                return from;
        now = o->host->mono_ns(o->host->ctx);
        return on_its_way(from, *to, now > since ? now - since : 0);
}

int64_t clock_own_offset(const struct clock_own *o)
{
        int64_t to;

        return read_offset(o, &to);
}

int64_t clock_own_rest(const struct clock_own *o)
{
        int64_t to, at = read_offset(o, &to);

        return to - at;
}

unsigned clock_own_steps(const struct clock_own *o)
{
        return atomic_load(&o->steps);
}

enum clock_source clock_own_source(const struct clock_own *o)
{
        return (enum clock_source)atomic_load(&o->source);
}

static uint64_t own_mono(void *ctx)
{
        const struct clock_own *o = ctx;

        return o->host->mono_ns(o->host->ctx);
}

static int64_t own_wall(void *ctx)
{
        const struct clock_own *o = ctx;

        return o->host->wall_ns(o->host->ctx) + clock_own_offset(o);
}

struct clock clock_of_own(struct clock_own *o)
{
        return (struct clock){ .mono_ns = own_mono, .wall_ns = own_wall, .ctx = o };
}

/* ---- setting ---- */

static void put(struct clock_own *o, int64_t from, int64_t to, enum clock_source s)
{
        atomic_fetch_add(&o->seq, 1);
        atomic_store(&o->from, from);
        atomic_store(&o->to, to);
        atomic_store(&o->since, o->host->mono_ns(o->host->ctx));
        atomic_store(&o->source, (int)s);
        atomic_fetch_add(&o->seq, 1);
}

void clock_own_step(struct clock_own *o, int64_t offset_ns, enum clock_source s)
{
        pthread_mutex_lock(&o->lock);
        put(o, offset_ns, offset_ns, s);
        atomic_fetch_add(&o->steps, 1);
        pthread_mutex_unlock(&o->lock);
}

void clock_own_slew(struct clock_own *o, int64_t offset_ns, enum clock_source s)
{
        pthread_mutex_lock(&o->lock);
        put(o, clock_own_offset(o), offset_ns, s);
        pthread_mutex_unlock(&o->lock);
}
