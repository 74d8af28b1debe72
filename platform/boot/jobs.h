/* The job thread: slow work (key generation, PBKDF, files, uploads) away from whoever asks, one piece at a time. */
#ifndef VOXGATE_BOOT_JOBS_H
#define VOXGATE_BOOT_JOBS_H

#include "platform/base/err.h"

struct jobs;
struct jobs *jobs_start(struct err *e);
void jobs_stop(struct jobs *j); /* finishes what was accepted; NULL is legal */
/* Runs fn(arg) on the job thread and waits for it. After jobs_stop() began it runs at once in the caller. */
void jobs_run(struct jobs *j, void (*fn)(void *arg), void *arg);

#endif
