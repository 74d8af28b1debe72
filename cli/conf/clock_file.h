/* What `clock set` has done, kept on flash over a reload: by how much the clock differs from the host's. */
#ifndef VOXGATE_CLI_CONF_CLOCK_FILE_H
#define VOXGATE_CLI_CONF_CLOCK_FILE_H

#include "cli/conf/flash_name.h"
#include "platform/base/clock_own.h"
#include "platform/base/err.h"

/* dir "" or without the file: the clock stays the host's. -1: there is one, and it is of no use. */
int clock_file_load(const char *dir, struct clock_own *o, struct err *e);
/* 0 removes it. */
int clock_file_save(const char *dir, int64_t offset_ns, struct err *e);

#endif
