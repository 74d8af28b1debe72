/*
 * voxgate replay: a configuration and capture files in, capture files out, on virtual time. The same stages, engines
 * and timers as on the wire; TCP that would be terminated gets full policy and a conn, and its frames end as
 * consumed.
 */
#ifndef VOXGATE_BOOT_REPLAY_H
#define VOXGATE_BOOT_REPLAY_H

#include <stdio.h>

#include "platform/boot/options.h"

int replay_main(const struct options *o, FILE *out);

#endif
