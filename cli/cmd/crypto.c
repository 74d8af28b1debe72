#include "cli/cmd/crypto.h"

#include <stdio.h>
#include <string.h>

#include "cli/conf/nested.h"
#include "pki/ctl_make.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/net/iface.h"

struct keystore *crypto_keys(struct dialog *d)
{
        const struct err none = { ERR_SUPPORT, "there is no key store here" };
        const struct err aside = { ERR_STATE, "keys and certificates are not made in a configuration session: use "
                                              "configure terminal" };
        struct keystore *k = d->conf->keys                               ? d->conf->keys
                             : d->box && d->conf->store == d->box->store ? d->box->keys
                                                                         : NULL;

        if (d->conf->aside)
                k = NULL;
        if (!k)
                dialog_fail(d, d->conf->aside ? &aside : &none);
        return k;
}

bool crypto_trustpoint(struct dialog *d, struct trustpoint_conf *out)
{
        const char *name = arg_str(d->args, "NAME");
        const struct trustpoint_conf *tp;
        struct err e;

        dialog_lock(d);
        tp = conf_list_find(&d->conf->store->pki.trustpoints, name);
        if (tp)
                *out = *tp;
        dialog_unlock(d);
        if (tp) {
                out->o.name = (char *)(uintptr_t)name; /* the line's own copy outlives the trustpoint */
                return true;
        }
        err_set(&e, ERR_REF, "Trustpoint %s not found", name);
        dialog_fail(d, &e);
        return false;
}

static bool is_made(struct keystore *k, const char *name)
{
        struct tp_assets a;
        bool made;

        keystore_tp_get(k, name, &a);
        made = a.id || a.nca;
        tp_assets_put(&a);
        return made;
}

bool crypto_any_trustpoint(struct dialog *d, struct trustpoint_conf *out)
{
        const char *name = arg_str(d->args, "NAME");
        struct keystore *k = crypto_keys(d);

        if (!k)
                return false;
        if (strncmp(name, CTL_ASSETS, sizeof CTL_ASSETS - 1) != 0 || !is_made(k, name))
                return crypto_trustpoint(d, out);
        *out = (struct trustpoint_conf){ .o.name = (char *)(uintptr_t)name, .enrollment = ENROLL_SELF };
        str_copy(out->keypair, sizeof out->keypair, name);
        return true;
}

/* What `show version` calls the serial number: the hardware address of the first port. */
static void serial_text(const struct iface_bindings *b, char out[16])
{
        str_copy(out, 16, "unknown");
        for (unsigned i = 0; b && b->n && i < 6; i++)
                snprintf(out + 2 * i, 3, "%02X", b->b[0].mac.b[i]);
}

void crypto_names(struct dialog *d, bool serial, struct crypto_names *n)
{
        dialog_lock(d);
        str_copy(n->hostname, sizeof n->hostname, d->conf->store->sys.hostname);
        str_copy(n->domain, sizeof n->domain, d->conf->store->sys.domain);
        dialog_unlock(d);
        serial_text(d->conf->bind, n->serial);
        n->p = (struct enroll_params){ n->hostname, n->domain, serial ? n->serial : NULL };
}

void crypto_changed(struct dialog *d)
{
        d->conf->store->dirty |= DIRTY_PKI | DIRTY_PROXY;
        d->conf->store->edits++;
        d->changed = true;
}

static int add_cert(struct chain_conf *ch, const struct cert *c, bool ca, struct err *e)
{
        struct chain_cert *cc;
        const uint8_t *der;
        size_t n;

        if (!c)
                return 0;
        der = cert_der(c, &n);
        cc = conf_list_add(&ch->certs, "");
        if (cc)
                cc->der = mem_dup(MEM_PKI, der, n);
        if (!cc || !cc->der)
                return err_nomem(e, "a certificate");
        cc->der_len = (uint32_t)n;
        cc->ca = ca;
        cert_serial_text(c, cc->serial, sizeof cc->serial);
        return 0;
}

static int fill_chain(struct chain_conf *ch, const struct tp_assets *a, struct err *e)
{
        while (ch->certs.items.next && !list_empty(&ch->certs.items))
                conf_list_del(&ch->certs, list_entry(ch->certs.items.next, struct conf_obj, link));
        if (add_cert(ch, a->id, false, e) < 0)
                return -1;
        for (unsigned i = 0; i < a->nca; i++)
                if (add_cert(ch, a->ca[i], true, e) < 0)
                        return -1;
        return 0;
}

int crypto_sync_chain(struct store *s, struct keystore *k, const char *trustpoint, struct err *e)
{
        struct chain_conf *ch = conf_list_find(&s->pki.chains, trustpoint);
        struct tp_assets a;
        int ret;

        if (!ch) {
                ch = conf_list_add(&s->pki.chains, trustpoint);
                if (!ch)
                        return err_nomem(e, "a certificate chain");
                chain_conf_init(ch);
        }
        keystore_tp_get(k, trustpoint, &a);
        ret = fill_chain(ch, &a, e);
        tp_assets_put(&a);
        return ret;
}
