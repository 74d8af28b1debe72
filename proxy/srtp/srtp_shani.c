/*
 * SHA-1 compressions by the SHA instructions. One message is bound by the latency of its four-round step, so a second
 * one abreast is nearly free: the pair is the way of the batch.
 */
#include "proxy/srtp/srtp_engine.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define SHANI __attribute__((target("sha,sse4.1,ssse3")))
#define SHANI_INLINE static inline SHANI __attribute__((always_inline))

/* Word order is reversed in registers: A in the highest lane. */
struct lane {
        __m128i abcd, e;    /* e: in the highest lane */
        __m128i was, was_e; /* at the start of the block, to be added at its end */
        __m128i before;     /* abcd of one step ago: its A becomes the next E */
        __m128i w[4];       /* the last 16 schedule words */
};

SHANI_INLINE void lane_load(struct lane *l, const uint32_t h[5])
{
        l->abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)h), 0x1B);
        l->e = _mm_set_epi32((int)h[4], 0, 0, 0);
}

SHANI_INLINE void lane_store(const struct lane *l, uint32_t h[5])
{
        _mm_storeu_si128((__m128i *)(void *)h, _mm_shuffle_epi32(l->abcd, 0x1B));
        h[4] = (uint32_t)_mm_extract_epi32(l->e, 3);
}

SHANI_INLINE void lane_block(struct lane *l, const uint8_t *p)
{
        const __m128i swap = _mm_set_epi64x(0x0001020304050607, 0x08090A0B0C0D0E0F);
        const __m128i *b = (const __m128i *)(const void *)p;

        l->w[0] = _mm_shuffle_epi8(_mm_loadu_si128(b), swap);
        l->w[1] = _mm_shuffle_epi8(_mm_loadu_si128(b + 1), swap);
        l->w[2] = _mm_shuffle_epi8(_mm_loadu_si128(b + 2), swap);
        l->w[3] = _mm_shuffle_epi8(_mm_loadu_si128(b + 3), swap);
        l->was = l->abcd;
        l->was_e = l->e;
}

/* W[t..t+3] out of the sixteen before. */
SHANI_INLINE void lane_schedule(struct lane *l, const int step)
{
        __m128i x = _mm_sha1msg1_epu32(l->w[step % 4], l->w[(step + 1) % 4]);

        x = _mm_xor_si128(x, l->w[(step + 2) % 4]);
        l->w[step % 4] = _mm_sha1msg2_epu32(x, l->w[(step + 3) % 4]);
}

/* Four rounds; the functions change every five steps. */
SHANI_INLINE void lane_step(struct lane *l, const int step)
{
        __m128i in, abcd = l->abcd;

        if (step >= 4)
                lane_schedule(l, step);
        in = step ? _mm_sha1nexte_epu32(l->before, l->w[step % 4]) : _mm_add_epi32(l->e, l->w[0]);
        l->before = abcd;
        if (step < 5)
                l->abcd = _mm_sha1rnds4_epu32(abcd, in, 0);
        else if (step < 10)
                l->abcd = _mm_sha1rnds4_epu32(abcd, in, 1);
        else if (step < 15)
                l->abcd = _mm_sha1rnds4_epu32(abcd, in, 2);
        else
                l->abcd = _mm_sha1rnds4_epu32(abcd, in, 3);
}

SHANI_INLINE void lane_end(struct lane *l)
{
        l->e = _mm_sha1nexte_epu32(l->before, l->was_e);
        l->abcd = _mm_add_epi32(l->abcd, l->was);
}

#define STEPS_5(STEP, n) STEP(n) STEP((n) + 1) STEP((n) + 2) STEP((n) + 3) STEP((n) + 4)
#define STEPS_20(STEP) STEPS_5(STEP, 0) STEPS_5(STEP, 5) STEPS_5(STEP, 10) STEPS_5(STEP, 15)

SHANI void srtp_shani(uint32_t h[5], const uint8_t *p, size_t blocks)
{
        struct lane l;

        lane_load(&l, h);
        for (; blocks; blocks--, p += 64) {
                lane_block(&l, p);
#define ONE(n) lane_step(&l, n);
                STEPS_20(ONE)
                lane_end(&l);
        }
        lane_store(&l, h);
}

SHANI void srtp_shani_pair(uint32_t h[5], const uint8_t *p, uint32_t g[5], const uint8_t *q, size_t blocks)
{
        struct lane l, m;

        lane_load(&l, h);
        lane_load(&m, g);
        for (; blocks; blocks--, p += 64, q += 64) {
                lane_block(&l, p);
                lane_block(&m, q);
#define BOTH(n)                                                                                                      \
        lane_step(&l, n);                                                                                            \
        lane_step(&m, n);
                STEPS_20(BOTH)
                lane_end(&l);
                lane_end(&m);
        }
        lane_store(&l, h);
        lane_store(&m, g);
}
#endif
