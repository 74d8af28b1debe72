/* Keys, certificates and trustpoints out of the asset store. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include <mbedtls/oid.h>

#include "cli/conf/store.h"
#include "pki/ctl_make.h"
#include "pki/keystore.h"
#include "pki/x509_util.h"

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

/* One attribute a line. */
static void show_name(struct session *s, const char *name, const struct cert *c, attr_fn attr)
{
        char text[300];

        table_list(session_table(s), name);
        for (unsigned i = 0; attr(c, i, text, sizeof text); i++)
                ITEM(s, "    %s\n", cell_str(NULL, text));
        table_close(session_table(s));
}

static const char *key_type(const mbedtls_x509_crt *x)
{
        return mbedtls_pk_get_type(&x->pk) == MBEDTLS_PK_RSA ? "RSA" : "ECDSA";
}

static void show_signature(struct session *s, const mbedtls_x509_crt *x)
{
        const mbedtls_md_info_t *md = mbedtls_md_info_from_type(x->sig_md);
        bool rsa = x->sig_pk == MBEDTLS_PK_RSA || x->sig_pk == MBEDTLS_PK_RSASSA_PSS;

        PUT(s, "  Signature Algorithm: %s with %s Encryption\n",
            cell_str("signature_digest", md ? mbedtls_md_get_name(md) : "unknown"),
            cell_str("signature_key_type", rsa ? "RSA" : "ECDSA"));
}

static void show_validity(struct session *s, const mbedtls_x509_crt *x)
{
        time_t from = x509_time(&x->valid_from), to = x509_time(&x->valid_to);
        struct tz z;
        char t[48];

        box_tz(session_box(s), &z);
        out(s, "  Validity Date: \n");
        PUT(s, "    start date: %s\n", cell_as(cell_time("not_before", from * NS_PER_S), tz_stamp(&z, from, t)));
        PUT(s, "    end   date: %s\n", cell_as(cell_time("not_after", to * NS_PER_S), tz_stamp(&z, to, t)));
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
        table_object(session_table(s), NULL);
        PUT(s, "%s\n  Status: Available\n  Certificate Serial Number: %s\n",
            cell_as(cell_bool("ca", ca), ca ? "CA Certificate" : "Certificate"), cell_str("serial_number", serial));
        PUT(s, "  Certificate Usage: %s\n", cell_str("usage", usage_of(x)));
        PUT(s, "  Public Key Type: %s (%s bits)\n", cell_str("public_key_type", key_type(x)),
            cell_num("public_key_bits", mbedtls_pk_get_bitlen(&x->pk)));
        show_signature(s, x);
        out(s, "  Issuer Name: \n");
        show_name(s, "issuer", c, cert_issuer_attr);
        out(s, "  Subject Name:\n");
        show_name(s, "subject", c, cert_subject_attr);
        show_validity(s, x);
        PUT(s, "  Associated Trustpoints: %s \n\n", cell_str("trustpoint", tp));
        table_close(session_table(s));
}

static int show_certificates(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        struct tp_names *t = trustpoints(b, arg_str(a, "TRUSTPOINT"));

        table_list(session_table(s), "certificates");
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
        table_close(session_table(s));
        return listed(t, e);
}

/* ---- show crypto ca trustpoints ---- */

static void show_trustpoint(struct session *s, const struct tp_name *tp)
{
        struct tp_assets as;
        char serial[80];

        keystore_tp_get(session_box(s)->keys, tp->name, &as);
        table_object(session_table(s), NULL);
        PUT(s, "\nTrustpoint %s:\n", cell_str("name", tp->name), cell_bool("certificate", as.id != NULL),
            cell_bool("ca_certificate", as.nca != 0), cell_bool("self_signed", tp->self));
        if (as.nca) {
                out(s, "    Subject Name: \n");
                show_name(s, "ca_subject", as.ca[0], cert_subject_attr);
                cert_serial_text(as.ca[0], serial, sizeof serial);
                PUT(s, "          Serial Number: %s\n", cell_str("ca_serial_number", serial));
        }
        if (as.id)
                out(s, "    Certificate configured.\n");
        else if (!as.nca)
                out(s, tp->self ? "    Configured for self-signed certificate generation.\n"
                                : "    Not authenticated.\n");
        table_close(session_table(s));
        tp_assets_put(&as);
}

