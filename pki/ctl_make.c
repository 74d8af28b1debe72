#include "pki/ctl_make.h"

#include <stdio.h>
#include <string.h>

#include "pki/enroll.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

#define KEY_BITS 2048u

void ctl_file_conf_init(struct ctl_file_conf *c)
{
        conf_list_init(&c->entries, sizeof(struct ctl_entry_conf), NULL);
        c->sast = CTL_SAST_DEFAULT;
}

void ctl_file_conf_fini(struct conf_obj *o)
{
        conf_list_fini(&((struct ctl_file_conf *)(void *)o)->entries);
}

void ctl_asset_name(enum ctl_asset what, const char *ctl_file, unsigned i, char out[TRUSTPOINT_NAME_MAX + 1])
{
        if (what == CTL_ASSET_PP)
                snprintf(out, TRUSTPOINT_NAME_MAX + 1, "_internal_PP_%.64s", ctl_file);
        else if (what == CTL_ASSET_SAST)
                snprintf(out, TRUSTPOINT_NAME_MAX + 1, "_internal_%.64s_SAST_%u", ctl_file, i);
        else
                snprintf(out, TRUSTPOINT_NAME_MAX + 1, "_internal_%.64s_CTL_%u", ctl_file, i);
}

bool ctl_asset_at(const struct ctl_file_conf *c, unsigned idx, char out[TRUSTPOINT_NAME_MAX + 1])
{
        unsigned cluster = *c->cluster_file ? CTL_CLUSTER_MAX : 0;

        if (idx == 0)
                ctl_asset_name(CTL_ASSET_PP, c->o.name, 0, out);
        else if (idx <= c->sast)
                ctl_asset_name(CTL_ASSET_SAST, c->o.name, idx - 1, out);
        else if (idx <= c->sast + cluster)
                ctl_asset_name(CTL_ASSET_CLUSTER, c->o.name, idx - 1 - c->sast, out);
        else
                return false;
        return true;
}

enum ctl_role ctl_role_of(enum ctl_entry_role r)
{
        static const enum ctl_role role[] = { [CTL_ENTRY_CUCM] = CTL_CCM,
                                              [CTL_ENTRY_CUCM_TFTP] = CTL_CCM_TFTP,
                                              [CTL_ENTRY_TFTP] = CTL_TFTP,
                                              [CTL_ENTRY_CAPF] = CTL_CAPF };

        return role[r];
}

/* ---- the list of records; certificates are references ---- */

struct plan {
        struct keystore *k;
        const struct ctl_file_conf *c;
        const struct pki_conf *pki;
        struct ctl_file *cluster; /* n 0: none */
        struct cert *pp, *sast;
        struct keypair *sast_key;
        unsigned n;
        struct ctl_record rec[CTL_RECORDS_MAX];
};

static int add(struct plan *p, uint16_t role, struct cert *cert, const char *dns, const struct addr *a, struct err *e)
{
        struct ctl_record *r = &p->rec[p->n];

        for (unsigned i = 0; a && i < p->n; i++)
                if (p->rec[i].role == role && addr_eq(&p->rec[i].addr, a) && cert_same(p->rec[i].cert, cert))
                        return 0;
        if (p->n == CTL_RECORDS_MAX)
                return err_set(e, ERR_LIMIT, "ctl-file %s needs more than %u records", p->c->o.name, CTL_RECORDS_MAX);
        *r = (struct ctl_record){ .role = role, .cert = cert_get(cert) };
        str_copy(r->dns, sizeof r->dns, dns);
        if (a)
                r->addr = *a;
        p->n++;
        return 0;
}

/* The identity made for a trustpoint's name, or none. A reference. */
static struct cert *identity(struct keystore *k, const char *name, struct keypair **key)
{
        struct tp_assets a;
        struct cert *c = NULL;

        *key = keystore_key_get(k, name);
        keystore_tp_get(k, name, &a);
        if (*key && a.id && cert_matches_key(a.id, *key))
                c = cert_get(a.id);
        tp_assets_put(&a);
        return c;
}

/* Takes the identity that is there, else makes it. */
static struct cert *ensure_identity(struct keystore *k, const char *name, struct keypair **key, struct err *e)
{
        struct trustpoint_conf tp = { .o.name = (char *)(uintptr_t)name, .enrollment = ENROLL_SELF, .fqdn = "none" };
        const struct enroll_params none = { 0 };
        struct cert *c = identity(k, name, key);

        if (c)
                return c;
        keypair_put(*key);
        *key = NULL;
        str_copy(tp.keypair, sizeof tp.keypair, name);
        snprintf(tp.subject, sizeof tp.subject, "cn=%s", name);
        if (pki_enroll_self(k, &tp, &none, e) == 0)
                c = identity(k, name, key);
        return c;
}

