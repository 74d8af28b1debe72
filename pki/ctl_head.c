/* Reading the header that CTL files and .sgn files share. */
#include <mbedtls/pk.h>

#include "pki/ctl_tlv.h"
#include "platform/base/str.h"

#define VERSION_AND_LENGTH 10u /* bytes of the first two TLVs, always these */

struct reading {
        const uint8_t *start;
        struct ctl_head *h;
        uint32_t seen; /* bit per tag below 32 */
        uint8_t alg, modulus;
};

/* Text with its NUL at the end and nowhere else; it is shown, so it is escaped. */
static bool text_of(struct cur v, char *out, size_t cap)
{
        if (!v.left || v.left > cap || memchr(v.p, 0, v.left) != v.p + v.left - 1)
                return false;
        str_escape(out, cap, v.p, v.left - 1);
        return true;
}

static bool byte_of(struct cur v, uint8_t *out)
{
        *out = v.left == 1 ? v.p[0] : 0;
        return v.left == 1;
}

static bool serial_of(struct cur v, struct ctl_head *h)
{
        while (v.left > 1 && !v.p[0])
                cur_u8(&v);
        h->serial_n = v.left;
        return v.left && v.left <= sizeof h->serial && cur_copy(&v, h->serial, v.left);
}

/* One TLV; containers are entered by the walk, so only their contents come here. */
static bool take(struct reading *r, uint8_t tag, struct cur v)
{
        struct ctl_head *h = r->h;

        switch (tag) {
        case HEAD_SIGNER_NAME:
                return text_of(v, h->signer, sizeof h->signer);
        case HEAD_SERIAL:
                return serial_of(v, h);
        case HEAD_CA_NAME:
                return text_of(v, h->ca, sizeof h->ca);
        case HEAD_DIGEST:
                return byte_of(v, &h->digest);
        case HEAD_SIG_ALG:
                return byte_of(v, &r->alg);
        case HEAD_MODULUS:
                return byte_of(v, &r->modulus);
        case HEAD_SIGNATURE:
                h->sig_at = (size_t)(v.p - r->start);
                h->sig_bytes = v.left;
                return true;
        case HEAD_FILE_NAME:
                return text_of(v, h->name, sizeof h->name);
        case HEAD_TIME:
                h->has_time = v.left == 4;
                h->time = cur_be32(&v);
                return h->has_time;
        default:
                return true;
        }
}

static bool first_time(struct reading *r, uint8_t tag)
{
        uint32_t bit = tag < 32 ? 1u << tag : 0;
        bool again = r->seen & bit;

        r->seen |= bit;
        return !again;
}

/* The TLVs inside one container. */
static bool take_inner(struct reading *r, struct cur in)
{
        uint8_t tag;
        struct cur v;

        while (in.left) {
                if (!ctl_tlv(&in, &tag, &v) || !first_time(r, tag))
                        return false;
                if (tag == HEAD_SIG_ALG_INFO) { /* the last one, its contents follow in place */
                        if (in.left)
                                return false;
                        in = v;
                } else if (!take(r, tag, v)) {
                        return false;
                }
        }
        return true;
}

static bool only_padding(struct cur c)
{
        while (c.left)
                if (cur_u8(&c) != HEAD_PAD)
                        return false;
        return true;
}

static bool walk(struct reading *r, struct cur in)
{
        uint8_t tag;
        struct cur v;

        while (in.left) {
                if (*in.p == HEAD_PAD)
                        return only_padding(in);
                if (!ctl_tlv(&in, &tag, &v) || !first_time(r, tag))
                        return false;
                if (!(tag == HEAD_SIGNER || tag == HEAD_SIG_INFO ? take_inner(r, v) : take(r, tag, v)))
                        return false;
        }
        return true;
}

#define BIT(tag) (1u << (tag))
#define NEEDED                                                                                                       \
        (BIT(HEAD_SIGNER_NAME) | BIT(HEAD_SERIAL) | BIT(HEAD_CA_NAME) | BIT(HEAD_DIGEST) | BIT(HEAD_SIG_ALG) |       \
         BIT(HEAD_MODULUS) | BIT(HEAD_SIGNATURE) | BIT(HEAD_FILE_NAME))

