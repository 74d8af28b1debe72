/* A batch does what the single calls do, one after another: results, bytes and state. */
#include "tests/support/srtp_fixture.h"

#include "platform/base/rng.h"

enum { STREAMS = 9, JOBS = 75, ROUNDS = 60, ROOM = 400 };

struct world {
        struct srtp_ctx *tx[STREAMS], *rx[STREAMS];
        uint16_t seq[STREAMS];
};

static struct world twin[2]; /* [0] goes through batches, [1] through single calls */
static uint8_t pkt[2][JOBS][ROOM];
static struct srtp_job job[2][JOBS];

/* Streams of every suite; one key lives shortly, one changes by a rate, some have an MKI. */
static void world_begin(struct world *w)
{
        for (unsigned i = 0; i < STREAMS; i++) {
                struct srtp_master m = master_any((enum srtp_suite)(1 + i % (SRTP_SUITES - 1)), 40 + i);

                m.mki_len = i % 3 == 0 ? 2 : 0;
                m.kdr = i == 4 ? 3 : 0;
                m.lifetime = i == 8 ? 90 : 0;
                w->tx[i] = ctx_of(&m, true);
                w->rx[i] = ctx_of(&m, false);
                w->seq[i] = (uint16_t)(65400 + i);
        }
}

static void world_end(struct world *w)
{
        for (unsigned i = 0; i < STREAMS; i++) {
                ctx_end(w->tx[i]);
                ctx_end(w->rx[i]);
        }
}

static struct rng_fixed seed = { 3 };

static uint32_t below(uint32_t n)
{
        struct rng rng = rng_of_fixed(&seed);

        return rng_below(&rng, n);
}

/* To be protected: mostly the next number, at times one sent already (same bytes or not), a late one, or nonsense. */
static size_t plain_packet(unsigned stream, uint8_t *p)
{
        uint16_t seq = twin[0].seq[stream];
        size_t n = 1 + below(300);

        switch (below(12)) {
        case 0:
                return rtp_make(p, SSRC, (uint16_t)(seq - 1 - below(70)), 33);
        case 1:
                return below(14);
        case 2:
                return rtp_make(p, SSRC + 1 + below(20), seq, n);
        default:
                twin[0].seq[stream]++;
                return rtp_make(p, SSRC, seq, seq % 2 ? 33 : 160);
        }
}

static void job_of(unsigned i, struct srtp_ctx *a, struct srtp_ctx *b, size_t n, size_t cap, bool protect)
{
        memcpy(pkt[1][i], pkt[0][i], ROOM);
        job[0][i] = (struct srtp_job){ a, pkt[0][i], n, cap, protect, SRTP_RESULTS };
        job[1][i] = (struct srtp_job){ b, pkt[1][i], n, cap, protect, SRTP_RESULTS };
}

static unsigned seen[SRTP_RESULTS];

static void run_and_compare(unsigned n)
{
        srtp_batch(job[0], n);
        for (unsigned i = 0; i < n; i++) {
                struct srtp_job *j = &job[1][i];

                j->result = j->protect ? srtp_protect(j->ctx, j->pkt, &j->len, j->cap)
                                       : srtp_unprotect(j->ctx, j->pkt, &j->len);
                assert_int_equal(job[0][i].result, j->result);
                assert_int_equal(job[0][i].len, j->len);
                assert_memory_equal(pkt[0][i], pkt[1][i], j->len);
                seen[j->result]++;
        }
}

/* Keys of libcrypto are pointers, so what is compared is what an engine does not own. */
static void same_state(const struct srtp_ctx *a, const struct srtp_ctx *b)
{
        const size_t from = offsetof(struct srtp_ctx, win_at), to = offsetof(struct srtp_ctx, key);

        assert_true(a->rtp_left == b->rtp_left && a->nslots == b->nslots && a->pool_used == b->pool_used);
        assert_memory_equal((const uint8_t *)a + from, (const uint8_t *)b + from, to - from);
}

static void worlds_agree(void)
{
        for (unsigned i = 0; i < STREAMS; i++) {
                same_state(twin[0].tx[i], twin[1].tx[i]);
                same_state(twin[0].rx[i], twin[1].rx[i]);
        }
}

