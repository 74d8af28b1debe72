/* crypto ca import and export. */
#include <string.h>

#include "cli/cmd/crypto.h"
#include "cli/conf/nested.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

#define EXPORT_MAX (256u * 1024)

static enum dialog_next finish(struct dialog *d, struct keystore *k, const char *name, const char *words)
{
        struct err e;
        int ret;

        dialog_lock(d);
        ret = crypto_sync_chain(d->conf->store, k, name, &e);
        crypto_changed(d);
        dialog_unlock(d);
        if (ret < 0)
                return dialog_fail(d, &e);
        dialog_say(d, "%s\n", words);
        return DIALOG_DONE;
}

/* ---- certificate ---- */
static enum dialog_next ask_certificate(struct dialog *d)
{
        struct trustpoint_conf tp;
        struct crypto_names names;
        char fqdn[300];

        if (!crypto_keys(d) || !crypto_trustpoint(d, &tp))
                return DIALOG_DONE;
        crypto_names(d, false, &names);
        pki_fqdn(&tp, &names.p, fqdn, sizeof fqdn);
        if (*fqdn)
                dialog_say(d, "%% The fully-qualified domain name in the certificate will be: %s\n\n", fqdn);
        dialog_say(d, "Enter the base 64 encoded certificate.\n" CRYPTO_PASTE "\n");
        return dialog_paste(d);
}

static enum dialog_next certificate_step(struct dialog *d, const char *answer)
{
        struct keystore *k = crypto_keys(d);
        struct trustpoint_conf tp;
        struct err e;

        if (!answer)
                return k ? ask_certificate(d) : DIALOG_DONE;
        if (!k || !crypto_trustpoint(d, &tp))
                return DIALOG_DONE;
        if (pki_import_certificate(k, &tp, answer, strlen(answer), &e) < 0)
                return dialog_fail(d, &e);
        return finish(d, k, tp.o.name, "INFO: Certificate successfully imported");
}

const struct dialog_row dialog_import_certificate = { "crypto ca import certificate", 0, certificate_step, NULL };

/* ---- pkcs12 ---- */
struct work {
        struct keystore *k;
        const char *name, *text, *pass;
        struct err e;
        int ret;
};

static void do_import(void *arg)
{
        struct work *w = arg;

        w->ret = pki_import_pkcs12(w->k, w->name, w->text, strlen(w->text), w->pass, &w->e);
}

/* The trustpoint need not be there before. */
static int make_trustpoint(struct store *s, const char *name, struct err *e)
{
        struct trustpoint_conf *tp = conf_list_find(&s->pki.trustpoints, name);

        if (!tp) {
                tp = conf_list_add(&s->pki.trustpoints, name);
                if (!tp)
                        return err_nomem(e, "a trustpoint");
                trustpoint_conf_init(tp);
        }
        str_copy(tp->keypair, sizeof tp->keypair, name);
        return 0;
}

static enum dialog_next pkcs12_pasted(struct dialog *d, struct keystore *k, const char *text)
{
        struct work w = { .k = k, .name = arg_str(d->args, "NAME"), .text = text, .pass = arg_str(d->args, "PASS") };
        int ret;

        dialog_job(d, do_import, &w);
        if (w.ret < 0)
                return dialog_fail(d, &w.e);
        dialog_lock(d);
        ret = make_trustpoint(d->conf->store, w.name, &w.e);
        dialog_unlock(d);
        return ret < 0 ? dialog_fail(d, &w.e)
                       : finish(d, k, w.name, "INFO: Import PKCS12 operation completed successfully");
}

static enum dialog_next pkcs12_step(struct dialog *d, const char *answer)
{
        struct keystore *k = crypto_keys(d);

        if (!k)
                return DIALOG_DONE;
        if (answer)
                return pkcs12_pasted(d, k, answer);
        dialog_say(d, "Enter the base 64 encoded pkcs12.\n" CRYPTO_PASTE ":\n");
        return dialog_paste(d);
}

const struct dialog_row dialog_import_pkcs12 = { "crypto ca import pkcs12", 0, pkcs12_step, NULL };

/* ---- export ---- */
static enum dialog_next export_certificate_step(struct dialog *d, const char *answer)
{
        const struct err none = { ERR_REF, "the trustpoint holds no identity certificate" };
        struct keystore *k = crypto_keys(d);
        struct trustpoint_conf tp;
        struct tp_assets a;
        char pem[32768];
        struct wbuf w = wbuf_of(pem, sizeof pem);

        (void)answer;
        if (!k || !crypto_any_trustpoint(d, &tp))
                return DIALOG_DONE;
        keystore_tp_get(k, tp.o.name, &a);
        if (a.id)
                cert_pem(a.id, &w);
        tp_assets_put(&a);
        if (!w.len)
                return dialog_fail(d, &none);
        dialog_say(d, "The PEM encoded identity certificate follows:\n%s", wbuf_text(&w));
        return DIALOG_DONE;
}

const struct dialog_row dialog_export_certificate = { "crypto ca export identity-certificate", 0,
                                                      export_certificate_step, NULL };

static enum dialog_next export_pkcs12_step(struct dialog *d, const char *answer)
{
        struct keystore *k = crypto_keys(d);
        struct trustpoint_conf tp;
        struct wbuf w;
        struct err e;
        char *buf;

        (void)answer;
        if (!k || !crypto_any_trustpoint(d, &tp))
                return DIALOG_DONE;
        buf = mem_alloc(MEM_CLI, EXPORT_MAX);
        if (!buf) {
                err_nomem(&e, "exporting");
                return dialog_fail(d, &e);
        }
        w = wbuf_of(buf, EXPORT_MAX);
        if (pki_export_pkcs12(k, &tp, arg_str(d->args, "PASS"), &w, &e) < 0)
                dialog_fail(d, &e);
        else
                dialog_say(d, "\nExported pkcs12 follows:\n-----BEGIN PKCS12-----\n%s%s-----END PKCS12-----\n",
                           wbuf_text(&w), w.len && buf[w.len - 1] == '\n' ? "" : "\n");
        mem_free_secret(buf);
        return DIALOG_DONE;
}

const struct dialog_row dialog_export_pkcs12 = { "crypto ca export pkcs12", 0, export_pkcs12_step, NULL };
