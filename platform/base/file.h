/*
 * Whole files on flash (rule C1): temporary file in the same directory, write, fsync, rename, fsync of the directory.
 * Secrets are created 0600 and never exist with another mode.
 */
#ifndef VOXGATE_BASE_FILE_H
#define VOXGATE_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "platform/base/err.h"
#include "platform/base/mem.h"

/* Atomic replace. keep_previous: the old content stays as PATH.prev. The old file is intact on every failure. */
int file_write_atomic(const char *path, const void *data, size_t n, mode_t mode, bool keep_previous, struct err *e);
/* Whole file into a fresh NUL-ended block of at most `max` bytes; *out is freed by the caller with mem_free_secret().
 */
int file_read(const char *path, size_t max, uint8_t **out, size_t *n, struct err *e);
/* Removes what atomic replaces cut short by a crash or a power cut left in the directory; nobody may be writing
 * there. */
void file_sweep(const char *dir);
/* mkdir -p with mode for new directories. */
int dir_make(const char *path, mode_t mode, struct err *e);

#endif
