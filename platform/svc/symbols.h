/* Names of this program's functions, out of its own file, also those that are not exported. */
#ifndef VOXGATE_SVC_SYMBOLS_H
#define VOXGATE_SVC_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#include "platform/base/err.h"

struct symbols;

/* path: an ELF file for 64 bits. -1: it cannot be read, or has no table of names. */
int symbols_open(const char *path, struct symbols **out, struct err *e);
void symbols_close(struct symbols *s);
/* "name+0x12" of an offset in the file's address space, or "0x1234" when no function covers it. */
void symbols_name(const struct symbols *s, uint64_t offset, char *out, size_t cap);

#endif
