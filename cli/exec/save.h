/* Configuration text and flash files, shared by write, copy, more and reload. */
#ifndef VOXGATE_CLI_EXEC_SAVE_H
#define VOXGATE_CLI_EXEC_SAVE_H

#include "cli/exec/util.h"
#include "cli/conf/flash_name.h"

#define FLASH_FILE_MAX (64u << 20)

struct saved {
        size_t bytes;
        uint64_t ms;
        char checksum[33];
        char no_version[160]; /* why it was not kept to roll back to; "" it was */
        bool unconfirmed;     /* a change in it waits for a confirmation */
        bool released;        /* through traffic was held since a broken start, and is no longer */
};
/* Running configuration, secrets readable, to the file that `boot config` names, startup-config without it. */
int save_startup(struct session *s, struct saved *out, struct err *e);
/* The same text, as `by` whom it is written; sum: its checksum. */
int save_text(struct session *s, struct text *t, char sum[33], struct err *e);
/* "01234567 89abcdef 01234567 89abcdef"; out holds 36 bytes. */
char *checksum_groups(const char sum[33], char *out);
/* "N bytes copied in S.SSS secs (R bytes/sec)\n" or another thing than bytes, without the rate. */
void copied_text(const struct saved *d, struct text *out);

/* What the operator of the session calls it -> "disk0:/x"; another file system stays as it is typed. */
#define FLASH_URL_MAX 512
int flash_url(struct session *s, const char *typed, char url[FLASH_URL_MAX], struct err *e);
/*
 * "disk0:/x", "flash:x" or "x" -> path under the flash directory. Refused: no flash, "..", and the key store and the
 * record of logins, which are nobody's to read.
 */
int flash_path(const struct box *b, const char *url, char *path, size_t cap, struct err *e);
/* The same for what is about to be written there: refused as well what `write memory` alone keeps
 * (cli/conf/versions.h). */
int flash_path_write(const struct box *b, const char *url, char *path, size_t cap, struct err *e);
/* The host has stamped a file; when that was by the appliance's clock. Seconds. */
int64_t box_file_time(const struct box *b, int64_t host_s);
/* Where the saved configuration is (boot_config.h). */
int startup_path(const struct box *b, char *path, size_t cap, struct err *e);
/* Is it this very file, under whatever name it was typed? */
bool is_startup_path(const struct box *b, const char *path);

#endif
