/*
 * Read cursor over foreign bytes. `bad` is sticky: read on, check once. A read past the end reads nothing, returns 0
 * and sets bad. No other pointer arithmetic on input is allowed.
 */
#ifndef VOXGATE_BASE_CUR_H
#define VOXGATE_BASE_CUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Result of a wire parser: nothing is consumed unless OK. */
enum parse { PARSE_OK, PARSE_MORE, PARSE_BAD };

struct cur {
        const uint8_t *p;
        size_t left;
        bool bad;
};

static inline struct cur cur_of(const void *p, size_t n)
{
        return (struct cur){ .p = p, .left = n };
}

/* The next n bytes, borrowed from the input; NULL (and bad) when fewer are left. */
static inline const uint8_t *cur_take(struct cur *c, size_t n)
{
        const uint8_t *p = c->p;

        if (c->bad || n > c->left) {
                c->bad = true;
                return NULL;
        }
        c->p += n;
        c->left -= n;
        return p;
}

/* A child limited to n bytes; the parent moves behind them. An empty bad child when fewer are left. */
static inline struct cur cur_child(struct cur *c, size_t n)
{
        const uint8_t *p = cur_take(c, n);

        return p ? cur_of(p, n) : (struct cur){ .bad = true };
}

static inline uint8_t cur_u8(struct cur *c)
{
        const uint8_t *p = cur_take(c, 1);

        return p ? p[0] : 0;
}

static inline uint16_t cur_be16(struct cur *c)
{
        const uint8_t *p = cur_take(c, 2);

        return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t cur_be32(struct cur *c)
{
        const uint8_t *p = cur_take(c, 4);

        return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline uint16_t cur_le16(struct cur *c)
{
        const uint8_t *p = cur_take(c, 2);

        return p ? (uint16_t)(p[1] << 8 | p[0]) : 0;
}

static inline uint32_t cur_le32(struct cur *c)
{
        const uint8_t *p = cur_take(c, 4);

        return p ? (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0] : 0;
}

static inline bool cur_copy(struct cur *c, void *out, size_t n)
{
        const uint8_t *p = cur_take(c, n);

        if (p)
                memcpy(out, p, n);
        return p != NULL;
}

#endif
