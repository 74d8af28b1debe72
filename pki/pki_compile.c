#include <stdlib.h>
#include <string.h>

#include "pki/ctl_make.h"
#include "pki/enroll.h"
#include "pki/pki_rt.h"
#include "pki/x509_util.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

/* Roots are allocated in the part's arena first, so that the part can be dropped at any moment. */
static void pki_rt_fini(const void *root)
{
        const struct pki_rt *rt = root;

        for (unsigned i = 0; i < rt->n; i++) {
                cert_put(rt->id[i].cert);
                keypair_put(rt->id[i].key);
                for (unsigned c = 0; c < rt->id[i].nchain; c++)
                        cert_put(rt->id[i].chain[c]);
        }
        for (unsigned i = 0; i < rt->nkeys; i++)
                keypair_put(rt->keys[i].key);
        for (unsigned i = 0; i < rt->nctl; i++)
                ctl_file_fini(rt->ctl[i].file);
        trust_set_put(rt->all);
}

/* A configuration without its flash (check, replay) brings the certificates as hex text. */
static int assets_from_text(const struct chain_conf *chain, struct tp_assets *a, struct err *e)
{
        if (!chain)
                return 0;
        conf_each(struct chain_cert, cc, &chain->certs) {
                struct cert *c;

                if (cc->ca ? a->nca == TRUSTPOINT_CAS_MAX : a->id != NULL)
                        continue;
                c = cert_from_der(cc->der, cc->der_len, e);
                if (!c && e->code == ERR_NOMEM)
                        return -1;
                if (c && cc->ca)
                        a->ca[a->nca++] = c;
                else if (c)
                        a->id = c;
        }
        return 0;
}

static int assets_of(const struct pki_conf *conf, struct keystore *store, const char *tp, struct tp_assets *a,
                     struct err *e)
{
        struct err why = { 0 };

        keystore_tp_get(store, tp, a);
        if (a->id || a->nca || assets_from_text(conf_list_find(&conf->chains, tp), a, &why) == 0)
                return 0;
        tp_assets_put(a);
        return err_nomem(e, "compiling trustpoints");
}

static struct cert *issuer_of(const struct cert *c, const struct tp_assets *a)
{
        for (unsigned i = 0; i < a->nca; i++)
                if (!cert_is_self_signed(a->ca[i]) && x509_signed_by(cert_x509(c), cert_x509(a->ca[i])))
                        return a->ca[i];
        return NULL;
}

/* From the identity's issuer upwards; roots are left out because the peer must know them anyway. */
static void fill_chain(struct identity_rt *id, const struct tp_assets *a)
{
        struct cert *up = issuer_of(id->cert, a);

        while (up && id->nchain < TRUSTPOINT_CAS_MAX) { /* the cap also ends two CAs that signed each other */
                id->chain[id->nchain++] = cert_get(up);
                up = issuer_of(up, a);
        }
}

static void fill_identity(struct identity_rt *id, const struct trustpoint_conf *tp, const struct tp_assets *a,
                          struct keystore *store)
{
        struct keypair *key = keystore_key_get(store, pki_keypair_label(tp));

        if (!key || !a->id || !cert_matches_key(a->id, key)) { /* not enrolled, or a key replaced since */
                keypair_put(key);
                return;
        }
        id->cert = cert_get(a->id);
        id->key = key;
        fill_chain(id, a);
}

static void add_anchors(struct trust_anchor *anchor, unsigned *n, const struct trustpoint_conf *tp,
                        const struct tp_assets *a)
{
        for (unsigned i = 0; i < a->nca; i++) {
                struct trust_anchor *to = &anchor[(*n)++];

                str_copy(to->trustpoint, sizeof to->trustpoint, tp->o.name);
                to->accept_expired_phone = tp->accept_expired_phone;
                to->cert = cert_get(a->ca[i]);
        }
}

/* What a name may mean is decided by who uses it: `client ldc key-pair` names a pair of no trustpoint. */
static int fill_keys(struct pki_rt *rt, struct arena *arena, struct keystore *store, struct err *e)
{
        char label[KEYPAIR_NAME_MAX + 1];
        unsigned n = 0;

        while (keystore_key_name(store, n, label))
                n++;
        rt->keys = arena_array(arena, n, sizeof *rt->keys);
        if (!rt->keys)
                return err_nomem(e, "compiling key pairs");
        for (unsigned i = 0; i < n && keystore_key_name(store, i, label); i++) {
                struct keypair *key = keystore_key_get(store, label);

                if (!key) /* gone since: the next compile sees that */
                        continue;
                str_copy(rt->keys[rt->nkeys].label, sizeof rt->keys[0].label, label);
                rt->keys[rt->nkeys++].key = key;
        }
        return 0;
}

