/*
 * GHASH by carry-less multiplication, over the counter mode of srtp_aesni.c. As RFC 8452, appendix A shows, GHASH is
 * POLYVAL of byte-reversed blocks under the byte-reversed hash key times x; POLYVAL's product needs no bit
 * reflection, and its factor x^-128 comes out of the reduction by itself. Four blocks are multiplied by descending
 * powers and reduced once.
 */
#include "proxy/srtp/srtp_engine.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "platform/base/mem.h"

#define GCMNI __attribute__((target("pclmul,sse4.1,ssse3")))
#define GCMNI_INLINE static inline GCMNI __attribute__((always_inline))

/* A product of two 128-bit polynomials before its reduction. */
struct wide {
        __m128i lo, mid, hi;
};

GCMNI_INLINE __m128i load_swapped(const void *p)
{
        const __m128i swap = _mm_set_epi64x(0x0001020304050607, 0x08090A0B0C0D0E0F);

        return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)p), swap);
}

GCMNI_INLINE void store_swapped(uint8_t *p, __m128i v)
{
        const __m128i swap = _mm_set_epi64x(0x0001020304050607, 0x08090A0B0C0D0E0F);

        _mm_storeu_si128((__m128i *)(void *)p, _mm_shuffle_epi8(v, swap));
}

GCMNI_INLINE __m128i power(const struct srtp_key *k, unsigned n)
{
        return _mm_loadu_si128((const __m128i *)(const void *)k->hpow[n - 1]);
}

GCMNI_INLINE void multiply_add(struct wide *w, __m128i a, __m128i b)
{
        w->lo = _mm_xor_si128(w->lo, _mm_clmulepi64_si128(a, b, 0x00));
        w->hi = _mm_xor_si128(w->hi, _mm_clmulepi64_si128(a, b, 0x11));
        w->mid = _mm_xor_si128(w->mid, _mm_clmulepi64_si128(a, b, 0x10));
        w->mid = _mm_xor_si128(w->mid, _mm_clmulepi64_si128(a, b, 0x01));
}

/* Folds the low half up twice, 64 bits each time, by x^128 + x^127 + x^126 + x^121 + 1. */
GCMNI_INLINE __m128i reduce(const struct wide *w)
{
        const __m128i poly = _mm_set_epi64x(0, (long long)0xC200000000000000u);
        __m128i lo = _mm_xor_si128(w->lo, _mm_slli_si128(w->mid, 8));
        __m128i hi = _mm_xor_si128(w->hi, _mm_srli_si128(w->mid, 8));

        lo = _mm_xor_si128(_mm_shuffle_epi32(lo, 0x4E), _mm_clmulepi64_si128(lo, poly, 0x00));
        lo = _mm_xor_si128(_mm_shuffle_epi32(lo, 0x4E), _mm_clmulepi64_si128(lo, poly, 0x00));
        return _mm_xor_si128(lo, hi);
}

GCMNI_INLINE struct wide nothing(void)
{
        return (struct wide){ _mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128() };
}

GCMNI_INLINE __m128i dot(__m128i a, __m128i b)
{
        struct wide w = nothing();

        multiply_add(&w, a, b);
        return reduce(&w);
}

/* v times x. The carry out of the top chooses the polynomial by a mask, not by a branch. */
GCMNI_INLINE __m128i times_x(__m128i v)
{
        const __m128i poly = _mm_set_epi64x((long long)0xC200000000000000u, 1);
        __m128i carry = _mm_srli_epi64(v, 63);
        __m128i over = _mm_cmpeq_epi32(_mm_shuffle_epi32(carry, 0xAA), _mm_set1_epi32(1));

        v = _mm_or_si128(_mm_slli_epi64(v, 1), _mm_slli_si128(carry, 8));
        return _mm_xor_si128(v, _mm_and_si128(over, poly));
}

GCMNI void srtp_gcmni_key_set(struct srtp_key *k)
{
        uint8_t zero[16] = { 0 }, h[16];
        __m128i first, p;

        srtp_aesni_block(k, zero, h);
        first = p = times_x(load_swapped(h));
        mem_wipe(h, sizeof h);
        for (unsigned i = 0; i < 4; i++, p = dot(p, first))
                _mm_storeu_si128((__m128i *)(void *)k->hpow[i], p);
}

GCMNI_INLINE __m128i absorb_four(const struct srtp_key *k, __m128i s, const uint8_t *p)
{
        struct wide w = nothing();

        multiply_add(&w, _mm_xor_si128(s, load_swapped(p)), power(k, 4));
        multiply_add(&w, load_swapped(p + 16), power(k, 3));
        multiply_add(&w, load_swapped(p + 32), power(k, 2));
        multiply_add(&w, load_swapped(p + 48), power(k, 1));
        return reduce(&w);
}

/* p padded with zeros to whole blocks. */
GCMNI static __m128i absorb(const struct srtp_key *k, __m128i s, const uint8_t *p, size_t n)
{
        for (; n >= 64; n -= 64, p += 64)
                s = absorb_four(k, s, p);
        for (; n >= 16; n -= 16, p += 16)
                s = dot(_mm_xor_si128(s, load_swapped(p)), power(k, 1));
        if (n) {
                uint8_t last[16] = { 0 };

                memcpy(last, p, n);
                s = dot(_mm_xor_si128(s, load_swapped(last)), power(k, 1));
        }
        return s;
}

GCMNI static void tag_of(const struct srtp_key *k, const struct srtp_aead *a, uint8_t j0[16], uint8_t tag[16])
{
        __m128i lengths = _mm_set_epi64x((long long)a->aad_len * 8, (long long)a->len * 8);
        __m128i s = absorb(k, _mm_setzero_si128(), a->aad, a->aad_len);
        uint8_t mask[16];

        s = absorb(k, s, a->text, a->len);
        s = dot(_mm_xor_si128(s, lengths), power(k, 1));
        srtp_aesni_block(k, j0, mask);
        store_swapped(tag, s);
        for (unsigned i = 0; i < 16; i++)
                tag[i] ^= mask[i];
}

static void counter(const struct srtp_aead *a, uint8_t n, uint8_t block[16])
{
        memcpy(block, a->iv, 12);
        memset(block + 12, 0, 3);
        block[15] = n;
}

bool srtp_gcmni_seal(const struct srtp_key *k, const struct srtp_aead *a, uint8_t *tag)
{
        uint8_t block[16];

        counter(a, 2, block);
        srtp_aesni_ctr(k, block, a->text, a->len);
        counter(a, 1, block);
        tag_of(k, a, block, tag);
        return true;
}

bool srtp_gcmni_open(const struct srtp_key *k, const struct srtp_aead *a, const uint8_t *tag)
{
        uint8_t block[16], want[16];
        bool genuine;

        counter(a, 1, block);
        tag_of(k, a, block, want);
        genuine = srtp_equal(want, tag, sizeof want);
        mem_wipe(want, sizeof want);
        if (!genuine)
                return false;
        counter(a, 2, block);
        return srtp_aesni_ctr(k, block, a->text, a->len);
}
#endif
