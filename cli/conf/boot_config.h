/*
 * `boot config disk0:/FILE`: which file on flash the saved configuration is. What the line says counts from the next
 * save on; until then, and at a start, it is what the last save left in .boot-config, a file that no command reaches.
 */
#ifndef VOXGATE_CLI_CONF_BOOT_CONFIG_H
#define VOXGATE_CLI_CONF_BOOT_CONFIG_H

#include <stdbool.h>

#include "cli/conf/flash_name.h"
#include "platform/base/err.h"

#define BOOT_NAME_MAX FLASH_NAME_MAX

struct store;

/* May the saved configuration be kept under this name of a file? */
bool boot_config_ok(const char *name);
/* Where `write memory` saves this configuration. */
const char *boot_config_name(const struct store *s);
/* Where the last save went: STARTUP_FILE unless it said another. false: that is not known any more, out is
 * STARTUP_FILE. */
bool boot_config_get(const char *flash, char out[BOOT_NAME_MAX + 1]);
/* From now on; on failure it is as before. */
int boot_config_set(const char *flash, const char *name, struct err *e);
/* As if there never was a save. */
int boot_config_forget(const char *flash, struct err *e);

#endif
