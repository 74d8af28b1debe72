#include "pki/issuer.h"

#include <mbedtls/md.h>
#include <mbedtls/sha1.h>
#include <mbedtls/sha256.h>

#include "pki/der.h"
#include "pki/rsa_alt.h"
#include "pki/x509_util.h"
#include "platform/base/mem.h"

/* Two names of at most 1 KB, a key and a signature of at most 8192 bits, and little else. */
#define LDC_ROOM 6144u
#define SERIAL_BYTES 16u
#define KEY_ID_MAX 64u
#define BACKDATE_S 3600

static const uint8_t sha256_with_rsa[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                           0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00 };

/* What goes into one certificate. */
struct ldc {
        const mbedtls_x509_crt *original, *ca;
        uint8_t serial[SERIAL_BYTES];
        time_t from, to;
        uint8_t spki[RSA_BYTES_MAX + 64];
        size_t spki_len;
};

/* ---- names of keys ---- */

/* RFC 5280 4.2.1.2 (1): SHA-1 of the bits of subjectPublicKey. */
static int key_id(const uint8_t *spki, size_t n, uint8_t out[20])
{
        struct cur c = cur_of(spki, n), in = der_need(&c, DER_SEQUENCE), bits;

        der_need(&in, DER_SEQUENCE);
        bits = der_need(&in, DER_BIT_STRING);
        cur_u8(&bits); /* unused bits */
        return bits.bad || mbedtls_sha1_ret(bits.p, bits.left, out) != 0 ? -1 : 0;
}

/* As the issuer calls its own key, else as it would be called. */
static size_t issuer_key_id(const mbedtls_x509_crt *ca, uint8_t out[KEY_ID_MAX])
{
        static const uint8_t oid[] = { 0x55, 0x1d, 0x0e };
        const uint8_t *p;
        size_t n;

        if (x509_find_ext(ca, oid, sizeof oid, &p, &n)) {
                struct cur c = cur_of(p, n), id = der_need(&c, DER_OCTET_STRING);

                if (!id.bad && id.left && id.left <= KEY_ID_MAX) {
                        memcpy(out, id.p, id.left);
                        return id.left;
                }
        }
        return key_id(ca->pk_raw.p, ca->pk_raw.len, out) == 0 ? 20 : 0;
}

/* ---- extensions, last first ---- */

static void extension(struct der *d, const void *oid, size_t oid_len, bool critical, size_t end)
{
        der_wrap(d, DER_OCTET_STRING, end);
        if (critical)
                der_put(d, "\x01\x01\xff", 3);
        der_tlv(d, DER_OID, oid, oid_len);
        der_wrap(d, DER_SEQUENCE, end);
}

static void put_key_ids(struct der *d, const struct ldc *l)
{
        uint8_t id[KEY_ID_MAX];
        size_t end = d->at, n = issuer_key_id(l->ca, id);

        if (n) { /* AuthorityKeyIdentifier ::= SEQUENCE { [0] keyIdentifier } */
                der_tlv(d, DER_CONTEXT, id, n);
                der_wrap(d, DER_SEQUENCE, end);
                extension(d, "\x55\x1d\x23", 3, false, end);
        }
        end = d->at;
        if (key_id(l->spki, l->spki_len, id) < 0)
                return;
        der_tlv(d, DER_OCTET_STRING, id, 20);
        extension(d, "\x55\x1d\x0e", 3, false, end);
}

/* A call manager is server and client to its phones, and so are phones to it. */
static void put_usage(struct der *d)
{
        size_t end = d->at;

        der_tlv(d, DER_OID, "\x2b\x06\x01\x05\x05\x07\x03\x02", 8); /* clientAuth */
        der_tlv(d, DER_OID, "\x2b\x06\x01\x05\x05\x07\x03\x01", 8); /* serverAuth */
        der_wrap(d, DER_SEQUENCE, end);
        extension(d, "\x55\x1d\x25", 3, false, end);
        end = d->at;
        der_tlv(d, DER_BIT_STRING, "\x05\xa0", 2); /* digitalSignature, keyEncipherment */
        extension(d, "\x55\x1d\x0f", 3, true, end);
}

