/*
 * The file that says which device an interface is, so that it stays so over reboots and renamed devices:
 *
 *     GigabitEthernet0/0  eth0            # a network device
 *     GigabitEthernet0/1  tap:tap1        # KIND:SPEC as in --port
 */
#ifndef VOXGATE_BOOT_PORTS_FILE_H
#define VOXGATE_BOOT_PORTS_FILE_H

#include "platform/boot/options.h"

#define PORTS_FILE_MAX 16384 /* bytes */

/* Adds the file's ports to o, which keeps the text they point into. e names file and line. */
int ports_file_read(struct options *o, const char *path, struct err *e);
/* The same for text that the caller keeps; it is cut into words. name: for e. */
int ports_text_read(struct options *o, const char *name, char *text, struct err *e);

#endif
