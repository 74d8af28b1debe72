/* What an operator has caused is in the log that he then sees. */
#ifndef VOXGATE_CLI_LOG_WAIT_H
#define VOXGATE_CLI_LOG_WAIT_H

#include "cli/box/box.h"

#define LOG_WAIT_STEP_MS 2u
#define LOG_WAIT_STEPS 500u

/*
 * Waits until the log thread has written to the buffers what was said before the call: at most LOG_WAIT_STEPS pauses
 * of the box, so that a log that stands still is shown as it is. The caller holds no lock.
 */
void log_wait(struct box *b);

#endif
