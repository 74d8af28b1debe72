/*
 * Flash as SCP and SFTP clients see it: its files and directories without what is nobody's to read (flash_path()),
 * and the configurations by their names. Files are read and written as a whole, so that none is ever there in part.
 */
#ifndef VOXGATE_CLI_SSH_XFER_H
#define VOXGATE_CLI_SSH_XFER_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/box/box.h"
#include "cli/conf/flash_name.h"
#include "cli/lang/text.h"

#define XFER_NAME_MAX FLASH_NAME_MAX

enum xfer_rc { XFER_OK, XFER_NONE, XFER_DENIED, XFER_FULL, XFER_EXISTS, XFER_IS_DIR, XFER_TEXT, XFER_FAILED };
/* "No such file or directory" ... */
const char *xfer_words(enum xfer_rc rc);

struct xfer_stat {
        bool dir;
        uint64_t size;
        int64_t mtime;
};

/* What a client calls it ("disk0:/a", "./a", "/a", "a") -> its name on flash; "": flash itself. ".." leads no higher.
 * false: no file can be called that. */
bool xfer_name(const char *path, size_t n, char out[XFER_NAME_MAX + 1]);
enum xfer_rc xfer_stat(struct box *b, const char *name, struct xfer_stat *out);
/* All of it, behind what is in `out`. */
enum xfer_rc xfer_read(struct box *b, const char *name, struct text *out);
enum xfer_rc xfer_write(struct box *b, const char *name, const void *p, size_t n);
/* The most that a new file may have. */
uint64_t xfer_room(const struct box *b);
/* Is the name one that a file may be written under? */
enum xfer_rc xfer_writable(struct box *b, const char *name);
enum xfer_rc xfer_remove(struct box *b, const char *name, bool dir);
enum xfer_rc xfer_mkdir(struct box *b, const char *name);
/* The new name must be free. */
enum xfer_rc xfer_rename(struct box *b, const char *from, const char *to);
typedef bool (*xfer_each_fn)(void *ctx, const char *name, const struct xfer_stat *st);
/* What is in a directory, until fn is false. */
enum xfer_rc xfer_list(struct box *b, const char *dir, xfer_each_fn fn, void *ctx);

#endif
