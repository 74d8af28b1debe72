/* Writing of CTL files and .sgn files: a header with room for the signature, what follows it, then the signature over
 * all but itself. */
#include <mbedtls/pk.h>

#include "pki/ctl_tlv.h"
#include "platform/base/mem.h"
#include "platform/base/rng.h"

#define KEY_DER_MAX 2100u
#define HEAD_ALIGN 4u

const mbedtls_md_info_t *ctl_md(uint8_t digest)
{
        switch (digest) {
        case CTL_SHA1:
                return mbedtls_md_info_from_type(MBEDTLS_MD_SHA1);
        case CTL_SHA256:
                return mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
        case CTL_SHA512:
                return mbedtls_md_info_from_type(MBEDTLS_MD_SHA512);
        default:
                return NULL;
        }
}

int ctl_hash(const mbedtls_md_info_t *md, const uint8_t *file, size_t n, size_t sig_at, size_t sig_n,
             uint8_t out[MBEDTLS_MD_MAX_SIZE])
{
        size_t behind = sig_at + sig_n;
        mbedtls_md_context_t m;
        int ret;

        mbedtls_md_init(&m);
        ret = mbedtls_md_setup(&m, md, 0) || mbedtls_md_starts(&m) || mbedtls_md_update(&m, file, sig_at - 3) ||
              mbedtls_md_update(&m, file + behind, n - behind) || mbedtls_md_finish(&m, out);
        mbedtls_md_free(&m);
        return ret ? -1 : 0;
}

/* ---- TLVs ---- */

static void put_bytes(struct wbuf *w, uint8_t tag, const void *p, size_t n)
{
        if (n > UINT16_MAX)
                w->full = true;
        wbuf_u8(w, tag);
        wbuf_be16(w, (uint16_t)n);
        wbuf_put(w, p, n);
}

static void put_text(struct wbuf *w, uint8_t tag, const char *s)
{
        put_bytes(w, tag, s, strlen(s) + 1);
}

static void put_u8(struct wbuf *w, uint8_t tag, uint8_t v)
{
        put_bytes(w, tag, &v, 1);
}

static void put_u16(struct wbuf *w, uint8_t tag, uint16_t v)
{
        wbuf_u8(w, tag);
        wbuf_be16(w, 2);
        wbuf_be16(w, v);
}

/* The length of what was written since at goes into the two bytes before it. */
static void set_length(struct wbuf *w, size_t at, size_t n)
{
        if (w->full || n > UINT16_MAX) {
                w->full = true;
                return;
        }
        w->buf[at - 2] = (uint8_t)(n >> 8);
        w->buf[at - 1] = (uint8_t)n;
}

static size_t open_tlv(struct wbuf *w, uint8_t tag)
{
        wbuf_u8(w, tag);
        wbuf_be16(w, 0);
        return w->len;
}

static void close_tlv(struct wbuf *w, size_t at)
{
        set_length(w, at, w->len - at);
}

/* ---- header ---- */

struct head_plan {
        uint8_t minor;
        const char *name;
        time_t when;
        uint8_t modulus; /* index of the signer's key size */
        char subject[CTL_DN_MAX + 1], issuer[CTL_DN_MAX + 1];
};

static int check_signer(const struct ctl_signer *s, struct head_plan *p, struct err *e)
{
        unsigned bits = keypair_bits(s->key);

        if (!keypair_is_rsa(s->key) || !cert_matches_key(s->cert, s->key))
                return err_set(e, ERR_CRYPTO,
                               "the signer of files for phones needs a certificate of its own RSA key");
        while (p->modulus < 4 && 512u << p->modulus != bits)
                p->modulus++;
        if (p->modulus == 4)
                return err_set(e, ERR_RANGE, "a key of %u bits cannot sign for phones: 512, 1024, 2048 or 4096",
                               bits);
        if (!ctl_md((uint8_t)s->digest))
                return err_set(e, ERR_SUPPORT, "digest %d is unknown", s->digest);
        if (ctl_dn(&cert_x509(s->cert)->subject, p->subject, e) < 0)
                return -1;
        return ctl_dn(&cert_x509(s->cert)->issuer, p->issuer, e);
}

