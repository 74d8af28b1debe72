/* The key store's files: names, contents, loading. No state, no locks. */
#ifndef VOXGATE_PKI_KEYSTORE_FILE_H
#define VOXGATE_PKI_KEYSTORE_FILE_H

#include <limits.h>

#include "pki/keystore.h"

#define ASSET_NAME_MAX 128

enum asset_kind { ASSET_KEY, ASSET_TP, ASSET_CTL };

/* What a file holds, ready to be written; p is a secret block or NULL. */
struct asset_blob {
        char path[PATH_MAX];
        uint8_t *p;
        size_t n;
};

/* Makes the store's directory and what is below. */
int asset_dirs(const char *top, struct err *e);
/* Refuses names that are empty or too long for a file. */
int asset_path(const char *top, enum asset_kind kind, const char *name, char out[PATH_MAX], struct err *e);
int asset_render_key(const struct keypair *kp, struct asset_blob *b, struct err *e);
int asset_render_tp(const struct tp_assets *a, struct asset_blob *b, struct err *e);
void asset_blob_free(struct asset_blob *b); /* wiped */
/* Neither allocates: they can undo each other. A blob without content stands for "no file". */
int asset_write(const struct asset_blob *b, struct err *e);

/* Called with an object of its own reference for each file; name is the unescaped label. -1 stops the walk. */
typedef int (*asset_key_fn)(void *ctx, const char *name, struct keypair *kp, struct err *e);
typedef int (*asset_tp_fn)(void *ctx, const char *name, struct tp_assets *a, struct err *e);
typedef int (*asset_ctl_fn)(void *ctx, const char *name, const uint8_t *p, size_t n, struct err *e); /* p borrowed */
struct asset_reader {
        asset_key_fn key;
        asset_tp_fn tp;
        asset_ctl_fn ctl;
        void *ctx;
        struct err *warn; /* first damaged file; may be NULL */
        bool dry;         /* removes no leftovers; a directory that is not there is empty */
};
/* -1 only when out of memory or a directory cannot be read. */
int asset_load(const char *top, const struct asset_reader *r, struct err *e);

#endif