static int show_trustpoints(struct session *s, const struct args *a, struct err *e)
{
        struct tp_names *t = trustpoints(session_box(s), arg_str(a, "TRUSTPOINT"));

        table_list(session_table(s), "trustpoints");
        for (unsigned i = 0; t && i < t->n; i++)
                show_trustpoint(s, &t->tp[i]);
        table_close(session_table(s));
        out(s, "\n");
        return listed(t, e);
}

/* ---- show crypto key mypubkey ---- */

#define DER_MAX 2048u

/* Rows of 32 bytes; the document has them in one. */
static void show_der(struct session *s, const struct keypair *k)
{
        uint8_t der[DER_MAX];
        char hex[2 * DER_MAX + 1] = "";
        size_t n = keypair_public_der(k, der, sizeof der);

        for (size_t i = 0; i < n; i++) {
                snprintf(hex + 2 * i, 3, "%02x", der[i]);
                out(s, "%s%02x%s", i % 32 ? "" : "  ", der[i],
                    i + 1 == n || i % 32 == 31 ? "\n"
                    : i % 4 == 3               ? " "
                                               : "");
        }
        PUT(s, "\n", cell_str("key_data", hex));
}

static void show_key(struct session *s, const struct tz *z, const char *name, const struct keypair *k)
{
        char when[48];
        time_t created = keypair_created(k);

        table_object(session_table(s), NULL);
        PUT(s, "Key pair was generated at: %s\nKey name: %s\n Usage: General Purpose Key\n",
            cell_as(cell_time("generated", created * NS_PER_S), tz_stamp(z, created, when)), cell_str("name", name));
        PUT(s, keypair_is_rsa(k) ? " Modulus Size (bits): %s\n" : " EC Size (bits): %s\n",
            cell_num("bits", keypair_bits(k)));
        out(s, " Key Data:\n\n");
        show_der(s, k);
        table_close(session_table(s));
}

static int show_keys(struct session *s, enum keypair_kind kind)
{
        struct box *b = session_box(s);
        char name[129];
        struct tz z;

        box_tz(b, &z);
        table_list(session_table(s), "keys");
        for (unsigned i = 0; keystore_key_name(b->keys, i, name); i++) {
                struct keypair *k = keystore_key_get(b->keys, name);

                if (k && keypair_kind(k) == kind)
                        show_key(s, &z, name, k);
                keypair_put(k);
        }
        table_close(session_table(s));
        return 0;
}

static int show_rsa_keys(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        return show_keys(s, KEYPAIR_RSA);
}

static int show_ecdsa_keys(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        return show_keys(s, KEYPAIR_EC);
}

static int show_eddsa_keys(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        return show_keys(s, KEYPAIR_ED25519);
}

const struct exec_row exec_show_crypto[] = {
        { "show crypto ca certificates [TRUSTPOINT:ref(any-trustpoint)]", "Show certificates", 15 | EXEC_TABLE,
          show_certificates },
        { "show crypto ca trustpoints [TRUSTPOINT:ref(any-trustpoint)]", "Show trustpoints", 15 | EXEC_TABLE,
          show_trustpoints },
        { "show crypto key mypubkey rsa", "Show public keys", 15 | EXEC_TABLE, show_rsa_keys },
        { "show crypto key mypubkey ecdsa", "Show public keys on elliptic curves", 15 | EXEC_TABLE, show_ecdsa_keys },
        { "show crypto key mypubkey eddsa", "Show public keys of EdDSA", 15 | EXEC_TABLE, show_eddsa_keys },
        { 0 },
};
