/* crypto ca certificate chain: certificates as hexadecimal text, printed and read back. */
#include <ctype.h>
#include <string.h>

#include "cli/cmd/crypto.h"
#include "cli/conf/running.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

/* ---- printing: groups of 8 digits, 8 groups a line ---- */
static void write_hex(struct running *r, const struct cmd_row *row, const struct chain_cert *c)
{
        char line[96];
        size_t n = 0;

        for (uint32_t i = 0; i < c->der_len; i++) {
                if (i % 32 == 0)
                        n = (size_t)snprintf(line, sizeof line, "   ");
                if (i % 4 == 0)
                        line[n++] = ' ';
                n += (size_t)snprintf(line + n, sizeof line - n, "%02x", c->der[i]);
                if (i % 32 == 31 || i + 1 == c->der_len)
                        running_raw(r, row, line);
        }
        running_raw(r, row, "  quit");
}

static void write_certs(struct running *r, const struct cmd_row *row, const void *obj)
{
        conf_each(struct chain_cert, c, &((const struct chain_conf *)obj)->certs) {
                running_line(r, row, c, "certificate %s%s", c->ca ? "ca " : "", c->serial);
                write_hex(r, row, c);
        }
}

/* A chain without certificates is not worth a line. */
static void each_chain(const struct store *s, void *obj, row_each_fn fn, void *ctx)
{
        (void)obj;
        conf_each(struct chain_conf, c, &s->pki.chains)
                if (c->certs.n)
                        fn(ctx, (struct conf_list *)(uintptr_t)&s->pki.chains, &c->o, NULL);
}

