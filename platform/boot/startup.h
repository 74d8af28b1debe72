/*
 * startup-config at start. The appliance always comes up with a console; what it cannot be sure of, it denies: a file
 * that is cut short, or that says who may pass in a line that is refused, holds all through traffic until an operator
 * saves the configuration he wants (`write memory`).
 */
#ifndef VOXGATE_BOOT_STARTUP_H
#define VOXGATE_BOOT_STARTUP_H

#include "platform/boot/box_setup.h"

/* flash/startup-config; what it has to report is in box->startup_errors. */
void box_load_startup(struct box *b, struct box_setup *x);
/* The first snapshot: what was loaded or, when that cannot be compiled, a box that forwards nothing. -1: not even
 * that. */
int box_first_commit(struct box *b, struct err *e);

#endif
