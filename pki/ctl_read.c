/* Reading a whole CTL file and judging it as a phone does that has none yet. */
#include <stdio.h>

#include "pki/ctl_tlv.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

#define KEY_DER_MAX 2100u

/* A record as it stands in the file. */
struct raw {
        uint32_t seen;
        struct cur dns, role, issuer, serial, key, cert, addr;
};

static bool take(struct raw *r, uint8_t tag, struct cur v)
{
        uint32_t bit = tag < 32 ? 1u << tag : 0;
        struct cur *at[] = {
                [REC_DNS] = &r->dns, [REC_ROLE] = &r->role, [REC_ISSUER] = &r->issuer, [REC_SERIAL] = &r->serial,
                [REC_KEY] = &r->key, [REC_CERT] = &r->cert, [REC_ADDRESS] = &r->addr
        };

        if (r->seen & bit)
                return false;
        r->seen |= bit;
        if (tag < ARRAY_LEN(at) && at[tag])
                *at[tag] = v;
        return true;
}

/* The record at c, which moves behind it. */
static bool read_raw(struct cur *c, struct raw *r)
{
        struct cur v, body;
        uint8_t tag;
        size_t n;

        *r = (struct raw){ .seen = 1u << REC_LENGTH };
        if (!ctl_tlv(c, &tag, &v) || tag != REC_LENGTH || v.left != 2)
                return false;
        n = cur_be16(&v);
        if (n < REC_LENGTH_BYTES)
                return false;
        body = cur_child(c, n - REC_LENGTH_BYTES);
        if (body.bad)
                return false;
        while (body.left)
                if (!ctl_tlv(&body, &tag, &v) || !take(r, tag, v))
                        return false;
        return r->role.left == 2;
}

static bool same_bytes(struct cur a, struct cur b)
{
        return a.left == b.left && (!a.left || !memcmp(a.p, b.p, a.left));
}

static struct cur minimal(struct cur v)
{
        while (v.left > 1 && !v.p[0])
                cur_u8(&v);
        return v;
}

/* A phone checks signatures with the record's key and finds it by the record's serial: both must be the
 * certificate's.
 */
static bool fits_certificate(const struct raw *r, const struct cert *c)
{
        uint8_t der[KEY_DER_MAX];

        if (r->serial.left && !same_bytes(minimal(r->serial), ctl_serial(c)))
                return false;
        return !r->key.left || same_bytes(r->key, ctl_public_key(c, der, sizeof der));
}

static bool take_dns(struct cur v, char out[CTL_NAME_MAX + 1])
{
        if (!v.left)
                return true;
        if (v.left > CTL_NAME_MAX + 1 || memchr(v.p, 0, v.left) != v.p + v.left - 1)
                return false;
        str_escape(out, CTL_NAME_MAX + 1, v.p, v.left - 1);
        return true;
}

static bool take_addr(struct cur v, struct addr *out)
{
        size_t n = v.left;

        if (n == 4) {
                *out = addr_v4(cur_be32(&v));
                if (!out->v4)
                        out->fam = ADDR_NONE;
        } else if (n == 16) {
                out->fam = ADDR_V6;
                cur_copy(&v, out->v6, 16);
        }
        return n == 0 || n == 4 || n == 16;
}

static int take_record(struct cur *c, struct raw *raw, struct ctl_record *r, unsigned no, struct err *e)
{
        struct err why = { 0 };

        if (!read_raw(c, raw) || !take_dns(raw->dns, r->dns) || !take_addr(raw->addr, &r->addr))
                return err_set(e, ERR_SYNTAX, "record %u of the CTL file is damaged", no);
        r->role = cur_be16(&raw->role);
        if (!raw->cert.left)
                return 0;
        r->cert = cert_from_der(raw->cert.p, raw->cert.left, &why);
        if (!r->cert)
                return err_set(e, why.code, "record %u of the CTL file: %s", no, why.text);
        if (!fits_certificate(raw, r->cert))
                return err_set(e, ERR_CRYPTO, "record %u of the CTL file does not fit the certificate in it", no);
        return 0;
}

/* Is this the security token that the header names? */
static bool is_signer(const struct ctl_head *h, const struct raw *raw, const struct ctl_record *r)
{
        char issuer[CTL_DN_MAX + 1];

        if (r->role != CTL_SAST || !r->cert || !same_bytes(ctl_serial(r->cert), cur_of(h->serial, h->serial_n)) ||
            !raw->issuer.left || raw->issuer.left > sizeof issuer)
                return false;
        str_escape(issuer, sizeof issuer, raw->issuer.p, raw->issuer.left - 1);
        return !strcmp(issuer, h->ca);
}

static int read_records(const uint8_t *in, size_t n, struct ctl_file *f, struct err *e)
{
        struct cur c = cur_of(in, n);
        bool verified = false;

        cur_take(&c, f->head.bytes);
        while (c.left) {
                struct ctl_record *r = &f->rec[f->n];
                struct raw raw;

                if (f->n == CTL_RECORDS_MAX)
                        return err_set(e, ERR_LIMIT, "the CTL file has more than %u records", CTL_RECORDS_MAX);
                f->n++;
                if (take_record(&c, &raw, r, f->n, e) < 0)
                        return -1;
                verified |= !verified && is_signer(&f->head, &raw, r) && ctl_head_verify(in, n, &f->head, r->cert);
        }
        return verified ? 0
                        : err_set(e, ERR_CRYPTO,
                                  "the signature of the CTL file is not that of a security token in it");
}

int ctl_parse(const uint8_t *in, size_t n, struct ctl_file *out, struct err *e)
{
        *out = (struct ctl_file){ 0 };
        if (n > CTL_BYTES_MAX)
                return err_set(e, ERR_LIMIT, "a CTL file of %zu bytes is longer than %u", n, CTL_BYTES_MAX);
        if (ctl_head_read(in, n, &out->head, e) == 0 && read_records(in, n, out, e) == 0)
                return 0;
        ctl_file_fini(out);
        return -1;
}

void ctl_file_fini(struct ctl_file *f)
{
        for (unsigned i = 0; i < f->n; i++)
                cert_put(f->rec[i].cert);
        f->n = 0;
}

/* ---- listing ---- */

static bool is_container(unsigned record, uint8_t tag)
{
        return !record && (tag == HEAD_SIGNER || tag == HEAD_SIG_INFO || tag == HEAD_SIG_ALG_INFO);
}

/* A container's contents follow it at once, so a flat walk that steps into it lists them all. */
static bool list(struct cur c, unsigned record, ctl_tlv_fn fn, void *ctx)
{
        while (c.left && (record || *c.p != HEAD_PAD)) {
                struct cur before = c, v;
                uint8_t tag;

                if (!ctl_tlv(&c, &tag, &v))
                        return false;
                fn(ctx, record, tag, v);
                if (is_container(record, tag)) {
                        c = before;
                        cur_take(&c, 3);
                }
        }
        return true;
}

int ctl_each(const uint8_t *in, size_t n, ctl_tlv_fn fn, void *ctx)
{
        struct cur c = cur_of(in, n);
        struct ctl_head h;

        if (n > CTL_BYTES_MAX || ctl_head_read(in, n, &h, NULL) < 0 || !list(cur_child(&c, h.bytes), 0, fn, ctx))
                return -1;
        for (unsigned i = 1; c.left && i <= CTL_RECORDS_MAX; i++) {
                struct cur peek = c;

                cur_take(&peek, 3);
                if (!list(cur_child(&c, cur_be16(&peek)), i, fn, ctx) || peek.bad || c.bad)
                        return -1;
        }
        return c.left ? -1 : 0;
}