static void put_signer(struct wbuf *w, const struct ctl_signer *s, const struct head_plan *p)
{
        struct cur serial = ctl_serial(s->cert);
        size_t id = open_tlv(w, HEAD_SIGNER), info, alg;

        put_text(w, HEAD_SIGNER_NAME, p->subject);
        put_bytes(w, HEAD_SERIAL, serial.p, serial.left);
        put_text(w, HEAD_CA_NAME, p->issuer);
        close_tlv(w, id);
        info = open_tlv(w, HEAD_SIG_INFO);
        put_u8(w, HEAD_DIGEST, (uint8_t)s->digest);
        alg = open_tlv(w, HEAD_SIG_ALG_INFO);
        put_u8(w, HEAD_SIG_ALG, 0); /* RSA */
        put_u8(w, HEAD_MODULUS, p->modulus);
        close_tlv(w, alg);
        close_tlv(w, info);
}

/* Returns where the signature's value has its room. */
static size_t put_head(struct wbuf *w, const struct ctl_signer *s, const struct head_plan *p)
{
        size_t length, sig;

        put_u16(w, HEAD_VERSION, (uint16_t)(1u << 8 | p->minor));
        length = open_tlv(w, HEAD_LENGTH);
        wbuf_be16(w, 0);
        close_tlv(w, length);
        put_signer(w, s, p);
        sig = open_tlv(w, HEAD_SIGNATURE);
        wbuf_room(w, 64u << p->modulus);
        close_tlv(w, sig);
        put_text(w, HEAD_FILE_NAME, p->name);
        wbuf_u8(w, HEAD_TIME);
        wbuf_be16(w, 4);
        wbuf_be32(w, (uint32_t)p->when);
        while (!w->full && w->len % HEAD_ALIGN)
                wbuf_u8(w, HEAD_PAD);
        set_length(w, length + 2, w->len);
        return sig;
}

static int sign(struct wbuf *w, size_t sig_at, const struct ctl_signer *s, struct err *e)
{
        const mbedtls_md_info_t *md = ctl_md((uint8_t)s->digest);
        size_t want = keypair_bits(s->key) / 8, n = 0;
        uint8_t hash[MBEDTLS_MD_MAX_SIZE];

        if (ctl_hash(md, w->buf, w->len, sig_at, want, hash) < 0)
                return err_nomem(e, "signing a file for phones");
        if (mbedtls_pk_sign(keypair_pk(s->key), mbedtls_md_get_type(md), hash, mbedtls_md_get_size(md),
                            w->buf + sig_at, &n, rng_mbedtls, (void *)(uintptr_t)&rng_system) != 0 ||
            n != want)
                return err_set(e, ERR_CRYPTO, "a file for phones cannot be signed");
        return 0;
}

/* ---- records ---- */

static int put_record(struct wbuf *w, const struct ctl_record *r, struct err *e)
{
        const mbedtls_x509_crt *x = cert_x509(r->cert);
        struct cur serial = ctl_serial(r->cert), key;
        char subject[CTL_DN_MAX + 1], issuer[CTL_DN_MAX + 1];
        uint8_t der[KEY_DER_MAX];
        size_t start = w->len, n;
        const uint8_t *p = cert_der(r->cert, &n);

        key = ctl_public_key(r->cert, der, sizeof der);
        if (key.bad)
                return err_set(e, ERR_CRYPTO, "the key of a certificate is too long for a CTL file");
        if (ctl_dn(&x->subject, subject, e) < 0 || ctl_dn(&x->issuer, issuer, e) < 0)
                return -1;
        put_u16(w, REC_LENGTH, 0);
        put_text(w, REC_DNS, r->dns);
        put_text(w, REC_SUBJECT, subject);
        put_u16(w, REC_ROLE, r->role);
        put_text(w, REC_ISSUER, issuer);
        put_bytes(w, REC_SERIAL, serial.p, serial.left);
        put_bytes(w, REC_KEY, key.p, key.left);
        put_bytes(w, REC_SIGNATURE, x->sig.p, x->sig.len);
        put_bytes(w, REC_CERT, p, n);
        if (addr_is_v4(&r->addr)) {
                wbuf_u8(w, REC_ADDRESS);
                wbuf_be16(w, 4);
                wbuf_be32(w, r->addr.v4);
        }
        set_length(w, start + REC_LENGTH_BYTES, w->len - start);
        return 0;
}

