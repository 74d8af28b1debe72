/*
 * What is left of a crash: a record on flash of the signal, the thread and the return addresses, written by the
 * signal handler itself. No memory contents are in it, so no secrets. Names of functions are found when it is shown.
 */
#ifndef VOXGATE_SVC_CRASH_H
#define VOXGATE_SVC_CRASH_H

#include <stddef.h>
#include <stdint.h>

#include "platform/base/clock.h"
#include "platform/base/err.h"

#define CRASH_FILE "crashinfo"
#define CRASH_FRAMES_MAX 64

struct crash_frame {
        uint64_t offset; /* in the module's file */
        char module[64]; /* "" : the program itself; "?": in no module */
};
struct crash_info {
        int signal;
        int64_t when_s; /* wall clock */
        int tid;
        char thread[16], version[32], build[41]; /* build: hex of the program's build id, "" unknown */
        unsigned nframes;
        struct crash_frame frame[CRASH_FRAMES_MAX];
};

/*
 * Handles fatal signals from now on, once per process: writes DIR/crashinfo and lets whoever handled them before go
 * on. version: for the record; clk: for its time, read in the handler, so without locks. -1: the record's file cannot be opened; the signals are left alone then.
 */
int crash_install(const char *dir, const char *version, const struct clock *clk, struct err *e);
/* An orderly end: what was kept open for a record is removed. */
void crash_uninstall(void);
/* Reads a record's text; 0, or -1 when it is none. */
int crash_parse(const char *text, size_t n, struct crash_info *out);
/* The build id of this program, hex; "" when it has none. */
void crash_build_id(char out[41]);

#endif
