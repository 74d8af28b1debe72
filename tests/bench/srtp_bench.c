/*
 * SRTP: ns per packet of 160 payload bytes, by suite and engine, single and batched (32), with 1 and 1,000 contexts;
 * bytes a context takes. Links the proxy layer only: packets never leave memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proxy/srtp/srtp_engine.h"
#include "proxy/srtp/srtp_int.h"

#define PAYLOAD 160u
#define PACKET (12u + PAYLOAD)
#define ROOM 256u
#define BURST 32u
#define SLOTS 8u /* packets made per context, so that unprotecting has fresh ones */
#define CONTEXTS_MAX 1000u

struct stream {
        struct srtp_ctx *tx, *rx;
        uint16_t seq;
};

static struct stream stream[CONTEXTS_MAX];
static uint8_t pkt[CONTEXTS_MAX * SLOTS][ROOM];
static struct srtp_job job[CONTEXTS_MAX * SLOTS];

static uint64_t now_ns(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void start(struct stream *s, enum srtp_suite suite, unsigned seed)
{
        struct srtp_master m = { .suite = (uint8_t)suite };

        for (unsigned i = 0; i < sizeof m.key; i++)
                m.key[i] = (uint8_t)(seed * 131 + i);
        s->tx = calloc(1, srtp_ctx_size());
        s->rx = calloc(1, srtp_ctx_size());
        s->seq = 1;
        if (!s->tx || !s->rx || srtp_ctx_init(s->tx, &m, true, NULL) || srtp_ctx_init(s->rx, &m, false, NULL))
                abort();
}

static void end(struct stream *s)
{
        srtp_ctx_wipe(s->tx);
        srtp_ctx_wipe(s->rx);
        free(s->tx);
        free(s->rx);
}

/* One packet after another of each stream in turn: the order of a real load. */
static void fill(unsigned streams, unsigned n)
{
        for (unsigned i = 0; i < n; i++) {
                struct stream *s = &stream[i % streams];
                uint8_t *p = pkt[i];

                memset(p, 0, 12);
                p[0] = 0x80;
                p[2] = (uint8_t)(s->seq >> 8);
                p[3] = (uint8_t)s->seq++;
                srtp_put32(p + 8, 0xABCD0000u + i % streams);
                job[i] = (struct srtp_job){ .ctx = s->tx, .pkt = p, .len = PACKET, .cap = ROOM, .protect = true };
        }
}

static void turn_round(unsigned streams, unsigned n)
{
        for (unsigned i = 0; i < n; i++) {
                job[i].ctx = stream[i % streams].rx;
                job[i].protect = false;
        }
}

static void work(unsigned n, bool batch)
{
        for (unsigned i = 0; i < n && batch; i += BURST)
                srtp_batch(job + i, n - i < BURST ? n - i : BURST);
        for (unsigned i = 0; i < n && !batch; i++)
                job[i].result = job[i].protect ? srtp_protect(job[i].ctx, job[i].pkt, &job[i].len, job[i].cap)
                                               : srtp_unprotect(job[i].ctx, job[i].pkt, &job[i].len);
}

static uint64_t timed(unsigned n, bool batch)
{
        uint64_t t = now_ns();

        work(n, batch);
        t = now_ns() - t;
        for (unsigned i = 0; i < n; i++)
                if (job[i].result != SRTP_OK)
                        abort();
        return t;
}

/* The least of the rounds: what the machine can do when nobody disturbs it. */
static void measure(enum srtp_suite suite, unsigned streams, bool batch, double best[2])
{
        unsigned n = streams == 1 ? 1024 : streams * SLOTS;

        for (unsigned i = 0; i < streams; i++)
                start(&stream[i], suite, i);
        best[0] = best[1] = 1e9;
        for (unsigned round = 0; round < 60; round++) {
                double ns;

                fill(streams, n);
                ns = (double)timed(n, batch) / n;
                best[0] = ns < best[0] ? ns : best[0];
                turn_round(streams, n);
                ns = (double)timed(n, batch) / n;
                best[1] = ns < best[1] ? ns : best[1];
        }
        for (unsigned i = 0; i < streams; i++)
                end(&stream[i]);
}

static void report(enum srtp_suite suite)
{
        static const unsigned streams[] = { 1, 1000 };

        for (unsigned i = 0; i < 2; i++) {
                for (unsigned batch = 0; batch < 2; batch++) {
                        double ns[2];

                        measure(suite, streams[i], batch, ns);
                        printf("%-14s %-26s %5u %-6s  protect %6.1f ns  unprotect %6.1f ns\n", srtp_engine_name(),
                               srtp_suite_info(suite)->name, streams[i], batch ? "batch" : "single", ns[0], ns[1]);
                }
        }
}

static void report_init(void)
{
        uint64_t t = now_ns();

        for (unsigned i = 0; i < CONTEXTS_MAX; i++)
                start(&stream[i], SRTP_AES_CM_128_80, i);
        t = now_ns() - t;
        for (unsigned i = 0; i < CONTEXTS_MAX; i++)
                end(&stream[i]);
        printf("%-14s a context made in %.0f ns\n", srtp_engine_name(), (double)t / (2 * CONTEXTS_MAX));
}

int main(void)
{
        printf("a context takes %zu bytes\n", srtp_ctx_size());
        for (unsigned i = 0; srtp_engine_at(i); i++) {
                srtp_engine_force(srtp_engine_at(i));
                report_init();
                for (int s = SRTP_SUITE_NONE + 1; s < SRTP_SUITES; s++)
                        report((enum srtp_suite)s);
        }
        return 0;
}
