#include <string.h>

#include "cli/cmd/crypto.h"
#include "cli/conf/running.h"
#include "pki/dn.h"

#define T struct trustpoint_conf

static int check_subject(struct conf_ctx *c, void *obj, struct err *e)
{
        struct dn dn = { 0 };

        (void)c;
        return *((T *)obj)->subject ? dn_parse(&dn, ((T *)obj)->subject, e) : 0;
}

static int check_ip(struct conf_ctx *c, void *obj, struct err *e)
{
        const T *t = obj;
        struct addr a;

        (void)c;
        if (*t->ip_address && !addr_parse(t->ip_address, &a))
                return err_set(e, ERR_SYNTAX, "%s is not an IP address", t->ip_address);
        return 0;
}

static const char *enrollment_inert(const struct store *s, const void *obj)
{
        (void)s;
        return ((const T *)obj)->enrollment == ENROLL_URL ? "certificates are not fetched from a URL" : NULL;
}

static const char *revocation_inert(const struct store *s, const void *obj)
{
        (void)s;
        return ((const T *)obj)->revocation != REVOKE_NONE ? "revocation is not checked" : NULL;
}

static const struct cmd_bind bind[] = {
        BIND_KEY("terminal", T, enrollment, ENROLL_TERMINAL),
        BIND_KEY("self", T, enrollment, ENROLL_SELF),
        BIND_TAGGED("URL", T, url, enrollment, ENROLL_URL),
        BIND_FLAG("proxy-ldc-issuer", T, proxy_ldc_issuer),
        BIND("FQDN", T, fqdn),
        BIND("EMAIL", T, email),
        BIND("DN", T, subject),
        BIND_FLAG("serial-number", T, serial_number),
        BIND("ADDRESS", T, ip_address),
        { .name = "PASSWORD", FIELD_(T, password), .flags = BIND_SECRET },
        BIND("LABEL", T, keypair),
        BIND_KEY("crl", T, revocation, REVOKE_CRL),
        BIND_KEY("crl none", T, revocation, REVOKE_CRL_NONE),
        BIND_KEY("ocsp", T, revocation, REVOKE_OCSP),
        BIND_WORD("ssl-ipsec", T, id_usage),
        BIND_WORD("code-signer", T, id_usage),
        BIND_KEY("ipsec", T, client_types, CLIENTS_IPSEC),
        BIND_KEY("ssl", T, client_types, CLIENTS_SSL),
        BIND_KEY("ipsec ssl", T, client_types, CLIENTS_BOTH),
        BIND_KEY("ssl ipsec", T, client_types, CLIENTS_BOTH),
        BIND_KEY("ipsec-client", T, validation_usage, TP_IPSEC_CLIENT),
        BIND_KEY("ssl-client", T, validation_usage, TP_SSL_CLIENT),
        BIND_KEY("ssl-server", T, validation_usage, TP_SSL_SERVER),
        BIND_KEY("ipsec-client ssl-client", T, validation_usage, TP_BOTH_CLIENTS),
        BIND_KEY("ssl-client ipsec-client", T, validation_usage, TP_BOTH_CLIENTS),
        BIND_FLAG("accept-subordinates", T, no_accept_subordinates),
        BIND_FLAG("id-cert-issuer", T, no_id_cert_issuer),
        BIND_FLAG("ignore-ssl-keyusage", T, ignore_ssl_keyusage),
        BIND_FLAG("accept-expired-phone-certificate", T, accept_expired_phone),
        { 0 },
};

#define NOT_LOOKED_AT "it is not looked at when certificates are checked"
#define LEAF(g, hlp, ...)                                                                                            \
        {                                                                                                            \
                ROW_LEAF, g, hlp, .bind = bind, .dirty = DIRTY_PKI, ##__VA_ARGS__                                    \
        }

#define CRL(g, hlp) KEPT_BOTH(offsetof(T, crl), g, hlp, "revocation is not checked")
static const struct cmd_row crl_rows[] = {
        CRL("{cache-time|default|ldap-defaults|ldap-dn|policy|protocol|url} WHAT:line(200)",
            "How lists of revoked certificates are got"),
        CRL("enforcenextupdate", "Lists that are out of date are not used"),
        END,
};
static const struct cmd_mode crl_mode = { "config-ca-crl", "crl configuration commands:", crl_rows };

