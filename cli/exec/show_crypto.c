/* Keys, certificates and trustpoints out of the asset store. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include <mbedtls/oid.h>

#include "cli/store.h"
#include "pki/ctl_make.h"
#include "pki/keystore.h"

#define NAMES_MAX 256

/* ---- trustpoint names, copied under the lock ---- */

struct tp_name {
        char name[TRUSTPOINT_NAME_MAX + 1];
        bool self;
};

struct tp_names {
        const char *only; /* NULL: all */
        unsigned n;
        struct tp_name tp[NAMES_MAX];
};

static void take_name(struct tp_names *t, const char *name, bool self)
{
        if (t->n == NAMES_MAX || (t->only && strcmp(t->only, name) != 0))
                return;
        str_copy(t->tp[t->n].name, sizeof t->tp[t->n].name, name);
        t->tp[t->n++].self = self;
}

/* Those a ctl-file has made: it shows them for as long as it is there. */
static void take_made(struct tp_names *t, struct keystore *k, const struct ctl_file_conf *c)
{
        char name[TRUSTPOINT_NAME_MAX + 1];

        for (unsigned i = 0; ctl_asset_at(c, i, name); i++) {
                struct tp_assets as;

                keystore_tp_get(k, name, &as);
                if (as.id || as.nca)
                        take_name(t, name, true);
                tp_assets_put(&as);
        }
}

/* The configured trustpoints and those made here, or the one asked for. NULL: no memory. The caller frees it. */
static struct tp_names *trustpoints(struct box *b, const char *only)
{
        struct tp_names *t = mem_alloc(MEM_CLI, sizeof *t);

        if (!t)
                return NULL;
        t->only = only;
        pthread_mutex_lock(&b->conf_lock);
        conf_each(struct trustpoint_conf, tp, &b->store->pki.trustpoints)
                take_name(t, tp->o.name, tp->enrollment == ENROLL_SELF);
        conf_each(struct ctl_file_conf, c, &b->store->pki.ctl_files)
                take_made(t, b->keys, c);
        pthread_mutex_unlock(&b->conf_lock);
        return t;
}

/* The end of a listing. */
static int listed(struct tp_names *t, struct err *e)
{
        int ret = !t                 ? err_nomem(e, "listing trustpoints")
                  : t->only && !t->n ? err_set(e, ERR_REF, "Trustpoint %s does not exist", t->only)
                                     : 0;

        mem_free(t);
        return ret;
}

/* ---- one certificate ---- */

typedef bool (*attr_fn)(const struct cert *c, unsigned idx, char *out, size_t cap);

static void show_name(struct session *s, const struct cert *c, attr_fn attr, const char *indent)
{
        char text[300];

        for (unsigned i = 0; attr(c, i, text, sizeof text); i++)
                out(s, "%s%s\n", indent, text);
}

static time_t time_of(const mbedtls_x509_time *t)
{
        struct tm tm = { .tm_year = t->year - 1900,
                         .tm_mon = t->mon - 1,
                         .tm_mday = t->day,
                         .tm_hour = t->hour,
                         .tm_min = t->min,
                         .tm_sec = t->sec };

        return timegm(&tm);
}

static const char *key_type(const mbedtls_x509_crt *x)
{
        return mbedtls_pk_get_type(&x->pk) == MBEDTLS_PK_RSA ? "RSA" : "ECDSA";
}

static void show_signature(struct session *s, const mbedtls_x509_crt *x)
{
        const mbedtls_md_info_t *md = mbedtls_md_info_from_type(x->sig_md);

        out(s, "  Signature Algorithm: %s with %s Encryption\n", md ? mbedtls_md_get_name(md) : "unknown",
            x->sig_pk == MBEDTLS_PK_RSA || x->sig_pk == MBEDTLS_PK_RSASSA_PSS ? "RSA" : "ECDSA");
}

static void show_validity(struct session *s, const mbedtls_x509_crt *x)
{
        struct tz z;
        char t[48];

        box_tz(session_box(s), &z);
        out(s, "  Validity Date: \n");
        out(s, "    start date: %s\n", tz_stamp(&z, time_of(&x->valid_from), t));
        out(s, "    end   date: %s\n", tz_stamp(&z, time_of(&x->valid_to), t));
}

/* What its key may do, if the certificate says. */
static const char *usage_of(const mbedtls_x509_crt *x)
{
        const unsigned sign = MBEDTLS_X509_KU_DIGITAL_SIGNATURE | MBEDTLS_X509_KU_NON_REPUDIATION |
                              MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN;
        const unsigned crypt =
                MBEDTLS_X509_KU_KEY_ENCIPHERMENT | MBEDTLS_X509_KU_DATA_ENCIPHERMENT | MBEDTLS_X509_KU_KEY_AGREEMENT;

        if (!(x->ext_types & MBEDTLS_X509_EXT_KEY_USAGE) || (x->key_usage & sign && x->key_usage & crypt))
                return "General Purpose";
        return x->key_usage & crypt ? "Encryption" : "Signature";
}