static int add_sasts(struct plan *p, struct err *e)
{
        for (unsigned i = 0; i < p->c->sast; i++) {
                char name[TRUSTPOINT_NAME_MAX + 1];
                struct keypair *key = NULL;
                struct cert *c;
                int ret;

                ctl_asset_name(CTL_ASSET_SAST, p->c->o.name, i, name);
                c = ensure_identity(p->k, name, &key, e);
                ret = c ? add(p, CTL_SAST, c, "", NULL, e) : -1;
                if (i == 0) {
                        p->sast = c;
                        p->sast_key = key;
                } else {
                        cert_put(c);
                        keypair_put(key);
                }
                if (ret < 0)
                        return -1;
        }
        return 0;
}

/* Phones find the certificate of the server there and ours, whichever is shown to them. */
static int add_pair(struct plan *p, uint16_t role, struct cert *c, const char *dns, const struct addr *a,
                    struct err *e)
{
        if (add(p, role, c, dns, a, e) < 0)
                return -1;
        return role == CTL_CAPF ? 0 : add(p, role, p->pp, dns, a, e);
}

/* FQDN of the trustpoint, else the common name with the record's domain behind it. */
static void dns_name(const struct plan *p, const struct ctl_entry_conf *en, const struct cert *c,
                     char out[CTL_NAME_MAX + 1])
{
        const struct trustpoint_conf *tp = conf_list_find(&p->pki->trustpoints, en->trustpoint);
        struct wbuf w = wbuf_of(out, CTL_NAME_MAX + 1);
        char attr[CTL_NAME_MAX + 1];

        *out = 0;
        if (tp && *tp->fqdn && strcmp(tp->fqdn, "none") != 0) {
                str_copy(out, CTL_NAME_MAX + 1, tp->fqdn);
                return;
        }
        for (unsigned i = 0; *en->domain && cert_subject_attr(c, i, attr, sizeof attr); i++)
                if (!strncmp(attr, "cn=", 3)) {
                        wbuf_printf(&w, "%s.%s", attr + 3, en->domain); /* none where it is too long */
                        wbuf_text(&w);
                        return;
                }
}

static int add_entry(struct plan *p, const struct ctl_entry_conf *en, struct err *e)
{
        char dns[CTL_NAME_MAX + 1];
        struct tp_assets a;
        struct cert *c;
        int ret;

        keystore_tp_get(p->k, en->trustpoint, &a);
        c = a.id ? a.id : a.nca ? a.ca[0] : NULL;
        if (c) {
                dns_name(p, en, c, dns);
                ret = add_pair(p, (uint16_t)ctl_role_of(en->role), c, dns, &en->addr, e);
        } else {
                ret = err_set(e, ERR_REF, "Trustpoint %s has not been enrolled", en->trustpoint);
        }
        tp_assets_put(&a);
        return ret;
}

static bool is_taken_over(const struct ctl_record *r)
{
        return r->cert && addr_is_v4(&r->addr) &&
               (r->role == CTL_CCM || r->role == CTL_CCM_TFTP || r->role == CTL_TFTP || r->role == CTL_CAPF);
}

static int add_cluster(struct plan *p, struct err *e)
{
        for (unsigned i = 0; i < p->cluster->n; i++) {
                const struct ctl_record *r = &p->cluster->rec[i];

                if (is_taken_over(r) && add_pair(p, r->role, r->cert, r->dns, &r->addr, e) < 0)
                        return -1;
        }
        return 0;
}

static int fill(struct plan *p, struct err *e)
{
        char name[TRUSTPOINT_NAME_MAX + 1];
        struct keypair *key = NULL;

        ctl_asset_name(CTL_ASSET_PP, p->c->o.name, 0, name);
        p->pp = ensure_identity(p->k, name, &key, e);
        keypair_put(key);
        if (!p->pp || add_sasts(p, e) < 0)
                return -1;
        conf_each(struct ctl_entry_conf, en, &p->c->entries)
                if (add_entry(p, en, e) < 0)
                        return -1;
        return add_cluster(p, e);
}

/* ---- the file ---- */

static bool same_records(const struct ctl_file *f, const struct plan *p)
{
        bool same = f->n == p->n;

        for (unsigned i = 0; same && i < p->n; i++) {
                const struct ctl_record *a = &f->rec[i], *b = &p->rec[i];

                same = a->role == b->role && a->cert && cert_same(a->cert, b->cert) && !strcmp(a->dns, b->dns) &&
                       addr_eq(&a->addr, &b->addr);
        }
        return same;
}