static int by_name(const void *a, const void *b)
{
        const struct identity_rt *x = a, *y = b;

        return strcmp(x->trustpoint, y->trustpoint);
}

/* ---- ctl-files ---- */

/* Identities and trust that a ctl-file made; a trustpoint of that name in the configuration comes first. */
static void fill_made(struct pki_rt *rt, struct trust_anchor *anchor, unsigned *nanchors, const struct pki_conf *conf,
                      struct keystore *store, const char *name)
{
        struct trustpoint_conf tp = { .o.name = (char *)(uintptr_t)name };
        struct tp_assets a;

        if (conf_list_find(&conf->trustpoints, name))
                return;
        str_copy(tp.keypair, sizeof tp.keypair, name);
        keystore_tp_get(store, name, &a);
        if (a.id || a.nca) {
                str_copy(rt->id[rt->n].trustpoint, sizeof rt->id[0].trustpoint, name);
                fill_identity(&rt->id[rt->n++], &tp, &a, store);
                add_anchors(anchor, nanchors, &tp, &a);
        }
        tp_assets_put(&a);
}

#define MADE_MAX (1u + CTL_SAST_MAX + CTL_CLUSTER_MAX) /* by one ctl-file */

static void fill_all_made(struct pki_rt *rt, struct trust_anchor *anchor, unsigned *nanchors,
                          const struct pki_conf *conf, struct keystore *store, const struct ctl_file_conf *c)
{
        char name[TRUSTPOINT_NAME_MAX + 1];

        ctl_asset_name(CTL_ASSET_PP, c->o.name, 0, name);
        fill_made(rt, anchor, nanchors, conf, store, name);
        for (unsigned i = 0; i < CTL_SAST_MAX; i++) {
                ctl_asset_name(CTL_ASSET_SAST, c->o.name, i, name);
                fill_made(rt, anchor, nanchors, conf, store, name);
        }
        for (unsigned i = 0; *c->cluster_file && i < CTL_CLUSTER_MAX; i++) {
                ctl_asset_name(CTL_ASSET_CLUSTER, c->o.name, i, name);
                fill_made(rt, anchor, nanchors, conf, store, name);
        }
}

/* A file that cannot be read is as good as none: whoever needs it says so. */
static int fill_ctl(struct pki_rt *rt, struct arena *arena, struct keystore *store, const struct ctl_file_conf *c,
                    struct err *e)
{
        struct ctl_rt *to = &rt->ctl[rt->nctl];
        size_t n;
        uint8_t *bytes = keystore_ctl_get(store, c->o.name, &n), *own = n ? arena_alloc(arena, n) : NULL;
        struct err why = { 0 };

        if (bytes && own)
                memcpy(own, bytes, n);
        mem_free(bytes);
        if (!n)
                return 0;
        to->file = arena_alloc(arena, sizeof *to->file);
        if (!bytes || !own || !to->file)
                return err_nomem(e, "compiling CTL files");
        if (ctl_parse(own, n, to->file, &why) < 0)
                return why.code == ERR_NOMEM ? err_nomem(e, "compiling CTL files") : 0;
        str_copy(to->name, sizeof to->name, c->o.name);
        to->bytes = own;
        to->n = n;
        rt->nctl++;
        return 0;
}

static int fill_ctls(struct pki_rt *rt, struct arena *arena, const struct pki_conf *conf, struct keystore *store,
                     struct err *e)
{
        rt->ctl = arena_array(arena, conf->ctl_files.n + 1, sizeof *rt->ctl);
        if (!rt->ctl)
                return err_nomem(e, "compiling CTL files");
        conf_each(struct ctl_file_conf, c, &conf->ctl_files)
                if (c->up && fill_ctl(rt, arena, store, c, e) < 0)
                        return -1;
        return 0;
}