static void write_crl(struct running *r, const struct cmd_row *row, const void *obj)
{
        running_line(r, row, obj, "%s", row->line);
        running_mode(r, &crl_mode, obj);
}

static const struct cmd_row tp_rows[] = {
        LEAF("enrollment {terminal|self|url URL:word(255)}", "How certificates are got",
             .inert_if = enrollment_inert),
        LEAF("proxy-ldc-issuer", "An issuer for TLS proxy local dynamic certificates"),
        LEAF("fqdn FQDN:word(255)", "Domain name in the certificate, or none"),
        LEAF("email EMAIL:word(127)", "Mail address in the certificate"),
        LEAF("subject-name DN:line(512)", "Subject name of the certificate", .check = check_subject),
        LEAF("serial-number", "Serial number in the subject name"),
        LEAF("ip-address ADDRESS:word(45)", "IP address in the certificate", .check = check_ip),
        LEAF("password PASSWORD:word(79)", "Challenge password for the CA"),
        LEAF("keypair LABEL:newname(128)", "Key pair to be certified"),
        LEAF("revocation-check {none|crl|crl none|ocsp}", "How revocation is checked", .inert_if = revocation_inert),
        LEAF("id-usage {ssl-ipsec|code-signer}", "Use of the identity certificate", .inert = NOT_LOOKED_AT),
        LEAF("client-types {ipsec|ssl|ipsec ssl|ssl ipsec}", "Clients that are checked", .inert = NOT_LOOKED_AT),
        LEAF("validation-usage {ipsec-client|ssl-client|ssl-server|ipsec-client ssl-client|ssl-client ipsec-client}",
             "Uses that are checked", .inert = NOT_LOOKED_AT),
        LEAF("accept-subordinates", "Accept subordinate CA certificates", .flags = ROW_INVERSE,
             .inert = NOT_LOOKED_AT),
        LEAF("id-cert-issuer", "Accept identities issued by this CA", .flags = ROW_INVERSE, .inert = NOT_LOOKED_AT),
        LEAF("accept-expired-phone-certificate",
             "Let phones of this CA in whose certificate has expired (each use is logged)"),
        LEAF("ignore-ssl-keyusage", "Accept certificates without the key usage of SSL", .inert = NOT_LOOKED_AT),
        KEPT_IN(offsetof(T, kept), "enrollment retry {count|period} WHAT:line(20)", "How often a CA is asked",
                "certificates are not fetched from a URL"),
        { ROW_MODE, "crl configure", "CRL options", .mode = &crl_mode, .flags = ROW_SAME | ROW_NO_NO,
          .write = write_crl },
        END,
};
static const struct cmd_mode tp_mode = { "config-ca-trustpoint",
                                         "crypto ca trustpoint configuration commands:", tp_rows };

const struct cmd_row rows_trustpoint[] = {
        { ROW_MODE, "crypto ca trustpoint NAME:newname(128) [noconfirm]", "Define a CA trustpoint", NULL,
          DIRTY_PKI | DIRTY_PROXY, STORE(pki.trustpoints), &tp_mode, .kind_name = "trustpoint", .init = init_trustpoint,
          .dialog = &dialog_no_trustpoint },
        END,
};

/* ---- no crypto ca trustpoint ---- */
static struct keystore *keys_of(const struct dialog *d)
{
        return d->conf->keys ? d->conf->keys : d->box ? d->box->keys : NULL;
}

/* Is there a certificate that would be lost? In a configuration aside its chains tell. */
static bool has_certificates(struct dialog *d, const char *name)
{
        struct keystore *k = keys_of(d);
        struct tp_assets a = { 0 };
        bool has;

        dialog_lock(d);
        if (k)
                keystore_tp_get(k, name, &a);
        has = a.id || a.nca || conf_list_find(&d->conf->store->pki.chains, name);
        dialog_unlock(d);
        tp_assets_put(&a);
        return has;
}

static enum dialog_next remove_it(struct dialog *d)
{
        const char *name = arg_str(d->args, "NAME");
        struct store *s = d->conf->store;
        struct keystore *k = keys_of(d);
        bool enrolled = has_certificates(d, name);
        struct conf_obj *tp, *chain;
        struct err e = { 0 };
        char where[160];

