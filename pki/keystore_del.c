/* What leaves the key store. A key takes the certificates with it that were made for it. */
#include <string.h>

#include "pki/keystore_int.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

/* A trustpoint that loses its identity: its file before and after. */
struct loss {
        struct entry *en;
        struct asset_blob before, after;
        bool written;
};

/* The same pair under another label keeps its certificates. */
static bool last_of_its_kind(const struct keystore *k, const struct entry *key, const struct cert *id)
{
        list_each(it, &k->keys) {
                const struct entry *en = list_entry(it, struct entry, link);

                if (en != key && cert_matches_key(id, en->key))
                        return false;
        }
        return true;
}

static bool loses_identity(const struct keystore *k, const struct entry *key, const struct entry *tp)
{
        return tp->tp.id && cert_matches_key(tp->tp.id, key->key) && last_of_its_kind(k, key, tp->tp.id);
}

static int plan_loss(const struct keystore *k, struct loss *l, struct err *e)
{
        struct tp_assets left = l->en->tp;

        left.id = NULL;
        if (!*k->dir)
                return 0;
        if (asset_path(k->dir, ASSET_TP, l->en->name, l->before.path, e) < 0 ||
            asset_render_tp(&l->en->tp, &l->before, e) < 0)
                return -1;
        str_copy(l->after.path, sizeof l->after.path, l->before.path);
        return left.nca ? asset_render_tp(&left, &l->after, e) : 0; /* nothing left: no file */
}

static int plan_losses(const struct keystore *k, const struct entry *key, struct loss **out, unsigned *n,
                       struct err *e)
{
        unsigned most = 0;

        *n = 0;
        list_each(it, &k->tps)
                most += loses_identity(k, key, list_entry(it, struct entry, link));
        *out = most ? mem_alloc(MEM_PKI, most * sizeof **out) : NULL;
        if (most && !*out)
                return err_nomem(e, "removing a key pair");
        list_each(it, &k->tps) {
                struct entry *tp = list_entry(it, struct entry, link);

                if (!loses_identity(k, key, tp))
                        continue;
                (*out)[*n].en = tp;
                if (plan_loss(k, &(*out)[(*n)++], e) < 0)
                        return -1;
        }
        return 0;
}

static int write_losses(struct loss *l, unsigned n, struct err *e)
{
        for (unsigned i = 0; i < n; i++) {
                if (asset_write(&l[i].after, e) < 0)
                        return -1;
                l[i].written = true;
        }
        return 0;
}

static int write_all(const struct keystore *k, const char *label, struct loss *l, unsigned n, struct err *e)
{
        struct asset_blob none = { .p = NULL };

        if (!*k->dir)
                return 0;
        if (asset_path(k->dir, ASSET_KEY, label, none.path, e) == 0 && write_losses(l, n, e) == 0 &&
            asset_write(&none, e) == 0)
                return 0;
        for (unsigned i = 0; i < n && l[i].written; i++)
                asset_write(&l[i].before, NULL);
        return -1;
}

static void forget(struct loss *l, unsigned n)
{
        for (unsigned i = 0; i < n; i++) {
                cert_put(l[i].en->tp.id);
                l[i].en->tp.id = NULL;
                if (!l[i].en->tp.nca)
                        keystore_entry_free(l[i].en);
        }
}

static int key_del(struct keystore *k, const char *label, struct err *e)
{
        struct entry *en = keystore_find(&k->keys, label);
        struct loss *loss = NULL;
        unsigned n = 0;
        int ret;

        if (!en)
                return err_set(e, ERR_REF, "there is no key pair named %s", label);
        ret = plan_losses(k, en, &loss, &n, e) < 0 ? -1 : write_all(k, label, loss, n, e);
        if (ret == 0) {
                forget(loss, n);
                keystore_entry_free(en);
                k->generation++;
        }
        for (unsigned i = 0; i < n; i++) {
                asset_blob_free(&loss[i].before);
                asset_blob_free(&loss[i].after);
        }
        mem_free(loss);
        return ret;
}

int keystore_key_del(struct keystore *k, const char *label, struct err *e)
{
        int ret;

        pthread_mutex_lock(&k->lock);
        ret = key_del(k, label, e);
        pthread_mutex_unlock(&k->lock);
        return ret;
}

static int tp_del(struct keystore *k, const char *tp, struct err *e)
{
        struct asset_blob none = { .p = NULL };
        struct entry *en = keystore_find(&k->tps, tp);

        if (!en)
                return err_set(e, ERR_REF, "trustpoint %s holds no certificates", tp);
        if (*k->dir && (asset_path(k->dir, ASSET_TP, tp, none.path, e) < 0 || asset_write(&none, e) < 0))
                return -1;
        keystore_entry_free(en);
        k->generation++;
        return 0;
}

int keystore_tp_del(struct keystore *k, const char *tp, struct err *e)
{
        int ret;

        pthread_mutex_lock(&k->lock);
        ret = tp_del(k, tp, e);
        pthread_mutex_unlock(&k->lock);
        return ret;
}
