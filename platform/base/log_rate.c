/* logging rate-limit: so many messages of a number, or of a severity, in so many seconds; the others are counted. */
#include "platform/base/log_int.h"

#include <string.h>

/* A line for the message's own number counts, else one for its severity. */
static int rate_of(const struct log_conf *c, uint32_t id, int level)
{
        int found = -1;

        for (unsigned i = 0; i < c->nrates; i++) {
                if (c->rates[i].id == id)
                        return (int)i;
                if (!c->rates[i].id && c->rates[i].level == level)
                        found = (int)i;
        }
        return found;
}

void log_rates_set(struct log_rates *r, const struct log_conf *old, const struct log_conf *c, const int8_t *level)
{
        if (old->nrates != c->nrates || memcmp(old->rates, c->rates, sizeof c->rates) != 0)
                memset(r->state, 0, sizeof r->state);
        for (unsigned i = 0; i < LOG_MSGS; i++)
                r->of[i] = (int8_t)rate_of(c, log_def_of(i)->id, level[i]);
}

static uint64_t interval_ms(const struct log_rate *rate)
{
        return (uint64_t)MAX_OF(rate->seconds, 1u) * 1000;
}

bool log_rates_take(struct log_rates *r, const struct log_conf *c, unsigned msg, uint64_t now_ms)
{
        int i = r->of[msg];
        struct log_rate_state *s = i < 0 ? NULL : &r->state[i];

        if (!s || c->rates[i].unlimited)
                return true;
        if (!s->running || now_ms - s->since_ms >= interval_ms(&c->rates[i])) {
                s->running = true;
                s->since_ms = now_ms;
                s->told = 0;
        }
        if (s->told < c->rates[i].n) {
                s->told++;
                return true;
        }
        s->held++;
        s->suppressed++;
        return false;
}

int log_rates_held(struct log_rates *r, const struct log_conf *c, uint64_t now_ms, uint64_t *n)
{
        for (unsigned i = 0; i < c->nrates; i++) {
                struct log_rate_state *s = &r->state[i];

                if (!s->held || now_ms - s->since_ms < interval_ms(&c->rates[i]))
                        continue;
                *n = s->held;
                s->held = 0;
                return (int)i;
        }
        return -1;
}
