/*
 * Strict DER in two small halves: a writer that fills a buffer from its end towards its start, so that every length
 * is known when it is written, and a reader over the cursor that takes the shortest form of a length only.
 */
#ifndef VOXGATE_PKI_DER_H
#define VOXGATE_PKI_DER_H

#include "platform/base/cur.h"

enum {
        DER_BOOLEAN = 0x01,
        DER_INTEGER = 0x02,
        DER_BIT_STRING = 0x03,
        DER_OCTET_STRING = 0x04,
        DER_OID = 0x06,
        DER_SEQUENCE = 0x30,
        DER_SET = 0x31,
        DER_CONTEXT = 0x80,     /* [n], n added */
        DER_CONTEXT_CON = 0xa0, /* [n], constructed */
};

struct der {
        uint8_t *buf;   /* borrowed */
        size_t cap, at; /* what is written so far: buf[at..cap) */
        bool full;      /* sticky: something did not fit */
};

static inline struct der der_of(void *buf, size_t cap)
{
        return (struct der){ .buf = buf, .cap = cap, .at = cap };
}

/* In front of what is there. */
static inline void der_put(struct der *d, const void *p, size_t n)
{
        if (d->full || n > d->at) {
                d->full = true;
                return;
        }
        d->at -= n;
        if (n)
                memcpy(d->buf + d->at, p, n);
}

static inline void der_u8(struct der *d, uint8_t v)
{
        der_put(d, &v, 1);
}

/* Tag and length for everything written since d->at was `end`. */
static inline void der_wrap(struct der *d, uint8_t tag, size_t end)
{
        size_t n = end - d->at;
        uint8_t octets = 0;

        for (size_t v = n; n > 0x7f && v; v >>= 8, octets++)
                der_u8(d, (uint8_t)v);
        der_u8(d, octets ? (uint8_t)(0x80 | octets) : (uint8_t)n);
        der_u8(d, tag);
}

static inline void der_tlv(struct der *d, uint8_t tag, const void *p, size_t n)
{
        size_t end = d->at;

        der_put(d, p, n);
        der_wrap(d, tag, end);
}

static inline const uint8_t *der_bytes(const struct der *d, size_t *n)
{
        *n = d->cap - d->at;
        return d->buf + d->at;
}

/* The next value and its tag; a bad cursor when it is cut, indefinite, or its length is not in the shortest form. */
static inline struct cur der_next(struct cur *c, uint8_t *tag)
{
        size_t n;

        *tag = cur_u8(c);
        n = cur_u8(c);
        if (n == 0x81) {
                n = cur_u8(c);
                c->bad |= n < 0x80;
        } else if (n == 0x82) {
                n = cur_be16(c);
                c->bad |= n < 0x100;
        } else if (n & 0x80) { /* nothing of ours is longer */
                c->bad = true;
        }
        return c->bad ? (struct cur){ .bad = true } : cur_child(c, n);
}

/* A value that must bear this tag. */
static inline struct cur der_need(struct cur *c, uint8_t want)
{
        uint8_t tag;
        struct cur v = der_next(c, &tag);

        c->bad |= tag != want;
        return c->bad ? (struct cur){ .bad = true } : v;
}

#endif
