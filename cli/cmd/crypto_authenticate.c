/* crypto ca authenticate: a pasted CA certificate, shown by its fingerprint, accepted or not. */
#include <ctype.h>
#include <string.h>

#include "cli/cmd/crypto.h"

struct state {
        struct trustpoint_conf tp;
        struct cert *ca;
};

static void fini(void *s)
{
        cert_put(((struct state *)s)->ca);
}

/* "dbc1e67d061ff7f2..." against the groups that are shown; the number of digits tells the digest. */
static bool same_fingerprint(const struct cert *c, const char *typed)
{
        size_t n = strlen(typed), k = 0;
        enum cert_digest d = n == 32 ? CERT_MD5 : n == 40 ? CERT_SHA1 : CERT_SHA256;
        char text[128];

        cert_fingerprint_text(c, d, text, sizeof text);
        for (const char *p = text; *p; p++)
                if (*p != ' ' && (k >= n || tolower((unsigned char)typed[k++]) != *p))
                        return false;
        return k == n;
}

static enum dialog_next accept(struct dialog *d)
{
        struct state *s = d->state;
        struct keystore *k = crypto_keys(d);
        struct err e;
        int ret;

        if (!k || !crypto_trustpoint(d, &s->tp))
                return DIALOG_DONE;
        if (pki_authenticate_accept(k, &s->tp, s->ca, &e) < 0)
                return dialog_fail(d, &e);
        dialog_lock(d);
        ret = crypto_sync_chain(d->conf->store, k, s->tp.o.name, &e);
        crypto_changed(d);
        dialog_unlock(d);
        if (ret < 0)
                return dialog_fail(d, &e);
        dialog_say(d, "\nTrustpoint CA certificate accepted.\n");
        if (!cert_is_self_signed(s->ca))
                dialog_say(d, "\nTrustpoint '%s' is a subordinate CA and holds a non self-signed certificate.\n",
                           s->tp.o.name);
        dialog_say(d, "\n%% Certificate successfully imported\n");
        return DIALOG_DONE;
}

static enum dialog_next refused(struct dialog *d, const char *why)
{
        struct err e;

        err_set(&e, ERR_CRYPTO, "%s", why);
        return dialog_fail(d, &e);
}

/* Who is trusted changes with this certificate: that is said before the question. */
static void warn_replaced(struct dialog *d, const struct state *s)
{
        struct tp_assets have;

        keystore_tp_get(crypto_keys(d), s->tp.o.name, &have);
        if (have.nca && !cert_same(have.ca[0], s->ca))
                dialog_say(d,
                           "WARNING: Trustpoint %s is already authenticated.\nThe certificate above replaces the CA "
                           "certificate it has.\n",
                           s->tp.o.name);
        tp_assets_put(&have);
}

static enum dialog_next pasted(struct dialog *d, const char *text)
{
        const char *fp = arg_str(d->args, "FINGERPRINT");
        struct state *s = d->state;
        char md5[64];
        struct err e;

        s->ca = pki_authenticate_parse(text, strlen(text), &e);
        if (!s->ca)
                return dialog_fail(d, &e);
        cert_fingerprint_text(s->ca, CERT_MD5, md5, sizeof md5);
        dialog_say(d, "\nINFO: Certificate has the following attributes:\nFingerprint:     %s\n", md5);
        if (fp && !same_fingerprint(s->ca, fp))
                return refused(d, "the fingerprint of the certificate is another");
        warn_replaced(d, s);
        if (fp || arg_has(d->args, "nointeractive"))
                return accept(d);
        d->at = 2;
        return dialog_ask(d, DIALOG_YESNO, "yes", "Do you accept this certificate? [yes/no]: ");
}

static enum dialog_next step(struct dialog *d, const char *answer)
{
        struct state *s = d->state;

        switch (d->at) {
        case 0:
                if (!crypto_keys(d) || !crypto_trustpoint(d, &s->tp))
                        return DIALOG_DONE;
                if (s->tp.enrollment != ENROLL_TERMINAL)
                        return refused(d, "the trustpoint has no `enrollment terminal`: there is no other way here");
                d->at = 1;
                dialog_say(d, "Enter the base 64 encoded CA certificate.\n" CRYPTO_PASTE "\n");
                return dialog_paste(d);
        case 1:
                return pasted(d, answer);
        default:
                break;
        }
        if (!strcmp(answer, "yes"))
                return accept(d);
        dialog_say(d, "\n%% Certificate not accepted\n");
        return DIALOG_DONE;
}

const struct dialog_row dialog_authenticate = { "crypto ca authenticate", sizeof(struct state), step, fini };
