/*
 * Whom to believe. Each server claims that the true time lies in an interval round its own; where most intervals
 * overlap the time is, and who is not there is wrong (RFC 5905, 11.2.1, in its simplest form).
 */
#include "platform/svc/ntp_int.h"

#define MIN_DIST_NS 5000000 /* servers agree when they are no farther apart, however sure they are */
#define HOP_NS 10000000     /* how much better another must be */

static int64_t half(const struct ntp_candidate *c)
{
        return c->dist_ns > MIN_DIST_NS ? c->dist_ns : MIN_DIST_NS;
}

static bool covers(const struct ntp_candidate *c, int64_t t)
{
        return c->fit && t >= c->target_ns - half(c) && t <= c->target_ns + half(c);
}

static unsigned count_at(const struct ntp_candidate *c, unsigned n, int64_t t)
{
        unsigned hits = 0;

        for (unsigned i = 0; i < n; i++)
                hits += covers(&c[i], t);
        return hits;
}

/* Overlap is deepest where some interval begins. false: no more than half of them agree on anything. */
static bool find_overlap(const struct ntp_candidate *c, unsigned n, int64_t *at)
{
        unsigned fit = 0, best = 0;

        for (unsigned i = 0; i < n; i++) {
                int64_t low = c[i].target_ns - half(&c[i]);
                unsigned hits = c[i].fit ? count_at(c, n, low) : 0;

                fit += c[i].fit;
                if (hits > best) {
                        best = hits;
                        *at = low;
                }
        }
        return best * 2 > fit;
}

/* Nearer to the root is better, then who is surer. */
static int64_t cost(const struct ntp_candidate *c, bool current)
{
        int64_t prefer = c->prefer ? 0 : 100 * NTP_DISTANCE_NS;

        return prefer + c->stratum * NTP_DISTANCE_NS + half(c) - (current ? HOP_NS : 0);
}

int ntp_select(struct ntp_candidate *c, unsigned n, int current)
{
        int64_t at = 0, lowest = INT64_MAX;
        int best = NTP_NOBODY;
        bool any = find_overlap(c, n, &at);

        for (unsigned i = 0; i < n; i++) {
                c[i].agrees = any && covers(&c[i], at);
                if (!c[i].agrees || cost(&c[i], (int)i == current) >= lowest)
                        continue;
                lowest = cost(&c[i], (int)i == current);
                best = (int)i;
        }
        return best;
}
