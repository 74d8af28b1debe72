/* voxgate check: parse, check, compile a configuration with the appliance's own code; nothing runs. */
#ifndef VOXGATE_BOOT_CHECK_H
#define VOXGATE_BOOT_CHECK_H

#include <stdio.h>

#include "platform/boot/options.h"

/* 0: every line accepted; 1: refused lines (printed with their numbers) or a file that cannot be read. */
int check_main(const struct options *o, FILE *out);

#endif
