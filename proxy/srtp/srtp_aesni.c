/* AES by the AES instructions: key expansion and counter mode, eight blocks abreast to hide the latency of a round.
 */
#include "proxy/srtp/srtp_engine.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "platform/base/mem.h"

#define AESNI __attribute__((target("aes,sse4.1,ssse3")))
#define AESNI_INLINE static inline AESNI __attribute__((always_inline))

AESNI_INLINE __m128i load(const void *p)
{
        return _mm_loadu_si128((const __m128i *)p);
}

AESNI_INLINE void store(void *p, __m128i v)
{
        _mm_storeu_si128((__m128i *)p, v);
}

/* w3 w2 w1 w0 -> each word XORed with all below it. */
AESNI_INLINE __m128i spread(__m128i v)
{
        v = _mm_xor_si128(v, _mm_slli_si128(v, 4));
        return _mm_xor_si128(v, _mm_slli_si128(v, 8));
}

/* The instruction wants the round constant as a literal; the constant may as well be XORed in afterwards. */
AESNI_INLINE __m128i sub_rot(__m128i v)
{
        return _mm_shuffle_epi32(_mm_aeskeygenassist_si128(v, 0), 0xFF);
}

AESNI_INLINE __m128i sub_only(__m128i v)
{
        return _mm_shuffle_epi32(_mm_aeskeygenassist_si128(v, 0), 0xAA);
}

static uint8_t doubled(uint8_t rcon)
{
        return (uint8_t)((rcon << 1) ^ (rcon & 0x80 ? 0x1B : 0));
}

AESNI static void expand_128(struct srtp_key *k, const uint8_t *key)
{
        __m128i v = load(key);
        uint8_t rcon = 1;

        store(k->round[0], v);
        for (unsigned i = 1; i <= 10; i++, rcon = doubled(rcon)) {
                __m128i t = _mm_xor_si128(sub_rot(v), _mm_set1_epi32(rcon));

                v = _mm_xor_si128(spread(v), t);
                store(k->round[i], v);
        }
}

AESNI static void expand_256(struct srtp_key *k, const uint8_t *key)
{
        __m128i lo = load(key), hi = load(key + 16);
        uint8_t rcon = 1;

        store(k->round[0], lo);
        store(k->round[1], hi);
        for (unsigned i = 2; i <= 14; i += 2, rcon = doubled(rcon)) {
                lo = _mm_xor_si128(spread(lo), _mm_xor_si128(sub_rot(hi), _mm_set1_epi32(rcon)));
                store(k->round[i], lo);
                if (i == 14)
                        break;
                hi = _mm_xor_si128(spread(hi), sub_only(lo));
                store(k->round[i + 1], hi);
        }
}

int srtp_aesni_key_set(struct srtp_key *k, const uint8_t *key, unsigned len, bool gcm)
{
        k->rounds = len == 16 ? 10 : 14;
        if (len == 16)
                expand_128(k, key);
        else
                expand_256(k, key);
        if (gcm)
                srtp_gcmni_key_set(k);
        return 0;
}

void srtp_aesni_key_drop(struct srtp_key *k)
{
        k->rounds = 0;
}

AESNI void srtp_aesni_block(const struct srtp_key *k, const uint8_t in[16], uint8_t out[16])
{
        __m128i b = _mm_xor_si128(load(in), load(k->round[0]));

        for (unsigned r = 1; r < k->rounds; r++)
                b = _mm_aesenc_si128(b, load(k->round[r]));
        store(out, _mm_aesenclast_si128(b, load(k->round[k->rounds])));
}

#define EACH_4(OP) OP(0) OP(1) OP(2) OP(3)
#define EACH_8(OP) EACH_4(OP) OP(4) OP(5) OP(6) OP(7)
#define FIRST(i) b##i = _mm_xor_si128(_mm_shuffle_epi8(_mm_add_epi32(ctr, _mm_set_epi32(0, 0, 0, i)), swap), rk);
#define ROUND(i) b##i = _mm_aesenc_si128(b##i, rk);
#define LAST(i) b[i] = _mm_aesenclast_si128(b##i, rk);

/* Keystream of eight counter blocks; ctr is byte-reversed, so that adding counts in the last 32 bits. */
AESNI_INLINE void keystream_8(const struct srtp_key *k, __m128i ctr, __m128i b[8])
{
        const __m128i swap = _mm_set_epi64x(0x0001020304050607, 0x08090A0B0C0D0E0F);
        __m128i rk = load(k->round[0]), b0, b1, b2, b3, b4, b5, b6, b7;

        EACH_8(FIRST)
        for (unsigned r = 1; r < k->rounds; r++) {
                rk = load(k->round[r]);
                EACH_8(ROUND)
        }
        rk = load(k->round[k->rounds]);
        EACH_8(LAST)
}

AESNI_INLINE void keystream_4(const struct srtp_key *k, __m128i ctr, __m128i b[4])
{
        const __m128i swap = _mm_set_epi64x(0x0001020304050607, 0x08090A0B0C0D0E0F);
        __m128i rk = load(k->round[0]), b0, b1, b2, b3;

        EACH_4(FIRST)
        for (unsigned r = 1; r < k->rounds; r++) {
                rk = load(k->round[r]);
                EACH_4(ROUND)
        }
        rk = load(k->round[k->rounds]);
        EACH_4(LAST)
}

AESNI_INLINE void xor_eight(uint8_t *p, const __m128i b[8])
{
#define XOR(i) store(p + (i)*16, _mm_xor_si128(load(p + (i)*16), b[i]));
        EACH_8(XOR)
}

/* The end of a text, less than eight blocks: two of them in a packet of 20 ms of G.711. */
AESNI static void xor_rest(const struct srtp_key *k, __m128i ctr, uint8_t *p, size_t n)
{
        union {
                __m128i block[8];
                uint8_t byte[128];
        } ks;
        size_t at = 0;

        if (n <= 64)
                keystream_4(k, ctr, ks.block);
        else
                keystream_8(k, ctr, ks.block);
        for (; at + 16 <= n; at += 16)
                store(p + at, _mm_xor_si128(load(p + at), ks.block[at / 16]));
        for (; at < n; at++)
                p[at] ^= ks.byte[at];
        mem_wipe(&ks, (n + 15) & ~(size_t)15);
}

AESNI bool srtp_aesni_ctr(const struct srtp_key *k, const uint8_t iv[16], uint8_t *p, size_t n)
{
        const __m128i swap = _mm_set_epi64x(0x0001020304050607, 0x08090A0B0C0D0E0F);
        __m128i ctr = _mm_shuffle_epi8(load(iv), swap);

        for (; n >= 128; n -= 128, p += 128) {
                __m128i b[8];

                keystream_8(k, ctr, b);
                xor_eight(p, b);
                ctr = _mm_add_epi32(ctr, _mm_set_epi32(0, 0, 0, 8));
        }
        if (n)
                xor_rest(k, ctr, p, n);
        return true;
}
#endif
