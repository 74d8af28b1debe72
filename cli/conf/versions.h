/*
 * The configurations that were saved last: files rollback/NNNNNNNN on flash, each as startup-config was, none twice
 * in a row. Number 1 is the newest. The caller keeps others out while it adds or erases (box->conf_lock).
 */
#ifndef VOXGATE_CLI_CONF_VERSIONS_H
#define VOXGATE_CLI_CONF_VERSIONS_H

#include <stddef.h>
#include <stdint.h>

#include "cli/conf/flash_name.h"
#include "platform/base/err.h"

#define VERSIONS_KEPT 10
#define VERSION_BYTES_MAX (16u << 20)

struct version {
        uint32_t seq;      /* of the file */
        char written[160]; /* "by enable_15 at ...", "" unknown */
        char sum[33];      /* the checksum its own trailer states */
};

/* Keeps the text unless the newest one has the same lines, and forgets what is older than VERSIONS_KEPT. */
int versions_add(const char *flash, const char *text, size_t n, struct err *e);
/* Newest first; how many. What cannot be read is left out. */
unsigned versions_list(const char *flash, struct version out[VERSIONS_KEPT]);
/* *text is freed with mem_free_secret(). -1: there is no such number, or the file is not what was written. */
int versions_read(const char *flash, unsigned number, uint8_t **text, size_t *n, struct err *e);
int versions_erase(const char *flash, struct err *e);

#endif
