/* Names of files on flash: "disk0:/x", "flash:x" or "x" as they are typed, "x" as they are called there. */
#ifndef VOXGATE_CLI_CONF_FLASH_NAME_H
#define VOXGATE_CLI_CONF_FLASH_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define FLASH_NAME_MAX 200
#define STARTUP_FILE "startup-config"
#define AAA_FILE "aaa-state"      /* the record of logins */
#define CLOCK_FILE "clock-offset" /* what `clock set` has done */
#define VERSIONS_DIR "rollback"   /* what `write memory` saved */

/* The part behind "disk0:/". */
const char *flash_name(const char *url);
/* No other file system is meant. */
bool is_flash_url(const char *url);
/* The n octets of `path` behind the name in out, of which it keeps *at octets: "." and ".." lead where they say.
 * false: too long, not printable, or above flash, where `clamp` stays at flash itself. */
bool flash_walk(char out[FLASH_NAME_MAX + 1], size_t *at, const char *path, size_t n, bool clamp);
/* What is typed where cwd is the current directory: a name on flash, "" for flash itself. */
bool flash_resolve(const char *cwd, const char *typed, char out[FLASH_NAME_MAX + 1]);
/* Every component is a plain name, and it is not one of those that are nobody's to read: the key store and the record
 * of logins. */
bool flash_name_ok(const char *name);
/* What the appliance keeps there and writes itself, for people; NULL: the name is free for anything. */
const char *flash_name_holds(const char *name);

#endif
