/* crypto key generate rsa|ecdsa|eddsa, crypto key zeroize rsa|ecdsa|eddsa. */
#include <stdlib.h>
#include <string.h>

#include "cli/cmd/crypto.h"
#include "platform/base/str.h"

/* What differs between the kinds of pairs. */
struct kind {
        const char *word, *article, *name, *label; /* label: of the pair that has none in the line */
        unsigned bits;                             /* where the line says none */
        struct keypair *(*make)(unsigned bits, time_t now, const struct rng *rng, struct err *e);
};

static struct keypair *make_ed25519(unsigned bits UNUSED, time_t now, const struct rng *rng, struct err *e)
{
        return keypair_generate_ed25519(now, rng, e);
}

static const struct kind kinds[KEYPAIR_KINDS] = {
        [KEYPAIR_RSA] = { "rsa", "a", "RSA", DEFAULT_RSA_KEY, 2048, keypair_generate },
        [KEYPAIR_EC] = { "ecdsa", "an", "ECDSA", DEFAULT_ECDSA_KEY, 384, keypair_generate_ec },
        [KEYPAIR_ED25519] = { "eddsa", "an", "EdDSA", DEFAULT_EDDSA_KEY, 256, make_ed25519 },
};

static const struct kind *kind_of(const struct keypair *kp)
{
        return &kinds[keypair_kind(kp)];
}

static const char *label_of(const struct dialog *d, const struct kind *t)
{
        const char *l = arg_str(d->args, "LABEL");

        return l ? l : t->label;
}

static unsigned bits_of(const struct dialog *d, const struct kind *t)
{
        static const char *const sizes[] = { "512", "768", "1024", "2048", "3072", "4096", "256", "384", "521" };

        for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
                if (arg_has(d->args, sizes[i]))
                        return (unsigned)strtoul(sizes[i], NULL, 10);
        return t->bits;
}

struct generating {
        struct keystore *k;
        const struct kind *kind;
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
        kp = g->kind->make(g->bits, clock_wall_s(keystore_clock(g->k)), keystore_rng(g->k), &g->e);
        if (kp)
                g->ret = keystore_key_put(g->k, g->label, kp, &g->e);
        keypair_put(kp);
}

static enum dialog_next make_key(struct dialog *d, struct keystore *k, const struct kind *t)
{
        struct generating g = { .k = k, .kind = t, .label = label_of(d, t), .bits = bits_of(d, t) };

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
static enum dialog_next generate_step(struct dialog *d, const char *answer, const struct kind *t)
{
        struct keystore *k = crypto_keys(d);
        const struct kind *there;
        struct keypair *old;

        if (!k)
                return DIALOG_DONE;
        if (answer)
                return strcmp(answer, "yes") ? DIALOG_DONE : make_key(d, k, t);
        old = keystore_key_get(k, label_of(d, t));
        there = old ? kind_of(old) : NULL;
        keypair_put(old);
        if (!there || (arg_has(d->args, "noconfirm") && !d->conf->late))
                return make_key(d, k, t);
        dialog_say(d, "WARNING: You have %s %s keypair already defined named %s.\n\n", there->article, there->name,
                   label_of(d, t));
        return dialog_ask(d, DIALOG_YESNO, "no", "Do you really want to replace them? [yes/no]: ");
}

static enum dialog_next rsa_generate(struct dialog *d, const char *answer)
{
        return generate_step(d, answer, &kinds[KEYPAIR_RSA]);
}

static enum dialog_next ecdsa_generate(struct dialog *d, const char *answer)
{
        return generate_step(d, answer, &kinds[KEYPAIR_EC]);
}

static enum dialog_next eddsa_generate(struct dialog *d, const char *answer)
{
        return generate_step(d, answer, &kinds[KEYPAIR_ED25519]);
}

const struct dialog_row dialog_key_generate = { "crypto key generate rsa", 0, rsa_generate, NULL };
const struct dialog_row dialog_ecdsa_generate = { "crypto key generate ecdsa", 0, ecdsa_generate, NULL };
const struct dialog_row dialog_eddsa_generate = { "crypto key generate eddsa", 0, eddsa_generate, NULL };

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

/* All pairs of a kind; the other kind's stay. */
static int remove_all(struct keystore *k, const struct kind *t, struct err *e)
{
        char name[129];

        for (unsigned i = 0; keystore_key_name(k, i, name);) {
                struct keypair *kp = keystore_key_get(k, name);
                bool other = !kp || kind_of(kp) != t;

                keypair_put(kp);
                if (other)
                        i++;
                else if (keystore_key_del(k, name, e) < 0)
                        return -1;
        }
        return 0;
}

static enum dialog_next zeroize(struct dialog *d, struct keystore *k, const char *label, const struct kind *t)
{
        struct err e;

        if ((label ? keystore_key_del(k, label, &e) : remove_all(k, t, &e)) < 0)
                return dialog_fail(d, &e);
        dialog_lock(d);
        drop_lost_identities(d->conf->store, k);
        crypto_changed(d);
        dialog_unlock(d);
        return DIALOG_DONE;
}

/* Nothing is asked about a key that is not there, or not of this kind. */
static int is_there(struct keystore *k, const char *label, const struct kind *t, struct err *e)
{
        struct keypair *kp = keystore_key_get(k, label);
        const struct kind *it = kp ? kind_of(kp) : NULL;

        keypair_put(kp);
        if (!it)
                return err_set(e, ERR_REF, "there is no key pair named %s", label);
        if (it == t)
                return 0;
        return err_set(e, ERR_REF, "the key pair named %s is %s: use \"crypto key zeroize %s\"", label, it->name,
                       it->word);
}

static enum dialog_next zeroize_step(struct dialog *d, const char *answer, const struct kind *t)
{
        struct keystore *k = crypto_keys(d);
        const char *label = arg_has(d->args, "default") ? t->label : arg_str(d->args, "LABEL");
        struct err e;

        if (!k)
                return DIALOG_DONE;
        if (label && is_there(k, label, t, &e) < 0)
                return dialog_fail(d, &e);
        if (answer ? !strcmp(answer, "yes") : arg_has(d->args, "noconfirm"))
                return zeroize(d, k, label, t);
        if (answer)
                return DIALOG_DONE;
        if (label)
                dialog_say(d, "WARNING: Keys to be removed are named %s.\n", label);
        else
                dialog_say(d, "WARNING: All %s keys will be removed.\n", t->name);
        dialog_say(d, "WARNING: All device digital certificates issued using these keys will also be removed.\n\n");
        return dialog_ask(d, DIALOG_YESNO, "yes", "Do you really want to remove these keys? [yes/no]: ");
}

static enum dialog_next rsa_zeroize(struct dialog *d, const char *answer)
{
        return zeroize_step(d, answer, &kinds[KEYPAIR_RSA]);
}

static enum dialog_next ecdsa_zeroize(struct dialog *d, const char *answer)
{
        return zeroize_step(d, answer, &kinds[KEYPAIR_EC]);
}

static enum dialog_next eddsa_zeroize(struct dialog *d, const char *answer)
{
        return zeroize_step(d, answer, &kinds[KEYPAIR_ED25519]);
}

const struct dialog_row dialog_key_zeroize = { "crypto key zeroize rsa", 0, rsa_zeroize, NULL };
const struct dialog_row dialog_ecdsa_zeroize = { "crypto key zeroize ecdsa", 0, ecdsa_zeroize, NULL };
const struct dialog_row dialog_eddsa_zeroize = { "crypto key zeroize eddsa", 0, eddsa_zeroize, NULL };
