/* The appliance process: private namespace, ports, threads, orderly start and stop. */
#ifndef VOXGATE_BOOT_APPLIANCE_H
#define VOXGATE_BOOT_APPLIANCE_H

#include "platform/boot/options.h"

/* Runs until told to stop; the exit code says how (guard.h). arg: const struct options *. */
int appliance_main(int guard_fd, void *arg);

#endif
