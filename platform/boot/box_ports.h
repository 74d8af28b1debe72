/* The ports that the operator has named: opened by the guard, bound to their interfaces, given to the dataplane. */
#ifndef VOXGATE_BOOT_BOX_PORTS_H
#define VOXGATE_BOOT_BOX_PORTS_H

#include "platform/boot/box_setup.h"
#include "platform/boot/options.h"

struct box_ports {
        const struct options *opt;
        int guard_fd;
        struct box *box; /* set up: its clock is theirs, its startup_errors tell of a port that is not there */
        struct box_setup *setup;
        struct worker *worker;
};

/* -1: none of them can be opened, or one cannot be taken. */
int box_ports_add(const struct box_ports *x, struct err *e);

#endif