static int fill(struct pki_rt *rt, struct trust_anchor *anchor, unsigned *nanchors, const struct pki_conf *conf,
                struct keystore *store, struct err *e)
{
        conf_each(struct trustpoint_conf, tp, &conf->trustpoints) {
                struct identity_rt *id = &rt->id[rt->n];
                struct tp_assets a;

                if (assets_of(conf, store, tp->o.name, &a, e) < 0)
                        return -1;
                str_copy(id->trustpoint, sizeof id->trustpoint, tp->o.name);
                id->ldc_issuer = tp->proxy_ldc_issuer;
                fill_identity(id, tp, &a, store);
                rt->n++;
                add_anchors(anchor, nanchors, tp, &a);
                tp_assets_put(&a);
        }
        conf_each(struct ctl_file_conf, c, &conf->ctl_files)
                fill_all_made(rt, anchor, nanchors, conf, store, c);
        qsort(rt->id, rt->n, sizeof *rt->id, by_name);
        rt->all = trust_set_new(anchor, *nanchors);
        return rt->all ? 0 : err_nomem(e, "compiling trustpoints");
}

int pki_compile(struct snap_part *part, const struct pki_conf *conf, struct keystore *assets, struct err *e)
{
        unsigned n = conf->trustpoints.n + MADE_MAX * conf->ctl_files.n, nanchors = 0;
        struct pki_rt *rt = arena_alloc(part->arena, sizeof *rt);
        struct trust_anchor *anchor;
        int ret;

        if (!rt)
                return err_nomem(e, "compiling trustpoints");
        rt->generation = keystore_generation(assets); /* before reading: a change in between is seen next time */
        part->root = rt;
        part->fini = pki_rt_fini;
        rt->id = arena_array(part->arena, n, sizeof *rt->id);
        anchor = mem_alloc(MEM_PKI, n * TRUSTPOINT_CAS_MAX * sizeof *anchor);
        if (!rt->id || !anchor)
                ret = err_nomem(e, "compiling trustpoints");
        else
                ret = fill(rt, anchor, &nanchors, conf, assets, e) < 0 || fill_keys(rt, part->arena, assets, e) < 0
                              ? -1
                              : fill_ctls(rt, part->arena, conf, assets, e);
        for (unsigned i = 0; i < nanchors; i++)
                cert_put(anchor[i].cert);
        mem_free(anchor);
        return ret;
}

const struct identity_rt *pki_identity(const struct pki_rt *p, const char *trustpoint)
{
        unsigned lo = 0, hi = p->n;

        while (lo < hi) {
                unsigned mid = lo + (hi - lo) / 2;
                int c = strcmp(p->id[mid].trustpoint, trustpoint);

                if (!c)
                        return &p->id[mid];
                if (c < 0)
                        lo = mid + 1;
                else
                        hi = mid;
        }
        return NULL;
}

const struct ctl_rt *pki_ctl(const struct pki_rt *p, const char *name)
{
        for (unsigned i = 0; i < p->nctl; i++)
                if (!strcmp(p->ctl[i].name, name))
                        return &p->ctl[i];
        return NULL;
}

struct keypair *pki_keypair(const struct pki_rt *p, const char *label)
{
        for (unsigned i = 0; i < p->nkeys; i++)
                if (!strcmp(p->keys[i].label, label))
                        return p->keys[i].key;
        return NULL;
}

static bool has_anchor(const struct trust_set *t, const char *trustpoint)
{
        for (unsigned i = 0; i < trust_set_count(t); i++)
                if (!strcmp(trust_set_at(t, i)->trustpoint, trustpoint))
                        return true;
        return false;
}

struct trust_set *pki_trust(const struct pki_rt *p, const struct conf_list *trustpoints, struct err *e)
{
        struct trust_anchor *anchor;
        struct trust_set *t;
        unsigned n = 0;

        if (!trustpoints->n)
                return trust_set_get(p->all);
        conf_each(struct conf_obj, o, trustpoints)
                if (!has_anchor(p->all, o->name)) {
                        err_set(e, ERR_REF, "Trustpoint %s holds no CA certificate", o->name);
                        return NULL;
                }
        anchor = mem_alloc(MEM_PKI, trust_set_count(p->all) * sizeof *anchor);
        for (unsigned i = 0; anchor && i < trust_set_count(p->all); i++)
                if (conf_list_find(trustpoints, trust_set_at(p->all, i)->trustpoint))
                        anchor[n++] = *trust_set_at(p->all, i);
        t = anchor ? trust_set_new(anchor, n) : NULL;
        mem_free(anchor);
        if (!t)
                err_nomem(e, "compiling trustpoints");
        return t;
}
