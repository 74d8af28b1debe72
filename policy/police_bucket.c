/* A token bucket in whole numbers: nothing is lost to rounding, whatever the rate and the clock. */
#include "policy/police.h"

#define NANO INT64_C(1000000000)
#define BURST_MIN 1500u

static int64_t capacity(const struct police_bucket *b)
{
        return (int64_t)b->burst * 8 * NANO; /* 512 MB: 4.1e18 */
}

static void refill(struct police_bucket *b, uint64_t now_ns)
{
        uint64_t passed = now_ns > b->last_ns ? now_ns - b->last_ns : 0;
        int64_t cap = capacity(b);
        uint64_t missing = (uint64_t)(cap - b->left);

        b->last_ns = MAX_OF(b->last_ns, now_ns);
        if (passed > missing / b->rate)
                b->left = cap;
        else
                b->left += (int64_t)(passed * b->rate);
}

void police_bucket_set(struct police_bucket *b, uint32_t rate, uint32_t burst, uint64_t now_ns)
{
        bool fresh = !b->rate;

        if (b->rate == rate && b->burst == burst)
                return;
        if (!fresh)
                refill(b, now_ns);
        b->rate = rate;
        b->burst = burst;
        b->last_ns = now_ns;
        b->left = fresh ? capacity(b) : MIN_OF(b->left, capacity(b));
}

bool police_bucket_take(struct police_bucket *b, uint64_t now_ns, uint32_t bytes)
{
        int64_t cost = (int64_t)bytes * 8 * NANO;

        refill(b, now_ns);
        if (b->left < MIN_OF(cost, capacity(b)))
                return false;
        b->left -= cost;
        return true;
}

uint32_t police_burst(const struct police_conf *c)
{
        return c->burst ? c->burst : MAX_OF(c->rate / 32, BURST_MIN);
}
