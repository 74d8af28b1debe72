#include "platform/base/ring.h"

#include <stdatomic.h>
#include <string.h>

#include "platform/base/mem.h"

#define SLOTS_MAX (1u << 24)
#define LINE 64

/* Padded rather than aligned: blocks of the heap are 16-byte aligned, two lines apart is apart enough. */
struct ring {
        uint8_t *slot;
        size_t msg_size;
        uint32_t mask;
        char pad0[LINE];
        _Atomic uint32_t tail; /* producer writes; counts pushes, wraps freely */
        uint32_t head_seen;    /* producer's copy of head */
        char pad1[LINE];
        _Atomic uint32_t head; /* consumer writes; counts pops */
        uint32_t tail_seen;    /* consumer's copy of tail */
        char pad2[LINE];
};

struct ring *ring_new(size_t msg_size, uint32_t slots)
{
        struct ring *r;
        uint32_t n = 1;

        if (!msg_size || msg_size > UINT32_MAX || !slots || slots > SLOTS_MAX)
                return NULL;
        while (n < slots)
                n *= 2;
        r = mem_alloc(MEM_RING, sizeof *r);
        if (!r)
                return NULL;
        r->msg_size = msg_size;
        r->mask = n - 1;
        r->slot = mem_alloc(MEM_RING, msg_size * n);
        if (!r->slot) {
                mem_free(r);
                return NULL;
        }
        return r;
}

void ring_free(struct ring *r)
{
        if (!r)
                return;
        mem_free_secret(r->slot);
        mem_free(r);
}

static uint8_t *slot_at(struct ring *r, uint32_t count)
{
        return r->slot + (size_t)(count & r->mask) * r->msg_size;
}

bool ring_push(struct ring *r, const void *msg)
{
        uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

        if (tail - r->head_seen > r->mask) {
                r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
                if (tail - r->head_seen > r->mask)
                        return false;
        }
        memcpy(slot_at(r, tail), msg, r->msg_size);
        atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
        return true;
}

bool ring_pop(struct ring *r, void *msg)
{
        uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
        uint8_t *slot;

        if (!ring_pending(r))
                return false;
        slot = slot_at(r, head);
        memcpy(msg, slot, r->msg_size);
        mem_wipe(slot, r->msg_size);
        atomic_store_explicit(&r->head, head + 1, memory_order_release);
        return true;
}

uint32_t ring_space(struct ring *r)
{
        uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

        r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
        return r->mask + 1 - (tail - r->head_seen);
}

uint32_t ring_slots(const struct ring *r)
{
        return r->mask + 1;
}

bool ring_pending(struct ring *r)
{
        uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

        if (head == r->tail_seen)
                r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
        return head != r->tail_seen;
}
