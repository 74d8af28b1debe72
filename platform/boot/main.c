#include <stdio.h>

#include "cli/box.h"
#include "pki/libcrypto.h"
#include "platform/boot/appliance.h"
#include "platform/boot/check.h"
#include "platform/boot/guard.h"
#include "platform/boot/options.h"
#include "platform/boot/replay.h"

int main(int argc, char **argv)
{
        struct options o;
        struct err e = { 0 };

        libcrypto_wipe_freed(); /* before its first allocation */
        if (options_parse(argc, argv, &o, &e) < 0) {
                fprintf(stderr, "voxgate: %s\n%s", e.text, options_usage);
                return EXIT_USAGE;
        }
        switch (o.cmd) {
        case CMD_RUN:
                return guard_run(appliance_main, &o);
        case CMD_CHECK:
                return check_main(&o, stdout);
        case CMD_REPLAY:
                return replay_main(&o, stdout);
        case CMD_HELP:
                fputs(options_usage, stdout);
                return 0;
        case CMD_VERSION:
                printf("voxgate %s (ASA %s command language)\n", VOXGATE_VERSION, ASA_RELEASE);
                return 0;
        }
        return EXIT_USAGE;
}
