#include "platform/base/history.h"

#include <string.h>

#include "platform/base/mem.h"

#define READINGS (HISTORY_SPAN_S * 1000 / HISTORY_STEP_MS + 1)

struct history {
        unsigned series, n, last; /* n readings, the newest at `last` */
        uint64_t when_ms[READINGS];
        uint64_t *value; /* READINGS x series */
        uint64_t *born;  /* per series: number of its first reading, counted from the start */
        uint64_t taken;  /* readings ever */
};

struct history *history_new(unsigned series)
{
        struct history *h = mem_alloc(MEM_MISC, sizeof *h);

        if (!h)
                return NULL;
        h->series = series;
        h->value = mem_alloc(MEM_MISC, (size_t)READINGS * series * sizeof *h->value);
        h->born = mem_alloc(MEM_MISC, series * sizeof *h->born);
        if (h->value && h->born)
                return h;
        history_free(h);
        return NULL;
}

void history_free(struct history *h)
{
        if (!h)
                return;
        mem_free(h->value);
        mem_free(h->born);
        mem_free(h);
}

bool history_due(const struct history *h, uint64_t now_ms)
{
        return !h->n || now_ms - h->when_ms[h->last] >= HISTORY_STEP_MS;
}

static uint64_t *reading(const struct history *h, unsigned at)
{
        return h->value + (size_t)at * h->series;
}

void history_add(struct history *h, uint64_t now_ms, const uint64_t *values)
{
        unsigned before = h->last;

        h->last = h->n ? (h->last + 1) % READINGS : 0;
        h->n += h->n < READINGS;
        h->when_ms[h->last] = now_ms;
        for (unsigned i = 0; i < h->series; i++)
                if (h->n > 1 && values[i] < reading(h, before)[i])
                        h->born[i] = h->taken;
        memcpy(reading(h, h->last), values, h->series * sizeof *values);
        h->taken++;
}

void history_forget(struct history *h, unsigned series)
{
        h->born[series] = h->taken;
}

uint64_t history_rate_milli(const struct history *h, unsigned series, unsigned seconds)
{
        uint64_t steps = (uint64_t)seconds * 1000 / HISTORY_STEP_MS, age, ms;
        unsigned first;

        if (!h->n || h->born[series] >= h->taken)
                return 0;
        age = h->taken - 1 - h->born[series]; /* readings before the newest one */
        if (steps > age)
                steps = age;
        if (steps > h->n - 1)
                steps = h->n - 1;
        first = (h->last + READINGS - (unsigned)steps) % READINGS;
        ms = h->when_ms[h->last] - h->when_ms[first];
        return ms ? (reading(h, h->last)[series] - reading(h, first)[series]) * 1000000 / ms : 0;
}
