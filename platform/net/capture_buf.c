#include "platform/net/capture_int.h"

#include "platform/base/mem.h"

/* The header as it lies in the ring. */
struct rec_head {
        uint64_t wall_ns;
        uint32_t len;
        uint16_t caplen;
        uint16_t drop_l3; /* drop reason, top bit: no Ethernet header */
};
_Static_assert(sizeof(struct rec_head) == 16, "one packet costs its bytes and 16");
#define L3_BIT 0x8000u

int capture_buf_init(struct capture_buf *b, uint32_t size, bool circular)
{
        *b = (struct capture_buf){ .size = size, .circular = circular };
        b->mem = mem_alloc(MEM_CAPTURE, size);
        return b->mem ? 0 : -1;
}

void capture_buf_fini(struct capture_buf *b)
{
        mem_free(b->mem);
        b->mem = NULL;
}

void capture_buf_clear(struct capture_buf *b)
{
        b->head = b->used = 0;
        b->pkts = 0;
        b->full = false;
        b->next.idx = 0;
        b->next.at = 0;
}

static uint32_t wrap(const struct capture_buf *b, uint64_t at)
{
        return (uint32_t)(at >= b->size ? at - b->size : at);
}

static void copy_in(struct capture_buf *b, uint32_t at, const void *data, uint32_t n)
{
        uint32_t first = MIN_OF(n, b->size - at);

        memcpy(b->mem + at, data, first);
        memcpy(b->mem, (const uint8_t *)data + first, n - first);
}

static void copy_out(const struct capture_buf *b, uint32_t at, void *out, uint32_t n)
{
        uint32_t first = MIN_OF(n, b->size - at);

        memcpy(out, b->mem + at, first);
        memcpy((uint8_t *)out + first, b->mem, n - first);
}

static void drop_oldest(struct capture_buf *b)
{
        struct rec_head h;
        uint32_t n;

        copy_out(b, b->head, &h, sizeof h);
        n = (uint32_t)sizeof h + h.caplen;
        b->head = wrap(b, (uint64_t)b->head + n);
        b->used -= n;
        b->pkts--;
        /* indices count from the oldest: the remembered place is now one lower, or gone */
        if (b->next.idx)
                b->next.idx--;
        if (!b->next.idx)
                b->next.at = b->head;
}

/* A linear buffer that once refused a packet has stopped: what follows would be a capture with a hole. */
static bool make_room(struct capture_buf *b, uint32_t need)
{
        if (!b->circular && need > b->size - b->used)
                b->full = true;
        if (b->full || need > b->size)
                return false;
        while (need > b->size - b->used)
                drop_oldest(b);
        return true;
}

bool capture_buf_add(struct capture_buf *b, const struct capture_rec *rec, const void *data)
{
        struct rec_head h = { .wall_ns = rec->wall_ns, .len = rec->len, .caplen = (uint16_t)rec->caplen };
        uint32_t need = (uint32_t)sizeof h + rec->caplen, at;

        if (!make_room(b, need))
                return false;
        h.drop_l3 = (uint16_t)(rec->drop | (rec->l3 ? L3_BIT : 0));
        at = wrap(b, (uint64_t)b->head + b->used);
        copy_in(b, at, &h, sizeof h);
        copy_in(b, wrap(b, (uint64_t)at + sizeof h), data, rec->caplen);
        b->used += need;
        b->pkts++;
        return true;
}

static void seek(struct capture_buf *b, uint64_t idx)
{
        struct rec_head h;

        if (idx < b->next.idx || !b->next.idx) {
                b->next.idx = 0;
                b->next.at = b->head;
        }
        for (; b->next.idx < idx; b->next.idx++) {
                copy_out(b, b->next.at, &h, sizeof h);
                b->next.at = wrap(b, (uint64_t)b->next.at + sizeof h + h.caplen);
        }
}

bool capture_buf_read(struct capture_buf *b, uint64_t idx, struct capture_rec *rec, uint8_t *data, size_t cap)
{
        struct rec_head h;
        uint32_t at;

        if (idx >= b->pkts)
                return false;
        seek(b, idx);
        copy_out(b, b->next.at, &h, sizeof h);
        at = wrap(b, (uint64_t)b->next.at + sizeof h);
        copy_out(b, at, data, (uint32_t)MIN_OF(cap, h.caplen));
        b->next.at = wrap(b, (uint64_t)at + h.caplen);
        b->next.idx = idx + 1;
        rec->wall_ns = h.wall_ns;
        rec->caplen = h.caplen;
        rec->len = h.len;
        rec->drop = h.drop_l3 & (uint16_t)~L3_BIT;
        rec->l3 = h.drop_l3 & L3_BIT;
        return true;
}
