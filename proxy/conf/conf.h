/* tls-proxy, media-termination and phone-proxy as typed. */
#ifndef VOXGATE_PROXY_CONF_CONF_H
#define VOXGATE_PROXY_CONF_CONF_H

#include "pki/conf.h"

#define PROXY_NAME_MAX 64
#define CTL_IDENTITY "_internal_PP_" /* trustpoints that a ctl-file makes */

struct tls_proxy_conf {
        struct conf_obj o;
        char server_tp[TRUSTPOINT_NAME_MAX + 1]; /* certificate shown to the TLS client */
        bool no_authenticate_client;
        char client_tp[TRUSTPOINT_NAME_MAX + 1]; /* certificate shown to the TLS server */
        char ldc_issuer[TRUSTPOINT_NAME_MAX + 1], ldc_key[KEYPAIR_NAME_MAX + 1];
        /* Ours: the server leg is cleartext TCP (phone proxy nonsecure does that by itself); 0: TLS. `client
         * cleartext PORT` */
        uint16_t cleartext_port;
        /* Ours: `client trust TP...`, `server trust TP...`: only these vouch for the server / the phone. Empty: all.
         */
        struct conf_list client_trust, server_trust; /* struct conf_obj, name: trustpoint */
        unsigned n_client_suites, n_server_suites;
        char client_suites[SSL_SUITES_MAX][SSL_SUITE_NAME_MAX + 1],
                server_suites[SSL_SUITES_MAX][SSL_SUITE_NAME_MAX + 1];
};

/* media-termination as typed. */
#define RTP_PORT_MIN_DEFAULT 16384
#define RTP_PORT_MAX_DEFAULT 32767
struct mta_addr_conf {
        struct conf_obj o; /* name: nameif, or "" for the global address */
        struct addr addr;
        char nameif[NAMEIF_MAX + 1];
};
struct media_term_conf {
        struct conf_obj o;
        struct conf_list addrs; /* struct mta_addr_conf */
        uint16_t port_lo, port_hi;
};

/* phone-proxy as typed. */
#define SECURE_PHONES_TIMEOUT_DEFAULT 300
#define PROXY_SERVER_PORT_DEFAULT 8080
#define TFTP_SERVERS_MAX 5
struct pp_tftp_conf { /* tftp-server address A [PORT] interface IFC */
        struct conf_obj o;
        struct addr addr;
        uint16_t port;
        char nameif[NAMEIF_MAX + 1];
};
struct phone_proxy_conf {
        struct conf_obj o;
        char media_termination[PROXY_NAME_MAX + 1], tls_proxy[PROXY_NAME_MAX + 1], ctl_file[PROXY_NAME_MAX + 1];
        struct conf_list tftp_servers; /* struct pp_tftp_conf */
        bool mixed, no_disable_service_settings, cipc_authenticated;
        bool any_endpoint; /* ours: `endpoint any`: endpoints that name no device are admitted */
        bool no_rtcp;      /* ours: `no rtcp` */
        bool tftp_same_port; /* ours: `tftp-reply request-port` */
        uint32_t timeout_s;
        struct addr proxy_server; /* proxy-server address A PORT interface IFC */
        uint16_t proxy_port;
        char proxy_nameif[NAMEIF_MAX + 1];
};

/* license model MODEL [uc N] [k8|k9]: ours (docs/licences.md). */
#define LICENSE_MODEL_MAX 15
struct license_conf {
        char model[LICENSE_MODEL_MAX + 1]; /* "": no limits */
        uint32_t uc;                       /* 0: what the model comes with */
        bool k8, k9;                       /* neither: as k9 */
};

struct proxy_conf {
        struct conf_list tls_proxies;   /* struct tls_proxy_conf */
        struct conf_list media_terms;   /* struct media_term_conf */
        struct conf_list phone_proxies; /* struct phone_proxy_conf */
        uint32_t max_sessions;          /* tls-proxy maximum-sessions; 0 = platform default */
        struct license_conf license;
};

void tls_proxy_conf_init(struct tls_proxy_conf *c);
void tls_proxy_conf_fini(struct conf_obj *o);
void media_term_conf_init(struct media_term_conf *c);
void media_term_conf_fini(struct conf_obj *o);
void phone_proxy_conf_init(struct phone_proxy_conf *c);
void phone_proxy_conf_fini(struct conf_obj *o);

#endif
