#include "pki/enroll.h"

#include <string.h>

#include "pki/pem.h"
#include "pki/pkcs12.h"
#include "pki/x509_util.h"
#include "pki/x509_write.h"
#include "platform/base/mem.h"

#define ENROLL_KEY_BITS 2048

const char *pki_keypair_label(const struct trustpoint_conf *tp)
{
        return *tp->keypair ? tp->keypair : DEFAULT_RSA_KEY;
}

static time_t now_of(const struct keystore *k)
{
        return clock_wall_s(keystore_clock(k));
}

/* ---- authenticate ---- */

struct cert *pki_authenticate_parse(const char *text, size_t n, struct err *e)
{
        return cert_from_text(text, n, e);
}

int pki_authenticate_accept(struct keystore *k, const struct trustpoint_conf *tp, struct cert *ca, struct err *e)
{
        struct cert *set[TRUSTPOINT_CAS_MAX] = { ca };
        struct tp_assets a;
        unsigned n = 1;
        int ret;

        keystore_tp_get(k, tp->o.name, &a);
        for (unsigned i = 1; i < a.nca; i++) /* [0] is the one being replaced */
                if (!cert_same(a.ca[i], ca))
                        set[n++] = a.ca[i];
        ret = keystore_tp_put(k, tp->o.name, a.id, set, n, e);
        tp_assets_put(&a);
        if (ret == 0)
                keystore_log(k, LOG_717003, tp->o.name);
        return ret;
}

/* ---- enroll ---- */

/* The trustpoint's key pair, made when absent; *fresh tells whether it still has to be saved. */
static struct keypair *key_of(struct keystore *k, const struct trustpoint_conf *tp, bool *fresh, struct err *e)
{
        struct keypair *kp = keystore_key_get(k, pki_keypair_label(tp));

        *fresh = !kp;
        if (kp && keypair_kind(kp) == KEYPAIR_ED25519) {
                err_set(e, ERR_SUPPORT,
                        "the key pair %s is Ed25519, which is for SSH only: choose one of RSA or ECDSA",
                        pki_keypair_label(tp));
                keypair_put(kp);
                return NULL;
        }
        return kp ? kp : keypair_generate(ENROLL_KEY_BITS, now_of(k), keystore_rng(k), e);
}

static int enroll_self(struct keystore *k, const struct trustpoint_conf *tp, const struct enroll_params *p,
                       struct err *e)
{
        struct x509_plan plan;
        struct keypair *kp;
        struct cert *c;
        bool fresh;
        int ret = -1;

        if (x509_plan(&plan, tp, p, e) < 0)
                return -1;
        kp = key_of(k, tp, &fresh, e);
        if (!kp)
                return -1;
        c = self_signed_make(&plan, kp, now_of(k), keystore_rng(k), e);
        if (c)
                ret = keystore_install(k, pki_keypair_label(tp), fresh ? kp : NULL, tp->o.name, c, NULL, 0, e);
        cert_put(c);
        keypair_put(kp);
        return ret;
}

int pki_enroll_self(struct keystore *k, const struct trustpoint_conf *tp, const struct enroll_params *p,
                    struct err *e)
{
        if (enroll_self(k, tp, p, e) == 0)
                return 0;
        keystore_log_why(k, LOG_717002, tp->o.name, e->text);
        return -1;
}

static int enroll_csr(struct keystore *k, const struct trustpoint_conf *tp, const struct enroll_params *p,
                      struct wbuf *w, struct err *e)
{
        struct x509_plan plan;
        struct keypair *kp;
        bool fresh;
        int ret;

        if (x509_plan(&plan, tp, p, e) < 0)
                return -1;
        kp = key_of(k, tp, &fresh, e);
        if (!kp)
                return -1;
        ret = csr_make(&plan, kp, keystore_rng(k), w, e);
        if (ret == 0 && fresh)
                ret = keystore_key_put(k, pki_keypair_label(tp), kp, e);
        keypair_put(kp);
        return ret;
}

int pki_enroll_csr(struct keystore *k, const struct trustpoint_conf *tp, const struct enroll_params *p,
                   struct wbuf *w, struct err *e)
{
        if (enroll_csr(k, tp, p, w, e) == 0)
                return 0;
        keystore_log_why(k, LOG_717002, tp->o.name, e->text);
        return -1;
}

/* ---- import ---- */

