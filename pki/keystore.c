#include "pki/keystore.h"

#include <string.h>

#include "pki/keystore_int.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

/* ---- entries; the lock is held ---- */

struct entry *keystore_entry_new(const char *name, struct err *e)
{
        struct entry *en = mem_alloc(MEM_PKI, sizeof *en);

        if (!en) {
                err_nomem(e, "saving keys and certificates");
                return NULL;
        }
        list_init(&en->link);
        if (!str_copy(en->name, sizeof en->name, name)) {
                err_set(e, ERR_RANGE, "a name of %zu characters is outside 1-%d", strlen(name), ASSET_NAME_MAX);
                mem_free(en);
                return NULL;
        }
        return en;
}

void keystore_entry_insert(struct list *l, struct entry *en)
{
        struct list *pos = l->prev;

        while (pos != l && strcmp(list_entry(pos, struct entry, link)->name, en->name) > 0)
                pos = pos->prev;
        list_add(pos, &en->link);
}

/* The entry of that name, made (but not yet inserted) when absent. */
static struct entry *entry_for(struct list *l, const char *name, struct err *e)
{
        struct entry *en = keystore_find(l, name);

        return en ? en : keystore_entry_new(name, e);
}

/* Forgets an entry that was made in vain. */
static void entry_drop_unused(struct entry *en)
{
        if (en && list_empty(&en->link))
                keystore_entry_free(en);
}

struct entry *keystore_find(const struct list *l, const char *name)
{
        list_each(it, l) {
                struct entry *en = list_entry(it, struct entry, link);

                if (!strcmp(en->name, name))
                        return en;
        }
        return NULL;
}

void keystore_entry_free(struct entry *en)
{
        list_del(&en->link);
        keypair_put(en->key);
        tp_assets_put(&en->tp);
        mem_free(en->ctl);
        mem_free(en);
}

void tp_assets_put(struct tp_assets *a)
{
        cert_put(a->id);
        for (unsigned i = 0; i < a->nca; i++)
                cert_put(a->ca[i]);
        *a = (struct tp_assets){ 0 };
}

static void tp_assets_copy(struct tp_assets *out, const struct tp_assets *in)
{
        *out = *in;
        if (out->id)
                cert_get(out->id);
        for (unsigned i = 0; i < out->nca; i++)
                cert_get(out->ca[i]);
}

static int tp_assets_fill(struct tp_assets *out, struct cert *id, struct cert *const *ca, unsigned nca, struct err *e)
{
        struct tp_assets a = { .id = id, .nca = nca };

        if (nca > TRUSTPOINT_CAS_MAX)
                return err_set(e, ERR_LIMIT, "%u CA certificates are more than the %d of a trustpoint", nca,
                               TRUSTPOINT_CAS_MAX);
        for (unsigned i = 0; i < nca; i++)
                a.ca[i] = ca[i];
        tp_assets_copy(out, &a);
        return 0;
}

/* ---- open and close ---- */

static int add_key(void *ctx, const char *name, struct keypair *kp, struct err *e)
{
        struct keystore *k = ctx;
        struct entry *en = keystore_entry_new(name, e);

        if (!en) {
                keypair_put(kp);
                return -1;
        }
        en->key = kp;
        keystore_entry_insert(&k->keys, en);
        return 0;
}

static int add_tp(void *ctx, const char *name, struct tp_assets *a, struct err *e)
{
        struct keystore *k = ctx;
        struct entry *en = keystore_entry_new(name, e);

        if (!en) {
                tp_assets_put(a);
                return -1;
        }
        en->tp = *a;
        keystore_entry_insert(&k->tps, en);
        return 0;
}

static int add_ctl(void *ctx, const char *name, const uint8_t *p, size_t n, struct err *e)
{
        return keystore_ctl_take(ctx, name, p, n, e);
}

static struct keystore *store_new(const struct clock *clk, const struct rng *rng)
{
        struct keystore *k = mem_alloc(MEM_PKI, sizeof *k);

        if (!k)
                return NULL;
        pthread_mutex_init(&k->lock, NULL);
        list_init(&k->keys);
        list_init(&k->tps);
        list_init(&k->ctls);
        k->clk = clk;
        k->rng = rng;
        return k;
}

struct keystore *keystore_open(const char *dir, const struct clock *clk, const struct rng *rng, struct err *warn)
{
        struct keystore *k = store_new(clk, rng);
        struct asset_reader r = { .key = add_key, .tp = add_tp, .ctl = add_ctl, .ctx = k, .warn = warn };
        struct err why = { 0 };

