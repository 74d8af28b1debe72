/*
 * Sees whether secrets are wiped (K2): while armed, every heap block of the whole process, libraries included, is
 * searched at the moment it is freed. Needles are copied; up to 16. One thread.
 */
#ifndef VOXGATE_SECRET_WATCH_H
#define VOXGATE_SECRET_WATCH_H

#include <stdbool.h>
#include <stddef.h>

/* Forgets all needles, starts watching. False when this build cannot watch. */
bool secret_watch_start(void);
/* n bytes (8-64) that no freed block may hold, in this or in reversed order (little-endian limbs). */
void secret_watch_add(const void *needle, size_t n);
/* Stops; how many freed blocks held one. */
unsigned secret_watch_stop(void);

#endif
