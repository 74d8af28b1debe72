#include <string.h>

#include "pki/pkcs12.h"
#include "pki/pkcs12_int.h"
#include "pki/x509_util.h"
#include "platform/base/mem.h"

#define SAFES_MAX 16
#define DAMAGED "the file is truncated or damaged"

struct reader {
        struct p12_crypto crypto;
        PKCS12 *p12;
        const char *pass;
        int passlen;
        uint64_t iterations_left;
        time_t now;
        struct keypair *key;
        unsigned n;
        struct cert *cert[PKCS12_CERTS_MAX];
        struct err *e;
};

/* ---- the file as a whole ---- */

/* The outer SEQUENCE tells how long the file should be: the one defect that can be named exactly. */
static int check_length(const uint8_t *der, size_t n, struct err *e)
{
        size_t len = 0, bytes;

        if (n > PKCS12_BYTES_MAX)
                return err_set(e, ERR_LIMIT, "the file is larger than %u bytes", PKCS12_BYTES_MAX);
        if (n < 2 || der[0] != 0x30)
                return err_set(e, ERR_SYNTAX, "the data is not a PKCS12 file");
        bytes = der[1] & 0x7f;
        if (!(der[1] & 0x80) || !bytes) /* short or indefinite form: left to the parser */
                return 0;
        if (bytes > 4 || n < 2 + bytes)
                return err_set(e, ERR_SYNTAX, DAMAGED);
        for (size_t i = 0; i < bytes; i++)
                len = len << 8 | der[2 + i];
        if (n < len + 2 + bytes)
                return err_set(e, ERR_SYNTAX, "the file is truncated: %zu of %zu bytes", n, len + 2 + bytes);
        return 0;
}

static int parse(struct reader *r, const uint8_t *der, size_t n)
{
        const uint8_t *p = der;

        /* An object made in our context makes libcrypto use our providers for everything inside it. */
        r->p12 = PKCS12_init_ex(NID_pkcs7_data, r->crypto.ctx, NULL);
        if (!r->p12)
                return err_nomem(r->e, "reading a PKCS12 file");
        if (!d2i_PKCS12(&r->p12, &p, (long)n) || p != der + n)
                return err_set(r->e, ERR_SYNTAX, DAMAGED);
        return 0;
}

/* Each count is capped, and so is their sum: a file could hold many encrypted parts. */
static int spend(struct reader *r, const ASN1_INTEGER *iterations)
{
        int64_t n = 1;

        if (iterations && !ASN1_INTEGER_get_int64(&n, iterations))
                n = -1;
        if (n < 1 || n > PKCS12_ITERATIONS_MAX || (uint64_t)n > r->iterations_left)
                return err_set(r->e, ERR_LIMIT, "the file demands more than %u iterations", PKCS12_ITERATIONS_MAX);
        r->iterations_left -= (uint64_t)n;
        return 0;
}

static bool mac_fits(struct reader *r, const char *pass, int passlen)
{
        if (PKCS12_verify_mac(r->p12, pass, passlen) != 1)
                return false;
        r->pass = pass;
        r->passlen = passlen;
        return true;
}

static int check_mac(struct reader *r, const char *pass)
{
        const ASN1_INTEGER *iterations;

        if (!PKCS12_mac_present(r->p12))
                return err_set(r->e, ERR_SUPPORT, "the file has no integrity check by passphrase");
        PKCS12_get0_mac(NULL, NULL, NULL, &iterations, r->p12);
        if (spend(r, iterations) < 0)
                return -1;
        /* "No passphrase" has two encodings. */
        if ((!*pass && mac_fits(r, NULL, 0)) || mac_fits(r, pass, (int)strlen(pass)))
                return 0;
        return err_set(r->e, ERR_CRYPTO, "the passphrase is wrong");
}

/* ---- encrypted parts ---- */

static int spend_pbes2(struct reader *r, const ASN1_TYPE *param)
{
        PBE2PARAM *two = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), param);
        PBKDF2PARAM *kdf = NULL;
        int ret;

        if (two && OBJ_obj2nid(two->keyfunc->algorithm) == NID_id_pbkdf2)
                kdf = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), two->keyfunc->parameter);
        ret = kdf ? spend(r, kdf->iter) : err_set(r->e, ERR_SUPPORT, "the file uses an unknown key derivation");
        PBKDF2PARAM_free(kdf);
        PBE2PARAM_free(two);
        return ret;
}