/* Phones keep what they have as long as nothing changes. */
static bool is_current(const struct plan *p)
{
        struct ctl_file *f = mem_alloc(MEM_PKI, sizeof *f);
        size_t n;
        uint8_t *bytes = keystore_ctl_get(p->k, p->c->o.name, &n);
        bool same = f && bytes && ctl_parse(bytes, n, f, NULL) == 0;

        if (same) {
                same = same_records(f, p);
                ctl_file_fini(f);
        }
        mem_free(bytes);
        mem_free(f);
        return same;
}

static int write_file(const struct plan *p, struct err *e)
{
        const struct ctl_signer s = { .key = p->sast_key, .cert = p->sast, .digest = CTL_SHA1 };
        uint8_t *bytes;
        size_t n;
        int ret;

        if (is_current(p))
                return 0;
        if (ctl_write(&s, clock_wall_s(keystore_clock(p->k)), p->rec, p->n, &bytes, &n, e) < 0)
                return -1;
        ret = keystore_ctl_put(p->k, p->c->o.name, bytes, n, e);
        mem_free(bytes);
        return ret;
}

/* The certificates of the cluster's file vouch for peers from now on. */
static int install_cluster(const struct plan *p, struct err *e)
{
        unsigned at = 0;

        for (unsigned i = 0; i < p->cluster->n; i++) {
                char name[TRUSTPOINT_NAME_MAX + 1];
                struct cert *c = p->cluster->rec[i].cert;
                struct tp_assets a;
                bool there;

                if (!is_taken_over(&p->cluster->rec[i]))
                        continue;
                if (at == CTL_CLUSTER_MAX)
                        return err_set(e, ERR_LIMIT, "the CTL file of the cluster has more than %u servers",
                                       CTL_CLUSTER_MAX);
                ctl_asset_name(CTL_ASSET_CLUSTER, p->c->o.name, at++, name);
                keystore_tp_get(p->k, name, &a);
                there = a.nca == 1 && cert_same(a.ca[0], c);
                tp_assets_put(&a);
                if (!there && keystore_tp_put(p->k, name, NULL, &c, 1, e) < 0)
                        return -1;
        }
        for (; at < CTL_CLUSTER_MAX; at++) {
                char name[TRUSTPOINT_NAME_MAX + 1];

                ctl_asset_name(CTL_ASSET_CLUSTER, p->c->o.name, at, name);
                keystore_tp_del(p->k, name, NULL); /* most often there is none */
        }
        return 0;
}

/* A check and a replay take what is there. */
static int look(const struct plan *p, struct err *e)
{
        conf_each(struct ctl_entry_conf, en, &p->c->entries) {
                struct tp_assets a;
                bool enrolled;

                keystore_tp_get(p->k, en->trustpoint, &a);
                enrolled = a.id || a.nca;
                tp_assets_put(&a);
                if (!enrolled)
                        return err_set(e, ERR_REF, "Trustpoint %s has not been enrolled", en->trustpoint);
        }
        return 0;
}

static int make(struct plan *p, struct err *e)
{
        if (!p->c->entries.n && !p->cluster->n && !(*p->c->cluster_file && keystore_is_dry(p->k)))
                return err_set(e, ERR_STATE, "ctl-file %s has no record-entry", p->c->o.name);
        if (keystore_is_dry(p->k))
                return look(p, e);
        return fill(p, e) < 0 || install_cluster(p, e) < 0 ? -1 : write_file(p, e);
}

int ctl_ensure(struct keystore *k, const struct ctl_file_conf *c, const struct pki_conf *pki, const uint8_t *cluster,
               size_t cluster_n, struct err *e)
{
        struct plan *p = mem_alloc(MEM_PKI, sizeof *p);
        struct ctl_file *f = mem_alloc(MEM_PKI, sizeof *f);
        int ret = -1;

        if (!p || !f) {
                err_nomem(e, "making a CTL file");
        } else if (!cluster || ctl_parse(cluster, cluster_n, f, e) == 0) {
                *p = (struct plan){ .k = k, .c = c, .pki = pki, .cluster = f };
                ret = make(p, e);
                for (unsigned i = 0; i < p->n; i++)
                        cert_put(p->rec[i].cert);
                cert_put(p->pp);
                cert_put(p->sast);
                keypair_put(p->sast_key);
                ctl_file_fini(f);
        }
        mem_free(p);
        mem_free(f);
        return ret;
}

void ctl_withdraw(struct keystore *k, const char *ctl_file)
{
        char name[TRUSTPOINT_NAME_MAX + 1];

        for (unsigned i = 0; i < CTL_CLUSTER_MAX; i++) {
                ctl_asset_name(CTL_ASSET_CLUSTER, ctl_file, i, name);
                keystore_tp_del(k, name, NULL);
        }
        keystore_ctl_put(k, ctl_file, NULL, 0, NULL);
}
