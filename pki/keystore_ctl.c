/* CTL files in the key store: finished bytes, no secrets. */
#include <string.h>

#include "pki/ctl.h"
#include "pki/keystore_int.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

int keystore_ctl_take(struct keystore *k, const char *name, const uint8_t *p, size_t n, struct err *e)
{
        struct entry *en = keystore_find(&k->ctls, name);
        uint8_t *copy = mem_dup(MEM_PKI, p, n);

        if (!copy)
                return err_nomem(e, "saving a CTL file");
        if (!en) {
                en = keystore_entry_new(name, e);
                if (!en) {
                        mem_free(copy);
                        return -1;
                }
                keystore_entry_insert(&k->ctls, en);
        }
        mem_free(en->ctl);
        en->ctl = copy;
        en->ctl_n = n;
        return 0;
}

/* With the lock held. A blob without content removes the file. */
static int write_file(struct keystore *k, const char *name, const uint8_t *p, size_t n, struct err *e)
{
        struct asset_blob b = { .n = n };
        int ret;

        if (!*k->dir)
                return 0;
        if (asset_path(k->dir, ASSET_CTL, name, b.path, e) < 0)
                return -1;
        b.p = n ? mem_dup(MEM_PKI, p, n) : NULL;
        if (n && !b.p)
                return err_nomem(e, "saving a CTL file");
        ret = asset_write(&b, e);
        asset_blob_free(&b);
        return ret;
}

int keystore_ctl_put(struct keystore *k, const char *name, const uint8_t *p, size_t n, struct err *e)
{
        struct entry *en;
        int ret;

        if (n > CTL_BYTES_MAX)
                return err_set(e, ERR_LIMIT, "a CTL file of %zu bytes is longer than %u", n, CTL_BYTES_MAX);
        pthread_mutex_lock(&k->lock);
        ret = write_file(k, name, p, n, e);
        en = keystore_find(&k->ctls, name);
        if (ret == 0 && n)
                ret = keystore_ctl_take(k, name, p, n, e);
        else if (ret == 0 && en)
                keystore_entry_free(en);
        k->generation += ret == 0;
        pthread_mutex_unlock(&k->lock);
        return ret;
}

uint8_t *keystore_ctl_get(struct keystore *k, const char *name, size_t *n)
{
        const struct entry *en;
        uint8_t *p = NULL;

        *n = 0;
        pthread_mutex_lock(&k->lock);
        en = keystore_find(&k->ctls, name);
        if (en) {
                *n = en->ctl_n;
                p = mem_dup(MEM_PKI, en->ctl, en->ctl_n);
        }
        pthread_mutex_unlock(&k->lock);
        return p;
}

void keystore_mark_dry(struct keystore *k)
{
        k->dry = true;
}

bool keystore_is_dry(const struct keystore *k)
{
        return k->dry;
}