static int spend_alg(struct reader *r, const X509_ALGOR *alg)
{
        PBEPARAM *one;
        int ret;

        if (OBJ_obj2nid(alg->algorithm) == NID_pbes2)
                return spend_pbes2(r, alg->parameter);
        one = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), alg->parameter);
        ret = one ? spend(r, one->iter) : err_set(r->e, ERR_SUPPORT, "the file uses an unknown encryption");
        PBEPARAM_free(one);
        return ret;
}

/* The integrity check has passed, so this is about algorithms. */
static int undecryptable(struct reader *r)
{
        return err_set(r->e, ERR_SUPPORT, "the contents cannot be decrypted%s",
                       r->crypto.legacy ? "" : ", libcrypto's legacy provider is missing");
}

/* ---- contents ---- */

static int take_cert(struct reader *r, const PKCS12_SAFEBAG *bag)
{
        X509 *x = PKCS12_SAFEBAG_get_bag_nid(bag) == NID_x509Certificate ? PKCS12_SAFEBAG_get1_cert(bag) : NULL;
        uint8_t *der = NULL;
        struct cert *c;
        int n;

        if (!x)
                return err_set(r->e, ERR_SYNTAX, "a certificate in the file cannot be parsed");
        n = i2d_X509(x, &der);
        X509_free(x);
        c = n > 0 ? cert_from_der(der, (size_t)n, r->e) : NULL;
        OPENSSL_free(der);
        if (n <= 0)
                return err_nomem(r->e, "reading a PKCS12 file");
        if (!c)
                return -1;
        if (r->n == PKCS12_CERTS_MAX) {
                cert_put(c);
                return err_set(r->e, ERR_LIMIT, "the file holds more than %u certificates", PKCS12_CERTS_MAX);
        }
        r->cert[r->n++] = c;
        return 0;
}

static int take_key(struct reader *r, const PKCS8_PRIV_KEY_INFO *p8)
{
        int n = i2d_PKCS8_PRIV_KEY_INFO(p8, NULL);
        uint8_t *der, *p;

        if (r->key)
                return err_set(r->e, ERR_LIMIT, "the file holds more than one private key");
        if (n <= 0)
                return err_set(r->e, ERR_SYNTAX, "the private key cannot be parsed");
        der = p = mem_alloc(MEM_KEY, (size_t)n);
        if (!der)
                return err_nomem(r->e, "reading a PKCS12 file");
        i2d_PKCS8_PRIV_KEY_INFO(p8, &p);
        r->key = keypair_from_der(der, (size_t)n, r->now, r->e);
        mem_free_secret(der);
        return r->key ? 0 : -1;
}

static int take_shrouded_key(struct reader *r, const PKCS12_SAFEBAG *bag)
{
        const X509_SIG *sig = PKCS12_SAFEBAG_get0_pkcs8(bag);
        PKCS8_PRIV_KEY_INFO *p8;
        const X509_ALGOR *alg;
        int ret;

        X509_SIG_get0(sig, &alg, NULL);
        if (spend_alg(r, alg) < 0)
                return -1;
        p8 = PKCS12_decrypt_skey_ex(bag, r->pass, r->passlen, r->crypto.ctx, NULL);
        if (!p8)
                return undecryptable(r);
        ret = take_key(r, p8);
        PKCS8_PRIV_KEY_INFO_free(p8); /* cleared by libcrypto */
        return ret;
}

static int take_bag(struct reader *r, const PKCS12_SAFEBAG *bag)
{
        switch (PKCS12_SAFEBAG_get_nid(bag)) {
        case NID_certBag:
                return take_cert(r, bag);
        case NID_keyBag:
                return take_key(r, PKCS12_SAFEBAG_get0_p8inf(bag));
        case NID_pkcs8ShroudedKeyBag:
                return take_shrouded_key(r, bag);
        case NID_safeContentsBag:
                return err_set(r->e, ERR_SUPPORT, "the file holds nested contents");
        default:
                return 0; /* CRLs and secrets of other products */
        }
}

static int take_safe(struct reader *r, PKCS7 *p7)
{
        STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
        int ret = 0;

        if (PKCS7_type_is_data(p7)) {
                bags = PKCS12_unpack_p7data(p7);
        } else if (PKCS7_type_is_encrypted(p7)) {
                if (spend_alg(r, p7->d.encrypted->enc_data->algorithm) < 0)
                        return -1;
                bags = PKCS12_unpack_p7encdata(p7, r->pass, r->passlen);
        }
        if (!bags)
                return undecryptable(r);
        for (int i = 0; ret == 0 && i < sk_PKCS12_SAFEBAG_num(bags); i++)
                ret = take_bag(r, sk_PKCS12_SAFEBAG_value(bags, i));
        sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
        return ret;
}

