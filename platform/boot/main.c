#include <stdio.h>

#include "cli/box/box.h"
#include "cli/lang/manual.h"
#include "pki/libcrypto.h"
#include "platform/boot/appliance.h"
#include "platform/boot/check.h"
#include "platform/boot/guard.h"
#include "platform/boot/options.h"
#include "platform/boot/replay.h"
#include "proxy/tls/tls_library.h"

static int manual_main(FILE *out)
{
        struct err e = { 0 };
        struct cli_tree *t = cli_tree_new(exec_tables, &e);
        struct text page = { 0 };
        bool ok = t != NULL;

        if (t)
                cli_manual(t, VOXGATE_VERSION, &page);
        ok = ok && !page.bad && fputs(text_str(&page), out) >= 0;
        text_fini(&page);
        cli_tree_free(t);
        return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
        struct options o;
        struct err e = { 0 };

        if (tls_library_check(&e) < 0) {
                fprintf(stderr, "voxgate: %s\n", e.text);
                return EXIT_USAGE;
        }
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
        case CMD_MANUAL:
                return manual_main(stdout);
        case CMD_HELP:
                fputs(options_usage, stdout);
                return 0;
        case CMD_VERSION:
                printf("voxgate %s (ASA %s command language)\n", VOXGATE_VERSION, ASA_RELEASE);
                return 0;
        }
        return EXIT_USAGE;
}
