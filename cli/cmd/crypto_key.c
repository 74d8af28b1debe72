/* crypto key generate rsa, crypto key zeroize rsa. */
#include <stdlib.h>
#include <string.h>

#include "cli/cmd/crypto.h"
#include "platform/base/str.h"

static const char *label_of(const struct dialog *d)
{
        const char *l = arg_str(d->args, "LABEL");

        return l ? l : DEFAULT_RSA_KEY;
}

static unsigned bits_of(const struct dialog *d)
{
        static const char *const sizes[] = { "512", "768", "1024", "2048", "3072", "4096" };

        for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
                if (arg_has(d->args, sizes[i]))
                        return (unsigned)strtoul(sizes[i], NULL, 10);
        return 2048;
}

struct generating {
        struct keystore *k;
        const char *label;
        unsigned bits;
        struct err e;
        int ret;
};

static void generate(void *arg)
{
        struct generating *g = arg;
        struct keypair *kp;

        g->ret = -1;
        kp = keypair_generate(g->bits, clock_wall_s(keystore_clock(g->k)), keystore_rng(g->k), &g->e);
        if (kp)
                g->ret = keystore_key_put(g->k, g->label, kp, &g->e);
        keypair_put(kp);
}

static enum dialog_next make_key(struct dialog *d, struct keystore *k)
{
        struct generating g = { .k = k, .label = label_of(d), .bits = bits_of(d) };

        dialog_say(d, "INFO: The name for the keys will be: %s\nKeypair generation process begin. Please wait...\n",
                   g.label);
        dialog_job(d, generate, &g);
        if (g.ret < 0)
                return dialog_fail(d, &g.e);
        dialog_lock(d);
        crypto_changed(d);
        dialog_unlock(d);
        return DIALOG_DONE;
}

/* In a load nobody means to replace a key that is there: every reload would void the certificates made for it. */
static enum dialog_next generate_step(struct dialog *d, const char *answer)
{
        struct keystore *k = crypto_keys(d);
        struct keypair *old;

        if (!k)
                return DIALOG_DONE;
        if (answer)
                return strcmp(answer, "yes") ? DIALOG_DONE : make_key(d, k);
        old = keystore_key_get(k, label_of(d));
        keypair_put(old);
        if (!old || (arg_has(d->args, "noconfirm") && !d->conf->late))
                return make_key(d, k);
        dialog_say(d, "WARNING: You have a RSA keypair already defined named %s.\n\n", label_of(d));
        return dialog_ask(d, DIALOG_YESNO, "no", "Do you really want to replace them? [yes/no]: ");
}

const struct dialog_row dialog_key_generate = { "crypto key generate rsa", 0, generate_step, NULL };

/* ---- zeroize ---- */

/* The store has removed the certificates that were made for a key: the configuration's text follows. */
static void drop_lost_identities(struct store *s, struct keystore *k)
{
        conf_each(struct chain_conf, ch, &s->pki.chains) {
                struct conf_obj *lost = NULL;
                struct tp_assets a;

                conf_each(struct chain_cert, cc, &ch->certs)
                        if (!cc->ca)
                                lost = &cc->o;
                keystore_tp_get(k, ch->o.name, &a);
                if (lost && !a.id)
                        conf_list_del(&ch->certs, lost);
                tp_assets_put(&a);
        }
}

static enum dialog_next zeroize(struct dialog *d, struct keystore *k)
{
        const char *label = arg_str(d->args, "LABEL");
        char name[129];
        struct err e;

        if (arg_has(d->args, "default"))
                label = DEFAULT_RSA_KEY;
        if (label && keystore_key_del(k, label, &e) < 0)
                return dialog_fail(d, &e);
        while (!label && keystore_key_name(k, 0, name))
                if (keystore_key_del(k, name, &e) < 0)
                        return dialog_fail(d, &e);
        dialog_lock(d);
        drop_lost_identities(d->conf->store, k);
        crypto_changed(d);
        dialog_unlock(d);
        return DIALOG_DONE;
}

/* Nothing is asked about a key that is not there. */
static bool is_there(struct keystore *k, const char *label, struct err *e)
{
        struct keypair *kp = keystore_key_get(k, label);

        if (!kp)
                err_set(e, ERR_REF, "there is no key pair named %s", label);
        keypair_put(kp);
        return kp != NULL;
}

static enum dialog_next zeroize_step(struct dialog *d, const char *answer)
{
        struct keystore *k = crypto_keys(d);
        const char *label = arg_has(d->args, "default") ? DEFAULT_RSA_KEY : arg_str(d->args, "LABEL");
        struct err e;

        if (!k)
                return DIALOG_DONE;
        if (!answer && label && !is_there(k, label, &e))
                return dialog_fail(d, &e);
        if (answer ? !strcmp(answer, "yes") : arg_has(d->args, "noconfirm"))
                return zeroize(d, k);
        if (answer)
                return DIALOG_DONE;
        if (label)
                dialog_say(d, "WARNING: Keys to be removed are named %s.\n", label);
        else
                dialog_say(d, "WARNING: All RSA keys will be removed.\n");
        dialog_say(d, "WARNING: All device digital certificates issued using these keys will also be removed.\n\n");
        return dialog_ask(d, DIALOG_YESNO, "yes", "Do you really want to remove these keys? [yes/no]: ");
}

const struct dialog_row dialog_key_zeroize = { "crypto key zeroize rsa", 0, zeroize_step, NULL };