static int check_import(struct keystore *k, const struct trustpoint_conf *tp, const struct cert *c,
                        const struct tp_assets *a, struct err *e)
{
        struct keypair *kp = keystore_key_get(k, pki_keypair_label(tp));
        bool match = kp && cert_matches_key(c, kp), issued = !a->nca, have = kp;

        keypair_put(kp);
        if (!have)
                return err_set(e, ERR_REF, "trustpoint %s has no key pair %s", tp->o.name, pki_keypair_label(tp));
        if (!match)
                return err_set(e, ERR_CRYPTO, "the certificate does not match the key pair %s of trustpoint %s",
                               pki_keypair_label(tp), tp->o.name);
        for (unsigned i = 0; i < a->nca; i++)
                issued |= x509_signed_by(cert_x509(c), cert_x509(a->ca[i]));
        return issued ? 0
                      : err_set(e, ERR_CRYPTO, "the certificate was not issued by the CA of trustpoint %s",
                                tp->o.name);
}

static int import_certificate(struct keystore *k, const struct trustpoint_conf *tp, const char *text, size_t n,
                              struct err *e)
{
        struct cert *c = cert_from_text(text, n, e);
        struct tp_assets a;
        int ret;

        if (!c)
                return -1;
        keystore_tp_get(k, tp->o.name, &a);
        ret = check_import(k, tp, c, &a, e);
        if (ret == 0)
                ret = keystore_tp_put(k, tp->o.name, c, a.ca, a.nca, e);
        tp_assets_put(&a);
        cert_put(c);
        return ret;
}

int pki_import_certificate(struct keystore *k, const struct trustpoint_conf *tp, const char *text, size_t n,
                           struct err *e)
{
        int ret = import_certificate(k, tp, text, n, e);

        if (ret == 0)
                keystore_log(k, LOG_717003, tp->o.name);
        else
                keystore_log_why(k, LOG_717020, tp->o.name, e->text);
        return ret;
}

/* A file's own bytes are taken as well as its base64 text. */
static int decode_pkcs12(const char *text, size_t n, uint8_t **der, size_t *len, struct err *e)
{
        if (n < 2 || text[0] != 0x30 || !(text[1] & 0x80))
                return paste_decode(text, n, "PKCS12", PKCS12_BYTES_MAX, der, len, e);
        *len = n;
        *der = mem_dup(MEM_KEY, text, n);
        return *der ? 0 : err_nomem(e, "reading a PKCS12 file");
}

int pki_import_pkcs12(struct keystore *k, const char *name, const char *text, size_t n, const char *pass,
                      struct err *e)
{
        struct err why = { 0 };
        struct pkcs12 p;
        uint8_t *der;
        size_t len;
        int ret;

        ret = decode_pkcs12(text, n, &der, &len, &why);
        if (ret == 0) {
                ret = pkcs12_read(der, len, pass, now_of(k), &p, &why);
                mem_free_secret(der);
        }
        if (ret == 0) {
                ret = keystore_install(k, name, p.key, name, p.certs.id, p.certs.ca, p.certs.nca, &why);
                pkcs12_put(&p);
        }
        keystore_log(k, ret == 0 ? LOG_717007 : LOG_717006, name);
        return ret == 0 ? 0 : err_set(e, why.code, "Import PKCS12 operation failed: %s", why.text);
}

/* ---- export ---- */

int pki_export_pkcs12(struct keystore *k, const struct trustpoint_conf *tp, const char *pass, struct wbuf *w,
                      struct err *e)
{
        struct pkcs12 p = { .key = keystore_key_get(k, pki_keypair_label(tp)) };
        uint8_t *der = NULL;
        size_t n;
        int ret;

        keystore_tp_get(k, tp->o.name, &p.certs);
        if (!p.key || !p.certs.id || !cert_matches_key(p.certs.id, p.key))
                ret = err_set(e, ERR_REF, "trustpoint %s has no identity certificate with a key pair", tp->o.name);
        else
                ret = pkcs12_write(&p, tp->o.name, pass, &der, &n, e);
        pkcs12_put(&p);
        if (ret == 0) {
                base64_write(der, n, w);
                mem_free_secret(der);
                ret = w->full ? err_set(e, ERR_LIMIT, "the PKCS12 file is too long to be shown") : 0;
        }
        keystore_log(k, ret == 0 ? LOG_717005 : LOG_717004, tp->o.name);
        return ret;
}
