/* Names of files on flash: "disk0:/x", "flash:x" or "x" as they are typed, "x" as they are called there. */
#ifndef VOXGATE_CLI_CONF_FLASH_NAME_H
#define VOXGATE_CLI_CONF_FLASH_NAME_H

#include <stdbool.h>

#define STARTUP_FILE "startup-config"
#define AAA_FILE "aaa-state" /* the record of logins */

/* The part behind "disk0:/". */
const char *flash_name(const char *url);
/* No other file system is meant. */
bool is_flash_url(const char *url);
/* Every component is a plain name, and it is not one of those that are nobody's to read: the key store and the record
 * of logins. */
bool flash_name_ok(const char *name);

#endif
