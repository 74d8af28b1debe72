/* The inside of the key store, for its own files. */
#ifndef VOXGATE_PKI_KEYSTORE_INT_H
#define VOXGATE_PKI_KEYSTORE_INT_H

#include <pthread.h>

#include "pki/keystore_file.h"
#include "platform/base/list.h"

/* A key pair under its label, or a trustpoint's certificates. */
struct entry {
        struct list link; /* by name */
        char name[ASSET_NAME_MAX + 1];
        struct keypair *key;
        struct tp_assets tp;
};

struct keystore {
        pthread_mutex_t lock; /* everything below */
        struct list keys, tps;
        uint64_t generation;
        struct log_src *log;
        char dir[PATH_MAX]; /* "": memory only */
        const struct clock *clk;
        const struct rng *rng;
};

/* With the lock held. */
struct entry *keystore_find(const struct list *l, const char *name);
void keystore_entry_free(struct entry *en); /* unlinks it too */

#endif
