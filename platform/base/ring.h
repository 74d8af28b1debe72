/*
 * Single-producer single-consumer ring of fixed-size messages, by value. Never blocks: a full ring refuses.
 * Each side caches the other's index, so an uncontended push or pop touches one shared cache line.
 */
#ifndef VOXGATE_BASE_RING_H
#define VOXGATE_BASE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/base/attr.h"

struct ring;

/* slots: rounded up to a power of two. NULL when out of memory. */
struct ring *ring_new(size_t msg_size, uint32_t slots) MUST_USE;
void ring_free(struct ring *r); /* slots are wiped first: messages may carry keys. NULL is legal */
/* Producer: copies msg in; false when full. */
bool ring_push(struct ring *r, const void *msg);
/* Consumer: copies out and wipes the slot; false when empty. */
bool ring_pop(struct ring *r, void *msg);
/* Producer's view of free slots (a lower bound). */
uint32_t ring_space(struct ring *r);
uint32_t ring_slots(const struct ring *r);
/* Consumer's view: anything to read? */
bool ring_pending(struct ring *r);

#endif