static bool names_signer(const struct ctl_signer *s, const struct ctl_record *rec, unsigned n)
{
        for (unsigned i = 0; i < n; i++)
                if (rec[i].role == CTL_SAST && cert_same(rec[i].cert, s->cert))
                        return true;
        return false;
}

static int fill_ctl(struct wbuf *w, const struct ctl_signer *s, const struct head_plan *p,
                    const struct ctl_record *rec, unsigned n, struct err *e)
{
        size_t sig = put_head(w, s, p);

        for (unsigned i = 0; i < n; i++)
                if (put_record(w, &rec[i], e) < 0)
                        return -1;
        if (w->full)
                return err_set(e, ERR_LIMIT, "the CTL file is longer than %u bytes", CTL_BYTES_MAX);
        return sign(w, sig, s, e);
}

/* Hands the written file over in a block of its own size. */
static int hand_over(struct wbuf *w, int ret, uint8_t **out, size_t *out_n, struct err *e)
{
        if (ret == 0) {
                *out = mem_dup(MEM_PKI, w->buf, w->len);
                *out_n = w->len;
                if (!*out)
                        ret = err_nomem(e, "signing a file for phones");
        }
        mem_free(w->buf);
        return ret;
}

int ctl_write(const struct ctl_signer *signer, time_t when, const struct ctl_record *rec, unsigned n, uint8_t **out,
              size_t *out_n, struct err *e)
{
        struct head_plan p = { .minor = 2, .name = CTL_FILE_NAME, .when = when };
        struct wbuf w;

        if (n > CTL_RECORDS_MAX)
                return err_set(e, ERR_LIMIT, "%u records are more than the %u of a CTL file", n, CTL_RECORDS_MAX);
        if (!names_signer(signer, rec, n))
                return err_set(e, ERR_REF, "the signer of the CTL file is not one of its security tokens");
        if (check_signer(signer, &p, e) < 0)
                return -1;
        w = wbuf_of(mem_alloc(MEM_PKI, CTL_BYTES_MAX), CTL_BYTES_MAX);
        if (!w.buf)
                return err_nomem(e, "writing a CTL file");
        return hand_over(&w, fill_ctl(&w, signer, &p, rec, n, e), out, out_n, e);
}

int sgn_write(const struct ctl_signer *signer, const char *name, time_t when, const uint8_t *payload, size_t n,
              uint8_t **out, size_t *out_n, struct err *e)
{
        struct head_plan p = { .minor = 0, .name = name, .when = when };
        struct wbuf w = { .cap = SGN_HEADER_MAX + n };
        size_t sig;
        int ret;

        if (n > SGN_PAYLOAD_MAX)
                return err_set(e, ERR_RANGE, "%zu bytes are more than the %u of a signed file", n, SGN_PAYLOAD_MAX);
        if (strlen(name) > CTL_NAME_MAX)
                return err_set(e, ERR_RANGE, "the name of a signed file is longer than %u characters", CTL_NAME_MAX);
        if (check_signer(signer, &p, e) < 0)
                return -1;
        w.buf = mem_alloc(MEM_PKI, w.cap);
        if (!w.buf)
                return err_nomem(e, "signing a file for phones");
        sig = put_head(&w, signer, &p);
        wbuf_put(&w, payload, n);
        ret = w.full ? err_set(e, ERR_RANGE, "the header of a signed file is too long") : sign(&w, sig, signer, e);
        if (ret == 0) {
                *out = w.buf;
                *out_n = w.len;
        } else {
                mem_free(w.buf);
        }
        return ret;
}
