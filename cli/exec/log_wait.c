#include "cli/exec/log_wait.h"

#include "platform/base/log.h"

void log_wait(struct box *b)
{
        struct log_mark said;

        if (!b->log || !b->pause)
                return;
        log_mark(b->log, &said);
        for (unsigned i = 0; i < LOG_WAIT_STEPS && !log_reached(b->log, &said); i++)
                b->pause(b, LOG_WAIT_STEP_MS);
}