static void show_cert(struct session *s, const struct cert *c, bool ca, const char *tp)
{
        const mbedtls_x509_crt *x = cert_x509(c);
        char serial[80];

        cert_serial_text(c, serial, sizeof serial);
        out(s, "%s\n  Status: Available\n  Certificate Serial Number: %s\n", ca ? "CA Certificate" : "Certificate",
            serial);
        out(s, "  Certificate Usage: %s\n", usage_of(x));
        out(s, "  Public Key Type: %s (%zu bits)\n", key_type(x), mbedtls_pk_get_bitlen(&x->pk));
        show_signature(s, x);
        out(s, "  Issuer Name: \n");
        show_name(s, c, cert_issuer_attr, "    ");
        out(s, "  Subject Name:\n");
        show_name(s, c, cert_subject_attr, "    ");
        show_validity(s, x);
        out(s, "  Associated Trustpoints: %s \n\n", tp);
}

static int show_certificates(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        struct tp_names *t = trustpoints(b, arg_str(a, "TRUSTPOINT"));

        for (unsigned i = 0; t && i < t->n; i++) {
                const char *name = t->tp[i].name;
                struct tp_assets as;

                keystore_tp_get(b->keys, name, &as);
                if (as.id)
                        show_cert(s, as.id, false, name);
                for (unsigned k = 0; k < as.nca; k++)
                        show_cert(s, as.ca[k], true, name);
                tp_assets_put(&as);
        }
        return listed(t, e);
}

/* ---- show crypto ca trustpoints ---- */

static void show_trustpoint(struct session *s, const struct tp_name *tp)
{
        struct tp_assets as;
        char serial[80];

        keystore_tp_get(session_box(s)->keys, tp->name, &as);
        out(s, "\nTrustpoint %s:\n", tp->name);
        if (as.nca) {
                out(s, "    Subject Name: \n");
                show_name(s, as.ca[0], cert_subject_attr, "    ");
                cert_serial_text(as.ca[0], serial, sizeof serial);
                out(s, "          Serial Number: %s\n", serial);
        }
        if (as.id)
                out(s, "    Certificate configured.\n");
        else if (!as.nca)
                out(s, tp->self ? "    Configured for self-signed certificate generation.\n"
                                : "    Not authenticated.\n");
        tp_assets_put(&as);
}

static int show_trustpoints(struct session *s, const struct args *a, struct err *e)
{
        struct tp_names *t = trustpoints(session_box(s), arg_str(a, "TRUSTPOINT"));

        for (unsigned i = 0; t && i < t->n; i++)
                show_trustpoint(s, &t->tp[i]);
        out(s, "\n");
        return listed(t, e);
}

/* ---- show crypto key mypubkey ---- */

static void show_hex(struct session *s, const uint8_t *p, size_t n)
{
        for (size_t i = 0; i < n; i++)
                out(s, "%s%02x%s", i % 32 ? "" : "  ", p[i],
                    i + 1 == n || i % 32 == 31 ? "\n"
                    : i % 4 == 3               ? " "
                                               : "");
}

static int show_keys(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        char name[129], when[48];
        struct tz z;

        box_tz(b, &z);
        for (unsigned i = 0; keystore_key_name(b->keys, i, name); i++) {
                struct keypair *k = keystore_key_get(b->keys, name);
                uint8_t der[2048];
                size_t n = k ? keypair_public_der(k, der, sizeof der) : 0;

                if (!k)
                        continue;
                out(s, "Key pair was generated at: %s\nKey name: %s\n Usage: General Purpose Key\n",
                    tz_stamp(&z, keypair_created(k), when), name);
                out(s, " Modulus Size (bits): %u\n Key Data:\n\n", keypair_bits(k));
                show_hex(s, der, n);
                out(s, "\n");
                keypair_put(k);
        }
        return 0;
}

const struct exec_row exec_show_crypto[] = {
        { "show crypto ca certificates [TRUSTPOINT:ref(any-trustpoint)]", "Show certificates", 15,
          show_certificates },
        { "show crypto ca trustpoints [TRUSTPOINT:ref(any-trustpoint)]", "Show trustpoints", 15, show_trustpoints },
        { "show crypto key mypubkey rsa", "Show public keys", 15, show_keys },
        { 0 },
};