static void put_extensions(struct der *d, const struct ldc *l)
{
        size_t end = d->at, at;

        put_key_ids(d, l);
        put_usage(d);
        at = d->at;
        der_tlv(d, DER_SEQUENCE, NULL, 0); /* CA: false */
        extension(d, "\x55\x1d\x13", 3, true, at);
        der_wrap(d, DER_SEQUENCE, end);
        der_wrap(d, DER_CONTEXT_CON + 3, end);
}

/* ---- the certificate ---- */

/* RFC 5280 4.1.2.5: UTCTime through 2049. */
static void put_time(struct der *d, time_t t)
{
        enum { UTC_TIME = 0x17, GENERALIZED_TIME = 0x18 };
        unsigned century;
        char text[20];
        struct tm tm;
        size_t n;

        if (!gmtime_r(&t, &tm) || tm.tm_year < 70 || tm.tm_year > 8099) {
                d->full = true;
                return;
        }
        n = strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &tm);
        century = tm.tm_year < 150 ? 2 : 0; /* left out of a UTCTime */
        der_tlv(d, century ? UTC_TIME : GENERALIZED_TIME, text + century, n - century);
}

static void put_validity(struct der *d, const struct ldc *l)
{
        size_t end = d->at;

        put_time(d, l->to);
        put_time(d, l->from);
        der_wrap(d, DER_SEQUENCE, end);
}

static void put_tbs(struct der *d, const struct ldc *l)
{
        size_t end = d->at, at;

        put_extensions(d, l);
        der_put(d, l->spki, l->spki_len);
        der_put(d, l->original->subject_raw.p, l->original->subject_raw.len);
        put_validity(d, l);
        der_put(d, l->ca->subject_raw.p, l->ca->subject_raw.len);
        der_put(d, sha256_with_rsa, sizeof sha256_with_rsa);
        der_tlv(d, DER_INTEGER, l->serial, sizeof l->serial);
        at = d->at;
        der_tlv(d, DER_INTEGER, "\x02", 1); /* version 3 */
        der_wrap(d, DER_CONTEXT_CON, at);
        der_wrap(d, DER_SEQUENCE, end);
}

/* tbs: what put_tbs() wrote at the end of its buffer. The signature comes verified out of the key pair (T7). */
static struct cert *sign(const struct der *tbs, struct keypair *ca_key, struct der *out, struct err *e)
{
        uint8_t hash[32], sig[RSA_BYTES_MAX];
        size_t n, sig_len = 0, end = out->at;
        const uint8_t *p = der_bytes(tbs, &n);

        if (mbedtls_sha256_ret(p, n, hash, 0) != 0 || mbedtls_pk_sign(keypair_pk(ca_key), MBEDTLS_MD_SHA256, hash,
                                                                      sizeof hash, sig, &sig_len, NULL, NULL) != 0) {
                err_set(e, ERR_CRYPTO, "signing a local dynamic certificate failed");
                return NULL;
        }
        der_put(out, sig, sig_len);
        der_u8(out, 0); /* unused bits */
        der_wrap(out, DER_BIT_STRING, end);
        der_put(out, sha256_with_rsa, sizeof sha256_with_rsa);
        der_put(out, p, n);
        der_wrap(out, DER_SEQUENCE, end);
        p = der_bytes(out, &n);
        if (out->full) {
                err_set(e, ERR_LIMIT, "a local dynamic certificate is larger than %u bytes", LDC_ROOM);
                return NULL;
        }
        return cert_from_der(p, n, e);
}

/* What leaves is what was meant: the phone's name, our key, the issuer's signature. */
static bool is_as_meant(const struct cert *c, const struct ldc *l, const struct keypair *key)
{
        const mbedtls_x509_crt *x = cert_x509(c);

        return x->subject_raw.len == l->original->subject_raw.len &&
               !memcmp(x->subject_raw.p, l->original->subject_raw.p, x->subject_raw.len) &&
               cert_matches_key(c, key) && !x->ca_istrue && x509_signed_by(x, l->ca);
}

static struct cert *write_and_sign(const struct ldc *l, struct keypair *ca_key, const struct keypair *key,
                                   struct err *e)
{
        uint8_t *room = mem_alloc(MEM_PKI, 2 * LDC_ROOM);
        struct der tbs = der_of(room, LDC_ROOM), all = der_of(room ? room + LDC_ROOM : NULL, LDC_ROOM);
        struct cert *c = NULL;

