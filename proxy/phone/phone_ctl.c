/* The ctl-file of a phone proxy, compiled: the file itself, who signs, and what a phone will trust because of it. */
#include <string.h>

#include "pki/ctl_make.h"
#include "platform/base/str.h"
#include "proxy/phone/phone_compile.h"

static void take_records(struct phone_ctl_rt *c, const struct ctl_file *f, const struct cert *shown)
{
        for (unsigned i = 0; i < f->n; i++) {
                const struct ctl_record *r = &f->rec[i];
                struct ctl_place *at = &c->at[c->n];

                if (r->role == CTL_SAST || !r->cert)
                        continue;
                *at = (struct ctl_place){ .role = r->role,
                                          .addr = r->addr,
                                          .shown = shown && cert_same(r->cert, shown),
                                          .signs = cert_same(r->cert, c->signer.cert) };
                str_copy(at->dns, sizeof at->dns, r->dns);
                c->n++;
        }
}

static int check(const struct ctl_rt *ctl, const struct identity_rt *id, const char *ctl_file, struct err *e)
{
        if (!ctl)
                return err_set(e, ERR_STATE, "ctl-file %s is not up", ctl_file);
        if (!id || !id->cert || !id->key)
                return err_set(e, ERR_REF, "ctl-file %s has lost its key pair %s%s", ctl_file, CTL_IDENTITY,
                               ctl_file);
        return 0;
}

struct phone_ctl_rt *phone_ctl_compile(struct arena *a, const struct pki_rt *pki, const char *ctl_file,
                                       const struct cert *shown, struct err *e)
{
        const struct ctl_rt *ctl = pki_ctl(pki, ctl_file);
        const struct identity_rt *id;
        struct phone_ctl_rt *c;
        char name[TRUSTPOINT_NAME_MAX + 1];
        uint8_t *bytes;

        ctl_asset_name(CTL_ASSET_PP, ctl_file, 0, name);
        id = pki_identity(pki, name);
        if (check(ctl, id, ctl_file, e) < 0)
                return NULL;
        c = arena_alloc(a, sizeof *c);
        bytes = arena_alloc(a, ctl->n);
        if (!c || !bytes) {
                err_nomem(e, "compiling a CTL file");
                return NULL;
        }
        memcpy(bytes, ctl->bytes, ctl->n);
        str_copy(c->name, sizeof c->name, ctl_file);
        c->file = bytes;
        c->file_n = ctl->n;
        c->signer = (struct ctl_signer){ keypair_get(id->key), cert_get(id->cert), CTL_SHA1 };
        take_records(c, ctl->file, shown);
        return c;
}

void phone_ctl_fini(const struct phone_ctl_rt *c)
{
        if (!c)
                return;
        keypair_put(c->signer.key);
        cert_put(c->signer.cert);
}

void phone_server_tp(const struct proxy_conf *conf, const struct tls_proxy_conf *c, char out[TRUSTPOINT_NAME_MAX + 1])
{
        str_copy(out, TRUSTPOINT_NAME_MAX + 1, c->server_tp);
        conf_each(struct phone_proxy_conf, p, &conf->phone_proxies)
                if (!*out && *p->ctl_file && !strcmp(p->tls_proxy, c->o.name))
                        ctl_asset_name(CTL_ASSET_PP, p->ctl_file, 0, out);
}

/* ---- what a phone trusts ---- */

static bool is_cm(uint16_t role)
{
        return role == CTL_CCM || role == CTL_CCM_TFTP;
}

static bool is_tftp(uint16_t role)
{
        return role == CTL_TFTP || role == CTL_CCM_TFTP;
}

bool phone_ctl_trusts_cm(const struct phone_ctl_rt *c, const struct addr *a)
{
        for (unsigned i = 0; i < c->n; i++)
                if (is_cm(c->at[i].role) && c->at[i].shown && addr_eq(&c->at[i].addr, a))
                        return true;
        return false;
}

bool phone_ctl_trusts_tftp(const struct phone_ctl_rt *c, const struct addr *a)
{
        for (unsigned i = 0; i < c->n; i++)
                if (is_tftp(c->at[i].role) && c->at[i].signs && addr_eq(&c->at[i].addr, a))
                        return true;
        return false;
}

bool phone_ctl_has_capf(const struct phone_ctl_rt *c, const struct addr *a)
{
        for (unsigned i = 0; i < c->n; i++)
                if (c->at[i].role == CTL_CAPF && addr_eq(&c->at[i].addr, a))
                        return true;
        return false;
}