static int check_signature_fields(const struct reading *r, struct err *e)
{
        if ((r->seen & NEEDED) != NEEDED)
                return err_set(e, ERR_SYNTAX, "the header of the signed file is not complete");
        if (r->alg != 0 || !ctl_md(r->h->digest))
                return err_set(e, ERR_SUPPORT,
                               "the file is signed with algorithm %u and digest %u, which are unknown", r->alg,
                               r->h->digest);
        if (r->modulus > 3 || r->h->sig_bytes != 64u << r->modulus)
                return err_set(e, ERR_SYNTAX, "the signature has %zu bytes, which is not what its header says",
                               r->h->sig_bytes);
        return 0;
}

/* The version and the length come first, whatever follows. */
static int read_start(struct cur *c, size_t n, struct ctl_head *h, struct err *e)
{
        uint8_t tag;
        struct cur v;

        if (!ctl_tlv(c, &tag, &v) || tag != HEAD_VERSION || v.left != 2)
                return err_set(e, ERR_SYNTAX, "this is not a signed file for phones");
        h->major = cur_u8(&v);
        h->minor = cur_u8(&v);
        if (!ctl_tlv(c, &tag, &v) || tag != HEAD_LENGTH || v.left != 2)
                return err_set(e, ERR_SYNTAX, "this is not a signed file for phones");
        h->bytes = cur_be16(&v);
        if (h->bytes < VERSION_AND_LENGTH || h->bytes > n)
                return err_set(e, ERR_SYNTAX, "the header of the signed file has %zu bytes, the file %zu", h->bytes,
                               n);
        if (h->major != 1)
                return err_set(e, ERR_SUPPORT, "signed files of version %u.%u cannot be read (encrypted: 2.0)",
                               h->major, h->minor);
        return 0;
}

int ctl_head_read(const uint8_t *in, size_t n, struct ctl_head *h, struct err *e)
{
        struct reading r = { .start = in, .h = h };
        struct cur c = cur_of(in, n), head;

        *h = (struct ctl_head){ 0 };
        if (read_start(&c, n, h, e) < 0)
                return -1;
        head = cur_child(&c, h->bytes - VERSION_AND_LENGTH);
        r.seen = BIT(HEAD_VERSION) | BIT(HEAD_LENGTH);
        if (head.bad || !walk(&r, head))
                return err_set(e, ERR_SYNTAX, "the header of the signed file is damaged");
        return check_signature_fields(&r, e);
}

bool ctl_head_verify(const uint8_t *in, size_t n, const struct ctl_head *h, const struct cert *by)
{
        mbedtls_pk_context *pk = (mbedtls_pk_context *)(uintptr_t)&cert_x509(by)->pk;
        const mbedtls_md_info_t *md = ctl_md(h->digest);
        uint8_t hash[MBEDTLS_MD_MAX_SIZE];

        return mbedtls_pk_get_type(pk) == MBEDTLS_PK_RSA && mbedtls_pk_get_len(pk) == h->sig_bytes &&
               ctl_hash(md, in, n, h->sig_at, h->sig_bytes, hash) == 0 &&
               mbedtls_pk_verify(pk, mbedtls_md_get_type(md), hash, mbedtls_md_get_size(md), in + h->sig_at,
                                 h->sig_bytes) == 0;
}

/* ---- .sgn ---- */

int sgn_strip(const uint8_t *in, size_t n, struct cur *payload, struct ctl_head *head, struct err *e)
{
        struct ctl_head own, *h = head ? head : &own;
        struct cur c = cur_of(in, n);

        if (ctl_head_read(in, n, h, e) < 0)
                return -1;
        if (h->minor > 2)
                return err_set(e, ERR_SUPPORT, "signed files of version 1.%u cannot be read", h->minor);
        cur_take(&c, h->bytes);
        *payload = c;
        return 0;
}

bool sgn_verify(const uint8_t *in, size_t n, const struct cert *by)
{
        struct ctl_head h;

        return ctl_head_read(in, n, &h, NULL) == 0 && ctl_head_verify(in, n, &h, by);
}