        if (!room) {
                err_nomem(e, "making a local dynamic certificate");
                return NULL;
        }
        put_tbs(&tbs, l);
        if (tbs.full)
                err_set(e, ERR_LIMIT, "a local dynamic certificate is larger than %u bytes or its dates do not fit",
                        LDC_ROOM);
        else
                c = sign(&tbs, ca_key, &all, e);
        mem_free(room);
        if (!c || is_as_meant(c, l, key))
                return c;
        cert_put(c);
        err_set(e, ERR_CRYPTO, "a local dynamic certificate is not what was to be signed");
        return NULL;
}

/* ---- what it takes ---- */

time_t cert_end(const mbedtls_x509_crt *c)
{
        return x509_time(&c->valid_to);
}

int issuer_check(const struct cert *ca, const struct keypair *ca_key, time_t now, struct err *e)
{
        if (!ca || !ca_key)
                return err_set(e, ERR_REF, "the issuer has not been enrolled");
        if (!cert_is_ca(ca) || cert_x509(ca)->version != 3 ||
            mbedtls_x509_crt_check_key_usage(cert_x509(ca), MBEDTLS_X509_KU_KEY_CERT_SIGN) != 0)
                return err_set(e, ERR_CRYPTO, "the issuer's certificate is no CA certificate");
        if (!cert_matches_key(ca, ca_key))
                return err_set(e, ERR_CRYPTO, "the issuer's key does not belong to its certificate");
        if (!keypair_is_rsa(ca_key))
                return err_set(e, ERR_SUPPORT, "the issuer's key is not an RSA key");
        if (keypair_bits(ca_key) < LDC_KEY_BITS_MIN)
                return err_set(e, ERR_RANGE, "the issuer's key of %u bits is smaller than %u", keypair_bits(ca_key),
                               LDC_KEY_BITS_MIN);
        if (cert_x509(ca)->subject_raw.len > LDC_SUBJECT_MAX)
                return err_set(e, ERR_LIMIT, "the issuer's name is longer than %u bytes", LDC_SUBJECT_MAX);
        if (cert_end(cert_x509(ca)) <= now)
                return err_set(e, ERR_CRYPTO, "the issuer's certificate has expired");
        return 0;
}

static int fill(struct ldc *l, const struct keypair *key, time_t now, const struct rng *rng, struct err *e)
{
        time_t ca_end = cert_end(l->ca), end = cert_end(l->original);

        if (rng_fill(rng, l->serial, sizeof l->serial) < 0)
                return err_set(e, ERR_CRYPTO, "no random bytes for a serial number");
        l->serial[0] = (uint8_t)((l->serial[0] & 0x7f) | 0x40); /* positive, and always of this length */
        l->from = now - BACKDATE_S;
        l->to = now + (time_t)LDC_DAYS * 86400;
        l->to = ca_end < l->to ? ca_end : l->to;
        if (end > now && end < l->to)
                l->to = end;
        l->spki_len = keypair_public_der(key, l->spki, sizeof l->spki);
        return l->spki_len ? 0 : err_set(e, ERR_CRYPTO, "the key pair cannot be encoded");
}

struct cert *issuer_sign_ldc(const mbedtls_x509_crt *original, const struct cert *ca, struct keypair *ca_key,
                             const struct keypair *key, time_t now, const struct rng *rng, struct err *e)
{
        struct ldc l = { .original = original, .ca = ca ? cert_x509(ca) : NULL };

        if (issuer_check(ca, ca_key, now, e) < 0 ||
            ldc_subject_check(original->subject_raw.p, original->subject_raw.len, e) < 0)
                return NULL;
        if (!keypair_is_rsa(key) || keypair_bits(key) < LDC_KEY_BITS_MIN) {
                err_set(e, ERR_RANGE, "the key pair of %u bits is not an RSA key of at least %u", keypair_bits(key),
                        LDC_KEY_BITS_MIN);
                return NULL;
        }
        if (fill(&l, key, now, rng, e) < 0)
                return NULL;
        return write_and_sign(&l, ca_key, key, e);
}