        dialog_lock(d);
        tp = conf_list_find(&s->pki.trustpoints, name);
        if (!tp)
                err_set(&e, ERR_REF, "Trustpoint %s not found", name);
        else if (store_in_use(s, "trustpoint", name, where, sizeof where))
                err_set(&e, ERR_INUSE, "Trustpoint %s is being used: %s", name, where);
        else if (k && s == (d->box ? d->box->store : s) && keystore_tp_del(k, name, &e) < 0 && e.code == ERR_REF)
                e = (struct err){ 0 }; /* never enrolled: there are no certificates to remove */
        if (e.code == ERR_NONE && tp) {
                chain = conf_list_find(&s->pki.chains, name);
                if (chain)
                        conf_list_del(&s->pki.chains, chain);
                conf_list_del(&s->pki.trustpoints, tp);
                crypto_changed(d);
        }
        dialog_unlock(d);
        if (e.code != ERR_NONE)
                return dialog_fail(d, &e);
        if (enrolled)
                dialog_say(d, "INFO: Be sure to ask the CA administrator to revoke your certificates.\n");
        return DIALOG_DONE;
}

static enum dialog_next no_step(struct dialog *d, const char *answer)
{
        if (answer)
                return strcmp(answer, "yes") ? DIALOG_DONE : remove_it(d);
        if (arg_has(d->args, "noconfirm") || !has_certificates(d, arg_str(d->args, "NAME")))
                return remove_it(d);
        dialog_say(d, "WARNING: Removing an enrolled trustpoint will destroy all certificates\n"
                      "received from the related Certificate Authority.\n\n");
        return dialog_ask(d, DIALOG_YESNO, "yes", "Are you sure you want to do this? [yes/no]: ");
}

const struct dialog_row dialog_no_trustpoint = { "no crypto ca trustpoint", 0, no_step, NULL };

/* ---- commands ---- */
#define CALL(g, hlp, dlg)                                                                                            \
        {                                                                                                            \
                ROW_CALL, g, hlp, .dialog = &dlg, .flags = ROW_NO_NO                                                 \
        }

const struct cmd_row rows_crypto[] = {
        CALL("crypto key generate rsa [{usage-keys|general-keys}] [label LABEL:newname(128)] "
             "[modulus {512|768|1024|2048|3072|4096}] [noconfirm]",
             "Generate an RSA key pair", dialog_key_generate),
        CALL("crypto key generate ecdsa [label LABEL:newname(128)] [elliptic-curve {256|384|521}] [noconfirm]",
             "Generate an ECDSA key pair", dialog_ecdsa_generate),
        CALL("crypto key generate eddsa [label LABEL:newname(128)] [edwards-curve ed25519] [noconfirm]",
             "Generate an EdDSA key pair, for SSH", dialog_eddsa_generate),
        CALL("crypto key zeroize rsa [{label LABEL:newname(128)|default}] [noconfirm]", "Remove RSA key pairs",
             dialog_key_zeroize),
        CALL("crypto key zeroize ecdsa [{label LABEL:newname(128)|default}] [noconfirm]", "Remove ECDSA key pairs",
             dialog_ecdsa_zeroize),
        CALL("crypto key zeroize eddsa [{label LABEL:newname(128)|default}] [noconfirm]", "Remove EdDSA key pairs",
             dialog_eddsa_zeroize),
        CALL("crypto ca authenticate NAME:ref(trustpoint) [fingerprint FINGERPRINT:hex(64)] [nointeractive]",
             "Take in the certificate of a CA, or a server's own, pasted", dialog_authenticate),
        CALL("crypto ca enroll NAME:ref(trustpoint) [noconfirm]", "Request a certificate from a CA", dialog_enroll),
        CALL("crypto ca import NAME:newname(128) certificate [nointeractive]", "Import the certificate a CA issued",
             dialog_import_certificate),
        CALL("crypto ca import NAME:newname(128) pkcs12 PASS:secret(127) [nointeractive]",
             "Import a key pair with its certificates", dialog_import_pkcs12),
        CALL("crypto ca export NAME:ref(any-trustpoint) identity-certificate", "Show the identity certificate",
             dialog_export_certificate),
        CALL("crypto ca export NAME:ref(any-trustpoint) pkcs12 PASS:secret(127)",
             "Show key pair and certificates, encrypted", dialog_export_pkcs12),
        END,
};
