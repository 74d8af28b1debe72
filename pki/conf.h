/* Trustpoints and SSL settings as typed. Keys and certificates themselves are assets on flash (pki/keystore.h). */
#ifndef VOXGATE_PKI_CONF_H
#define VOXGATE_PKI_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/base/conf_list.h"
#include "platform/net/conf.h"

#define TRUSTPOINT_NAME_MAX 128
#define KEYPAIR_NAME_MAX 128
#define DN_TEXT_MAX 512

/* Kept and printed; nobody looks at them. 0: not said. */
enum tp_clients { CLIENTS_IPSEC = 1, CLIENTS_SSL, CLIENTS_BOTH };
enum tp_usage { TP_IPSEC_CLIENT = 1, TP_SSL_CLIENT, TP_SSL_SERVER, TP_BOTH_CLIENTS };

struct trustpoint_conf {
        struct conf_obj o;
        enum { ENROLL_NONE, ENROLL_TERMINAL, ENROLL_SELF, ENROLL_URL } enrollment;
        char url[256];
        char subject[DN_TEXT_MAX + 1];      /* as typed, "" unset */
        char fqdn[256];                     /* "" default, "none" */
        char keypair[KEYPAIR_NAME_MAX + 1]; /* "" = <Default-RSA-Key> */
        char ip_address[46], email[128], password[80];
        bool serial_number, proxy_ldc_issuer, ignore_ssl_keyusage;
        bool no_accept_subordinates, no_id_cert_issuer;
        bool accept_expired_phone; /* ours: accept-expired-phone-certificate */
        enum { REVOKE_NONE, REVOKE_CRL, REVOKE_OCSP, REVOKE_CRL_NONE } revocation;
        char id_usage[32];
        uint8_t client_types, validation_usage; /* enum tp_clients, enum tp_usage */
        struct conf_list kept, crl;             /* the CLI's: lines that are not in force; those of `crl configure` */
};

/* crypto ca certificate chain N: which certificates the trustpoint holds, as hex lines; DER kept in the asset store
 * too. */
struct chain_cert {
        struct conf_obj o; /* anonymous, ordered */
        bool ca;
        char serial[128]; /* hex as printed */
        uint8_t *der;     /* owned, mem_alloc(MEM_PKI) */
        uint32_t der_len;
};
struct chain_conf {
        struct conf_obj o; /* name: trustpoint */
        struct conf_list certs;
};

/* ctl-file as typed. */
#define CTL_FILE_NAME_LEN 64
#define CTL_SAST_MAX 5
#define CTL_SAST_DEFAULT 2
#define CTL_ENTRIES_MAX 10 /* record-entry lines: each makes up to two records */
enum ctl_entry_role { CTL_ENTRY_CUCM, CTL_ENTRY_CUCM_TFTP, CTL_ENTRY_TFTP, CTL_ENTRY_CAPF };
struct ctl_entry_conf { /* record-entry ROLE trustpoint TP address A [domain-name D] */
        struct conf_obj o;
        enum ctl_entry_role role;
        char trustpoint[TRUSTPOINT_NAME_MAX + 1];
        struct addr addr; /* as a phone sees it */
        char domain[256];
};
struct ctl_file_conf {
        struct conf_obj o;
        struct conf_list entries; /* struct ctl_entry_conf */
        uint32_t sast;
        char cluster_file[256]; /* on flash; "": none */
        bool up;                /* no shutdown */
};
void ctl_file_conf_init(struct ctl_file_conf *c);
void ctl_file_conf_fini(struct conf_obj *o);

#define SSL_SUITES_MAX 16
#define SSL_SUITE_NAME_MAX 31
struct ssl_conf {
        /* `ssl encryption`: names in order of preference; n = 0: default list */
        unsigned n_encryption;
        char encryption[SSL_SUITES_MAX][SSL_SUITE_NAME_MAX + 1];
        char server_version[16], client_version[16]; /* "any", "tlsv1" ...; "" default */
        struct conf_list trust_points;               /* struct ssl_tp_conf, name: nameif or "" */
};
struct ssl_tp_conf {
        struct conf_obj o;
        char trustpoint[TRUSTPOINT_NAME_MAX + 1];
};

struct pki_conf {
        struct conf_list trustpoints; /* struct trustpoint_conf */
        struct conf_list chains;      /* struct chain_conf */
        struct conf_list ctl_files;   /* struct ctl_file_conf */
        struct ssl_conf ssl;
};

#endif