        if (warn)
                *warn = (struct err){ 0 };
        if (!k) {
                err_nomem(warn, "opening the key store");
                return NULL;
        }
        if (!dir)
                return k;
        if (!str_copy(k->dir, sizeof k->dir, dir))
                err_set(&why, ERR_RANGE, "the key store's directory name is too long");
        else if (asset_dirs(dir, &why) == 0 && asset_load(dir, &r, &why) == 0)
                return k;
        if (warn)
                *warn = why;
        keystore_close(k);
        return NULL;
}

static void free_all(struct list *l)
{
        list_each_safe(it, tmp, l)
                keystore_entry_free(list_entry(it, struct entry, link));
}

void keystore_close(struct keystore *k)
{
        if (!k)
                return;
        free_all(&k->keys);
        free_all(&k->tps);
        free_all(&k->ctls);
        pthread_mutex_destroy(&k->lock);
        mem_free(k);
}

const struct clock *keystore_clock(const struct keystore *k)
{
        return k->clk;
}

const struct rng *keystore_rng(const struct keystore *k)
{
        return k->rng;
}

void keystore_set_log(struct keystore *k, struct log_src *src)
{
        pthread_mutex_lock(&k->lock);
        k->log = src;
        pthread_mutex_unlock(&k->lock);
}

void keystore_log(struct keystore *k, enum log_msg id, const char *trustpoint)
{
        pthread_mutex_lock(&k->lock);
        if (k->log)
                log_msg(k->log, id, LS(trustpoint));
        pthread_mutex_unlock(&k->lock);
}

void keystore_log_why(struct keystore *k, enum log_msg id, const char *trustpoint, const char *why)
{
        pthread_mutex_lock(&k->lock);
        if (k->log)
                log_msg(k->log, id, LS(trustpoint), LS(why));
        pthread_mutex_unlock(&k->lock);
}

/* ---- changes: render what may fail, write files, then swap pointers ---- */

struct change {
        struct keystore *k;
        struct entry *key_en, *tp_en;      /* not yet inserted ones are dropped unless the change is kept */
        struct asset_blob key, tp, old_tp; /* with a directory */
        struct tp_assets assets;
        struct keypair *kp;
};

static int change_key(struct change *c, const char *label, struct keypair *kp, struct err *e)
{
        c->kp = kp;
        c->key_en = entry_for(&c->k->keys, label, e);
        if (!c->key_en)
                return -1;
        if (!*c->k->dir)
                return 0;
        return asset_path(c->k->dir, ASSET_KEY, label, c->key.path, e) < 0 || asset_render_key(kp, &c->key, e) < 0
                       ? -1
                       : 0;
}

static int change_tp(struct change *c, const char *tp, struct cert *id, struct cert *const *ca, unsigned nca,
                     struct err *e)
{
        c->tp_en = entry_for(&c->k->tps, tp, e);
        if (!c->tp_en || tp_assets_fill(&c->assets, id, ca, nca, e) < 0)
                return -1;
        if (!*c->k->dir)
                return 0;
        if (asset_path(c->k->dir, ASSET_TP, tp, c->tp.path, e) < 0 || asset_render_tp(&c->assets, &c->tp, e) < 0)
                return -1;
        str_copy(c->old_tp.path, sizeof c->old_tp.path, c->tp.path);
        if (!c->key_en || list_empty(&c->tp_en->link))
                return 0; /* nothing to go back to */
        return asset_render_tp(&c->tp_en->tp, &c->old_tp, e);
}

static int change_write(struct change *c, struct err *e)
{
        if (!*c->k->dir)
                return 0;
        if (c->tp_en && asset_write(&c->tp, e) < 0)
                return -1;
        if (!c->key_en || asset_write(&c->key, e) == 0)
                return 0;
        if (c->tp_en)
                asset_write(&c->old_tp, NULL);
        return -1;
}

static void change_keep(struct change *c)
{
        if (c->key_en) {
                struct keypair *old = c->key_en->key;

                c->key_en->key = keypair_get(c->kp);
                keypair_put(old);
                if (list_empty(&c->key_en->link))
                        keystore_entry_insert(&c->k->keys, c->key_en);
        }
        if (c->tp_en) {
                tp_assets_put(&c->tp_en->tp);
                c->tp_en->tp = c->assets;
                c->assets = (struct tp_assets){ 0 };
                if (list_empty(&c->tp_en->link))
                        keystore_entry_insert(&c->k->tps, c->tp_en);
        }
        c->k->generation++;
}

