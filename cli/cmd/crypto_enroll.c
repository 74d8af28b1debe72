/* crypto ca enroll: a certificate of our own, or the request for one. */
#include <string.h>

#include "cli/cmd/crypto.h"
#include "platform/base/mem.h"

#define CSR_MAX 16384

struct state {
        struct trustpoint_conf tp;
        bool serial;
};

enum { AT_START, AT_REPLACE, AT_SERIAL, AT_GO };

struct work {
        struct keystore *k;
        const struct trustpoint_conf *tp;
        const struct enroll_params *p;
        char csr[CSR_MAX];
        struct err e;
        int ret;
};

static void do_enroll(void *arg)
{
        struct work *w = arg;
        struct wbuf out = wbuf_of(w->csr, sizeof w->csr);

        if (w->tp->enrollment == ENROLL_SELF)
                w->ret = pki_enroll_self(w->k, w->tp, w->p, &w->e);
        else
                w->ret = pki_enroll_csr(w->k, w->tp, w->p, &out, &w->e);
        wbuf_text(&out);
}

static enum dialog_next finish(struct dialog *d, struct work *w)
{
        struct state *s = d->state;
        int ret = 0;

        if (w->ret < 0)
                return dialog_fail(d, &w->e);
        dialog_lock(d);
        if (s->tp.enrollment == ENROLL_SELF)
                ret = crypto_sync_chain(d->conf->store, w->k, s->tp.o.name, &w->e);
        crypto_changed(d);
        dialog_unlock(d);
        if (ret < 0)
                return dialog_fail(d, &w->e);
        if (s->tp.enrollment == ENROLL_TERMINAL)
                dialog_say(d, "Certificate Request follows:\n%s", w->csr);
        return DIALOG_DONE;
}

static enum dialog_next enroll(struct dialog *d)
{
        struct state *s = d->state;
        struct keystore *k = crypto_keys(d);
        const struct err nomem = { ERR_NOMEM, "out of memory while enrolling" };
        struct crypto_names names;
        struct work *w;
        enum dialog_next next;

        if (!k || !crypto_trustpoint(d, &s->tp))
                return DIALOG_DONE;
        w = mem_alloc(MEM_CLI, sizeof *w);
        if (!w)
                return dialog_fail(d, &nomem);
        crypto_names(d, s->serial || s->tp.serial_number, &names);
        w->k = k;
        w->tp = &s->tp;
        w->p = &names.p;
        dialog_job(d, do_enroll, w);
        next = finish(d, w);
        mem_free(w);
        return next;
}

/* A name that is mistyped in `keypair` would become a certificate for a key that nobody meant. */
static void say_key(struct dialog *d)
{
        const struct state *s = d->state;
        struct keystore *k = crypto_keys(d);
        struct keypair *kp = k && *s->tp.keypair ? keystore_key_get(k, s->tp.keypair) : NULL;

        if (k && *s->tp.keypair && !kp)
                dialog_say(d, "WARNING: There is no key pair named %s: it will be generated\n\n", s->tp.keypair);
        keypair_put(kp);
}

static void say_names(struct dialog *d)
{
        struct state *s = d->state;
        struct crypto_names names;
        char fqdn[300];

        crypto_names(d, false, &names);
        if (s->tp.enrollment == ENROLL_TERMINAL)
                dialog_say(d, "%% Start certificate enrollment ..\n");
        say_key(d);
        if (s->tp.enrollment == ENROLL_TERMINAL && *s->tp.subject)
                dialog_say(d, "%% The subject name in the certificate will be: %s\n\n", s->tp.subject);
        pki_fqdn(&s->tp, &names.p, fqdn, sizeof fqdn);
        if (*fqdn)
                dialog_say(d, "%% The fully-qualified domain name in the certificate will be: %s\n\n", fqdn);
}

static enum dialog_next ask_serial(struct dialog *d)
{
        say_names(d);
        if (arg_has(d->args, "noconfirm"))
                return enroll(d);
        d->at = AT_SERIAL;
        return dialog_ask(d, DIALOG_YESNO, "no",
                          "%% Include the device serial number in the subject name? [yes/no]: ");
}

static bool has_identity(struct keystore *k, const char *tp)
{
        struct tp_assets a;
        bool has;

        keystore_tp_get(k, tp, &a);
        has = a.id != NULL;
        tp_assets_put(&a);
        return has;
}

/* A load takes the certificate that is there: with a new one every peer that trusts the old one would be lost. */
static enum dialog_next begin(struct dialog *d)
{
        struct state *s = d->state;
        struct keystore *k = crypto_keys(d);
        const struct err how = { ERR_STATE,
                                 "the trustpoint has neither `enrollment self` nor `enrollment terminal`" };

        if (!k || !crypto_trustpoint(d, &s->tp))
                return DIALOG_DONE;
        if (s->tp.enrollment != ENROLL_SELF && s->tp.enrollment != ENROLL_TERMINAL)
                return dialog_fail(d, &how);
        if (!has_identity(k, s->tp.o.name) || (arg_has(d->args, "noconfirm") && !d->conf->late))
                return ask_serial(d);
        dialog_say(d,
                   "WARNING: Trustpoint %s has already enrolled and has\na device cert issued to it.\n"
                   "If you successfully re-enroll this trustpoint,\nthe current certificate will be replaced.\n\n",
                   s->tp.o.name);
        d->at = AT_REPLACE;
        return dialog_ask(d, DIALOG_YESNO, "no", "Do you want to continue with re-enrollment? [yes/no]: ");
}

static enum dialog_next step(struct dialog *d, const char *answer)
{
        struct state *s = d->state;
        bool yes = answer && !strcmp(answer, "yes");

        switch (d->at) {
        case AT_START:
                return begin(d);
        case AT_REPLACE:
                return yes ? ask_serial(d) : DIALOG_DONE;
        case AT_SERIAL:
                s->serial = yes;
                d->at = AT_GO;
                return dialog_ask(d, DIALOG_YESNO, "yes",
                                  s->tp.enrollment == ENROLL_SELF
                                          ? "\nGenerate Self-Signed Certificate? [yes/no]: "
                                          : "\nDisplay Certificate Request to terminal? [yes/no]: ");
        default:
                break;
        }
        return yes ? enroll(d) : DIALOG_DONE;
}

const struct dialog_row dialog_enroll = { "crypto ca enroll", sizeof(struct state), step, NULL };