static int take_all(struct reader *r)
{
        STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(r->p12);
        int ret = 0;

        if (!safes)
                return err_set(r->e, ERR_SYNTAX, DAMAGED);
        if (sk_PKCS7_num(safes) > SAFES_MAX)
                ret = err_set(r->e, ERR_LIMIT, "the file holds more than %d parts", SAFES_MAX);
        for (int i = 0; ret == 0 && i < sk_PKCS7_num(safes); i++)
                ret = take_safe(r, sk_PKCS7_value(safes, i));
        sk_PKCS7_pop_free(safes, PKCS7_free);
        return ret;
}

/* ---- identity and chain ---- */

static struct cert *pick(struct reader *r, unsigned i)
{
        struct cert *c = r->cert[i];

        r->cert[i] = NULL;
        return c;
}

/* Moves one certificate to the result unless it is there already. */
static int add_ca(struct pkcs12 *out, struct cert *c, struct err *e)
{
        bool known = cert_same(out->certs.id, c);

        for (unsigned i = 0; i < out->certs.nca; i++)
                known |= cert_same(out->certs.ca[i], c);
        if (!known && out->certs.nca < TRUSTPOINT_CAS_MAX) {
                out->certs.ca[out->certs.nca++] = c;
                return 0;
        }
        cert_put(c);
        return known ? 0 : err_set(e, ERR_LIMIT, "the file holds more than %d CA certificates", TRUSTPOINT_CAS_MAX);
}

/* The certificate in the file that signed c, or -1. */
static int issuer_of(const struct reader *r, const struct cert *c)
{
        for (unsigned i = 0; i < r->n; i++)
                if (r->cert[i] && x509_signed_by(cert_x509(c), cert_x509(r->cert[i])))
                        return (int)i;
        return -1;
}

/* Up from the identity first, so that ca[0] is its issuer; then what else the file holds. */
static int take_cas(struct reader *r, struct pkcs12 *out)
{
        const struct cert *at = out->certs.id;
        int i, ret = 0;

        while (ret == 0 && (i = issuer_of(r, at)) >= 0) {
                ret = add_ca(out, pick(r, (unsigned)i), r->e);
                if (out->certs.nca)
                        at = out->certs.ca[out->certs.nca - 1];
        }
        for (unsigned k = 0; ret == 0 && k < r->n; k++)
                if (r->cert[k])
                        ret = add_ca(out, pick(r, k), r->e);
        return ret;
}

static int sort_out(struct reader *r, struct pkcs12 *out)
{
        if (!r->key)
                return err_set(r->e, ERR_CRYPTO, "the file holds no private key");
        if (!r->n)
                return err_set(r->e, ERR_CRYPTO, "the file holds no certificate");
        for (unsigned i = 0; !out->certs.id && i < r->n; i++)
                if (cert_matches_key(r->cert[i], r->key))
                        out->certs.id = pick(r, i);
        if (!out->certs.id)
                return err_set(r->e, ERR_CRYPTO, "the private key does not match the certificate");
        out->key = r->key;
        r->key = NULL;
        return take_cas(r, out);
}

int pkcs12_read(const uint8_t *der, size_t n, const char *pass, time_t now, struct pkcs12 *out, struct err *e)
{
        struct reader r = { .now = now, .iterations_left = 3 * (uint64_t)PKCS12_ITERATIONS_MAX, .e = e };
        int ret = -1;

        *out = (struct pkcs12){ 0 };
        ERR_set_mark();
        if (check_length(der, n, e) == 0 && p12_crypto_open(&r.crypto, true, e) == 0 && parse(&r, der, n) == 0 &&
            check_mac(&r, pass) == 0 && take_all(&r) == 0)
                ret = sort_out(&r, out);
        PKCS12_free(r.p12);
        p12_crypto_close(&r.crypto);
        ERR_pop_to_mark();
        keypair_put(r.key);
        for (unsigned i = 0; i < r.n; i++)
                cert_put(r.cert[i]);
        if (ret < 0)
                pkcs12_put(out);
        return ret;
}

void pkcs12_put(struct pkcs12 *p)
{
        keypair_put(p->key);
        p->key = NULL;
        tp_assets_put(&p->certs);
}