/* Writes and keeps the change unless something failed before (ret < 0); leaves nothing behind either way. */
static int change_end(struct change *c, int ret, struct err *e)
{
        if (ret == 0)
                ret = change_write(c, e);
        if (ret == 0)
                change_keep(c);
        entry_drop_unused(c->key_en);
        entry_drop_unused(c->tp_en);
        tp_assets_put(&c->assets);
        asset_blob_free(&c->key);
        asset_blob_free(&c->tp);
        asset_blob_free(&c->old_tp);
        return ret;
}

int keystore_key_put(struct keystore *k, const char *label, struct keypair *kp, struct err *e)
{
        struct change c = { .k = k };
        int ret;

        pthread_mutex_lock(&k->lock);
        ret = change_end(&c, change_key(&c, label, kp, e), e);
        pthread_mutex_unlock(&k->lock);
        return ret;
}

int keystore_tp_put(struct keystore *k, const char *tp, struct cert *id, struct cert *const *ca, unsigned nca,
                    struct err *e)
{
        return keystore_install(k, NULL, NULL, tp, id, ca, nca, e);
}

int keystore_install(struct keystore *k, const char *label, struct keypair *kp, const char *tp, struct cert *id,
                     struct cert *const *ca, unsigned nca, struct err *e)
{
        struct change c = { .k = k };
        int ret = 0;

        pthread_mutex_lock(&k->lock);
        if (kp)
                ret = change_key(&c, label, kp, e);
        if (ret == 0)
                ret = change_tp(&c, tp, id, ca, nca, e);
        ret = change_end(&c, ret, e);
        pthread_mutex_unlock(&k->lock);
        return ret;
}

/* ---- questions ---- */

struct keypair *keystore_key_get(struct keystore *k, const char *label)
{
        struct keypair *kp = NULL;
        struct entry *en;

        pthread_mutex_lock(&k->lock);
        en = keystore_find(&k->keys, label);
        if (en)
                kp = keypair_get(en->key);
        pthread_mutex_unlock(&k->lock);
        return kp;
}

bool keystore_key_name(struct keystore *k, unsigned idx, char out[129])
{
        bool found = false;

        pthread_mutex_lock(&k->lock);
        list_each(it, &k->keys) {
                if (idx--)
                        continue;
                found = str_copy(out, ASSET_NAME_MAX + 1, list_entry(it, struct entry, link)->name);
                break;
        }
        pthread_mutex_unlock(&k->lock);
        return found;
}

void keystore_tp_get(struct keystore *k, const char *tp, struct tp_assets *out)
{
        struct entry *en;

        *out = (struct tp_assets){ 0 };
        pthread_mutex_lock(&k->lock);
        en = keystore_find(&k->tps, tp);
        if (en)
                tp_assets_copy(out, &en->tp);
        pthread_mutex_unlock(&k->lock);
}

uint64_t keystore_generation(struct keystore *k)
{
        uint64_t g;

        pthread_mutex_lock(&k->lock);
        g = k->generation;
        pthread_mutex_unlock(&k->lock);
        return g;
}

static int clone_list(struct list *to, const struct list *from)
{
        list_each(it, from) {
                const struct entry *en = list_entry(it, struct entry, link);
                struct entry *copy = keystore_entry_new(en->name, NULL);

                if (!copy)
                        return -1;
                copy->ctl = en->ctl ? mem_dup(MEM_PKI, en->ctl, en->ctl_n) : NULL;
                copy->ctl_n = copy->ctl ? en->ctl_n : 0;
                copy->key = en->key ? keypair_get(en->key) : NULL;
                tp_assets_copy(&copy->tp, &en->tp);
                list_add_tail(to, &copy->link);
                if (en->ctl && !copy->ctl)
                        return -1;
        }
        return 0;
}

struct keystore *keystore_clone_dry(struct keystore *k)
{
        struct keystore *c = store_new(k->clk, k->rng);
        int ret;

        if (!c)
                return NULL;
        pthread_mutex_lock(&k->lock);
        ret = clone_list(&c->keys, &k->keys) < 0 || clone_list(&c->tps, &k->tps) < 0 ||
                              clone_list(&c->ctls, &k->ctls) < 0
                      ? -1
                      : 0;
        c->generation = k->generation;
        c->dry = true;
        pthread_mutex_unlock(&k->lock);
        if (ret == 0)
                return c;
        keystore_close(c);
        return NULL;
}