/* Opens what was just protected: shuffled a little, some doubled, some with a bit turned, some under a wrong key. */
static void back_again(unsigned n)
{
        static uint8_t wire[JOBS][ROOM];
        static size_t len[JOBS];
        static unsigned from[JOBS];

        for (unsigned i = 0; i < n; i++) {
                unsigned k = below(4) ? i : below(n);

                for (from[i] = 0; job[0][k].ctx != twin[0].tx[from[i]];)
                        from[i]++;
                len[i] = job[0][k].len;
                memcpy(wire[i], pkt[0][k], ROOM);
                if (below(8) == 0 && len[i])
                        wire[i][below((uint32_t)len[i])] ^= (uint8_t)(1u << below(8));
                if (below(30) == 0)
                        from[i] = below(STREAMS);
        }
        for (unsigned i = 0; i < n; i++) {
                memcpy(pkt[0][i], wire[i], ROOM);
                job_of(i, twin[0].rx[from[i]], twin[1].rx[from[i]], len[i], 0, false);
        }
        run_and_compare(n);
        worlds_agree();
}

static void round_trip(unsigned streams)
{
        unsigned n = 1 + below(JOBS);

        for (unsigned i = 0; i < n; i++) {
                unsigned s = below(streams);
                size_t len = plain_packet(s, pkt[0][i]);

                job_of(i, twin[0].tx[s], twin[1].tx[s], len, below(20) ? ROOM : len + 3, true);
        }
        run_and_compare(n);
        worlds_agree();
        back_again(n);
}

static void as_single_calls(void **state)
{
        (void)state;
        EACH_ENGINE(e)
        {
                memset(seen, 0, sizeof seen);
                world_begin(&twin[0]);
                world_begin(&twin[1]);
                for (unsigned i = 0; i < ROUNDS; i++)
                        round_trip(i % 3 ? STREAMS : 4);
                for (int r = 0; r < SRTP_RESULTS; r++)
                        assert_true(seen[r] > 0 || r == SRTP_CRYPTO_FAILED);
                assert_true(seen[SRTP_OK] > 1000);
                world_end(&twin[0]);
                world_end(&twin[1]);
        }
}

/* The turn of the rollover counter inside one group: later guesses were made with the old counter and are made anew.
 */
static void a_turn_inside_a_batch(void **state)
{
        (void)state;
        EACH_ENGINE(e)
        {
                struct pair pr = pair_of(master_any(SRTP_AES_CM_128_80, 41));
                struct srtp_job j[12];
                uint8_t p[12][PKT_MAX];
                static const uint32_t number[12] = { 30000,          60000,          65536 + 20000, 65536 + 19999,
                                                     65536 + 40000,  131071,         131072,        131072 + 30000,
                                                     131072 + 29990, 131072 + 60000, 196608,        196607 };

                for (unsigned i = 0; i < 12; i++) {
                        size_t n = rtp_make(p[i] + 1000, SSRC, (uint16_t)number[i], 60);

                        n = oracle_rtp(&pr.o, number[i] >> 16, p[i] + 1000, n, p[i]);
                        j[i] = (struct srtp_job){ .ctx = pr.rx, .pkt = p[i], .len = n };
                }
                srtp_batch(j, 12);
                for (unsigned i = 0; i < 12; i++) {
                        assert_int_equal(j[i].result, SRTP_OK);
                        assert_memory_equal(p[i], p[i] + 1000, 72);
                }
                pair_end(&pr);
        }
}

/* Two packets of one number in one batch: the second is a copy or refused, never sent as it is. */
static void reuse_inside_a_batch(void **state)
{
        (void)state;
        EACH_ENGINE(e)
        {
                struct srtp_master m = master_any(SRTP_AES_CM_128_80, 42);
                struct srtp_ctx *tx = ctx_of(&m, true);
                uint8_t p[3][PKT_MAX];
                struct srtp_job j[3];

                for (unsigned i = 0; i < 3; i++)
                        j[i] = (struct srtp_job){
                                tx, p[i], rtp_make(p[i], SSRC, 9, 160), PKT_MAX, true, SRTP_RESULTS
                        };
                p[1][50] ^= 1;
                srtp_batch(j, 3);
                assert_int_equal(j[0].result, SRTP_OK);
                assert_int_equal(j[1].result, SRTP_REUSE);
                assert_int_equal(j[2].result, SRTP_OK);
                assert_int_equal(j[1].len, 172);
                assert_memory_equal(p[0], p[2], j[0].len);
                ctx_end(tx);
        }
}

static void nothing_to_do(void **state)
{
        (void)state;
        srtp_batch(NULL, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(as_single_calls),
                cmocka_unit_test(a_turn_inside_a_batch),
                cmocka_unit_test(reuse_inside_a_batch),
                cmocka_unit_test(nothing_to_do),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