/* ---- reading ---- */
static int hex_value(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        c = (char)tolower((unsigned char)c);
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits with blanks between; the block is the caller's. */
static uint8_t *from_hex(const char *s, size_t *n, struct err *e)
{
        uint8_t *der = mem_alloc(MEM_PKI, strlen(s) / 2 + 1);
        size_t digits = 0;

        if (!der) {
                err_nomem(e, "a certificate");
                return NULL;
        }
        for (; *s; s++) {
                int v = hex_value(*s);

                if (isspace((unsigned char)*s))
                        continue;
                if (v < 0)
                        break;
                der[digits / 2] = (uint8_t)(der[digits / 2] << 4 | v);
                digits++;
        }
        if (!*s && digits && digits % 2 == 0) {
                *n = digits / 2;
                return der;
        }
        err_set(e, ERR_SYNTAX, "a certificate is an even number of hexadecimal digits");
        mem_free(der);
        return NULL;
}

static struct cert *read_cert(const char *text, struct err *e)
{
        size_t n = 0;
        uint8_t *der = from_hex(text, &n, e);
        struct cert *c = der ? cert_from_der(der, n, e) : NULL;

        mem_free(der);
        return c;
}

static struct chain_cert *find_cert(const struct chain_conf *ch, const char *serial, bool ca)
{
        conf_each(struct chain_cert, c, &ch->certs)
                if (c->ca == ca && !strcasecmp(c->serial, serial))
                        return c;
        return NULL;
}

static int keep_in_store(struct chain_conf *ch, const struct cert *c, bool ca, struct err *e)
{
        struct chain_cert *old, *cc;
        const uint8_t *der;
        char serial[128];
        size_t n;

        cert_serial_text(c, serial, sizeof serial);
        old = find_cert(ch, serial, ca);
        if (old)
                conf_list_del(&ch->certs, &old->o);
        der = cert_der(c, &n);
        cc = conf_list_add(&ch->certs, "");
        if (cc)
                cc->der = mem_dup(MEM_PKI, der, n);
        if (!cc || !cc->der)
                return err_nomem(e, "a certificate");
        cc->ca = ca;
        cc->der_len = (uint32_t)n;
        str_copy(cc->serial, sizeof cc->serial, serial);
        return 0;
}

static bool key_fits(struct keystore *k, const struct trustpoint_conf *tp, const struct cert *c)
{
        struct keypair *kp = tp ? keystore_key_get(k, pki_keypair_label(tp)) : NULL;
        bool fits = kp && cert_matches_key(c, kp);

        keypair_put(kp);
        return fits;
}

static bool holds(const struct tp_assets *a, const struct cert *c, bool ca)
{
        for (unsigned i = 0; ca && i < a->nca; i++)
                if (cert_same(a->ca[i], c))
                        return true;
        return !ca && a->id && cert_same(a->id, c);
}

/*
 * Flash and configuration may differ after an import that was not saved. What is on flash is taken; a certificate
 * that flash lacks is added, an identity only when the key is there for it.
 */
static int keep_on_flash(struct dialog *d, struct keystore *k, const char *tp, struct cert *c, bool ca, struct err *e)
{
        const struct trustpoint_conf *conf = conf_list_find(&d->conf->store->pki.trustpoints, tp);
        struct tp_assets a;
        int ret = 0;

        keystore_tp_get(k, tp, &a);
        if (!holds(&a, c, ca) && !ca && (a.id || !key_fits(k, conf, c))) {
                dialog_say(d, "WARNING: the key store holds %s for trustpoint %s: this certificate is not in force\n",
                           a.id ? "another certificate" : "no key of this certificate", tp);
        } else if (!holds(&a, c, ca) && ca && a.nca == TRUSTPOINT_CAS_MAX) {
                ret = err_set(e, ERR_LIMIT, "a trustpoint holds at most %d CA certificates", TRUSTPOINT_CAS_MAX);
        } else if (!holds(&a, c, ca)) {
                if (ca)
                        a.ca[a.nca++] = cert_get(c);
                else
                        a.id = cert_get(c);
                ret = keystore_tp_put(k, tp, a.id, a.ca, a.nca, e);
        }
        tp_assets_put(&a);
        return ret;
}

struct state {
        char chain[CONF_NAME_MAX + 1];
};

static enum dialog_next pasted(struct dialog *d, const char *text)
{
        const struct state *st = d->state;
        bool ca = arg_has(d->args, "ca");
        struct keystore *k = d->conf->keys ? d->conf->keys : NULL;
        struct chain_conf *ch;
        struct err e = { 0 };
        struct cert *c = read_cert(text, &e);
        int ret = -1;

        if (!c)
                return dialog_fail(d, &e);
        dialog_lock(d);
        ch = conf_list_find(&d->conf->store->pki.chains, st->chain);
        if (!ch)
                err_set(&e, ERR_REF, "the certificate chain %s was removed", st->chain);
        else if (!k || keep_on_flash(d, k, st->chain, c, ca, &e) == 0)
                ret = keep_in_store(ch, c, ca, &e);
        if (ret == 0)
                crypto_changed(d);
        dialog_unlock(d);
        cert_put(c);
        return ret < 0 ? dialog_fail(d, &e) : DIALOG_DONE;
}

static enum dialog_next remove_cert(struct dialog *d, struct chain_conf *ch)
{
        struct chain_cert *c = ch ? find_cert(ch, arg_str(d->args, "SERIAL"), arg_has(d->args, "ca")) : NULL;
        const struct err none = { ERR_REF, "the chain holds no such certificate" };
        struct keystore *k = d->conf->keys;
        struct tp_assets a;
        struct err e;
        int ret = 0;

        if (!c)
                return dialog_fail(d, &none);
        if (k) {
                unsigned n = 0;

                keystore_tp_get(k, ch->o.name, &a);
                for (unsigned i = 0; i < a.nca; i++) {
                        char serial[128];

                        cert_serial_text(a.ca[i], serial, sizeof serial);
                        if (c->ca && !strcasecmp(serial, c->serial))
                                cert_put(a.ca[i]);
                        else
                                a.ca[n++] = a.ca[i];
                }
                a.nca = n;
                ret = keystore_tp_put(k, ch->o.name, c->ca ? a.id : NULL, a.ca, a.nca, &e);
                tp_assets_put(&a);
        }
        if (ret < 0)
                return dialog_fail(d, &e);
        conf_list_del(&ch->certs, &c->o);
        crypto_changed(d);
        return DIALOG_DONE;
}

static enum dialog_next step(struct dialog *d, const char *answer)
{
        struct chain_conf *ch;
        struct state *st = d->state;
        enum dialog_next next;

        if (answer)
                return pasted(d, answer);
        dialog_lock(d);
        ch = conf_object(d->conf);
        if (ch)
                str_copy(st->chain, sizeof st->chain, ch->o.name);
        next = d->no_form ? remove_cert(d, ch) : DIALOG_ASK;
        dialog_unlock(d);
        return next == DIALOG_ASK ? dialog_paste(d) : next;
}

const struct dialog_row dialog_chain_certificate = { "certificate", sizeof(struct state), step, NULL };

/* No reference as others are: the chain goes with its trustpoint and does not keep it. */
static int check_chain(struct conf_ctx *c, void *obj, struct err *e)
{
        const struct conf_kind *k = conf_kind_find("trustpoint");
        const char *name = ((struct conf_obj *)obj)->name;

        return conf_kind_has(k, c->store, name) ? 0 : conf_kind_refuse(k, c->store, name, e);
}

static const struct cmd_row chain_rows[] = {
        { ROW_CALL, "certificate [ca] SERIAL:hex(127)", "A certificate, in hexadecimal up to quit",
          .dialog = &dialog_chain_certificate, .write = write_certs },
        END,
};
static const struct cmd_mode chain_mode = { "config-cert-chain",
                                            "certificate chain configuration commands:", chain_rows };

const struct cmd_row rows_chain[] = {
        { ROW_MODE, "crypto ca certificate chain NAME:newname(128)", "The certificates of a trustpoint", NULL,
          DIRTY_PKI, STORE(pki.chains), &chain_mode, .init = init_chain, .check = check_chain, .each = each_chain },
        END,
};
