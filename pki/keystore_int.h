/* The inside of the key store, for its own files. */
#ifndef VOXGATE_PKI_KEYSTORE_INT_H
#define VOXGATE_PKI_KEYSTORE_INT_H

#include <pthread.h>

#include "pki/keystore_file.h"
#include "platform/base/list.h"

/* A key pair under its label, a trustpoint's certificates, or a CTL file. */
struct entry {
        struct list link; /* by name */
        char name[ASSET_NAME_MAX + 1];
        struct keypair *key;
        struct tp_assets tp;
        uint8_t *ctl;
        size_t ctl_n;
};

struct keystore {
        pthread_mutex_t lock; /* everything below */
        struct list keys, tps, ctls;
        uint64_t generation;
        struct log_src *log;
        char dir[PATH_MAX]; /* "": memory only */
        bool dry;
        const struct clock *clk;
        const struct rng *rng;
};

/* With the lock held. */
struct entry *keystore_find(const struct list *l, const char *name);
void keystore_entry_free(struct entry *en); /* unlinks it too */
struct entry *keystore_entry_new(const char *name, struct err *e);
void keystore_entry_insert(struct list *l, struct entry *en);

/* A CTL file into memory only. */
int keystore_ctl_take(struct keystore *k, const char *name, const uint8_t *p, size_t n, struct err *e);

#endif
