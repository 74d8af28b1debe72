/* The threads of what the box does by itself while others ask it to: names, the time, mail. */
#ifndef VOXGATE_BOOT_ERRANDS_H
#define VOXGATE_BOOT_ERRANDS_H

#include <pthread.h>
#include <stdbool.h>

#include "cli/box/box.h"

struct errands {
        struct {
                pthread_t thread;
                bool running;
        } dns, ntp, mail;
};
/* -1: those that run are to be stopped. */
int errands_start(struct errands *s, struct box *b, struct err *e);
/* While there is still a dataplane to take back their flows. A zeroed one is legal. */
void errands_stop(struct errands *s, struct box *b);

#endif
